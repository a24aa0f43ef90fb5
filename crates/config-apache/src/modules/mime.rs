//! The directives of `mod_mime`: what the extensions of a file's name say of it.

use std::path::{Path, PathBuf};

use diagnostic::Diagnostic;
use model::{Extensions, TypeTable};

use crate::directive::Directive;
use crate::line::Word;
use crate::lower::{Lowering, Scope, settings};
use crate::table::{ANYWHERE, FLAG, Module, Outcome, Row, SECTION, SERVER, at_least, no_effect, pending, row, take};
use crate::value;

pub(crate) static MODULE: Module = Module { name: "mod_mime", identifier: "mime_module", built: true, rows: ROWS };

const HANDLERS: &str = "no programs run by the names of files";
/// How PHP runs behind this server.
pub(crate) const PHP: &str = "run PHP as php-fpm, and write `SetHandler \"proxy:unix:/run/php/php-fpm.sock|fcgi://localhost\"` in \
                              `<FilesMatch \"\\.php$\">`";
/// How any other program does.
pub(crate) const RUN_BEHIND: &str =
    "run the program behind a web server of its own and forward to that with `ProxyPass`";
const NEGOTIATION: &str = "documents are not chosen by language: the one that a request names is sent";

const ROWS: &[Row] = &[
    row("AddCharset", ANYWHERE, at_least(2), |_, s, d| add(s, d, |e| &mut e.charsets)),
    row("AddEncoding", ANYWHERE, at_least(2), |_, s, d| add(s, d, |e| &mut e.codings)),
    row("AddHandler", ANYWHERE, at_least(2), handler).partial(HANDLERS),
    pending("AddInputFilter", ANYWHERE),
    row("AddLanguage", ANYWHERE, at_least(2), |_, s, d| add(s, d, |e| &mut e.languages)),
    pending("AddOutputFilter", ANYWHERE),
    row("AddType", ANYWHERE, at_least(2), add_type).partial("no types that make a program run"),
    row("DefaultLanguage", ANYWHERE, take(1), |_, s, d| {
        s.overrides.files.extensions.default_language = Some(value::first(d)?.text.clone());
        Ok(())
    }),
    no_effect("ModMimeUsePathInfo", SECTION, FLAG, "nothing follows the name of a file in a path"),
    no_effect("MultiviewsMatch", ANYWHERE, at_least(1), NEGOTIATION),
    row("RemoveCharset", ANYWHERE, at_least(1), |_, s, d| remove(s, d, |e| &mut e.charsets)),
    row("RemoveEncoding", ANYWHERE, at_least(1), |_, s, d| remove(s, d, |e| &mut e.codings)),
    no_effect("RemoveHandler", ANYWHERE, at_least(1), HANDLERS),
    no_effect("RemoveInputFilter", ANYWHERE, at_least(1), "no filters are bound to names"),
    row("RemoveLanguage", ANYWHERE, at_least(1), |_, s, d| remove(s, d, |e| &mut e.languages)),
    no_effect("RemoveOutputFilter", ANYWHERE, at_least(1), "no filters are bound to names"),
    row("RemoveType", ANYWHERE, at_least(1), |_, s, d| remove(s, d, |e| &mut e.types)),
    row("TypesConfig", SERVER, take(1), types_config),
];

settings! {
    /// The file of media types.
    struct MimeSettings {
        types: Option<(PathBuf, diagnostic::Origin)>,
    }
}

type List = Vec<(String, Option<String>)>;

fn add(scope: &mut Scope, directive: &Directive, list: fn(&mut Extensions) -> &mut List) -> Outcome {
    // Types, charsets and the like have no capital letters there.
    let said = value::first(directive)?.text.to_ascii_lowercase();
    for word in directive.arguments.iter().skip(1) {
        put(list(&mut scope.overrides.files.extensions), word, Some(said.clone()));
    }
    Ok(())
}

