//! "Did you mean": the known word that is closest to a mistyped one.

/// The closest of `known`, if it is close enough to be a slip.
pub(crate) fn closest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed = typed.to_ascii_lowercase();
    let allowed = (typed.chars().count() / 3).clamp(1, 4);
    let distance = |known: &str| strsim::damerau_levenshtein(&typed, known);
    let scored = known.into_iter().map(|known| (distance(known), known));
    scored.filter(|(distance, known)| *distance <= allowed && *distance < known.len()).min().map(|(_, known)| known)
}
