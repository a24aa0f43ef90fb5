"""CPU per request: warm-up, interleaved rounds, medians, and the ratio to nginx."""

import json
import socket
import ssl
import statistics
import subprocess
from dataclasses import dataclass, field

import backend
import load
import peers
import report
import shapes
from runner import http, servers


@dataclass
class Figures:
    """What the rounds of one peer on one shape gave; times in microseconds a request."""

    label: str
    total: list = field(default_factory=list)
    user: list = field(default_factory=list)
    p99: list = field(default_factory=list)
    rate: list = field(default_factory=list)
    errors: list = field(default_factory=list)

    def add(self, outcome, seconds, before, after):
        """Counts a round, unless it had errors."""
        if outcome.errors or not outcome.requests:
            self.errors.append(outcome.errors or "no request was answered")
            return
        total, user = before.until(after)
        self.total.append(total * 1e6 / outcome.requests)
        self.user.append(user * 1e6 / outcome.requests)
        self.p99.append(outcome.p99 * 1e6)
        self.rate.append(outcome.requests / seconds)

    def median(self, name):
        """The median of one figure, or None when no round counted."""
        values = getattr(self, name)
        return statistics.median(values) if values else None


def run(options):
    """Measures every shape asked for, prints the tables; False where `--hold` is set and a goal is missed."""
    wanted = [shapes.BY_NAME[name] for name in options.shape] if options.shape else shapes.ALL
    results = []
    echoes = any(shape.grpc for shape in wanted)
    with servers.Folder("bench") as folder, backend.Backend(options.nginx, folder, echoes) as behind:
        for shape in wanted:
            figures = measure(shape, options, behind, folder / shape.name)
            results.append((shape, figures))
            report.print_shape(shape, figures, options)
    report.print_summary(results)
    if any(shape.tls for shape in wanted):
        print(f"nginx: {peers.library_of(options.nginx)}")
    if options.json:
        options.json.write_text(json.dumps(report.as_json(results), indent=1))
    clean = not any(figure.errors for _, figures in results for figure in figures)
    return clean and (not options.hold or not report.missed(results))


def measure(shape, options, behind, folder):
    """Figures of each peer on one shape."""
    running = []
    try:
        for peer in peers.chosen(options, shape):
            running.append(peers.start(peer, behind, shape, folder / peer.label.replace(" ", "-")))
            if not shape.streams:
                check(running[-1], shape.tls)
        if shape.grpc:
            for server in running:
                check_echo(shape, server, folder)
        if shape.packed:
            check_sizes(shape, running)
        figures = [Figures(server.name) for server in running]
        for server in running:
            warm_up(shape, server, folder)
        for _ in range(options.rounds):
            for server, figure in zip(running, figures):
                before = server.cpu()
                outcome = load.drive(shape, server.port, options.seconds, folder)
                figure.add(outcome, options.seconds, before, server.cpu())
        for server, figure in zip(running, figures):
            figure.errors += server.alerts()
        return figures
    finally:
        for server in running:
            server.stop()


def warm_up(shape, server, folder):
    """A second of load; its connections must begin as the shape says, all but the first of each client."""
    load.drive(shape, server.port, 1, folder, [peers.ASKS_FOR_HANDSHAKE] if shape.handshake else [])
    if not shape.handshake or server.name == "haproxy":
        return
    lines = (server.folder / peers.HANDSHAKES).read_text().splitlines()
    others = [line for line in lines if line != shape.handshake]
    if not lines or len(others) > (shape.connections if shape.handshake == shapes.RESUMED else 0):
        raise servers.StartFailure(f"{server.name}: {len(others)} of {len(lines)} handshakes are not {shape.handshake!r}")


def check_echo(shape, server, folder):
    """Makes sure that a call's message comes back, with the status behind it."""
    sent = load.message(shape, folder)
    command = ["nghttp", "-v", f"-d{sent}", *[part for line in load.GRPC for part in ("-H", line)]]
    said = subprocess.run([*command, f"http://127.0.0.1:{server.port}{shape.path}"], capture_output=True).stdout
    if b"grpc-status: 0" not in said or sent.read_bytes() not in said:
        raise servers.StartFailure(f"{server.name} does not echo: {said.decode(errors='replace')}")


def check_sizes(shape, running):
    """Makes sure that no proxy saves work by packing worse: 2 % more bytes than nginx's are allowed."""
    raw = f"GET {shape.path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n"
    answers = [http.exchange(server.port, raw.encode()) for server in running]
    for server, answer in zip(running, answers):
        if answer.get("Content-Encoding") != "gzip" or len(answer.body) > len(answers[0].body) * 1.02:
            raise servers.StartFailure(f"{server.name} packs {shape.path} into {len(answer.body)} bytes, nginx into {len(answers[0].body)}")


def over_tls(port, raw):
    """The body of the answer to a request over TLS, whoever's certificate it is."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain) as secured:
        secured.sendall(raw)
        answer = b"".join(iter(lambda: secured.recv(65536), b""))
    return answer.partition(b"\r\n\r\n")[2].decode()


def check(server, tls=False):
    """Makes sure that a proxy does the work that is measured: the fields it must add arrive behind it."""
    raw = b"GET /seen HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    seen = over_tls(server.port, raw) if tls else http.exchange(server.port, raw).body.decode()
    if seen != f"localhost|127.0.0.1|{'https' if tls else 'http'}|HTTP/1.1":
        raise servers.StartFailure(f"{server.name} does not do the same work: the backend saw {seen!r}")
