//! Conditions of scripts.

use crate::exchange::Exchange;
use crate::plan::Template;
use crate::script::Condition;
use model::{Comparison, FileTest};

impl Exchange<'_> {
    /// Whether a condition holds.
    pub async fn holds(&self, condition: &Condition) -> bool {
        match condition {
            Condition::True(value) => is_true(&self.text_of(value)),
            Condition::Compare(value, comparison, with) => {
                (self.text_of(value) == self.text_of(with)) == (*comparison == Comparison::Equal)
            }
            Condition::Match(value, regex, negated) => {
                let subject = self.text_of(value);
                let matched = self.bindings.bind(regex, &subject, self.plan).unwrap_or(false);
                matched != *negated
            }
            Condition::File(test, path, negated) => self.tests_file(*test, path).await != *negated,
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
        let Ok(found) = self.look_at(&path).await else { return false };
        match test {
            FileTest::File => found.is_file(),
            FileTest::Directory => found.is_directory(),
            FileTest::Exists => true,
            FileTest::Executable => found.is_executable(),
        }
    }
}

/// Neither empty nor `0`.
pub fn is_true(text: &[u8]) -> bool {
    !matches!(text, [] | [b'0'])
}
