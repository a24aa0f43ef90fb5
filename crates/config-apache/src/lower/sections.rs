//! The order in which httpd lays sections over each other, and which of them hold for a part of a site.

use super::{Pattern, Section, SectionKind};

/// A part of a site's requests, as far as it is known before they come.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    /// Which paths.
    pub(crate) path: Part<'a>,
    /// The URL that they are forwarded to, if they are.
    pub(crate) forwarded_to: Option<&'a str>,
    /// Paths from which on something else answers first.
    pub(crate) taken: &'a [String],
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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Holds {
    /// For none.
    Never,
    /// Only a request can tell.
    Sometimes,
    /// For all.
    Always,
}

/// The sections of a server in the order in which they are laid over each other: those of the main server before the
/// host's; directories by depth, then files, then locations (documentation of httpd: "How the sections are merged").
pub(crate) fn in_order<'a>(main: &'a [Section], host: &'a [Section]) -> Vec<&'a Section> {
    let mut sections: Vec<&Section> = main.iter().chain(host).collect();
    sections.sort_by_key(|section| section.kinds.last().map(rank));
    sections
}

/// Kind first; of directories, the one with fewer parts first, and expressions last.
fn rank(kind: &SectionKind) -> (u8, bool, usize) {
    match kind {
        SectionKind::Directory(Pattern::Regex(_)) => (0, true, 0),
        SectionKind::Directory(Pattern::Text(path) | Pattern::Glob(path)) => (0, false, parts(path)),
        SectionKind::Proxy(_) => (0, false, 0),
        SectionKind::Files(_) => (1, false, 0),
        SectionKind::Location(_) => (2, false, 0),
    }
}

fn parts(path: &str) -> usize {
    path.split('/').filter(|part| !part.is_empty()).count()
}

/// Whether a section holds for a place.
pub(crate) fn holds(section: &Section, place: &Place<'_>) -> Holds {
    section.kinds.iter().map(|kind| kind_holds(kind, place)).min().unwrap_or(Holds::Always)
}

fn kind_holds(kind: &SectionKind, place: &Place<'_>) -> Holds {
    match (kind, place.forwarded_to) {
        // What is forwarded is no file.
        (SectionKind::Directory(_) | SectionKind::Files(_), Some(_)) | (SectionKind::Proxy(_), None) => Holds::Never,
        // Where a path's file lies is known when it is asked for.
        (SectionKind::Directory(Pattern::Text(path)), None) if path == "/" => Holds::Always,
        (SectionKind::Directory(_) | SectionKind::Files(_), None) => Holds::Sometimes,
        (SectionKind::Location(Pattern::Text(path)), _) if place.taken.iter().any(|taken| is_below(path, taken)) => {
            Holds::Never
        }
        (SectionKind::Location(pattern), _) => location_holds(pattern, place.path),
        (SectionKind::Proxy(pattern), Some(url)) => proxy_holds(pattern, url),
    }
}

fn location_holds(pattern: &Pattern, part: Part<'_>) -> Holds {
    match (pattern, part) {
        (Pattern::Text(path), _) if path == "/" => Holds::Always,
        (Pattern::Text(path), Part::Below(below)) => {
            if is_below(below, path) {
                Holds::Always
            } else if is_below(path, below) {
                Holds::Sometimes
            } else {
                Holds::Never
            }
        }
        (Pattern::Text(_) | Pattern::Glob(_) | Pattern::Regex(_), _) => Holds::Sometimes,
    }
}

/// Whether a path lies below another, or is it: `/ab` does not lie below `/a`.
pub(crate) fn is_below(path: &str, above: &str) -> bool {
    let rest = path.strip_prefix(above);
    rest.is_some_and(|rest| above.ends_with('/') || rest.is_empty() || rest.starts_with('/'))
}

fn proxy_holds(pattern: &Pattern, url: &str) -> Holds {
    match pattern {
        Pattern::Glob(glob) if glob == "*" => Holds::Always,
        Pattern::Text(prefix) if url.starts_with(prefix.as_str()) => Holds::Always,
        Pattern::Text(prefix) if !prefix.starts_with(url) => Holds::Never,
        Pattern::Text(_) | Pattern::Glob(_) | Pattern::Regex(_) => Holds::Sometimes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diagnostic::Origin;
    use model::Overrides;

    fn text(text: &str) -> Pattern {
        Pattern::Text(text.to_owned())
    }

    fn section(kind: SectionKind, number: u32) -> Section {
        let origin = Origin { line: number, ..Origin::default() };
        Section { kinds: vec![kind], overrides: Overrides::default(), origin }
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
        let order: Vec<u32> = in_order(&main, &host).iter().map(|section| section.origin.line).collect();
        assert_eq!(order, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn what_is_known_beforehand_is_decided() {
        let check = |kind: SectionKind, path: Part<'_>, forwarded_to: Option<&str>, expected: Holds| {
            let place = Place { path, forwarded_to, taken: &["/taken".to_owned()] };
            assert_eq!(holds(&section(kind.clone(), 1), &place), expected, "{kind:?} {place:?}");
        };
        let location = |path: &str| SectionKind::Location(text(path));
        check(location("/"), Part::Below("/a"), None, Holds::Always);
        check(location("/a"), Part::Below("/a"), None, Holds::Always);
        check(location("/a"), Part::Below("/a/b"), None, Holds::Always);
        check(location("/a"), Part::Below("/ab"), None, Holds::Never);
        check(location("/a/b"), Part::Below("/a"), None, Holds::Sometimes);
        check(location("/a"), Part::Some, None, Holds::Sometimes);
        check(location("/taken/a"), Part::Below("/"), None, Holds::Never);
        let url = Some("http://h/x");
        check(SectionKind::Directory(text("/")), Part::Below("/"), url, Holds::Never);
        check(SectionKind::Directory(text("/")), Part::Below("/"), None, Holds::Always);
        check(SectionKind::Proxy(Pattern::Glob("*".to_owned())), Part::Below("/"), url, Holds::Always);
        check(SectionKind::Proxy(text("http://h/")), Part::Below("/"), url, Holds::Always);
        check(SectionKind::Proxy(text("http://h/x/y")), Part::Below("/"), url, Holds::Sometimes);
        check(SectionKind::Proxy(text("http://i/")), Part::Below("/"), url, Holds::Never);
    }
}
