"""An issuer that tells when it wants certificates renewed (RFC 9773): no more of RFC 8555 than a client needs."""

import base64
import datetime
import http.server
import json
import pathlib
import ssl
import subprocess
import threading

EXTENSIONS = "authorityKeyIdentifier=keyid\nbasicConstraints=CA:false\n"


class Issuer:
    """Takes every order. The first certificate is to be renewed at once, the others in a month."""

    def __init__(self, folder, certificate, key, port):
        self.folder, self.port = pathlib.Path(folder), port
        self.folder.mkdir()
        self.replaced, self.asked, self.certificates = [], [], []
        self._authority()
        handler = type("Handler", (Handler,), {"issuer": self})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def _authority(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "90",
             "-subj", "/CN=Advising", "-keyout", self.folder / "ca.key", "-out", self.folder / "ca.crt"],
            check=True, capture_output=True,
        )
        (self.folder / "extensions").write_text(EXTENSIONS)
        self.root = (self.folder / "ca.crt").read_text()

    def sign(self, request):
        """A certificate for a request; the number of it."""
        (self.folder / "request").write_bytes(request)
        done = subprocess.run(
            ["openssl", "x509", "-req", "-inform", "DER", "-in", self.folder / "request", "-CA", self.folder / "ca.crt",
             "-CAkey", self.folder / "ca.key", "-days", "90", "-copy_extensions", "copy", "-extfile", self.folder / "extensions"],
            check=True, capture_output=True, text=True,
        )
        self.certificates.append(done.stdout)
        return len(self.certificates)

    def window(self, identifier):
        """When a certificate is to be renewed."""
        self.asked.append(identifier)
        days = -1 if len(self.certificates) == 1 else 30
        start = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)
        end = start + datetime.timedelta(hours=1)
        times = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (start, end)]
        return {"suggestedWindow": dict(zip(("start", "end"), times)), "explanationURL": "https://advising.example/why"}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers one request."""

    issuer = None

    def log_message(self, *_):
        """Nothing is written."""

    def do_HEAD(self):
        self.answer(200, None)

    def do_GET(self):
        if self.path.startswith("/renewal/"):
            return self.answer(200, self.issuer.window(self.path.removeprefix("/renewal/")), {"Retry-After": "3600"})
        places = ("newNonce", "newAccount", "newOrder")
        return self.answer(200, {**{place: self.url(place) for place in places}, "renewalInfo": self.url("renewal")})

    def do_POST(self):
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        payload = decode(message["payload"])
        payload = json.loads(payload) if payload else {}
        place, _, number = self.path.removeprefix("/").partition("/")
        getattr(self, f"post_{place}")(payload, number)

    def post_newAccount(self, _, __):
        self.answer(201, {"status": "valid"}, {"Location": self.url("account")})

    def post_newOrder(self, payload, _):
        self.issuer.replaced.append(payload.get("replaces"))
        self.answer(201, self.order("ready"), {"Location": self.url("order/0")})

    def post_finalize(self, payload, _):
        number = self.issuer.sign(decode(payload["csr"]))
        self.answer(200, {**self.order("valid"), "certificate": self.url(f"certificate/{number}")})

    def post_certificate(self, _, number):
        self.answer(200, self.issuer.certificates[int(number) - 1] + self.issuer.root)

    def order(self, status):
        return {"status": status, "authorizations": [], "finalize": self.url("finalize")}

    def url(self, place):
        return f"https://localhost:{self.issuer.port}/{place}"

    def answer(self, status, content, fields=None):
        body = b"" if content is None else content.encode() if isinstance(content, str) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {"Replay-Nonce": "bm9uY2U", "Content-Length": len(body), **(fields or {})}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)


def decode(text):
    """Out of base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
