//! Scripts: the steps by which a request is rewritten before and after its location is chosen.

use crate::exchange::Exchange;
use crate::plan::{Section, Template};
use crate::reroute::Reroute;
use crate::uri;
use crate::variables::Variable;
use model::{Comparison, FileTest, Groups, Measured, Network, Orders, RewriteFlag};
use value::Regex;

pub mod condition;
mod find;
pub mod moments;

/// Steps in order, with what they need compiled.
#[derive(Default)]
pub struct Script {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Script {
    /// Whether there is nothing to run.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}

/// One step.
pub enum Step {
    /// Gives a variable a value.
    Set {
        /// Which.
        place: SetPlace,
        /// The value.
        value: Template,
    },
    /// Replaces the path if it matches.
    Rewrite(Box<Rewrite>),
    /// Runs steps, and changes the settings, if a condition holds.
    If {
        /// The condition.
        condition: Condition,
        /// The steps.
        script: Script,
        /// Settings that hold from here on.
        section: Option<Box<Section>>,
    },
    /// Answers.
    Return {
        /// Status.
        status: u16,
        /// Body or URL.
        text: Option<Template>,
    },
    /// Ends the script.
    Break,
    /// Takes a variable's value away.
    Unset(u16),
    /// Replaces the path.
    Path(Template),
    /// Leaves out so many of the steps that follow.
    Skip(usize),
    /// Steps that can be left, or begun anew, as a whole.
    Block(Script),
    /// Goes on behind the innermost block.
    Leave,
    /// Begins the innermost block anew, so often at most.
    Again(u32),
    /// Looks for the file that a name stands for.
    Find {
        /// The name.
        name: Template,
        /// Gets the file's name.
        file: u16,
        /// Gets what follows it.
        rest: u16,
        /// Whether a folder stands for its index.
        index: bool,
    },
    /// Ends the script; the request begins anew with this path.
    Begin(Template),
    /// Ends the script; the location of this name is next.
    Go(Box<[u8]>),
}

/// What a `set` changes.
pub enum SetPlace {
    /// A variable of its own.
    Slot(u16),
    /// The request's arguments.
    Arguments,
    /// The response's rate.
    LimitRate,
}

/// A replacement of the path.
pub struct Rewrite {
    /// Matched against the decoded path.
    pub pattern: Regex,
    /// The new path, or URL up to its `?`.
    pub path: Template,
    /// The new arguments, if the replacement has a `?`.
    pub arguments: Option<Template>,
    /// What happens next.
    pub flag: RewriteFlag,
    /// Whether the old arguments are added.
    pub keep_arguments: bool,
}

/// A condition.
pub enum Condition {
    /// Neither empty nor `0`.
    True(Template),
    /// Equality.
    Compare(Template, Comparison, Template),
    /// A match.
    Match {
        /// What is matched.
        value: Template,
        /// Against what.
        regex: Regex,
        /// It must not match.
        negated: bool,
        /// What becomes of its captures.
        groups: Groups,
    },
    /// The last field whose name matches the first has a value that matches the second.
    Field(Regex, Regex),
    /// A test of a file; `true`: it must fail.
    File(FileTest, Template, bool),
    /// All hold.
    All(Box<[Condition]>),
    /// One holds.
    Any(Box<[Condition]>),
    /// It does not hold.
    Not(Box<Condition>),
    /// Another condition, which speaks of fields of the request.
    Varies(Box<[Box<[u8]>]>, Box<Condition>),
    /// The variable has a value.
    Defined(Variable),
    /// The values stand in one of some orders.
    Order {
        /// Left side.
        value: Template,
        /// Right side.
        with: Template,
        /// What is compared.
        by: Measured,
        /// The orders that fit.
        fits: Orders,
    },
    /// The value is an address of one of the networks.
    Address(Template, Box<[Network]>),
}

/// What a script came to.
pub enum Next {
    /// It ran to its end or broke off; the path is as it was, or changed in place.
    Continue,
    /// The path changed: choose a location anew.
    Reroute(Reroute),
    /// Answer this.
    Answer(Answer),
}

/// An answer that the configuration itself gives.
pub struct Answer {
    /// Its status.
    pub status: u16,
    /// Its body or URL.
    pub text: Option<Vec<u8>>,
}

/// How the steps went on inside.
enum Flow {
    On,
    Stop,
    /// So many steps of the list around are left out.
    Skip(usize),
    /// The innermost block ends.
    Leave,
    /// The innermost block begins anew, so often at most.
    Again(u32),
    Done(Next),
}

impl<'p> Exchange<'p> {
    /// Runs a script; `at_site`: before a location is chosen (a changed path then simply stands).
    pub async fn run_script(&mut self, script: &'p Script, at_site: bool) -> Next {
        if script.steps.is_empty() {
            return Next::Continue;
        }
        self.request.path_changed = false;
        match self.run_steps(script).await {
            Flow::Done(Next::Reroute(reroute)) if at_site && !reroute.is_named() => Next::Continue,
            Flow::Done(next) => next,
            // A rewrite without a flag chooses the location anew when the script is through.
            Flow::On if !at_site && self.request.path_changed => Next::Reroute(Reroute::find_location()),
            Flow::On | Flow::Stop | Flow::Skip(_) | Flow::Leave | Flow::Again(_) => Next::Continue,
        }
    }

