//! Which of the server's certificates are asked about, and whom.

use std::path::Path;
use std::sync::Arc;

use diagnostic::{Diagnostic, Origin};
use model::{Documents, FetchedStaple, Model, SiteIdentity, Staple};
use tls::ocsp::{Inquiry, Voucher};
use tls::{Stapled, Stores, pem};

use super::{is_askable, web};
use crate::web::Web;

/// A certificate that is asked about, and where the answer goes.
pub(crate) struct StapleWork {
    pub(super) inquiry: Inquiry,
    pub(super) responder: String,
    pub(super) voucher: Voucher,
    pub(super) web: Web,
    pub(super) stapled: Stapled,
    /// How it is asked about.
    pub(super) rule: FetchedStaple,
    /// What messages call it.
    pub(super) name: String,
}

/// The certificates of a model that are asked about; and, as warnings, those that cannot be.
pub(crate) fn staples(model: &Model, stores: &mut Stores) -> (Vec<Arc<StapleWork>>, Vec<Diagnostic>) {
    let (mut works, mut warnings) = (Vec::<Arc<StapleWork>>::new(), Vec::new());
    for tls in model.http.sites.iter().filter_map(|site| site.tls.as_deref()) {
        let Some(Staple::Fetched(rule)) = &tls.staple else { continue };
        for files in &tls.identities {
            let Some(name) = files.certificate.as_text() else { continue };
            match work(rule, files, name, &model.documents, stores) {
                Some(Ok(work)) if works.iter().any(|known| known.is_same(&work)) => {}
                Some(Ok(work)) => works.push(Arc::new(work)),
                Some(Err(why)) => warnings.push(warning(name, &why, files.certificate.origin)),
                None => {}
            }
        }
    }
    warnings.dedup();
    (works, warnings)
}

/// `None`: the certificate cannot be read, of which others speak.
fn work(
    rule: &FetchedStaple,
    files: &SiteIdentity,
    name: &str,
    documents: &Documents,
    stores: &mut Stores,
) -> Option<Result<StapleWork, String>> {
    let read = |path: &Path| documents.read(path).ok().and_then(|text| pem::certificates(text).ok());
    let chain = match name.strip_prefix("data:") {
        Some(text) => pem::certificates(text.as_bytes()).ok(),
        None => read(Path::new(name)),
    };
    let mut chain = chain?.into_iter();
    let certificate = chain.next()?;
    let others = files.chain.iter().chain(&rule.trusted).filter_map(|path| read(path)).flatten();
    let issuers: Vec<_> = chain.chain(others).collect();
    let inquiry = match Inquiry::new(&certificate, &issuers) {
        Ok(inquiry) => inquiry,
        Err(why) => return Some(Err(why.to_string())),
    };
    let Some(responder) = rule.responder.clone().or_else(|| inquiry.responder().map(str::to_owned)) else {
        return Some(Err("the certificate names nobody who could be asked".to_owned()));
    };
    if !is_askable(&responder) {
        return Some(Err(format!("the responder \"{responder}\" has no URL of http")));
    }
    let voucher = if rule.verified { Voucher::Issuer } else { Voucher::Anybody };
    let name = if name.starts_with("data:") { "data:…" } else { name }.to_owned();
    let stapled = stores.stapled(rule, &certificate);
    Some(Ok(StapleWork { inquiry, responder, voucher, web: web(&rule.names), stapled, rule: rule.clone(), name }))
}

impl StapleWork {
    /// Whether nothing has changed about it.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.rule == other.rule && self.inquiry.id() == other.inquiry.id() && self.responder == other.responder
    }
}

fn warning(name: &str, why: &str, origin: Origin) -> Diagnostic {
    let name = if name.starts_with("data:") { "data:…" } else { name };
    let message = format!("no answer is stapled to the certificate \"{name}\": {why}");
    Diagnostic::warning("no-stapling", message).at(origin)
}
