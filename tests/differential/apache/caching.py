"""mod_cache and mod_cache_disk: what is kept, for how long, under which name, and who gets it."""

import email.utils
import time

from case import Group, answer

from .site import sites

TODAY, LATER, PAST = "Date: @NOW@", "Expires: @HOUR@", "Expires: Mon, 03 Feb 2025 04:05:06 GMT"
CHANGED, TAG = "Last-Modified: Mon, 03 Feb 2025 04:05:06 GMT", 'ETag: "one"'
AGE, PUBLIC = "Cache-Control: max-age=600", "Cache-Control: public"
TELLS = "CacheHeader on\nCacheDetailHeader on\n"
PROXY = "ProxyPass / http://@ORIGIN@/\n"
FOLDERS = "kept asked renewed tuned keys places order files".split()
SECOND = answer(fields=["X-Origin: second"], body=b"second")


def prepare(scene):
    """Folders of what is kept, which both servers use one after the other, and times that lie near."""
    scene.places["KEPT"] = str(scene.folder / "kept")
    for name in FOLDERS:
        folder = scene.folder / "kept" / name
        folder.mkdir(parents=True)
        folder.chmod(0o777)
    scene.places["NOW"], scene.places["HOUR"] = (email.utils.formatdate(time.time() + later, usegmt=True) for later in (0, 20 * 86400))


def enabled(name, *lines, provider="disk"):
    """Settings of a host that keeps everything it may."""
    return "\n".join([PROXY, f"CacheRoot @KEPT@/{name}", f"CacheEnable {provider} /", TELLS, *lines])


def conversation(group, name, requests, answers, host="s0.test", **more):
    """Several requests on one connection: each a path and fields, or a method with both; the origin answers in turn, at last with `SECOND`."""
    raw, methods = b"", []
    for request in requests:
        method, path, fields = request if len(request) == 3 else ("GET", *request)
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *fields]
        raw += "\r\n".join(lines).encode() + b"\r\n\r\n"
        methods.append(method)
    group.raw(f"{host} {name}", raw, answers=(*answers, SECOND), replies=len(requests), method=methods[-1], **more)


def twice(group, path, answers, fields=(), then=(), host="s0.test", note=""):
    """The same path twice."""
    answers = answers if isinstance(answers, tuple) else (answers,)
    conversation(group, f"{path} {' '.join([*fields, '|', *then])} {note}".strip(), [(path, fields), (path, then)], answers, host)


SAID = {
    "nothing": [], "changed": [CHANGED], "tag": [TAG], "age": [AGE], "later": [LATER], "past": [PAST], "past-changed": [PAST, CHANGED], "broken": ["Expires: soon", CHANGED],
    "zero": ["Expires: 0", CHANGED], "age-0": ["Cache-Control: max-age=0"], "age-0-tag": ["Cache-Control: max-age=0", TAG], "shared-0": ["Cache-Control: s-maxage=0, max-age=60", CHANGED],
    "shared": ["Cache-Control: s-maxage=60"], "private": ["Cache-Control: private, max-age=60"], "private-named": ['Cache-Control: private="X-A", max-age=60', "X-A: 1"],
    "no-store": ["Cache-Control: no-store, max-age=60"], "no-cache": ["Cache-Control: no-cache, max-age=60"], "no-cache-tag": ["Cache-Control: no-cache", TAG],
    "no-cache-named": ['Cache-Control: no-cache="X-A", max-age=60', "X-A: 1"], "pragma": ["Pragma: no-cache", CHANGED], "must": ["Cache-Control: must-revalidate", CHANGED],
    "must-0": ["Cache-Control: must-revalidate, max-age=0"], "public": [PUBLIC], "public-changed": [PUBLIC, CHANGED], "cookie": [AGE, "Set-Cookie: a=1"], "cookie-changed": [CHANGED, "Set-Cookie: a=1"],
    "vary": [AGE, "Vary: X-Kind"], "vary-all": [AGE, "Vary: *"], "aged": [AGE, "Age: 100"], "aged-out": [AGE, "Age: 600"], "dated": [AGE, "Date: Mon, 03 Feb 2025 04:05:06 GMT"],
    "age-and-past": [AGE, PAST], "changed-later": ["Last-Modified: @HOUR@"], "two-ages": ["Cache-Control: max-age=60", "Cache-Control: max-age=0"], "not-a-number": ["Cache-Control: max-age=x"],
    "quoted": ['Cache-Control: max-age="60"'], "warned": [AGE, 'Warning: 199 x "y"'], "hop": [AGE, "Connection: X-Hop", "X-Hop: 1", "Keep-Alive: timeout=9"], "language": [AGE, "Content-Language: de", "Content-Type: text/html"],
    "surrogate": ["CDN-Cache-Control: max-age=60"], "stale": ["Cache-Control: max-age=0, stale-while-revalidate=60", TAG], "immutable": ["Cache-Control: max-age=60, immutable"], "upper": ["Cache-Control: MAX-AGE=60"],
    "digest": [AGE, "Content-MD5: x"],
}
STATUSES = """200 OK|201 Created|202 Accepted|203 Non-Authoritative Information|204 No Content|206 Partial Content|300 Multiple Choices|301 Moved Permanently|302 Found|303 See Other|304 Not Modified|307 Temporary Redirect|308 Permanent Redirect|400 Bad Request|
401 Unauthorized|403 Forbidden|404 Not Found|405 Method Not Allowed|410 Gone|414 URI Too Long|451 Unavailable For Legal Reasons|500 Internal Server Error|501 Not Implemented|502 Bad Gateway|503 Service Unavailable|504 Gateway Timeout""".replace("\n", "").split("|")


