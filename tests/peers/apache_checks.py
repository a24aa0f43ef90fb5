"""What a visitor of Debian's Apache does."""

import hashlib

from flask_checks import ask


def check_home(port):
    """A page, plain."""
    response, body = ask(port, "GET", "/")
    assert (response.status, body) == (200, b"<h1>Apache</h1>\n" * 100), response.status
    assert response.getheader("Content-Type") == "text/html", response.getheaders()


def check_compressed(port):
    """A body that Apache compresses keeps its coding and its framing."""
    response, body = ask(port, "GET", "/", fields={"Accept-Encoding": "gzip"})
    assert response.getheader("Content-Encoding") == "gzip" and body[:2] == b"\x1f\x8b", response.getheaders()


def check_second_location(port):
    """The location that names a URI."""
    assert ask(port, "GET", "/sua_rota")[1] == b"sua rota"


def check_folder_redirect(port):
    """Apache's redirect names the site, not itself."""
    response, _ = ask(port, "GET", "/folder")
    assert (response.status, response.getheader("Location")) == (301, "http://example.com/folder/"), response.getheaders()


def check_not_modified(port):
    """A conditional request."""
    response, _ = ask(port, "GET", "/folder/")
    response, body = ask(port, "GET", "/folder/", fields={"If-None-Match": response.getheader("ETag")})
    assert (response.status, body) == (304, b""), response.status


def check_range(port):
    """A part of a file."""
    response, body = ask(port, "GET", "/large.bin", fields={"Range": "bytes=5-14"})
    assert (response.status, body) == (206, b"5678901234"), (response.status, body)


def check_large(port):
    """Five megabytes arrive whole."""
    body = ask(port, "GET", "/large.bin")[1]
    assert hashlib.sha256(body).digest() == hashlib.sha256(b"0123456789" * 500_000).digest(), len(body)


def check_post_to_script(port):
    """A script's input and output, with the client's address."""
    response, body = ask(port, "POST", "/run/echo", b"posted" * 1000)
    assert (response.status, body) == (200, b"posted" * 1000), response.status
    assert (response.getheader("X-Host"), response.getheader("X-For")) == ("example.com", "127.0.0.1"), response.getheaders()


def check_large_post(port):
    """Just under the limit of a body; one byte more is refused."""
    assert int(ask(port, "POST", "/run/count", b"x" * (1 << 20))[1]) == 1 << 20
    assert ask(port, "POST", "/run/count", b"x" * ((1 << 20) + 1))[0].status == 413


def check_missing(port):
    """Apache's own 404."""
    assert ask(port, "GET", "/none")[0].status == 404


def check_method_refused(port):
    """Apache's own 405, with its Allow."""
    response, _ = ask(port, "DELETE", "/index.html")
    assert response.status == 405 and response.getheader("Allow"), response.getheaders()
