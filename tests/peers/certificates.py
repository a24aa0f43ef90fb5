#!/usr/bin/env python3
"""Certificates ordered from a real issuer: Debian's Pebble, with its mock name server and with BIND.

    python3 tests/peers/certificates.py [--zaguan PATH] [--transport uring|epoll]... [--keep]

Needs Debian's pebble, bind9, openssl and curl.
"""

import argparse
import base64
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import ssl
import stat
import subprocess
import sys
import time
import traceback
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE.parent))

import advising  # noqa: E402
from runner import ports, servers  # noqa: E402

# Seconds that the certificates of the third issuer live.
SHORT = 24
EXTERNAL = base64.urlsafe_b64encode(b"a key that both sides know, long enough").decode().rstrip("=")

NAMED = """
options {{ directory "{folder}"; pid-file "{folder}/named.pid"; session-keyfile "{folder}/session.key"; recursion no;
    listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; dnssec-validation no; allow-transfer {{ none; }};
    managed-keys-directory "{folder}"; }};
controls {{ }};
include "{folder}/update.key";
zone "example.test" {{ type primary; file "{folder}/zone"; allow-update {{ key "zaguan"; }}; }};
"""

ZONE = """$TTL 60
@ IN SOA ns hostmaster ( 1 3600 600 86400 60 )
@ IN NS ns
ns IN A 127.0.0.1
"""

HOOK = """#!/bin/sh
[ "$1" = here ] || exit 2
echo "$*" >> {log}
case $3 in broken.*) echo "no zone for $3" >&2; exit 3 ;; esac
if [ "$2" = setup ]; then
    exec curl -sf -d "{{\\"host\\":\\"_acme-challenge.$3.\\",\\"value\\":\\"$4\\"}}" http://127.0.0.1:{port}/set-txt
else
    exec curl -sf -d "{{\\"host\\":\\"_acme-challenge.$3.\\"}}" http://127.0.0.1:{port}/clear-txt
fi
"""

ISSUER = """acme_issuer {name} {{
    uri https://localhost:{port}/dir; ssl_trusted_certificate pebble.crt; state_path {folder}/state/{name}; contact admin@example.test;
    accept_terms_of_service; {more}
}}
"""

SITE = """server {{
    listen 127.0.0.1:{plain}; listen 127.0.0.1:{tls} ssl; server_name {names};
    acme_certificate {issuer} {identifiers} {key};
    ssl_certificate $acme_certificate; ssl_certificate_key $acme_certificate_key;
    return 301 https://elsewhere.example.test/;
}}
"""


MANAGED = """{user}
ServerRoot "{folder}"
ErrorLog error.log
LogLevel info
PidFile httpd.pid
Listen 127.0.0.1:{plain}
Listen 127.0.0.1:{tls}
MDCertificateAuthority https://localhost:{port}/dir
MDCACertificateFile {trusted}
MDCertificateAgreement accepted
MDContactEmail admin@example.test
MDStoreDir state
MDPrivateKeys P-384
MDRequireHttps temporary
<MDomainSet managed.example.test>
    MDCAChallenges {challenge}
</MDomainSet>
<VirtualHost 127.0.0.1:{plain}>
    ServerName managed.example.test
</VirtualHost>
<VirtualHost 127.0.0.1:{tls}>
    ServerName www.managed.example.test
    ServerAlias managed.example.test
    SSLEngine on
    DocumentRoot "{folder}"
</VirtualHost>
"""


