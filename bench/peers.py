"""The proxies that are measured, each with the equivalent configuration and one worker."""

import random
import subprocess
from dataclasses import dataclass, replace

from runner import ports, servers

FIELDS = """
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;"""

NGINX = """{main}
{files}
events {{ worker_connections {slots}; }}
http {{
{temporary}
    log_format handshakes "$ssl_protocol $ssl_session_reused";
    access_log {access_log};
    keepalive_timeout 3600s;
    keepalive_requests 1000000000;
    server_names_hash_max_size 8192;
{caches}
    upstream backend {{ {zone}server 127.0.0.1:{backend}; keepalive 512; keepalive_requests 1000000000; }}
    upstream echo {{ server 127.0.0.1:{echo}; keepalive 512; keepalive_requests 1000000000; }}
    upstream sink {{ server 127.0.0.1:{sink}; keepalive 512; keepalive_requests 1000000000; }}
{sites}
{lists}
    server {{
        listen 127.0.0.1:{port} backlog=4096 default_server{secured};
        server_name localhost;
        client_max_body_size 16m;
{locations}
        location /files/ {{ root {folder}; }}
        location /packed/ {{ alias {folder}/files/; gzip on; gzip_comp_level 6; }}
        location = /sink {{
            proxy_pass http://sink;{fields}
        }}
{keeps}
        location /bench.Echo/ {{ grpc_pass grpc://echo; }}
        location / {{
            proxy_pass http://backend;{fields}{checks}{extra}
        }}
    }}
}}
"""

CACHES = "    proxy_cache_path kept levels=1:2 keys_zone=kept:10m max_size=1g;"
KEEPS = """        location /kept/ {{
            proxy_pass http://backend/;{fields}
            proxy_cache kept;
            proxy_cache_valid 200 1h;
            sendfile on;
            tcp_nopush on;
        }}"""

HAPROXY = """global
    nbthread 1
    maxconn 8000
    {log}
defaults
    mode http
    timeout connect 10s
    timeout client 3600s
    timeout server 3600s
    timeout http-keep-alive 3600s
    option forwardfor
    http-reuse always
    {http_log}
frontend front
    bind 127.0.0.1:{port} backlog 4096{secured}
    http-request set-header X-Forwarded-Proto {scheme}
{locations}
    use_backend sink if {{ path /sink }}
    use_backend echo if {{ path_beg /bench.Echo/ }}
    default_backend backend
backend backend
    server one 127.0.0.1:{backend} pool-max-conn 512
backend sink
    server one 127.0.0.1:{sink} pool-max-conn 512
backend echo
    server one 127.0.0.1:{echo} proto h2 pool-max-conn 512
"""


@dataclass(frozen=True)
class Peer:
    """One column of the table: a label, what kind of configuration it reads, its binary."""

    label: str
    kind: str
    binary: str
    transport: str | None = None
    # Without what makes the shape special.
    bare: bool = False


def chosen(options, shape):
    """The peers that the command line asks for, the measure first: nginx, or the same proxy without what makes a shape special."""
    if shape.beside_itself:
        subject = subjects(options)[0]
        return [replace(subject, label="without", bare=True), subject]
    found = [Peer("nginx", "nginx", options.nginx)]
    if "haproxy" in options.peer and not shape.files:
        found.append(Peer("haproxy", "haproxy", options.haproxy))
    return found + subjects(options)


def library_of(binary):
    """What nginx says of its TLS library."""
    said = subprocess.run([binary, "-V"], capture_output=True, text=True).stderr
    return next((line for line in said.splitlines() if "OpenSSL" in line), "its TLS library is not known")


def subjects(options):
    """Zaguan on each transport asked for; a stand-in has only one form."""
    if not servers.is_zaguan(options.zaguan):
        return [Peer("stand-in", "nginx", options.zaguan)]
    return [Peer(f"zaguan {name}", "nginx", options.zaguan, name) for name in options.transport]


