"""An origin that records every byte of each request and answers what the running case says."""

import os
import socket
import threading

from case import HELD


class Origin:
    """Listens on several ports and a Unix socket; one case at a time is served and recorded."""

    def __init__(self, ports, path):
        self.lock, self.received, self.answers = threading.Lock(), [], []
        self.listeners = [(str(n), socket.create_server(("127.0.0.1", port))) for n, port in enumerate(ports)]
        unix = socket.socket(socket.AF_UNIX)
        unix.bind(str(path))
        os.chmod(path, 0o777)
        unix.listen(64)
        self.listeners.append(("unix", unix))
        for name, listener in self.listeners:
            threading.Thread(target=self._accept, args=(name, listener), daemon=True).start()

    def begin(self, answers):
        """Forgets what was received; the next requests are answered in this order, the last again and again."""
        with self.lock:
            self.received, self.answers = [], list(answers)

    def end(self):
        """What came since `begin`: (listener, bytes of one request) in order."""
        with self.lock:
            return list(self.received)

    def close(self):
        """Stops listening."""
        for _, listener in self.listeners:
            listener.close()

    def _accept(self, name, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(name, connection), daemon=True).start()

    def _serve(self, name, connection):
        stream = connection.makefile("rb")
        try:
            while (request := read_request(stream, connection.sendall)) is not None:
                response = self._take(name, request)
                if response == HELD:
                    stream.read()
                    break
                if response:
                    connection.sendall(response)
                if not response or ends_connection(request, response):
                    break
        except (OSError, ValueError):
            pass
        finally:
            stream.close()
            connection.close()

    def _take(self, name, request):
        with self.lock:
            self.received.append((name, request))
            response = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if response and response != HELD and request.startswith(b"HEAD "):
            return response[: response.index(final_head(response))] + final_head(response) + b"\r\n\r\n"
        return response


def read_request(stream, send):
    """All bytes of one request, or None at the end of the connection. Who expects it is told to continue."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = stream.readline()
        if not line:
            return None
        head += line
    lower = head.lower()
    if b"\r\nexpect: 100-continue\r\n" in lower:
        send(b"HTTP/1.1 100 Continue\r\n\r\n")
    if b"\r\ntransfer-encoding: chunked\r\n" in lower:
        return head + _read_chunks(stream)
    if b"\r\ncontent-length:" in lower:
        length = int(lower.split(b"\r\ncontent-length:")[1].split(b"\r\n")[0])
        return head + stream.read(length)
    return head


def _read_chunks(stream):
    body = b""
    while True:
        line = stream.readline()
        body += line
        size = int(line.split(b";")[0], 16)
        if size == 0:
            break
        body += stream.read(size + 2)
    while True:
        line = stream.readline()
        body += line
        if line in (b"\r\n", b""):
            return body


def final_head(response):
    """The head of the last response in it, interim ones before it left out."""
    head, _, rest = response.partition(b"\r\n\r\n")
    while head[9:10] == b"1" and rest.startswith(b"HTTP/"):
        head, _, rest = rest.partition(b"\r\n\r\n")
    return head


def ends_connection(request, response):
    """Whether the answer, by itself or by what was asked, is the last on its connection."""
    head = final_head(response).lower()
    framed = b"content-length:" in head or b"chunked" in head or head[9:12] in (b"204", b"304")
    first, _, fields = request.partition(b"\r\n")
    asked = first.endswith(b"HTTP/1.0") or b"connection: close" in fields.lower()
    return asked or not framed or b"connection: close" in head or head.startswith(b"http/1.0")
