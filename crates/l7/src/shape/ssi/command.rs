//! What each command does.

use super::engine::{Branch, Engine, push};
use super::scan::Command;
use crate::body::{Body, Composed, Piece};
use crate::child::Asked;
use crate::uri;
use protocol::Method;
use std::collections::VecDeque;
use std::rc::Rc;

impl Engine {
    /// Does what a command says.
    ///
    /// # Errors
    /// When it cannot be done.
    pub(super) fn obey(&mut self, command: &Command, pieces: &mut VecDeque<Piece>) -> Result<(), ()> {
        match command.name.as_slice() {
            b"if" if !self.writes() => self.conditions.push(Branch::Skipped),
            b"if" => {
                let holds = self.holds(command.get(b"expr").ok_or(())?)?;
                self.open(holds)?;
            }
            b"elif" => self.turn(Some(command.get(b"expr").ok_or(())?))?,
            b"else" => self.turn(None)?,
            b"endif" => drop(self.conditions.pop().ok_or(())?),
            _ if !self.writes() => {}
            b"include" => self.ask(command, pieces)?,
            b"echo" => self.echo(command, pieces)?,
            b"set" => {
                let value = self.expand(command.get(b"value").ok_or(())?)?;
                self.keep(command.get(b"var").ok_or(())?, value);
            }
            b"config" => self.configure(command),
            b"block" => self.block = Some((command.get(b"name").ok_or(())?.to_vec(), Vec::new())),
            _ => return Err(()),
        }
        Ok(())
    }

    /// Another branch of the innermost condition.
    fn turn(&mut self, expression: Option<&[u8]>) -> Result<(), ()> {
        let branch = *self.conditions.last().ok_or(())?;
        let next = match branch {
            Branch::Skipped => Branch::Skipped,
            Branch::Taken | Branch::Over => Branch::Over,
            Branch::NotYet => match expression {
                Some(expression) if !self.holds(expression)? => Branch::NotYet,
                _ => Branch::Taken,
            },
        };
        if let Some(open) = self.conditions.last_mut() {
            *open = next;
        }
        Ok(())
    }

    fn configure(&mut self, command: &Command) {
        if let Some(trouble) = command.get(b"errmsg") {
            self.trouble = trouble.to_vec();
        }
        if let Some(format) = command.get(b"timefmt") {
            self.date_format = String::from_utf8_lossy(format).into_owned();
        }
    }

    fn echo(&self, command: &Command, pieces: &mut VecDeque<Piece>) -> Result<(), ()> {
        let name = command.get(b"var").ok_or(())?;
        let Some(value) = self.lookup(name) else {
            push(pieces, command.get(b"default").unwrap_or(b"(none)"));
            return Ok(());
        };
        let mut text = Vec::new();
        match command.get(b"encoding").unwrap_or(b"entity") {
            b"none" => text = value,
            b"url" => escape_url(&value, &mut text),
            b"entity" => crate::serve::listing::escape_html(&value, &mut text),
            _ => return Err(()),
        }
        push(pieces, &text);
        Ok(())
    }

    /// Asks for a part of the page.
    fn ask(&mut self, command: &Command, pieces: &mut VecDeque<Piece>) -> Result<(), ()> {
        let places = (command.get(b"virtual"), command.get(b"file"));
        let ((Some(target), None) | (None, Some(target))) = places else { return Err(()) };
        self.page.count()?;
        let mut target = self.expand(target)?;
        if target.first() != Some(&b'/') {
            let folder = memchr::memrchr(b'/', self.errands.path()).map_or(0, |at| at + 1);
            target = [self.errands.path().get(..folder).unwrap_or_default(), &target].concat();
        }
        let (path, arguments) = uri::decode_target(&target).ok_or(())?;
        self.waiting = match command.get(b"wait") {
            None => command.get(b"virtual").is_none(),
            Some(b"yes") => true,
            Some(b"no") => false,
            Some(_) => return Err(()),
        };
        let stub = command.get(b"stub").and_then(|name| self.stub(name, &path, arguments));
        let keep = command.get(b"set").map(<[u8]>::to_vec);
        self.waiting |= keep.is_some();
        let asked = Asked { path, arguments: arguments.to_vec(), method: Method::Get, ..Asked::get(b"") };
        pieces.push_back(Piece::with(Rc::clone(&self.errands).run(asked), stub, keep));
        Ok(())
    }

    /// A block, with its commands obeyed as those of the part that it stands in for.
    fn stub(&self, name: &[u8], path: &[u8], arguments: &[u8]) -> Option<Body> {
        let text = Rc::clone(self.page.blocks.borrow().get(name)?);
        let errands = Rc::new(self.errands.at(path, arguments));
        let engine = Self::new(Rc::clone(&self.page), errands, self.silent, self.value_length);
        let text = Body::Bytes(text.to_vec().into());
        Some(Body::Composed(Box::new(Composed::commanded(text, engine))))
    }
}

/// Writes text so that it can stand in a link.
fn escape_url(text: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text {
        if matches!(byte, 0..=b' ' | b'"' | b'#' | b'%' | b'\'' | b'<' | b'>' | 0x7f..) {
            let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
            out.extend_from_slice(&[b'%', digit(byte >> 4), digit(byte & 15)]);
        } else {
            out.push(*byte);
        }
    }
}
