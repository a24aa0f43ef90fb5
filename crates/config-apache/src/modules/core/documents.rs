//! `ErrorDocument`, `ForceType` and `AddDefaultCharset`: what answers say of themselves.

use model::{ErrorPage, Given, PageStatus, Template};

use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::modules::mime;
use crate::table::Outcome;
use crate::value;

/// The media type of a text that stands for an error.
const TEXT: &str = "text/html; charset=iso-8859-1";

pub(super) fn error_document(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let (number, document) = (value::first(directive)?, value::argument(directive, 1)?);
    let status = value::number(number)?;
    let status = u16::try_from(status).ok().filter(|status| (400..600).contains(status));
    let status = status.ok_or_else(|| {
        value::bad(number, format!("Unsupported HTTP response code {}", number.text)).help("write one from 400 to 599")
    })?;
    let text = document.text.as_str();
    let url =
        text.split_once("://").is_some_and(|(scheme, _)| scheme.chars().all(|letter| letter.is_ascii_alphanumeric()));
    let page = |target: &str, text: Option<&str>| ErrorPage {
        statuses: vec![status],
        sent_with: PageStatus::OfError,
        target: Template::text(target, document.origin),
        text: text.map(str::to_owned),
        origin: directive.origin(),
    };
    let page = match () {
        () if text.eq_ignore_ascii_case("default") => None,
        () if url && status == 401 => {
            let problem = value::bad(document, "a redirect cannot ask for a password");
            return Err(problem.help("write a path of this server"));
        }
        () if url || text.starts_with('/') => Some(page(text, None)),
        () if text.contains("%{") => {
            let target = crate::expression::text(lowering, document)?;
            Some(ErrorPage { target, ..page("", Some(TEXT)) })
        }
        () => Some(page(text.strip_prefix('"').unwrap_or(text), Some(TEXT))),
    };
    let pages = &mut scope.overrides.error_pages;
    pages.retain(|(known, _)| *known != status);
    pages.push((status, page));
    Ok(())
}

pub(super) fn force_type(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    mime::runs_nothing(word)?;
    let none = word.text.eq_ignore_ascii_case("none");
    scope.overrides.files.unforced_type = true;
    scope.overrides.files.extensions.forced_type = (!none).then(|| word.text.clone());
    Ok(())
}

pub(super) fn entity_tag(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    const WORDS: [&str; 6] = ["None", "All", "INode", "MTime", "Size", "Digest"];
    for word in &directive.arguments {
        let name = word.text.trim_start_matches(['+', '-']);
        if !WORDS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(value::invalid(word, &WORDS));
        }
        scope.overrides.files.etag = Some(!name.eq_ignore_ascii_case("none"));
    }
    Ok(())
}

pub(super) fn default_charset(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    scope.overrides.files.charset = match word.text.to_ascii_lowercase().as_str() {
        "off" => Given::Nothing,
        "on" => Given::This("iso-8859-1".to_owned()),
        _ => Given::This(word.text.clone()),
    };
    Ok(())
}
