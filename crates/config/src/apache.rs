//! Reads Apache httpd's language.

use std::path::{Path, PathBuf};

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
    let lowering = lowering_options(files, directory, options);
    let input = match input {
        Input::File(path) => config_apache::Input::File(path),
        Input::Text { name, text } => config_apache::Input::Text { name, text },
    };
    let lowered = config_apache::read(files, input, &lowering, sources);
    let broken = sources.iter().next().is_none() && lowered.diagnostics.iter().any(Diagnostic::is_error);
    let server_root = Some(lowered.server_root);
    Front {
        model: lowered.model,
        diagnostics: lowered.diagnostics,
        no_effect: lowered.no_effect,
        tree: None,
        server_root,
        watched: lowered.watched,
        broken,
    }
}

fn lowering_options(files: &dyn Files, directory: &Path, options: &Options) -> config_apache::Options {
    let server_root = options.server_root.clone().unwrap_or_else(|| directory.to_owned());
    let mut environment = options.environment.clone();
    // Debian sets what its configuration speaks of in a file that is read before httpd is started.
    for directory in [directory, &server_root] {
        if let Ok(text) = config_source::read(files, &directory.join("envvars")) {
            let assigned = config_apache::envvars(&text.text, &environment);
            for (name, value) in assigned {
                environment.entry(name).or_insert(value);
            }
            break;
        }
    }
    config_apache::Options {
        server_root,
        defines: options.defines.clone(),
        before: options.global_directives.clone(),
        after: options.final_directives.clone(),
        environment,
        error_log: below(&options.prefix, &options.error_log),
        pid_file: options.prefix.join(&options.pid_file),
        temp_directory: options.prefix.join("temp"),
        hostname: options.hostname.clone(),
        ipv6: files.exists(Path::new("/proc/net/if_inet6")),
        judge: options.judge,
        ..config_apache::Options::default()
    }
}

/// A path from the prefix on; the standard error stream is no path.
fn below(prefix: &Path, log: &Path) -> PathBuf {
    if log == Path::new("stderr") { log.to_owned() } else { prefix.join(log) }
}
