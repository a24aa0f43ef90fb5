//! Options of one letter, several in a word, as nginx and httpd take them.

use std::slice::Iter;

/// What letters set.
pub(crate) trait Letters {
    /// A letter without a value; false if it is none.
    fn switch(&mut self, letter: char) -> bool;
    /// A letter with a value, which `value` yields; anything else is an error.
    fn set(&mut self, letter: char, value: &mut dyn FnMut() -> Option<String>) -> Result<(), String>;
}

/// Reads the letters of a word; a value is the rest of the word, or the word that follows.
///
/// # Errors
/// The message about the first letter that makes no sense.
pub(crate) fn read(options: &mut impl Letters, letters: &str, words: &mut Iter<'_, String>) -> Result<(), String> {
    for (place, letter) in letters.char_indices() {
        if options.switch(letter) {
            continue;
        }
        let attached = letters.get(place + letter.len_utf8()..).filter(|rest| !rest.is_empty());
        let mut value = || attached.map(str::to_owned).or_else(|| words.next().cloned());
        // The rest of the word was the value.
        return options.set(letter, &mut value);
    }
    Ok(())
}
