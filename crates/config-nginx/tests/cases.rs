//! Each file under `accept` lowers to the model in its snapshot; each under `reject` earns the messages in its own.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::fmt::Write;
use std::path::{Path, PathBuf};

use config_nginx::{Lowered, Memory, Options, Reader, lower};
use diagnostic::{Diagnostic, Sources};
use serde_json::{Map, Value};

/// A case's text as it was read.
struct Read {
    lowered: Lowered,
    sources: Sources,
    diagnostics: Vec<Diagnostic>,
}

fn read(name: &str, text: &str) -> Read {
    let files = Memory::new()
        .with("/etc/nginx/types.conf", "types { text/included i; }")
        .with("/etc/nginx/map.inc", "x y;\n")
        .with("/etc/nginx/self.inc", "include self.inc;\n")
        .with("/etc/nginx/wrong.inc", "worker_connections 1;\nnonsense;\n");
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let directory = Path::new("/etc/nginx");
    let tree =
        Reader { files: &files, directory, sources: &mut sources, diagnostics: &mut diagnostics }.text(name, text);
    let options =
        Options { prefix: "/etc/nginx".into(), superuser: true, hostname: "here".into(), ..Options::default() };
    let mut lowered = lower(&[&tree], &options);
    diagnostics.append(&mut lowered.diagnostics);
    Read { lowered, sources, diagnostics }
}

fn cases(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(folder);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "conf"));
    paths.sort();
    let case = |path: PathBuf| {
        (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap())
    };
    paths.into_iter().map(case).collect()
}

fn snapshot(folder: &str, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name.to_owned(), text));
}

fn messages(read: &Read) -> String {
    let mut text = String::new();
    for diagnostic in &read.diagnostics {
        writeln!(text, "{}\n", diagnostic.render(&read.sources, false)).unwrap();
    }
    text
}

#[test]
fn accepted() {
    let cases = cases("accept");
    assert!(!cases.is_empty());
    for (name, text) in cases {
        let read = read(&name, &text);
        assert!(read.diagnostics.iter().all(|problem| !problem.is_error()), "{name}:\n{}", messages(&read));
        // The worker gets the model as text: nothing may be lost on the way.
        let sent = serde_json::to_string(&read.lowered.model).unwrap();
        assert!(serde_json::from_str::<model::Model>(&sent).unwrap() == read.lowered.model, "{name}");
        let mut shown = short(&read);
        for idle in &read.lowered.no_effect {
            writeln!(shown, "no effect: {} on line {}: {}", idle.name, idle.origin.line, idle.why).unwrap();
        }
        shown.push_str(&messages(&read));
        snapshot("accept", &name, &shown);
    }
}

#[test]
fn rejected() {
    let cases = cases("reject");
    assert!(!cases.is_empty());
    for (name, text) in cases {
        let read = read(&name, &text);
        assert!(read.diagnostics.iter().any(Diagnostic::is_error), "{name} is accepted");
        snapshot("reject", &name, &messages(&read));
    }
}

/// The model without what an empty configuration says too.
fn short(read: &Read) -> String {
    let empty =
        serde_json::to_value(self::read("empty", "server { location / { proxy_pass http://0; } }").lowered.model)
            .unwrap();
    let site = &empty["http"]["sites"][0];
    let proxy = &site["locations"][0]["section"]["serve"]["Proxy"];
    let usual = Usual { section: &site["section"], site, proxy };
    let mut model = serde_json::to_value(&read.lowered.model).unwrap();
    usual.prune(&mut model);
    remove_equal(&mut model["process"], &empty["process"]);
    serde_json::to_string_pretty(&model).unwrap() + "\n"
}

/// What an empty configuration says.
struct Usual<'a> {
    section: &'a Value,
    site: &'a Value,
    proxy: &'a Value,
}

impl Usual<'_> {
    fn prune(&self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.prune(value)),
            Value::Object(fields) => {
                // The last two are for the other language.
                let idle = |name: &str| name.ends_with("origin") || ["tells_redirects", "late_names"].contains(&name);
                fields.retain(|name, value| !idle(name) && !matches!(value, Value::Null));
                if let Some(section) = fields.get_mut("section") {
                    remove_equal(section, self.section);
                }
                if let Some(proxy) = fields.get_mut("Proxy") {
                    remove_equal(proxy, self.proxy);
                }
                if fields.contains_key("merge_slashes") {
                    let same = |name: &str| ["choice", "head", "merge_slashes", "script"].contains(&name);
                    fields.retain(|name, value| !same(name) || *value != self.site[name.as_str()]);
                }
                fields.values_mut().for_each(|value| self.prune(value));
                fields.retain(|name, value| name == "parts" || !is_empty(value));
                flatten(value);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// A template as it would be written.
fn flatten(value: &mut Value) {
    let Some(parts) = value.get("parts").and_then(Value::as_array) else { return };
    let mut text = String::new();
    for part in parts {
        let (kind, inner) = part.as_object().and_then(|part| part.iter().next()).expect("a part has a kind");
        match (kind.as_str(), inner) {
            ("Text", Value::String(inner)) => text.push_str(inner),
            ("Variable", Value::String(inner)) => write!(text, "${{{inner}}}").unwrap(),
            (_, inner) => write!(text, "${inner}").unwrap(),
        }
    }
    *value = Value::String(text);
}

fn remove_equal(value: &mut Value, usual: &Value) {
    let (Value::Object(fields), Value::Object(usual)) = (value, usual) else { return };
    fields.retain(|name, value| usual.get(name) != Some(value));
    for (name, value) in fields.iter_mut() {
        if let Some(usual) = usual.get(name) {
            remove_equal(value, usual);
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields == &Map::new(),
        _ => false,
    }
}
