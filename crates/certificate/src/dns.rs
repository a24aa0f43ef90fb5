//! Records of DNS that show that names are ours (RFC 8555 §8.4).

mod hook;
mod message;
mod signature;
mod update;

pub(crate) use hook::hook;
pub(crate) use signature::UpdateKey;
pub(crate) use update::update;

/// A record that shows that a name is ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Record {
    /// The name that is shown, without `*.`.
    pub(crate) name: String,
    /// The text.
    pub(crate) value: String,
}

impl Record {
    /// Where it stands.
    pub(crate) fn full_name(&self) -> String {
        format!("_acme-challenge.{}", self.name)
    }
}
