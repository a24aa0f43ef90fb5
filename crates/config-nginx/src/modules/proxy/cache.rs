//! Keeping answers: `proxy_cache` and its kin.

use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    ByteSize, CacheChoice, CacheLock, CacheRules, CacheStore, Caching, PurgeMethod, TempDirectory, Template, Trouble,
};

use super::{NEXT, Next, repeated};
use crate::lower::slot::{List, Slot, settings};
use crate::lower::{Level, Lowering};
use crate::table::Outcome;
use crate::tree::{Directive, Word};
use crate::value;

settings! {
    /// How answers are kept.
    struct CacheSettings {
        store: Slot<Option<Word>>,
        key: Slot<Template>,
        standard: Slot<bool>,
        valid: List<(Option<u16>, Duration)>,
        methods: Slot<Vec<String>>,
        least_uses: Slot<u32>,
        bypass: List<Template>,
        skip: List<Template>,
        purge: List<Template>,
        purge_method: Slot<Option<PurgeMethod>>,
        revalidate: Slot<bool>,
        stale: Slot<(Vec<Trouble>, bool)>,
        background: Slot<bool>,
        lock: Slot<bool>,
        lock_age: Slot<Duration>,
        lock_timeout: Slot<Duration>,
        head_as_get: Slot<bool>,
        most_offset: Slot<ByteSize>,
    }
}

/// Values of `proxy_cache_rules`: whether the standard's rules hold.
pub(crate) const RULES: [(&str, bool); 2] = [("nginx", false), ("rfc9111", true)];

/// nginx: a megabyte has room for about eight thousand keys.
const BYTES_A_KEY: u64 = 128;
/// nginx refuses smaller zones.
const SMALLEST_ZONE: ByteSize = ByteSize(32 << 10);
/// Memory for answers that are asked for often, where nothing is said.
const MEMORY: ByteSize = ByteSize(32 << 20);
/// Statuses that a time is for which stands alone.
const USUAL: [u16; 3] = [200, 301, 302];
/// The largest offset there is.
const ANY_OFFSET: ByteSize = ByteSize(i64::MAX.cast_unsigned());
const LOCK: Duration = Duration::from_secs(5);

impl CacheSettings {
    pub(crate) fn store(&mut self, directive: &Directive) -> Outcome {
        let word = value::first(directive)?;
        self.store.put(directive, (word.text != "off").then(|| word.clone()))
    }

    /// Where it was said that answers are kept, if it was.
    pub(crate) fn is_on(&self) -> Option<Origin> {
        self.store.get().and_then(Option::as_ref).and_then(|_| self.store.origin())
    }

    /// Answers are not kept.
    pub(crate) fn turn_off(&mut self, origin: Origin) {
        self.store.replace(None, origin);
    }

    pub(crate) fn valid(&mut self, directive: &Directive) -> Outcome {
        let Some((time, statuses)) = directive.arguments.split_last() else { return Ok(()) };
        let Some(time) = value::plain_seconds(&time.text) else {
            let message = format!("invalid time value \"{}\" in \"{}\" directive", time.text, directive.name.text);
            return Err(Diagnostic::error("invalid-value", message).at(time.origin));
        };
        if statuses.is_empty() {
            self.valid.extend(&USUAL.map(|status| (Some(status), time)));
        }
        for word in statuses {
            if word.text == "any" {
                self.valid.push((None, time));
                continue;
            }
            let status = word.text.parse::<u16>().ok().filter(|status| (100..=599).contains(status));
            let status = status.ok_or_else(|| {
                let message = format!("invalid status \"{}\"", word.text);
                Diagnostic::error("invalid-value", message).at(word.origin).help("write a status, or `any`")
            })?;
            self.valid.push((Some(status), time));
        }
        Ok(())
    }

    pub(crate) fn methods(&mut self, directive: &Directive) -> Outcome {
        let known = value::METHODS.map(|method| (method, method));
        let mut methods = Vec::new();
        for word in &directive.arguments {
            let method = value::choice(directive, word, &known)?;
            if !matches!(method, "GET" | "HEAD") {
                methods.push(method.to_owned());
            }
        }
        self.methods.join(directive, methods, Extend::extend);
        Ok(())
    }

