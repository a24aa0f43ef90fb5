"""mod_rewrite in the server and in virtual hosts: rules, flags, conditions, variables."""

from case import Group

from .site import site, sites

RULES = [
    "RewriteRule ^/old/(.*)$ /docs/$1", "RewriteRule ^/old/(.*)$ /new/$1 [R]", "RewriteRule ^/old/(.*)$ /new/$1 [R=301,L]",
    "RewriteRule ^/old/(.*)$ http://other.test/$1 [R=302]", "RewriteRule ^/old/(.*)$ http://other.test/$1", "RewriteRule ^/old/(.*)$ http://site.test/$1",
    "RewriteRule ^/old/(.*)$ http://@ORIGIN@/p/$1 [P]", "RewriteRule ^/old/(.*)$ http://@ORIGIN@/p?x=$1 [P]", "RewriteRule ^/old/(.*)$ http://@ORIGIN@/p?x=$1 [P,QSA]",
    "RewriteRule ^/old/(.*)$ http://@ORIGIN@/p/$1 [P,NE]", "RewriteRule ^/old/(.*)$ http://@ORIGIN@/p/$1? [P]",
    "RewriteRule ^/old/(.*)$ /new?x=$1 [R]", "RewriteRule ^/old/(.*)$ /new?x=$1 [R,QSA]", "RewriteRule ^/old/(.*)$ /new/$1 [R,QSD]", "RewriteRule ^/old/(.*)$ /new/$1? [R]",
    "RewriteRule ^/old/(.*)$ /new?x=$1&y=%{QUERY_STRING} [R]", "RewriteRule ^/old/(.*)$ /new#part-$1 [R,NE]", "RewriteRule ^/old/(.*)$ /new#part-$1 [R]",
    "RewriteRule ^/OLD/(.*)$ /new/$1 [R,NC]", "RewriteRule ^/old/ - [F]", "RewriteRule ^/old/ - [G]", "RewriteRule ^/old/ - [R=404]", "RewriteRule ^/old/ - [R=410]",
    "RewriteRule ^/old/ - [R=503,L]", "RewriteRule ^/old/ /new [R=200]", "RewriteRule ^/old/ /new [R=308]", "RewriteRule ^/old/ /new [R=permanent]",
    "RewriteRule ^/old/ /new [R=seeother]",
    "RewriteRule ^/old/ /mid\nRewriteRule ^/mid /new [R]", "RewriteRule ^/old/ /mid [L]\nRewriteRule ^/mid /new [R]", "RewriteRule ^/old/ /mid [END]\nRewriteRule ^/mid /new [R]",
    "RewriteRule ^/(.*)a(.*)$ /$1b$2 [N]\nRewriteRule ^/(.*)$ /out/$1 [R]", "RewriteRule ^/(.*)a(.*)$ /$1b$2 [N=2]\nRewriteRule ^/(.*)$ /out/$1 [R]",
    "RewriteRule ^/old/ - [S=1]\nRewriteRule ^/ /skipped [R,L]\nRewriteRule ^/ /reached [R]",
    "RewriteRule ^/other/ - [S=1]\nRewriteRule ^/ /skipped [R,L]\nRewriteRule ^/ /reached [R]", "RewriteRule ^/old/ /chained [C]\nRewriteRule ^/chained /new [R]",
    "RewriteRule ^/none/ /chained [C]\nRewriteRule ^/old /new [R,C]\nRewriteRule ^/ /third [R]",
    "RewriteRule ^/old/(.*) - [E=word:$1]\nHeader always set X-Word %{word}e", "RewriteRule ^/old/(.*) - [E=word:one,E=other:two]\nHeader always set X-Word %{word}e-%{other}e",
    "SetEnv word set\nRewriteRule ^/old/ - [E=!word]\nHeader always set X-Word %{word}e",
    "SetEnvIf Host . word=set\nRewriteRule ^/old/ - [E=!word]\nHeader always set X-Word %{word}e",
    "Alias /aliased @ROOT@/docs\nRewriteRule ^/old/(.*) /aliased/$1 [PT]", "Alias /aliased @ROOT@/docs\nRewriteRule ^/old/(.*) /aliased/$1",
    "ProxyPass /up/ http://@ORIGIN@/up/\nRewriteRule ^/old/(.*) /up/$1 [PT]", "ProxyPass /up/ http://@ORIGIN@/up/\nRewriteRule ^/old/(.*) /up/$1",
    "ProxyPass /old/ http://@ORIGIN@/up/\nRewriteRule ^/old/a /docs/guide.txt",
    "RewriteRule ^/old/(.*) /docs/guide.txt [T=text/own]", "RewriteRule ^/old/(.*) /docs/guide.txt [L,CO=seen:$1:.site.test]",
    "RewriteRule ^/old/(.*) /new [R,CO=seen:yes:site.test:60:/:secure:httponly]", "RewriteRule !^/docs/ /docs/guide.txt", "RewriteRule !^/old/ - [F]",
    "RewriteRule ^/old/([a-z]+)(?:/(\\d+))?$ /docs/guide.txt?w=$1&n=$2 [R]",
    "RewriteRule ^/old/(.*)$ /new/$1 [R,NE]", "RewriteRule ^/old/(.*)$ /new/$1 [R,B]", "RewriteRule ^/old/(.*)$ /new?q=$1 [R,B]", "RewriteRule ^/old/(.*)$ /new?q=$1 [R,B,NE]",
    "RewriteRule ^/old/(.*)$ http://@ORIGIN@/q?q=$1 [P,B]", "RewriteRule ^/old/(.*)$ /new/${escape:$1} [R]\nRewriteMap escape int:escape",
    "RewriteRule ^/old/(.*)$ /new/${up:$1} [R]\nRewriteMap up int:toupper",
    "RewriteRule .* /docs/guide.txt", "RewriteRule ^(.*)$ $1", "RewriteRule ^/old/(.*)$ /docs/$1 [R=302,L,NC,QSA]", "RewriteRule \"^/old/a b$\" \"/docs/guide.txt\"",
    "RewriteRule ^/old/\\w+$ /docs/\\$1 [R]", "RewriteRule ^/(old)/(.)?(.)? /$0-$1-$2-$3-$4 [R]", "RewriteRule ^/old/a /docs/none\nRewriteRule ^/docs/none /docs/guide.txt",
    "RewriteRule ^old/ /never [R]", "RewriteRule /old/ balancer://cluster/x [P]\n<Proxy balancer://cluster>\nBalancerMember http://@ORIGIN@\n</Proxy>",
    "RewriteRule ^/old/ ws://@ORIGIN@/x [P]", "RewriteRule ^/old/ unknown://x/ [R]", "RewriteRule ^/old/(.*) @ROOT@/docs/$1",
    "RewriteRule ^/old/(.*) %{DOCUMENT_ROOT}/docs/guide.txt", "RewriteRule ^/old/ /docs/", "RewriteRule ^/old/ /docs",
    # Arguments are taken as they are written.
    "RewriteRule ^/old/a\\ b$ /docs/guide.txt", "RewriteRule ^/old/(.*)$ /new\\ $1 [R] # why", "RewriteRule ^/old/(a|\\\\) /new/\\\\$1 [R]",
    "RewriteRule '^/old/a b' '/new?a=b c' [R,NE]", "RewriteRule ^/old/(.*)$ /new?q=$1 \"[B= ,R]\"", "RewriteRule ^/old/ - [E=word:a\\ b]\nHeader always set X-Word %{word}e",
    # Relative paths.
    "RewriteRule ^(.*)$ docs/guide.txt [L]", "RewriteRule ^/old/(.*)$ docs/$1 [PT]", "RewriteRule ^/old/(.*)$ docs/$1\nRewriteRule ^docs /never [R]", "RewriteRule ^/old/(.*)$ new/$1 [R]",
    # What stands behind a server that is written out.
    "RewriteRule ^/old http://@ORIGIN@%{REQUEST_URI} [P,QSA,NE]", "RewriteRule ^(.*)$ http://@ORIGIN@$1 [P]", "RewriteRule ^/old(/.*)?$ http://@ORIGIN@$1 [P]",
    "RewriteRule ^/old/[a-z]* http://@ORIGIN@$0 [P]", "RewriteCond %{REQUEST_URI} ^/old(/a.*)$\nRewriteRule ^ http://@ORIGIN@%1 [P]", "RewriteRule ^/old http://@ORIGIN@ [P]",
    # An `OR` with nothing behind it.
    "RewriteCond %{REQUEST_URI} ^/never [OR]\nRewriteRule ^/old/ /new [R]", "RewriteCond %{QUERY_STRING} .\nRewriteCond %{REQUEST_URI} ^/never [OR]\nRewriteRule ^/old/ /new [R]",
]
PATHS = ["/old/guide.txt", "/old/a?q=1&r=%20", "/old/a%20b", "/old/a%3Fb%26c", "/old/banana", "/OLD/x", "/docs/guide.txt", "/old/abc/12", "/old/%C3%A9%25"]
CONDITIONS = [
    "%{HTTP_HOST} ^s", "%{HTTP_HOST} !^s", "%{HTTP_HOST} ^S [NC]", "%{HTTP_HOST} =site.test", "%{REQUEST_METHOD} POST", "%{REQUEST_METHOD} ^(GET|HEAD)$",
    "%{QUERY_STRING} ^a=(\\d+)$", "%{QUERY_STRING} ^$", "%{REQUEST_URI} ^/in/", "%{HTTPS} off", "%{HTTPS} =on", "%{SERVER_PORT} ^(\\d)", "%{REMOTE_ADDR} ^127\\.0\\.0\\.1$",
    "%{HTTP_USER_AGENT} Mozilla", "%{HTTP_USER_AGENT} ^$", "%{HTTP:X-Echo-One} ^(.+)$", "%{HTTP:Upgrade} websocket [NC]", "%{HTTP_COOKIE} a=1",
    "%{HTTP_REFERER} !^http://site\\.test [NC]", "%{REQUEST_FILENAME} -f", "%{REQUEST_FILENAME} !-f", "%{REQUEST_FILENAME} -d", "%{DOCUMENT_ROOT}%{REQUEST_URI} -f",
    "%{DOCUMENT_ROOT}%{REQUEST_URI} !-d", "%{REQUEST_URI} <b", "%{REQUEST_URI} >/b", "%{REQUEST_URI} =/in/x", "%{REQUEST_URI} >=/in/x", "%{QUERY_STRING} -eq12",
    "%{SERVER_PORT} -gt1000", "%{ENV:word} ^set$", "%{REQUEST_SCHEME} ^http$", "%{SERVER_NAME} ^s", "%{THE_REQUEST} \"^GET /in/x(\\?.*)? HTTP/1.1$\"", "%{SERVER_PROTOCOL} 1.1",
    "%{HTTP_HOST} none [OR]\nRewriteCond %{HTTP_HOST} ^s", "%{HTTP_HOST} ^s\nRewriteCond %{QUERY_STRING} a=(.)",
    "%{HTTP_HOST} ^s [OR]\nRewriteCond %{HTTP_HOST} none\nRewriteCond %{QUERY_STRING} a", "expr \"%{REQUEST_METHOD} == 'GET' && %{QUERY_STRING} =~ /a=(.)/\"", "$1 ^x$",
    "$1 ^(x)$\nRewriteCond %1 x",
    "%{HTTP_HOST}|%{REQUEST_URI} ^(.*)\\|(.*)$", "%{LA-U:REQUEST_FILENAME} -f", "%{TIME_YEAR} ^2", "%{IS_SUBREQ} false", "%{HTTP_ACCEPT} html", "%{CONN_REMOTE_ADDR} 127",
    "%{THE_REQUEST} ^[A-Z]{3,9}\\ /in/x\\ HTTP/", "%{QUERY_STRING} (\\\\|\\.\\.\\.|=1) [NC]", "/proc/self/exe -l", "/proc/self/exe !-L", "/etc/passwd -h",
    "%{API_VERSION} ^\\d+", "%{REMOTE_PORT} !^$", "%{REQUEST_URI} \"\\.(gif|txt)$\"", "\"%{HTTP_USER_AGENT}\" \"Mozilla/5.0 \\(X11\\)\"",
]
ASKED = [("GET", "/in/x", []), ("GET", "/in/x?a=12", ["User-Agent: Mozilla/5.0 (X11)", "X-Echo-One: 1", "Cookie: a=1", "Referer: http://site.test/", "Upgrade: WebSocket",
    "Accept: text/html"]), ("POST", "/in/y?12", []), ("GET", "/docs/guide.txt", []), ("GET", "/docs", [])]
