#!/usr/bin/env python3
"""Measures what a request costs through Zaguan, beside the proxies that people run today.

    python3 bench/run.py [--shape NAME]... [--peer nginx|haproxy]... [--rounds N] [--seconds S] [--json FILE]
    python3 bench/run.py idle | stalled | reload     measurements that are not a cost per request

Every proxy gets the equivalent configuration and one worker, a warm-up, then interleaved rounds. The figure is the
CPU time of the proxy's process tree divided by the requests served: it holds on a noisy machine, where requests per
second do not. A round with errors does not count and is named. With `--zaguan` any binary that speaks nginx's
command line takes Zaguan's place.
"""

import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tests"))

import idle  # noqa: E402
import measure  # noqa: E402
import reload  # noqa: E402
import shapes  # noqa: E402
import stalled  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent


def arguments():
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="?", default="cost", choices=["cost", "idle", "stalled", "reload"])
    parser.add_argument("--shape", action="append", choices=sorted(shapes.BY_NAME), help="default: all")
    parser.add_argument("--peer", action="append", choices=["nginx", "haproxy"], help="default: both")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"], help="Zaguan's; default: both")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4, help="length of one round")
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--nginx", default="/usr/sbin/nginx", help="Debian's: static builds cost far more")
    parser.add_argument("--haproxy", default="/usr/sbin/haproxy")
    parser.add_argument("--json", type=pathlib.Path, help="also write the figures here")
    parser.add_argument("--hold", action="store_true", help="fail where a goal is missed")
    parser.add_argument("--connections", type=int, default=10_000, help="idle: how many")
    parser.add_argument("--reloads", type=int, default=100)
    parser.add_argument("--upgrades", type=int, default=5)
    parser.add_argument("--sockets", type=int, default=200, help="reload: open WebSockets")
    options = parser.parse_args()
    options.peer = options.peer or ["nginx", "haproxy"]
    options.transport = options.transport or ["uring", "epoll"]
    return options


def main():
    """Runs what was asked for; the exit code says whether it held."""
    options = arguments()
    if not options.zaguan.exists():
        sys.exit(f"no {options.zaguan}: run `cargo build --release` first, or name a binary with --zaguan")
    run = {"cost": measure.run, "idle": idle.run, "stalled": stalled.run, "reload": reload.run}[options.what]
    return 0 if run(options) else 1


if __name__ == "__main__":
    sys.exit(main())
