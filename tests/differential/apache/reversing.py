"""ProxyPassReverse, its cookies, and what an answer from upstream becomes."""

from case import HELD, Group, answer

from .site import site

REVERSE = """
ProxyPass /app/ http://@ORIGIN@/app1/
ProxyPassReverse /app/ http://@ORIGIN@/app1/
ProxyPassReverse /second/ http://@SECOND@/
ProxyPass /second/ http://@SECOND@/
ProxyPassReverseCookieDomain backend.test public.test
ProxyPassReverseCookieDomain .dotted.test .public.test
ProxyPassReverseCookiePath /app1/ /app/
ProxyPassReverseCookiePath /app1 /bare
ProxyPass /path/ http://@ORIGIN@/path/
ProxyPassReverse /path/ /path/
ProxyPass /slashless http://@ORIGIN@/slashless
ProxyPassReverse /slashless http://@ORIGIN@/slashless
ProxyPass /none/ http://@ORIGIN@/none/
<Location /loc/>
    ProxyPass http://@ORIGIN@/l/
    ProxyPassReverse http://@ORIGIN@/l/
    ProxyPassReverseCookiePath /l/ /loc/
    ProxyPassReverseCookieDomain l.test loc.test
</Location>
<Location /two/>
    ProxyPass http://@ORIGIN@/t/
    ProxyPassReverse http://@ORIGIN@/t/
    ProxyPassReverse http://@SECOND@/t/
</Location>
"""
ROOT = """
ProxyPreserveHost On
ProxyPass / http://@ORIGIN@/
ProxyPassReverse / http://@ORIGIN@/
"""
BALANCED = """
<Proxy balancer://cluster>
    BalancerMember http://@ORIGIN@
    BalancerMember http://@SECOND@
</Proxy>
<Proxy balancer://deep>
    BalancerMember http://@ORIGIN@/one
    BalancerMember http://@SECOND@/two
</Proxy>
ProxyPass /deep/ balancer://deep/
ProxyPassReverse /deep/ balancer://deep/
ProxyPass / balancer://cluster/
ProxyPassReverse / balancer://cluster/
"""
TARGETS = [
    "http://@ORIGIN@/app1/x", "http://@ORIGIN@/app1/", "http://@ORIGIN@/app1", "http://@ORIGIN@/other", "http://@ORIGIN@", "http://@SECOND@/app1/x", "/app1/x", "/l/x", "app1/x",
    "http://elsewhere.test/app1/x", "https://@ORIGIN@/app1/x", "HTTP://@ORIGIN@/app1/x?y=1#z", "http://@ORIGIN@/l/x", "http://@SECOND@/t/x", "http://@ORIGIN@/t/x", "/path/x",
    "//@ORIGIN@/app1/x", "http://@ORIGIN@/slashless", "http://@ORIGIN@/slashlessness", "http://127.0.0.1/app1/x", "http://@ORIGIN@/app1//x", "http://site.test/app1/x",
    "http://@ORIGIN@/one/x",
    "http://@SECOND@/two/x", "",
]
PLACES = ["/app/q", "/loc/q", "/path/q", "/two/q", "/none/q", "/second/q"]
COOKIES = [
    "a=1", "a=1; Path=/app1/", "a=1; path=/app1/x; HttpOnly", "a=1; PATH=/l/; Secure", "a=1; Domain=backend.test", "a=1; domain=.backend.test; Path=/app1/",
    "a=1; Domain=BACKEND.test; Max-Age=3",
    "a=1; domain=x.backend.test", "a=1; domain=.dotted.test", "a=1; domain=l.test; path=/l/deep", "a=1; path=/", "a=1; path=/app1", "a=1; path=/app12", 'a="path=/app1/"',
    "a=1;path=/app1/;domain=backend.test",
    "path=/app1/", "a=1; Path=/other; Path=/app1/", "a=1; Path = /app1/",
]


def groups():
    """Redirects, cookies, then answers of every kind."""
    return [locations(), cookies(), answers(), overridden(), failing()]


