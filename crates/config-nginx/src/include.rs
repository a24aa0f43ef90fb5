//! Reads a configuration with all the files that it includes.

use std::path::{Path, PathBuf};

use diagnostic::{Diagnostic, Sources};

use config_source::{Files, glob, read, reason};

use crate::parser::parse;
use crate::tree::{Directive, Node, Tree, Word};

/// Longer chains of files that include each other are taken for a circle.
const LONGEST_CHAIN: usize = 50;

/// Reads files into sources.
pub struct Reader<'a> {
    /// Where files come from.
    pub files: &'a dyn Files,
    /// The directory that relative names in `include` start from: that of the main file.
    pub directory: &'a Path,
    /// Gets the text of every file.
    pub sources: &'a mut Sources,
    /// Gets what is wrong with them.
    pub diagnostics: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    /// Reads a file and what it includes.
    pub fn file(&mut self, path: &Path) -> Tree {
        self.read(path, None, &mut Vec::new())
    }

    /// Reads text that is in no file, and what it includes; `name` stands for the file in messages.
    pub fn text(&mut self, name: &str, text: &str) -> Tree {
        let id = self.sources.add(name, text);
        self.tree(id, text, false, &mut Vec::new())
    }

    fn read(&mut self, path: &Path, by: Option<&Word>, chain: &mut Vec<PathBuf>) -> Tree {
        let name = path.display().to_string();
        let text = match read(self.files, path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("open() \"{name}\" failed ({})", reason(&error));
                let problem = Diagnostic::error("cannot-read", message);
                self.diagnostics.push(match by {
                    Some(word) => problem.at(word.origin),
                    None => problem,
                });
                return Tree::default();
            }
        };
        let id = self.sources.add(name, text.text.clone());
        chain.push(path.to_owned());
        let tree = self.tree(id, &text.text, text.lossy, chain);
        chain.pop();
        tree
    }

    fn tree(&mut self, id: diagnostic::FileId, text: &str, lossy: bool, chain: &mut Vec<PathBuf>) -> Tree {
        let (mut tree, problems) = parse(id, text, lossy);
        self.diagnostics.extend(problems);
        self.follow(&mut tree.nodes, chain);
        tree
    }

    fn follow(&mut self, nodes: &mut [Node], chain: &mut Vec<PathBuf>) {
        for node in nodes {
            let Node::Directive(directive) = node else { continue };
            if let Some(block) = &mut directive.block {
                self.follow(&mut block.nodes, chain);
            } else if directive.name.text == "include" {
                self.include(directive, chain);
            }
        }
    }

    fn include(&mut self, directive: &mut Directive, chain: &mut Vec<PathBuf>) {
        // Another number of arguments is reported where the directive's context is known.
        let [word] = directive.arguments.as_slice() else { return };
        let path = self.directory.join(&word.text);
        let paths = if glob::is_pattern(&word.text) { glob::find(self.files, &path) } else { vec![path] };
        let mut trees = Vec::new();
        for path in paths {
            if chain.len() >= LONGEST_CHAIN || chain.contains(&path) {
                let problem = Diagnostic::error("include-circle", format!("\"{}\" includes itself", path.display()));
                self.diagnostics.push(problem.at(word.origin));
            } else {
                trees.push(self.read(&path, Some(word), chain));
            }
        }
        directive.included = trees;
    }
}
