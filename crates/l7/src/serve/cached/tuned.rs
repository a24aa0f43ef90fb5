//! What is kept where RFC 9111 is tuned: for which requests, where, and under which key.

use crate::exchange::Exchange;
use crate::plan::Tuning;
use cache::policy::directives::Directives;
use cache::policy::standard::Asked;
use cache::policy::tuned::Refusal;
use cache::{Head, Store};
use model::CachePaths;
use protocol::{Fields, Method, Name};
use std::ops::RangeInclusive;
use std::sync::Arc;

impl Exchange<'_> {
    /// Where answers to this request are kept, and of which sizes; nowhere where it is not looked for, either.
    pub fn area_of(&self, tuning: &Tuning, asked: Option<&Asked>) -> (Option<Arc<Store>>, RangeInclusive<u64>) {
        let nowhere = (None, 0..=u64::MAX);
        let reads = matches!(self.request.method, Method::Get | Method::Head);
        if tuning.never.iter().any(|paths| self.is_among(paths)) {
            return nowhere;
        }
        // What changes something is looked at, whoever asks for it.
        let passed_by = |asked: &Asked| asked.is_secret() || tuning.open_only && asked.is_authorized();
        if reads && asked.is_some_and(passed_by) {
            return nowhere;
        }
        let fits = |paths: &Option<_>| paths.as_ref().is_none_or(|paths| self.is_among(paths));
        match tuning.areas.iter().find(|area| fits(&area.paths)) {
            Some(area) => (self.worker.cache(area.store), area.sizes.clone()),
            None => nowhere,
        }
    }

    fn is_among(&self, paths: &CachePaths) -> bool {
        let path = if paths.written { self.request.head.path_and_query() } else { &self.request.path };
        path.starts_with(paths.prefix.as_bytes())
    }

    /// Why an answer is not kept although what it says allows it; `None`: it is.
    pub fn refuses_to_keep(&self, tuning: &Tuning, status: u16, length: Option<u64>) -> Option<Refusal> {
        let sizes = self.kept.as_ref().map(|kept| kept.sizes.clone())?;
        let length = if status == 204 { Some(0) } else { length };
        if tuning.unkept.as_ref().is_some_and(|unkept| self.holds_now(unkept)) {
            return Some(Refusal::Told);
        }
        length.is_some_and(|length| !sizes.contains(&length)).then_some(Refusal::Size)
    }

    /// Whether the request has arguments.
    pub fn has_arguments(&self) -> bool {
        memchr::memchr(b'?', self.request.head.path_and_query())
            .is_some_and(|at| self.request.head.path_and_query().len() > at + 1)
    }
}

impl Tuning {
    /// Whether a server that finds what is kept good speaks of that very answer, and lets it be kept on.
    pub fn means_kept(&self, kept: &Head, told: &Fields, length: u64) -> bool {
        let tag = told.get_known(Name::Etag).zip(kept.fields.get_known(Name::Etag));
        let said = Directives::read(told.get_all_known(Name::CacheControl));
        tag.is_none_or(|(told, kept)| told == kept)
            && told.get_known(Name::ContentLength).is_none_or(|told| told == length.to_string().as_bytes())
            && (!said.no_store || self.rules.keeps_secret)
            && (!said.private || self.rules.keeps_private)
    }
}