def locations():
    """Location, Content-Location and URI, behind each kind of ProxyPassReverse."""
    config = site("site.test", REVERSE) + site("root.test", ROOT) + site("balanced.test", BALANCED)
    group = Group("reverse: redirects", config)
    for target in TARGETS:
        for place in PLACES:
            group.get(place, answers=answer("302 Found", [f"Location: {target}"]), note=f"Location: {target}")
        for host, path in (("root.test", "/q"), ("root.test:8080", "/q"), ("balanced.test", "/q"), ("balanced.test", "/deep/q")):
            group.get(path, host=host, answers=answer("302 Found", [f"Location: {target}"]), note=f"Location: {target}")
    for name in ("Content-Location", "URI", "Refresh", "Link", "Destination"):
        for status in ("200 OK", "201 Created"):
            group.get("/app/q", answers=answer(status, [f"{name}: http://@ORIGIN@/app1/x"]), note=f"{status} {name}")
    both = ["Location: http://@ORIGIN@/app1/1", "Location: http://@ORIGIN@/app1/2"]
    group.get("/app/q", answers=answer("302 Found", both), note="Location twice")
    for version, host in (("1.0", None), ("1.0", "site.test"), ("1.1", "SITE.test"), ("1.1", "site.test:99"), ("1.1", "site.test.")):
        group.get("/app/q", host=host, version=version, answers=answer("302 Found", both[:1]), note="ways to name the host")
    return group


def cookies():
    """Domain and path of Set-Cookie."""
    group = Group("reverse: cookies", site("site.test", REVERSE))
    for place in ("/app/q", "/loc/q"):
        for cookie in COOKIES:
            group.get(place, answers=answer(fields=[f"Set-Cookie: {cookie}"]), note=cookie)
        pair = ["Set-Cookie: a=1; path=/app1/", "Set-Cookie: b=2; domain=backend.test", "Set-Cookie2: c=3; path=/app1/"]
        group.get(place, answers=answer(fields=pair), note="several")
    return group


STATUSES = ["200 OK", "200 Fine", "201 Created", "202 Accepted", "203 Mine", "206 Partial Content", "226 IM Used", "299 Own", "300 Choices", "301 Moved", "304 Not Modified",
    "307 Again", "400 Bad", "401 Who",
            "403 No", "404 None", "405 Not So", "410 Gone", "418 Teapot", "451 Law", "499 Own", "500 Broken", "501 Not", "502 Bad", "503 Busy", "504 Slow", "599 Own",
            "204 No Content", "205 Reset"]
FIELDS = [
    ["Connection: X-Hop", "X-Hop: 1", "X-Stay: 1"], ["Keep-Alive: timeout=9"], ["Proxy-Authenticate: Basic"], ["Proxy-Connection: keep-alive"],
    ["Upgrade: h2c", "Connection: Upgrade"], ["Via: 1.0 before"],
    ["Server: Origin/1"], ["Date: Mon, 03 Feb 2025 04:05:06 GMT"], ["X-Twice: 1", "X-Twice: 2"], ["x-lower: 1"], ["WWW-Authenticate: Basic realm=x"], ["Warning: 199 x y"],
    ["Vary: Accept"], ["Cache-Control: no-cache"],
    ["Expires: 0"], ["ETag: \"own\""], ["Content-Encoding: x-own"], ["Content-Language: de"], ["Content-Type: text/html"], ["Content-Type: text/html;charset=latin1"],
    ["Accept-Ranges: none"], ["X-Empty:"],
    ["X-Spaces:   around   "], ["Trailer: X-T"], ["Age: 3"], ["Allow: GET"], ["Strict-Transport-Security: max-age=1"], ["X-Folded: a", " b"], ["Content-MD5: x"],
    ["Transfer-Encoding: chunked"],
    ["X Space: 1"], ["NoColon"], ["X-Null: a\x00b"], ["Public: GET"], ["Set-Cookie: a=1", "Set-Cookie: b=2"], ["X-High: caf\xe9"], ["Last-Modified: yesterday"],
]


