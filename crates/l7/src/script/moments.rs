//! Steps that are run when the settings of a request are known, and when it was let in.

use crate::exchange::Exchange;
use crate::plan::Template;
use crate::response::Outcome;
use crate::script::{Next, Script};

/// What is run when.
pub struct Moments {
    /// Before anything is asked of the request.
    pub entered: Script,
    /// Who the client is, before it is asked to prove to be somebody; empty: that is not known.
    pub user: Option<Template>,
    /// Once it was let in.
    pub admitted: Script,
    /// Variables that get a value then, where they have none.
    pub defaults: Vec<(u16, Template)>,
    /// Last, before it is served or sent on: what answers here does so in the place of both.
    pub ready: Script,
}

impl<'p> Exchange<'p> {
    /// Runs what comes before anything is asked; `None`: the request goes on.
    pub async fn enter_place(&mut self, moments: &'p Moments) -> Option<Outcome> {
        let user = moments.user.as_ref().map(|user| self.text_of(user));
        if let Some(user) = user.filter(|user| !user.is_empty()) {
            self.findings().user = Some(user.into());
        }
        self.run_aside(&moments.entered).await
    }

    /// Runs what comes once the request was let in; `None`: it goes on.
    pub async fn admit(&mut self, moments: &'p Moments) -> Option<Outcome> {
        let outcome = self.run_aside(&moments.admitted).await;
        if outcome.as_ref().is_some_and(|outcome| !matches!(outcome, Outcome::Reroute(_))) {
            return outcome;
        }
        // Whoever is sent on hands them on.
        for (slot, value) in &moments.defaults {
            if self.bindings.has_slot(*slot) {
                continue;
            }
            let text = self.text_of(value);
            // What is empty because nothing has a value is none.
            if !text.is_empty() || value.as_text().is_some() {
                self.bindings.set_slot(*slot, text);
            }
        }
        let answer = self.run_aside(&moments.ready).await;
        answer.or(outcome)
    }

    async fn run_aside(&mut self, script: &'p Script) -> Option<Outcome> {
        match self.run_script(script, false).await {
            Next::Continue => None,
            Next::Reroute(reroute) => Some(Outcome::Reroute(reroute)),
            Next::Answer(answer) => Some(Outcome::Answer(answer)),
        }
    }
}
