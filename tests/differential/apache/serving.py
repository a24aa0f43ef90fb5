"""Files: Alias and AliasMatch, DirectoryIndex, error documents and MIME types."""

from case import Group, answer

from .site import site, sites

ALIASES = """
DocumentRoot @ROOT@
Alias /a @ROOT@/docs
Alias /as/ @ROOT@/docs/
Alias /mixed/ @ROOT@/docs
Alias /mixed-too @ROOT@/docs/
Alias /a/other @ROOT@/other
Alias /file @ROOT@/docs/guide.txt
Alias "/quoted path" "@ROOT@/docs"
Alias /first/deep @ROOT@/other
Alias /first @ROOT@/docs
Alias /none @ROOT@/missing
AliasMatch ^/am/(.*)$ @ROOT@/docs/$1
AliasMatch "(?i)^/ext/([a-z]+)\\.(html|txt)$" "@ROOT@/docs/$1.$2"
AliasMatch ^/whole @ROOT@/docs/guide.txt
<Location /located>
    Alias @ROOT@/docs
</Location>
<LocationMatch ^/lm/(?<file>[a-z]+)$>
    Alias @ROOT@/docs/%{env:MATCH_FILE}.txt
</LocationMatch>
"""
ALIAS_PATHS = """
/a /a/ /a/guide.txt /a/none /ab /a/other/ /a/other/page.html /a//guide.txt /as /as/ /as/guide.txt /mixed /mixed/ /mixed/guide.txt /mixed/-none /mixed-too /mixed-too/guide.txt
/file /file/ /file/x /fil /quoted%20path/guide.txt
/first/deep/page.html /first/guide.txt /none /none/x /am/guide.txt /am/ /am /am/sub/welcome.txt /am/odd%20name.txt /am/percent%2541.txt /ext/guide.txt /EXT/guide.txt
/ext/guide.css /whole /whole/x /wholesome /located /located/
/located/guide.txt /located/none /lm/guide /lm/none /docs /docs/ /docs/guide.txt /docs/guide.txt/ /docs/guide.txt/more /docs/none /docs/odd%20name.txt /docs/percent%2541.txt
/docs/percent%41.txt /docs/noextension /docs/private /empty
/docs/private/ /empty/ /secret /docs/guide.txt?x=1 /docs? /docs?x=1 /docs/%2e%2e/index.html /../index.html /%2e%2e/ /docs/sub /docs/./guide.txt /DOCS/ /folder /a%20folder
/a%20folder/ /docs/%67uide.txt /docs/guide.txt%00 /docs/guide%2etxt
""".split()
CONDITIONS = [
    ["If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT"], ["If-Modified-Since: Mon, 03 Feb 2025 04:05:05 GMT"], ["If-Modified-Since: tomorrow"],
    ["If-Unmodified-Since: Mon, 03 Feb 2025 04:05:05 GMT"],
    ["If-Unmodified-Since: Mon, 03 Feb 2025 04:05:06 GMT"], ["If-None-Match: *"], ['If-None-Match: "x"'], ["If-Match: *"], ['If-Match: "x"'], ["Range: bytes=0-2"],
    ["Range: bytes=2-"], ["Range: bytes=-2"], ["Range: bytes=100-"],
    ["Range: bytes=0-0,2-3"], ["Range: bytes=3-1"], ["Range: lines=1-2"], ["Range: bytes=0-2", "If-Range: Mon, 03 Feb 2025 04:05:06 GMT"], ["Range: bytes=0-2", 'If-Range: "x"'],
    ["Range: bytes=0-99999"], ["Accept-Encoding: gzip"],
    ["Range: bytes=0-2", "If-Range: Mon, 03 Feb 2025 04:05:05 GMT"],
]
INDEXES = [
    "", "DirectoryIndex index.txt", "DirectoryIndex none.html index.txt index.html", "DirectoryIndex disabled", "DirectorySlash Off", "DirectoryIndex /other/index.html",
    "DirectoryIndex none.html",
    "DirectoryIndex index.html\nDirectoryIndex index.txt", "DirectoryIndexRedirect on", "DirectoryIndexRedirect 301\nDirectoryIndex index.txt",
    "FallbackResource /other/index.html", "FallbackResource disabled", "DirectoryIndex sub/welcome.txt",
    "<Directory @ROOT@/docs>\nDirectoryIndex index.txt\n</Directory>", "<Location /docs>\nDirectoryIndex index.txt\n</Location>", "DirectoryCheckHandler On", "DirectoryIndex sub",
]
ERRORS = """
DocumentRoot @ROOT@
ErrorDocument 404 /errors/404.html
ErrorDocument 403 "forbidden, they say: \\"no\\""
ErrorDocument 410 http://elsewhere.test/gone?x=1
ErrorDocument 500 /missing.html
ErrorDocument 503 /proxied/503
ErrorDocument 405 default
ErrorDocument 402 /gone
Redirect 410 /gone
Redirect 418 /teapot
Redirect 500 /broken
Redirect 503 /busy
Redirect 402 /pay
Redirect 403 /closed
ProxyPass /proxied/ http://@ORIGIN@/
<Location /own>
    ErrorDocument 404 "own text
</Location>
<Location /own/default>
    ErrorDocument 404 default
</Location>
<Location /expr>
    ErrorDocument 404 "asked %{REQUEST_URI} by %{REQUEST_METHOD}"
</Location>
<Directory @ROOT@/docs>
    ErrorDocument 404 /errors/ok.html
</Directory>
<Location /denied>
    Require all denied
</Location>
<Location /denied/locally>
    ErrorDocument 403 /errors/403.html
</Location>
"""
ERROR_PATHS = "/none /none?x=1 /docs/none /own/none /own/default/none /expr/none?q /gone /teapot /broken /busy /pay /closed /denied /denied/locally /errors/none /proxied/x /%zz".split()
TYPES = """
DocumentRoot @ROOT@
AliasMatch ^/(?:forced|unforced|removed|charset|charset-on|typed)/(.*)$ @ROOT@/docs/$1
AddType text/x-own .latin .mjs
AddType application/x-php php
AddEncoding x-gzip .gz
AddCharset utf-8 .utf8
AddCharset iso-8859-1 .latin
AddLanguage en .en
<Location /forced>
    ForceType application/x-forced
</Location>
<Location /unforced>
    ForceType None
</Location>
<Location /removed>
    RemoveType .txt .html
    RemoveEncoding .gz
    RemoveCharset .utf8
    RemoveLanguage .en
</Location>
<Location /charset>
    AddDefaultCharset utf-8
</Location>
<Location /charset-on>
    AddDefaultCharset On
</Location>
<Location /typed>
    AddType text/special;charset=own .txt
    AddType application/gzip .gz
    AddHandler default-handler .txt
    DefaultLanguage fr
</Location>
<Files "*.css">
    ForceType text/x-css
</Files>
"""
TYPED = ["guide.txt", "index.html", "a.b.txt", "page.en.html", "archive.tar.gz", "script.php", "data.json", "image.png", "style.css", "noextension", "page.html.gz", "module.mjs",
    "page.latin", "page.utf8.html"]

