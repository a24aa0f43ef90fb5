//! The settings of a place whose requests do not all have the same: made once for each set of layers that a request needs.

use super::{Plan, Section};
use crate::script::Condition;
use model::Overrides;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;
use value::Regex;

/// Most sets of layers of one place that are kept, or so many for each layer, if that is more.
const MOST_SETS: usize = 512;
const SETS_FOR_EACH: usize = 4;

/// What holds for the requests of a place, in layers.
pub struct Layers {
    source: model::Layers,
    /// Which requests each layer is for: all of it must hold.
    pub scopes: Vec<Vec<Scope>>,
    /// Names of files end where the files do.
    pub finds_files: bool,
    /// By the set of layers, found by its hash; what is there stays there.
    made: Box<[OnceLock<Made>]>,
    /// The place's number.
    place: u64,
}

/// The settings of a set of layers.
struct Made {
    set: Box<[usize]>,
    section: Box<Section>,
}

/// Some requests.
pub enum Scope {
    /// Those for a path.
    Path(PathScope),
    /// Those whose path stands for this file or folder.
    File(PathScope),
    /// Those whose file has such a name.
    FileName(Regex),
    /// Those that fulfil this.
    Condition(Condition),
}

/// Some paths.
pub enum PathScope {
    /// This one and those below it.
    Below(Box<[u8]>),
    /// Those that the expression matches.
    Regex(Regex),
}

impl Layers {
    /// The layers of a place, with what was made of their scopes.
    pub fn new(source: model::Layers, scopes: Vec<Vec<Scope>>, place: u64) -> Self {
        let finds_files = source.finds_files();
        let sets = MOST_SETS.max(scopes.len().saturating_mul(SETS_FOR_EACH));
        Self { source, scopes, finds_files, made: (0..sets).map(|_| OnceLock::new()).collect(), place }
    }

    /// The settings with a set of layers; `None`: there are too many sets.
    pub fn section<'p>(&'p self, plan: &'p Plan, set: &[usize]) -> Option<&'p Section> {
        let start = usize::try_from(foldhash::fast::FixedState::default().hash_one(set)).unwrap_or(0);
        let start = start.checked_rem(self.made.len()).unwrap_or(0);
        let (before, from) = self.made.split_at_checked(start)?;
        for place in from.iter().chain(before) {
            // A place that is free may be taken by another thread while these settings are made.
            let made = place.get_or_init(|| Made { set: set.into(), section: Box::new(self.make(plan, set)) });
            if *made.set == *set {
                return Some(&made.section);
            }
        }
        None
    }

    fn make(&self, plan: &Plan, set: &[usize]) -> Section {
        let layers: Vec<&Overrides> =
            set.iter().filter_map(|index| self.source.layers.get(*index)).map(|layer| &layer.overrides).collect();
        let mut section = self.source.bare.clone();
        section.lay(&layers);
        plan.make_section(&section, self.place)
    }
}
