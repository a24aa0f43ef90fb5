#!/usr/bin/env python3
"""Programs behind Zaguan as behind httpd: the same requests, through the same httpd.conf, to one php-fpm and to a program
that says every parameter that it was told.

    python3 tests/peers/httpd_php_checks.py [--zaguan PATH] [--reference HTTPD] [--only WORD] [--verbose]

Needs Debian's apache2 and php-fpm. What programs are told, and what clients get of their answers, must be the same, but for
what names the server, its port and the time. Debian's `php8.2-fpm.conf` is read as it stands, with another socket.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import re
import sys
from http.client import responses

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "differential")]

import php_checks  # noqa: E402
import telling  # noqa: E402
from php_checks import shown, start_php  # noqa: E402
from runner import http, ports, servers  # noqa: E402

LOADED = (
    "mpm_event authz_core authz_host authz_user auth_basic authn_core authn_file alias dir mime setenvif env rewrite headers filter"
    " proxy proxy_fcgi proxy_scgi proxy_uwsgi proxy_balancer slotmem_shm lbmethod_byrequests"
).split()
CONFIG = """TypesConfig /etc/mime.types
DocumentRoot @PAGES@
<Directory @PAGES@>
    Require all granted
</Directory>
"""
HANDLED = """
SetHandler "proxy:fcgi://127.0.0.1:@TELLER@"
"""
FILES = """
DirectoryIndex index.php
<FilesMatch "\\.php$">
    SetHandler "proxy:fcgi://127.0.0.1:@TELLER@"