def start(peer, backend, shape, folder, extra="", slots=16384):
    """Starts one proxy for a shape; `extra` are directives for its location /, `slots` its worker_connections."""
    port = ports.free_port()
    if peer.kind == "haproxy":
        return _start_haproxy(peer, backend, shape, folder, port)
    checked = shape.health_checks and not peer.bare
    config = NGINX.format(
        main=servers.main_context(peer.binary, peer.transport), files=servers.many_files(), temporary=servers.TEMPORARY,
        access_log=_access_log(shape), port=port, backend=backend.port,
        sink=backend.sink_port, echo=backend.echo_port, folder=backend.folder, lists="" if peer.bare else _networks(shape), sites=_sites(shape, port), locations=_locations(shape), fields=FIELDS + shape.directives, extra=extra,
        zone="zone backend 64k; " if checked else "", checks=" health_check interval=1s uri=/small;" if checked else "",
        caches=CACHES if shape.kept else "", keeps=KEEPS.format(fields=FIELDS) if shape.kept else "", slots=slots, secured=_secured(shape, folder),
    )
    return servers.start_nginx(peer.label, peer.binary, config, folder, port)


# A request with this field is logged with its connection's handshake.
ASKS_FOR_HANDSHAKE = "Log-Handshake: yes"
HANDSHAKES = "handshakes.log"


def _access_log(shape):
    """Requests whose handshakes are of interest are logged while the proxy warms up, and no others."""
    if shape.handshake:
        return f"{HANDSHAKES} handshakes if=$http_log_handshake"
    return "access.log combined" if shape.access_log else "off"


def _secured(shape, folder):
    """What makes an address of nginx's language speak TLS, and HTTP/2 (in the words that Debian's nginx knows)."""
    streams = " http2" if shape.streams else ""
    if not shape.tls:
        return streams
    certificate, key, _ = _certificate(folder)
    return f" ssl{streams};\n        ssl_protocols TLSv1.2 TLSv1.3;\n        ssl_certificate {certificate};\n        ssl_certificate_key {key}"


def _certificate(folder):
    """Files with a certificate of its own (ECDSA on P-256), its key, and both."""
    folder.mkdir(parents=True, exist_ok=True)
    certificate, key, both = folder / "site.crt", folder / "site.key", folder / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-subj", "/CN=localhost", "-days", "30", "-keyout", key, "-out", certificate]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    key.chmod(0o644)
    both.write_text(certificate.read_text() + key.read_text())
    return certificate, key, both


def _sites(shape, port):
    return "\n".join(
        f"    server {{ listen 127.0.0.1:{port}; server_name site{n}.example.org *.site{n}.example.org; return 404; }}"
        for n in range(shape.sites)
    )


def _networks(shape):
    """Networks all over the address space, but for that of the clients."""
    chance = random.Random("networks")
    lines = []
    for _ in range(shape.networks):
        first = chance.choice([part for part in range(1, 224) if part != 127])
        bits = chance.randint(16, 32)
        address = (first << 24 | chance.getrandbits(24)) >> (32 - bits) << (32 - bits)
        lines.append(f"    deny {address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}/{bits};")
    return "\n".join(lines)


def _locations(shape):
    """Half regexes, half prefixes: a request for /small meets every regex and takes none."""
    half = shape.locations // 2
    regexes = [f"        location ~ ^/regex/{n}/(.*)\\.php$ {{ return 404; }}" for n in range(half)]
    return "\n".join(regexes + [f"        location /prefix/{n}/ {{ return 404; }}" for n in range(half)])


def _bind(shape, folder):
    """What makes an address of HAProxy speak TLS, and HTTP/2."""
    secured = f" ssl crt {_certificate(folder)[2]}" if shape.tls else ""
    return secured + ((" alpn h2" if shape.tls else " proto h2") if shape.streams else "")


def _start_haproxy(peer, backend, shape, folder, port):
    folder.mkdir(parents=True, exist_ok=True)
    half = shape.locations // 2
    rules = [f"    http-request deny if {{ path_reg ^/regex/{n}/(.*)\\.php$ }}" for n in range(half)]
    config = HAPROXY.format(
        port=port, backend=backend.port, sink=backend.sink_port, echo=backend.echo_port, locations="\n".join(rules),
        scheme="https" if shape.tls else "http", secured=_bind(shape, folder),
        log="log stdout format raw local0" if shape.access_log else "",
        http_log="log global\n    option httplog" if shape.access_log else "",
    )
    (folder / "haproxy.cfg").write_text(config)
    return servers.Server(peer.label, [peer.binary, "-f", str(folder / "haproxy.cfg")], folder, port)
