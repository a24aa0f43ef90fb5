"""Header fields: set, hidden, passed, redirected, cookies, hop-by-hop, in both directions."""

from case import Group, answer

CONFIG = """
underscores_in_headers off;
server {
    listen @PORT@;
    server_name site.test;
    proxy_set_header X-Server server;
    add_header X-Added server;
    location / { proxy_pass http://@ORIGIN@; }
    location /set/ {
        proxy_set_header Host $host:$server_port;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Empty "";
        proxy_set_header X-Absent $http_x_absent;
        proxy_set_header User-Agent "agent of $http_user_agent";
        proxy_set_header Cookie $cookie_keep;
        proxy_set_header accept-encoding "";
        proxy_set_header X-Twice one;
        proxy_set_header X-Long "$request_method $request_uri $server_protocol $args";
        proxy_pass http://@ORIGIN@;
    }
    location /upgrade/ {
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_set_header Host $host;
        proxy_pass http://@ORIGIN@;
    }
    location /connection/ { proxy_http_version 1.1; proxy_set_header Connection $http_connection; proxy_pass http://@ORIGIN@; }
    location /host-header/ { proxy_set_header Host $http_host; proxy_pass http://@ORIGIN@; }
    location /host-fixed/ { proxy_set_header Host fixed.test; proxy_pass http://@ORIGIN@; }
    location /host-empty/ { proxy_http_version 1.0; proxy_set_header Host ""; proxy_pass http://@ORIGIN@; }
    location /hide/ { proxy_hide_header X-Origin; proxy_hide_header content-language; proxy_hide_header Set-Cookie; proxy_pass http://@ORIGIN@; }
    location /pass/ { proxy_pass_header Server; proxy_pass_header Date; proxy_pass_header X-Accel-Expires; proxy_pass http://@ORIGIN@; }
    location /ignore/ { proxy_ignore_headers X-Accel-Redirect X-Accel-Limit-Rate X-Accel-Charset X-Accel-Buffering; proxy_pass http://@ORIGIN@; }
    location /added/ { add_header X-Added location; add_header X-Status "$status $upstream_status" always; add_header X-Up $upstream_http_x_origin; proxy_pass http://@ORIGIN@; }
    location /expires/ { expires 10m; proxy_pass http://@ORIGIN@; }
    location /redirect/ { proxy_pass http://@ORIGIN@/inner/; }
    location /redirect-off/ { proxy_redirect off; proxy_pass http://@ORIGIN@/inner/; }
    location /redirect-rules/ {
        proxy_pass http://@ORIGIN@/inner/;
        proxy_redirect http://origin.test/a/ /first/;
        proxy_redirect ~^http://([^:/]+):(\\d+)/(.*)$ http://$1.out/$3?port=$2;
        proxy_redirect ~*^HTTPS://secure/ /lowered/;
        proxy_redirect default;
        proxy_redirect / /rooted/;
    }
    location /redirect-variable/ { proxy_redirect http://$host/ /same/; proxy_redirect ~^/v/(?<rest>.*) /w/$rest; proxy_pass http://@ORIGIN@$request_uri; }
    location /cookies/ {
        proxy_cookie_domain origin.test site.test;
        proxy_cookie_domain ~\\.(?<sl>[a-z]+)\\.org$ $sl.com;
        proxy_cookie_path /inner/ /cookies/;
        proxy_cookie_path ~*^/UP(.*)$ /down$1;
        proxy_cookie_flags one secure samesite=lax;
        proxy_cookie_flags ~^two nohttponly nosecure;
        proxy_pass http://@ORIGIN@;
    }
    location /accel/ { proxy_pass http://@ORIGIN@; }
    location /kept/ { proxy_pass http://@ORIGIN@; }
    location /internal/ { internal; root @ROOT@; }
    location /internal-pass/ { internal; proxy_set_header X-Uri $uri; proxy_pass http://@ORIGIN@; }
    location @named { return 200 "named $uri"; }
}
"""
REQUEST = [
    ["Connection: close"], ["Connection: keep-alive"], ["Connection: close, X-One", "X-One: 1"], ["Connection: x-one, X-Two", "X-One: 1", "X-Two: 2", "X-Three: 3"],
    ["Keep-Alive: timeout=5", "Connection: keep-alive"], ["TE: trailers", "Connection: TE"], ["Proxy-Connection: keep-alive"], ["Upgrade: websocket", "Connection: Upgrade"],
    ["Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: x"], ["Proxy-Authorization: Basic x"], ["Trailer: X-T"], ["Cookie: keep=1; drop=2"],
    ["Cookie: a=1", "Cookie: keep=2"], ["X-Forwarded-For: 1.2.3.4"], ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: 5.6.7.8, 9.9.9.9"], ["X-Real-IP: 6.6.6.6"],
    ["User-Agent: me", "Accept-Encoding: gzip", "X-Twice: client"], ["X-Empty: value", "X-Absent: here"], ["Under_score: 1", "Good-One: 2"], ["X-Spaces:   around   "],
    ["X-Empty-Value:"], ["x-lower: 1", "X-UPPER: 2", "X-Lower: 3"], ["Authorization: Bearer t", "Range: bytes=0-1", "If-None-Match: *"], ["X-Dot.Name: 1"], ["X-Star*: 1"],
    ["Accept: a", "Accept: b"], ["Content-Type: text/x"], ["Content-Length: 0"], ["Expect: 100-continue"], ["Date: x", "Server: y"], [b"X-Bytes: caf\xc3\xa9"], [b"X-Bytes: \xff\xfe"],
    ["Host: second.test"],
]
LOCATIONS = """http://@O@/inner/x http://@O@/inner/ http://@O@/other /inner/x /other inner http://origin.test/a/b http://else.test:81/x?y HTTPS://Secure/x
http://site.test/z /v/w http://@O@/inner/?a=b //else.test/x http://@O@/redirect-variable/x""".split()
COOKIES = ["one=1; Domain=origin.test; Path=/inner/x", "one=1; domain=.a.example.org; path=/UPPER", "two=2; HttpOnly; Secure; SameSite=Strict", "two", "three=3; Path=/inner",
           "one=1; Secure", "four=4; DOMAIN = origin.test ; PATH=/up/x; Max-Age=5", "=x; Path=/inner/", "one=a;Path=/inner/;Domain=xorigin.test"]
