//! Loading configurations from memory.

use std::path::Path;

use config::{Language, Options, load_from, load_text, proxy_as_nginx};
use config_nginx::Memory;
use model::{Destination, Serve};

fn options() -> Options {
    Options { prefix: "/srv".into(), superuser: true, hostname: "here".into(), ..Options::default() }
}

#[test]
fn includes_start_at_the_directory_of_the_file() {
    let files = Memory::new()
        .with("/srv/conf/nginx.conf", "events {} http { include sites/*.conf; }")
        .with("/srv/conf/sites/b.conf", "server { listen 82; }")
        .with("/srv/conf/sites/a.conf", "server { listen 81; }");
    let loaded = load_from(&files, Path::new("conf/nginx.conf"), &options());
    assert_eq!(loaded.diagnostics, []);
    let model = loaded.model.as_ref().unwrap();
    assert_eq!(model.files, ["/srv/conf/nginx.conf", "/srv/conf/sites/a.conf", "/srv/conf/sites/b.conf"]);
    assert_eq!(model.http.listeners.len(), 2);
    let dump = loaded.dump();
    assert!(dump.starts_with("# configuration file /srv/conf/nginx.conf:\nevents {}"), "{dump}");
    assert!(dump.contains("\n# configuration file /srv/conf/sites/b.conf:\nserver { listen 82; }\n"), "{dump}");
}

#[test]
fn a_missing_file_is_one_error() {
    let loaded = load_from(&Memory::new(), Path::new("nginx.conf"), &options());
    assert!(loaded.model.is_none());
    let lines: Vec<String> = loaded.diagnostics.iter().map(|problem| problem.one_line(&loaded.sources)).collect();
    assert_eq!(lines, ["open() \"/srv/nginx.conf\" failed (2: No such file or directory)"]);
}

#[test]
fn directives_of_the_command_line_count_as_the_main_level() {
    let options = Options { global_directives: "daemon off; worker_processes 3;".into(), ..options() };
    let loaded = load_text("text", "events {}", &options);
    let model = loaded.model.unwrap();
    assert!(!model.process.daemon);
    let twice = load_text("text", "daemon on; events {}", &options);
    assert!(twice.has_errors());
    assert_eq!(twice.diagnostics[0].one_line(&twice.sources), "\"daemon\" directive is duplicate in text:1");
}

#[test]
fn files_of_sites_need_no_http_block() {
    let loaded = load_text(
        "site",
        "upstream app { server 127.0.0.1:5000; } server { location / { proxy_pass http://app; } }",
        &options(),
    );
    assert_eq!(loaded.diagnostics, []);
    let model = loaded.model.unwrap();
    assert_eq!(model.http.sites.len(), 1);
    assert!(matches!(model.http.sites[0].locations[0].section.serve, Serve::Proxy(_)));
}

#[test]
fn unknown_named_locations_are_a_warning() {
    let loaded = load_text(
        "site",
        "server { error_page 404 @gone; location / { try_files a @there; } location @there {} }",
        &options(),
    );
    assert!(loaded.model.is_some());
    let lines: Vec<String> = loaded.diagnostics.iter().map(|problem| problem.one_line(&loaded.sources)).collect();
    assert_eq!(lines, ["there is no named location \"@gone\" in this server in site:1"]);
}

#[test]
fn logs_of_one_file_must_be_gathered_alike() {
    let text = "server { access_log /a combined buffer=4k; location / { access_log /a combined buffer=8k; } }";
    let loaded = load_text("site", text, &options());
    assert!(loaded.model.is_none());
    assert!(loaded.diagnostics[0].message.contains("conflicting parameters"));
}

#[test]
fn directives_without_effect_are_listed() {
    let loaded = load_text("text", "events { worker_connections 100; } http { sendfile on; }", &options());
    let names: Vec<&str> = loaded.no_effect.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["worker_connections", "sendfile"]);
}

