//! What each variable of a request means: the `Variables` of `value`.

pub mod connection;
mod guard;
pub mod lookup;
mod name;
pub mod request;
pub mod response;
mod tls;
mod token;
mod upstream;

pub use name::{Names, OfConnection, OfGuard, OfRequest, OfResponse, OfToken, OfUpstream, Variable, is_built_in};

pub use tls::OfTls;

use crate::exchange::Exchange;
use value::Variables;

impl Variables<Variable> for Exchange<'_> {
    fn append(&self, variable: &Variable, out: &mut Vec<u8>) -> bool {
        use Variable as V;
        match variable {
            V::Slot(slot) => self.bindings.append_slot(*slot, out),
            V::Map(index) => self.append_map(*index, out),
            V::AddressMap(index) => self.append_address_map(*index, out),
            V::Split(index) => self.append_split(*index, out),
            V::Guard(of) => self.append_guard(*of, out),
            V::Token(of) => self.append_token(of, out),
            V::Request(of) => self.append_request(of, out),
            V::Connection(of) => self.append_connection(*of, out),
            V::Tls(of) => self.append_tls(*of, out),
            V::Response(of) => self.append_response(of, out),
            V::Upstream(of) => self.append_upstream(of, out),
        }
    }

    fn capture(&self, number: u8, out: &mut Vec<u8>) {
        self.bindings.append_capture(number, out);
    }

    fn kept(&self, number: u8, out: &mut Vec<u8>) {
        self.bindings.append_kept(number, out);
    }
}

impl Exchange<'_> {
    /// A map's value: looked up once an exchange, unless it is volatile.
    fn append_map(&self, index: u16, out: &mut Vec<u8>) -> bool {
        let Some(map) = self.plan.maps.get(usize::from(index)) else { return false };
        let cached = !map.is_volatile();
        if cached && self.bindings.append_cached_map(index, out) {
            return true;
        }
        let mut key = Vec::new();
        map.source().evaluate(self, &mut key);
        let start = out.len();
        let mut captures = self.bindings.take_captures();
        let choice = map.find(&key, &mut captures);
        self.bindings.keep(captures, choice.regex, self.plan);
        choice.value.evaluate(self, out);
        if cached {
            self.bindings.cache_map(index, out.get(start..).unwrap_or(&[]));
        }
        true
    }
}

/// Appends a number in decimal.
pub fn append_number(number: u64, out: &mut Vec<u8>) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    let mut rest = number;
    loop {
        at -= 1;
        if let Some(digit) = digits.get_mut(at) {
            *digit = b'0' + u8::try_from(rest % 10).unwrap_or(0);
        }
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(at..).unwrap_or(&[]));
}

/// Appends a span in seconds with three decimals.
pub fn append_seconds(span: std::time::Duration, out: &mut Vec<u8>) {
    append_number(span.as_secs(), out);
    let millis = span.subsec_millis();
    out.push(b'.');
    for divisor in [100, 10, 1] {
        out.push(b'0' + u8::try_from(millis / divisor % 10).unwrap_or(0));
    }
}
