"""Balancers: who is next, who is spared, who is dead, and who keeps a session."""

from case import Group, answer

from .site import site

MEMBERS = {
    "plain": ("ORIGIN", "SECOND"), "three": ("ORIGIN", "SECOND", "THIRD"), "loads": ("ORIGIN loadfactor=3", "SECOND loadfactor=1"),
    "fractions": ("ORIGIN loadfactor=1.5", "SECOND", "THIRD loadfactor=2"),
    "unequal": ("ORIGIN loadfactor=5", "SECOND loadfactor=2", "THIRD"), "dead": ("DEAD retry=60", "SECOND"),
    "dead-first-of-three": ("DEAD retry=60", "SECOND", "THIRD loadfactor=2"),
    "standby": ("DEAD retry=60", "SECOND status=+H"), "standby-idle": ("ORIGIN", "SECOND status=+H"), "spare": ("DEAD retry=60", "SECOND", "THIRD status=+R"),
    "spare-idle": ("ORIGIN", "SECOND", "THIRD status=R"),
    "disabled": ("ORIGIN status=D", "SECOND"), "stopped": ("ORIGIN status=+S", "SECOND"), "in-error": ("ORIGIN status=+E retry=60", "SECOND"),
    "ignoring": ("DEAD status=+I", "SECOND"), "drained": ("ORIGIN status=+N", "SECOND"),
    "all-dead": ("DEAD retry=60",), "all-disabled": ("ORIGIN status=D", "SECOND status=D"), "sets": ("ORIGIN lbset=1", "SECOND lbset=0", "THIRD lbset=1"),
    "set-dead": ("DEAD lbset=0 retry=60", "SECOND lbset=1", "THIRD lbset=1"),
    "revived": ("ORIGIN status=+E-E", "SECOND"), "by-bytes": ("ORIGIN", "SECOND", "THIRD"), "by-busyness": ("ORIGIN", "SECOND"), "by-name": ("ORIGIN", "SECOND"),
    "spares": ("DEAD retry=60", "SECOND status=+R", "THIRD status=+R"),
}
SETTINGS = {"by-bytes": "ProxySet lbmethod=bytraffic", "by-busyness": "ProxySet lbmethod=bybusyness", "by-name": "ProxySet lbmethod=byrequests timeout=5"}
STICKY = """
<Proxy balancer://cookie>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@SECOND@ route=two
    BalancerMember http://@THIRD@ route=three redirect=one
    ProxySet stickysession=SESSION
</Proxy>
<Proxy balancer://either>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@SECOND@ route=two
    ProxySet stickysession=JSESSIONID|jsessionid scolonpathdelim=On
</Proxy>
<Proxy balancer://forced>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@DEAD@ route=gone retry=60
    ProxySet stickysession=S nofailover=On
</Proxy>
<Proxy balancer://failing-over>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@DEAD@ route=gone retry=60
    ProxySet stickysession=S
</Proxy>
<Proxy balancer://sent>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@SECOND@ route=two
    ProxySet stickysession=ROUTEID
</Proxy>
<Proxy balancer://separated>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@SECOND@ route=two
    ProxySet stickysession=S stickysessionsep=/
</Proxy>
ProxyPass /cookie/ balancer://cookie/
ProxyPass /either/ balancer://either/
ProxyPass /forced/ balancer://forced/
ProxyPass /failing-over/ balancer://failing-over/
ProxyPass /separated/ balancer://separated/
Header add Set-Cookie "ROUTEID=.%{BALANCER_WORKER_ROUTE}e; path=/" env=BALANCER_ROUTE_CHANGED
ProxyPass /sent/ balancer://sent/
ProxyPass /inline/ balancer://inline/ stickysession=INLINE lbmethod=byrequests
<Proxy balancer://inline>
    BalancerMember http://@ORIGIN@ route=one
    BalancerMember http://@SECOND@ route=two
</Proxy>
"""
ASKED = [
    ("/cookie/x", "SESSION=abc.two"), ("/cookie/x", "SESSION=abc.two"), ("/cookie/x", "SESSION=abc.one"), ("/cookie/x", "SESSION=abc.three"), ("/cookie/x", "SESSION=abc"),
    ("/cookie/x", "SESSION=abc.none"),
    ("/cookie/x", "other=1; SESSION=x.y.two; z=3"), ("/cookie/x", "MYSESSION=abc.two"), ("/cookie/x", "session=abc.two"), ("/cookie/x?SESSION=abc.two", None),
    ("/cookie/x?a=1&SESSION=abc.three&b", None),
    ("/cookie/x;SESSION=abc.two", None), ("/cookie/x", 'SESSION="abc.two"'), ("/cookie/x", "SESSION=.two"), ("/cookie/x", "SESSION=two"),
    ("/cookie/x?SESSION=a.one", "SESSION=a.two"),
    ("/either/x;jsessionid=abc.two", None), ("/either/x;jsessionid=abc.two?x=1", None), ("/either/x;jsessionid=abc.one;z", None), ("/either/x", "JSESSIONID=abc.two"),
    ("/either/x?jsessionid=abc.two", None), ("/either/x", "jsessionid=abc.two"),
    ("/forced/x", "S=a.one"), ("/forced/x", "S=a.gone"), ("/forced/x", "S=a.gone"), ("/forced/x", None), ("/failing-over/x", "S=a.gone"), ("/failing-over/x", "S=a.gone"),
    ("/failing-over/x", None),
    ("/sent/x", None), ("/sent/x", "ROUTEID=.two"), ("/sent/x", "ROUTEID=.one"), ("/sent/x", "ROUTEID=.none"), ("/sent/x", None), ("/inline/x", "INLINE=a.two"),
    ("/inline/x", "INLINE=a.two"), ("/inline/x", None),
    ("/separated/x", "S=a/two"), ("/separated/x", "S=a/two"), ("/separated/x", "S=a.two"),
]
PATHS = """
<Proxy "balancer://paths">
    BalancerMember "http://@ORIGIN@/one"
    BalancerMember "http://@SECOND@/two/"
</Proxy>
ProxyPass /paths balancer://paths
ProxyPass /paths-slash/ balancer://paths/
ProxyPass /paths-deep/ balancer://paths/deep/
ProxyPassMatch ^/match/(.*)$ balancer://paths/$1
<Location /in>
    ProxyPass balancer://paths/in
</Location>
BalancerMember balancer://outside http://@ORIGIN@
BalancerMember balancer://outside http://@SECOND@ loadfactor=2
ProxySet balancer://outside lbmethod=byrequests
ProxyPass /outside/ balancer://outside/
ProxyPreserveHost On
<Proxy balancer://failing>
    BalancerMember http://@ORIGIN@ retry=60
    BalancerMember http://@SECOND@ retry=60
    ProxySet failonstatus=503,500
</Proxy>
ProxyPass /failing/ balancer://failing/
<Proxy balancer://empty>
</Proxy>
ProxyPass /empty/ balancer://empty/
ProxyPass /undefined/ balancer://undefined/
<Proxy balancer://once>
    BalancerMember http://@DEAD@ retry=60
    BalancerMember http://@SECOND@
    ProxySet maxattempts=0
</Proxy>
ProxyPass /once/ balancer://once/
"""


