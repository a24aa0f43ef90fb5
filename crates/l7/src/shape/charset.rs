//! Character sets: what `Content-Type` says of them, and bodies written in another one.

use crate::body::Filter;
use crate::exchange::Exchange;
use crate::plan::filters::Filters;
use crate::response::{Ranges, Response};
use protocol::Name;
use std::collections::HashMap;
use std::sync::Arc;

/// How the characters of one set are written in another.
pub enum Recoding {
    /// A byte for each byte.
    Bytes(Box<[u8; 256]>),
    /// Some bytes of UTF-8 for each byte.
    ToUtf8(Vec<Vec<u8>>),
    /// A byte for each character of UTF-8 that has one.
    FromUtf8(HashMap<u32, u8>),
}

impl Recoding {
    /// The way there and the way back; what has no entry is a question mark.
    pub fn both(utf8: bool, entries: &[(u8, Vec<u8>)]) -> (Self, Self) {
        if utf8 {
            let mut there: Vec<Vec<u8>> = (0..=255_u8).map(|byte| vec![plain(byte)]).collect();
            let mut back = HashMap::new();
            for (from, to) in entries {
                if let Some(place) = there.get_mut(usize::from(*from)) {
                    place.clone_from(to);
                }
                if let Some(character) = std::str::from_utf8(to).ok().and_then(|text| text.chars().next()) {
                    back.insert(u32::from(character), *from);
                }
            }
            return (Self::ToUtf8(there), Self::FromUtf8(back));
        }
        let mut there = [0; 256];
        for (place, byte) in there.iter_mut().zip(0..=255) {
            *place = plain(byte);
        }
        let mut back = there;
        for (from, to) in entries.iter().filter_map(|(from, to)| Some((*from, *to.first()?))) {
            if let (Some(there), Some(back)) = (there.get_mut(usize::from(from)), back.get_mut(usize::from(to))) {
                (*there, *back) = (to, from);
            }
        }
        (Self::Bytes(Box::new(there)), Self::Bytes(Box::new(back)))
    }
}

fn plain(byte: u8) -> u8 {
    if byte.is_ascii() { byte } else { b'?' }
}

/// A body's way into another set.
pub struct Recoder {
    recoding: Arc<Recoding>,
    /// The beginning of a character.
    held: Vec<u8>,
}

impl Recoder {
    fn new(recoding: Arc<Recoding>) -> Self {
        Self { recoding, held: Vec::new() }
    }

    /// The same for another part of the body, where each byte stands for itself.
    pub fn for_part(&self) -> Option<Self> {
        matches!(*self.recoding, Recoding::Bytes(_)).then(|| Self::new(Arc::clone(&self.recoding)))
    }

    /// Takes bytes in and puts out what they come to.
    pub fn run(&mut self, input: &[u8], output: &mut Vec<u8>) -> usize {
        match &*self.recoding {
            Recoding::Bytes(table) => {
                output.extend(input.iter().map(|byte| table.get(usize::from(*byte)).copied().unwrap_or(b'?')));
            }
            Recoding::ToUtf8(table) => {
                for byte in input {
                    output.extend_from_slice(table.get(usize::from(*byte)).map(Vec::as_slice).unwrap_or_default());
                }
            }
            Recoding::FromUtf8(table) => {
                self.held.extend_from_slice(input);
                let left = from_utf8(table, &self.held, output);
                self.held.drain(..self.held.len() - left);
            }
        }
        input.len()
    }

    /// Puts out what was held back.
    pub fn finish(&mut self, output: &mut Vec<u8>) {
        if !std::mem::take(&mut self.held).is_empty() {
            output.push(b'?');
        }
    }
}

