//! An issuer's server, as whoever has an account speaks to it (RFC 8555 §6, §7.1 to §7.3).

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use model::{AccountKey as Chosen, KeyKind};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::sync::{OnceCell, Semaphore};

use crate::account_key::{AccountKey, From};
use crate::failure::Failure;
use crate::prepared::IssuerWork;
use crate::request;
use crate::state::State;
use crate::web::{Answer, Question};

/// Nonces that are kept for later.
const MOST_NONCES: usize = 8;
/// How often a request is sent again whose nonce is not taken.
const MOST_NONCES_REFUSED: usize = 10;
/// Orders that one issuer works on at a time.
const AT_A_TIME: usize = 3;

/// Where an issuer's resources are (RFC 8555 §7.1.1).
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Directory {
    new_nonce: String,
    new_account: String,
    pub(crate) new_order: String,
    /// RFC 9773 §4.1.
    pub(crate) renewal_info: Option<String>,
    #[serde(default)]
    pub(crate) meta: Meta,
}

/// What an issuer says of itself.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Meta {
    terms_of_service: Option<String>,
    external_account_required: bool,
    /// Kinds of certificates, with what a person should know of them.
    pub(crate) profiles: Map<String, Value>,
}

/// An issuer's server, spoken to with one account.
pub(crate) struct Authority {
    pub(crate) work: Arc<IssuerWork>,
    pub(crate) turn: Semaphore,
    directory: RefCell<Option<Rc<Directory>>>,
    key: OnceCell<AccountKey>,
    account: RefCell<Option<Rc<str>>>,
    nonces: RefCell<Vec<String>>,
}

impl Authority {
    pub(crate) fn new(work: Arc<IssuerWork>) -> Self {
        Self {
            work,
            turn: Semaphore::new(AT_A_TIME),
            directory: RefCell::default(),
            key: OnceCell::new(),
            account: RefCell::default(),
            nonces: RefCell::default(),
        }
    }

    /// Where its resources are.
    pub(crate) async fn directory(&self) -> Result<Rc<Directory>, Failure> {
        let known = self.directory.borrow().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let found: Rc<Directory> = Rc::new(read(&self.fetch(&self.work.issuer.directory).await?)?);
        *self.directory.borrow_mut() = Some(Rc::clone(&found));
        Ok(found)
    }

    /// What it said of itself may have changed: it is asked again.
    pub(crate) fn forget(&self) {
        self.directory.take();
        self.account.take();
    }

    /// What is at a URL that anybody may ask.
    pub(crate) async fn fetch(&self, url: &str) -> Result<Answer, Failure> {
        let answer = self.work.web.ask(&Question { method: "GET", url, body: None }).await?;
        if answer.is_good() { Ok(answer) } else { Err(answer.refusal()) }
    }

    /// The account's key: the operator's, the one that is kept, or a new one.
    pub(crate) async fn key(&self) -> Result<&AccountKey, Failure> {
        self.key.get_or_try_init(|| async { self.find_key() }).await
    }

    fn find_key(&self) -> Result<AccountKey, Failure> {
        let unusable = |why: String| Failure::Own(format!("the account's key cannot be used: {why}"));
        let kind = match &self.work.issuer.account_key {
            Chosen::File(_) => return AccountKey::from_pem(&self.work.account_key).map_err(unusable),
            Chosen::Made(kind) => *kind,
        };
        let kept = self.work.state.as_ref().map(State::account_key).transpose();
        if let Some(kept) = kept.map_err(Failure::Own)?.flatten() {
            return AccountKey::from_pem(&kept).map_err(unusable);
        }
        self.make_key(kind)
    }

    fn make_key(&self, kind: KeyKind) -> Result<AccountKey, Failure> {
        let text = request::new_key(kind)?.serialize_pem();
        if let Some(state) = &self.work.state {
            state.keep_account_key(&text).map_err(Failure::Own)?;
        }
        AccountKey::from_pem(text.as_bytes()).map_err(Failure::Own)
    }