RESPONSE = [
    ["X-Origin: one", "X-Origin: two", "Content-Language: en"], ["Set-Cookie: a=1", "Set-Cookie: b=2"], ["Server: origin/1", "Date: Thu, 01 Jan 1970 00:00:00 GMT"],
    ["Connection: X-Hop", "X-Hop: 1"], ["Keep-Alive: timeout=1"], ["Proxy-Authenticate: x"], ["Upgrade: h2c"], ["Trailer: X-T"], ["Expires: 0", "Cache-Control: no-cache"],
    ["Cache-Control: a", "Cache-Control: b"], ["ETag: \"x\"", "Accept-Ranges: bytes"], ["Last-Modified: Mon, 03 Feb 2025 04:05:06 GMT"], ["Content-Type: text/html; charset=utf-8"],
    ["Vary: a", "Vary: b"], ["Link: </x>; rel=preload", "Link: </y>"], ["X-Empty:"], ["x-lower: 1"], ["Refresh: 5; url=http://@O@/inner/x"], ["Content-Encoding: gzip"],
    ["X-Accel-Expires: 10", "X-Accel-Buffering: no", "X-Accel-Limit-Rate: 100000", "X-Accel-Charset: utf-8"], ["Status: 404"], ["X-Pad: 1"], ["WWW-Authenticate: Basic", "WWW-Authenticate: Bearer"],
    ["P3P: x", "Age: 5", "Via: 1.1 x", "Warning: 1"], ["Content-Disposition: attachment"],
]


def groups():
    """Request fields at every place that treats them, response fields likewise."""
    group = Group("request fields", CONFIG)
    for fields in REQUEST:
        for place in ("", "set/", "upgrade/", "connection/", "host-header/"):
            group.get(f"/{place}x", fields=fields)
    for place in ("host-fixed", "host-empty", "host-header"):
        group.get(f"/{place}/", host="site.test:81")
        group.get(f"/{place}/", host="Site.TEST")
    back = Group("response fields", CONFIG)
    for fields in RESPONSE:
        for place in ("", "hide/", "pass/", "ignore/", "added/", "expires/"):
            back.get(f"/{place}x", answers=answer(fields=placed(fields)), note=fields[0])
    return [group, back, *rewritten(), accelerated()]


def rewritten():
    """Location, Refresh and Set-Cookie."""
    moved = Group("redirects and cookies", CONFIG)
    for place in ("redirect", "redirect-off", "redirect-rules", "redirect-variable"):
        for location in placed(LOCATIONS):
            moved.get(f"/{place}/x", answers=answer("302 Found", [f"Location: {location}"]))
        moved.get(f"/{place}/x", answers=answer(fields=placed(["Refresh: 5; url=http://@O@/inner/x"])))
        moved.get(f"/{place}/x", answers=answer("201 Created", placed(["Location: http://@O@/inner/new"])))
    for cookie in COOKIES:
        moved.get("/cookies/x", answers=answer(fields=[f"Set-Cookie: {cookie}"]))
        moved.get("/kept/x", answers=answer(fields=[f"Set-Cookie: {cookie}"]))
    moved.get("/cookies/x", answers=answer(fields=[f"Set-Cookie: {cookie}" for cookie in COOKIES]))
    return [moved]


def accelerated():
    """X-Accel-Redirect to a file, to another origin's URI, to a named location."""
    group = Group("X-Accel-Redirect", CONFIG)
    good = answer(body=b"second answer")
    for target in ("/internal/page.html", "/internal/none", "/internal-pass/a%20b?c=d", "/internal-pass/a b", "@named", "@absent", "relative", "/internal/../page.html", ""):
        fields = [f"X-Accel-Redirect: {target}", "Content-Type: text/x", "Set-Cookie: a=1", "Cache-Control: private", "Content-Disposition: inline", "X-Lost: 1"]
        for method in ("GET", "HEAD", "POST"):
            group.send(method, "/accel/x?y=1", answers=(answer(fields=fields), good))
        group.get("/ignore/x", answers=(answer(fields=fields), good))
    return group


def placed(texts):
    """@O@ is the origin as the proxy names it; it is given its port when the case is sent."""
    return [text.replace("@O@", "@ORIGIN@") for text in texts]
