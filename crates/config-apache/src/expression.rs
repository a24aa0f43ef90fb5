//! httpd's expressions, as conditions of the model.

mod lexer;
mod operand;

use diagnostic::Diagnostic;
use model::{Comparison, Condition, FileTest, Groups, Measured, Network, Orders, Part, Pattern, Template};

use crate::line::Word;
use crate::lower::Lowering;
use crate::value;
use lexer::{Lexer, Token};

/// The condition that an expression is.
pub(crate) fn condition(lowering: &mut Lowering<'_>, word: &Word) -> Result<Condition, Diagnostic> {
    let tokens = Lexer::tokens(word)?;
    whole(lowering, word, tokens, Measured::Text)
}

/// The condition that an expression is which is asked of a program's parameters: variables of the environment are these.
pub(crate) fn of_params(lowering: &mut Lowering<'_>, word: &Word) -> Result<Condition, Diagnostic> {
    let tokens = Lexer::tokens(word)?;
    let mut parser = Parser { tokens, params: true, ..Parser::new(lowering, word) };
    let condition = parser.any()?;
    if parser.peek().is_none() { Ok(condition) } else { Err(parser.wrong()) }
}

/// The text that an expression is among a program's parameters.
pub(crate) fn text_of_params(lowering: &mut Lowering<'_>, word: &Word) -> Result<Template, Diagnostic> {
    let parts = Parser { params: true, ..Parser::new(lowering, word) }.interpolated(&word.text)?;
    Ok(Template { parts, origin: word.origin })
}

fn whole(
    lowering: &mut Lowering<'_>,
    word: &Word,
    tokens: Vec<Token>,
    texts: Measured,
) -> Result<Condition, Diagnostic> {
    let mut parser = Parser { tokens, texts, ..Parser::new(lowering, word) };
    let condition = parser.any()?;
    match parser.peek() {
        None => Ok(condition),
        Some(_) => Err(parser.wrong()),
    }
}

/// The condition that an expression of `SSLRequire` is: its operators in letters compare texts, and a
/// longer text is the greater one.
pub(crate) fn of_tls(lowering: &mut Lowering<'_>, word: &Word) -> Result<Condition, Diagnostic> {
    const SIGNS: [(&str, &str); 9] = [
        ("and", "&&"),
        ("or", "||"),
        ("not", "!"),
        ("eq", "=="),
        ("ne", "!="),
        ("lt", "<"),
        ("le", "<="),
        ("gt", ">"),
        ("ge", ">="),
    ];
    let mut tokens = Lexer::tokens(word)?;
    for token in &mut tokens {
        if let Token::Name(name) = token
            && let Some((_, sign)) = SIGNS.iter().find(|(known, _)| known == name)
        {
            *token = Token::Sign((*sign).to_owned());
        }
    }
    whole(lowering, word, tokens, Measured::Length)
}

/// The text that an expression is in places that ask for a value.
pub(crate) fn text(lowering: &mut Lowering<'_>, word: &Word) -> Result<Template, Diagnostic> {
    let parts = Parser::new(lowering, word).interpolated(&word.text)?;
    Ok(Template { parts, origin: word.origin })
}

/// Parentheses may stand inside each other so deep.
const DEEPEST: usize = 20;

struct Parser<'p, 'l> {
    tokens: Vec<Token>,
    at: usize,
    word: &'p Word,
    lowering: &'p mut Lowering<'l>,
    depth: usize,
    /// Fields of the request that the test speaks of which is being read.
    varies: Vec<String>,
    /// How texts are ordered.
    texts: Measured,
    /// Variables of the environment are parameters of a program.
    params: bool,
}

impl<'p, 'l> Parser<'p, 'l> {
    fn new(lowering: &'p mut Lowering<'l>, word: &'p Word) -> Self {
        let (tokens, varies) = (Vec::new(), Vec::new());
        Self { tokens, at: 0, word, lowering, depth: 0, varies, texts: Measured::Text, params: false }
    }
}

