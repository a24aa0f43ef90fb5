//! Who may come in: the questions of a place, and how their answers count together (`satisfy`).

use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::guard::basic::Basic;
use crate::guard::request::AuthRequest;
use crate::guard::requirement::{Requirement, Verdict};
use crate::guard::token::Token;
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
    /// What is known of the request must fulfil this, if need be with the user that the client proves to be.
    Require(Requirement, Option<Basic>),
    /// The client must prove to be a user.
    Basic(Basic),
    /// Another place of the site is asked.
    Request(AuthRequest),
    /// The client must show a signed token.
    Token(Box<Token>),
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
                (Answer::Refused(status), _) => return Some(self.turn_away(status, access.delay, client).await),
            }
        }
        Some(self.turn_away(refused?, access.delay, client).await)
    }

    async fn ask(&mut self, check: &'p Check, client: &mut Client<'_>) -> Result<Answer, Failure> {
        Ok(match check {
            Check::Require(requirement, users) => match (self.verdict(requirement).await, users) {
                (Verdict::Granted, _) => Answer::Granted,
                (Verdict::Neutral, _) => Answer::Neutral,
                (Verdict::DeniedWithoutUser, Some(users)) => Box::pin(self.require_user(requirement, users)).await?,
                (Verdict::Denied | Verdict::DeniedWithoutUser, _) => Answer::Refused(403),
            },
            Check::Basic(basic) => Box::pin(self.ask_basic(basic)).await?,
            Check::Request(request) => Box::pin(self.ask_request(request, client)).await?,
            Check::Token(token) => Box::pin(self.ask_token(token, client)).await?,
        })
    }

    /// Asks for a user, and whether the requirement is fulfilled with that.
    async fn require_user(&mut self, requirement: &Requirement, users: &Basic) -> Result<Answer, Failure> {
        match self.ask_basic(users).await? {
            Answer::Granted => {}
            other => return Ok(other),
        }
        Ok(match self.verdict(requirement).await {
            Verdict::Granted => Answer::Granted,
            Verdict::Neutral => Answer::Neutral,
            // Another user may be let in.
            Verdict::Denied | Verdict::DeniedWithoutUser => self.challenge(&self.text_of(&users.realm)),
        })
    }

    async fn turn_away(&mut self, status: u16, delay: Duration, client: &mut Client<'_>) -> Outcome {
        if status == 403 {
            self.log_error(|| "access forbidden by rule".into());
        }
        if status == 401
            && !delay.is_zero()
            && let Err(failure) = Box::pin(self.pause(delay, client)).await
        {
            return Outcome::Fail(failure);
        }
        self.refuse(status)
    }
}
