"""The order in which sections are merged: Directory, Files, Location, each with its pattern forms, hosts over the main server."""

from case import Group

from .site import site

ORDER = """
DocumentRoot @ROOT@
Header set X-Last host
Header add X-Trace host
<Location /docs/guide.txt>
    Header set X-Last location
    Header add X-Trace location
</Location>
<LocationMatch ^/docs/g>
    Header set X-Last location-match
    Header add X-Trace location-match
</LocationMatch>
<Files guide.txt>
    Header set X-Last files
    Header add X-Trace files
</Files>
<FilesMatch ^gu>
    Header set X-Last files-match
    Header add X-Trace files-match
</FilesMatch>
<DirectoryMatch /docs$>
    Header set X-Last directory-match-end
    Header add X-Trace directory-match-end
</DirectoryMatch>
<DirectoryMatch /docs>
    Header set X-Last directory-match
    Header add X-Trace directory-match
</DirectoryMatch>
<Directory ~ "root/do">
    Header add X-Trace directory-tilde
</Directory>
<Directory @ROOT@/docs/private/open>
    Header add X-Trace directory-deepest
</Directory>
<Directory @ROOT@/docs/private>
    Header add X-Trace directory-deeper
</Directory>
<Directory @ROOT@/docs/>
    Header set X-Last directory
    Header add X-Trace directory
    <Files "*.txt">
        Header add X-Trace files-in-directory
    </Files>
    <FilesMatch "\\.css$">
        Header add X-Trace css-in-directory
    </FilesMatch>
</Directory>
<Directory @ROOT@>
    Header set X-Last root
    Header add X-Trace root
</Directory>
<Directory "@ROOT@/d*s">
    Header add X-Trace directory-star
</Directory>
<Directory />
    Header add X-Trace slash
</Directory>
<Location />
    Header add X-Trace location-root
</Location>
<Location "/docs/*.txt">
    Header add X-Trace location-star
</Location>
<Location /docs>
    Header add X-Trace location-docs
</Location>
<Location /docs/>
    Header add X-Trace location-docs-slash
</Location>
<Location ~ "/(guide|key)\\.">
    Header add X-Trace location-tilde
</Location>
<Files "?uide.*">
    Header add X-Trace files-question
</Files>
<Files ~ "\\.(css|json)$">
    Header add X-Trace files-tilde
</Files>
<If "%{REQUEST_URI} =~ m#guide#">
    Header add X-Trace if
</If>
<ElseIf "%{REQUEST_URI} =~ m#style#">
    Header add X-Trace else-if
</ElseIf>
<Else>
    Header add X-Trace else
</Else>
Alias /through @ROOT@/docs
ProxyPass /up http://@ORIGIN@/up
<Location /up>
    Header add X-Trace location-up
</Location>
<Proxy http://@ORIGIN@/up*>
    Header add X-Trace proxy-up
</Proxy>
<Proxy *>
    Header add X-Trace proxy-star
</Proxy>
<Directory proxy:*>
    Header add X-Trace directory-proxy
</Directory>
"""
PATHS = """
/ /docs /docs/ /docs/guide.txt /docs/style.css /docs/data.json /docs/none.txt /docs/private/key.txt /docs/private/open/read.txt /docs/sub/welcome.txt /through/guide.txt /through/
/through /page.html /up /up/x /upper /docs//guide.txt /docs/../docs/guide.txt
/docs/guide.txt/more /docs/%67uide.txt /DOCS/guide.txt /docsy /folder/ /docs/sub/ /none
""".split()
INHERITED = """
Header set X-Main main
Header add X-Trace main
ErrorDocument 404 "main says no
DirectoryIndex index.txt
AddType text/main .main .txt
SetEnvIf Host . word=main
Alias /main @ROOT@/other
<Directory @ROOT@/docs>
    Header add X-Trace main-directory
    ForceType text/main-forced
</Directory>
<Location /docs>
    Header add X-Trace main-location
</Location>
<Files "*.css">
    Header add X-Trace main-files
</Files>
<LocationMatch /sub>
    Header add X-Trace main-location-match
</LocationMatch>
RequestHeader set X-Up main
ProxyPreserveHost On
ProxyPass /main-up http://@ORIGIN@/main
Header always set X-Word %{word}e
"""
CHILD = """
Header add X-Trace host
ErrorDocument 403 "host says no
AddType text/host .host
SetEnvIf Host . word=host
Alias /host @ROOT@/other
<Directory @ROOT@/docs>
    Header add X-Trace host-directory
</Directory>
<Location /docs>
    Header add X-Trace host-location
</Location>
<Files "*.css">
    Header add X-Trace host-files
</Files>
<LocationMatch /docs>
    Header add X-Trace host-location-match
</LocationMatch>
ProxyPass /host-up http://@ORIGIN@/host
"""
OWN = """
DocumentRoot @ROOT@/docs
ErrorDocument 404 "host says no
DirectoryIndex sub/welcome.txt
ProxyPreserveHost Off
RequestHeader unset X-Up
"""
SETTINGS = """
DocumentRoot @ROOT@
ProxyPass /up http://@ORIGIN@/up
<Location />
    ErrorDocument 404 "root
    SetEnv word root
    Header always set X-Word %{word}e
    AddDefaultCharset utf-8
    RequestHeader set X-A root
    RequestHeader set X-B root
</Location>
<Location /up>
    RequestHeader set X-A up
    RequestHeader unset X-B
    ProxyPreserveHost On
</Location>
<Location /up/deep>
    ProxyPreserveHost Off
    ProxyAddHeaders Off
    SetEnv word deep
</Location>
<Location /docs>
    SetEnv word docs
    AddDefaultCharset Off
    SetEnvIf Request_URI guide word=if
</Location>
<Location /docs/private>
    UnsetEnv word
    ErrorDocument 404 "private
    AddDefaultCharset latin1
</Location>
<Directory @ROOT@/docs>
    SetEnv word directory
    SetEnv other directory
    Header always set X-Other %{other}e
</Directory>
"""


def groups():
    """Sections of one host, a host and the main server, then single settings."""
    return [order(), inherited(), settings()]


def order():
    """Every section says where it stands."""
    group = Group("sections: order", site("site.test", ORDER))
    for path in PATHS:
        for method in ("GET", "HEAD"):
            group.send(method, path)
    return group


def inherited():
    """What of the main server holds in a host, and in which order."""
    group = Group("sections: inherited", INHERITED + site("child.test", CHILD) + site("own.test", OWN) + site("none.test", ""))
    for host in ("child.test", "own.test", "none.test", "unknown.test"):
        for path in ("/", "/docs/", "/docs/guide.txt", "/docs/style.css", "/docs/sub/welcome.txt", "/sub/welcome.txt", "/main/page.html", "/host/page.html", "/main-up/x",
            "/host-up/x", "/none", "/secret"):
            group.get(path, host=host)
    for path in ("/docs/guide.txt", "/main-up/x"):
        group.get(path, host="main.test", port="SECOND_PORT")
    return group


def settings():
    """Inner places over outer ones, setting by setting."""
    group = Group("sections: settings", site("site.test", SETTINGS))
    for path in ("/none", "/page.html", "/up/x", "/up/deep/x", "/docs/guide.txt", "/docs/style.css", "/docs/none", "/docs/private/none", "/docs/private/key.txt",
        "/docs/index.html"):
        group.get(path)
    return group
