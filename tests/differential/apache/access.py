"""Who may: Require in all its forms and sections, and Order, Allow and Deny."""

from case import Group

from .site import site, sites

REQUIRE = [
    "Require all granted", "Require all denied", "Require ip 127.0.0.1", "Require ip 127", "Require ip 127.0.0.0/8", "Require ip 127.0.0.0/255.0.0.0",
    "Require ip 10 192.168.0.0/16", "Require ip 10 127.0.0", "Require ip ::1", "Require local",
    "<RequireAll>\nRequire all granted\nRequire not ip 127.0.0.1\n</RequireAll>", "<RequireAll>\nRequire all granted\nRequire not ip 10.0.0.0/8\n</RequireAll>",
    "<RequireAll>\nRequire all granted\nRequire not env flag\n</RequireAll>\nSetEnvIf X-Flag . flag",
    "Require env flag\nSetEnvIf X-Flag . flag", "Require method GET", "Require method POST OPTIONS",
    "<RequireAll>\nRequire method GET\nRequire env flag\n</RequireAll>\nSetEnvIf X-Flag . flag",
    "<RequireAny>\nRequire method POST\nRequire env flag\n</RequireAny>\nSetEnvIf X-Flag . flag",
    "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire env flag\nRequire ip 10\n</RequireNone>\n</RequireAll>\nSetEnvIf X-Flag . flag",
    "<RequireAny>\n<RequireAll>\nRequire ip 10\nRequire method GET\n</RequireAll>\n<RequireAll>\nRequire ip 127\nRequire method POST\n</RequireAll>\n</RequireAny>",
    "Require expr %{REQUEST_METHOD} == 'GET'", "Require expr \"%{HTTP_USER_AGENT} !~ /Bad/\"", "Require expr \"%{QUERY_STRING} =~ /secret=([a-z]+)/ && $1 == 'open'\"",
    "Require method GET\nRequire ip 10", "<RequireAny>\nRequire all denied\nRequire all granted\n</RequireAny>",
    "<RequireAll>\nRequire all denied\nRequire all granted\n</RequireAll>", "Require host localhost", "Require forward-dns localhost", "Require ip 127.0.0.1/32",
    "Require ip 127.0.0.2", "Require ip 126.0.0.0/7",
]
OLD = [
    "Order allow,deny\nAllow from all", "Order deny,allow\nDeny from all", "Order deny,allow\nDeny from all\nAllow from 127.0.0.1",
    "Order allow,deny\nAllow from all\nDeny from 127", "Order allow,deny", "Order deny,allow", "Allow from 127.0.0.0/8\nOrder allow,deny",
    "Order deny,allow\nDeny from 127.0.0.0/255.0.0.0", "Order allow,deny\nAllow from env=flag\nSetEnvIf X-Flag . flag",
    "Order deny,allow\nDeny from env=flag\nSetEnvIf X-Flag . flag", "Order deny,allow\nDeny from all\nAllow from env=!flag\nSetEnvIf X-Flag . flag",
    "Order mutual-failure\nAllow from 127\nDeny from 10", "Order Allow,Deny\nAllow from 10 127.0.0.1 192.168", "Deny from all", "Allow from 10",
    "Order deny,allow\nDeny from all\nRequire all granted\nSatisfy Any", "Order allow,deny\nAllow from all\nRequire all denied\nSatisfy Any",
    "Order allow,deny\nAllow from all\nRequire all denied", "Order deny,allow\nDeny from all\nRequire all granted", "Order allow,deny\nAllow from localhost",
    "Order deny,allow\nDeny from 127.0.0.1\nAllow from 127",
]
MERGED = """
DocumentRoot @ROOT@
SetEnvIf X-Flag . flag
<Directory @ROOT@/docs>
    Require all denied
</Directory>
<Directory @ROOT@/docs/private>
    Require env flag
</Directory>
<Directory @ROOT@/docs/private/open>
    Require all granted
</Directory>
<Directory @ROOT@/folder>
    AuthMerging And
    Require env flag
</Directory>
<Files "*.css">
    Require all granted
</Files>
<FilesMatch "\\.(txt|html)$">
    Header set X-File yes
</FilesMatch>
<Files index.html>
    Require all granted
</Files>
<Location /docs/noextension>
    Require all granted
</Location>
<Location /static>
    Require all denied
</Location>
<Location /static/app.js>
    Require all granted
</Location>
<Location /static/page.html>
    AuthMerging Or
    Require env flag
</Location>
<Location /and>
    Require method GET POST
</Location>
<Location /and/more>
    AuthMerging And
    Require env flag
</Location>
<Location /limited>
    ProxyPass http://@ORIGIN@/
    <Limit POST PUT>
        Require all denied
    </Limit>
</Location>
<Location /limited-except>
    ProxyPass http://@ORIGIN@/
    <LimitExcept GET>
        Require all denied
    </LimitExcept>
</Location>
<Location /proxied>
    ProxyPass http://@ORIGIN@/
    Require env flag
</Location>
<Proxy http://@ORIGIN@/guarded/*>
    Require env flag
</Proxy>
ProxyPass /guarded/ http://@ORIGIN@/guarded/
ProxyPass /open/ http://@ORIGIN@/open/
Redirect /static/moved http://new.test/
Alias /through @ROOT@/docs
<LocationMatch "^/(a|b)dmin">
    Require all denied
</LocationMatch>
ErrorDocument 403 "none of yours"
"""
PATHS = """
/docs/ /docs/guide.txt /docs/none /docs/style.css /docs/index.html /docs/noextension /docs/private/key.txt /docs/private/open/read.txt /docs/private/ /docs /folder/
/folder/other.txt /folder/index.html /static/ /static/index.html /static/app.js /static/page.html
/static/moved /and/x /and/more /limited/x /limited-except/x /proxied/x /guarded/x /open/x /through/guide.txt /through/style.css /through/private/open/read.txt /admin /bdmin/x
/cdmin /page.html /docs/private/open /secret
""".split()


