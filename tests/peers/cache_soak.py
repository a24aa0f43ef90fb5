#!/usr/bin/env python3
"""A cache under full load over a set ten times its size: its bounds are kept, and nothing leaks.

    python3 tests/peers/cache_soak.py [--zaguan PATH] [--minutes 0.25] [--transport uring|epoll]...

First a thousand clients ask for one object at once, which makes one request. Then wrk asks for objects at random as fast as it can; a few clients compare what they get. While that runs the files of the
store may not be much more than `max_size`. Afterwards every file is one that the index knows and the other way round,
no removed file is held open, and memory and descriptors are about what they were after a fifth of the time.
"""

import argparse
import asyncio
import os
import pathlib
import random
import resource
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import kept_objects  # noqa: E402
from runner import ports, processes, servers  # noqa: E402

SIZES = [300, 2_000, 20_000, 100_000, 400_000]
OBJECTS = 2_000  # 209 MB
STORE = 20 << 20
# What comes while the store makes room is too much for a moment.
MOST = STORE * 5 // 4
# So many files may be held open for hits, and so many connections stay idle.
MOST_DESCRIPTORS = 300
MOST_GROWTH = 24 << 20
COMPARING = 4
AT_ONCE = 1_000

CONFIG = """
{main}
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    proxy_cache_path {store} levels=1:2 keys_zone=kept:128k max_size={size} memory=4m;
    upstream origin {{ server 127.0.0.1:{origin}; keepalive 64; keepalive_requests 1000000000; }}
    server {{
        listen 127.0.0.1:{port};
        add_header X-Cache $upstream_cache_status;
        location / {{
            proxy_pass http://origin;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_cache kept;
            proxy_cache_key http://127.0.0.1:{origin}$request_uri;
            proxy_cache_valid 200 1d;
            proxy_no_cache $http_look;
            proxy_cache_lock on;
        }}
    }}
}}
"""

SCRIPT = f'request = function() return wrk.format("GET", "/" .. math.random(0, {OBJECTS - 1})) end\n'


def descriptors(root):
    """Open files of the processes, and how many of them are removed files of the store."""
    count = removed = 0
    for pid in processes.tree(root):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            count += 1
            removed += "/store/" in target and target.endswith(" (deleted)")
    return count, removed


def size_of(store):
    """Bytes that the files of a store take, but for those that are being written."""
    total = 0
    for folder, _, names in os.walk(store):
        for name in names:
            try:
                total += os.stat(os.path.join(folder, name)).st_blocks * 512 if "-" not in name else 0
            except OSError:
                pass
    return total


async def load(server, store, minutes, folder):
    """The load itself: what came of the requests, samples of (memory, files, descriptors)."""
    seconds = round(minutes * 60)
    script = folder / "wrk.lua"
    script.write_text(SCRIPT)
    command = ["wrk", "-t1", "-c64", f"-d{seconds}s", "--timeout", "10s", "-s", script, f"http://127.0.0.1:{server.port}"]
    wrk = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    end, chance = time.monotonic() + seconds, random.Random(1)
    choose = lambda: min(int(chance.paretovariate(0.4)), OBJECTS) - 1  # noqa: E731
    asking = [
        asyncio.create_task(kept_objects.ask_until(lambda: end, server.port, SIZES, choose)) for _ in range(COMPARING)
    ]
    samples = []
    while time.monotonic() < end:
        await asyncio.sleep(max(0.5, seconds / 60))
        samples.append((processes.rss(server.pid), size_of(store), descriptors(server.pid)[0]))
    seen = sum([await each for each in asking], start=type(asking[0].result())()) if asking else {}
    said = wrk.communicate()[0]
    return seen, said, samples


