//! Reads nginx's language.

use std::path::Path;

use config_nginx::Reader;
use config_nginx::tree::Tree;
use config_source::Files;
use diagnostic::{Diagnostic, Sources};

use crate::{Front, Input, Options};

pub(crate) fn read(
    files: &dyn Files,
    directory: &Path,
    options: &Options,
    input: Input<'_>,
    sources: &mut Sources,
) -> Front {
    let mut diagnostics = Vec::new();
    let mut reader = Reader { files, directory, sources, diagnostics: &mut diagnostics };
    let global = if options.global_directives.trim().is_empty() {
        Tree::default()
    } else {
        reader.text("command line", &options.global_directives)
    };
    let tree = match input {
        Input::File(path) => reader.file(path),
        Input::Text { name, text } => reader.text(name, text),
    };
    let odd = diagnostics.iter().any(Diagnostic::is_error);
    let broken = odd && tree.nodes.is_empty();
    let lowered = config_nginx::lower(&[&global, &tree], &lowering_options(directory, options));
    if !broken {
        // What follows from text that breaks off would only hide the reason.
        diagnostics.extend(lowered.diagnostics.into_iter().filter(|problem| !(odd && problem.code == "no-events")));
    }
    Front {
        model: lowered.model,
        diagnostics,
        no_effect: lowered.no_effect,
        tree: Some(tree),
        server_root: None,
        watched: crate::Watched::default(),
        broken,
    }
}

pub(crate) fn lowering_options(directory: &Path, options: &Options) -> config_nginx::Options {
    config_nginx::Options {
        prefix: options.prefix.clone(),
        directory: directory.to_owned(),
        error_log: options.error_log.clone(),
        access_log: options.access_log.clone(),
        pid_file: options.pid_file.clone(),
        superuser: options.superuser,
        hostname: options.hostname.clone(),
    }
}
