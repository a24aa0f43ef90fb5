#!/usr/bin/env python3
"""SIGKILL while answers are written into a cache: nothing damaged is ever served, and the index is right afterwards.

    python3 tests/peers/cache_crash.py [--zaguan PATH] [--kills 6] [--transport uring|epoll]...

Clients ask for ever new objects and compare what they get. By turns the worker process alone is killed, which its parent
replaces, and both, which are started again. Then what has a file is answered from the store and right, what has none is
not, and what was being written is removed.
"""

import argparse
import asyncio
import collections
import pathlib
import random
import shutil
import signal
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import kept_objects  # noqa: E402
from runner import ports, processes, servers  # noqa: E402

SIZES = [500, 3_000, 60_000, 300_000, 1_500_000]
CLIENTS = 16
# Of these ever new objects clients choose in one round; half of them are the round's before.
WINDOW = 400
LOOKED_AT = 60
# Past this the oldest files are removed while nobody runs.
MOST_FILES = 1_500

CONFIG = """
{main}
events {{ worker_connections 1024; }}
http {{
    access_log off;
    proxy_cache_path {store} levels=1:2 keys_zone=kept:4m max_size=4g memory=16m;
    server {{
        listen 127.0.0.1:{port};
        add_header X-Cache $upstream_cache_status;
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_http_version 1.1;
            proxy_cache kept;
            proxy_cache_valid 200 1d;
        }}
    }}
}}
"""


def worker_of(server, folder):
    """The worker process of a parent that is through with its start, as its pid file says: before that it gives up with it."""
    for _ in range(200):
        found, told = processes.children(server.pid), folder / "nginx.pid"
        if found and told.exists() and told.read_text().strip() == str(server.pid):
            return found[0]
        time.sleep(0.05)
    raise servers.StartFailure("there is no worker process")


class Crashing:
    """One store, killed again and again."""

    def __init__(self, binary, folder, transport):
        self.binary, self.folder, self.store = binary, folder, folder / "store"
        self.store.mkdir()
        self.store.chmod(0o777)
        self.port, self.origin = ports.free_port(), ports.free_port()
        main = servers.main_context(binary, transport, workers=2, error_level="error")
        self.config = CONFIG.format(main=main, store=self.store, origin=self.origin, port=self.port)
        self.server, self.seen, self.chance = None, collections.Counter(), random.Random(7)

    def start(self):
        """Starts the parent and its worker."""
        self.server = servers.start_nginx("proxy", self.binary, self.config, self.folder / "proxy", self.port)

    async def load(self, first, victims):
        """Load on new objects, in which the victims die."""
        end = [time.monotonic() + 60]
        choose = lambda: first + self.chance.randrange(WINDOW)  # noqa: E731
        asking = [
            asyncio.create_task(kept_objects.ask_until(lambda: end[0], self.port, SIZES, choose)) for _ in range(CLIENTS)
        ]
        await asyncio.sleep(0.3 + self.chance.random() * 0.5)
        for pid in victims:
            servers.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.1)
        end[0] = 0
        for task in asking:
            self.seen += await task

    def kill(self, number):
        """One round: load, death, life."""
        first = number * WINDOW // 2
        both = number % 2 == 1
        worker = worker_of(self.server, self.folder / "proxy")
        asyncio.run(self.load(first, [self.server.pid, worker] if both else [worker]))
        if both:
            self.server.stop()
            self.thin_out()
            self.start()
        elif not ports.wait_for_port(self.port):
            raise servers.StartFailure("no worker came in the killed one's place")
        asyncio.run(self.look(first))

    async def look(self, first):
        """Whether what is there is what the files say."""
        client = kept_objects.Client(self.port, SIZES)
        numbers = self.chance.sample(range(first, first + WINDOW), LOOKED_AT)
        for number in numbers:
            had_file = kept_objects.file_of(number, self.origin, self.store).exists()
            try:
                status, right = await client.ask(number)
            except ConnectionError:
                self.seen["lost afterwards"] += 1
                continue
            self.seen["wrong"] += not right
            self.seen["with a file, and a hit"] += had_file and status == "HIT"
            self.seen["with a file, and no hit"] += had_file and status != "HIT"
            self.seen["a hit without a file"] += not had_file and status == "HIT"
        client.close()

    def left_over(self):
        """Files that a process which is no more had begun to write, and that nobody removes."""
        for _ in range(50):
            alive = {str(pid) for pid in processes.tree(self.server.pid)}
            names = [path.name for path in self.store.iterdir() if "-" in path.name]
            left = [name for name in names if name.rpartition("-")[2] not in alive]
            if not left:
                break
            time.sleep(0.1)
        return left

    def thin_out(self):
        """Makes room on the machine that tests."""
        files = sorted((path for path in self.store.glob("*/*/*")), key=lambda path: path.stat().st_mtime)
        for path in files[:max(0, len(files) - MOST_FILES)]:
            path.unlink()


def run(binary, transport, kills):
    """One transport; the complaints."""
    with servers.Folder("cache-crash") as folder:
        crashing = Crashing(binary, folder, transport)
        with kept_objects.Origin(crashing.origin, SIZES):
            crashing.start()
            try:
                for number in range(kills):
                    crashing.kill(number)
                begun = crashing.left_over()
            finally:
                crashing.server.stop()
        shutil.rmtree(crashing.store, ignore_errors=True)
    seen = crashing.seen
    print(f"{transport}: {kills} kills; {dict(seen)}; begun and left: {len(begun)}", flush=True)
    checks = [
        (not seen["wrong"], "a damaged object was served"),
        (not seen["with a file, and no hit"] and not seen["a hit without a file"], "files and index do not agree"),
        (seen["with a file, and a hit"] > kills and seen["MISS"] > kills, "the load was none"),
        (not seen["lost afterwards"], "requests failed after a restart"),
        (not begun, f"left over: {begun[:5]}"),
    ]
    return [text for holds, text in checks if not holds]


def main():
    """The command line; the exit status says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--kills", type=int, default=6, help="of each transport")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    transports = options.transport or ["uring", "epoll"]
    complaints = [text for transport in transports for text in run(options.zaguan, transport, options.kills)]
    for text in complaints:
        print(f"WRONG: {text}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
