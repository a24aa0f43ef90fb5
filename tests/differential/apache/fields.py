"""Header and RequestHeader with every action, and the variables that SetEnvIf and its kin set."""

from case import Group, answer

from .site import site, sites

HEADERS = [
    "Header set X-New one", "Header set X-Origin two", "Header append X-Origin two", "Header append X-New one", "Header merge X-Origin one", "Header merge X-Origin two",
    "Header add X-Origin two", "Header unset X-Origin",
    "Header unset x-origin", "Header unset X-None", "Header setifempty X-Origin two", "Header setifempty X-New one", "Header edit X-Origin ^o(.)e$ <$1>",
    "Header edit X-Origin none x", "Header edit* X-Many , ;",
    "Header edit X-Many , ;", "Header edit* X-Many (.),(.) $2-$1", "Header echo ^X-Echo", "Header echo X-", "Header note X-Origin kept",
    "Header set X-Quoted \"a \\\"quoted\\\" word\"",
    "Header set X-Percent 100%%", "Header set X-Percent %%{word}e", "Header always set X-New one", "Header always add X-Origin two", "Header always unset X-Origin",
    "Header onsuccess set X-New one", "Header onsuccess unset X-Origin",
    "Header always append X-Origin two", "Header always edit X-Origin one two",
    "Header set X-A one\nHeader append X-A two\nHeader merge X-A two\nHeader add X-A three\nHeader edit X-A one four",
    "Header set X-A one\nHeader unset X-A\nHeader set X-B two", "Header set X-A one early", "RequestHeader set X-A one early\nHeader set X-B %{X-A}e",
    "SetEnv word spoken\nHeader set X-Env %{word}e", "Header set X-Env %{missing}e",
    "Header set X-Tls %{SSL_PROTOCOL}s", "SetEnvIf Request_URI yes flag\nHeader set X-If set env=flag", "SetEnvIf Request_URI yes flag\nHeader set X-If set env=!flag",
    "Header set X-Expr \"expr=%{REQUEST_METHOD} %{HTTP_HOST}\"",
    "Header set X-If yes \"expr=%{REQUEST_STATUS} == 404\"", "Header set X-If yes \"expr=%{REQUEST_URI} =~ m#/yes#\"", "Header set X-If yes \"expr=-n req('X-Echo-One')\"",
    "Header set X-If yes \"expr=resp('X-Origin') == 'one'\"",
    "Header always set X-If yes \"expr=%{REQUEST_STATUS} >= 400\"", "Header set X-If yes \"expr=! (%{REQUEST_METHOD} in {'GET','HEAD'})\"",
    "Header set X-If yes \"expr=%{QUERY_STRING} == 'q=1' && %{REQUEST_SCHEME} == 'http'\"",
    "Header set Content-Type text/own", "Header unset Content-Type", "Header set Content-Length 3", "Header unset Last-Modified", "Header set Server own", "Header unset Server",
    "Header always unset Date", "Header edit Content-Type plain html",
    "Header add Set-Cookie a=1\nHeader add Set-Cookie b=2", "Header set X-Colon: value", "Header set X-Empty \"\"",
    "Header add X-Two \"a\" \nHeader add X-Two \"b\"\nHeader edit X-Two a c",
    "<Location /yes>\nHeader set X-Place location\n</Location>\nHeader set X-Place server",
    "<Location /yes>\nHeader add X-Place location\n</Location>\nHeader add X-Place server", "<Location /yes>\nHeader unset X-Origin\n</Location>\nHeader append X-Origin server",
    "<Location />\nHeader set X-A one\n</Location>\n<Location /yes>\nHeader append X-A two\n</Location>", "Header edit X-Origin (?i)^(ONE)$ \"$1 $0 %{HTTP_HOST}e\"",
    "Header edit X-Origin one \"%{word}e\"\nSetEnv word spoken",
    "Header set Vary Accept\nHeader append Vary Cookie\nHeader merge Vary accept", "Header set X-Conn %{CONN_REMOTE_ADDR}e", "Header add Connection X-Own",
    "Header set Location /moved", "Header unset X-Many\nHeader always set X-Many again",
]
REQUEST_HEADERS = [
    "RequestHeader set X-New one", "RequestHeader set X-Echo-One two", "RequestHeader append X-Echo-One two", "RequestHeader merge X-Echo-One 1",
    "RequestHeader merge X-Echo-One two", "RequestHeader add X-Echo-One two", "RequestHeader unset X-Echo-One",
    "RequestHeader setifempty X-Echo-One two", "RequestHeader setifempty X-New two", "RequestHeader edit X-Echo-One (.) <$1>", "RequestHeader edit* X-Many , ;",
    "RequestHeader set Host other.test", "RequestHeader unset Host", "RequestHeader set Connection close",
    "RequestHeader set X-Forwarded-For 9.9.9.9", "RequestHeader append X-Forwarded-For 9.9.9.9", "RequestHeader set X-Forwarded-Host other",
    "RequestHeader unset X-Forwarded-For", "RequestHeader set X-Forwarded-Proto https", "RequestHeader unset User-Agent",
    "RequestHeader set X-Env %{word}e\nSetEnv word spoken", "RequestHeader set X-Env %{word}e\nSetEnvIf Host ^(.*)\\.test word=$1",
    "RequestHeader set X-If yes env=flag\nSetEnvIf Request_URI yes flag", "RequestHeader set X-If yes env=!flag\nSetEnvIf Request_URI yes flag",
    "RequestHeader set X-Expr \"expr=%{REQUEST_URI}\"", "RequestHeader set X-If yes \"expr=%{REQUEST_METHOD} == 'GET'\"", "RequestHeader set X-Early one early",
    "RequestHeader unset X-Echo-One early\nRequestHeader set X-Echo-One again", "RequestHeader set X-Addr %{REMOTE_ADDR}s",
    "RequestHeader set X-Percent %%t", "RequestHeader unset Cookie", "RequestHeader edit Cookie \"secret=[^;]*;? ?\" \"\"", "RequestHeader set Accept-Encoding identity",
    "RequestHeader set X-Percent 50%%", "RequestHeader add Via mine",
    "<Location /yes>\nRequestHeader set X-Place location\n</Location>\nRequestHeader set X-Place server",
    "<Location /yes>\nRequestHeader add X-Place location\n</Location>\nRequestHeader add X-Place server", "RequestHeader set X-Empty \"\"",
    "RequestHeader set Authorization \"expr=Basic %{base64:user:secret}\"", "RequestHeader set X-Lower \"expr=%{tolower:%{HTTP_USER_AGENT}}\"",
    "ProxyAddHeaders Off\nRequestHeader set X-Forwarded-For own",
]
ENVIRONMENT = [
    "SetEnvIf Host ^(.*)\\.test$ word=$1", "SetEnvIf Host none word=1", "SetEnvIfNoCase Host ^S(.) word=$1", "SetEnvIf Remote_Addr ^127\\. word",
    "SetEnvIf Request_Method GET word=get", "SetEnvIf Request_Protocol HTTP/1.1 word=new",
    "SetEnvIf Request_URI \\.gif$ word=gif", "SetEnvIf X-Echo-One 1 word", "SetEnvIf X-Missing .* word=any", "SetEnvIf ^X-Echo ^2 word=two", "BrowserMatch ^Moz word=mozilla",
    "BrowserMatchNoCase ^MOZ word=mozilla", "BrowserMatch none word",
    "SetEnv word fixed", "SetEnv word", "SetEnv word \"two words\"", "SetEnv word fixed\nUnsetEnv word", "SetEnv other x\nSetEnvIf other x word=never",
    "SetEnvIf Host . first=1\nSetEnvIf first 1 word=second", "SetEnvIf Host . word=1\nSetEnvIf Host . !word",
    "SetEnvIf Host . word=1 other=2", "SetEnvIfExpr \"%{REQUEST_METHOD} == 'GET'\" word=expr", "SetEnvIfExpr \"req('X-Echo-One') =~ /(.)/\" word=$1",
    "SetEnvIf Server_Addr (.*) word=$1", "SetEnvIf Host . word=$0", "SetEnvIf User-Agent \"^(M[a-z]+)/([0-9]+)\" word=$2-$1",
    "<Location /yes>\nSetEnv word location\n</Location>\nSetEnv word server", "<Location /yes>\nSetEnvIf Host . word=location\n</Location>\nSetEnvIf Host . word=server",
    "SetEnvIf Host . word=server\nSetEnv word fixed", "PassEnv PATH_THAT_IS_NOT\nSetEnv word x",
]
PROXIED = [
    "", "ProxyPreserveHost On", "ProxyAddHeaders Off", "ProxyVia On", "ProxyVia Full", "ProxyVia Block", "ProxyVia Off", "SetEnv force-proxy-request-1.0 1",
    "SetEnv proxy-nokeepalive 1", "SetEnv proxy-sendcl 1", "SetEnv proxy-sendchunked 1",
    "SetEnv proxy-chain-auth 1", "SetEnv proxy-interim-response RFC", "SetEnv no-gzip 1", "SetEnv nokeepalive 1", "SetEnv force-response-1.0 1", "SetEnv downgrade-1.0 1",
    "SetEnvIf Host . nokeepalive", "SetEnvIf Host . force-response-1.0 downgrade-1.0",
    "ProxyPreserveHost On\nRequestHeader set Host other.test", "UseCanonicalName On", "ServerAdmin me@site.test", "KeepAlive Off", "LimitRequestBody 5",
    "ProxyPreserveHost On\nUseCanonicalName On", "ProxyVia On\nUseCanonicalName On", "ServerName http://named.test:8443",
]
SENT = [
    [], ["X-Forwarded-For: 1.2.3.4", "X-Forwarded-Host: before.test", "X-Forwarded-Server: before"], ["Via: 1.0 before"], ["Connection: close"], ["Connection: keep-alive"],
    ["Connection: X-Hop", "X-Hop: 1"], ["Keep-Alive: 300"], ["TE: trailers"],
    ["Proxy-Connection: keep-alive"], ["Proxy-Authorization: Basic eDp5"], ["Authorization: Basic eDp5"], ["Upgrade: websocket", "Connection: Upgrade"], ["Max-Forwards: 0"],
    ["X-Twice: 1", "x-twice: 2"], ["Cookie: a=1", "Cookie: b=2"], ["Expect: 100-continue"],
    ["Forwarded: for=1.2.3.4"], ["X-Empty:"], ["x-lower: 1"], ["X_Under: 1"], ["Accept: */*", "User-Agent: Mozilla/5"], ["Trailer: X"], ["Range: bytes=0-1"],
    ["If-None-Match: \"x\""], ["X-Forwarded-Proto: https"],
]
ECHO = ["X-Echo-One: 1", "X-Echo-Two: 2", "X-Many: a,b,c,d", "User-Agent: Mozilla/5.0", "Cookie: a=1; secret=x; b=2"]


