"""Who may come in, by address, password, another place and limits; and what addresses, chances and referers are worth."""

import base64
import itertools

from case import Group, answer

CONFIG = """
geo $inside { default no; 127.0.0.0/8 yes; 127.0.0.2 two; 10.0.0.0/8 ten; }
geo $arg_ip $of_argument { default none; proxy 127.0.0.9; 192.0.2.0/24 doc; 2001:db8::/32 six; 192.0.2.7 seven; }
geo $arg_ip $ranged { ranges; default none; 10.0.0.0-10.0.0.9 low; 10.0.0.10-10.255.255.255 high; }
split_clients "$arg_key" $variant { 10% one; 33.3% two; * rest; }
map $arg_m $mapped { hostnames; default other; .site.test site; www.* www; one 1; "" none; }
map $arg_r $by_regex { default -; ~^(?<first>[a-z]+)-(\\d+)$ "$first:$2"; ~*^UP up; "~^a b" space; \\~x tilde; }
map $arg_z $passes { 0 0; "" ""; default 1; }
limit_req_zone $arg_limit zone=limited:1m rate=1r/m;
limit_conn_zone $arg_limit zone=counted:1m;
server {
    listen @PORT@;
    server_name site.test;
    root @ROOT@;
    add_header X-Geo "$inside|$of_argument|$ranged" always;
    add_header X-Maps "$variant|$mapped|$by_regex" always;
    add_header X-User "$remote_user|$remote_addr|$realip_remote_addr" always;
    location /allow/ { alias @ROOT@/static/; allow 127.0.0.1; deny all; }
    location /deny/ { alias @ROOT@/static/; deny 127.0.0.0/8; allow all; }
    location /later/ { alias @ROOT@/static/; deny 10.0.0.0/8; deny ::1; allow all; }
    location /unix/ { alias @ROOT@/static/; deny unix:; }
    location /basic/ { alias @ROOT@/static/; auth_basic "a $host"; auth_basic_user_file @ROOT@/users; }
    location /basic-off/ { alias @ROOT@/static/; auth_basic off; auth_basic_user_file @ROOT@/users; }
    location /any/ { alias @ROOT@/static/; satisfy any; deny all; auth_basic any; auth_basic_user_file @ROOT@/users; }
    location /any-in/ { alias @ROOT@/static/; satisfy any; allow 127.0.0.0/8; deny all; auth_basic any; auth_basic_user_file @ROOT@/users; }
    location /all/ { alias @ROOT@/static/; satisfy all; allow all; auth_basic all; auth_basic_user_file @ROOT@/users; }
    location /asked/ { alias @ROOT@/static/; auth_request /ask; auth_request_set $told $upstream_http_x_told; add_header X-Told $told always; }
    location = /ask { internal; proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_set_header X-Was $request_uri; proxy_pass http://@ORIGIN@/question; }
    location /asked-any/ { alias @ROOT@/static/; satisfy any; deny all; auth_request /ask; }
    location /except/ { alias @ROOT@/static/; limit_except GET { deny all; } }
    location /except-post/ { proxy_pass http://@ORIGIN@; limit_except POST { auth_basic other; auth_basic_user_file @ROOT@/users; } }
    location /limited/ { alias @ROOT@/static/; limit_req zone=limited; limit_req_status 429; }
    location /limited-dry/ { alias @ROOT@/static/; limit_req zone=limited; limit_req_dry_run on; add_header X-Limit $limit_req_status always; }
    location /counted/ { alias @ROOT@/static/; limit_conn counted 1; add_header X-Count $limit_conn_status always; }
    location /referers/ { alias @ROOT@/static/; valid_referers none blocked server_names *.good.test example.* ~\\.org$; add_header X-Bad "[$invalid_referer]" always; }
    location /link/ { alias @ROOT@/static/; secure_link $arg_md5,$arg_expires; secure_link_md5 "$secure_link_expires$uri secret"; add_header X-Link "[$secure_link|$secure_link_expires]" always; }
    location /word/ { secure_link_secret word; if ($secure_link = "") { return 403; } rewrite ^ /static/$secure_link; }
    location /real/ { alias @ROOT@/static/; set_real_ip_from 127.0.0.0/8; real_ip_header X-Real-IP; }
    location /forwarded/ { alias @ROOT@/static/; set_real_ip_from 127.0.0.0/8; set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For; real_ip_recursive on; allow 192.0.2.0/24; deny all; }
    location /pixel { empty_gif; }
    location /static/ { }
    error_page 403 /errors/404.html;
    error_page 429 =430 /errors/ok.html;
}
"""
PLACES = """allow deny later unix basic basic-off any any-in all except limited-dry counted referers link real forwarded""".split()
CREDENTIALS = [None, b"anna:secret", b"anna:wrong", b"nobody:secret", b"anna", b":secret", b"bob:b:c", b"anna:"]


