"""Places made of parts by chance, the same in every run: rewriting, conditions, what is tried, error pages, maps, fields."""

import random

from case import Group, answer

HEAD = """
map $arg_a $by_argument {{ default d; 1 one; ~^x(?<tail>.*)$ "tail-$tail"; "" empty; }}
map $uri $by_path {{ ~*\\.html$ page; ~/deep/ deep; default ""; }}
map "$request_method:$arg_b" $by_both {{ GET: get-none; GET:1 get-one; ~^POST post; default else; }}
map $status $by_status {{ ~^2 good; ~^[45] bad; default odd; }}
server {{
    listen @PORT@;
    server_name site.test;
    root @ROOT@;
    set $kept start;
    {outer}
    location @named {{ add_header X-Named "$uri|$kept" always; return 200 "named $uri $status\\n"; }}
    location @origin {{ proxy_set_header X-Kept $kept; proxy_pass http://@ORIGIN@; }}
    location /errors/ {{ internal; add_header X-Error-Page $by_status always; }}
    location /target/ {{ add_header X-Target "$uri|$args|$kept" always; try_files $uri /static/index.html; }}
    {places}
}}
"""
OUTER = [
    "error_page 404 /errors/404.html;", "error_page 404 =200 /errors/ok.html;", "error_page 403 404 @named;", "error_page 500 502 /errors/50x.html;",
    "add_header X-Outer $by_argument;", "add_header X-Outer $by_both always;", "expires 1h;", "etag off;", "if ($arg_stop) { return 410 stop; }",
    "rewrite ^/moved(/.*)$ $1 permanent;", "recursive_error_pages on;", "add_trailer X-Trailer $by_status;", "default_type text/plain;", "charset utf-8;",
]
CONDITIONS = [
    "$arg_a", "$arg_a = 1", "$arg_a != 1", "$uri ~ ^/(?<head>[^/]+)/(.*)$", "$http_x_flag", "$http_x_flag ~* ^(on|yes)$", "$request_method = POST", "!-f $request_filename",
    "-e $request_filename", "-d $document_root/folder", "!-d $request_filename", "$by_path", "$by_argument ~ ^tail-(.+)$", "$by_both = get-one", "$kept !~ ^start", "-f $document_root/$arg_a",
]
INSIDE_IF = [
    "set $kept \"if-$1\";", "return 403;", "return 204;", "return 200 \"$by_argument\\n\";", "return 302 /target/x?$args;", "rewrite ^ /target/page.html last;", "rewrite ^(.*)$ /static/index.html break;",
    "add_header X-If $by_path;", "break;", "set $kept $kept-more; add_header X-If-Kept $kept always;", "expires -1;", "rewrite ^/[^/]+/(.*)$ /target/$1;", "error_page 404 @named;",
]
SCRIPT = [
    "set $kept \"$kept,$by_argument\";", "rewrite ^/p\\d+/to/(.*)$ /target/$1 last;", "rewrite ^/p\\d+/back/(.*)$ /static/$1 break;", "rewrite ^/p\\d+/(r|s)/(.*)$ /$2?from=$1 redirect;",
    "rewrite ^/p\\d+/q/(.*)$ /target/$1?only=1? last;", "rewrite ^/p(\\d+)/named/(?<rest>.*)$ /target/$rest?n=$1;", "if ($arg_b = 9) { set $kept nine; rewrite ^ /static/app.js last; break; }",
]
SERVING = [
    "try_files $uri $uri/ =404;", "try_files $uri @named;", "try_files /static$uri /folder/index.html;", "try_files $uri $uri/index.html @origin;", "try_files /none =410;", "alias @ROOT@/static/;",
    "alias @ROOT@/folder/; index other.txt index.html;", "proxy_pass http://@ORIGIN@;", "proxy_pass http://@ORIGIN@/sub/; proxy_intercept_errors on;", "return 200 \"$uri|$args|$kept\\n\";",
    "return 404;", "return 301 https://other.test$request_uri;", "root @ROOT@/static;", "root @ROOT@/try; try_files $uri/index.html /try-named$uri @named;", "empty_gif;", "return 500 \"own text\";",
    "proxy_pass http://@DEAD@;", "autoindex on; alias @ROOT@/folder/; index none.html;",
]
SETTINGS = [
    "add_header X-Place $by_argument;", "add_header X-Place \"$kept|$by_path\" always;", "add_header Cache-Control no-store; expires 5m;", "expires epoch;", "expires max;",
    "error_page 404 = @named;", "error_page 404 =202 /errors/404.html;", "error_page 403 500 502 504 @origin;", "error_page 410 /none-at-all;", "error_page 404 405 https://else.test/$uri;", "internal;",
    "etag on;", "if_modified_since before;", "if_modified_since off;", "max_ranges 0;", "limit_rate 10m;", "default_type application/octet-stream;", "types { text/x-own html; }", "server_tokens off;",
    "add_header_inherit merge; add_header X-Merged 1;", "log_not_found off;", "client_max_body_size 3;", "proxy_hide_header X-Origin;", "limit_except GET { deny all; }", "allow all;", "deny 10.0.0.0/8;",
    "absolute_redirect off;", "port_in_redirect off;", "chunked_transfer_encoding off;", "msie_padding off;", "keepalive_timeout 0;",
    "ssi on;", "override_charset on;", "gzip on; gzip_min_length 1000000;", "userid_service 1;",
]
PATHS = ["index.html", "page.html", "none", "", "folder", "folder/", "to/page.html", "to/none", "back/index.html", "r/x", "q/page.html", "named/a/b", "deep/x.html", "a%20file.txt"]
ARGUMENTS = ["", "a=1", "a=xyz", "b=1", "b=9", "stop=1", "a=index.html&b=2"]
FIELDS = [(), ("X-Flag: on",), ("X-Flag: 0",), ("If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT",), ("If-None-Match: *",), ("Range: bytes=0-3",), ("User-Agent: Mozilla/5.0 (compatible; MSIE 9.0)",), ("Accept-Encoding: gzip",)]
ANSWERS = [answer(), answer("404 Not Found", ["X-Bad: yes"], b"origin's 404"), answer("500 Oops", [], b"origin's 500"), answer("302 Found", ["Location: http://site.test/there"], b"")]
GROUPS, PLACES, CASES = 24, 8, 56


