//! What one worker owns while it serves: its view of the groups, its logs, its counters.

use crate::connection::KeptCertificates;
use crate::guard::token::Keys;
use crate::guard::users::Users;
use crate::plan::{CacheStore, Plan, Section};
use crate::serve::open_files;
use crate::shape::compress::Spare;
use crate::shape::user_id::Sequence;
use cache::Store;
use protocol::Fields;
use std::cell::{Cell, OnceCell, RefCell};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use telemetry::{AccessLog, Counters, ErrorLog, TimeText};
use transport::Address;
use upstream::{Connectors, Group, ResolverRule, Roster, Sweeper};

/// Bytes of request bodies that one worker holds in memory beyond `client_body_buffer_size`, all requests together.
const BODY_BUDGET: usize = 64 << 20;
/// Messages whose memory a worker keeps.
const MOST_SPARE: usize = 256;
/// Bytes of memory of one of them at most.
const LARGEST_SPARE: usize = 4096;
/// Most addresses taken from variables for which a worker keeps a group.
const MOST_DYNAMIC_GROUPS: usize = 1024;

/// What one worker owns for one plan.
pub struct Worker {
    /// The plan.
    pub plan: Arc<Plan>,
    /// Its views of the plan's groups, in their order.
    pub groups: Vec<Rc<Group>>,
    /// Access-log writers, in the order of [`Plan::access_logs`].
    pub access_logs: Vec<AccessLog>,
    /// Error logs, in the order of [`Plan::error_logs`].
    pub error_logs: Vec<ErrorLog>,
    /// What connects to servers over TLS.
    pub connectors: Connectors,
    /// What outlives a plan.
    pub shared: Rc<Shared>,
    /// Groups of targets that came out of variables, and until when they hold.
    dynamic: RefCell<HashMap<Dynamic, (Rc<Group>, Instant)>>,
    /// Files that stay open between requests.
    pub open_files: open_files::Tables,
    /// Certificates that were loaded on demand.
    pub certificates: KeptCertificates,
    /// Where answers are kept, in the order of [`Plan::cache_stores`], once the plan is served.
    caches: OnceCell<Vec<Arc<Store>>>,
}

/// A target that came out of variables.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Dynamic {
    /// An address.
    Address(Address),
    /// A name and a port, and who was asked for it.
    Name(Arc<ResolverRule>, Box<str>, u16),
}

/// What became known of a server.
pub fn report_server(text: std::fmt::Arguments<'_>) {
    telemetry::error_log::process().log(telemetry::Level::Error, text);
}

/// The servers of a group as they are when it is called, as long as a plan holds the group.
fn roster_of(group: &crate::plan::Group) -> impl Fn() -> Option<Arc<Roster>> + Send + 'static {
    let live = group.live.as_ref().map(Arc::downgrade);
    let fixed = Arc::downgrade(&group.roster);
    move || match &live {
        Some(live) => live.upgrade().map(|live| live.roster()),
        None => fixed.upgrade(),
    }
}

/// What one worker owns across plans.
pub struct Shared {
    /// The process's error log.
    pub error_log: ErrorLog,
    /// Texts of the time.
    pub time: TimeText,
    /// This worker's counters.
    pub counters: Arc<Counters>,
    /// Closes idle upstream connections in time.
    pub sweeper: Rc<Sweeper>,
    /// Whether no new work is taken.
    pub draining: Cell<bool>,
    /// Copies of requests that are under way.
    pub copies: Cell<usize>,
    /// Users and their passwords.
    pub users: Users,
    /// Keys of tokens.
    pub keys: Keys,
    body_budget: Cell<usize>,
    /// Memory of messages that are through, for those to come.
    spare: RefCell<Vec<Fields>>,
    texts: RefCell<Vec<Vec<u8>>>,
    /// Numbers of cookies that tell clients apart.
    pub user_ids: Sequence,
    /// Memory of compressors.
    pub compressors: Spare,
    request_texts: RefCell<Vec<[Vec<u8>; 3]>>,
    directories: RefCell<Vec<Rc<Path>>>,
    random: RandomState,
    ids: Cell<u64>,
}

