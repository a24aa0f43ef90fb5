#!/usr/bin/env python3
"""Programs that others wrote, against TLS as it is configured by default: three clients and two judges.

    python3 conformance/tls_clients.py [--zaguan PATH] [--testssl SCRIPT] [--json FOLDER]

The site says no more than its address and certificate. curl, `openssl s_client` and Chromium fetch a page, and must refuse to where
they do not know the authority. sslyze (PyPI) must find the site compliant with Mozilla's intermediate profile, and testssl.sh nothing
of severity LOW or above but what FINDINGS names. The same site with HSTS must be graded A+ by a testssl.sh that grades (3.2 or
later). What is not installed is said and left out.
"""

import argparse
import base64
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from runner import certificates, ports, servers  # noqa: E402

CONFIG = """
{main}
events {{}}
http {{
    access_log off;
    server {{
        listen 127.0.0.1:{port} ssl;
        http2 on;
        server_name localhost;
        ssl_certificate {folder}/server.crt;
        ssl_certificate_key {folder}/server.key;
        {more}
        location / {{ return 200 "it works\\n"; }}
    }}
}}
"""
HSTS = 'add_header Strict-Transport-Security "max-age=63072000" always;'
# What testssl.sh finds that is the test's own, or not the default configuration's to change, and why.
FINDINGS = {
    "DNS_CAArecord": "localhost has no records in the DNS",
    "HSTS": "the default says nothing of other connections to the host; the second site does",
    "cert_chain_of_trust": "the authority is made for this test",
    "cert_caIssuers": "the certificate is made for this test",
    "cert_certificatePolicies_EV": "the certificate is made for this test",
    "cert_expirationStatus": "the certificate is made for this test",
    "cert_ocspURI": "the certificate is made for this test",
    "cert_revocation": "the certificate is made for this test, and names no list and no responder",
    "cipher_order": "testssl.sh 3.0 wants the server to choose; all suites that are offered are equally strong, and clients know theirs",
    "cmdline_ip-target": "about how testssl.sh was called",
    "security_headers": "fields of responses are the operator's to choose",
    "QUIC": "about what testssl.sh was built with",
}
SEVERE = {"LOW", "MEDIUM", "HIGH", "CRITICAL"}


class Wrong(Exception):
    """A client or a judge is not content."""


