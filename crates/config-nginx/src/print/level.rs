//! Blocks that inherit from each other: what is written in each is what differs from the block around it.

use std::collections::HashMap;

use diagnostic::Origin;
use model::Redirect;

use super::aliasing::{Aliasing, Naming, Place};
use super::item::Item;
use super::rules::Rewriting;
use crate::table::{Contexts, IF_LOCATION};

/// What one or a few directives say that are inherited together.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Setting {
    pub(super) key: &'static str,
    /// What says it where nothing is inherited; none for a setting that is there only where it is written.
    pub(super) lines: Vec<Item>,
    /// What says it where something else is inherited, unless `lines` do.
    pub(super) undo: Vec<Item>,
}

impl Setting {
    /// A setting of one directive.
    pub(super) fn one(key: &'static str, line: Item) -> Self {
        Self { key, lines: vec![line], undo: Vec::new() }
    }

    pub(super) fn many(key: &'static str, lines: Vec<Item>, undo: Vec<Item>) -> Self {
        Self { key, lines, undo }
    }

    /// A setting that may be missing; `undo` says so where it is inherited.
    pub(super) fn maybe(key: &'static str, line: Option<Item>, undo: Option<Item>) -> Self {
        let undo = undo.filter(|_| line.is_none());
        Self { key, lines: line.into_iter().collect(), undo: undo.into_iter().collect() }
    }

    fn may_stand_in(&self, context: Contexts) -> bool {
        self.lines.iter().chain(&self.undo).all(|line| line.may_stand_in(context))
    }

    /// Whether it can be said whatever is inherited.
    fn is_absolute(&self) -> bool {
        let said = |items: &[Item]| !items.is_empty() && !items.iter().any(|item| matches!(item, Item::Unsaid(_)));
        said(&self.lines) || said(&self.undo)
    }
}

/// Requests that are forwarded from a block.
pub(super) struct Forwarding {
    /// `proxy_pass` and what it cannot say.
    pub(super) target: Vec<Item>,
    /// The URL as it is written, and whether it has a path.
    pub(super) url: Option<(String, bool)>,
    pub(super) redirects: Vec<Redirect>,
}

/// A block with what holds in it.
pub(super) struct Level {
    pub(super) name: &'static str,
    pub(super) words: Vec<String>,
    pub(super) context: Contexts,
    /// What stands first and is inherited by nothing.
    pub(super) head: Vec<Item>,
    pub(super) settings: Vec<Setting>,
    pub(super) place: Place,
    /// How its paths become names of files; `None` outside sites.
    pub(super) naming: Option<Naming>,
    pub(super) forwarding: Option<Forwarding>,
    pub(super) script: Vec<Step>,
    pub(super) children: Vec<Level>,
}

/// A step of a block's script.
pub(super) enum Step {
    Item(Item),
    If(Box<Level>),
}

/// What a block inherits.
#[derive(Clone, Default)]
pub(super) struct State {
    settings: HashMap<&'static str, Vec<Item>>,
    defaults: HashMap<&'static str, Vec<Item>>,
    aliasing: Aliasing,
    rewriting: Rewriting,
    /// Where the block around an `if` forwards to.
    target: Option<Vec<Item>>,
}

impl State {
    /// Before anything is written.
    pub(super) fn new(defaults: &[Setting]) -> Self {
        let lines = |setting: &Setting| (setting.key, setting.lines.clone());
        let settings: HashMap<_, _> = defaults.iter().map(lines).collect();
        Self { defaults: settings.clone(), settings, ..Self::default() }
    }

    fn holds(&self, setting: &Setting) -> bool {
        self.settings.get(setting.key).map_or(&[][..], Vec::as_slice) == setting.lines
    }

    /// Whether a setting is what holds where nothing is written.
    pub(super) fn is_default(&self, setting: &Setting) -> bool {
        self.defaults.get(setting.key) == Some(&setting.lines)
    }

    /// What must be written for a setting to hold, which it does then.
    fn change(&mut self, setting: &Setting) -> Vec<Item> {
        if self.holds(setting) {
            return Vec::new();
        }
        let inherited = self.settings.insert(setting.key, setting.lines.clone());
        let plain = inherited.as_ref() == self.defaults.get(setting.key);
        if setting.lines.is_empty() || (!plain && !setting.undo.is_empty()) {
            if setting.undo.is_empty() {
                let written = inherited.and_then(|lines| lines.first().cloned());
                return vec![Item::unsaid(taken_back(setting.key, written.as_ref()), Origin::default())];
            }
            return setting.undo.clone();
        }
        setting.lines.clone()
    }
}

fn taken_back(key: &str, inherited: Option<&Item>) -> String {
    match inherited {
        Some(Item::Directive { words, .. }) => format!("`{key} {}` does not hold here", words.join(" ")),
        _ => format!("`{key}` of the block around it does not hold here"),
    }
}

impl Level {
    /// A block with nothing in it.
    pub(super) fn new(name: &'static str, words: Vec<String>, context: Contexts, place: Place) -> Self {
        Self {
            name,
            words,
            context,
            head: Vec::new(),
            settings: Vec::new(),
            place,
            naming: None,
            forwarding: None,
            script: Vec::new(),
            children: Vec::new(),
        }
    }