impl Shared {
    /// What a worker begins with.
    pub fn new(error_log: ErrorLog, counters: Arc<Counters>) -> Rc<Self> {
        let (draining, body_budget) = (Cell::new(false), Cell::new(BODY_BUDGET));
        let (random, ids) = (RandomState::new(), Cell::new(0));
        Rc::new(Self {
            spare: RefCell::default(),
            texts: RefCell::default(),
            user_ids: Sequence::default(),
            compressors: Spare::default(),
            request_texts: RefCell::default(),
            directories: RefCell::default(),
            random,
            ids,
            error_log,
            time: TimeText::system(),
            counters,
            sweeper: Sweeper::new(),
            draining,
            copies: Cell::new(0),
            users: Users::default(),
            keys: Keys::default(),
            body_budget,
        })
    }

    /// Room for a message's fields, with the memory of one that is through if there is any.
    pub fn fields(&self) -> Fields {
        self.spare.borrow_mut().pop().unwrap_or_default()
    }

    /// Room for a text.
    pub fn text(&self) -> Vec<u8> {
        self.texts.borrow_mut().pop().unwrap_or_default()
    }

    /// Keeps the memory of a text.
    pub fn reclaim_text(&self, mut text: Vec<u8>) {
        let mut texts = self.texts.borrow_mut();
        if texts.len() < MOST_SPARE && text.capacity() <= LARGEST_SPARE && text.capacity() > 0 {
            text.clear();
            texts.push(text);
        }
    }

    /// Room for the three texts of a request.
    pub fn request_texts(&self) -> [Vec<u8>; 3] {
        self.request_texts.borrow_mut().pop().unwrap_or_default()
    }

    /// Keeps the memory of a request's texts.
    pub fn reclaim_request_texts(&self, mut texts: [Vec<u8>; 3]) {
        let mut spare = self.request_texts.borrow_mut();
        let size: usize = texts.iter().map(Vec::capacity).sum();
        if spare.len() < MOST_SPARE && size <= LARGEST_SPARE {
            texts.iter_mut().for_each(Vec::clear);
            spare.push(texts);
        }
    }

    /// A directory's name, shared by all that use it.
    pub fn directory(&self, path: &Path) -> Rc<Path> {
        let mut directories = self.directories.borrow_mut();
        if let Some(known) = directories.iter().find(|known| &***known == path) {
            return Rc::clone(known);
        }
        let shared: Rc<Path> = path.into();
        directories.push(Rc::clone(&shared));
        shared
    }

    /// Keeps the memory of a message that is through.
    pub fn reclaim(&self, mut fields: Fields) {
        let mut spare = self.spare.borrow_mut();
        if spare.len() < MOST_SPARE && fields.capacity() <= LARGEST_SPARE && fields.capacity() > 0 {
            fields.clear();
            spare.push(fields);
        }
    }

    /// Sixteen bytes that nobody can foretell.
    pub fn random_id(&self) -> [u8; 16] {
        let serial = self.ids.get();
        self.ids.set(serial.wrapping_add(1));
        let halves = [self.random.hash_one((serial, 0_u8)), self.random.hash_one((serial, 1_u8))];
        let mut id = [0; 16];
        for (place, byte) in id.iter_mut().zip(halves.into_iter().flat_map(u64::to_ne_bytes)) {
            *place = byte;
        }
        id
    }

    /// Takes memory for a body out of the budget; false: there is none left.
    pub fn take_budget(&self, bytes: usize) -> bool {
        let left = self.body_budget.get().checked_sub(bytes);
        self.body_budget.set(left.unwrap_or(self.body_budget.get()));
        left.is_some()
    }

