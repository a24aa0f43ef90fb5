//! Tables by name: whoever asks for the same one while it is in use shares it.

use std::sync::Arc;

use crate::registry::Registry;
use crate::table::Table;

/// What a table is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// How fast requests come.
    Rates,
    /// How many connections there are.
    Connections,
}

/// What tells one table from another: those with another key or another size have nothing in common.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct Identity {
    kind: Kind,
    name: String,
    key: String,
    slots: usize,
}

static NAMES: Registry<Identity, Table> = Registry::new();

/// The table of a kind with this name, the key that its entries have, and room for so many of them. It is the one that is in
/// use, if there is one.
pub fn open(kind: Kind, name: &str, key: &str, slots: usize) -> Arc<Table> {
    let identity = Identity { kind, name: name.to_owned(), key: key.to_owned(), slots };
    NAMES.share(&identity, &Arc::new(Table::new(slots)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_use_is_shared() {
        let one = open(Kind::Rates, "one", "$a", 64);
        assert!(Arc::ptr_eq(&one, &open(Kind::Rates, "one", "$a", 64)));
        assert!(!Arc::ptr_eq(&one, &open(Kind::Connections, "one", "$a", 64)));
        assert!(!Arc::ptr_eq(&one, &open(Kind::Rates, "one", "$b", 64)));
        assert!(!Arc::ptr_eq(&one, &open(Kind::Rates, "two", "$a", 64)));
        drop(one);
        let again = open(Kind::Rates, "one", "$a", 64);
        assert_eq!(again.update(b"x", |value| value.is_none().then_some(1), |_| Some(0)), Ok(Some(1)), "it began anew");
    }
}
