//! One order, from the wish to the certificate (RFC 8555 §7.4).

use std::time::Duration;

use model::{Identifier, KeyKind};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tls::Identity;
use tokio::time::sleep;

use crate::account_key::encode;
use crate::authority::{Authority, read};
use crate::clock;
use crate::failure::{Failure, Problem};
use crate::leaf::{self, Leaf};
use crate::request;
use crate::showing::{Offer, Showing};
use crate::web::Answer;

/// Time that an issuer has to look at a name, or to make a certificate.
const PATIENCE: Duration = Duration::from_mins(5);
/// Time between two looks at what became of it: the first, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// Chains beside the first one that are looked at.
const MOST_CHAINS: usize = 8;

/// What is ordered.
pub(crate) struct Wish<'a> {
    pub(crate) identifiers: &'a [Identifier],
    pub(crate) key: KeyKind,
    /// The certificate that it takes the place of (RFC 9773 §5).
    pub(crate) replaces: Option<&'a str>,
}

/// A certificate that works, with its key.
pub(crate) struct Obtained {
    /// In PEM.
    pub(crate) chain: String,
    /// In PEM.
    pub(crate) key: String,
    pub(crate) identity: Identity,
    pub(crate) leaf: Leaf,
}

#[derive(Clone, Debug, Deserialize)]
struct Order {
    status: String,
    #[serde(default)]
    authorizations: Vec<String>,
    finalize: String,
    certificate: Option<String>,
    error: Option<Problem>,
}

#[derive(Clone, Debug, Deserialize)]
struct Authorization {
    status: String,
    identifier: Named,
    #[serde(default)]
    challenges: Vec<Offer>,
}

#[derive(Clone, Debug, Deserialize)]
struct Named {
    value: String,
}

/// Orders a certificate, shows whatever the issuer wants to see, and brings it.
pub(crate) async fn obtain(authority: &Authority, wish: &Wish<'_>, showing: &Showing<'_>) -> Result<Obtained, Failure> {
    let (url, mut order) = place(authority, wish).await?;
    for authorization in &order.authorizations {
        authorize(authority, authorization, showing).await?;
    }
    order = settle(authority, &url, order, &["ready", "valid"]).await?;
    let key = request::new_key(wish.key)?;
    if order.status == "ready" {
        let request = request::request(wish.identifiers, authority.work.issuer.common_name, &key)?;
        let payload = json!({ "csr": encode(&request) });
        order = read(&authority.post(&order.finalize, Some(&payload)).await?)?;
    }
    order = settle(authority, &url, order, &["valid"]).await?;
    let place = order.certificate.ok_or_else(|| Failure::Strange("an order without its certificate".into()))?;
    let chain = download(authority, &place).await?;
    accept(chain, key.serialize_pem(), wish.identifiers)
}

/// RFC 8555 §7.4: the order and its place.
async fn place(authority: &Authority, wish: &Wish<'_>) -> Result<(String, Order), Failure> {
    let named = |identifier: &Identifier| match identifier {
        Identifier::Name(name) => json!({ "type": "dns", "value": name }),
        Identifier::Address(address) => json!({ "type": "ip", "value": address.to_string() }),
    };
    let directory = authority.directory().await?;
    let identifiers: Vec<Value> = wish.identifiers.iter().map(named).collect();
    let mut wanted = Map::new();
    wanted.insert("identifiers".to_owned(), identifiers.into());
    if let Some(profile) = &authority.work.issuer.profile {
        if directory.meta.profiles.contains_key(&profile.name) {
            wanted.insert("profile".to_owned(), profile.name.clone().into());
        } else if profile.required {
            return Err(Failure::Own(format!("the issuer offers no profile \"{}\"", profile.name)));
        }
    }
    if let Some(replaced) = wish.replaces.filter(|_| directory.renewal_info.is_some()) {
        wanted.insert("replaces".to_owned(), replaced.into());
    }
    let mut answer = authority.post(&directory.new_order, Some(&wanted.clone().into())).await;
    let replaced =
        |failure: &Failure| matches!(failure, Failure::Refused { problem, .. } if problem.is("alreadyReplaced"));
    if answer.as_ref().is_err_and(replaced) {
        // RFC 9773 §5: the order is none the worse without it.
        wanted.remove("replaces");
        answer = authority.post(&directory.new_order, Some(&wanted.clone().into())).await;
    }
    let answer = answer?;
    let url = answer.field(b"location").ok_or_else(|| Failure::Strange("an order without a place".into()))?;
    Ok((url.to_owned(), read(&answer)?))
}