    pub(crate) fn use_stale(&mut self, lowering: &mut Lowering<'_>, directive: &Directive) -> Outcome {
        let (mut when, mut updating, mut off) = (Vec::new(), false, false);
        for word in &directive.arguments {
            match value::choice(directive, word, &NEXT)? {
                Next::When(trouble) if when.contains(&trouble) => repeated(lowering, directive, word),
                Next::When(trouble) => when.push(trouble),
                Next::Updating => updating = true,
                Next::Off => off = true,
                Next::NonIdempotent => return Err(value::invalid(directive, word)),
            }
        }
        let stale = if off { (Vec::new(), false) } else { (when, updating) };
        self.stale.join(directive, stale, |first, (when, updating)| {
            let is_off = |when: &Vec<_>, updating: bool| when.is_empty() && !updating;
            if is_off(&when, updating) || is_off(&first.0, first.1) {
                *first = (Vec::new(), false);
            } else {
                first.0.extend(when);
                first.1 |= updating;
            }
        });
        Ok(())
    }

    /// The last that says of any status that it is not kept says nothing.
    fn valid_times(&self) -> Vec<(Option<u16>, Duration)> {
        let mut times = self.valid.to_vec();
        while times.last().is_some_and(|(status, time)| status.is_none() && time.is_zero()) {
            times.pop();
        }
        times
    }

    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>, prefix: &str) -> Option<Box<Caching>> {
        let word = self.store.get()?.as_ref()?;
        let (stale, stale_while_fetched) = self.stale.or((Vec::new(), false));
        let lock = CacheLock { timeout: self.lock_timeout.or(LOCK), age: self.lock_age.or(LOCK) };
        Some(Box::new(Caching {
            store: choice(lowering, word, prefix)?,
            key: self.key.get().cloned(),
            rules: if self.standard.or(false) { CacheRules::Standard } else { CacheRules::Configured },
            valid: self.valid_times(),
            methods: self.methods.or(Vec::new()),
            least_uses: self.least_uses.or(1),
            bypass: possible(&self.bypass),
            skip: possible(&self.skip),
            purge: possible(&self.purge),
            purge_method: self.purge_method.get().cloned().flatten(),
            revalidate: self.revalidate.or(false),
            stale,
            stale_while_fetched,
            background: self.background.or(false),
            lock: self.lock.or(false).then_some(lock),
            head_as_get: self.head_as_get.or(true),
            most_offset: self.most_offset.or(ANY_OFFSET),
            origin: self.store.origin().unwrap_or_default(),
        }))
    }
}

/// Conditions that may hold.
fn possible(conditions: &List<Template>) -> Vec<Template> {
    let mut conditions = conditions.to_vec();
    conditions.retain(|condition| !condition.as_text().is_some_and(|text| matches!(text, "" | "0")));
    conditions
}

/// The store of a name.
pub(super) fn choice(lowering: &mut Lowering<'_>, word: &Word, prefix: &str) -> Option<CacheChoice> {
    if value::has_variables(&word.text) {
        return value::template(word).map_err(|problem| lowering.report_once(problem)).ok().map(CacheChoice::Named);
    }
    let stores = &lowering.shared.cache_stores;
    if let Some(index) = stores.iter().position(|store| store.name == word.text) {
        return Some(CacheChoice::Store(index));
    }
    let close = config_source::closest(&word.text, stores.iter().map(|store| store.name.as_str()));
    let help = match close {
        Some(close) => format!("did you mean `{close}`?"),
        None => format!("define it in http: `{prefix}_cache_path DIRECTORY keys_zone={}:10m;`", word.text),
    };
    let problem = Diagnostic::error("unknown-zone", format!("\"{prefix}_cache\" zone \"{}\" is unknown", word.text));
    lowering.report_once(problem.at(word.origin).help(help));
    None
}

/// Several of these at one level add up.
pub(crate) fn conditions(list: &mut List<Template>, directive: &Directive) -> Outcome {
    for word in &directive.arguments {
        list.push(value::template(word)?);
    }
    Ok(())
}

/// What `…_cache_path` does not do.
pub(crate) const PATH: &str = "`use_temp_path`, `loader_*` and `purger*` have no effect; `memory=` is our own";

const PARAMETERS: [&str; 17] = [
    "keys_zone=",
    "levels=",
    "inactive=",
    "max_size=",
    "min_free=",
    "memory=",
    "use_temp_path=",
    "manager_files=",
    "manager_sleep=",
    "manager_threshold=",
    "loader_files=",
    "loader_sleep=",
    "loader_threshold=",
    "purger=",
    "purger_files=",
    "purger_sleep=",
    "purger_threshold=",
];

