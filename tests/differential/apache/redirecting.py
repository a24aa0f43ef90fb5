"""Redirect, RedirectMatch and the like: patterns, statuses, what is appended."""

from case import Group

from .site import site

SERVER = """
DocumentRoot @ROOT@
Redirect /plain http://new.test/there
Redirect /slash/ http://new.test/there/
Redirect permanent /perm http://new.test/perm
Redirect temp /temp http://new.test/temp
Redirect seeother /other http://new.test/other
Redirect gone /gone
Redirect 301 /n301 http://new.test/301
Redirect 302 /n302 http://new.test/302
Redirect 303 /n303 http://new.test/303
Redirect 307 /n307 http://new.test/307
Redirect 308 /n308 http://new.test/308
Redirect 410 /n410
Redirect 404 /n404
Redirect 403 /n403
Redirect 418 /n418
Redirect 500 /n500
Redirect 503 /n503
RedirectPermanent /permanent http://new.test/permanent
RedirectTemp /temporary http://new.test/temporary
Redirect /local /elsewhere
Redirect /query http://new.test/?fixed=1
Redirect /fragment http://new.test/x#part
Redirect /bare http://new.test
Redirect "/quoted place" "http://new.test/quoted place"
Redirect /shadow http://new.test/first
Redirect /shadow/deeper http://new.test/never
Redirect /https https://site.test/
RedirectMatch ^/m/(.*)\\.gif$ http://new.test/img/$1.jpg
RedirectMatch permanent ^/mp/([0-9]+)/(.*)$ http://new.test/$2?id=$1
RedirectMatch 307 "(?i)^/MI/(.*)" "http://new.test/$1"
RedirectMatch gone ^/mg/
RedirectMatch 404 \\.secret$
RedirectMatch ^/ml$ /local-target
RedirectMatch ^/mw(.*)$ http://new.test/whole$0
RedirectMatch ^/ma/(?<name>[a-z]+) http://new.test/$1/&/\\$1
Alias /aliased @ROOT@/docs
Redirect /aliased/gone http://new.test/from-alias
<Location /in-location>
    Redirect http://new.test/located
</Location>
<Location /in-status>
    Redirect 301 http://new.test/located-301
</Location>
<Location /in-gone>
    Redirect gone
</Location>
<LocationMatch ^/in-match/(?<word>[a-z]+)$>
    Redirect 302 http://new.test/%{env:MATCH_WORD}/here
</LocationMatch>
<Location /in-two-arguments>
    Redirect /in-two-arguments/deep http://new.test/deep
</Location>
<Directory @ROOT@/docs/sub>
    RedirectMatch ^/docs/sub/(x.*)$ http://new.test/dir/$1
</Directory>
"""
PATHS = """
/plain /plain/ /plain/x /plain/x?y=1 /plainer /plain?y /plain/a%20b /plain/a%2fb /plain/%C3%A9 /plain//x /plain/x%3Fy /plain/x%23y /plain/%22 /plain/%3Cb%3E /slash /slash/
/slash/x /perm/x /temp /other/x /gone /gone/x
/n301 /n302 /n303 /n307/x?y /n308 /n410 /n404 /n403 /n418 /n500 /n503 /permanent/x /temporary/x /local /local/x?y=1 /query /query/x /query?z=2 /fragment /fragment/y /bare /bare/
/bare/x /quoted%20place /quoted%20place/x
/shadow /shadow/deeper /https /https/x /m/a.gif /m/a%20b.gif /m/a.gif?x=1 /m/a.jpg /mp/12/x /mp/12/x?y=2 /mi/x /Mi/x /mg/ /mg/x /x.secret /x.secret?y /ml /ml?q /mw /mw/x /ma/anna
/ma/anna/x /aliased/gone /aliased/gone/x /aliased/guide.txt
/in-location /in-location/x /in-location?y=1 /in-status/x?y /in-gone /in-match/word /in-match/WORD /in-two-arguments /in-two-arguments/deep /in-two-arguments/deep/x /docs/sub/xyz /docs/sub/welcome.txt
""".split()
MAIN = "Redirect /main http://main.test/\nRedirect /both http://main.test/both\n"


def groups():
    """One host with every form, then what a host inherits."""
    group = Group("redirects", site("site.test", SERVER))
    for path in PATHS:
        group.get(path)
    for method in ("HEAD", "POST", "OPTIONS", "PUT"):
        group.send(method, "/plain/x", body=b"" if method in ("HEAD", "OPTIONS") else b"posted")
        group.send(method, "/gone")
    for host in ("SITE.test:81", "site.test.", "unknown.test"):
        group.get("/local/x", host=host)
    group.get("/local/x", version="1.0")
    group.get("/local/x", host=None, version="1.0")
    inherited = Group("redirects: inherited", MAIN + site("own.test", "Redirect /both http://host.test/both\nRedirect /own http://host.test/own") + site("none.test", ""))
    for host in ("own.test", "none.test"):
        for path in ("/main/x", "/both/x", "/own/x"):
            inherited.get(path, host=host)
    return [group, inherited]