def block(chance):
    """One place's directives: a script, conditions, who serves, and settings that do not say the same twice."""
    lines = chance.sample(SCRIPT, chance.randint(0, 2))
    for _ in range(chance.randint(0, 2)):
        inside = " ".join(distinct(chance, INSIDE_IF, chance.randint(1, 2)))
        lines.append(f"if ({chance.choice(CONDITIONS)}) {{ {inside} }}")
    serving = chance.choice(SERVING)
    taken, settings = names(serving), []
    for line in distinct(chance, SETTINGS, chance.randint(0, 4)):
        if not names(line) & taken:
            settings.append(line)
            taken |= names(line) - {"add_header"}
    return "\n        ".join([*lines, *settings, serving])


def names(line):
    """The directives of a line."""
    return {part.split()[0] for part in line.split(";") if part.split()}


def distinct(chance, choices, count):
    """Directives of different names, but for those that may be there several times."""
    chosen, taken = [], set()
    for line in chance.sample(choices, count):
        if line.split()[0] not in taken:
            chosen.append(line)
            taken.add(line.split()[0])
    return chosen


def groups():
    """Many configurations of a few places, each with requests that chance chose."""
    made = []
    for number in range(GROUPS):
        chance = random.Random(f"combined {number}")
        places = [f"location /p{place}/ {{\n        {block(chance)}\n    }}" for place in range(PLACES)]
        outer = "\n    ".join(distinct(chance, OUTER, chance.randint(1, 4)))
        group = Group(f"combined {number}", HEAD.format(outer=outer, places="\n    ".join(places)))
        for _ in range(CASES):
            uri = f"/p{chance.randrange(PLACES)}/{chance.choice(PATHS)}"
            if chance.random() < 0.1:
                uri = "/moved" + uri
            arguments = chance.choice(ARGUMENTS)
            method = chance.choice(["GET"] * 6 + ["HEAD", "POST"])
            body = chance.choice([b"ab", b"longer"]) if method == "POST" else b""
            answers = tuple(chance.choice(ANSWERS) for _ in range(2))
            target = f"{uri}?{arguments}" if arguments else uri
            group.send(method, target, fields=chance.choice(FIELDS), body=body, answers=answers, note=str(len(group.cases)))
        made.append(group)
    return made