def basic(credentials):
    """A field that says who asks."""
    return [b"Authorization: Basic " + base64.b64encode(credentials)] if credentials is not None else []


def groups():
    """Each place with what it looks at."""
    group = Group("guards", CONFIG)
    for place in PLACES:
        for method, file in itertools.product(("GET", "HEAD", "POST", "OPTIONS"), ("index.html", "none")):
            group.send(method, f"/{place}/{file}?limit=", body=b"body" if method == "POST" else b"")
    for place, credentials in itertools.product(("basic", "basic-off", "any", "any-in", "all", "except-post"), CREDENTIALS):
        group.get(f"/{place}/index.html", fields=basic(credentials))
    for value in (b"Basic", b"basic YW5uYTpzZWNyZXQ=", b"Basic  YW5uYTpzZWNyZXQ=", b"Basic YW5uYTpzZWNyZXQ", b"Bearer YW5uYQ==", b"Basic ?", b""):
        group.get("/basic/index.html", fields=[b"Authorization: " + value])
    for place in ("asked", "asked-any"):
        for status in ("200 OK", "204 No Content", "301 Moved", "401 Unauthorized", "403 Forbidden", "404 Not Found", "500 Oops"):
            fields = ["X-Told: yes", 'WWW-Authenticate: Basic realm="other"']
            for method in ("GET", "POST", "HEAD"):
                group.send(method, f"/{place}/index.html?a=b", body=b"posted" if method == "POST" else b"", answers=answer(status, fields, b"" if status[:3] == "204" else b"x", length=status[:3] != "204"), note=status)
    for key in ("", "a", "b"):
        for _ in range(3):
            group.get(f"/limited/index.html?limit={key}")
    for referer in ("", "http://site.test/", "http://a.good.test/x", "https://good.test", "http://example.com/", "http://example", "http://x.org", "http://x.org/", "evil", "http://bad.test/site.test", "ftp://a.good.test", "HTTP://A.GOOD.TEST/", "-"):
        group.get("/referers/index.html", fields=[f"Referer: {referer}"])
    for address in ("192.0.2.1", "192.0.2.7", "2001:db8::1", "10.0.0.5", "10.0.0.10", "10.200.0.1", "11.0.0.0", "nonsense", "", "192.0.2.1:80", "::ffff:192.0.2.9"):
        group.get(f"/static/index.html?ip={address}")
        for place in ("real", "forwarded"):
            group.get(f"/{place}/index.html", fields=[f"X-Real-IP: {address}", f"X-Forwarded-For: {address}"])
    for chain in ("192.0.2.1, 10.0.0.1", "192.0.2.1,10.0.0.1 , 127.0.0.1", "10.0.0.1, 192.0.2.1", "1.2.3.4, x, 10.0.0.1", "[2001:db8::1]:80, 10.0.0.1", "192.0.2.1 10.0.0.1", ",", "10.0.0.1, 10.0.0.2"):
        group.get("/forwarded/index.html", fields=[f"X-Forwarded-For: {chain}"])
    for key in ("", "a", "b", "c", "key", "a+longer+key", "%00", "1", "2", "3", "4", "5", "6", "7"):
        group.get(f"/static/index.html?key={key}")
    for name in ("site.test", "a.site.test", "www.other", "WWW.x", "one", "ONE", "two", "", "a-12", "ab-1x", "upper", "UPper", "a b", "~x", "site.test."):
        group.get(f"/static/index.html?m={name}&r={name}".replace(" ", "+"))
    for link in ("md5=x&expires=2147483647", "md5=AAAAAAAAAAAAAAAAAAAAAA&expires=1", "expires=2147483647", "md5=dGVzdA", "md5=&expires="):
        group.get(f"/link/index.html?{link}")
    for word in ("", "x", "5a105e8b9d40e1329780d62ea2265d8a/index.html", "a/index.html", "fbd1ee6f4ca6a9c9eef92aba8b0d9b3d/index.html"):
        group.get(f"/word/{word}")
    for method in ("GET", "HEAD", "POST"):
        group.send(method, "/pixel", body=b"x" if method == "POST" else b"")
    return [group]
