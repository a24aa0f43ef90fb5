//! The steps that the rules of a server are.
//!
//! The path goes through the rules as the variable `rewritten`, which may become a URL on its way; what it is in the end
//! decides: a redirect, a path that goes on to the other modules (`PT`), or a file.

use diagnostic::{Diagnostic, Origin};
use model::{
    Comparison, Condition, EditScope, FieldAction, FieldEdit, FileTest, Function, Groups, Part, Pattern, Step, Template,
};

use super::condition;
use super::map::Table;
use super::rule::Rule;
use super::server::server;
use super::text::{AHEAD, FOUND, REWRITTEN, Reading};
use crate::lower::{Lowering, Scope, environment as environment_name, escape};
use crate::request::{IN_PATHS, odd_port};
use crate::value;

/// Beginnings of URLs that httpd knows.
pub(super) const URLS: &str = r"^(?i:ajp|balancer|fcgi|ftp|gopher|h2|h2c|http|https|nntp|scgi|uwsgi|ws|wss)://";
/// Names of the locations that serve rewritten paths: below the root of documents, and from the root of the file system.
pub(crate) const BELOW_ROOT: &str = "@rewritten";
pub(crate) const ABSOLUTE: &str = "@rewritten-absolute";
pub(super) const CHANGED: &str = "rewritten_changed";
const RAW: &str = "rewritten_raw";
const QUERY: &str = "rewritten_query";
const STATUS: &str = "rewritten_status";
const PASS: &str = "rewritten_pass";
/// The path was the name of a file below the root of documents.
const BELOW: &str = "rewritten_below";
/// What follows the name of a request's file in its path.
pub(super) const REST: &str = "rewritten_rest";
/// No other rules are asked for the request, whatever its path becomes.
pub(super) const ENDED: &str = "rewritten_ended";

/// What the rules of a server come to.
#[derive(Default)]
pub(crate) struct Rewriting {
    pub(crate) steps: Vec<Step>,
    /// Changes of responses that rules ask for.
    pub(crate) edits: Vec<FieldEdit>,
    /// URLs that requests are forwarded to: the name of the location, the URL up to its path, the path.
    pub(crate) forwarded: Vec<(String, crate::line::Word, Template)>,
    /// Whether paths may be served as files.
    pub(crate) files: bool,
}

pub(super) struct Maker<'m, 'o> {
    pub(super) lowering: &'m mut Lowering<'o>,
    maps: &'m [Table],
    pub(super) made: Rewriting,
    pub(super) statuses: Vec<u16>,
    /// Variables that are media types for the request's file.
    pub(super) types: Vec<String>,
    /// The directory that patterns do not see, and that relative paths start from; a server has none.
    directory: Option<String>,
}

/// The steps of a server's rules.
pub(crate) fn rewriting(lowering: &mut Lowering<'_>, scope: &Scope) -> Rewriting {
    let settings = &scope.server.rewrite;
    if settings.engine != Some(true) {
        return Rewriting::default();
    }
    let asked = if lowering.asks_programs { asked(lowering, scope.origin) } else { Vec::new() };
    if settings.rules.is_empty() {
        return Rewriting { steps: asked, ..Rewriting::default() };
    }
    let mut maker = Maker::new(lowering, &settings.maps, None);
    let mut steps = maker.rules(&settings.rules, "uri");
    let origin = settings.rules.first().map_or(Origin::default(), |rule| rule.origin);
    let root = scope.server.core.document_root.clone().unwrap_or_else(|| maker.lowering.path("htdocs"));
    let ending = maker.ending(&root.display().to_string(), origin);
    steps.push(when(Condition::Defined(CHANGED.to_owned()), ending, origin));
    let steps = when(Condition::Not(Box::new(Condition::Defined(ENDED.to_owned()))), steps, origin);
    let steps = asked.into_iter().chain([steps]).collect();
    Rewriting { steps, ..maker.made }
}

