//! Locations and scripts, compiled.

use crate::plan::{Build, Location, OtherMethods, Template};
use crate::script::moments::Moments;
use crate::script::{Condition, Rewrite, Script, SetPlace, Step};
use diagnostic::Diagnostic;
use protocol::Method;

impl Build<'_> {
    /// A location with everything inside it.
    pub fn location(&mut self, location: &model::Location, choice: model::Choice) -> Location {
        Location {
            matcher: location.matcher.clone(),
            redirect_bare: location.redirect_bare,
            script: self.script(&location.script),
            nested: self.locations(&location.nested, choice),
            section: self.section(&location.section),
            other_methods: location.other_methods.as_ref().map(|other| self.other_methods(other)),
            origin: location.origin,
        }
    }

    fn other_methods(&mut self, other: &model::OtherMethods) -> OtherMethods {
        let except = other.except.iter().map(|method| Method::new(method.as_bytes())).collect();
        OtherMethods { except, section: self.section(&other.section) }
    }

    /// What is run when.
    pub fn moments(&mut self, moments: &model::Moments) -> Moments {
        let defaults = moments.defaults.iter().filter_map(|(variable, value)| {
            let slot = self.names.slot(variable)?;
            Some((slot, self.template(value)))
        });
        let defaults = defaults.collect();
        Moments {
            entered: self.script(&moments.entered),
            admitted: self.script(&moments.admitted),
            defaults,
            user: moments.user.as_ref().map(|user| self.template(user)),
            ready: self.script(&moments.ready),
        }
    }

    /// A script.
    pub fn script(&mut self, steps: &[model::Step]) -> Script {
        Script { steps: steps.iter().filter_map(|step| self.step(step)).collect() }
    }

    fn step(&mut self, step: &model::Step) -> Option<Step> {
        Some(match step {
            model::Step::Set { variable, value, origin } => {
                Step::Set { place: self.set_place(variable, *origin)?, value: self.template(value) }
            }
            model::Step::Rewrite { pattern, replacement, flag, keep_arguments, .. } => {
                let (path, arguments) = self.split_replacement(replacement);
                let (pattern, flag, keep_arguments) = (self.regex(pattern)?, *flag, *keep_arguments);
                Step::Rewrite(Box::new(Rewrite { pattern, path, arguments, flag, keep_arguments }))
            }
            model::Step::If { condition, steps, section, .. } => Step::If {
                condition: self.condition(condition)?,
                script: self.script(steps),
                section: section.as_ref().map(|section| Box::new(self.section(section))),
            },
            model::Step::Return { status, text, .. } => {
                // No text with an error status asks for the error page.
                let text = text.as_ref().filter(|text| *status < 400 || !text.parts.is_empty());
                Step::Return { status: *status, text: text.map(|text| self.template(text)) }
            }
            model::Step::Break { .. } => Step::Break,
            model::Step::Unset { variable, .. } => Step::Unset(self.names.slot(variable)?),
            model::Step::Path { path, .. } => Step::Path(self.template(path)),
            model::Step::Skip { steps, .. } => Step::Skip(*steps),
            model::Step::Block { steps, .. } => Step::Block(self.script(steps)),
            model::Step::Leave { .. } => Step::Leave,
            model::Step::Again { most, .. } => Step::Again(*most),
            model::Step::Find { name, file, rest, index, .. } => Step::Find {
                name: self.template(name),
                file: self.names.slot(file)?,
                rest: self.names.slot(rest)?,
                index: *index,
            },
            model::Step::Begin { path, .. } => Step::Begin(self.template(path)),
            model::Step::Go { location, .. } => Step::Go(location.as_bytes().into()),
        })
    }

    /// What a `set` of a variable changes.
    pub fn set_place(&mut self, variable: &str, origin: diagnostic::Origin) -> Option<SetPlace> {
        match (variable.to_ascii_lowercase().as_str(), self.names.slot(variable)) {
            ("args", _) => Some(SetPlace::Arguments),
            ("limit_rate", _) => Some(SetPlace::LimitRate),
            (_, Some(slot)) => Some(SetPlace::Slot(slot)),
            (_, None) => {
                let message = format!("the duplicate \"{variable}\" variable");
                let help = "this variable is built in and cannot be set: choose another name";
                self.diagnostics.push(Diagnostic::error("built-in-variable", message).at(origin).help(help));
                None
            }
        }
    }

    /// The replacement up to its first literal `?`, and what follows it.
    fn split_replacement(&mut self, replacement: &model::Template) -> (Template, Option<Template>) {
        let found = replacement.parts.iter().enumerate().find_map(|(index, part)| match part {
            model::Part::Text(text) => text.split_once('?').map(|(before, after)| (index, before, after)),
            _ => None,
        });
        let Some((index, before, after)) = found else { return (self.template(replacement), None) };
        let mut path: Vec<model::Part> = replacement.parts.iter().take(index).cloned().collect();
        path.push(model::Part::Text(before.to_owned()));
        let mut arguments = vec![model::Part::Text(after.to_owned())];
        arguments.extend(replacement.parts.iter().skip(index + 1).cloned());
        let origin = replacement.origin;
        let path = self.template(&model::Template { parts: path, origin });
        (path, Some(self.template(&model::Template { parts: arguments, origin })))
    }

    /// A condition.
    pub fn condition(&mut self, condition: &model::Condition) -> Option<Condition> {
        Some(match condition {
            model::Condition::True(value) => Condition::True(self.template(value)),
            model::Condition::Compare { value, comparison, with } => {
                Condition::Compare(self.template(value), *comparison, self.template(with))
            }
            model::Condition::Match { value, pattern, negated, groups } => Condition::Match {
                value: self.template(value),
                regex: self.regex(pattern)?,
                negated: *negated,
                groups: *groups,
            },
            model::Condition::Field { name, value } => Condition::Field(self.regex(name)?, self.regex(value)?),
            model::Condition::File { test, path, negated } => Condition::File(*test, self.template(path), *negated),
            model::Condition::All(all) => Condition::All(self.conditions(all)?),
            model::Condition::Any(any) => Condition::Any(self.conditions(any)?),
            model::Condition::Not(condition) => Condition::Not(Box::new(self.condition(condition)?)),
            model::Condition::Varies { fields, condition } => {
                let fields = fields.iter().map(|field| field.as_bytes().into()).collect();
                Condition::Varies(fields, Box::new(self.condition(condition)?))
            }
            model::Condition::Defined(variable) => Condition::Defined(self.names.resolve(variable)?),
            model::Condition::Order { value, with, by, fits } => {
                Condition::Order { value: self.template(value), with: self.template(with), by: *by, fits: *fits }
            }
            model::Condition::Address { value, networks } => {
                Condition::Address(self.template(value), networks.as_slice().into())
            }
        })
    }

    fn conditions(&mut self, conditions: &[model::Condition]) -> Option<Box<[Condition]>> {
        conditions.iter().map(|condition| self.condition(condition)).collect()
    }
}