def groups():
    """One small host for each setting."""
    return [response_fields(), request_fields(), environment(), forwarded()]


def response_fields():
    """Header: on an answer from upstream, on a file, on errors of both."""
    proxy = "DocumentRoot @ROOT@\nProxyPass /yes/up http://@ORIGIN@/\n"
    group = Group("fields: of answers", sites(*(proxy + lines for lines in HEADERS)))
    given = ["X-Origin: one", "X-Many: a,b,c,d", "Content-Type: text/plain"]
    for number, lines in enumerate(HEADERS):
        host, note = f"s{number}.test", lines.replace("\n", "; ")
        group.get("/yes/up?q=1", host=host, fields=ECHO, answers=answer(fields=given), note=note)
        group.get("/yes/up", host=host, answers=answer("404 None", fields=given), note=note)
        group.get("/docs/guide.txt", host=host, note=note)
        group.get("/yes/none", host=host, note=note)
    return group


def request_fields():
    """RequestHeader, seen by the origin."""
    group = Group("fields: of requests", sites(*("ProxyPass / http://@ORIGIN@/\n" + lines for lines in REQUEST_HEADERS)))
    for number, lines in enumerate(REQUEST_HEADERS):
        note = lines.replace("\n", "; ")
        group.get("/yes", host=f"s{number}.test", fields=ECHO, note=note)
        group.send("POST", "/other", host=f"s{number}.test", body=b"posted", note=note)
    return group


