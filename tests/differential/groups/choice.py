"""Which location takes a request: every kind, nested, overlapping, decoded and normalised."""

from case import Group

KINDS = """
server {
    listen @PORT@;
    server_name site.test;
    location = / { proxy_pass http://@ORIGIN@/exact-root; }
    location / { proxy_pass http://@ORIGIN@; }
    location = /images { proxy_pass http://@ORIGIN@/exact-images; }
    location /images/ { proxy_pass http://@ORIGIN@/prefix-images/; }
    location ^~ /images/raw/ { proxy_pass http://@ORIGIN@/raw/; }
    location ~ \\.php$ { proxy_pass http://@ORIGIN@; }
    location ~* \\.(gif|jpe?g)$ { proxy_pass http://@ORIGIN@; }
    location ~ ^/images/(?<kind>[a-z]+)/(\\d{2,4})$ { proxy_pass http://@ORIGIN@/$kind/$2; }
    location ~* ^/Mixed/Case { proxy_pass http://@ORIGIN@; }
    location /documents { proxy_pass http://@ORIGIN@; }
    location = /documents/ { proxy_pass http://@ORIGIN@/exact-documents; }
    location "/with space/" { proxy_pass http://@ORIGIN@/space/; }
    location /caf\u00e9/ { proxy_pass http://@ORIGIN@/coffee/; }
    location ^~ /caret { proxy_pass http://@ORIGIN@; }
    location ~ ^/caret/deeper { proxy_pass http://@ORIGIN@/never; }
    location ~ "^/braces/[0-9]{3}$" { proxy_pass http://@ORIGIN@; }
    location /slash/ { proxy_pass http://@ORIGIN@; }
    location ~ /$ { proxy_pass http://@ORIGIN@; }
    location /a.b { proxy_pass http://@ORIGIN@; }
    location /sub/sub/ { proxy_pass http://@ORIGIN@/subsub/; }
    location /sub { proxy_pass http://@ORIGIN@/sub-once; }
}
""".replace("~ ^/images/(?<kind>[a-z]+)/(\\d{2,4})$", '~ "^/images/(?<kind>[a-z]+)/(\\d{2,4})$"').replace(
    "http://@ORIGIN@/never", "http://@ORIGIN@"
)

URIS = """
/ /? /?x=1 /index.html /x /images /images/ /images/a /images/a.gif /images/A.GIF /images/raw /images/raw/ /images/raw/x.gif
/images/raw/x.php /images/cat/12 /images/cat/1 /images/cat/12345 /images/cat/2024 /images/cat/12/ /documents /documents/
/documents/1 /documents/1.php /documentsx /x.php /x.PHP /x.php/info /x.php?y /x.jpeg /x.JPG /x.jpg?z=.php /Mixed/case /mixed/CASE
/caret /caret/deeper /caretx /braces/123 /braces/1234 /braces/12a /slash /slash/ /slash/x /slash/x/ /a.b /a.bc /aXb /sub
/sub/ /sub/sub /sub/sub/ /sub/sub/x /subx /with%20space/ /with%20space/x /with+space/ /caf%C3%A9/ /caf%c3%a9/x
//images//a /images/./a /images/../documents /images/raw/../a.gif /images/%72aw/x.gif /%69mages/a /images%2Fa /images%2fraw%2fx
/images/raw%2Fx.php /./images /x/../../images /images/.. /images/. /images/../ /.../images /images/..x /images/%2e%2e/documents
/images/%2E/a /images/raw/%2e%2e%2fx.php /x%2Ephp /x.ph%70 /x%00y /%zz /% /%1 /x%25.php /x%3F.php /x%3f.php?z /x#y.php /x;a=b.php
/index.html/ /documents//1 /documents/%2F1 /IMAGES/a /images\\a /x//y//z.gif /&a=b /~user /x%20.php /x%0a.php
""".split()

