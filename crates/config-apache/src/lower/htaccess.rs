//! Files `.htaccess` that httpd would read and this server does not: they are looked for, since some guard what lies beside them.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use config_source::{Files, glob, read};
use diagnostic::{Diagnostic, Origin};

use super::{Lowering, Pattern, Scope};

/// So many directories are looked through at most, in so much time, for all sections together.
const DIRECTORIES: usize = 2000;
const TIME: Duration = Duration::from_secs(1);
/// More files than these are not named.
const NAMED: usize = 3;

/// What sections say of such files.
#[derive(Default)]
pub(crate) struct Htaccess {
    /// What the files are called, if that is said.
    pub(crate) names: Vec<String>,
    /// Directories, and the word that allows files in them anything, if one does.
    sections: Vec<(Pattern, Option<Origin>)>,
}

impl Htaccess {
    /// Notes what a section says; a word that allows files anything counts over one that does not.
    pub(crate) fn note(&mut self, directory: Pattern, allowing: Option<Origin>) {
        match self.sections.iter_mut().find(|(known, _)| *known == directory) {
            Some((_, known)) => *known = known.or(allowing),
            None => self.sections.push((directory, allowing)),
        }
    }
}

/// A file, and the first of its lines that keeps anyone out.
struct Found {
    path: PathBuf,
    guards: Option<String>,
}

/// What is left of the search.
struct Search<'a> {
    files: &'a dyn Files,
    names: Vec<String>,
    /// Directories in which such files have no say.
    closed: BTreeSet<PathBuf>,
    seen: BTreeSet<PathBuf>,
    left: usize,
    until: Instant,
}

/// Says which files are there that are not read.
pub(super) fn report(lowering: &mut Lowering<'_>, main: &Scope) {
    let asked = std::mem::take(&mut lowering.htaccess);
    let text = |pattern: &Pattern| match pattern {
        Pattern::Text(path) => Some(PathBuf::from(path)),
        Pattern::Glob(_) | Pattern::Regex(_) => None,
    };
    let closed = asked.sections.iter().filter(|(_, allowing)| allowing.is_none());
    let mut search = Search {
        files: lowering.files,
        names: if asked.names.is_empty() { vec![".htaccess".to_owned()] } else { asked.names },
        closed: closed.filter_map(|(pattern, _)| text(pattern)).collect(),
        seen: BTreeSet::new(),
        left: DIRECTORIES,
        until: now() + TIME,
    };
    let roots: BTreeSet<PathBuf> = std::iter::once(main)
        .chain(lowering.hosts.iter().map(|host| &host.scope))
        .filter_map(|scope| scope.server.core.document_root.clone())
        .collect();
    let sections = asked.sections.iter().filter_map(|(pattern, allowing)| Some((pattern, (*allowing)?)));
    let mut problems = Vec::new();
    for (pattern, origin) in sections {
        let directories = match pattern {
            Pattern::Glob(pattern) => glob::find(lowering.files, Path::new(pattern)),
            Pattern::Text(path) if path != "/" => vec![PathBuf::from(path)],
            Pattern::Text(_) | Pattern::Regex(_) => roots.iter().cloned().collect(),
        };
        let found = search.below(directories);
        problems.push(search.problem(&found).at(origin));
    }
    for problem in problems {
        lowering.report(problem);
    }
}

impl Search<'_> {
    /// The files in directories and below them, each once in a search.
    fn below(&mut self, directories: Vec<PathBuf>) -> Vec<Found> {
        let mut found = Vec::new();
        let mut open = VecDeque::from(directories);
        while let Some(directory) = open.pop_front().filter(|_| !self.is_over()) {
            if self.closed.contains(&directory) || !self.seen.insert(directory.clone()) {
                continue;
            }
            self.left = self.left.saturating_sub(1);
            let names: BTreeSet<String> = self.files.list(&directory).unwrap_or_default().into_iter().collect();
            for name in names {
                let path = directory.join(&name);
                if self.is_over() {
                    break;
                } else if self.names.contains(&name) {
                    let guards = read(self.files, &path).ok().and_then(|text| guarding(&text.text));
                    found.push(Found { path, guards });
                } else if self.files.is_directory(&path) {
                    open.push_back(path);
                }
            }
        }
        found
    }

    fn is_over(&self) -> bool {
        self.left == 0 || now() >= self.until
    }

    fn problem(&self, found: &[Found]) -> Diagnostic {
        let name = self.names.first().map_or(".htaccess", String::as_str);
        let guarding: Vec<(&Path, &str)> =
            found.iter().filter_map(|file| Some((file.path.as_path(), file.guards.as_deref()?))).collect();
        if let Some((path, line)) = guarding.first() {
            let message =
                format!("files `{name}` are not read, and \"{}\" says `{line}`{}", path.display(), more(&guarding, 1));
            return Diagnostic::error("lost-htaccess", message).help(format!(
                "whom it keeps out would come in: write what it says into `<Directory \"{}\">` here, and `AllowOverride None`",
                path.parent().unwrap_or(path).display(),
            ));
        }
        let named: Vec<String> = found.iter().take(NAMED).map(|file| format!("\"{}\"", file.path.display())).collect();
        let there = match named.is_empty() {
            true if self.is_over() => String::new(),
            true => ": there is none now".to_owned(),
            false => format!(": {}{}", named.join(", "), more(found, NAMED)),
        };
        let rest = if self.is_over() { "; not all directories were looked through" } else { "" };
        Diagnostic::warning("no-htaccess", format!("files `{name}` are not read{there}{rest}"))
            .help("write what they say into this section, and `AllowOverride None`")
    }
}

#[expect(clippy::disallowed_methods, reason = "no request is served while a configuration is read")]
fn now() -> Instant {
    Instant::now()
}

fn more<T>(all: &[T], named: usize) -> String {
    let left = all.len().saturating_sub(named);
    if left > 0 { format!(" and {left} more") } else { String::new() }
}

/// The first line of such a file that keeps anyone out.
fn guarding(text: &str) -> Option<String> {
    const GUARDS: [&str; 6] = ["allow", "deny", "require", "sslrequire", "sslrequiressl", "sslverifyclient"];
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let mut lines = lines.filter(|line| {
        let lower = line.to_ascii_lowercase();
        let word = lower.split(' ').next().unwrap_or_default();
        let open = ["require all granted", "allow from all", "sslverifyclient none"].contains(&lower.as_str());
        !open && (GUARDS.contains(&word) || lower == "authtype basic" || lower.starts_with("authuserfile "))
    });
    lines.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_keep_anyone_out_are_found() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(guarding(text).as_deref(), expected, "{text}");
        check("RewriteEngine On\n  require   valid-user\n", Some("require valid-user"));
        check("Order deny,allow\nDeny from all", Some("Deny from all"));
        check("<IfModule a>\n\tAllow from 10.0.0.0/8\n</IfModule>", Some("Allow from 10.0.0.0/8"));
        check("AuthType Basic\n", Some("AuthType Basic"));
        check("Order allow,deny\nAllow from all\nRequire all granted\n# Deny from all\nOptions -Indexes", None);
    }
}
