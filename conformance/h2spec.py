#!/usr/bin/env python3
"""Runs h2spec against Zaguan, in clear text and over TLS, on both transports.

    python3 conformance/h2spec.py --h2spec BINARY [--zaguan PATH] [--transport uring|epoll]... [--allowed N]

h2spec is github.com/summerwind/h2spec, a program in Go. With Debian's golang-go, golang-golang-x-net-dev,
golang-github-fatih-color-dev and golang-github-spf13-cobra-dev it builds without modules, from a checkout at
$GOPATH/src/github.com/summerwind/h2spec, by

    GO111MODULE=off GOPATH=$GOPATH:/usr/share/gocode go build -o h2spec ./cmd/h2spec
"""

import argparse
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import ports, servers  # noqa: E402

CONFIG = """{main}
events {{}}
http {{
{temporary}
    access_log off;
    server {{
        listen 127.0.0.1:{clear};
        listen 127.0.0.1:{secure} ssl;
        http2 on;
        ssl_certificate certificate.pem;
        ssl_certificate_key key.pem;
        location / {{ root .; }}
    }}
}}
"""


def main():
    """Every way to speak on every transport; 1 when more cases fail than are allowed, or none were run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--h2spec", required=True, type=pathlib.Path)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    parser.add_argument("--allowed", type=int, default=0, help="cases that may fail each time")
    options = parser.parse_args()
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    return 1 if any([run(options, transport) for transport in transports]) else 0


def run(options, transport):
    """Both ways on one transport: whether one fell short."""
    with servers.Folder("h2spec") as folder:
        place = folder / "proxy"
        place.mkdir()
        certify(place)
        # Some cases speak again before the answer has begun: a file takes a moment longer than a text.
        (place / "index.html").write_text("hello, hello, hello\n")
        clear, secure = ports.free_port(), ports.free_port()
        main_context = servers.main_context(options.zaguan, transport)
        config = CONFIG.format(main=main_context, temporary=servers.TEMPORARY, clear=clear, secure=secure)
        with servers.start_nginx("proxy", options.zaguan, config, place, clear) as server:
            short = judge(options, f"{transport}, clear text", ["-p", str(clear)])
            short |= judge(options, f"{transport}, TLS", ["-p", str(secure), "-t", "-k"])
            for line in server.alerts():
                short = True
                print(f"the log says {line}")
    return short


def certify(place):
    """A certificate that nobody vouches for."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-keyout", place / "key.pem", "-out", place / "certificate.pem"]
    subprocess.run(command, check=True, capture_output=True)


def judge(options, label, where):
    """One run; whether more failed than may."""
    done = subprocess.run([options.h2spec, "-h", "127.0.0.1", "-S", *where], capture_output=True, text=True)
    counts = re.search(r"(\d+) tests, (\d+) passed, (\d+) skipped, (\d+) failed", done.stdout)
    if not counts:
        print(f"{label}: h2spec did not finish\n{done.stdout[-500:]}{done.stderr[-500:]}")
        return True
    print(f"{label}: {counts[2]} of {counts[1]}")
    if int(counts[4]):
        print(done.stdout[done.stdout.find("Failures:") : counts.start()].rstrip())
    return int(counts[4]) > options.allowed


if __name__ == "__main__":
    sys.exit(main())
