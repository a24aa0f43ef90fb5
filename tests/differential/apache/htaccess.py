"""Files `.htaccess`: which are read, what they may say, in which order they count, and what becomes of bad ones."""

from case import Group

from .site import sites

# The files of a directory that cases ask for; `{}` is its name.
ORDINARY = {"index.html": "index of {}\n", "a.txt": "text of {}\n", "b.html": "page of {}\n", "front.php.txt": "front of {}\n", "sub/index.html": "sub of {}\n", "sub/b.txt": "below {}\n", "sub/deep/c.txt": "deep in {}\n"}
PATHS = ("", "a.txt", "none", "sub/", "sub", "sub/b.txt", "sub/deep/c.txt", "", "b.html?q=1", "a.txt/more")

WORDPRESS = """
# BEGIN of what a blog writes
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteRule .* - [E=HTTP_AUTHORIZATION:%{HTTP:Authorization}]
RewriteBase @BASE@
RewriteRule ^front\\.php\\.txt$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . @BASE@front.php.txt [L]
</IfModule>
# END
"""
# Texts of files, all of which are allowed.
TEXTS = [
    WORDPRESS, WORDPRESS.replace("RewriteBase @BASE@\n", ""),
    "RewriteEngine On\nRewriteRule ^old$ a.txt", "RewriteEngine On\nRewriteRule ^old/(.*)$ sub/$1 [L]", "RewriteEngine On\nRewriteRule ^(sub)/none $1/b.txt", "RewriteEngine On\nRewriteRule ^none$ /elsewhere [R=301,L]",
    "RewriteEngine On\nRewriteRule ^none$ elsewhere [R]", "RewriteEngine On\nRewriteBase /based\nRewriteRule ^none$ elsewhere [R]", "RewriteEngine On\nRewriteRule \\.txt$ - [F]", "RewriteEngine On\nRewriteRule ^sub/ - [G]",
    "RewriteEngine On\nRewriteCond %{ENV:REDIRECT_STATUS} ^$\nRewriteRule ^none$ a.txt [L]", "RewriteEngine On\nRewriteCond %{HTTP_HOST} ^s\nRewriteRule ^ - [E=SEEN:yes]\nHeader set X-Seen %{SEEN}e",
    "RewriteEngine On\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^(.*)$ a.txt?path=$1 [QSA,L]", "RewriteEngine Off\nRewriteRule . a.txt", "RewriteRule . a.txt",
    "RewriteEngine On\nRewriteCond %{REQUEST_URI} !^@BASE@sub\nRewriteRule ^(.*)$ sub/$1 [L]", "RewriteEngine On\nRewriteRule ^none$ http://@ORIGIN@/there [P]",
    "Redirect @BASE@none http://other.test/", "Redirect 301 @BASE@sub /new", "RedirectMatch 302 (.*)none$ $1a.txt", "RedirectMatch 403 /\\.|deep", "Redirect gone @BASE@a.txt", "RedirectPermanent @BASE@none http://other.test/x",
    "Require all denied", "Require all granted", "Require ip 127.0.0.1", "Require ip 192.0.2.1", "Require not ip 127.0.0.1", "<RequireAny>\nRequire ip 192.0.2.1\nRequire method GET\n</RequireAny>", "<RequireAll>\nRequire all granted\nRequire not ip 127.0.0.1\n</RequireAll>",
    "Order deny,allow\nDeny from all", "Order allow,deny\nAllow from 127.0.0.1", "Deny from 127.0.0.1", "<Limit POST>\nRequire all denied\n</Limit>", "<LimitExcept GET>\nDeny from all\n</LimitExcept>", "<Limit GET>\nDeny from all\n</Limit>",
    "AuthType Basic\nAuthName here\nAuthUserFile @ACCESS@/users\nRequire valid-user", "AuthType Basic\nAuthName here\nAuthUserFile @ACCESS@/users\nRequire user nobody",
    "AuthType Basic\nAuthName here\nAuthUserFile @ACCESS@/users\nRequire valid-user\nSatisfy any\nAllow from all",
    "ErrorDocument 404 @BASE@a.txt", "ErrorDocument 404 \"not here", "ErrorDocument 404 /docs/guide.txt", "ErrorDocument 403 \"closed\nRequire all denied", "ErrorDocument 404 http://other.test/none",
    "Header set X-Own one", "Header always set X-Own one\nHeader unset ETag", "<IfModule mod_headers.c>\nHeader set X-If yes\n</IfModule>\n<IfModule !mod_headers.c>\nNonsense\n</IfModule>", "<IfModule mod_nonsense.c>\nNonsense\n</IfModule>\nHeader set X-Own two",
    "RequestHeader set X-Sent yes", "SetEnv word said\nHeader set X-Word %{word}e", "SetEnvIf Request_URI a word=uri\nHeader set X-Word %{word}e", "SetEnvIfNoCase User-Agent bad word=bad\nHeader set X-Word %{word}e env=word", "BrowserMatch . word\nHeader set X-Word yes env=word",
    "AddType text/own .txt", "ForceType text/forced", "AddDefaultCharset utf-8", "AddDefaultCharset off", "AddCharset utf-16 .txt", "AddEncoding x-own .txt", "AddLanguage de .html", "RemoveType .html", "DefaultLanguage fr", "AddOutputFilterByType DEFLATE text/plain", "SetOutputFilter DEFLATE",
    "DirectoryIndex a.txt", "DirectoryIndex none.html b.html", "DirectoryIndex disabled", "DirectorySlash Off", "FallbackResource @BASE@a.txt", "FallbackResource disabled", "ExpiresActive On\nExpiresDefault \"access plus 1 day\"", "ExpiresActive On\nExpiresByType text/plain A3600",
    "FileETag None", "Options -Indexes", "Options +FollowSymLinks", "Options None", "Options All", "Options +FollowSymLinks -MultiViews\nRewriteEngine On\nRewriteRule ^none$ a.txt",
    "<Files a.txt>\nRequire all denied\n</Files>", "<Files \"*.html\">\nHeader set X-Files html\n</Files>", "<FilesMatch \"\\.(txt|html)$\">\nHeader append X-Files match\n</FilesMatch>", "<Files ~ \"^b\">\nForceType text/b\n</Files>", "<FilesMatch \"^\\.\">\nRequire all denied\n</FilesMatch>\nHeader set X-Own three",
    "<If \"%{QUERY_STRING} == 'q=1'\">\nHeader set X-If query\n</If>\n<Else>\nHeader set X-If other\n</Else>", "<If \"%{REQUEST_URI} =~ /none/\">\nRequire all denied\n</If>", "<IfDefine SOMETHING>\nNonsense\n</IfDefine>\n<IfDefine !SOMETHING>\nHeader set X-Def no\n</IfDefine>", "LimitRequestBody 10",
    "# only a comment\n\n", "", "   Header   set   X-Own   \"spaced out\"  \n\tHeader add X-Own \\\n more", "SetHandler none", "ServerSignature Off", "Header set X-Own ${NOTHING}", "UnsetEnv x\nPassEnv PATH", "CGIPassAuth On",
]
# Texts that make everything there 500, or might.
BAD = [
    "Nonsense", "Header", "Header set", "<Files a.txt>", "</Files>", "<Files a.txt>\nRequire all denied\n</FilesMatch>", "RewriteEngine Maybe", "RewriteEngine On\nRewriteRule ( x", "RewriteEngine On\nRewriteRule x", "RewriteEngine On\nRewriteRule ^ - [NONSENSE]", "RewriteBase none",
    "RewriteMap x txt:/none", "DocumentRoot /", "Listen 80", "ServerName x", "<Directory />\n</Directory>", "<Location />\n</Location>", "<VirtualHost *>\n</VirtualHost>", "Alias /x /y", "ProxyPass / http://@ORIGIN@/", "AllowOverride None", "AllowOverrideList Header", "Include none", "Define X", "UnDefine X", "LogLevel debug",
    "Options Nonsense", "Options +Indexes FollowSymLinks", "Order nonsense", "Require", "Require nonsense x", "ErrorDocument 99 x", "AuthType", "AddType x", "ExpiresActive perhaps", "DirectorySlash perhaps", "Header set X-Own one\nNonsense\nHeader set X-Own two", "<IfModule mod_headers.c>\nNonsense\n</IfModule>",
    "<If \"%{NONSENSE\">\n</If>", "<Files a.txt>\nDocumentRoot /\n</Files>", "<Files a.txt>\nNonsense\n</Files>", "<RequireAll>\n</RequireAll>", "<Limit>\n</Limit>", "RedirectMatch ( /x", "Redirect none /x", "SetEnvIf Host ( x", "<FilesMatch (>\nRequire all denied\n</FilesMatch>", "Error stop", "ServerTokens Prod", "KeepAlive Off", "AccessFileName x",
    "RewriteEngine On\nRewriteCond %{REQUEST_URI} (\nRewriteRule . -",
]
CLASSES = [
    "All", "None", "AuthConfig", "FileInfo", "Indexes", "Limit", "Options", "AuthConfig Limit", "FileInfo Indexes", "Options=Indexes,FollowSymLinks", "Options=MultiViews FileInfo", "Options=None", "Options=All", "None FileInfo", "FileInfo None", "Nonfatal=Override", "FileInfo Nonfatal=Override", "FileInfo Nonfatal=Unknown",
    "Indexes Nonfatal=All",
]
LISTS = ["Header", "header Require", "None", "Header RewriteEngine RewriteRule", "Options Header", "<Files> Header"]
# One or more of each class.
SAMPLES = [
    "Require all denied", "AuthType Basic", "AuthName x", "<RequireAny>\nRequire all denied\n</RequireAny>", "Satisfy any", "Header set X-Own one", "RewriteEngine On\nRewriteRule ^none$ a.txt", "ErrorDocument 404 \"own", "AddType text/own .txt", "ForceType text/own", "SetEnv a b", "SetEnvIf Host . a", "Redirect 302 /x /y",
    "AddDefaultCharset utf-8", "FileETag None", "SetHandler none", "AddOutputFilterByType DEFLATE text/plain", "DirectoryIndex a.txt", "DirectorySlash Off", "ExpiresActive On\nExpiresDefault A1", "FallbackResource disabled", "AddDescription x y", "IndexIgnore x", "Order allow,deny\nAllow from all", "Deny from all",
    "<Limit GET>\nRequire all granted\n</Limit>", "Options -Indexes", "Options +MultiViews", "Options FollowSymLinks", "Options None", "Options All", "Options +SymLinksIfOwnerMatch", "Options IncludesNOEXEC", "<Files a.txt>\nHeader set X-Own one\n</Files>", "<Files a.txt>\n</Files>", "<If \"true\">\n</If>", "<IfModule mod_headers.c>\n</IfModule>",
    "<IfModule mod_headers.c>\nHeader set X-Own one\n</IfModule>", "<IfModule mod_nonsense.c>\nHeader set X-Own one\n</IfModule>", "<IfDefine X>\nNonsense\n</IfDefine>", "LimitRequestBody 100", "ServerSignature Off", "Nonsense", "DocumentRoot /", "Header set X-Own one\nNonsense\nHeader set X-Two two", "Header set X-Own one\nRequire all denied\nHeader set X-Two two",
    "# nothing", "SSLRequireSSL", "CGIPassAuth On", "Header", "<FilesMatch x>\nRequire all denied\n</FilesMatch>",
]


