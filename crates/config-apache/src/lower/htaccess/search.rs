//! Finds files `.htaccess` in directories whose sections allow them anything.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use config_source::{Files, Folder, glob};
use diagnostic::{Diagnostic, Origin};
use regex_automata::meta::Regex;

use crate::lower::patterns::expression;
use crate::lower::sections::in_order;
use crate::lower::{Lowering, Pattern, Scope, Section, SectionKind, Watched, is_below};
use crate::overrides::{Allowed, Overriding};

/// Directories are looked through for so long at most, for all servers together.
const TIME: Duration = Duration::from_secs(10);

/// What was found.
pub(super) struct Searched {
    pub(super) of_main: Vec<Place>,
    /// Of the hosts that have not the same as the main server.
    pub(super) of_hosts: Vec<Option<Vec<Place>>>,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Where such files may lie.
    pub(super) watched: Watched,
}

/// A file.
pub(super) struct Place {
    pub(super) directory: PathBuf,
    pub(super) name: String,
    /// What it may say.
    pub(super) allowed: Allowed,
}

/// Looks for the files of all servers.
pub(super) fn search(lowering: &Lowering<'_>, main: &Scope) -> Searched {
    let mut search = Search {
        files: lowering.files,
        folders: BTreeMap::new(),
        above: BTreeSet::new(),
        left: lowering.options.most_directories,
        until: now() + TIME,
        is_over: false,
    };
    let mut of_all = Server::new(lowering, main, None);
    let hosts = lowering.hosts.iter().map(|host| Server::new(lowering, main, Some(&host.scope)));
    let mut own = Vec::new();
    for host in hosts {
        if host.is_own {
            own.push(Some(host));
        } else {
            of_all.roots.extend(host.roots);
            own.push(None);
        }
    }
    let of_main = search.of(&of_all);
    let of_hosts = own.iter().map(|server| server.as_ref().map(|server| search.of(server))).collect();
    let allowing = std::iter::once(&of_all).chain(own.iter().flatten()).find_map(Server::allowing);
    let unfinished = search.is_over.then(|| unfinished(lowering, &of_all, allowing.unwrap_or_default()));
    let mut names: Vec<String> =
        std::iter::once(&of_all).chain(own.iter().flatten()).flat_map(|server| server.names.iter().cloned()).collect();
    names.sort();
    names.dedup();
    let directories = search.folders.into_keys().chain(search.above).collect();
    Searched {
        of_main,
        of_hosts,
        diagnostics: unfinished.into_iter().collect(),
        watched: Watched { names, directories },
    }
}

fn unfinished(lowering: &Lowering<'_>, server: &Server<'_>, origin: Origin) -> Diagnostic {
    let name = server.names.first().map_or("", String::as_str);
    let message =
        format!("there are too many directories: files `{name}` are not read in those that were not looked through");
    Diagnostic::warning("unread-htaccess", message).at(origin).help(format!(
        "{} directories are looked through, for {} seconds at most: write `AllowOverride None` into `<Directory>` sections for \
         trees without such files",
        lowering.options.most_directories,
        TIME.as_secs(),
    ))
}

/// What a server says of such files.
struct Server<'s> {
    /// What they are called; the first one that is there is read.
    names: Vec<String>,
    sections: Vec<(&'s Section, Directory<'s>)>,
    /// Where files lie that requests are for.
    roots: BTreeSet<PathBuf>,
    /// Whether it says other than the main server.
    is_own: bool,
}

