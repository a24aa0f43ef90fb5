//! What responses tell of kept answers where an operator wants it told in fields of its own.

use super::CacheStatus;
use crate::exchange::Exchange;
use crate::plan::{Caching, Rules, Tuning};
use crate::response::Response;
use cache::policy::Terms;
use transport::clock;

impl Exchange<'_> {
    /// Says what a kept answer had to do with a response, as the place has it.
    pub fn tell(&self, caching: &Caching, response: &mut Response, kept: Option<&Terms>) {
        match &caching.rules {
            Rules::Configured(_) => {}
            Rules::Standard => {
                self.tell_date(response);
                self.tell_cache(response, kept);
            }
            Rules::Tuned(tuning) => self.tell_tuned(tuning, response, kept),
        }
    }

    fn tell_tuned(&self, tuning: &Tuning, response: &mut Response, kept: Option<&Terms>) {
        let Some(own) = &self.kept else { return };
        self.tell_date(response);
        if let Some(terms) = kept.filter(|_| !matches!(own.status, CacheStatus::Revalidated)) {
            let age = terms.age_at(clock::unix_time().as_secs());
            response.head.fields.set(b"Age", age.to_string().as_bytes());
        }
        let stale = match own.status {
            CacheStatus::Stale => Some("111 Revalidation failed"),
            CacheStatus::Updating => Some("110 Response is stale"),
            CacheStatus::Hit if kept.is_some_and(|terms| !terms.is_fresh(clock::unix_time().as_secs())) => {
                Some("110 Response is stale")
            }
            _ => None,
        };
        if let Some(stale) = stale {
            response.head.fields.push(b"Warning", stale.as_bytes());
        }
        let site = self.place.site.primary_name.as_str();
        if tuning.told {
            let told = match own.status {
                CacheStatus::Hit | CacheStatus::Stale | CacheStatus::Updating => "HIT",
                CacheStatus::Revalidated => "REVALIDATE",
                CacheStatus::Miss | CacheStatus::Bypass | CacheStatus::Expired => "MISS",
            };
            response.head.fields.push(b"X-Cache", format!("{told} from {site}").as_bytes());
        }
        if tuning.told_why {
            let why = match (own.status, own.refusal) {
                (CacheStatus::Hit, _) => "kept and fresh".to_owned(),
                (CacheStatus::Stale, _) => "kept and stale: no other was to be had".to_owned(),
                (CacheStatus::Updating, _) => "kept and stale: another is being fetched".to_owned(),
                (CacheStatus::Revalidated, _) => "kept, and found good by its server".to_owned(),
                (_, _) if own.stored => "fetched and being kept".to_owned(),
                (_, Some(refusal)) => refusal.to_string(),
                (_, None) => "fetched".to_owned(),
            };
            response.head.fields.push(b"X-Cache-Detail", format!("\"{why}\" from {site}").as_bytes());
        }
    }
}
