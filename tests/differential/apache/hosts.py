"""Which virtual host takes a request: addresses first, then names. Its own answers tell, and what the origin is asked."""

import re
from dataclasses import replace

from case import Group

NAMED = """
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName first.test
    Header always set X-Host first
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName exact.test
    ServerAlias alias.test alias-too.test
    ServerAlias *.wild.test
    ServerAlias que?.test one-more.test
    Header always set X-Host exact
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName exact.test
    Header always set X-Host never
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName deep.wild.test
    Header always set X-Host after-the-wildcard
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName ported.test:8080
    ServerAlias trailing.*
    Header always set X-Host ported
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName UPPER.Test
    ServerAlias http://scheme.test
    Header always set X-Host upper
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerName https://schemed.test:443
    Header always set X-Host schemed
</VirtualHost>
<VirtualHost 127.0.0.1:@PORT_NUMBER@>
    ServerAlias only-alias.test
    Header always set X-Host nameless
</VirtualHost>
<VirtualHost 127.0.0.1:@SECOND_PORT_NUMBER@>
    ServerName second.test
    Header always set X-Host second-port
</VirtualHost>
<VirtualHost 127.0.0.1:@SECOND_PORT_NUMBER@>
    ServerName exact.test
    Header always set X-Host second-port-exact
</VirtualHost>
Header always set X-Main yes
Redirect 301 /moved /there
"""
ADDRESSES = """
Listen @PORT_NUMBER@
Listen 127.0.0.1:@SECOND_PORT_NUMBER@
Listen 127.0.0.2:@SECOND_PORT_NUMBER@
Listen @THIRD_PORT_NUMBER@
Redirect 301 /moved /there
Header always set X-Host main
<VirtualHost *:@PORT_NUMBER@>
    ServerName star.test
    ServerAlias shared.test
    Header always set X-Host star
</VirtualHost>
<VirtualHost *:@PORT_NUMBER@>
    ServerName star-two.test
    Header always set X-Host star-two
</VirtualHost>
<VirtualHost 127.0.0.2:@PORT_NUMBER@>
    ServerName two.test
    Header always set X-Host two
</VirtualHost>
<VirtualHost 127.0.0.2:@PORT_NUMBER@ 127.0.0.3:@PORT_NUMBER@>
    ServerName shared.test
    Header always set X-Host two-and-three
</VirtualHost>
<VirtualHost 127.0.0.4>
    ServerName any-port.test
    Header always set X-Host any-port
</VirtualHost>
<VirtualHost 127.0.0.4:@PORT_NUMBER@>
    ServerName one-port.test
    Header always set X-Host one-port
</VirtualHost>
<VirtualHost _default_:@SECOND_PORT_NUMBER@>
    ServerName default.test
    Header always set X-Host default
</VirtualHost>
<VirtualHost [::1]:@PORT_NUMBER@>
    ServerName six.test
    Header always set X-Host six
</VirtualHost>
<VirtualHost localhost:@SECOND_PORT_NUMBER@>
    ServerName looked-up.test
    Header always set X-Host looked-up
</VirtualHost>
<VirtualHost *>
    ServerName anything.test
    Header always set X-Host anything
</VirtualHost>
"""
UNSERVED = """
ServerName main.test
Header always set X-Host main
Redirect 301 /moved /there
<VirtualHost 127.0.0.9:@PORT_NUMBER@>
    ServerName elsewhere.test
    Header always set X-Host elsewhere
</VirtualHost>
"""
NAMES = """
first.test exact.test alias.test alias-too.test EXACT.Test exact.test. exact.test:80 exact.test:8080 exact.test: exact.test.:80 a.wild.test a.b.wild.test wild.test deep.wild.test
A.WILD.TEST quem.test que.test quem.quem.test one-more.test
ported.test ported.test:8080 ported.test:80 trailing.test trailing.a.b trailing upper.test UPPER.TEST scheme.test schemed.test schemed.test:443 only-alias.test unknown.test
127.0.0.1 127.0.0.1:1 [::1] [::1]:80 second.test never.test
xn--caf-dma.test under_score.test -dash.test test. localhost
""".split()
ODD = ["", " ", "exact.test exact.test", "exact.test/path", "exact.test?x", "user@exact.test", "exact.test,alias.test", "[::1", "::1", "exact.test:abc", "exact.test:99999",
    "exact.test:0", "exact.test:-1", "exact\\test", "exact..test", "%65xact.test",
       "a" * 300 + ".test", ".test", "*.wild.test", "exact.test:8080:1", "[v1.x]", "exact_test", "exact.test#x"]


