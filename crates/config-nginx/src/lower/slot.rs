//! A setting that may be written once at each level and is inherited where it is not.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{ByteSize, Template};

use crate::table::Outcome;
use crate::tree::Directive;
use crate::value;

/// A single value.
#[derive(Clone, Debug)]
pub(crate) struct Slot<T> {
    value: Option<(T, Origin)>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { value: None }
    }
}

impl<T: Clone> Slot<T> {
    /// Takes a value, unless this level has one.
    pub(crate) fn put(&mut self, directive: &Directive, value: T) -> Outcome {
        if let Some((_, first)) = self.value {
            return Err(duplicate(directive, first));
        }
        self.value = Some((value, directive.origin()));
        Ok(())
    }

    /// Takes a value beside the one that this level has, if it has one.
    pub(crate) fn join(&mut self, directive: &Directive, mut value: T, join: impl FnOnce(&mut T, T)) {
        if let Some((mut first, _)) = self.value.take() {
            join(&mut first, value);
            value = first;
        }
        self.value = Some((value, directive.origin()));
    }

    /// Takes a value in place of whatever is there.
    pub(crate) fn replace(&mut self, value: T, origin: Origin) {
        self.value = Some((value, origin));
    }

    pub(crate) fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(value, _)| value)
    }

    pub(crate) fn origin(&self) -> Option<Origin> {
        self.value.as_ref().map(|(_, origin)| *origin)
    }

    pub(crate) fn is_set(&self) -> bool {
        self.value.is_some()
    }

    pub(crate) fn or(&self, default: T) -> T {
        self.get().cloned().unwrap_or(default)
    }

    /// Takes the value of the level around this one, if this one has none.
    pub(crate) fn inherit(&mut self, parent: &Self) {
        if self.value.is_none() {
            self.value.clone_from(&parent.value);
        }
    }
}

impl<T: Copy> Slot<T> {
    pub(crate) fn choice(&mut self, directive: &Directive, choices: &[(&str, T)]) -> Outcome {
        self.put(directive, value::choice(directive, value::first(directive)?, choices)?)
    }
}

impl Slot<bool> {
    pub(crate) fn flag(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::flag(directive, value::first(directive)?)?)
    }
}

impl Slot<u64> {
    pub(crate) fn number(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::number(directive, value::first(directive)?)?)
    }
}

impl Slot<u32> {
    pub(crate) fn small_number(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::small_number(directive, value::first(directive)?)?)
    }
}

impl Slot<Duration> {
    pub(crate) fn time(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::time(directive, value::first(directive)?)?)
    }
}

impl Slot<ByteSize> {
    pub(crate) fn size(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::size(directive, value::first(directive)?)?)
    }

    pub(crate) fn offset(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::offset(directive, value::first(directive)?)?)
    }
}

impl Slot<Template> {
    pub(crate) fn template(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::template(value::first(directive)?)?)
    }
}

impl Slot<String> {
    pub(crate) fn text(&mut self, directive: &Directive) -> Outcome {
        self.put(directive, value::first(directive)?.text.clone())
    }
}

/// Values that are written one at a time and inherited together, by levels that have none of their own.
#[derive(Clone, Debug)]
pub(crate) struct List<T> {
    values: Option<Vec<T>>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self { values: None }
    }
}

impl<T: Clone> List<T> {
    pub(crate) fn push(&mut self, value: T) {
        self.values.get_or_insert_default().push(value);
    }

    /// The level has a list of its own from here on, even if nothing is put on it.
    pub(crate) fn begin(&mut self) {
        self.values.get_or_insert_default();
    }

    pub(crate) fn get(&self) -> Option<&[T]> {
        self.values.as_deref()
    }

    pub(crate) fn is_set(&self) -> bool {
        self.values.is_some()
    }

    pub(crate) fn to_vec(&self) -> Vec<T> {
        self.values.clone().unwrap_or_default()
    }

    pub(crate) fn extend(&mut self, values: &[T]) {
        self.values.get_or_insert_default().extend_from_slice(values);
    }

    pub(crate) fn inherit(&mut self, parent: &Self) {
        if self.values.is_none() {
            self.values.clone_from(&parent.values);
        }
    }
}

/// A directive that may stand only once in its block.
pub(crate) fn duplicate(directive: &Directive, first: Origin) -> Diagnostic {
    Diagnostic::error("duplicate", format!("\"{}\" directive is duplicate", directive.name.text))
        .at(directive.origin())
        .related(first, "it stands here already")
}

/// Settings of a level, inherited one by one.
macro_rules! settings {
    ($(#[$doc:meta])* struct $name:ident { $($field:ident: $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default)]
        pub(crate) struct $name {
            $(pub(crate) $field: $kind,)*
        }

        impl $name {
            pub(crate) fn inherit(&mut self, parent: &Self) {
                $(self.$field.inherit(&parent.$field);)*
            }
        }
    };
}
pub(crate) use settings;
