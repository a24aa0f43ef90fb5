//! What files `.htaccess` may say: `AllowOverride` and `AllowOverrideList`.

mod classes;

use std::collections::BTreeSet;

use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::line::Word;
use crate::table::DIRECTORY;
use crate::{check, modules, value};

pub(crate) use classes::Classes;

/// What a section says of files in its directory.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Overriding {
    /// `AllowOverride`
    pub(crate) allowed: Option<Allowed>,
    /// `AllowOverrideList`, in small letters.
    pub(crate) list: Option<Vec<String>>,
}

/// Which directives may stand in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Allowed {
    classes: Classes,
    /// Only these words of `Options`, in small letters; `None`: all that there are.
    options: Option<Vec<String>>,
    /// What is not allowed is left out.
    forgives_others: bool,
    /// What is not known is left out.
    forgives_unknown: bool,
    /// These too, in small letters.
    list: Vec<String>,
}

const KINDS: [&str; 8] = ["All", "None", "AuthConfig", "FileInfo", "Indexes", "Limit", "Options=", "Nonfatal="];

/// Sections that act while the text is read.
const AT_READING: [&str; 7] =
    ["<ifdefine>", "<ifdirective>", "<iffile>", "<ifmodule>", "<ifsection>", "<ifversion>", "<macro>"];

impl Allowed {
    /// `AllowOverride`
    pub(crate) fn read(directive: &Directive) -> Result<Self, Diagnostic> {
        let mut allowed = Self::default();
        for word in &directive.arguments {
            allowed.add(word)?;
        }
        Ok(allowed)
    }

    fn add(&mut self, word: &Word) -> Result<(), Diagnostic> {
        let (kind, given) = word.text.split_once('=').map_or((word.text.as_str(), None), |(kind, of)| (kind, Some(of)));
        let class = match (kind.to_ascii_lowercase().as_str(), given) {
            ("all", None) => Classes::ALL,
            ("none", None) => {
                self.classes = Classes::default();
                return Ok(());
            }
            ("authconfig", None) => Classes::AUTH_CONFIG,
            ("fileinfo", None) => Classes::FILE_INFO,
            ("indexes", None) => Classes::INDEXES,
            ("limit", None) => Classes::LIMIT,
            ("options", _) => {
                self.options = Some(given.unwrap_or("All").split(',').map(str::to_ascii_lowercase).collect());
                Classes::OPTIONS
            }
            ("nonfatal", Some(given)) => return self.forgive(word, given),
            _ => {
                let problem = value::invalid(word, &KINDS);
                return Err(Diagnostic { message: format!("Illegal override option {}", word.text), ..problem });
            }
        };
        self.classes = self.classes.or(class);
        Ok(())
    }

    fn forgive(&mut self, word: &Word, what: &str) -> Result<(), Diagnostic> {
        let all = what.eq_ignore_ascii_case("all");
        let (others, unknown) = (what.eq_ignore_ascii_case("override"), what.eq_ignore_ascii_case("unknown"));
        if !all && !others && !unknown {
            return Err(value::bad(word, format!("\"{what}\" is nothing that can be forgiven"))
                .help("it is one of: All, Override, Unknown"));
        }
        self.forgives_others |= all || others;
        self.forgives_unknown |= all || unknown;
        Ok(())
    }

    /// What holds once a deeper section is laid over this.
    pub(crate) fn lay(&mut self, over: &Overriding) {
        if let Some(allowed) = &over.allowed {
            let list = std::mem::take(&mut self.list);
            *self = Self { list, ..allowed.clone() };
        }
        if let Some(list) = &over.list {
            self.list.clone_from(list);
        }
    }

    /// Whether files are read at all.
    pub(crate) fn reads(&self) -> bool {
        self.classes != Classes::default() || self.forgives_others || self.forgives_unknown || !self.list.is_empty()
    }

    /// Whether a directive of a file is taken, in a configuration that loads modules; `false`: it is left out, which is forgiven.
    pub(crate) fn takes(&self, directive: &Directive, loaded: &BTreeSet<String>) -> Result<bool, Diagnostic> {
        let name = &directive.name.text;
        if !modules::is_there(name, loaded) {
            return if self.forgives_unknown { Ok(false) } else { Err(check::unknown(directive, DIRECTORY)) };
        }
        let lower = name.to_ascii_lowercase();
        if !modules::is_directive(name) {
            return Ok(true);
        }
        let listed = self.list.iter().any(|listed| *listed == lower.trim_matches(['<', '>']) || *listed == lower);
        if !listed && !classes::of(&lower).intersects(self.classes) {
            let problem = Diagnostic::error("not-allowed", format!("{name} not allowed here")).at(directive.origin());
            // Of a section that acts while the text is read only the first line is left out, and its end ends nothing.
            let forgives = self.forgives_others && !AT_READING.contains(&lower.as_str());
            return if forgives { Ok(false) } else { Err(problem.help(classes::advice(&lower))) };
        }
        if lower == "options" {
            self.check_options(directive)?;
        }
        Ok(true)
    }

    fn check_options(&self, directive: &Directive) -> Result<(), Diagnostic> {
        let Some(options) = &self.options else { return Ok(()) };
        let in_all = |name: &str| !["multiviews", "symlinksifownermatch"].contains(&name);
        let among = |name: &str| options.iter().any(|option| *option == name || (option == "all" && in_all(name)));
        let allowed = |name: &str| name == "none" || among(name);
        let name = |word: &Word| word.text.trim_start_matches(['+', '-']).to_ascii_lowercase();
        match directive.arguments.iter().find(|word| !allowed(&name(word))) {
            Some(word) => Err(Diagnostic::error("not-allowed", format!("Option {} not allowed here", word.text))
                .at(word.origin)
                .help("`AllowOverride Options=…` says which are")),
            None => Ok(()),
        }
    }
}