def groups():
    """Names on two ports, addresses, then what no virtual host serves."""
    return [forwarding(group) for group in (named(), odd(), addresses(), unserved())]


def forwarding(group):
    """The group with a path that each virtual host forwards under its own name, asked for wherever /moved is."""
    group.config = re.sub(r"(    )Header always set X-Host (\S+)", r"\g<0>\n\1ProxyPass /up http://@ORIGIN@/\2", group.config)
    group.cases += [replace(case, name=f"{case.name}, forwarded", request=case.request.replace(b"/moved", b"/up", 1)) for case in group.cases if b"/moved" in case.request]
    return group


def named():
    """One address, many names."""
    group = Group("hosts: names", NAMED)
    for host in NAMES:
        group.get("/moved", host=host)
        group.get("/moved", host=host, port="SECOND_PORT")
    for host in ("exact.test", "first.test"):
        group.get("/moved", host=host, port="THIRD_PORT")
    return group


def odd():
    """Hosts that are odd, absent, twice there, or in the target."""
    group = Group("hosts: odd", NAMED)
    for host in ODD:
        group.get("/moved", host=host)
    for target in ("http://exact.test/moved", "http://alias.test:8080/moved?x", "HTTP://EXACT.test/moved", "http://unknown.test/moved", "http://exact.test",
        "http://exact.test?x", "https://exact.test/moved", "ftp://exact.test/moved", "http:///moved", "http://user@exact.test/moved", "moved", "//exact.test/moved"):
        group.get(target, host="first.test")
        group.get(target, host=None, version="1.0")
    for version in ("1.0", "1.1"):
        group.get("/moved", host=None, version=version)
        group.get("/moved", host="exact.test", version=version)
        group.get("/moved", host=None, version=version, fields=["Host: exact.test", "Host: alias.test"])
        group.get("/moved", host=None, version=version, fields=["Host: exact.test", "Host: exact.test"])
        group.get("/moved", host=None, version=version, fields=["X-First: 1", "host: exact.test"])
    return group


def addresses():
    """Virtual hosts on several addresses, by wildcard, by default."""
    group = Group("hosts: addresses", ADDRESSES)
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "::1"):
        for host in ("star.test", "star-two.test", "two.test", "shared.test", "any-port.test", "one-port.test", "six.test", "anything.test", "unknown.test"):
            group.get("/moved", host=host, address=address, note=address)
        group.get("/moved", host=None, version="1.0", address=address, note=address)
    for address, port in (("127.0.0.1", "SECOND_PORT"), ("127.0.0.2", "SECOND_PORT"), ("127.0.0.1", "THIRD_PORT"), ("127.0.0.4", "THIRD_PORT")):
        for host in ("default.test", "looked-up.test", "any-port.test", "anything.test", "star.test", "unknown.test"):
            group.get("/moved", host=host, address=address, port=port, note=f"{address} {port}")
    return group


def unserved():
    """The main server answers where no virtual host has the address."""
    group = Group("hosts: main server", UNSERVED)
    for host in ("main.test", "elsewhere.test", "unknown.test", "main.test:99"):
        group.get("/moved", host=host)
    group.get("/moved", host=None, version="1.0")
    return group
