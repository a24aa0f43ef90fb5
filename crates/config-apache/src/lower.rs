//! Takes directives into the model: each by its row, then each virtual host with what it has from the main server.

mod addresses;
mod assemble;
mod effects;
mod htaccess;
mod listeners;
mod names;
pub(crate) mod patterns;
mod scope;
mod script;
mod sections;
mod settings;
mod templates;

use std::path::PathBuf;

use config_source::{Effects, Files, NoEffect};
use diagnostic::{Diagnostic, Origin, Sources};
use model::{ListenerOptions, Model, Process};

pub(crate) use addresses::{HostAddress, Listen};
pub(crate) use assemble::{Change, Mapping};
pub(crate) use effects::{NO_UPSTREAM_KEEP_ALIVE, OLD_REQUESTS};
pub(crate) use patterns::{escape, wildcards};
pub(crate) use scope::{Host, Pattern, Scope, Section, SectionKind, ServerSettings};
pub(crate) use sections::{Forwarded, is_below};
pub(crate) use settings::{Inherit, settings};
pub(crate) use templates::{environment, is_set, note, text, variable, with_groups};

use crate::check;
use crate::directive::Directive;
use crate::expand::Expansion;
use crate::modules;
use crate::table::{MAIN, Outcome, Support};

/// What the configuration cannot say of itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Relative paths start here until `ServerRoot` says otherwise.
    pub server_root: PathBuf,
    /// Names that are defined from the beginning (`-D`), some as `NAME=VALUE`.
    pub defines: Vec<String>,
    /// Directives of the command line that come before those of the file (`-C`).
    pub before: String,
    /// Directives of the command line that come after those of the file (`-c`).
    pub after: String,
    /// Variables of the environment.
    pub environment: std::collections::BTreeMap<String, String>,
    /// The error log where the configuration names none.
    pub error_log: PathBuf,
    /// The pid file where the configuration names none.
    pub pid_file: PathBuf,
    /// Where request bodies that do not fit in memory go.
    pub temp_directory: PathBuf,
    /// What a server without a name is called.
    pub hostname: String,
    /// Whether the system has IPv6: an address that is only a port is then both.
    pub ipv6: bool,
    /// So many directories are looked through at most for files `.htaccess`.
    pub most_directories: usize,
    /// What the program that is to run a model finds wrong with it: asked where files `.htaccess` are read, of which none stops it.
    pub judge: Option<fn(&Model) -> Vec<Diagnostic>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            server_root: PathBuf::new(),
            defines: Vec::new(),
            before: String::new(),
            after: String::new(),
            environment: std::collections::BTreeMap::new(),
            error_log: PathBuf::from("logs/error_log"),
            pid_file: PathBuf::from("logs/httpd.pid"),
            temp_directory: PathBuf::from("temp"),
            hostname: "localhost".to_owned(),
            ipv6: false,
            most_directories: 50_000,
            judge: None,
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
    /// Where relative paths start.
    pub server_root: PathBuf,
    /// Where files of directories are looked for, and what they are called.
    pub watched: Watched,
}

/// Files that directories have of their own.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Watched {
    /// What they are called.
    pub names: Vec<String>,
    /// Where they may lie.
    pub directories: Vec<PathBuf>,
}

/// Lowers the directives of one configuration, with those of the files that directories have of their own.
pub(crate) fn lower(files: &dyn Files, sources: &mut Sources, expansion: &Expansion, options: &Options) -> Lowered {
    let mut asked = Asked::of(std::iter::once(expansion.directives.as_slice()));
    let mut begun = begin(files, expansion, options, &asked);
    let mut found = htaccess::find(&begun.0, &begun.1, sources, &expansion.known);
    if !found.is_empty() {
        asked = Asked::of(std::iter::once(expansion.directives.as_slice()).chain(found.directives()));
        begun = begin(files, expansion, options, &asked);
    }
    loop {
        let (mut lowering, mut main) = begun;
        found.lay(&mut lowering, &mut main);
        modules::ssl::export_https(&mut lowering, &mut main);
        let model = assemble::model(&mut lowering, &main);
        // Files that are wrong are known by now: it is tried again without them.
        if found.blame(&lowering.diagnostics) || found.blame(&judged(options, files, &found, &model)) {
            begun = begin(files, expansion, options, &asked);
            continue;
        }
        lowering.no_effect.extend(std::mem::take(&mut lowering.effects).missing());
        return Lowered {
            model,
            diagnostics: lowering.diagnostics,
            no_effect: lowering.no_effect,
            server_root: expansion.known.server_root.clone(),
            watched: found.watched,
        };
    }
}

