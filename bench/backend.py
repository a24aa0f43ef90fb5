"""The servers behind the proxies: an nginx of its own for what is fetched, a sink of ours for what is posted, and one of HTTP/2
that sends back what it is called with."""

import multiprocessing
import pathlib
import random
import selectors
import socket

from runner import ports, servers

SIZES = {"/small": 128, "/medium": 16 << 10, "/large": 1 << 20}

CONFIG = """{main}
{files}
events {{ worker_connections 16384; }}
http {{
{temporary}
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    open_file_cache max=16 inactive=1h;
    open_file_cache_valid 1h;
    server {{
        listen 127.0.0.1:{port} backlog=4096 default_server;
        root {folder}/files;
        location = /small {{ return 200 "{small}"; }}
        location = /seen {{ return 200 "$host|$http_x_forwarded_for|$http_x_forwarded_proto|$server_protocol"; }}
        location /regex/ {{ return 200 "{small}"; }}
    }}
}}
"""


class Backend:
    """All servers; `port` serves GET, `sink_port` takes POST, `echo_port` answers calls of gRPC where `echoes`."""

    def __init__(self, nginx, folder, echoes=False):
        folder = pathlib.Path(folder) / "backend"
        files = folder / "files"
        files.mkdir(parents=True)
        for name in ("/medium", "/large"):
            (files / name[1:]).write_bytes(b"x" * SIZES[name])
        (files / "huge").write_bytes(b"x" * (64 << 20))
        # What proxies serve themselves.
        for name, size in (("small", 1 << 10), ("large", 1 << 20), ("page", 64 << 10)):
            (files / f"{name}.html").write_bytes(html(size))
        self.folder = folder
        self.port, self.sink_port, self.echo_port = ports.free_port(), ports.free_port(), ports.free_port()
        config = CONFIG.format(
            main=servers.main_context("nginx"), files=servers.many_files(), temporary=servers.TEMPORARY, port=self.port, folder=folder,
            small="x" * SIZES["/small"],
        )
        self.server = servers.start_nginx("backend", nginx, config, folder, self.port)
        self.sink = multiprocessing.get_context("fork").Process(target=serve_sink, args=(self.sink_port,), daemon=True)
        self.sink.start()
        ports.wait_for_port(self.sink_port)
        self.echo = servers.Server("echo", self.echo_command(), folder, self.echo_port) if echoes else None

    def echo_command(self):
        """nghttpd, with the status that ends each answer of gRPC."""
        ends = ["--echo-upload", "--no-content-length", "--trailer=grpc-status: 0"]
        return ["nghttpd", "--no-tls", "-m128", "-a127.0.0.1", *ends, str(self.echo_port)]

    def stop(self):
        """Ends all servers."""
        self.server.stop()
        if self.echo:
            self.echo.stop()
        self.sink.terminate()
        self.sink.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def html(size):
    """So many bytes of a page as pages are: tags, words that come again, numbers that do not."""
    chance = random.Random(size)
    words = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(2, 9))) for _ in range(400)]
    text = "<!doctype html>\n<html><body>\n"
    while len(text) < size:
        row = " ".join(chance.choices(words, k=chance.randint(5, 15)))
        text += f'<p class="{chance.choice(words)}" id="n{chance.randrange(10**6)}"><a href="/{chance.choice(words)}">{row}</a></p>\n'
    return text[:size].encode()


class Upload:
    """One connection of the sink: a head, then as many bytes as it announced, none of them kept."""

    ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    SCRATCH = bytearray(1 << 20)

    def __init__(self, connection):
        self.connection, self.head, self.left = connection, b"", 0

    def readable(self):
        """Takes what has arrived; False when the connection ended or sent what the sink does not know."""
        if self.left:
            # MSG_TRUNC on TCP throws the bytes away inside the kernel, so the sink takes next to no CPU.
            wanted = min(self.left, len(self.SCRATCH))
            count = self.connection.recv_into(self.SCRATCH, wanted, socket.MSG_TRUNC)
            self.left -= count
        else:
            count = self._receive_head()
        if count and not self.left and not self.head:
            self.connection.sendall(self.ANSWER)
        return count > 0

    def _receive_head(self):
        received = self.connection.recv(65536)
        self.head += received
        head, end, rest = self.head.partition(b"\r\n\r\n")
        if not end:
            return len(received)
        lengths = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        if len(lengths) != 1:
            return 0
        self.left, self.head = int(lengths[0].split(b":")[1]) - len(rest), b""
        return len(received)


def serve_sink(port):
    """Answers 200 to each request once its whole body has arrived."""
    listener = socket.create_server(("127.0.0.1", port), backlog=1024)
    selector = selectors.DefaultSelector()
    selector.register(listener, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.data is None:
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(connection, selectors.EVENT_READ, Upload(connection))
            elif not _keeps(key.data):
                selector.unregister(key.fileobj)
                key.fileobj.close()


def _keeps(upload):
    try:
        return upload.readable()
    except OSError:
        return False
