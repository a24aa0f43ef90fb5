//! Flags of rules.

use diagnostic::Diagnostic;
use model::Function;

use crate::line::Word;
use crate::value;

/// What the flags of a rule say.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own, as operators know them")]
pub(crate) struct Flags {
    pub(super) last: bool,
    /// No other rules are asked, whatever becomes of the request.
    pub(super) end: bool,
    /// Not where only an index is looked for.
    pub(super) no_inner: bool,
    pub(super) ignore_case: bool,
    pub(super) no_escape: bool,
    pub(super) proxy: bool,
    pub(super) pass_through: bool,
    pub(super) chain: bool,
    pub(super) add_query: bool,
    pub(super) discard_query: bool,
    pub(super) query_last: bool,
    pub(super) allow_question: bool,
    /// Rules that are skipped.
    pub(super) skip: usize,
    /// How often the rules may begin anew.
    pub(super) next: Option<u32>,
    /// The status of a redirect or another answer.
    pub(super) status: Option<u16>,
    /// `NAME:VALUE`, `NAME` or `!NAME`.
    pub(super) environment: Vec<String>,
    pub(super) cookies: Vec<String>,
    pub(super) content_type: Option<String>,
    /// How groups of the pattern are escaped.
    pub(super) escape: Option<Function>,
}

/// The flags between brackets, without white space around them.
pub(super) fn split(word: &Word) -> Result<Vec<&str>, Diagnostic> {
    let inside = word.text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let inside = inside.ok_or_else(|| {
        value::bad(word, "bad flag delimiters").help("flags stand in brackets, without spaces: `[R=301,L]`")
    })?;
    Ok(inside.split(',').map(str::trim).filter(|flag| !flag.is_empty()).collect())
}

impl Flags {
    pub(super) fn read(word: Option<&Word>) -> Result<Self, Diagnostic> {
        let mut flags = Self::default();
        let Some(word) = word else { return Ok(flags) };
        for flag in split(word)? {
            let (name, argument) = flag.split_once('=').map_or((flag, None), |(name, text)| (name, Some(text)));
            flags.set(word, &name.to_ascii_lowercase(), argument)?;
        }
        Ok(flags)
    }

    fn set(&mut self, word: &Word, name: &str, argument: Option<&str>) -> Result<(), Diagnostic> {
        let bad = || value::bad(word, format!("the flag \"{name}\" cannot be \"{}\"", argument.unwrap_or_default()));
        match name {
            "l" | "last" => self.last = true,
            "end" => (self.last, self.end) = (true, true),
            "ns" | "nosubreq" => self.no_inner = true,
            "nc" | "nocase" => self.ignore_case = true,
            "ne" | "noescape" => self.no_escape = true,
            "p" | "proxy" => self.proxy = true,
            "pt" | "passthrough" => self.pass_through = true,
            "c" | "chain" => self.chain = true,
            "qsa" | "qsappend" => self.add_query = true,
            "qsd" | "qsdiscard" => self.discard_query = true,
            "qsl" | "qslast" => self.query_last = true,
            "unsafeallow3f" => self.allow_question = true,
            // Of rests of paths behind files, and what only other flags make dangerous.
            "dpi" | "discardpath" | "unsafeprefixstat" | "bctls" => {}
            "f" | "forbidden" => self.status = Some(403),
            "g" | "gone" => self.status = Some(410),
            "r" | "redirect" => self.status = Some(status(argument).ok_or_else(bad)?),
            "s" | "skip" => self.skip = argument.and_then(|text| text.parse().ok()).ok_or_else(bad)?,
            "n" | "next" => self.next = Some(argument.map_or(Ok(10_000), str::parse).map_err(|_| bad())?),
            "e" | "env" => self.environment.push(argument.ok_or_else(bad)?.to_owned()),
            "co" | "cookie" => self.cookies.push(argument.ok_or_else(bad)?.to_owned()),
            "t" | "type" => self.content_type = Some(argument.ok_or_else(bad)?.to_owned()),
            "b" if argument.is_none_or(str::is_empty) => self.escape_groups(true),
            "bnp" | "backrefnoplus" => self.escape_groups(false),
            "b" | "h" | "handler" | "bne" => {
                return Err(value::not_built(&format!("the flag `{name}=`")).at(word.origin));
            }
            _ => return Err(value::bad(word, format!("unknown flag \"{name}\""))),
        }
        Ok(())
    }

    fn escape_groups(&mut self, plus: bool) {
        let plus = plus && !matches!(self.escape, Some(Function::Escape { plus: false, .. }));
        self.escape = Some(Function::Escape { keep: "_".to_owned(), capital: false, plus });
    }

    /// Whether the rules end with this one.
    pub(super) fn ends(&self) -> bool {
        self.last || self.pass_through
    }
}

fn status(text: Option<&str>) -> Option<u16> {
    Some(match text.unwrap_or("temp") {
        "temp" => 302,
        "permanent" => 301,
        "seeother" => 303,
        text => text.parse().ok().filter(|status| (100..600).contains(status))?,
    })
}
