"""The shapes of work that are measured, each with the goal that Zaguan's cost must keep, as a ratio to nginx's."""

from dataclasses import dataclass

BROWSER = [
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language: pt-BR,pt;q=0.8,en-US;q=0.5,en;q=0.3",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Referer: http://localhost/previous/page",
]

# As an access log says of each connection how it began: protocol, and whether a session was resumed.
FULL, RESUMED = "TLSv1.3 .", "TLSv1.3 r"

STREAMED = "\n            proxy_request_buffering off;"


@dataclass(frozen=True)
class Shape:
    """One kind of load. `uring` and `epoll` are the goals on each transport; None where none is set."""

    name: str
    says: str
    path: str = "/small"
    uring: float | None = None
    epoll: float | None = None
    connections: int = 64
    rate: int = 0
    post: int = 0
    close: bool = False
    access_log: bool = False
    locations: int = 0
    sites: int = 0
    tls: bool = False
    # HTTP/2 with so many requests under way on each connection; 0: HTTP/1.1.
    streams: int = 0
    # A message of `post` bytes is called for, and comes back: the server behind is one of gRPC.
    grpc: bool = False
    # What each connection's handshake is; None: connections are kept.
    handshake: str | None = None
    directives: str = ""
    # Files of the proxy's own are asked for: HAProxy has none.
    files: bool = False
    # Answers are kept and given out again: each proxy's own cache answers, and the server behind it rests.
    kept: bool = False
    # The answer is packed: its size is compared too.
    packed: bool = False
    # So many networks are refused; the measure is the same proxy without them.
    networks: int = 0
    # The servers behind are asked all the time whether they are well; the measure is the same proxy that does not ask.
    health_checks: bool = False

    @property
    def beside_itself(self):
        """Whether the measure is the same proxy without what makes the shape special."""
        return bool(self.networks) or self.health_checks


ALL = [
    Shape("keepalive-128", "keep-alive, 128 B", uring=0.60, epoll=0.80),
    Shape("keepalive-16k", "keep-alive, 16 KiB", "/medium", uring=0.75),
    Shape("keepalive-1m", "keep-alive, 1 MiB", "/large", uring=0.70),
    Shape("post-1m", "POST of 1 MiB", "/sink", uring=0.75, post=1 << 20),
    Shape("post-1m-streamed", "POST of 1 MiB, not buffered", "/sink", post=1 << 20, directives=STREAMED),
    Shape("access-log", "128 B, access logs on", uring=0.60, access_log=True),
    Shape("close", "new connection per request", uring=0.80, close=True),
    Shape("rate-20", "64 connections × 20 requests/s", uring=0.80, rate=20),
    Shape("rate-100", "64 connections × 100 requests/s", rate=100),
    Shape("connections-8", "128 B, 8 connections", connections=8),
    Shape("connections-512", "128 B, 512 connections", connections=512),
    Shape("locations", "128 B, 200 locations with regexes", locations=200),
    Shape("sites", "128 B, 1,000 sites", sites=1000),
    Shape("static-1k", "a file of 1 KiB", "/files/small.html", uring=0.65, files=True),
    Shape("static-1m", "a file of 1 MiB", "/files/large.html", uring=0.85, files=True),
    Shape("gzip-64k", "64 KiB of HTML, gzip level 6", "/packed/page.html", uring=0.75, epoll=0.75, files=True, packed=True),
    Shape("cached-1k", "an answer of 1 KiB, kept", "/kept/small.html", uring=0.60, files=True, kept=True),
    Shape("cached-64k", "an answer of 64 KiB, kept", "/kept/page.html", uring=0.70, files=True, kept=True),
    Shape("cached-1m", "an answer of 1 MiB, kept in a file", "/kept/large.html", uring=0.90, files=True, kept=True),
    Shape("health-checks", "128 B, health checks each second", uring=1.03, epoll=1.03, health_checks=True),
    Shape("networks", "128 B, 100,000 networks refused", uring=1.05, epoll=1.05, networks=100_000),
    Shape("tls-128", "TLS 1.3 keep-alive, 128 B", uring=0.55, tls=True),
    Shape("tls-16k", "TLS 1.3 keep-alive, 16 KiB", "/medium", uring=0.65, tls=True),
    Shape("tls-handshake", "TLS 1.3, full handshake per request", uring=0.85, tls=True, close=True, handshake=FULL),
    Shape("tls-resumed", "TLS 1.3, resumed handshake per request", uring=0.75, tls=True, close=True, handshake=RESUMED),
    Shape("h2-128", "HTTP/2, 8 connections × 16 streams", uring=0.45, connections=8, streams=16),
    Shape("grpc-unary", "gRPC, unary echo, 8 × 16 streams", "/bench.Echo/Say", uring=0.55, connections=8, streams=16, post=128, grpc=True),
    Shape("h2-tls-128", "HTTP/2 over TLS, 8 × 16 streams", uring=0.50, connections=8, streams=16, tls=True),
]
BY_NAME = {shape.name: shape for shape in ALL}
