"""rewrite, set, if, return and break, before and beside proxy_pass."""

from case import Group

CONFIG = """
server {
    listen @PORT@;
    server_name site.test;
    set $from_server one;
    rewrite ^/server-last/(.*)$ /target/$1 last;
    rewrite ^/server-break/(.*)$ /target/$1 break;
    rewrite ^/server-moved/(.*)$ /moved/$1 permanent;
    rewrite ^/server-found/(.*)$ http://else.test/$1 redirect;
    rewrite ^/server-scheme/(.*)$ $scheme://$host/s/$1;
    rewrite ^/chain/1$ /chain/2;
    rewrite ^/chain/2$ /chain/3;
    rewrite ^/chain/3$ /target/chained;
    if ($arg_stop) { return 403; }
    if ($http_x_mode = "blue") { rewrite ^ /target/blue break; }

    location /target/ { proxy_pass http://@ORIGIN@; }
    location /target-uri/ { proxy_pass http://@ORIGIN@/replaced/; }
    location /last/ { rewrite ^/last/(.*)$ /target/$1?added=1 last; }
    location /last-noargs/ { rewrite ^/last-noargs/(.*)$ /target/$1?only=1? last; }
    location /break/ { rewrite ^/break/(.*)$ /broken/$1 break; proxy_pass http://@ORIGIN@; }
    location /break-uri/ { rewrite ^/break-uri/(.*)$ /broken/$1 break; proxy_pass http://@ORIGIN@/ignored/; }
    location /break-args/ { rewrite ^/break-args/(.*)$ /broken?rest=$1 break; proxy_pass http://@ORIGIN@; }
    location /break-none/ { rewrite ^/nothing$ /x break; proxy_pass http://@ORIGIN@/kept/; }
    location /bare-break/ { break; rewrite ^ /never; proxy_pass http://@ORIGIN@; }
    location /plain/ { rewrite ^/plain/(.*)$ /target/$1; }
    location /loop/ { rewrite ^/loop/(.*)$ /loop/x$1 last; }
    location /redirect/ { rewrite ^/redirect/(.*)$ /r/$1 redirect; }
    location /permanent/ { rewrite ^/permanent/(.*)$ /p/$1? permanent; }
    location /absolute/ { rewrite ^/absolute/(.*)$ https://other.test/$1; }
    location /captures/ { rewrite "^/captures/([^/]+)/([^/]*)/?(.*)$" /target/$3/$2/$1?a=$1&b=$2 last; }
    location /named-captures/ { rewrite ^/named-captures/(?<left>[^-]*)-(?<right>.*)$ /target/$right/$left last; }
    location /set/ {
        set $copy $arg_x;
        set $both "$copy-${from_server}$uri";
        proxy_set_header X-Set $both;
        proxy_pass http://@ORIGIN@/set?$copy;
    }
    location /if/ {
        set $why none;
        if ($request_method = POST) { set $why post; }
        if ($arg_x) { set $why "arg $arg_x"; }
        if ($arg_x = 0) { set $why zero; }
        if ($http_user_agent ~ (curl|wget)/(\\d+)) { set $why "$1 $2"; }
        if ($http_user_agent ~* ^MOZILLA) { set $why browser; }
        if ($http_user_agent !~ .) { set $why "no agent"; }
        if ($arg_y != 1) { set $why "$why, y is $arg_y"; }
        if (-f $document_root/index.html) { set $why "$why, file"; }
        if (!-d $document_root/nothing) { set $why "$why, no folder"; }
        proxy_set_header X-Why $why;
        proxy_pass http://@ORIGIN@;
    }
    location /if-proxy/ {
        proxy_set_header X-Branch outer;
        proxy_pass http://@ORIGIN@/outer/;
        if ($arg_inner) { proxy_pass http://@ORIGIN@; }
    }
    location /if-return/ {
        if ($arg_code = 1) { return 201 "one $arg_t"; }
        if ($arg_code = 2) { return 302 /elsewhere; }
        if ($arg_code = 3) { return http://out.test$request_uri; }
        if ($arg_code = 4) { return 444; }
        if ($arg_code = 5) { return 404; }
        proxy_pass http://@ORIGIN@;
    }
    location ~ ^/regex/(?<name>\\w+)/(.*)$ {
        rewrite ^/regex/\\w+/(.*)$ /n/$name/$1 break;
        proxy_set_header X-Name "$name $1 $2";
        proxy_pass http://@ORIGIN@;
    }
    location /encoded/ { rewrite ^/encoded/(.*)$ /target/$1 last; }
    location /query/ { rewrite ^/query/(.*)$ /target/?q=$1 last; }
    location /request-uri/ { rewrite ^/request-uri/(.*)$ /$1 break; proxy_pass http://@ORIGIN@$request_uri; }
    location /moved-args/ { return 301 /new$is_args$args; }
    location / { return 404 "nothing at $uri\\n"; }
}
"""
TAILS = ["a", "", "a/b?x=1", "a%20b", "a%2Fb", "a?x=1&y", "%C3%A9?z=%20", "a?", "a//b", "a%3Fb", "a%25b", "a+b&c=d"]
PLACES = """server-last server-break server-moved server-found server-scheme last last-noargs break break-uri break-args break-none
bare-break plain loop redirect permanent absolute encoded query request-uri target target-uri""".split()


def groups():
    """Every place with every spelling, then the conditions."""
    group = Group("rewriting", CONFIG)
    for place in PLACES:
        for tail in TAILS:
            group.get(f"/{place}/{tail}")
    for uri in ("/chain/1", "/chain/2?x", "/chain/3", "/x?stop=1", "/x?stop=0", "/x?stop=", "/moved-args", "/moved-args/?a=b"):
        group.get(uri)
    group.get("/anything", fields=["X-Mode: blue"])
    for tail in ("a/b/c", "a/b", "a//c", "a%2Fb/c%20d/e?f=g", "a/b/c/d/"):
        group.get(f"/captures/{tail}")
    for tail in ("l-r", "l-", "-r", "lr", "l-r-s?x"):
        group.get(f"/named-captures/{tail}")
    for tail in ("?x=1", "", "?x=a%20b", "?x=&y=2", "z?X=1"):
        group.get(f"/set/{tail}")
    conditions(group)
    return [group]


def conditions(group):
    """`if`, by what it tests."""
    for tail in ("", "?x=1", "?x=0", "?x=", "?y=1", "?x=1&y=2"):
        for agent in ("curl/8", "Mozilla/5.0", "wget/12 curl/3", "Curl/8"):
            group.get(f"/if/{tail}", fields=[f"User-Agent: {agent}"])
        group.send("POST", f"/if/{tail}", body=b"x")
    for tail in ("", "?inner=1", "a%20b?inner=1", "a%20b"):
        group.get(f"/if-proxy/{tail}")
    for tail in ("", "?code=1&t=text", "?code=2", "?code=3", "?code=4", "?code=5", "?code=6"):
        group.get(f"/if-return/{tail}")
    for tail in ("ab/c", "ab/c%20d?e", "a-b/c", "ab/", "ab/c/d/e"):
        group.get(f"/regex/{tail}")
