//! Zaguan, a reverse proxy: reads the command line and hands over to the module of the command.
#![forbid(unsafe_code)]

mod arguments;
mod check;
mod configuration;
mod console;
mod convert;
mod demo;
mod embedded;
mod explain;
mod help;
mod host;
mod httpd;
mod letters;
mod persona;
mod proxy;
mod purge;
mod scratch;
mod serve;
mod setup;
mod signal;
mod test;
mod version;
mod worker;

use arguments::Options;
use console::Console;
use persona::Persona;
use std::ffi::OsString;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What this run of the program was given.
struct Invocation {
    console: Console,
    /// The arguments as they came, the program's name first.
    arguments: Vec<OsString>,
    /// Listening sockets of the process whose place this one takes.
    inherited: process::Inherited,
}

fn main() -> ExitCode {
    // Before anything else is opened: the environment names descriptors by number.
    let inherited = process::Inherited::from_environment();
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let console = Console::new(Persona::of(arguments.first()));
    let words: Vec<String> = arguments.iter().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    run(Invocation { console, arguments, inherited }, &words)
}

fn run(invocation: Invocation, words: &[String]) -> ExitCode {
    let console = invocation.console;
    if console.persona.is_httpd() {
        let control = persona::is_control(invocation.arguments.first());
        return httpd::run(invocation, words, control);
    }
    if console.persona == Persona::Zaguan
        && let Some((command, rest)) = words.split_first()
    {
        match command.as_str() {
            "demo" => return demo::run(invocation, rest),
            "proxy" => return proxy::run(invocation, rest),
            "check" => return check::run(console, rest),
            "convert" => return convert::run(console, rest),
            "explain" => return explain::run(console, rest),
            "purge" => return purge::run(console, rest),
            "help" | "--help" => return help::show(console),
            "--version" => return version::show(console, false),
            _ => {}
        }
    }
    match arguments::parse(words) {
        Ok(options) => obey(invocation, &options),
        Err(message) => console.usage(&message),
    }
}

/// nginx's command line: one thing after another, as its flags ask.
fn obey(invocation: Invocation, options: &Options) -> ExitCode {
    let console = invocation.console;
    if options.help || options.version {
        if options.help {
            help::show(console);
        } else {
            version::show(console, options.configure);
        }
        if !options.test {
            return ExitCode::SUCCESS;
        }
    }
    if options.test {
        return test::run(console, options);
    }
    match &options.signal {
        Some(name) => signal::run(console, options, name),
        None => serve::run(invocation, options),
    }
}
