//! The plainest of several forms in which a model can say the same: for comparing models, and for writing them down.

mod access;
mod edits;

use crate::{
    Choice, Condition, EscapedSlashes, Files, Location, Matcher, Model, Part, Root, Section, Serve, Site, Step, Target,
    Template,
};

impl Model {
    /// The same model, said with as few means as possible; what no request asks for is as it is in `usual`, if that is
    /// given.
    ///
    /// A path with what is below it becomes two paths; what would be a redirect of the path without its last `/` in
    /// another language gets a location of its own; and where the best location and the first are the same, the best is
    /// chosen.
    #[must_use]
    pub fn plain(&self, usual: Option<&Section>) -> Self {
        let mut model = self.clone();
        let usual = usual.filter(|_| !self.shows_files());
        let text = serde_json::to_string(self).unwrap_or_default();
        for site in &mut model.http.sites {
            site.recognise_refusal();
            if let Some(tls) = &mut site.tls {
                tls.forget_directory();
            }
            site.each_section(&mut |section| {
                access::simplify(section);
                edits::move_to_proxy(section, &text);
            });
            site.split_below();
            site.name_bare_paths();
            if site.choice == Choice::First && site.first_is_best() {
                site.choice = Choice::Best;
            }
            if let Some(usual) = usual {
                site.forget_files(usual);
            }
        }
        model
    }

    /// Whether a variable may show what a path is called as a file.
    pub fn shows_files(&self) -> bool {
        let text = serde_json::to_string(self).unwrap_or_default();
        let shown = ["document_root", "realpath_root", "request_filename"];
        shown.iter().any(|variable| text.contains(&format!("\"{variable}\"")))
    }
}

/// What says how files are served, and what redirects to them look like.
fn forget_files(section: &mut Section, usual: &Section) {
    section.files = Files { max_ranges: section.files.max_ranges, ..usual.files.clone() };
    section.preconditions = usual.preconditions.clone();
    section.error_pages.absolute_redirect = usual.error_pages.absolute_redirect;
    section.error_pages.site_name_in_redirect = usual.error_pages.site_name_in_redirect;
    section.error_pages.redirect_scheme.clone_from(&usual.error_pages.redirect_scheme);
    section.error_pages.port_in_redirect = usual.error_pages.port_in_redirect;
}

impl Location {
    /// Whether all its requests go elsewhere, so that they meet no file and are not redirected.
    pub fn only_forwards(&self) -> bool {
        self.forwards() && self.nested.iter().all(Self::only_forwards)
    }

    /// Whether what takes no path inside it goes elsewhere.
    fn forwards(&self) -> bool {
        let redirects = match &self.matcher {
            Matcher::Exact(_) => self.redirect_bare,
            Matcher::Prefix { path, redirect_bare, .. } => *redirect_bare && path != "/",
            Matcher::Below(_) | Matcher::Regex(_) | Matcher::Named(_) => false,
        };
        matches!(self.section.serve, Serve::Proxy(_))
            && self.script.is_empty()
            && self.section.try_files.is_none()
            && self.other_methods.is_none()
            && !redirects
    }

    fn forget_files(&mut self, usual: &Section) {
        if self.forwards() {
            forget_files(&mut self.section, usual);
        }
        for nested in &mut self.nested {
            nested.forget_files(usual);
        }
    }
}

impl Site {
    /// Whether each request is forwarded, so that it meets no file and is not redirected.
    pub fn only_forwards(&self) -> bool {
        let whole =
            |location: &Location| path_of(location) == Some("/") && !matches!(location.matcher, Matcher::Exact(_));
        self.script.is_empty()
            && self.section.try_files.is_none()
            && self.locations.iter().any(whole)
            && self.locations.iter().all(Location::only_forwards)
    }

    fn forget_files(&mut self, usual: &Section) {
        if self.only_forwards() {
            forget_files(&mut self.section, usual);
            self.section.request_edits.retain(|edit| edit.early);
            self.section.client.max_body = usual.client.max_body;
        }
        for location in &mut self.locations {
            location.forget_files(usual);
        }
    }

    /// A condition that refuses paths with an escaped slash says what a site can say of itself.
    fn recognise_refusal(&mut self) {
        if self.escaped_slashes == EscapedSlashes::Slashes && self.script.first().is_some_and(is_refusal) {
            self.script.remove(0);
            self.escaped_slashes = EscapedSlashes::Refused;
        }
    }

    fn each_section(&mut self, change: &mut dyn FnMut(&mut Section)) {
        change(&mut self.section);
        for location in &mut self.locations {
            in_location(location, change);
        }
    }

    /// A path and those below it: the path itself, and what begins with it and a `/`.
    fn split_below(&mut self) {
        let mut split = Vec::new();
        for location in std::mem::take(&mut self.locations) {
            match location.matcher.clone() {
                Matcher::Below(path) if path.ends_with('/') || path.is_empty() => {
                    let matcher = Matcher::Prefix { path, skip_regexes: false, redirect_bare: false };
                    split.push(Location { matcher, ..location });
                }
                Matcher::Below(path) if location.nested.is_empty() => {
                    let below = Matcher::Prefix { path: format!("{path}/"), skip_regexes: false, redirect_bare: false };
                    let mut below = Location { matcher: below, ..location.clone() };
                    in_location(&mut below, &mut |section| append(section, "/"));
                    split.extend([Location { matcher: Matcher::Exact(path), ..location }, below]);
                }
                _ => split.push(location),
            }
        }
        self.locations = split;
    }

