//! Users who prove themselves with a password (RFC 7617).

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::guard::access::Answer;
use crate::guard::kept_files::Trouble;
use crate::guard::users::Verified;
use crate::plan::Template;
use crate::serve::files::path_of;
use admission::password::{self, Scheme};
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use model::CertificateUsers;
use protocol::Name;
use std::path::{Path, PathBuf};
use telemetry::{Level, SystemError};
use tls::{Aspect, describe};
use tokio::task::spawn_blocking;

/// Most letters of a password: no hash takes more, and a long one is work for every round.
const LONGEST_PASSWORD: usize = 1024;

/// The password of those who show a certificate.
const CERTIFIED: &[u8] = b"password";

/// Clients leave the padding out, or bits over: what they mean is plain all the same.
const FORGIVING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Users with their passwords.
pub struct Basic {
    /// What the client is told that it may enter; `off` asks for nothing.
    pub realm: Template,
    /// The file of users.
    pub file: Template,
    /// Where a relative path of it starts.
    pub directory: PathBuf,
    /// What a client's certificate counts for.
    pub certificates: CertificateUsers,
}

/// A user name and what is said to be its password.
pub struct Credentials {
    /// The name.
    pub user: Vec<u8>,
    /// The password.
    pub password: Vec<u8>,
}

impl Exchange<'_> {
    /// Asks for a user and a password.
    pub(super) async fn ask_basic(&mut self, basic: &Basic) -> Result<Answer, Failure> {
        let realm = self.text_of(&basic.realm);
        if realm == b"off" {
            return Ok(Answer::Neutral);
        }
        if basic.certificates != CertificateUsers::Unknown && !self.ask_certificate(basic.certificates) {
            self.log_error(|| "a certificate's subject was sent as the name of a user".into());
            return Ok(Answer::Refused(403));
        }
        let Some(credentials) = self.credentials() else {
            self.log(Level::Info, || "no user/password was provided for basic authentication".into());
            return Ok(self.challenge(&realm));
        };
        let file = basic.directory.join(path_of(&self.text_of(&basic.file)));
        let user = String::from_utf8_lossy(&credentials.user).into_owned();
        let users = match self.worker.shared.users.file(&file).await {
            Ok(users) => users,
            Err(trouble) => return self.unreadable_users(&file, &trouble),
        };
        let Some(hash) = users.get(&credentials.user) else {
            self.log_error(|| format!("user \"{user}\" was not found in \"{}\"", file.display()));
            return Ok(self.challenge(&realm));
        };
        if !self.verifies(&credentials, hash).await? {
            self.log_error(|| format!("user \"{user}\": password mismatch"));
            return Ok(self.challenge(&realm));
        }
        self.findings().user = Some(credentials.user.into());
        Ok(Answer::Granted)
    }

    /// Lets a client's certificate say who it is, as servers behind see it too; false: the client wrote what only a
    /// certificate can say.
    fn ask_certificate(&mut self, counts: CertificateUsers) -> bool {
        let taken = self.connection.security.facts().filter(|_| counts == CertificateUsers::Taken);
        let believed = taken.filter(|facts| facts.verdict == Some(Ok(()))).and_then(|facts| facts.certificates.first());
        if let Some(subject) = believed.and_then(|certificate| describe(certificate, Aspect::SubjectInSlashes)) {
            let said = FORGIVING.encode([subject.as_bytes(), b":", CERTIFIED].concat());
            self.request.head.fields.set(b"Authorization", format!("Basic {said}").as_bytes());
            return true;
        }
        !self.credentials().is_some_and(|said| said.user.starts_with(b"/") && said.password == CERTIFIED)
    }

    /// What `Authorization: Basic` says.
    pub fn credentials(&self) -> Option<Credentials> {
        let value = self.request.head.fields.get_known(Name::Authorization)?;
        let (scheme, encoded) = value.split_at_checked(6)?;
        if !scheme.eq_ignore_ascii_case(b"basic ") {
            return None;
        }
        let mut user = FORGIVING.decode(encoded.trim_ascii()).ok()?;
        let colon = memchr::memchr(b':', &user).filter(|colon| *colon > 0)?;
        let password = user.get(colon + 1..)?.to_vec();
        user.truncate(colon);
        Some(Credentials { user, password })
    }

    /// Whether the password is the hash's. What takes long is done on a thread that may block, and remembered.
    async fn verifies(&self, credentials: &Credentials, hash: &[u8]) -> Result<bool, Failure> {
        let Credentials { user, password } = credentials;
        if password.len() > LONGEST_PASSWORD {
            return Ok(false);
        }
        if Scheme::of(hash).is_quick() {
            return Ok(password::verify(password, hash));
        }
        let users = &self.worker.shared.users;
        let key = Verified::key(user, password, hash);
        if users.verified.knows(&key) {
            return Ok(true);
        }
        let Ok(_turn) = users.turns.acquire().await else { return Ok(false) };
        let (password, hash) = (password.clone(), hash.to_vec());
        let good = spawn_blocking(move || password::verify(&password, &hash)).await;
        let good = good.map_err(|_| Failure::new(Cause::BadValue))?;
        if good {
            users.verified.remember(key);
        }
        Ok(good)
    }

    /// Tells the client how to prove who it is.
    pub(super) fn challenge(&mut self, realm: &[u8]) -> Answer {
        let challenge = [b"Basic realm=\"", realm, b"\""].concat();
        self.carried.push(b"WWW-Authenticate", &challenge);
        Answer::Refused(401)
    }

    fn unreadable_users(&self, file: &Path, trouble: &Trouble) -> Result<Answer, Failure> {
        let file = file.display();
        match trouble {
            Trouble::Io(error) if error.kind() == std::io::ErrorKind::NotFound => {
                self.log_error(|| format!("open() \"{file}\" failed {}", SystemError(error)));
                Ok(Answer::Refused(403))
            }
            Trouble::Io(error) => {
                self.log(Level::Critical, || format!("open() \"{file}\" failed {}", SystemError(error)));
                Err(Failure::new(Cause::BadValue))
            }
            Trouble::TooLarge | Trouble::Content(_) => {
                self.log(Level::Critical, || format!("the file of users \"{file}\" is too large"));
                Err(Failure::new(Cause::BadValue))
            }
        }
    }
}
