//! Which names of request fields a site takes: `ignore_invalid_headers` and `underscores_in_headers`.

use model::HeadReading;

/// Which names of request fields are taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldNames {
    /// Fields with unusual names are dropped.
    pub drop_invalid: bool,
    /// `_` is usual in a name.
    pub underscores: bool,
}

impl FieldNames {
    /// As a site has it.
    pub fn of(reading: &HeadReading) -> Self {
        Self { drop_invalid: reading.drop_invalid, underscores: reading.underscores }
    }

    /// What either takes: a head is read before its site is known.
    pub fn or(self, other: Self) -> Self {
        Self {
            drop_invalid: self.drop_invalid && other.drop_invalid,
            underscores: self.underscores || other.underscores,
        }
    }

    /// Whether a field of this name is taken.
    pub fn take(self, name: &[u8]) -> bool {
        let is_usual = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-' || (self.underscores && *byte == b'_');
        !self.drop_invalid || name.iter().all(is_usual)
    }
}
