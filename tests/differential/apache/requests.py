"""Requests as they are read: versions, connections, limits, methods, and what is no request."""

from case import Group, answer

from .site import site, sites

BOTH = "DocumentRoot @ROOT@\nProxyPass /up http://@ORIGIN@/up\n"
KEPT = ["", "KeepAlive Off", "KeepAlive On\nMaxKeepAliveRequests 2", "MaxKeepAliveRequests 0", "KeepAliveTimeout 7", "KeepAliveTimeout 1500ms", "SetEnvIf Host . nokeepalive",
    "Timeout 3"]
LIMITS = ["LimitRequestBody 10", "LimitRequestBody 0", "<Location /up>\nLimitRequestBody 5\n</Location>", ""]
HEADS = """
LimitRequestLine 200
LimitRequestFields 5
LimitRequestFieldSize 100
"""
MALFORMED = {
    "no version": b"GET /docs/guide.txt\r\n\r\n", "no target": b"GET HTTP/1.1\r\nHost: s0.test\r\n\r\n", "lower version": b"GET / http/1.1\r\nHost: s0.test\r\n\r\n",
    "HTTP/1.2": b"GET /docs/guide.txt HTTP/1.2\r\nHost: s0.test\r\n\r\n",
    "HTTP/2.0": b"GET /docs/guide.txt HTTP/2.0\r\nHost: s0.test\r\n\r\n", "HTTP/0.9": b"GET /docs/guide.txt HTTP/0.9\r\nHost: s0.test\r\n\r\n",
    "HTTP/1": b"GET / HTTP/1\r\nHost: s0.test\r\n\r\n", "HTTP/1.10": b"GET / HTTP/1.10\r\nHost: s0.test\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: s0.test\r\n\r\n", "space at the end": b"GET / HTTP/1.1 \r\nHost: s0.test\r\n\r\n",
    "space in the target": b"GET /a b HTTP/1.1\r\nHost: s0.test\r\n\r\n", "tab": b"GET\t/ HTTP/1.1\r\nHost: s0.test\r\n\r\n",
    "no token": b"G(T / HTTP/1.1\r\nHost: s0.test\r\n\r\n", "lines before": b"\r\n\r\nGET /docs/guide.txt HTTP/1.1\r\nHost: s0.test\r\n\r\n",
    "bare line ends": b"GET /docs/guide.txt HTTP/1.1\nHost: s0.test\n\n", "bare CR": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX-A: a\rb\r\n\r\n",
    "no colon": b"GET / HTTP/1.1\r\nHost: s0.test\r\nNonsense\r\n\r\n", "space before colon": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX-A : b\r\n\r\n",
    "space in name": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX A: b\r\n\r\n", "empty name": b"GET / HTTP/1.1\r\nHost: s0.test\r\n: b\r\n\r\n",
    "folded": b"GET /up HTTP/1.1\r\nHost: s0.test\r\nX-A: a\r\n b\r\n\r\n", "folded first": b"GET / HTTP/1.1\r\n X: y\r\nHost: s0.test\r\n\r\n",
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX-A: a\x00b\r\n\r\n", "control in a value": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX-A: a\x01b\r\n\r\n",
    "control in the target": b"GET /\x01 HTTP/1.1\r\nHost: s0.test\r\n\r\n", "high bytes in a value": b"GET /up HTTP/1.1\r\nHost: s0.test\r\nX-A: caf\xe9\r\n\r\n",
    "two lengths": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok",
    "different lengths": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "length and chunks": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "length no number": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: x\r\n\r\n",
    "negative length": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: -1\r\n\r\n", "length +2": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: +2\r\n\r\nok",
    "length list": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nContent-Length: 2, 2\r\n\r\nok",
    "unknown coding": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: own\r\n\r\n",
    "coding after chunked": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "chunked twice": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "gzip, chunked": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "identity": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: identity\r\n\r\n",
    "chunked in 1.0": b"POST /up HTTP/1.0\r\nHost: s0.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "bad chunk size": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n0\r\n\r\n",
    "chunk without end": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n",
    "chunk extension": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked\r\n\r\n2;a=b\r\nok\r\n0\r\n\r\n",
    "huge chunk size": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    "Chunked": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nTransfer-Encoding: Chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "TLS": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + b"x" * 20 + b"\r\n\r\n", "h2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "garbage": b"\xff\xfe\xfd\r\n\r\n",
    "fragment": b"GET /docs/guide.txt#x HTTP/1.1\r\nHost: s0.test\r\n\r\n", "star": b"GET * HTTP/1.1\r\nHost: s0.test\r\n\r\n",
    "no host": b"GET /docs/guide.txt HTTP/1.1\r\n\r\n", "expect else": b"POST /up HTTP/1.1\r\nHost: s0.test\r\nExpect: other\r\nContent-Length: 2\r\n\r\nok",
    "long target": b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: s0.test\r\n\r\n", "long field": b"GET / HTTP/1.1\r\nHost: s0.test\r\nX-Long: " + b"x" * 9000 + b"\r\n\r\n",
    "many fields": b"GET / HTTP/1.1\r\nHost: s0.test\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(101)) + b"\r\n",
    "CONNECT": b"CONNECT s0.test:80 HTTP/1.1\r\nHost: s0.test\r\n\r\n", "absolute upstream": b"GET http://@ORIGIN@/x HTTP/1.1\r\nHost: s0.test\r\n\r\n",
}


