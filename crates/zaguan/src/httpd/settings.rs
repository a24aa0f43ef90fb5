//! What is shown without reading a configuration: version, settings, modules, directives, flags.

use crate::console::{Console, FAILED};
use crate::persona::Persona;
use std::io::{Write, stdout};
use std::process::ExitCode;

/// `-v`, which tools read.
pub(super) fn version(console: Console) -> ExitCode {
    println!("Server version: {} ({})", console.persona.version(), Persona::Zaguan.version());
    println!("Server built:   by {}", env!("ZAGUAN_COMPILER"));
    ExitCode::SUCCESS
}

/// `-V`: the places that hold without a configuration.
pub(super) fn settings(console: Console) -> ExitCode {
    version(console);
    let persona = console.persona;
    println!("Architecture:   {}-bit", usize::BITS);
    println!("Server MPM:     event");
    println!("  threaded:     yes (one worker thread a core)");
    println!("    forked:     yes (one worker process)");
    println!("Server compiled with....");
    println!(" -D APR_HAVE_IPV6 (IPv4-mapped addresses enabled)");
    println!(" -D HTTPD_ROOT=\"{}\"", persona.server_root().display());
    println!(" -D DEFAULT_PIDLOG=\"{}\"", persona.pid_file().display());
    println!(" -D DEFAULT_ERRORLOG=\"{}\"", persona.error_log());
    println!(" -D SERVER_CONFIG_FILE=\"{}\"", persona.config().display());
    ExitCode::SUCCESS
}

/// `-M`: only what does something here.
pub(super) fn loaded_modules() {
    println!("Loaded Modules:");
    for name in config::httpd_modules() {
        println!(" {name} (static)");
    }
}

/// `-l`: the same, as the files that they come from in httpd.
pub(super) fn modules() -> ExitCode {
    println!("Compiled in modules:");
    for name in config::httpd_modules() {
        println!("  {}", source_file(name));
    }
    ExitCode::SUCCESS
}

fn source_file(identifier: &str) -> String {
    match identifier.trim_end_matches("_module") {
        "core" => "core.c".to_owned(),
        "http" => "http_core.c".to_owned(),
        name => format!("mod_{name}.c"),
    }
}

/// `-L`: the directives that run, with their modules and where they may stand.
pub(super) fn directives() -> ExitCode {
    use config::Support;
    let mut text = String::new();
    for row in config::httpd_compatibility() {
        let note = match row.support {
            Support::Full => String::new(),
            Support::Partial(note) => format!("\t{note}\n"),
            Support::NoEffect(_) | Support::Pending | Support::Refused(_) => continue,
        };
        text = format!("{text}{} ({})\n{note}\tAllowed in {}\n", row.name, row.module, row.contexts.join(", "));
    }
    match stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(FAILED),
    }
}

const FLAGS: &str = "\
\x20 -f FILE        the configuration, below the server's root
  -d DIRECTORY   the server's root, until the configuration names one
  -D NAME        defines a name, as NAME or NAME=VALUE; FOREGROUND and NO_DETACH: stay in the foreground
  -C DIRECTIVE   a directive before those of the configuration
  -c DIRECTIVE   a directive after those of the configuration
  -e LEVEL       what is shown while starting: emerg, alert, crit, error, warn, notice, info or debug
  -E FILE        where it is written while starting
  -t             tests the configuration          -S             shows its virtual hosts and settings
  -M             shows the modules                -l, -L         show what is built in: modules, directives
  -v, -V         show the version, and the places that hold without a configuration
  -X             one process with one worker, in the foreground
  -T             accepted: directories of documents are not looked at before they are asked for
  -k ORDER       start; stop at once; restart or graceful: read the configuration anew, serving on;
                 graceful-stop: end when all is served
  -h             shows this help
";

/// Writes the flags, on standard error as httpd does.
pub(super) fn usage(console: Console, control: bool) {
    let name = console.persona.name();
    if control {
        eprintln!("Usage: {name} start|stop|restart|graceful|graceful-stop|configtest|status   (as apachectl)");
    }
    eprintln!("Usage: {name} [-D name] [-d directory] [-f file]");
    eprintln!("       [-C \"directive\"] [-c \"directive\"] [-e level] [-E file]");
    eprintln!("       [-k start|restart|graceful|graceful-stop|stop]");
    eprintln!("       [-v] [-V] [-h] [-l] [-L] [-t] [-T] [-S] [-M] [-X]\nOptions:\n{FLAGS}");
}