/// `proxy_cache_path path keys_zone=name:size [levels=…] [inactive=time] [max_size=size] [min_free=size] …`
pub(crate) fn path(lowering: &mut Lowering<'_>, _: &mut Level, directive: &Directive) -> Outcome {
    let directory = lowering.path(value::first(directive)?.text.trim_end_matches('/'));
    let mut store = CacheStore {
        name: String::new(),
        directory,
        levels: Vec::new(),
        entries: 0,
        size: ByteSize(0),
        free: ByteSize(0),
        memory: MEMORY,
        inactive: Duration::from_mins(10),
        batch: 100,
        pause: Duration::from_millis(50),
        observed: false,
        origin: directive.origin(),
    };
    for word in directive.arguments.iter().skip(1) {
        parameter(lowering, directive, &mut store, word)?;
    }
    if store.name.is_empty() {
        let message = format!("\"{}\" must have \"keys_zone\" parameter", directive.name.text);
        let problem = Diagnostic::error("missing-parameter", message).at(directive.origin());
        return Err(problem.help("write `keys_zone=name:10m`"));
    }
    let known = lowering.shared.temp_directories.iter().any(|known| known.path == store.directory);
    if !known {
        let made = TempDirectory { path: store.directory.clone(), origin: store.origin };
        lowering.shared.temp_directories.push(made);
    }
    lowering.shared.cache_stores.push(store);
    Ok(())
}

fn parameter(lowering: &Lowering<'_>, directive: &Directive, store: &mut CacheStore, word: &Word) -> Outcome {
    let wrong = |what: &str| {
        let message = format!("invalid {what} value \"{}\"", word.text);
        Diagnostic::error("invalid-value", message).at(word.origin)
    };
    let Some((name, text)) = word.text.split_once('=') else {
        return Err(value::invalid_parameter(word, &PARAMETERS));
    };
    let number = || text.parse::<u32>().ok().filter(|number| *number > 0);
    match name {
        "keys_zone" => zone(lowering, directive, store, word, text)?,
        "levels" => store.levels = levels(text).ok_or_else(|| wrong("levels"))?,
        "inactive" => store.inactive = value::plain_seconds(text).ok_or_else(|| wrong("inactive"))?,
        "max_size" => store.size = value::plain_offset(text).ok_or_else(|| wrong("max_size"))?,
        "min_free" => store.free = value::plain_offset(text).ok_or_else(|| wrong("min_free"))?,
        "memory" => store.memory = value::plain_size(text).ok_or_else(|| wrong("memory"))?,
        "manager_files" => store.batch = number().ok_or_else(|| wrong("manager_files"))?,
        "manager_sleep" => store.pause = value::plain_time(text).ok_or_else(|| wrong("manager_sleep"))?,
        "use_temp_path" | "purger" if matches!(text, "on" | "off") => {}
        "use_temp_path" | "purger" => return Err(wrong(name).help("it must be `on` or `off`")),
        "loader_files" | "purger_files" => drop(number().ok_or_else(|| wrong(name))?),
        "manager_threshold" | "loader_sleep" | "loader_threshold" | "purger_sleep" | "purger_threshold" => {
            value::plain_time(text).ok_or_else(|| wrong(name))?;
        }
        _ => return Err(value::invalid_parameter(word, &PARAMETERS)),
    }
    Ok(())
}

fn zone(lowering: &Lowering<'_>, directive: &Directive, store: &mut CacheStore, word: &Word, text: &str) -> Outcome {
    let invalid = |what: &str| {
        let message = format!("invalid keys zone {what} \"{}\"", word.text);
        Diagnostic::error("invalid-value", message).at(word.origin).help("write `keys_zone=name:10m`")
    };
    let (name, size) = text.split_once(':').filter(|(name, _)| !name.is_empty()).ok_or_else(|| invalid("size"))?;
    let size = value::plain_size(size).ok_or_else(|| invalid("size"))?;
    if size < SMALLEST_ZONE {
        let problem = Diagnostic::error("invalid-value", format!("zone \"{name}\" is too small")).at(word.origin);
        return Err(problem.help("the smallest is 32k"));
    }
    if let Some(first) = lowering.shared.cache_stores.iter().find(|store| store.name == name) {
        let message = format!("duplicate zone \"{name}\" in \"{}\"", directive.name.text);
        let problem = Diagnostic::error("duplicate", message).at(word.origin);
        return Err(problem.related(first.origin, "it stands here already"));
    }
    name.clone_into(&mut store.name);
    store.entries = size.0 / BYTES_A_KEY;
    Ok(())
}

/// `1`, `2`, `1:2`, …: up to three levels of one or two digits.
fn levels(text: &str) -> Option<Vec<u8>> {
    let levels: Option<Vec<u8>> =
        text.split(':').map(|level| level.parse().ok().filter(|digits| matches!(digits, 1 | 2))).collect();
    levels.filter(|levels| levels.len() <= 3)
}
