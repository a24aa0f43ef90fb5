//! Where answers are kept: what they hold, what they are of use, and purges.

use super::{Exchange, Refused, Reply, Verb};
use crate::plan::CacheStore;
use crate::serve::cached::CacheStatus;
use cache::{Store, Target, TooMany};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// What is asked to be purged.
struct Purge {
    target: Wanted,
    soft: bool,
}

enum Wanted {
    Key(String),
    Prefix(String),
    Tags(Vec<String>),
}

impl Exchange<'_> {
    /// Answers about stores; `steps` are what follows them.
    pub(super) async fn caches(&mut self, verb: Verb, steps: &[&str], body: Option<Vec<u8>>) -> Reply {
        let known: Vec<(&CacheStore, Arc<Store>)> = {
            let stores = self.plan.cache_stores.iter().enumerate();
            stores.filter_map(|(index, store)| Some((store, self.worker.cache(index)?))).collect()
        };
        let named = |name: &str| {
            let found = known.iter().find(|(store, _)| store.place.name == name);
            found.ok_or_else(|| Refused::new(404, "CacheNotFound", "cache not found"))
        };
        match (steps, verb) {
            ([], Verb::Read) => {
                let all = known.iter().map(|(store, held)| (store.place.name.clone(), document(held)));
                Reply::Document(self.chosen_of_each(all.collect()))
            }
            ([name], Verb::Read) => named(name).map(|(_, held)| self.chosen_fields(document(held))).into(),
            ([name], Verb::Remove) => named(name).map(|(_, held)| begin_anew(held)).into(),
            ([name, "purge"], Verb::Add) => match (named(name), wanted(body)) {
                (Ok((_, held)), Ok(purge)) => obey(held, &purge).await.into(),
                (Err(refused), _) | (_, Err(refused)) => Reply::Refused(refused),
            },
            ([] | [_] | [_, "purge"], _) => Reply::Refused(Refused::method()),
            _ => Reply::Refused(Refused::nowhere()),
        }
    }
}

fn begin_anew(store: &Store) -> Reply {
    store.count_anew();
    Reply::Done
}

fn document(store: &Store) -> Value {
    let mut document = json!({ "size": store.size(), "cold": !store.is_loaded(), "faults": store.faults() });
    let Some(fields) = document.as_object_mut() else { return document };
    let most = store.limits().size;
    if most > 0 {
        fields.insert("max_size".to_owned(), most.into());
    }
    for status in CacheStatus::ALL {
        let totals = store.tallies().totals(status as usize);
        let mut tally = json!({ "responses": totals.responses, "bytes": totals.bytes });
        if let Some(tally) = tally.as_object_mut().filter(|_| status.is_fetched()) {
            tally.insert("responses_written".to_owned(), totals.written.into());
            tally.insert("bytes_written".to_owned(), totals.written_bytes.into());
        }
        fields.insert(status.name().to_ascii_lowercase(), tally);
    }
    document
}

async fn obey(store: &Arc<Store>, purge: &Purge) -> Result<Reply, Refused> {
    let purged = match &purge.target {
        Wanted::Key(key) => store.purge(Target::Key(key.as_bytes()), purge.soft).await,
        Wanted::Prefix(prefix) => store.purge(Target::Prefix(prefix.as_bytes()), purge.soft).await,
        Wanted::Tags(tags) => store.purge_tags(tags, purge.soft).await.map(|()| true),
    };
    match purged {
        Ok(true) => Ok(Reply::Done),
        Ok(false) => Err(Refused::new(404, "CacheKeyNotFound", "nothing is kept for the key")),
        Err(TooMany) => Err(Refused::new(503, "CacheTooManyPurges", "too many purges are under way: try again")),
    }
}

/// Reads what is asked to be purged: `key`, `prefix`, `tag` or `tags`, and `soft`.
fn wanted(body: Option<Vec<u8>>) -> Result<Purge, Refused> {
    let body = body.ok_or_else(|| Refused::new(413, "CachePurgeTooLarge", "request body is too large"))?;
    let document = serde_json::from_slice::<Map<String, Value>>(&body)
        .map_err(|error| Refused::new(400, "JsonError", format!("invalid JSON: {error}")))?;
    let (mut targets, mut soft) = (Vec::new(), false);
    for (name, value) in &document {
        let text =
            || value.as_str().map(str::to_owned).ok_or_else(|| format_error(format!("invalid \"{name}\" value")));
        match name.as_str() {
            "key" => targets.push(Wanted::Key(text()?)),
            "prefix" => targets.push(Wanted::Prefix(text()?)),
            "tag" => targets.push(Wanted::Tags(vec![text()?])),
            "tags" => targets.push(Wanted::Tags(tags(value)?)),
            "soft" => soft = value.as_bool().ok_or_else(|| format_error("invalid \"soft\" value".to_owned()))?,
            _ => return Err(format_error(format!("unknown parameter \"{name}\""))),
        }
    }
    match (targets.pop(), targets.is_empty()) {
        (Some(target), true) => Ok(Purge { target, soft }),
        _ => Err(format_error("one of \"key\", \"prefix\", \"tag\" and \"tags\" is needed".to_owned())),
    }
}

fn tags(value: &Value) -> Result<Vec<String>, Refused> {
    let wrong = || format_error("invalid \"tags\" value".to_owned());
    let list = value.as_array().filter(|list| !list.is_empty()).ok_or_else(wrong)?;
    list.iter().map(|tag| tag.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
}

fn format_error(text: String) -> Refused {
    Refused::new(400, "CachePurgeFormatError", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_refused_by_its_code() {
        for (body, code) in [
            ("[1]", "JsonError"),
            ("{}", "CachePurgeFormatError"),
            ("{\"soft\":true}", "CachePurgeFormatError"),
            ("{\"key\":\"a\",\"tag\":\"b\"}", "CachePurgeFormatError"),
            ("{\"key\":1}", "CachePurgeFormatError"),
            ("{\"tags\":[]}", "CachePurgeFormatError"),
            ("{\"tags\":[1]}", "CachePurgeFormatError"),
            ("{\"key\":\"a\",\"soft\":1}", "CachePurgeFormatError"),
            ("{\"colour\":\"a\"}", "CachePurgeFormatError"),
        ] {
            let refused = wanted(Some(body.as_bytes().to_vec())).err().map(|refused| refused.code);
            assert_eq!(refused, Some(code), "{body}");
        }
        assert!(wanted(Some(b"{\"prefix\":\"\",\"soft\":true}".to_vec())).is_ok_and(|purge| purge.soft));
    }
}
