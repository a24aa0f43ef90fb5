//! Changes of requests' fields, as fields that forwarded requests have, where that says the same.

use crate::{FieldAction, FieldEdit, Part, Section, Serve, SetField, Template};

/// Moves the changes to what is forwarded, unless something else could see them; `text` is the whole model's.
pub(super) fn move_to_proxy(section: &mut Section, text: &str) {
    let Serve::Proxy(proxy) = &mut section.serve else { return };
    let seen = |name: &str| text.contains(&format!("\"http_{}\"", name.to_ascii_lowercase().replace('-', "_")));
    let movable =
        |edit: &FieldEdit| edit.condition.is_none() && !edit.early && !seen(&edit.name) && value(edit).is_some();
    if !section.request_edits.iter().all(movable) {
        return;
    }
    let mut moved: Vec<SetField> = Vec::new();
    for edit in std::mem::take(&mut section.request_edits) {
        let Some(value) = value(&edit) else { continue };
        moved.retain(|field| !field.name.eq_ignore_ascii_case(&edit.name));
        moved.push(SetField { name: edit.name, value, origin: edit.origin });
    }
    // What is set for the forwarded request alone holds, whatever was changed before.
    let set = |field: &SetField| proxy.set_fields.iter().any(|set| set.name.eq_ignore_ascii_case(&field.name));
    moved.retain(|field| !set(field));
    proxy.set_fields.extend(moved);
}

/// The value that the field has afterwards; an empty one removes it.
fn value(edit: &FieldEdit) -> Option<Template> {
    match edit.action {
        FieldAction::Set if edit.value.parts != [Part::Text(String::new())] && !edit.value.parts.is_empty() => {
            Some(edit.value.clone())
        }
        FieldAction::Remove => Some(Template { parts: Vec::new(), origin: edit.origin }),
        _ => None,
    }
}