/// What the program that is to run a model finds wrong with it, if there are files that may be the reason.
fn judged(options: &Options, files: &dyn Files, found: &htaccess::Found, model: &Model) -> Vec<Diagnostic> {
    let Some(judge) = options.judge.filter(|_| !found.is_empty()) else { return Vec::new() };
    let mut model = model.clone();
    model.documents.fill(|path| files.read(path).map_err(|error| config_source::reason(&error)));
    judge(&model)
}

/// The directives of the configuration, taken over.
fn begin<'a>(
    files: &'a dyn Files,
    expansion: &Expansion,
    options: &'a Options,
    asked: &Asked,
) -> (Lowering<'a>, Scope) {
    let mut lowering = Lowering::new(files, options, expansion.known.server_root.clone());
    for (name, module) in &expansion.not_built {
        lowering.not_loaded(&name.text, name.origin, module);
    }
    lowering.tls_names.clone_from(&asked.tls_names);
    lowering.asks_programs = asked.programs;
    lowering.tells_redirects = asked.programs || asked.redirects;
    if asked.programs {
        lowering.tls_names.extend(modules::ssl::USUAL.map(str::to_owned));
        lowering.shared.environment.insert(environment("HTTPS"));
    }
    lowering.takes_certificates = asked.certificates;
    let mut main = Scope::new(MAIN, Origin::default());
    main.overrides.access.certificates = lowering.takes_certificates.then_some(false);
    lowering.run(&mut main, &expansion.directives);
    (lowering, main)
}

/// What is asked for anywhere, which changes how all is read.
#[derive(Default)]
struct Asked {
    tls_names: std::collections::BTreeSet<String>,
    programs: bool,
    redirects: bool,
    certificates: bool,
}

impl Asked {
    fn of<'d>(texts: impl Iterator<Item = &'d [Directive]>) -> Self {
        let mut asked = Self::default();
        for directives in texts {
            asked.tls_names.append(&mut modules::ssl::named(directives));
            asked.programs |= modules::proxy::asks_programs(directives);
            asked.redirects |= directives.iter().any(|directive| directive.speaks_of(&["redirect_status"]));
            asked.certificates |= modules::ssl::takes_certificates(directives);
        }
        asked
    }
}

/// What is gathered while directives are read.
pub(crate) struct Lowering<'a> {
    pub(crate) files: &'a dyn Files,
    pub(crate) options: &'a Options,
    pub(crate) server_root: PathBuf,
    pub(crate) process: Process,
    /// How listening sockets are set up.
    pub(crate) sockets: ListenerOptions,
    pub(crate) listens: Vec<Listen>,
    /// The virtual hosts, in the order of the text.
    pub(crate) hosts: Vec<Host>,
    pub(crate) shared: Shared,
    /// Whether the module that lists directories is asked for.
    pub(crate) lists_directories: bool,
    /// Variables of TLS that the configuration speaks of.
    pub(crate) tls_names: std::collections::BTreeSet<String>,
    /// Whether clients' certificates count for users anywhere.
    pub(crate) takes_certificates: bool,
    /// Whether programs are asked anywhere, which are told all variables of the environment.
    pub(crate) asks_programs: bool,
    /// What is read is a file of a directory.
    in_files: bool,
    /// Whether it is asked for anywhere whence a request comes that began anew.
    tells_redirects: bool,
    /// What has an effect in some places only.
    pub(crate) effects: Effects,
    diagnostics: Vec<Diagnostic>,
    no_effect: Vec<NoEffect>,
}

