//! Which crate may know which: the walls of the design.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde_json::Value;

use super::tree::{none, root};

/// The crates and what they may depend on, of ours. `diagnostic` is allowed to every crate's cold code.
const WALLS: &[(&str, &[&str])] = &[
    ("admin", &["certificate", "config", "model", "server", "telemetry"]),
    ("admission", &["model", "value", "zone"]),
    ("cache", &["model", "protocol", "telemetry", "transport", "zone"]),
    ("certificate", &["model", "protocol", "telemetry", "tls", "transport", "upstream"]),
    ("config", &["config-apache", "config-nginx", "config-source", "model"]),
    ("config-apache", &["config-source", "model"]),
    ("config-nginx", &["config-source", "model"]),
    ("config-source", &[]),
    ("diagnostic", &[]),
    ("l4", &["admission", "model", "telemetry", "tls", "transport", "upstream", "value", "zone"]),
    ("l7", &["admission", "cache", "model", "protocol", "telemetry", "tls", "transport", "upstream", "value", "zone"]),
    ("model", &[]),
    ("process", &["model"]),
    ("protocol", &["transport"]),
    ("server", &["certificate", "l4", "l7", "model", "protocol", "telemetry", "tls", "transport", "zone"]),
    ("telemetry", &[]),
    ("tls", &["model", "transport", "value", "zone"]),
    ("transport", &[]),
    ("upstream", &["model", "protocol", "telemetry", "tls", "transport", "value", "zone"]),
    ("value", &["model"]),
    // The binary carries the model from `config` to `server` and writes the parent's own log.
    ("zaguan", &["admin", "config", "model", "process", "server", "telemetry"]),
    ("zone", &[]),
];

/// A dependency of one of ours on another.
struct Edge {
    from: String,
    to: String,
    for_tests: bool,
}

fn metadata() -> Value {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--offline", "--no-deps", "--format-version", "1"]).current_dir(root());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The names of our crates, and the edges between them.
fn workspace() -> (BTreeSet<String>, Vec<Edge>) {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let names: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let mut edges = Vec::new();
    for package in packages {
        for dependency in package["dependencies"].as_array().unwrap() {
            let for_tests = dependency["kind"].as_str() == Some("dev");
            edges.push(Edge { from: text(&package["name"]), to: text(&dependency["name"]), for_tests });
        }
    }
    edges.retain(|edge| names.contains(&edge.to) && edge.from != edge.to);
    (names, edges)
}

#[test]
fn crates_keep_to_their_walls() {
    let walls: BTreeMap<&str, &[&str]> = WALLS.iter().copied().collect();
    let (names, edges) = workspace();
    let unknown = names.iter().filter(|name| *name != "testkit" && !walls.contains_key(name.as_str()));
    none("crates that the design does not know", &unknown.cloned().collect::<Vec<_>>());
    let allowed = |edge: &Edge| {
        let listed = walls.get(edge.from.as_str()).is_some_and(|list| list.contains(&edge.to.as_str()));
        let test_help = edge.for_tests && edge.to == "testkit";
        listed || edge.to == "diagnostic" || edge.from == "testkit" || test_help
    };
    let forbidden = edges.iter().filter(|edge| !allowed(edge));
    let forbidden: Vec<String> = forbidden.map(|edge| format!("{} -> {}", edge.from, edge.to)).collect();
    none("edges through a wall", &forbidden);
    assert!(edges.iter().any(|edge| edge.from == "server" && edge.to == "l7"), "the edges are found");
}

#[test]
fn only_tests_know_the_testkit() {
    let (_, edges) = workspace();
    let wrong = edges.iter().filter(|edge| edge.to == "testkit" && !edge.for_tests);
    none("crates that need the testkit to run", &wrong.map(|edge| edge.from.clone()).collect::<Vec<_>>());
}

#[test]
fn crates_share_lints_and_are_not_published() {
    let mut wrong = Vec::new();
    for package in metadata()["packages"].as_array().unwrap() {
        let path = text(&package["manifest_path"]);
        let manifest = std::fs::read_to_string(&path).unwrap();
        if !manifest.contains("[lints]\nworkspace = true") || package["publish"] != Value::Array(Vec::new()) {
            wrong.push(path);
        }
    }
    none("manifests without the workspace's lints, or that may be published", &wrong);
}
