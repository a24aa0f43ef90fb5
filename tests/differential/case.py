"""What a differential case is: a configuration shared by a group, a raw request, and what the origin answers."""

from dataclasses import dataclass, field

ORDINARY = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nX-Origin: one\r\n"
    b"Last-Modified: Mon, 03 Feb 2025 04:05:06 GMT\r\n\r\norigin"
)
# An answer that never comes: the origin waits until the other side gives up.
HELD = "held"


@dataclass(frozen=True)
class Case:
    """One request on a connection of its own. `port` names the listener, `answers` are given in turn by the origins."""

    name: str
    request: bytes
    answers: tuple = (ORDINARY,)
    port: str = "PORT"
    method: str = "GET"
    # Where to connect, and how many replies the connection must bring (the last to `method`, those before to GET).
    address: str = "127.0.0.1"
    replies: int = 1
    # With TLS: the name asked for in the handshake (empty: none), and whose certificate the client shows.
    tls: str | None = None
    shows: str | None = None
    trusts: bool = True
    # The URL to explain, for a request that has one.
    url: str | None = None

    def methods(self):
        """The method of each reply's request."""
        return ["GET"] * (self.replies - 1) + [self.method]


@dataclass
class Group:
    """Cases under one configuration: the inside of `http {}` or the rest of httpd.conf, where @NAME@ stands for a port or a path."""

    name: str
    config: str
    cases: list = field(default_factory=list)
    # A log in the server's folder whose lines begin with the value of X-Case; each outcome holds its request's lines.
    log: str | None = None
    # Whether the configuration is the whole file, with modules, listeners and all.
    complete: bool = False
    # Whether the first location and upstream URI are what `explain` must name.
    explain: bool = False

    def get(self, uri, host="site.test", fields=(), **more):
        """Adds a GET."""
        self.send("GET", uri, host, fields, **more)

    def send(self, method, uri, host="site.test", fields=(), body=b"", version="1.1", answers=(ORDINARY,), note="", **more):
        """Adds a request with ordinary framing; `host` None leaves the field out, `note` tells of the answers."""
        target = uri if isinstance(uri, bytes) else uri.encode()
        lines = [method.encode() + b" " + target + b" HTTP/" + version.encode()]
        lines += [b"Host: " + host.encode()] if host is not None else []
        lines += [line if isinstance(line, bytes) else line.encode() for line in fields]
        named = {line.split(b":")[0].lower() for line in lines[1:]}
        if body and not named & {b"content-length", b"transfer-encoding"}:
            lines.append(b"Content-Length: %d" % len(body))
        raw = b"\r\n".join(lines) + b"\r\n\r\n" + body
        label = f"{method} {target.decode('latin-1')} {host or '(no host)'} {' '.join(map(str, fields))}".strip() + (f" [{note}]" if note else "")
        answers = (answers,) if isinstance(answers, (bytes, str, type(None))) else answers
        plain = method == "GET" and host and target.startswith(b"/") and target.isascii() and not fields
        url = f"http://{host}{target.decode()}" if plain else None
        self.cases.append(Case(label, raw, tuple(answers), method=method, url=url, **more))

    def raw(self, name, request, **more):
        """Adds a request exactly as it stands."""
        self.cases.append(Case(name, request, **more))


def answer(status="200 OK", fields=(), body=b"origin", version="1.1", length=True):
    """What the origin sends, as bytes; without a length the end of the connection ends the body."""
    lines = [f"HTTP/{version} {status}", *fields] + ([f"Content-Length: {len(body)}"] if length else [])
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
