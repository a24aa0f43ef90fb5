//! What is printed of a model is read as an equal one: for every configuration of this repository, and for generated ones.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on fails")]

mod generated;

use std::path::{Path, PathBuf};

use config_nginx::{Extent, Memory, Options, Printed, Reader, lower, print};
use diagnostic::Sources;
use model::{Model, differences};

fn options() -> Options {
    Options { prefix: "/etc/nginx".into(), superuser: true, hostname: "here".into(), ..Options::default() }
}

/// The model of a text, or what is wrong with it.
fn read(text: &str) -> Result<Model, String> {
    let files =
        Memory::new().with("/etc/nginx/types.conf", "types { text/included i; }").with("/etc/nginx/map.inc", "x y;\n");
    let (mut sources, mut diagnostics) = (Sources::new(), Vec::new());
    let directory = Path::new("/etc/nginx");
    let tree =
        Reader { files: &files, directory, sources: &mut sources, diagnostics: &mut diagnostics }.text("text", text);
    let lowered = lower(&[&tree], &options());
    diagnostics.extend(lowered.diagnostics);
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.render(&sources, false))
        .collect();
    if errors.is_empty() { Ok(lowered.model) } else { Err(errors.join("\n")) }
}

/// What is lost on the way through the printed text; nothing if the models are equal.
fn lost(model: &Model) -> (Printed, Vec<String>) {
    let printed = print(model, &options(), Extent::Whole);
    let lost = match read(&printed.text) {
        Ok(again) => differences(&model.meaning(), &again.meaning()),
        Err(problems) => vec![problems],
    };
    (printed, lost)
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Files with this ending in a folder and below.
fn find(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            find(&path, ending, found);
        } else if path.to_str().unwrap().ends_with(ending) {
            found.push(path);
        }
    }
}

/// Every configuration in the repository that is read without an error: files, and what pages show.
fn configurations() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for (folder, ending) in [("crates", ".conf"), ("tests", "nginx.conf"), ("tests", "-flask.conf"), ("bench", ".conf")]
    {
        let mut paths = Vec::new();
        find(&root().join(folder), ending, &mut paths);
        paths.sort();
        texts.extend(paths.iter().map(|path| (path.display().to_string(), std::fs::read_to_string(path).unwrap())));
    }
    let mut pages = Vec::new();
    find(&root().join("docs"), ".md", &mut pages);
    pages.push(root().join("README.md"));
    pages.sort();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        let examples = text.split("```nginx\n").skip(1).map(|rest| rest.split("\n```").next().unwrap().to_owned());
        texts.extend(examples.map(|example| (page.display().to_string(), example)));
    }
    texts
}