</FilesMatch>
"""
# What speaks of the server, the connection or the moment, and what httpd alone tells of itself.
OWN_FIELDS = {"etag", "connection", "transfer-encoding", "content-length", "keep-alive", "date", "server", "accept-ranges"}
OWN_PARAMS = {"SERVER_SOFTWARE", "REMOTE_PORT", "proxy-nokeepalive", "REDIRECT_REQUEST_METHOD", "REQUEST_TIME", "REQUEST_TIME_FLOAT"}
BASIC = "Authorization: Basic " + base64.b64encode(b"user:word").decode()


def get(target, *fields, method="GET"):
    """A request without content."""
    return method, "\r\n".join([f"{method} {target} HTTP/1.1", "Host: @HOST@", "Connection: close", *fields, "", ""])


def post(target, content, *fields, chunked=False):
    """A request with content."""
    framing, body = f"Content-Length: {len(content)}", content
    if chunked:
        framing, body = "Transfer-Encoding: chunked", f"{len(content):x}\r\n{content}\r\n0\r\n\r\n"
    fields = ["Content-Type: application/x-www-form-urlencoded", *fields, framing]
    return "POST", get(target, *fields, method="POST")[1] + body


# Each: what the host says, what it is asked, and which parameters differ on purpose.
GROUPS = {
    "files": (
        FILES + 'SetEnv FOO bar\nSetEnv EMPTY ""\nPassEnv HOME\nSetEnvIf X-A (.+) AAA=$1\nSetEnv HTTP_X_SET own',
        [
            get("/index.php?a=1&b=%20", "X-A: q", "Cookie: a=1", "Cookie: b=2", "X-One: 1", "x-one: 2", "Proxy: evil"),
            get("/index.php", "X_Under: 1", "X.Dot: 1", "X-Empty:", "X-Set: theirs", "TE: trailers", "Upgrade-Insecure-Requests: 1"),
            get("/index.php", BASIC, "Proxy-Authorization: Basic x"),
            *[get(path) for path in (
                "/", "/?x=y", "/sub", "/sub/", "/dir", "/dir/", "/index.php/more/p%20th?c=d", "/index.php//a", "/none.php",
                "/none.php/more", "/none/x.php", "/none", "/a%20b.php", "/50%25.php/x%25y", "//index.php", "/./sub/../index.php",
                "/index.php?", "/index.php??", "/text.txt", "/text.txt/y", "/text.txt/index.php", "/index.php;a=b", "/a%2fb.php", "/index.php/%3f",
                "/index.php/%2f", "/index.php/a%00b", "/INDEX.PHP", "/sub/index.php/../x.php", "/index.php/../text.txt", "/%C3%A9.php", "/index.php/%C3%A9",
                "/index.php.txt", "/.php", "/sub/.php/x", "/index.php/x.php/y", "/dir/x.php/index.php", "/index.php?a=%27%22<>", "/~x.php",
            )],
            *[get("/index.php", method=method) for method in ("HEAD", "DELETE", "PUT", "OPTIONS", "PATCH", "PROPFIND", "UNHEARD")],
            *[get("/sub/", method=method) for method in ("HEAD", "DELETE", "OPTIONS")],
            get("/sub", method="POST"), get("/sub", method="DELETE"),
            post("/index.php", "a=b&c=d"), post("/index.php", "", "X: y"), post("/index.php", "x" * 100_000), post("/index.php", "a=b", chunked=True),
            post("/index.php", "x" * 9_000, chunked=True), post("/", "a=b"), post("/", "a=b", chunked=True), post("/sub/", "y" * 8_000, chunked=True),
            post("/index.php/x", "a=b", "Expect: 100-continue"), post("/text.txt", "a=b"), post("/none.php", "a=b"),
        ],
    ),
    "answers": (
        FILES,
        [get("/index.php?" + query) for query in (
            "status=404", "status=500+Oops&head=X-A:+b", "head=Location:+/x&status=301", "head=Location:+http://other/&status=302", "status=304",
            "status=204", "head=X-A:+1|X-A:+2|Set-Cookie:+a|Set-Cookie:+b&body=x", "status=401&head=WWW-Authenticate:+Basic",
            "head=Last-Modified:+Mon,+28+Sep+1970+06:00:00+GMT&body=hello", "status=200&body=", "status=299+Mine", "status=503&body=down",
            "head=Cache-Control:+no-cache|Pragma:+no-cache|Expires:+0&body=x", "head=Content-Language:+en&body=x", "head=Vary:+Accept&body=x",
            "head=X-Accel-Redirect:+/text.txt&body=kept", "head=X-Sendfile:+/etc/passwd&body=kept", "status=418&body=tea", "head=Transfer-Encoding:+chunked&body=abc",
        )] + [
            get("/index.php?head=Last-Modified:+Mon,+28+Sep+1970+06:00:00+GMT&body=hello", "If-Modified-Since: Mon, 28 Sep 1970 06:00:00 GMT"),
            get("/index.php?body=0123456789", "Range: bytes=1-2"), get("/index.php?body=abc", method="HEAD"), get("/index.php?status=404&body=abc", method="HEAD"),
        ],
    ),
    "replaced errors": (
        FILES + "ProxyErrorOverride On\nErrorDocument 404 /text.txt\nErrorDocument 503 /index.php?is=503\nErrorDocument 403 words",
        [get(f"/index.php?status={status}&body=own") for status in (200, 301, 403, 404, 500, 503)] + [get("/none.php"), get("/none")],
    ),
    "some replaced errors": (
        FILES + "ProxyErrorOverride On 404 500\nErrorDocument 404 /text.txt",
        [get(f"/index.php?status={status}&body=own") for status in (200, 403, 404, 500, 503)],
    ),
    "documents of errors": (
        FILES + "ErrorDocument 404 /index.php?err=404\nErrorDocument 403 /index.php/denied\nSetEnv Cased one\n"
        "<Files secret.txt>\nRequire all denied\n</Files>",
        [get("/missing?z=1", "X-A: b"), get("/missing"), get("/secret.txt?q"), post("/missing", "a=b"), get("/missing", method="HEAD"), get("/secret.txt/x"), get("/none/deep/er")],
    ),
    "a place": (
        "DirectoryIndex index.php\n<Location /handled>" + HANDLED + "</Location>\n<Location /sub>" + HANDLED + "</Location>\n<Location /dir>" + HANDLED
        + "SetHandler none\n</Location>",
        [get(path) for path in ("/handled", "/handled/x/y", "/sub", "/sub/", "/sub/index.php/z", "/sub/none", "/dir/", "/index.php", "/sub/empty", "/sub/empty/")]
        + [get("/sub/", method="DELETE"), post("/sub/", "a=b"), get("/sub/empty/", method="OPTIONS")],
    ),
    "a directory": (
        "DirectoryIndex index.php\n<Directory @PAGES@>" + HANDLED + "</Directory>\n<Directory @PAGES@/sub>\nSetHandler none\n</Directory>\n<Files secret.txt>\nRequire all denied\n</Files>",
        [get(path) for path in ("/", "/text.txt", "/sub/", "/sub/index.php", "/sub/index.php/x", "/none/x", "/secret.txt", "/secret.txt/x", "/dir/", "/dir")],
    ),
    "everywhere": (HANDLED + "DirectoryIndex index.php", [get(path) for path in ("/", "/text.txt/x", "/none/x?y", "/dir/", "/sub")]),
    "what is there": (
        'DirectoryIndex index.php\n<FilesMatch ".+\\.ph(?:ar|p|tml)$">\n<If "-f %{REQUEST_FILENAME}">' + HANDLED + "</If>\n</FilesMatch>",
        [get(path) for path in ("/", "/index.php", "/index.php/x?y", "/none.php", "/none.php/x", "/sub/", "/text.txt")],
    ),
    "elsewhere": (
        FILES + "Alias /al @PAGES@/sub\nAlias /slash/ @PAGES@/sub/\n<Location /al>\nSetEnv PLACE al\n</Location>",
        [get(path) for path in ("/al", "/al/", "/al/index.php/zz", "/slash/index.php", "/slash/", "/al/none.php/x", "/slash/index.php/a/b?c")],
    ),
    "fallbacks": (
        FILES + "<Directory @PAGES@/dir>\nFallbackResource /index.php/fall\n</Directory>\n<Directory @PAGES@/sub>\nFallbackResource /sub/index.php\n</Directory>",
        [get(path) for path in ("/dir/none", "/dir/none/deep?q=1", "/sub/", "/sub/more/x", "/sub/more/", "/sub/none.php")]
        + [post("/sub/more", "a=b"), post("/sub/more", "a=b", chunked=True)],
    ),
    "rewriting": (
        FILES + "SetEnv Cased one\n<Directory @PAGES@/dir>\nRewriteEngine on\nRewriteRule ^set/(.*)$ /index.php?q=$1 [E=RWENV:$1,L]\n"
        "RewriteRule ^back$ /index.php/extra/path [L]\nRewriteRule ^gone$ - [G]\n</Directory>\n"
        "<Directory @PAGES@/front>\nRewriteEngine on\nRewriteRule ^index\\.php$ - [L]\nRewriteCond %{REQUEST_FILENAME} !-f\nRewriteCond %{REQUEST_FILENAME} !-d\nRewriteRule . /front/index.php [L]\n</Directory>",
        [get(path) for path in (
            "/dir/set/abc?o=p", "/dir/back", "/dir/gone", "/front/", "/front/index.php", "/front/index.php/x", "/front/a/b?c=d", "/front/page", "/front/text.txt", "/front/folder", "/front/folder/",
        )] + [post("/front/form", "a=b"), post("/front/form", "a=b", chunked=True)],
    ),
    "rules of a server": (
        FILES + "RewriteEngine on\nRewriteCond @PAGES@%{REQUEST_URI} !-f\nRewriteRule ^/front/(.+)$ /front/index.php?page=$1 [L,QSA]\n"
        "RewriteRule ^/pass/(.*)$ /index.php/$1 [PT]\nRewriteRule ^/whole/(.*)$ @PAGES@/index.php [L]\nRewriteRule ^/behind/(.*)$ /index.php/$1 [L]\n"
        "RewriteRule ^/told/(.*)$ - [E=TOLD:$1,L]",
        [get(path) for path in ("/front/page?x=y", "/front/text.txt", "/pass/a/b?c", "/whole/x", "/behind/x/y", "/told/index.php", "/index.php", "/index.php/x", "/sub/")],
        {"SCRIPT_NAME"},
    ),
    "credentials": (
        FILES + "<Location /pass.php>\nCGIPassAuth On\n</Location>\n<Location /var.php>\nCGIVar REQUEST_URI current-uri\n</Location>\n"
        'SetEnvIfNoCase ^Authorization$ "(.+)" HTTP_AUTHORIZATION=$1\n'
        '<Location /auth.php>\nAuthType Basic\nAuthName here\nAuthUserFile @FOLDER@/users\nRequire valid-user\n</Location>',
        [get("/pass.php", BASIC, "Proxy-Authorization: q"), get("/var.php?x"), get("/var.php/y"), get("/index.php", BASIC), get("/auth.php"), get("/auth.php", BASIC),
         get("/auth.php/x", BASIC), get("/auth.php", "Authorization: Basic eDp5")],
    ),
    "changed parameters": (
        FILES + """
        <Location /generic.php>
            ProxyFCGIBackendType GENERIC
        </Location>
        <Location /set.php>
            ProxyFCGISetEnvIf true NEW "%{HTTP_HOST} x"
            ProxyFCGISetEnvIf "reqenv('SCRIPT_FILENAME') =~ m#^proxy:fcgi://[^/]+(.*)$#" SCRIPT_FILENAME "/changed$1"
            ProxyFCGISetEnvIf "reqenv('QUERY_STRING') == 'drop'" !QUERY_STRING
            ProxyFCGISetEnvIf "true" SEEN "%{reqenv:SCRIPT_FILENAME} %{ENV:Cased} %{reqenv:PATH_INFO} %{reqenv:QUERY_STRING}"
            ProxyFCGISetEnvIf true HTTP_X_A edited
            ProxyFCGISetEnvIf true NOTHING
            ProxyFCGISetEnvIf true !HTTP_USER_AGENT
        </Location>
        <Location /set.php/generic>
            ProxyFCGIBackendType GENERIC
        </Location>
        SetEnv Cased one
        ProxyFCGISetEnvIf true OUTER one
        ProxyFCGISetEnvIf true NEW outer
        """,
        [get("/generic.php/x?a=b"), get("/set.php?a=b"), get("/set.php?drop", "X-A: theirs"), get("/set.php/x", "User-Agent: me"), get("/index.php", "X-A: mine"), get("/set.php/generic")],
    ),
    "forwarded": (
        """
        ProxyPass "/left/" !
        ProxyPass "/app/" "fcgi://127.0.0.1:@TELLER@/srv/app/"
        ProxyPass "/bare" "fcgi://127.0.0.1:@TELLER@"
        ProxyPass "/socket/" "unix:@FOLDER@/teller|fcgi://localhost/srv/u/"
        ProxyPassMatch "^/match/(.*\\.php(/.*)?)$" "fcgi://127.0.0.1:@TELLER@@PAGES@/$1"
        ProxyPassMatch "^/unix/(.*\\.php(/.*)?)$" "unix:@FOLDER@/teller|fcgi://localhost@PAGES@/$1"
        ProxyPassMatch "^/(q.*\\.php)$" "unix:@FOLDER@/teller|fcgi://localhost@PAGES@/"
        <Proxy balancer://programs>
            BalancerMember fcgi://127.0.0.1:@TELLER@
        </Proxy>
        <Proxy balancer://inner>
            BalancerMember fcgi://127.0.0.1:@TELLER@/inner
        </Proxy>
        ProxyPass /bal/ balancer://programs/srv/bal/
        ProxyPass /inner/ balancer://inner/srv/bal/
        <Location /handled>
            SetHandler "proxy:balancer://programs"
        </Location>
        <Location /generic>
            ProxyFCGIBackendType GENERIC
            ProxyPass "fcgi://127.0.0.1:@TELLER@/srv/gen"
        </Location>
        <Location /errors>
            ProxyErrorOverride On
            ProxyPass "fcgi://127.0.0.1:@TELLER@/srv/errors"
        </Location>
        <Location /prefix>
            SetHandler "proxy:fcgi://127.0.0.1:@TELLER@/pre/fix"
        </Location>
        """,
        [get(path) for path in (
            "/app/x.php/more?a=1", "/app/a%20b.php", "/app/x%3fy.php?z", "/app/x.php?", "/app/%C3%A9%25.php", "/app/", "/app", "/bare", "/bare/x", "/barely", "/socket/x.php",
            "/match/index.php/a%20b?x=y", "/unix/index.php/a?x=y", "/match/none.txt", "/quux.php", "/bal/x.php", "/inner/x.php?a", "/handled/x", "/generic/x.php?a=b", "/generic",
            "/left/index.php", "/errors/?status=404", "/errors/?status=500&body=x", "/errors/x", "/prefix/x", "/app/x;y=z", "/app/..%2f", "/app//x",
        )] + [post("/app/x", "a=b"), post("/app/x", "a=b", chunked=True), get("/app/x", method="HEAD"), get("/app/x", method="DELETE"), post("/bal/x", "z" * 70_000)],
    ),
    "rewritten to programs": (
        """
        RewriteEngine on
        RewriteRule ^/rule/(.*)$ "fcgi://127.0.0.1:@TELLER@/srv/$1" [P]
        RewriteRule ^/socket/(.*)$ "unix:@FOLDER@/teller|fcgi://localhost/srv/$1" [P]
        RewriteRule ^/query/(.*)$ "fcgi://127.0.0.1:@TELLER@/srv/?q=$1" [P,QSA]
        """,
        [get(path) for path in ("/rule/x.php?a=b", "/rule/x%20y.php", "/socket/x.php", "/query/abc?d=e", "/query/abc")],
    ),
    "kept connections": (
        """
        ProxyPass "/kept/" "fcgi://127.0.0.1:@TELLER@/kept/" enablereuse=on max=3 timeout=5
        <Proxy "unix:@FOLDER@/teller|fcgi://localhost">
            ProxySet enablereuse=on timeout=7
        </Proxy>
        <FilesMatch "\\.php$">
            SetHandler "proxy:unix:@FOLDER@/teller|fcgi://localhost"
        </FilesMatch>
        """,
        [get(path) for path in ("/kept/x", "/kept/y", "/index.php", "/index.php/z")],
    ),
    "scgi": (
        """
        SetEnv FOO bar
        ProxyPass "/app/" "scgi://127.0.0.1:@TELLER@/srv/s/"
        ProxyPass "/bare" "scgi://127.0.0.1:@TELLER@"
        ProxyPass "/socket/" "unix:@FOLDER@/teller|scgi://localhost/"
        ProxyPassMatch "^/match/(.*)$" "scgi://127.0.0.1:@TELLER@/x/$1"
        <FilesMatch "\\.php$">
            SetHandler "proxy:scgi://127.0.0.1:@TELLER@"
        </FilesMatch>
        """,
        [get(path) for path in ("/app/a%20b/c?x=y", "/bare/a/b", "/socket/a", "/match/q%20r", "/index.php/x%20y?a", "/app/?status=404", "/app/?status=500+Oops&head=X-A:+b", "/none.php")]
        + [get("/app/x", BASIC, "X_A: 1", "X-B: 2"), post("/app/x", "abc"), post("/index.php", "x" * 80_000), get("/app/x", method="HEAD")],
    ),
    "uwsgi": (
        """
        SetEnv FOO bar
        ProxyPass "/app" "uwsgi://127.0.0.1:@TELLER@"
        ProxyPass "/slash/" "uwsgi://127.0.0.1:@TELLER@/"
        ProxyPass "/longer/" "uwsgi://127.0.0.1:@TELLER@/far/longer/"
        ProxyPass "/same/" "uwsgi://127.0.0.1:@TELLER@/same/"
        ProxyPass "/socket/" "unix:@FOLDER@/teller|uwsgi://localhost/"
        <Location /handled>
            SetHandler "proxy:uwsgi://127.0.0.1:@TELLER@"
        </Location>
        """,
        [get(path) for path in ("/app/a%20b/c?x=y", "/slash/a/b", "/longer/a", "/same/a%25", "/socket/a", "/handled/foo%20x/bar", "/app/x?head=HTTP/1.1+404+Oops", "/app/x?head=HTTP/1.1+302+Found|Location:+/y")]
        + [get("/app/x", BASIC, "X_A: 1", "X-B: 2"), post("/app/x", "abc"), post("/app/x", "x" * 80_000), get("/app/x", method="HEAD")],
    ),
    "nobody there": (
        'ProxyPass /none/ fcgi://127.0.0.1:@NOBODY@/\n<FilesMatch "\\.php$">\nSetHandler "proxy:unix:@FOLDER@/nobody|fcgi://localhost"\n</FilesMatch>',
        [get("/none/x"), get("/index.php"), get("/text.txt"), get("/none.php")],
    ),
    "php": (
        "DirectoryIndex index.php\nErrorDocument 404 /php/index.php?does=tell\n@DEBIAN@",
        [get(path) for path in (
            "/php/index.php?a=1&b=%20x", "/php/", "/php", "/php/index.php/more/path%20here?c=d", "/php/none.php", "/php/none.php/more", "/php/index.php/x", "/php/text.txt",
            "/php/a%20b.php", "/php/source.phps", "/php/.php", "/php/index.php?does=status&status=404", "/php/index.php?does=status&status=503", "/php/index.php?does=redirect",
            "/php/index.php?does=cookies", "/php/index.php?does=large", "/php/index.php?does=flush", "/php/index.php?does=etag", "/nothing/here?x=y",
        )] + [
            get("/php/index.php", "Cookie: a=1; b=2", BASIC, "Accept: */*", "User-Agent: us"), get("/php/index.php", method="HEAD"), get("/php/index.php", method="DELETE"),
            post("/php/index.php", "a=1&b=two"), post("/php/index.php", "a=1&b=2", chunked=True), post("/php/", "a=1"), post("/php/index.php/x?y=z", "a=%20&b[]=1&b[]=2"),
            ("POST", get("/php/index.php", "Content-Type: multipart/form-data; boundary=edge", f"Content-Length: {len(php_checks.UPLOAD)}", method="POST")[1] + php_checks.UPLOAD),
            get("/php/index.php?does=etag", 'If-None-Match: "1"'),
        ],
    ),
    "php that is forwarded to": (
        'ProxyPassMatch "^/(.*\\.php(/.*)?)$" "fcgi://127.0.0.1:@PHP@@PAGES@/$1"\nProxyErrorOverride On 500',
        [get(path) for path in ("/php/index.php?a=1", "/php/index.php/x/y?z", "/php/none.php", "/php/a%20b.php", "/php/text.txt", "/php/index.php?does=status&status=500")]
        + [post("/php/index.php", "a=b"), get("/php/index.php", method="HEAD")],
    ),
}


def main():
    """Every request of every group; 1 when an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT.parent / "target/release/zaguan")
    parser.add_argument("--reference", type=pathlib.Path, default=pathlib.Path("/usr/sbin/apache2"))
    parser.add_argument("--only", default="", help="groups whose names have this in them")
    parser.add_argument("--verbose", action="store_true", help="say what the reference answers")
    options = parser.parse_args()
    chosen = {name: group for name, group in GROUPS.items() if options.only in name}
    with servers.Folder("httpd-php") as folder, start_php(folder) as php, telling.Teller() as teller, telling.Teller(folder / "teller"):
        fill(folder)
        places = {"PAGES": folder / "pages", "FOLDER": folder, "TELLER": teller.port, "PHP": php.port, "NOBODY": ports.free_port()}
        places["DEBIAN"] = debian(php.port)
        expected = answers(options.reference, chosen, folder / "reference", places)
        found = answers(options.zaguan, chosen, folder / "zaguan", places)
    differing = [key for key in expected if found[key] != expected[key]]
    for key in differing:
        print(f"{key[0]}, {key[1]}:{difference(expected[key], found[key])}")
    if options.verbose:
        for key, answer in expected.items():
            print(f"{key}: {shown(answer)}")
    print(f"programs behind httpd.conf: {len(expected)} requests in {len(chosen)} groups, {len(differing)} differ", flush=True)
    return 1 if differing else 0


