#!/usr/bin/env python3
"""Configurations that others published load and serve, with nothing changed but ports, folders and who runs them.

    python3 conformance/published.py [--zaguan PATH] [--h5bp-nginx DIR] [--h5bp-apache DIR]

Debian's own /etc/nginx is always tried: as it is installed, by `check` in its place and running as a copy, and with the lines of
its default site that are there for TLS. The folders are checkouts of h5bp/server-configs-nginx and h5bp/server-configs-apache:
their templates become sites. All that `check` says of the trees is counted, and every error is a failure.
"""

import argparse
import collections
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import certificates, http, ports, servers  # noqa: E402

DEBIAN = pathlib.Path("/etc/nginx")
SNAKEOIL = pathlib.Path("/etc/ssl/private/ssl-cert-snakeoil.key")


class Failure(Exception):
    """Something did not load or answer."""


def main():
    """Every tree that is there; 1 when one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", default=ROOT / "target/release/zaguan", type=pathlib.Path)
    parser.add_argument("--h5bp-nginx", type=pathlib.Path)
    parser.add_argument("--h5bp-apache", type=pathlib.Path)
    options = parser.parse_args()
    options.zaguan = options.zaguan.absolute()
    trials = [("Debian's nginx, as installed", debian_in_place), ("Debian's nginx, running", debian)]
    if os.access(SNAKEOIL, os.R_OK):
        trials.append(("Debian's nginx, with TLS", lambda options, folder: debian(options, folder, tls=True)))
    if options.h5bp_nginx:
        trials.append(("h5bp/server-configs-nginx", h5bp_nginx))
    if options.h5bp_apache:
        trials.append(("h5bp/server-configs-apache", h5bp_apache))
    failed = 0
    for name, trial in trials:
        with servers.Folder("published") as folder:
            try:
                print(f"{name}: {trial(options, folder)}", flush=True)
            except (Failure, servers.StartFailure, OSError, http.Broken) as failure:
                failed += 1
                print(f"{name}: FAILED: {failure}", flush=True)
    return 1 if failed else 0


def check(options, file, language="nginx"):
    """What `check` says, in numbers; an error is a failure."""
    command = [options.zaguan, "check", "--syntax", language, file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = done.stdout + done.stderr
    if done.returncode:
        raise Failure(said)
    kinds = collections.Counter(re.findall(r"^(warning|note|no effect)\b", said, re.MULTILINE))
    return ", ".join(f"{count} × {kind}" for kind, count in sorted(kinds.items())) or "nothing to say"


def debian_in_place(options, _):
    """The tree where the package put it."""
    return check(options, DEBIAN / "nginx.conf")


def moved(places, tree, files):
    """Has nginx.conf and other files of a tree of nginx's speak of where the tree is now."""
    for file in [tree / "nginx.conf", *files]:
        file.write_text(places.nginx(file.read_text()).replace("/etc/nginx/", f"{tree}/"))


def running(options, folder, places, tree):
    """The proxy on a tree of nginx's."""
    command = [options.zaguan, "-p", f"{tree}/", "-c", tree / "nginx.conf", "-g", "daemon off;"]
    return servers.Server("Zaguan", command, folder, places.clear)


def debian(options, folder, tls=False):
    """A copy of the tree, served; `tls`: with the lines of its default site that are commented out."""
    places = Places(folder)
    tree = folder / "tree"
    shutil.copytree(DEBIAN, tree, symlinks=True)
    site = tree / "sites-available/default"
    if tls:
        lines = r"(?m)^(\s*)# (listen \S+ ssl default_server;|include snippets/snakeoil\.conf;)"
        site.write_text(re.sub(lines, r"\1\2", site.read_text()))
    enabled = tree / "sites-enabled/default"
    enabled.unlink(missing_ok=True)
    enabled.symlink_to(site)
    moved(places, tree, [site])
    said = check(options, tree / "nginx.conf")
    with running(options, folder, places, tree):
        expect(places.clear, "localhost", {200, 404})
        if tls:
            expect(places.secure, "localhost", {200, 404}, tls=True)
    return said


