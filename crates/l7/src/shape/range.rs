//! Range requests (RFC 9110 §14): one range, several as `multipart/byteranges`, or 416.

use crate::body::{Body, Clip, FileBody, Filter, Filtered};
use crate::exchange::Exchange;
use crate::response::{Ranges, Response};
use crate::shape::conditional::parse_date;
use crate::variables::append_number;
use protocol::Name;
use std::collections::VecDeque;

/// The bytes from `start` up to `end` (not included).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Span {
    start: u64,
    end: u64,
}

/// What a `Range` field comes to.
#[derive(PartialEq, Eq, Debug)]
enum Asked {
    /// All of it: the field is not for us, malformed or unreasonable.
    Whole,
    /// None of the ranges can be had.
    Unsatisfiable,
    /// These.
    Spans(Vec<Span>),
}

impl Exchange<'_> {
    /// Cuts the asked ranges out of a response that offers them.
    pub fn cut_ranges(&mut self, mut response: Response) -> Response {
        let (true, Some(length)) = (response.ranges != Ranges::No && response.head.status == 200, response.length)
        else {
            return response;
        };
        let configured = self.place.section.files.max_ranges;
        let most = if response.ranges == Ranges::Single { Some(configured.unwrap_or(1).min(1)) } else { configured };
        if most == Some(0) {
            return response;
        }
        let asked = match self.request.head.fields.get_known(Name::Range) {
            // One that ends before it begins is none at all.
            Some(range) if self.tells_methods() && is_reversed(range) => Asked::Whole,
            Some(range) if self.range_applies(&response) => match parse(range, length, most) {
                // nginx: the beginning of nothing is all there is of it.
                Asked::Unsatisfiable if length == 0 && !self.tells_methods() && begins_at_start(range) => Asked::Whole,
                asked => asked,
            },
            _ => Asked::Whole,
        };
        match asked {
            Asked::Whole => {
                response.head.fields.set(b"Accept-Ranges", b"bytes");
                response
            }
            Asked::Unsatisfiable => self.unsatisfiable(length),
            Asked::Spans(spans) => match spans.as_slice() {
                [span] => self.single(response, *span, length),
                spans => self.several(response, spans, length),
            },
        }
    }

    /// Whether `If-Range` lets the ranges be cut.
    fn range_applies(&self, response: &Response) -> bool {
        let Some(condition) = self.request.head.fields.get_known(Name::IfRange) else { return true };
        if condition.ends_with(b"\"") {
            return response.head.fields.get_known(Name::Etag) == Some(condition);
        }
        response.modified.is_some() && parse_date(condition) == response.modified
    }

    fn unsatisfiable(&mut self, length: u64) -> Response {
        let mut response = self.built_in_page(416);
        if self.tells_methods() {
            response.length = None;
            return response;
        }
        // It stands in place of the response that had them.
        self.add_fields(&mut response);
        response.head.fields.push_with(b"Content-Range", |out| {
            out.extend_from_slice(b"bytes */");
            append_number(length, out);
        });
        response
    }

    fn single(&self, mut response: Response, span: Span, length: u64) -> Response {
        response.head.status = 206;
        self.withdraw_offer(&mut response);
        response.head.fields.push_with(b"Content-Range", |out| append_content_range(span, length, out));
        response.length = Some(span.end - span.start);
        response.body = match std::mem::replace(&mut response.body, Body::Empty) {
            Body::File(file) => Body::File(Box::new(file.piece(span.start, span.end))),
            Body::Sliced(sliced) => Body::Sliced(Box::new(sliced.cut(span.start, span.end))),
            other => Body::Clip(Box::new(Clip::new(other, span.start, span.end - span.start))),
        };
        response
    }

    /// A part of a body offers no ranges, unless all answers of files do.
    fn withdraw_offer(&self, response: &mut Response) {
        if !self.tells_methods() {
            response.head.fields.remove_known(Name::AcceptRanges);
        }
    }

    fn several(&self, mut response: Response, spans: &[Span], length: u64) -> Response {
        let number = self.connection.facts.serial * 1_000_003 + self.connection.requests();
        let told = self.tells_methods();
        let boundary = if told { format!("{number:016x}") } else { format!("{number:020}") };
        let names = if told { ["Content-type: ", "Content-range: "] } else { ["Content-Type: ", "Content-Range: "] };
        let content_type = response.head.fields.get_known(Name::ContentType).unwrap_or(b"").to_vec();
        let mut parts = VecDeque::new();
        let mut total = 0;
        for span in spans {
            let head = part_head((&boundary, names), &content_type, *span, length);
            total += head.len() as u64 + (span.end - span.start);
            parts.push_back(Body::Bytes(head.into()));
            parts.push_back(piece(&response.body, *span));
        }
        let tail = format!("\r\n--{boundary}--\r\n").into_bytes();
        total += tail.len() as u64;
        parts.push_back(Body::Bytes(tail.into()));
        response.head.status = 206;
        response.head.fields.set(b"Content-Type", format!("multipart/byteranges; boundary={boundary}").as_bytes());
        self.withdraw_offer(&mut response);
        response.length = Some(total);
        response.body = Body::Parts(parts);
        response
    }
}