async def asked_at_once(server):
    """How many answers of the origin come of many who ask for one object at the same time, and how many came wrong."""
    clients = [kept_objects.Client(server.port, SIZES) for _ in range(AT_ONCE)]
    answers = await asyncio.gather(*(client.ask(OBJECTS + 4) for client in clients), return_exceptions=True)
    wrong = sum(isinstance(answer, BaseException) or not answer[1] for answer in answers)
    for client in clients:
        client.close()
    return len({client.asked for client in clients}), wrong


async def agrees(server, store, origin):
    """How many objects are answered from the store though they have no file, or have one and are not."""
    client, odd, hits = kept_objects.Client(server.port, SIZES), 0, 0
    for number in range(OBJECTS):
        path = kept_objects.file_of(number, origin, store)
        for _ in range(2):
            had_file = path.exists()
            status, right = await client.ask(number, "Look: 1\r\n")
            if right and (status == "HIT") == had_file:
                break
            # It may have gone this moment.
            await asyncio.sleep(0.2)
        else:
            odd += 1
        hits += status == "HIT"
    client.close()
    return odd, hits


def wait_until_quiet(pid, store, seconds=20):
    """Waits, not without end, until no removed file is held and the files take no more than they may."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and (descriptors(pid)[1] or size_of(store) > STORE):
        time.sleep(0.1)


def run(binary, transport, minutes):
    """One transport; the complaints."""
    with servers.Folder("cache-soak") as folder:
        store = folder / "store"
        store.mkdir()
        store.chmod(0o777)
        origin, port = ports.free_port(), ports.free_port()
        main = servers.main_context(binary, transport, workers=2, error_level="error")
        config = CONFIG.format(main=main, store=store, size=STORE, origin=origin, port=port)
        with kept_objects.Origin(origin, SIZES), servers.start_nginx("proxy", binary, config, folder / "proxy", port) as server:
            fetches, failed = asyncio.run(asked_at_once(server))
            seen, said, samples = asyncio.run(load(server, store, minutes, folder))
            wait_until_quiet(server.pid, store)
            (count, removed), rss = descriptors(server.pid), processes.rss(server.pid)
            left = size_of(store)
            odd, hits = asyncio.run(agrees(server, store, origin))
            alerts = server.alerts()
    early = samples[len(samples) // 5]
    peak = max(size for _, size, _ in samples)
    requests = next((line.strip() for line in said.splitlines() if "requests in" in line), "no request")
    wrong = [line.strip() for line in said.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    print(f"{transport or 'nginx'}: {requests}; compared {dict(seen)}")
    print(f"  memory {early[0] >> 20} MiB early, {rss >> 20} MiB at the end, {max(rss for rss, _, _ in samples) >> 20} MiB at most")
    print(f"  files {peak / 2**20:.1f} MiB at most of {STORE >> 20}, {left / 2**20:.1f} at the end")
    print(f"  descriptors {early[2]} early, {count} at the end, removed files among them: {removed}")
    print(f"  answered from the store afterwards: {hits} of {OBJECTS}; not as the files say: {odd}", flush=True)
    print(f"  {AT_ONCE} at once made {fetches} requests, {failed} were answered wrong")
    checks = [
        (fetches == 1 and not failed, "many who ask at once make more than one request"),
        (not wrong and not seen["wrong"] and not seen["lost"], f"answers: {wrong} {dict(seen)}"),
        (peak <= MOST and left <= STORE, "the files take too much"),
        (rss <= early[0] + MOST_GROWTH, "memory grows"),
        (count <= MOST_DESCRIPTORS and not removed, "descriptors leak"),
        (not odd, "files and index do not agree"),
        (hits > OBJECTS // 20, "nothing was kept"),
        (not alerts, f"alerts: {alerts}"),
    ]
    return [text for holds, text in checks if not holds]


def main():
    """The command line; the exit status says whether all held."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--minutes", type=float, default=0.25)
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096) if hard != resource.RLIM_INFINITY else 4096, hard))
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    complaints = [text for transport in transports for text in run(options.zaguan, transport, options.minutes)]
    for text in complaints:
        print(f"WRONG: {text}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