#[test]
fn a_proxy_of_one_line_is_a_configuration_that_loads() {
    let text = proxy_as_nginx("127.0.0.1:8080", &["http://127.0.0.1:3000/app", "127.0.0.1:3001/app"], None).unwrap();
    let loaded = load_text("printed", &text, &options());
    assert_eq!(loaded.diagnostics, []);
    let model = loaded.model.unwrap();
    let Serve::Proxy(proxy) = &model.http.sites[0].locations[0].section.serve else { panic!("no proxy") };
    let model::Target::Fixed { destination, path, .. } = &proxy.target else { panic!("no fixed target") };
    assert!(matches!(destination, Destination::Group(_)));
    assert_eq!(path.as_deref(), Some("/app"));
    assert_eq!(model.http.groups[0].servers.len(), 2);
}

#[test]
fn a_proxy_of_one_line_takes_urls_only() {
    let none: [&str; 0] = [];
    for urls in [
        &["ftp://x"][..],
        &["https://a", "https://b"],
        &["https://a", "http://a"],
        &["http://a b"],
        &["http://a/x", "http://b/y"],
        &none,
        &["http://a;b"],
    ] {
        assert!(proxy_as_nginx("8080", urls, None).is_err(), "{urls:?}");
    }
    assert!(proxy_as_nginx("80; evil", &["http://a"], None).is_err());
}

#[test]
fn a_proxy_of_one_line_speaks_tls() {
    let urls = ["https://127.0.0.1:3000", "https://127.0.0.1"];
    let text = proxy_as_nginx("127.0.0.1:8080", &urls, Some(Path::new("/ca.pem"))).unwrap();
    let loaded = load_text("printed", &text, &options());
    assert_eq!(loaded.diagnostics, []);
    let model = loaded.model.unwrap();
    let Serve::Proxy(proxy) = &model.http.sites[0].locations[0].section.serve else { panic!("no proxy") };
    let tls = proxy.tls.as_ref().unwrap();
    assert!(tls.checks_name && tls.sends_name && tls.trust.is_some());
    assert_eq!(tls.name.as_ref().unwrap().as_text(), Some("127.0.0.1"));
    let address = |port| model::ServerAddress::Host { host: "127.0.0.1".to_owned(), port };
    let servers: Vec<_> = model.http.groups[0].servers.iter().map(|server| server.address.clone()).collect();
    assert_eq!(servers, [address(3000), address(443)]);
}

#[test]
fn another_server_s_language_is_recognised() {
    let text = "# a site\n  <VirtualHost *:8080>\n    ProxyPass / http://127.0.0.1:5000/\n</VirtualHost>\n";
    let loaded = load_text("site", text, &options());
    assert_eq!(loaded.language, Language::Apache);
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let model = loaded.model.unwrap();
    assert!(matches!(model.http.sites[0].locations[0].section.serve, Serve::Proxy(_)));
    assert_eq!(
        loaded.diagnostics[0].one_line(&loaded.sources),
        "there is no `Listen`: `Listen 8080` is implied in site:2"
    );
}

#[test]
fn a_language_that_is_named_is_not_guessed() {
    let options = Options { language: Some(Language::Nginx), ..options() };
    let loaded = load_text("site", "<VirtualHost *:80>\n</VirtualHost>\n", &options);
    assert_eq!((loaded.language, loaded.has_errors()), (Language::Nginx, true));
}

#[test]
fn variables_come_from_the_file_beside_the_configuration() {
    let files = Memory::new()
        .with("/etc/apache2/apache2.conf", "PidFile ${APACHE_PID_FILE}\nInclude sites/*.conf\n")
        .with("/etc/apache2/envvars", "export APACHE_PID_FILE=/run/apache2.pid\n")
        .with("/etc/apache2/sites/a.conf", "<VirtualHost *:80>\nServerName a\n</VirtualHost>\n");
    let loaded = load_from(&files, Path::new("/etc/apache2/apache2.conf"), &options());
    assert!(!loaded.has_errors(), "{:?}", loaded.diagnostics);
    let model = loaded.model.as_ref().unwrap();
    assert_eq!(model.process.pid_file, Path::new("/run/apache2.pid"));
    assert!(loaded.dump().contains("# configuration file /etc/apache2/sites/a.conf:\n<VirtualHost *:80>\n"));
}

#[test]
fn text_that_breaks_off_is_one_error() {
    let loaded = load_text("text", "http {", &options());
    let lines: Vec<String> = loaded.diagnostics.iter().map(|problem| problem.one_line(&loaded.sources)).collect();
    assert_eq!(lines, ["unexpected end of file, expecting \"}\" in text:1"]);
}
