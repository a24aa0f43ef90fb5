"""error_page, named locations, try_files and intercepted upstream errors."""

from case import Group, answer

CONFIG = """
server {
    listen @PORT@;
    server_name site.test;
    root @ROOT@;
    error_page 404 /errors/404.html;
    error_page 500 502 503 504 /errors/50x.html;
    error_page 405 =200 /errors/ok.html;
    error_page 410 =301 http://gone.test/$uri;
    error_page 403 @forbidden;
    location /errors/ { internal; }
    location @forbidden { return 403 "no entry to $uri\\n"; }
    location @fallback { proxy_pass http://@ORIGIN@; }
    location @fallback-uri { proxy_set_header X-Was $uri; proxy_pass http://@ORIGIN@; }
    location = /return-404 { return 404; }
    location = /return-403 { return 403; }
    location = /return-405 { return 405; }
    location = /return-410 { return 410; }
    location = /return-500 { return 500; }
    location /pass/ { proxy_pass http://@ORIGIN@; }
    location /intercept/ { proxy_intercept_errors on; proxy_pass http://@ORIGIN@; }
    location /own/ { error_page 404 = @fallback; root @ROOT@/nothing; }
    location /own-code/ { error_page 404 =404 @fallback; root @ROOT@/nothing; }
    location /own-502/ { error_page 502 =503 /errors/50x.html; proxy_pass http://@DEAD@; }
    location /dead/ { proxy_pass http://@DEAD@; }
    location /fallback-dead/ { error_page 502 504 = @fallback-uri; proxy_pass http://@DEAD@; }
    location /intercept-named/ { proxy_intercept_errors on; error_page 404 500 = @fallback-uri; proxy_pass http://@ORIGIN@; }
    location /intercept-uri/ { proxy_intercept_errors on; error_page 404 =201 /pass/replaced?y=1; proxy_pass http://@ORIGIN@; }
    location /recursive/ {
        recursive_error_pages on; proxy_intercept_errors on;
        error_page 404 = /recursive-2/; proxy_pass http://@ORIGIN@;
    }
    location /recursive-2/ { proxy_intercept_errors on; error_page 500 = @fallback; proxy_pass http://@ORIGIN@/second/; }
    location /try/ { try_files $uri $uri/ /static/index.html; }
    location /try-named/ { try_files $uri $uri/index.html @fallback; }
    location /try-code/ { try_files $uri =410; }
    location /try-404/ { try_files $uri $uri/ =404; }
    location /try-uri/ { try_files $uri /pass/index.php?q=$uri&$args; }
    location /try-proxy/ { try_files /none /none2 @fallback-uri; }
    location /static/ { try_files $uri @fallback; }
    location /alias/ { alias @ROOT@/static/; try_files $uri @fallback; }
    location / { try_files $uri $uri/ /pass$uri?$args; }
}
"""
URIS = """
/return-404 /return-403 /return-405 /return-410 /return-500 /own/x /own/a%20b?c=d /own-code/x /own-502/x /dead/x /dead/x?y
/fallback-dead/a%20b?c=d /errors/404.html /errors/ /try/page.html /try/ /try/none /try/folder /try/folder/ /try-named/x
/try-named/page.html /try-named/folder /try-named/a%20b?c=d /try-code/x /try-code/page.html /try-404/x /try-404/folder/
/try-404/folder /try-uri/x /try-uri/page.html /try-uri/a%20b?c=d /try-uri/%2F /try-proxy/x /try-proxy/a%2Fb?c /static/index.html
/static/none?a /static/ /static /alias/index.html /alias/none /alias/ / /page.html /none /none?x=1 /folder /folder/ /a%20file.txt
/none%20x /%C3%A9 /static/../page.html
""".split()
PLACES = ["pass", "intercept", "intercept-named", "intercept-uri", "recursive"]


def groups():
    """By URI, then by what the origin answers."""
    group = Group("error pages and fallbacks", CONFIG)
    for uri in URIS:
        group.get(uri)
    for uri in ("/return-404", "/own/x", "/try-named/x", "/dead/x", "/try/none"):
        group.send("HEAD", uri)
        group.send("POST", uri, body=b"posted")
    good = answer(body=b"good")
    for place in PLACES:
        for status in ("404 Not Found", "500 Internal Server Error", "403 Forbidden", "405 Method Not Allowed", "418 Teapot"):
            bad = answer(status, ["Content-Type: text/plain", "X-Bad: yes"], b"bad")
            group.get(f"/{place}/x?y=1", answers=(bad, good))
            group.send("POST", f"/{place}/x", body=b"posted", answers=(bad, bad, good))
        group.get(f"/{place}/a%20b", answers=(answer("404 Not Found"), answer("500 Oops"), good))
        group.get(f"/{place}/401", answers=answer("401 Unauthorized", ['WWW-Authenticate: Basic realm="x"']))
        group.get(f"/{place}/broken", answers=(None,))
    return [group]