OK = b"HTTP/1.1 200 OK\r\n"
SIX = b"Content-Length: 6\r\n\r\norigin"
# Answers that are right, though few servers give them, and some that are not.
UNUSUAL = {
    "no reason": b"HTTP/1.1 200 \r\n" + SIX, "reason in latin": b"HTTP/1.1 200 D\xe9j\xe0\r\n" + SIX, "reason with tabs": b"HTTP/1.1 200 a\tb\r\n" + SIX,
    "no space behind colons": OK + b"X-A:1\r\nContent-Type:text/plain\r\n" + SIX, "spaces behind values": OK + b"X-A: 1  \t\r\n" + SIX,
    "two types": OK + b"Content-Type: text/html\r\nContent-Type: text/plain\r\n" + SIX, "two dates": OK + b"Date: Mon, 03 Feb 2025 04:05:06 GMT\r\nDate: Mon, 03 Feb 2025 04:05:07 GMT\r\n" + SIX,
    "two servers": OK + b"Server: a\r\nServer: b\r\n" + SIX, "two tags": OK + b'ETag: "a"\r\nETag: "b"\r\n' + SIX,
    "two expiries": OK + b"Expires: 0\r\nExpires: Mon, 03 Feb 2025 04:05:06 GMT\r\n" + SIX, "bad date": OK + b"Date: yesterday\r\n" + SIX,
    "other form of date": OK + b"Date: Monday, 03-Feb-25 04:05:06 GMT\r\nExpires: Mon Feb  3 04:05:06 2025\r\n" + SIX, "bad last change": OK + b"Last-Modified: Mon Feb  3 04:05:06 2025\r\n" + SIX,
    "trailers": OK + b"Transfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n6\r\norigin\r\n0\r\nX-T: 1\r\n\r\n", "chunk extensions": OK + b"Transfer-Encoding: chunked\r\n\r\n6;a=b\r\norigin\r\n0;c\r\n\r\n",
    "old with chunks": b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\norigin", "close": OK + b"Connection: close\r\n" + SIX, "until the end": OK + b"Connection: close\r\n\r\norigin",
    "204 with a type": b"HTTP/1.1 204 None\r\nContent-Type: text/plain\r\n\r\n", "304 with fields": b'HTTP/1.1 304 Same\r\nETag: "x"\r\nContent-Type: text/plain\r\nCache-Control: no-cache\r\n\r\n',
    "large field": OK + b"X-Large: " + b"x" * 7000 + b"\r\n" + SIX, "many fields": OK + b"".join(b"X-%d: y\r\n" % number for number in range(90)) + SIX,
    "interim twice": b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 102 Processing\r\nX-A: 1\r\n\r\n" + OK + SIX, "no fields": b"HTTP/1.1 404 None\r\nContent-Length: 0\r\n\r\n",
    "status 600": b"HTTP/1.1 600 Own\r\n" + SIX, "status 999": b"HTTP/1.1 999 Own\r\n" + SIX, "empty name": OK + b": x\r\n" + SIX, "length with plus": OK + b"Content-Length: +6\r\n\r\norigin",
    "equal lengths": OK + b"Content-Length: 6\r\n" + SIX, "location without a scheme": b"HTTP/1.1 302 There\r\nLocation: //elsewhere.test/x\r\nContent-Length: 0\r\n\r\n",
    "languages": OK + b"Content-Language: de\r\nContent-Language: en\r\n" + SIX, "codings": OK + b"Content-Encoding: x-a\r\nContent-Encoding: x-b\r\n" + SIX, "vary twice": OK + b"Vary: A\r\nVary: B\r\n" + SIX,
    "keep-alive in capitals": OK + b"CONNECTION: KEEP-ALIVE, X-A\r\nX-A: 1\r\nX-B: 2\r\n" + SIX,
}


