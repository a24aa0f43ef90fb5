//! CRC-32 as Ethernet and zip have it: what the hash rules are defined by.

/// The state before the first byte.
pub(super) const START: u32 = 0xffff_ffff;

const TABLE: [u32; 256] = table();

/// The state after `bytes`.
pub(super) fn update(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |state, byte| {
        let [low, ..] = state.to_le_bytes();
        let entry = TABLE.get(usize::from(low ^ byte)).copied().unwrap_or(0);
        entry ^ (state >> 8)
    })
}

/// The checksum that a state stands for.
pub(super) fn finish(state: u32) -> u32 {
    state ^ 0xffff_ffff
}

/// The checksum of `bytes`.
pub(super) fn of(bytes: &[u8]) -> u32 {
    finish(update(START, bytes))
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut rest: &mut [u32] = &mut table;
    let mut index: u32 = 0;
    while let Some((entry, tail)) = rest.split_first_mut() {
        let mut value = index;
        let mut bit = 0;
        while bit < 8 {
            let odd = value & 1 != 0;
            value >>= 1;
            if odd {
                value ^= 0xedb8_8320;
            }
            bit += 1;
        }
        *entry = value;
        rest = tail;
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_check_value_of_the_algorithm() {
        assert_eq!(super::of(b"123456789"), 0xcbf4_3926);
        assert_eq!(super::of(b""), 0);
    }
}
