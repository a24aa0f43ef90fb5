//! Takes the tree into the model: each directive by its row, then each level with what it inherits.

mod assemble;
mod check;
pub(crate) mod filters;
mod foreign;
mod level;
mod listeners;
mod section;
pub(crate) mod slot;

use std::path::PathBuf;

use config_source::{Effects, NoEffect, closest};
use diagnostic::{Diagnostic, Origin};
use model::{Model, Template};

pub(crate) use level::{GroupPart, If, Level, LocationKind, LocationPart, RawStep, ServerPart};

use crate::modules;
use crate::modules::core::ProcessSettings;
use crate::table::{ANYWHERE, Contexts, EVENTS, HTTP, MAIN, Outcome, Row, Support, UPSTREAM};
use crate::tree::{self, Directive, Tree};

/// What the configuration cannot say of itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Relative paths (but those of `include`, and of files that hold a part of the configuration) start here.
    pub prefix: PathBuf,
    /// The directory of the configuration file: relative paths of files that hold a part of the configuration start here.
    pub directory: PathBuf,
    /// The error log where the configuration names none.
    pub error_log: PathBuf,
    /// The access log where the configuration names none.
    pub access_log: PathBuf,
    /// The pid file where the configuration names none.
    pub pid_file: PathBuf,
    /// Whether the program runs as the super-user: a server without `listen` is then on port 80, else on 8000.
    pub superuser: bool,
    /// What `$hostname` means in `server_name`.
    pub hostname: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prefix: PathBuf::new(),
            directory: PathBuf::new(),
            error_log: PathBuf::from("logs/error.log"),
            access_log: PathBuf::from("logs/access.log"),
            pid_file: PathBuf::from("logs/nginx.pid"),
            superuser: false,
            hostname: "localhost".to_owned(),
        }
    }
}

/// What lowering yields. The model is of use only if no diagnostic is an error.
#[derive(Debug)]
pub struct Lowered {
    /// What the configuration means.
    pub model: Model,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Directives without effect.
    pub no_effect: Vec<NoEffect>,
}

/// Lowers the trees of one configuration: the directives of the command line, then the file.
pub fn lower(trees: &[&Tree], options: &Options) -> Lowered {
    let directives: Vec<&Directive> = trees.iter().flat_map(|tree| tree::directives(&tree.nodes)).collect();
    let mut lowering = Lowering::new(options);
    let fragment = is_fragment(&directives);
    let mut level = Level::new(if fragment { MAIN.or(HTTP) } else { MAIN }, Origin::default());
    lowering.run(&mut level, &directives);
    if fragment {
        lowering.http = Some(level);
    } else {
        lowering.need_events(&directives);
    }
    lowering.finish()
}

/// Reads lines of servers, as they stand in a group.
///
/// # Errors
/// What is wrong with them.
pub fn read_servers(name: &str, text: &str) -> Result<Vec<model::Server>, Vec<String>> {
    let mut sources = diagnostic::Sources::new();
    let (tree, mut diagnostics) = crate::parser::parse(sources.add(name, text), text, false);
    let options = Options::default();
    let mut lowering = Lowering::new(&options);
    let mut level = Level::new(UPSTREAM, Origin::default());
    lowering.run(&mut level, &tree::directives(&tree.nodes));
    diagnostics.append(&mut lowering.diagnostics);
    let problems: Vec<String> =
        diagnostics.iter().filter(|found| found.is_error()).map(|found| found.one_line(&sources)).collect();
    if problems.is_empty() { Ok(level.group.servers) } else { Err(problems) }
}

/// Whether the text is what stands inside `http`, as the files of a directory of sites do.
fn is_fragment(directives: &[&Directive]) -> bool {
    const WHOLE: [&str; 4] = ["events", "http", "mail", "stream"];
    let inside = |directive: &&Directive| {
        let mut rows = modules::rows(&directive.name.text).peekable();
        let known = rows.peek().is_some();
        let (mut main, mut http) = (false, false);
        for row in rows {
            main |= row.contexts.intersects(MAIN);
            http |= row.contexts.intersects(HTTP);
        }
        known && http && !main
    };
    !directives.iter().any(|directive| WHOLE.contains(&directive.name.text.as_str())) && directives.iter().any(inside)
}