/// Programs are told what was asked for before anything was rewritten, as a path and as a URL.
fn asked(lowering: &mut Lowering<'_>, origin: Origin) -> Vec<Step> {
    let before = Part::Else { variable: environment_name("REDIRECT_SCRIPT_URL"), other: vec![variable("uri")] };
    let (path, url) = (environment_name("SCRIPT_URL"), environment_name("SCRIPT_URI"));
    lowering.shared.given.extend([path.clone(), url.clone()]);
    let server = [variable("scheme"), Part::Text("://".to_owned()), variable("host"), odd_port(lowering)];
    let whole = server.into_iter().chain([variable(&path)]).collect();
    let unknown = Condition::Not(Box::new(Condition::Defined(path.clone())));
    vec![when(unknown, vec![set(&path, vec![before], origin), set(&url, whole, origin)], origin)]
}

/// How many steps so many rules are.
fn width(widths: &[usize], from: usize, rules: usize) -> usize {
    widths.iter().skip(from).take(rules).sum()
}

impl<'m, 'o> Maker<'m, 'o> {
    pub(super) fn new(lowering: &'m mut Lowering<'o>, maps: &'m [Table], directory: Option<String>) -> Self {
        Self { lowering, maps, made: Rewriting::default(), statuses: vec![302], types: Vec::new(), directory }
    }