def what_is_kept():
    """By what an answer says, and by its status."""
    group = Group("caching: what is kept", sites(enabled("kept"), enabled("kept", "CacheQuickHandler off")))
    for number in (0, 1):
        host = f"s{number}.test"
        for name, fields in SAID.items():
            twice(group, f"/{name}", answer(fields=fields), host=host)
            twice(group, f"/{name}?q=1", answer(fields=fields), host=host)
        for status in STATUSES:
            for name in ("nothing", "changed", "age", "later"):
                body = b"" if status[:3] in ("204", "304") else b"origin"
                twice(group, f"/{status[:3]}-{name}", answer(status, SAID[name] + ["Location: /x"], body=body, length=status[:3] not in ("204", "304")), host=host)
    return group


ASKS = [
    [], ["Cache-Control: no-cache"], ["Pragma: no-cache"], ["Cache-Control: no-store"], ["Cache-Control: max-age=0"], ["Cache-Control: max-age=10"], ["Cache-Control: min-fresh=10"], ["Cache-Control: min-fresh=1000"],
    ["Cache-Control: max-stale"], ["Cache-Control: max-stale=5"], ["Cache-Control: only-if-cached"], ["Authorization: Basic YTpi"], ["Cookie: a=1"], ["Range: bytes=0-2"], ["Range: bytes=-2"], ["Range: bytes=100-"],
    ["Range: bytes=0-0,2-3"], ['If-Range: "one"', "Range: bytes=0-2"], ['If-Range: "two"', "Range: bytes=0-2"], ['If-None-Match: "one"'], ['If-None-Match: "two"'], ["If-None-Match: *"],
    ["If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT"], ["If-Modified-Since: Mon, 03 Feb 2025 04:05:05 GMT"], ['If-Match: "two"'], ['If-Match: "one"'], ["If-Unmodified-Since: Mon, 03 Feb 2025 04:05:05 GMT"],
    ["Connection: close"], ["Accept-Encoding: gzip"], ["Expect: 100-continue"], ["TE: trailers"], ["Cache-Control: no-cache", 'If-None-Match: "one"'],
]