def groups():
    """A host for each rule; then rules of several places together."""
    return [required(), old(), merged()]


def ask(group, count):
    """Four requests to each host."""
    for number in range(count):
        for method, path, fields in (("GET", "/docs/guide.txt", []), ("GET", "/up/?secret=open", ["X-Flag: 1", "User-Agent: Bad"]), ("POST", "/up/", []),
            ("HEAD", "/docs/none", [])):
            group.send(method, path, host=f"s{number}.test", fields=fields, body=b"posted" if method == "POST" else b"")


def required():
    """Require."""
    bodies = [f"DocumentRoot @ROOT@\nProxyPass /up/ http://@ORIGIN@/\n<Location />\n{lines}\n</Location>" for lines in REQUIRE]
    group = Group("access: require", sites(*bodies))
    ask(group, len(REQUIRE))
    for number, lines in enumerate(REQUIRE):
        if " ip " in lines or " local" in lines:
            group.get("/docs/guide.txt", host=f"s{number}.test", address="127.0.0.2", note="to 127.0.0.2")
    group.config = group.config.replace("<VirtualHost 127.0.0.1:", "<VirtualHost *:")
    return listen_everywhere(group)


def listen_everywhere(group):
    """Two addresses of the loopback interface."""
    group.config = "\nListen 127.0.0.1:@PORT_NUMBER@\nListen 127.0.0.2:@PORT_NUMBER@\n" + group.config
    return group


def old():
    """Order, Allow and Deny."""
    bodies = [f"DocumentRoot @ROOT@\nProxyPass /up/ http://@ORIGIN@/\n<Location />\n{lines}\n</Location>" for lines in OLD]
    group = Group("access: order", sites(*bodies))
    ask(group, len(OLD))
    return group


def merged():
    """What an inner place says about access replaces what an outer one said."""
    group = Group("access: merged", site("site.test", MERGED))
    for path in PATHS:
        for fields in ([], ["X-Flag: 1"]):
            group.get(path, fields=fields)
        group.send("POST", path, body=b"posted")
    return group
