"""TLS with clients: which host answers, what requests say of it, what is asked of it, and clients' certificates."""

import base64

from case import Group
from runner import certificates

from .site import site

PASSWORD = "$apr1$zaguan00$6iCsvOVI3qS99KQv9F8Xo1"
CERTIFICATE = """
SSLEngine on
SSLCertificateFile @CERTIFICATES@/server.crt
SSLCertificateKeyFile @CERTIFICATES@/server.key
"""
SAYS = """
Header always set X-Host NAME
Header always set X-Connection "%{SSL_PROTOCOL}s %{SSL_CIPHER}s %{SSL_CIPHER_USEKEYSIZE}s %{SSL_TLS_SNI}s %{HTTPS}s %{SSL_NONE}s"
Header always set X-Server "%{SSL_SERVER_S_DN}s %{SSL_SERVER_I_DN_CN}s %{SSL_SERVER_M_VERSION}s %{SSL_SERVER_M_SERIAL}s %{SSL_SERVER_SAN_DNS_1}s"
Header always set X-Times "%{SSL_SERVER_V_START}s %{SSL_SERVER_V_END}s %{SSL_SERVER_A_SIG}s %{SSL_SERVER_A_KEY}s"
Header always set X-Client "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_S_DN}s %{SSL_CLIENT_S_DN_CN}s %{SSL_CLIENT_S_DN_O}s %{SSL_CLIENT_I_DN}s"
Header always set X-Expression "expr=%{HTTPS} %{REQUEST_SCHEME} %{SSL:SSL_PROTOCOL} %{SSL_CIPHER} %{SERVER_PORT}"
"""
ASKS = """
<Location /tls>
    SSLRequireSSL
</Location>
<Location /ssl>
    Require ssl
</Location>
<Location /proved>
    Require ssl-verify-client
</Location>
<Location /equal>
    SSLRequire %{SSL_PROTOCOL} eq "TLSv1.3" and %{SSL_CIPHER_USEKEYSIZE} >= 64
</Location>
<Location /unequal>
    SSLRequire %{SSL_PROTOCOL} ne "TLSv1.3"
</Location>
<Location /listed>
    SSLRequire %{SSL_PROTOCOL} in {"TLSv1.3", "TLSv1.2"} and not (%{SSL_CIPHER} =~ m/NULL/)
</Location>
<Location /named>
    SSLRequire %{SSL_CLIENT_S_DN_CN} in {"good", "better"}
</Location>
<Location /variables>
    SSLOptions +StdEnvVars
    Header always set X-Environment "%{SSL_PROTOCOL}e %{HTTPS}e %{SSL_CLIENT_VERIFY}e %{SSL_CLIENT_S_DN}e %{SSL_SERVER_S_DN_CN}e"
</Location>
<Location /no-variables>
    Header always set X-Environment "%{SSL_PROTOCOL}e %{HTTPS}e"
</Location>
"""
REWRITES = """
RewriteEngine On
RewriteCond %{HTTPS} off
RewriteRule ^/to-tls(.*)$ https://%{HTTP_HOST}$1 [R=301,L]
RewriteCond %{HTTPS} on
RewriteCond %{SSL:SSL_PROTOCOL} TLSv1.(.)
RewriteRule ^/moved(.*)$ /to/%1$1?%{SERVER_PORT}&%{SSL:SSL_CIPHER}&%{REQUEST_SCHEME} [R]
Redirect /plainly /there
"""
USERS = """
SSLVerifyClient optional
SSLCACertificateFile @CERTIFICATES@/root.crt
Header always set X-User "expr=[%{REMOTE_USER}]"
<LocationMatch ^/(named|passworded|faked|both)>
    AuthType Basic
    AuthName users
    AuthUserFile @CERTIFICATES@/subjects
</LocationMatch>
<Location /called>
    SSLUserName SSL_CLIENT_S_DN_CN
</Location>
<Location /field>
    SSLUserName HTTP_X_NAME
</Location>
<Location /named>
    Require user good plain
    SSLUserName SSL_CLIENT_S_DN_CN
</Location>
<Location /named/any>
    Require valid-user
</Location>
<Location /passworded>
    Require valid-user
</Location>
<Location /faked>
    Require valid-user
    SSLOptions +FakeBasicAuth
</Location>
<Location /faked/not>
    SSLOptions StrictRequire
</Location>
<Location /both>
    Require valid-user
    SSLOptions +FakeBasicAuth
    SSLUserName SSL_CLIENT_S_DN_CN
</Location>
<Location /both/open>
    Require all granted
</Location>
"""
PATHS = ["/", "/tls", "/ssl", "/proved", "/equal", "/unequal", "/listed", "/named", "/variables", "/no-variables", "/moved/x", "/to-tls/x", "/plainly", "/folder"]


