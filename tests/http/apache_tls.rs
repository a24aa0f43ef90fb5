//! TLS in httpd's language: which host answers, what requests say of it, what is asked of it, and of clients.

use testkit::{Authority, Setup, Site, Visitor, cases};

use super::tls::{body, issued};

cases!(
    apache_tls,
    setup,
    [
        the_name_chooses_the_host,
        requests_say_what_was_settled,
        a_chain_may_stand_in_a_file_of_its_own,
        parts_may_ask_for_tls,
        parts_may_ask_for_certificates,
        clients_need_a_name_where_it_is_asked,
        what_the_environment_says_is_asked_for,
        a_variable_may_say_who_the_client_is,
        a_certificate_may_stand_for_a_user,
    ]
);

fn setup() -> Setup {
    let (root, foreign) = (Authority::new("root"), Authority::new("foreign"));
    let (one, two) = (root.issue(&["one"]), root.issue(&["two"]));
    let mut setup = Setup::apache(CONFIG).file("root.crt", root.certificate());
    setup = setup.file("subjects", "/CN=good:{PLAIN}password\n/CN=foreign:{PLAIN}password\nplain:{PLAIN}password\n");
    let issued =
        [("one", one), ("two", two), ("good", root.issue(&["good"])), ("foreign", foreign.issue(&["foreign"]))];
    for (name, issued) in issued {
        let both = format!("{}{}", issued.certificate, issued.key);
        setup = setup.file(&format!("{name}.crt"), issued.certificate).file(&format!("{name}.key"), issued.key);
        setup = setup.file(&format!("{name}.pem"), both);
    }
    setup
}

const CONFIG: &str = r#"
SSLSessionCache shmcb:sessions(64000)
SSLProtocol all -SSLv3
SSLCipherSuite HIGH:!aNULL
SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256
<VirtualHost {front}>
    ServerName one
    SSLEngine on
    SSLCertificateFile one.crt
    SSLCertificateKeyFile one.key
    SSLCertificateChainFile root.crt
    SSLCACertificateFile root.crt
    RewriteEngine On
    RewriteCond %{HTTPS} on
    RewriteRule ^/moved$ /%{SSL:SSL_PROTOCOL}/%{REQUEST_SCHEME} [R]
    Header always set X-Host one
    Header always set X-Tls "%{SSL_PROTOCOL}s %{SSL_CIPHER}s %{SSL_CIPHER_USEKEYSIZE}s %{SSL_TLS_SNI}s"
    Header always set X-Own "%{SSL_SERVER_S_DN_CN}s %{SSL_SERVER_M_VERSION}s %{SSL_SERVER_A_KEY}s"
    Header always set X-Client "%{SSL_CLIENT_VERIFY}s %{SSL_CLIENT_S_DN_CN}s"
    <Location /proved>
        SSLVerifyClient require
    </Location>
    <Location /known>
        Require ssl-verify-client
    </Location>
    <Location /named>
        SSLRequire %{SSL_CLIENT_S_DN_CN} in {"good", "better"} and %{SSL_CIPHER_USEKEYSIZE} >= 64
    </Location>
    <Location /environment>
        SSLOptions +StdEnvVars +ExportCertData
        Header always set X-Environment "%{SSL_PROTOCOL}e %{HTTPS}e %{SSL_CLIENT_CERT}e"
    </Location>
    <Location /named-by>
        SSLUserName SSL_CLIENT_S_DN_CN
        Header always set X-User "expr=[%{REMOTE_USER}]"
    </Location>
    <Location /named-by/password>
        AuthType Basic
        AuthName named
        AuthUserFile {prefix}/subjects
        Require user good plain
    </Location>
    <Location /unnamed>
        Header always set X-User "expr=[%{REMOTE_USER}]"
    </Location>
    <Location /faked>
        AuthType Basic
        AuthName faked
        AuthUserFile {prefix}/subjects
        Require valid-user
        Header always set X-User "expr=[%{REMOTE_USER}]"
        SSLOptions +FakeBasicAuth
        SSLUserName SSL_CLIENT_S_DN_CN
        RequestHeader edit Authorization ^ was:
        Header always echo Authorization
    </Location>
    <Location /faked/not>
        SSLOptions StrictRequire
    </Location>
    <Location /silent>
        Header always set X-Environment "%{SSL_PROTOCOL}e %{HTTPS}e"
    </Location>
</VirtualHost>
<VirtualHost {front}>
    ServerName two
    SSLEngine on
    SSLCertificateFile two.pem
    SSLStrictSNIVHostCheck on
    Header always set X-Host two
</VirtualHost>
<VirtualHost {front1}>
    ServerName one
    <Location /secret>
        SSLRequireSSL
    </Location>
    <Location /secured>
        Require ssl
    </Location>
</VirtualHost>
"#;

/// What a client with that certificate is answered by the first host.
fn ask(site: &Site, name: Option<&str>, path: &str) -> String {
    let identity = name.map(|name| issued(site, name));
    Visitor::new(identity.as_ref(), false).visit(site.socket(), "one", b"").unwrap().get("one", path)
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap()
}

fn the_name_chooses_the_host(site: &mut Site) {
    let visitor = Visitor::new(None, false);
    for name in ["one", "two"] {
        let mut visit = visitor.visit(site.socket(), name, b"").unwrap();
        assert!(visit.get(name, "/").contains(&format!("X-Host: {name}\r\n")));
    }
    let default = visitor.visit(site.socket(), "unknown", b"").unwrap();
    assert_eq!(default.certificate(), visitor.visit(site.socket(), "one", b"").unwrap().certificate());
    let plain = site.client().ask("GET / HTTP/1.1\r\nHost: one\r\n\r\n");
    assert_eq!(plain.status, 400);
}

