//! `CacheRoot` and `CacheSocache`: where answers are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diagnostic::Origin;
use model::{ByteSize, CacheStore, TempDirectory};

use super::settings::CacheSettings;
use crate::directive::Directive;
use crate::lower::{Lowering, Scope};
use crate::table::Outcome;
use crate::value;

/// Room for about so many answers.
const ENTRIES: u64 = 1 << 18;
/// Memory for answers that are asked for often.
const MEMORY: ByteSize = ByteSize(32 << 20);
/// So much of the file system stays free.
const FREE: ByteSize = ByteSize(16 << 20);
/// What is not asked for during this time goes.
const INACTIVE: Duration = Duration::from_hours(7 * 24);
/// httpd: a store that is shared has half a megabyte.
const SHARED_SIZE: u64 = 512_000;
/// As deep as directories stand in one another.
const DEEPEST: usize = 4;

/// `CacheRoot DIRECTORY`
pub(super) fn root(lowering: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let path = &value::first(directive)?.text;
    scope.server.cache.root = Some(lowering.path(path.trim_end_matches('/')));
    Ok(())
}

/// `CacheSocache shmcb[:FILE(SIZE)]`
pub(super) fn shared(_: &mut Lowering<'_>, scope: &mut Scope, directive: &Directive) -> Outcome {
    let word = value::first(directive)?;
    let (provider, rest) = word.text.split_once(':').unwrap_or((&word.text, ""));
    if !provider.eq_ignore_ascii_case("shmcb") {
        let problem = value::not_built(&format!("keeping answers with `{provider}`")).at(word.origin);
        return Err(problem.help("write `CacheSocache shmcb`, or keep them in files: `CacheEnable disk /`"));
    }
    let size = rest.rsplit_once('(').map(|(_, size)| size.trim_end_matches(')'));
    let problem = || value::bad(word, "this is no size").help("write `shmcb:NAME(512000)`");
    let size = size.map(|size| size.parse().map_err(|_| problem())).transpose()?;
    scope.server.cache.shared = Some(size.unwrap_or(SHARED_SIZE));
    Ok(())
}

/// The store in the directory that a server names; `None`: it names none.
pub(super) fn in_directory(lowering: &mut Lowering<'_>, settings: &CacheSettings, origin: Origin) -> Option<usize> {
    let directory = settings.root.clone()?;
    let levels = usize::from(settings.levels.unwrap_or(2)).min(DEEPEST);
    // Names have 32 digits.
    let length = settings.length.unwrap_or(2).min(8);
    Some(store(lowering, directory, vec![length; levels], ByteSize(0), origin))
}

/// The store that is shared.
pub(super) fn in_memory(lowering: &mut Lowering<'_>, settings: &CacheSettings, origin: Origin) -> usize {
    let size = settings.shared.unwrap_or(SHARED_SIZE);
    let directory = lowering.options.temp_directory.join(format!("socache-{size}"));
    store(lowering, directory, Vec::new(), ByteSize(size), origin)
}

/// A store in a directory, which all have who name it.
fn store(lowering: &mut Lowering<'_>, directory: PathBuf, levels: Vec<u8>, size: ByteSize, origin: Origin) -> usize {
    let stores = &mut lowering.shared.cache_stores;
    if let Some(known) = stores.iter().position(|store| store.directory == directory) {
        return known;
    }
    let made = TempDirectory { path: directory.clone(), origin };
    let name = free_name(stores, &directory);
    stores.push(CacheStore {
        name,
        directory,
        levels,
        entries: ENTRIES,
        size,
        free: FREE,
        memory: MEMORY,
        inactive: INACTIVE,
        batch: 100,
        pause: Duration::from_millis(50),
        observed: false,
        origin,
    });
    let index = stores.len() - 1;
    lowering.shared.kept_directories.push(made);
    index
}

/// Its directory names a store, so that it keeps its name whatever is written before it.
fn free_name(stores: &[CacheStore], directory: &Path) -> String {
    let name = directory.display().to_string().trim_matches('/').replace('/', "-");
    let numbered = (2..=u32::MAX).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.clone()).chain(numbered);
    names.find(|name| stores.iter().all(|store| store.name != *name)).unwrap_or_default()
}