def environment():
    """Variables, seen in fields both ways."""
    seen = "ProxyPass / http://@ORIGIN@/\nRequestHeader set X-Word %{word}e env=word\nHeader set X-Word %{word}e env=word\n"
    group = Group("fields: environment", sites(*(seen + lines for lines in ENVIRONMENT)))
    for number, lines in enumerate(ENVIRONMENT):
        note = lines.replace("\n", "; ")
        group.get("/yes/a.gif", host=f"s{number}.test", fields=ECHO, note=note)
        group.send("POST", "/other", host=f"s{number}.test", version="1.0", note=note)
    return group


def forwarded():
    """What a proxy adds and takes away, by its settings and by what the client sent."""
    group = Group("fields: forwarded", sites(*(lines + "\nProxyPass / http://@ORIGIN@/\nProxyPassReverse / http://@ORIGIN@/" for lines in PROXIED)))
    group.config = "<VirtualHost 127.0.0.1:@SECOND_PORT_NUMBER@>\nProxyPass / http://@ORIGIN@/\n</VirtualHost>\n" + group.config
    bodies = [([], b"posted"), (["Transfer-Encoding: chunked"], b"3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n"),
        (["Transfer-Encoding: chunked"], b"6\r\nabcdef\r\n0\r\nX-Trailer: 1\r\n\r\n"), (["Content-Length: 0"], b"")]
    for number, lines in enumerate(PROXIED):
        host, note = f"s{number}.test", lines.replace("\n", "; ")
        if lines.startswith("ServerName"):
            host = "named.test"
        for fields, body in bodies:
            group.send("POST", "/p", host=host, fields=fields, body=body, note=note)
        group.get("/p", host=host, version="1.0", note=note)
        group.get("/p", host=host + ":99", fields=["Via: 1.0 before", "Connection: keep-alive"], version="1.0", answers=answer(fields=["Via: 1.1 origin"]), note=note)
        group.get("/p", host=host, answers=answer("302 Found", ["Location: http://@ORIGIN@/x"]), note=note)
    for fields in SENT:
        group.get("/p", host="s0.test", fields=fields)
        group.send("POST", "/p", host="s3.test", fields=fields, body=b"posted")
    for method in ("HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "FOO", "get", "CONNECT"):
        group.send(method, "/p", host="s0.test", body=b"body" if method in ("PUT", "PATCH") else b"")
    for version in ("1.0", "1.1"):
        group.get("/p", host="unnamed.test", version=version, port="SECOND_PORT")
        group.get("/p", host=None, version=version, port="SECOND_PORT")
    group.send("OPTIONS", "*", host="s0.test")
    return group
