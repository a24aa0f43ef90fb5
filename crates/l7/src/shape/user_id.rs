//! Cookies that tell clients apart (`userid`).

use crate::exchange::Exchange;
use crate::response::Response;
use crate::serve::listing::civil;
use crate::variables::Variable;
use crate::variables::request::cookie;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use model::{UserId, UserIdExpiry, UserIdKind};
use protocol::Name;
use std::cell::Cell;
use std::io::Write as _;
use telemetry::Level;
use transport::{Address, clock};
use value::Variables as _;

/// Characters of a cookie that hold its number.
const LENGTH: usize = 22;
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A number of sixteen bytes, as four words of the machine.
pub type Identity = [u32; 4];

/// The rule of a place.
pub struct UserIdRule {
    /// As configured.
    pub rule: UserId,
    /// The variable that asks for a new number.
    pub reset: Option<Variable>,
}

/// What an exchange gives out.
#[derive(Clone, Copy)]
enum Given {
    Nothing,
    /// The number that came, under another mark.
    Again(Identity),
    New(Identity),
}

/// What is known of a client's cookie in an exchange: made out when first asked for.
#[derive(Default)]
pub struct UserIdState(Cell<Option<Given>>);

/// How numbers of a worker are told apart.
#[derive(Default)]
pub struct Sequence(Cell<u32>);

impl Sequence {
    fn next(&self) -> u32 {
        let number = self.0.get().wrapping_add(1);
        self.0.set(number);
        number
    }
}

impl Exchange<'_> {
    /// Gives the client its cookie.
    pub fn give_user_id(&mut self, response: &mut Response) {
        let Some(place) = self.place.section.user_id.as_deref() else { return };
        let rule = &place.rule;
        if rule.kind == UserIdKind::ReadOnly || self.is_child() {
            return;
        }
        let (Given::Again(identity) | Given::New(identity)) = self.given_user_id(place) else { return };
        response.head.fields.push_with(b"Set-Cookie", |out| write_cookie(rule, identity, out));
        if let Some(policy) = &rule.p3p {
            response.head.fields.push(b"P3P", policy.as_bytes());
        }
    }

    /// Appends the name and number of the cookie that came.
    pub fn append_user_id_got(&self, out: &mut Vec<u8>) -> bool {
        let Some(place) = self.place.section.user_id.as_deref() else { return false };
        let Some((identity, _)) = self.received_user_id(&place.rule) else { return false };
        append_identity(&place.rule.name, identity, out);
        true
    }

    /// Appends the name and number of the cookie that is given out.
    pub fn append_user_id_set(&self, out: &mut Vec<u8>) -> bool {
        let Some(place) = self.place.section.user_id.as_deref() else { return false };
        if place.rule.kind == UserIdKind::ReadOnly {
            return false;
        }
        let (Given::Again(identity) | Given::New(identity)) = self.given_user_id(place) else { return false };
        append_identity(&place.rule.name, identity, out);
        true
    }

    /// The number of the client's cookie, and the cookie.
    fn received_user_id(&self, rule: &UserId) -> Option<(Identity, Vec<u8>)> {
        let fields = self.request.head.fields.get_all_known(Name::Cookie);
        let value = cookie(fields, rule.name.as_bytes())?;
        let bytes = STANDARD_NO_PAD.decode(value.get(..LENGTH)?).ok()?;
        let mut identity = [0; 4];
        for (word, bytes) in identity.iter_mut().zip(bytes.chunks_exact(4)) {
            *word = u32::from_ne_bytes(bytes.try_into().ok()?);
        }
        Some((identity, value.to_vec()))
    }

    fn given_user_id(&self, place: &UserIdRule) -> Given {
        let state = &self.bindings.user_id.0;
        if let Some(given) = state.get() {
            return given;
        }
        let given = self.choose_user_id(place);
        state.set(Some(given));
        given
    }

    fn choose_user_id(&self, place: &UserIdRule) -> Given {
        let rule = &place.rule;
        let Some((identity, value)) = self.received_user_id(rule).filter(|(identity, _)| identity[3] != 0) else {
            return Given::New(self.new_identity(rule));
        };
        let mut reset = Vec::new();
        if let Some(variable) = &place.reset {
            self.append(variable, &mut reset);
        }
        if matches!(reset.as_slice(), b"" | b"0") {
            let marked =
                |mark: char| value.get(LENGTH..).is_some_and(|end| end.starts_with(format!("{mark}=").as_bytes()));
            return if rule.mark.is_none_or(marked) { Given::Nothing } else { Given::Again(identity) };
        }
        if reset == b"log" {
            self.log(Level::Notice, || {
                let mut text = Vec::new();
                append_identity(&rule.name, identity, &mut text);
                format!("userid cookie \"{}\" was reset", String::from_utf8_lossy(&text))
            });
        }
        Given::New(self.new_identity(rule))
    }

    /// Service, time, process and number: each in network order, but for cookies of the first kind.
    fn new_identity(&self, rule: &UserId) -> Identity {
        let now = clock::unix_time();
        let seconds = u32::try_from(now.as_secs() & u64::from(u32::MAX)).unwrap_or(0);
        let random = self.worker.shared.random_id();
        let start = random.first_chunk().map_or(0, |start| u32::from_ne_bytes(*start));
        // The least byte of a number tells the kind.
        let number = self.worker.shared.user_ids.next() << 8;
        if rule.kind == UserIdKind::First {
            return [rule.service.unwrap_or(0), seconds, start, number | 1];
        }
        let service = rule.service.map_or_else(|| self.served_by(), u32::to_be);
        [service, seconds.to_be(), start.to_be(), (number | 2).to_be()]
    }

    /// The address that the client reached, or the end of it.
    fn served_by(&self) -> u32 {
        let Address::Inet(address) = &self.connection.facts.local else { return 0 };
        match address.ip().to_canonical() {
            std::net::IpAddr::V4(address) => u32::from_ne_bytes(address.octets()),
            std::net::IpAddr::V6(address) => {
                let octets = address.octets();
                octets.last_chunk().map_or(0, |end| u32::from_ne_bytes(*end))
            }
        }
    }
}

