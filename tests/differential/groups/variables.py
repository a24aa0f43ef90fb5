"""Built-in variables, maps and text with variables, as responses and as request fields."""

from case import Group, answer

NAMES = """args arg_a arg_B arg_empty arg_none binary_remote_addr body_bytes_sent bytes_sent connection_requests content_length content_type cookie_c document_root
document_uri host hostname http_user_agent http_x_two http_none https is_args limit_rate nginx_version pipe proxy_protocol_addr query_string remote_addr remote_user
request request_body request_completion request_filename request_method request_uri scheme sent_http_x_sent server_addr server_name server_port
server_protocol status uri http_host http_cookie http_via http_x_forwarded_for realpath_root proxy_host proxy_port""".split()
NAMES = [name for name in NAMES if name not in ("nginx_version", "hostname", "binary_remote_addr", "body_bytes_sent", "bytes_sent")]

CONFIG = """
map $arg_m $plain { default "none of them"; "" empty; a A; B b; \\default literal; 10 ten; "with space" spaced; }
map $arg_m $regex { default no; ~^x(?<rest>.*)$ "x then $rest"; ~*^YES$ yes; "~(\\d+)-(\\d+)" "$2-$1"; }
map $host $named { hostnames; default other; site.test exact; *.site.test wild; .dot.test dotted; site.* trailing; }
map $arg_m $chained { default $plain; q $regex; }
map "$arg_m:$arg_n" $joined { default neither; "a:b" both; ~^a: first; }
map $http_upgrade $connection_upgrade { default upgrade; "" close; }
server {
    listen @PORT@;
    server_name site.test *.site.test .dot.test site.*;
    root @ROOT@;
    set $mine "set in server";
    location = /maps { return 200 "$plain|$regex|$named|$chained|$joined"; }
    location /syntax { return 200 "${arg_a}b$arg_a-$mine.x${mine}\\"quoted\\" 'single' \\\\ \\t$1"; }
    location /single { return 200 '$arg_a "double" {brace} ; # not a comment'; }
    location /bare { return 200 $uri$is_args$args; }
    location /upgrade { proxy_http_version 1.1; proxy_set_header Connection $connection_upgrade; proxy_pass http://@ORIGIN@; }
    location /upstream {
        add_header X-Up "$upstream_status|$upstream_addr|$upstream_response_length|$upstream_http_x_origin|$upstream_cookie_a|$upstream_http_none" always;
        add_header X-Sent "$sent_http_content_type|$sent_http_x_origin|$status";
        proxy_pass http://@ORIGIN@;
    }
    location /dead { add_header X-Up "$upstream_status|$upstream_addr" always; proxy_pass http://@DEAD@; }
    location ~ ^/captures/(\\w)(\\w)?/(?<third>.*)$ { return 200 "$1|$2|$3|$third|$4"; }
%s
}
"""
LOCATIONS = "\n".join(
    f'    location /{place}/{name} {{ {action.replace("NAME", "$" + name)} }}'
    for name in NAMES
    for place, action in (
        ("return", 'return 200 "[NAME]\\n";'),
        ("pass", 'proxy_set_header X-Value "[NAME]"; proxy_pass http://@ORIGIN@;'),
    )
)
FIELDS = ["User-Agent: agent/1", "X-Two: one", "X-Two: two", "Cookie: a=1; c=cookie", "Cookie: c=second", "Authorization: Basic dXNlcjpwYXNz", "X-Forwarded-For: 1.2.3.4", "Via: 1.0 a"]


def groups():
    """Each variable as text of a response and as a request field; then maps."""
    group = Group("variables", CONFIG % LOCATIONS)
    for name in NAMES:
        for place in ("return", "pass"):
            group.get(f"/{place}/{name}?a=1%202&B=b&empty=&A=3", fields=FIELDS)
            group.send("POST", f"/{place}/{name}", fields=["Content-Type: text/x"], body=b"posted")
            group.get(f"/{place}/{name}/.././{name}//x", version="1.0", host="SITE.test:99")
    for m in ("", "a", "A", "B", "b", "10", "default", "x", "xyz", "yes", "YeS", "1-2", "q", "with%20space", "*"):
        group.get(f"/maps?m={m}")
        group.get(f"/maps?m={m}&n=b")
    for host in ("site.test", "a.site.test", "dot.test", "a.dot.test", "site.org", "SITE.test", "site.test."):
        group.get("/maps", host=host)
    for uri in ("/syntax?a=1", "/single?a=x", "/bare", "/bare?", "/bare?x=%20", "/captures/ab/c", "/captures/a/b/c", "/captures/a/", "/dead"):
        group.get(uri)
    for fields in ([], ["Upgrade: websocket", "Connection: Upgrade"], ["Upgrade: "]):
        group.get("/upgrade", fields=fields)
    for fields in ([], ["Set-Cookie: a=1; Path=/", "X-Origin: up"], ["Content-Type: text/html"]):
        group.get("/upstream", answers=answer(fields=fields))
        group.get("/upstream", answers=answer("404 None", fields=fields, body=b""))
    return [group]
