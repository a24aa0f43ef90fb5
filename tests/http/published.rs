//! Configurations in the shape of those that guides publish run as they stand: names of files and ports aside, nothing is missing.

use testkit::{Authority, Setup, Site, Visitor, cases};

cases!(intermediate, intermediate_guide, [old_clients_are_served, plain_http_is_sent_there]);
cases!(modern, modern_guide, [new_clients_are_served, plain_http_is_sent_there]);
cases!(httpd_intermediate, httpd_intermediate_guide, [old_clients_are_served, plain_http_is_sent_there]);
cases!(httpd_modern, httpd_modern_guide, [new_clients_are_served, plain_http_is_sent_there]);

/// Suites with and without what is spoken here, as such lists have them.
const SUITES: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:\
                      ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:\
                      DHE-RSA-AES128-GCM-SHA256:DHE-RSA-CHACHA20-POLY1305";

const SITES: &str = "
    server {
        listen {front1} ssl;
        http2 on;
        ssl_certificate site.crt;
        ssl_certificate_key site.key;
        add_header Strict-Transport-Security \"max-age=63072000\" always;
        location / { return 200 served; }
    }
    server {
        listen {front} default_server;
        return 301 https://$host$request_uri;
    }";

const INTERMEDIATE: &str = "
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_ciphers SUITES;
    ssl_prefer_server_ciphers off;
    ssl_session_timeout 1d;
    ssl_session_cache shared:guide:10m;
    ssl_dhparam dhparam.pem;
    ssl_stapling on;
    ssl_stapling_verify on;
    ssl_trusted_certificate root.crt;
    resolver 127.0.0.1;
";

const MODERN: &str = "
    ssl_protocols TLSv1.3;
    ssl_ecdh_curve X25519:prime256v1:secp384r1;
    ssl_prefer_server_ciphers off;
    ssl_session_timeout 1d;
    ssl_session_cache shared:guide:10m;
    ssl_stapling on;
    ssl_stapling_verify on;
    ssl_trusted_certificate root.crt;
    resolver 127.0.0.1;
";

const HOSTS: &str = r#"
<VirtualHost {front}>
    RewriteEngine On
    RewriteCond %{REQUEST_URI} !^/\.well\-known/acme\-challenge/
    RewriteRule ^(.*)$ https://%{HTTP_HOST}$1 [R=301,L]
</VirtualHost>
<VirtualHost {front1}>
    SSLEngine on
    SSLCertificateFile      site.crt
    SSLCertificateKeyFile   site.key
    Protocols h2 http/1.1
    Header always set Strict-Transport-Security "max-age=63072000"
    Redirect 410 /
</VirtualHost>
"#;

const HTTPD_INTERMEDIATE: &str = r#"
SSLProtocol             -all +TLSv1.2 +TLSv1.3
SSLOpenSSLConfCmd       Curves X25519:prime256v1:secp384r1
SSLCipherSuite          SUITES
SSLHonorCipherOrder     off
SSLSessionTickets       off
SSLUseStapling On
SSLStaplingCache "shmcb:logs/ssl_stapling(32768)"
"#;

const HTTPD_MODERN: &str = r#"
SSLProtocol             -all +TLSv1.3
SSLOpenSSLConfCmd       Curves X25519:prime256v1:secp384r1
SSLHonorCipherOrder     off
SSLSessionTickets       off
SSLUseStapling On
SSLStaplingCache "shmcb:logs/ssl_stapling(32768)"
"#;

fn intermediate_guide() -> Setup {
    nginx(INTERMEDIATE)
}

fn modern_guide() -> Setup {
    nginx(MODERN)
}

fn httpd_intermediate_guide() -> Setup {
    httpd(HTTPD_INTERMEDIATE)
}

fn httpd_modern_guide() -> Setup {
    httpd(HTTPD_MODERN)
}

fn nginx(settings: &str) -> Setup {
    with_files(Setup::http(&format!("{}{SITES}", settings.replace("SUITES", SUITES))))
}

fn httpd(settings: &str) -> Setup {
    with_files(Setup::apache(&format!("{HOSTS}{}", settings.replace("SUITES", SUITES))))
}

fn with_files(setup: Setup) -> Setup {
    let root = Authority::new("root");
    let site = root.issue(&["site"]);
    let parameters = "-----BEGIN DH PARAMETERS-----\nMAYCAQUCAQI=\n-----END DH PARAMETERS-----\n";
    let setup = setup.file("root.crt", root.certificate()).file("dhparam.pem", parameters);
    setup.file("site.crt", site.certificate).file("site.key", site.key)
}

/// What a client is answered, that speaks nothing newer than TLS 1.2 if it is `old`.
fn ask(site: &Site, old: bool) -> Result<String, String> {
    let mut visit = Visitor::new(None, old).visit(site.place("front1").socket(), "site", b"")?;
    Ok(visit.get("site", "/"))
}

fn is_served(answer: &str) -> bool {
    answer.contains("Strict-Transport-Security: max-age=63072000\r\n")
}

fn old_clients_are_served(site: &mut Site) {
    assert!(is_served(&ask(site, true).unwrap()) && is_served(&ask(site, false).unwrap()));
}

fn new_clients_are_served(site: &mut Site) {
    assert!(is_served(&ask(site, false).unwrap()));
    assert!(ask(site, true).is_err(), "nothing old is spoken");
}

fn plain_http_is_sent_there(site: &mut Site) {
    let answer = site.client().ask("GET /a?b HTTP/1.1\r\nHost: site\r\n\r\n");
    assert_eq!((answer.status, answer.field("Location")), (301, Some("https://site/a?b")));
}
