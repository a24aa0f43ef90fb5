//! Questions of workers about clients' certificates, for the thread that has them answered.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use model::RevocationCheck;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use crate::ocsp::{Inquiry, Standing};
use crate::verify::Rejected;

/// Longer than anybody takes to answer.
const LIMIT: Duration = Duration::from_secs(20);
/// Questions that wait to be taken.
const MOST_WAITING: usize = 4096;

/// Where workers ask.
#[derive(Clone, Default, Debug)]
pub struct Inquiries(Arc<ArcSwapOption<mpsc::Sender<Asked>>>);

/// A question, and where its answer goes.
#[derive(Debug)]
pub struct Asked {
    /// The certificate.
    pub about: Inquiry,
    /// How it is asked about.
    pub rule: Arc<RevocationCheck>,
    /// Where the answer goes; dropped: there is none.
    pub answer: oneshot::Sender<Standing>,
}

impl Inquiries {
    /// For who answers from now on; `None`: somebody does.
    pub fn open(&self) -> Option<mpsc::Receiver<Asked>> {
        if self.0.load().as_ref().is_some_and(|sender| !sender.is_closed()) {
            return None;
        }
        let (sender, receiver) = mpsc::channel(MOST_WAITING);
        self.0.store(Some(Arc::new(sender)));
        Some(receiver)
    }
}

/// What is still to be asked about a client that is believed otherwise.
#[derive(Debug)]
pub struct Doubt {
    pub(super) about: Vec<Inquiry>,
    pub(super) rule: Arc<RevocationCheck>,
    pub(super) inquiries: Inquiries,
}

impl Doubt {
    /// Waits until it is known whether the client's certificates still stand.
    ///
    /// # Errors
    /// One was revoked, or nobody says that it was not.
    pub async fn resolve(self) -> Result<(), Rejected> {
        for about in self.about {
            let (answer, answered) = oneshot::channel();
            let asked = Asked { about, rule: Arc::clone(&self.rule), answer };
            let sender = self.inquiries.0.load_full().ok_or(Rejected::NoStanding)?;
            sender.try_send(asked).map_err(|_| Rejected::NoStanding)?;
            match timeout(LIMIT, answered).await {
                Ok(Ok(Standing::Good)) => {}
                Ok(Ok(Standing::Revoked)) => return Err(Rejected::Revoked),
                Ok(Ok(Standing::Unknown) | Err(_)) | Err(_) => return Err(Rejected::NoStanding),
            }
        }
        Ok(())
    }
}
