//! Files `.htaccess`: each is a section for its directory, behind those that the configuration has for it.
//!
//! What is wrong with one of them stops nothing: what lies there is answered with 500, as httpd answers it.

mod search;

use std::collections::BTreeMap;
use std::path::PathBuf;

use config_source::{Files, read, reason};
use diagnostic::{Diagnostic, Origin, Severity, Sources};
use model::Step;

use super::{Lowering, Pattern, Scope, Section, SectionKind, Watched};
use crate::directive::Directive;
use crate::expand::{Expander, Known};
use crate::modules;
use crate::overrides::Allowed;
use crate::parser::parse;
use crate::table::DIRECTORY;
use search::{Place, search};

/// What became of looking for such files.
pub(super) struct Found {
    files: Vec<File>,
    /// Those of the main server, and of the hosts that have not the same.
    of_main: Vec<usize>,
    of_hosts: Vec<Option<Vec<usize>>>,
    diagnostics: Vec<Diagnostic>,
    /// Where they may lie.
    pub(super) watched: Watched,
}

/// One of them, as some servers read it.
struct File {
    directory: PathBuf,
    directives: Vec<Directive>,
    /// What requests are answered with, if it cannot be used.
    status: Option<u16>,
    origin: Origin,
}

/// Looks for them, and reads them.
pub(super) fn find(lowering: &Lowering<'_>, main: &Scope, sources: &mut Sources, known: &Known) -> Found {
    let searched = search(lowering, main);
    let mut reading = Reading {
        files: lowering.files,
        sources,
        known,
        numbers: BTreeMap::new(),
        found: Found {
            files: Vec::new(),
            of_main: Vec::new(),
            of_hosts: Vec::new(),
            diagnostics: searched.diagnostics,
            watched: searched.watched,
        },
    };
    let of_main = reading.places(searched.of_main);
    let of_hosts = searched.of_hosts.into_iter().map(|places| places.map(|places| reading.places(places))).collect();
    Found { of_main, of_hosts, ..reading.found }
}

struct Reading<'a> {
    files: &'a dyn Files,
    sources: &'a mut Sources,
    known: &'a Known,
    /// A file that hosts read alike is read once.
    numbers: BTreeMap<(PathBuf, Allowed), usize>,
    found: Found,
}

impl Reading<'_> {
    fn places(&mut self, places: Vec<Place>) -> Vec<usize> {
        places.into_iter().map(|place| self.place(place)).collect()
    }

    fn place(&mut self, place: Place) -> usize {
        let key = (place.directory.join(&place.name), place.allowed.clone());
        if let Some(number) = self.numbers.get(&key) {
            return *number;
        }
        let number = self.found.files.len();
        let file = self.file(place);
        self.found.files.push(file);
        self.numbers.insert(key, number);
        number
    }

    fn file(&mut self, place: Place) -> File {
        let path = place.directory.join(&place.name);
        let name = path.display().to_string();
        let text = match read(self.files, &path) {
            Ok(text) => text,
            Err(error) => {
                let message = format!("Could not open {name} ({})", reason(&error));
                let origin = Origin { file: self.sources.add(name, ""), ..Origin::default() };
                let file = File { directory: place.directory, directives: Vec::new(), status: Some(403), origin };
                self.found.diagnostics.push(file.softened(Diagnostic::error("cannot-read", message).at(origin)));
                return file;
            }
        };
        let id = self.sources.add(name, text.text.clone());
        let (tree, mut problems) = parse(id, &text.text, text.lossy);
        let mut directives = Vec::new();
        let expander = Expander::resume(self.files, self.sources, &mut problems, self.known.clone());
        expander.allow(place.allowed).tree(&tree, &mut directives);
        let origin = Origin { file: id, ..Origin::default() };
        let mut file = File { directory: place.directory, directives, status: None, origin };
        file.judge(&problems);
        self.found.diagnostics.extend(problems.into_iter().map(|problem| file.softened(problem)));
        file
    }
}

