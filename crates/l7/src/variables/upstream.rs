//! Variables of the upstream exchange: one value for each server that was asked.

use crate::exchange::Exchange;
use crate::request::split_authority;
use crate::serve::cached::Kept;
use crate::serve::proxy::{Attempted, Bond};
use crate::variables::request::cookie;
use crate::variables::response::{append_all, append_status};
use crate::variables::{OfUpstream, append_number, append_seconds};
use protocol::Name;
use std::time::Duration;

impl Exchange<'_> {
    /// Appends a variable of the upstream exchange; false: it has no value.
    pub fn append_upstream(&self, of: &OfUpstream, out: &mut Vec<u8>) -> bool {
        use OfUpstream as U;
        match of {
            U::Address => self.append_each(out, |attempt, out| out.extend_from_slice(attempt.peer.as_bytes())),
            U::CacheEtag => self.append_kept(out, |kept| &kept.etag),
            U::CacheKey => self.append_kept(out, |kept| &kept.key),
            U::CacheLastModified => self.append_kept(out, |kept| &kept.last_modified),
            U::CacheStatus => self.append_kept(out, |kept| kept.status.name().as_bytes()),
            U::Group => self.append_bond(out, |bond| bond.group.as_bytes()),
            U::NamedRoute => self.append_bond(out, |bond| &bond.named),
            U::Route => self.append_bond(out, |bond| bond.route.as_bytes()),
            U::RouteChanged => self.append_bond(out, |bond| if bond.is_changed() { b"1" } else { b"" }),
            U::Server => self.append_bond(out, |bond| bond.server.as_bytes()),
            U::SliceRange => self.slice.as_ref().map(|slice| slice.append(out)).is_some(),
            U::BytesReceived => self.append_each(out, |attempt, out| append_number(attempt.received, out)),
            U::BytesSent => self.append_each(out, |attempt, out| append_number(attempt.sent, out)),
            U::ConnectTime => {
                self.append_each(out, |attempt, out| append_time(attempt.time_to(attempt.connected), out))
            }
            U::HeaderTime => self.append_each(out, |attempt, out| append_time(attempt.time_to(attempt.answered), out)),
            U::ResponseTime => self.append_each(out, |attempt, out| append_time(attempt.time_to(attempt.ended), out)),
            U::ResponseLength => self.append_each(out, |attempt, out| append_number(attempt.length, out)),
            U::Status => self.append_each(out, |attempt, out| match attempt.status {
                0 => out.push(b'-'),
                status => append_status(status, out),
            }),
            U::Field(name) => append_all(&self.upstream.fields, name, b", ", out),
            U::Trailer(name) => append_all(&self.upstream.trailers, name, b", ", out),
            U::Cookie(name) => {
                let cookies = self.upstream.fields.get_all_known(Name::SetCookie);
                let first = |value: &'_ [u8]| -> usize { memchr::memchr(b';', value).unwrap_or(value.len()) };
                let pairs = cookies.map(|value| value.get(..first(value)).unwrap_or(value));
                crate::variables::request::append_some(cookie(pairs, name), out)
            }
            U::Param(name) => self.bindings.append_param(name, out),
            U::PathInfo => {
                self.append_path_info(out);
                true
            }
            U::ScriptName => {
                self.append_script_name(out);
                true
            }
            U::ProxyHost => self.append_proxied(out, |host, out| out.extend_from_slice(host)),
            U::ProxyPort => {
                let (_, port) = split_authority(&self.upstream.authority);
                let known = !self.upstream.authority.is_empty();
                match port {
                    Some(port) => out.extend_from_slice(port),
                    None if known => append_number(self.upstream.scheme.default_port().into(), out),
                    None => {}
                }
                known
            }
        }
    }

    /// What is known where answers are kept; false: it is nothing.
    fn append_kept(&self, out: &mut Vec<u8>, of: impl for<'a> FnOnce(&'a Kept) -> &'a [u8]) -> bool {
        let text = self.kept.as_ref().map_or(&[][..], |kept| of(kept));
        out.extend_from_slice(text);
        !text.is_empty()
    }

    /// What is known in sticky groups only; false: it is nothing.
    fn append_bond(&self, out: &mut Vec<u8>, of: impl for<'a> FnOnce(&'a Bond<'_>) -> &'a [u8]) -> bool {
        let text = self.upstream.bond.as_ref().map_or(&[][..], |bond| of(bond));
        out.extend_from_slice(text);
        !text.is_empty()
    }

    fn append_proxied(&self, out: &mut Vec<u8>, write: impl FnOnce(&[u8], &mut Vec<u8>)) -> bool {
        write(&self.upstream.authority, out);
        !self.upstream.authority.is_empty()
    }

    /// Servers of one search are separated by commas, searches (after a re-route) by colons.
    fn append_each(&self, out: &mut Vec<u8>, write: impl Fn(&Attempted, &mut Vec<u8>)) -> bool {
        for (index, attempt) in self.attempts.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(if attempt.first { b" : " } else { b", " });
            }
            write(attempt, out);
        }
        !self.attempts.is_empty()
    }
}

fn append_time(time: Option<Duration>, out: &mut Vec<u8>) {
    match time {
        Some(time) => append_seconds(time, out),
        None => out.push(b'-'),
    }
}