TOLD = [
    "%{HTTP_USER_AGENT} Mozilla", "%{HTTP_USER_AGENT} !none", "%{HTTP:X-echo-One} 1", "%{HTTP_USER_AGENT}%{HTTP_REFERER} site", "%{HTTP_HOST}%{HTTP:Host} .", "%{HTTP_COOKIE} a=1 [NV]",
    "%{HTTP_ACCEPT} html\nRewriteCond %{HTTP_COOKIE} a=1", "%{HTTP_ACCEPT} html\nRewriteCond %{HTTP_COOKIE} none", "%{HTTP_ACCEPT} none [OR]\nRewriteCond %{HTTP_COOKIE} a=1",
    "%{HTTP_ACCEPT} html [OR]\nRewriteCond %{HTTP_COOKIE} a=1", "%{HTTP:Upgrade} !^$", "%{HTTP:Upgrade} ^$",
]
VARIABLES = """
HTTP_HOST HTTP_USER_AGENT HTTP_REFERER HTTP_COOKIE HTTP_ACCEPT HTTP:X-Echo-One HTTP:x-echo-one HTTP:None REQUEST_METHOD REQUEST_URI REQUEST_FILENAME SCRIPT_FILENAME QUERY_STRING
THE_REQUEST REQUEST_SCHEME SERVER_NAME SERVER_PORT
SERVER_ADDR SERVER_PROTOCOL SERVER_ADMIN DOCUMENT_ROOT REMOTE_ADDR REMOTE_USER AUTH_TYPE PATH_INFO HTTPS ENV:word ENV:none HTTP_FORWARDED HTTP_PROXY_CONNECTION IS_SUBREQ
CONTEXT_PREFIX CONTEXT_DOCUMENT_ROOT REMOTE_IDENT NONSENSE IPV6 LA-U:REQUEST_FILENAME CONN_REMOTE_ADDR SSL:SSL_PROTOCOL""".split()
COMMON = {
    "https": "RewriteCond %{HTTPS} !=on\nRewriteRule ^/?(.*) https://%{SERVER_NAME}/$1 [R=301,L]",
    "www": "RewriteCond %{HTTP_HOST} !^www\\. [NC]\nRewriteRule ^ http://www.%{HTTP_HOST}%{REQUEST_URI} [R=301,L]",
    "bare": "RewriteCond %{HTTP_HOST} ^www\\.(.+)$ [NC]\nRewriteRule ^ http://%1%{REQUEST_URI} [L,R=301]",
    "websocket": "RewriteCond %{HTTP:Upgrade} websocket [NC]\nRewriteCond %{HTTP:Connection} upgrade [NC]\nRewriteRule ^/?(.*) ws://@ORIGIN@/$1 [P,L]\nProxyPass / http://@SECOND@/", "front": "RewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-f\nRewriteCond %{DOCUMENT_ROOT}%{REQUEST_URI} !-d\nRewriteRule ^ /docs/index.html [L]",
    "maintenance": "RewriteCond %{REQUEST_URI} !^/docs/\nRewriteRule ^ - [R=503,L]\nErrorDocument 503 /docs/guide.txt", "slash": "RewriteRule ^(.+[^/])$ $1/ [R=301,L]",
    "unslash": "RewriteCond %{REQUEST_URI} !^/docs\nRewriteRule ^(.+)/$ $1 [R=301,L]",
    "query": "RewriteCond %{QUERY_STRING} ^id=([0-9]+)$\nRewriteRule ^/item$ /items/%1? [R=301,L]",
    "hotlink": "RewriteCond %{HTTP_REFERER} !^$\nRewriteCond %{HTTP_REFERER} !^https?://(www\\.)?hotlink\\.test [NC]\nRewriteRule \\.(png|css)$ - [F,NC]",
    "symfony": "<Directory @ROOT@>\nRewriteEngine On\nRewriteCond %{ENV:REDIRECT_STATUS} =\"\"\nRewriteRule ^docs/index\\.html(?:/(.*)|$) /$1 [R=308,L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule ^ /docs/index.html [L]\n</Directory>",
    "beside": "<Directory @ROOT@>\nRedirect 301 /item /new\nRedirectMatch 403 ^/api\nRewriteEngine On\nRewriteRule ^a /elsewhere [R,L]\nRedirect /a%20b /never\nRewriteRule ^item /docs/guide.txt?c=d [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteRule . /docs/index.html [L]\n</Directory>",
    "located": "<Location /item>\nRedirectMatch 410 ^/item$\nRewriteEngine On\nRewriteRule ^ http://@ORIGIN@/x [P]\n</Location>",
    "missing": "RewriteEngine Off\nErrorDocument 404 /docs/image.png\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteCond %{ENV:REDIRECT_STATUS} ^404$\nRewriteRule ^image /docs/guide.txt\n</Directory>",
    "trace": "RewriteCond %{REQUEST_METHOD} ^(TRACE|TRACK)\nRewriteRule .* - [F]",
    "proxy": "RewriteRule ^/api/(.*)$ http://@ORIGIN@/v1/$1 [P,L]\nProxyPassReverse /api/ http://@ORIGIN@/v1/\nRewriteRule ^/(.*)$ http://@SECOND@/$1 [P]",
    "off": "RewriteEngine Off\nRewriteRule ^ - [F]",
    "canonical": "RewriteCond %{HTTP_HOST} !^canonical\\.test$ [NC]\nRewriteCond %{HTTP_HOST} !^$\nRewriteRule ^/?(.*) http://canonical.test/$1 [L,R,NE]",
}
COMMON_PATHS = ["/", "/docs", "/docs/guide.txt", "/docs/image.png", "/item?id=12", "/item?id=x", "/api/x?y=1", "/a%20b/?c=%20", "/sub/"]
INHERITED = """
RewriteEngine On
RewriteRule ^/main /from-main [R]
RewriteRule ^/both /both-main [R]
"""
CHILDREN = {"none": "", "engine": "RewriteEngine On", "own": "RewriteEngine On\nRewriteRule ^/both /both-host [R]",
    "inherit": "RewriteEngine On\nRewriteOptions Inherit\nRewriteRule ^/both /both-host [R]",
    "before": "RewriteEngine On\nRewriteOptions InheritBefore\nRewriteRule ^/both /both-host [R]",
            "location": "<Location /both>\nRewriteEngine On\nRewriteRule .* /located [R]\n</Location>"}

