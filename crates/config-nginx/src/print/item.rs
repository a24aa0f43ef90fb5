//! The lines of a configuration that is printed.

use std::fmt::Write;

use diagnostic::Origin;

use super::word::Word;
use super::{Printed, Unsaid};
use crate::modules;
use crate::table::Contexts;

/// Something that stands in a block.
#[derive(Clone, Debug)]
pub(super) enum Item {
    /// A directive, or an entry of a block that has no directives.
    Directive { name: String, words: Vec<String>, block: Option<Vec<Item>> },
    /// What the language cannot say.
    Unsaid(Unsaid),
    /// An empty line.
    Gap,
}

impl PartialEq for Item {
    /// Where a thing was written does not matter.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Directive { name, words, block },
                Self::Directive { name: other_name, words: other_words, block: other_block },
            ) => name == other_name && words == other_words && block == other_block,
            (Self::Unsaid(left), Self::Unsaid(right)) => left.what == right.what,
            (left, right) => matches!((left, right), (Self::Gap, Self::Gap)),
        }
    }
}

impl Item {
    /// A directive; what one of its words cannot say, it cannot.
    pub(super) fn new(name: &str, words: impl IntoIterator<Item = Word>, origin: Origin) -> Self {
        match words.into_iter().collect() {
            Ok(words) => Self::Directive { name: name.to_owned(), words, block: None },
            Err(why) => Self::unsaid(format!("{name}: {why}"), origin),
        }
    }

    /// A directive with one word that can always be said.
    pub(super) fn one(name: &str, word: impl Into<String>) -> Self {
        Self::Directive { name: name.to_owned(), words: vec![word.into()], block: None }
    }

    /// `on` or `off`
    pub(super) fn switch(name: &str, on: bool) -> Self {
        Self::one(name, if on { "on" } else { "off" })
    }

    /// A directive with a block.
    pub(super) fn block(name: &str, words: impl IntoIterator<Item = String>, block: Vec<Self>) -> Self {
        Self::Directive { name: name.to_owned(), words: words.into_iter().collect(), block: Some(block) }
    }

    pub(super) fn unsaid(what: impl Into<String>, origin: Origin) -> Self {
        Self::Unsaid(Unsaid { what: what.into(), origin })
    }

    pub(super) fn may_stand_in(&self, context: Contexts) -> bool {
        match self {
            Self::Directive { name, .. } => modules::rows(name).any(|row| row.contexts.intersects(context)),
            Self::Unsaid(_) | Self::Gap => true,
        }
    }

    /// The same, unless it may not stand in such a block.
    pub(super) fn in_context(self, context: Contexts) -> Self {
        if self.may_stand_in(context) {
            return self;
        }
        let place = context.names().next().unwrap_or_default();
        let mut text = Text::default();
        text.write(std::slice::from_ref(&self));
        Self::unsaid(format!("not possible in \"{place}\": {}", text.lines.trim_end()), Origin::default())
    }
}

/// The text that comes of items.
#[derive(Default)]
pub(super) struct Text {
    lines: String,
    depth: usize,
    unsaid: Vec<Unsaid>,
}

impl Text {
    /// Writes the items of a block.
    pub(super) fn write(&mut self, items: &[Item]) {
        let mut gap = false;
        let mut first = true;
        for item in items {
            if matches!(item, Item::Gap) {
                gap = true;
                continue;
            }
            if gap && !first {
                self.lines.push('\n');
            }
            (gap, first) = (false, false);
            self.item(item);
        }
    }

    pub(super) fn finish(self) -> Printed {
        Printed { text: self.lines, unsaid: self.unsaid }
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Directive { name, words, block } => {
                let words = words.iter().fold(name.clone(), |line, word| line + " " + word);
                match block {
                    None => self.line(&format!("{words};")),
                    Some(items) if items.is_empty() => self.line(&format!("{words} {{}}")),
                    Some(items) => {
                        self.line(&format!("{words} {{"));
                        self.depth += 1;
                        self.write(items);
                        self.depth -= 1;
                        self.line("}");
                    }
                }
            }
            Item::Unsaid(unsaid) => {
                self.unsaid.push(unsaid.clone());
                for line in unsaid.what.lines() {
                    self.line(&format!("# no form here: {line}"));
                }
            }
            Item::Gap => {}
        }
    }

    fn line(&mut self, line: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.lines, "{:indent$}{line}", "", indent = self.depth * 4);
    }
}
