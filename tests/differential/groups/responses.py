"""What an upstream may answer, well-formed or not, and what the client is given."""

from case import ORDINARY, Group, answer

CONFIG = """
server {
    listen @PORT@;
    server_name site.test;
    proxy_read_timeout 2s;
    proxy_buffer_size 4k;
    location / { proxy_pass http://@ORIGIN@; }
    location /unbuffered/ { proxy_buffering off; proxy_pass http://@ORIGIN@; }
    location /http10/ { proxy_http_version 1.0; proxy_pass http://@ORIGIN@; }
    location /force/ { proxy_force_ranges on; proxy_pass http://@ORIGIN@; }
    location /not-chunked/ { chunked_transfer_encoding off; proxy_pass http://@ORIGIN@; }
}
"""
STATUSES = """200 OK|200 Fine with words|200|200 |201 Created|202 Accepted|203 Other|204 No Content|205 Reset|206 Partial Content
300 Many|301 Moved|304 Not Modified|307 Temporary|400 Bad|401 No|404 None|405 Method|413 Large|416 Range|418 Teapot|429 Slow|444 Gone|499 Client
500 Oops|502 Bad|503 Later|504 Late|599 Far|600 Beyond|999 End""".replace("\n", "|").split("|")
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n"
RAW = {
    "chunked": CHUNKED + b"5\r\nhello\r\n0\r\n\r\n",
    "chunked in parts": CHUNKED + b"1\r\na\r\n2\r\nbc\r\n3;ext=1\r\ndef\r\n0\r\n\r\n",
    "chunked empty": CHUNKED + b"0\r\n\r\n",
    "chunked with trailer": CHUNKED + b"2\r\nab\r\n0\r\nX-Trailer: t\r\n\r\n",
    "chunked in 1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "to the end": b"HTTP/1.1 200 OK\r\nX-A: b\r\n\r\nuntil the end",
    "1.0 to the end": b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
    "1.0 with length": b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "length 0": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\nX-A: b\n\nab",
    "interim 100": b"HTTP/1.1 100 Continue\r\n\r\n" + ORDINARY,
    "interim 102": b"HTTP/1.1 102 Processing\r\nX-I: 1\r\n\r\n" + ORDINARY,
    "interim 103": b"HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload\r\n\r\n" + ORDINARY,
    "204 with length": b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
    "304 with length": b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: \"x\"\r\n\r\n",
    "length beyond": b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabcdef",
    "no answer": None,
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    "lengths that differ": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    "length and coding": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "unknown coding": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nab",
    "field without colon": b"HTTP/1.1 200 OK\r\nNothing\r\nContent-Length: 2\r\n\r\nab",
    "field with space": b"HTTP/1.1 200 OK\r\nX Y: 1\r\nContent-Length: 2\r\n\r\nab",
    "no HTTP": b"hello\r\n\r\n",
    "odd version": b"HTTP/1.9 200 OK\r\nContent-Length: 2\r\n\r\nab",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nab",
    "large head": b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 5000 + b"\r\nContent-Length: 2\r\n\r\nab",
    "head that fits": b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 3900 + b"\r\nContent-Length: 2\r\n\r\nab",
    "many fields": b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: v\r\n" % n for n in range(150)) + b"Content-Length: 2\r\n\r\nab",
    "large body": b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + b"0123456789" * 30000,
    "large chunked": CHUNKED + b"493e0\r\n" + b"0123456789" * 30000 + b"\r\n0\r\n\r\n",
    "large to the end": b"HTTP/1.1 200 OK\r\n\r\n" + b"0123456789" * 30000,
}


def groups():
    """Each answer to GET, HEAD and an HTTP/1.0 client."""
    group = Group("upstream answers", CONFIG)
    for status in STATUSES:
        group.get("/x", answers=answer(status, ["X-A: b"], b"" if status.startswith(("204", "304")) else b"body", length=not status.startswith(("204", "304"))), note=status)
    for name, raw in RAW.items():
        for place in ("", "unbuffered/", "http10/", "not-chunked/"):
            group.get(f"/{place}{name.replace(' ', '-')}", answers=(raw,))
        group.send("HEAD", f"/{name.replace(' ', '-')}", answers=(raw,))
        group.get(f"/old/{name.replace(' ', '-')}", answers=(raw,), version="1.0")
    ranges(group)
    return [group]


def ranges(group):
    """Ranges and conditions of the client, with and without the upstream's consent."""
    whole = answer(fields=['ETag: "e"', "Last-Modified: Mon, 03 Feb 2025 04:05:06 GMT", "Accept-Ranges: bytes"], body=b"0123456789")
    for place in ("", "force/"):
        for field in ("Range: bytes=2-4", "Range: bytes=20-", 'If-None-Match: "e"', "If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT"):
            group.get(f"/{place}x", fields=[field], answers=whole)
