"""ProxyPass in all its places: order, slashes, exclusions, in sections, with patterns."""

from case import ORDINARY, Group

from .site import site, sites

SLASHES = [
    ("/", "http://@ORIGIN@/"), ("/", "http://@ORIGIN@"), ("/app", "http://@ORIGIN@/app"), ("/app", "http://@ORIGIN@/app/"), ("/app/", "http://@ORIGIN@/app"),
    ("/app/", "http://@ORIGIN@/"), ("/app", "http://@ORIGIN@"), ("/app", "http://@ORIGIN@/"), ("/app/", "http://@ORIGIN@/deep/er/"), ("/app/x", "http://@ORIGIN@/y"),
]
PATHS = [
    "/", "/app", "/app/", "/app/x", "/apple", "/app?q=1", "/app/x?q=a%20b&r=/", "/app//x", "//app/x", "/app/../app/x", "/app/./x", "/app/a%2Fb", "/app/a%20b",
    "/app/%7Euser", b"/app/\xc3\xa9", "/app/%C3%A9", "/app/a;b=c", "/app/a%3Fb", "/app/%41?%41", "/app/x%25", "/app/a+b", "/app/%zz", "/APP/x", "/app/x?", "/app/x?a?b",
    "/app/x%23y", "/app/[x]", "/app/x'(y)", "/app/x%5Cy", "/app/x%0Ay", "/app/x%00y", "/app/..%2f", "/%61pp/x", "/app/%2e%2e/x", "/app/a:b@c&d=e$f,g!h*i",
]
ORDER = """
ProxyPass /app/static !
ProxyPass /app/deep http://@SECOND@/deep
ProxyPass /app http://@ORIGIN@/app
ProxyPass /app/late http://@SECOND@/late
ProxyPass /other http://@ORIGIN@/other
ProxyPass /other/img !
ProxyPass /docs !
ProxyPass "/quoted path" "http://@ORIGIN@/q"
ProxyPass /keep http://@ORIGIN@/keep nocanon
ProxyPass /timed http://@ORIGIN@/timed retry=0 timeout=5 connectiontimeout=2 keepalive=On max=10 disablereuse=Off
ProxyPass /key http://@ORIGIN@/key connectiontimeout=300ms acquire=3000 ttl=10 smax=2 enablereuse=on flushpackets=auto
ProxyPass /status.d http://@ORIGIN@/status
"""
ORDER_PATHS = """
/app/static /app/static/x /app/statics /app/deep /app/deep/x /app/deeper /app /app/ /app/x /app/late/x /other /other/img /other/img/a.gif /docs /docs/ /docs/guide.txt /quoted%20path/x
/keep/a%20b /keep/a%2Fb /keep/a%7Eb?x=%20 /keep//a /keep/../app/x /timed/1 /key/1 /status.d/x /statusXd/x /none
""".split()
MATCH = [
    "ProxyPassMatch ^/m/(.*\\.gif)$ http://@ORIGIN@/$1",
    'ProxyPassMatch "^/(\\d+)/(\\w+)$" "http://@ORIGIN@/$2?id=$1"',
    "ProxyPassMatch ^/m http://@ORIGIN@",
    "ProxyPassMatch ^/m http://@ORIGIN@/fixed",
    "ProxyPassMatch ^/m/.*\\.txt$ !\nProxyPassMatch ^/m/(.*) http://@SECOND@/n/$1\nProxyPass / http://@ORIGIN@/",
    "ProxyPassMatch /m/ http://@ORIGIN@/any",
    "ProxyPassMatch ^(/.*)$ http://@ORIGIN@$1",
    "ProxyPassMatch (?i)^/M/(.*)$ http://@ORIGIN@/low/$1",
    "ProxyPassMatch ^/m/(a)?(.*)$ http://@ORIGIN@/[$1]$2",
    "ProxyPassMatch ^/m/(.*)$ http://@ORIGIN@/$0/$9/\\$1",
]
MATCH_PATHS = ["/m", "/m/a.gif", "/m/a.gif?x=1", "/m/a.txt", "/m/a%20b.gif", "/x/m/a.gif", "/12/ab", "/12/ab?x=1", "/M/a.gif", "/m/a%3Fb.gif", "/m/a%25b.gif", "/m/sub/b.gif",
    "/m%2Fa.gif"]