def main():
    """All checks on every transport; 1 when one fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", type=pathlib.Path, default=ROOT / "target/release/zaguan")
    parser.add_argument("--transport", action="append", choices=["uring", "epoll"])
    options = parser.parse_args()
    passed = failed = 0
    for transport in options.transport or ["uring", "epoll"]:
        with servers.Folder("certificates") as folder, Peers(folder) as peers:
            checks = Checks(options.zaguan, transport, folder, peers)
            for name in [name for name in vars(Checks) if name.startswith("check_")]:
                start = time.monotonic()
                try:
                    getattr(checks, name)()
                    passed += 1
                    print(f"{transport}: {name}: ok ({time.monotonic() - start:.1f} s)", flush=True)
                except Exception:  # A check may fail in any way; each is one failure.
                    failed += 1
                    print(f"FAILED {transport}: {name}\n{traceback.format_exc(limit=-3)}{checks.said()}", flush=True)
            checks.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


class Peers:
    """Issuers and name servers."""

    def __init__(self, folder):
        self.folder, self.stack = folder, contextlib.ExitStack()

    def __enter__(self):
        self.plain, self.tls = ports.free_port(), ports.free_port()
        self.mock, self.control = ports.free_port(), ports.free_port()
        command = ["pebble-challtestsrv", "-dns01", f"127.0.0.1:{self.mock}", "-management", f"127.0.0.1:{self.control}"]
        command += ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""]
        self._start("mock", command, self.control)
        self.named = ports.free_port()
        self._start("named", self._named(), self.named)
        self._certificate()
        self.usual = self._pebble("usual", self.mock, domainBlocklist=["blocked.example.test"])
        self.bound = self._pebble(
            "bound", self.named, externalAccountBindingRequired=True, externalAccountMACKeys={"known": EXTERNAL}
        )
        key = self.folder / "pebble.key"
        self.advising = self.stack.enter_context(advising.Issuer(self.folder / "advising", self.crt, key, ports.free_port()))
        self.short = self._pebble("short", self.mock, certificateValidityPeriod=SHORT)
        return self

    def __exit__(self, *_):
        self.stack.close()

    def _start(self, name, command, port, **environment):
        place = self.folder / name
        place.mkdir(exist_ok=True)
        os.environ.update(environment)
        self.stack.enter_context(servers.Server(name, command, place, port))

    def _named(self):
        place = self.folder / "named"
        place.mkdir()
        key = subprocess.run(["tsig-keygen", "zaguan"], capture_output=True, text=True, check=True).stdout
        (place / "update.key").write_text(key)
        (place / "zone").write_text(ZONE)
        (place / "named.conf").write_text(NAMED.format(folder=place, port=self.named))
        return ["/usr/sbin/named", "-g", "-c", str(place / "named.conf")]

    def _certificate(self):
        """What the issuers' servers show."""
        self.crt, key = self.folder / "pebble.crt", self.folder / "pebble.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", self.crt],
            check=True, capture_output=True,
        )

    def _pebble(self, name, dns, **more):
        port, management = ports.free_port(), ports.free_port()
        settings = {
            "listenAddress": f"127.0.0.1:{port}", "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(self.crt), "privateKey": str(self.folder / "pebble.key"),
            "httpPort": self.plain, "tlsPort": self.tls, "ocspResponderURL": "", **more,
        }
        (self.folder / f"{name}.json").write_text(json.dumps({"pebble": settings}))
        command = ["pebble", "-config", str(self.folder / f"{name}.json"), "-dnsserver", f"127.0.0.1:{dns}"]
        self._start(f"pebble-{name}", command, port, PEBBLE_VA_NOSLEEP="1", PEBBLE_AUTHZREUSE="0")
        context = ssl.create_default_context(cafile=self.crt)
        with urllib.request.urlopen(f"https://localhost:{management}/roots/0", context=context, timeout=10) as answer:
            root = answer.read().decode()
        return port, root


