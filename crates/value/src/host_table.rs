//! Which site a host name belongs to, and why.

use diagnostic::Diagnostic;
use model::SiteName;

use crate::names::{Names, Rule};
use crate::regex::{Captures, MatchError, Regex};

/// The names of the sites of one listener, as `server_name` gives them.
#[derive(Debug)]
pub struct HostTable<T> {
    names: Names,
    rules: Vec<Row<T>>,
}

#[derive(Debug)]
struct Row<T> {
    name: SiteName,
    target: T,
    regex: Option<Regex>,
    /// An earlier row has the same name.
    duplicate_of: Option<usize>,
}

/// The site that a host name belongs to.
#[derive(Debug)]
pub struct HostMatch<'t, T> {
    /// What was added with the name.
    pub target: &'t T,
    /// Which name, in the order in which they were added.
    pub rule: usize,
    /// The regular expression that matched: its named groups are variables.
    pub regex: Option<&'t Regex>,
}

/// What became of one name for a host.
#[derive(Debug)]
pub struct HostVerdict<'t, T> {
    /// The name as configured.
    pub name: &'t SiteName,
    /// What was added with it.
    pub target: &'t T,
    /// Whether it was chosen, and why not.
    pub outcome: Outcome,
}

/// Why a name was chosen or not.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was chosen.
    Won,
    /// It does not match.
    NoMatch,
    /// It matches, but another name came before it.
    Beaten {
        /// Which, in the order in which they were added.
        by: usize,
        /// By which rule.
        reason: Reason,
    },
    /// It is never looked at: an earlier name is the same.
    Duplicate {
        /// Which, in the order in which they were added.
        of: usize,
    },
}

/// Why one matching name comes before another.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Reason {
    /// An exact name comes before all others.
    Exact,
    /// `*.example.org` comes before `www.example.*`.
    LeadingFirst,
    /// A longer mask comes before a shorter one.
    Longer,
    /// Names come before regular expressions.
    NamesFirst,
    /// Of the regular expressions, the first that matches is taken.
    EarlierRegex,
}

impl<T> Default for HostTable<T> {
    fn default() -> Self {
        Self { names: Names::default(), rules: Vec::new() }
    }
}

impl<T> HostTable<T> {
    /// A table without names.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name. `Ok(Some(rule))`: it stands already in that rule and is never found (nginx warns of it).
    pub fn add(&mut self, name: &SiteName, target: T) -> Result<Option<usize>, Diagnostic> {
        let mut regex = None;
        let rule = match name {
            SiteName::Exact(text) => Rule::Exact(text),
            SiteName::Leading { suffix, bare } => Rule::Leading { suffix, bare: *bare },
            SiteName::Trailing(prefix) => Rule::Trailing(prefix),
            SiteName::Regex(pattern) => Rule::Regex(regex.insert(Regex::compile(pattern)?).clone()),
        };
        let number = u32::try_from(self.rules.len()).unwrap_or(u32::MAX);
        let duplicate_of = self.names.add(rule, number).err().map(|rule| rule as usize);
        self.rules.push(Row { name: name.clone(), target, regex, duplicate_of });
        Ok(duplicate_of)
    }

    /// The site of a host name in lower case without port and final dot; empty where the request names none.
    /// Where a regular expression matched, `captures` holds its groups.
    pub fn find(&self, host: &[u8], captures: &mut Captures) -> Result<Option<HostMatch<'_, T>>, MatchError> {
        if let Some(rule) = self.names.find_name(host) {
            return Ok(self.found(rule, None));
        }
        let found = self.names.find_regex(host, captures)?;
        Ok(found.and_then(|(rule, regex)| self.found(rule, Some(regex))))
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there are no names.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What becomes of every name for this host, in the order in which they were added.
    pub fn explain(&self, host: &[u8]) -> Vec<HostVerdict<'_, T>> {
        let winner = self.find(host, &mut Captures::new()).ok().flatten();
        let winner = winner.map(|found| found.rule);
        self.rules
            .iter()
            .enumerate()
            .map(|(number, row)| HostVerdict {
                name: &row.name,
                target: &row.target,
                outcome: self.outcome((number, row), winner, host),
            })
            .collect()
    }

    fn outcome(&self, (number, row): (usize, &Row<T>), winner: Option<usize>, host: &[u8]) -> Outcome {
        if winner == Some(number) {
            return Outcome::Won;
        }
        if let Some(of) = row.duplicate_of {
            return Outcome::Duplicate { of };
        }
        match winner.and_then(|by| Some((by, self.rules.get(by)?))) {
            Some((by, other)) if row.matches(host) => Outcome::Beaten { by, reason: row.beaten_by(other, host) },
            _ => Outcome::NoMatch,
        }
    }

    fn found<'t>(&'t self, rule: u32, regex: Option<&'t Regex>) -> Option<HostMatch<'t, T>> {
        let rule = rule as usize;
        let target = &self.rules.get(rule)?.target;
        Some(HostMatch { target, rule, regex })
    }
}

impl<T> Row<T> {
    fn matches(&self, host: &[u8]) -> bool {
        match &self.name {
            SiteName::Exact(text) => host == text.as_bytes(),
            SiteName::Leading { suffix, bare } => match host.strip_suffix(suffix.as_bytes()) {
                Some([]) => *bare,
                Some(rest) => rest.ends_with(b"."),
                None => false,
            },
            SiteName::Trailing(prefix) => {
                host.strip_prefix(prefix.as_bytes()).is_some_and(|rest| rest.starts_with(b"."))
            }
            SiteName::Regex(_) => {
                let regex = self.regex.as_ref();
                !host.is_empty() && regex.is_some_and(|regex| regex.is_match(host) == Ok(true))
            }
        }
    }

    /// Why `winner` comes before this name, where both match.
    fn beaten_by(&self, winner: &Self, host: &[u8]) -> Reason {
        match (&winner.name, &self.name) {
            (SiteName::Exact(_), _) => Reason::Exact,
            (SiteName::Leading { suffix, bare: true }, _) if host == suffix.as_bytes() => Reason::Exact,
            (SiteName::Regex(_), _) => Reason::EarlierRegex,
            (_, SiteName::Regex(_)) => Reason::NamesFirst,
            (SiteName::Leading { .. }, SiteName::Trailing(_)) => Reason::LeadingFirst,
            _ => Reason::Longer,
        }
    }
}

#[cfg(test)]
mod tests;
