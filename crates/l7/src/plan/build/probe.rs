//! What a good answer to a request of our own is.

use crate::plan::Build;
use model::{AnswerTest, Expectation};
use protocol::Fields;
use std::sync::Arc;
use upstream::{Judge, Probe};
use value::Regex;

/// An expectation, compiled.
struct Test {
    what: What,
    not: bool,
}

enum What {
    Status(Vec<(u16, u16)>),
    Field(Box<[u8]>),
    FieldIs(Box<[u8]>, Box<[u8]>),
    FieldMatches(Box<[u8]>, Regex),
    Body(Regex),
}

impl Build<'_> {
    /// How the servers of a group are asked whether they are well.
    pub fn probe(&mut self, probe: &model::Probe) -> Arc<Probe> {
        let tests: Vec<Test> = probe.expected.iter().filter_map(|expected| self.test(expected)).collect();
        let judge: Judge = Box::new(move |status, fields, body| {
            tests.iter().all(|test| test.what.holds(test.not, status, fields, body))
        });
        let tls = probe.tls.as_ref().and_then(|tls| Some((tls.name.clone(), self.security(tls)?)));
        let secured = tls.map(|(name, security)| {
            let name = name.as_ref().and_then(|name| name.as_text()).unwrap_or(&probe.host).to_owned();
            (security, name)
        });
        Probe::new(probe, judge, secured)
    }

    fn test(&mut self, expected: &Expectation) -> Option<Test> {
        let name = |name: &String| name.as_bytes().into();
        let what = match &expected.test {
            AnswerTest::Status(ranges) => What::Status(ranges.clone()),
            AnswerTest::Field(field) => What::Field(name(field)),
            AnswerTest::FieldIs(field, value) => What::FieldIs(name(field), name(value)),
            AnswerTest::FieldMatches(field, pattern) => What::FieldMatches(name(field), self.regex(pattern)?),
            AnswerTest::Body(pattern) => What::Body(self.regex(pattern)?),
        };
        Some(Test { what, not: expected.not })
    }
}

impl What {
    /// A field that must not have a value must be there all the same.
    fn holds(&self, not: bool, status: u16, fields: &Fields, body: &[u8]) -> bool {
        match self {
            Self::Status(ranges) => ranges.iter().any(|(from, to)| (*from..=*to).contains(&status)) != not,
            Self::Field(name) => fields.get(name).is_some() != not,
            Self::FieldIs(name, value) => fields.get(name).is_some_and(|found| (*found == **value) != not),
            Self::FieldMatches(name, regex) => fields.get(name).is_some_and(|found| matches(regex, found) != not),
            Self::Body(regex) => matches(regex, body) != not,
        }
    }
}

/// An expression that takes too long does not match.
fn matches(regex: &Regex, text: &[u8]) -> bool {
    regex.is_match(text).unwrap_or(false)
}
