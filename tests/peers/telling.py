"""A program that says what it was told: over FastCGI, SCGI or uwsgi, whichever its client speaks."""

import json
import pathlib
import socket
import struct
import threading

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


class Teller:
    """Listens on a port of 127.0.0.1, or on a socket of the file system, until it is left."""

    def __init__(self, path=None):
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.bind(str(path))
            pathlib.Path(path).chmod(0o777)
        else:
            self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self):
        """Where it listens."""
        return self.socket.getsockname()[1]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()


def serve(connection):
    """Answers what comes, in the protocol in which it comes."""
    with connection, connection.makefile("rwb") as stream:
        try:
            first = stream.peek(1)[:1]
            if first == b"\x01":
                while fastcgi(stream):
                    pass
            elif first.isdigit():
                scgi(stream)
            elif first:
                uwsgi(stream)
        except (OSError, EOFError):
            pass


def fastcgi(stream):
    """One request in records; whether the connection stays."""
    keeps, params, content = False, b"", b""
    while True:
        header = stream.read(8)
        if len(header) < 8:
            return False
        _, kind, _, length, padding = struct.unpack(">BBHHBx", header)
        data = read(stream, length)
        read(stream, padding)
        if kind == BEGIN:
            keeps = bool(data[2] & 1)
        elif kind == PARAMS:
            params += data
        elif kind == STDIN:
            content += data
            if not data:
                break
    answer = told(f"fastcgi keeps={int(keeps)}", pairs(params), content)
    for start in range(0, len(answer), 60_000):
        piece = answer[start : start + 60_000]
        stream.write(struct.pack(">BBHHBx", 1, STDOUT, 1, len(piece), 0) + piece)
    stream.write(struct.pack(">BBHHBx", 1, STDOUT, 1, 0, 0) + struct.pack(">BBHHBx", 1, END, 1, 8, 0) + bytes(8))
    stream.flush()
    return keeps


def pairs(data):
    """The names and values of FastCGI (§3.4)."""
    found, at = [], 0

    def length():
        nonlocal at
        if data[at] & 0x80:
            at += 4
            return struct.unpack(">I", data[at - 4 : at])[0] & 0x7FFFFFFF
        at += 1
        return data[at - 1]

    while at < len(data):
        name, value = length(), length()
        found.append((data[at : at + name], data[at + name : at + name + value]))
        at += name + value
    return found


def scgi(stream):
    """One netstring, and the content whose length it says."""
    size = b""
    while (digit := read(stream, 1)) != b":":
        size += digit
    words = read(stream, int(size)).split(b"\0")
    read(stream, 1)
    params = list(zip(words[::2], words[1::2]))
    content = read(stream, int(dict(params).get(b"CONTENT_LENGTH", b"0")))
    stream.write(told("scgi", params, content))


def uwsgi(stream):
    """One packet, and the content whose length it says."""
    first, size, second = struct.unpack("<BHB", read(stream, 4))
    data, params, at = read(stream, size), [], 0
    while at < size:
        pair = []
        for _ in range(2):
            length = struct.unpack_from("<H", data, at)[0]
            pair.append(data[at + 2 : at + 2 + length])
            at += 2 + length
        params.append(tuple(pair))
    content = read(stream, int(dict(params).get(b"CONTENT_LENGTH") or b"0"))
    answer = told(f"uwsgi {first} {second}", params, content)
    stream.write(answer if answer.startswith(b"HTTP/") else b"HTTP/1.1 200 OK\r\n" + answer)


def read(stream, size):
    """Exactly so many bytes."""
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def told(protocol, params, content):
    """The answer: everything that was said, or what the arguments of the request ask for in its place."""
    named = dict(params)
    asked = dict(pair.partition(b"=")[::2] for pair in named.get(b"QUERY_STRING", b"").split(b"&"))
    head = asked.get(b"head", b"").replace(b"+", b" ").replace(b"|", b"\r\n")
    text = [[name.decode("latin-1"), value.decode("latin-1")] for name, value in params]
    body = json.dumps({"protocol": protocol, "params": text, "content": content.decode("latin-1")}).encode()
    if b"status" in asked:
        head = b"Status: " + asked[b"status"].replace(b"+", b" ") + b"\r\n" + head
    if head and not head.endswith(b"\r\n"):
        head += b"\r\n"
    if b"body" in asked:
        body = asked[b"body"]
    return head + b"Content-Type: text/x-told\r\n\r\n" + body