def folder(scene, name, text, base="/"):
    """A directory with ordinary files and a file of its own."""
    place = scene.folder / "access" / name
    for path, inside in ORDINARY.items():
        path = place / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(inside.format(name.strip("/")))
    add(place / ".htaccess", text, scene, f"{base}{name}/")
    return place


def add(path, text, scene, base="/"):
    """One file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(scene.place(text.replace("@BASE@", base)))


def prepare(scene):
    """A tree for each group, below one root."""
    scene.places["ACCESS"] = str(scene.folder / "access")
    add(scene.folder / "access/users", "anna:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", scene)
    for number, text in enumerate(TEXTS):
        folder(scene, f"texts/{number}", text)
    for number, text in enumerate(BAD):
        folder(scene, f"bad/{number}", text)
    for number in range(len(CLASSES) + len(LISTS)):
        for sample, text in enumerate(SAMPLES):
            place = scene.folder / "access" / f"classes/{number}/{sample}"
            add(place / ".htaccess", text, scene)
            for name in ("a.txt", "index.html"):
                (place / name).write_text(f"{name} of {number}\n")
    for top in sorted({name.split("/")[0] for name in NESTED}):
        folder(scene, f"nested/{top}", "").joinpath(".htaccess").unlink()
    for name, text in NESTED.items():
        add(scene.folder / "access/nested" / name, text, scene, f"/nested/{name.rsplit('/', 1)[0]}/")


TRACE = "Header add X-Trace {0}\nHeader set X-Last {0}\n"
NESTED = {
    "order/.htaccess": TRACE.format("outer-file") + "<Files a.txt>\nHeader add X-Trace outer-files\n</Files>\n<If \"true\">\nHeader add X-Trace outer-if\n</If>",
    "order/sub/.htaccess": TRACE.format("sub-file") + "<Files *.txt>\nHeader add X-Trace sub-files\n</Files>\n<If \"true\">\nHeader add X-Trace sub-if\n</If>",
    "order/sub/deep/.htaccess": TRACE.format("deep-file") + "<Files *.txt>\nHeader add X-Trace deep-files\n</Files>",
    "rules/.htaccess": "RewriteEngine On\nRewriteRule ^(.*)none$ $1a.txt\nRewriteRule other$ /nested/rules/b.html",
    "rules/sub/.htaccess": "RewriteEngine On\nRewriteRule ^other$ b.txt",
    "rules/sub/deep/.htaccess": "Header set X-Own deep",
    "off/.htaccess": "RewriteEngine On\nRewriteRule none$ /nested/off/a.txt",
    "off/sub/.htaccess": "RewriteEngine Off",
    "down/.htaccess": "RewriteEngine On\nRewriteRule ^(.*)none$ $1b.txt [E=ran:outer]\nHeader set X-Ran %{ran}e",
    "down/sub/.htaccess": "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule ^other$ b.txt [E=ran:inner]",
    "down/sub/deep/.htaccess": "RewriteRule ^other$ c.txt [E=ran:deep]",
    "before/.htaccess": "RewriteEngine On\nRewriteRule ^x(.*)$ y$1 [E=ran:outer]\nRewriteRule ^y.*other$ b.txt\nHeader set X-Ran %{ran}e",
    "before/sub/.htaccess": "RewriteEngine On\nRewriteOptions InheritBefore\nRewriteRule ^yz$ b.txt [E=ran:inner]",
    "handed/.htaccess": "RewriteEngine On\nRewriteOptions InheritDown\nRewriteRule ^none$ b.txt [E=ran:outer]\nHeader set X-Ran %{ran}e",
    "handed/sub/.htaccess": "RewriteEngine On\nRewriteRule ^other$ b.txt [E=ran:inner]",
    "handed/sub/deep/.htaccess": "RewriteEngine On\nRewriteOptions IgnoreInherit\nRewriteRule ^other$ c.txt [E=ran:deep]",
    "denied/.htaccess": "Require all denied",
    "denied/sub/.htaccess": "Require all granted",
    "denied/sub/deep/.htaccess": "AuthMerging And\nRequire method POST",
    "broken/sub/.htaccess": "Nonsense",
    "errors/.htaccess": "ErrorDocument 404 \"outer\nErrorDocument 403 \"closed\nAddType text/outer .txt\nDirectoryIndex a.txt",
    "errors/sub/.htaccess": "ErrorDocument 404 default\nAddType text/inner .html\nRequire all denied\nDirectoryIndex b.txt",
    "errors/sub/deep/.htaccess": "Require all granted\nErrorDocument 404 \"deep",
    "closed/.htaccess": TRACE.format("closed"),
    "closed/sub/.htaccess": TRACE.format("closed-sub"),
    "closed/sub/deep/.htaccess": TRACE.format("closed-deep"),
    "names/.acl": TRACE.format("acl"),
    "names/.htaccess": TRACE.format("htaccess"),
    "names/sub/.second": TRACE.format("second"),
    "names/sub/deep/.htaccess": TRACE.format("deep-htaccess"),
    "names/sub/deep/.second": TRACE.format("deep-second"),
    "linked/.htaccess": TRACE.format("linked"),
}


def asked(group, base, paths=PATHS, host="s0.test"):
    """The usual requests below a directory."""
    for number, path in enumerate(paths):
        group.get(f"{base}{path}", host, note=str(number) if paths.count(path) > 1 else "")


ALL = "DocumentRoot @ACCESS@\n<Directory @ACCESS@>\nRequire all granted\nAllowOverride All\n</Directory>\n"


def texts():
    """What files may say."""
    group = Group("htaccess: texts", sites(ALL))
    for number, text in enumerate(TEXTS):
        # What follows a file's name is not known here where the name is looked at first.
        asked(group, f"/texts/{number}/", PATHS[:-1] if "FallbackResource @" in text else PATHS)
        group.send("POST", f"/texts/{number}/a.txt", "s0.test", body=b"x" * 20)
        if "Auth" in text:
            for secret in ("YW5uYTpzZWNyZXQ=", "YW5uYTp3cm9uZw=="):
                group.get(f"/texts/{number}/a.txt", "s0.test", [f"Authorization: Basic {secret}"])
        if "DEFLATE" in text:
            group.get(f"/texts/{number}/a.txt", "s0.test", ["Accept-Encoding: gzip"])
    return group


def bad():
    """Files that are wrong."""
    own = "<Directory @ACCESS@/bad/0>\nErrorDocument 404 \"own\n</Directory>\n"
    group = Group("htaccess: bad files", sites(ALL + own, ALL + "ErrorDocument 500 \"host's\n<Location /bad/1>\nRequire all denied\n</Location>\nRedirect /bad/2/a.txt /elsewhere\nProxyPass /bad/3/ http://@ORIGIN@/"))
    for number in range(len(BAD)):
        asked(group, f"/bad/{number}/", ("", "a.txt", "none", "sub/b.txt", "sub"))
    for number in range(5):
        asked(group, f"/bad/{number}/", ("", "a.txt", "sub/b.txt"), "s1.test")
    group.get("/bad/0", "s0.test")
    group.send("POST", "/bad/0/a.txt", "s0.test", body=b"x")
    group.send("HEAD", "/bad/0/a.txt", "s0.test")
    return group


def classes():
    """What `AllowOverride` and `AllowOverrideList` allow."""
    lines = ["DocumentRoot @ACCESS@\n<Directory @ACCESS@>\nRequire all granted\nAllowOverride None\n</Directory>\n"]
    for number, allowed in enumerate(CLASSES):
        lines.append(f"<Directory @ACCESS@/classes/{number}>\nAllowOverride {allowed}\n</Directory>")
    for number, allowed in enumerate(LISTS, len(CLASSES)):
        lines.append(f"<Directory @ACCESS@/classes/{number}>\nAllowOverride {'FileInfo' if number % 3 == 0 else 'None'}\nAllowOverrideList {allowed}\n</Directory>")
    group = Group("htaccess: classes", sites("\n".join(lines)))
    for number in range(len(CLASSES) + len(LISTS)):
        for sample in range(len(SAMPLES)):
            for path in ("a.txt", "", "none"):
                group.get(f"/classes/{number}/{sample}/{path}", "s0.test")
    return group


SECTIONS = """
<Directory @ACCESS@/nested/order>
Header add X-Trace order
Header set X-Last order
<Files a.txt>
Header add X-Trace order-files
</Files>
</Directory>
<Directory @ACCESS@/nested/order/sub>
Header add X-Trace sub
Header set X-Last sub
<If "true">
Header add X-Trace sub-section-if
</If>
</Directory>
<Directory @ACCESS@/nested/*/sub>
Header add X-Trace star
Header set X-Last star
</Directory>
<DirectoryMatch /nested/order>
Header add X-Trace match
</DirectoryMatch>
<Files *.txt>
Header add X-Trace files
</Files>
<Location /nested/order/sub/deep>
Header add X-Trace location
</Location>
<If "true">
Header add X-Trace if
</If>
<Directory @ACCESS@/nested/closed/sub>
AllowOverride None
</Directory>
<Directory @ACCESS@/nested/closed/sub/deep>
AllowOverride FileInfo
</Directory>
"""


def nested():
    """Files in directories that lie in each other, among the sections of the configuration."""
    names = "AccessFileName .acl .second .htaccess\n"
    alone = "DocumentRoot @ACCESS@/nested\n<Directory />\nAllowOverride None\n</Directory>\n<Directory @ACCESS@/nested/*/sub>\nAllowOverride All\n</Directory>\n"
    aliased = "DocumentRoot @ROOT@\nAlias /there @ACCESS@/nested\n<Directory />\nAllowOverride All\n</Directory>\n<Directory @ACCESS@>\nRequire all granted\n</Directory>\n"
    closed = "<Directory ~ @ACCESS@/nested/order>\nAllowOverride None\n</Directory>\n<Directory @ACCESS@/nested/order/sub>\nAllowOverride None\n</Directory>\n"
    group = Group("htaccess: nested", sites(ALL + SECTIONS, ALL + names, alone, aliased, ALL + closed))
    tops = sorted({name.split("/")[0] for name in NESTED})
    more = ("sub/none", "sub/other", "sub/deep/none", "sub/deep/other", "sub/xother", "sub/xz", "other", "sub/deep/", ".htaccess")
    for top in tops:
        for number, prefix in enumerate(("/nested/", "/nested/", "/", "/there/", "/nested/")):
            asked(group, f"{prefix}{top}/", PATHS + more, f"s{number}.test")
    return group


def hosts():
    """Hosts that say other than the server, and the server itself."""
    main = "<Directory @ACCESS@>\nRequire all granted\nAllowOverride FileInfo\n</Directory>\nAccessFileName .htaccess\n"
    group = Group("htaccess: hosts", main + sites(
        "DocumentRoot @ACCESS@", "DocumentRoot @ACCESS@\n<Directory @ACCESS@/nested>\nAllowOverride None\n</Directory>", "DocumentRoot @ACCESS@\nAccessFileName .second", "DocumentRoot @ACCESS@\n<Directory @ACCESS@/nested>\nAllowOverride All\n</Directory>",
        "DocumentRoot @ACCESS@\nProxyPass /nested/order http://@ORIGIN@/", "DocumentRoot @ACCESS@\n<Directory @ACCESS@/nested>\nAllowOverrideList Header\nAllowOverride None\n</Directory>"))
    for number in range(6):
        for top in ("order", "denied", "names", "rules", "errors"):
            asked(group, f"/nested/{top}/", PATHS, f"s{number}.test")
    return group


def groups():
    """Every group."""
    return [texts(), bad(), classes(), nested(), hosts()]
