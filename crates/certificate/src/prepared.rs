//! What a model says of certificates to order, made ready: files read, keys checked.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{Context, SHA256};
use diagnostic::{Diagnostic, Origin};
use model::{
    AccountKey as Chosen, CertificateOrder, DnsChanger, Documents, Issuer, Model, Resolver, Secret, ServerAddress,
};
use telemetry::Level;
use tls::{Asked, Identity, Issued, Proofs, Stores};
use tokio::sync::mpsc;
use upstream::ResolverRule;

use crate::account_key::{AccountKey, decode};
use crate::dns::UpdateKey;
use crate::ocsp::{self, StapleWork};
use crate::state::{State, file_name, former_file_name};
use crate::web::{Resolving, Web};

/// What is to be ordered, from whom, and where it goes.
pub struct Prepared {
    pub(crate) orders: Vec<Arc<OrderWork>>,
    pub(crate) proofs: Proofs,
    /// Answers about certificates that are to be fetched.
    pub(crate) staples: Vec<Arc<StapleWork>>,
    /// Why others are not.
    without: Vec<Diagnostic>,
    /// Questions about clients' certificates, where nobody else takes them.
    pub(crate) asked: Option<mpsc::Receiver<Asked>>,
}

/// An issuer with all that is needed to ask it.
pub(crate) struct IssuerWork {
    pub(crate) issuer: Issuer,
    pub(crate) web: Web,
    pub(crate) state: Option<State>,
    /// The operator's own key, in PEM.
    pub(crate) account_key: Vec<u8>,
    /// The key of an account elsewhere.
    pub(crate) external_key: Vec<u8>,
    pub(crate) dns_key: Option<UpdateKey>,
    /// The same for issuers that differ in nothing.
    pub(crate) mark: [u8; 32],
}

/// An order, and where its certificate goes.
pub(crate) struct OrderWork {
    pub(crate) order: CertificateOrder,
    pub(crate) issuer: Arc<IssuerWork>,
    pub(crate) issued: Issued,
    /// What its files are called.
    pub(crate) file: String,
    title: String,
}

impl OrderWork {
    /// Whether nothing has changed about it.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.title == other.title && self.order.renewal == other.order.renewal && self.issuer.mark == other.issuer.mark
    }

    /// The name that messages have for it.
    pub(crate) fn name(&self) -> String {
        self.order.identifiers.first().map(ToString::to_string).unwrap_or_default()
    }
}

impl Prepared {
    /// Reads what a model says; `stores`: where certificates go.
    ///
    /// # Errors
    /// What cannot be read or used of what it names.
    pub fn new(model: &Model, stores: &mut Stores) -> Result<Self, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let issuers = model.http.issuers.iter().map(|issuer| {
            let made = IssuerWork::new(issuer, &model.documents).map(Arc::new);
            made.map_err(|problem| problems.push(problem)).ok()
        });
        let issuers: Vec<Option<Arc<IssuerWork>>> = issuers.collect();
        let orders = model.http.orders.iter().filter_map(|order| {
            let issuer = issuers.get(usize::try_from(order.issuer).ok()?)?.clone()?;
            let title = order.title(&model.http.issuers);
            let (issued, file) = (stores.issued(&title), file_name(order, &issuer.issuer));
            Some(Arc::new(OrderWork { order: order.clone(), issuer, issued, file, title }))
        });
        let orders = orders.collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        let (staples, without) = ocsp::staples(model, stores);
        let asks = ocsp::checks(model).next().is_some();
        let asked = if asks { stores.inquiries.open() } else { None };
        Ok(Self { orders, proofs: stores.proofs.clone(), staples, without, asked })
    }

    /// Whether there is nothing to do.
    pub(crate) fn is_idle(&self) -> bool {
        self.orders.is_empty() && self.staples.is_empty() && self.asked.is_none()
    }

    /// Takes up the certificates that are kept of earlier runs, where there is none yet; and tells what cannot be had.
    pub fn restore(&self) {
        for without in &self.without {
            telemetry::error_log::process().log(Level::Warning, format_args!("{}", without.message));
        }
        for work in self.orders.iter().filter(|work| work.issued.newest().is_none()) {
            let kept = work.issuer.state.as_ref().map(|state| {
                state.adopt(&former_file_name(&work.order), &work.file)?;
                state.certificate(&work.file)
            });
            let kept = kept.transpose();
            let outcome = match kept.map(Option::flatten) {
                Ok(None) => continue,
                Ok(Some(text)) => Identity::from_pem(&text, &text, &[]).map_err(|error| error.to_string()),
                Err(why) => Err(why),
            };
            match outcome {
                Ok(identity) => work.issued.replace(identity),
                Err(why) => {
                    let text = format_args!("acme: the kept certificate for \"{}\" cannot be used: {why}", work.name());
                    telemetry::error_log::process().log(Level::Warning, text);
                }
            }
        }
    }
}

