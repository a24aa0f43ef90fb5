//! Which of the server's certificates are asked about, and whom.

use std::path::Path;
use std::sync::Arc;

use diagnostic::Diagnostic;
use model::{Documents, FetchedStaple, Model, ResponderNames, SiteIdentity, Staple, Template};
use tls::ocsp::{Inquiry, Voucher};
use tls::{Stapled, Stores, pem};

/// A certificate that is asked about, and where the answer goes.
pub(crate) struct StapleWork {
    pub(super) inquiry: Inquiry,
    pub(super) responder: String,
    pub(super) voucher: Voucher,
    /// Who knows the responder's address.
    pub(super) names: ResponderNames,
    pub(super) stapled: Stapled,
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
                Some(Err(why)) => warnings.push(warning(&files.certificate, &why)),
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
    if let Err(why) = model::check_responder(&responder) {
        return Some(Err(format!("{why} in OCSP responder \"{responder}\"")));
    }
    let voucher = if rule.verified { Voucher::Issuer } else { Voucher::Anybody };
    let name = files.certificate.as_file_name().to_owned();
    let stapled = stores.stapled(rule, &certificate);
    Some(Ok(StapleWork { inquiry, responder, voucher, names: rule.names.clone(), stapled, name }))
}

impl StapleWork {
    /// Whether it is about the same certificate, in the same way.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.stapled.is_same(&other.stapled)
    }
}

fn warning(certificate: &Template, why: &str) -> Diagnostic {
    let message = format!("no answer is stapled to the certificate \"{}\": {why}", certificate.as_file_name());
    Diagnostic::warning("no-stapling", message).at(certificate.origin)
}
