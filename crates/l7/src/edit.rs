//! Changes of fields that the configuration asks for, of requests and of responses.

use crate::exchange::Exchange;
use crate::plan::Template;
use crate::response::Response;
use crate::script::Condition;
use crate::shape::fields::is_common;
use model::EditScope;
use protocol::{Fields, Name};
use value::Regex;

/// One change.
pub struct FieldEdit {
    /// The field's name.
    pub name: Box<[u8]>,
    /// What is done with it.
    pub action: Action,
    /// The value that the action takes.
    pub value: Template,
    /// Which responses, and which of their fields.
    pub scope: EditScope,
    /// It is done only if this holds.
    pub condition: Option<Condition>,
    /// It is done before anything else is.
    pub early: bool,
}

/// What is done with a field.
pub enum Action {
    /// It has this value and no other.
    Set,
    /// The value is added to the one that is there.
    Append,
    /// Another field is added.
    Add,
    /// The value is added unless it is in the list.
    Merge,
    /// It is set if there is none.
    SetIfEmpty,
    /// It is removed.
    Remove,
    /// What matches is replaced; `true`: all of it.
    Edit(Regex, bool),
    /// Its value is kept in a variable.
    Note(u16),
    /// Fields of the request are copied.
    Echo(Regex),
}

impl<'p> Exchange<'p> {
    /// Changes the request's fields; those that are early are done before the others, at another time.
    pub async fn edit_request(&mut self, edits: &'p [FieldEdit], early: bool) {
        for edit in edits.iter().filter(|edit| edit.early == early) {
            if !self.is_wanted(edit).await {
                continue;
            }
            let mut fields = std::mem::take(&mut self.request.head.fields);
            // Values speak of the request as it is: it must be whole while they are made.
            self.request.head.fields.clone_from(&fields);
            self.edit(edit, &mut fields);
            self.request.head.fields = fields;
        }
    }

    /// Changes a response's fields.
    pub async fn edit_response(&mut self, edits: &'p [FieldEdit], response: &mut Response) {
        let mut apart = Fields::new();
        self.sent.status = response.head.status;
        for edit in edits {
            let meant = match edit.scope {
                EditScope::Common => is_common(response.head.status),
                EditScope::Served => !response.built_in,
                EditScope::All | EditScope::Apart => true,
            };
            // What was done early is done before an answer is passed on.
            if !meant || (edit.early && response.is_relayed()) {
                continue;
            }
            self.sent.fields.clone_from(&response.head.fields);
            apart.entries().for_each(|field| self.sent.fields.push_field(&field));
            let wanted = self.is_wanted(edit).await;
            self.tell_varies(response);
            if !wanted {
                continue;
            }
            let fields = if edit.scope == EditScope::Apart { &mut apart } else { &mut response.head.fields };
            self.edit(edit, fields);
        }
        if !apart.is_empty() {
            let own = std::mem::replace(&mut response.head.fields, apart);
            own.entries().for_each(|field| response.head.fields.push_field(&field));
        }
    }

    /// Says on which fields of the request the response depends, as conditions noted them.
    pub fn tell_varies(&self, response: &mut Response) {
        for field in self.bindings.take_varies() {
            append(&mut response.head.fields, b"Vary", &field);
        }
    }

    async fn is_wanted(&mut self, edit: &'p FieldEdit) -> bool {
        match &edit.condition {
            Some(condition) => self.holds(condition).await,
            None => true,
        }
    }

    fn edit(&self, edit: &FieldEdit, fields: &mut Fields) {
        let name = &*edit.name;
        match &edit.action {
            Action::Set => fields.set(name, &self.text_of(&edit.value)),
            Action::Add => fields.push(name, &self.text_of(&edit.value)),
            Action::SetIfEmpty if fields.get(name).is_none_or(<[u8]>::is_empty) => {
                fields.set(name, &self.text_of(&edit.value));
            }
            Action::SetIfEmpty => {}
            Action::Remove => {
                fields.remove(name);
            }
            Action::Append => append(fields, name, &self.text_of(&edit.value)),
            Action::Merge => {
                let value = self.text_of(&edit.value);
                if !fields.get_all(name).any(|list| lists(list, &value)) {
                    append(fields, name, &value);
                }
            }
            Action::Edit(pattern, all) => self.replace_matches(edit, (pattern, *all), fields),
            Action::Note(slot) => self.bindings.set_slot(*slot, fields.get(name).unwrap_or_default()),
            Action::Echo(pattern) => {
                let own = self.request.head.fields.entries();
                own.filter(|field| pattern.is_match(field.name).unwrap_or(false))
                    .for_each(|field| fields.push_field(&field));
            }
        }
    }

    /// Replaces what matches in each value of the field, which then stands last; the replacement may speak of the match's
    /// groups.
    fn replace_matches(&self, edit: &FieldEdit, rule: (&Regex, bool), fields: &mut Fields) {
        let (pattern, all) = rule;
        if !fields.get_all(&edit.name).any(|value| pattern.is_match(value).unwrap_or(false)) {
            return;
        }
        let (mut others, mut edited) = (Fields::new(), Fields::new());
        for field in fields.entries() {
            if !field.name.eq_ignore_ascii_case(&edit.name) {
                others.push_field(&field);
                continue;
            }
            let mut value = Vec::new();
            let mut rest = field.value;
            while let Ok(true) = self.bindings.bind(pattern, rest, self.plan) {
                let Some(matched) = self.bindings.match_range() else { break };
                value.extend_from_slice(rest.get(..matched.start).unwrap_or_default());
                edit.value.evaluate(self, &mut value);
                rest = rest.get(matched.end..).unwrap_or_default();
                if !all || matched.is_empty() {
                    break;
                }
            }
            value.extend_from_slice(rest);
            edited.push(field.name, &value);
        }
        edited.entries().for_each(|field| others.push_field(&field));
        *fields = others;
    }
}

/// Adds a value to the first field of a name.
fn append(fields: &mut Fields, name: &[u8], value: &[u8]) {
    let Some(old) = fields.get(name).map(<[u8]>::to_vec) else { return fields.push(name, value) };
    let joined = [old.as_slice(), b", ", value].concat();
    let mut edited = Fields::new();
    let mut done = false;
    for field in fields.entries() {
        if !done && field.name.eq_ignore_ascii_case(name) {
            done = true;
            edited.push(field.name, &joined);
        } else {
            edited.push_field(&field);
        }
    }
    *fields = edited;
}

/// Whether a comma-separated list has a value.
fn lists(list: &[u8], value: &[u8]) -> bool {
    list.split(|byte| *byte == b',').any(|item| item.trim_ascii() == value)
}

/// Whether a field is the codec's to write: it frames the message.
pub fn is_framing(name: &[u8]) -> bool {
    matches!(Name::of(name), Name::ContentLength | Name::TransferEncoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_added_to_the_first_field_of_its_name() {
        let mut fields = Fields::new();
        fields.push(b"A", b"1");
        fields.push(b"B", b"2");
        fields.push(b"a", b"3");
        append(&mut fields, b"a", b"4");
        append(&mut fields, b"C", b"5");
        let expected: [(&[u8], &[u8]); 4] = [(b"A", b"1, 4"), (b"B", b"2"), (b"a", b"3"), (b"C", b"5")];
        assert!(fields.iter().eq(expected));
    }

    #[test]
    fn values_of_a_list_are_found() {
        assert!(lists(b"gzip, br", b"br"));
        assert!(lists(b"gzip ,br", b"gzip"));
        assert!(!lists(b"gzip, brotli", b"br"));
        assert!(!lists(b"", b"br"));
    }
}