# When answers expire, and which say that they may be compressed. Bodies are compressed by each server in its own way: none asks for it.
FRESHNESS = [
    "ExpiresActive On\nExpiresDefault A300", "ExpiresActive On\nExpiresByType text/plain \"access plus 1 hour 5 minutes\"\nExpiresDefault \"access plus 1 day\"",
    "ExpiresActive On\nExpiresByType text/* A60\nExpiresByType text/css A90", "ExpiresDefault A300", "ExpiresActive On\nExpiresByType text/css \"now plus 2 weeks\"",
    "ExpiresActive On\n<Files *.txt>\nExpiresDefault \"modification plus 10 seconds\"\n</Files>", "ExpiresActive On\n<Files *.css>\nExpiresDefault M10\n</Files>", "ExpiresActive On\nExpiresDefault A300\nHeader append Cache-Control private",
    "ExpiresActive On\nExpiresDefault A300\n<Location /docs>\nExpiresActive Off\n</Location>", "ExpiresActive On\nExpiresDefault A300\n<Directory @ROOT@/docs>\nExpiresDefault A5\n</Directory>",
    "ExpiresActive On\nExpiresDefault A300\n<Files *.css>\nExpiresByType text/css A7\n</Files>", "AddOutputFilterByType DEFLATE text/plain", "AddOutputFilterByType DEFLATE text/html\nAddOutputFilterByType DEFLATE text/css",
    "SetOutputFilter DEFLATE", "SetOutputFilter DEFLATE\n<Location /docs>\nSetOutputFilter None\n</Location>", "FileETag None", "FileETag MTime Size",
]

