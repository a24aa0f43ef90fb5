//! Commands in bodies (server-side includes): what they say is done while the body passes.

mod command;
mod engine;
mod expression;
mod scan;

pub use engine::Engine;

use crate::body::{Body, Composed};
use crate::exchange::Exchange;
use crate::plan::filters::Filters;
use crate::response::{Ranges, Response};
use crate::shape::compress::{change_length, change_validators};
use protocol::Name;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

/// Most parts of one page, those of its parts included.
const MOST_PARTS: u32 = 10_000;

/// What a page and its parts share.
#[derive(Default)]
pub struct Page {
    /// Variables that commands have set, by their names in lower case.
    variables: RefCell<HashMap<Vec<u8>, Vec<u8>>>,
    /// Blocks that may stand in for parts, as they are written.
    blocks: RefCell<HashMap<Vec<u8>, Rc<[u8]>>>,
    /// How many parts were asked for.
    parts: Cell<u32>,
}

impl Page {
    /// One more part is asked for.
    ///
    /// # Errors
    /// When they are too many.
    fn count(&self) -> Result<(), ()> {
        let parts = self.parts.get() + 1;
        self.parts.set(parts);
        if parts <= MOST_PARTS { Ok(()) } else { Err(()) }
    }
}

impl Exchange<'_> {
    /// Has the commands in the body obeyed.
    pub fn include(&mut self, filters: &Filters, response: &mut Response) {
        let Some(rule) = &filters.includes else { return };
        let content_type = response.head.fields.get_known(Name::ContentType).filter(|media| !media.is_empty());
        let wanted = content_type.is_some() && rule.types.contain(content_type);
        if !wanted || matches!(response.body, Body::Empty) {
            return;
        }
        change_length(response);
        response.ranges = Ranges::No;
        change_validators(response, rule.keep_modified);
        let page = Rc::clone(self.page.get_or_insert_default());
        let engine = Engine::new(page, Rc::new(self.errands()), rule.silent, rule.value_length);
        let inner = std::mem::replace(&mut response.body, Body::Empty);
        response.body = Body::Composed(Box::new(Composed::commanded(inner, engine)));
    }
}
