//! What is put before and after bodies (`add_before_body`, `add_after_body`).

use crate::body::{Body, Composed, Piece};
use crate::child::Asked;
use crate::exchange::Exchange;
use crate::plan::filters::Filters;
use crate::response::Response;
use crate::shape::compress::{change_length, weaken_tag};
use protocol::Name;
use std::rc::Rc;

impl Exchange<'_> {
    /// Puts what other places of the site answer with around the body.
    pub fn add_around(&mut self, filters: &Filters, response: &mut Response) {
        let Some(rule) = &filters.addition else { return };
        let wanted = response.head.status == 200
            && !self.is_child()
            && rule.types.contain(response.head.fields.get_known(Name::ContentType));
        if !wanted {
            return;
        }
        change_length(response);
        weaken_tag(&mut response.head.fields);
        let errands = Rc::new(self.errands());
        let ask = |path: &Option<Box<str>>| {
            let asked = Asked::get(path.as_deref()?.as_bytes());
            Some(Piece::asked(Rc::clone(&errands).run(asked)))
        };
        let inner = std::mem::replace(&mut response.body, Body::Empty);
        response.body = Body::Composed(Box::new(Composed::around(ask(&rule.before), inner, ask(&rule.after))));
    }
}
