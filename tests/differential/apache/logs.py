"""mod_log_config: what is written for each request, by format and by condition."""

from case import Group, answer

from .site import site

FORMATS = [
    "%a %A %h %l %u", "%200,201,206,304b %200,201,206B", "%>s %s %<s", "%m %U %q %H", "\\\"%r\\\"", "%{User-Agent}i %{X-Twice}i %{None}i", "%{Content-Type}o %{X-Origin}o %{X-Own}o",
    "%{session}C %{other}C", "%{word}e %{none}e", "%{kept}n",
    "%p %{canonical}p %{local}p", "%v %V", "%200,206,404f", "%k %X", "%!301R", "%!200,304,302{User-Agent}i", "%404,501{User-Agent}i", "%%", "%{c}a", "a\\tb", "\\\"%{User-Agent}i\\\" \\\\",
    "%I", "%{Referer}i", "%{X-Bytes}i",
]
CONFIG = """
DocumentRoot @ROOT@
SetEnvIf X-Twice . word=set
SetEnvIf Request_URI \\.css$ unlogged
SetEnvIf Request_URI guide logged
Header set X-Own own
Header note X-Own kept
ProxyPass /up http://@ORIGIN@/up
ProxyPass /dead http://@DEAD@/
Redirect /moved http://new.test/
<Location /closed>
    Require all denied
</Location>
LogFormat "%{X-Case}i nickname %s" short
CustomLog access.log short
CustomLog access.log "%{X-Case}i if %U" env=logged
CustomLog access.log "%{X-Case}i unless %U" env=!unlogged
CustomLog access.log "%{X-Case}i expr %U" "expr=%{REQUEST_STATUS} >= 400"
"""
ASKED = [
    ("GET", "/docs/guide.txt", []), ("GET", "/docs/style.css?x=1", ["User-Agent: Mozilla/5.0 (X11)", "X-Twice: 1", "X-Twice: 2", "Cookie: session=abc; other=x y"]),
    ("GET", "/docs/none", ["Referer: http://site.test/\"quoted\""]), ("HEAD", "/docs/guide.txt", []),
    ("POST", "/up/x?y=%20", []), ("GET", "/moved/x", []), ("GET", "/closed", []), ("GET", "/dead", []), ("GET", "/a%20b%22c", ["X-Bytes: a\\b\xe9"]), ("GET", "/docs/%C3%A9", []),
    ("GET", "/docs", []), ("DELETE", "/docs/guide.txt", []), ("OPTIONS", "/docs/", []),
]


def groups():
    """Every format for every request."""
    lines = "\n".join(f'CustomLog access.log "%{{X-Case}}i {number} {text}"' for number, text in enumerate(FORMATS))
    group = Group("logs", site("site.test", "ServerAlias alias.test", CONFIG, lines), log="access.log")
    for number, (method, path, fields) in enumerate(ASKED):
        for host in ("site.test", "alias.test:8080"):
            given = [f"X-Case: {number}-{host[:1]}", *fields]
            raw = [field.encode("latin-1") for field in given]
            group.send(method, path, host=host, fields=raw, body=b"posted" if method == "POST" else b"", answers=answer("201 Created", ["X-Origin: one"]))
    group.get("/docs/guide.txt", host=None, version="1.0", fields=["X-Case: old"])
    group.get("/docs/guide.txt", fields=["X-Case: range", "Range: bytes=0-1"])
    group.get("/docs/guide.txt", fields=["X-Case: unmodified", "If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT"])
    return [group]