TARGETS = [
    "ProxyPass /a http://@ORIGIN@/b%20c", 'ProxyPass /a "http://@ORIGIN@/b c"', "ProxyPass /a http://@ORIGIN@/b?x=1", "ProxyPass /a http://@ORIGIN@/b?x=",
    "ProxyPass /a http://@ORIGIN@/b;c=[d]", "ProxyPass /a http://@ORIGIN@/b#c", "ProxyPass /a http://@ORIGIN@/\xe9",
    "ProxyPass /a http://@ORIGIN@/b nocanon", "ProxyPass /a/ http://@ORIGIN@/b/ nocanon", "ProxyPass / http://@ORIGIN@/ nocanon",
    "ProxyPass ~ ^/a/(.*)$ http://@ORIGIN@/b/$1", "ProxyPassMatch ^/a/(.*)$ http://@ORIGIN@/b/$1 nocanon",
    "ProxyPassMatch ^/a/(.*)$ http://@ORIGIN@/b%20c/$1", "ProxyPassMatch ^/a/?(.*)$ http://@ORIGIN@$1",
    "ProxyPassMatch ^/a/(.*)$ http://@ORIGIN@/b/$1 retry=0 timeout=3", "ProxyPass /a http://@ORIGIN@/b disablereuse=on",
    "ProxyPass /a http://@ORIGIN@/b noquery", "ProxyPassMatch ^/a http://@ORIGIN@/b noquery", "ProxyPass /a http://@ORIGIN@/b keepalive=off ping=1",
    "ProxyPass /b http://@ORIGIN@/b disablereuse=on\nProxyPassMatch ^/a(.*)$ http://@ORIGIN@/b$1", "ProxyPassMatch ^/a(.*)$ balancer://it$1\nBalancerMember balancer://it http://@ORIGIN@/m",
    "AllowEncodedSlashes On\nProxyPass /a http://@ORIGIN@/b", "AllowEncodedSlashes NoDecode\nProxyPass /a http://@ORIGIN@/b", "AllowEncodedSlashes NoDecode\nProxyPass /a http://@ORIGIN@/b nocanon",
    "MergeSlashes Off\nProxyPass /a http://@ORIGIN@/b",
]
TARGET_PATHS = ["/a", "/a?", "/a/x%20y?z=%20", "/a/%7Ex//y", "//a/x", "/a/x/../y?", "/%61/x", "/a/x%2Fy%2fz"]
SECTIONS = """
ProxyPass /server http://@ORIGIN@/server
ProxyPass /both http://@ORIGIN@/from-server
<Location /loc/>
    ProxyPass http://@ORIGIN@/l/
</Location>
<Location /loc/not/>
    ProxyPass !
</Location>
<Location /bare>
    ProxyPass http://@ORIGIN@/b
</Location>
<Location /both>
    ProxyPass http://@SECOND@/from-location
</Location>
<Location "/server/in">
    ProxyPass "http://@SECOND@/in"
</Location>
<LocationMatch "^/lm/(?<user>[a-z]+)/">
    ProxyPassMatch http://@ORIGIN@/user/$1
</LocationMatch>
<LocationMatch ^/lp/>
    ProxyPass http://@ORIGIN@/lp
</LocationMatch>
<Location ~ ^/tilde/(.*)$>
    ProxyPassMatch http://@ORIGIN@/t/$1
</Location>
<Location /server/not>
    ProxyPass !
</Location>
<Proxy http://@ORIGIN@/server/*>
    RequestHeader set X-Proxy-Section star
</Proxy>
<Proxy http://@ORIGIN@/b>
    RequestHeader set X-Proxy-Section b
</Proxy>
<ProxyMatch "^http://[^/]*/l/">
    RequestHeader set X-Proxy-Section match
    Header set X-Answer-Section match
</ProxyMatch>
<Proxy *>
    RequestHeader append X-Any any
</Proxy>
"""
SECTION_PATHS = """
/server /server/x /server/in /server/in/x /server/not /server/not/x /both /both/x /loc /loc/ /loc/x /loc/x?y=1 /loc/not/ /loc/not/x /bare /bare/ /bare/x /barely
/lm/ana/x /lm/ana/x?y /lm/ANA/x /lm/ /lp/ /lp/x /tilde/x /tilde/a%20b?c /loc//x /loc/a%20b
""".split()
TUNNELS = """
ProxyPass /ws ws://@ORIGIN@/ws
ProxyPass /upgrading http://@ORIGIN@/upgrading upgrade=websocket
ProxyPass /any http://@ORIGIN@/any upgrade=ANY
ProxyPass /plain http://@ORIGIN@/plain
"""
SWITCHED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n"
INHERITED = "ProxyPass /global http://@ORIGIN@/global\nProxyPass /shared http://@ORIGIN@/from-main\nProxyPass /except http://@ORIGIN@/except\n"