def prepare(folder):
    """Certificates of a server and of clients."""
    certificates.authority(folder, "root")
    certificates.authority(folder, "foreign")
    certificates.issue(folder, "server", "root", ["first.test", "second.test"], "/C=DE/ST=Here/L=There/O=Tests/OU=One/CN=first.test/emailAddress=a@first.test")
    certificates.issue(folder, "good", "root", subject="/C=DE/O=Good, Ltd./CN=good")
    certificates.issue(folder, "other", "root")
    certificates.issue(folder, "stranger", "foreign")
    lines = [f"{name}:{PASSWORD}\n" for name in ("/C=DE/O=Good, Ltd./CN=good", "plain")]
    (folder / "subjects").write_text("".join(lines))


def groups():
    """Hosts, variables, requirements, clients."""
    return [_hosts(), _requirements(), _clients("optional"), _clients("optional_no_ca"), _users(), _logs(), _strict()]


def _host(name, *more):
    return site(name, CERTIFICATE, SAYS.replace("NAME", name), *more)


def _hosts():
    plain = site("first.test", REWRITES, port="SECOND_PORT_NUMBER")
    off = site("off.test", "Header always set X-Host off.test")
    group = Group("TLS: hosts", _host("first.test", REWRITES) + _host("second.test") + off + plain)
    for asked in ("first.test", "second.test", "off.test", "unknown.test", ""):
        for host in ("first.test", "second.test", "unknown.test", None):
            note = "another's" if asked == "off.test" and host else "named" if asked and not host else ""
            group.get("/", host=host, tls=asked, version="1.1" if host else "1.0", note=note)
    for path in PATHS:
        group.get(path, host="first.test", tls="first.test")
        group.get(path, host="first.test:8443", tls="first.test")
        group.get(path, host="first.test", port="SECOND_PORT")
    return group


def _requirements():
    plain = site("first.test", SAYS.replace("NAME", "plain"), ASKS, port="SECOND_PORT_NUMBER")
    group = Group("TLS: requirements", _host("first.test", ASKS) + plain)
    for path in PATHS:
        group.get(path, host="first.test", tls="first.test")
        group.get(path, host="first.test", port="SECOND_PORT")
    return group


def _clients(demand):
    clients = f"SSLVerifyClient {demand}\nSSLVerifyDepth 2\nSSLCACertificateFile @CERTIFICATES@/root.crt"
    group = Group(f"TLS: clients, {demand}", _host("first.test", ASKS, clients))
    unknown = ["stranger"] if demand == "optional_no_ca" else []
    for shows in [None, "good", "other", *unknown]:
        for path in PATHS:
            group.get(path, host="first.test", tls="first.test", shows=shows, note=str(shows))
    return group


def _users():
    group = Group("TLS: users", _host("first.test", USERS))
    written = {"": [], "plain": ["plain:password"], "wrong": ["plain:another"], "subject": ["/C=DE/O=Good, Ltd./CN=good:password"]}
    for shows in (None, "good", "other"):
        for path in ("/called", "/field", "/named", "/named/any", "/passworded", "/faked", "/faked/not", "/both", "/both/open"):
            for name, said in written.items():
                # A client with a certificate may write what it would say itself.
                if shows and name == "subject":
                    continue
                fields = [f"Authorization: Basic {base64.b64encode(text.encode()).decode()}" for text in said]
                group.get(path, host="first.test", tls="first.test", shows=shows, fields=[*fields, "X-Name: one"], note=f"{shows} {name}")
    return group


def _logs():
    said = 'CustomLog tls.log "%{X-Case}i %{SSL_PROTOCOL}x %{SSL_CIPHER}x %{SSL_CLIENT_S_DN}x %{SSL_NONE}x %{version}c %{cipher}c %p"'
    group = Group("TLS: logs", _host("first.test", said) + site("first.test", said, port="SECOND_PORT_NUMBER"), log="tls.log")
    for number, port in enumerate(["PORT", "SECOND_PORT"]):
        tls = "first.test" if port == "PORT" else None
        group.get("/", host="first.test", fields=[f"X-Case: {number}", "Connection: close"], tls=tls, port=port)
    return group


def _strict():
    group = Group("TLS: names are needed", _host("first.test", "SSLStrictSNIVHostCheck on") + _host("second.test"))
    for asked in ("first.test", "second.test", ""):
        for host in ("first.test", "second.test"):
            group.get("/", host=host, tls=asked)
    return group
