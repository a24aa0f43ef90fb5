//! Files `.htaccess`: which are found, what they mean, and what is said of those that cannot be used.

use config_apache::{Input, Lowered, Options, read};
use config_source::Memory;
use diagnostic::Sources;
use model::{PathScope, Scope, Step};

const ROOT: &str = "Listen 80\nDocumentRoot /www\n<Directory /www>\nAllowOverride All\n</Directory>\n";

/// Reads a text beside some files.
fn lowered(text: &str, files: &[(&str, &str)]) -> (Lowered, Sources) {
    let files = files.iter().fold(Memory::new(), |files, (path, text)| files.with(*path, *text));
    let options = Options { server_root: "/srv".into(), hostname: "here.test".to_owned(), ..Options::default() };
    let mut sources = Sources::new();
    let lowered = read(&files, Input::Text { name: "text", text }, &options, &mut sources);
    (lowered, sources)
}

/// What is said, each with its file and line.
fn said(text: &str, files: &[(&str, &str)]) -> Vec<String> {
    let (lowered, sources) = lowered(text, files);
    lowered.diagnostics.iter().map(|problem| problem.one_line(&sources)).collect()
}

/// The directories of a site's layers in their order; of those whose files cannot be used with the status.
fn directories(lowered: &Lowered, site: usize) -> Vec<String> {
    let sites = lowered.model.http.sites.iter().skip(site).take(1);
    let sections = sites
        .flat_map(|site| std::iter::once(&site.section).chain(site.locations.iter().map(|location| &location.section)));
    let layers = sections.filter_map(|section| section.layers.as_ref()).flat_map(|layers| &layers.layers);
    let named = layers.filter_map(|layer| {
        let Some(Scope::File(PathScope::Below(path))) = layer.scope.first() else { return None };
        Some(match layer.overrides.moments.entered.first() {
            Some(Step::Return { status, .. }) => format!("{path} {status}"),
            _ => path.clone(),
        })
    });
    named.collect()
}

const OWN: &str = "Header set X-Own yes\n";

#[test]
fn files_are_sections_for_their_directories() {
    let check = |text: &str, expected: &[&str]| {
        let paths =
            ["/www/b/.htaccess", "/www/a/c/.htaccess", "/www/a/.htaccess", "/www/a/.other", "/other/d/.htaccess"];
        let (lowered, _) = lowered(text, &paths.map(|path| (path, OWN)));
        assert_eq!(directories(&lowered, 0), expected, "{text}");
    };
    check(ROOT, &["/www/a", "/www/b", "/www/a/c"]);
    check(&format!("{ROOT}<Directory /www/a>\nAllowOverride None\n</Directory>"), &["/www/b"]);
    let opened = "<Directory /www/a>\nAllowOverride None\n</Directory>\n<Directory /www/a/c>\nAllowOverride FileInfo\n</Directory>";
    check(&format!("{ROOT}{opened}"), &["/www/b", "/www/a/c"]);
    check(&format!("{ROOT}AccessFileName .other .htaccess"), &["/www/a", "/www/b", "/www/a/c"]);
    check(&format!("{ROOT}AccessFileName .other"), &["/www/a"]);
    check(
        "Listen 80\nDocumentRoot /www\n<Directory /www/*/>\nAllowOverride All\n</Directory>",
        &["/www/a", "/www/b", "/www/a/c"],
    );
    check("Listen 80\nDocumentRoot /www/a/c\n<Directory />\nAllowOverride All\n</Directory>", &[]);
    check(
        "Listen 80\nDocumentRoot /none\nAlias /x /other\n<Directory />\nAllowOverride All\n</Directory>",
        &["/other/d"],
    );
    check("Listen 80\nDocumentRoot /www", &[]);
    check("Listen 80\nDocumentRoot /www\n<Directory ~ /www>\nAllowOverride All\n</Directory>", &[]);
}

#[test]
fn directories_are_watched_in_which_files_may_lie() {
    let check = |text: &str, expected: &[&str]| {
        let (lowered, _) = lowered(text, &[("/www/a/x", ""), ("/www/b/x", "")]);
        let expected: Vec<std::path::PathBuf> = expected.iter().map(std::path::PathBuf::from).collect();
        assert_eq!(lowered.watched.directories, expected, "{text}");
    };
    check(ROOT, &["/www", "/www/a", "/www/b"]);
    check(&format!("{ROOT}<Directory /www/b>\nAllowOverride None\n</Directory>"), &["/www", "/www/a"]);
    check("Listen 80\nDocumentRoot /www", &[]);
}

#[test]
fn hosts_have_what_they_allow() {
    let text = format!(
        "{ROOT}<VirtualHost *:80>\nServerName a.test\n</VirtualHost>\n<VirtualHost *:80>\nServerName b.test\n\
         <Directory /www/a>\nAllowOverride None\n</Directory>\n</VirtualHost>\n<VirtualHost *:80>\nServerName c.test\n\
         AccessFileName .other\n</VirtualHost>"
    );
    let files = [("/www/a/.htaccess", OWN), ("/www/b/.htaccess", OWN), ("/www/b/.other", "Rubbish")];
    let (lowered, _) = lowered(&text, &files);
    assert_eq!(directories(&lowered, 0), ["/www/a", "/www/b"]);
    assert_eq!(directories(&lowered, 1), ["/www/b"]);
    assert_eq!(directories(&lowered, 2), ["/www/b 500"]);
}

