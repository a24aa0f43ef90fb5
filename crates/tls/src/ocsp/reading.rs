//! The parts of an answer, out of its DER (RFC 6960 §4.2.1).

use rustls::pki_types::CertificateDer;
use x509_parser::der_parser::asn1_rs::{Any, Class, GeneralizedTime, Tag};
use x509_parser::prelude::FromDer as _;

use super::{CertificateId, DIGEST, SHA1};

/// `id-pkix-ocsp-basic` (1.3.6.1.5.5.7.48.1.1)
const BASIC: [u8; 9] = [0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// A whole answer.
pub(super) struct Response<'a> {
    /// 0: there is an answer (`OCSPResponseStatus`).
    pub(super) status: u8,
    /// The signed part, if there is one.
    pub(super) basic: Option<Basic<'a>>,
}

/// A signed answer.
pub(super) struct Basic<'a> {
    /// All of it, as it was signed.
    pub(super) whole: &'a [u8],
    pub(super) responder: Responder<'a>,
    pub(super) singles: Vec<Single<'a>>,
    /// Certificates that came with it.
    pub(super) certificates: Vec<CertificateDer<'a>>,
}

/// Who made an answer.
pub(super) enum Responder<'a> {
    /// A name, as DER.
    Name(&'a [u8]),
    /// The digest of a key.
    Key(&'a [u8]),
}

/// What is said of one certificate.
pub(super) struct Single<'a> {
    issuer: &'a [u8],
    key: &'a [u8],
    serial: &'a [u8],
    by_sha1: bool,
    /// 0: it stands; 1: it was revoked; 2: it is not known.
    pub(super) status: u32,
    /// Seconds since the Unix epoch.
    pub(super) from: i64,
    pub(super) until: Option<i64>,
}

impl Single<'_> {
    /// Whether it is about this certificate.
    pub(super) fn is_about(&self, id: &CertificateId) -> bool {
        self.by_sha1 && self.issuer == id.issuer && self.key == id.key && *self.serial == *id.serial
    }
}

/// Elements one after the other.
struct Elements<'a>(&'a [u8]);

impl<'a> Elements<'a> {
    fn next(&mut self) -> Option<Any<'a>> {
        let (rest, element) = Any::from_der(self.0).ok()?;
        self.0 = rest;
        Some(element)
    }

    /// The next with its frame.
    fn next_whole(&mut self) -> Option<&'a [u8]> {
        let before = self.0;
        self.next()?;
        before.get(..before.len() - self.0.len())
    }

    /// What is inside the next, if that has this tag of its context.
    fn tagged(&mut self, tag: u32) -> Option<Elements<'a>> {
        let (rest, element) = Any::from_der(self.0).ok()?;
        let found = element.class() == Class::ContextSpecific && element.tag().0 == tag;
        found.then(|| {
            self.0 = rest;
            Elements(element.data)
        })
    }

    /// The content of the next, if that is of this kind.
    fn content(&mut self, kind: Tag) -> Option<&'a [u8]> {
        let element = self.next()?;
        (element.class() == Class::Universal && element.tag() == kind).then_some(element.data)
    }

    /// What is inside the next, a sequence.
    fn inside(&mut self) -> Option<Elements<'a>> {
        self.content(Tag::Sequence).map(Elements)
    }

    /// Nothing follows.
    fn end(&self) -> Option<()> {
        self.0.is_empty().then_some(())
    }

    fn time(&mut self) -> Option<i64> {
        let (rest, time) = GeneralizedTime::from_der(self.0).ok()?;
        self.0 = rest;
        Some(time.utc_datetime().ok()?.unix_timestamp())
    }
}

/// Reads an answer; `None`: it is none.
pub(super) fn response(der: &[u8]) -> Option<Response<'_>> {
    let mut whole = Elements(der);
    let mut parts = whole.inside()?;
    whole.end()?;
    let [status] = *parts.content(Tag::Enumerated)? else { return None };
    let Some(mut bytes) = parts.tagged(0) else { return parts.end().map(|()| Response { status, basic: None }) };
    parts.end()?;
    let mut bytes = bytes.inside()?;
    let is_basic = bytes.content(Tag::Oid)? == BASIC;
    let basic = if is_basic { Some(basic(bytes.content(Tag::OctetString)?)?) } else { None };
    Some(Response { status, basic })
}

fn basic(whole: &[u8]) -> Option<Basic<'_>> {
    let mut parts = Elements(whole).inside()?;
    let mut said = parts.inside()?;
    // The algorithm and the signature are looked at where that is verified.
    parts.content(Tag::Sequence)?;
    parts.content(Tag::BitString)?;
    let mut certificates = Vec::new();
    if let Some(mut list) = parts.tagged(0) {
        let mut list = list.inside()?;
        while let Some(certificate) = list.next_whole() {
            certificates.push(certificate.into());
        }
    }
    // There is one version.
    said.tagged(0);
    let responder = match said.tagged(1) {
        Some(name) => Responder::Name(name.0),
        None => Responder::Key(said.tagged(2)?.content(Tag::OctetString)?),
    };
    said.time()?;
    let mut list = said.inside()?;
    let mut singles = Vec::new();
    while !list.0.is_empty() {
        singles.push(single(list.inside()?)?);
    }
    Some(Basic { whole, responder, singles, certificates })
}

fn single(mut parts: Elements<'_>) -> Option<Single<'_>> {
    let mut id = parts.inside()?;
    let algorithm = id.next_whole()?;
    let (issuer, key) = (id.content(Tag::OctetString)?, id.content(Tag::OctetString)?);
    let serial = id.content(Tag::Integer)?;
    // What an algorithm has no use for may be left out.
    let bare = SHA1.get(2..9).unwrap_or_default();
    let by_sha1 = issuer.len() == DIGEST && (*algorithm == SHA1 || algorithm.get(2..) == Some(bare));
    let status = parts.next()?;
    let from = parts.time()?;
    let until = match parts.tagged(0) {
        Some(mut until) => Some(until.time()?),
        None => None,
    };
    let status = (status.class() == Class::ContextSpecific).then_some(status.tag().0)?;
    Some(Single { issuer, key, serial, by_sha1, status, from, until })
}
