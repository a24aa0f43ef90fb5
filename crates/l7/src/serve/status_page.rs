//! How many connections and requests there are, as a page that programs read.

use crate::exchange::Exchange;
use crate::response::{Outcome, Response};
use protocol::Method;
use telemetry::{Totals, counters};

/// Connections by what they do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Connections {
    /// All that are open.
    Active,
    /// Those whose request's head is on its way.
    Reading,
    /// Those whose request is answered.
    Writing,
    /// Those that wait for a request.
    Waiting,
}

impl Connections {
    /// How many there are.
    pub fn count(self, totals: &Totals) -> u64 {
        match self {
            Self::Active => totals.active,
            Self::Reading => totals.reading,
            Self::Writing => totals.writing,
            Self::Waiting => totals.active.saturating_sub(totals.reading).saturating_sub(totals.writing),
        }
    }
}

impl Exchange<'_> {
    /// Sends the page.
    pub fn serve_status_page(&mut self) -> Outcome {
        if !matches!(self.request.method, Method::Get | Method::Head) {
            return self.refuse(405);
        }
        let mut response = Response::bytes(200, b"text/plain", page(&counters::process().totals()).into_bytes());
        response.conditional = true;
        Self::respond(response)
    }
}

fn page(totals: &Totals) -> String {
    let count = |connections: Connections| connections.count(totals);
    format!(
        "Active connections: {} \nserver accepts handled requests\n {} {} {} \nReading: {} Writing: {} Waiting: {} \n",
        count(Connections::Active),
        totals.accepted,
        totals.handled,
        totals.requests,
        count(Connections::Reading),
        count(Connections::Writing),
        count(Connections::Waiting),
    )
}