    /// Writes settings where all blocks inside this one agree, so that they need not repeat them.
    pub(super) fn share(&mut self, defaults: &State) {
        for step in &mut self.script {
            if let Step::If(level) = step {
                level.share(defaults);
            }
        }
        self.children.iter_mut().for_each(|child| child.share(defaults));
        let mut keys: Vec<&'static str> = Vec::new();
        let missing = |key: &&'static str| !self.settings.iter().any(|setting| setting.key == *key);
        for key in self.inside().flat_map(Level::keys).filter(missing) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let shared: Vec<Setting> = keys.into_iter().filter_map(|key| self.agreed(key, defaults)).collect();
        self.settings.extend(shared);
    }

    /// The blocks inside this one.
    fn inside(&self) -> impl Iterator<Item = &Level> {
        self.conditional().chain(&self.children)
    }

    /// The blocks that are parts of this one.
    fn conditional(&self) -> impl Iterator<Item = &Level> {
        self.script.iter().filter_map(|step| match step {
            Step::If(level) => Some(level.as_ref()),
            Step::Item(_) => None,
        })
    }

    /// The keys that this block or those inside it have a setting for.
    fn keys(&self) -> Vec<&'static str> {
        let own = self.settings.iter().map(|setting| setting.key);
        own.chain(self.inside().flat_map(Level::keys)).collect()
    }

    /// What most blocks inside this one say, if those that say something else can say it there.
    fn agreed(&self, key: &'static str, defaults: &State) -> Option<Setting> {
        let mut wishes = Vec::new();
        self.inside().for_each(|level| level.wishes(key, &mut wishes));
        // Some directives may not stand in a condition, but only around it.
        let forced = self.conditional().flat_map(|level| &level.settings);
        let forced = forced.into_iter().find(|setting| setting.key == key && !setting.may_stand_in(IF_LOCATION));
        if let Some(forced) = forced {
            return Some(forced.clone());
        }
        let count = |wish: &Setting| wishes.iter().filter(|other| other.lines == wish.lines).count();
        let best = wishes.iter().copied().max_by_key(|wish| (count(wish), defaults.is_default(wish)))?;
        let others_can = wishes.iter().all(|wish| wish.lines == best.lines || wish.is_absolute());
        let worth = count(best) > 1 && (count(best) == wishes.len() || self.name == "http");
        (worth && others_can && best.is_absolute() && !best.lines.is_empty()).then(|| best.clone())
    }

    /// The outermost settings with this key in this block and inside it.
    fn wishes<'a>(&'a self, key: &'static str, wishes: &mut Vec<&'a Setting>) {
        match self.settings.iter().find(|setting| setting.key == key) {
            Some(own) => wishes.push(own),
            None => self.inside().for_each(|level| level.wishes(key, wishes)),
        }
    }

    /// The block as it is written inside what `around` says.
    pub(super) fn item(&self, around: &State) -> Item {
        let mut state = around.clone();
        let context = self.context;
        let mut items = self.head.clone();
        for setting in &self.settings {
            items.extend(state.change(setting).into_iter().map(|line| line.in_context(context)));
        }
        if let Some(naming) = &self.naming {
            let lines = state.aliasing.change(naming, &self.place);
            items.extend(lines.into_iter().map(|line| line.in_context(context)));
        }
        items.extend(self.forwarding(&mut state));
        let inner = State { target: self.forwarding.as_ref().map(|forwarding| forwarding.target.clone()), ..state };
        for step in &self.script {
            match step {
                Step::Item(item) => items.push(item.clone().in_context(context)),
                Step::If(level) => items.extend([Item::Gap, level.item(&inner).in_context(context), Item::Gap]),
            }
        }
        let inner = State { target: None, ..inner };
        for child in &self.children {
            items.push(Item::Gap);
            items.push(child.item(&inner).in_context(context));
        }
        Item::block(self.name, self.words.iter().cloned(), items)
    }

    fn forwarding(&self, state: &mut State) -> Vec<Item> {
        let name = &self.place.name;
        let here = |lines: Vec<Item>| lines.into_iter().map(|line| line.in_context(self.context));
        let Some(forwarding) = &self.forwarding else {
            if state.target.is_some() && self.naming.is_some() {
                return vec![Item::unsaid("requests are served from files here, and not forwarded", Origin::default())];
            }
            // What may not stand in a condition stands around it.
            let inner = self.conditional_that_changes(&state.rewriting);
            return here(inner.map(|inner| state.rewriting.write(inner)).unwrap_or_default()).collect();
        };
        // What the block around says in the same words holds here, too.
        let around = state.target.as_deref().unwrap_or_default();
        let target: Vec<Item> = forwarding.target.iter().filter(|item| !around.contains(item)).cloned().collect();
        let mut lines = state.rewriting.change(forwarding, name);
        if lines.is_empty() && self.conditional_that_changes(&state.rewriting).is_some() {
            lines = state.rewriting.write(forwarding);
        }
        here(target).chain(here(lines)).collect()
    }

    /// A condition inside for which replacements would have to be written.
    fn conditional_that_changes(&self, rewriting: &Rewriting) -> Option<&Forwarding> {
        let mut inner = self.conditional().filter_map(|level| level.forwarding.as_ref());
        inner.find(|inner| rewriting.would_change(inner, &self.place.name))
    }
}
