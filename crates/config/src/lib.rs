//! Loads a configuration: picks the language, follows includes, lowers, and checks that names resolve.
#![forbid(unsafe_code)]

mod check;
mod print;

use std::path::{Path, PathBuf};

use config_nginx::tree::Tree;
use config_nginx::{Disk, Files, Reader};
use diagnostic::{Diagnostic, Origin, Sources};
use model::Model;

pub use config_nginx::{Row, Support, compatibility, compatibility_page};
pub use print::{PrintError, proxy_as_nginx};

/// What the configuration cannot say of itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// Relative paths start here; those of `include` at the configuration file's directory.
    pub prefix: PathBuf,
    /// Directives of the command line, which count as if they stood before the file's.
    pub global_directives: String,
    /// The error log where the configuration names none; `stderr` is the standard error stream.
    pub error_log: PathBuf,
    /// The access log where the configuration names none.
    pub access_log: PathBuf,
    /// The pid file where the configuration names none.
    pub pid_file: PathBuf,
    /// Whether the program runs as the super-user: a server without `listen` is then on port 80, else on 8000.
    pub superuser: bool,
    /// What `$hostname` means in a server's name.
    pub hostname: String,
}

impl Default for Options {
    fn default() -> Self {
        let nginx = config_nginx::Options::default();
        Self {
            prefix: nginx.prefix,
            global_directives: String::new(),
            error_log: nginx.error_log,
            access_log: nginx.access_log,
            pid_file: nginx.pid_file,
            superuser: is_superuser(),
            hostname: hostname().unwrap_or(nginx.hostname),
        }
    }
}

/// A directive that is in the configuration and cannot have an effect here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoEffect {
    /// Where it stands.
    pub origin: Origin,
    /// Its name.
    pub name: String,
    /// Why it has none.
    pub why: &'static str,
}

/// A configuration as it was read.
#[derive(Debug)]
pub struct Loaded {
    /// What it means; nothing if a diagnostic is an error.
    pub model: Option<Model>,
    /// What is wrong with it, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// Its files.
    pub sources: Sources,
    /// Directives without effect.
    pub no_effect: Vec<NoEffect>,
    tree: Tree,
}

impl Loaded {
    /// Every file under its name, in the form of `nginx -T`.
    pub fn dump(&self) -> String {
        config_nginx::dump(&self.tree, &self.sources)
    }

    /// Whether there is an error among the diagnostics.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Loads a configuration file; a relative path starts at the prefix.
pub fn load(path: &Path, options: &Options) -> Loaded {
    load_from(&Disk, path, options)
}

/// Loads a configuration file from elsewhere than the disk.
pub fn load_from(files: &dyn Files, path: &Path, options: &Options) -> Loaded {
    let path = options.prefix.join(path);
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    assemble(files, &directory, options, |reader| reader.file(&path))
}

/// Loads a configuration that is in no file; what it includes is looked for below the prefix.
pub fn load_text(name: &str, text: &str, options: &Options) -> Loaded {
    assemble(&Disk, &options.prefix, options, |reader| reader.text(name, text))
}

fn assemble(
    files: &dyn Files,
    directory: &Path,
    options: &Options,
    read: impl FnOnce(&mut Reader<'_>) -> Tree,
) -> Loaded {
    let mut sources = Sources::new();
    let mut diagnostics = Vec::new();
    let mut reader = Reader { files, directory, sources: &mut sources, diagnostics: &mut diagnostics };
    let global = if options.global_directives.trim().is_empty() {
        Tree::default()
    } else {
        reader.text("command line", &options.global_directives)
    };
    let tree = read(&mut reader);
    let odd = diagnostics.iter().any(Diagnostic::is_error);
    let lowered = config_nginx::lower(&[&global, &tree], &nginx_options(options));
    let mut model = lowered.model;
    if let Some(problem) = apache(&tree, &sources) {
        diagnostics = vec![problem];
    } else if !(odd && tree.nodes.is_empty()) {
        // What follows from text that breaks off would only hide the reason.
        diagnostics.extend(lowered.diagnostics.into_iter().filter(|problem| !(odd && problem.code == "no-events")));
        diagnostics.extend(check::check(&model));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.origin.map(|origin| (origin.file, origin.line, origin.column)));
    model.files = sources.iter().map(|(_, name, _)| name.to_owned()).collect();
    let no_effect = lowered.no_effect.into_iter();
    let no_effect =
        no_effect.map(|found| NoEffect { origin: found.origin, name: found.name, why: found.why }).collect();
    let model = diagnostics.iter().all(|diagnostic| !diagnostic.is_error()).then_some(model);
    Loaded { model, diagnostics, sources, no_effect, tree }
}

fn nginx_options(options: &Options) -> config_nginx::Options {
    config_nginx::Options {
        prefix: options.prefix.clone(),
        error_log: options.error_log.clone(),
        access_log: options.access_log.clone(),
        pid_file: options.pid_file.clone(),
        superuser: options.superuser,
        hostname: options.hostname.clone(),
    }
}

/// Says so if the file is written in Apache httpd's language: it has sections like `<VirtualHost …>`.
fn apache(tree: &Tree, sources: &Sources) -> Option<Diagnostic> {
    const SECTIONS: [&str; 8] =
        ["<VirtualHost", "<IfModule", "<Directory", "<Location", "<Proxy", "<Files", "<IfDefine", "<Macro"];
    let text = sources.text(tree.file);
    let is_section = |line: &str| SECTIONS.iter().any(|section| line.trim_start().starts_with(section));
    let line = text.lines().position(is_section)?;
    let number = u32::try_from(line + 1).ok()?;
    let line = text.lines().nth(line)?;
    let column = line.chars().take_while(|character| character.is_whitespace()).count();
    let length = u32::try_from(line.trim().chars().count()).ok()?;
    let origin = Origin::new(tree.file, number, u32::try_from(column + 1).ok()?, length);
    let problem =
        Diagnostic::error("not-built", "this is a configuration of Apache httpd, whose language is not built yet");
    Some(problem.at(origin).help("write the proxy in nginx's language: `zaguan proxy --print URL` shows how it begins"))
}

/// The owner of this process, as the system shows it.
fn is_superuser() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn hostname() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_ascii_lowercase())
}
