"""Expressions: true or false in conditions, text in values."""

from case import Group

from .site import site

CONDITIONS = [
    "true", "false", "%{REQUEST_METHOD} == 'GET'", "%{REQUEST_METHOD} != 'GET'", "%{REQUEST_METHOD} = 'GET'", "'a' < 'b'", "'b' <= 'a'", "'b' > 'a'", "'a' >= 'b'", "'a' lt 'b'",
    "'10' -eq '10.0'", "10 -lt 9", "10 -gt 9", "10 -ge 10", "10 -le 9", "10 -ne 9", "'9' < '10'",
    "9 lt 10", "%{HTTP_HOST} =~ /^site/", "%{HTTP_HOST} !~ /^site/", "%{HTTP_HOST} =~ /^SITE/i", "%{HTTP_HOST} =~ m#^site#", "-n %{QUERY_STRING}", "-z %{QUERY_STRING}",
    "-n req('X-None')", "-z req('X-None')", "-T req('X-One')", "-T ''", "-T 'off'", "-f '@ROOT@/index.html'", "-d '@ROOT@'",
    "-e '@ROOT@/none'", "-f '@ROOT@/none'", "-s '@ROOT@/empty.txt'", "-F '/docs/guide.txt'", "-R '127.0.0.0/8'", "-R '10.0.0.0/8'", "%{REMOTE_ADDR} -ipmatch '127.0.0.0/8'",
    "%{REMOTE_ADDR} -ipmatch '::1'", "'a b' -strmatch 'a*'", "'A' -strcmatch 'a'", "'/a/b' -fnmatch '/*'", "'/a/b' -fnmatch '/*/*'",
    "%{REQUEST_METHOD} in {'GET','HEAD'}", "%{REQUEST_METHOD} in {'POST'}", "! true", "!(true && false)", "true && false", "true || false", "true && false || true",
    "true || true && false", "(true || true) && false", "req('X-One') == '1'", "http('x-one') == '1'", "%{HTTP:X-One} == '1'",
    "reqenv('word') == 'set'", "env('word') == 'set'", "%{ENV:word} == 'set'", "%{HTTPS} == 'on'", "%{REQUEST_URI} == '/docs/guide.txt'", "%{SERVER_PORT} -eq 80",
    "%{REQUEST_URI} =~ m#/(.*)\\.txt# && $1 == 'docs/guide'", "tolower('ABC') == 'abc'", "'a' . 'b' == 'ab'",
    "%{TIME_YEAR} -gt 2000", "%{IPV6} == 'off'", "%{REQUEST_STATUS} == 200", "md5('a') == '0cc175b9c0f1b6a831c399e269772661'", "'x%{REQUEST_METHOD}y' == 'xGETy'",
    "%{DOCUMENT_ROOT} == '@ROOT@'", "resp('X-Given') == 'given'", "%{THE_REQUEST} =~ m#^GET /docs#",
]
VALUES = [
    "%{REQUEST_METHOD}", "plain", "%{HTTP_HOST}:%{SERVER_PORT}", "%{REQUEST_URI}?%{QUERY_STRING}", "%{req:X-One}", "%{tolower:%{HTTP_HOST}}", "%{toupper:abc}", "%{base64:abc}",
    "%{unbase64:YWJj}", "%{md5:abc}", "%{sha1:abc}", "%{escape:a b/c?d}", "%{unescape:a%20b}", "%{env:word}", "%{reqenv:word}",
    "%{HTTP:X-One}", "%{HTTP_USER_AGENT}", "%{REMOTE_ADDR}", "%{SERVER_NAME}", "%{DOCUMENT_ROOT}", "%{REQUEST_FILENAME}", "%{SERVER_PROTOCOL}", "%{REQUEST_SCHEME}",
    "%{SERVER_ADMIN}", "%{REMOTE_USER}x", "%{HTTPS}", "%{PATH_INFO}x", "%{CONTEXT_PREFIX}x", "%{HANDLER}", "%{REQUEST_STATUS}", "%{HTTP_COOKIE}",
    "%{SCRIPT_FILENAME}", "%{CONTENT_TYPE}", "%{resp:X-Given}", "%{HTTP_REFERER}x", "%{filesize:@ROOT@/docs/guide.txt}", "%{osenv:NONE_SUCH}x", "%{note:none}x",
    "a:%{REQUEST_METHOD}:%{REQUEST_METHOD}", "%{CONN_REMOTE_ADDR}", "%{THE_REQUEST}", "%{AUTH_TYPE}x", "%{IS_SUBREQ}",
]
BRANCHES = """
<If "%{QUERY_STRING} =~ /^a=(\\d)/">
    Header add X-Branch if
    <If "%{REQUEST_METHOD} == 'HEAD'">
        Header add X-Branch if-in-if
    </If>
    <Files "guide.txt">
        Header add X-Branch files-in-if
    </Files>
</If>
<ElseIf "-n req('X-One')">
    Header add X-Branch else-if
    Require all denied
</ElseIf>
<Else>
    Header add X-Branch else
</Else>
<Location /docs>
    <If "%{REQUEST_URI} =~ /guide/">
        Header add X-Branch if-in-location
        ErrorDocument 403 "no guide
    </If>
</Location>
<If "%{HTTP_HOST} == 'other.test'">
    Redirect 301 / http://site.test/
</If>
"""


def groups():
    """Each expression adds a field to the same answer, then whole branches."""
    fields = ["SetEnvIf Host . word=set", "Header always set X-Given given", "DocumentRoot @ROOT@"]
    conditions = [f'Header always set X-{number} yes "expr={text}"' for number, text in enumerate(CONDITIONS)]
    values = [f'Header always set X-{number} "expr={text}"' for number, text in enumerate(VALUES)]
    group = Group("expressions", site("conditions.test", *fields, *conditions) + site("values.test", "ServerAdmin me@site.test", *fields, *values) + site("site.test",
        "ServerAlias other.test\nDocumentRoot @ROOT@", BRANCHES))
    for host in ("conditions.test", "values.test"):
        for path, more in (("/docs/guide.txt", []), ("/docs/none?a=1", ["X-One: 1", "User-Agent: Mozilla"])):
            group.get(path, host=host, fields=more)
        group.send("POST", "/docs/guide.txt?a=1", host=host, fields=["X-One: 1", "Content-Type: text/plain"], body=b"posted", version="1.0")
    for path in ("/docs/guide.txt", "/docs/guide.txt?a=1", "/docs/style.css?a=2", "/none"):
        for more in ([], ["X-One: 1"]):
            group.get(path, fields=more)
            group.send("HEAD", path, fields=more)
    group.get("/docs/guide.txt", host="other.test")
    return [group]
