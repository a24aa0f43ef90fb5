//! `Include` and `IncludeOptional`: files, patterns and directories.

use std::path::{Path, PathBuf};

use config_source::{glob, read, reason};
use diagnostic::Diagnostic;

use super::{Expander, word};
use crate::directive::Directive;
use crate::line::Word;
use crate::parser::parse;

/// Longer chains of files that include each other are taken for a circle, as httpd does.
const LONGEST_CHAIN: usize = 20;

impl Expander<'_> {
    /// Reads a file and what it includes; `by` is the word that names it.
    pub(crate) fn file(&mut self, path: &Path, by: Option<&Word>, out: &mut Vec<Directive>) {
        let name = path.display().to_string();
        let text = match read(self.files, path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("Could not open configuration file {name} ({})", reason(&error));
                let problem = Diagnostic::error("cannot-read", message);
                return self.report(match by {
                    Some(word) => problem.at(word.origin),
                    None => problem,
                });
            }
        };
        let id = self.sources.add(name, text.text.clone());
        let (tree, problems) = parse(id, &text.text, text.lossy);
        self.diagnostics.extend(problems);
        self.chain.push(path.to_owned());
        self.tree(&tree, out);
        self.chain.pop();
    }

    pub(super) fn include(
        &mut self,
        directive: &Directive,
        optional: bool,
        out: &mut Vec<Directive>,
    ) -> Result<(), Diagnostic> {
        let name = word(directive, 0)?;
        let pattern = self.path(&name.text);
        let mut paths = Vec::new();
        if glob::is_pattern(&name.text) {
            let found = glob::find(self.files, &pattern);
            if found.is_empty() && !optional {
                let message = format!("No matches for the wildcard '{}', failing", pattern.display());
                let problem = Diagnostic::error("cannot-read", message).at(name.origin);
                return Err(problem.help("write `IncludeOptional` if there may be none"));
            }
            for path in found {
                self.files_of(path, &mut paths, 0);
            }
        } else if self.files.exists(&pattern) || !optional {
            self.files_of(pattern, &mut paths, 0);
        }
        for path in paths {
            if self.chain.len() >= LONGEST_CHAIN || self.chain.contains(&path) {
                let message = format!("\"{}\" includes itself", path.display());
                return Err(Diagnostic::error("include-circle", message).at(name.origin));
            }
            self.file(&path, Some(name), out);
        }
        Ok(())
    }

    /// A file, or every file of a directory and of those below it, sorted.
    fn files_of(&self, path: PathBuf, paths: &mut Vec<PathBuf>, depth: usize) {
        if depth >= LONGEST_CHAIN || !self.files.is_directory(&path) {
            paths.push(path);
            return;
        }
        let mut names = self.files.list(&path).unwrap_or_default();
        names.sort();
        names.dedup();
        for name in names {
            self.files_of(path.join(name), paths, depth + 1);
        }
    }
}
