//! What an exchange learned by name: captures, set variables, looked-up maps.

use crate::plan::Plan;
use crate::serve::proxy::Params;
use crate::shape::user_id::UserIdState;
use crate::uri;
use model::Groups;
use std::cell::{Cell, RefCell};
use value::{Captures, MatchError, Regex};

/// Values bound while an exchange runs. Reading a variable may bind more, hence the cells.
#[derive(Default)]
pub struct Bindings {
    slots: RefCell<Vec<Option<Box<[u8]>>>>,
    maps: RefCell<Vec<Option<Box<[u8]>>>>,
    captures: RefCell<Captures>,
    kept: RefCell<Captures>,
    escaping: Cell<bool>,
    id: Cell<Option<[u8; 16]>>,
    /// Fields of the request that conditions spoke of.
    varies: RefCell<Vec<Box<[u8]>>>,
    /// Parameters of a program that are being made.
    params: RefCell<Params>,
    /// The cookie that tells clients apart.
    pub user_id: UserIdState,
}

impl Bindings {
    /// Values of its names for a request inside this one; they are [taken back](Self::take_back) when that is through.
    ///
    /// What a regular expression captured stays here.
    pub fn lend(&self) -> Self {
        Self { slots: self.slots.take().into(), maps: self.maps.take().into(), id: self.id.clone(), ..Self::default() }
    }

    /// Takes back what was lent, with what it has become.
    pub fn take_back(&self, lent: Self) {
        self.slots.replace(lent.slots.into_inner());
        self.maps.replace(lent.maps.into_inner());
        self.id.set(lent.id.get());
    }

    /// Values of its names for a request that goes on by itself.
    pub fn copy(&self) -> Self {
        Self { slots: self.slots.clone(), maps: self.maps.clone(), id: self.id.clone(), ..Self::default() }
    }

    /// Appends a set variable's value; false if it was never set.
    pub fn append_slot(&self, slot: u16, out: &mut Vec<u8>) -> bool {
        let slots = self.slots.borrow();
        match slots.get(usize::from(slot)) {
            Some(Some(value)) => out.extend_from_slice(value),
            _ => return false,
        }
        true
    }

    /// Makes a program's parameters known to what changes them.
    pub fn put_params(&self, params: Params) {
        self.params.replace(params);
    }

    /// Takes the parameters out again.
    pub fn take_params(&self) -> Params {
        self.params.take()
    }

    /// Gives a parameter another value, or takes it away.
    pub fn set_param(&self, name: &[u8], value: Option<Box<[u8]>>) {
        let mut params = self.params.borrow_mut();
        let known = params.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        match (known.and_then(|index| params.get_mut(index)), value) {
            (Some((_, known)), Some(value)) => *known = value,
            (Some(_), None) => params.retain(|(known, _)| !known.eq_ignore_ascii_case(name)),
            (None, Some(value)) => params.push((name.into(), value)),
            (None, None) => {}
        }
    }

    /// Appends a parameter's value; false if there is none.
    pub fn append_param(&self, name: &[u8], out: &mut Vec<u8>) -> bool {
        let params = self.params.borrow();
        let found = params.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.inspect(|(_, value)| out.extend_from_slice(value)).is_some()
    }

    /// Whether a variable has a value.
    pub fn has_slot(&self, slot: u16) -> bool {
        matches!(self.slots.borrow().get(usize::from(slot)), Some(Some(_)))
    }

    /// Takes a variable's value away.
    pub fn unset_slot(&self, slot: u16) {
        if let Some(place) = self.slots.borrow_mut().get_mut(usize::from(slot)) {
            *place = None;
        }
    }

    /// Takes values away, and gives those to others that are for them.
    pub fn hand_on(&self, pairs: &[(u16, Option<u16>)]) {
        if pairs.is_empty() {
            return;
        }
        let mut slots = self.slots.borrow_mut();
        let old = slots.clone();
        for (from, to) in pairs {
            let Some(value) = old.get(usize::from(*from)).cloned().flatten() else { continue };
            if let Some(place) = slots.get_mut(usize::from(*from)) {
                *place = None;
            }
            if let Some(to) = to.map(usize::from) {
                if slots.len() <= to {
                    slots.resize(to + 1, None);
                }
                if let Some(place) = slots.get_mut(to) {
                    *place = Some(value);
                }
            }
        }
    }

    /// Sets a variable.
    pub fn set_slot(&self, slot: u16, value: impl Into<Box<[u8]>>) {
        put(&self.slots, slot, value.into());
    }