UNKNOWN = """
<Proxy balancer://unknown>
    BalancerMember http://one.invalid:8080
    BalancerMember http://two.invalid:8080
</Proxy>
<Proxy balancer://mixed>
    BalancerMember http://three.invalid:8080
    BalancerMember http://@ORIGIN@
</Proxy>
<Proxy balancer://standby>
    BalancerMember http://four.invalid:8080
    BalancerMember http://@ORIGIN@ status=+H
</Proxy>
<Proxy balancer://disabled>
    BalancerMember http://five.invalid:8080 status=+D
    BalancerMember http://@DEAD@ retry=0
</Proxy>
RewriteEngine On
RewriteRule ^/rewritten/(.*) http://six.invalid/$1 [P]
RewriteRule ^/spread/(.*) balancer://unknown/$1 [P]
ProxyPass /plain/ http://seven.invalid:8080/
ProxyPass /retry/ http://seven.invalid:8081/ retry=0
ProxyPassMatch ^/match/(.*) http://eight.invalid:8080/$1
ProxyPass /unknown/ balancer://unknown/
ProxyPass /mixed/ balancer://mixed/
ProxyPass /standby/ balancer://standby/
ProxyPass /disabled/ balancer://disabled/
<Location /text/>
    ProxyPass http://nine.invalid:8080/
    ErrorDocument 500 "a text of one's own"
</Location>
<Location /file/>
    ProxyPass http://nine.invalid:8080/
    ErrorDocument 500 /errors/50x.html
</Location>
<Location /away/>
    ProxyPass http://nine.invalid:8080/
    ErrorDocument 500 http://example.com/away
</Location>
<Location /overridden/>
    ProxyPass http://nine.invalid:8080/
    ProxyErrorOverride On
    ErrorDocument 500 "overridden"
</Location>
ProxyPass /known/ http://@ORIGIN@/
DocumentRoot @ROOT@
"""
UNKNOWN_PLACES = "plain retry match rewritten spread unknown disabled text file away overridden known".split()


def groups():
    """A host for each way."""
    slashes = Group("proxy: slashes", sites(*(f"ProxyPass {path} {target}" for path, target in SLASHES)))
    for number in range(len(SLASHES)):
        for path in PATHS:
            slashes.get(path, host=f"s{number}.test")
    targets = Group("proxy: targets", sites(*TARGETS))
    for number in range(len(TARGETS)):
        for path in TARGET_PATHS:
            targets.get(path, host=f"s{number}.test")
    return [slashes, order(), match(), targets, sections(), inherited(), tunnels(), unknown()]


def order():
    """The first that matches is taken, in the order of the file."""
    group = Group("proxy: order", site("order.test", "DocumentRoot @ROOT@", ORDER))
    for path in ORDER_PATHS:
        group.get(path, host="order.test")
    return group


def match():
    """ProxyPassMatch: what is captured, what is appended."""
    group = Group("proxy: patterns", sites(*MATCH))
    for number in range(len(MATCH)):
        for path in MATCH_PATHS:
            group.get(path, host=f"s{number}.test")
    return group


def sections():
    """ProxyPass within <Location> and <LocationMatch>, and what <Proxy> adds."""
    group = Group("proxy: sections", site("sections.test", SECTIONS))
    for path in SECTION_PATHS:
        group.get(path, host="sections.test")
    return group


def inherited():
    """What the main server says holds in virtual hosts, after what they say."""
    config = INHERITED + site("child.test", "ProxyPass /shared http://@SECOND@/from-host\nProxyPass /except !") + site("bare.test", "")
    group = Group("proxy: inherited", config + site("own.test", "ProxyPass / http://@SECOND@/own/"))
    for host in ("child.test", "bare.test", "own.test"):
        for path in ("/global/x", "/shared/x", "/except/x", "/else"):
            group.get(path, host=host)
    return group


def tunnels():
    """Requests to switch to another protocol."""
    group = Group("proxy: tunnels", site("site.test", TUNNELS))
    asked = [["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: x", "Sec-WebSocket-Version: 13"], ["Upgrade: WebSocket", "Connection: keep-alive, upgrade"],
        ["Upgrade: other", "Connection: Upgrade"], ["Upgrade: websocket"], []]
    for place in ("ws", "upgrading", "any", "plain"):
        for fields in asked:
            group.get(f"/{place}/x", fields=fields, answers=SWITCHED if fields and place != "plain" and len(fields) > 1 else ORDINARY)
            group.get(f"/{place}/x", fields=fields, note="not switched")
    return group


def unknown():
    """Names of servers that nobody knows."""
    group = Group("proxy: unknown names", site("site.test", UNKNOWN))
    for place in UNKNOWN_PLACES:
        group.get(f"/{place}/x")
        group.get(f"/{place}/x", note="again")
        group.send("POST", f"/{place}/x", body=b"body")
        group.send("HEAD", f"/{place}/x")
    for place in ("mixed", "standby"):
        for number in range(3):
            group.get(f"/{place}/{number}")
    return group