    /// The URL of the account, which is made if there is none for the key (RFC 8555 §7.3).
    async fn account(&self) -> Result<Rc<str>, Failure> {
        let known = self.account.borrow().clone();
        if let Some(known) = known {
            return Ok(known);
        }
        let made: Rc<str> = self.register().await?.into();
        *self.account.borrow_mut() = Some(Rc::clone(&made));
        Ok(made)
    }

    async fn register(&self) -> Result<String, Failure> {
        let directory = self.directory().await?;
        let issuer = &self.work.issuer;
        if let Some(terms) = directory.meta.terms_of_service.as_ref().filter(|_| !issuer.accepts_terms) {
            return Err(Failure::Terms(terms.clone()));
        }
        let mut wanted = Map::new();
        wanted.insert("termsOfServiceAgreed".to_owned(), issuer.accepts_terms.into());
        if !issuer.contacts.is_empty() {
            wanted.insert("contact".to_owned(), issuer.contacts.clone().into());
        }
        let url = directory.new_account.as_str();
        match &issuer.external_account {
            Some(external) => {
                let binding = self.key().await?.bind(url, &external.key_id, &self.work.external_key);
                wanted.insert("externalAccountBinding".to_owned(), binding.unwrap_or_default());
            }
            None if directory.meta.external_account_required => {
                return Err(Failure::Own(
                    "the issuer takes only accounts that are bound to another, of which nothing is said".into(),
                ));
            }
            None => {}
        }
        let answer = self.signed(url, From::Key, Some(&wanted.into())).await?;
        let account = answer.field(b"location").ok_or_else(|| Failure::Strange("an account without a place".into()))?;
        Ok(account.to_owned())
    }

    /// Sends a request of the account; without `payload` it only asks.
    pub(crate) async fn post(&self, url: &str, payload: Option<&Value>) -> Result<Answer, Failure> {
        let account = self.account().await?;
        self.signed(url, From::Account(&account), payload).await
    }

    async fn signed(&self, url: &str, from: From<'_>, payload: Option<&Value>) -> Result<Answer, Failure> {
        let key = self.key().await?;
        let mut refused = 0;
        loop {
            let nonce = self.nonce().await?;
            let body = key.sign(url, &nonce, from, payload);
            let body = body.ok_or_else(|| Failure::Own("a request cannot be signed".into()))?;
            let answer = self.work.web.ask(&Question { method: "POST", url, body: Some(&body) }).await?;
            self.keep_nonce(&answer);
            if answer.is_good() {
                return Ok(answer);
            }
            refused += 1;
            if refused > MOST_NONCES_REFUSED || !answer.problem().is("badNonce") {
                return Err(answer.refusal());
            }
        }
    }

    async fn nonce(&self) -> Result<String, Failure> {
        let kept = self.nonces.borrow_mut().pop();
        if let Some(nonce) = kept {
            return Ok(nonce);
        }
        let directory = self.directory().await?;
        let url = &directory.new_nonce;
        let answer = self.work.web.ask(&Question { method: "HEAD", url, body: None }).await?;
        match answer.field(b"replay-nonce") {
            Some(nonce) => Ok(nonce.to_owned()),
            None if !answer.is_good() => Err(answer.refusal()),
            None => Err(Failure::Strange("it gives no nonce".into())),
        }
    }

    fn keep_nonce(&self, answer: &Answer) {
        let mut nonces = self.nonces.borrow_mut();
        if let Some(nonce) = answer.field(b"replay-nonce").filter(|_| nonces.len() < MOST_NONCES) {
            nonces.push(nonce.to_owned());
        }
    }
}

/// What an answer says.
pub(crate) fn read<T: DeserializeOwned>(answer: &Answer) -> Result<T, Failure> {
    serde_json::from_slice(&answer.body).map_err(|error| Failure::Strange(error.to_string()))
}
