//! What guards a path, or answers for it, is not lost in silence: modules that are not built.

use config_apache::{Input, Lowered, Options, read};
use config_source::Memory;
use diagnostic::{Severity, Sources};

/// Reads a text beside some files; paths start at `/srv`.
fn lowered(text: &str, files: &[(&str, &str)]) -> Lowered {
    let files = files.iter().fold(Memory::new(), |files, (path, text)| files.with(*path, *text));
    let options = Options { server_root: "/srv".into(), hostname: "here.test".to_owned(), ..Options::default() };
    let text = format!("Listen 80\n{text}");
    read(&files, Input::Text { name: "text", text: &text }, &options, &mut Sources::new())
}

/// Severity, line and message of each thing that is said; the first line is 2.
fn said_with(text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let lowered = lowered(text, files);
    let said = lowered.diagnostics.iter().filter(|problem| problem.severity != Severity::Note).map(|problem| {
        let line = problem.origin.map(|origin| origin.line).unwrap_or_default();
        format!("{} {line} {}", problem.severity.as_str(), problem.message)
    });
    said.collect()
}

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    assert_eq!(said_with(text, &[]), expected, "{text}");
}

const LOADS: &str = "LoadModule authnz_ldap_module modules/mod_authnz_ldap.so\nLoadModule auth_digest_module modules/mod_auth_digest.so\n\
    LoadModule evasive20_module modules/mod_evasive20.so\nLoadModule mime_magic_module modules/mod_mime_magic.so\n\
    LoadModule proxy_ajp_module modules/mod_proxy_ajp.so\nLoadModule proxy_module modules/mod_proxy.so\n\
    LoadModule status_module modules/mod_status.so\nLoadModule authz_core_module modules/mod_authz_core.so\n\
    LoadModule dav_module modules/mod_dav.so\nLoadModule mpm_prefork_module modules/mod_mpm_prefork.so\nLoadModule slotmem_plain_module modules/mod_slotmem_plain.so\n";

/// The same with the modules that [`LOADS`] names; the first line is 1.
#[track_caller]
fn check_loaded(text: &str, expected: &[&str]) {
    let said: Vec<String> = said_with(&format!("{LOADS}{text}"), &[])
        .into_iter()
        .filter(|line| !line.contains("mod_evasive does not run here"))
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let mut word = || words.next().unwrap_or_default();
            let (severity, number, message) = (word(), word(), word());
            let line = number.parse::<usize>().map_or(0, |line| line.saturating_sub(LOADS.lines().count() + 1));
            format!("{severity} {line} {message}")
        })
        .collect();
    assert_eq!(said, expected, "{text}");
}

#[test]
fn what_stands_for_a_loaded_module_that_is_not_built_is_refused() {
    check_loaded(
        "<Location /admin>\n<IfModule mod_authnz_ldap.c>\nAuthType Basic\nAuthBasicProvider ldap\nAuthLDAPURL ldap://a/b\n\
         Require valid-user\n</IfModule>\n</Location>",
        &[
            "error 4 looking up users elsewhere than in a file is not built yet",
            "error 5 \"AuthLDAPURL\" of mod_authnz_ldap is not built yet",
        ],
    );
    check_loaded(
        "<Location /a>\n<IfModule auth_digest_module>\nAuthType Digest\nRequire valid-user\n</IfModule>\n</Location>",
        &["error 3 AuthType Digest is not built yet"],
    );
    check_loaded(
        "<IfModule mod_proxy_ajp.c>\nProxyPass / ajp://a/\n</IfModule>",
        &["error 2 forwarding to ajp:// (mod_proxy_ajp) is not built yet"],
    );
    check_loaded(
        "<IfModule mod_evasive20.c>\nDOSPageCount 2\n</IfModule>",
        &["error 2 \"DOSPageCount\" belongs to mod_evasive, which does not run here"],
    );
}

#[test]
fn what_is_known_for_such_a_module_holds() {
    let text = format!(
        "{LOADS}<IfModule mod_status.c>\n<Location /server-status>\nSetHandler server-status\nRequire ip 192.0.2.1\n</Location>\n\
         </IfModule>\n<IfModule !mod_status.c>\nRubbish\n</IfModule>\n<IfModule prefork.c>\nStartServers 5\n</IfModule>\n"
    );
    let lowered = lowered(&text, &[]);
    assert!(!lowered.diagnostics.iter().any(diagnostic::Diagnostic::is_error), "{:?}", lowered.diagnostics);
    let site = format!("{:?}", lowered.model.http.sites[0]);
    assert!(site.contains("192.0.2.1"), "the page's path is guarded: {site}");
    assert!(lowered.no_effect.iter().any(|found| found.name == "StartServers"));
}

#[test]
fn settings_of_such_a_module_are_left_out_with_a_warning() {
    check_loaded(
        "<IfModule mime_magic_module>\nMIMEMagicFile conf/magic\n</IfModule>",
        &["warning 1 `MIMEMagicFile` is left out: `mime_magic_module` is not built"],
    );
}

