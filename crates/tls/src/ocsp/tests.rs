//! Answers as OpenSSL's responder makes them (`openssl ocsp`), from the end of 2026 on for a hundred years.

use super::*;
use crate::pem;

macro_rules! file {
    ($name:literal) => {
        include_bytes!(concat!("../../tests/ocsp/", $name))
    };
}

/// 2027-01-15.
const NOW: u64 = 1_800_000_000;
const YEAR: u64 = 365 * 24 * 60 * 60;

fn certificate(text: &[u8]) -> CertificateDer<'static> {
    pem::certificates(text).unwrap().remove(0)
}

fn about_leaf() -> Inquiry {
    let others = [certificate(file!("other.crt")), certificate(file!("root.crt"))];
    Inquiry::new(&certificate(file!("leaf.crt")), &others).unwrap()
}

fn read(answer: &[u8], voucher: Voucher) -> Result<Standing, Unusable> {
    about_leaf().read(answer, voucher, NOW).map(|answer| answer.standing)
}

#[test]
fn a_question_is_the_one_that_openssl_asks() {
    let inquiry = about_leaf();
    assert_eq!(inquiry.request(), file!("request.der"));
    assert_eq!(inquiry.responder(), Some("http://ocsp.example.com/a"));
    let root = certificate(file!("root.crt"));
    assert_eq!(Inquiry::new(&certificate(file!("other.crt")), &[root]).unwrap().responder(), None);
    let alone = Inquiry::new(&certificate(file!("leaf.crt")), &[certificate(file!("other.crt"))]);
    assert_eq!(alone.err(), Some(NoInquiry::NoIssuer));
}

#[test]
fn an_answer_tells_how_a_certificate_stands() {
    let check = |answer: &[u8], expected| assert_eq!(read(answer, Voucher::Issuer), Ok(expected));
    check(file!("good.der"), Standing::Good);
    check(file!("good-by-key.der"), Standing::Good);
    check(file!("delegated.der"), Standing::Good);
    check(file!("revoked.der"), Standing::Revoked);
    check(file!("unknown.der"), Standing::Unknown);
    check(file!("boundless.der"), Standing::Good);
    assert_eq!(about_leaf().read(file!("boundless.der"), Voucher::Issuer, NOW + 500 * YEAR).unwrap().until, None);
}

#[test]
fn only_the_issuer_and_whom_it_authorised_are_believed() {
    for answer in [&file!("impostor.der")[..], file!("foreign.der")] {
        assert_eq!(read(answer, Voucher::Issuer), Err(Unusable::Unsigned));
        assert_eq!(read(answer, Voucher::Anybody), Ok(Standing::Good), "the signature itself is right");
    }
    assert_eq!(read(file!("about-others.der"), Voucher::Issuer), Err(Unusable::AboutOthers));
}

#[test]
fn answers_have_their_time() {
    let at = |now| about_leaf().read(file!("good.der"), Voucher::Issuer, now).map(drop);
    assert_eq!(at(NOW), Ok(()));
    assert_eq!(at(NOW - YEAR), Err(Unusable::NotYetValid));
    assert_eq!(at(NOW + 101 * YEAR), Err(Unusable::Expired));
    // The one who answers in the issuer's place has a certificate that has its time, too.
    let delegated = about_leaf().read(file!("delegated.der"), Voucher::Issuer, NOW + 101 * YEAR);
    assert_eq!(delegated, Err(Unusable::Unsigned));
}

#[test]
fn no_byte_of_an_answer_can_be_another() {
    let whole: &[u8] = file!("good.der");
    // Behind what is signed come certificates, which nobody needs here.
    let signed = 220;
    for index in 0..signed {
        let mut other = whole.to_vec();
        other[index] ^= 1;
        assert!(read(&other, Voucher::Issuer).is_err(), "byte {index}");
    }
    for length in 0..whole.len() {
        assert!(read(&whole[..length], Voucher::Anybody).is_err(), "{length} bytes");
    }
}

#[test]
fn who_has_no_answer_says_why() {
    let busy = [0x30, 3, 0x0a, 1, 3];
    assert_eq!(read(&busy, Voucher::Issuer), Err(Unusable::None("tryLater")));
    assert_eq!(read(b"<html>", Voucher::Issuer), Err(Unusable::Malformed));
    assert_eq!(read(&[0x30, 3, 0x0a, 1, 0], Voucher::Issuer), Err(Unusable::Malformed));
}
