//! Changes of DNS are signed with a key that both sides know (RFC 8945).

use aws_lc_rs::hmac;

use super::message::{ANY, Reply, write_name};
use crate::account_key::decode;

/// The kind of the record that holds a signature.
const TSIG: u16 = 250;
/// Seconds that two clocks may be apart.
const FUDGE: u16 = 300;

/// A key that changes are signed with.
pub(crate) struct UpdateKey {
    name: String,
    algorithm: &'static str,
    key: hmac::Key,
}

const ALGORITHMS: [(&str, hmac::Algorithm); 4] = [
    ("hmac-sha256", hmac::HMAC_SHA256),
    ("hmac-sha384", hmac::HMAC_SHA384),
    ("hmac-sha512", hmac::HMAC_SHA512),
    ("hmac-sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY),
];

impl UpdateKey {
    /// Reads a file as BIND's `tsig-keygen` writes it: `key "name" { algorithm hmac-sha256; secret "…"; };`
    ///
    /// # Errors
    /// What is missing in it; nothing of the secret is told.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split(|letter: char| letter.is_whitespace() || "{};\"".contains(letter)).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let after = |name: &str| {
            let at = words.iter().position(|word| word.eq_ignore_ascii_case(name))?;
            words.get(at + 1).copied()
        };
        let missing =
            |what: &str| format!("it has no {what}: write `key \"name\" {{ algorithm hmac-sha256; secret \"…\"; }};`");
        let name = after("key").ok_or_else(|| missing("key"))?.trim_end_matches('.').to_ascii_lowercase();
        let wanted = after("algorithm").ok_or_else(|| missing("algorithm"))?;
        let known = ALGORITHMS.iter().find(|(known, _)| known.eq_ignore_ascii_case(wanted.trim_end_matches('.')));
        let Some((algorithm, kind)) = known else {
            return Err(format!(
                "the algorithm \"{wanted}\" is not known: hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha1"
            ));
        };
        let secret = after("secret").ok_or_else(|| missing("secret"))?;
        let secret = decode(secret.as_bytes()).ok_or("its secret is not in base64")?;
        write_name(&mut Vec::new(), &name)?;
        Ok(Self { name, algorithm, key: hmac::Key::new(*kind, &secret) })
    }

    /// Adds a signature to a message; what it is, for the answer's to be checked by.
    ///
    /// # Errors
    /// When the key's name is none.
    pub(super) fn sign(&self, message: &mut Vec<u8>, now: u64) -> Result<Vec<u8>, String> {
        let mut signed = message.clone();
        self.write_variables(&mut signed, now, FUDGE, 0)?;
        let signature = hmac::sign(&self.key, &signed).as_ref().to_vec();
        let mut rest = Vec::new();
        write_name(&mut rest, self.algorithm)?;
        rest.extend(time(now));
        rest.extend(FUDGE.to_be_bytes());
        rest.extend(length(&signature).to_be_bytes());
        rest.extend(&signature);
        rest.extend(message.get(..2).unwrap_or_default());
        rest.extend([0; 4]);
        write_name(message, &self.name)?;
        message.extend(TSIG.to_be_bytes());
        message.extend(ANY.to_be_bytes());
        message.extend([0; 4]);
        message.extend(length(&rest).to_be_bytes());
        message.extend(&rest);
        // One more record at the message's end.
        if let Some(count) = message.get_mut(11) {
            *count = count.saturating_add(1);
        }
        Ok(signature)
    }

    /// RFC 8945 §4.3.3: what is signed beside the message.
    fn write_variables(&self, out: &mut Vec<u8>, now: u64, fudge: u16, error: u16) -> Result<(), String> {
        write_name(out, &self.name)?;
        out.extend(ANY.to_be_bytes());
        out.extend([0; 4]);
        write_name(out, self.algorithm)?;
        out.extend(time(now));
        out.extend(fudge.to_be_bytes());
        out.extend(error.to_be_bytes());
        out.extend([0; 2]);
        Ok(())
    }

    /// Whether an answer was signed with the same key, for a message that was signed so (RFC 8945 §5.3).
    pub(super) fn has_signed(&self, answer: &[u8], signature: &[u8]) -> bool {
        self.check(answer, signature).unwrap_or(false)
    }

    fn check(&self, answer: &[u8], signature: &[u8]) -> Option<bool> {
        let (at, kind, content) = Reply(answer).last()?;
        if kind != TSIG {
            return None;
        }
        // The algorithm's name is never shortened (RFC 8945 §4.2).
        let mut name = Vec::new();
        write_name(&mut name, self.algorithm).ok()?;
        let rest = content.get(name.len()..)?;
        let signed_at = u64::from(u32::from_be_bytes(*rest.get(2..)?.first_chunk()?));
        let fudge = u16::from_be_bytes(*rest.get(6..)?.first_chunk()?);
        let own = usize::from(u16::from_be_bytes(*rest.get(8..)?.first_chunk()?));
        let (found, rest) = rest.get(10..)?.split_at_checked(own)?;
        let error = u16::from_be_bytes(*rest.get(2..)?.first_chunk()?);
        let mut signed = length(signature).to_be_bytes().to_vec();
        signed.extend(signature);
        let before = signed.len();
        signed.extend(answer.get(..at)?);
        let count = signed.get_mut(before + 11)?;
        *count = count.checked_sub(1)?;
        self.write_variables(&mut signed, signed_at, fudge, error).ok()?;
        Some(hmac::verify(&self.key, &signed, found).is_ok())
    }
}

