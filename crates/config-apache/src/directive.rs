//! A directive as it holds: variables replaced, conditions decided, included files and macros in their places.

use diagnostic::Origin;

use crate::line::{Line, Word};

/// A directive, or a section with what stands in it.
#[derive(Clone, Debug)]
pub(crate) struct Directive {
    /// Its name; a section's stands in angle brackets: `<Location>`.
    pub(crate) name: Word,
    /// What follows the name: the text between the brackets of a section.
    pub(crate) rest: Line,
    /// [`Directive::rest`] in words.
    pub(crate) arguments: Vec<Word>,
    /// What stands inside a section.
    pub(crate) body: Option<Vec<Directive>>,
    /// Why it is read: the `Use` of the macro that it comes from, or the section of a module that is not built.
    pub(crate) because: Option<(Origin, String)>,
}

impl Directive {
    /// The argument at `index`, from 0, if there are so many.
    pub(crate) fn argument(&self, index: usize) -> Option<&Word> {
        self.arguments.get(index)
    }

    /// Whether one of some texts, in lower case, stands in its arguments or in what stands inside it.
    pub(crate) fn speaks_of(&self, texts: &[&str]) -> bool {
        let own = self.rest.text().to_ascii_lowercase();
        let inside = self.body.as_deref().unwrap_or_default();
        texts.iter().any(|text| own.contains(text)) || inside.iter().any(|inner| inner.speaks_of(texts))
    }

    /// Where its name stands.
    pub(crate) fn origin(&self) -> Origin {
        self.name.origin
    }

    /// Whether this is its name, in whatever case of letters it is written.
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name.text.eq_ignore_ascii_case(name)
    }
}
