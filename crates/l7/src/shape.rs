//! May change the response: in nginx's order of filters.

mod addition;
pub mod charset;
pub mod compress;
pub mod conditional;
mod expires;
pub mod fields;
mod filters;
pub mod gunzip;
mod range;
pub mod ssi;
pub mod substitute;
pub mod user_id;

use crate::exchange::Exchange;
use crate::response::{Ranges, Response};
use model::PageStyle;
use protocol::{Name, status};

impl Exchange<'_> {
    /// Shapes a response: preconditions first, then added fields, then ranges.
    pub async fn shape(&mut self, response: &mut Response) {
        if let Some(status) = self.error_status {
            if !response.built_in || response.head.status != status {
                response.head.replace_status(status);
                if self.place.section.style.pages == PageStyle::Document {
                    response.head.set_reason(status::phrase(status).as_bytes());
                }
            }
            if response.conditional && status != 200 && !self.place.section.error_pages.first_counts {
                // An error page's file is not what was asked for.
                response.head.fields.remove_known(Name::LastModified);
            }
        }
        self.place_location(response);
        self.carry_fields(response);
        if response.conditional {
            let judged = std::mem::replace(response, Response::empty(0));
            *response = self.judge_preconditions(judged);
        }
        if response.head.status == 204 && (self.error_status.is_some() || !response.is_relayed()) {
            response.head.fields.remove_known(Name::ContentType);
            response.head.fields.remove_known(Name::LastModified);
        }
        self.add_fields(response);
        if response.built_in || response.is_relayed() {
            self.bindings.take_varies();
        } else {
            self.tell_varies(response);
        }
        let edits = &self.place.section.fields.edits;
        if !edits.is_empty() {
            Box::pin(self.edit_response(edits, response)).await;
        }
        self.give_user_id(response);
        self.filter(response);
        if response.ranges != Ranges::No {
            let whole = std::mem::replace(response, Response::empty(0));
            *response = self.cut_ranges(whole);
        }
        if self.place.section.style.joined_vary && response.head.fields.contains(Name::Vary) {
            fields::join_vary(&mut response.head.fields);
        }
        self.name_server(response);
        if self.place.section.style.pages == PageStyle::Document && !response.is_relayed() {
            word_status(response);
        }
    }
}

/// Gives a status its usual words, unless it was given others.
fn word_status(response: &mut Response) {
    let head = &mut response.head;
    if head.reason() == status::reason(head.status).as_bytes() {
        head.set_reason(status::phrase(head.status).as_bytes());
    }
}
