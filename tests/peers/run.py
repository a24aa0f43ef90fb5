#!/usr/bin/env python3
"""Zaguan in front of real origins: a Flask application and Debian's Apache, each behind the configuration users have.

    python3 tests/peers/run.py [--zaguan PATH] [--transport uring|epoll]...

Needs the PyPI packages flask, flask-sock and websockets, and Debian's apache2. Nothing of nginx-before-flask.conf is
changed but its two ports. With `--zaguan /usr/sbin/nginx` nginx stands in.
"""

import argparse
import contextlib
import os
import pathlib
import sys
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import apache_checks  # noqa: E402
import flask_checks  # noqa: E402
from runner import ports, servers  # noqa: E402

SCRIPT = """#!/bin/sh
printf "Content-Type: text/plain\\r\\nX-Host: $HTTP_HOST\\r\\nX-For: $HTTP_X_FORWARDED_FOR\\r\\n\\r\\n"
"""


def main():
    """Both origins behind every transport; 1 when a check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    transports = (options.transport or ["uring", "epoll"]) if servers.is_zaguan(options.zaguan) else [None]
    passed = failed = 0
    for transport in transports:
        for start_origin, checks in ((flask, flask_checks), (apache, apache_checks)):
            with servers.Folder("peers") as folder, start_origin(folder) as origin:
                label = f"{transport or options.zaguan.name}, {origin.name}"
                try:
                    with proxy(options.zaguan, transport, folder / "proxy", origin.port) as server:
                        good, bad = run(checks, server, label)
                except servers.StartFailure as failure:
                    print(f"FAILED {label}: {failure}")
                    good, bad = 0, 1
            passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


def run(checks, server, label):
    """Every check of a module: a function whose name begins with `check_`; it fails by raising."""
    good = bad = 0
    for name in [name for name in vars(checks) if name.startswith("check_")]:
        try:
            getattr(checks, name)(server.port)
            good += 1
        except Exception:  # A check may fail in any way; each is one failure.
            bad += 1
            print(f"FAILED {label}: {name}\n{traceback.format_exc(limit=-2)}")
    for line in server.alerts():
        bad += 1
        print(f"FAILED {label}: the log says {line}")
    print(f"{label}: {good} passed, {bad} failed", flush=True)
    return good, bad


@contextlib.contextmanager
def proxy(binary, transport, folder, origin):
    """The users' file, with free ports in place of 80 and 5000."""
    folder.mkdir()
    port = ports.free_port()
    text = (HERE / "nginx-before-flask.conf").read_text(encoding="utf-8")
    text = text.replace("listen      80;", f"listen      127.0.0.1:{port};").replace("127.0.0.1:5000", f"127.0.0.1:{origin}")
    (folder / "site.conf").write_text(text, encoding="utf-8")
    binary = pathlib.Path(binary).absolute()
    globals_ = f"daemon off; pid {folder}/nginx.pid;"
    file = "site.conf"
    if servers.is_zaguan(binary):
        globals_ += f" transport {transport};"
    else:
        # nginx itself takes such a file only from within http {}.
        file = "nginx.conf"
        (folder / file).write_text(f"events {{}}\nhttp {{\n{servers.TEMPORARY}\nserver_names_hash_bucket_size 128; include site.conf; }}\n")
    command = [binary, "-p", f"{folder}/", "-c", file, "-e", "error.log", "-g", globals_]
    with servers.Server("proxy", [str(part) for part in command], folder, port) as server:
        yield server


def flask(folder):
    """The Flask application."""
    port = ports.free_port()
    place = folder / "flask"
    place.mkdir()
    return servers.Server("Flask", [sys.executable, str(HERE / "flask_app.py"), str(port)], place, port)


def apache(folder):
    """Debian's Apache with a few pages and a script."""
    port, place = ports.free_port(), folder / "apache"
    (place / "pages/folder").mkdir(parents=True)
    (place / "scripts").mkdir()
    (place / "pages/index.html").write_text("<h1>Apache</h1>\n" * 100)
    (place / "pages/folder/index.html").write_text("a folder")
    (place / "pages/sua_rota").write_text("sua rota")
    (place / "pages/large.bin").write_bytes(b"0123456789" * 500_000)
    for name, command in (("echo", "cat"), ("count", "wc -c")):
        script = place / "scripts" / name
        script.write_text(f"{SCRIPT}{command}\n")
        script.chmod(0o755)
    user = "User www-data\nGroup www-data" if os.geteuid() == 0 else ""
    text = (HERE / "apache.conf").read_text(encoding="utf-8")
    for name, value in (("PORT", port), ("FOLDER", place), ("USER", user)):
        text = text.replace(f"@{name}@", str(value))
    (place / "apache.conf").write_text(text)
    return servers.Server("Apache", ["/usr/sbin/apache2", "-f", str(place / "apache.conf"), "-D", "FOREGROUND"], place, port)


if __name__ == "__main__":
    sys.exit(main())
