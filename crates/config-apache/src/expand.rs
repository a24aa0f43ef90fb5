//! Walks a tree as httpd reads it: variables, conditions, included files and macros, in the order of the text.

mod conditions;
mod if_module;
mod include;
mod macros;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use config_source::Files;
use diagnostic::{Diagnostic, Origin, Sources};

use crate::directive::Directive;
use crate::line::{Line, Word};
use crate::modules;
use crate::overrides::Allowed;
use crate::tree::{Node, Statement, Tree};
use crate::variables::Variables;
use macros::Macro;

/// What is read, and what it came to.
pub(crate) struct Expansion {
    /// The directives, in order.
    pub(crate) directives: Vec<Directive>,
    /// What is known at the end of the text.
    pub(crate) known: Known,
    /// Modules that were asked for and are not built.
    pub(crate) not_built: Vec<(Word, &'static str)>,
}

/// What the text defined so far.
#[derive(Clone, Default)]
pub(crate) struct Known {
    variables: Variables,
    /// What httpd itself would write as a path's beginning.
    pub(crate) server_root: PathBuf,
    macros: BTreeMap<String, Macro>,
    /// Identifiers of the modules that were loaded, and the names of their files.
    loaded: BTreeSet<String>,
}

/// Reads files into sources, and their trees into directives.
pub(crate) struct Expander<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) sources: &'a mut Sources,
    pub(crate) diagnostics: &'a mut Vec<Diagnostic>,
    known: Known,
    /// What may stand in the file, if it is one of a directory.
    allowed: Option<Allowed>,
    /// Files that are being read, outermost first.
    chain: Vec<PathBuf>,
    /// Macros that are being used, outermost first, each with the place of its `Use`.
    using: Vec<(String, Origin)>,
    not_built: Vec<(Word, &'static str)>,
    /// Sections of modules that are loaded and not built, outermost first, each with what is to be said of it.
    missed: Vec<(Origin, String)>,
}

impl<'a> Expander<'a> {
    pub(crate) fn new(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        diagnostics: &'a mut Vec<Diagnostic>,
        variables: Variables,
        server_root: &Path,
    ) -> Self {
        let known = Known { variables, server_root: server_root.to_owned(), ..Known::default() };
        Self::resume(files, sources, diagnostics, known)
    }

    /// Goes on where another text ended.
    pub(crate) fn resume(
        files: &'a dyn Files,
        sources: &'a mut Sources,
        diagnostics: &'a mut Vec<Diagnostic>,
        known: Known,
    ) -> Self {
        Self {
            files,
            sources,
            diagnostics,
            known,
            allowed: None,
            chain: Vec::new(),
            using: Vec::new(),
            not_built: Vec::new(),
            missed: Vec::new(),
        }
    }

    /// What is read from here on is a file of a directory, which may say no more than this.
    pub(crate) fn allow(self, allowed: Allowed) -> Self {
        Self { allowed: Some(allowed), ..self }
    }

    pub(crate) fn finish(self, directives: Vec<Directive>) -> Expansion {
        Expansion { directives, known: self.known, not_built: self.not_built }
    }

    /// Reads text that is in no file; `name` stands for the file in messages.
    pub(crate) fn text(&mut self, name: &str, text: &str, out: &mut Vec<Directive>) {
        let id = self.sources.add(name, text);
        let (tree, problems) = crate::parser::parse(id, text, false);
        self.diagnostics.extend(problems);
        self.tree(&tree, out);
    }

    pub(crate) fn tree(&mut self, tree: &Tree, out: &mut Vec<Directive>) {
        self.nodes(&tree.nodes, out);
    }

    fn nodes(&mut self, nodes: &[Node], out: &mut Vec<Directive>) {
        for node in nodes {
            if let Node::Statement(statement) = node
                && let Err(problem) = self.statement(statement, out)
            {
                self.report(problem);
            }
        }
    }

    /// Keeps what is wrong, with the place of the macro's use that it comes from.
    fn report(&mut self, problem: Diagnostic) {
        let problem = match self.using.last() {
            Some((name, used)) => problem.related(*used, format!("macro `{name}` is used here")),
            None => problem,
        };
        self.diagnostics.push(problem);
    }

    fn statement(&mut self, statement: &Statement, out: &mut Vec<Directive>) -> Result<(), Diagnostic> {
        let mut undefined = Vec::new();
        let line = self.known.variables.substitute(&statement.line, &mut undefined);
        let directive = self.directive(&line, statement.body.is_some());
        let Some(directive) = directive else { return Ok(()) };
        if let Some(allowed) = &self.allowed
            && !allowed.takes(&directive, &self.known.loaded)?
        {
            let message = format!("{} is left out here, as `AllowOverride Nonfatal=…` has it", directive.name.text);
            self.report(Diagnostic::warning("left-out", message).at(directive.origin()));
            return Ok(());
        }
        // What a comment or a skipped section says is not looked at: httpd warns where a line is read.
        for problem in undefined {
            self.report(problem);
        }
        match &statement.body {
            Some(body) => self.section(directive, body, out),
            None => self.plain(directive, out),
        }
    }