def groups():
    """A group for each subject."""
    return [aliases(), conditional(), indexes(), errors(), types(), methods(), freshness()]


def freshness():
    """Expires, Vary and entity tags, of files and of what is forwarded."""
    group = Group("files: freshness", sites(*(f"DocumentRoot @ROOT@\nProxyPass /up http://@ORIGIN@/up\nRedirect /moved http://new.test/\n{lines}" for lines in FRESHNESS)))
    for number, lines in enumerate(FRESHNESS):
        for path in ("/docs/guide.txt", "/docs/index.html", "/docs/style.css", "/docs/none", "/moved", "/docs", "/docs/"):
            group.get(path, host=f"s{number}.test", note=lines.replace("\n", "; "))
        for fields in ([], ["Cache-Control: no-store"], ["Expires: Mon, 03 Feb 2025 04:05:06 GMT"]):
            text = b"words " * 20
            group.get("/up", host=f"s{number}.test", answers=answer("200 OK", ["Content-Type: text/plain", *fields], text), note=lines.replace("\n", "; "))
    return group


def aliases():
    """What a path becomes."""
    group = Group("files: aliases", site("site.test", ALIASES))
    for path in ALIAS_PATHS:
        group.get(path)
    return group


def conditional():
    """Conditions and ranges."""
    group = Group("files: conditions", site("site.test", "DocumentRoot @ROOT@"))
    for fields in CONDITIONS:
        group.get("/docs/guide.txt", fields=fields)
        group.send("HEAD", "/docs/guide.txt", fields=fields)
    return group


def indexes():
    """What answers for a folder."""
    group = Group("files: indexes", sites(*(f"DocumentRoot @ROOT@\n{lines}" for lines in INDEXES)))
    for number in range(len(INDEXES)):
        for path in ("/docs/", "/docs", "/docs/none", "/docs/sub/"):
            group.get(path, host=f"s{number}.test")
    group.get("/docs?x=1", host="s0.test")
    group.get("/docs/?x=1", host="s8.test")
    return group


def errors():
    """ErrorDocument: text, path, URL, and where it stands."""
    group = Group("files: error documents", site("site.test", ERRORS))
    for path in ERROR_PATHS:
        for method in ("GET", "HEAD"):
            group.send(method, path)
    group.send("POST", "/none", body=b"posted")
    group.send("PUT", "/docs/guide.txt", body=b"posted")
    return group


def types():
    """Content-Type, -Encoding and -Language by the endings of a name."""
    group = Group("files: types", site("site.test", TYPES) + site("default.test", "DocumentRoot @ROOT@\nAddDefaultCharset windows-1252") + site("plain.test",
        "DocumentRoot @ROOT@"))
    for name in TYPED:
        for place in ("docs", "forced", "unforced", "removed", "charset", "charset-on", "typed"):
            group.get(f"/{place}/{name}")
        group.get(f"/docs/{name}", host="default.test")
        group.get(f"/docs/{name}", host="plain.test")
    return group


def methods():
    """Methods on files."""
    group = Group("files: methods", site("site.test", "DocumentRoot @ROOT@\nAlias /a @ROOT@/docs") + site("traceless.test", "DocumentRoot @ROOT@\nTraceEnable Off"))
    for method in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "CONNECT", "FOO", "get"):
        for path in ("/docs/guide.txt", "/docs/", "/none", "/a"):
            group.send(method, path, body=b"posted" if method in ("POST", "PUT", "PATCH") else b"")
        group.send(method, "/docs/guide.txt", host="traceless.test", fields=["X-Field: 1"])
    group.send("OPTIONS", "*")
    return group
