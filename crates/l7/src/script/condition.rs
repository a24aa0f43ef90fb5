//! Conditions of scripts.

use crate::exchange::Exchange;
use crate::plan::Template;
use crate::script::Condition;
use crate::serve::files::path_of;
use crate::variables::Variable;
use model::{Comparison, FileTest, Groups, Measured, Network};
use std::cmp::Ordering;
use std::net::IpAddr;
use value::Variables as _;

impl Exchange<'_> {
    /// Whether a condition holds.
    pub async fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::All(all) => {
                for condition in all {
                    if !Box::pin(self.holds(condition)).await {
                        return false;
                    }
                }
                true
            }
            Condition::Any(any) => {
                for condition in any {
                    if Box::pin(self.holds(condition)).await {
                        return true;
                    }
                }
                false
            }
            Condition::Not(condition) => !Box::pin(self.holds(condition)).await,
            Condition::Varies(fields, condition) => {
                self.bindings.vary(fields);
                Box::pin(self.holds(condition)).await
            }
            Condition::File(test, path, negated) => self.tests_file(*test, path).await != *negated,
            condition => self.holds_now(condition),
        }
    }

    /// Whether a condition holds that waits for nothing: files are not looked at.
    pub fn holds_now(&self, condition: &Condition) -> bool {
        match condition {
            Condition::True(value) => is_true(&self.text_of(value)),
            Condition::Compare(value, comparison, with) => {
                (self.text_of(value) == self.text_of(with)) == (*comparison == Comparison::Equal)
            }
            Condition::Match { value, regex, negated, groups } => {
                let subject = self.text_of(value);
                self.bindings.matches(regex, &subject, *groups, self.plan) != *negated
            }
            Condition::Field(name, value) => {
                let mut fields = self.request.head.fields.entries();
                let named = fields.rfind(|field| name.is_match(field.name).unwrap_or(false));
                let found = named.map(|field| field.value).unwrap_or_default();
                self.bindings.matches(value, found, Groups::Latest, self.plan)
            }
            Condition::Defined(variable) => match variable {
                Variable::Slot(slot) => self.bindings.has_slot(*slot),
                variable => self.append(variable, &mut Vec::new()),
            },
            Condition::Order { value, with, by, fits } => {
                match compare(*by, &self.text_of(value), &self.text_of(with)) {
                    Ordering::Less => fits.before,
                    Ordering::Equal => fits.same,
                    Ordering::Greater => fits.behind,
                }
            }
            Condition::Address(value, networks) => lies_in(&self.text_of(value), networks),
            Condition::All(all) => all.iter().all(|condition| self.holds_now(condition)),
            Condition::Any(any) => any.iter().any(|condition| self.holds_now(condition)),
            Condition::Not(condition) => !self.holds_now(condition),
            Condition::Varies(_, condition) => self.holds_now(condition),
            Condition::File(..) => false,
        }
    }

    /// A template's value.
    pub fn text_of(&self, template: &Template) -> Vec<u8> {
        let mut text = Vec::new();
        template.evaluate(self, &mut text);
        text
    }

    async fn tests_file(&self, test: FileTest, path: &Template) -> bool {
        let path = self.text_of(path);
        if test == FileTest::Link {
            return transport::file::is_link(path_of(&path)).await;
        }
        let Ok(found) = self.look_at(&path).await else { return false };
        match test {
            FileTest::File => found.is_file(),
            FileTest::Directory => found.is_directory(),
            FileTest::Exists => true,
            FileTest::Executable => found.is_executable(),
            FileTest::Filled => found.is_file() && found.length > 0,
            FileTest::Link => false,
        }
    }
}

/// How two values are ordered.
fn compare(by: Measured, value: &[u8], with: &[u8]) -> Ordering {
    match by {
        Measured::Text => value.cmp(with),
        Measured::Length => value.len().cmp(&with.len()).then_with(|| value.cmp(with)),
        Measured::Number => number(value).cmp(&number(with)),
    }
}

/// The whole number that a text begins with, after white space; 0 if it begins with none.
fn number(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    let number = digits.fold(0_i64, |sum, digit| sum.saturating_mul(10).saturating_add(i64::from(digit - b'0')));
    if negative { -number } else { number }
}

/// Whether a text is an address of one of some networks.
fn lies_in(text: &[u8], networks: &[Network]) -> bool {
    let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<IpAddr>().ok());
    address.is_some_and(|ip| networks.iter().any(|network| Network::new(ip, network.prefix).as_ref() == Some(network)))
}

/// Neither empty nor `0`.
pub fn is_true(text: &[u8]) -> bool {
    !matches!(text, [] | [b'0'])
}
