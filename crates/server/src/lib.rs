//! The worker process: its control thread, its workers, what they accept, and how a new plan takes the old one's place.
#![forbid(unsafe_code)]

mod accept;
mod control;
mod logs;
mod worker;

pub use control::{Command, Handles, Reply, Start, run};
pub use l7::{Explanation, log_level};
pub use logs::output;

use diagnostic::{Diagnostic, Sources};
use model::Model;

/// What would keep a model from being served: everything that building its plan finds. Warnings are what keeps some requests
/// from being served.
pub fn check(model: &Model) -> Vec<Diagnostic> {
    let mut found = l7::Plan::build(model).map_or_else(|found| found, |plan| plan.awaited);
    let ordered = certificate::Prepared::new(model, &mut tls::Stores::default());
    found.extend(ordered.err().unwrap_or_default());
    found
}

/// What a server that runs by this model could not do last, though it runs: certificates that it did not get.
pub fn troubles(model: &Model) -> Vec<Diagnostic> {
    certificate::troubles(model)
}

/// Tells which site and location take a request (`GET http://host/path`), why the others do not, and where it goes.
///
/// # Errors
/// When the request cannot be read, or the model cannot be served.
pub fn explain(model: &Model, sources: &Sources, request: &str) -> Result<Explanation, String> {
    let plan = l7::Plan::build(model).map_err(|diagnostics| {
        let lines: Vec<String> = diagnostics.iter().map(|diagnostic| diagnostic.one_line(sources)).collect();
        lines.join("\n")
    })?;
    let request = request.to_owned();
    let explained =
        transport::runtime::run(
            transport::runtime::Choice::Epoll,
            |_| async move { l7::explain(plan, &request).await },
        );
    explained.map_err(|error| error.to_string())?
}