impl File {
    /// Whether something is wrong with it that was not known.
    fn judge(&mut self, problems: &[Diagnostic]) -> bool {
        let own = |problem: &Diagnostic| problem.origin.is_some_and(|origin| origin.file == self.origin.file);
        let bad = self.status.is_none() && problems.iter().any(|problem| problem.is_error() && own(problem));
        if bad {
            self.status = Some(500);
        }
        bad
    }

    /// What is wrong with the file, as it is told: it stops nothing else.
    fn softened(&self, problem: Diagnostic) -> Diagnostic {
        if !problem.is_error() {
            return problem;
        }
        let status = self.status.unwrap_or(500);
        let answered = format!("requests for what lies in \"{}\" are answered with {status}", self.directory.display());
        let help = match &problem.help {
            Some(help) => format!("{help}; {answered}"),
            None => answered,
        };
        Diagnostic { severity: Severity::Warning, help: Some(help), ..problem }
    }
}

impl Found {
    /// The directives of the files that can be used.
    pub(super) fn directives(&self) -> impl Iterator<Item = &[Directive]> {
        self.files.iter().filter(|file| file.status.is_none()).map(|file| file.directives.as_slice())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Takes what is wrong with a file from what is wrong with the configuration; `false`: nothing of a file that could be used.
    pub(super) fn blame(&mut self, problems: &[Diagnostic]) -> bool {
        let mut blamed = false;
        for file in &mut self.files {
            if file.judge(problems) {
                blamed = true;
                let own = |problem: &&Diagnostic| problem.origin.is_some_and(|origin| origin.file == file.origin.file);
                let softened = problems.iter().filter(|problem| problem.is_error()).filter(own);
                self.diagnostics.extend(softened.map(|problem| file.softened(problem.clone())));
            }
        }
        blamed
    }

    /// Makes the files sections.
    pub(super) fn lay(&self, lowering: &mut Lowering<'_>, main: &mut Scope) {
        for problem in &self.diagnostics {
            lowering.report_once(problem.clone());
        }
        lowering.in_files = true;
        self.lay_of(lowering, main, &self.of_main);
        for (index, of_host) in self.of_hosts.iter().enumerate() {
            let Some(of_host) = of_host else { continue };
            let Some(host) = lowering.hosts.get_mut(index) else { continue };
            let mut scope = std::mem::take(&mut host.scope);
            self.lay_of(lowering, &mut scope, of_host);
            if let Some(host) = lowering.hosts.get_mut(index) {
                host.scope = scope;
            }
        }
        lowering.in_files = false;
    }

    fn lay_of(&self, lowering: &mut Lowering<'_>, scope: &mut Scope, numbers: &[usize]) {
        let written = scope.sections.len();
        for file in numbers.iter().filter_map(|number| self.files.get(*number)) {
            let kind = SectionKind::Directory(Pattern::Text(file.directory.display().to_string()));
            let mut inner = Scope { kind: Some(kind), ..Scope::new(DIRECTORY, file.origin) };
            match file.status {
                Some(status) => {
                    let answer = Step::Return { status, text: None, origin: file.origin };
                    inner.overrides.moments.entered = vec![answer];
                }
                None => lowering.run(&mut inner, &file.directives),
            }
            scope.add_section(inner);
        }
        let files = scope.sections.split_off(written).into_iter();
        scope.files = Some(files.map(|section| Section { is_file: true, ..section }).collect());
    }
}

/// What is said of a directive in a file that does not run here: one that decides neither who comes in nor what is answered is left out.
pub(super) fn lenient(problem: Diagnostic, directive: &Directive) -> Diagnostic {
    const NOT_HERE: [&str; 3] = ["not-built", "refused", "runs-elsewhere"];
    if !NOT_HERE.contains(&problem.code) || modules::decides(&directive.name.text) {
        return problem;
    }
    let help = "it is left out: who comes in, and what is answered, does not depend on it";
    Diagnostic { severity: Severity::Warning, help: Some(help.to_owned()), ..problem }
}
