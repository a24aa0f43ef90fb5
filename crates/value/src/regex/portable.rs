//! Which expressions mean the same to the linear engine as to PCRE2, and their compilation.

use regex_automata::meta;
use regex_syntax::ast::{
    AssertionKind, Ast, ClassSet, ClassSetItem, FlagsItemKind, GroupKind, Literal, LiteralKind, SpecialLiteralKind,
    parse,
};
use regex_syntax::ast::{Flag, Flags, HexLiteralKind, RepetitionOp};
use regex_syntax::hir::{Hir, HirKind, translate};

/// Compiled size above which an expression is left to PCRE2.
const SIZE_LIMIT: usize = 4 << 20;
/// Memory for the states that one expression has met, per worker.
const CACHE: usize = 256 << 10;

pub(super) struct Portable {
    pub(super) regex: meta::Regex,
    /// `$` stands in it.
    pub(super) line_end: bool,
}

/// The linear form, if every construct in the expression is known to mean the same in both dialects.
pub(super) fn compile(expression: &str, ignore_case: bool) -> Option<Portable> {
    let ast = parse::Parser::new().parse(expression).ok()?;
    let mut check = Check { expression, line_end: false };
    if !check.whole(&ast) {
        return None;
    }
    let hir = translate::TranslatorBuilder::new()
        .unicode(false)
        .utf8(false)
        .case_insensitive(ignore_case)
        .build()
        .translate(expression, &ast)
        .ok()?;
    if repeats_nothing(&hir) {
        return None;
    }
    let config = meta::Config::new().utf8_empty(false).nfa_size_limit(Some(SIZE_LIMIT)).hybrid_cache_capacity(CACHE);
    let regex = meta::Builder::new().configure(config).build_from_hir(&hir).ok()?;
    Some(Portable { regex, line_end: check.line_end })
}

/// A loop whose body can match nothing: the dialects differ in what its groups hold at the end.
fn repeats_nothing(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            let empty = repetition.sub.properties().minimum_len() == Some(0);
            (empty && repetition.max != Some(1)) || repeats_nothing(&repetition.sub)
        }
        HirKind::Capture(capture) => repeats_nothing(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => subs.iter().any(repeats_nothing),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

struct Check<'e> {
    expression: &'e str,
    line_end: bool,
}

impl Check<'_> {
    /// Flags are taken only at the very beginning, where both dialects agree how far they reach.
    fn whole(&mut self, ast: &Ast) -> bool {
        let Ast::Concat(concat) = ast else {
            return self.piece(ast);
        };
        match concat.asts.split_first() {
            Some((Ast::Flags(set), rest)) => flags(&set.flags) && rest.iter().all(|ast| self.piece(ast)),
            _ => concat.asts.iter().all(|ast| self.piece(ast)),
        }
    }

    fn piece(&mut self, ast: &Ast) -> bool {
        match ast {
            Ast::Empty(_) | Ast::Dot(_) | Ast::ClassPerl(_) => true,
            Ast::Literal(found) => literal(found),
            Ast::Assertion(assertion) => self.assertion(&assertion.kind),
            Ast::ClassBracketed(class) => class_set(&class.kind),
            Ast::Repetition(repetition) => {
                // After a quantifier, `+` is possessive in PCRE2 and a second quantifier here.
                !matches!(*repetition.ast, Ast::Repetition(_) | Ast::Assertion(_) | Ast::Empty(_) | Ast::Flags(_))
                    && self.counts(&repetition.op)
                    && self.piece(&repetition.ast)
            }
            Ast::Group(group) => {
                let known = match &group.kind {
                    GroupKind::CaptureIndex(_) | GroupKind::CaptureName { .. } => true,
                    GroupKind::NonCapturing(set) => flags(set),
                };
                known && self.piece(&group.ast)
            }
            Ast::Alternation(alternation) => alternation.asts.iter().all(|ast| self.piece(ast)),
            Ast::Concat(concat) => concat.asts.iter().all(|ast| self.piece(ast)),
            Ast::Flags(_) | Ast::ClassUnicode(_) => false,
        }
    }

    fn assertion(&mut self, kind: &AssertionKind) -> bool {
        match kind {
            AssertionKind::EndLine => {
                self.line_end = true;
                true
            }
            AssertionKind::StartLine
            | AssertionKind::StartText
            | AssertionKind::EndText
            | AssertionKind::WordBoundary
            | AssertionKind::NotWordBoundary => true,
            // `\<` and the like are escaped text to PCRE2.
            _ => false,
        }
    }

    /// Only `?`, `*`, `+`, `{n}`, `{n,}` and `{n,m}` without spaces are the same in every release of PCRE2.
    fn counts(&self, op: &RepetitionOp) -> bool {
        let text = self.expression.get(op.span.start.offset..op.span.end.offset);
        let Some(inner) = text.and_then(|text| text.strip_prefix('{')) else {
            return true;
        };
        inner.starts_with(|first: char| first.is_ascii_digit()) && !inner.contains(' ')
    }
}

/// `(?i)` and `(?s)`, set or cleared.
fn flags(flags: &Flags) -> bool {
    flags.items.iter().all(|item| {
        matches!(
            item.kind,
            FlagsItemKind::Negation | FlagsItemKind::Flag(Flag::CaseInsensitive | Flag::DotMatchesNewLine)
        )
    })
}

/// One ASCII character. Others are several bytes, of which PCRE2 would repeat only the last.
fn literal(literal: &Literal) -> bool {
    let known = match &literal.kind {
        LiteralKind::Verbatim
        | LiteralKind::Meta
        | LiteralKind::Superfluous
        | LiteralKind::HexFixed(HexLiteralKind::X)
        | LiteralKind::HexBrace(HexLiteralKind::X) => true,
        // `\v` is any vertical white space to PCRE2.
        LiteralKind::Special(special) => !matches!(special, SpecialLiteralKind::VerticalTab),
        _ => false,
    };
    known && literal.c.is_ascii()
}

/// Classes without the set operations and nested classes that only one of the dialects has.
fn class_set(set: &ClassSet) -> bool {
    match set {
        ClassSet::Item(item) => class_item(item),
        ClassSet::BinaryOp(_) => false,
    }
}

fn class_item(item: &ClassSetItem) -> bool {
    match item {
        ClassSetItem::Literal(found) => literal(found),
        ClassSetItem::Range(range) => literal(&range.start) && literal(&range.end),
        ClassSetItem::Union(union) => union.items.iter().all(class_item),
        ClassSetItem::Ascii(_) | ClassSetItem::Perl(_) | ClassSetItem::Empty(_) => true,
        ClassSetItem::Unicode(_) | ClassSetItem::Bracketed(_) => false,
    }
}
