#!/usr/bin/env python3
"""One of three real origins is killed and started again every second, under 64 connections.

    python3 tests/peers/soak.py [--zaguan PATH] [--seconds 60] [--transport uring|epoll]...

With GETs no request may fail: another origin could have answered it. With POSTs none may come to origins twice; those
that were on their way to an origin that died are answered 502. Each origin is a process that is killed with SIGKILL and
writes down every request that it gets. With `--zaguan /usr/sbin/nginx` nginx stands in.
"""

import argparse
import asyncio
import collections
import itertools
import pathlib
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

from runner import ports, servers  # noqa: E402

CONNECTIONS = 64
ORIGINS = 3

# An origin answers with one write, so that a death leaves no half of an answer that was still to be told.
ORIGIN = """
import asyncio, sys
log = open(sys.argv[2], "a", buffering=1)
class Origin(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.text = transport, b""
    def data_received(self, data):
        self.text += data
        while b"\\r\\n\\r\\n" in self.text:
            head, self.text = self.text.split(b"\\r\\n\\r\\n", 1)
            log.write(head.split(b" ", 2)[1].decode() + "\\n")
            self.transport.write(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok")
async def main():
    server = await asyncio.get_running_loop().create_server(Origin, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    print("ready", flush=True)
    await server.serve_forever()
asyncio.run(main())
"""

CONFIG = """
{main}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    upstream origins {{
        zone origins 64k;
        {servers}
        keepalive 64;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://origins;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


class Origin:
    """A process on a port of its own."""

    def __init__(self, folder, number):
        self.port = ports.free_port()
        self.log = folder / f"origin{number}.log"
        self.process = None

    def start(self):
        """Starts it and waits until it listens."""
        command = [sys.executable, "-c", ORIGIN, str(self.port), str(self.log)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.process.stdout.readline()

    def kill(self):
        """Kills it without a warning."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()


async def client(number, port, method, end, outcomes):
    """Asks without a pause until the end."""
    reader = writer = None
    for serial in itertools.count():
        if time.monotonic() >= end:
            break
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"{method} /{method}-{number}-{serial} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
            await asyncio.wait_for(reader.readexactly(int(fields.get(b"content-length", 0))), 10)
            outcomes[head.split(b" ")[1].decode()] += 1
            if fields.get(b"connection") == b"close":
                writer.close()
                writer = None
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError) as failure:
            outcomes[type(failure).__name__] += 1
            writer = None
    if writer is not None:
        writer.close()


async def storm(origins, port, method, seconds):
    """The outcomes of all requests, by status or kind of failure, and how often an origin was killed."""
    outcomes = collections.Counter()
    end = time.monotonic() + seconds
    clients = [asyncio.create_task(client(number, port, method, end, outcomes)) for number in range(CONNECTIONS)]
    kills = 0
    for victim in itertools.cycle(origins):
        begin = time.monotonic()
        if begin >= end - 1:
            break
        await asyncio.to_thread(victim.kill)
        await asyncio.sleep(0.2)
        await asyncio.to_thread(victim.start)
        kills += 1
        await asyncio.sleep(max(0.0, begin + 1 - time.monotonic()))
    await asyncio.gather(*clients)
    return outcomes, kills


def run(binary, transport, seconds):
    """Both methods; the number of requests that did not go as they should."""
    wrong = 0
    with servers.Folder("soak") as folder:
        origins = [Origin(folder, number) for number in range(ORIGINS)]
        for origin in origins:
            origin.start()
        port = ports.free_port()
        lines = "\n        ".join(f"server 127.0.0.1:{origin.port} fail_timeout=1s;" for origin in origins)
        main = servers.main_context(binary, transport, workers=2, error_level="crit")
        config = CONFIG.format(main=main, servers=lines, port=port)
        try:
            with servers.start_nginx("proxy", binary, config, folder / "proxy", port):
                for method in ("GET", "POST"):
                    outcomes, kills = asyncio.run(storm(origins, port, method, seconds))
                    seen = collections.Counter()
                    for origin in origins:
                        seen.update(line for line in origin.log.read_text().split() if line.startswith(f"/{method}-"))
                    twice = sum(1 for count in seen.values() if count > 1)
                    failed = sum(count for status, count in outcomes.items() if status != "200")
                    bad = failed if method == "GET" else twice
                    wrong += bad
                    print(
                        f"{'ok' if bad == 0 else 'FAILED'} {transport or binary.name} {method}: {seconds} s, {kills} kills,"
                        f" {outcomes['200']} answered, {failed} failed {dict(outcomes)}, {twice} came twice",
                        flush=True,
                    )
        finally:
            for origin in origins:
                origin.kill()
    return wrong


def main():
    """All transports; 1 when a request did not go as it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    return 1 if sum(run(options.zaguan, transport, options.seconds) for transport in transports) else 0


if __name__ == "__main__":
    sys.exit(main())
