//! A diagnostic as text for a terminal, as one line for a log, and as JSON for a program.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::{Value, json};

use crate::{Diagnostic, FileId, Origin, Severity, Sources};

/// A place to show, with the text that stands beside it; the first of a diagnostic is the place itself.
type Mark<'a> = (Origin, &'a str, AnnotationKind);

impl Diagnostic {
    /// The message, its file, line and column, the line with a caret, and the help, as a compiler prints them; no line end at its end.
    pub fn render(&self, sources: &Sources, colour: bool) -> String {
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let mut group = Group::with_title(level.primary_title(printable(&self.message)).id(self.code));
        for marks in by_file(self.marks()) {
            group = group.element(snippet(&marks, sources));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(printable(help)));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// `message in FILE:LINE`, the form that nginx writes to its error log.
    pub fn one_line(&self, sources: &Sources) -> String {
        match self.origin {
            Some(origin) if origin.line > 0 => {
                format!("{} in {}:{}", self.message, sources.name(origin.file), origin.line)
            }
            Some(origin) => format!("{} in {}", self.message, sources.name(origin.file)),
            None => self.message.clone(),
        }
    }

    /// An object with `severity`, `code`, `message`, `help`, the place (`file`, `line`, `column`, `length`) and `related` places.
    pub fn to_json(&self, sources: &Sources) -> Value {
        let place = |origin: &Origin| {
            json!({
                "file": sources.name(origin.file),
                "line": origin.line,
                "column": origin.column,
                "length": origin.length,
            })
        };
        let related: Vec<Value> = self
            .related
            .iter()
            .map(|(origin, message)| json!({ "origin": place(origin), "message": message }))
            .collect();
        json!({
            "severity": self.severity.as_str(),
            "code": self.code,
            "message": self.message,
            "help": self.help,
            "origin": self.origin.as_ref().map(place),
            "related": related,
        })
    }

    fn marks(&self) -> impl Iterator<Item = Mark<'_>> {
        let primary = self.origin.map(|origin| (origin, "", AnnotationKind::Primary));
        let related = self.related.iter().map(|(origin, message)| (*origin, message.as_str(), AnnotationKind::Context));
        primary.into_iter().chain(related)
    }
}

/// Marks of one file stand in one snippet, so that the renderer can show them among each other.
fn by_file<'a>(marks: impl Iterator<Item = Mark<'a>>) -> Vec<Vec<Mark<'a>>> {
    let mut files: Vec<(FileId, Vec<Mark<'a>>)> = Vec::new();
    for mark in marks {
        match files.iter_mut().find(|(file, _)| *file == mark.0.file) {
            Some((_, same)) => same.push(mark),
            None => files.push((mark.0.file, vec![mark])),
        }
    }
    files.into_iter().map(|(_, marks)| marks).collect()
}

fn snippet<'a>(marks: &[Mark<'a>], sources: &'a Sources) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let file = marks.first().map_or(FileId::default(), |mark| mark.0.file);
    let lines = marks.iter().map(|mark| mark.0.line.max(1));
    let (first, last) = (lines.clone().min().unwrap_or(1), lines.max().unwrap_or(1));
    let text = lines_of(sources.text(file), first, last);
    let annotations = marks.iter().map(|(origin, message, kind)| {
        let annotation = kind.span(span(text, first, *origin));
        if message.is_empty() { annotation } else { annotation.label(*message) }
    });
    Snippet::source(text)
        .path(sources.name(file))
        .line_start(usize::try_from(first).unwrap_or(1))
        .annotations(annotations.collect::<Vec<_>>())
}

/// The text from line `first` to line `last`, both from 1.
fn lines_of(text: &str, first: u32, last: u32) -> &str {
    let start = line_offset(text, first - 1);
    let end = line_offset(text, last);
    text.get(start..end).unwrap_or("").trim_end_matches(['\n', '\r'])
}

/// Where the line with this number, counted from 0, begins.
fn line_offset(text: &str, line: u32) -> usize {
    let skipped = usize::try_from(line).unwrap_or(usize::MAX);
    text.split_inclusive('\n').take(skipped).map(str::len).sum()
}

/// The bytes of `text`, which begins at line `first`, that `origin` means.
fn span(text: &str, first: u32, origin: Origin) -> Range<usize> {
    let line_start = line_offset(text, origin.line.max(1) - first);
    let line = text.get(line_start..).unwrap_or("");
    let line = line.lines().next().unwrap_or("");
    let offset = |characters: u32| {
        let characters = usize::try_from(characters).unwrap_or(usize::MAX);
        line.char_indices().nth(characters).map_or(line.len(), |(offset, _)| offset)
    };
    let column = origin.column.max(1) - 1;
    line_start + offset(column)..line_start + offset(column.saturating_add(origin.length.max(1)))
}

/// Control characters out of a configuration must not reach the terminal.
fn printable(text: &str) -> String {
    annotate_snippets::normalize_untrusted_str(text)
}
