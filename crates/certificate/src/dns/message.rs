//! Messages of DNS as bytes (RFC 1035 §4.1): just what changes and questions about zones need.

/// Records of text.
pub(super) const TXT: u16 = 16;
/// The record that begins a zone.
pub(super) const SOA: u16 = 6;
/// The usual class.
pub(super) const IN: u16 = 1;
/// The class of a record that is taken away (RFC 2136 §2.5.4).
pub(super) const NONE: u16 = 254;
/// The class of what has none.
pub(super) const ANY: u16 = 255;

/// The length of a header.
const HEADER: usize = 12;

/// A name's labels.
///
/// # Errors
/// When it is no name.
pub(super) fn write_name(out: &mut Vec<u8>, name: &str) -> Result<(), String> {
    for label in name.trim_end_matches('.').split('.').filter(|_| !name.is_empty() && name != ".") {
        let length = u8::try_from(label.len()).ok().filter(|length| (1..64).contains(length));
        out.push(length.ok_or_else(|| format!("\"{name}\" is no name"))?);
        out.extend_from_slice(label.to_ascii_lowercase().as_bytes());
    }
    out.push(0);
    Ok(())
}

/// A question's or zone's entry.
pub(super) fn write_question(out: &mut Vec<u8>, name: &str, kind: u16) -> Result<(), String> {
    write_name(out, name)?;
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&IN.to_be_bytes());
    Ok(())
}

/// What a server answered.
pub(super) struct Reply<'a>(pub(super) &'a [u8]);

impl<'a> Reply<'a> {
    fn number(&self, at: usize) -> Option<u16> {
        Some(u16::from_be_bytes(*self.0.get(at..)?.first_chunk()?))
    }

    pub(super) fn id(&self) -> Option<u16> {
        self.number(0)
    }

    /// The code of what went wrong (RFC 1035 §4.1.1, RFC 2136 §2.2).
    pub(super) fn code(&self) -> Option<u16> {
        self.number(2).map(|flags| flags & 15)
    }

    /// Where the records begin, behind the questions.
    fn records(&self) -> Option<usize> {
        let mut at = HEADER;
        for _ in 0..self.number(4)? {
            at = self.after_name(at)? + 4;
        }
        Some(at)
    }

    /// Whether the name that was asked for begins a zone.
    pub(super) fn has_zone(&self) -> Option<bool> {
        let at = self.after_name(self.records()?)?;
        Some(self.code()? == 0 && self.number(6)? > 0 && self.number(at)? == SOA)
    }

    /// The last record's place and, behind its name, its kind and what is in it.
    pub(super) fn last(&self) -> Option<(usize, u16, &'a [u8])> {
        let count = usize::from(self.number(6)?) + usize::from(self.number(8)?) + usize::from(self.number(10)?);
        let mut at = self.records()?;
        let mut last = None;
        for _ in 0..count {
            let fixed = self.after_name(at)?;
            let end = fixed + 10 + usize::from(self.number(fixed + 8)?);
            last = Some((at, self.number(fixed)?, self.0.get(fixed + 10..end)?));
            at = end;
        }
        last
    }

    fn after_name(&self, mut at: usize) -> Option<usize> {
        loop {
            match *self.0.get(at)? {
                0 => return Some(at + 1),
                // A pointer to what stood before (RFC 1035 §4.1.4).
                192.. => return Some(at + 2),
                length => at += usize::from(length) + 1,
            }
        }
    }
}

/// What a code means.
pub(super) fn meaning(code: u16) -> &'static str {
    match code {
        1 => "FORMERR: it does not understand the change",
        2 => "SERVFAIL: it failed",
        3 => "NXDOMAIN: there is no such name",
        4 => "NOTIMP: it takes no changes",
        5 => "REFUSED: it does not want to",
        8 => "NXRRSET: there is no such record",
        9 => "NOTAUTH: it is not the zone's server, or does not take the key",
        10 => "NOTZONE: the name is not in the zone",
        _ => "it answers with a code that is not known",
    }
}