    /// Gives a path without its last `/`, where it is not redirected to the path of a location, what it has without that
    /// location: then nothing need be said about the redirect.
    fn name_bare_paths(&mut self) {
        if self.locations.iter().any(|location| matches!(location.matcher, Matcher::Regex(_))) {
            return;
        }
        let exact = |locations: &[Location], bare: &str| {
            locations.iter().any(|location| matches!(&location.matcher, Matcher::Exact(path) if path == bare))
        };
        let mut index = 0;
        while let Some(location) = self.locations.get_mut(index) {
            index += 1;
            let forwards = matches!(location.section.serve, Serve::Proxy(_));
            let Matcher::Prefix { path, redirect_bare, .. } = &mut location.matcher else { continue };
            let Some(bare) = path.strip_suffix('/').map(str::to_owned) else { continue };
            let redirected = std::mem::take(redirect_bare);
            if bare.is_empty() || !forwards {
                continue;
            }
            if exact(&self.locations, &bare) {
                continue;
            }
            if redirected {
                self.restore_redirect(index - 1);
                continue;
            }
            if let Some(instead) = self.instead(&bare) {
                self.locations.insert(index - 1, instead);
                index += 1;
            }
        }
    }

    fn restore_redirect(&mut self, index: usize) {
        if let Some(Matcher::Prefix { redirect_bare, .. }) =
            self.locations.get_mut(index).map(|location| &mut location.matcher)
        {
            *redirect_bare = true;
        }
    }

    /// What a path has that no location is named after.
    fn instead(&self, path: &str) -> Option<Location> {
        let takes = |location: &&Location| match &location.matcher {
            Matcher::Prefix { path: begin, .. } => path.starts_with(begin.as_str()),
            Matcher::Exact(_) | Matcher::Below(_) | Matcher::Regex(_) | Matcher::Named(_) => false,
        };
        let mut takers = self.locations.iter().filter(takes);
        let taker = match self.choice {
            Choice::First => takers.next(),
            Choice::Best => takers.max_by_key(|location| path_of(location).map(str::len)),
        };
        let matcher = Matcher::Exact(path.to_owned());
        let Some(taker) = taker else {
            return Some(Location {
                matcher,
                script: Vec::new(),
                nested: Vec::new(),
                section: Section { try_files: None, ..self.section.clone() },
                other_methods: None,
                redirect_bare: false,
                origin: self.origin,
            });
        };
        if !taker.nested.is_empty() {
            return None;
        }
        let rest = path.get(path_of(taker).map_or(0, str::len)..).unwrap_or_default().to_owned();
        let mut location = Location { matcher, nested: Vec::new(), redirect_bare: false, ..taker.clone() };
        in_location(&mut location, &mut |section| append(section, &rest));
        Some(location)
    }

    /// Whether no location takes a path from a better one that follows it.
    fn first_is_best(&self) -> bool {
        let rank = |location: &Location| {
            (path_of(location).map_or(0, str::len), matches!(location.matcher, Matcher::Exact(_)))
        };
        let hides = |early: &Location, late: &Location| match (path_of(early), path_of(late)) {
            (Some(_), Some(_)) if matches!(early.matcher, Matcher::Exact(_)) => false,
            (Some(begin), Some(path)) => path.starts_with(begin) && rank(early) < rank(late),
            _ => true,
        };
        let reached = self.locations.iter().filter(|location| !matches!(location.matcher, Matcher::Named(_)));
        let reached: Vec<&Location> = reached.collect();
        let all = reached.iter().enumerate();
        reached.iter().all(|location| location.nested.is_empty())
            && !all.into_iter().any(|(index, early)| reached.iter().skip(index + 1).any(|late| hides(early, late)))
    }
}

/// Expression that a target with an escaped slash in its path matches, in whatever case.
pub const ESCAPED_SLASH: &str = "^[^?]*%2f";

fn is_refusal(step: &Step) -> bool {
    let Step::If { condition, steps, .. } = step else { return false };
    let Condition::Match { value, pattern, negated: false, groups: _ } = condition else { return false };
    let refuses = matches!(steps.as_slice(), [Step::Return { status: 404, text: None, .. }]);
    let target = matches!(value.parts.as_slice(), [Part::Variable(name)] if name == "request_uri");
    refuses && target && pattern.ignore_case && pattern.expression == ESCAPED_SLASH
}

/// The path of a location that has one.
fn path_of(location: &Location) -> Option<&str> {
    match &location.matcher {
        Matcher::Exact(path) | Matcher::Prefix { path, .. } | Matcher::Below(path) => Some(path),
        Matcher::Regex(_) | Matcher::Named(_) => None,
    }
}

fn in_location(location: &mut Location, change: &mut dyn FnMut(&mut Section)) {
    change(&mut location.section);
    if let Some(others) = &mut location.other_methods {
        change(&mut others.section);
    }
    in_script(&mut location.script, change);
    for nested in &mut location.nested {
        in_location(nested, change);
    }
}

fn in_script(steps: &mut [Step], change: &mut dyn FnMut(&mut Section)) {
    for step in steps {
        if let Step::If { steps, section, .. } = step {
            if let Some(section) = section {
                change(section);
            }
            in_script(steps, change);
        }
    }
}

/// What replaces the path of a location that became longer becomes longer too.
fn append(section: &mut Section, rest: &str) {
    if let Serve::Proxy(proxy) = &mut section.serve
        && let Target::Fixed { path: Some(path), .. } = &mut proxy.target
    {
        path.push_str(rest);
    }
    if let (Root::Alias(Template { parts, .. }), None) = (&mut section.files.root, &section.files.alias_replaces) {
        parts.push(Part::Text(rest.to_owned()));
    }
}
