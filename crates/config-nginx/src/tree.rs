//! What an nginx configuration file says, as it is written: directives, blocks and comments, nothing interpreted.

use std::ops::Range;

use diagnostic::{FileId, Origin};

/// One file: every byte of its text is in the span of a node, or is white space, `;`, `{` or `}`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    /// The file.
    pub file: FileId,
    /// What stands at its top level, in order.
    pub nodes: Vec<Node>,
}

/// Something that stands in a file or a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Node {
    /// A directive.
    Directive(Directive),
    /// A comment.
    Comment(Comment),
}

/// A comment, from its `#` to the end of its line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Comment {
    /// With the `#`.
    pub text: String,
    /// Its bytes in the file.
    pub span: Range<usize>,
}

/// A name with arguments, and a block or what it includes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Directive {
    /// The first word.
    pub name: Word,
    /// The other words.
    pub arguments: Vec<Word>,
    /// What stands between its braces; `None`: it ends with `;`.
    pub block: Option<Block>,
    /// The files that it includes; filled in by [`Reader`](crate::Reader).
    pub included: Vec<Tree>,
    /// Its bytes in the file, from its name to its `;` or `}`.
    pub span: Range<usize>,
}

/// What stands between a directive's braces.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// In order.
    pub nodes: Vec<Node>,
    /// The opening brace.
    pub open: Origin,
}

/// A word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Without quotes, with escapes resolved.
    pub text: String,
    /// The quotes round it.
    pub quote: Option<Quote>,
    /// Where it stands, with its quotes.
    pub origin: Origin,
    /// Its bytes in the file, with its quotes.
    pub span: Range<usize>,
}

/// Quotes round a word.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Quote {
    /// `'`
    Single,
    /// `"`
    Double,
}

impl Directive {
    /// The argument at `index`, from 0, if there are so many.
    pub fn argument(&self, index: usize) -> Option<&Word> {
        self.arguments.get(index)
    }

    /// Where its name stands.
    pub fn origin(&self) -> Origin {
        self.name.origin
    }
}

impl Word {
    /// Where the part of it that starts after `skip` characters and has `length` of them stands.
    ///
    /// Escapes inside the word are not counted, so that a part behind one is shown a little too far to the left.
    pub fn part(&self, skip: usize, length: usize) -> Origin {
        let quote = usize::from(self.quote.is_some());
        let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        self.origin.slice(number(skip + quote), number(length))
    }
}

/// The directives among nodes, those of included files in the place of each `include`.
pub fn directives(nodes: &[Node]) -> Vec<&Directive> {
    let mut found = Vec::new();
    collect(nodes, &mut found);
    found
}

fn collect<'a>(nodes: &'a [Node], found: &mut Vec<&'a Directive>) {
    for node in nodes {
        let Node::Directive(directive) = node else { continue };
        if directive.name.text == "include" && directive.block.is_none() && directive.arguments.len() == 1 {
            for tree in &directive.included {
                collect(&tree.nodes, found);
            }
        } else {
            found.push(directive);
        }
    }
}
