"""Request heads that are long, odd or wrong, where the answer is nginx's own status."""

from case import Group

CONFIG = """
server {
    listen @PORT@;
    server_name site.test;
    location / { proxy_pass http://@ORIGIN@; }
}
server {
    listen @PORT@;
    server_name underscores.test;
    underscores_in_headers on;
    location / { proxy_pass http://@ORIGIN@; }
}
server {
    listen @SECOND_PORT@;
    server_name small.test;
    client_header_buffer_size 256;
    large_client_header_buffers 2 1k;
    keepalive_timeout 30s 25s;
    location / { proxy_pass http://@ORIGIN@; }
    location /keepalive-off/ { keepalive_timeout 0; proxy_pass http://@ORIGIN@; }
}
server {
    listen @THIRD_PORT@;
    server_name valid.test;
    ignore_invalid_headers off;
    underscores_in_headers on;
    location / { proxy_pass http://@ORIGIN@; }
}
"""


def groups():
    """Sizes at their limits, then names and values, then keep-alive."""
    group = Group("request heads", CONFIG)
    for size in (100, 240, 500, 900, 980, 1010, 1024, 1100, 2000, 3000):
        group.get("/" + "x" * size, host="small.test", port="SECOND_PORT")
        group.get("/", host="small.test", fields=["X-Long: " + "y" * size], port="SECOND_PORT")
        group.get("/", host="small.test", fields=["X-A: " + "y" * (size // 2), "X-B: " + "z" * (size // 2)], port="SECOND_PORT")
    for size in (7000, 8100, 8192, 9000, 40000):
        group.get("/" + "x" * size)
        group.get("/?" + "x" * size)
        group.get("/", fields=["X-Long: " + "y" * size])
    for field in ("Under_score: 1", "X.Dot: 1", "X-Ok: 1", "_Leading: 1", "9Digit: 1"):
        group.get("/", fields=[field])
        group.get("/", host="underscores.test", fields=[field])
        group.get("/", host="valid.test", fields=[field], port="THIRD_PORT")
    wrong(group)
    alive(group)
    return [group]


def wrong(group):
    """What is refused by both, and how."""
    host = b"Host: site.test\r\n"
    for name, raw in (
        ("space before colon", b"GET / HTTP/1.1\r\n" + host + b"X-Y : 1\r\n\r\n"),
        ("folded", b"GET / HTTP/1.1\r\n" + host + b"X-Y: 1\r\n 2\r\n\r\n"),
        ("two lengths", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ("same length twice", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        ("length and coding", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("two codings", b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("negative length", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: -1\r\n\r\n"),
        ("length no number", b"POST / HTTP/1.1\r\n" + host + b"Content-Length: 1x\r\n\r\na"),
        ("unknown coding", b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: gzip\r\n\r\n"),
        ("bad chunk size", b"POST / HTTP/1.1\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        ("no version", b"GET / HTTP\r\n" + host + b"\r\n"),
        ("version 3", b"GET / HTTP/3.0\r\n" + host + b"\r\n"),
        ("lower version", b"GET / http/1.1\r\n" + host + b"\r\n"),
        ("method with colon", b"GE:T / HTTP/1.1\r\n" + host + b"\r\n"),
        ("no target", b"GET  HTTP/1.1\r\n" + host + b"\r\n"),
        ("connect", b"CONNECT site.test:80 HTTP/1.1\r\n" + host + b"\r\n"),
        ("leading blank line", b"\r\nGET / HTTP/1.1\r\n" + host + b"\r\n"),
        ("bare LF lines", b"GET /lf HTTP/1.1\nHost: site.test\nX-A: b\n\n"),
        ("dots above the root", b"GET /../x HTTP/1.1\r\n" + host + b"\r\n"),
        ("encoded NUL", b"GET /a%00b HTTP/1.1\r\n" + host + b"\r\n"),
        ("space in target", b"GET /a b HTTP/1.1\r\n" + host + b"\r\n"),
        ("coding in 1.0", b"POST / HTTP/1.0\r\n" + host + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ):
        group.raw(name, raw)


def alive(group):
    """What each version and Connection field says about the connection afterwards."""
    for version in ("1.0", "1.1"):
        for connection in (None, "close", "keep-alive", "Keep-Alive, x", "CLOSE"):
            fields = [f"Connection: {connection}"] if connection else []
            group.get("/", fields=fields, version=version)
            group.get("/", host="small.test", fields=fields, version=version, port="SECOND_PORT")
            group.get("/keepalive-off/", host="small.test", fields=fields, version=version, port="SECOND_PORT")
