"""Makes authorities and certificates with `openssl`, and what a client needs to speak TLS with them."""

import pathlib
import ssl
import subprocess


def authority(folder, name):
    """A certificate that vouches for others: NAME.crt and NAME.key."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    _openssl(folder, "req", "-x509", *_key(name), "-subj", f"/O=Tests/CN={name}", "-out", f"{name}.crt", "-days", "120")


def issue(folder, name, by, hosts=(), subject=None):
    """A certificate that the authority `by` vouches for: NAME.crt and NAME.key."""
    folder = pathlib.Path(folder)
    names = ",".join(f"DNS:{host}" for host in hosts)
    extensions = "basicConstraints=critical,CA:FALSE\n" + (f"subjectAltName={names}\n" if names else "")
    (folder / f"{name}.ext").write_text(extensions)
    _openssl(folder, "req", "-new", *_key(name), "-subj", subject or f"/O=Tests/CN={name}", "-out", f"{name}.csr")
    _openssl(
        folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{by}.crt", "-CAkey", f"{by}.key", "-CAcreateserial",
        "-days", "90", "-extfile", f"{name}.ext", "-out", f"{name}.crt",
    )


def client(folder, trusted, identity=None):
    """How a client speaks TLS that believes one authority and shows a certificate if it has one."""
    folder = pathlib.Path(folder)
    context = ssl.create_default_context(cafile=folder / f"{trusted}.crt")
    context.check_hostname = False
    if identity:
        context.load_cert_chain(folder / f"{identity}.crt", folder / f"{identity}.key")
    return context


def anyone():
    """How a client speaks TLS that believes any server."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _key(name):
    return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key"]


def _openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr}")
