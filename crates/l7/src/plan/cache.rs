//! How answers are kept, compiled.

use super::{Location, Plan, Section, Serve, Site, Template};
use crate::guard::FirstMatch;
use crate::place::covers;
use crate::plan::section::NameSet;
use crate::route::LocationTable;
use crate::script::{Condition, Script, Step};
use cache::policy::tuned;
use model::{CacheKeyShape, CacheLock, CachePaths, Trouble};
use protocol::Method;
use std::ops::RangeInclusive;
use std::time::Duration;

/// A method whose requests remove what is kept.
pub struct PurgeMethod {
    /// The method.
    pub method: Method,
    /// All that the store keeps goes.
    pub all: bool,
    /// Whose requests do so.
    pub from: FirstMatch,
}

/// What every request for a place removes.
pub struct PurgePlace {
    /// Where it is kept.
    pub store: StoreChoice,
    /// Its key.
    pub key: Template,
}

/// How answers are kept and given out again.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Caching {
    /// Where.
    pub store: StoreChoice,
    /// What tells one request from another; `None`: protocol, host and path as they are forwarded.
    pub key: Option<Template>,
    /// Which answers are kept.
    pub rules: Rules,
    /// Methods beside GET and HEAD whose answers are kept.
    pub methods: Vec<Method>,
    /// An answer is kept from this request for it on.
    pub least_uses: u32,
    /// A request for which one of these is true gets a new answer.
    pub bypass: Vec<Template>,
    /// An answer for which one of these is true is not kept.
    pub skip: Vec<Template>,
    /// A request for which one of these is true removes what is kept.
    pub purge: Vec<Template>,
    /// A method whose requests do so as well.
    pub purge_method: Option<Box<PurgeMethod>>,
    /// Whether a server is asked if what is kept is good still.
    pub revalidate: bool,
    /// After which trouble an answer is used that is not fresh.
    pub stale: Vec<Trouble>,
    /// Whether it is while another is fetched.
    pub stale_while_fetched: bool,
    /// Whether another is fetched without the client waiting for it.
    pub background: bool,
    /// Whether one request at a time fetches what is not there.
    pub lock: Option<CacheLock>,
    /// Whether GET is asked where HEAD was.
    pub head_as_get: bool,
    /// A request for a part that begins after this is passed on as it is.
    pub most_offset: u64,
}

/// Where answers are kept.
pub enum StoreChoice {
    /// Index of the store.
    Store(usize),
    /// The name of a store, or `off`, for each request.
    Named(Template),
}

/// Which answers are kept.
pub enum Rules {
    /// Those that the operator says, and those that servers say.
    Configured(cache::policy::configured::Rules),
    /// Those that RFC 9111 says.
    Standard,
    /// Those that RFC 9111 says, with times, exceptions and places of the operator.
    Tuned(Box<Tuning>),
}

/// RFC 9111 as an operator tunes it.
pub struct Tuning {
    /// Times and exceptions.
    pub rules: tuned::Rules,
    /// Where answers are kept, and for which requests; the first that fits a request counts.
    pub areas: Vec<Area>,
    /// Requests for which nothing is kept.
    pub never: Vec<CachePaths>,
    /// Requests whose answers are not kept, though what is kept may be used for them.
    pub unkept: Option<Condition>,
    /// Requests that show who asks are passed by.
    pub open_only: bool,
    /// What tells requests apart.
    pub key: CacheKeyShape,
    /// Fields that are not kept with an answer.
    pub dropped: NameSet,
    /// How long a request puts up with what another fetches anew.
    pub patience: Option<Duration>,
    /// Responses tell in `X-Cache` what a kept answer had to do with them.
    pub told: bool,
    /// They tell in `X-Cache-Detail` why.
    pub told_why: bool,
}

/// Requests whose answers are kept in one place.
pub struct Area {
    /// Which requests; `None`: all.
    pub paths: Option<CachePaths>,
    /// Index of the store.
    pub store: usize,
    /// Bytes of a body.
    pub sizes: RangeInclusive<u64>,
}

/// A place where answers are kept.
pub struct CacheStore {
    /// What tells it from others.
    pub place: cache::Place,
    /// How much it holds.
    pub limits: cache::Limits,
}

impl Caching {
    /// Whether answers to requests of this method are kept.
    pub fn takes(&self, method: &Method) -> bool {
        covers(&Method::Get, method) || self.methods.contains(method)
    }

    /// Whether RFC 9111 rules.
    pub fn is_standard(&self) -> bool {
        !matches!(self.rules, Rules::Configured(_))
    }

    /// What the operator says of RFC 9111.
    pub fn tuning(&self) -> Option<&Tuning> {
        match &self.rules {
            Rules::Tuned(tuning) => Some(tuning),
            Rules::Configured(_) | Rules::Standard => None,
        }
    }
}

/// A place of a plan: its site, its location, its settings.
pub type PlaceOf<'p> = (&'p Site, Option<&'p Location>, &'p Section);

impl Plan {
    /// The place whose forwarding has this number. It is looked for: seldom, and beside a request.
    pub fn place_of(&self, class: u64) -> Option<PlaceOf<'_>> {
        self.sites.iter().find_map(|site| {
            let own = || is_of(&site.section, class).then_some((None, &site.section));
            let named = || site.named.values().find_map(|location| in_location(location, class));
            let found = own().or_else(|| in_table(&site.locations, class)).or_else(named)?;
            Some((site, found.0, found.1))
        })
    }
}

type Found<'p> = Option<(Option<&'p Location>, &'p Section)>;

fn is_of(section: &Section, class: u64) -> bool {
    matches!(&section.serve, Serve::Proxy(proxy) if proxy.class == class)
}

fn in_table(table: &LocationTable, class: u64) -> Found<'_> {
    table.locations().iter().find_map(|location| in_location(location, class))
}

fn in_location(location: &Location, class: u64) -> Found<'_> {
    let other = location.other_methods.as_ref().map(|other| &other.section);
    let mut sections = [Some(&location.section), other].into_iter().flatten();
    let own = sections.find(|section| is_of(section, class)).or_else(|| in_script(&location.script, class));
    match own {
        Some(section) => Some((Some(location), section)),
        None => in_table(&location.nested, class),
    }
}

fn in_script(script: &Script, class: u64) -> Option<&Section> {
    script.steps.iter().find_map(|step| {
        let Step::If { section, script, .. } = step else { return None };
        section.as_deref().filter(|section| is_of(section, class)).or_else(|| in_script(script, class))
    })
}