/// Which directories a section is for.
enum Directory<'s> {
    /// This one and those below it.
    Text(&'s str),
    /// Those that fit wildcards, and those below them.
    Glob(&'s str, Option<Regex>),
}

impl<'s> Server<'s> {
    fn new(lowering: &Lowering<'_>, main: &'s Scope, host: Option<&'s Scope>) -> Self {
        let scopes = || std::iter::once(main).chain(host);
        let says = |scope: &Scope| scope.sections.iter().any(|section| section.overriding != Overriding::default());
        let names = scopes().filter_map(|scope| scope.server.core.access_file_names.clone()).next_back();
        let root = scopes().filter_map(|scope| scope.server.core.document_root.clone()).next_back();
        let aliases = scopes().flat_map(|scope| scope.server.alias.directories());
        let roots = aliases.map(PathBuf::from).chain([root.unwrap_or_else(|| lowering.path("htdocs"))]);
        let sections = in_order(scopes().flat_map(|scope| &scope.sections)).into_iter();
        Self {
            names: names.unwrap_or_else(|| vec![".htaccess".to_owned()]),
            sections: sections.filter_map(|section| Some((section, directory(section)?))).collect(),
            roots: roots.map(|root| root.components().collect()).collect(),
            is_own: host.is_some_and(|host| says(host) || host.server.core.access_file_names.is_some()),
        }
    }

    /// What files in a directory may say.
    fn allowed(&self, directory: &Path) -> Allowed {
        let path = directory.display().to_string();
        let mut allowed = Allowed::default();
        for (section, kind) in &self.sections {
            let holds = match kind {
                Directory::Text(text) => is_below(&path, text),
                Directory::Glob(_, regex) => regex.as_ref().is_some_and(|regex| regex.is_match(&path)),
            };
            if holds {
                allowed.lay(&section.overriding);
            }
        }
        allowed
    }

    /// The first section that allows anything.
    fn allowing(&self) -> Option<Origin> {
        let found = self.sections.iter().find(|(section, _)| reads(&section.overriding));
        found.map(|(section, _)| section.origin)
    }

    /// Directories in which files are looked for, and below.
    fn starts(&self, files: &dyn Files) -> BTreeSet<PathBuf> {
        let mut starts = self.roots.clone();
        for (_, directory) in self.sections.iter().filter(|(section, _)| reads(&section.overriding)) {
            match directory {
                Directory::Text("/") => {}
                Directory::Text(path) => starts.extend([PathBuf::from(path)]),
                Directory::Glob(pattern, _) => starts.extend(glob::find(files, Path::new(pattern))),
            }
        }
        starts
    }
}

/// Whether a section by itself lets files say anything.
fn reads(overriding: &Overriding) -> bool {
    let mut allowed = Allowed::default();
    allowed.lay(overriding);
    allowed.reads()
}

fn directory(section: &Section) -> Option<Directory<'_>> {
    match section.kinds.as_slice() {
        _ if section.overriding == Overriding::default() => None,
        [SectionKind::Directory(Pattern::Text(path))] => Some(Directory::Text(path)),
        [SectionKind::Directory(Pattern::Glob(glob))] => {
            let regex = Regex::new(&expression(glob, true, "(?:/|$)").expression).ok();
            Some(Directory::Glob(glob, regex))
        }
        _ => None,
    }
}

/// What is left of the search.
struct Search<'a> {
    files: &'a dyn Files,
    /// What is in the directories that were looked through.
    folders: BTreeMap<PathBuf, Folder>,
    /// Directories on the way to them.
    above: BTreeSet<PathBuf>,
    left: usize,
    until: Instant,
    is_over: bool,
}

impl Search<'_> {
    /// The files of a server, each directory's before those of the directories in it.
    fn of(&mut self, server: &Server<'_>) -> Vec<Place> {
        let mut places = BTreeMap::new();
        if server.sections.iter().any(|(section, _)| reads(&section.overriding)) {
            let starts = server.starts(self.files);
            for above in starts.iter().flat_map(|start| start.ancestors().skip(1)) {
                self.above(server, above, &mut places);
            }
            self.below(server, starts, &mut places);
        }
        places.into_values().collect()
    }

    /// A directory on the way to one in which files are looked for.
    fn above(&mut self, server: &Server<'_>, directory: &Path, places: &mut BTreeMap<PathBuf, Place>) {
        if let Entry::Vacant(free) = places.entry(directory.to_owned()) {
            let allowed = server.allowed(directory);
            if allowed.reads() {
                self.above.insert(directory.to_owned());
            }
            let found = server.names.iter().find(|name| allowed.reads() && self.files.exists(&directory.join(name)));
            if let Some(name) = found {
                free.insert(Place { directory: directory.to_owned(), name: name.clone(), allowed });
            }
        }
    }

    fn below(&mut self, server: &Server<'_>, starts: BTreeSet<PathBuf>, places: &mut BTreeMap<PathBuf, Place>) {
        let mut seen = BTreeSet::new();
        let mut open = VecDeque::from_iter(starts);
        while let Some(directory) = open.pop_front() {
            let allowed = server.allowed(&directory);
            if !allowed.reads() || !seen.insert(directory.clone()) {
                continue;
            }
            let Some(folder) = self.folder(&directory) else { continue };
            open.extend(folder.folders.iter().map(|name| directory.join(name)));
            let name = server.names.iter().find(|name| folder.files.contains(name)).cloned();
            if let Some(name) = name {
                places.insert(directory.clone(), Place { directory, name, allowed });
            }
        }
    }

    /// What is in a directory; `None`: nothing that can be known.
    fn folder(&mut self, directory: &Path) -> Option<&Folder> {
        if !self.folders.contains_key(directory) {
            if self.left == 0 || now() >= self.until {
                self.is_over = true;
                return None;
            }
            self.left -= 1;
            let folder = self.files.folder(directory).unwrap_or_default();
            self.folders.insert(directory.to_owned(), folder);
        }
        self.folders.get(directory)
    }
}

#[expect(clippy::disallowed_methods, reason = "no request is served while a configuration is read")]
fn now() -> Instant {
    Instant::now()
}
