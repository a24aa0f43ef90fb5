//! What answers in place of an error, and what responses say of the program and the site.

use diagnostic::Diagnostic;
use model::{ErrorPage, ErrorPages, PageStatus, RedirectPort, ServerTokens};

use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

settings! {
    /// Error pages and redirects.
    struct PageSettings {
        afterwards: Slot<Option<String>>,
        pages: List<ErrorPage>,
        recursive: Slot<bool>,
        absolute_redirect: Slot<bool>,
        site_name_in_redirect: Slot<bool>,
        port_in_redirect: Slot<bool>,
        tokens: Slot<Tokens>,
        padding: Slot<bool>,
        refresh: Slot<bool>,
    }
}

/// Values of `server_tokens`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tokens {
    On,
    Off,
}

/// Values of `server_tokens`; there is no name of a build to tell.
pub(crate) const TOKENS: [(&str, Tokens); 3] = [("on", Tokens::On), ("off", Tokens::Off), ("build", Tokens::On)];

/// Statuses that nginx uses inside; a client sees 400 for them.
const INSIDE: std::ops::RangeInclusive<u16> = 494..=497;

impl PageSettings {
    pub(crate) fn finish(&self) -> ErrorPages {
        ErrorPages {
            pages: self.pages.to_vec(),
            recursive: self.recursive.or(false),
            first_counts: false,
            absolute_redirect: self.absolute_redirect.or(true),
            site_name_in_redirect: self.site_name_in_redirect.or(false),
            redirect_scheme: None,
            port_in_redirect: if self.port_in_redirect.or(true) {
                RedirectPort::OfConnection
            } else {
                RedirectPort::None
            },
            server_tokens: match self.tokens.or(Tokens::On) {
                Tokens::On => ServerTokens::Full,
                Tokens::Off => ServerTokens::Name,
            },
            padding: self.padding.or(true),
            refresh: self.refresh.or(false),
        }
    }
}

/// `error_page code … [=[response]] uri`
pub(super) fn error_page(_: &mut Lowering<'_>, level: &mut Level, directive: &Directive) -> Outcome {
    let Some((target, mut words)) = directive.arguments.split_last() else {
        return value::first(directive).map(drop);
    };
    let mut sent_with = PageStatus::OfError;
    if let Some((last, before)) = words.split_last()
        && let Some(code) = last.text.strip_prefix('=')
    {
        if before.is_empty() {
            return Err(value::invalid(directive, last).help("the codes that the page is for come first"));
        }
        sent_with =
            if code.is_empty() { PageStatus::OfPage } else { PageStatus::Fixed(status(directive, last, code)?) };
        words = before;
    }
    let target = value::template(target)?;
    let mut codes = Vec::new();
    for word in words {
        codes.push(error_code(directive, word)?);
    }
    let (inside, plain): (Vec<u16>, Vec<u16>) =
        codes.into_iter().partition(|code| sent_with == PageStatus::OfError && INSIDE.contains(code));
    let origin = directive.origin();
    let page = |statuses, sent_with| ErrorPage { statuses, sent_with, target: target.clone(), text: None, origin };
    if !plain.is_empty() {
        level.pages.pages.push(page(plain, sent_with));
    }
    if !inside.is_empty() {
        level.pages.pages.push(page(inside, PageStatus::Fixed(400)));
    }
    Ok(())
}

fn error_code(directive: &Directive, word: &Word) -> Result<u16, Diagnostic> {
    let code = status(directive, word, &word.text)?;
    if code == 499 {
        return Err(value::invalid(directive, word).help("nobody is left to read a page for 499"));
    }
    if !(300..=599).contains(&code) {
        let message = format!("value \"{}\" must be between 300 and 599", word.text);
        return Err(Diagnostic::error("invalid-value", message).at(word.origin));
    }
    Ok(code)
}

fn status(directive: &Directive, word: &Word, text: &str) -> Result<u16, Diagnostic> {
    let number = if text.is_empty() { None } else { value::decimal(text) };
    number.and_then(|number| u16::try_from(number).ok()).ok_or_else(|| value::invalid(directive, word))
}