    async fn run_steps(&mut self, script: &'p Script) -> Flow {
        let mut skipped = 0;
        for step in &script.steps {
            if skipped > 0 {
                skipped -= 1;
                continue;
            }
            let flow = match step {
                Step::Set { place, value } => self.set(place, value),
                Step::Rewrite(rewrite) => self.rewrite(rewrite),
                Step::If { condition, script, section } => {
                    if !self.holds(condition).await {
                        continue;
                    }
                    if let Some(section) = section {
                        self.place.enter_block(section);
                    }
                    Box::pin(self.run_steps(script)).await
                }
                Step::Return { status, text } => self.answer(*status, text.as_ref()),
                Step::Break => {
                    self.keep_rewritten();
                    Flow::Stop
                }
                Step::Unset(slot) => {
                    self.bindings.unset_slot(*slot);
                    Flow::On
                }
                Step::Path(path) => self.replace_path(path),
                Step::Skip(steps) => Flow::Skip(*steps),
                Step::Block(script) => Box::pin(self.run_block(script)).await,
                Step::Leave => Flow::Leave,
                Step::Again(most) => Flow::Again(*most),
                Step::Find { name, file, rest, index } => {
                    self.find_file(name, (*file, *rest), *index).await;
                    Flow::On
                }
                Step::Begin(path) => {
                    let target = Reroute::to_path(self.text_of(path), self.request.arguments.clone());
                    Flow::Done(Next::Reroute(target))
                }
                Step::Go(name) => Flow::Done(Next::Reroute(Reroute::to_named(name.to_vec()))),
            };
            match flow {
                Flow::On => {}
                Flow::Skip(steps) => skipped = steps,
                flow => return flow,
            }
        }
        if skipped > 0 { Flow::Skip(skipped) } else { Flow::On }
    }

    /// Runs steps until they are through, left, or begun anew too often.
    async fn run_block(&mut self, script: &'p Script) -> Flow {
        let mut rounds = 0;
        loop {
            match self.run_steps(script).await {
                Flow::Again(most) if rounds >= most => {
                    self.log_error(|| "a script begins anew too often".into());
                    return self.answer(500, None);
                }
                Flow::Again(_) => rounds += 1,
                Flow::On | Flow::Skip(_) | Flow::Leave => return Flow::On,
                flow => return flow,
            }
        }
    }

    fn replace_path(&mut self, path: &Template) -> Flow {
        let path = self.text_of(path);
        let arguments = std::mem::take(&mut self.request.arguments);
        self.request.rewrite_path(path, arguments);
        Flow::On
    }

    fn set(&mut self, place: &SetPlace, value: &Template) -> Flow {
        let text = self.text_of(value);
        self.set_to(place, text);
        Flow::On
    }

    /// Changes what a `set` would.
    pub fn set_to(&mut self, place: &SetPlace, text: Vec<u8>) {
        match place {
            SetPlace::Slot(slot) => self.bindings.set_slot(*slot, text),
            SetPlace::Arguments => self.request.set_arguments(&text),
            SetPlace::LimitRate => match parse_size(&text) {
                Some(rate) => self.limit_rate = Some(rate),
                None => self.log_error(|| format!("invalid $limit_rate \"{}\"", String::from_utf8_lossy(&text))),
            },
        }
    }

    fn answer(&mut self, status: u16, text: Option<&Template>) -> Flow {
        // The text may speak of the status that it comes with.
        self.sent.status = self.error_status.unwrap_or(status);
        let text = text.map(|template| {
            let mut out = Vec::new();
            template.evaluate(self, &mut out);
            out
        });
        Flow::Done(Next::Answer(Answer { status, text }))
    }

