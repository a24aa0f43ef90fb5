//! The steps by which a request is rewritten.

use crate::{Network, Pattern, Section, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// One step of a script; steps run in order.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Gives a variable a value.
    Set {
        /// Without any sigil.
        variable: String,
        /// The value.
        value: Template,
        /// Where it was written.
        origin: Origin,
    },
    /// Replaces the path if it matches.
    Rewrite {
        /// Matched against the decoded path.
        pattern: Pattern,
        /// The new path, with or without arguments, or a URL.
        replacement: Template,
        /// What happens next.
        flag: RewriteFlag,
        /// Whether the old arguments are added.
        keep_arguments: bool,
        /// Where it was written.
        origin: Origin,
    },
    /// Runs steps, and changes the settings, if a condition holds.
    If {
        /// The condition.
        condition: Condition,
        /// The steps.
        steps: Vec<Step>,
        /// Settings that hold from here on.
        section: Option<Box<Section>>,
        /// Where it was written.
        origin: Origin,
    },
    /// Answers.
    Return {
        /// Status; 444: the connection is closed without an answer.
        status: u16,
        /// Body, or the URL of a redirect (statuses 301, 302, 303, 307, 308).
        text: Option<Template>,
        /// Where it was written.
        origin: Origin,
    },
    /// Ends the script.
    Break {
        /// Where it was written.
        origin: Origin,
    },
    /// Takes the value of a variable away.
    Unset {
        /// Without any sigil.
        variable: String,
        /// Where it was written.
        origin: Origin,
    },
    /// Replaces the path; the arguments stay.
    Path {
        /// The new path, decoded.
        path: Template,
        /// Where it was written.
        origin: Origin,
    },
    /// Leaves out steps that follow in the same list, or in the list around if this one ends before.
    Skip {
        /// How many.
        steps: usize,
        /// Where it was written.
        origin: Origin,
    },
    /// Steps that can be left, or begun anew, as a whole.
    Block {
        /// The steps.
        steps: Vec<Step>,
        /// Where it was written.
        origin: Origin,
    },
    /// Goes on behind the innermost block.
    Leave {
        /// Where it was written.
        origin: Origin,
    },
    /// Begins the innermost block anew.
    Again {
        /// How often at most; a request that asks for more is answered with 500.
        most: u32,
        /// Where it was written.
        origin: Origin,
    },
    /// Looks for the file that a name stands for: the name may go on behind it.
    Find {
        /// The name.
        name: Template,
        /// The variable that gets the name of the file, up to the first part that is not there.
        file: String,
        /// The variable that gets what follows it.
        rest: String,
        /// Whether a folder stands for the first of its index files that is there.
        index: bool,
        /// Where it was written.
        origin: Origin,
    },
    /// Ends the script; the request begins anew with another path, and with its arguments as they are.
    Begin {
        /// The path, decoded.
        path: Template,
        /// Where it was written.
        origin: Origin,
    },
    /// Ends the script; a location serves the request that is reached by its name.
    Go {
        /// Its name, `@` included.
        location: String,
        /// Where it was written.
        origin: Origin,
    },
}

impl Step {
    /// Where it was written.
    pub fn origin(&self) -> Origin {
        match self {
            Self::Set { origin, .. }
            | Self::Rewrite { origin, .. }
            | Self::If { origin, .. }
            | Self::Return { origin, .. }
            | Self::Break { origin }
            | Self::Unset { origin, .. }
            | Self::Path { origin, .. }
            | Self::Skip { origin, .. }
            | Self::Block { origin, .. }
            | Self::Leave { origin }
            | Self::Again { origin, .. }
            | Self::Begin { origin, .. }
            | Self::Find { origin, .. }
            | Self::Go { origin, .. } => *origin,
        }
    }
}

/// What happens after a path was replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum RewriteFlag {
    /// The next step runs; if the script ends so, a location is chosen anew.
    #[default]
    Continue,
    /// The script ends and a location is chosen anew.
    Last,
    /// The script ends; the location stays.
    Break,
    /// A redirect with this status (301 or 302).
    Redirect(u16),
}

/// A condition of an [`Step::If`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Condition {
    /// The value is neither empty nor `0`.
    True(Template),
    /// The value equals (or not) another.
    Compare {
        /// Left side.
        value: Template,
        /// How.
        comparison: Comparison,
        /// Right side.
        with: Template,
    },
    /// The value matches (or not) an expression; its captures are set.
    Match {
        /// Left side.
        value: Template,
        /// The expression.
        pattern: Pattern,
        /// Whether it must not match.
        negated: bool,
        /// What becomes of its groups.
        groups: Groups,
    },
    /// The value of the last of the request's fields whose name matches an expression matches another; its captures are set.
    Field {
        /// What names match.
        name: Pattern,
        /// What the value matches.
        value: Pattern,
    },
    /// A test of a file.
    File {
        /// Which.
        test: FileTest,
        /// Of which path.
        path: Template,
        /// Whether it must fail.
        negated: bool,
    },
    /// All of them hold; they are tested in order, up to the first that does not.
    All(Vec<Condition>),
    /// One of them holds; they are tested in order, up to the first that does.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Another condition, which speaks of fields of the request: the response says so to caches.
    Varies {
        /// The fields.
        fields: Vec<String>,
        /// The condition.
        condition: Box<Condition>,
    },
    /// The variable has a value, be it an empty one.
    Defined(String),
    /// The value comes before, with, or behind another.
    Order {
        /// Left side.
        value: Template,
        /// Right side.
        with: Template,
        /// What is compared.
        by: Measured,
        /// The orders that fit.
        fits: Orders,
    },
    /// The value is an IP address of one of some networks.
    Address {
        /// The value.
        value: Template,
        /// The networks.
        networks: Vec<Network>,
    },
}

/// What becomes of the groups of an expression that is matched.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Groups {
    /// They are the numbered captures from now on; if it does not match, there are none.
    #[default]
    Latest,
    /// They are the numbered captures if it matches; if not, those of an earlier one stay.
    Matched,
    /// They are kept beside the numbered captures, of which there are none from now on.
    Kept,
}

/// What of two values is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Measured {
    /// Their bytes.
    Text,
    /// Their lengths, then their bytes.
    Length,
    /// The whole numbers that they begin with; 0 if they begin with none.
    Number,
}

/// Orders of two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Orders {
    /// The left comes before the right.
    pub before: bool,
    /// Neither comes before the other.
    pub same: bool,
    /// The left comes behind the right.
    pub behind: bool,
}

/// Equality or its opposite.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Comparison {
    /// Same text.
    Equal,
    /// Another text.
    Different,
}

/// Tests of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum FileTest {
    /// It is a regular file.
    File,
    /// It is a directory.
    Directory,
    /// Something is there.
    Exists,
    /// It may be executed.
    Executable,
    /// It is a regular file with something in it.
    Filled,
    /// It is a symbolic link.
    Link,
}