/// What stands in the model once and is used by index or name.
#[derive(Default)]
pub(crate) struct Shared {
    pub(crate) groups: Vec<model::Group>,
    /// Files that are read with the configuration.
    pub(crate) documents: model::Documents,
    pub(crate) maps: Vec<model::Map>,
    /// Variables of the environment that something asks for.
    pub(crate) environment: std::collections::BTreeSet<String>,
    /// A variable may end connections.
    ends_connections: bool,
    /// Variables of the environment that something sets.
    pub(crate) given: std::collections::BTreeSet<String>,
    numbered: u32,
    /// Whether the server's administrator is asked for.
    pub(crate) asks_admin: bool,
    pub(crate) log_formats: Vec<model::LogFormat>,
    /// Domains whose certificates are ordered.
    pub(crate) domains: Vec<modules::md::Domain>,
    pub(crate) issuers: Vec<model::Issuer>,
    pub(crate) orders: Vec<model::CertificateOrder>,
    /// Directories of what is kept for long, which are made at start.
    pub(crate) kept_directories: Vec<model::TempDirectory>,
    pub(crate) type_tables: Vec<model::TypeTable>,
    pub(crate) cache_stores: Vec<model::CacheStore>,
}

impl Shared {
    /// A number that nothing else has.
    pub(crate) fn numbered(&mut self) -> u32 {
        self.numbered += 1;
        self.numbered
    }
}

impl<'a> Lowering<'a> {
    fn new(files: &'a dyn Files, options: &'a Options, server_root: PathBuf) -> Self {
        Self {
            files,
            options,
            server_root,
            process: Process::default(),
            sockets: ListenerOptions::default(),
            listens: Vec::new(),
            hosts: Vec::new(),
            shared: Shared::default(),
            lists_directories: false,
            tls_names: std::collections::BTreeSet::new(),
            takes_certificates: false,
            asks_programs: false,
            in_files: false,
            tells_redirects: false,
            effects: Effects::default(),
            diagnostics: Vec::new(),
            no_effect: Vec::new(),
        }
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    pub(crate) fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Reports what may be found again in each host that has it from the main server.
    pub(crate) fn report_once(&mut self, diagnostic: Diagnostic) {
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    /// Notes a directive, or a part of one, that has no effect here.
    pub(crate) fn without_effect(&mut self, name: &str, origin: Origin, why: &'static str) {
        self.no_effect.push(NoEffect { name: name.to_owned(), origin, why, never: false });
    }

    /// Notes what has no effect here whatever it says.
    fn never_effective(&mut self, name: &str, origin: Origin, why: &'static str) {
        self.no_effect.push(NoEffect { name: name.to_owned(), origin, why, never: true });
    }

    fn not_loaded(&mut self, name: &str, origin: Origin, module: &'static str) {
        // A directory without an index is then refused, rather than unknown.
        self.lists_directories |= module == "mod_autoindex";
        self.never_effective(name, origin, "the module is not built: its directives are refused by name");
    }

    /// A path from the server's root on.
    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.server_root.join(path)
    }

    /// Takes over the directives of a section.
    pub(crate) fn body(&mut self, scope: &mut Scope, directive: &Directive) {
        self.run(scope, directive.body.as_deref().unwrap_or_default());
    }

    fn run(&mut self, scope: &mut Scope, directives: &[Directive]) {
        for directive in directives {
            if let Err(problem) = self.directive(scope, directive) {
                let problem = if problem.origin.is_none() { problem.at(directive.origin()) } else { problem };
                let problem = match &directive.because {
                    Some((origin, why)) => problem.related(*origin, why.clone()),
                    None => problem,
                };
                self.report(if self.in_files { htaccess::lenient(problem, directive) } else { problem });
            }
        }
    }

    fn directive(&mut self, scope: &mut Scope, directive: &Directive) -> Outcome {
        let Some((module, row)) = modules::row(&directive.name.text) else {
            return Err(match modules::other(&directive.name.text) {
                Some(module) => check::pending(directive, module),
                None => check::unknown(directive, scope.contexts),
            });
        };
        if !row.contexts.intersects(scope.contexts) {
            return Err(check::misplaced(directive, row.contexts));
        }
        match row.support {
            Support::Pending => return Err(check::pending(directive, module.name)),
            Support::Refused(why) => return Err(check::refused(directive, why)),
            Support::NoEffect(why) => {
                check::arity(row, directive)?;
                self.never_effective(row.name, directive.origin(), why);
            }
            Support::Full | Support::Partial(_) => check::arity(row, directive)?,
        }
        (row.lower)(self, scope, directive)
    }
}