fn part_head(
    (boundary, [of_type, of_range]): (&str, [&str; 2]),
    content_type: &[u8],
    span: Span,
    length: u64,
) -> Vec<u8> {
    let mut head = format!("\r\n--{boundary}\r\n").into_bytes();
    if !content_type.is_empty() {
        head.extend_from_slice(of_type.as_bytes());
        head.extend_from_slice(content_type);
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(of_range.as_bytes());
    append_content_range(span, length, &mut head);
    head.extend_from_slice(b"\r\n\r\n");
    head
}

fn piece(body: &Body, span: Span) -> Body {
    match body {
        Body::File(file) => Body::File(Box::new(FileBody::piece(file, span.start, span.end))),
        Body::Bytes(chunk) => {
            let mut chunk = chunk.clone();
            chunk.advance(usize::try_from(span.start).unwrap_or(usize::MAX));
            chunk.truncate(usize::try_from(span.end - span.start).unwrap_or(usize::MAX));
            Body::Bytes(chunk)
        }
        Body::Filtered(filtered) => match &filtered.filter {
            Filter::Recode(recoder) => recoder.for_part().map_or(Body::Empty, |recoder| {
                let part = Filtered::new(piece(&filtered.inner, span), Filter::Recode(recoder), false);
                Body::Filtered(Box::new(part))
            }),
            _ => Body::Empty,
        },
        Body::Empty
        | Body::Parts(_)
        | Body::Relay(_)
        | Body::Stored(_)
        | Body::Sliced(_)
        | Body::Clip(_)
        | Body::Composed(_) => Body::Empty,
    }
}

fn append_content_range(span: Span, length: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(b"bytes ");
    append_number(span.start, out);
    out.push(b'-');
    append_number(span.end.saturating_sub(1), out);
    out.push(b'/');
    append_number(length, out);
}

/// Whether one of the ranges of a field ends before it begins.
fn is_reversed(field: &[u8]) -> bool {
    let items = field.splitn(2, |byte| *byte == b'=').nth(1).unwrap_or_default().split(|byte| *byte == b',');
    let texts = items.filter_map(|item| std::str::from_utf8(item).ok()?.trim().split_once('-'));
    let ends = texts.filter_map(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    ends.into_iter().any(|(first, last)| first > last)
}

/// Reads a `Range` field for content of `length` bytes.
fn parse(field: &[u8], length: u64, most: Option<u32>) -> Asked {
    let list =
        field.split_at_checked(6).filter(|(unit, list)| unit.eq_ignore_ascii_case(b"bytes=") && !list.is_empty());
    let Some((_, list)) = list else { return Asked::Whole };
    let mut spans = Vec::new();
    let mut total = 0_u64;
    for item in list.split(|byte| *byte == b',') {
        match parse_item(item.trim_ascii(), length) {
            Err(()) => return Asked::Unsatisfiable,
            Ok(None) => {}
            Ok(Some(span)) => {
                total = total.saturating_add(span.end - span.start);
                spans.push(span);
            }
        }
    }
    if spans.is_empty() {
        return Asked::Unsatisfiable;
    }
    // Ranges that overlap into more than the whole are an attack on memory or bandwidth.
    if total > length || most.is_some_and(|most| spans.len() > usize::try_from(most).unwrap_or(usize::MAX)) {
        return Asked::Whole;
    }
    Asked::Spans(spans)
}

/// Whether one of the ranges begins where an empty body begins, and none before it is malformed.
fn begins_at_start(field: &[u8]) -> bool {
    let items = field.get(6..).unwrap_or_default().split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    let mut good = items.take_while(|item| parse_item(item, 0).is_ok());
    good.any(|item| item.split(|byte| *byte == b'-').next().is_some_and(|first| first.iter().all(|byte| *byte == b'0')))
}

/// One range; `Err`: malformed, `None`: beyond the end.
fn parse_item(item: &[u8], length: u64) -> Result<Option<Span>, ()> {
    let item = std::str::from_utf8(item).map_err(|_| ())?;
    let (first, last) = item.split_once('-').ok_or(())?;
    let number = |text: &str| -> Result<Option<u64>, ()> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        Ok(Some(text.parse().unwrap_or(u64::MAX)))
    };
    let span = match (number(first)?, number(last)?) {
        (None, None) => return Err(()),
        (None, Some(suffix)) => Span { start: length.saturating_sub(suffix), end: length },
        (Some(start), None) => Span { start, end: length },
        (Some(start), Some(last)) => Span { start, end: last.saturating_add(1).min(length) },
    };
    Ok((span.start < span.end).then_some(span))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(field: &str, expected: Option<&[(u64, u64)]>) {
        let spans = |pairs: &[(u64, u64)]| pairs.iter().map(|(start, end)| Span { start: *start, end: *end }).collect();
        let expected = expected.map_or(Asked::Whole, |pairs| Asked::Spans(spans(pairs)));
        assert_eq!(parse(field.as_bytes(), 100, None), expected, "{field}");
    }

    #[test]
    fn ranges_are_read() {
        check("bytes=0-9", Some(&[(0, 10)]));
        check("bytes=90-", Some(&[(90, 100)]));
        check("bytes=-10", Some(&[(90, 100)]));
        check("bytes=0-0, 5-6,-1", Some(&[(0, 1), (5, 7), (99, 100)]));
        check("bytes=50-1000", Some(&[(50, 100)]));
        check("bytes=0-99,0-99", None);
        check("items=0-9", None);
        check("bytes=", None);
        check("bytes=0-99999999999999999999", Some(&[(0, 100)]));
        assert_eq!(parse(b"bytes=100-", 100, None), Asked::Unsatisfiable);
        assert_eq!(parse(b"bytes=x-", 100, None), Asked::Unsatisfiable);
    }
}