NESTED = """
server {
    listen @PORT@;
    server_name site.test;
    proxy_set_header X-Level server;
    location / {
        proxy_pass http://@ORIGIN@;
        location /a/ {
            proxy_set_header X-Level a;
            proxy_pass http://@ORIGIN@;
            location ~ \\.php$ { proxy_pass http://@ORIGIN@; proxy_set_header X-Level a-php; }
            location /a/b/ {
                proxy_pass http://@ORIGIN@/ab/;
                location = /a/b/c { proxy_pass http://@ORIGIN@/abc; }
                location ~* \\.GIF$ { proxy_pass http://@ORIGIN@; }
            }
        }
        location ^~ /static/ {
            proxy_pass http://@ORIGIN@;
            location ~ \\.js$ { proxy_pass http://@ORIGIN@; proxy_set_header X-Level script; }
            location ~ ^/static/(.+)\\.css$ { proxy_pass http://@ORIGIN@/css/$1; }
        }
    }
    location ~ ^/r/ {
        proxy_pass http://@ORIGIN@;
        location ~ ^/r/inner/(.*)$ { proxy_pass http://@ORIGIN@/i/$1$is_args$args; }
        location ~ ^/r/x { return 204; }
    }
    location ~ \\.php$ { proxy_pass http://@ORIGIN@; proxy_set_header X-Level php; }
}
"""
NESTED_URIS = """
/ /a /a/ /a/x /a/x.php /a/b /a/b/ /a/b/x.php /a/b/c /a/b/c/d /a/b/x.gif /a/b/x.gif.php /static /static/x /static/x.js
/static/x.css /static/a/b.css?v=1 /static/x.php /r /r/ /r/inner/ /r/inner/a%20b?c=d /r/x.php /r/xyz /r/y.php /b.php /b.phps
/a//b/c /a/./b/../b/c /a/%62/c /static/%2e%2e/a/x.php /A/x.php /r/inner/%C3%A9 /r/inner/a/b/c?
""".split()

UNMERGED = """
merge_slashes off;
server {
    listen @PORT@;
    server_name site.test;
    location / { proxy_pass http://@ORIGIN@; }
    location /a/b/ { proxy_pass http://@ORIGIN@/ab/; }
    location ~ //c$ { proxy_pass http://@ORIGIN@; proxy_set_header X-Double yes; }
    location //d/ { proxy_pass http://@ORIGIN@/dd/; }
}
"""
UNMERGED_URIS = "/a/b/x /a//b/x //a/b/x /x//c /x/c ///c //d/ //d//e /d/ /a/b//x /a/./b/x /a/b/..//x //.. /a/b/../../d/".split()

NO_ROOT = """
server {
    listen @PORT@;
    server_name site.test;
    location /only/ { return 200 "only $uri"; }
    location = /exact { return 200 "exact $uri"; }
    location ~ ^/regex/(\\w+) { return 200 "regex $1 $uri"; }
}
"""


def groups():
    """All kinds of location."""
    found = []
    for name, config, uris in (
        ("location kinds", KINDS, URIS), ("nested locations", NESTED, NESTED_URIS),
        ("slashes kept", UNMERGED, UNMERGED_URIS),
        ("no location", NO_ROOT, "/ /only /only/ /only/x /exact /exact/ /regex/ab /regex/ /regex/a-b?c".split()),
    ):
        group = Group(name, config, explain=True)
        for uri in uris:
            group.get(uri)
        found.append(group)
    # Bytes that are no ASCII, and forms of a target that are no path.
    kinds = found[0]
    for target in ("/caf\u00e9/".encode(), "/caf\u00e9/".encode("latin-1"), b"/x\xff.php", b"*", b"", b"x", b"images/a"):
        kinds.send("GET", target)
    for target in ("http://site.test/images/a", "http://site.test", "http://site.test?x=1", "HTTP://SITE.TEST/images/raw/x",
                   "http://site.test:80/documents", "https://site.test/x", "ftp://site.test/x", "http:///x", "http://"):
        kinds.send("GET", target)
    return found
