"""mod_remoteip: whom proxies before the server speak for."""

from case import Group

from .site import sites

SETTINGS = [
    "RemoteIPHeader X-Forwarded-For", "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1", "RemoteIPHeader X-Client-IP\nRemoteIPInternalProxy 10.0.0.0/8",
    "RemoteIPHeader X-Client-IP\nRemoteIPInternalProxy 127.0.0.0/8 10.0.0.0/8 2001:db8::/32", "RemoteIPHeader X-Client-IP\nRemoteIPTrustedProxy 127.0.0.0/8 203.0.113.0/24",
    "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 127.0.0.1\nRemoteIPTrustedProxy 203.0.113.7", "RemoteIPInternalProxy 127.0.0.1",
    "RemoteIPHeader X-Client-IP\nRemoteIPInternalProxy 127.0.0.1\n<Location />\nRequire ip 192.0.2.0/24\n</Location>",
]
LISTS = [
    "192.0.2.1", "192.0.2.1, 192.0.2.2", "192.0.2.1,10.0.0.1", "10.0.0.9, 203.0.113.7", "192.0.2.1, 203.0.113.7, 10.1.2.3", "nonsense", "192.0.2.1, nonsense", "nonsense, 192.0.2.1",
    "2001:db8::1, 2001:db8::2", "2001:db9::1, 2001:db8::2", "", ",", "192.0.2.1,", "127.0.0.1, 127.0.0.2", "192.168.1.1, 127.0.0.3",
]


def groups():
    """What the server behind is told, and who may come in."""
    seen = "ProxyPass / http://@ORIGIN@/\nRequestHeader set X-Seen %{REMOTE_ADDR}e\nRequestHeader set X-Seen \"expr=%{REMOTE_ADDR} %{CONN_REMOTE_ADDR}\"\n"
    group = Group("fields: true clients", sites(*(seen + lines for lines in SETTINGS)))
    for number in range(len(SETTINGS)):
        for values in LISTS:
            group.get("/x", host=f"s{number}.test", fields=[f"X-Forwarded-For: {values}", f"X-Client-IP: {values}"])
        group.get("/x", host=f"s{number}.test", fields=["X-Client-IP: 192.0.2.1", "X-Client-IP: 192.0.2.2"])
        group.get("/x", host=f"s{number}.test")
    return [group]
