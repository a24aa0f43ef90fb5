//! "Did you mean": the known word that is closest to a mistyped one.

/// The closest of `known`, if it is close enough to be a slip.
pub fn closest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let allowed = (typed.chars().count() / 3).clamp(1, 4);
    let distance = |known: &str| strsim::damerau_levenshtein(&typed, &known.to_ascii_lowercase());
    let scored = known.into_iter().map(|known| (distance(known), known));
    scored.filter(|(distance, known)| *distance <= allowed && *distance < known.len()).min().map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let check = |typed: &str, expected: Option<&str>| {
            assert_eq!(closest(typed, ["proxy_pass", "proxy_bind", "off", "on", "Set-Cookie"]), expected, "{typed}");
        };
        check("proxy_pas", Some("proxy_pass"));
        check("porxy_pass", Some("proxy_pass"));
        check("PROXY_PASS", Some("proxy_pass"));
        check("set-cooky", Some("Set-Cookie"));
        check("of", Some("off"));
        check("something_else", None);
        check("x", None);
        check("", None);
    }
}
