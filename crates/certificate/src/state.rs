//! What is kept from one run to the next: keys of accounts, certificates with their keys, and what last went wrong.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use diagnostic::Diagnostic;
use model::{CertificateOrder, Issuer, Model};
use serde::{Deserialize, Serialize};

use crate::clock;

const ACCOUNT_KEY: &str = "account.key";
/// A certificate with its key is never larger.
const LARGEST: u64 = 1 << 20;

/// The directory of one issuer.
#[derive(Clone, Debug)]
pub(crate) struct State(PathBuf);

/// What went wrong with an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Trouble {
    /// When, in seconds since the Unix epoch.
    pub(crate) at: u64,
    /// When it is tried again.
    pub(crate) again: u64,
    /// What.
    pub(crate) text: String,
}

/// What files of an order are called, without what they end in: a directory may be that of several issuers, of which one
/// may be for tests only.
pub(crate) fn file_name(order: &CertificateOrder, issuer: &Issuer) -> String {
    named(order, &format!("{} ", issuer.directory))
}

/// The same as earlier versions had it.
pub(crate) fn former_file_name(order: &CertificateOrder) -> String {
    named(order, "")
}

fn named(order: &CertificateOrder, before: &str) -> String {
    let names: Vec<String> = order.identifiers.iter().map(ToString::to_string).collect();
    let digest = digest(&SHA256, format!("{before}{:?} {}", order.key, names.join(" ")).as_bytes());
    let digest: u64 = digest.as_ref().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
    let first = names.first().map_or("", String::as_str).replace(['*', ':'], "_");
    format!("{}-{digest:016x}", first.chars().take(128).collect::<String>())
}

impl State {
    pub(crate) fn new(directory: &Path) -> Self {
        Self(directory.to_path_buf())
    }

    /// The account's key, if there is one.
    pub(crate) fn account_key(&self) -> Result<Option<Vec<u8>>, String> {
        self.read(ACCOUNT_KEY)
    }

    pub(crate) fn keep_account_key(&self, text: &str) -> Result<(), String> {
        self.write(ACCOUNT_KEY, text.as_bytes())
    }

    /// A certificate and its key, one text, if there is one.
    pub(crate) fn certificate(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        self.read(&format!("{name}.pem"))
    }

    /// Calls a certificate anew that an earlier version kept, which is then the issuer's that is asked first.
    pub(crate) fn adopt(&self, former: &str, name: &str) -> Result<(), String> {
        let path = |name: &str| self.0.join(format!("{name}.pem"));
        let (former, new) = (path(former), path(name));
        if new.exists() {
            return Ok(());
        }
        match fs::rename(&former, &new) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(format!("\"{}\" cannot be renamed: {error}", former.display()))
            }
            _ => Ok(()),
        }
    }

    /// Both in one file: never is one without the other.
    pub(crate) fn keep_certificate(&self, name: &str, chain: &str, key: &str) -> Result<(), String> {
        self.write(&format!("{name}.pem"), format!("{key}{chain}").as_bytes())
    }

    pub(crate) fn keep_trouble(&self, name: &str, trouble: &Trouble) -> Result<(), String> {
        let text = serde_json::to_vec(trouble).map_err(|error| error.to_string())?;
        self.write(&format!("{name}.trouble"), &text)
    }

    pub(crate) fn forget_trouble(&self, name: &str) {
        // Usually there is none.
        let _ = fs::remove_file(self.0.join(format!("{name}.trouble")));
    }

    fn trouble(&self, name: &str) -> Option<Trouble> {
        serde_json::from_slice(&self.read(&format!("{name}.trouble")).ok()??).ok()
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let path = self.0.join(name);
        let read = File::open(&path).and_then(|file| {
            let mut content = Vec::new();
            io::Read::read_to_end(&mut io::Read::take(file, LARGEST), &mut content)?;
            Ok(content)
        });
        match read {
            Ok(content) => Ok(Some(content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(format!("\"{}\" cannot be read: {error}", path.display())),
        }
    }

    /// Whole or not at all, and for nobody else's eyes.
    fn write(&self, name: &str, content: &[u8]) -> Result<(), String> {
        let path = self.0.join(name);
        let beside = self.0.join(format!(".{name}.{:x}", clock::between(0, u64::MAX - 1)));
        let written = write_new(&beside, content).and_then(|()| fs::rename(&beside, &path));
        let written = written.and_then(|()| File::open(&self.0)?.sync_all());
        written.map_err(|error| {
            let _ = fs::remove_file(&beside);
            format!("\"{}\" cannot be written: {error}", path.display())
        })
    }
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// What last went wrong with the orders of a model.
pub(crate) fn troubles(model: &Model) -> Vec<Diagnostic> {
    let told = |order: &CertificateOrder| {
        let issuer = model.http.issuers.get(usize::try_from(order.issuer).ok()?)?;
        let trouble = State::new(issuer.state.as_deref()?).trouble(&file_name(order, issuer))?;
        let name = order.identifiers.first()?;
        let ago = clock::now().saturating_sub(trouble.at) / 60;
        let message = format!("the certificate for \"{name}\" could not be ordered {ago} min ago: {}", trouble.text);
        let left = trouble.again.saturating_sub(clock::now()) / 60;
        let help = format!("a running server tries again in {left} min, and at once when it is reloaded");
        Some(Diagnostic::warning("no-certificate", message).at(order.origin).help(help))
    };
    model.http.orders.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests;