    /// The rules one after the other; the path that they change is the value of a variable at first.
    pub(super) fn rules(&mut self, rules: &[Rule], path: &str) -> Vec<Step> {
        let origin = rules.first().map_or(Origin::default(), |rule| rule.origin);
        let widths: Vec<usize> = rules.iter().map(|rule| if rule.flags.chain { 2 } else { 1 }).collect();
        let mut steps = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            match self.rule(rule, width(&widths, index + 1, rule.flags.skip)) {
                Ok(step) => steps.push(step),
                Err(problem) => self.lowering.report_once(problem),
            }
            if rule.flags.chain {
                let chained = rules.iter().skip(index + 1).take_while(|rule| rule.flags.chain).count();
                steps.push(Step::Skip { steps: width(&widths, index + 1, chained + 1), origin: rule.origin });
            }
        }
        let unset = [CHANGED, RAW, QUERY, STATUS, PASS].map(|name| Step::Unset { variable: name.to_owned(), origin });
        let first = set(REWRITTEN, vec![variable(path)], origin);
        unset.into_iter().chain([first, Step::Block { steps, origin }]).collect()
    }

    fn rule(&mut self, rule: &Rule, skipped: usize) -> Result<Step, Diagnostic> {
        let step = self.bare_rule(rule, skipped)?;
        let mut texts = rule.tests.iter().map(|test| &test.subject).chain([&rule.substitution]);
        let ahead = texts.any(|word| word.text.contains(AHEAD));
        Ok(if ahead { self.looking_ahead(step, rule.origin) } else { step })
    }

    fn bare_rule(&mut self, rule: &Rule, skipped: usize) -> Result<Step, Diagnostic> {
        let origin = rule.origin;
        let reading = Reading { maps: self.maps, escape: rule.flags.escape.as_ref(), origin };
        let (negated, expression) = match rule.pattern.text.strip_prefix('!') {
            Some(expression) => (true, expression),
            None => (false, rule.pattern.text.as_str()),
        };
        let pattern = Pattern {
            expression: expression.to_owned(),
            ignore_case: rule.flags.ignore_case,
            origin: rule.pattern.origin,
        };
        let value = template(self.subject(), origin);
        let matched = Condition::Match { value, pattern, negated, groups: Groups::Kept };
        let tests = condition::all(self.lowering, reading, &rule.tests)?;
        let inner = rule.flags.no_inner || rule.flags.proxy || redirects(rule);
        let outer = inner.then(|| Condition::Not(Box::new(is_set("is_index", origin))));
        let mut all: Vec<Condition> = outer.into_iter().chain([matched]).chain(tests).collect();
        let condition = if all.len() == 1 { all.remove(0) } else { Condition::All(all) };
        let mut steps = self.side_effects(rule, reading)?;
        if rule.flags.end {
            steps.push(flag(ENDED, true, origin));
        }
        let answers = rule.flags.status.filter(|status| !(300..400).contains(status));
        if let Some(status) = answers {
            steps.push(answer(status, origin));
            return Ok(when(condition, steps, origin));
        }
        if rule.substitution.text != "-" {
            steps.extend(self.substitution(rule, reading)?);
        }
        if let Some(most) = rule.flags.next {
            // httpd counts the first round, and the one that is too many.
            steps.push(Step::Again { most: most.saturating_sub(2), origin });
        } else if rule.flags.ends() {
            steps.push(Step::Leave { origin });
        } else {
            let own = usize::from(rule.flags.chain);
            if own + skipped > 0 {
                steps.push(Step::Skip { steps: own + skipped, origin });
            }
        }
        Ok(when(condition, steps, origin))
    }

    /// A step with a look at the file before it that the path would be served from as it now is.
    fn looking_ahead(&self, step: Step, origin: Origin) -> Step {
        let parts = match self.directory {
            Some(_) => vec![variable(REWRITTEN), variable(REST)],
            None => vec![variable("document_root"), variable(REWRITTEN)],
        };
        let (file, rest) = (FOUND.to_owned(), "rewritten_behind".to_owned());
        let find = Step::Find { name: template(parts, origin), file, rest, index: true, origin };
        when(Condition::All(Vec::new()), vec![find, step], origin)
    }

    /// What patterns see: in a section, what lies below its directory.
    fn subject(&self) -> Vec<Part> {
        match &self.directory {
            Some(directory) => {
                let by = Function::WithoutStart { start: directory.clone() };
                vec![Part::Made { by, of: vec![variable(REWRITTEN), variable(REST)] }]
            }
            None => vec![variable(REWRITTEN)],
        }
    }

    /// Variables, cookies and the media type.
    fn side_effects(&mut self, rule: &Rule, reading: Reading<'_>) -> Result<Vec<Step>, Diagnostic> {
        let origin = rule.origin;
        let reading = Reading { escape: None, ..reading };
        let mut steps = Vec::new();
        for text in &rule.flags.environment {
            let name = text.split_once(':').map_or(text.as_str(), |(name, _)| name);
            self.lowering.shared.given.insert(environment_name(name));
            steps.push(match (text.strip_prefix('!'), text.split_once(':')) {
                (Some(name), _) => Step::Unset { variable: environment_name(name), origin },
                (None, Some((name, text))) => set(&environment_name(name), reading.parts(self.lowering, text)?, origin),
                (None, None) => set(&environment_name(text), Vec::new(), origin),
            });
        }
        for text in &rule.flags.cookies {
            let parts = self.cookie(rule, reading, text)?;
            steps.push(self.response_field("Set-Cookie", (FieldAction::Add, EditScope::All), parts, origin));
        }
        if let Some(text) = &rule.flags.content_type {
            let parts = reading.parts(self.lowering, text)?;
            let step = self.response_field("Content-Type", (FieldAction::Set, EditScope::Served), parts, origin);
            if let Step::Set { variable, .. } = &step {
                self.types.push(variable.clone());
            }
            steps.push(step);
        }
        Ok(steps)
    }

    /// `NAME:VALUE:DOMAIN:LIFETIME:PATH:SECURE:HTTPONLY:SAMESITE`
    fn cookie(&mut self, rule: &Rule, reading: Reading<'_>, text: &str) -> Result<Vec<Part>, Diagnostic> {
        let mark = text.strip_prefix(';').map_or(':', |_| ';');
        let words: Vec<&str> = text.trim_start_matches(';').split(mark).collect();
        let word = |index: usize| words.get(index).copied().filter(|word| !word.is_empty());
        let (Some(name), Some(text), Some(domain)) = (word(0), words.get(1), word(2)) else {
            return Err(value::bad(&rule.substitution, "a cookie has a name, a value and a domain")
                .at(rule.origin)
                .help("write `CO=NAME:VALUE:DOMAIN`"));
        };
        let minutes = word(3).map(|lifetime| lifetime.trim_start_matches('-').parse::<u64>());
        let minutes =
            minutes.transpose().map_err(|_| value::not_built("a lifetime that a request names").at(rule.origin))?;
        let yes = |word: Option<&str>, own: &str| {
            word.is_some_and(|word| ["true", "1", own].iter().any(|yes| yes.eq_ignore_ascii_case(word)))
        };
        let mut written = format!("{name}={text}; path={}", word(4).unwrap_or("/"));
        if !domain.eq_ignore_ascii_case("-") {
            written.extend(["; domain=", domain]);
        }
        let mut parts = reading.parts(self.lowering, &written)?;
        written.clear();
        if let Some(minutes) = minutes.filter(|minutes| *minutes > 0) {
            parts.push(Part::Text("; expires=".to_owned()));
            parts.push(variable(&format!("time_ahead_{}", minutes.saturating_mul(60))));
        }
        if yes(word(5), "secure") {
            written.push_str("; secure");
        }
        if yes(word(6), "HttpOnly") {
            written.push_str("; HttpOnly");
        }
        if let Some(site) = word(7).filter(|site| !site.eq_ignore_ascii_case("false") && *site != "0") {
            written.extend(["; SameSite=", site]);
        }
        parts.extend(reading.parts(self.lowering, &written)?);
        Ok(parts)
    }

    /// Remembers the value of a response's field.
    fn response_field(
        &mut self,
        name: &str,
        (action, scope): (FieldAction, EditScope),
        parts: Vec<Part>,
        origin: Origin,
    ) -> Step {
        let variable = format!("rewritten_field_{}", self.lowering.shared.numbered());
        self.made.edits.push(FieldEdit {
            name: name.to_owned(),
            action,
            value: template(vec![self::variable(&variable)], origin),
            scope,
            condition: Some(Condition::Defined(variable.clone())),
            early: false,
            origin,
        });
        set(&variable, parts, origin)
    }

    /// The new path or URL, and the new arguments.
    fn substitution(&mut self, rule: &Rule, reading: Reading<'_>) -> Result<Vec<Step>, Diagnostic> {
        let origin = rule.origin;
        let text = rule.substitution.text.as_str();
        let mark = if rule.flags.query_last { text.rfind('?') } else { text.find('?') };
        let (path, query) = match mark.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))) {
            Some((path, query)) => (path, Some(query)),
            None => (text, None),
        };
        let (server, path) = if rule.flags.proxy {
            let (server, path) = server(rule, path, self.directory.is_some())?;
            (Some(server), path)
        } else {
            (None, path)
        };
        let parts = reading.parts(self.lowering, path)?;
        let literal = parts.iter().all(|part| matches!(part, Part::Text(_)));
        let made = rule.flags.escape.is_none() && !rule.flags.allow_question && !literal;
        let mut steps = Vec::new();
        let query = query.map(|query| reading.parts(self.lowering, query)).transpose()?;
        // Both are made of what was there before.
        steps.push(set("rewritten_new", parts, origin));
        steps.extend(arguments(rule, query));
        steps.push(set(REWRITTEN, vec![variable("rewritten_new")], origin));
        // What is relative starts from the directory; a server has the root of its paths.
        let start = self.directory.as_deref().or((!redirects(rule)).then_some("/"));
        if let Some(directory) = start.filter(|_| server.is_none()) {
            let below = vec![Part::Text(directory.to_owned()), variable(REWRITTEN)];
            let whole = Condition::Any(vec![matches(REWRITTEN, "^/", origin), matches(REWRITTEN, URLS, origin)]);
            steps.push(when(Condition::Not(Box::new(whole)), vec![set(REWRITTEN, below, origin)], origin));
        }
        if made {
            // A `?` that came escaped must not begin arguments.
            let question = vec![matches("request_uri", "(?i)%3f", origin), matches(REWRITTEN, r"\?", origin)];
            steps.push(when(Condition::All(question), vec![answer(403, origin)], origin));
        }
        if let Some(server) = server {
            steps.extend(self.forward(rule, server));
            return Ok(steps);
        }
        let is_url = matches(REWRITTEN, URLS, origin);
        if let Some(status) = rule.flags.status {
            if !self.statuses.contains(&status) {
                self.statuses.push(status);
            }
            steps.push(set(STATUS, vec![Part::Text(status.to_string())], origin));
            let mut own = vec![variable("scheme"), Part::Text("://".to_owned()), variable("host")];
            own.push(odd_port(self.lowering));
            let slash = [own.clone(), vec![Part::Text("/".to_owned()), variable(REWRITTEN)]].concat();
            let plain = [own, vec![variable(REWRITTEN)]].concat();
            let whole = vec![
                when(
                    matches(REWRITTEN, "^/", origin),
                    vec![set(REWRITTEN, plain, origin), Step::Skip { steps: 1, origin }],
                    origin,
                ),
                set(REWRITTEN, slash, origin),
            ];
            steps.push(when(Condition::Not(Box::new(is_url)), whole, origin));
        }
        steps.push(set(CHANGED, vec![Part::Text("1".to_owned())], origin));
        steps.push(flag(RAW, rule.flags.no_escape, origin));
        steps.push(flag(PASS, rule.flags.pass_through, origin));
        Ok(steps)
    }

    /// The request is forwarded: nothing follows.
    fn forward(&mut self, rule: &Rule, server: crate::line::Word) -> Vec<Step> {
        let origin = rule.origin;
        let escape = Function::Escape { keep: IN_PATHS.to_owned(), capital: true, plus: false };
        let path = if rule.flags.no_escape {
            variable(REWRITTEN)
        } else {
            Part::Made { by: escape, of: vec![variable(REWRITTEN)] }
        };
        let name = format!("@forwarded-{}", self.lowering.shared.numbered());
        self.made.forwarded.push((name.clone(), server, template(vec![path], origin)));
        let mut steps = vec![
            // Nothing that a request brings becomes a part of the server.
            when(matches(REWRITTEN, "^[^/]", origin), vec![answer(400, origin)], origin),
            when(matches("args", r"[\x00-\x20\x7f]", origin), vec![answer(403, origin)], origin),
        ];
        if rule.flags.no_escape {
            steps.push(when(matches(REWRITTEN, r"[\x00-\x20\x7f]", origin), vec![answer(403, origin)], origin));
        }
        steps.push(Step::Go { location: name, origin });
        steps
    }

    /// What becomes of a path that was rewritten.
    fn ending(&mut self, root: &str, origin: Origin) -> Vec<Step> {
        self.made.files = true;
        let file_test =
            |test, parts: Vec<Part>| Condition::File { test, path: template(parts, origin), negated: false };
        let exists = Condition::All(vec![
            matches(REWRITTEN, "^/[^/]*", origin),
            file_test(FileTest::Exists, vec![Part::Capture(0)]),
        ]);
        let below = vec![variable("document_root"), variable(REWRITTEN)];
        // The whole name of a file of this server is told by its path.
        let own = format!("(?s)^{}(/.*)", escape(root.trim_end_matches('/')));
        let passes = Condition::Not(Box::new(is_set(PASS, origin)));
        let own = Condition::All(vec![passes, exists.clone(), matches(REWRITTEN, &own, origin)]);
        let shorter = vec![set(REWRITTEN, vec![Part::Capture(1)], origin), flag(BELOW, true, origin)];
        let file = vec![
            when(is_set(BELOW, origin), vec![Step::Go { location: BELOW_ROOT.to_owned(), origin }], origin),
            when(exists, vec![Step::Go { location: ABSOLUTE.to_owned(), origin }], origin),
            Step::Go { location: BELOW_ROOT.to_owned(), origin },
        ];
        // A folder is asked for by a path without a slash: it is that path that gets one.
        let slash = vec![escaped(variable("uri")), Part::Text("/".to_owned()), variable("is_args"), variable("args")];
        let slash = Step::Return { status: 301, text: Some(template(slash, origin)), origin };
        let folder = Condition::All(vec![
            Condition::Not(Box::new(is_set(PASS, origin))),
            Condition::Not(Box::new(matches("uri", r"/\z", origin))),
            file_test(FileTest::Directory, below),
        ]);
        vec![
            self.redirect(origin),
            when(matches("args", r"[\x00-\x20\x7f]", origin), vec![answer(403, origin)], origin),
            when(Condition::Not(Box::new(matches(REWRITTEN, "^/", origin))), vec![answer(400, origin)], origin),
            when(folder, vec![slash], origin),
            flag(BELOW, false, origin),
            when(own, shorter, origin),
            Step::Path { path: template(vec![variable(REWRITTEN)], origin), origin },
            when(Condition::Not(Box::new(is_set(PASS, origin))), file, origin),
        ]
    }

    /// The redirect to what became a URL.
    pub(super) fn redirect(&self, origin: Origin) -> Step {
        let blank = Condition::Any(vec![
            matches("args", r"[\x00-\x20\x7f]", origin),
            matches(REWRITTEN, r"\?.*[\x00-\x20\x7f]", origin),
        ]);
        let mut redirect = vec![
            when(Condition::All(vec![is_set(RAW, origin), blank]), vec![answer(403, origin)], origin),
            when(
                matches(REWRITTEN, "^([^:]+://[^/]*)(.*)$", origin),
                vec![
                    set("rewritten_to", vec![Part::Capture(1), Part::Capture(2)], origin),
                    when(
                        Condition::Not(Box::new(is_set(RAW, origin))),
                        vec![when(
                            matches(REWRITTEN, "^([^:]+://[^/]*)(.*)$", origin),
                            vec![set("rewritten_to", vec![Part::Capture(1), escaped(Part::Capture(2))], origin)],
                            origin,
                        )],
                        origin,
                    ),
                ],
                origin,
            ),
            set("rewritten_arguments", vec![variable("args")], origin),
            when(
                Condition::All(vec![is_set(QUERY, origin), Condition::Not(Box::new(is_set(RAW, origin)))]),
                vec![set("rewritten_arguments", vec![escaped(variable("args"))], origin)],
                origin,
            ),
        ];
        let to = template(vec![variable("rewritten_to"), variable("is_args"), variable("rewritten_arguments")], origin);
        let go = |status: u16| Step::Return { status, text: Some(to.clone()), origin };
        for status in self.statuses.iter().filter(|status| **status != 302) {
            let asked = Condition::Compare {
                value: template(vec![variable(STATUS)], origin),
                comparison: Comparison::Equal,
                with: Template::text(status.to_string(), origin),
            };
            redirect.push(when(asked, vec![go(*status)], origin));
        }
        redirect.push(go(302));
        when(matches(REWRITTEN, URLS, origin), redirect, origin)
    }
}