LONG = {
    "requests": ("ORIGIN loadfactor=7", "SECOND loadfactor=3", "THIRD"), "halves": ("ORIGIN loadfactor=2.5", "SECOND loadfactor=1.5", "THIRD loadfactor=1"),
    "bytes": ("ORIGIN", "SECOND loadfactor=2", "THIRD"), "busyness": ("ORIGIN", "SECOND loadfactor=2", "THIRD"), "half-dead": ("ORIGIN loadfactor=2", "DEAD retry=60", "THIRD"),
    "sets": ("DEAD lbset=0 retry=60", "SECOND lbset=0", "THIRD lbset=1", "ORIGIN lbset=1 loadfactor=5"),
}
METHODS = {"bytes": "ProxySet lbmethod=bytraffic", "busyness": "ProxySet lbmethod=bybusyness"}


MORE = """
<Proxy balancer://odd>
    BalancerMember "http://@ORIGIN@/a b"
    BalancerMember http://@SECOND@/c%20d
</Proxy>
ProxyPass /odd balancer://odd
ProxyPassMatch ^/expression/(.*)$ balancer://odd/$1
<Proxy http://@ORIGIN@/own/>
    ProxySet timeout=5 connectiontimeout=2
    ProxySet keepalive=On
</Proxy>
ProxyPass /own/ http://@ORIGIN@/own/
ProxyPass /set http://@SECOND@/set
ProxySet http://@SECOND@/set disablereuse=On
<Proxy balancer://limits>
    BalancerMember http://@DEAD@ retry=0
    BalancerMember http://@SECOND@ retry=0
    ProxySet lbmethod=bybusyness maxattempts=1 forcerecovery=Off
</Proxy>
ProxyPass /limits/ balancer://limits/
<Proxy balancer://strict>
    BalancerMember http://@ORIGIN@ route=a
    BalancerMember http://@SECOND@ route=b status=+N
    BalancerMember http://@THIRD@ route=c status=+H
    ProxySet stickysession=S|s scolonpathdelim=On
</Proxy>
ProxyPass /strict/ balancer://strict/
ProxyPass /upper/ BALANCER://Strict/
ProxyPass /late/ balancer://late/ lbmethod=bytraffic
<Proxy balancer://late>
    BalancerMember http://@ORIGIN@ loadfactor=1.01
    BalancerMember http://@SECOND@ loadfactor=99.9
    BalancerMember http://@THIRD@
</Proxy>
ProxyPass /closed/ balancer://closed/
<Proxy balancer://closed>
    BalancerMember http://@ORIGIN@ disablereuse=On
    BalancerMember http://@SECOND@ disablereuse=On
</Proxy>
<Proxy balancer://sockets>
    BalancerMember ws://@ORIGIN@
    BalancerMember http://@SECOND@ upgrade=websocket
</Proxy>
ProxyPass /sockets/ balancer://sockets/
<Proxy balancer://recovering>
    BalancerMember http://@ORIGIN@ retry=60
    BalancerMember http://@DEAD@ retry=60
    ProxySet failonstatus=500 forcerecovery=On
</Proxy>
ProxyPass /recovering/ balancer://recovering/
"""
MORE_PATHS = """
/odd/x /odd/x%20y?z /odd /expression/x%20y /own/ /own/x /set /set/x /limits/1 /limits/2 /limits/3 /strict/x?S=x.b /strict/x;s=x.b /strict/x;s=x.c;t /strict/x?s=x.a /strict/1 /strict/2
/upper/x?s=x.b /late/1 /late/2 /late/3 /late/4 /closed/1 /closed/2 /closed/3 /sockets/1 /sockets/2 /recovering/1 /recovering/2
""".split()


