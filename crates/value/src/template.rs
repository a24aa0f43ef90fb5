//! Text with variables, compiled once and evaluated many times.

use crate::function;
use diagnostic::{Diagnostic, Origin};
use model::Function;

/// Text with variables; `V` is the caller's id of a variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Template<V> {
    parts: Box<[Part<V>]>,
}

/// One piece of a [`Template`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part<V> {
    /// Text that stands for itself.
    Text(Box<[u8]>),
    /// The value of a variable.
    Variable(V),
    /// The value of a variable, or what stands in its place where it has none.
    Else(V, Template<V>),
    /// A group of the regular expression that matched last.
    Capture(u8),
    /// A group of the regular expression whose groups were kept.
    Kept(u8),
    /// What a function makes of a text.
    Made(Function, Template<V>),
}

/// Where a [`Template`] takes its values from.
pub trait Variables<V> {
    /// Appends the variable's value to `out`; false (and nothing appended) where it has none.
    fn append(&self, variable: &V, out: &mut Vec<u8>) -> bool;

    /// Appends group `n` of the regular expression that matched last; nothing where it took no part.
    fn capture(&self, n: u8, out: &mut Vec<u8>);

    /// Appends group `n` of the regular expression whose groups were kept; nothing where it took no part.
    fn kept(&self, n: u8, out: &mut Vec<u8>);
}

impl<V> Template<V> {
    /// Compiles what the operator wrote; `resolve` turns a variable's name into its id.
    pub fn compile(
        template: &model::Template,
        resolve: &mut impl FnMut(&str, Origin) -> Result<V, Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        Self::compile_parts(&template.parts, template.origin, resolve)
    }

    fn compile_parts(
        written: &[model::Part],
        origin: Origin,
        resolve: &mut impl FnMut(&str, Origin) -> Result<V, Diagnostic>,
    ) -> Result<Self, Diagnostic> {
        let mut parts = Vec::with_capacity(written.len());
        for part in written {
            parts.push(match part {
                model::Part::Text(text) => Part::Text(text.as_bytes().into()),
                model::Part::Variable(name) => Part::Variable(resolve(name, origin)?),
                model::Part::Else { variable, other } => {
                    Part::Else(resolve(variable, origin)?, Self::compile_parts(other, origin, resolve)?)
                }
                model::Part::Capture(n) => Part::Capture(*n),
                model::Part::Kept(n) => Part::Kept(*n),
                model::Part::Made { by, of } => Part::Made(by.clone(), Self::compile_parts(of, origin, resolve)?),
            });
        }
        Ok(Self::from_parts(parts))
    }

    /// A template of these pieces, in order.
    pub fn from_parts(parts: impl IntoIterator<Item = Part<V>>) -> Self {
        let mut joined: Vec<Part<V>> = Vec::new();
        for part in parts {
            match (joined.last_mut(), part) {
                (_, Part::Text(text)) if text.is_empty() => {}
                (Some(Part::Text(before)), Part::Text(text)) => {
                    *before = [before, &*text].concat().into();
                }
                (_, part) => joined.push(part),
            }
        }
        Self { parts: joined.into() }
    }

    /// A template that is only text.
    pub fn text(text: impl Into<Box<[u8]>>) -> Self {
        Self::from_parts([Part::Text(text.into())])
    }

    /// The text, if there is no variable and no capture in it.
    pub fn as_text(&self) -> Option<&[u8]> {
        match &*self.parts {
            [] => Some(b""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The pieces, in order; for callers that treat values differently from text, such as log formats.
    pub fn parts(&self) -> &[Part<V>] {
        &self.parts
    }

    /// Whether a capture of a regular expression stands in it.
    pub fn has_captures(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Capture(_) | Part::Kept(_) => true,
            Part::Made(_, of) | Part::Else(_, of) => of.has_captures(),
            Part::Text(_) | Part::Variable(_) => false,
        })
    }

    /// Appends the value to `out`; a variable without a value adds nothing.
    pub fn evaluate(&self, variables: &impl Variables<V>, out: &mut Vec<u8>) {
        for part in &*self.parts {
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Variable(variable) => {
                    variables.append(variable, out);
                }
                Part::Else(variable, other) => {
                    if !variables.append(variable, out) {
                        other.evaluate(variables, out);
                    }
                }
                Part::Capture(n) => variables.capture(*n, out),
                Part::Kept(n) => variables.kept(*n, out),
                Part::Made(function, of) => {
                    let mut text = Vec::new();
                    of.evaluate(variables, &mut text);
                    function::apply(function, &text, out);
                }
            }
        }
    }
}

impl<V> Default for Template<V> {
    fn default() -> Self {
        Self { parts: Box::default() }
    }
}

#[cfg(test)]
mod tests;
