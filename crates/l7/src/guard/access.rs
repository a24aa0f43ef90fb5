//! Who may come in: the questions of a place, and how their answers count together (`satisfy`).

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::guard::request::AuthRequest;
use crate::guard::requirement::{Requirement, Verdict};
use crate::response::Outcome;
use model::Satisfy;
use protocol::Name;
use std::time::Duration;

/// What is asked of a request.
pub struct Access {
    /// The questions, in this order.
    pub checks: Vec<Check>,
    /// How many of the answers must be yes.
    pub satisfy: Satisfy,
    /// Time that passes before a 401.
    pub delay: Duration,
}

/// A question.
pub enum Check {
    /// What is known of the request must fulfil this.
    Require(Requirement),
    /// Another place of the site is asked.
    Request(AuthRequest),
}

/// What a check came to.
pub(super) enum Answer {
    /// Yes.
    Granted,
    /// There was nothing to ask.
    Neutral,
    /// No, with this status.
    Refused(u16),
}

impl<'p> Exchange<'p> {
    /// Asks; `None`: the request may come in.
    pub(super) async fn ask_access(&mut self, access: &'p Access, client: &mut Client<'_>) -> Option<Outcome> {
        let mut refused = None;
        for check in &access.checks {
            let answer = match self.ask(check, client).await {
                Ok(answer) => answer,
                Err(failure) => return Some(Outcome::Fail(failure)),
            };
            match (answer, access.satisfy) {
                (Answer::Granted, Satisfy::Any) => {
                    self.carried.remove_known(Name::WwwAuthenticate);
                    return None;
                }
                (Answer::Granted, Satisfy::All) | (Answer::Neutral, _) => {}
                // A client that may still prove who it is hears of that rather than of its address.
                (Answer::Refused(status @ (401 | 403)), Satisfy::Any) => {
                    refused = Some(if refused == Some(401) { 401 } else { status });
                }
                (Answer::Refused(status), _) => return Some(self.turn_away(status)),
            }
        }
        refused.map(|status| self.turn_away(status))
    }

    async fn ask(&mut self, check: &'p Check, client: &mut Client<'_>) -> Result<Answer, Failure> {
        Ok(match check {
            Check::Require(requirement) => match self.verdict(requirement).await {
                Verdict::Granted => Answer::Granted,
                Verdict::Neutral => Answer::Neutral,
                Verdict::Denied | Verdict::DeniedWithoutUser => Answer::Refused(403),
            },
            Check::Request(request) => Box::pin(self.ask_request(request, client)).await?,
        })
    }

    fn turn_away(&mut self, status: u16) -> Outcome {
        if status == 403 {
            self.log_error(|| "access forbidden by rule".into());
        }
        self.refuse(status)
    }
}
