"""A healthy client's latency while 64 others have stopped reading large responses, and what they hold in memory."""

import json
import socket
import statistics
import time

import backend
import peers
import shapes
from runner import http, processes, servers

CLIENTS = 64
REQUESTS, PARTS = 500, 5
# Where a stalled response may wait: in a file, in the buffers alone, or nowhere.
FORMS = {
    "temporary files": "\n            proxy_max_temp_file_size 4m;",
    "buffers only": "\n            proxy_max_temp_file_size 0;",
    "unbuffered": "\n            proxy_buffering off;",
}
# A client at its usual latency: never more than this beyond what it had alone, nor this many times it.
SLACK, TIMES = 0.005, 3
# Buffers, head and bookkeeping of a stalled exchange with nginx's default sizes stay far below this.
MEMORY_EACH = 512 << 10


def run(options):
    """Measures each form on each proxy; False where the healthy client suffers or the memory grows."""
    rows = []
    with servers.Folder("stalled") as folder, backend.Backend(options.nginx, folder) as behind:
        nginx = peers.Peer("nginx", "nginx", options.nginx)
        for peer in [nginx, *peers.subjects(options)]:
            for form, extra in FORMS.items():
                place = folder / f"{peer.label}-{form}".replace(" ", "-")
                with peers.start(peer, behind, shapes.BY_NAME["keepalive-128"], place, extra) as server:
                    rows.append(dict(label=peer.label, form=form, **measure(server)))
                    show(rows[-1])
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    return all(row["held"] for row in rows)


def measure(server):
    """Latency alone, then beside the stalled clients, and the memory these took."""
    alone = latency(server.port)
    before = processes.rss(server.pid)
    clients = [stall(server.port) for _ in range(CLIENTS)]
    settle(server)
    beside = latency(server.port)
    growth = processes.rss(server.pid) - before
    for client in clients:
        client.close()
    after = latency(server.port)
    usual = max(alone["p99"], after["p99"])
    held = beside["p99"] <= max(usual * TIMES, usual + SLACK) and growth <= CLIENTS * MEMORY_EACH
    return dict(alone=alone, beside=beside, after=after, growth=growth, held=held)


def stall(port):
    """A client that asks for 64 MiB, reads the head and then nothing."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    client.settimeout(10)
    client.connect(("127.0.0.1", port))
    client.sendall(b"GET /huge HTTP/1.1\r\nHost: localhost\r\n\r\n")
    if not client.recv(1024).startswith(b"HTTP/1.1 200"):
        raise http.Broken("a client that was to stall got no response")
    return client


def settle(server):
    """Waits until the proxy has taken in what it will: its memory stands still."""
    last, end = -1, time.monotonic() + 20
    while time.monotonic() < end and abs(processes.rss(server.pid) - last) > 65536:
        last = processes.rss(server.pid)
        time.sleep(0.5)


def latency(port):
    """Medians over several parts of one client's latency, so that a busy machine's bursts do not count."""
    parts = [quantiles(port) for _ in range(PARTS)]
    return {name: statistics.median(part[name] for part in parts) for name in parts[0]}


def quantiles(port):
    """Quantiles of one client's requests in a row on one connection, in seconds."""
    times = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = client.makefile("rb")
        for _ in range(REQUESTS):
            start = time.perf_counter()
            client.sendall(b"GET /small HTTP/1.1\r\nHost: localhost\r\n\r\n")
            if http.read_reply(stream).status != 200:
                raise http.Broken("the healthy client was refused")
            times.append(time.perf_counter() - start)
    times.sort()
    return dict(p50=times[REQUESTS // 2], p99=times[REQUESTS * 99 // 100], most=times[-1])


def show(row):
    """One line of the table."""
    parts = " ".join(
        f"{name} {row[name]['p50'] * 1e6:5.0f}/{row[name]['p99'] * 1e6:5.0f}/{row[name]['most'] * 1e6:6.0f}"
        for name in ("alone", "beside", "after")
    )
    word = "held" if row["held"] else "NOT HELD"
    print(f"{row['label']:14} {row['form']:16} µs p50/p99/max: {parts}; memory +{row['growth'] >> 10} KiB: {word}")