fn append_identity(name: &str, identity: Identity, out: &mut Vec<u8>) {
    let [first, second, third, fourth] = identity;
    // Writing to memory cannot fail.
    let _ = write!(out, "{name}={first:08X}{second:08X}{third:08X}{fourth:08X}");
}

fn write_cookie(rule: &UserId, identity: Identity, out: &mut Vec<u8>) {
    let bytes: Vec<u8> = identity.iter().flat_map(|word| word.to_ne_bytes()).collect();
    let mut encoded = STANDARD.encode(bytes);
    if let Some(mark) = rule.mark {
        encoded.truncate(LENGTH);
        encoded.push(mark);
        encoded.push('=');
    }
    // Writing to memory cannot fail.
    let _ = write!(out, "{}={encoded}", rule.name);
    let _ = match rule.expires {
        None => Ok(()),
        Some(UserIdExpiry::Latest) => write!(out, "; expires=Thu, 31-Dec-37 23:55:55 GMT"),
        Some(UserIdExpiry::After(span)) => write_expiry((clock::unix_time() + span).as_secs(), out),
    };
    if let Some(domain) = &rule.domain {
        let _ = write!(out, "; domain={domain}");
    }
    let _ = write!(out, "; path={}", rule.path);
    if rule.secure {
        out.extend_from_slice(b"; secure");
    }
    if rule.http_only {
        out.extend_from_slice(b"; httponly");
    }
    if let Some(site) = &rule.same_site {
        let _ = write!(out, "; samesite={site}");
    }
}

/// As browsers of old wrote it: the year has two digits as long as they can tell the century.
fn write_expiry(time: u64, out: &mut Vec<u8>) -> std::io::Result<()> {
    let (year, month, day, second) = civil(time);
    let weekday = DAYS.get(usize::try_from(time / 86_400 % 7).unwrap_or(0)).copied().unwrap_or_default();
    let month = MONTHS.get(month - 1).copied().unwrap_or_default();
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    write!(out, "; expires={weekday}, {day:02}-{month}-")?;
    if year > 2037 {
        write!(out, "{year}")?;
    } else {
        write!(out, "{:02}", year % 100)?;
    }
    write!(out, " {hour:02}:{minute:02}:{second:02} GMT")
}
