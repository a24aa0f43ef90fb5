//! `Cache-Control` and its like: a list of names, some with numbers.

/// What a list of directives says. Numbers are seconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a directive of its own")]
pub struct Directives {
    /// `max-age`; one that cannot be read is none at all: 0.
    pub max_age: Option<u64>,
    /// `s-maxage`, likewise.
    pub s_maxage: Option<u64>,
    /// `max-stale`; without a number: any.
    pub max_stale: Option<u64>,
    /// `min-fresh`
    pub min_fresh: Option<u64>,
    /// `stale-while-revalidate`
    pub while_fetched: Option<u64>,
    /// `stale-if-error`
    pub on_error: Option<u64>,
    /// `no-cache`, whatever fields it names.
    pub no_cache: bool,
    /// `no-store`
    pub no_store: bool,
    /// `private`, whatever fields it names.
    pub private: bool,
    /// `public`
    pub public: bool,
    /// `must-revalidate`
    pub must_revalidate: bool,
    /// `proxy-revalidate`
    pub proxy_revalidate: bool,
    /// `must-understand`
    pub must_understand: bool,
    /// `only-if-cached`
    pub only_if_cached: bool,
    /// `immutable`
    pub immutable: bool,
}

impl Directives {
    /// Reads the values of a field (RFC 9111 §5.2): names in any case of letters, numbers with or without quotes.
    pub fn read<'a>(values: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut all = Self::default();
        for value in values {
            let mut rest = value;
            while !rest.is_empty() {
                let (item, after) = split_item(rest);
                all.take(item.trim_ascii(), false);
                rest = after;
            }
        }
        all
    }

    /// Reads the values of a targeted field, a dictionary of structured items (RFC 9213 §2.1); `None`: they are none, or it
    /// is malformed, and is to be ignored.
    pub fn read_targeted<'a>(values: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut all = Self::default();
        let mut some = false;
        for value in values {
            let mut rest = value;
            while !rest.is_empty() {
                let (item, after) = split_item(rest);
                let item = item.trim_ascii();
                if !is_dictionary_item(item) || !all.take(item, true) {
                    return None;
                }
                some = true;
                rest = after;
            }
        }
        some.then_some(all)
    }

    /// Takes a directive over; false: it has a value that it may not have.
    fn take(&mut self, item: &[u8], strict: bool) -> bool {
        let equals = item.iter().position(|byte| *byte == b'=');
        let (name, value) = match equals.and_then(|at| Some((item.get(..at)?, item.get(at + 1..)?))) {
            Some((name, value)) => (name.trim_ascii(), Some(value.trim_ascii())),
            None => (item, None),
        };
        let name = name.to_ascii_lowercase();
        if let Some(place) = self.number(&name) {
            let read = value.and_then(|value| seconds(value, strict));
            if strict && read.is_none() {
                return false;
            }
            // RFC 9111 §4.2.1: of several, the first counts; what cannot be read makes an answer stale.
            place.get_or_insert(read.unwrap_or(0));
            return true;
        }
        match name.as_slice() {
            b"max-stale" => self.max_stale = Some(value.map_or(u64::MAX, |value| seconds(value, false).unwrap_or(0))),
            b"no-cache" => self.no_cache = true,
            b"no-store" => self.no_store = true,
            b"private" => self.private = true,
            b"public" => self.public = true,
            b"must-revalidate" => self.must_revalidate = true,
            b"proxy-revalidate" => self.proxy_revalidate = true,
            b"must-understand" => self.must_understand = true,
            b"only-if-cached" => self.only_if_cached = true,
            b"immutable" => self.immutable = true,
            _ => {}
        }
        true
    }

    fn number(&mut self, name: &[u8]) -> Option<&mut Option<u64>> {
        Some(match name {
            b"max-age" => &mut self.max_age,
            b"s-maxage" => &mut self.s_maxage,
            b"min-fresh" => &mut self.min_fresh,
            b"stale-while-revalidate" => &mut self.while_fetched,
            b"stale-if-error" => &mut self.on_error,
            _ => return None,
        })
    }
}

/// Digits, in quotes where that is not strict; more than can be counted is as much as can be.
fn seconds(value: &[u8], strict: bool) -> Option<u64> {
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).filter(|_| !strict);
    let digits = quoted.unwrap_or(value);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |number: u64, digit: &u8| number.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(digits.iter().fold(0, add).min(u64::from(u32::MAX)))
}

/// The first item of a list, and what follows its comma; a comma within quotes ends none.
fn split_item(list: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in list.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' if !quoted => return (list.get(..at).unwrap_or(list), list.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
    }
    (list, b"")
}

/// Whether an item has the form of a dictionary's member (RFC 8941 §3.2), as far as directives have it.
fn is_dictionary_item(item: &[u8]) -> bool {
    let equals = item.iter().position(|byte| *byte == b'=');
    let (key, value) = match equals.and_then(|at| Some((item.get(..at)?, item.get(at + 1..)?))) {
        Some((key, value)) => (key, Some(value)),
        None => (item, None),
    };
    let key = key.split(|byte| *byte == b';').next().unwrap_or(key);
    let begins = key.first().is_some_and(|byte| byte.is_ascii_lowercase() || *byte == b'*');
    let rest = key.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.*".contains(byte));
    begins
        && rest
        && value.is_none_or(|value| {
            value.first().is_some_and(|byte| byte.is_ascii_alphanumeric() || b"\"-?:(*".contains(byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: &str) -> Directives {
        Directives::read([value.as_bytes()].into_iter())
    }

    #[test]
    fn directives_are_read_as_lists_with_quotes() {
        assert_eq!(read("foobar, MaX-aGe=3600").max_age, Some(3600));
        assert_eq!(read("extension=\"max-age=3600\", max-age=1").max_age, Some(1));
        assert_eq!(read("max-age=1, extension=\"a\\\", max-age=3600\"").max_age, Some(1));
        assert_eq!(read("max-age=\"3600\"").max_age, Some(3600));
        assert_eq!(read("max-age='3600'").max_age, Some(0));
        assert_eq!(read("max-age=-3600").max_age, Some(0));
        assert_eq!(read("max-age=99999999999999999999999").max_age, Some(u64::from(u32::MAX)));
        assert_eq!(read("max-age=1, max-age=2").max_age, Some(1));
        assert!(read("private=\"x, y\", No-StOrE").no_store);
    }

    #[test]
    fn a_targeted_field_is_strict() {
        let targeted = |value: &str| Directives::read_targeted([value.as_bytes()].into_iter());
        assert_eq!(targeted("max-age=10").and_then(|all| all.max_age), Some(10));
        assert_eq!(targeted("max-age=10, &&&&&"), None);
        assert_eq!(targeted("max-age=\"10\""), None);
        assert_eq!(targeted(""), None);
    }
}
