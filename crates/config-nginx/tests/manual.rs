//! Every directive of nginx's manual, and what becomes of it here: the page that is made from both.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use config_nginx::compatibility;
use config_source::{Known, Support};

/// Names of the manual's modules and directives.
const MANUAL: &str = include_str!("manual.tsv");

/// Directives that stand inside blocks that are not read, and those that nginx itself took out.
const WITHOUT_ROWS: [(&str, &str, &str); 8] = [
    ("ngx_core_module", "stall_threshold", "refused: it belongs to the commercial version of nginx"),
    ("ngx_http_acme_module", "", "not built: it stands inside `acme_issuer`"),
    ("ngx_http_limit_conn_module", "limit_zone", "refused: nginx took it out in 1.7.6; write `limit_conn_zone`"),
    ("ngx_http_oidc_module", "", "refused: it stands inside `oidc_provider`"),
    ("ngx_http_ssl_module", "ssl", "refused: nginx took it out in 1.25.1; write `listen … ssl`"),
    ("ngx_mail_ssl_module", "ssl", "refused: nginx took it out in 1.25.1"),
    ("ngx_mgmt_module", "", "refused: it stands inside `mgmt`"),
    ("ngx_http_spdy_module", "", "refused: nginx took it out in 1.9.5"),
];

/// Which side of a configuration the manual's module is about.
fn is_of(module: &str, known: &Known) -> bool {
    let side = |context: &str| match context.rsplit(' ').next() {
        Some(last @ ("stream" | "mail")) => last.to_owned(),
        _ => "http".to_owned(),
    };
    let wanted =
        ["stream", "mail"].into_iter().find(|side| module.starts_with(&format!("ngx_{side}_"))).unwrap_or("http");
    known.contexts.iter().any(|context| side(context) == wanted)
}

fn support(module: &str, directive: &str, rows: &[Known]) -> Option<String> {
    let known = rows.iter().find(|known| known.name == directive && is_of(module, known));
    let main =
        |known: &&Known| known.name == directive && (known.contexts.contains(&"main") || known.contexts.len() > 10);
    let known = known.or_else(|| rows.iter().find(main));
    let described = known.map(|known| known.support.describe());
    let listed = || {
        let inside =
            |(place, name, _): &&(&str, &str, &str)| *place == module && (name.is_empty() || *name == directive);
        WITHOUT_ROWS.iter().find(inside).map(|(_, _, why)| (*why).to_owned())
    };
    described.or_else(listed)
}

#[test]
fn every_directive_of_the_manual_is_known() {
    let rows: Vec<Known> = compatibility().collect();
    let mut modules: BTreeMap<&str, Vec<(&str, String)>> = BTreeMap::new();
    for line in MANUAL.lines().skip(1) {
        let (module, directive) = line.split_once('\t').unwrap();
        let support = support(module, directive, &rows);
        let support = support.unwrap_or_else(|| panic!("{module}: what becomes of `{directive}`?"));
        modules.entry(module).or_default().push((directive, support));
    }
    let count = |word: &str| modules.values().flatten().filter(|(_, support)| support.starts_with(word)).count();
    let all: usize = modules.values().map(Vec::len).sum();
    let mut page = format!(
        "# nginx's manual, directive by directive\n\n\
         What becomes of each directive that nginx's manual names. This page is made from the tables that read the\n\
         configuration: `ZAGUAN_WRITE_PAGES=1 cargo test -p config-nginx --test manual` writes it anew. What the words\n\
         mean, and where each directive may stand, is in [compatibility.md](compatibility.md).\n\n\
         Of {all} directives {} work, {} work partly, {} cannot have an effect here, {} are not built, {} are refused.\n",
        count("**yes"),
        count("**partly"),
        count("*no effect"),
        count("not built"),
        count("refused"),
    );
    for (module, directives) in modules {
        write!(page, "\n## {module}\n\n| directive | here |\n|---|---|\n").unwrap();
        for (directive, support) in directives {
            writeln!(page, "| `{directive}` | {support} |").unwrap();
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/directives.md");
    if std::env::var_os("ZAGUAN_WRITE_PAGES").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == page, "docs/directives.md is out of date: run this test with ZAGUAN_WRITE_PAGES=1");
}

#[test]
fn what_has_a_row_is_not_listed_without_one() {
    for known in compatibility() {
        let listed = WITHOUT_ROWS
            .iter()
            .any(|(_, name, _)| *name == known.name && !matches!(known.support, Support::Refused(_)));
        assert!(!listed, "{}", known.name);
    }
}
