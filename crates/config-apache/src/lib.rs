//! Apache httpd's configuration language: text becomes a lossless tree, and through tables of directives the model.
//!
//! How a text is read: `lexer` cuts it into logical lines, `parser` makes the tree of one file, `expand` walks the tree as
//! httpd reads it (variables, conditions, included files, macros) and yields directives, `lower` takes these into scopes by
//! the tables in `modules`, and `lower::assemble` makes the model of the scopes.
//!
//! # How a module is added
//!
//! One file (and a folder of the same name, where it grows) in `modules/`; it is named in `modules.rs`.
//!
//! 1. **Rows**, sorted by name: `row(name, contexts, arity, function)`, with `.partial(note)` where a part is missing;
//!    `no_effect(…, why)`; `refused(…, why)`; `pending(…)` while it is not built. `built: true` in the module's table makes
//!    `<IfModule>` find it.
//! 2. **Functions** of the form `fn(&mut Lowering, &mut Scope, &Directive) -> Outcome`. They read the directive's words with
//!    `value` and put what it says
//!    - that holds for requests (httpd's per-directory settings): into `scope.overrides`, a [`model::Overrides`]. What it
//!      means to lay them over other settings is said once, in the model (`Section::lay`): so there is nothing to merge
//!      here. The order of sections, and main server before virtual host, is that of `lower::sections`.
//!    - that holds for a server: into a struct of `settings!`, which gets a field in `lower::ServerSettings`. A host has what
//!      it does not say itself from the main server: the last value (`Option`), or the main server's items before its own
//!      (`Vec`); another rule is an `impl Inherit`.
//! 3. **Paths that something else answers for** (a proxy, files elsewhere, a redirect) are `lower::Mapping`s: a function
//!    `mappings(&mut Lowering, &Scope, …) -> Vec<Mapping>`, called in `lower::assemble::site` in the order in which httpd
//!    asks its modules. The first that fits a path has it.
//!
//! Mistakes are diagnostics with the origin of the word that is wrong, and a help line that says what to type. Several may
//! be reported (`Lowering::report`); returning one ends the directive, not the configuration.
#![forbid(unsafe_code)]

mod check;
mod compatibility;
mod directive;
mod envvars;
mod expand;
mod expression;
mod lexer;
mod line;
mod lower;
mod modules;
mod overrides;
mod parser;
mod request;
mod table;
pub mod tree;
mod value;
mod variables;

use std::path::Path;

use config_source::Files;
use diagnostic::{Diagnostic, Sources};

pub use compatibility::{compatibility, compatibility_page};
pub use envvars::envvars;
pub use line::{Line, Word};
pub use lower::{Lowered, Options, Watched};
pub use modules::{built as built_modules, is_directive};
pub use parser::parse;

/// A configuration that is to be read.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A file.
    File(&'a Path),
    /// Text that is in no file.
    Text {
        /// What stands for the file in messages.
        name: &'a str,
        /// What it says.
        text: &'a str,
    },
}

/// What stands for the command line where it is named like a file.
const COMMAND_LINE: &str = "the command line";

/// Reads a configuration with all the files that it includes, and lowers it.
pub fn read(files: &dyn Files, input: Input<'_>, options: &Options, sources: &mut Sources) -> Lowered {
    let mut problems: Vec<Diagnostic> = Vec::new();
    let variables = variables::Variables::new(&options.defines, &options.environment);
    let mut expander = expand::Expander::new(files, sources, &mut problems, variables, &options.server_root);
    let mut directives = Vec::new();
    if !options.before.is_empty() {
        expander.text(COMMAND_LINE, &options.before, &mut directives);
    }
    match input {
        Input::File(path) => expander.file(path, None, &mut directives),
        Input::Text { name, text } => expander.text(name, text, &mut directives),
    }
    if !options.after.is_empty() {
        expander.text(COMMAND_LINE, &options.after, &mut directives);
    }
    let expansion = expander.finish(directives);
    let unreadable = expansion.directives.is_empty() && problems.iter().any(Diagnostic::is_error);
    let mut lowered = lower::lower(files, sources, &expansion, options);
    if unreadable {
        // What follows from text that is not there would only hide the reason.
        lowered.diagnostics.clear();
    }
    problems.append(&mut lowered.diagnostics);
    Lowered { diagnostics: problems, ..lowered }
}