impl IssuerWork {
    fn new(issuer: &Issuer, documents: &Documents) -> Result<Self, Diagnostic> {
        let origin = issuer.origin;
        let mut mark = Context::new(&SHA256);
        let plain = Issuer { origin: Origin::default(), ..issuer.clone() };
        mark.update(&serde_json::to_vec(&plain).unwrap_or_default());
        let mut read = |path: &Path, what: &str| {
            let text = documents.read(path).map_err(|why| unusable(what, path, why, origin))?;
            mark.update(text);
            Ok::<_, Diagnostic>(text)
        };
        let authorities = issuer.authorities.as_deref().map(|path| read(path, "certificate")).transpose()?;
        let web = Web::new(authorities, resolving(issuer.resolver.as_ref())).map_err(|why| {
            unusable("certificate", issuer.authorities.as_deref().unwrap_or(Path::new("")), &why, origin)
        })?;
        let account_key = match &issuer.account_key {
            Chosen::Made(_) => Vec::new(),
            Chosen::File(path) => {
                let text = read(path, "account key")?;
                AccountKey::from_pem(text).map_err(|why| unusable("account key", path, &why, origin))?;
                text.to_vec()
            }
        };
        let external_key = match issuer.external_account.as_ref().map(|external| &external.key) {
            None => Vec::new(),
            Some(Secret::Text(text)) => external(text.as_bytes(), Path::new("data:…"), origin)?,
            Some(Secret::File(path)) => external(read(path, "external account key")?, path, origin)?,
        };
        let dns_key = match issuer.dns.as_ref().map(|changes| &changes.by) {
            Some(DnsChanger::Update(update)) => update.key.as_deref(),
            Some(DnsChanger::Command(_)) | None => None,
        };
        let dns_key = dns_key.map(|path| {
            let text = String::from_utf8_lossy(read(path, "key for changes of DNS")?);
            UpdateKey::read(&text).map_err(|why| unusable("key for changes of DNS", path, &why, origin))
        });
        let dns_key = dns_key.transpose()?;
        let state = issuer.state.as_deref().map(State::new);
        let mut digest = [0; 32];
        digest.copy_from_slice(mark.finish().as_ref());
        Ok(Self { issuer: issuer.clone(), web, state, account_key, external_key, dns_key, mark: digest })
    }
}

fn external(text: &[u8], path: &Path, origin: Origin) -> Result<Vec<u8>, Diagnostic> {
    decode(text).ok_or_else(|| unusable("external account key", path, "it is not in base64url", origin))
}

fn unusable(what: &str, path: &Path, why: &str, origin: Origin) -> Diagnostic {
    Diagnostic::error("unusable-file", format!("cannot load {what} \"{}\": {why}", path.display())).at(origin)
}

fn resolving(resolver: Option<&Resolver>) -> Resolving {
    resolver.map_or(Resolving::System, |resolver| Resolving::Servers(rule(resolver)))
}

/// Whom to ask for addresses: only servers that are named by theirs.
pub(crate) fn rule(resolver: &Resolver) -> Arc<ResolverRule> {
    let address = |server: &ServerAddress| match server {
        ServerAddress::Host { host, port } => upstream::resolve(host, *port).unwrap_or_default(),
        ServerAddress::Unix(_) => Vec::new(),
    };
    let servers: Vec<SocketAddr> = resolver.servers.iter().flat_map(address).collect();
    let Resolver { valid, ipv4, ipv6, timeout, .. } = *resolver;
    Arc::new(ResolverRule { servers, valid, ipv4, ipv6, timeout })
}
