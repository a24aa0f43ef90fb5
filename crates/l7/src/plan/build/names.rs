//! Names that a configuration defines itself: gathered before anything that uses them is compiled.

use crate::variables::{Names, OfToken, Variable};
use model::{
    Check, Condition, FieldAction, FieldEdit, Location, MapKey, Matcher, Model, PathScope, Pattern, Proxy, Redirect,
    Requirement, Scope, Section, Serve, SiteName, Step, TextMatch,
};

/// Gathers the names of maps, of `set` variables and of named captures.
pub fn define(model: &Model) -> Names {
    let mut names = Names::default();
    let handed_on = model.http.handed_on.iter().flat_map(|(from, to)| std::iter::once(from).chain(to));
    for variable in model.http.variables.iter().chain(handed_on) {
        names.define_slot(variable);
    }
    for (index, map) in model.http.maps.iter().enumerate() {
        names.define_map(&map.variable, Variable::Map(u16::try_from(index).unwrap_or(u16::MAX)));
        for (key, _) in &map.entries {
            if let MapKey::Regex(pattern) = key {
                define_captures(&mut names, pattern);
            }
        }
    }
    for (index, map) in (0..).zip(&model.http.address_maps) {
        names.define_map(&map.variable, Variable::AddressMap(index));
    }
    for (index, split) in (0..).zip(&model.http.splits) {
        names.define_map(&split.variable, Variable::Split(index));
    }
    for value in &model.http.token_values {
        let path = value.path.iter().map(|name| Box::from(name.as_str())).collect();
        names.define_map(&value.variable, Variable::Token(OfToken::Value(value.part, path)));
    }
    for site in &model.http.sites {
        for name in &site.names {
            if let SiteName::Regex(pattern) = name {
                define_captures(&mut names, pattern);
            }
        }
        define_in_section(&mut names, &site.section);
        define_in_steps(&mut names, &site.script);
        define_in_locations(&mut names, &site.locations);
    }
    names
}

fn define_in_locations(names: &mut Names, locations: &[Location]) {
    for location in locations {
        if let Matcher::Regex(pattern) = &location.matcher {
            define_captures(names, pattern);
        }
        define_in_section(names, &location.section);
        location.other_methods.iter().for_each(|other| define_in_section(names, &other.section));
        define_in_steps(names, &location.script);
        define_in_locations(names, &location.nested);
    }
}

fn define_in_section(names: &mut Names, section: &Section) {
    for (layers, layer) in
        section.layers.iter().flat_map(|layers| layers.layers.iter().map(move |layer| (layers, layer)))
    {
        let mut section = layers.bare.clone();
        section.lay(&[&layer.overrides.shown()]);
        define_in_section(names, &section);
        for scope in &layer.scope {
            match scope {
                Scope::Condition(condition) => define_in_condition(names, condition),
                Scope::Path(PathScope::Regex(pattern))
                | Scope::File(PathScope::Regex(pattern))
                | Scope::FileName(pattern) => define_captures(names, pattern),
                Scope::Path(PathScope::Below(_)) | Scope::File(PathScope::Below(_)) => {}
            }
        }
    }
    for check in section.access.iter().flat_map(|access| &access.checks) {
        if let Check::Require { requirement, .. } = check {
            define_in_requirement(names, requirement);
        }
        if let Check::Request(request) = check {
            let own = request.set.iter().filter(|(variable, _)| !crate::variables::is_built_in(variable));
            own.for_each(|(variable, _)| {
                names.define_slot(variable);
            });
        }
    }
    if let Some(moments) = &section.moments {
        for steps in [&moments.entered, &moments.admitted, &moments.ready] {
            define_in_steps(names, steps);
        }
        for (variable, _) in &moments.defaults {
            names.define_slot(variable);
        }
    }
    for edit in section.request_edits.iter().chain(&section.fields.edits) {
        define_in_edit(names, edit);
    }
    if let Serve::Proxy(proxy) = &section.serve {
        define_in_proxy(names, proxy);
    }
}

fn define_in_requirement(names: &mut Names, requirement: &Requirement) {
    match requirement {
        Requirement::AllOf(all) | Requirement::AnyOf(all) | Requirement::NoneOf(all) => {
            for one in all {
                define_in_requirement(names, one);
            }
        }
        Requirement::Condition(condition) => define_in_condition(names, condition),
        Requirement::ForMethods { requirement, .. } => define_in_requirement(names, requirement),
        _ => {}
    }
}

fn define_in_edit(names: &mut Names, edit: &FieldEdit) {
    match &edit.action {
        FieldAction::Edit { pattern, .. } | FieldAction::Echo { pattern } => define_captures(names, pattern),
        FieldAction::Note { variable } => {
            names.define_slot(variable);
        }
        _ => {}
    }
    if let Some(condition) = &edit.condition {
        define_in_condition(names, condition);
    }
}

fn define_in_proxy(names: &mut Names, proxy: &Proxy) {
    for redirect in &proxy.redirects {
        if let Redirect::Regex { pattern, .. } = redirect {
            define_captures(names, pattern);
        }
    }
    let cookies = &proxy.cookies;
    let replaced = cookies.domains.iter().chain(&cookies.paths).map(|rule| &rule.from);
    for text in replaced.chain(cookies.flags.iter().map(|rule| &rule.cookie)) {
        if let TextMatch::Regex(pattern) = text {
            define_captures(names, pattern);
        }
    }
}

fn define_in_steps(names: &mut Names, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Set { variable, .. } if !crate::variables::is_built_in(variable) => {
                names.define_slot(variable);
            }
            Step::Rewrite { pattern, .. } => define_captures(names, pattern),
            Step::If { condition, steps, section, .. } => {
                if let Some(section) = section {
                    define_in_section(names, section);
                }
                define_in_condition(names, condition);
                define_in_steps(names, steps);
            }
            Step::Unset { variable, .. } => {
                names.define_slot(variable);
            }
            Step::Find { file, rest, .. } => {
                names.define_slot(file);
                names.define_slot(rest);
            }
            Step::Block { steps, .. } => define_in_steps(names, steps),
            _ => {}
        }
    }
}

fn define_in_condition(names: &mut Names, condition: &Condition) {
    match condition {
        Condition::Match { pattern, .. } => define_captures(names, pattern),
        Condition::Field { name, value } => {
            define_captures(names, name);
            define_captures(names, value);
        }
        Condition::All(all) | Condition::Any(all) => {
            for one in all {
                define_in_condition(names, one);
            }
        }
        Condition::Not(condition) | Condition::Varies { condition, .. } => define_in_condition(names, condition),
        Condition::Defined(variable) if !crate::variables::is_built_in(variable) => {
            names.define_slot(variable);
        }
        _ => {}
    }
}

/// Finds `(?<name>`, `(?P<name>` and `(?'name'`; what is not such a group is left to the compiler of expressions.
fn define_captures(names: &mut Names, pattern: &Pattern) {
    for piece in pattern.expression.split("(?").skip(1) {
        let piece = piece.strip_prefix('P').unwrap_or(piece);
        let named =
            piece.strip_prefix('<').map(|rest| (rest, '>')).or(piece.strip_prefix('\'').map(|rest| (rest, '\'')));
        let Some((name, _)) = named.and_then(|(rest, end)| rest.split_once(end)) else { continue };
        let first_is_letter = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
        if first_is_letter && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            names.define_slot(name);
        }
    }
}
