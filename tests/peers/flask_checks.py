"""What a visitor of the Flask application does."""

import http.client
import json
import socket
import time

import websockets.sync.client

HOST = {"Host": "example.com"}


def ask(port, method, path, body=None, fields=None):
    """One request by the standard library's client: (response, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    connection.request(method, path, body, HOST | (fields or {}))
    response = connection.getresponse()
    return response, response.read()


def check_home(port):
    """A page and its cookie."""
    response, body = ask(port, "GET", "/")
    assert (response.status, body) == (200, b"<h1>home</h1>"), (response.status, body)
    assert response.getheader("Set-Cookie") == "visited=yes; Path=/", response.getheaders()


def check_second_location(port):
    """The location that names a URI."""
    assert ask(port, "GET", "/sua_rota")[1] == b"sua rota"
    assert ask(port, "GET", "/sua_rota/a%20b")[1] == b"sua rota: a b"


def check_forwarded_fields(port):
    """Every field that the configuration sets arrives."""
    seen = json.loads(ask(port, "GET", "/seen?q=1", fields={"X-Forwarded-For": "192.0.2.1"})[1])["fields"]
    expected = {
        "Host": "example.com", "X-Real-Ip": "127.0.0.1", "X-Forwarded-For": "192.0.2.1, 127.0.0.1", "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "example.com", "X-Forwarded-Port": str(port), "Connection": "upgrade",
    }
    assert {name: seen.get(name) for name in expected} == expected, seen
    assert "Upgrade" not in seen, seen


def check_form_with_file(port):
    """A form posted with a file larger than the buffers."""
    mark, file = "frontier", b"x" * 300_000
    parts = f'--{mark}\r\nContent-Disposition: form-data; name="name"\r\n\r\nAna\r\n--{mark}\r\n'
    parts += 'Content-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    body = parts.encode() + file + f"\r\n--{mark}--\r\n".encode()
    answer = ask(port, "POST", "/form", body, {"Content-Type": f"multipart/form-data; boundary={mark}"})[1]
    assert json.loads(answer) == {"name": "Ana", "size": len(file)}, answer


def check_chunked_post(port):
    """A body without a length."""
    pieces = (b"piece %d " % n for n in range(1000))
    assert ask(port, "POST", "/echo", pieces)[1] == b"".join(b"piece %d " % n for n in range(1000))


def check_redirect(port):
    """The redirect stays on the site."""
    response, _ = ask(port, "GET", "/old")
    assert (response.status, response.getheader("Location")) == (302, "/"), response.getheaders()


def check_application_error(port):
    """An error of the application is passed on."""
    response, body = ask(port, "GET", "/broken")
    assert (response.status, body) == (500, b"sorry"), (response.status, body)


def check_not_found(port):
    """Flask's own 404."""
    assert ask(port, "GET", "/none")[0].status == 404


def check_head(port):
    """No body."""
    response, body = ask(port, "HEAD", "/")
    assert (response.status, body, response.getheader("Content-Length")) == (200, b"", "13"), response.getheaders()


def check_large(port):
    """A long body arrives whole."""
    assert ask(port, "GET", "/large")[1] == b"0123456789" * 500_000


def check_events_flow_at_once(port):
    """The first event is there before the last was sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        start = time.monotonic()
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        received, first = b"", None
        while piece := connection.recv(4096):
            received += piece
            if first is None and b"data: 0" in received:
                first = time.monotonic() - start
        assert b"data: 2" in received and time.monotonic() - start - first > 0.4, (first, received)


def check_two_requests_on_a_connection(port):
    """The client's connection is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=15)
    for _ in range(3):
        connection.request("GET", "/", headers=HOST)
        response = connection.getresponse()
        assert (response.status, response.read(), response.will_close) == (200, b"<h1>home</h1>", False)


def check_websocket(port):
    """Text and bytes, short and long, back as they were."""
    with websockets.sync.client.connect(f"ws://127.0.0.1:{port}/socket", additional_headers={"Origin": "http://example.com"}) as client:
        for message in ("hello", b"\x00\xff" * 40_000, "caf\u00e9" * 5000, ""):
            client.send(message)
            assert client.recv(timeout=10) == message


def check_many_websockets(port):
    """Twenty at once, each its own."""
    clients = [websockets.sync.client.connect(f"ws://127.0.0.1:{port}/socket") for _ in range(20)]
    for number, client in enumerate(clients):
        client.send(f"number {number}")
    for number, client in enumerate(clients):
        assert client.recv(timeout=10) == f"number {number}"
        client.close()