def answers():
    """Answers of every status, with every field, without lengths, from other versions of HTTP."""
    group = Group("reverse: answers", site("site.test", "ProxyPass / http://@ORIGIN@/"))
    for status in STATUSES:
        for method in ("GET", "HEAD"):
            body = b"" if status[:3] in ("204", "205", "304") else b"origin"
            group.send(method, f"/{status[:3]}", answers=answer(status, body=body, length=status[:3] not in ("204", "304")), note=status)
    for fields in FIELDS:
        raw = ("\r\n".join(["HTTP/1.1 200 OK", *fields, "Content-Length: 6"])).encode("latin-1") + b"\r\n\r\norigin"
        if "Transfer-Encoding: chunked" in fields:
            raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\norigin\r\n0\r\n\r\n"
        group.get("/fields", answers=raw, note=repr(fields))
    group.get("/old", answers=answer(version="1.0"), note="HTTP/1.0 with a length")
    group.get("/interim", answers=b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + answer(), note="103")
    group.get("/interim", answers=b"HTTP/1.1 100 Continue\r\n\r\n" + answer(), note="100")
    for name, raw in UNUSUAL.items():
        for method in ("GET", "HEAD"):
            group.send(method, "/unusual", answers=raw, note=name)
    for size in (0, 1, 8191, 8192, 100_000):
        group.get("/size", answers=answer(body=b"x" * size), note=f"{size} bytes")
    return group


OVERRIDE = """
DocumentRoot @ROOT@
ErrorDocument 404 /errors/404.html
ErrorDocument 503 "no service
ErrorDocument 500 http://elsewhere.test/500
ProxyPass /errors !
ProxyPass /passed http://@ORIGIN@/passed
<Location /passed>
    ProxyErrorOverride Off
</Location>
<Location /some>
    ProxyPass http://@ORIGIN@/some
    ProxyErrorOverride On 404 502
</Location>
ProxyErrorOverride On
ProxyPass / http://@ORIGIN@/
"""


def overridden():
    """ProxyErrorOverride: which answers are replaced, and by what."""
    group = Group("reverse: errors replaced", site("site.test", OVERRIDE))
    for place in ("/all", "/passed", "/some"):
        for status in ("200 OK", "304 Not Modified", "302 Found", "400 Bad", "401 Who", "403 No", "404 None", "405 Not", "410 Gone", "418 Tea", "451 Law", "499 Own",
            "500 Broken", "502 Bad", "503 Busy", "599 Own"):
            fields = ["Location: /x"] if status[0] == "3" else ["WWW-Authenticate: Basic realm=x", "X-Own: 1"]
            group.get(place, answers=answer(status, fields, length=status[:3] != "304", body=b"" if status[:3] == "304" else b"of the origin"), note=status)
    group.send("HEAD", "/all", answers=answer("404 None"), note="404")
    return group


FAILING = """
DocumentRoot @ROOT@
ProxyPass /dead http://@DEAD@/ retry=0
ProxyPass /slow http://@ORIGIN@/slow timeout=1
ProxyPass /bare http://@ORIGIN@/bare
ProxyPass /told http://@DEAD@/ retry=0
<Location /told>
    ErrorDocument 503 "no one there
</Location>
<Location /page>
    ProxyPass http://@DEAD@/ retry=0
    ErrorDocument 503 /errors/503.html
</Location>
<Location /kept>
    ProxyPass http://@DEAD@/ retry=30
</Location>
"""
BROKEN = {
    "nothing": None, "no HTTP": b"nonsense\r\n\r\n", "cut head": b"HTTP/1.1 200 OK\r\nX-One", "no colon": b"HTTP/1.1 200 OK\r\nnonsense\r\nContent-Length: 2\r\n\r\nok",
    "cut body": b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nfour", "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    "status only": b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nok", "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "bad length": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok",
    "length and chunks": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/2.0": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "bare line ends": b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
}


def failing():
    """No answer, no sense in the answer, no one there."""
    group = Group("reverse: failures", "ProxyTimeout 2\n" + site("site.test", FAILING))
    for place in ("/dead", "/told", "/page", "/kept"):
        for method in ("GET", "HEAD", "POST"):
            group.send(method, place, body=b"posted" if method == "POST" else b"")
    group.get("/slow", answers=HELD, note="held")
    for name, raw in BROKEN.items():
        group.get("/bare", answers=raw, note=name)
        if name in ("nothing", "cut head"):
            group.send("POST", "/bare", body=b"posted", answers=raw, note=name)
    return group
