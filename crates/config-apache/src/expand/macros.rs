//! `<Macro>` and `Use`: lines with parameters, put in wherever they are used.

use diagnostic::{Diagnostic, Origin};

use super::{Expander, word};
use crate::directive::Directive;
use crate::line::Line;
use crate::tree::{Node, Statement};

/// Longer chains of macros that use each other are refused.
const LONGEST_CHAIN: usize = 20;

/// Lines with parameters.
#[derive(Clone)]
pub(super) struct Macro {
    parameters: Vec<String>,
    body: Vec<Node>,
    origin: Origin,
}

impl Expander<'_> {
    pub(super) fn define_macro(&mut self, section: &Directive, body: &[Node]) -> Result<(), Diagnostic> {
        let name = word(section, 0)?;
        let parameters: Vec<String> = section.arguments.iter().skip(1).map(|word| word.text.clone()).collect();
        if let Some(empty) = section.arguments.iter().skip(1).find(|word| word.text.is_empty()) {
            return Err(Diagnostic::error("invalid-value", "a macro's parameter is empty").at(empty.origin));
        }
        let made = Macro { parameters, body: body.to_vec(), origin: section.origin() };
        if let Some(first) = self.known.macros.insert(name.text.to_ascii_lowercase(), made) {
            let problem = Diagnostic::warning("duplicate", format!("macro '{}' multiply defined", name.text));
            self.report(problem.at(name.origin).related(first.origin, "this one no longer holds"));
        }
        Ok(())
    }

    pub(super) fn undefine_macro(&mut self, directive: &Directive) -> Result<(), Diagnostic> {
        let name = word(directive, 0)?;
        match self.known.macros.remove(&name.text.to_ascii_lowercase()) {
            Some(_) => Ok(()),
            None => Err(undefined(&name.text).at(name.origin)),
        }
    }

    pub(super) fn use_macro(&mut self, directive: &Directive, out: &mut Vec<Directive>) -> Result<(), Diagnostic> {
        let name = word(directive, 0)?;
        let key = name.text.to_ascii_lowercase();
        let Some(found) = self.known.macros.get(&key).cloned() else {
            let close = config_source::closest(&key, self.known.macros.keys().map(String::as_str));
            let problem = undefined(&name.text).at(name.origin);
            return Err(match close {
                Some(close) => problem.help(format!("did you mean `{close}`?")),
                None => problem,
            });
        };
        let values: Vec<&str> = directive.arguments.iter().skip(1).map(|word| word.text.as_str()).collect();
        if values.len() != found.parameters.len() {
            let (given, wanted) = (values.len(), found.parameters.len());
            let message = format!("macro '{}' used with {given} arguments instead of {wanted}", name.text);
            let problem = Diagnostic::error("wrong-arity", message).at(directive.origin());
            return Err(problem.related(found.origin, "it is defined here"));
        }
        if self.using.len() >= LONGEST_CHAIN || self.using.iter().any(|(using, _)| *using == key) {
            let message = format!("recursive use of macro '{}' is invalid", name.text);
            return Err(Diagnostic::error("macro-circle", message).at(name.origin));
        }
        let parameters: Vec<(&str, &str)> = found.parameters.iter().map(String::as_str).zip(values).collect();
        let nodes = fill_nodes(&found.body, &parameters);
        self.using.push((key, directive.origin()));
        self.nodes(&nodes, out);
        self.using.pop();
        Ok(())
    }
}

fn undefined(name: &str) -> Diagnostic {
    Diagnostic::error("unknown-macro", format!("macro '{name}' undefined"))
}

fn fill_nodes(nodes: &[Node], parameters: &[(&str, &str)]) -> Vec<Node> {
    let statements = nodes.iter().filter_map(|node| match node {
        Node::Statement(statement) => Some(statement),
        Node::Comment(_) => None,
    });
    let filled = statements.map(|statement| {
        Node::Statement(Statement {
            line: fill(&statement.line, parameters),
            body: statement.body.as_ref().map(|body| fill_nodes(body, parameters)),
            span: statement.span.clone(),
        })
    });
    filled.collect()
}

/// The line with values in place of parameters: the leftmost first, of two at one place the longer.
fn fill(line: &Line, parameters: &[(&str, &str)]) -> Line {
    let mut line = line.clone();
    let mut from = 0;
    loop {
        let text = line.text();
        let start = text.char_indices().nth(from).map_or(text.len(), |(start, _)| start);
        let rest = text.get(start..).unwrap_or_default();
        let found = parameters.iter().filter_map(|(name, value)| Some((rest.find(name)?, name, value)));
        let chosen = found.min_by_key(|(at, name, _)| (*at, std::cmp::Reverse(name.len())));
        let Some((at, name, value)) = chosen else { return line };
        let at = from + rest.get(..at).unwrap_or_default().chars().count();
        // A parameter with `@` stands for its value in quotes.
        let value = if name.starts_with('@') { quoted(value) } else { (*value).to_owned() };
        line = line.replace(at, name.chars().count(), &value);
        from = at + value.chars().count();
    }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
