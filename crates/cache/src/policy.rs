//! What may be kept, on what terms, and whether what is kept may be used: from facts alone.
//!
//! There are three sets of rules. [`configured`]: the operator says what is kept, servers may say for how long. [`standard`]:
//! RFC 9111, which asks the operator nothing. [`tuned`]: RFC 9111 with times and exceptions of the operator.

pub mod configured;
pub mod directives;
pub mod standard;
pub mod tuned;

use protocol::{Fields, Name};

/// On what terms a stored answer may be used. Times are seconds since 1970.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// The last second in which it is fresh.
    pub fresh_until: u64,
    /// How much longer it may be used while another is fetched.
    pub while_fetched: u64,
    /// How much longer it may be used where another cannot be had.
    pub on_error: u64,
    /// When it came, or was last found good.
    pub received: u64,
    /// How old it was then.
    pub age: u64,
    /// A number that grows: greater than that of whatever was asked for, or purged, before it was asked for.
    pub born: u64,
    /// What else it says of its use.
    pub flags: Flags,
}

/// What else an answer says of its use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Flags {
    /// It must be validated each time.
    pub must_ask: bool,
    /// It must not be used stale, whatever happens.
    pub never_stale: bool,
    /// It never changes while it is fresh (RFC 8246).
    pub immutable: bool,
}

impl Terms {
    /// How many numbers it is in a file.
    pub const NUMBERS: usize = 7;

    /// Itself as numbers.
    pub fn to_numbers(&self) -> [u64; Self::NUMBERS] {
        let Flags { must_ask, never_stale, immutable } = self.flags;
        let flags = u64::from(must_ask) | u64::from(never_stale) << 1 | u64::from(immutable) << 2;
        [self.fresh_until, self.while_fetched, self.on_error, self.received, self.age, self.born, flags]
    }

    /// The terms that are these numbers.
    pub fn from_numbers(
        [fresh_until, while_fetched, on_error, received, age, born, flags]: [u64; Self::NUMBERS],
    ) -> Self {
        let flags = Flags { must_ask: flags & 1 != 0, never_stale: flags & 2 != 0, immutable: flags & 4 != 0 };
        Self { fresh_until, while_fetched, on_error, received, age, born, flags }
    }

    /// Whether it is fresh.
    pub fn is_fresh(&self, now: u64) -> bool {
        self.fresh_until >= now
    }

    /// Whether it says itself that it may be used while another is fetched.
    pub fn serves_while_fetched(&self, now: u64) -> bool {
        self.fresh_until.saturating_add(self.while_fetched) >= now && self.while_fetched > 0
    }

    /// Whether it says itself that it may be used where another cannot be had.
    pub fn serves_on_error(&self, now: u64) -> bool {
        self.fresh_until.saturating_add(self.on_error) >= now && self.on_error > 0
    }

    /// How old it is now (RFC 9111 §4.2.3).
    pub fn age_at(&self, now: u64) -> u64 {
        self.age.saturating_add(now.saturating_sub(self.received))
    }
}

/// Whether what an answer differs by is not told (RFC 9110 §12.5.5).
fn varies_by_all(fields: &Fields) -> bool {
    fields.get_all_known(Name::Vary).any(|value| value.split(|byte| *byte == b',').any(|one| one.trim_ascii() == b"*"))
}

/// A date as seconds since 1970.
fn parse_date(text: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.trim();
    let date = httpdate::parse_http_date(text).ok().or_else(|| {
        // The day of the week says nothing that the rest does not.
        let (_, rest) = text.split_at_checked(3)?;
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
        days.iter().find_map(|day| httpdate::parse_http_date(&[day, rest].concat()).ok())
    })?;
    date.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}
