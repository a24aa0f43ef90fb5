//! Why there is no certificate, and when it is worth trying again.

use std::fmt::{self, Write as _};
use std::time::Duration;

use serde::Deserialize;

/// Characters of an issuer's own words that are told.
const MOST_TOLD: usize = 1000;

/// What an issuer says is wrong (RFC 7807, RFC 8555 §6.7).
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub(crate) struct Problem {
    /// A URN that stands for the kind of it.
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    /// What a person should know.
    #[serde(default)]
    pub(crate) detail: String,
    /// The same for single names.
    #[serde(default)]
    pub(crate) subproblems: Vec<Subproblem>,
    /// The status of the answer.
    #[serde(default)]
    pub(crate) status: u16,
}

/// What is wrong with one name (RFC 8555 §6.7.1).
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
pub(crate) struct Subproblem {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    detail: String,
    #[serde(default)]
    identifier: Named,
}

/// A name, as issuers write it.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
struct Named {
    #[serde(default)]
    value: String,
}

impl Problem {
    /// Whether it is of a kind that is known by this name.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.kind.strip_prefix("urn:ietf:params:acme:error:") == Some(name)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::new();
        write!(text, "{} ({}, status {})", self.detail, self.kind, self.status)?;
        for part in self.subproblems.iter().take(10) {
            write!(text, "; {}: {} ({})", part.identifier.value, part.detail, part.kind)?;
        }
        let told: String = text.chars().take(MOST_TOLD).filter(|letter| !letter.is_control()).collect();
        out.write_str(&told)
    }
}

/// Why there is no certificate.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Nobody answers there.
    #[error("{url} cannot be asked: {why}")]
    Unreachable {
        /// Where.
        url: String,
        /// What the system or TLS says.
        why: String,
    },
    /// The issuer does not want to.
    #[error("the issuer refuses: {problem}")]
    Refused {
        /// What it says.
        problem: Problem,
        /// When it wants to be asked again.
        again: Option<Duration>,
    },
    /// It did not see that a name is ours.
    #[error("the issuer could not see that \"{name}\" is ours: {problem}")]
    NotShown {
        /// The name.
        name: String,
        /// What it says.
        problem: Problem,
    },
    /// The operator has not agreed to its terms.
    #[error("nobody agreed to the issuer's terms of service, {0}: read them and say so in the configuration")]
    Terms(String),
    /// Its answer is not what it should be.
    #[error("the issuer's answer is not understood: {0}")]
    Strange(String),
    /// It took too long.
    #[error("the issuer took too long {0}")]
    Slow(&'static str),
    /// Records of DNS cannot be changed.
    #[error("a record of DNS for \"{name}\" cannot be set: {why}")]
    Dns {
        /// The name of the record.
        name: String,
        /// What the server or the program says.
        why: String,
    },
    /// Something of our own.
    #[error("{0}")]
    Own(String),
}

impl Failure {
    /// What stays the same when the same goes wrong again, whatever numbers the issuer's words have in them.
    pub(crate) fn kind(&self) -> String {
        match self {
            Self::Refused { problem, .. } => format!("refused {}", problem.kind),
            Self::NotShown { name, problem } => format!("not shown {name} {}", problem.kind),
            Self::Unreachable { .. }
            | Self::Terms(_)
            | Self::Strange(_)
            | Self::Slow(_)
            | Self::Dns { .. }
            | Self::Own(_) => self.to_string(),
        }
    }

    /// When the issuer wants to be asked again.
    pub(crate) fn again(&self) -> Option<Duration> {
        match self {
            Self::Refused { again, .. } => *again,
            _ => None,
        }
    }
}
