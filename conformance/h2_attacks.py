#!/usr/bin/env python3
"""Attacks Zaguan over HTTP/2: requests that become other ones in HTTP/1, and floods that must stay cheap.

    python3 conformance/h2_attacks.py --attacks DIR [--zaguan PATH] [--transport uring|epoll]... [--only NAME]...

DIR holds h2_downgrade.py and h2_attacks.py, which need h2 (PyPI). No request may be ambiguous or smuggled behind the
proxy. After a warm-up every attack has to stay within CPU and memory, floods are cut within some thousand frames, and
another client is served meanwhile. docs/conformance.md has what was measured.
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from attacked import PROXY  # noqa: E402
from runner import ports, servers  # noqa: E402

ORIGIN = """{main}
events {{ worker_connections 1024; }}
http {{
{temporary}
    access_log off;
    server {{
        listen 127.0.0.1:{origin};
        location / {{ return 200 "ok"; }}
        location = /big {{ root .; }}
    }}
}}
"""
# How many there are of each: one that could not be made is not one that was withstood.
REQUESTS, FLOODS = 106, 28
FORBIDDEN = {"AMBIG", "SMUGGLED", "DESYNC", "PARTIAL"}
# Seconds of CPU that an attack may cost, KiB of memory that may be left of it, milliseconds that another client may wait.
MOST_CPU = 0.5
MOST_LEFT = 3 << 10
MOST_WAIT = 500
# KiB of memory while it lasts; those that hold up a hundred answers of 1 MiB take what is held of each.
MOST_HELD = 6 << 10
MOST_HELD_UP = 20 << 10
HOLDING_UP = {"window_stall", "window_dribble", "h2_bomb_90", "h2_bomb_cookie_900"}
# Of the 20,000 frames of a flood, but where it is not their number that is bounded. A thousand end the connection; the flooder
# learns it late.
MOST_FRAMES = 10_000
WARM_UP = ["max_streams", "rapid_reset", "myr_prioself", "cookie_bomb", "window_stall"]
UNCOUNTED = {"ping_noread", "window_stall", "window_dribble", "slow_headers", "slow_preface", "max_streams"}


def main():
    """Both kinds of attack on every transport; 1 when something got through or cost too much."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", required=True, type=pathlib.Path)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    parser.add_argument("--only", action="append", default=[], help="only these floods")
    options = parser.parse_args()
    wrong = 0
    for transport in options.transport or ["uring", "epoll"]:
        wrong += 0 if options.only else downgrade(options, transport)
        wrong += floods(options, transport)
    print("nothing got through, nothing cost too much" if not wrong else f"{wrong} findings")
    return 1 if wrong else 0


def downgrade(options, transport):
    """Requests whose meaning could change on the way to HTTP/1; how many did."""
    origin = ports.free_port()
    with servers.Folder("h2-downgrade") as folder, start(options, transport, PROXY, folder, origin) as proxy:
        # The script records what comes at the origin.
        run(options.attacks / "h2_downgrade.py", proxy.port, "--origin-port", origin, "--json", folder / "out.json")
        results = json.loads((folder / "out.json").read_text())
        alerts = proxy.alerts()
    counts = collections.Counter(result["verdict"] for result in results)
    print(f"downgrade on {transport}: {len(results)} requests, {dict(counts)}")
    found = [result for result in results if result["verdict"].rstrip("?") in FORBIDDEN]
    found += missing(REQUESTS, results)
    for line in [*found, *alerts]:
        print(f"  {line}")
    return len(found) + len(alerts)


def missing(expected, results):
    """What to say where not all was tried."""
    return [f"{expected - len(results)} OF {expected} WERE NOT TRIED"] if len(results) < expected else []


def floods(options, transport):
    """Attacks that cost; how many cost too much."""
    script = options.attacks / "h2_attacks.py"
    with (
        servers.Folder("h2-attacks") as folder,
        start(options, transport, ORIGIN, folder) as origin,
        start(options, transport, PROXY, folder, origin.port) as proxy,
    ):
        (origin.folder / "big").write_bytes(bytes(1 << 20))
        # What is made once, for the first of many streams, is no cost of an attack.
        run(script, proxy.port, proxy.pid, *WARM_UP)
        run(script, proxy.port, proxy.pid, *options.only, "--json", folder / "out.json")
        results = json.loads((folder / "out.json").read_text())
        alerts = proxy.alerts()
    print(f"floods on {transport}: {len(results)} attacks")
    findings = 0
    for name, result in results.items():
        # Words in the place of milliseconds tell why nobody was served.
        waits = [wait if isinstance(wait, int) else MOST_WAIT + 1 for wait in result["probe_ms"]]
        slowest = max(waits, default=0)
        cost = f"{result['sent']} sent, {result['cpu']} s, {result['rss_kb']} KiB left of {result['peak_kb']}, others waited {slowest} ms"
        wrongs = judged(name, result, slowest)
        print(f"  {name}: {cost}{''.join(f'; {wrong}' for wrong in wrongs)}")
        findings += len(wrongs)
    alerts += missing(len(options.only) or FLOODS, results)
    for line in alerts:
        print(f"  {line}")
    return findings + len(alerts)


def judged(name, result, slowest):
    """What is wrong with an attack's outcome, in words."""
    wrong = []
    if result["cpu"] > MOST_CPU:
        wrong.append("TOO MUCH CPU")
    left, held = (MOST_HELD_UP, MOST_HELD_UP) if name in HOLDING_UP else (MOST_LEFT, MOST_HELD)
    if result["rss_kb"] > left or result["peak_kb"] > held:
        wrong.append("TOO MUCH MEMORY")
    if name not in UNCOUNTED and result["sent"] > MOST_FRAMES:
        wrong.append("CUT TOO LATE")
    if not result["after"][0] or slowest > MOST_WAIT:
        wrong.append("OTHERS WERE NOT SERVED")
    return wrong


def start(options, transport, config, folder, origin=None):
    """The proxy before an origin, or the origin."""
    port = ports.free_port()
    main_context = servers.main_context(options.zaguan, transport)
    places = dict(temporary=servers.TEMPORARY, port=port, origin=origin or port)
    text = config.format(main=main_context, http2="http2 on;", **places)
    name = "proxy" if origin else "origin"
    return servers.start_nginx(name, options.zaguan, text, folder / name, port)


def run(script, *arguments):
    """One run of a script; it must come to its end."""
    done = subprocess.run([sys.executable, script, *map(str, arguments)], capture_output=True, text=True, errors="replace")
    if done.returncode != 0:
        sys.exit(f"{script.name} failed: {done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
