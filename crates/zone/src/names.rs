//! Tables by name: whoever asks for the same one while it is in use shares it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Weak};

use arc_swap::ArcSwap;

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

type Names = HashMap<Identity, Weak<Table>>;

static NAMES: LazyLock<ArcSwap<Names>> = LazyLock::new(ArcSwap::default);

/// The table of a kind with this name, the key that its entries have, and room for so many of them. It is the one that is in
/// use, if there is one.
pub fn open(kind: Kind, name: &str, key: &str, slots: usize) -> Arc<Table> {
    let identity = Identity { kind, name: name.to_owned(), key: key.to_owned(), slots };
    let fresh = Arc::new(Table::new(slots));
    let mut table = Arc::clone(&fresh);
    NAMES.rcu(|names| {
        let used = names.get(&identity).and_then(Weak::upgrade);
        table = used.unwrap_or_else(|| Arc::clone(&fresh));
        let mut names: Names = (**names).clone();
        names.retain(|_, table| table.strong_count() > 0);
        names.insert(identity.clone(), Arc::downgrade(&table));
        names
    });
    table
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