# What stands in <Directory @ROOT@/docs>, or else the whole of a host.
IN_DIRECTORY = [
    "RewriteRule ^old/(.*)$ $1", "RewriteRule ^old/(.*)$ /docs/$1", "RewriteRule ^old/(.*)$ new/$1 [R]", "RewriteRule ^old/(.*)$ /docs/new/$1 [R=301,L]",
    "RewriteBase /docs\nRewriteRule ^old/(.*)$ $1", "RewriteBase /docs/\nRewriteRule ^old/(.*)$ new/$1 [R]", "RewriteBase /elsewhere\nRewriteRule ^old/(.*)$ $1",
    "RewriteBase /elsewhere/\nRewriteRule ^old/(.*)$ new/$1 [R=302]", "RewriteBase /\nRewriteRule ^old/(.*)$ docs/$1", "RewriteRule ^/?old/ /docs/guide.txt",
    "RewriteRule ^/docs/old/ /never [R]", "RewriteRule ^old/ http://other.test/x", "RewriteRule ^old/ http://@ORIGIN@/p/y [P]", "RewriteRule ^old/(.*)$ http://@ORIGIN@/p/$1 [P,QSA]",
    "RewriteRule ^old/ - [F]", "RewriteRule ^old/ - [G]", "RewriteRule ^old/ - [R=404]", "RewriteRule ^guide\\.txt$ style.css [L]", "RewriteRule ^guide\\.txt$ style.css [END]",
    "RewriteRule ^(.*)$ x/$1 [L]", "RewriteRule ^(.*)$ x/$1 [END]", "RewriteRule ^guide guide.txt", "RewriteRule ^guide.txt$ guide.txt?x=1", "RewriteRule .* -",
    "RewriteRule ^old/(.*) - [E=word:$1]\nHeader always set X-Word %{word}e", "RewriteRule ^old/(.*) /docs/guide.txt [E=word:$1]\nHeader always set X-Word %{word}e,%{REDIRECT_word}e",
    "RewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /docs/index.txt [L]",
    "RewriteBase /docs/\nRewriteRule ^index\\.txt$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /docs/index.txt [L]",
    "RewriteCond %{REQUEST_FILENAME} -f\nRewriteRule ^(.*)$ http://seen.test/$1 [R,L]", "RewriteRule ^(.*)$ http://seen.test/[%{REQUEST_FILENAME}][$1] [R,L,NE]",
    "RewriteRule ^(.*)$ http://seen.test/[%{REQUEST_URI}][%{DOCUMENT_ROOT}] [R,L,NE]", "RewriteRule ^old/(.*)$ $1 [R,NE,QSD]", "RewriteRule ^old/ /docs/guide.txt?a=b [QSA]",
    "RewriteRule ^(.+)\\.txt$ $1.html", "RewriteRule ^(.*)/$ $1.txt", "RewriteRule ^$ guide.txt", "RewriteRule ^old/(.*)$ /docs/$1 [PT]", "RewriteRule ^sub$ guide.txt",
    "RewriteOptions AllowNoSlash\nRewriteRule ^$ http://seen.test/ [R]", "RewriteRule ^old/(.*)$ %{DOCUMENT_ROOT}/docs/$1", "RewriteRule ^old/(.*)$ @ROOT@/docs/$1 [L]",
    "RewriteRule !^old/ guide.txt [L]", "RewriteRule ^old/ /up/x", "RewriteRule ^old/a /docs/old/b\nRewriteRule ^old/b http://seen.test/b [R]", "SetEnv word set\nRewriteRule ^old/ http://seen.test/[%{ENV:word}] [R]",
    "SetEnvIf Host . word=set\nRewriteRule ^old/ http://seen.test/[%{ENV:word}] [R]", "Require all denied\nRewriteRule ^old/ http://seen.test/ [R]",
    "RewriteRule ^old/ http://site.test/docs/x [R]\nHeader always set X-A 1", "RewriteRule ^old/(.*) guide.txt [T=text/own]", "RewriteRule ^old/ guide.txt [CO=a:b:site.test]",
]
AROUND = [
    "<Directory @ROOT@>\nRewriteEngine On\nRewriteRule ^docs/old/(.*) http://outer.test/$1 [R]\n</Directory>\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteRule ^none - [F]\n</Directory>",
    "<Directory @ROOT@>\nRewriteEngine On\nRewriteRule ^docs/old/(.*) http://outer.test/$1 [R]\n</Directory>\n<Directory @ROOT@/docs>\nRewriteEngine Off\n</Directory>",
    "<Directory @ROOT@>\nRewriteEngine On\nRewriteRule ^docs/old/(.*) http://outer.test/$1 [R]\n</Directory>\n<Directory @ROOT@/docs>\nHeader set X-A 1\n</Directory>",
    "<Directory @ROOT@>\nRewriteEngine On\n</Directory>\n<Directory @ROOT@/docs>\nRewriteRule ^old/(.*) http://inner.test/$1 [R]\n</Directory>",
    "<Location /docs>\nRewriteEngine On\nRewriteRule old/(.*) http://located.test/$1 [R]\n</Location>", "<Location /docs/>\nRewriteEngine On\nRewriteRule ^(.*)$ http://located.test/$1 [R,NE]\n</Location>",
    "<Location />\nRewriteEngine On\nRewriteRule old/(.*) /docs/guide.txt\n</Location>", "<Files \"guide.*\">\nRewriteEngine On\nRewriteRule (.*) http://files.test/$1 [R,NE]\n</Files>",
    "RewriteEngine On\nRewriteRule ^/docs/old/a /docs/old/b\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteRule ^old/b http://both.test/ [R]\n</Directory>",
    "RewriteEngine On\nRewriteRule ^/docs/old/a /docs/old/b [END]\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteRule ^old/b http://both.test/ [R]\n</Directory>",
    "Alias /aliased @ROOT@/docs\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteRule ^old/(.*) $1\n</Directory>",
    "Alias /docs @ROOT@/other\n<Directory @ROOT@/other>\nRewriteEngine On\nRewriteRule ^old/(.*) page.html\nRewriteRule ^guide.txt new [R]\n</Directory>",
    "<If \"%{REQUEST_URI} =~ m#^/docs/old#\">\nRewriteEngine On\nRewriteRule .* http://if.test/ [R]\n</If>", "<LocationMatch ^/docs/(?<word>old)>\nRewriteEngine On\nRewriteRule .* http://match.test/%{ENV:MATCH_WORD} [R]\n</LocationMatch>",
    "<DirectoryMatch docs>\nRewriteEngine On\nRewriteRule old/(.*)$ http://match.test/$1 [R]\n</DirectoryMatch>", "<Directory @ROOT@/*>\nRewriteEngine On\nRewriteRule old/(.*)$ http://glob.test/$1 [R]\n</Directory>",
]
BELOW_DOCS = ["/docs/old/guide.txt", "/docs/old/a?q=1&r=%20", "/docs/guide.txt", "/docs/", "/docs", "/docs/sub/", "/docs/sub", "/docs/none/x", "/docs/old/%C3%A9%3F", "/aliased/old/guide.txt", "/docs/guide.txt/rest"]