    /// Appends what a capture of the last match holds.
    pub fn append_capture(&self, number: u8, out: &mut Vec<u8>) {
        let captures = self.captures.borrow();
        let Some(text) = captures.text(usize::from(number)) else { return };
        if self.escaping.get() {
            uri::escape_argument(text, out);
        } else {
            out.extend_from_slice(text);
        }
    }

    /// Appends what a kept capture holds.
    pub fn append_kept(&self, number: u8, out: &mut Vec<u8>) {
        out.extend_from_slice(self.kept.borrow().text(usize::from(number)).unwrap_or_default());
    }

    /// Matches an expression; `groups` says what becomes of its captures. One that takes too many steps does not match.
    pub fn matches(&self, regex: &Regex, subject: &[u8], groups: Groups, plan: &Plan) -> bool {
        match groups {
            Groups::Latest => self.bind(regex, subject, plan).unwrap_or(false),
            Groups::Kept => {
                let matched = self.bind(regex, subject, plan).unwrap_or(false);
                self.kept.replace(self.captures.take());
                matched
            }
            Groups::Matched => {
                let mut captures = Captures::default();
                let matched = regex.captures(subject, &mut captures).unwrap_or(false);
                if matched {
                    self.keep(captures, Some(regex), plan);
                }
                matched
            }
        }
    }

    /// Where the last match was in its subject.
    pub fn match_range(&self) -> Option<std::ops::Range<usize>> {
        self.captures.borrow().range(0)
    }

    /// Notes that the response depends on fields of the request.
    pub fn vary(&self, fields: &[Box<[u8]>]) {
        self.varies.borrow_mut().extend_from_slice(fields);
    }

    /// The fields that were noted since they were last taken.
    pub fn take_varies(&self) -> Vec<Box<[u8]>> {
        self.varies.take()
    }

    /// Whether captures are appended escaped from now on.
    pub fn escape_captures(&self, escaping: bool) {
        self.escaping.set(escaping);
    }

    /// Matches an expression; its captures and named groups are bound if it matches, the old ones forgotten if not.
    ///
    /// # Errors
    /// When the expression takes too many steps.
    pub fn bind(&self, regex: &Regex, subject: &[u8], plan: &Plan) -> Result<bool, MatchError> {
        let mut captures = self.captures.take();
        let matched = regex.captures(subject, &mut captures);
        if matched != Ok(true) {
            captures.clear();
        }
        self.keep(captures, Some(regex).filter(|_| matched == Ok(true)), plan);
        matched
    }

    /// Runs a search that may match an expression; what that captured is bound.
    pub fn search<'r, T>(&self, plan: &Plan, search: impl FnOnce(&mut Captures) -> (T, Option<&'r Regex>)) -> T {
        let mut captures = self.captures.borrow_mut();
        let (found, matched) = search(&mut captures);
        for (name, group) in matched.into_iter().flat_map(Regex::names) {
            if let Some(slot) = plan.names.slot(name) {
                self.set_slot(slot, captures.text(group).unwrap_or(&[]));
            }
        }
        found
    }

    /// Takes the captures out, for a search to write into.
    pub fn take_captures(&self) -> Captures {
        self.captures.take()
    }

    /// Keeps captures, and sets the variables that the named groups of the expression stand for.
    pub fn keep(&self, captures: Captures, matched: Option<&Regex>, plan: &Plan) {
        for (name, group) in matched.into_iter().flat_map(Regex::names) {
            if let Some(slot) = plan.names.slot(name) {
                self.set_slot(slot, captures.text(group).unwrap_or(&[]));
            }
        }
        *self.captures.borrow_mut() = captures;
    }

    /// The exchange's random identity, made when it is first asked for.
    pub fn request_id(&self, make: impl FnOnce() -> [u8; 16]) -> [u8; 16] {
        let id = self.id.get().unwrap_or_else(make);
        self.id.set(Some(id));
        id
    }

    /// Appends a map's value if it was looked up before; false if not.
    pub fn append_cached_map(&self, index: u16, out: &mut Vec<u8>) -> bool {
        let maps = self.maps.borrow();
        let Some(Some(value)) = maps.get(usize::from(index)) else { return false };
        out.extend_from_slice(value);
        true
    }

    /// Keeps a map's value for this exchange.
    pub fn cache_map(&self, index: u16, value: &[u8]) {
        put(&self.maps, index, value.into());
    }
}

fn put(values: &RefCell<Vec<Option<Box<[u8]>>>>, index: u16, value: Box<[u8]>) {
    let mut values = values.borrow_mut();
    let index = usize::from(index);
    if values.len() <= index {
        values.resize(index + 1, None);
    }
    if let Some(place) = values.get_mut(index) {
        *place = Some(value);
    }
}
