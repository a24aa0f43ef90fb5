//! What a model means, whoever wrote it and where: the form in which two models are compared.

use crate::{Files, Model, Section, TypeTableId};
use serde_json::{Map, Value};

/// A model without what means nothing: origins, names of files, the numbers by which things are found, and the order of
/// what has none.
#[derive(Clone, PartialEq, Debug)]
pub struct Meaning(Value);

impl Model {
    /// What this model means.
    pub fn meaning(&self) -> Meaning {
        self.plain(None).as_it_is()
    }

    /// What this model means to requests: without settings that none of them asks for.
    pub fn meaning_in_use(&self) -> Meaning {
        // The number of no table: all that is forgotten is the same.
        let files = Files { types: TypeTableId(u32::MAX), ..Files::default() };
        self.plain(Some(&Section { files, ..Section::default() })).as_it_is()
    }

    fn as_it_is(&self) -> Meaning {
        // The model is serialisable: the worker process gets it so.
        let mut whole = serde_json::to_value(self).unwrap_or_default();
        let tables = Tables::of(&whole);
        tidy(&mut whole, &tables);
        if let Some(model) = whole.as_object_mut() {
            model.remove("files");
            model.remove("documents");
            if let Some(http) = model.get_mut("http").and_then(Value::as_object_mut) {
                // They stand where they are used.
                http.remove("type_tables");
                http.remove("log_formats");
                // It says when a server starts, not what requests get.
                http.remove("late_names");
            }
        }
        for unordered in ["/process/temp_directories", "/http/listeners", "/http/groups", "/http/maps"] {
            if let Some(Value::Array(items)) = whole.pointer_mut(unordered) {
                sort(items);
            }
        }
        Meaning(whole)
    }
}

/// Where two meanings differ, as paths with both values; nothing if they are equal.
pub fn differences(left: &Meaning, right: &Meaning) -> Vec<String> {
    let mut found = Vec::new();
    compare(&left.0, &right.0, "", &mut found);
    found
}

fn compare(left: &Value, right: &Value, path: &str, found: &mut Vec<String>) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) if left.len() == right.len() => {
            for (key, value) in left {
                compare(value, right.get(key).unwrap_or(&Value::Null), &format!("{path}/{key}"), found);
            }
        }
        (Value::Array(left), Value::Array(right)) if left.len() == right.len() => {
            for (index, (left, right)) in left.iter().zip(right).enumerate() {
                compare(left, right, &format!("{path}/{index}"), found);
            }
        }
        _ if left == right => {}
        _ => found.push(format!("{path}: {left} / {right}")),
    }
}

/// What is found by a number.
struct Tables {
    types: Vec<Value>,
    formats: Vec<Value>,
    groups: Vec<Value>,
}

impl Tables {
    fn of(whole: &Value) -> Self {
        let list = |path: &str| whole.pointer(path).and_then(Value::as_array).cloned().unwrap_or_default();
        let mut types = list("/http/type_tables");
        for table in &mut types {
            if let Some(Value::Array(entries)) = table.get_mut("types") {
                sort(entries);
            }
        }
        let mut formats = list("/http/log_formats");
        for format in &mut formats {
            if let Some(format) = format.as_object_mut() {
                format.remove("name");
            }
            tidy(format, &Self { types: Vec::new(), formats: Vec::new(), groups: Vec::new() });
        }
        let groups = list("/http/groups").into_iter().map(|group| group.get("name").cloned().unwrap_or_default());
        Self { types, formats, groups: groups.collect() }
    }

    /// What stands for a number under this key.
    fn resolve(&self, key: &str, number: u64) -> Option<Value> {
        let table = match key {
            "types" => &self.types,
            "format" => &self.formats,
            "Group" => &self.groups,
            _ => return None,
        };
        table.get(usize::try_from(number).ok()?).cloned()
    }
}