#[test]
fn configurations_of_the_repository() {
    let mut count = 0;
    let mut wrong = Vec::new();
    for (name, text) in configurations() {
        let Ok(model) = read(&text) else { continue };
        count += 1;
        let (printed, lost) = lost(&model);
        if !lost.is_empty() || !printed.unsaid.is_empty() {
            wrong.push(format!("{name}: {:?}\n{}\n{}", printed.unsaid, lost.join("\n"), printed.text));
        }
    }
    assert!(count >= 30, "configurations are found: {count}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Printed text is printed again as it is: it is as short as it gets.
#[test]
fn printed_text_is_printed_alike() {
    for (name, text) in configurations() {
        let Ok(model) = read(&text) else { continue };
        let first = print(&model, &options(), Extent::Whole).text;
        let second = print(&read(&first).unwrap(), &options(), Extent::Whole).text;
        assert_eq!(first, second, "{name}");
    }
}

#[test]
fn only_what_differs_is_printed() {
    let text = "events {}\nhttp {\n    client_max_body_size 5m;\n    server { listen 80; location / { proxy_pass \
                http://127.0.0.1:5000; proxy_set_header Host $host; client_max_body_size 5m; keepalive_timeout 75s; } }\n    \
                server { listen 81; location / { proxy_pass http://127.0.0.1:5000; client_max_body_size 1m; \
                proxy_set_header Host $host; } }\n}\n";
    let printed = print(&read(text).unwrap(), &options(), Extent::Whole);
    let expected = "events {}

http {
    client_max_body_size 5m;
    proxy_set_header Host $host;

    server {
        listen 80;

        location / {
            proxy_pass http://127.0.0.1:5000;
        }
    }

    server {
        listen 81;

        location / {
            client_max_body_size 1m;
            proxy_pass http://127.0.0.1:5000;
        }
    }
}
";
    assert_eq!(printed.text, expected);
}

/// A location that takes requests only with its last `/`, as other languages have it.
#[test]
fn a_path_that_is_not_redirected_is_named() {
    let text = "server { listen 80; location / { proxy_pass http://127.0.0.1/b/; } location /a/ { proxy_pass http://127.0.0.1; } }";
    let mut model = read(text).unwrap();
    let matcher = &mut model.http.sites[0].locations[1].matcher;
    let model::Matcher::Prefix { redirect_bare, .. } = matcher else { unreachable!("a prefix") };
    *redirect_bare = false;
    let (printed, lost) = lost(&model);
    assert!(printed.unsaid.is_empty() && lost.is_empty(), "{lost:?}");
    let expected = "location = /a {\n            proxy_pass http://127.0.0.1/b/a;\n            proxy_redirect http://127.0.0.1/b/ /;\n";
    assert!(printed.text.contains(expected), "{}", printed.text);
}

#[test]
fn what_cannot_be_said_is_told() {
    let mut model =
        read("server { listen 80; location /a/ { proxy_pass http://127.0.0.1; add_header A b; } }").unwrap();
    let location = &mut model.http.sites[0].locations[0];
    location.section.fields.edits.push(model::FieldEdit {
        name: "X-B".to_owned(),
        action: model::FieldAction::Remove,
        value: model::Template::default(),
        scope: model::EditScope::All,
        condition: None,
        early: false,
        origin: model::Origin::default(),
    });
    location.section.fields.add[0].value.parts = vec![model::Part::Text("5$".to_owned())];
    let (printed, lost) = lost(&model);
    let unsaid: Vec<&str> = printed.unsaid.iter().map(|unsaid| unsaid.what.as_str()).collect();
    assert_eq!(unsaid, ["a change of the field \"X-B\"", "add_header: text with a `$` that is no variable's"]);
    assert!(unsaid.iter().all(|what| printed.text.contains(&format!("# no form here: {what}\n"))), "{}", printed.text);
    assert_eq!(lost.len(), 2, "{lost:?}");
}

/// What a `resolver` holds for depends on where it is written: responders of a site and issuers have it from around them.
#[test]
fn a_resolver_stands_where_it_holds() {
    let tls = "listen 443 ssl; ssl_certificate a.crt; ssl_certificate_key a.key;";
    let fixed = "location / { proxy_pass http://127.0.0.1:1; }";
    let asking = "location / { resolver 10.0.0.1; proxy_pass http://$host; } location /b { resolver 10.0.0.1; proxy_pass http://$host; }";
    let issuer = "acme_issuer a { uri https://a.example/; ssl_verify off; state_path off; }";
    for text in [
        format!("server {{ {tls} ssl_stapling on; resolver 127.0.0.1; {fixed} }}"),
        format!("server {{ {tls} ssl_stapling on; resolver 127.0.0.1; {asking} }}"),
        // Nothing that others have is written around those that have it not.
        format!(
            "server {{ {tls} ssl_stapling on; {asking} }} server {{ listen 81; {asking} }} server {{ listen 82; {asking} }}"
        ),
        format!("{issuer} server {{ listen 81; {asking} }} server {{ listen 82; {asking} }}"),
        format!("resolver 127.0.0.1 valid=5s; resolver_timeout 3s; {issuer} server {{ listen 81; {asking} }}"),
    ] {
        let (printed, lost) = lost(&read(&text).unwrap());
        assert!(
            printed.unsaid.is_empty() && lost.is_empty(),
            "{text}\n{:?} {lost:?}\n{}",
            printed.unsaid,
            printed.text
        );
    }
}

#[test]
fn who_knows_responders_is_told_where_it_cannot_be_said() {
    let text = "server { listen 443 ssl; ssl_certificate a.crt; ssl_certificate_key a.key; ssl_client_certificate b.crt; \
                ssl_verify_client on; ssl_ocsp on; location / { proxy_pass http://127.0.0.1:1; } }";
    let mut model = read(text).unwrap();
    assert!(lost(&model).0.unsaid.is_empty());
    let check = model.http.sites[0].tls.as_mut().unwrap().clients.as_mut().unwrap().check.as_mut().unwrap();
    check.names = model::ResponderNames::System;
    let (printed, lost) = lost(&model);
    let unsaid: Vec<&str> = printed.unsaid.iter().map(|unsaid| unsaid.what.as_str()).collect();
    assert_eq!(unsaid, ["who knows the addresses of responders for certificates"]);
    assert_eq!(lost.len(), 1, "{lost:?}");
}
