//! What a file says, as it is written: directives, sections and comments, nothing interpreted.

use std::ops::Range;

use diagnostic::FileId;

use crate::line::Line;

/// One file: every byte of its text is in the span of a node, or is white space.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    /// The file.
    pub file: FileId,
    /// What stands at its top level, in order.
    pub nodes: Vec<Node>,
}

/// Something that stands in a file or a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// A directive or a section.
    Statement(Statement),
    /// A comment, from its `#` to the end of its (logical) line.
    Comment(Comment),
}

/// A comment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// With the `#`.
    pub line: Line,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A line that is no comment, with what stands inside it if it begins a section.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The line, with variables as they are written.
    pub line: Line,
    /// What stands up to the closing line; `None`: it is no section.
    pub body: Option<Vec<Node>>,
    /// Its bytes in the file, up to the end of its closing line.
    pub span: Range<usize>,
}