/// The largest number of a language whose numbers are signed; more means the same: no bound.
const LARGEST: u64 = i64::MAX.cast_unsigned();

fn tidy(value: &mut Value, tables: &Tables) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| tidy(item, tables)),
        Value::Object(object) => {
            // How a server speaks is its language's own way.
            object.retain(|key, value| !is_origin(value) && key != "style");
            for (key, value) in object.iter_mut() {
                if let Some(found) = value.as_u64().and_then(|number| tables.resolve(key, number)) {
                    *value = found;
                } else {
                    tidy(value, tables);
                }
            }
            rewrite(object);
        }
        Value::Number(number) if number.as_u64().is_some_and(|number| number > LARGEST) => *value = LARGEST.into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn is_origin(value: &Value) -> bool {
    let is = |object: &Map<String, Value>| {
        object.len() == 4 && ["file", "line", "column", "length"].iter().all(|key| object.contains_key(*key))
    };
    value.as_object().is_some_and(is)
}

/// Several forms of one meaning become one.
fn rewrite(object: &mut Map<String, Value>) {
    if let (Some(Value::String(expression)), Some(Value::Bool(true))) =
        (object.get("expression"), object.get("ignore_case"))
    {
        let expression = format!("(?i){expression}");
        object.insert("expression".to_owned(), expression.into());
        object.insert("ignore_case".to_owned(), false.into());
    }
    if let Some(Value::String(directory)) = object.get("directory").cloned()
        && let Some(Value::Array(parts)) = object.get_mut("file").and_then(|file| file.get_mut("parts"))
    {
        absolute(parts, &directory);
        object.remove("directory");
    }
    let best = object.get("choice").is_none_or(|choice| choice == "Best");
    for locations in ["locations", "nested"] {
        if let Some(Value::Array(locations)) = object.get_mut(locations).filter(|_| best) {
            // Only expressions are tried in their order.
            locations.sort_by_key(|location| match location.pointer("/matcher/Regex") {
                Some(_) => (true, String::new()),
                None => (false, location.get("matcher").map(Value::to_string).unwrap_or_default()),
            });
        }
    }
    for rate in ["limit_rate", "limit_rate_after"] {
        if object.get(rate).is_some_and(is_unlimited) {
            object.insert(rate.to_owned(), Value::Null);
        }
    }
    if object.get("expires").is_some_and(|rule| rule.pointer("/Fixed").is_some_and(|time| time == "Off")) {
        object.insert("expires".to_owned(), Value::Null);
    }
    if let Some(Value::Array(redirects)) = object.get_mut("redirects") {
        redirects.iter_mut().filter_map(Value::as_object_mut).for_each(as_prefix);
    }
    if object.get("pages").and_then(Value::as_array).is_some_and(Vec::is_empty) && object.contains_key("first_counts") {
        object.insert("first_counts".to_owned(), false.into());
    }
    let without = |list: &str| object.get(list).and_then(Value::as_array).is_some_and(Vec::is_empty);
    if without("domains") && without("paths") && object.contains_key("whole") {
        object.insert("whole".to_owned(), false.into());
    }
    if let Some(Value::Array(parts)) = object.get_mut("parts") {
        join_texts(parts);
    }
    if let Some(Value::Array(fields)) = object.get_mut("set_fields") {
        fields.retain(|field| !is_idle(field));
        // Only fields of one name have an order.
        fields.sort_by_key(name_of);
    }
    if let Some(Value::Array(names)) = object.get_mut("names") {
        // Expressions are tried in their order; other names have none.
        names.sort_by_key(|name| match name.get("Regex") {
            Some(_) => (true, String::new()),
            None => (false, name.to_string()),
        });
    }
}

/// Which fields hold URLs, and which of their letters have a case, is a language's own way.
fn as_prefix(redirect: &mut Map<String, Value>) {
    if let Some(rule) = redirect.remove("Url") {
        redirect.insert("Prefix".to_owned(), rule);
    }
}