/// RFC 8555 §7.5: shows that a name is ours, if the issuer does not know it yet.
async fn authorize(authority: &Authority, url: &str, showing: &Showing<'_>) -> Result<(), Failure> {
    let mut authorization: Authorization = read(&authority.post(url, None).await?)?;
    if authorization.status == "valid" {
        return Ok(());
    }
    let name = authorization.identifier.value.clone();
    let key = authority.key().await?;
    let shown = showing.show(&name, &authorization.challenges, key).await?;
    let outcome = async {
        authority.post(&shown.url, Some(&json!({}))).await?;
        let mut pauses = Pauses::new("to look at a name");
        while matches!(authorization.status.as_str(), "pending" | "processing") {
            let answer = authority.post(url, None).await?;
            authorization = read(&answer)?;
            if matches!(authorization.status.as_str(), "pending" | "processing") {
                pauses.wait(&answer).await?;
            }
        }
        Ok(())
    }
    .await;
    shown.withdraw().await;
    outcome?;
    if authorization.status == "valid" {
        return Ok(());
    }
    let problem = authorization.challenges.iter().find_map(|offer| offer.error.clone());
    let problem = problem.unwrap_or_else(|| Problem { detail: authorization.status, ..Problem::default() });
    Err(Failure::NotShown { name, problem })
}

/// Waits until an order is as far as that.
async fn settle(authority: &Authority, url: &str, mut order: Order, wanted: &[&str]) -> Result<Order, Failure> {
    let mut pauses = Pauses::new("to work on an order");
    while !wanted.contains(&order.status.as_str()) {
        if order.status == "invalid" {
            return Err(Failure::Refused { problem: order.error.unwrap_or_default(), again: None });
        }
        let answer = authority.post(url, None).await?;
        order = read(&answer)?;
        if !wanted.contains(&order.status.as_str()) {
            pauses.wait(&answer).await?;
        }
    }
    Ok(order)
}

/// RFC 8555 §7.4.2: the chain, or of several the one that the operator prefers.
async fn download(authority: &Authority, url: &str) -> Result<String, Failure> {
    let first = authority.post(url, None).await?;
    let preferred = authority.work.issuer.preferred_chain.as_deref();
    if let Some(preferred) = preferred.filter(|preferred| !leaf::leads_to(&first.body, preferred)) {
        for other in alternates(&first).into_iter().take(MOST_CHAINS) {
            let other = authority.post(&other, None).await?;
            if leaf::leads_to(&other.body, preferred) {
                return text(other);
            }
        }
    }
    text(first)
}

fn text(answer: Answer) -> Result<String, Failure> {
    String::from_utf8(answer.body).map_err(|_| Failure::Strange("a certificate that is not PEM".into()))
}

/// Where the other chains are (RFC 8288).
fn alternates(answer: &Answer) -> Vec<String> {
    let fields = answer.head.fields.get_all(b"link").filter_map(|field| std::str::from_utf8(field).ok());
    let links = fields.flat_map(|field| field.split(','));
    let alternate = |link: &str| {
        let (url, parameters) = link.trim().strip_prefix('<')?.split_once('>')?;
        let is = |parameter: &str| matches!(parameter.trim(), "rel=\"alternate\"" | "rel=alternate");
        parameters.split(';').any(is).then(|| url.to_owned())
    };
    links.filter_map(alternate).collect()
}

/// Only what works takes the place of another.
fn accept(chain: String, key: String, identifiers: &[Identifier]) -> Result<Obtained, Failure> {
    let unusable = |why: String| Failure::Strange(format!("a certificate that cannot be used: {why}"));
    let identity = Identity::from_pem(chain.as_bytes(), key.as_bytes(), &[]);
    let identity = identity.map_err(|error| unusable(error.to_string()))?;
    let leaf = Leaf::of(chain.as_bytes()).map_err(unusable)?;
    if !leaf.is_for(identifiers) {
        return Err(unusable("it is not for all names".into()));
    }
    if leaf.ends <= clock::now() {
        return Err(unusable("it has ended".into()));
    }
    Ok(Obtained { chain, key, identity, leaf })
}

/// The pauses between two looks.
struct Pauses {
    next: Duration,
    left: Duration,
    what: &'static str,
}

impl Pauses {
    fn new(what: &'static str) -> Self {
        Self { next: PAUSES.0, left: PATIENCE, what }
    }

    /// As long as the issuer says, but not for ever.
    async fn wait(&mut self, answer: &Answer) -> Result<(), Failure> {
        let pause = answer.again().map_or(self.next, |again| again.clamp(PAUSES.0, Duration::from_secs(30)));
        self.left = self.left.checked_sub(pause).ok_or(Failure::Slow(self.what))?;
        self.next = (self.next * 2).min(PAUSES.1);
        sleep(pause).await;
        Ok(())
    }
}
