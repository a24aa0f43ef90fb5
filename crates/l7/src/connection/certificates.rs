//! Certificates whose names have variables: loaded for the connection that asks, and perhaps kept.

use super::{Connection, Secured, Security};
use crate::exchange::Exchange;
use crate::plan::Site;
use crate::plan::tls::SiteTls;
use crate::worker::Worker;
use model::KeptIdentities;
use protocol::{ConnectionFacts, RequestHead};
use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Instant;
use tls::{Facts, Identity};
use transport::{clock, file};

/// Certificates and keys are small; what is not is no such thing.
const LARGEST: usize = 1 << 20;

/// Certificates that one worker has loaded, by their names and their keys'.
#[derive(Default)]
pub struct KeptCertificates(RefCell<HashMap<Names, Kept>>);

/// The names of a certificate and its key, or the texts themselves.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Names {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

struct Kept {
    identity: Identity,
    loaded: Instant,
    used: Instant,
}

impl KeptCertificates {
    fn find(&self, names: &Names, rule: KeptIdentities, now: Instant) -> Option<Identity> {
        let mut all = self.0.borrow_mut();
        let kept = all.get_mut(names).filter(|kept| {
            let since = |then| now.saturating_duration_since(then);
            since(kept.loaded) < rule.valid && since(kept.used) < rule.inactive
        })?;
        kept.used = now;
        Some(kept.identity.clone())
    }

    fn keep(&self, names: Names, identity: &Identity, rule: KeptIdentities, now: Instant) {
        let mut all = self.0.borrow_mut();
        // A certificate and its key count as two.
        let size = usize::try_from(rule.size / 2).unwrap_or(usize::MAX).max(1);
        if all.len() >= size && !all.contains_key(&names) {
            let oldest = all.iter().min_by_key(|(_, kept)| kept.used).map(|(names, _)| names.clone());
            oldest.and_then(|oldest| all.remove(&oldest));
        }
        all.insert(names, Kept { identity: identity.clone(), loaded: now, used: now });
    }
}

/// The certificates of a site that must be loaded for a client that asks for `name`; `None`: there are none such.
///
/// # Errors
/// Which cannot be loaded, and why.
pub async fn load_certificates(
    worker: &Rc<Worker>,
    site: &Site,
    facts: &ConnectionFacts,
    name: Option<&str>,
) -> Result<Option<Vec<Identity>>, String> {
    let Some(tls) = site.tls.as_ref().filter(|tls| !tls.named.is_empty()) else { return Ok(None) };
    let settled = Facts { server_name: name.unwrap_or_default().to_owned(), ..Facts::default() };
    let security = Security::Tls(Rc::new(Secured { facts: settled, judged_by: None }));
    let connection = Connection::new(facts.clone(), security, &worker.plan);
    let exchange = Exchange::new(worker, &connection, site, Box::<RequestHead>::default());
    let mut identities = Vec::new();
    for (certificate, key) in &tls.named {
        let mut names = Names { certificate: Vec::new(), key: Vec::new() };
        certificate.evaluate(&exchange, &mut names.certificate);
        key.evaluate(&exchange, &mut names.key);
        if !names.certificate.is_empty() {
            identities.push(load(worker, tls, names).await?);
        }
    }
    Ok(Some(identities))
}

async fn load(worker: &Worker, tls: &SiteTls, names: Names) -> Result<Identity, String> {
    let now = clock::now();
    let known = tls.kept.and_then(|rule| worker.certificates.find(&names, rule, now));
    if let Some(known) = known {
        return Ok(known);
    }
    let chain = content(&tls.directory, &names.certificate)
        .await
        .map_err(|error| format!("cannot load certificate {}: {error}", shown(&names.certificate)))?;
    let key = content(&tls.directory, &names.key)
        .await
        .map_err(|error| format!("cannot load certificate key {}: {error}", shown(&names.key)))?;
    let identity = tls.terminator.load(&chain, &key);
    let identity =
        identity.map_err(|error| format!("cannot load certificate {}: {error}", shown(&names.certificate)))?;
    if let Some(rule) = tls.kept {
        worker.certificates.keep(names, &identity, rule, now);
    }
    Ok(identity)
}

/// The content of the file that a text names, or the text itself.
async fn content(directory: &Path, name: &[u8]) -> io::Result<Vec<u8>> {
    if let Some(text) = name.strip_prefix(b"data:") {
        return Ok(text.to_vec());
    }
    let opened = file::open(&directory.join(std::str::from_utf8(name).map_err(io::Error::other)?)).await?;
    let mut content = Vec::new();
    while content.len() < LARGEST {
        let chunk = opened.read_at(content.len() as u64, 64 * 1024).await?;
        if chunk.is_empty() {
            return Ok(content);
        }
        content.extend_from_slice(&chunk);
    }
    Err(io::Error::other("it is too large"))
}

/// The name of a file; of a text that stands for itself nothing is shown.
fn shown(name: &[u8]) -> String {
    if name.starts_with(b"data:") { "\"data:…\"".to_owned() } else { format!("\"{}\"", name.escape_ascii()) }
}