def requests():
    """What requests ask of what is kept, or before anything is."""
    group = Group("caching: requests", sites(*(enabled("asked", lines) for lines in ("", "CacheIgnoreCacheControl on", "CacheQuickHandler off", "CacheStoreNoStore on"))))
    whole = answer(fields=[AGE, CHANGED, TAG])
    bare = answer(fields=[AGE])
    for host in ("s0.test", "s1.test", "s2.test", "s3.test"):
        for number, asks in enumerate(ASKS):
            twice(group, f"/then{number}", whole, then=asks, host=host)
            twice(group, f"/bare{number}", bare, then=asks, host=host)
            twice(group, f"/first{number}", whole, fields=asks, host=host)
    for method in ("HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        body = [] if method in ("HEAD", "OPTIONS", "DELETE", "TRACE", "PROPFIND") else ["Content-Length: 0"]
        for status in ("200 OK", "201 Created", "301 Moved Permanently", "404 Not Found", "500 Internal Server Error"):
            path = f"/{method.lower()}{status[:3]}"
            for host in ("s0.test", "s2.test"):
                conversation(group, f"{path} between", [(path, []), (method, path, body), (path, [])], [whole, answer(status, fields=["X-Origin: other"])], host)
                conversation(group, f"{path} first", [(method, path + "f", body), (path + "f", [])], [answer(status, fields=[AGE])], host)
    conversation(group, "location", [("/there", []), ("POST", "/post", ["Content-Length: 0"]), ("/there", [])], [whole, answer("201 Created", ["Location: /there", "Content-Location: /there"])])
    conversation(group, "query", [("/q", []), ("POST", "/q?x", ["Content-Length: 0"]), ("/q", [])], [whole, answer()])
    return group


RENEWED = {
    "304": answer("304 Not Modified", ["X-New: 1", TAG], length=False, body=b""), "304-bare": answer("304 Not Modified", length=False, body=b""), "304-age": answer("304 Not Modified", ["Cache-Control: max-age=60", TAG], length=False, body=b""),
    "304-other": answer("304 Not Modified", ['ETag: "two"'], length=False, body=b""), "304-no-store": answer("304 Not Modified", ["Cache-Control: no-store"], length=False, body=b""),
    "304-length": answer("304 Not Modified", [TAG, "Content-Length: 99", "Content-Type: text/x"], length=False, body=b""),
    "200": answer(fields=[AGE, 'ETag: "two"'], body=b"newer"), "200-no-store": answer(fields=["Cache-Control: no-store"], body=b"newer"), "404": answer("404 Not Found", ["X-New: 1"]), "410": answer("410 Gone", [AGE]), "301": answer("301 Moved Permanently", [AGE, "Location: /y"]),
    "500": answer("500 Internal Server Error", ["X-New: 1"]), "503": answer("503 Service Unavailable", ["Retry-After: 9"]), "502": answer("502 Bad Gateway"), "504": answer("504 Gateway Timeout"), "cut": b"", "500-age": answer("500 Internal Server Error", [AGE]),
}


def renewing():
    """What is kept is not fresh: the server is asked, and may fail."""
    settings = ["", "CacheStaleOnError off", "CacheQuickHandler off", "CacheLock on", "CacheStoreExpired on", "CacheStaleOnError on\nCacheQuickHandler off\n<Location /302-a>\nCacheStaleOnError off\n</Location>"]
    group = Group("caching: renewing", sites(*(enabled("renewed", lines) for lines in settings)))
    stale = {
        "tag": ["Cache-Control: max-age=0", TAG], "changed": ["Cache-Control: max-age=0", CHANGED], "both": ["Cache-Control: max-age=0", TAG, CHANGED], "no-cache": ["Cache-Control: no-cache, max-age=60", TAG], "bare": ["Cache-Control: max-age=0"],
        "must": ["Cache-Control: max-age=0, must-revalidate", TAG], "proxy": ["Cache-Control: max-age=0, proxy-revalidate", TAG], "shared": ["Cache-Control: s-maxage=0", TAG], "past": [PAST, TAG], "weak": ["Cache-Control: max-age=0", 'ETag: W/"one"'],
    }
    thens = [[], ['If-None-Match: "one"'], ['If-None-Match: "two"'], ["If-Modified-Since: Mon, 03 Feb 2025 04:05:06 GMT"], ["Range: bytes=0-2"], ["Cache-Control: no-cache"]]
    for number in range(len(settings)):
        for name, fields in stale.items():
            for kind, renewed in RENEWED.items():
                for index, then in enumerate(thens if number == 0 and name in ("tag", "both") else thens[:1]):
                    path = f"/{name}-{kind}-{index}"
                    conversation(group, f"{path} {' '.join(then)}", [(path, []), (path, then), (path, [])], [answer(fields=fields), renewed], f"s{number}.test")
    return group


TIMES = [
    "", "CacheDefaultExpire 60", "CacheMaxExpire 30", "CacheMinExpire 5000", "CacheLastModifiedFactor 0.5", "CacheLastModifiedFactor 0", "CacheIgnoreNoLastMod on", "CacheIgnoreNoLastMod on\nCacheDefaultExpire 0", "CacheStoreExpired on", "CacheStoreNoStore on",
    "CacheStorePrivate on", "CacheStoreNoStore on\nCacheStorePrivate on\nCacheStoreExpired on", "CacheIgnoreHeaders Set-Cookie X-Extra", "CacheIgnoreHeaders None", "CacheIgnoreHeaders Set-Cookie\nCacheIgnoreHeaders X-Extra", "CacheIgnoreQueryString on",
    "CacheMaxFileSize 3", "CacheMinFileSize 100", "CacheMaxFileSize 6\nCacheMinFileSize 6", "CacheReadSize 1024\nCacheReadTime 10", "CacheHeader off", "CacheDetailHeader off", "CacheHeader off\nCacheDetailHeader off",
]


def tuned():
    """What the operator says of it."""
    group = Group("caching: tuned", sites(*(enabled("tuned", lines) for lines in TIMES)))
    answers = {name: SAID[name] for name in ("nothing", "changed", "tag", "age", "later", "past", "past-changed", "private", "no-store", "no-cache", "age-0", "age-0-tag", "changed-later", "cookie")}
    answers["extra"] = [AGE, "X-Extra: 1", "Set-Cookie: a=1", "X-Other: 2"]
    for number in range(len(TIMES)):
        for name, fields in answers.items():
            twice(group, f"/{name}", answer(fields=fields), host=f"s{number}.test")
            twice(group, f"/{name}", answer(fields=fields), host=f"s{number}.test", then=["Cache-Control: max-age=20"], note="again") if name in ("changed", "nothing") else None
        twice(group, "/min?q", answer(fields=[AGE]), then=["Cache-Control: min-fresh=100"], host=f"s{number}.test")
        twice(group, "/long", answer(fields=[CHANGED]), then=["Cache-Control: min-fresh=100"], host=f"s{number}.test")
    return group


def keys():
    """What tells one request from another."""
    settings = ["", "CacheIgnoreQueryString on", "CacheIgnoreURLSessionIdentifiers jsessionid sid", "CacheKeyBaseURL http://www.example.com/", "CacheIgnoreURLSessionIdentifiers None", "UseCanonicalName On", "CacheQuickHandler off\nCacheIgnoreURLSessionIdentifiers sid"]
    group = Group("caching: keys", sites(*(enabled("keys", lines) for lines in settings)))
    whole = answer(fields=[AGE])
    pairs = ["/a /a?", "/b?x /b?y", "/c /c?x", "/d?a=1&b=2 /d?b=2&a=1", "/e;jsessionid=1 /e;jsessionid=2", "/f?jsessionid=1 /f?jsessionid=2", "/g?sid=1&x=1 /g?sid=2&x=1", "/h?x=1&sid=1 /h?x=1&sid=2", "/i;jsessionid=1?x /i;jsessionid=2?x", "/j%41 /jA",
             "/k//l /k/l", "/m/../n /n", "/o /O", "/p/ /p", "/q?sid=1 /q", "/r?xsid=1 /r?xsid=2", "/s;sid=1/t /s;sid=2/t", "/u?x=1 /u?x=1&sid=9", "/v?sid=1&y=2 /v?y=2", "/w%3Fx /w?x", "/x?SID=1 /x?SID=2"]
    for number in range(len(settings)):
        for pair in pairs:
            first, second = pair.split()
            conversation(group, pair, [(first, []), (second, [])], [whole], f"s{number}.test")
    for name, field in (("host", "X-Forwarded-Host: evil.test"), ("proto", "X-Forwarded-Proto: https"), ("method", "X-HTTP-Method-Override: DELETE"), ("accept", "Accept: text/html")):
        twice(group, f"/poison-{name}", whole, fields=[field])
    for name, varies, first, second in (
        ("other", "X-Kind", "a", "b"), ("same", "X-Kind", "a", "a"), ("case", "X-Kind", "a", "A"), ("spaces", "X-Kind", "a, b", "a,b"), ("two", "X-Kind, X-Other", "a", "b"), ("order", "X-Kind", "a,b", "b,a"), ("mixed", "x-kInD", "a", "b"),
    ):
        paths = [(f"/vary-{name}", [f"X-Kind: {value}"]) for value in (first, second, first, second)]
        conversation(group, f"vary {name}", [*paths, (f"/vary-{name}", [])], [answer(fields=[AGE, f"Vary: {varies}"]), answer(fields=[AGE, f"Vary: {varies}"], body=b"other")])
    return group


PLACES = """
CacheRoot @KEPT@/places
CacheHeader on
CacheEnable disk /all
CacheEnable disk /slash/
CacheEnable disk http://s1.test/whole
CacheEnable disk http://other.test/else
CacheEnable disk http://*.test/star
CacheEnable disk http://*s1.test/ending
CacheEnable disk http://s1.test:81/port
CacheEnable disk //s1.test/any
CacheEnable disk https://s1.test/secure
CacheEnable disk /moved
CacheDisable /all/not
CacheDisable http://s1.test/whole/not
ProxyPass / http://@ORIGIN@/
RewriteEngine On
RewriteRule ^/moved/(.*) /all/$1 [PT]
RewriteRule ^/here/(.*) /moved/$1 [PT]
<Location /all/off>
    CacheDisable on
</Location>
<Location /in>
    CacheEnable disk
    CacheHeader on
</Location>
<Location /in/not>
    CacheDisable on
</Location>
<LocationMatch ^/match/>
    CacheEnable disk
</LocationMatch>
<Location /quiet>
    CacheEnable disk /quiet
    CacheHeader off
</Location>
"""


def places():
    """Which paths are kept, of which hosts, and what sections say."""
    quick, normal = PLACES, PLACES + "CacheQuickHandler off\n"
    group = Group("caching: places", sites("ProxyPass / http://@ORIGIN@/", quick, normal.replace("s1.test", "s2.test")))
    paths = "/all /all/ /allx /all/x /all/not /all/notx /all/not/x /all/off /all/off/x /all/offx /slash /slash/x /whole /whole/x /whole/not /else /star /ending /port /any /secure /in /in/ /in/x /inx /in/not/x /match/x /quiet /quiet/x /other /%61ll/enc /ALL /all%2fx /x/../all/dots /moved/a /here/b /all/%6eot /all//not"
    for number in (0, 1, 2):
        for path in paths.split():
            twice(group, path, answer(fields=[AGE]), host=f"s{number}.test")
    return group


GUARDED = """
<Location />
    Require all granted
</Location>
<Location /closed>
    Require all denied
</Location>
<Location /secret>
    AuthType Basic
    AuthName "secret"
    AuthUserFile @ROOT@/users
    Require valid-user
</Location>
Header set X-Own own
Header edit X-Origin one edited
RewriteEngine On
RewriteCond %{HTTP_COOKIE} a=1
RewriteRule ^/cookie$ /cookie-a [PT]
"""


def order():
    """What happens before and after: access, rewriting, fields of answers, compression."""
    compressed = "AddOutputFilterByType DEFLATE text/plain"
    group = Group("caching: order", sites(*(enabled("order", GUARDED, lines) for lines in ("", "CacheQuickHandler off", compressed, "CacheQuickHandler off\n" + compressed, "ExpiresActive On\nExpiresDefault A60", "Header set Cache-Control max-age=60"))))
    text = answer(fields=[AGE, CHANGED, TAG, "Content-Type: text/plain", "X-Origin: one"], body=b"text " * 300)
    plain = answer(fields=["Content-Type: text/plain"])
    for number in range(6):
        host = f"s{number}.test"
        for path in ("/open", "/closed", "/cookie"):
            twice(group, path, text, host=host)
        twice(group, "/cookie-later", text, then=["Cookie: a=1"], host=host)
        conversation(group, "cookie later", [("/cookie", []), ("/cookie", ["Cookie: a=1"])], [text], host)
        conversation(group, "secret", [("/secret/a", ["Authorization: Basic Ym9iOmI6Yw=="]), ("/secret/a", [])], [text], host)
        twice(group, "/packed", text, fields=["Accept-Encoding: gzip"], then=["Accept-Encoding: gzip"], host=host)
        twice(group, "/packed-then-not", text, fields=["Accept-Encoding: gzip"], host=host)
        twice(group, "/not-then-packed", text, then=["Accept-Encoding: gzip"], host=host)
        twice(group, "/plain", plain, host=host)
    return group


def files():
    """What the server has itself."""
    lines = "CacheRoot @KEPT@/files\nCacheEnable disk /\n" + TELLS
    group = Group("caching: files", sites("DocumentRoot @ROOT@\n" + lines, "DocumentRoot @ROOT@\nCacheQuickHandler off\n" + lines, "DocumentRoot @ROOT@\nRedirect /old http://new.test/\n" + lines, f"DocumentRoot @ROOT@\nCacheFile @ROOT@/docs/guide.txt\nMMapFile @ROOT@/docs/index.html"))
    for number in range(4):
        for path in ("/docs/guide.txt", "/docs/", "/docs", "/none", "/old", "/docs/guide.txt?x"):
            twice(group, path, answer(), host=f"s{number}.test")
    return group


def groups():
    """All of them."""
    return [what_is_kept(), requests(), renewing(), tuned(), keys(), places(), order(), files()]
