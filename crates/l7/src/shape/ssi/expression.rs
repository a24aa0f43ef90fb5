//! Variables in commands, and conditions.

use super::engine::Engine;
use transport::clock;
use value::{Captures, Regex, Variables as _};

impl Engine {
    /// The value of a variable by its name, if it has one.
    pub(super) fn lookup(&self, name: &[u8]) -> Option<Vec<u8>> {
        if let [digit @ b'0'..=b'9'] = name
            && let Some(capture) = self.captures.get(usize::from(digit - b'0'))
        {
            return Some(capture.clone());
        }
        let name = name.to_ascii_lowercase();
        if let Some(value) = self.page.variables.borrow().get(&name) {
            return Some(value.clone());
        }
        let name = std::str::from_utf8(&name).ok()?;
        let mut value = Vec::new();
        let found = self.errands.with(|exchange| match name {
            "date_local" | "date_gmt" => {
                let time = &exchange.worker.shared.time;
                time.append_format(clock::unix_time(), &self.date_format, name == "date_local", &mut value);
                true
            }
            _ => {
                let variable = exchange.plan.names.resolve(name);
                variable.is_some_and(|variable| exchange.append(&variable, &mut value))
            }
        });
        found.then_some(value)
    }

    /// A text with the values of its variables; `\\` takes its meaning from `$`, quotes and itself.
    pub(super) fn expand(&self, text: &[u8]) -> Result<Vec<u8>, ()> {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = memchr::memchr2(b'$', b'\\', rest) {
            let (before, after) = rest.split_at_checked(at).ok_or(())?;
            out.extend_from_slice(before);
            rest = match after {
                [b'\\', escaped @ (b'\\' | b'$' | b'"' | b'\''), after @ ..] => {
                    out.push(*escaped);
                    after
                }
                [b'\\', after @ ..] => {
                    out.push(b'\\');
                    after
                }
                after => {
                    let (name, after) = variable(after.get(1..).unwrap_or_default()).ok_or(())?;
                    out.extend(self.lookup(name).unwrap_or_default());
                    after
                }
            };
        }
        out.extend_from_slice(rest);
        Ok(out)
    }

    /// Whether a condition holds: a text that is not empty, or a comparison.
    pub(super) fn holds(&mut self, expression: &[u8]) -> Result<bool, ()> {
        let end = expression.iter().position(|byte| !is_operand(*byte)).unwrap_or(expression.len());
        let (left, rest) = expression.split_at_checked(end).ok_or(())?;
        let left = self.expand(left)?;
        let rest = rest.trim_ascii_start();
        if rest.is_empty() {
            return Ok(!left.is_empty());
        }
        let (negated, right) = match rest {
            [b'=', right @ ..] => (false, right),
            [b'!', b'=', right @ ..] => (true, right),
            _ => return Err(()),
        };
        let right = right.trim_ascii_start();
        let same = match right {
            [b'/', pattern @ .., b'/'] => self.matches(&left, pattern)?,
            [b'/', ..] => return Err(()),
            right => self.expand(right)? == left,
        };
        Ok(same != negated)
    }

    /// Whether an expression matches; what it captures is kept.
    fn matches(&mut self, subject: &[u8], pattern: &[u8]) -> Result<bool, ()> {
        let pattern = self.expand_pattern(pattern)?;
        let regex = Regex::new(&pattern, false).map_err(drop)?;
        let mut captures = Captures::new();
        if !regex.captures(subject, &mut captures).map_err(drop)? {
            return Ok(false);
        }
        self.captures = (0..captures.len()).map(|group| captures.text(group).unwrap_or_default().to_vec()).collect();
        for (name, group) in regex.names() {
            self.keep(name.as_bytes(), captures.text(group).unwrap_or_default().to_vec());
        }
        Ok(true)
    }

    /// An expression may hold variables; a `$` that begins none is its own.
    fn expand_pattern(&self, pattern: &[u8]) -> Result<String, ()> {
        let text = match pattern.last() {
            Some(b'$') => pattern.get(..pattern.len() - 1).unwrap_or_default(),
            _ => pattern,
        };
        let mut expanded = self.expand(text)?;
        expanded.extend_from_slice(pattern.get(text.len()..).unwrap_or_default());
        String::from_utf8(expanded).map_err(drop)
    }
}

/// The name of a variable after its `$`, and what follows it.
fn variable(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let bracketed = text.strip_prefix(b"{");
    let begin = bracketed.unwrap_or(text);
    let end = begin.iter().position(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_').unwrap_or(begin.len());
    let (name, rest) = begin.split_at_checked(end)?;
    let rest = if bracketed.is_some() { rest.strip_prefix(b"}")? } else { rest };
    (!name.is_empty()).then_some((name, rest))
}

fn is_operand(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"$_{}\"'".contains(&byte)
}