def more():
    """Members with paths, parameters of every kind, and the order of lines."""
    group = Group("balancers: more", site("site.test", MORE))
    for path in MORE_PATHS:
        group.get(path)
        group.get(path, fields=["Upgrade: websocket", "Connection: Upgrade"], note="asking for another protocol")
    group.get("/recovering/x", answers=answer("500 Broken"), note="fails")
    group.get("/recovering/x", note="recovers")
    for cookie in ("S=x.b", "S=x.c", "s=x.b", "S=x.none", "S=.b", "S=x.b; S=x.a"):
        group.get("/strict/x", fields=[f"Cookie: {cookie}"])
    return group


def groups():
    """Spread, then sessions, then ways to name a balancer."""
    return [spread(), long(), sessions(), ways(), more()]


def balancers(members, settings):
    """The groups of members, and the paths that lead to them."""
    lines = []
    for name, some in members.items():
        inside = [f"    BalancerMember http://@{member.replace(' ', '@ ', 1) if ' ' in member else member + '@'}" for member in some]
        lines += [f"<Proxy balancer://{name}>", *inside, f"    {settings.get(name, '')}", "</Proxy>", f"ProxyPass /{name}/ balancer://{name}/"]
    return "\n".join(lines)


def long():
    """Who takes each of many requests, whose bodies and answers differ in size."""
    group = Group("balancers: long", site("site.test", balancers(LONG, METHODS)))
    for name in LONG:
        for number in range(50):
            body = b"x" * (number * 37 % 900)
            group.send("POST", f"/{name}/{number}", body=body, answers=answer(body=b"y" * (number * number * 13 % 2000)))
    return group


def spread():
    """Who takes each of a row of requests."""
    group = Group("balancers: spread", site("site.test", balancers(MEMBERS, SETTINGS)))
    for name in MEMBERS:
        for number in range(12 if "loads" in name or "un" in name else 7):
            large = answer(body=b"x" * 5000) if name == "by-bytes" and number % 3 == 0 else answer()
            group.get(f"/{name}/{number}", answers=large)
    return group


def sessions():
    """stickysession: by cookie, by query, by path."""
    group = Group("balancers: sessions", site("site.test", STICKY))
    for number, (path, cookie) in enumerate(ASKED):
        group.get(path, fields=[f"Cookie: {cookie}"] if cookie else [], note=str(number))
    return group


def ways():
    """Where balancers stand, what paths become, and failonstatus."""
    group = Group("balancers: ways", site("site.test", PATHS))
    for path in ("/paths", "/paths/x", "/paths-slash/x", "/paths-slash/x?y=1", "/paths-deep/x", "/match/a%20b", "/in", "/in/x"):
        for number in range(2):
            group.get(path, note=str(number))
    for number in range(6):
        group.get("/outside/x", note=str(number))
    group.get("/failing/x", answers=answer("503 Busy"), note="first fails")
    for number in range(3):
        group.get("/failing/x", note=str(number))
    group.get("/failing/x", answers=answer("404 None"), note="not a failure")
    group.get("/failing/x", answers=answer("500 Broken"), note="second fails")
    for path in ("/failing/x", "/empty/x", "/undefined/x", "/once/x", "/once/x", "/once/x"):
        group.get(path, note="after")
    return group
