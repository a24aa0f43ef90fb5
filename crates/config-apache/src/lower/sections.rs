//! The order in which httpd lays sections over each other, and which of them hold for a part of a site.

use model::{Condition, Groups, PathScope, Scope, Template};

use super::patterns::{everything, expression, from_start, whole};
use super::{Pattern, Section, SectionKind};

/// A part of a site's requests, as far as it is known before they come.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    /// Which paths.
    pub(crate) path: Part<'a>,
    /// Where they are forwarded to, if they are.
    pub(crate) forwarded_to: Option<&'a Forwarded>,
    /// Where all their files lie, if that is known.
    pub(crate) directory: Option<&'a str>,
    /// Paths from which on something else answers first.
    pub(crate) taken: &'a [String],
}

/// Where requests are forwarded to.
#[derive(Clone, Debug)]
pub(crate) struct Forwarded {
    /// What the URLs of all begin with.
    pub(crate) url: String,
    /// Scheme, host and port.
    pub(crate) server: String,
    /// What each request puts behind the server.
    pub(crate) behind: Vec<model::Part>,
}

/// Which paths a place has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<'a> {
    /// Those from a path on.
    Below(&'a str),
    /// Those that an expression, or anything else, finds.
    Some,
}

/// Whether a section holds for the requests of a place.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Holds {
    /// For none.
    Never,
    /// For those of this scope: only a request can tell.
    Sometimes(Vec<Scope>),
    /// For all.
    Always,
}

/// The sections of a server in the order in which they are laid over each other: those of the main server before the
/// host's; directories by depth, then files, then locations (documentation of httpd: "How the sections are merged").
pub(crate) fn in_order<'a>(sections: impl Iterator<Item = &'a Section>) -> Vec<&'a Section> {
    let mut sections: Vec<&Section> = sections.collect();
    sections.sort_by_key(|section| rank(section));
    sections
}

/// Kind first; of directories, the one with fewer parts first; files that a directory names behind those that the server
/// names; conditions inside others behind those, and such of another section behind the server's. What stands in
/// directories comes in their order.
fn rank(section: &Section) -> (u8, usize, u8, Depth) {
    let Some((last, around)) = section.kinds.split_last() else { return (0, 0, 0, Depth::default()) };
    let outer = || around.first().map(|kind| depth(kind, section.is_file)).unwrap_or_default();
    let (inside, group, depth) = match last {
        SectionKind::Directory(_) => (0, 0, depth(last, section.is_file)),
        SectionKind::Proxy(_) | SectionKind::Location(_) => (0, 0, Depth::default()),
        SectionKind::Files(_) => (around.len(), 0, outer()),
        SectionKind::If(_) => {
            let inside = around.iter().filter(|kind| matches!(kind, SectionKind::If(_))).count();
            (inside, around.first().map_or(0, |kind| kind.group() + 1), outer())
        }
    };
    (last.group(), inside, group, depth)
}

/// How many parts a directory's path has, and what comes behind what: wildcards behind plain paths, and the file that lies
/// in the directory behind both. Expressions come last.
type Depth = (usize, u8);

fn depth(kind: &SectionKind, is_file: bool) -> Depth {
    match kind {
        SectionKind::Directory(Pattern::Text(path)) => (parts(path), if is_file { 2 } else { 0 }),
        SectionKind::Directory(Pattern::Glob(path)) => (parts(path), 1),
        SectionKind::Directory(Pattern::Regex(_)) => (usize::MAX, 0),
        SectionKind::Files(_) | SectionKind::Location(_) | SectionKind::Proxy(_) | SectionKind::If(_) => (0, 0),
    }
}

