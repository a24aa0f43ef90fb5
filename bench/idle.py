"""What 10,000 idle keep-alive connections cost in memory, beside nginx's."""

import json
import resource
import selectors
import socket

import backend
import peers
import shapes
from runner import processes, servers

REQUEST = ("GET /small HTTP/1.1\r\nHost: localhost\r\n" + "\r\n".join(shapes.BROWSER) + "\r\n\r\n").encode()
BATCH = 100
# Each source address has its own range of ports.
PER_ADDRESS = 5_000


def run(options):
    """Prints the bytes each idle connection costs each proxy; False where one was lost or nginx is smaller."""
    limit = raise_file_limit()
    if options.connections + 512 > limit:
        print(f"only {limit} files may be open: measuring {limit - 512} connections")
        options.connections = limit - 512
    rows = []
    with servers.Folder("idle") as folder, backend.Backend(options.nginx, folder) as behind:
        nginx = peers.Peer("nginx", "nginx", options.nginx)
        for peer in [nginx, *peers.subjects(options)]:
            rows.append(measure(peer, options, behind, folder / peer.label.replace(" ", "-")))
    print(f"\n{options.connections} idle keep-alive connections, each after one answered request")
    for row in rows:
        print(
            f"  {row['label']:14} {row['per_connection']:8.0f} bytes a connection, tables made at the start included "
            f"({row['growth']:.0f} without; {row['after'] >> 10} KiB in all), {row['lost']} lost"
        )
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1))
    kept = all(row["lost"] == 0 for row in rows)
    return kept and (not options.hold or all(r["per_connection"] <= rows[0]["per_connection"] for r in rows))


def raise_file_limit():
    """Takes all the open files that this user may have; the servers inherit it."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def measure(peer, options, behind, folder):
    """Memory of one proxy with few connections and with all of them."""
    # nginx makes its table of connections at the start: a server that has room for few shows what the table costs.
    with start(peer, behind, folder, 512) as few:
        exchange(open_batch(few.port, 0, BATCH))
        small = processes.rss(few.pid)
    # It closes idle connections once a sixteenth of the table is left.
    with start(peer, behind, folder, options.connections * 9 // 8 + 1024) as server:
        before, after, lost = fill(server, options.connections)
    return dict(
        label=peer.label, small=small, before=before, after=after, lost=lost,
        growth=(after - before) / options.connections, per_connection=(after - small) / options.connections,
    )


def start(peer, behind, folder, slots):
    """A proxy with room for so many connections."""
    return peers.start(peer, behind, shapes.BY_NAME["keepalive-128"], folder, slots=slots)


def fill(server, count):
    """Memory before and with the connections, and how many were lost; they are all used again at the end."""
    connections = []
    try:
        # What the first requests leave behind (pools, upstream connections) is no cost of idle ones.
        warm = open_batch(server.port, 0, BATCH)
        lost = exchange(warm)
        before = processes.rss(server.pid)
        while len(connections) < count:
            batch = open_batch(server.port, len(connections), min(BATCH, count - len(connections)))
            lost += exchange(batch)
            connections += batch
        after = processes.rss(server.pid)
        # Idle means usable: every one of them must still answer.
        for start in range(0, len(connections), BATCH):
            lost += exchange(connections[start : start + BATCH])
        close(warm)
    finally:
        close(connections)
    return before, after, lost


def open_batch(port, already, count):
    """Connections from as many source addresses as their number needs."""
    source = f"127.0.0.{2 + already // PER_ADDRESS}"
    return [socket.create_connection(("127.0.0.1", port), 10, (source, 0)) for _ in range(count)]


def exchange(connections):
    """One request on each; how many got no answer."""
    selector = selectors.DefaultSelector()
    for connection in connections:
        connection.sendall(REQUEST)
        selector.register(connection, selectors.EVENT_READ, [b""])
    waiting = len(connections)
    while waiting and (ready := selector.select(10)):
        for key, _ in ready:
            received = key.fileobj.recv(65536)
            key.data[0] += received
            if not received or key.data[0].endswith(b"x" * backend.SIZES["/small"]):
                selector.unregister(key.fileobj)
                waiting -= bool(received)
    selector.close()
    return waiting


def close(connections):
    """Closes them all."""
    for connection in connections:
        connection.close()
