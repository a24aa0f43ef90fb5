//! Changes of a message's fields, in the order in which they were written.

use crate::{Condition, Pattern, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// One change of the fields of a request or a response.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FieldEdit {
    /// The field's name.
    pub name: String,
    /// What is done with it.
    pub action: FieldAction,
    /// The value that the action takes; for [`FieldAction::Edit`] what replaces the match, with its captures.
    pub value: Template,
    /// Which responses, and which of their fields (of requests there is only one kind).
    pub scope: EditScope,
    /// It is done only if this holds.
    pub condition: Option<Condition>,
    /// It is done before anything else is done with the request.
    pub early: bool,
    /// Where it was written.
    pub origin: Origin,
}

/// What is done with a field.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum FieldAction {
    /// It has this value and no other.
    Set,
    /// The value is added to the one that is there, after a comma; without one, it is set.
    Append,
    /// Another field of the name is added.
    Add,
    /// Like [`FieldAction::Append`], unless the value is in the list already.
    Merge,
    /// It is set if there is none.
    SetIfEmpty,
    /// It is removed.
    Remove,
    /// What matches in its values is replaced.
    Edit {
        /// The expression.
        pattern: Pattern,
        /// All matches, not the first alone.
        all: bool,
    },
    /// Its value is kept in a variable; the field stays as it is.
    Note {
        /// The variable, without any sigil.
        variable: String,
    },
    /// A response gets those fields of the request whose names match; [`FieldEdit::name`] says nothing.
    Echo {
        /// The expression.
        pattern: Pattern,
    },
}

/// Which responses an edit is for, and which of their fields it sees.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum EditScope {
    /// Responses with the statuses 200, 201, 204, 206, 301, 302, 303, 304, 307 and 308.
    Common,
    /// All.
    #[default]
    All,
    /// All that are not built-in pages; it sees the fields that came with the response, whatever its status.
    Served,
    /// All; it sees only the fields that edits of this scope have made, which stand beside the response's own.
    Apart,
}