fn redirects(rule: &Rule) -> bool {
    rule.flags.status.is_some_and(|status| (300..400).contains(&status))
}

/// The arguments after a rule, whose substitution has these behind its `?`.
fn arguments(rule: &Rule, query: Option<Vec<Part>>) -> Vec<Step> {
    let origin = rule.origin;
    let Some(query) = query else {
        return if rule.flags.discard_query { vec![set("args", Vec::new(), origin)] } else { Vec::new() };
    };
    let given = set(QUERY, vec![Part::Text("1".to_owned())], origin);
    if rule.flags.discard_query || !rule.flags.add_query {
        return vec![set("args", query, origin), given];
    }
    if query.is_empty() {
        return vec![given];
    }
    let with = [query.clone(), vec![Part::Text("&".to_owned()), variable("args")]].concat();
    let some = Condition::Compare {
        value: template(vec![variable("args")], origin),
        comparison: Comparison::Different,
        with: Template::default(),
    };
    vec![
        when(some, vec![set("args", with, origin), Step::Skip { steps: 1, origin }], origin),
        set("args", query, origin),
        given,
    ]
}

fn escaped(part: Part) -> Part {
    Part::Made { by: Function::Escape { keep: IN_PATHS.to_owned(), capital: false, plus: false }, of: vec![part] }
}