/// Parameters stand behind `; `, however they are written.
fn add_type(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let media = value::first(directive)?;
    runs_nothing(media)?;
    let parts: Vec<String> = media.text.split(';').map(|part| part.trim().to_owned()).collect();
    for word in directive.arguments.iter().skip(1) {
        put(&mut scope.overrides.files.extensions.types, word, Some(parts.join("; ").to_ascii_lowercase()));
    }
    Ok(())
}

/// Types that make httpd run a file: here it would be sent as it is, with all that is written in it.
pub(crate) fn runs_nothing(media: &Word) -> Outcome {
    let name = media.text.to_ascii_lowercase();
    if !name.starts_with("application/x-httpd-") {
        return Ok(());
    }
    let message = format!("the handler \"{}\" does not run here: such files would be sent as they are", media.text);
    let help = if name.contains("php") { PHP } else { RUN_BEHIND };
    Err(Diagnostic::error("runs-elsewhere", message).at(media.origin).help(help))
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a row comes to")]
fn remove(scope: &mut Scope, directive: &Directive, list: fn(&mut Extensions) -> &mut List) -> Outcome {
    for word in &directive.arguments {
        put(list(&mut scope.overrides.files.extensions), word, None);
    }
    Ok(())
}

fn put(list: &mut List, word: &Word, said: Option<String>) {
    let extension = word.text.trim_start_matches('.').to_ascii_lowercase();
    list.retain(|(known, _)| *known != extension);
    list.push((extension, said));
}

fn handler(lowering: &mut Lowering<'_>, _: &mut Scope, directive: &Directive) -> Outcome {
    const HARMLESS: [&str; 3] = ["default-handler", "type-map", "send-as-is"];
    let word = value::first(directive)?;
    if HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(&word.text)) {
        lowering.without_effect("AddHandler", directive.origin(), HANDLERS);
        return Ok(());
    }
    let message = format!("the handler \"{}\" does not run here", word.text);
    let name = word.text.to_ascii_lowercase();
    let help = match () {
        () if name.starts_with("proxy:") => "write `SetHandler` in `<FilesMatch \"\\.EXTENSION$\">`",
        () if name.contains("php") => PHP,
        () => RUN_BEHIND,
    };
    Err(Diagnostic::error("runs-elsewhere", message).at(word.origin).help(help))
}

fn types_config(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    scope.server.mime.types = Some((lowering.path(&word.text), word.origin));
    Ok(())
}

impl Lowering<'_> {
    /// The number of the table of a server's media types.
    pub(crate) fn media_types(&mut self, settings: &MimeSettings) -> model::TypeTableId {
        let (path, origin) = match &settings.types {
            Some((path, origin)) => (path.clone(), Some(*origin)),
            None => (self.path("conf/mime.types"), None),
        };
        let table = self.read_types(&path).unwrap_or_else(|| {
            if let Some(origin) = origin {
                let message = format!("could not open mime types config file {}", path.display());
                self.report_once(Diagnostic::error("unreadable-file", message).at(origin));
            }
            TypeTable::default()
        });
        let tables = &mut self.shared.type_tables;
        let known = tables.iter().position(|known| *known == table).unwrap_or_else(|| {
            tables.push(table);
            tables.len() - 1
        });
        model::TypeTableId(u32::try_from(known).unwrap_or(u32::MAX))
    }

    /// Lines of a type and the extensions that have it.
    fn read_types(&self, path: &Path) -> Option<TypeTable> {
        let text = self.files.read(path).ok()?;
        let mut types: Vec<(String, String)> = Vec::new();
        for line in String::from_utf8_lossy(&text).lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let Some(media) = words.next() else { continue };
            for extension in words {
                let extension = extension.to_ascii_lowercase();
                types.retain(|(known, _)| *known != extension);
                types.push((extension, media.to_owned()));
            }
        }
        Some(TypeTable { types })
    }
}