class Checks:
    """One server over its life: what a check starts or leaves, the next goes on from."""

    def __init__(self, binary, transport, folder, peers):
        self.binary, self.transport, self.peers = pathlib.Path(binary).absolute(), transport, peers
        self.folder = folder / "server"
        self.folder.mkdir()
        (self.folder / "pebble.crt").write_text(peers.crt.read_text())
        (self.folder / "update.key").write_text((peers.folder / "named/update.key").read_text())
        (self.folder / "external.key").write_text(EXTERNAL + "\n")
        self.said_by_hook = self.folder / "hook.log"
        self.said_by_hook.touch()
        self.said_by_hook.chmod(0o666)
        hook = self.folder / "hook"
        hook.write_text(HOOK.format(log=self.said_by_hook, port=peers.control))
        hook.chmod(0o755)
        update = f"challenge dns-01; dns_update 127.0.0.1:{peers.named} key=update.key;"
        self.issuers = [
            ("http", peers.usual[0], ""),
            ("alpn", peers.usual[0], "challenge tls-alpn; account_key rsa:2048;"),
            ("hook", peers.usual[0], f"challenge dns-01; dns_hook {hook} here; account_key ecdsa:384;"),
            ("update", peers.bound[0], f"{update} external_account_key known external.key; account_key ecdsa:521;"),
            ("short", peers.short[0], ""),
            ("advising", peers.advising.port, ""),
        ]
        self.sites = [
            ("http", "http.example.test www.http.example.test", "", ""),
            ("alpn", "alpn.example.test", "", "key=rsa:2048"),
            ("hook", "hook.example.test *.hook.example.test", "*.hook.example.test hook.example.test", "key=ecdsa:384"),
            ("update", "update.example.test *.update.example.test", "*.update.example.test update.example.test", ""),
            ("short", "short.example.test", "", ""),
        ]
        self.server = None

    def configure(self):
        """Writes the configuration down."""
        text = servers.main_context(self.binary, self.transport, workers=2, error_level="info") + "events {}\nhttp {\n" + servers.TEMPORARY
        text += "".join(ISSUER.format(name=name, port=port, more=more, folder=self.folder) for name, port, more in self.issuers)
        for issuer, names, identifiers, key in self.sites:
            text += SITE.format(
                plain=self.peers.plain, tls=self.peers.tls, issuer=issuer, names=names, identifiers=identifiers, key=key
            )
        (self.folder / "nginx.conf").write_text(text + "}\n")

    def start(self):
        """Starts it, or starts it anew."""
        self.stop()
        self.configure()
        command = [str(self.binary), "-p", f"{self.folder}/", "-c", "nginx.conf", "-e", "error.log"]
        self.server = servers.Server("proxy", command, self.folder, self.peers.tls)

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def reload(self):
        """Serves by what the sites are now, once it is in force."""
        before = self.log().count("reconfiguring")
        self.configure()
        os.kill(self.server.pid, signal.SIGHUP)
        wait("a reload", lambda: self.log().count("reconfiguring") > before)

    def log(self):
        path = self.folder / "error.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def said(self):
        return "".join(f"    {line}\n" for line in self.log().splitlines()[-25:] if "acme" in line or "[e" in line)

    def shake(self, name, root):
        """The certificate that a verifying client is shown, as PEM; None: it is shown none, or none to believe."""
        context = ssl.create_default_context(cadata=root)
        try:
            with socket.create_connection(("127.0.0.1", self.peers.tls), timeout=5) as stream:
                with context.wrap_socket(stream, server_hostname=name) as secured:
                    return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True))
        except (OSError, ssl.SSLError):
            return None

    def await_certificate(self, name, root):
        return wait(f"a certificate for {name}", lambda: self.shake(name, root))

    def check_no_handshake_waits(self):
        """While there is no certificate a handshake fails at once."""
        self.start()
        start = time.monotonic()
        self.shake("nobody.example.test", self.peers.usual[1])
        assert time.monotonic() - start < 2

    def check_http(self):
        """http-01, for two names, though the site redirects everything."""
        for name in ("http.example.test", "www.http.example.test"):
            self.await_certificate(name, self.peers.usual[1])

    def check_tls_alpn(self):
        """tls-alpn-01, with RSA keys for the account and the certificate."""
        certificate = self.await_certificate("alpn.example.test", self.peers.usual[1])
        assert "rsaEncryption" in describe(certificate, "-text"), certificate

    def check_hook(self):
        """dns-01 by a program, for a wildcard; what it set it takes away."""
        certificate = self.await_certificate("any.hook.example.test", self.peers.usual[1])
        assert "secp384r1" in describe(certificate, "-text"), certificate
        lines = self.said_by_hook.read_text().splitlines()
        assert len([line for line in lines if line.startswith("here setup hook.example.test ")]) == 2, lines
        wait("the records are gone", lambda: self.said_by_hook.read_text().count("here teardown hook.example.test ") == 2)

    def check_update(self):
        """dns-01 by signed changes of a zone of BIND, with an account bound to another."""
        self.await_certificate("any.update.example.test", self.peers.bound[1])
        journal = (self.peers.folder / "named/output.log").read_text(errors="replace")
        assert "adding an RR at '_acme-challenge.update.example.test' TXT" in journal, journal[-2000:]
        assert "deleting an RR at _acme-challenge.update.example.test TXT" in journal, journal[-2000:]

    def check_nothing_is_for_others(self):
        """What is kept is the worker's alone, and no secret is in the log."""
        files = [path for path in (self.folder / "state").rglob("*") if path.is_file()]
        assert len([path for path in files if path.suffix == ".pem"]) == 5, files
        for path in files:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        log = self.log()
        assert EXTERNAL not in log and "PRIVATE KEY" not in log
        assert not [path for path in files if path.name.startswith(".")], files

    def check_renewed_in_time(self):
        """A certificate is renewed before it ends; every handshake meanwhile succeeds, and no reload is needed."""
        root = self.peers.short[1]
        first = serial(self.await_certificate("short.example.test", root))
        end = time.monotonic() + 2 * SHORT
        while serial(self.must_shake("short.example.test", root)) == first:
            assert time.monotonic() < end, "it is not renewed"
            time.sleep(0.1)
        second = serial(self.must_shake("short.example.test", root))
        # All workers have it.
        assert {serial(self.must_shake("short.example.test", root)) for _ in range(20)} == {second}

    def must_shake(self, name, root):
        certificate = self.shake(name, root)
        assert certificate, f"{name} shows no certificate to believe"
        return certificate

    def check_renewed_when_the_issuer_says_so(self):
        """An issuer that wants a certificate renewed at once gets a new order, which names the old certificate."""
        issuer = self.peers.advising
        self.sites.append(("advising", "advising.example.test", "", ""))
        self.reload()
        wait("the renewal", lambda: len(issuer.certificates) == 2 and len(issuer.asked) >= 2)
        self.await_certificate("advising.example.test", issuer.root)
        first = identifier(issuer.certificates[0])
        assert issuer.replaced == [None, first] and issuer.asked == [first, identifier(issuer.certificates[1])], vars(issuer)
        assert "https://advising.example/why" in self.log()

    def check_survives_a_reload(self):
        """A reload orders nothing that is there, and a new site gets its certificate."""
        root = self.peers.usual[1]
        before = {name: serial(self.must_shake(name, root)) for name in ("http.example.test", "alpn.example.test")}
        issued = self.log().count("it was issued")
        self.sites.append(("http", "added.example.test", "", ""))
        self.reload()
        assert before == {name: serial(self.must_shake(name, root)) for name in before}
        self.await_certificate("added.example.test", root)
        others = re.findall(r'certificate for "(?!short|advising)[^"]*" from issuer "[^"]*": it was issued', self.log())
        assert len(others) == 5, (issued, others)

    def check_survives_a_restart(self):
        """A new process shows what the one before kept, from its first handshake on."""
        names = ("http.example.test", "alpn.example.test", "added.example.test", "any.hook.example.test")
        before = {name: serial(self.must_shake(name, self.peers.usual[1])) for name in names}
        (self.folder / "error.log").unlink()
        self.start()
        assert before == {name: serial(self.must_shake(name, self.peers.usual[1])) for name in names}
        assert not re.search(r'certificate for "(?!short|advising)[^"]*".*issued', self.log())

    def check_failures_are_told_once(self):
        """What an issuer refuses is told once with its own words, harms no other, and is in `check`."""
        self.sites.append(("http", "blocked.example.test", "", ""))
        self.reload()
        wait("the refusal", lambda: "rejectedIdentifier" in self.log())
        tries = self.blocked_tries()
        self.reload()
        wait("another try", lambda: self.blocked_tries() > tries)
        lines = [line for line in self.log().splitlines() if "rejectedIdentifier" in line]
        assert len(lines) == 1 and "blocked.example.test" in lines[0], lines
        self.must_shake("http.example.test", self.peers.usual[1])
        done = subprocess.run(
            [self.binary, "check", "nginx.conf"], cwd=self.folder, capture_output=True, text=True, timeout=30
        )
        told = done.stdout + done.stderr
        assert done.returncode == 0 and "could not be ordered" in told and "rejectedIdentifier" in told, told
        self.sites.pop()

    def blocked_tries(self):
        """How often the issuer was asked for the name that it refuses."""
        (trouble,) = (self.folder / "state/http").glob("blocked*.trouble")
        return trouble.stat().st_mtime_ns

    def check_what_a_hook_says_is_told(self):
        """A program that fails is quoted."""
        self.sites.append(("hook", "broken.example.test", "", ""))
        self.reload()
        wait("what the program says", lambda: "no zone for broken.example.test" in self.log())
        self.sites.pop()
        self.reload()

    def check_stops_cleanly(self):
        """No alert, no panic, over all of it."""
        alerts = self.server.alerts()
        assert not alerts, alerts

    def check_managed_domain(self):
        """In httpd's language: a domain's virtual hosts have its certificate, and who comes without TLS is sent there."""
        self.stop()
        port, root = self.peers.usual
        for challenge in ("http-01", "tls-alpn-01"):
            folder = self.folder / f"managed-{challenge}"
            folder.mkdir()
            config = MANAGED.format(
                user="User nobody\nGroup nogroup" if os.geteuid() == 0 else "", folder=folder, plain=self.peers.plain,
                tls=self.peers.tls, port=port, trusted=self.folder / "pebble.crt", challenge=challenge,
            )
            with servers.start_apache("managed", self.binary, config, folder, self.peers.tls):
                for name in ("managed.example.test", "www.managed.example.test"):
                    self.await_certificate(name, root)
                assert (folder / "state").is_dir()
                command = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", "-H", "Host: managed.example.test"]
                said = subprocess.run([*command, f"http://127.0.0.1:{self.peers.plain}/a?b"], capture_output=True, text=True)
                assert said.stdout == "302 https://managed.example.test/a?b", said.stdout


def wait(what, condition, seconds=40):
    """The first thing that a condition gives; a bound on how long that takes."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def describe(certificate, *options):
    """What openssl says of a certificate."""
    done = subprocess.run(["openssl", "x509", "-noout", *options], input=certificate, capture_output=True, text=True, check=True)
    return done.stdout


def identifier(certificate):
    """What a certificate is called where its issuer advises (RFC 9773 section 4.1)."""
    key = describe(certificate, "-ext", "authorityKeyIdentifier").splitlines()[1].strip().removeprefix("keyid:")
    number = serial(certificate).strip().removeprefix("serial=")
    number = bytes.fromhex(number)
    number = (b"\0" if number[0] >= 128 else b"") + number
    parts = [bytes.fromhex(key.replace(":", "")), number]
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def serial(certificate):
    return describe(certificate, "-serial")


if __name__ == "__main__":
    sys.exit(main())