pub(super) fn variable(name: &str) -> Part {
    Part::Variable(name.to_owned())
}

pub(super) fn template(parts: Vec<Part>, origin: Origin) -> Template {
    Template { parts, origin }
}

pub(super) fn set(variable: &str, parts: Vec<Part>, origin: Origin) -> Step {
    Step::Set { variable: variable.to_owned(), value: template(parts, origin), origin }
}

/// A variable that is there or not.
fn flag(variable: &str, on: bool, origin: Origin) -> Step {
    set(variable, if on { vec![Part::Text("1".to_owned())] } else { Vec::new() }, origin)
}

pub(super) fn is_set(name: &str, origin: Origin) -> Condition {
    Condition::True(template(vec![variable(name)], origin))
}

pub(super) fn when(condition: Condition, steps: Vec<Step>, origin: Origin) -> Step {
    Step::If { condition, steps, section: None, origin }
}

pub(super) fn answer(status: u16, origin: Origin) -> Step {
    Step::Return { status, text: None, origin }
}

pub(super) fn matches(name: &str, expression: &str, origin: Origin) -> Condition {
    Condition::Match {
        value: template(vec![variable(name)], origin),
        pattern: Pattern { expression: expression.to_owned(), ignore_case: false, origin },
        negated: false,
        groups: Groups::Latest,
    }
}