    /// A line in its parts; a section's arguments end at its last bracket.
    fn directive(&mut self, line: &Line, section: bool) -> Option<Directive> {
        let (mut name, mut rest) = line.first_word()?;
        if section {
            if name.text.ends_with('>') {
                name.text.pop();
                name.origin.length = name.origin.length.saturating_sub(1);
                self.ignored(&rest);
                rest = Line::default();
            } else if let Some((inside, after)) = rest.split_last('>') {
                self.ignored(&after.trimmed());
                rest = inside.trimmed();
            }
            name.text.push('>');
        }
        let as_written = modules::row(&name.text).is_some_and(|(_, row)| row.as_written);
        let (arguments, open) = if as_written { rest.written_words() } else { rest.words() };
        if let Some(origin) = open {
            self.report(
                Diagnostic::warning("unterminated-string", "a closing quote is missing")
                    .at(origin)
                    .help("httpd takes the text up to the end of the line"),
            );
        }
        let used = self.using.first().map(|(_, origin)| (*origin, "a macro is used here".to_owned()));
        let because = used.or_else(|| self.missed.last().cloned());
        Some(Directive { name, rest, arguments, body: None, because })
    }

    fn ignored(&mut self, after: &Line) {
        if !after.is_empty() {
            let mut problem = Diagnostic::warning("ignored-text", "what follows the closing '>' is ignored");
            if after.starts_with('#') {
                problem = problem.help("a comment stands on a line of its own");
            }
            self.report(problem.at(after.origin()));
        }
    }

    fn section(&mut self, mut section: Directive, body: &[Node], out: &mut Vec<Directive>) -> Result<(), Diagnostic> {
        if section.is("<Macro>") {
            return self.define_macro(&section, body);
        }
        if section.is("<IfModule>") {
            return self.if_module(&section, body, out);
        }
        if let Some(holds) = self.condition(&section) {
            if holds? {
                self.nodes(body, out);
            }
            return Ok(());
        }
        let mut inside = Vec::new();
        self.nodes(body, &mut inside);
        section.body = Some(inside);
        out.push(section);
        Ok(())
    }

    fn plain(&mut self, directive: Directive, out: &mut Vec<Directive>) -> Result<(), Diagnostic> {
        let lower = directive.name.text.to_ascii_lowercase();
        match lower.as_str() {
            "include" => return self.include(&directive, false, out),
            "includeoptional" => return self.include(&directive, true, out),
            "use" => return self.use_macro(&directive, out),
            "undefmacro" => return self.undefine_macro(&directive),
            "define" => self.define(&directive)?,
            "undefine" => self.known.variables.undefine(&word(&directive, 0)?.text),
            "serverroot" => self.known.server_root = PathBuf::from(&word(&directive, 0)?.text),
            "loadmodule" => self.load_module(&directive)?,
            "error" => {
                let problem = Diagnostic::error("error-directive", directive.rest.text().replace(['"', '\''], ""));
                return Err(problem.at(directive.origin()));
            }
            "warning" => {
                let text = directive.rest.text().replace(['"', '\''], "");
                self.report(Diagnostic::warning("warning-directive", text).at(directive.origin()));
            }
            _ => {}
        }
        // They go on to the table, which knows where they may stand.
        out.push(directive);
        Ok(())
    }

    fn define(&mut self, directive: &Directive) -> Result<(), Diagnostic> {
        let name = word(directive, 0)?;
        if name.text.contains(':') {
            let problem = Diagnostic::error("invalid-value", "Variable name must not contain ':'");
            return Err(problem.at(name.origin));
        }
        self.known.variables.define(&name.text, directive.argument(1).map(|value| value.text.clone()));
        Ok(())
    }

    /// Modules that are built are there already, and `<IfModule>` finds them from here on; others are listed, since their directives are refused.
    fn load_module(&mut self, directive: &Directive) -> Result<(), Diagnostic> {
        let name = word(directive, 0)?;
        self.known.loaded.insert(name.text.clone());
        let file = directive.argument(1).and_then(|file| Path::new(&file.text).file_stem()?.to_str());
        self.known.loaded.extend(file.map(str::to_owned));
        match modules::by_identifier(&name.text) {
            Some(module) if module.built => {}
            Some(module) => self.not_built.push((name.clone(), module.name)),
            None if modules::stands_in(&name.text) => {}
            None => self.report(modules::elsewhere::load(name)),
        }
        Ok(())
    }

    /// A path from the server's root on.
    fn path(&self, path: &str) -> PathBuf {
        self.known.server_root.join(path)
    }
}

/// An argument that must be there.
fn word(directive: &Directive, index: usize) -> Result<&Word, Diagnostic> {
    directive.argument(index).ok_or_else(|| crate::check::missing_argument(directive))
}