/// What is gathered while directives are read.
pub(crate) struct Lowering<'a> {
    pub(crate) options: &'a Options,
    pub(crate) process: ProcessSettings,
    pub(crate) http: Option<Level>,
    pub(crate) shared: Shared,
    pub(crate) documents: model::Documents,
    /// What has an effect in some places only.
    pub(crate) effects: Effects,
    diagnostics: Vec<Diagnostic>,
    no_effect: Vec<NoEffect>,
}

/// What stands in `http` once and is used by name.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) groups: Vec<model::Group>,
    pub(crate) maps: Vec<model::Map>,
    pub(crate) address_maps: Vec<model::AddressMap>,
    pub(crate) splits: Vec<model::Split>,
    pub(crate) token_values: Vec<model::TokenValue>,
    pub(crate) rate_zones: Vec<model::RateZone>,
    pub(crate) count_zones: Vec<model::CountZone>,
    pub(crate) cache_stores: Vec<model::CacheStore>,
    pub(crate) log_formats: Vec<model::LogFormat>,
    pub(crate) charset_maps: Vec<model::CharsetMap>,
    pub(crate) type_tables: Vec<model::TypeTable>,
    pub(crate) issuers: Vec<model::Issuer>,
    /// Names of those that something is wrong with.
    pub(crate) unusable_issuers: Vec<String>,
    pub(crate) orders: Vec<model::CertificateOrder>,
    pub(crate) temp_directories: Vec<model::TempDirectory>,
    pub(crate) zones: Vec<Zone>,
    /// Programs may ask what is known of groups; whether they may change them.
    pub(crate) api: Option<bool>,
    pub(crate) matches: Vec<crate::modules::upstream_hc::Match>,
}