/// A path from the root on; one that begins with a variable is left as it is.
fn absolute(parts: &mut [Value], directory: &str) {
    if let Some(Value::String(text)) = parts.first_mut().and_then(|part| part.get_mut("Text"))
        && !text.starts_with('/')
    {
        *text = std::path::Path::new(directory).join(&*text).to_string_lossy().into_owned();
    }
}

/// Fields that concern one connection only (RFC 9110 §7.6.1), and `Expect`, are never passed on; emptying them changes
/// nothing.
fn is_idle(field: &Value) -> bool {
    const NEVER: [&str; 6] = ["connection", "expect", "keep-alive", "proxy-connection", "te", "upgrade"];
    let name = name_of(field);
    let parts = field.pointer("/value/parts").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let own = format!("http_{}", name.replace('-', "_"));
    match parts {
        [] => NEVER.contains(&name.as_str()),
        // The client's own value is passed anyway.
        [part] => {
            name != "host" && !NEVER.contains(&name.as_str()) && part.get("Variable").is_some_and(|value| *value == own)
        }
        _ => false,
    }
}

fn name_of(field: &Value) -> String {
    field.get("name").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase()
}

/// A rate of 0 bounds nothing.
fn is_unlimited(rate: &Value) -> bool {
    rate.get("parts").and_then(Value::as_array).is_some_and(|parts| match parts.as_slice() {
        [] => true,
        [part] => part.get("Text").is_some_and(|text| text == "0"),
        _ => false,
    })
}

fn join_texts(parts: &mut Vec<Value>) {
    let mut joined: Vec<Value> = Vec::new();
    for part in parts.drain(..) {
        let text = part.get("Text").and_then(Value::as_str).map(str::to_owned);
        if text.as_ref().is_some_and(String::is_empty) {
            continue;
        }
        match (joined.last_mut().and_then(|last| last.get_mut("Text")), text) {
            (Some(Value::String(before)), Some(text)) => before.push_str(&text),
            _ => joined.push(part),
        }
    }
    *parts = joined;
}

fn sort(items: &mut [Value]) {
    items.sort_by_key(Value::to_string);
}

#[cfg(test)]
mod tests {
    use crate::{Group, GroupId, Model, Origin, Part, Pattern, Template, differences};

    fn group(name: &str, line: u32) -> Group {
        Group::new(name, Origin { line, ..Origin::default() })
    }

    fn model(groups: Vec<Group>) -> Model {
        let mut model = Model::default();
        model.http.groups = groups;
        model
    }

    #[test]
    fn places_and_orders_mean_nothing() {
        let left = model(vec![group("a", 1), group("b", 2)]);
        let mut right = model(vec![group("b", 7), group("a", 9)]);
        right.files = vec!["other.conf".to_owned()];
        assert_ne!(left, right);
        assert_eq!(left.meaning(), right.meaning());
        let other = model(vec![group("a", 1), group("c", 2)]);
        assert_eq!(differences(&left.meaning(), &other.meaning()), ["/http/groups/1/name: \"b\" / \"c\""]);
    }

    #[test]
    fn numbers_stand_for_what_they_number() {
        let value = serde_json::json!({ "Group": GroupId(1), "parts": [Part::Text("a".into()), Part::Text("b".into())],
            "matched": Pattern { expression: "x".into(), ignore_case: true, origin: Origin::default() },
            "limit_rate": Template::text("0", Origin::default()) });
        let whole = serde_json::to_value(model(vec![group("a", 1), group("b", 2)])).unwrap();
        let mut found = value;
        super::tidy(&mut found, &super::Tables::of(&whole));
        let expected = serde_json::json!({ "Group": "b", "parts": [{ "Text": "ab" }], "limit_rate": null,
            "matched": { "expression": "(?i)x", "ignore_case": false } });
        assert_eq!(found, expected);
    }
}
