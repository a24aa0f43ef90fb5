"""What becomes of the URI: kinds of location × forms of proxy_pass × spellings of the path."""

from case import Group

PREFIXES = ["/", "/a", "/a/", "= /a/b", "^~ /a/"]
TARGETS = [
    "", "/", "/b", "/b/", "/b?q=1", "/b/?q", "/%20b/", "/b%2Fc/", "/b//c/../", "$request_uri", "/v$uri", "/v$uri$is_args$args",
    "/fixed$arg_none", "/u?uri=$uri&$args", "$uri",
]
# A location given by a regular expression takes no plain URI part.
REGEXES = [
    ("~ ^/a/(.*)$", ["", "/r/$1", "/r/$1$is_args$args", "$request_uri", "/r?rest=$1"]),
    ("~* ^/A/(?<rest>[^/]*)", ["", "/r/$rest", "/r/$1?$args", "$uri"]),
]
URIS = """
/a /a/ /a/b /a/b/ /a/b/c /ab /a/b?x=1 /a/b?x=1&y=a%20b /a/b? /a/b?? /a//b /a/./b /a/../a/b /a/x/../b /a/%2Fb /a%2Fb /a/b%2fc
/a/b%20c /a/b+c /a/%25 /a/%2525 /a/%C3%A9 /a/b%3Fc /a/b%23c /a/b#c /a/b;p=1 /a/%62 /%61/b /a/b%5Bc%5D /a/[b]|^ /a/"b" /a/b%00
/a/<b> /a/{b} /a/\\b /a/b%0d%0ax /a/b%7Fc /a/?/../b /a/b?c=/../d /a/b?c#d /A/b
""".split()


def groups():
    """A group for each form of proxy_pass that one server holds, one server for each location."""
    locations = [(prefix, target) for prefix in PREFIXES for target in TARGETS]
    locations += [(regex, target) for regex, targets in REGEXES for target in targets]
    found = []
    for part in range(0, len(locations), 20):
        chosen = locations[part : part + 20]
        group = Group(f"proxy_pass URIs {part // 20 + 1}", "".join(server(n, *pair) for n, pair in enumerate(chosen)), explain=True)
        for n, (prefix, _) in enumerate(chosen):
            for uri in URIS if "/a/" in prefix else URIS[:24]:
                group.get(uri, host=f"s{n}.test")
            group.send("GET", "/a/\u00e9".encode(), host=f"s{n}.test")
            group.send("GET", f"http://s{n}.test/a/b%20c?d", host="other.test")
        found.append(group)
    return found


def server(number, prefix, target):
    """One server with one location; what it does not take is answered 404."""
    return f"""
server {{
    listen @PORT@;
    server_name s{number}.test;
    location {prefix} {{
        proxy_pass http://@ORIGIN@{target};
    }}
}}"""
