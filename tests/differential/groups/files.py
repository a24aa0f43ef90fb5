"""Files: root, alias, index, types, ranges, conditions, expires, add_header and the redirects of folders."""

from case import Group

CONFIG = """
types { text/html html htm; text/plain txt; application/javascript js; image/gif gif; }
default_type application/octet-stream;
server {
    listen @PORT@;
    server_name site.test www.site.test;
    root @ROOT@;
    location / { }
    location /alias/ { alias @ROOT@/static/; }
    location /alias-bare { alias @ROOT@/static; }
    location = /alias-file { alias @ROOT@/page.html; }
    location ~ ^/alias-regex/(.+)$ { alias @ROOT@/$1; }
    location /rooted/ { root @ROOT@/sub; }
    location /index/ { alias @ROOT@/; index none.html page.html; }
    location /index-absolute/ { alias @ROOT@/folder/; index none.html /page.html; }
    location /index-variable/ { alias @ROOT@/; index $arg_index index.html; }
    location /expires/ { alias @ROOT@/; expires 1h; add_header X-Added "for $uri"; }
    location /expires-epoch/ { alias @ROOT@/; expires epoch; }
    location /expires-off/ { alias @ROOT@/; expires off; add_header Cache-Control public; add_header X-Always 1 always; }
    location /expires-max/ { alias @ROOT@/; expires max; }
    location /expires-minus/ { alias @ROOT@/; expires -1; }
    location /typed/ { alias @ROOT@/; types { } default_type text/css; }
    location /no-etag/ { alias @ROOT@/; etag off; }
    location /since-before/ { alias @ROOT@/; if_modified_since before; }
    location /since-off/ { alias @ROOT@/; if_modified_since off; }
    location /few-ranges/ { alias @ROOT@/; max_ranges 1; }
    location /no-ranges/ { alias @ROOT@/; max_ranges 0; }
    location /relative/ { absolute_redirect off; alias @ROOT@/; }
    location /portless/ { port_in_redirect off; alias @ROOT@/; }
    location /named/ { server_name_in_redirect on; alias @ROOT@/; }
    location /return/200 { return 200 "text $request_method"; }
    location /return/typed { default_type text/html; return 200 "<p>$uri</p>"; }
    location /return/301 { return 301 /there?$args; }
    location /return/302 { return 302 http://out.test/$uri; }
    location /return/307 { return 307 //else.test/x; }
    location /return/308 { return 308 there; }
    location /return/204 { return 204; }
    location /return/444 { return 444; }
    location /return/400 { return 400; }
    location /return/401 { return 401 "who"; }
    location /return/503 { return 503 "later"; add_header Retry-After 5 always; add_header X-Never 1; }
    location /return/url { return https://out.test/u; }
    location /return/599 { return 599 "odd"; }
    location /return/empty { return 200; }
}
"""
URIS = """
/ /page.html /page.html?x=1 /none /index.html /folder /folder/ /folder/index.html /folder?x=1 /empty/ /empty /a%20file.txt
/a%20folder /a%20folder/ /unknown.xyz /UPPER.HTML /static/app.js /static/../page.html /static/%2e%2e/page.html /page.html/
/alias/ /alias/index.html /alias/app.js /alias /alias-bare/app.js /alias-bare /alias-barex /alias-file /alias-file/ /alias-regex/page.html
/alias-regex/folder /rooted/ /rooted/x /rooted/deep.txt /index/ /index-absolute/ /index-variable/?index=page.html /index-variable/
/expires/page.html /expires/none /expires-epoch/page.html /expires-off/page.html /expires-off/none /expires-max/page.html
/expires-minus/page.html /typed/page.html /no-etag/page.html /relative/folder /relative/folder?x=y /portless/folder /named/folder
/named/a%20folder?x /return/200 /return/typed /return/301 /return/301?a=b /return/302 /return/307 /return/308 /return/204
/return/444 /return/400 /return/401 /return/503 /return/url /return/599 /return/empty /empty.txt /secret
""".split()
SINCE, ETAG = "Mon, 03 Feb 2025 04:05:06 GMT", '"67a03f32-64"'
LATER, EARLIER = "Tue, 04 Feb 2025 04:05:06 GMT", "Sun, 02 Feb 2025 04:05:06 GMT"
CONDITIONS = [
    [f"If-Modified-Since: {SINCE}"], [f"If-Modified-Since: {LATER}"], [f"If-Modified-Since: {EARLIER}"], ["If-Modified-Since: junk"],
    [f"If-None-Match: {ETAG}"], ["If-None-Match: *"], ['If-None-Match: "x", W/"67a03f32-64"'], ['If-None-Match: "other"'],
    [f"If-None-Match: {ETAG}", f"If-Modified-Since: {EARLIER}"], ['If-None-Match: "other"', f"If-Modified-Since: {SINCE}"],
    [f"If-Unmodified-Since: {EARLIER}"], [f"If-Unmodified-Since: {SINCE}"], [f"If-Match: {ETAG}"], ['If-Match: "other"'], ["If-Match: *"],
    ["Range: bytes=0-9", f"If-Range: {SINCE}"], ["Range: bytes=0-9", f"If-Range: {LATER}"], ["Range: bytes=0-9", f"If-Range: {ETAG}"],
    ["Range: bytes=0-9", 'If-Range: "other"'], ["Range: bytes=0-9", 'If-Range: W/"67a03f32-64"'],
    ["Range: bytes=0-9", f"If-None-Match: {ETAG}"],
]
RANGES = """
bytes=0-0 bytes=0-9 bytes=10- bytes=-5 bytes=99- bytes=100- bytes=-0 bytes=-200 bytes=5-2 bytes=0-999 bytes=a-b bytes= bytes=0-9,20-29
bytes=0-9,-5 bytes=0-0,200- bytes=200-,300- items=0-9 bytes=0-99,0-99 bytes=0-99999999999999999999 bytes=0-9, BYTES=0-9 bytes=-
""".split() + ["bytes = 0-9", "bytes=0-9 , 5-6", "bytes= 0-9"]


def groups():
    """By URI, then one file under conditions and ranges."""
    group = Group("files", CONFIG)
    for uri in URIS:
        group.get(uri)
        group.send("HEAD", uri)
    for uri in ("/page.html", "/folder/", "/none", "/return/200", "/return/301"):
        for method in ("POST", "PUT", "OPTIONS", "DELETE", "FOO"):
            group.send(method, uri, body=b"x=1")
    group.get("/folder", host="www.site.test")
    group.get("/folder", host="WWW.Site.Test:1234")
    group.get("/folder", host=None, version="1.0")
    group.get("/named/folder", host="www.site.test")
    for condition in CONDITIONS:
        group.get("/page.html", fields=condition)
    for place in ("since-before", "since-off"):
        for condition in CONDITIONS[:4]:
            group.get(f"/{place}/page.html", fields=condition)
    for ranges in RANGES:
        group.get("/page.html", fields=[f"Range: {ranges}"])
        group.get("/empty.txt", fields=[f"Range: {ranges}"])
    for place in ("few-ranges", "no-ranges", "expires", "return/200"):
        group.get(f"/{place}/page.html", fields=["Range: bytes=0-9"])
        group.get(f"/{place}/page.html", fields=["Range: bytes=0-9,20-29"])
    return [group]
