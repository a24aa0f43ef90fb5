//! Header and trailer fields of one message: an arena of bytes and an entry per field, in the order received.

use std::ops::Range;

use crate::Name;
use crate::h1::class::{self, TOKEN};
use crate::h1::scan::{self, PlainLine};

const SEPARATOR: &[u8] = b": ";
const LINE_END: &[u8] = b"\r\n";

/// The fields of a message. Names keep the letter case they came with; lookups ignore it.
///
/// Clearing keeps the memory, so a recycled value costs no allocation per message.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    arena: Vec<u8>,
    entries: Vec<Entry>,
    present: Names,
    /// Known names that were appended although they were present.
    repeated: Names,
}

/// Bits of known names in halves: what holds a `u128` is aligned to sixteen bytes, which costs allocators much.
#[derive(Copy, Clone, Debug, Default)]
struct Names([u64; 2]);

impl Names {
    #[expect(clippy::cast_possible_truncation, reason = "the lower half is wanted")]
    fn new(bits: u128) -> Self {
        Self([bits as u64, (bits >> 64) as u64])
    }

    fn bits(self) -> u128 {
        let [low, high] = self.0;
        u128::from(high) << 64 | u128::from(low)
    }
}

/// One field, as [`Fields::entries`] yields it.
#[derive(Copy, Clone, Debug)]
pub struct Field<'a> {
    /// Which known name it is.
    pub known: Name,
    /// The name as received.
    pub name: &'a [u8],
    /// The value, without the whitespace around it.
    pub value: &'a [u8],
    /// The whole line as it may be written, line end included; empty if it must be checked first.
    line: &'a [u8],
}

#[derive(Copy, Clone, Debug, Default)]
struct Entry {
    name_start: u32,
    name_end: u32,
    value_start: u32,
    value_end: u32,
    known: Name,
    /// The arena holds the field as its line is written: colon and space between name and value, the line end behind it,
    /// and nothing in either that could end the line.
    ready: bool,
}

impl Fields {
    /// No fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets every field, keeping the memory.
    pub fn clear(&mut self) {
        self.arena.clear();
        self.entries.clear();
        self.present = Names::default();
        self.repeated = Names::default();
    }

    /// Bytes of memory that names and values may take before more is asked for.
    pub fn capacity(&self) -> usize {
        self.arena.capacity()
    }