    /// Gives memory back to the budget.
    pub fn return_budget(&self, bytes: usize) {
        self.body_budget.set(self.body_budget.get() + bytes);
    }
}

impl Worker {
    /// A worker's own state for a plan.
    pub fn new(
        plan: Arc<Plan>,
        access_logs: Vec<AccessLog>,
        error_logs: Vec<ErrorLog>,
        shared: Rc<Shared>,
    ) -> Rc<Self> {
        let view = |group: &crate::plan::Group| {
            Rc::new(match &group.live {
                Some(live) => Group::following(Arc::clone(live), &shared.sweeper),
                None => Group::new(Arc::clone(&group.roster), &shared.sweeper),
            })
        };
        let groups = plan.groups.iter().map(view).collect();
        let (dynamic, certificates) = (RefCell::default(), KeptCertificates::default());
        let connectors = Connectors::default();
        let open_files = open_files::Tables::new(&plan.open_files);
        let caches = OnceCell::new();
        Rc::new(Self {
            plan,
            groups,
            access_logs,
            error_logs,
            connectors,
            shared,
            dynamic,
            open_files,
            certificates,
            caches,
        })
    }

    /// Sees to it that names of servers are followed to where they lead, and that servers are asked whether they are well:
    /// once the plan is served.
    pub fn watch_servers(&self) {
        self.caches();
        let names = &self.plan.resolving;
        for group in &self.plan.groups {
            if let Some(live) = &group.live {
                live.start(names, report_server);
            }
            if let Some(probe) = &group.probe {
                probe.start(names, roster_of(group), report_server);
            }
            if let Some(watchman) = &group.watchman {
                watchman.start(names, roster_of(group), report_server);
            }
        }
    }

    /// A place where answers are kept.
    pub fn cache(&self, index: usize) -> Option<Arc<Store>> {
        self.caches().get(index).cloned()
    }

    fn caches(&self) -> &[Arc<Store>] {
        let open = |store: &CacheStore| cache::open(&store.place, store.limits.clone());
        self.caches.get_or_init(|| self.plan.cache_stores.iter().map(open).collect())
    }

    /// The error log of a section.
    pub fn error_log(&self, section: &Section) -> &ErrorLog {
        self.error_logs.get(section.logging.error).unwrap_or(&self.shared.error_log)
    }

    /// The group of an address that came out of a variable.
    pub fn dynamic_group(&self, address: Address, name: &str, now: Instant) -> Rc<Group> {
        let key = Dynamic::Address(address.clone());
        // What an address stands for does not change; a day is as good as for ever.
        let always = now + Duration::from_hours(24);
        self.named_group(&key, now).unwrap_or_else(|| self.keep_group(key, name, vec![address], (always, now)))
    }

    /// The group of a name that came out of a variable, while what was found out of it holds.
    pub fn named_group(&self, key: &Dynamic, now: Instant) -> Option<Rc<Group>> {
        let dynamic = self.dynamic.borrow();
        let (group, expires) = dynamic.get(key)?;
        (*expires > now).then(|| Rc::clone(group))
    }

    /// Keeps a group of these addresses.
    pub fn keep_group(
        &self,
        key: Dynamic,
        name: &str,
        addresses: Vec<Address>,
        (expires, now): (Instant, Instant),
    ) -> Rc<Group> {
        let mut dynamic = self.dynamic.borrow_mut();
        if let Some((group, until)) = dynamic.get_mut(&key)
            && group.roster().peers().iter().map(upstream::Peer::address).eq(&addresses)
        {
            *until = expires;
            return Rc::clone(group);
        }
        if dynamic.len() >= MOST_DYNAMIC_GROUPS {
            dynamic.clear();
        }
        let roster = Roster::of_addresses(name, addresses, now);
        let group = Rc::new(Group::new(Arc::new(roster), &self.shared.sweeper));
        dynamic.insert(key, (Rc::clone(&group), expires));
        group
    }
}
