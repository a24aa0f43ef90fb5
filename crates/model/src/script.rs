//! The steps by which a request is rewritten.

use crate::{Pattern, Section, Template};
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
}