    /// How many fields there are; a repeated name counts each time.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Name and value of every field, in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&[u8], &[u8])> + ExactSizeIterator {
        self.entries().map(|field| (field.name, field.value))
    }

    /// Every field with its known name, in order.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = Field<'_>> + ExactSizeIterator {
        self.entries.iter().map(|entry| self.field(*entry))
    }

    /// The first value of `name`, letter case aside.
    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// Every value of `name`, letter case aside, in order.
    pub fn get_all<'a, 'n>(&'a self, name: &'n [u8]) -> impl DoubleEndedIterator<Item = &'a [u8]> + use<'a, 'n> {
        let known = Name::of(name);
        let possible = known == Name::Other || self.contains(known);
        let searched: &[Entry] = if possible { &self.entries } else { &[] };
        searched
            .iter()
            .map(|entry| self.field(*entry))
            .filter(move |field| {
                field.known == known && (known != Name::Other || field.name.eq_ignore_ascii_case(name))
            })
            .map(|field| field.value)
    }

    /// The first value of a known name.
    pub fn get_known(&self, name: Name) -> Option<&[u8]> {
        self.get_all_known(name).next()
    }

    /// Every value of a known name, in order.
    pub fn get_all_known(&self, name: Name) -> impl DoubleEndedIterator<Item = &[u8]> {
        let searched: &[Entry] = if self.contains(name) { &self.entries } else { &[] };
        searched
            .iter()
            .filter(move |entry| entry.known == name)
            .map(|entry| slice(&self.arena, entry.value_start, entry.value_end))
    }

    /// Whether a known name is present; one test of a bit.
    pub fn contains(&self, name: Name) -> bool {
        self.present.bits() & name.bit() != 0
    }

    /// Whether one of several known names, of which [`Name::bits`] are given, is present; one test.
    pub fn contains_any(&self, names: u128) -> bool {
        self.present.bits() & names != 0
    }

    /// Whether one of several known names was appended more than once.
    pub fn repeats_any(&self, names: u128) -> bool {
        self.repeated.bits() & names != 0
    }

    /// Appends a field.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.push_with(name, |arena| arena.extend_from_slice(value));
    }

    /// Appends a field whose value `write` appends to the bytes it is given; it must not shorten them.
    pub fn push_with(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let entry = self.append(name, write);
        self.note(entry.known);
        self.entries.push(entry);
    }

    /// Appends a field as it stands in another message: its name is not looked up again.
    pub fn push_field(&mut self, field: &Field<'_>) {
        if field.line.is_empty() {
            self.push_known(field.known, field.name, |arena| arena.extend_from_slice(field.value));
            return;
        }
        let name_end = field.name.len();
        let value_start = name_end + SEPARATOR.len();
        self.push_ahead(0..name_end, value_start..value_start + field.value.len(), field.known, true);
        self.supply(field.line);
    }

    /// [`Fields::push_with`] with a name that was looked up before.
    pub fn push_known(&mut self, known: Name, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let entry = self.append_known(known, name, write);
        self.note(known);
        self.entries.push(entry);
    }

    /// [`Fields::push_known`], unless the value comes out empty; whether there is a field now.
    pub fn push_filled(&mut self, known: Name, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> bool {
        let entry = self.append_known(known, name, write);
        if entry.value_start == entry.value_end {
            self.arena.truncate(entry.name_start as usize);
            return false;
        }
        self.note(known);
        self.entries.push(entry);
        true
    }

    /// Appends a field of a known name whose whole line is given, as it is written: colon and space behind the name, a value
    /// without controls, the line's end.
    pub fn push_written(&mut self, known: Name, line: &[u8]) {
        let name_length = known.as_bytes().len();
        let value_end = line.len().saturating_sub(LINE_END.len());
        self.push_ahead(0..name_length, name_length + SEPARATOR.len()..value_end, known, true);
        self.supply(line);
    }

    /// Puts a field of a known name before all others.
    pub fn push_front(&mut self, known: Name, value: &[u8]) {
        self.push_known(known, known.as_bytes(), |arena| arena.extend_from_slice(value));
        self.entries.rotate_right(1);
    }

    /// Makes `name` present exactly once: the first keeps its place and takes the value, the others go.
    pub fn set(&mut self, name: &[u8], value: &[u8]) {
        self.set_with(name, |arena| arena.extend_from_slice(value));
    }

    /// [`Fields::set`] with a value that `write` appends to the bytes it is given; it must not shorten them.
    pub fn set_with(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) {
        let entry = self.append(name, write);
        let mut placed = false;
        let Self { arena, entries, .. } = self;
        entries.retain_mut(|old| {
            if !old.is_named(arena, entry.known, name) {
                return true;
            }
            if placed {
                return false;
            }
            placed = true;
            *old = entry;
            true
        });
        if !placed {
            entries.push(entry);
        }
        self.present = Names::new(self.present.bits() | entry.known.bit());
    }

    /// Removes every field called `name`; whether there was one.
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let known = Name::of(name);
        if known != Name::Other {
            return self.remove_known(known);
        }
        let before = self.entries.len();
        let Self { arena, entries, .. } = self;
        entries.retain(|entry| !entry.is_named(arena, known, name));
        self.entries.len() != before
    }

    /// Removes every field of a known name; whether there was one.
    pub fn remove_known(&mut self, name: Name) -> bool {
        if !self.contains(name) {
            return false;
        }
        self.entries.retain(|entry| entry.known != name);
        self.present = Names::new(self.present.bits() & !name.bit());
        true
    }

    /// Keeps the fields for which `keep(name, value)` is true.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8], &[u8]) -> bool) {
        let Self { arena, entries, present, .. } = self;
        let mut kept_names = 0;
        entries.retain(|entry| {
            let kept =
                keep(slice(arena, entry.name_start, entry.name_end), slice(arena, entry.value_start, entry.value_end));
            if kept {
                kept_names |= entry.known.bit();
            }
            kept
        });
        *present = Names::new(kept_names);
    }

    /// Appends a received line in one copy; `name` and `value` are its ranges.
    pub(crate) fn push_line(&mut self, line: &[u8], name: Range<usize>, value: Range<usize>, known: Name) {
        self.push_ahead(name, value, known, false);
        self.supply(line);
    }

    /// Appends the lines of the usual form that `input` starts with, as long as `accept` takes them, given their length and
    /// the bits of names that they repeat; how many bytes they are.
    pub(crate) fn take_plain_lines(&mut self, input: &[u8], mut accept: impl FnMut(usize, u128) -> bool) -> usize {
        let (Ok(base), Ok(_)) = (u32::try_from(self.arena.len()), u32::try_from(self.arena.len() + input.len())) else {
            return 0;
        };
        let (mut present, mut repeated) = (self.present.bits(), self.repeated.bits());
        let (mut rest, mut start) = (input, base);
        while rest.first() != Some(&b'\r')
            && let Some(line) = PlainLine::read(rest)
        {
            let bit = line.known.bit();
            let Some(after) = rest.get(line.length()..).filter(|_| accept(line.length(), present & bit)) else { break };
            repeated |= present & bit;
            present |= bit;
            #[expect(clippy::cast_possible_truncation, reason = "the input's end is in range")]
            let position = |place: usize| start + place as u32;
            self.entries.push(Entry {
                name_start: start,
                name_end: position(line.name_length),
                value_start: position(line.name_length + 2),
                value_end: position(line.value_end),
                known: line.known,
                ready: true,
            });
            start = position(line.length());
            rest = after;
        }
        (self.present, self.repeated) = (Names::new(present), Names::new(repeated));
        let length = input.len() - rest.len();
        self.arena.extend_from_slice(input.get(..length).unwrap_or_default());
        length
    }

    /// Appends a received line whose bytes come later, with [`Fields::supply`]; `name` and `value` are its ranges, in this
    /// order, among those. Until then it reads as empty. `ready`: it can be written as it came.
    #[inline]
    pub(crate) fn push_ahead(&mut self, name: Range<usize>, value: Range<usize>, known: Name, ready: bool) {
        let start = self.arena.len();
        self.note(known);
        if u32::try_from(start + value.end).is_err() {
            self.entries.push(Entry { known, ..Entry::default() });
            return;
        }
        #[expect(clippy::cast_possible_truncation, reason = "none is above the value's end, which is in range")]
        let position = |position: usize| (start + position) as u32;
        self.entries.push(Entry {
            name_start: position(name.start),
            name_end: position(name.end),
            value_start: position(value.start),
            value_end: position(value.end),
            known,
            ready,
        });
    }

    #[inline]
    fn note(&mut self, known: Name) {
        let (bit, present) = (known.bit(), self.present.bits());
        if present & bit != 0 {
            self.repeated = Names::new(self.repeated.bits() | bit);
        }
        self.present = Names::new(present | bit);
    }

    /// Appends the bytes of the lines pushed ahead, in one copy.
    pub(crate) fn supply(&mut self, lines: &[u8]) {
        self.arena.extend_from_slice(lines);
    }

    fn append(&mut self, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> Entry {
        self.append_known(Name::of(name), name, write)
    }

    fn append_known(&mut self, known: Name, name: &[u8], write: impl FnOnce(&mut Vec<u8>)) -> Entry {
        let name_start = self.arena.len();
        self.arena.extend_from_slice(name);
        self.arena.extend_from_slice(SEPARATOR);
        let value_start = self.arena.len();
        write(&mut self.arena);
        debug_assert!(self.arena.len() >= value_start, "a value may only be appended");
        let value_end = self.arena.len();
        let value = self.arena.get(value_start..).unwrap_or_default();
        let is_name = known != Name::Other || (!name.is_empty() && class::common(name) & TOKEN != 0);
        let ready = is_name && scan::find_control(value).is_none();
        self.arena.extend_from_slice(LINE_END);
        Entry {
            name_start: offset(name_start),
            name_end: offset(name_start + name.len()),
            value_start: offset(value_start),
            value_end: offset(value_end),
            known,
            ready,
        }
    }

    /// Writes the fields' lines to `out`: what is ready and lies together in one copy, fields that are not ready with `check`,
    /// and those that `is_held` with `replace`.
    pub(crate) fn write_lines(
        &self,
        out: &mut Vec<u8>,
        is_held: impl Fn(Name) -> bool,
        mut replace: impl FnMut(&mut Vec<u8>),
        check: impl Fn(&mut Vec<u8>, Field<'_>),
    ) {
        let (mut start, mut end) = (0, 0);
        for entry in &self.entries {
            let held = is_held(entry.known);
            if entry.ready && !held && entry.name_start == end {
                end = entry.line_end();
                continue;
            }
            out.extend_from_slice(slice(&self.arena, start, end));
            (start, end) = (entry.name_start, entry.name_start);
            if held {
                replace(out);
            } else if entry.ready {
                end = entry.line_end();
            } else {
                check(out, self.field(*entry));
            }
        }
        out.extend_from_slice(slice(&self.arena, start, end));
    }

    /// Writes the fields' lines to `out`, but for those of `dropped` names and those for which `is_dropped` says so: what is
    /// ready and lies together in one copy, the others with `check`.
    pub(crate) fn write_kept(
        &self,
        out: &mut Vec<u8>,
        dropped: u128,
        is_dropped: impl Fn(&Field<'_>) -> bool,
        check: impl Fn(&mut Vec<u8>, Field<'_>),
    ) {
        let (mut start, mut end) = (0, 0);
        for entry in &self.entries {
            if entry.known.bit() & dropped != 0 || is_dropped(&self.field(*entry)) {
                continue;
            }
            if entry.name_start != end || !entry.ready {
                out.extend_from_slice(slice(&self.arena, start, end));
                (start, end) = (entry.name_start, entry.name_start);
            }
            if entry.ready {
                end = entry.line_end();
            } else {
                check(out, self.field(*entry));
            }
        }
        out.extend_from_slice(slice(&self.arena, start, end));
    }

    /// Appends the fields of another message, but for those of `dropped` names and those for which `is_dropped` says so: in
    /// one copy, of which those take up room too.
    pub fn append_kept(&mut self, other: &Self, dropped: u128, is_dropped: impl Fn(&Field<'_>) -> bool) {
        let (Ok(shift), Ok(_)) = (u32::try_from(self.arena.len()), u32::try_from(self.arena.len() + other.arena.len()))
        else {
            return;
        };
        self.arena.extend_from_slice(&other.arena);
        for entry in &other.entries {
            if entry.known.bit() & dropped != 0 || is_dropped(&other.field(*entry)) {
                continue;
            }
            self.note(entry.known);
            self.entries.push(entry.shifted(shift));
        }
    }

    fn field(&self, entry: Entry) -> Field<'_> {
        Field {
            known: entry.known,
            name: slice(&self.arena, entry.name_start, entry.name_end),
            value: slice(&self.arena, entry.value_start, entry.value_end),
            line: if entry.ready { slice(&self.arena, entry.name_start, entry.line_end()) } else { &[] },
        }
    }
}

impl Entry {
    /// The same field in an arena that has `shift` bytes before it. Positions that are invalid stay so.
    fn shifted(self, shift: u32) -> Self {
        Self {
            name_start: self.name_start.saturating_add(shift),
            name_end: self.name_end.saturating_add(shift),
            value_start: self.value_start.saturating_add(shift),
            value_end: self.value_end.saturating_add(shift),
            ..self
        }
    }

    /// The end of a line that is ready.
    fn line_end(&self) -> u32 {
        self.value_end.saturating_add(2)
    }

    fn is_named(&self, arena: &[u8], known: Name, name: &[u8]) -> bool {
        self.known == known
            && (known != Name::Other || slice(arena, self.name_start, self.name_end).eq_ignore_ascii_case(name))
    }
}

impl PartialEq for Fields {
    /// The same names and values in the same order, byte for byte.
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

/// Positions are 32 bits: limits keep a message's fields far below 4 GiB, and one past it reads as empty.
fn offset(position: usize) -> u32 {
    u32::try_from(position).unwrap_or(u32::MAX)
}

fn slice(arena: &[u8], start: u32, end: u32) -> &[u8] {
    arena.get(start as usize..end as usize).unwrap_or_default()
}
