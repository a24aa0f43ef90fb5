//! The operator's configuration: where it is, and what came of reading it.

use crate::arguments::Options;
use crate::persona::Persona;
use diagnostic::{Diagnostic, Sources};
use model::Model;
use std::path::{Path, PathBuf};

/// A configuration that can be read again and again.
pub(crate) struct Configuration {
    path: PathBuf,
    options: config::Options,
}

/// What came of reading it.
pub(crate) struct Loaded {
    /// Nothing if there are errors.
    pub(crate) model: Option<Model>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) sources: Sources,
    without_effect: Vec<config::NoEffect>,
    dump: String,
}

impl Configuration {
    /// By the flags of the command line. Relative paths begin at the prefix, as nginx has it; without `-p`, a file named
    /// to us (not to `nginx`) begins where the operator is.
    pub(crate) fn new(persona: Persona, options: &Options) -> Self {
        let prefix = options.prefix.as_ref().map_or_else(|| persona.prefix(), PathBuf::from);
        let prefix = std::path::absolute(&prefix).unwrap_or(prefix);
        let path = match &options.config {
            None => prefix.join(persona.config()),
            Some(path) if options.prefix.is_none() && persona == Persona::Zaguan => {
                std::path::absolute(path).unwrap_or_else(|_| path.into())
            }
            Some(path) => prefix.join(path),
        };
        let options = config::Options {
            error_log: options.error_log.as_deref().unwrap_or(persona.error_log()).into(),
            access_log: persona.access_log().into(),
            pid_file: persona.pid_file(),
            state_directory: persona.state_directory().into(),
            directives: options.directives.clone(),
            prefix,
        };
        Self { path, options }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Where lines go until the configuration's own logs are open: a path, or `stderr`.
    pub(crate) fn first_log(&self) -> String {
        if self.options.error_log == Path::new("stderr") {
            return "stderr".to_owned();
        }
        self.options.prefix.join(&self.options.error_log).to_string_lossy().into_owned()
    }

    /// Reads it from its files.
    pub(crate) fn load(&self) -> Loaded {
        let loaded = config::load(&self.path, &self.options);
        Loaded {
            dump: loaded.dump(),
            model: loaded.model,
            diagnostics: loaded.diagnostics,
            sources: loaded.sources,
            without_effect: loaded.no_effect,
        }
    }
}

impl Loaded {
    /// The diagnostics that are wanted, one line each, for a log.
    pub(crate) fn lines(&self, wanted: impl Fn(&Diagnostic) -> bool) -> Vec<String> {
        let wanted = self.diagnostics.iter().filter(|diagnostic| wanted(diagnostic));
        wanted.map(|diagnostic| diagnostic.one_line(&self.sources)).collect()
    }

    /// Directives that have no effect here, with their places and the reasons.
    pub(crate) fn without_effect(&self) -> impl Iterator<Item = String> {
        self.without_effect.iter().map(|found| {
            let (file, line) = (self.sources.name(found.origin.file), found.origin.line);
            format!("{file}:{line}: \"{}\": {}", found.name, found.why)
        })
    }

    /// Every file as it was read.
    pub(crate) fn dump(&self) -> &str {
        &self.dump
    }
}