def debian(port):
    """The configuration that Debian gives with its php-fpm, with the server of the test."""
    text = sorted(pathlib.Path("/etc/apache2/conf-available").glob("php*-fpm.conf"))[-1].read_text()
    return re.sub(r"proxy:unix:[^|]*\|fcgi://localhost", f"proxy:fcgi://127.0.0.1:{port}", text)


def fill(folder):
    """The files that are asked for."""
    pages = folder / "pages"
    for name in ("sub/empty", "dir", "php", "front/folder"):
        (pages / name).mkdir(parents=True)
    for name in ("a b.php", "50%.php", "secret.txt", "sub/index.php", "front/index.php", "front/text.txt"):
        (pages / name).write_text("a file\n")
    (pages / "text.txt").write_text("a text\n")
    for name in ("index.php", "a b.php", "source.phps", "text.txt", ".php"):
        (pages / "php" / name).write_text(php_checks.PAGE if name.endswith(".php") else "a file\n")
    (folder / "users").write_text("user:{SHA}%s\n" % base64.b64encode(hashlib.sha1(b"word").digest()).decode())


def answers(binary, chosen, folder, places):
    """What a server makes of each request."""
    port = ports.free_port()
    hosts = {name: f"g{number}.test" for number, name in enumerate(chosen)}
    sites = [
        f"<VirtualHost 127.0.0.1:{port}>\nServerName {hosts[name]}\n{inside}\n</VirtualHost>\n" for name, (inside, *_) in chosen.items()
    ]
    config = servers.apache_config(LOADED, [f"127.0.0.1:{port}"], CONFIG + "".join(sites))
    for name, value in [*places.items(), *places.items()]:
        config = config.replace(f"@{name}@", str(value))
    masks = [(str(places["FOLDER"]), "FOLDER"), *((str(number), name) for name, number in (("PORT", port), ("TELLER", places["TELLER"]), ("PHP", places["PHP"])))]
    found = {}
    with servers.start_apache("httpd", binary, config, folder, port) as server:
        for name, (_, requests, *differing) in chosen.items():
            for method, request in requests:
                line = request.partition(" HTTP/1.1")[0]
                number = sum(key[0] == name and key[1].startswith(f"{line} #") for key in found)
                request = request.replace("@HOST@", hosts[name])
                found[name, f"{line} #{number}"] = answer(server.port, method, request, masks, set().union(*differing))
    return found


