//! Loads a configuration: picks the language, follows includes, lowers, and checks that names resolve.
#![forbid(unsafe_code)]

mod apache;
mod check;
mod convert;
mod language;
mod nginx;
mod print;
mod restore;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use config_nginx::tree::Tree;
use config_source::{Disk, Files};
pub use config_source::{Known, NoEffect, Support, system_authorities};
use diagnostic::{Diagnostic, Sources};
use model::Model;

pub use config_apache::{Watched, built_modules as httpd_modules, compatibility as httpd_compatibility};
pub use config_nginx::{compatibility, compatibility_page, print_servers};
pub use convert::{Converted, as_nginx};
pub use language::Language;
pub use print::{Entrance, PrintError, proxy_as_nginx};
pub use restore::restore_servers;

/// What the configuration cannot say of itself.
#[derive(Clone, Debug)]
pub struct Options {
    /// The language that it is written in; `None`: as its text shows.
    pub language: Option<Language>,
    /// Relative paths start here; those of `include` at the configuration file's directory.
    pub prefix: PathBuf,
    /// Directives of the command line, which count as if they stood before the file's.
    pub global_directives: String,
    /// In httpd's language: directives of the command line that count as if they stood behind the file's.
    pub final_directives: String,
    /// The error log where the configuration names none; `stderr` is the standard error stream.
    pub error_log: PathBuf,
    /// The access log where the configuration names none.
    pub access_log: PathBuf,
    /// The pid file where the configuration names none.
    pub pid_file: PathBuf,
    /// Whether the program runs as the super-user: a server without `listen` is then on port 80, else on 8000.
    pub superuser: bool,
    /// What `$hostname` means in a server's name, and what a server without a name is called.
    pub hostname: String,
    /// In httpd's language: where relative paths start; `None`: at the configuration file's directory.
    pub server_root: Option<PathBuf>,
    /// In httpd's language: names that are defined from the beginning, some as `NAME=VALUE`.
    pub defines: Vec<String>,
    /// In httpd's language: the variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// What the program that is to run a model finds wrong with it. In httpd's language it is asked where files of directories
    /// (`.htaccess`) are read: what is wrong with one of them stops nothing else.
    pub judge: Option<fn(&Model) -> Vec<Diagnostic>>,
}

impl Default for Options {
    fn default() -> Self {
        let nginx = config_nginx::Options::default();
        Self {
            language: None,
            prefix: nginx.prefix,
            global_directives: String::new(),
            final_directives: String::new(),
            error_log: nginx.error_log,
            access_log: nginx.access_log,
            pid_file: nginx.pid_file,
            superuser: is_superuser(),
            hostname: hostname().unwrap_or(nginx.hostname),
            server_root: None,
            defines: Vec::new(),
            environment: std::env::vars_os().filter_map(|(name, value)| text_of(name).zip(text_of(value))).collect(),
            judge: None,
        }
    }
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
    /// The language that it is written in.
    pub language: Language,
    /// In httpd's language: where relative paths start.
    pub server_root: Option<PathBuf>,
    /// In httpd's language: files that directories have of their own, which are read with the configuration.
    pub watched: Watched,
    tree: Option<Tree>,
}

impl Loaded {
    /// Every file under its name, in the form of `nginx -T`.
    pub fn dump(&self) -> String {
        if let Some(tree) = &self.tree {
            return config_nginx::dump(tree, &self.sources);
        }
        let files = self.sources.iter().map(|(_, name, text)| format!("# configuration file {name}:\n{text}\n"));
        files.collect()
    }

    /// Whether there is an error among the diagnostics.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// A configuration that is to be read.
#[derive(Clone, Copy)]
enum Input<'a> {
    File(&'a Path),
    Text { name: &'a str, text: &'a str },
}

/// What a front-end makes of it.
struct Front {
    model: Model,
    diagnostics: Vec<Diagnostic>,
    no_effect: Vec<NoEffect>,
    /// For the form of `nginx -T`.
    tree: Option<Tree>,
    server_root: Option<PathBuf>,
    watched: Watched,
    /// It could not be read: nothing more can be said about it.
    broken: bool,
}

/// Loads a configuration file; a relative path starts at the prefix.
pub fn load(path: &Path, options: &Options) -> Loaded {
    load_from(&Disk, path, options)
}

/// Loads a configuration file from elsewhere than the disk.
pub fn load_from(files: &dyn Files, path: &Path, options: &Options) -> Loaded {
    let path = options.prefix.join(path);
    let directory = path.parent().unwrap_or(Path::new("")).to_owned();
    assemble(files, &directory, options, Input::File(&path))
}

/// Loads a configuration that is in no file; what it includes is looked for below the prefix.
pub fn load_text(name: &str, text: &str, options: &Options) -> Loaded {
    assemble(&Disk, &options.prefix, options, Input::Text { name, text })
}

fn assemble(files: &dyn Files, directory: &Path, options: &Options, input: Input<'_>) -> Loaded {
    let mut sources = Sources::new();
    let language = options.language.unwrap_or_else(|| language::of_input(files, input));
    let front = match language {
        Language::Nginx => nginx::read(files, directory, options, input, &mut sources),
        Language::Apache => apache::read(files, directory, options, input, &mut sources),
    };
    let Front { mut model, mut diagnostics, no_effect, tree, server_root, watched, broken } = front;
    if !broken {
        diagnostics.extend(check::check(&model));
    }
    diagnostics.sort_by_key(|diagnostic| diagnostic.origin.map(|origin| (origin.file, origin.line, origin.column)));
    model.files = sources.iter().map(|(_, name, _)| name.to_owned()).collect();
    model.documents.fill(read_document);
    let model = diagnostics.iter().all(|diagnostic| !diagnostic.is_error()).then_some(model);
    Loaded { model, diagnostics, sources, no_effect, language, server_root, watched, tree }
}

/// Certificates, keys and the like are small; what is not is no such thing.
const LARGEST_DOCUMENT: u64 = 16 << 20;

fn read_document(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(LARGEST_DOCUMENT + 1).read_to_end(&mut bytes));
    match read {
        Ok(length) if length as u64 > LARGEST_DOCUMENT => Err("it is too large".to_owned()),
        Ok(_) => Ok(bytes),
        Err(error) => Err(config_source::reason(&error)),
    }
}

fn text_of(text: std::ffi::OsString) -> Option<String> {
    text.into_string().ok()
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