#[test]
fn what_takes_back_what_such_a_module_would_do_is_left_out() {
    check_loaded(
        "<IfModule mod_dav.c>\nDav off\n</IfModule>",
        &["warning 1 `Dav` is left out: `mod_dav.c` is not built"],
    );
    check_loaded("<IfModule mod_dav.c>\nDav On\n</IfModule>", &["error 2 \"Dav\" of mod_dav is not built yet"]);
}

#[test]
fn a_module_that_is_not_loaded_is_skipped_as_in_httpd() {
    check_loaded(
        "<IfModule mod_auth_form.c>\nAuthType Form\n</IfModule>\n<IfModule mod_x.c>\nRubbish\n</IfModule>",
        &[],
    );
}

#[test]
fn a_file_that_loads_nothing_is_told_what_is_left_out() {
    check(
        "<Location /a>\n<IfModule mod_authnz_ldap.c>\nAuthType Basic\n<IfModule mod_ssl.c>\nSSLRequireSSL\n</IfModule>\n\
         Require valid-user\n</IfModule>\n</Location>",
        &["warning 3 `AuthType`, `SSLRequireSSL`, `Require` are left out: `mod_authnz_ldap.c` is not built"],
    );
    check("<IfModule mod_php5.c>\nphp_value a b\nOptions None\n</IfModule>", &[]);
    check("<IfModule mod_dav.c>\n<IfModule !mod_alias.c>\nDAV On\n</IfModule>\n</IfModule>", &[]);
}

#[test]
fn types_that_run_programs_are_refused() {
    for line in [
        "AddType application/x-httpd-php .php",
        "AddType application/x-httpd-php-source .phps",
        "ForceType application/x-httpd-php5",
    ] {
        let word = line.split(' ').nth(1).unwrap();
        let message = format!("error 2 the handler \"{word}\" does not run here: such files would be sent as they are");
        check(line, &[&message]);
    }
    check("AddType application/x-tar .tgz", &[]);
}

#[test]
fn what_httpd_takes_is_taken() {
    for text in [
        "<Location /a>\n<RequireAll>\nAuthType Basic\nAuthName a\nAuthBasicProvider file\nAuthUserFile u\nRequire valid-user\n</RequireAll>\n</Location>",
        "ProxyPassReverse /a http://192.0.2.1/ nocanon",
        "<Location /a>\nRequire host localhost\n</Location>",
        "<Location /a>\nOrder deny,allow\nDeny from all\nAllow from localhost 192.0.2.1\n</Location>",
        "DirectoryIndex",
        "Options All +MultiViews -ExecCGI",
        "Options None FollowSymLinks",
        "<IfModule mod_alias.c>\n<VirtualHost *:80>\n</VirtualHost> </IfModule>",
    ] {
        check(text, &[]);
    }
    for section in ["Location", "Files"] {
        check(
            &format!("<{section} /a>\nAllowOverride None\n</{section}>"),
            &["warning 3 Useless use of AllowOverride: only directories have such files"],
        );
    }
}

#[test]
fn what_httpd_refuses_is_refused() {
    for (text, message) in [
        ("Options -Indexes FollowSymLinks", "2 Either all Options must start with + or -, or no Option may."),
        ("Options All -Indexes FollowSymLinks", "2 Either all Options must start with + or -, or no Option may."),
        ("Options +All", "2 'Options All' must be the first Option given, without a sign"),
        ("<Directory /a>\nAllowOverride Foo\n</Directory>", "3 Illegal override option Foo"),
        (
            "<Location /a>\n<RequireAny>\n</RequireAny>\n</Location>",
            "3 <RequireAny> directive contains no authorization directives",
        ),
        ("LogFormat \"%Z\" x", "2 Unrecognized LogFormat directive %Z"),
        ("Header set A b env=", "2 missing environment variable name"),
        ("Header set A b env=!", "2 missing environment variable name"),
        ("<Location /a>\nRequire host a.test\n</Location>", "3 `Require host` is not built yet"),
        (
            "<Location /a>\nAuthType openid-connect\n</Location>",
            "3 AuthType openid-connect belongs to mod_auth_openidc, which does not run here",
        ),
        ("OIDCClientID a", "2 \"OIDCClientID\" belongs to mod_auth_openidc, which does not run here"),
        ("AssignUserID a b", "2 \"AssignUserID\" belongs to mpm_itk, which does not run here"),
    ] {
        check(text, &[&format!("error {message}")]);
    }
}

#[test]
fn options_are_spoken_of_where_they_ask_for_what_is_not_there() {
    let names = |line: &str| lowered(line, &[]).no_effect.into_iter().map(|found| found.name).collect::<Vec<_>>();
    assert_eq!(names("Options FollowSymLinks"), Vec::<String>::new());
    assert_eq!(names("Options -Indexes -MultiViews"), Vec::<String>::new());
    assert_eq!(names("Options Indexes SymLinksIfOwnerMatch"), ["Options Indexes", "Options SymLinksIfOwnerMatch"]);
    assert_eq!(names("Options -FollowSymLinks +ExecCGI"), ["Options -FollowSymLinks", "Options ExecCGI"]);
}
