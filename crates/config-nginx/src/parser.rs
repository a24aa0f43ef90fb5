//! Builds the tree of one file; whatever the text, it yields a tree and says what is wrong.

use diagnostic::{Diagnostic, FileId, Origin};

use crate::lexer::{Lexer, Token, UNTERMINATED};
use crate::tree::{Block, Directive, Node, Tree, Word};

/// Deeper blocks are refused, so that no reader of the tree runs out of stack.
const DEEPEST: usize = 60;

/// Reads one file's text. `lossy`: undecodable bytes in it were replaced by U+FFFD.
pub fn parse(file: FileId, text: &str, lossy: bool) -> (Tree, Vec<Diagnostic>) {
    let mut parser = Parser {
        lexer: Lexer::new(file, text, lossy),
        problems: Vec::new(),
        open: Vec::new(),
        nodes: Vec::new(),
        words: Vec::new(),
    };
    parser.run();
    (Tree { file, nodes: parser.nodes }, parser.problems)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    problems: Vec<Diagnostic>,
    /// Blocks that are not closed yet, outermost first.
    open: Vec<OpenBlock>,
    /// What the innermost open block (or the file) holds so far.
    nodes: Vec<Node>,
    /// Words of a directive that has not ended.
    words: Vec<Word>,
}

/// A block whose `}` has not come.
struct OpenBlock {
    words: Vec<Word>,
    brace: Origin,
    /// What stood before it in the block around it.
    before: Vec<Node>,
}

impl Parser<'_> {
    fn run(&mut self) {
        loop {
            match self.lexer.next(&mut self.problems) {
                Token::Word(word) => self.words.push(word),
                Token::Comment(comment) => self.nodes.push(Node::Comment(comment)),
                Token::Semicolon(span) => self.semicolon(span.end),
                Token::Open(brace) => {
                    if self.open.len() >= DEEPEST {
                        self.problems.push(Diagnostic::error("too-deep", "blocks are nested too deeply").at(brace));
                        return self.end();
                    }
                    self.open_block(brace);
                }
                Token::Close(span, brace) => self.close_block(span.end, brace),
                Token::End => return self.end(),
            }
        }
    }

    fn semicolon(&mut self, end: usize) {
        if self.words.is_empty() {
            let origin = self.place_of_last(end);
            self.problems.push(
                Diagnostic::error("unexpected-character", "unexpected \";\"")
                    .at(origin)
                    .help("there is no directive that it ends"),
            );
        }
        self.finish_directive(None, end);
    }

    fn open_block(&mut self, brace: Origin) {
        if self.words.is_empty() {
            self.problems.push(
                Diagnostic::error("unexpected-character", "unexpected \"{\"")
                    .at(brace)
                    .help("a block needs the name of its directive before the brace"),
            );
        }
        let words = std::mem::take(&mut self.words);
        let before = std::mem::take(&mut self.nodes);
        self.open.push(OpenBlock { words, brace, before });
    }

    fn close_block(&mut self, end: usize, brace: Origin) {
        if let Some(last) = self.words.last() {
            let problem = Diagnostic::error("unexpected-character", "unexpected \"}\"").at(brace);
            self.problems.push(problem.related(last.origin, "`;` is missing after this"));
            self.finish_directive(None, end - 1);
        }
        let Some(block) = self.open.pop() else {
            let problem = Diagnostic::error("unexpected-character", "unexpected \"}\"").at(brace);
            self.problems.push(problem.help("no block is open here"));
            return;
        };
        self.leave(block, end);
    }

    fn end(&mut self) {
        let end = self.lexer.end();
        // Text without an end takes all that follows: nobody knows what else is missing.
        let unterminated = self.problems.last().is_some_and(|problem| problem.code == UNTERMINATED);
        if unterminated {
            self.finish_directive(None, self.lexer.position());
        }
        if let Some(last) = self.words.last() {
            let message = "unexpected end of file, expecting \";\" or \"}\"";
            let problem = Diagnostic::error("unexpected-end", message).at(last.origin);
            self.problems.push(problem.help("`;` is missing after this"));
            self.finish_directive(None, self.lexer.position());
        }
        while let Some(block) = self.open.pop() {
            if !unterminated {
                let problem = Diagnostic::error("unexpected-end", "unexpected end of file, expecting \"}\"").at(end);
                self.problems.push(problem.related(block.brace, "this block is not closed"));
            }
            self.leave(block, self.lexer.position());
        }
    }

    fn leave(&mut self, block: OpenBlock, end: usize) {
        let nodes = std::mem::replace(&mut self.nodes, block.before);
        self.words = block.words;
        self.finish_directive(Some(Block { nodes, open: block.brace }), end);
    }

    fn finish_directive(&mut self, block: Option<Block>, end: usize) {
        let mut words = std::mem::take(&mut self.words).into_iter();
        let Some(name) = words.next() else { return };
        let span = name.span.start..end;
        self.nodes.push(Node::Directive(Directive {
            name,
            arguments: words.collect(),
            block,
            included: Vec::new(),
            span,
        }));
    }

    /// The place of the one character that was just cut.
    fn place_of_last(&mut self, end: usize) -> Origin {
        self.lexer.place(end.saturating_sub(1)..end)
    }
}