def groups():
    """A host for each rule, for each condition, for each variable; then rules as they are found in the wild."""
    return [rules(), conditions(), told(), variables(), common(), inherited(), sections()]


def sections():
    """Rules of sections: prefixes of paths, bases, rounds, what of the rules around them holds."""
    inside = [f"DocumentRoot @ROOT@\nProxyPass /up/ http://@ORIGIN@/up/\n<Directory @ROOT@/docs>\nRewriteEngine On\n{lines}\n</Directory>" for lines in IN_DIRECTORY]
    group = Group("rewriting: sections", sites(*inside, *(f"DocumentRoot @ROOT@\n{lines}" for lines in AROUND)))
    for number, lines in enumerate(IN_DIRECTORY + AROUND):
        for path in BELOW_DOCS:
            group.get(path, host=f"s{number}.test", note=lines.replace("\n", "; "))
    return group


def rules():
    """Rules and flags."""
    group = Group("rewriting: rules", sites(*(f"DocumentRoot @ROOT@\nRewriteEngine On\n{lines}" for lines in RULES)))
    for number, lines in enumerate(RULES):
        for path in PATHS:
            group.get(path, host=f"s{number}.test", note=lines.replace("\n", "; "))
    return group


def conditions():
    """RewriteCond."""
    bodies = [f"DocumentRoot @ROOT@\nSetEnvIf Host . word=set\nRewriteEngine On\nRewriteCond {lines}\nRewriteRule ^/in/(.*)|/docs /hit?$1,%0,%1,%2 [R,L,NE]" for lines in CONDITIONS]
    group = Group("rewriting: conditions", sites(*bodies))
    for number, lines in enumerate(CONDITIONS):
        for method, path, fields in ASKED:
            group.send(method, path, host=f"s{number}.test", fields=fields, note=lines.replace("\n", "; "))
    return group