#[test]
fn what_cannot_be_used_is_answered_with_500_and_told() {
    let check = |text: &str, message: &str| {
        let files = [("/www/a/.htaccess", text), ("/www/b/.htaccess", OWN)];
        let (lowered, _) = lowered(ROOT, &files);
        assert_eq!(directories(&lowered, 0), ["/www/a 500", "/www/b"], "{text}");
        let said = said(ROOT, &files);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(message) && !said[0].contains("error"), "{said:?}");
    };
    check("Header set X-Own yes\nRubbish", "Invalid command 'Rubbish'");
    check("<Files a>\nOptions Rubbish\n</Files>", "invalid value \"Rubbish\"");
    check("<Files a>", "<Files> was not closed");
    check("DocumentRoot /x", "DocumentRoot not allowed here");
    check("<Directory /x>\n</Directory>", "<Directory> not allowed here");
    // What is not built and may guard or answer is not left out.
    check("AuthDigestProvider file", "\"AuthDigestProvider\" of mod_auth_digest is not built yet");
    check("RewriteEngine On\nRewriteCond %{REQUEST_URI} -U\nRewriteRule . - [F]", "not built");
    check("AddHandler application/x-httpd-php .php", "does not run here");
}

#[test]
fn the_place_of_a_mistake_is_shown() {
    let (lowered, sources) = lowered(ROOT, &[("/www/a/.htaccess", "# rules\nOptions -Indexes +Rubbish\n")]);
    let [problem] = lowered.diagnostics.as_slice() else { panic!("{:?}", lowered.diagnostics) };
    let shown = problem.render(&sources, false);
    for part in ["warning", "/www/a/.htaccess:2:18", "^^^^^^^^", "\"/www/a\" are answered with 500"] {
        assert!(shown.contains(part), "{part} in:\n{shown}");
    }
}

#[test]
fn settings_of_what_is_not_built_are_left_out_and_told() {
    let files = [("/www/a/.htaccess", "AcceptPathInfo On\nphp_value memory_limit 64M\nHeader set X-Own yes\n")];
    let (lowered, _) = lowered(ROOT, &files);
    assert_eq!(directories(&lowered, 0), ["/www/a"]);
    let said = said(ROOT, &files);
    assert!(said.len() == 2 && said[0].contains("AcceptPathInfo") && said[1].contains("php_value"), "{said:?}");
}

#[test]
fn classes_are_allowed_one_by_one() {
    let check = |allowed: &str, text: &str, expected: &str| {
        let config = format!("Listen 80\nDocumentRoot /www\n<Directory /www>\n{allowed}\n</Directory>");
        let (lowered, _) = lowered(&config, &[("/www/a/.htaccess", text)]);
        assert_eq!(directories(&lowered, 0).concat(), expected, "{allowed}: {text}");
    };
    let require = "Require ip 192.0.2.1";
    check("AllowOverride AuthConfig", require, "/www/a");
    check("AllowOverride FileInfo", require, "/www/a 500");
    check("AllowOverride FileInfo", OWN, "/www/a");
    check("AllowOverride FileInfo Nonfatal=Override", &format!("{require}\n{OWN}"), "/www/a");
    check("AllowOverride FileInfo Nonfatal=Unknown", &format!("Rubbish\n{OWN}"), "/www/a");
    check("AllowOverride None\nAllowOverrideList Header", OWN, "/www/a");
    check("AllowOverride None\nAllowOverrideList Header", require, "/www/a 500");
    check("AllowOverride Options=Indexes FileInfo", &format!("Options -Indexes\n{OWN}"), "/www/a");
    check("AllowOverride Options=Indexes FileInfo", &format!("Options +FollowSymLinks\n{OWN}"), "/www/a 500");
    check("AllowOverride None", OWN, "");
}

#[test]
fn a_module_that_is_not_loaded_has_no_directives() {
    let text = format!("LoadModule dir_module x\n{ROOT}");
    let (lowered, _) = lowered(&text, &[("/www/a/.htaccess", OWN), ("/www/b/.htaccess", "DirectoryIndex x.html")]);
    assert_eq!(directories(&lowered, 0), ["/www/a 500", "/www/b"]);
}

#[test]
fn the_search_is_bounded() {
    let paths: Vec<String> = (0..300).map(|number| format!("/www/{number:03}/x")).collect();
    let files = paths.iter().fold(Memory::new(), |files, path| files.with(path, ""));
    let options = Options { most_directories: 200, ..Options::default() };
    let mut sources = Sources::new();
    let lowered = read(&files, Input::Text { name: "text", text: ROOT }, &options, &mut sources);
    let said: Vec<String> = lowered.diagnostics.iter().map(|problem| problem.one_line(&sources)).collect();
    assert!(said.len() == 1 && said[0].contains("in those that were not looked through"), "{said:?}");
}
