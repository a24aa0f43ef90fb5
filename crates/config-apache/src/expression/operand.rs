//! The values of expressions: texts, variables, functions.

use diagnostic::Diagnostic;
use model::{Function, Part, Template};

use super::Parser;
use super::lexer::{Token, braces};
use crate::modules::ssl;
use crate::request::{self, IN_PATHS};
use crate::value;

impl Parser<'_, '_> {
    /// A value, or several with `.` between them.
    pub(super) fn operand(&mut self) -> Result<Template, Diagnostic> {
        let mut parts = self.single()?;
        while self.takes(".") {
            parts.extend(self.single()?);
        }
        Ok(Template { parts: joined(parts), origin: self.word.origin })
    }

    fn single(&mut self) -> Result<Vec<Part>, Diagnostic> {
        match self.next() {
            Some(Token::Text(text)) => self.interpolated(&text),
            Some(Token::Variable(name)) => self.variable(&name),
            Some(Token::Group(number)) => Ok(vec![Part::Capture(number)]),
            Some(Token::Number(text)) => Ok(vec![Part::Text(text)]),
            Some(Token::Name(name)) if self.takes("(") => {
                let argument = self.operand()?;
                if !self.takes(")") {
                    return Err(self.wrong());
                }
                self.call(&name, argument.parts)
            }
            _ => {
                self.at = self.at.saturating_sub(1);
                Err(self.wrong())
            }
        }
    }

    /// Text with `%{…}` and `$1`.
    pub(super) fn interpolated(&mut self, text: &str) -> Result<Vec<Part>, Diagnostic> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['%', '$']) {
            let (before, after) = rest.split_at(at);
            parts.push(Part::Text(before.to_owned()));
            let digit = after.strip_prefix('$').and_then(|after| after.chars().next()?.to_digit(10));
            if let Some(digit) = digit.and_then(|digit| u8::try_from(digit).ok()) {
                parts.push(Part::Capture(digit));
                rest = after.get(2..).unwrap_or_default();
            } else if let Some((name, left)) = after.strip_prefix("%{").and_then(braces) {
                parts.extend(self.variable(name)?);
                rest = left;
            } else {
                parts.push(Part::Text(after.chars().take(1).collect()));
                rest = after.get(1..).unwrap_or_default();
            }
        }
        parts.push(Part::Text(rest.to_owned()));
        Ok(joined(parts))
    }

    /// `NAME`, or `function:text`.
    fn variable(&mut self, name: &str) -> Result<Vec<Part>, Diagnostic> {
        if let Some(field) = request::named_field(name) {
            return Ok(self.field(field));
        }
        if let Some((function, text)) = name.split_once(':') {
            if function == "ENV" {
                return Ok(vec![self.environment(text)]);
            }
            if function != "SSL" {
                let argument = self.interpolated(text)?;
                return self.call(function, argument);
            }
        }
        if name.starts_with("SSL_") {
            return Ok(ssl::variable(self.lowering, name).unwrap_or_default());
        }
        match name {
            "REQUEST_STATUS" => Ok(vec![Part::Variable("status".to_owned())]),
            "CONTENT_TYPE" => Ok(vec![Part::Variable("sent_http_content_type".to_owned())]),
            "HANDLER" => Ok(vec![request::handler(self.lowering)]),
            _ => request::variable(self.lowering, name)
                .ok_or_else(|| value::bad(self.word, format!("there is no variable \"{name}\""))),
        }
    }

    /// A variable of the environment, or a parameter that stands for it.
    fn environment(&mut self, name: &str) -> Part {
        if self.params {
            return Part::Variable(format!("param_{}", name.to_ascii_lowercase()));
        }
        request::environment(self.lowering, name)
    }

    /// A field of the request, of which caches are told.
    fn field(&mut self, name: &str) -> Vec<Part> {
        if request::is_told(name) && !self.varies.iter().any(|known| known == name) {
            self.varies.push(name.to_owned());
        }
        request::field(name)
    }

    /// A file's length or text, as it is when the configuration is read.
    fn of_file(&self, length: bool, path: &str) -> Vec<Part> {
        let found = self.lowering.files.read(std::path::Path::new(path)).unwrap_or_default();
        let text = if length { found.len().to_string() } else { String::from_utf8_lossy(&found).into_owned() };
        vec![Part::Text(text)]
    }

    fn call(&mut self, name: &str, argument: Vec<Part>) -> Result<Vec<Part>, Diagnostic> {
        let made = |by| Ok(vec![Part::Made { by, of: argument.clone() }]);
        match name.to_ascii_lowercase().as_str() {
            "tolower" => return made(Function::Lower),
            "toupper" => return made(Function::Upper),
            "escape" => {
                return made(Function::Escape { keep: IN_PATHS.to_owned(), capital: false, plus: false });
            }
            "unescape" => return made(Function::Unescape),
            "base64" => return made(Function::Base64),
            "unbase64" => return made(Function::Unbase64),
            "md5" => return made(Function::Md5),
            "sha1" => return made(Function::Sha1),
            _ => {}
        }
        let template = Template { parts: argument, origin: self.word.origin };
        let Some(text) = template.as_text() else {
            return Err(value::not_built(&format!("`{name}` of a value that a request makes")).at(self.word.origin));
        };
        match name.to_ascii_lowercase().as_str() {
            "req" | "http" => Ok(self.field(text)),
            "req_novary" => Ok(request::field(text)),
            "note" => Ok(vec![request::note(self.lowering, text)]),
            "filesize" => Ok(self.of_file(true, text)),
            "file" => Ok(self.of_file(false, text)),
            "resp" => Ok(vec![Part::Variable(format!("sent_http_{}", text.to_ascii_lowercase().replace('-', "_")))]),
            "env" | "reqenv" => Ok(vec![self.environment(text)]),
            "osenv" => {
                let known = self.lowering.options.environment.get(text);
                Ok(known.map(|known| Part::Text(known.clone())).into_iter().collect())
            }
            _ => Err(value::not_built(&format!("the function `{name}`")).at(self.word.origin)),
        }
    }
}

/// Without empty texts, and with texts beside each other as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut out: Vec<Part> = Vec::new();
    for part in parts {
        match (out.last_mut(), part) {
            (_, Part::Text(text)) if text.is_empty() => {}
            (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
            (_, part) => out.push(part),
        }
    }
    out
}
