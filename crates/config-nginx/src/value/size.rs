//! Sizes in bytes with nginx's units.

use model::ByteSize;

/// Reads digits with at most one of the units `k`, `m`, `g` that `units` allows, in either case.
pub(super) fn parse(text: &str, units: &str) -> Option<ByteSize> {
    let unit = text.chars().last()?.to_ascii_lowercase();
    let (digits, shift) = match unit {
        'k' | 'm' | 'g' if units.contains(unit) => {
            let shift = match unit {
                'k' => 10,
                'm' => 20,
                _ => 30,
            };
            (text.get(..text.len() - 1)?, shift)
        }
        _ => (text, 0),
    };
    if digits.is_empty() {
        return None;
    }
    let number = super::decimal(digits)?;
    let bytes = number.checked_mul(1 << shift)?;
    // nginx's sizes are signed.
    i64::try_from(bytes).ok()?;
    Some(ByteSize(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let check = |text: &str, units: &str, expected: Option<u64>| {
            assert_eq!(parse(text, units).map(|size| size.0), expected, "{text}");
        };
        check("0", "km", Some(0));
        check("512", "km", Some(512));
        check("8k", "km", Some(8192));
        check("8K", "km", Some(8192));
        check("2m", "km", Some(2 << 20));
        check("1g", "km", None);
        check("1g", "kmg", Some(1 << 30));
        check("1G", "kmg", Some(1 << 30));
        check("", "km", None);
        check("k", "km", None);
        check("8kk", "km", None);
        check("-1", "km", None);
        check("+1", "km", None);
        check("1.5m", "km", None);
        check("8 k", "km", None);
        check("9223372036854775807", "km", Some(i64::MAX.cast_unsigned()));
        check("9223372036854775808", "km", None);
        check("9223372036854775807k", "km", None);
        check("8é", "km", None);
    }
}