impl Parser<'_, '_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    /// Takes a sign if it is the next.
    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if next == sign);
        self.at += usize::from(found);
        found
    }

    fn wrong(&self) -> Diagnostic {
        let what = self.tokens.get(self.at).map_or("its end".to_owned(), |token| format!("`{}`", token.text()));
        value::bad(self.word, format!("the expression is not understood at {what}"))
    }

    fn any(&mut self) -> Result<Condition, Diagnostic> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(value::bad(self.word, "the expression is too deep"));
        }
        let mut any = vec![self.all()?];
        while self.takes("||") {
            any.push(self.all()?);
        }
        self.depth -= 1;
        Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
    }

    fn all(&mut self) -> Result<Condition, Diagnostic> {
        let mut all = vec![self.one()?];
        while self.takes("&&") {
            all.push(self.one()?);
        }
        Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
    }

    fn one(&mut self) -> Result<Condition, Diagnostic> {
        let mut negated = false;
        while self.takes("!") {
            negated = !negated;
        }
        let condition = if self.takes("(") {
            let inner = self.any()?;
            if !self.takes(")") {
                return Err(self.wrong());
            }
            inner
        } else {
            let test = self.test()?;
            match std::mem::take(&mut self.varies) {
                fields if fields.is_empty() => test,
                fields => Condition::Varies { fields, condition: Box::new(test) },
            }
        };
        Ok(if negated { not(condition) } else { condition })
    }

    fn test(&mut self) -> Result<Condition, Diagnostic> {
        match self.peek() {
            Some(Token::Name(name)) if name == "true" => {
                self.at += 1;
                return Ok(Condition::All(Vec::new()));
            }
            Some(Token::Name(name)) if name == "false" => {
                self.at += 1;
                return Ok(Condition::Any(Vec::new()));
            }
            Some(Token::Operator(name)) if name.len() == 1 => {
                let name = name.clone();
                self.at += 1;
                return self.unary(&name);
            }
            _ => {}
        }
        let left = self.operand()?;
        self.binary(left)
    }

    /// `-n VALUE` and its like.
    fn unary(&mut self, name: &str) -> Result<Condition, Diagnostic> {
        let operand = self.operand()?;
        let compare = |comparison| Condition::Compare { value: operand.clone(), comparison, with: Template::default() };
        let file = |test| Ok(Condition::File { test, path: operand.clone(), negated: false });
        match name {
            "n" => Ok(compare(Comparison::Different)),
            "z" => Ok(compare(Comparison::Equal)),
            "T" => Ok(not(self.matches(operand, "^(?i:|0|off|false|no)\\z", false))),
            "d" => file(FileTest::Directory),
            "e" => file(FileTest::Exists),
            "f" => file(FileTest::File),
            "s" => file(FileTest::Filled),
            "x" => file(FileTest::Executable),
            "h" | "L" => file(FileTest::Link),
            "R" => {
                let address = Template { parts: vec![Part::Variable("remote_addr".to_owned())], ..operand.clone() };
                self.network(address, &operand)
            }
            _ => Err(value::not_built(&format!("the test `-{name}`")).at(self.word.origin)),
        }
    }

    fn matches(&self, value: Template, expression: &str, ignore_case: bool) -> Condition {
        let pattern = Pattern { expression: expression.to_owned(), ignore_case, origin: self.word.origin };
        Condition::Match { value, pattern, negated: false, groups: Groups::Matched }
    }

    fn network(&self, address: Template, network: &Template) -> Result<Condition, Diagnostic> {
        let text = network.as_text().and_then(parse_network);
        let network =
            text.ok_or_else(|| value::bad(self.word, "an address, or a network as `10.0.0.0/8`, is expected"))?;
        Ok(Condition::Address { value: address, networks: vec![network] })
    }

    /// What follows the left side of a comparison.
    fn binary(&mut self, left: Template) -> Result<Condition, Diagnostic> {
        let operator = match self.next() {
            Some(Token::Sign(sign)) => sign,
            Some(Token::Operator(name)) => format!("-{name}"),
            Some(Token::Name(name)) => name,
            _ => {
                self.at -= 1;
                return Err(self.wrong());
            }
        };
        let compare = |comparison, with| Condition::Compare { value: left.clone(), comparison, with };
        match operator.as_str() {
            "==" | "=" => Ok(compare(Comparison::Equal, self.operand()?)),
            "!=" => Ok(compare(Comparison::Different, self.operand()?)),
            "=~" | "!~" => {
                let Some(Token::Regex(expression, ignore_case)) = self.next() else {
                    self.at -= 1;
                    return Err(self.wrong());
                };
                let matches = self.matches(left, &expression, ignore_case);
                Ok(if operator == "!~" { not(matches) } else { matches })
            }
            "in" | "-in" => self.list(&left),
            "-ipmatch" => {
                let network = self.operand()?;
                self.network(left, &network)
            }
            "-strmatch" | "-strcmatch" | "-fnmatch" => {
                let glob = self.operand()?;
                let glob = glob
                    .as_text()
                    .ok_or_else(|| value::not_built("a pattern that a request makes").at(self.word.origin))?;
                let pattern = crate::lower::patterns::expression(glob, operator == "-fnmatch", "\\z");
                let pattern = Pattern { ignore_case: operator == "-strcmatch", ..pattern };
                Ok(Condition::Match { value: left, pattern, negated: false, groups: Groups::Matched })
            }
            _ => {
                let Some((by, fits)) = order(&operator) else {
                    self.at -= 1;
                    return Err(self.wrong());
                };
                let by = if by == Measured::Text { self.texts } else { by };
                Ok(Condition::Order { value: left, with: self.operand()?, by, fits })
            }
        }
    }

    /// `{ 'a', 'b' }`
    fn list(&mut self, left: &Template) -> Result<Condition, Diagnostic> {
        if !self.takes("{") {
            return Err(self.wrong());
        }
        let mut any = Vec::new();
        loop {
            let with = self.operand()?;
            any.push(Condition::Compare { value: left.clone(), comparison: Comparison::Equal, with });
            if self.takes("}") {
                return Ok(Condition::Any(any));
            }
            if !self.takes(",") {
                return Err(self.wrong());
            }
        }
    }
}

fn not(condition: Condition) -> Condition {
    Condition::Not(Box::new(condition))
}

/// Signs compare texts; letters compare numbers.
fn order(operator: &str) -> Option<(Measured, Orders)> {
    let (by, name) = match operator {
        "<" => (Measured::Text, "lt"),
        "<=" => (Measured::Text, "le"),
        ">" => (Measured::Text, "gt"),
        ">=" => (Measured::Text, "ge"),
        name => (Measured::Number, name.strip_prefix('-').unwrap_or(name)),
    };
    let orders = |before, same, behind| Some((by, Orders { before, same, behind }));
    match name {
        "lt" => orders(true, false, false),
        "le" => orders(true, true, false),
        "gt" => orders(false, false, true),
        "ge" => orders(false, true, true),
        "eq" => orders(false, true, false),
        "ne" => orders(true, false, true),
        _ => None,
    }
}

fn parse_network(text: &str) -> Option<Network> {
    match text.split_once('/') {
        Some((address, prefix)) => Network::new(address.parse().ok()?, prefix.parse().ok()?),
        None => text.parse().ok().map(Network::host),
    }
}