def answer(port, method, request, masks, differing):
    """What is the same whoever passed it on."""
    try:
        reply = http.exchange(port, request.encode(), method)
    except http.Broken as broken:
        return {"broken": str(broken)}
    body = reply.body.decode("latin-1")
    told = json.loads(body) if body.startswith('{"') else None
    for text, name in masks:
        body = body.replace(text, name)
    fields = [(name.lower(), value) for name, value in reply.fields if name.lower() not in OWN_FIELDS]
    if told:
        params = told.pop("server", None) or dict(told.pop("params"))
        params = {name: value for name, value in params.items() if not is_own(name) and name not in differing}
        text = json.dumps(params)
        for mask, name in masks:
            text = text.replace(mask, name)
        told["params"] = json.loads(text)
    elif body.startswith("<!DOCTYPE"):
        body = "a page of the server's own"
    joined = {}
    for name, value in fields:
        value = value.replace(str(port), "PORT")
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    # The words that httpd has for an error that it replaces, though it knows them.
    reason = responses.get(reply.status, "") if reply.reason == "Unknown Reason" else reply.reason
    return {"status": reply.status, "reason": reason, "fields": joined, "body": told or body}


def is_own(name):
    """Whether only httpd, or each server in its own way, tells a parameter."""
    # A request that begins anew after a program was asked has all that the program was told once more.
    again = re.match(r"(REDIRECT_)+(HTTP_|SERVER_|REMOTE_|DOCUMENT_|REQUEST_|CONTEXT_|SCRIPT_(FILE)?NAME|PATH|GATEWAY_|CONTENT_|proxy-)", name)
    return name in OWN_PARAMS or name.startswith("BALANCER_") or bool(again)


def difference(expected, found, path=""):
    """Where two answers differ."""
    if isinstance(expected, dict) and isinstance(found, dict):
        keys = dict.fromkeys([*expected, *found])
        return "".join(difference(expected.get(key), found.get(key), f"{path}/{key}") for key in keys)
    return "" if expected == found else f"\n  {path}:\n    httpd  {shown(expected)[:300]}\n    zaguan {shown(found)[:300]}"


if __name__ == "__main__":
    sys.exit(main())
