//! Whether certificates still stand, as responders say (RFC 6960): about the server's own beforehand, about clients' on demand.

mod checking;
mod stapling;
mod work;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::{Model, ResponderNames, RevocationCheck};
use protocol::Name;
use tls::ocsp::{Answer, Inquiry, Unusable, Voucher};
use upstream::Names;

use crate::clock;
use crate::prepared::rule;
use crate::web::{Question, Resolving, Web};

pub(crate) use checking::answer;
pub(crate) use stapling::Stapling;
pub(crate) use work::{StapleWork, staples};

/// Why a responder said nothing of use.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Silence {
    /// It was not reached, or sent something else.
    #[error("{url} cannot be asked: {why}")]
    Unreached {
        /// Who was asked.
        url: String,
        /// What the system says.
        why: String,
    },
    /// Its answer is of no use.
    #[error("{url}: {why}")]
    Unusable {
        /// Who was asked.
        url: String,
        /// Why.
        why: Unusable,
    },
    /// It sent something else.
    #[error("{url} answers with status {status} and no answer of OCSP")]
    Other {
        /// Who was asked.
        url: String,
        /// The status of its answer.
        status: u16,
        /// When it wants to be asked again.
        again: Option<Duration>,
    },
}

impl Silence {
    /// When the responder wants to be asked again.
    fn again(&self) -> Option<Duration> {
        match self {
            Self::Other { again, .. } => *again,
            Self::Unreached { .. } | Self::Unusable { .. } => None,
        }
    }
}

/// Asks the responder at `url`; its answer, and the bytes of that.
async fn ask(web: &Web, url: &str, inquiry: &Inquiry, voucher: Voucher) -> Result<(Answer, Vec<u8>), Silence> {
    let question = Question { method: "GET", url: &target(url, &inquiry.request()), body: None };
    let unreached = |why| Silence::Unreached { url: url.to_owned(), why };
    let answer = web.reach(&question).await.map_err(unreached)?;
    let kind = answer.head.fields.get_known(Name::ContentType).unwrap_or_default();
    if answer.head.status != 200 || !kind.eq_ignore_ascii_case(b"application/ocsp-response") {
        return Err(Silence::Other { url: url.to_owned(), status: answer.head.status, again: answer.again() });
    }
    match inquiry.read(&answer.body, voucher, clock::now()) {
        Ok(said) => Ok((said, answer.body)),
        Err(why) => Err(Silence::Unusable { url: url.to_owned(), why }),
    }
}

/// Where a question is asked with GET (RFC 6960 appendix A.1).
fn target(url: &str, request: &[u8]) -> String {
    let mut target = format!("{}/", url.trim_end_matches('/'));
    for letter in STANDARD.encode(request).chars() {
        match letter {
            '+' => target.push_str("%2B"),
            '/' => target.push_str("%2F"),
            '=' => target.push_str("%3D"),
            other => target.push(other),
        }
    }
    target
}

/// Ways to ask, one for all who find responders alike: as many as were ever written in the configuration.
#[derive(Default)]
pub(crate) struct Webs {
    /// One thread knows the names of all.
    names: Names,
    known: RefCell<Vec<(ResponderNames, Rc<Web>)>>,
}

impl Webs {
    /// The way to ask, and its number.
    fn find(&self, names: &ResponderNames) -> (usize, Rc<Web>) {
        let mut known = self.known.borrow_mut();
        if let Some((number, (_, web))) = known.iter().enumerate().find(|(_, (known, _))| known == names) {
            return (number, Rc::clone(web));
        }
        let resolving = match names {
            ResponderNames::System => Resolving::System,
            ResponderNames::Nobody => Resolving::Nobody,
            ResponderNames::Servers(resolver) => Resolving::Servers(rule(resolver)),
        };
        let web = Rc::new(Web::plain(resolving, self.names.clone()));
        known.push((names.clone(), Rc::clone(&web)));
        (known.len() - 1, web)
    }
}

/// How sites ask about their clients' certificates.
pub(crate) fn checks(model: &Model) -> impl Iterator<Item = &RevocationCheck> {
    let sites = model.http.sites.iter().filter_map(|site| site.tls.as_ref());
    sites.filter_map(|tls| tls.clients.as_ref()?.check.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_part_of_a_url() {
        assert_eq!(target("http://a/", &[0xfb, 0xff]), "http://a/%2B%2F8%3D");
        assert_eq!(target("http://a:81/b", &[0]), "http://a:81/b/AA%3D%3D");
    }
}
