//! Builds the tree of one file; whatever the text, it yields a tree and says what is wrong.

use std::ops::Range;

use diagnostic::{Diagnostic, FileId};

use crate::lexer::Lexer;
use crate::line::Line;
use crate::tree::{Comment, Node, Statement, Tree};

/// Deeper sections are refused, so that no reader of the tree runs out of stack.
const DEEPEST: usize = 60;

/// Reads one file's text. `lossy`: undecodable bytes in it were replaced by U+FFFD.
pub fn parse(file: FileId, text: &str, lossy: bool) -> (Tree, Vec<Diagnostic>) {
    let mut parser = Parser { lossy, problems: Vec::new(), open: Vec::new(), nodes: Vec::new() };
    let mut lexer = Lexer::new(file, text);
    let mut end = 0;
    while let Some((line, span)) = lexer.next() {
        end = span.end;
        parser.line(line, span);
    }
    while let Some(section) = parser.open.pop() {
        parser.unclosed(&section);
        parser.leave(section, end);
    }
    (Tree { file, nodes: parser.nodes }, parser.problems)
}

/// Sections whose inside stands for itself where they hold.
const CONDITIONS: [&str; 6] = ["ifdefine", "ifdirective", "iffile", "ifmodule", "ifsection", "ifversion"];

struct Parser {
    lossy: bool,
    problems: Vec<Diagnostic>,
    /// Sections that are not closed yet, outermost first.
    open: Vec<Open>,
    /// What the innermost open section (or the file) holds so far.
    nodes: Vec<Node>,
}

/// A section whose closing line has not come.
struct Open {
    line: Line,
    name: String,
    span: Range<usize>,
    /// What stood before it in the section around it.
    before: Vec<Node>,
}

impl Parser {
    fn line(&mut self, line: Line, span: Range<usize>) {
        if line.starts_with('#') {
            self.nodes.push(Node::Comment(Comment { line, span }));
            return;
        }
        self.check_text(&line);
        let (name, rest) = line.first_word().map(|(word, rest)| (word.text, rest)).unwrap_or_default();
        if let Some(closing) = name.strip_prefix("</") {
            self.close(&line, closing, span.end);
            self.behind_end(rest, span);
        } else if let Some(opening) = name.strip_prefix('<') {
            self.open(line, opening.trim_end_matches('>').to_owned(), span);
        } else {
            self.nodes.push(Node::Statement(Statement { line, body: None, span }));
        }
    }

    fn check_text(&mut self, line: &Line) {
        let text = line.text();
        if text.contains('\0') || (self.lossy && text.contains('\u{fffd}')) {
            self.problems.push(
                Diagnostic::error("not-text", "the file is not UTF-8 text here")
                    .at(line.origin())
                    .help("save the file as UTF-8 without NUL characters"),
            );
        }
    }

    fn open(&mut self, line: Line, name: String, span: Range<usize>) {
        if self.open.len() >= DEEPEST {
            let problem = Diagnostic::error("too-deep", "sections are nested too deeply").at(line.origin());
            // One message is enough, however deep it goes on.
            if self.problems.last().is_none_or(|last| last.code != problem.code) {
                self.problems.push(problem);
            }
            return;
        }
        if line.split_last('>').is_none() {
            let message = format!("<{name}> directive missing closing '>'");
            let help = format!("write `{}>`", line.text());
            self.problems.push(Diagnostic::error("no-bracket", message).at(line.origin()).help(help));
        }
        let before = std::mem::take(&mut self.nodes);
        self.open.push(Open { line, name, span, before });
    }

    fn close(&mut self, line: &Line, closing: &str, end: usize) {
        let name = closing.trim_end_matches('>');
        if name.len() == closing.len() {
            let problem = Diagnostic::error("no-bracket", format!("</{name}> directive missing closing '>'"));
            self.problems.push(problem.at(line.origin()).help(format!("write `</{name}>`")));
        }
        let same = |open: &Open| open.name.eq_ignore_ascii_case(name);
        let Some(depth) = self.open.iter().rposition(same) else {
            return self.stray(line, name);
        };
        while self.open.len() > depth + 1 {
            let Some(inner) = self.open.pop() else { break };
            self.unclosed(&inner);
            self.leave(inner, end);
        }
        if let Some(section) = self.open.pop() {
            self.leave(section, end);
        }
    }

