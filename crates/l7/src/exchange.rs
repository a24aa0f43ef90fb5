//! The corridor: site → site script → location → script → guard → serve → shape → record.

use crate::bindings::Bindings;
use crate::body::RequestBody;
use crate::client::{Client, Disposition};
use crate::connection::Connection;
use crate::explain::describe;
use crate::failure::{Cause, Failure};
use crate::guard::Findings;
use crate::place::Place;
use crate::plan::{Location, Plan};
use crate::request::{Redirected, Request};
use crate::reroute::{MOST_REROUTES, Reroute, Restart};
use crate::response::{Outcome, Response, Sent};
use crate::route::Choice;
use crate::script::{Answer, Next};
use crate::serve::cached::Kept;
use crate::serve::proxy::{Answered, Attempted};
use crate::serve::sliced::Slice;
use crate::shape::ssi::Page;
use crate::worker::Worker;
use protocol::{Fields, Method};
use smallvec::SmallVec;
use std::rc::Rc;
use std::time::Instant;

/// One request and its response.
pub struct Exchange<'p> {
    /// The plan it began with and keeps.
    pub plan: &'p Plan,
    /// What the worker owns: groups, logs, counters.
    pub worker: &'p Rc<Worker>,
    /// The client's connection.
    pub connection: &'p Connection,
    /// Where it stands.
    pub place: Place<'p>,
    /// The request.
    pub request: Request,
    /// What it learned by name.
    pub bindings: Bindings,
    /// What was sent to the client.
    pub sent: Sent,
    /// Upstream servers that were asked.
    pub attempts: SmallVec<[Attempted; 1]>,
    /// What the upstream's answer said.
    pub upstream: Answered<'p>,
    /// When its head was complete.
    pub started: Instant,
    /// Bytes a second that its response may take, 0 for any number; `None`: as the section says.
    pub limit_rate: Option<u64>,
    /// Ways back that were taken.
    pub reroutes: u8,
    /// Fields of an upstream's answer that stay with whatever is served in its place.
    pub carried: Fields,
    /// Where a redirect that is being answered leads.
    pub pending_location: Option<Vec<u8>>,
    /// The status to send in place of the served one, since something went wrong.
    pub error_status: Option<u16>,
    /// No other request may follow on the connection.
    pub closing: bool,
    /// The response depends on what codings the client takes.
    pub varies: bool,
    /// An error page is being served: its own errors get none.
    pub in_error_page: bool,
    /// What guards found out about it.
    pub found: Option<Box<Findings>>,
    /// How many requests it stands inside of; 0: it is a client's own.
    pub depth: u8,
    /// What it has to do with kept answers.
    pub kept: Option<Box<Kept>>,
    /// The slice that its server is asked for.
    pub slice: Option<Box<Slice>>,
    /// The page that it is a part of, where commands in bodies act.
    pub page: Option<Rc<Page>>,
}

impl<'p> Exchange<'p> {
    /// Runs the exchange to its end; what becomes of the connection is the answer.
    pub async fn run_from(&mut self, mut outcome: Outcome, client: &mut Client<'_>) -> Disposition {
        let mut is_refused = false;
        let disposition = loop {
            outcome = match outcome {
                Outcome::Respond(response) if self.is_no_tunnel(&response) => {
                    if std::mem::replace(&mut is_refused, true) {
                        break Disposition::CloseNow;
                    }
                    self.refuse(501)
                }
                Outcome::Respond(response) if !self.has_unwanted_body(&response, client) => {
                    break self.deliver(response, client).await;
                }
                Outcome::Respond(response) => match self.discard_received(client).await {
                    Ok(()) => break self.deliver(response, client).await,
                    Err(failure) => Outcome::Fail(failure),
                },
                Outcome::Tunnel(tunnel) => break Box::pin(self.relay_tunnel(*tunnel, client)).await,
                Outcome::Close => break Disposition::CloseNow,
                Outcome::Fail(failure) if client.is_gone() => break self.abandon(failure),
                Outcome::Fail(failure) => self.fail(failure),
                Outcome::Answer(answer) => self.answer_configured(answer),
                Outcome::Reroute(reroute) => self.again(reroute, client).await,
            };
        };
        if let Some(place) = &self.place.section.afterwards {
            Box::pin(self.act_afterwards(place, client)).await;
        }
        self.record(client.request_bytes(), client.bytes_sent());
        disposition
    }

    /// Whether the client would take the response for a tunnel that nobody opened (RFC 8441 §5).
    fn is_no_tunnel(&self, response: &Response) -> bool {
        self.request.head.opens_tunnel() && (200..300).contains(&response.head.status)
    }

    /// Another walk through the corridor, if it has not been walked too often.
    pub async fn again(&mut self, reroute: Reroute, client: &mut Client<'_>) -> Outcome {
        if self.reroutes >= MOST_REROUTES {
            self.log_error(|| "rewrite or internal redirection cycle".into());
            self.in_error_page = true;
            return Outcome::Fail(Failure::new(Cause::RerouteCycle));
        }
        self.reroutes += 1;
        Box::pin(self.corridor(client, Some(reroute))).await
    }