fn parts(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

/// Whether a section holds for a place.
pub(crate) fn holds(section: &Section, place: &Place<'_>) -> Holds {
    let mut scopes = Vec::new();
    for kind in &section.kinds {
        match kind_holds(kind, place) {
            Holds::Never => return Holds::Never,
            Holds::Sometimes(scope) => scopes.extend(scope),
            Holds::Always => {}
        }
    }
    if scopes.is_empty() { Holds::Always } else { Holds::Sometimes(scopes) }
}

fn kind_holds(kind: &SectionKind, place: &Place<'_>) -> Holds {
    match (kind, place.forwarded_to) {
        // What is forwarded is no file.
        (SectionKind::Directory(_) | SectionKind::Files(_), Some(_)) | (SectionKind::Proxy(_), None) => Holds::Never,
        (SectionKind::Directory(pattern), None) => directory_holds(pattern, place.directory),
        (SectionKind::Files(pattern), None) => Holds::Sometimes(vec![Scope::FileName(match pattern {
            Pattern::Text(name) => whole(name),
            Pattern::Glob(glob) => expression(glob, false, "$"),
            Pattern::Regex(pattern) => pattern.clone(),
        })]),
        (SectionKind::Location(Pattern::Text(path)), _) if place.taken.iter().any(|taken| is_below(path, taken)) => {
            Holds::Never
        }
        (SectionKind::Location(pattern), _) => location_holds(pattern, place.path),
        (SectionKind::If(condition), _) => Holds::Sometimes(vec![Scope::Condition(Box::new(condition.clone()))]),
        (SectionKind::Proxy(pattern), Some(url)) => proxy_holds(pattern, url, place.path),
    }
}

fn directory_holds(pattern: &Pattern, directory: Option<&str>) -> Holds {
    let scope = match (pattern, directory) {
        (Pattern::Text(path), _) if path == "/" => return Holds::Always,
        (Pattern::Text(path), Some(directory)) if is_below(directory, path) => return Holds::Always,
        (Pattern::Text(path), Some(directory)) if !is_below(path, directory) => return Holds::Never,
        (Pattern::Text(path), _) => PathScope::Below(path.clone()),
        (Pattern::Glob(glob), _) => PathScope::Regex(expression(glob, true, "(?:/|$)")),
        (Pattern::Regex(pattern), _) => PathScope::Regex(pattern.clone()),
    };
    Holds::Sometimes(vec![Scope::File(scope)])
}

fn location_holds(pattern: &Pattern, part: Part<'_>) -> Holds {
    let scope = match (pattern, part) {
        (Pattern::Text(path), _) if path == "/" => return Holds::Always,
        (Pattern::Text(path), Part::Below(below)) if is_below(below, path) => return Holds::Always,
        (Pattern::Text(path), Part::Below(below)) if !is_below(path, below) => return Holds::Never,
        (Pattern::Text(path), _) => PathScope::Below(path.clone()),
        (Pattern::Glob(glob), _) => PathScope::Regex(expression(glob, true, "$")),
        (Pattern::Regex(pattern), _) => PathScope::Regex(pattern.clone()),
    };
    Holds::Sometimes(vec![Scope::Path(scope)])
}

/// Whether a path lies below another, or is it: `/ab` does not lie below `/a`.
pub(crate) fn is_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above);
    rest.is_some_and(|rest| above.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

/// Requests whose URL matches an expression.
fn forwarded_to(forwarded: &Forwarded, pattern: &model::Pattern) -> Holds {
    let parts = [vec![model::Part::Text(forwarded.server.clone())], forwarded.behind.clone()].concat();
    Holds::Sometimes(vec![Scope::Condition(Box::new(Condition::Match {
        value: Template { parts, origin: pattern.origin },
        pattern: pattern.clone(),
        negated: false,
        groups: Groups::default(),
    }))])
}

/// Whether a section about forwarded URLs holds; what follows `url` in them is what follows the place's path.
fn proxy_holds(pattern: &Pattern, forwarded: &Forwarded, part: Part<'_>) -> Holds {
    let url = forwarded.url.as_str();
    let scope = match (pattern, part) {
        (Pattern::Glob(glob), _) if glob == "*" => return Holds::Always,
        (Pattern::Text(prefix), _) if url.starts_with(prefix.as_str()) => return Holds::Always,
        (Pattern::Text(prefix), _) if !prefix.starts_with(url) => return Holds::Never,
        (Pattern::Text(prefix), Part::Below(path)) => {
            let rest = prefix.strip_prefix(url).unwrap_or_default();
            Some(PathScope::Regex(from_start(&format!("{path}{rest}"))))
        }
        (Pattern::Glob(glob), Part::Below(path)) => everything(glob, url).map(|rest| {
            let start = from_start(path);
            PathScope::Regex(model::Pattern { expression: format!("{}{rest}", start.expression), ..start })
        }),
        (Pattern::Text(prefix), Part::Some) => return forwarded_to(forwarded, &from_start(prefix)),
        (Pattern::Glob(glob), Part::Some) => return forwarded_to(forwarded, &expression(glob, false, "\\z")),
        (Pattern::Regex(pattern), _) => return forwarded_to(forwarded, pattern),
    };
    scope.map_or(Holds::Never, |scope| Holds::Sometimes(vec![Scope::Path(scope)]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnostic::Origin;
    use model::Overrides;

    use crate::overrides::Overriding;

    fn text(text: &str) -> Pattern {
        Pattern::Text(text.to_owned())
    }

    fn section(kind: SectionKind, number: u32) -> Section {
        let origin = Origin { line: number, ..Origin::default() };
        let overriding = Overriding::default();
        let (kinds, overrides) = (vec![kind], Overrides::default());
        Section { kinds, overrides, handler: None, rewriting: None, overriding, is_file: false, origin }
    }

    #[test]
    fn sections_are_laid_in_httpd_s_order() {
        let regex = Pattern::Regex(model::Pattern {
            expression: "x".to_owned(),
            ignore_case: false,
            origin: Origin::default(),
        });
        let main = [
            section(SectionKind::Location(text("/a")), 8),
            section(SectionKind::Files(text("f")), 6),
            section(SectionKind::Directory(regex), 5),
            section(SectionKind::Directory(text("/var/www")), 3),
        ];
        let host = [
            section(SectionKind::Location(text("/")), 9),
            section(SectionKind::Directory(text("/var/www/")), 4),
            section(SectionKind::Directory(text("/")), 1),
            section(SectionKind::Files(text("g")), 7),
            section(SectionKind::Directory(text("/var")), 2),
        ];
        let order: Vec<u32> = in_order(main.iter().chain(&host)).iter().map(|section| section.origin.line).collect();
        assert_eq!(order, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_is_known_beforehand_is_decided() {
        let check = |kind: SectionKind, path: Part<'_>, forwarded_to: Option<&Forwarded>, expected: Holds| {
            let place = Place { path, forwarded_to, directory: Some("/srv"), taken: &["/taken".to_owned()] };
            assert_eq!(holds(&section(kind.clone(), 1), &place), expected, "{kind:?} {place:?}");
        };
        let path = |scope: PathScope| Holds::Sometimes(vec![Scope::Path(scope)]);
        let below = |text: &str| PathScope::Below(text.to_owned());
        let location = |path: &str| SectionKind::Location(text(path));
        check(location("/"), Part::Below("/a"), None, Holds::Always);
        check(location("/a"), Part::Below("/a"), None, Holds::Always);
        check(location("/a"), Part::Below("/a/b"), None, Holds::Always);
        check(location("/a"), Part::Below("/ab"), None, Holds::Never);
        check(location("/a/b"), Part::Below("/a"), None, path(below("/a/b")));
        check(location("/a"), Part::Some, None, path(below("/a")));
        check(location("/taken/a"), Part::Below("/"), None, Holds::Never);
        let behind = vec![model::Part::Variable("uri".to_owned())];
        let forwarded = Forwarded { url: "http://h/x".to_owned(), server: "http://h".to_owned(), behind };
        let url = Some(&forwarded);
        check(SectionKind::Directory(text("/")), Part::Below("/"), url, Holds::Never);
        check(SectionKind::Directory(text("/")), Part::Below("/"), None, Holds::Always);
        check(SectionKind::Proxy(Pattern::Glob("*".to_owned())), Part::Below("/"), url, Holds::Always);
        check(SectionKind::Proxy(text("http://h/")), Part::Below("/"), url, Holds::Always);
        check(SectionKind::Directory(text("/srv")), Part::Below("/"), None, Holds::Always);
        check(SectionKind::Directory(text("/other")), Part::Below("/"), None, Holds::Never);
        let file = Holds::Sometimes(vec![Scope::File(below("/srv/a"))]);
        check(SectionKind::Directory(text("/srv/a")), Part::Below("/"), None, file);
        let rest = path(PathScope::Regex(from_start("/p/y")));
        check(SectionKind::Proxy(text("http://h/x/y")), Part::Below("/p"), url, rest);
        check(SectionKind::Proxy(text("http://i/")), Part::Below("/"), url, Holds::Never);
    }
}