    fn rewrite(&mut self, rewrite: &Rewrite) -> Flow {
        let expression = rewrite.pattern.as_str();
        match self.bindings.bind(&rewrite.pattern, &self.request.path, self.plan) {
            Ok(true) => self.log_step(|path| format!("\"{expression}\" matches \"{path}\"")),
            Ok(false) => {
                self.log_step(|path| format!("\"{expression}\" does not match \"{path}\""));
                return Flow::On;
            }
            Err(error) => {
                self.log_error(|| format!("\"{expression}\" gave up on the path: error {}", error.code));
                return self.answer(500, None);
            }
        }
        match rewrite.flag {
            RewriteFlag::Redirect(status) => self.rewrite_redirect(rewrite, status),
            flag => self.rewrite_path(rewrite, flag),
        }
    }

    fn rewrite_redirect(&self, rewrite: &Rewrite, status: u16) -> Flow {
        let mut target = Vec::new();
        self.bindings.escape_captures(self.request.quoted);
        rewrite.path.evaluate(self, &mut target);
        if let Some(arguments) = &rewrite.arguments {
            target.push(b'?');
            arguments.evaluate(self, &mut target);
        }
        self.bindings.escape_captures(false);
        let mut target = uri::unescape_redirect(&target);
        if rewrite.keep_arguments && !self.request.arguments.is_empty() {
            target.push(if rewrite.arguments.is_some() { b'&' } else { b'?' });
            target.extend_from_slice(&self.request.arguments);
        }
        self.log_step(|_| format!("rewritten redirect: \"{}\"", String::from_utf8_lossy(&target)));
        Flow::Done(Next::Answer(Answer { status, text: Some(target) }))
    }

    fn rewrite_path(&mut self, rewrite: &Rewrite, flag: RewriteFlag) -> Flow {
        let mut path = Vec::new();
        rewrite.path.evaluate(self, &mut path);
        let arguments = self.rewritten_arguments(rewrite);
        self.log_step(|_| {
            let (path, arguments) = (String::from_utf8_lossy(&path), String::from_utf8_lossy(&arguments));
            format!("rewritten data: \"{path}\", args: \"{arguments}\"")
        });
        if path.is_empty() {
            self.log_error(|| "the rewritten URI has a zero length".into());
            return self.answer(500, None);
        }
        self.request.rewrite_path(path, arguments);
        match flag {
            RewriteFlag::Last => Flow::Done(Next::Reroute(Reroute::find_location())),
            RewriteFlag::Break => {
                self.keep_rewritten();
                Flow::Stop
            }
            RewriteFlag::Continue | RewriteFlag::Redirect(_) => Flow::On,
        }
    }

    /// A rewritten path stays in its location, whose prefix stands for nothing in it any more.
    fn keep_rewritten(&mut self) {
        if std::mem::take(&mut self.request.path_changed) {
            self.request.location_valid = false;
        }
    }

    fn rewritten_arguments(&self, rewrite: &Rewrite) -> Vec<u8> {
        let old: &[u8] = if rewrite.keep_arguments { &self.request.arguments } else { &[] };
        let Some(template) = &rewrite.arguments else { return old.to_vec() };
        let mut arguments = Vec::new();
        self.bindings.escape_captures(self.request.quoted);
        template.evaluate(self, &mut arguments);
        self.bindings.escape_captures(false);
        if !old.is_empty() {
            arguments.push(b'&');
            arguments.extend_from_slice(old);
        }
        arguments
    }

    /// Writes a step to the error log if the section asks for it.
    fn log_step(&self, text: impl FnOnce(&str) -> String) {
        if self.place.section.logging.rewrite {
            let path = String::from_utf8_lossy(&self.request.path).into_owned();
            self.log(telemetry::error_log::Level::Notice, || text(&path));
        }
    }
}

/// A number of bytes with an optional unit, as `limit_rate` values are written; `None`: malformed.
pub fn parse_size(text: &[u8]) -> Option<u64> {
    let (digits, unit) = match text.split_last() {
        Some((b'k' | b'K', digits)) => (digits, 1 << 10),
        Some((b'm' | b'M', digits)) => (digits, 1 << 20),
        Some((b'g' | b'G', digits)) => (digits, 1 << 30),
        _ => (text, 1),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: u64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    number.checked_mul(unit)
}
