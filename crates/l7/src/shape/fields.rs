//! Fields that responses get: `Server`, `Date`, `add_header`, `expires`.

use crate::exchange::Exchange;
use crate::plan::ExpiresRule;
use crate::response::Response;
use crate::serve::error_page::{PROGRAM, PROGRAM_VERSION};
use crate::variables::append_number;
use model::{ExpiresTime, ServerTokens};
use protocol::{Fields, Name};
use std::time::Duration;
use transport::clock;

/// Whether responses of this status get added fields that are not for all.
pub fn is_common(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301 | 302 | 303 | 304 | 307 | 308)
}

impl Exchange<'_> {
    /// Puts `Server` and `Date` in front, unless the upstream's own are passed.
    pub fn name_server(&self, response: &mut Response) {
        let fields = &mut response.head.fields;
        let mut first = Fields::new();
        if !fields.contains(Name::Server) {
            let name = match self.place.section.error_pages.server_tokens {
                ServerTokens::Full => PROGRAM_VERSION,
                ServerTokens::Name => PROGRAM,
            };
            first.push(b"Server", name.as_bytes());
        }
        if !fields.contains(Name::Date) {
            first.push(b"Date", &clock::http_date());
        }
        for (name, value) in fields.iter() {
            first.push(name, value);
        }
        *fields = first;
    }

    /// Adds what an upstream's answer left behind when it asked for another path; its media type replaces the path's own.
    pub fn carry_fields(&mut self, response: &mut Response) {
        for field in self.carried.entries() {
            match field.known {
                Name::ContentType => response.head.fields.set(field.name, field.value),
                Name::AcceptRanges => {}
                _ => response.head.fields.push(field.name, field.value),
            }
        }
        self.carried.clear();
    }

    /// Adds the place's fields.
    pub fn add_fields(&mut self, response: &mut Response) {
        let rules = &self.place.section.fields;
        if rules.add.is_empty() && rules.expires.is_none() {
            return;
        }
        let common = is_common(response.head.status);
        // The values may speak of the response (`$sent_http_…`, `$status`).
        self.sent.status = response.head.status;
        self.sent.fields.clone_from(&response.head.fields);
        if let Some(rule) = rules.expires.as_ref().filter(|_| common) {
            self.set_expires(rule, response);
        }
        for field in rules.add.iter().filter(|field| common || field.always) {
            let value = self.text_of(&field.value);
            if value.is_empty() {
                continue;
            }
            if field.name.eq_ignore_ascii_case(b"last-modified") {
                response.head.fields.set(&field.name, &value);
                response.modified = None;
            } else {
                response.head.fields.push(&field.name, &value);
            }
        }
    }

    fn set_expires(&self, rule: &ExpiresRule, response: &mut Response) {
        let time = match rule {
            ExpiresRule::Fixed(time) => *time,
            ExpiresRule::Variable(template) => match parse_expires(&self.text_of(template)) {
                Some(time) => time,
                None => return,
            },
        };
        let now = clock::unix_time();
        let modified = response.modified.map(Duration::from_secs);
        let (expires, age) = match time {
            ExpiresTime::Off => return,
            ExpiresTime::Epoch => (None, Age::NoCache),
            ExpiresTime::Max => (Some(Duration::from_secs(2_145_916_555)), Age::Seconds(315_360_000)),
            ExpiresTime::After(span) => (Some(now + span), Age::Seconds(span.as_secs())),
            ExpiresTime::Before(span) => (Some(now.saturating_sub(span)), Age::NoCache),
            ExpiresTime::AfterModified(span) => match modified {
                Some(modified) => {
                    let expires = modified + span;
                    (Some(expires), expires.checked_sub(now).map_or(Age::NoCache, |left| Age::Seconds(left.as_secs())))
                }
                None => (Some(now + span), Age::Seconds(span.as_secs())),
            },
            ExpiresTime::Daily(second) => {
                let left = u64::from(second) + 86_400 - now.as_secs() % 86_400;
                let left = left % 86_400;
                (Some(now + Duration::from_secs(left)), Age::Seconds(left))
            }
        };
        let fields = &mut response.head.fields;
        fields.set(b"Expires", &clock::format_date(expires.unwrap_or(Duration::from_secs(1))));
        fields.set_with(b"Cache-Control", |out| match age {
            Age::NoCache => out.extend_from_slice(b"no-cache"),
            Age::Seconds(seconds) => {
                out.extend_from_slice(b"max-age=");
                append_number(seconds, out);
            }
        });
    }
}

/// What `Cache-Control` says beside `Expires`.
enum Age {
    NoCache,
    Seconds(u64),
}

/// A time of expiry as a variable gives it.
fn parse_expires(text: &[u8]) -> Option<ExpiresTime> {
    let text = std::str::from_utf8(text).ok()?;
    match text {
        "off" | "" => Some(ExpiresTime::Off),
        "epoch" => Some(ExpiresTime::Epoch),
        "max" => Some(ExpiresTime::Max),
        _ => match text.strip_prefix('-') {
            Some(span) => parse_span(span).map(ExpiresTime::Before),
            None => parse_span(text.strip_prefix('+').unwrap_or(text)).map(ExpiresTime::After),
        },
    }
}

fn parse_span(text: &str) -> Option<Duration> {
    let mut seconds = 0_u64;
    let mut number: Option<u64> = None;
    for character in text.chars().filter(|character| *character != ' ') {
        if let Some(digit) = character.to_digit(10) {
            number = Some(number.unwrap_or(0).checked_mul(10)?.checked_add(u64::from(digit))?);
            continue;
        }
        let unit = match character {
            'y' => 31_536_000,
            'M' => 2_592_000,
            'w' => 604_800,
            'd' => 86_400,
            'h' => 3600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        seconds = seconds.checked_add(number.take()?.checked_mul(unit)?)?;
    }
    Some(Duration::from_secs(seconds.checked_add(number.unwrap_or(0))?))
}
