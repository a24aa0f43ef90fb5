//! The operator's configuration: where it is, and what came of reading it.

use crate::arguments::Options;
use crate::httpd;
use crate::persona::Persona;
use config::{Converted, Language, Loaded};
use diagnostic::Diagnostic;
use model::Model;
use std::path::{Path, PathBuf};

/// A configuration that can be read again and again.
pub(crate) struct Configuration {
    source: Source,
    options: config::Options,
}

enum Source {
    File(PathBuf),
    /// Of the program itself, under a name for messages.
    Text {
        name: &'static str,
        text: String,
    },
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
            access_log: persona.access_log(),
            pid_file: persona.pid_file(),
            global_directives: options.directives.clone().unwrap_or_default(),
            superuser: process::is_superuser(),
            language: options.syntax,
            defines: options.defines.clone(),
            judge: Some(server::check),
            prefix,
            ..config::Options::default()
        };
        Self { source: Source::File(path), options }
    }

    /// By httpd's command line: a relative path begins at the server's root.
    pub(crate) fn of_httpd(persona: Persona, options: &httpd::arguments::Options) -> Self {
        let root = options.server_root.as_ref().map_or_else(|| persona.server_root(), PathBuf::from);
        let root = std::path::absolute(&root).unwrap_or(root);
        let path = root.join(options.config.as_ref().map_or_else(|| persona.config(), PathBuf::from));
        let lines = |directives: &[String]| directives.join("\n");
        let options = config::Options {
            language: Some(config::Language::Apache),
            error_log: root.join(persona.error_log()),
            access_log: persona.access_log(),
            pid_file: persona.pid_file(),
            global_directives: lines(&options.before),
            final_directives: lines(&options.after),
            defines: options.defines.clone(),
            superuser: process::is_superuser(),
            prefix: persona.prefix(),
            server_root: Some(root),
            judge: Some(server::check),
            ..config::Options::default()
        };
        Self { source: Source::File(path), options }
    }

    /// One that the program brings along. Its files lie in `directory`; its logs go to standard error.
    pub(crate) fn of_text(name: &'static str, text: String, directory: &Path) -> Self {
        let options = config::Options {
            prefix: directory.to_path_buf(),
            error_log: "stderr".into(),
            access_log: "stderr".into(),
            pid_file: "pid".into(),
            global_directives: "daemon off;".to_owned(),
            superuser: process::is_superuser(),
            language: Some(config::Language::Nginx),
            ..config::Options::default()
        };
        Self { source: Source::Text { name, text }, options }
    }

    /// How messages name it.
    pub(crate) fn name(&self) -> String {
        match &self.source {
            Source::File(path) => path.display().to_string(),
            Source::Text { name, .. } => (*name).to_owned(),
        }
    }

    /// Where lines go until the configuration's own logs are open: a path, or `stderr`.
    pub(crate) fn first_log(&self) -> String {
        if self.options.error_log == Path::new("stderr") {
            return "stderr".to_owned();
        }
        self.options.prefix.join(&self.options.error_log).to_string_lossy().into_owned()
    }

    /// A model as nginx's text that means the same where this configuration is.
    pub(crate) fn as_nginx(&self, model: &Model, language: Language) -> Converted {
        config::as_nginx(model, language, &self.options)
    }

    /// Reads it.
    pub(crate) fn load(&self) -> Loaded {
        match &self.source {
            Source::File(path) => config::load(path, &self.options),
            Source::Text { name, text } => config::load_text(name, text, &self.options),
        }
    }
}

/// The diagnostics that are wanted, one line each, for a log.
pub(crate) fn lines(loaded: &Loaded, wanted: impl Fn(&Diagnostic) -> bool) -> Vec<String> {
    let wanted = loaded.diagnostics.iter().filter(|diagnostic| wanted(diagnostic));
    wanted.map(|diagnostic| diagnostic.one_line(&loaded.sources)).collect()
}

/// Directives that have no effect here, with their places and the reasons; those that never have one are named once a file.
pub(crate) fn without_effect(loaded: &Loaded) -> impl Iterator<Item = String> {
    let mut never: Vec<(&str, Vec<String>)> = Vec::new();
    for found in loaded.no_effect.iter().filter(|found| found.never) {
        let (file, name) = (loaded.sources.name(found.origin.file), format!("`{}`", found.name));
        match never.iter_mut().find(|(known, _)| *known == file) {
            Some((_, names)) if names.contains(&name) => {}
            Some((_, names)) => names.push(name),
            None => never.push((file, vec![name])),
        }
    }
    let here = loaded.no_effect.iter().filter(|found| !found.never).map(|found| {
        let (file, line) = (loaded.sources.name(found.origin.file), found.origin.line);
        format!("{file}:{line}: `{}`: {}", found.name, found.why)
    });
    here.chain(never.into_iter().map(|(file, names)| format!("{file}: {}: never here", names.join(", "))))
}
