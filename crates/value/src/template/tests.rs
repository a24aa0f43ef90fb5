//! Compiling and evaluating templates.

use super::*;
use model::Part as Written;

struct Fixed;

impl Variables<u8> for Fixed {
    fn append(&self, variable: &u8, out: &mut Vec<u8>) -> bool {
        if *variable == b'?' {
            return false;
        }
        out.extend_from_slice(&[*variable, *variable]);
        true
    }

    fn capture(&self, n: u8, out: &mut Vec<u8>) {
        out.push(b'0' + n);
    }

    fn kept(&self, n: u8, out: &mut Vec<u8>) {
        out.push(b'a' + n);
    }
}

fn compile(parts: Vec<Written>) -> Result<Template<u8>, Diagnostic> {
    let origin = Origin::default();
    Template::compile(&model::Template { parts, origin }, &mut |name, origin| {
        let first = name.bytes().next().filter(u8::is_ascii_lowercase);
        first.ok_or_else(|| Diagnostic::error("unknown-variable", name).at(origin))
    })
}

#[test]
fn evaluates_parts_in_order() {
    let check = |parts: Vec<Written>, expected: &str| {
        let mut out = b">".to_vec();
        compile(parts).unwrap().evaluate(&Fixed, &mut out);
        assert_eq!(out, format!(">{expected}").into_bytes());
    };
    let text = |text: &str| Written::Text(text.into());
    check(vec![], "");
    check(vec![text("plain")], "plain");
    check(vec![text("a "), Written::Variable("uri".into()), text(" b "), Written::Capture(3)], "a uu b 3");
    let missing = Template::from_parts([Part::Variable(b'?'), Part::Text(b"x".as_slice().into())]);
    let mut out = Vec::new();
    missing.evaluate(&Fixed, &mut out);
    assert_eq!(out, b"x");
}

#[test]
fn text_alone_is_known_as_text() {
    let text = |text: &str| Written::Text(text.into());
    let both = compile(vec![text("one "), text(""), text("text")]).unwrap();
    assert_eq!(both.as_text(), Some(&b"one text"[..]));
    assert_eq!(both.parts().len(), 1);
    assert_eq!(Template::<u8>::default().as_text(), Some(&b""[..]));
    let capture = compile(vec![text("a"), Written::Capture(1)]).unwrap();
    assert_eq!(capture.as_text(), None);
    assert!(capture.has_captures());
    assert!(!both.has_captures());
}

#[test]
fn unknown_variables_are_the_resolvers_error() {
    let error = compile(vec![Written::Variable("Nope".into())]).unwrap_err();
    assert_eq!(error.code, "unknown-variable");
}
