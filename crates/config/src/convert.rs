//! A configuration in whatever language, written out in nginx's.

use config_nginx::{Extent, print};
use diagnostic::Diagnostic;
use model::{Model, differences};

use crate::{Language, Options, load_text, nginx};

/// A configuration as nginx's text.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The text.
    pub text: String,
    /// What has no form in nginx's language: warnings, each of which is a comment in the text too.
    pub missing: Vec<Diagnostic>,
}

/// Prints a model as nginx's configuration, which means the same where it is loaded with the same options.
///
/// What comes from another language is printed as far as requests ask for it.
pub fn as_nginx(model: &Model, language: Language, options: &Options) -> Converted {
    let extent = match language {
        Language::Nginx => Extent::Whole,
        Language::Apache => Extent::Used,
    };
    let printed = print(model, &nginx::lowering_options(&options.prefix, options), extent);
    let warning = |unsaid: &config_nginx::Unsaid| {
        let problem =
            Diagnostic::warning("no-form", format!("in nginx's language there is no form for: {}", unsaid.what));
        if unsaid.origin.line == 0 { problem } else { problem.at(unsaid.origin) }
    };
    let mut missing: Vec<Diagnostic> = printed.unsaid.iter().map(warning).collect();
    if missing.is_empty() {
        missing.extend(proof(model, extent, &printed.text, options));
    }
    Converted { text: printed.text, missing }
}

/// Reads the text again: it must mean what was printed.
fn proof(model: &Model, extent: Extent, text: &str, options: &Options) -> Option<Diagnostic> {
    let options = Options { language: Some(Language::Nginx), global_directives: String::new(), ..options.clone() };
    let again = load_text("the converted configuration", text, &options);
    let Some(found) = &again.model else {
        let first = again.diagnostics.iter().find(|problem| problem.is_error())?;
        return Some(Diagnostic::warning("not-equal", format!("what was printed is not read: {}", first.message)));
    };
    let meaning = |model: &Model| match extent {
        Extent::Whole => model.meaning(),
        Extent::Used => model.meaning_in_use(),
    };
    let differing = differences(&meaning(model), &meaning(found));
    let first = differing.first()?;
    let help = "please report this: the printed text should mean the same, or say what it leaves out";
    Some(Diagnostic::warning("not-equal", format!("what was printed means something else: {first}")).help(help))
}