def told():
    """What caches hear of the fields that conditions look at."""
    rules = "RewriteRule ^/in/x /docs/guide.txt\n<Directory @ROOT@/docs>\nRewriteEngine On\nRewriteCond @TEST@\nRewriteRule ^style - [E=a:b]\nRewriteCond @TEST@\nRewriteRule ^image guide.txt\n</Directory>"
    bodies = [f"DocumentRoot @ROOT@\nRewriteEngine On\nRewriteCond {lines}\n{rules.replace('@TEST@', lines)}" for lines in TOLD]
    group = Group("rewriting: told to caches", sites(*bodies))
    for number, lines in enumerate(TOLD):
        for fields in (ASKED[1][2], []):
            for path in ("/in/x", "/docs/style.css", "/docs/image.png", "/docs/none"):
                group.get(path, host=f"s{number}.test", fields=fields, note=lines.replace("\n", "; "))
    return group


def variables():
    """Every variable, in the target of a redirect."""
    bodies = [f"DocumentRoot @ROOT@\nServerAdmin me@site.test\nSetEnvIf Host . word=set\nRewriteEngine On\nRewriteRule ^ http://seen.test/[%{{{name}}}] [R,L,NE,QSD]" for name in VARIABLES]
    group = Group("rewriting: variables", sites(*bodies))
    for number, name in enumerate(VARIABLES):
        group.get("/docs/guide.txt/x%20y?q=%20", host=f"s{number}.test", fields=ASKED[1][2], note=name)
        group.send("POST", "/", host=f"s{number}.test:81", version="1.0", note=name)
    return group


def common():
    """What sites really write."""
    config = "".join(site(f"{name}.test", "ServerAlias www." + name + ".test\nDocumentRoot @ROOT@\nRewriteEngine On\n" + lines) for name, lines in COMMON.items())
    group = Group("rewriting: common", config)
    for name in COMMON:
        for path in COMMON_PATHS:
            group.get(path, host=f"{name}.test")
        group.get("/docs/guide.txt?x", host=f"www.{name}.test", fields=["Referer: http://thief.test/"])
        group.get("/docs/style.css", host=f"{name}.test", fields=["Referer: http://thief.test/"])
    group.send("TRACE", "/", host="trace.test")
    group.get("/x", host="websocket.test", fields=["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"])
    return group


def inherited():
    """What holds in a virtual host of the main server's rules."""
    group = Group("rewriting: inherited", INHERITED + "".join(site(f"{name}.test", lines) for name, lines in CHILDREN.items()))
    for name in CHILDREN:
        for path in ("/main", "/both", "/else"):
            group.get(path, host=f"{name}.test")
    group.get("/main", port="SECOND_PORT")
    return group