impl Shared {
    /// The number of an order; what is ordered in two places is ordered once.
    pub(crate) fn order(&mut self, order: model::CertificateOrder) -> model::OrderId {
        let is_same = |known: &model::CertificateOrder| {
            (known.issuer, known.key, &known.identifiers) == (order.issuer, order.key, &order.identifiers)
        };
        let index = self.orders.iter().position(is_same).unwrap_or(self.orders.len());
        if index == self.orders.len() {
            self.orders.push(order);
        }
        model::OrderId(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// A use of a zone.
pub(crate) struct Zone {
    pub(crate) name: String,
    /// Whether its size is said there; one of its uses must.
    pub(crate) sized: bool,
    pub(crate) origin: Origin,
}

impl<'a> Lowering<'a> {
    fn new(options: &'a Options) -> Self {
        Self {
            options,
            process: ProcessSettings::default(),
            http: None,
            shared: Shared::default(),
            documents: model::Documents::default(),
            effects: Effects::default(),
            diagnostics: Vec::new(),
            no_effect: Vec::new(),
        }
    }

    /// Takes over the directives of a block.
    pub(crate) fn block(&mut self, level: &mut Level, directive: &Directive) {
        let nodes = directive.block.as_ref().map_or(&[][..], |block| &block.nodes);
        self.run(level, &tree::directives(nodes));
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Reports what may be found again in each level that inherits it.
    pub(crate) fn report_once(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Notes a part of a directive that has no effect here.
    pub(crate) fn without_effect(&mut self, name: &str, origin: Origin, why: &'static str) {
        self.no_effect.push(NoEffect { name: name.to_owned(), origin, why, never: false });
    }

    /// The same where it may be found again in each level that inherits it.
    pub(crate) fn without_effect_once(&mut self, name: &str, origin: Origin, why: &'static str) {
        if !self.no_effect.iter().any(|known| known.origin == origin && known.name == name) {
            self.without_effect(name, origin, why);
        }
    }

    /// A path of the configuration from the prefix on.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.options.prefix.join(path)
    }

    /// A file that is read with the configuration; a relative path starts at the configuration file's directory.
    pub(crate) fn document(&mut self, path: &str) -> PathBuf {
        let path = self.options.directory.join(path);
        self.documents.want(&path);
        path
    }

    /// A path with variables from the prefix on; one that begins with a variable is left as it is.
    pub(crate) fn path_template(&self, mut template: Template) -> Template {
        let full = |text: &str| self.options.prefix.join(text).display().to_string();
        match template.parts.first_mut() {
            Some(model::Part::Text(text)) if !text.starts_with('/') => *text = full(text),
            Some(_) => {}
            None => template.parts.push(model::Part::Text(full(""))),
        }
        template
    }

    fn run(&mut self, level: &mut Level, directives: &[&Directive]) {
        let mut idle = Vec::new();
        for directive in directives {
            let before = self.diagnostics.len();
            let outcome = self.directive(level, &mut idle, directive);
            let missing = check::missing_semicolon(directive, level.contexts);
            if let Some(word) = missing.filter(|_| directive.block.is_none() || outcome.is_err()) {
                // All that is wrong with the directive comes from the words that do not belong to it.
                let found = self.diagnostics.drain(before..).next().or(outcome.err());
                let help = format!("is `;` missing before `{}` on line {}?", word.text, word.origin.line);
                self.diagnostics.extend(found.map(|problem| problem.help(help)));
            } else if let Err(problem) = outcome {
                self.report(if problem.origin.is_none() { problem.at(directive.origin()) } else { problem });
            }
        }
    }

    /// `idle`: the directives without effect that the block had so far; the others know themselves whether they were there.
    fn directive(
        &mut self,
        level: &mut Level,
        idle: &mut Vec<(&'static str, Origin)>,
        directive: &Directive,
    ) -> Outcome {
        let row = Self::row(level.contexts, directive)?;
        if !matches!(row.support, Support::Pending | Support::Refused(_)) {
            check::arity(row, directive)?;
        }
        match row.support {
            Support::Pending => return Err(check::pending(directive)),
            Support::Refused(why) => return Err(check::refused(directive, why)),
            Support::NoEffect(why) => {
                check::repeated(row, idle, directive)?;
                self.without_effect(&directive.name.text, directive.origin(), why);
            }
            Support::Full | Support::Partial(_) => {}
        }
        (row.lower)(self, level, directive)
    }

    fn row(contexts: Contexts, directive: &Directive) -> Result<&'static Row, Diagnostic> {
        let name = directive.name.text.as_str();
        let mut allowed: Option<Contexts> = None;
        for row in modules::rows(name) {
            if row.contexts.intersects(contexts) {
                return Ok(row);
            }
            allowed = Some(allowed.map_or(row.contexts, |known| known.or(row.contexts)));
        }
        if let Some(allowed) = allowed {
            return Err(check::misplaced(directive, allowed));
        }
        let here = closest(name, modules::names_in(contexts));
        Err(check::unknown(directive, here.or_else(|| closest(name, modules::names_in(ANYWHERE)))))
    }

    fn need_events(&mut self, directives: &[&Directive]) {
        if directives.iter().all(|directive| directive.name.text != "events") {
            self.report(
                Diagnostic::error("no-events", "no \"events\" section in configuration")
                    .help("add a line `events {}`, or leave only what stands inside `http { … }` in the file"),
            );
        }
    }

    fn finish(mut self) -> Lowered {
        let http = self.http.take();
        let mut model = assemble::model(&mut self, http);
        model.documents = self.documents;
        self.no_effect.extend(self.effects.missing());
        Lowered { model, diagnostics: self.diagnostics, no_effect: self.no_effect }
    }
}

/// The level that holds the events block's directives, which say nothing about the model.
pub(crate) fn events_level(directive: &Directive) -> Level {
    Level::new(EVENTS, directive.origin())
}