def h5bp_nginx(options, folder):
    """The tree with both templates and the two default sites."""
    places = Places(folder)
    tree = folder / "tree"
    shutil.copytree(options.h5bp_nginx, tree, ignore=shutil.ignore_patterns(".git", "test"))
    shutil.copy(tree / "conf.d/.default.conf", tree / "conf.d/default.conf")
    for template in (tree / "conf.d/templates").glob("*.conf"):
        shutil.copy(template, tree / "conf.d" / template.name)
    for name in ("default", "example.com"):
        certify(tree / "certs", name)
    moved(places, tree, [*tree.glob("conf.d/*.conf"), *tree.glob("h5bp/**/*.conf")])
    said = check(options, tree / "nginx.conf")
    with running(options, folder, places, tree):
        expect(places.clear, "www.example.com", {301})
        expect(places.secure, "www.example.com", {301}, tls=True)
        expect(places.secure, "example.com", {200, 403, 404}, tls=True)
    return said


def h5bp_apache(options, folder):
    """The tree with its templates and the two default sites."""
    places = Places(folder)
    tree = folder / "tree"
    shutil.copytree(options.h5bp_apache, tree, ignore=shutil.ignore_patterns(".git", "test"))
    shutil.copy(tree / "vhosts/.000-default.conf", tree / "vhosts/000-default.conf")
    for template in (tree / "vhosts/templates").glob("*.conf"):
        shutil.copy(template, tree / "vhosts" / template.name)
    for name in ("logs", "conf"):
        (tree / name).mkdir()
    shutil.copy("/etc/mime.types", tree / "conf/mime.types")
    certify(tree / "certs", "default")
    for file in [tree / "httpd.conf", *tree.glob("vhosts/*.conf"), *tree.glob("h5bp/**/*.conf")]:
        file.write_text(places.apache(file.read_text()).replace("/usr/local/apache2", str(tree)))
    said = check(options, tree / "httpd.conf", "apache")
    link = folder / "httpd"
    link.symlink_to(options.zaguan)
    command = [link, "-d", tree, "-f", tree / "httpd.conf", "-DFOREGROUND"]
    with servers.Server("Zaguan", command, folder, places.clear):
        expect(places.clear, "example.com", {200, 301, 403, 404})
        expect(places.secure, "example.com", {200, 403, 404}, tls=True)
        expect(places.secure, "www.example.com", {301}, tls=True)
    return said


class Places:
    """Two ports and a folder in place of those that the texts name."""

    def __init__(self, folder):
        self.folder, self.clear, self.secure = folder, ports.free_port(), ports.free_port()

    def nginx(self, text):
        """Text of nginx.conf."""
        text = re.sub(r"listen \[::\]:(80|443)\b", lambda found: f"listen [::1]:{self.port(found[1])}", text)
        text = re.sub(r"listen (80|443)\b", lambda found: f"listen 127.0.0.1:{self.port(found[1])}", text)
        text = re.sub(r"(?m)^pid .*;", f"pid {self.folder}/nginx.pid;", text)
        text = re.sub(r"/var/log/nginx|(?<=\s)logs(?=/)", str(self.folder), text)
        return text if os.geteuid() == 0 else re.sub(r"(?m)^user .*;", "", text)

    def apache(self, text):
        """Text of httpd.conf."""
        text = re.sub(r"Listen (80|443)\b", lambda found: f"Listen 127.0.0.1:{self.port(found[1])}", text)
        text = re.sub(r"\*:(80|443)>", lambda found: f"*:{self.port(found[1])}>", text)
        return text if os.geteuid() == 0 else re.sub(r"(?m)^\s*(User|Group) .*", "", text)

    def port(self, number):
        """The port that stands for 80 or 443."""
        return self.secure if number == "443" else self.clear


def certify(folder, name):
    """A certificate for the names of the templates: NAME.crt and NAME.key."""
    if not (folder / "root.crt").exists():
        certificates.authority(folder, "root")
    certificates.issue(folder, name, "root", ["example.com", "www.example.com"])


def expect(port, host, statuses, tls=False):
    """A request is answered with one of these statuses; over TLS, with HTTP/2 or without."""
    raw = f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    secure = (certificates.anyone(), host) if tls else None
    reply = next(http.conversation(port, raw, ["GET"], secure=secure))
    if reply.status not in statuses:
        raise Failure(f"{'https' if tls else 'http'}://{host}/ was answered with {reply.status}: {reply.body[:200]!r}")


if __name__ == "__main__":
    sys.exit(main())
