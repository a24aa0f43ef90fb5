#!/usr/bin/env python3
"""Replays raw HTTP/1 attacks through the proxy at a strict recording origin and judges what got through.

    python3 conformance/attacks.py --attacks DIR [--zaguan PATH] [--transport uring|epoll]... [--shards N] [--json FILE]

DIR holds h1_replay.py, h1-corpus.json and h1-http11probe.json. Nothing ambiguous may be forwarded (AMBIG), no answer
may reach the wrong request (DESYNC), nothing may be taken for HTTP/0.9, and every MUST of Http11Probe must hold.
"""

import argparse
import collections
import concurrent.futures
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

import musts  # noqa: E402
from attacked import PROXY  # noqa: E402
from runner import ports, servers  # noqa: E402

CORPORA = ["h1-corpus.json", "h1-http11probe.json"]
FORBIDDEN = {"AMBIG", "DESYNC", "DESYNC?", "HTTP09", "DOWN"}


def arguments():
    """The command line, read."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attacks", required=True, type=pathlib.Path)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    parser.add_argument("--shards", type=int, default=6, help="proxies replayed through at once")
    parser.add_argument("--limit", type=int, default=0, help="only so many of each corpus")
    parser.add_argument("--json", type=pathlib.Path)
    return parser.parse_args()


def main():
    """Every corpus through every transport; 1 when anything forbidden was seen."""
    options = arguments()
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    every, wrong = {}, 0
    with servers.Folder("attacks") as folder:
        for transport in transports:
            for corpus in CORPORA:
                place = folder / f"{transport}-{corpus}"
                results = replay(options, transport, options.attacks / corpus, place)
                wrong += report(f"{corpus} on {transport or options.zaguan.name}", results)
                every[f"{transport}/{corpus}"] = results
    if options.json:
        options.json.write_text(json.dumps(every, indent=0))
    print("nothing got through" if not wrong else f"{wrong} findings")
    return 1 if wrong else 0


def replay(options, transport, corpus, folder):
    """The whole corpus in shards; what looks wrong is replayed alone, for a busy machine makes late answers."""
    cases = json.loads(corpus.read_text())
    cases = cases[: options.limit] if options.limit else cases
    shards = [cases[n :: options.shards] for n in range(options.shards)]
    with concurrent.futures.ThreadPoolExecutor(options.shards) as pool:
        places = [folder / str(n) for n in range(options.shards)]
        parts = list(pool.map(lambda pair: replay_some(options, transport, *pair), zip(shards, places)))
    results = [result for part in parts for result in part]
    again = [case for part, shard in zip(parts, shards) for result, case in zip(part, shard) if finding(result)]
    if not again:
        return results
    alone = {(r["src"], r["name"]): r for r in replay_some(options, transport, again, folder / "alone", slowly=True)}
    return [alone.get((result["src"], result["name"]), result) for result in results]


def replay_some(options, transport, cases, folder, slowly=False):
    """Some cases, one after the other, through a proxy of their own."""
    if not cases:
        return []
    folder.mkdir(parents=True)
    (folder / "cases.json").write_text(json.dumps(cases))
    port, origin = ports.free_port(), ports.free_port()
    main_context = servers.main_context(options.zaguan, transport)
    config = PROXY.format(main=main_context, http2="", temporary=servers.TEMPORARY, port=port, origin=origin)
    command = [sys.executable, str(options.attacks / "h1_replay.py"), str(folder / "cases.json"), str(port)]
    command += ["--origin-port", str(origin), "--out", str(folder / "out.json")]
    command += ["--idle", "0.4", "--max", "3"] if slowly else []
    with servers.start_nginx("proxy", options.zaguan, config, folder / "proxy", port) as server:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            sys.exit(f"h1_replay.py failed: {done.stderr[-2000:]}")
        results = json.loads((folder / "out.json").read_text())
        results += [
            dict(src="log", name=line, verdict="AMBIG", why="an alert", note="", status=[], raw="", origin="")
            for line in server.alerts()
        ]
    return results


def finding(result):
    """What is wrong with a result, in words; None when nothing is."""
    if result["verdict"] in FORBIDDEN:
        return f"{result['verdict']}: {result['why']}"
    # The replay names every HTTP/2 preface H2, whatever became of it.
    if result["verdict"] == "H2" and result["origin"]:
        return "an HTTP/2 preface was forwarded"
    return musts.broken(result)


def report(title, results):
    """Prints counts and findings; returns how many findings."""
    counts = collections.Counter(result["verdict"] for result in results)
    print(f"{title}: {len(results)} requests, " + ", ".join(f"{name} {n}" for name, n in counts.most_common()))
    must = [result for result in results if musts.applies(result)]
    if must:
        held = sum(musts.broken(result) is None for result in must)
        print(f"  Http11Probe: {held} of {len(must)} MUST hold")
    found = [(result, says) for result in results if (says := finding(result))]
    for result, says in found:
        print(f"  {result['src']}: {result['name'][:110]}\n    {says}\n    sent {result['raw'][:160]!r}")
        if result["origin"]:
            print(f"    origin received {result['origin'][:160]!r}")
    return len(found)


if __name__ == "__main__":
    sys.exit(main())
