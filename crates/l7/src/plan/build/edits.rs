//! Changes of fields, compiled.

use crate::edit::{Action, FieldEdit, is_framing};
use crate::plan::Build;
use diagnostic::Diagnostic;

impl Build<'_> {
    /// Changes, in their order.
    pub fn field_edits(&mut self, edits: &[model::FieldEdit]) -> Vec<FieldEdit> {
        edits.iter().filter_map(|edit| self.field_edit(edit)).collect()
    }

    fn field_edit(&mut self, edit: &model::FieldEdit) -> Option<FieldEdit> {
        if is_framing(edit.name.as_bytes()) {
            let message = format!("\"{}\" frames the message and cannot be changed", edit.name);
            self.diagnostics.push(Diagnostic::error("framing-field", message).at(edit.origin));
            return None;
        }
        let action = match &edit.action {
            model::FieldAction::Set => Action::Set,
            model::FieldAction::Append => Action::Append,
            model::FieldAction::Add => Action::Add,
            model::FieldAction::Merge => Action::Merge,
            model::FieldAction::SetIfEmpty => Action::SetIfEmpty,
            model::FieldAction::Remove => Action::Remove,
            model::FieldAction::Edit { pattern, all } => Action::Edit(self.regex(pattern)?, *all),
            model::FieldAction::Note { variable } => Action::Note(self.names.slot(variable)?),
            model::FieldAction::Echo { pattern } => Action::Echo(self.regex(pattern)?),
        };
        let condition = match &edit.condition {
            Some(condition) => Some(self.condition(condition)?),
            None => None,
        };
        Some(FieldEdit {
            name: edit.name.as_bytes().into(),
            action,
            value: self.template(&edit.value),
            scope: edit.scope,
            condition,
            early: edit.early,
        })
    }
}
