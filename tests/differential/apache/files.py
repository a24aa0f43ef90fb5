"""Files under @ROOT@ that only the cases of Apache's language ask for."""

TYPES = b"""# Types for endings.
text/html			html htm
text/plain			txt asc
text/css			css
text/javascript			js mjs
application/json		json
image/png			png
application/gzip		gz
application/x-tar		tar
"""
INCLUDED = b"""<Macro Included $name>
<VirtualHost *:*>
    ServerName $name
    DocumentRoot "${SITES}"
    Include "${SITES}/syntax/parts"
    IncludeOptional "${SITES}/syntax/p*/header.conf"
    Header set X-Name $name
</VirtualHost>
</Macro>
"""
FILES = {
    "types/mime.types": TYPES,
    "docs/index.html": b"docs index\n", "docs/index.txt": b"docs text index\n", "docs/guide.txt": b"guide\n", "docs/private/key.txt": b"key\n",
    "docs/private/open/read.txt": b"readable\n", "docs/a.b.txt": b"two dots\n", "docs/page.en.html": b"english\n", "docs/archive.tar.gz": b"packed\n",
    "docs/script.php": b"<?php no script ?>\n", "docs/data.json": b"{}\n", "docs/image.png": b"\x89PNG\n", "docs/style.css": b"p {}\n",
    "docs/noextension": b"plain words\n", "docs/sub/welcome.txt": b"welcome\n", "docs/page.html.gz": b"packed page\n", "docs/module.mjs": b"export {}\n",
    "docs/page.latin": b"latin\n", "docs/page.utf8.html": b"utf8\n", "docs/odd name.txt": b"odd name\n", "docs/percent%41.txt": b"percent\n",
    "syntax/main.conf": INCLUDED, "syntax/sites/b.conf": b"Use Included b.test\n", "syntax/sites/a.conf": b"Use Included a.test",
    "syntax/sites/c.conf.off": b"Use Included c.test\n", "syntax/parts/header.conf": b"Header add X-Part parts\n",
    "other/index.html": b"other index\n", "other/page.html": b"other page\n", "errors/403.html": b"own 403\n", "errors/503.html": b"own 503\n",
}