    /// The client left before it was answered: that is only written down.
    fn abandon(&mut self, failure: Failure) -> Disposition {
        self.sent.status = failure.status();
        Disposition::CloseNow
    }

    /// One walk through the stages up to a response.
    // One future for all of them: each that is awaited within another is entered anew whenever the task is woken.
    pub async fn corridor(&mut self, client: &mut Client<'_>, reroute: Option<Reroute>) -> Outcome {
        let mut restart = reroute.map_or(Restart::SiteScript, |reroute| self.apply(reroute));
        if restart == Restart::SiteScript {
            self.place = Place::site(self.place.site);
            let script = &self.place.site.script;
            if !script.is_empty() {
                match Box::pin(self.run_script(script, true)).await {
                    Next::Continue => {}
                    Next::Reroute(reroute) => restart = reroute.restart,
                    Next::Answer(answer) => return Outcome::Answer(answer),
                }
            }
        }
        let located = match &restart {
            Restart::Named(name) => self.named_location(name),
            Restart::SiteScript | Restart::FindLocation => self.find_location(),
        };
        let location = match located {
            Ok(location) => location,
            Err(outcome) => return outcome,
        };
        self.request.found_file = None;
        self.log_passage(|| match self.place.location {
            Some(location) => format!("using configuration \"{}\"", describe(&location.matcher)),
            None => "using configuration \"\"".into(),
        });
        if let Some(layers) = &self.place.section.layers
            && !Box::pin(self.settle(layers)).await
        {
            return self.refuse(503);
        }
        // Whoever was sent to a named location by another had its body looked at there.
        let known = matches!(restart, Restart::Named(_)) && self.reroutes > 0;
        if !known && self.exceeds_body_limit(client.body_kind()) {
            self.request.body = RequestBody::Discarded;
            return self.refuse(413);
        }
        if let Some(location) = location {
            if self.place.section.internal && !self.request.internal {
                return Outcome::Answer(Answer { status: 404, text: None });
            }
            if !location.script.is_empty() && self.place.scripted {
                match Box::pin(self.run_script(&location.script, false)).await {
                    Next::Continue => {}
                    Next::Reroute(reroute) => return Outcome::Reroute(reroute),
                    Next::Answer(answer) => return Outcome::Answer(answer),
                }
            }
        }
        if let Some(moments) = &self.place.section.moments
            && let Some(outcome) = Box::pin(self.enter_place(moments)).await
        {
            return outcome;
        }
        if let Some(guard) = &self.place.section.guard
            && let Some(outcome) = Box::pin(self.guard(guard, client)).await
        {
            return outcome;
        }
        if let Some(moments) = &self.place.section.moments
            && let Some(outcome) = Box::pin(self.admit(moments)).await
        {
            return outcome;
        }
        self.serve(client).await
    }

    fn named_location(&mut self, name: &[u8]) -> Result<Option<&'p Location>, Outcome> {
        let Some(location) = self.place.site.named.get(name) else {
            self.log_error(|| format!("could not find named location \"{}\"", String::from_utf8_lossy(name)));
            return Err(Outcome::Fail(Failure::new(Cause::BadValue)));
        };
        self.place = Place::location(self.place.site, location, &self.request.method);
        Ok(Some(location))
    }

    /// The location for the path, or a redirect to it.
    fn find_location(&mut self) -> Result<Option<&'p Location>, Outcome> {
        if let Choice::AddSlash = self.choose_location() {
            return Err(self.redirect_to_slash());
        }
        Ok(self.place.location)
    }

    /// Changes the request as a way back asks; tells which stage is next.
    fn apply(&mut self, reroute: Reroute) -> Restart {
        self.request.internal = true;
        // Once a place has said that the connection ends, no other takes that back.
        self.closing |= self.place.section.keep_alive.timeout.is_zero();
        // Whoever goes on with the same path goes on with what it stands for.
        self.request.is_index = reroute.to_index || (reroute.target.is_none() && self.request.is_index);
        if let Some((path, arguments)) = reroute.target {
            if !self.request.is_index {
                self.bindings.hand_on(&self.plan.handed_on);
                self.remember_redirect();
            }
            self.request.redirect(path, arguments);
        }
        if reroute.as_get && self.request.method != Method::Head {
            self.request.method = Method::Get;
        }
        reroute.restart
    }

    /// Whence the request is sent on, where somebody asks for that.
    fn remember_redirect(&mut self) {
        if self.plan.tells_redirects {
            let (path, arguments) = (self.request.path.clone(), self.request.arguments.clone());
            let status = self.error_status.unwrap_or(200);
            self.request.redirected = Some(Box::new(Redirected { path, arguments, status }));
        }
    }

    /// A response that replaces nothing: sent as it is.
    pub fn respond(response: Response) -> Outcome {
        Outcome::Respond(Box::new(response))
    }
}

// More costs the allocator a detour for each.
const _: () = assert!(align_of::<Exchange<'static>>() == 8 && align_of::<Response>() == 8);
