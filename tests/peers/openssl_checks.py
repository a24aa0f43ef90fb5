#!/usr/bin/env python3
"""OpenSSL as responder and as client: stapled answers, clients' certificates that are asked about, early data.

    python3 tests/peers/openssl_checks.py --binary target/release/zaguan

`openssl ocsp` answers for an authority; `openssl s_client` looks at what is stapled, shows certificates that stand and one that was
revoked, and sends a request with its first words. Needs Debian's openssl.
"""

import argparse
import contextlib
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from runner import certificates, ports, servers  # noqa: E402

CONFIG = """
{main}
events {{}}
http {{
    access_log off;
    ssl_certificate {folder}/server.crt;
    ssl_certificate_key {folder}/server.key;
    ssl_trusted_certificate {folder}/root.crt;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name localhost;
        ssl_stapling on;
        ssl_stapling_verify on;
        ssl_stapling_responder http://127.0.0.1:{responder}/;
        ssl_early_data on;
        location / {{ return 200 "early=$ssl_early_data reused=$ssl_session_reused\\n"; }}
    }}
    server {{
        listen 127.0.0.1:{asking} ssl;
        server_name localhost;
        ssl_verify_client on;
        ssl_ocsp leaf;
        ssl_ocsp_responder http://localhost:{responder}/;
        location / {{ return 200 "$ssl_client_verify\\n"; }}
    }}
}}
"""
REQUEST = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/release/zaguan")
    options = parser.parse_args()
    with servers.Folder("openssl") as folder:
        make_certificates(folder)
        responder, port, asking = (ports.free_port() for _ in range(3))
        main_context = servers.main_context(options.binary)
        config = CONFIG.format(main=main_context, folder=folder, port=port, asking=asking, responder=responder)
        with start_responder(folder, responder), servers.start_nginx("zaguan", options.binary, config, folder / "server", port):
            stapled(folder, port)
            print("stapled: verified by s_client")
            asked(folder, asking)
            print("clients: one that stands is let in, one that was revoked is not")
            early(folder, port)
            print("early data: taken once, with TLS 1.3")


def make_certificates(folder):
    """An authority, a server, two clients, and what the responder knows of them."""
    certificates.authority(folder, "root")
    for name, hosts in (("server", ["localhost"]), ("good", []), ("bad", [])):
        certificates.issue(folder, name, "root", hosts)
    lines = []
    for name in ("server", "good", "bad"):
        said = openssl(folder, "x509", "-in", f"{name}.crt", "-noout", "-serial")
        serial = said.strip().removeprefix("serial=")
        state = "R\t20350101000000Z\t240101000000Z" if name == "bad" else "V\t20350101000000Z\t"
        lines.append(f"{state}\t{serial}\tunknown\t/O=Tests/CN={name}\n")
    (folder / "index").write_text("".join(lines))
    for file in folder.iterdir():
        file.chmod(0o644)


@contextlib.contextmanager
def start_responder(folder, port):
    """`openssl ocsp`, one question after the other; one that connects to see whether it is there would stop it."""
    words = ["openssl", "ocsp", "-index", "index", "-port", str(port), "-CA", "root.crt", "-rsigner", "root.crt", "-rkey", "root.key",
             "-ndays", "1"]
    with subprocess.Popen(words, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        while b"waiting for OCSP client connections" not in process.stdout.readline():
            if process.poll() is not None:
                sys.exit("openssl ocsp does not start")
        try:
            yield
        finally:
            process.kill()


def openssl(folder, *words, text=""):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, input=text, timeout=60, check=False)
    return done.stdout + done.stderr


def s_client(folder, port, *words, text=REQUEST):
    connect = ["s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-CAfile", "root.crt", "-ign_eof"]
    return openssl(folder, *connect, *words, text=text)


def stapled(folder, port):
    said = ""
    for _ in range(100):
        said = s_client(folder, port, "-status")
        if "OCSP Response Status: successful" in said:
            break
        time.sleep(0.1)
    if "Cert Status: good" not in said or "Verify return code: 0 (ok)" not in said:
        sys.exit(f"nothing good is stapled:\n{said}")


def asked(folder, port):
    identity = lambda name: ("-cert", f"{name}.crt", "-key", f"{name}.key")  # noqa: E731
    said = s_client(folder, port, *identity("good"))
    if "SUCCESS" not in said:
        sys.exit(f"a client that stands is not let in:\n{said}")
    said = s_client(folder, port, *identity("bad"))
    if "400 Bad Request" not in said or "The SSL certificate error" not in said:
        sys.exit(f"a client that was revoked is let in:\n{said}")


def early(folder, port):
    (folder / "request").write_text(REQUEST)
    said = s_client(folder, port, "-sess_out", "session")
    if "early= reused=." not in said:
        sys.exit(f"there is no session to resume:\n{said}")
    words = ("-sess_in", "session", "-early_data", "request")
    said = s_client(folder, port, *words, text="")
    if "Early data was accepted" not in said or "early=1 reused=r" not in said:
        sys.exit(f"early data is not taken:\n{said}")
    said = s_client(folder, port, *words)
    if "Early data was rejected" not in said or "early= reused=." not in said:
        sys.exit(f"a session was resumed twice:\n{said}")


if __name__ == "__main__":
    main()
