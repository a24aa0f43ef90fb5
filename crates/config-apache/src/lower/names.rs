//! Names of virtual hosts, so that the first host with a name that fits is chosen.

use diagnostic::{Diagnostic, Origin};
use model::{Pattern, SiteName};

use super::{Host, Lowering};

/// A name of a host as it is written: it may have `*` and `?`.
pub(super) struct Name {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The names that each host answers to, and the one that it is called by.
pub(super) fn of_hosts(lowering: &mut Lowering<'_>, main_name: &str) -> Vec<(String, Vec<SiteName>)> {
    let hosts = std::mem::take(&mut lowering.hosts);
    let written: Vec<Vec<Name>> = hosts.iter().map(|host| names(host, main_name)).collect();
    // Names are looked up exact ones first, the longest end next: where that is not httpd's order, all become expressions.
    let simple = written.iter().flatten().all(|name| !is_wild(&name.text) || leading(&name.text).is_some());
    let mut found = Vec::new();
    for (index, own) in written.iter().enumerate() {
        let before: Vec<&Name> = hosts
            .iter()
            .zip(&written)
            .take(index)
            .filter(|(other, _)| hosts.get(index).is_some_and(|host| meet(host, other)))
            .flat_map(|(_, names)| names)
            .collect();
        let named = hosts.get(index).and_then(|host| host.scope.server.core.names.name.as_ref());
        let primary = named.map(|name| name.written.clone()).or(own.first().map(|name| name.text.clone()));
        let primary = primary.unwrap_or_default();
        let mut names = Vec::new();
        for name in own {
            match before.iter().find(|earlier| covers(&earlier.text, &name.text)) {
                Some(earlier) => shadowed(lowering, name, earlier),
                None => names.push(site_name(name, simple)),
            }
        }
        found.push((primary, names));
    }
    lowering.hosts = hosts;
    found
}

fn names(host: &Host, main_name: &str) -> Vec<Name> {
    let names = &host.scope.server.core.names;
    let own = names.name.as_ref().map(|name| Name { text: name.host.clone(), origin: name.origin });
    let own = own.unwrap_or_else(|| Name { text: nameless(host, main_name), origin: host.scope.origin });
    let aliases = names.aliases.iter().map(|(text, origin)| Name { text: text.clone(), origin: *origin });
    std::iter::once(own).chain(aliases).collect()
}

/// httpd: a host without a name has that of its address, or of the main server where it has none of its own.
fn nameless(host: &Host, main_name: &str) -> String {
    let local = host.addresses.first().and_then(|address| address.ip).is_some_and(|ip| ip.is_loopback());
    if local { "localhost".to_owned() } else { main_name.to_ascii_lowercase() }
}

/// Whether two hosts have an address in common: only then one stands before the other.
fn meet(host: &Host, other: &Host) -> bool {
    host.addresses.iter().any(|one| {
        other
            .addresses
            .iter()
            .any(|two| one.ip == two.ip && (one.port == two.port || one.port.is_none() || two.port.is_none()))
    })
}

fn shadowed(lowering: &mut Lowering<'_>, name: &Name, earlier: &Name) {
    // Hosts without a name of their own are not spoken of: nobody wrote it.
    if name.origin != earlier.origin {
        let message = format!("the name \"{}\" is taken by an earlier virtual host", name.text);
        let problem = Diagnostic::warning("conflicting-name", message).at(name.origin);
        lowering.report_once(problem.related(earlier.origin, "this one is chosen"));
    }
}

fn is_wild(text: &str) -> bool {
    text.contains(['*', '?'])
}

/// The end of a name of which only the beginning is wild.
fn leading(text: &str) -> Option<&str> {
    text.strip_prefix("*.").filter(|suffix| !suffix.is_empty() && !is_wild(suffix))
}

/// Whether an earlier name fits everything that a later one fits.
fn covers(earlier: &str, later: &str) -> bool {
    if !is_wild(earlier) {
        return earlier == later;
    }
    // A wildcard in the later name is a letter like any other to the earlier one's wildcards.
    let (earlier, later): (Vec<char>, Vec<char>) = (earlier.chars().collect(), later.chars().collect());
    fits(&earlier, &later)
}

fn fits(pattern: &[char], text: &[char]) -> bool {
    let Some((&first, rest)) = pattern.split_first() else { return text.is_empty() };
    match first {
        '*' => (0..=text.len()).any(|skip| text.get(skip..).is_some_and(|text| fits(rest, text))),
        '?' => text.split_first().is_some_and(|(&letter, text)| letter != '*' && fits(rest, text)),
        _ => text.split_first().is_some_and(|(&letter, text)| letter == first && fits(rest, text)),
    }
}

fn site_name(name: &Name, simple: bool) -> SiteName {
    if !is_wild(&name.text) {
        return SiteName::Exact(name.text.clone());
    }
    match leading(&name.text).filter(|_| simple) {
        Some(suffix) => SiteName::Leading { suffix: suffix.to_owned(), bare: false },
        None => SiteName::Regex(expression(name)),
    }
}

fn expression(name: &Name) -> Pattern {
    let mut expression = String::from("^");
    for letter in name.text.chars() {
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            letter if letter.is_ascii_alphanumeric() || letter == '-' || letter == '_' => expression.push(letter),
            letter => expression.extend(['\\', letter]),
        }
    }
    expression.push('$');
    Pattern { expression, ignore_case: true, origin: name.origin }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earlier_names_cover_later_ones() {
        for (earlier, later, expected) in [
            ("a.org", "a.org", true),
            ("a.org", "*.org", false),
            ("*.org", "a.org", true),
            ("*.org", "*.a.org", true),
            ("*.a.org", "*.org", false),
            ("www.*", "www.a.org", true),
            ("a?.org", "ab.org", true),
            ("a?.org", "a*.org", false),
            ("*", "*.a", true),
        ] {
            assert_eq!(covers(earlier, later), expected, "{earlier} {later}");
        }
    }

    #[test]
    fn wild_names_become_ends_or_expressions() {
        let name = |text: &str| Name { text: text.to_owned(), origin: Origin::default() };
        assert_eq!(site_name(&name("*.a.org"), true), SiteName::Leading { suffix: "a.org".to_owned(), bare: false });
        let SiteName::Regex(found) = site_name(&name("*.a.org"), false) else { panic!("an expression") };
        assert_eq!(found.expression, "^.*\\.a\\.org$");
        let SiteName::Regex(found) = site_name(&name("w?w-*"), true) else { panic!("an expression") };
        assert_eq!(found.expression, "^w.w-.*$");
    }
}
