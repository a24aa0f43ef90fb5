//! Answers that the configuration gives itself (`return`, redirects of rewrites).

use crate::exchange::Exchange;
use crate::response::{Outcome, Response};
use crate::script::Answer;
use model::PageStyle;

/// Closes the connection without an answer.
const CLOSE: u16 = 444;

impl Exchange<'_> {
    /// Turns an answer of the configuration into a response, or into the error page that stands for it.
    pub fn answer_configured(&mut self, answer: Answer) -> Outcome {
        let Answer { status, text } = answer;
        if status == CLOSE {
            return Outcome::Close;
        }
        match text {
            Some(location) if is_redirect(status) => self.redirect_to(status, location),
            None if status >= 400 => self.refuse(status),
            None if self.place.section.style.pages == PageStyle::Document => Self::respond(self.built_in_page(status)),
            text => {
                let content_type = self.content_type_of_path();
                let mut response = Response::bytes(status, &content_type, text.unwrap_or_default());
                // Among documents, text of the configuration is no representation of anything (RFC 9110 §13.1).
                response.conditional = self.place.section.style.pages != PageStyle::Document;
                Self::respond(response)
            }
        }
    }
}

/// Whether an answer of this status carries its text as the place to go.
pub fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}
