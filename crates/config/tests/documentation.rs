//! The configurations that README.md and the pages of features show are loaded without a complaint, in either language.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};

use config::{Language, Options, load_from};
use config_source::Memory;
use diagnostic::Severity;

/// The languages, with what marks an example in the text, and how many there are at least.
const LANGUAGES: [(Language, &str, usize); 2] = [(Language::Nginx, "nginx", 10), (Language::Apache, "apache", 1)];

fn pages() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let features = std::fs::read_dir(root.join("docs/features")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = features.chain([root.join("README.md")]).collect();
    pages.sort();
    pages.into_iter().map(|path| (path.clone(), std::fs::read_to_string(&path).unwrap())).collect()
}

/// What stands between a line of three backticks with the language's mark and the next line of three.
fn examples<'a>(page: &'a str, mark: &str) -> Vec<&'a str> {
    let begin = format!("```{mark}\n");
    page.split(begin.as_str()).skip(1).map(|rest| rest.split("\n```").next().unwrap_or_default()).collect()
}

/// What is wrong with a configuration, drawn.
fn problems(language: Language, name: &str, text: &str) -> Vec<String> {
    let path = Path::new("/etc/server").join(name);
    let files = Memory::new().with(&path, text);
    let loaded = load_from(&files, &path, &Options { language: Some(language), ..Options::default() });
    let told = loaded.diagnostics.iter().filter(|found| found.severity != Severity::Note);
    told.map(|found| found.render(&loaded.sources, false)).collect()
}

#[test]
fn examples_are_sound() {
    let mut wrong = Vec::new();
    for (language, mark, least) in LANGUAGES {
        let mut count = 0;
        for (path, page) in pages() {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for example in examples(&page, mark) {
                count += 1;
                wrong.extend(problems(language, &name, example));
            }
        }
        assert!(count >= least, "examples are found: {count} of {mark}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_unsound_example_would_be_found() {
    let page = "Text.\n\n```nginx\nserver { lisen 80; }\n```\n\n```nginx\nserver { listen 8080; }\n```\n\n\
                ```apache\nLisen 80\n```\n";
    let found = examples(page, "nginx");
    assert_eq!(found, ["server { lisen 80; }", "server { listen 8080; }"]);
    assert_eq!(problems(Language::Nginx, "one", found[0]).len(), 1);
    assert!(problems(Language::Nginx, "two", found[1]).is_empty());
    assert_eq!(examples(page, "apache"), ["Lisen 80"]);
    assert_eq!(problems(Language::Apache, "three", "Lisen 80").len(), 1);
}

#[test]
fn every_page_of_a_feature_has_an_example() {
    for (path, page) in pages() {
        let has_one = LANGUAGES.iter().any(|(_, mark, _)| !examples(&page, mark).is_empty());
        assert!(has_one, "{}", path.display());
    }
}