    /// What stands behind the end of a section, which httpd leaves out: a condition around it then ends with its file.
    fn behind_end(&mut self, rest: Line, span: Range<usize>) {
        if rest.is_empty() {
            return;
        }
        let open = self.open.last().map(|open| open.name.to_ascii_lowercase());
        let closing = open.filter(|open| CONDITIONS.contains(&open.as_str())).map(|open| format!("</{open}>"));
        if closing.is_some_and(|closing| rest.text().to_ascii_lowercase().starts_with(&closing)) {
            return self.line(rest, span);
        }
        let problem = Diagnostic::warning("ignored-text", "what follows the end of a section is ignored");
        self.problems.push(problem.at(rest.origin()).help("write it in a line of its own"));
    }

    /// A closing line that closes nothing.
    fn stray(&mut self, line: &Line, name: &str) {
        let problem = match self.open.last() {
            Some(open) => {
                let message = format!("Expected </{}> but saw </{name}>", open.name);
                let problem = Diagnostic::error("unexpected-end", message).at(line.origin());
                problem.related(open.line.origin(), "this section is open")
            }
            None => Diagnostic::error("unexpected-end", format!("</{name}> without matching <{name}> section"))
                .at(line.origin())
                .help("no section is open here"),
        };
        self.problems.push(problem);
    }

    fn unclosed(&mut self, section: &Open) {
        let problem = Diagnostic::error("unexpected-end", format!("<{}> was not closed", section.name));
        let help = format!("`</{}>` is missing", section.name);
        self.problems.push(problem.at(section.line.origin()).help(help));
    }

    fn leave(&mut self, section: Open, end: usize) {
        let body = std::mem::replace(&mut self.nodes, section.before);
        let span = section.span.start..end;
        self.nodes.push(Node::Statement(Statement { line: section.line, body: Some(body), span }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tree as nested names.
    fn shape(nodes: &[Node]) -> String {
        let name = |line: &Line| line.first_word().map(|(word, _)| word.text).unwrap_or_default();
        let shapes = nodes.iter().map(|node| match node {
            Node::Comment(_) => "#".to_owned(),
            Node::Statement(Statement { line, body: Some(body), .. }) => {
                format!("{}({})", name(line).trim_matches(['<', '>']), shape(body))
            }
            Node::Statement(statement) => name(&statement.line),
        });
        shapes.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn sections_nest_and_mistakes_are_all_found() {
        let check = |text: &str, expected: &str, problems: &[&str]| {
            let (tree, found) = parse(FileId(0), text, false);
            assert_eq!(shape(&tree.nodes), expected, "{text}");
            let found: Vec<&str> = found.iter().map(|problem| problem.message.as_str()).collect();
            assert_eq!(found, problems, "{text}");
        };
        check("<A x>\nb\n#c\n<D>\n</d>\n</A>\ne", "A(b # D()) e", &[]);
        check("<A>\nb", "A(b)", &["<A> was not closed"]);
        check("<A>\n<B>\nc\n</A>\nd", "A(B(c)) d", &["<B> was not closed"]);
        check("</A>\nb", "b", &["</A> without matching <A> section"]);
        check("<A>\n</B>\n</A>", "A()", &["Expected </A> but saw </B>"]);
        check("<IfModule a>\n<B>\n</B> </IfModule>\nc", "IfModule(B()) c", &[]);
        check("<A>\n<B>\n</B> </A>\n</A>", "A(B())", &["what follows the end of a section is ignored"]);
        check("<A x\n</A\n", "A()", &["<A> directive missing closing '>'", "</A> directive missing closing '>'"]);
    }

    #[test]
    fn depth_is_bounded() {
        let text = "<A>\n".repeat(5000);
        let (_, problems) = parse(FileId(0), &text, false);
        assert_eq!(problems.iter().filter(|problem| problem.code == "too-deep").count(), 1);
    }
}