/// In 48 bits.
fn time(seconds: u64) -> impl Iterator<Item = u8> {
    seconds.to_be_bytes().into_iter().skip(2)
}

fn length(bytes: &[u8]) -> u16 {
    u16::try_from(bytes.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "key \"zaguan.\" {\n\talgorithm hmac-sha256;\n\tsecret \"MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=\";\n};\n";

    #[test]
    fn reads_keys_as_bind_writes_them() {
        let key = UpdateKey::read(FILE).unwrap();
        assert_eq!((key.name.as_str(), key.algorithm), ("zaguan", "hmac-sha256"));
        for wrong in [
            "",
            "key \"a\" {};",
            "key a { algorithm hmac-md5; secret \"MTI=\"; };",
            "key a { algorithm hmac-sha256; secret \"!\"; };",
        ] {
            let why = UpdateKey::read(wrong).err().unwrap();
            assert!(!why.contains("MTI="), "{why}");
        }
    }

    #[test]
    fn an_answer_is_believed_only_if_it_is_signed_for_the_question() {
        let key = UpdateKey::read(FILE).unwrap();
        let header = [1, 2, 0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut question = header.to_vec();
        let asked = key.sign(&mut question, 1_700_000_000).unwrap();
        // An answer is signed like a question, behind the question's signature.
        let mut signed = length(&asked).to_be_bytes().to_vec();
        signed.extend(&asked);
        signed.extend(header);
        key.write_variables(&mut signed, 1_700_000_001, FUDGE, 0).unwrap();
        let mac = hmac::sign(&key.key, &signed);
        let mut answer = header.to_vec();
        key.sign(&mut answer, 1_700_000_001).unwrap();
        let at = answer.len() - 6 - mac.as_ref().len();
        answer.splice(at..answer.len() - 6, mac.as_ref().iter().copied());
        assert!(key.has_signed(&answer, &asked));
        assert!(!key.has_signed(&answer, &asked[1..]));
        assert!(!key.has_signed(&header, &asked));
        for cut in 0..answer.len() {
            assert!(!key.has_signed(&answer[..cut], &asked), "{cut}");
        }
        answer[3] = 5;
        assert!(!key.has_signed(&answer, &asked));
    }
}
