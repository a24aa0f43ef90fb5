"""Groups of servers: order, weights, failures, what goes to the next peer and what does not."""

from case import Group, answer

CONFIG = """
upstream both { server @ORIGIN@; server @SECOND@; }
upstream weighted { server @ORIGIN@ weight=3; server @SECOND@; }
upstream dead_first { server @DEAD@ max_fails=0; server @SECOND@ max_fails=0; }
upstream backed { server @DEAD@ max_fails=0; server @SECOND@ backup; }
upstream downed { server @ORIGIN@ down; server @SECOND@; }
upstream all_dead { server @DEAD@ max_fails=0; }
upstream failing { server @ORIGIN@ max_fails=0; server @SECOND@ max_fails=0; }
upstream kept { server @ORIGIN@; keepalive 4; }
server {
    listen @PORT@;
    server_name site.test;
    add_header X-Upstream "$upstream_status" always;
    location /both/ { proxy_pass http://both; }
    location /weighted/ { proxy_pass http://weighted; }
    location /dead-first/ { proxy_pass http://dead_first/d/; }
    location /backed/ { proxy_pass http://backed; }
    location /downed/ { proxy_pass http://downed; }
    location /all-dead/ { proxy_pass http://all_dead; }
    location /next/ { proxy_next_upstream error timeout http_500 http_503 http_404 invalid_header; proxy_pass http://failing; }
    location /next-any/ { proxy_next_upstream error http_503 non_idempotent; proxy_pass http://failing; }
    location /next-off/ { proxy_next_upstream off; proxy_pass http://failing; }
    location /next-once/ { proxy_next_upstream http_503; proxy_next_upstream_tries 1; proxy_pass http://failing; }
    location /next-default/ { proxy_pass http://failing; }
    location /kept/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://kept; }
    location /error-page/ { error_page 502 = /both/fallback; proxy_pass http://all_dead; }
}
"""


def groups():
    """Balancing first, on fresh groups; then failures."""
    group = Group("upstream groups", CONFIG)
    for n in range(6):
        group.get(f"/both/{n}")
    for n in range(9):
        group.get(f"/weighted/{n}")
    for place in ("dead-first", "backed", "downed", "all-dead", "kept", "error-page"):
        for method in ("GET", "GET", "POST", "HEAD"):
            group.send(method, f"/{place}/x?y", body=b"posted" if method == "POST" else b"")
    failures(group)
    return [group]


def failures(group):
    """The first peer fails in each way, for methods that may be repeated and for one that may not."""
    good = answer(body=b"from the next")
    firsts = [answer(f"{status} Bad", body=b"bad") for status in (500, 502, 503, 504, 404, 403, 429)]
    firsts += [None, b"HTTP/1.1 200 OK\r\nX Y: 1\r\n\r\n"]
    for place in ("next", "next-any", "next-off", "next-once", "next-default"):
        for number, first in enumerate(firsts):
            for method in ("GET", "POST", "PUT"):
                group.send(method, f"/{place}/{number}", body=b"" if method == "GET" else b"kept body", answers=(first, good))
        group.get(f"/{place}/both-bad", answers=(answer("503 One", body=b"one"), answer("503 Two", body=b"two")))