/// Writes what is whole; tells how many bytes at the end are the beginning of a character.
fn from_utf8(table: &HashMap<u32, u8>, text: &[u8], output: &mut Vec<u8>) -> usize {
    let mut rest = text;
    while !rest.is_empty() {
        let (valid, bad) = match std::str::from_utf8(rest) {
            Ok(valid) => (valid, None),
            Err(error) => {
                let valid = rest.get(..error.valid_up_to()).unwrap_or_default();
                (std::str::from_utf8(valid).unwrap_or_default(), Some(error.error_len()))
            }
        };
        for character in valid.chars() {
            let code = u32::from(character);
            match (u8::try_from(code), table.get(&code)) {
                (Ok(byte), _) if byte.is_ascii() => output.push(byte),
                (_, Some(byte)) => output.push(*byte),
                _ => output.extend_from_slice(format!("&#{code};").as_bytes()),
            }
        }
        rest = rest.get(valid.len()..).unwrap_or_default();
        match bad {
            None => return 0,
            Some(None) => return rest.len(),
            Some(Some(length)) => {
                output.push(b'?');
                rest = rest.get(length..).unwrap_or_default();
            }
        }
    }
    0
}

impl Exchange<'_> {
    /// Says in which set the response is, and writes the body in it.
    pub fn set_charset(&mut self, filters: Option<&Filters>, response: &mut Response) {
        let Some(content_type) = response.head.fields.get_known(Name::ContentType).map(<[u8]>::to_vec) else { return };
        let own = own_charset(&content_type).map(<[u8]>::to_vec);
        let Some(target) = self.target_charset(filters, response, &content_type, own.is_some()) else { return };
        let rule = filters.and_then(|filters| filters.charset.as_ref());
        let source = own.or_else(|| rule?.source.as_ref().map(|source| self.text_of(source)));
        let Some(source) = source else { return announce(response, &content_type, &target) };
        if source.eq_ignore_ascii_case(&target) {
            return announce(response, &content_type, &target);
        }
        let encoded = response.head.fields.get_known(Name::ContentEncoding).is_some_and(|coding| !coding.is_empty());
        if encoded {
            return;
        }
        let Some(recoding) = self.plan.charsets.recodings.get(&key(&source, &target)).map(Arc::clone) else {
            self.log_error(|| {
                let (source, target) = (String::from_utf8_lossy(&source), String::from_utf8_lossy(&target));
                format!("no \"charset_map\" between the charsets \"{source}\" and \"{target}\"")
            });
            return;
        };
        announce(response, &content_type, &target);
        if !matches!(*recoding, Recoding::Bytes(_)) {
            response.length = None;
            response.ranges = Ranges::No;
        }
        response.filter(Filter::Recode(Recoder::new(recoding)));
    }

    /// The set that the response is to be in, if it is to be named.
    fn target_charset(
        &self,
        filters: Option<&Filters>,
        response: &Response,
        content_type: &[u8],
        named: bool,
    ) -> Option<Vec<u8>> {
        if let Some(asked) = response.charset.as_deref().filter(|asked| !asked.is_empty()) {
            let known = self.plan.charsets.names.iter().any(|name| name.eq_ignore_ascii_case(asked));
            if !known {
                self.log_error(|| format!("unknown charset \"{}\" to override", String::from_utf8_lossy(asked)));
            }
            return known.then(|| asked.to_vec());
        }
        let rule = filters?.charset.as_ref()?;
        let target = rule.target.as_ref()?;
        let wanted = if named { rule.override_own } else { rule.types.contain(Some(content_type)) };
        wanted.then(|| self.text_of(target)).filter(|target| !target.is_empty())
    }
}

/// Under which name a recoding is kept.
pub fn key(from: &[u8], to: &[u8]) -> Vec<u8> {
    [from, b" ", to].concat().to_ascii_lowercase()
}

/// Writes a set into `Content-Type`, in place of the one that is there.
fn announce(response: &mut Response, content_type: &[u8], charset: &[u8]) {
    // As nginx has it: browsers took a redirect's set for that of the next page.
    if matches!(response.head.status, 301 | 302) {
        return;
    }
    let media = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let value = [media, b"; charset=", charset].concat();
    response.head.fields.set(b"Content-Type", &value);
}

/// The set that a `Content-Type` names.
fn own_charset(content_type: &[u8]) -> Option<&[u8]> {
    content_type.split(|byte| *byte == b';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.trim_ascii().split_at_checked(8)?;
        name.eq_ignore_ascii_case(b"charset=").then(|| value.trim_ascii_end().trim_ascii())
    })
}