fn requests_say_what_was_settled(site: &mut Site) {
    let answer = ask(site, None, "/");
    assert!(answer.contains("X-Tls: TLSv1.3 TLS_AES_128_GCM_SHA256 128 one\r\n"), "{answer}");
    assert!(answer.contains("X-Own: one 3 id-ecPublicKey\r\n"), "{answer}");
    assert!(answer.contains("X-Client: NONE (null)\r\n"), "{answer}");
    assert!(ask(site, Some("good"), "/").contains("X-Client: SUCCESS good\r\n"));
    assert!(ask(site, None, "/moved").contains("/TLSv1.3/https\r\n"));
}

fn a_chain_may_stand_in_a_file_of_its_own(site: &mut Site) {
    let visit = Visitor::new(None, false).visit(site.socket(), "one", b"").unwrap();
    assert_eq!(visit.chain_length(), 2);
}

fn parts_may_ask_for_tls(site: &mut Site) {
    let plain = |path: &str| site.client_at("front1").ask(&format!("GET {path} HTTP/1.1\r\nHost: one\r\n\r\n")).status;
    assert_eq!([plain("/secret"), plain("/secured"), plain("/none")], [403, 403, 404]);
}

fn parts_may_ask_for_certificates(site: &mut Site) {
    for path in ["/proved", "/known", "/named"] {
        assert_eq!(status(&ask(site, None, path)), "403", "{path}");
        assert_eq!(status(&ask(site, Some("good"), path)), "404", "{path}");
        let foreign = ask(site, Some("foreign"), path);
        assert_eq!(status(&foreign), "400", "{path}: what is shown must be believed: {}", body(&foreign));
    }
    assert_eq!(status(&ask(site, Some("one"), "/named")), "403", "it is another's");
}

fn clients_need_a_name_where_it_is_asked(site: &mut Site) {
    // For an address no name is asked for.
    let visitor = Visitor::new(None, false);
    let ask = |name| visitor.visit(site.socket(), name, b"").unwrap().get("two", "/x");
    assert_eq!(status(&ask("127.0.0.1")), "403");
    assert_eq!(status(&ask("two")), "404");
}

fn what_the_environment_says_is_asked_for(site: &mut Site) {
    let answer = ask(site, Some("good"), "/environment");
    assert!(answer.contains("X-Environment: TLSv1.3 on -----BEGIN CERTIFICATE----- "), "{answer}");
    assert!(ask(site, None, "/environment").contains("X-Environment: TLSv1.3 on (null)\r\n"));
    assert!(ask(site, None, "/silent").contains("X-Environment: (null) on\r\n"));
}

/// What a client with that certificate is answered which says that it is a user.
fn ask_as(site: &Site, name: Option<&str>, path: &str, user: &str) -> String {
    let identity = name.map(|name| issued(site, name));
    let mut visit = Visitor::new(identity.as_ref(), false).visit(site.socket(), "one", b"").unwrap();
    visit.send(format!("GET {path} HTTP/1.1\r\nHost: one\r\nAuthorization: Basic {user}\r\nConnection: close\r\n\r\n"));
    String::from_utf8(visit.read_to_end()).unwrap()
}

/// `/CN=good:password`, `/CN=good:another`, `plain:password`
const FEIGNED: &str = "L0NOPWdvb2Q6cGFzc3dvcmQ=";
const FOREIGN: &str = "L0NOPWdvb2Q6YW5vdGhlcg==";
const PLAIN: &str = "cGxhaW46cGFzc3dvcmQ=";

fn a_variable_may_say_who_the_client_is(site: &mut Site) {
    assert!(ask(site, Some("good"), "/named-by").contains("X-User: [good]\r\n"));
    assert!(ask(site, None, "/named-by").contains("X-User: []\r\n"), "without a certificate it is nobody");
    // Who is known need not prove it.
    assert_eq!(status(&ask(site, Some("good"), "/named-by/password")), "404");
    assert_eq!(status(&ask(site, Some("one"), "/named-by/password")), "403");
    assert_eq!(status(&ask(site, None, "/named-by/password")), "401");
    assert!(ask_as(site, None, "/named-by/password", PLAIN).contains("X-User: [plain]\r\n"));
    assert!(ask_as(site, None, "/unnamed", PLAIN).contains("X-User: []\r\n"), "what is not proven is nothing");
}

fn a_certificate_may_stand_for_a_user(site: &mut Site) {
    let good = ask(site, Some("good"), "/faked");
    assert_eq!(status(&good), "404", "it is let in");
    assert!(good.contains("X-User: [/CN=good]\r\n"), "{good}");
    assert!(good.contains(&format!("Authorization: was:Basic {FEIGNED}\r\n")), "{good}");
    assert_eq!(status(&ask(site, Some("one"), "/faked")), "401", "nobody knows it");
    assert_eq!(status(&ask(site, None, "/faked")), "401");
    // What a certificate would say cannot be written by others.
    assert_eq!(status(&ask_as(site, None, "/faked", FEIGNED)), "403");
    assert_eq!(status(&ask_as(site, None, "/faked/not", FEIGNED)), "403");
    assert_eq!(status(&ask_as(site, None, "/faked", FOREIGN)), "401");
    assert!(ask_as(site, None, "/faked", PLAIN).contains("X-User: [plain]\r\n"));
    // Options without a sign are all that hold: it is the other name that counts.
    assert!(ask(site, Some("good"), "/faked/not").contains("X-User: [good]\r\n"));
}
