"""Which server takes a request: names of all kinds, default_server, missing and odd Host fields."""

from case import Group

CONFIG = """
server_names_hash_bucket_size 128;
server { listen @PORT@; server_name first.test; location / { return 200 "first $host|$server_name|$http_host"; } }
server { listen @PORT@; server_name exact.test alias.test; location / { return 200 "exact $host|$server_name"; } }
server { listen @PORT@; server_name *.wild.test; location / { return 200 "leading $host|$server_name"; } }
server { listen @PORT@; server_name *.deep.wild.test; location / { return 200 "deeper $host"; } }
server { listen @PORT@; server_name .both.test; location / { return 200 "both $host|$server_name"; } }
server { listen @PORT@; server_name trailing.*; location / { return 200 "trailing $host"; } }
server { listen @PORT@; server_name www.trailing.*; location / { return 200 "longer trailing $host"; } }
server { listen @PORT@; server_name ~^(?<user>[a-z]+)\\.users\\.test$; location / { proxy_pass http://@ORIGIN@/~$user$uri; } }
server { listen @PORT@; server_name "~^n(\\d{1,3})\\.test$"; location / { return 200 "number $1 $host"; } }
server { listen @PORT@; server_name ~^any; location / { return 200 "any $host"; } }
server { listen @PORT@; server_name ~^anything; location / { return 200 "never"; } }
server { listen @PORT@; server_name ""; location / { return 200 "empty name $host|$server_name"; } }
server { listen @PORT@; server_name exact.both.test; location / { return 200 "exact before wildcard"; } }
server { listen @PORT@; server_name 127.0.0.1; location / { return 200 "address $host"; } }
server { listen @SECOND_PORT@; server_name first.test; location / { return 200 "second port, first $host"; } }
server { listen @SECOND_PORT@ default_server; server_name other.test; location / { return 200 "second port, default $host"; } }
server { listen @SECOND_PORT@; server_name exact.test; location / { return 200 "second port, exact $host"; } }
"""
HOSTS = """
first.test exact.test alias.test EXACT.Test exact.test. exact.test:80 exact.test:8080 exact.test: exact.test.:80 a.wild.test a.b.wild.test
wild.test x.deep.wild.test deep.wild.test A.WILD.TEST both.test a.both.test exact.both.test a.b.both.test trailing.test trailing.a.b trailing
www.trailing.org x.trailing.org ana.users.test Ana.Users.Test a1.users.test ana.users.test:99 n1.test n123.test n1234.test anyone.test
anything.test unknown.test 127.0.0.1 127.0.0.1:1 [::1] [::1]:80 xn--caf-dma.test under_score.test -dash.test a..b.test .test test. *.wild.test
""".split()
ODD = ["", " ", "exact.test exact.test", "exact.test/path", "exact.test?x", "user@exact.test", "exact.test,alias.test", "exact\ttest", "[::1", "::1",
       "exact.test:abc", "exact.test:99999", "exact.test:-1", "exact\\test", "exact..test", "%65xact.test", "a" * 300 + ".test"]


def groups():
    """Hosts on two ports, then in absolute-form, then missing or odd."""
    group = Group("server names", CONFIG, explain=True)
    for port in ("PORT", "SECOND_PORT"):
        for host in HOSTS:
            group.get("/p?q", host=host, port=port)
    odd = Group("odd hosts", CONFIG)
    for host in ODD:
        odd.get("/p", host=host)
    absolute(odd)
    for version in ("1.0", "1.1"):
        odd.get("/p", host=None, version=version)
        odd.get("/p", host=None, version=version, port="SECOND_PORT")
        odd.get("/p", host=None, version=version, fields=["Host: exact.test", "Host: alias.test"])
        odd.get("/p", host=None, version=version, fields=["Host: exact.test", "Host: exact.test"])
    odd.raw("HTTP/0.9", b"GET /p\r\n\r\n")
    odd.raw("HTTP/2.0", b"GET /p HTTP/2.0\r\nHost: exact.test\r\n\r\n")
    odd.raw("HTTP/1.2", b"GET /p HTTP/1.2\r\nHost: exact.test\r\n\r\n")
    odd.raw("late fields", b"GET /p HTTP/1.1\r\nX-Before: 1\r\nhost: exact.test\r\n\r\n")
    return [group, odd]


def absolute(group):
    """The target's authority stands over Host (RFC 9112 §3.2.2)."""
    for target in ("http://exact.test/p", "http://EXACT.test:80/p", "http://a.wild.test", "http://unknown.test/p", "http://ana.users.test/p?q"):
        for host in ("alias.test", "exact.test", None):
            group.send("GET", target, host=host)
            group.send("GET", target, host=host, version="1.0")