def groups():
    """Connections, limits of bodies and heads, then what is malformed."""
    return [kept(), bodies(), heads(), malformed()]


def kept():
    """Two or three requests on a connection."""
    group = Group("requests: kept connections", sites(*(BOTH + lines for lines in KEPT)))
    for number, lines in enumerate(KEPT):
        host, note = f"s{number}.test", lines.replace("\n", "; ")
        for path in (b"/docs/guide.txt", b"/up/x", b"/none"):
            one = b"GET " + path + b" HTTP/1.1\r\nHost: " + host.encode() + b"\r\n%s\r\n"
            group.raw(f"three requests {path.decode()} [{note}]", (one % b"") * 2 + one % b"Connection: close\r\n", replies=3)
            group.raw(f"kept by name {path.decode()} [{note}]", (one % b"Connection: keep-alive\r\n") * 2 + one % b"Connection: close\r\n", replies=3)
            old = (one % b"Connection: keep-alive\r\n").replace(b"HTTP/1.1", b"HTTP/1.0")
            group.raw(f"1.0 kept {path.decode()} [{note}]", old + one % b"Connection: close\r\n", replies=2)
            group.raw(f"1.0 {path.decode()} [{note}]", (one % b"").replace(b"HTTP/1.1", b"HTTP/1.0"))
            group.raw(f"1.0 twice {path.decode()} [{note}]", (one % b"").replace(b"HTTP/1.1", b"HTTP/1.0") * 2, replies=2)
    for method in ("POST", "PUT", "HEAD"):
        for path in ("/docs/guide.txt", "/up", "/none"):
            body = b"" if method == "HEAD" else b"posted"
            raw = f"{method} {path} HTTP/1.1\r\nHost: s0.test\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            group.raw(f"{method} {path}, then GET", b"GET / HTTP/1.1\r\nHost: s0.test\r\nConnection: keep-alive\r\n\r\n" + raw, replies=2, method=method)
    unframed = answer(length=False, fields=["Connection: close"])
    for version in ("1.0", "1.1"):
        for fields in ([], ["Connection: keep-alive"], ["Connection: close"], ["Connection: Keep-Alive, X-Other"], ["Connection: upgrade"]):
            group.get("/up", host="s0.test", version=version, fields=fields, answers=unframed, note="until the end")
            group.get("/up", host="s0.test", version=version, fields=fields)
    return group


def bodies():
    """LimitRequestBody."""
    group = Group("requests: bodies", sites(*(BOTH + lines for lines in LIMITS)))
    for number in range(len(LIMITS)):
        for path in ("/up", "/docs/guide.txt"):
            for size in (0, 5, 6, 10, 11, 1000):
                host = f"s{number}.test"
                group.send("POST", path, host=host, fields=[f"Content-Length: {size}"], body=b"x" * size)
                chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size) if size else b"0\r\n\r\n"
                group.send("POST", path, host=host, fields=["Transfer-Encoding: chunked"], body=chunked, note=f"{size} in chunks")
    group.send("POST", "/up", host="s3.test", fields=["Expect: 100-continue"], body=b"waited for")
    group.send("POST", "/up", host="s0.test", fields=["Expect: 100-continue"], body=b"x" * 20)
    group.send("GET", "/up", host="s3.test", body=b"a body")
    group.send("DELETE", "/up", host="s3.test", body=b"a body")
    return group


def heads():
    """LimitRequestLine, LimitRequestFields, LimitRequestFieldSize."""
    group = Group("requests: heads", HEADS + site("site.test", BOTH))
    for length in (150, 184, 185, 186, 187, 188, 189, 190, 200, 201, 250):
        group.get("/up/" + "x" * length, note=str(length))
    for count in (3, 4, 5, 6):
        group.get("/up", fields=[f"X-{number}: y" for number in range(count)])
    for length in (80, 92, 93, 94, 95, 99, 100, 101, 150):
        group.get("/up", fields=["X-Long: " + "x" * length], note=str(length))
    group.get("/none", fields=["X-Long: " + "x" * 200], version="1.0")
    return group


def malformed():
    """What is no request, or not one that is safe."""
    group = Group("requests: malformed", sites(BOTH))
    for name, raw in MALFORMED.items():
        group.raw(name, raw)
    return group
