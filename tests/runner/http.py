"""A raw HTTP/1 client that hands back exactly what came, for runners that compare bytes."""

import contextlib
import socket
from dataclasses import dataclass, field


@dataclass
class Reply:
    """One response as received: status line, fields in order, decoded body."""

    status: int
    reason: str
    version: str
    fields: list = field(default_factory=list)
    body: bytes = b""
    closed: bool = False

    def get(self, name):
        """The first value of a field, or None."""
        return next((value for key, value in self.fields if key.lower() == name.lower()), None)


class Broken(Exception):
    """The connection ended, or what came is no HTTP response."""


def exchange(port, raw, method="GET", host="127.0.0.1", timeout=10.0):
    """Sends raw bytes on a new connection and reads one final response."""
    with socket.create_connection((host, port), timeout=timeout) as connection:
        connection.sendall(raw)
        return read_reply(connection.makefile("rb"), method)


def conversation(port, raw, methods, host="127.0.0.1", timeout=10.0, secure=None):
    """Sends raw bytes on a new connection and yields one final response for each method. `secure`, an SSL context and a name (or None),
    makes it a connection with TLS."""
    with contextlib.ExitStack() as open_ones:
        connection = open_ones.enter_context(socket.create_connection((host, port), timeout=timeout))
        if secure:
            context, name = secure
            connection = open_ones.enter_context(context.wrap_socket(connection, server_hostname=name))
        connection.sendall(raw)
        stream = connection.makefile("rb")
        for method in methods:
            yield read_reply(stream, method)


def read_reply(stream, method="GET"):
    """Reads one final response; interim ones are left out."""
    while True:
        reply = _read_head(stream)
        if reply.status >= 200 or reply.status == 101:
            break
    _read_body(stream, reply, method)
    return reply


def _read_head(stream):
    line = stream.readline()
    parts = line.decode("latin-1").rstrip("\r\n").split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdigit():
        raise Broken(f"no status line: {line[:80]!r}")
    reply = Reply(int(parts[1]), parts[2] if len(parts) > 2 else "", parts[0])
    while (line := stream.readline()) not in (b"\r\n", b"\n"):
        if not line:
            raise Broken("the head was cut")
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(":")
        reply.fields.append((name, value.strip()))
    return reply


def _read_body(stream, reply, method):
    if method == "HEAD" or reply.status in (101, 204, 304):
        return
    if (reply.get("Transfer-Encoding") or "").lower() == "chunked":
        reply.body = _read_chunks(stream)
    elif (length := reply.get("Content-Length")) is not None:
        reply.body = stream.read(int(length))
        if len(reply.body) < int(length):
            raise Broken("the body was cut")
    else:
        reply.body = stream.read()
        reply.closed = True


def _read_chunks(stream):
    body = b""
    while True:
        line = stream.readline()
        if not line:
            raise Broken("a chunked body was cut")
        size = int(line.split(b";")[0], 16)
        if size == 0:
            while stream.readline() not in (b"\r\n", b"\n", b""):
                pass
            return body
        chunk = stream.read(size + 2)
        if len(chunk) < size + 2:
            raise Broken("a chunk was cut")
        body += chunk[:-2]