def main():
    """Every program that is installed; 1 when one is not content."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zaguan", default=ROOT / "target/release/zaguan", type=pathlib.Path)
    parser.add_argument("--testssl", help="a testssl.sh, in place of the one that is installed")
    parser.add_argument("--json", type=pathlib.Path, help="a folder to keep what the judges wrote down")
    options = parser.parse_args()
    failed = 0
    with servers.Folder("tls-clients") as folder:
        certificates.authority(folder, "root")
        certificates.issue(folder, "server", "root", ["localhost"])
        port, graded = ports.free_port(), ports.free_port()
        with start(options, folder, "plain", port), start(options, folder, "hsts", graded, HSTS):
            for name, trial in trials(options, port, graded).items():
                try:
                    print(f"{name}: {trial(folder)}", flush=True)
                except (Wrong, subprocess.TimeoutExpired) as wrong:
                    failed += 1
                    print(f"{name}: FAILED: {wrong}", flush=True)
    return 1 if failed else 0


def start(options, folder, name, port, more=""):
    """A running site."""
    text = CONFIG.format(main=servers.main_context(options.zaguan), port=port, folder=folder, more=more)
    return servers.start_nginx(name, options.zaguan, text, folder / name, port)


def trials(options, port, graded):
    """What to run, by name."""
    found = {}
    testssl = options.testssl or shutil.which("testssl") or shutil.which("testssl.sh")
    sslyze = shutil.which("sslyze") or shutil.which("sslyze", path=pathlib.Path(sys.executable).parent)
    programs = {
        "curl": (shutil.which("curl"), lambda path: lambda folder: curl(path, port, folder)),
        "openssl s_client": (shutil.which("openssl"), lambda path: lambda folder: s_client(path, port, folder)),
        "Chromium": (shutil.which("chromium"), lambda path: lambda folder: chromium(path, port, folder)),
        "sslyze": (sslyze, lambda path: lambda folder: judge_sslyze(path, port, folder, options)),
        "testssl.sh": (testssl, lambda path: lambda folder: judge_testssl(path, port, folder, options)),
        "testssl.sh, with HSTS": (testssl, lambda path: lambda folder: grade(path, graded, folder, options)),
    }
    for name, (path, trial) in programs.items():
        if path:
            found[name] = trial(str(path))
        else:
            print(f"{name}: not run, it is not installed")
    return found


def run(*words, seconds=60):
    """What a program says, and whether it was content."""
    done = subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=seconds, errors="replace", check=False)
    return done.stdout + done.stderr, done.returncode == 0


def curl(path, port, folder):
    """Both versions of HTTP, all versions of TLS, and an authority that is not known."""
    url, trust = f"https://localhost:{port}/", ["--cacert", str(folder / "root.crt"), "--resolve", f"localhost:{port}:127.0.0.1"]
    for words in (["--http1.1"], ["--http2"], ["--tls-max", "1.2"], ["--tlsv1.3"]):
        said, good = run(path, "-sS", *trust, *words, url)
        if not good or said != "it works\n":
            raise Wrong(f"{' '.join(words)}: {said}")
    if run(path, "-sS", *trust[2:], url)[1]:
        raise Wrong("an authority that is not known was believed")
    if run(path, "-sS", *trust, "--tls-max", "1.1", url)[1]:
        raise Wrong("TLS 1.1 was spoken")
    return "HTTP/1.1 and HTTP/2, TLS 1.2 and 1.3"


def s_client(path, port, folder):
    """Verified, with a protocol chosen; a session that is resumed."""
    session = folder / "session"
    words = [path, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", folder / "root.crt", "-verify_return_error"]
    said, good = run(*words, "-alpn", "h2,http/1.1")
    if not good or "Verify return code: 0 (ok)" not in said or "ALPN protocol: h2" not in said:
        raise Wrong(said)
    run(*words, "-tls1_2", "-sess_out", session)
    said, _ = run(*words, "-tls1_2", "-sess_in", session)
    if "Reused, TLSv1.2" not in said:
        raise Wrong(f"the session was not resumed: {said}")
    return "verified, h2 chosen, a session resumed"


def chromium(path, port, folder):
    """The page, where the key is one that it was told to trust; nothing otherwise."""
    words = [path, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", "--host-resolver-rules=MAP localhost 127.0.0.1"]
    key, _ = subprocess.Popen(["openssl", "x509", "-in", folder / "server.crt", "-pubkey", "-noout"], stdout=subprocess.PIPE).communicate()
    der = base64.b64decode("".join(key.decode().splitlines()[1:-1]))
    trusted = base64.b64encode(hashlib.sha256(der).digest()).decode()
    url = f"https://localhost:{port}/"
    said, _ = run(*words, f"--user-data-dir={folder}/browser", f"--ignore-certificate-errors-spki-list={trusted}", url)
    if "it works" not in said:
        raise Wrong(said)
    said, _ = run(*words, f"--user-data-dir={folder}/stranger", url)
    if "it works" in said:
        raise Wrong("an authority that is not known was believed")
    return "the page is shown, and not where the authority is not known"


def judge_sslyze(path, port, folder, options):
    """Compliance with Mozilla's intermediate profile, and no scan that failed."""
    report = (options.json or folder) / "sslyze.json"
    said, good = run(path, f"--json_out={report}", "--certinfo_ca_file", str(folder / "root.crt"), f"localhost:{port}", seconds=180)
    results = json.loads(report.read_text())["server_scan_results"]
    scans = [scan for result in results for scan in (result["scan_result"] or {}).values() if isinstance(scan, dict)]
    broken = [scan["error_reason"] for scan in scans if scan.get("status") == "ERROR"]
    compliance = said[said.find("COMPLIANCE") :]
    complaints = [line.strip() for line in compliance.splitlines() if line.strip().startswith("* ")]
    wrong = [line for line in complaints if not line.startswith("* certificate_path_validation")]
    if broken or wrong or not scans or not (good or complaints):
        raise Wrong("\n".join([*map(str, broken), compliance or said]))
    return f"{len(scans)} scans, compliant" + (" but for the authority, which is made for this test" if complaints else "")


def judge_testssl(path, port, folder, options):
    """Findings of severity LOW and above that are not the test's own."""
    findings = scan(path, port, folder, options, "testssl", [])
    wrong = {found["id"]: found["finding"] for found in findings if found["severity"] in SEVERE and not named(found["id"])}
    if wrong or len(findings) < 50:
        raise Wrong(f"{len(findings)} findings: {wrong}")
    own = sorted({found["id"] for found in findings if found["severity"] in SEVERE})
    return f"{len(findings)} findings, nothing weak; the test's own: {', '.join(own)}"


def named(identifier):
    """Whether FINDINGS says why; grades are about the certificate's authority here."""
    return identifier.split(" ")[0] in FINDINGS or identifier.startswith(("overall_grade", "grade_cap"))


def grade(path, port, folder, options):
    """The grade, where the authority is known and HSTS is said."""
    first = (options.json or folder) / "testssl.json"
    if first.exists() and "overall_grade" not in first.read_text():
        return "not run, this testssl.sh gives no grades (before 3.2)"
    findings = scan(path, port, folder, options, "grade", ["--add-ca", str(folder / "root.crt")])
    grades = [found["finding"] for found in findings if found["id"] == "overall_grade"]
    if grades != ["A+"]:
        reasons = [found["finding"] for found in findings if found["id"].startswith("grade_cap")]
        raise Wrong(f"graded {grades}: {reasons}")
    return "A+"


def scan(path, port, folder, options, name, more):
    """What testssl.sh found; simulated clients are left out, for they judge nothing."""
    report = (options.json or folder) / f"{name}.json"
    report.unlink(missing_ok=True)
    words = ["--protocols", "--std", "--fs", "--server-preference", "--server-defaults", "--headers", "--vulnerable"]
    said, _ = run(path, "--quiet", "--warnings", "off", "--color", "0", *more, "--jsonfile", str(report), *words, f"https://localhost:{port}", seconds=900)
    if not report.exists():
        raise Wrong(said[-2000:])
    return json.loads(report.read_text())


if __name__ == "__main__":
    sys.exit(main())
