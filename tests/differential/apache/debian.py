"""Debian's own /etc/apache2 with a proxy site enabled, as it is but for its ports and the folders its environment names."""

import os
import pathlib
import re
import shutil

from case import Group, answer

ORIGINAL = pathlib.Path("/etc/apache2")
ENABLED = "proxy proxy_http proxy_fcgi proxy_balancer slotmem_shm lbmethod_byrequests headers rewrite ssl socache_shmcb".split()
SNAKEOIL = pathlib.Path("/etc/ssl/private/ssl-cert-snakeoil.key")
CONFIG = """
ServerRoot @TREE@
Define APACHE_RUN_USER nobody
Define APACHE_RUN_GROUP nogroup
Define APACHE_PID_FILE @TREE@/run/httpd.pid
Define APACHE_RUN_DIR @TREE@/run
Define APACHE_LOCK_DIR @TREE@/run
Define APACHE_LOG_DIR @TREE@/run
ServerName debian.test
Include @TREE@/apache2.conf
"""
SITE = """<VirtualHost *:80>
        ServerName example.com
        ServerAlias www.example.com
        ProxyPass "/" "http://@ORIGIN@/"
        ProxyPassReverse "/" "http://@ORIGIN@/"
</VirtualHost>
"""
BALANCED = """<VirtualHost *:80>
    ServerName balanced.example.com
    <Proxy balancer://mycluster>
        BalancerMember http://@ORIGIN@
        BalancerMember http://@SECOND@
    </Proxy>
    ProxyPreserveHost On
    ProxyPass / balancer://mycluster/
    ProxyPassReverse / balancer://mycluster/
    ErrorLog ${APACHE_LOG_DIR}/error.log
    CustomLog ${APACHE_LOG_DIR}/access.log combined
</VirtualHost>
"""


def prepare(tree, place):
    """Copies the tree and enables modules and sites in it; `place` gives names their ports."""
    if not ORIGINAL.is_dir():
        return
    shutil.copytree(ORIGINAL, tree, symlinks=True)
    (tree / "run").mkdir(mode=0o777)
    for module in ENABLED:
        for ending in ("load", "conf"):
            link = tree / f"mods-enabled/{module}.{ending}"
            if (tree / f"mods-available/{module}.{ending}").exists() and not link.is_symlink():
                link.symlink_to(f"../mods-available/{module}.{ending}")
    for conf in (tree / "conf-available").glob("php*-fpm.conf"):
        # Nobody listens there: whom a request is for is seen all the same.
        conf.write_text(re.sub("/run/php/[^|]*", f"{tree}/run/nobody.sock", conf.read_text()))
        if not (link := tree / f"conf-enabled/{conf.name}").is_symlink():
            link.symlink_to(f"../conf-available/{conf.name}")
    for name, text in (("proxied", SITE), ("balanced", BALANCED)):
        (tree / f"sites-available/{name}.conf").write_text(place(text))
        (tree / f"sites-enabled/{name}.conf").symlink_to(f"../sites-available/{name}.conf")
    if os.access(SNAKEOIL, os.R_OK):
        (tree / "sites-enabled/default-ssl.conf").symlink_to("../sites-available/default-ssl.conf")
    for path in [tree / "ports.conf", *tree.glob("sites-available/*.conf")]:
        text = path.read_text().replace("Listen 80\n", place("Listen 127.0.0.1:@PORT_NUMBER@\n"))
        text = text.replace("Listen 443\n", place("Listen 127.0.0.1:@SECOND_PORT_NUMBER@\n"))
        text = text.replace("<VirtualHost *:443>", place("<VirtualHost *:@SECOND_PORT_NUMBER@>"))
        path.write_text(text.replace("<VirtualHost *:80>", place("<VirtualHost *:@PORT_NUMBER@>")))


def groups():
    """The default site and the two that a proxy's user writes."""
    group = Group("debian's tree", CONFIG, complete=True)
    for host in ("debian.test", "example.com", "www.example.com", "balanced.example.com", "unknown.test"):
        for path in ("/", "/none", "/index.html", "/icons/", "/.htaccess", "/cgi-bin/none", "/x.php", "/x.php/y", "/x.phps", "/.php", "/icons/x.phtml"):
            group.get(path, host=host)
        group.send("TRACE", "/", host=host)
        group.get("/", host=host, answers=answer("302 Found", ["Location: http://@ORIGIN@/x"]), note="moved")
        group.get("/", host=host, version="1.0", fields=["Connection: keep-alive"], answers=answer("404 None"))
    if os.access(SNAKEOIL, os.R_OK):
        for path in ("/", "/none", "/index.html", "/icons/", "/.htaccess", "/cgi-bin/none"):
            group.get(path, host="debian.test", tls="debian.test", trusts=False, port="SECOND_PORT")
    return [group]
