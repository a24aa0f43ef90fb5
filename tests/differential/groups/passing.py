"""proxy_pass in other settings: upstream groups, variables as hosts, Unix sockets, methods, bodies, inheritance."""

from case import Group, answer

CONFIG = """
upstream named { server @ORIGIN@; }
upstream over_unix { server unix:@SOCKET@; }
map $arg_to $chosen { default @ORIGIN@; second @SECOND@; group named; }
server {
    listen @PORT@;
    server_name site.test;
    client_max_body_size 100;
    client_body_buffer_size 1k;
    location /group/ { proxy_pass http://named/; }
    location /group-host/ { proxy_pass http://named; proxy_set_header Host $proxy_host; }
    location /unix/ { proxy_pass http://unix:@SOCKET@:/u/; }
    location /unix-bare { proxy_pass http://unix:@SOCKET@; }
    location /unix-group/ { proxy_pass http://over_unix/; }
    location /variable/ { proxy_pass http://$chosen; }
    location /variable-uri/ { proxy_pass http://$chosen/fixed; }
    location /method/ { proxy_method PUT; proxy_pass http://@ORIGIN@; }
    location /method-variable/ { proxy_method $arg_m; proxy_pass http://@ORIGIN@; }
    location /set-body/ { proxy_set_body "body=$arg_b; $request_method"; proxy_pass http://@ORIGIN@; }
    location /no-body/ { proxy_pass_request_body off; proxy_set_header Content-Length ""; proxy_pass http://@ORIGIN@; }
    location /no-fields/ { proxy_pass_request_headers off; proxy_pass http://@ORIGIN@; }
    location /http10/ { proxy_http_version 1.0; proxy_pass http://@ORIGIN@; }
    location /http11/ { proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://@ORIGIN@; }
    location /streamed/ { proxy_request_buffering off; proxy_http_version 1.1; proxy_pass http://@ORIGIN@; }
    location /any-size/ { client_max_body_size 0; proxy_pass http://@ORIGIN@; }
    location /internal/ { internal; proxy_pass http://@ORIGIN@; }
    location / { proxy_pass http://@ORIGIN@; }
}
"""
METHODS = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "MKCOL", "QUERY", "FOO", "get", "M-SEARCH", "TRACE"]
PLACES = ["group", "group-host", "unix", "unix-bare", "unix-group", "http10", "http11", "streamed", "no-fields", "no-body"]


def groups():
    """One configuration with a location for each way."""
    group = Group("ways of passing", CONFIG)
    for place in PLACES:
        group.get(f"/{place}/x?y=1", fields=["Accept: */*", "X-One: 1", "X-one: 2"])
        group.send("POST", f"/{place}/x", body=b"0123456789", fields=["Content-Type: text/plain"])
        group.send("POST", f"/{place}/x", fields=["Transfer-Encoding: chunked"], body=b"4\r\nabcd\r\n6;x=y\r\n012345\r\n0\r\n\r\n")
        group.get(f"/{place}/x", version="1.0")
    for query in ("", "?to=second", "?to=group", "?to=other&x=%20"):
        group.get(f"/variable/a%20b/{query}")
        group.get(f"/variable-uri/a%20b/{query}")
    for method in METHODS:
        group.send(method, "/x")
        group.send(method, "/x", body=b"some body")
        group.send(method, "/method/x", body=b"some body")
        group.send(method, "/set-body/?b=1%202", body=b"dropped")
    for method in ("", "DELETE", "lower"):
        group.get(f"/method-variable/?m={method}")
    sizes(group)
    group.get("/internal/x")
    group.send("POST", "/x", fields=["Expect: 100-continue"], body=b"waited for")
    group.send("POST", "/x", fields=["Expect: something"], body=b"else")
    group.send("POST", "/x", fields=["Transfer-Encoding: chunked"], body=b"3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n")
    return [group]


def sizes(group):
    """Bodies about the limit, with and without a length."""
    for size in (0, 1, 99, 100, 101, 5000):
        chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (size, b"x" * size) if size else b"0\r\n\r\n"
        for place in ("x", "streamed/x", "any-size/x"):
            group.send("POST", f"/{place}?{size}", fields=[f"Content-Length: {size}"], body=b"x" * size)
            group.send("POST", f"/{place}?{size}", fields=["Transfer-Encoding: chunked"], body=chunked)
    group.send("POST", "/x", body=b"x" * 10, answers=answer("201 Created", ["Location: /made"]))
