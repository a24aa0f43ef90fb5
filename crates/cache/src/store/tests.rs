//! What stands in a store's memory and files, whatever comes between.

use super::*;
use crate::Opening;
use protocol::Fields;
use transport::runtime::{self, Choice};

const DAY: u64 = 86_400;

/// A store in a directory of its own.
struct Setting {
    directory: PathBuf,
}

impl Setting {
    fn new(name: &str) -> Self {
        let directory = std::env::temp_dir().join(format!("zaguan-store-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        std::fs::create_dir_all(&directory).unwrap();
        Self { directory }
    }

    /// The store, as a process finds it that begins.
    fn open(&self, name: &str) -> Arc<Store> {
        let place = Place { name: name.into(), directory: self.directory.clone(), levels: vec![1], entries: 64 };
        let (inactive, pause) = (Duration::from_secs(DAY), Duration::from_millis(1));
        open(&place, Limits { size: 0, free: 0, memory: 1 << 20, inactive, batch: 100, pause })
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn run(test: impl AsyncFnOnce()) {
    runtime::run(Choice::Auto, |_| async { test().await }).unwrap();
}

fn head(tags: &str) -> Head {
    let mut fields = Fields::new();
    fields.push(b"Cache-Tag", tags.as_bytes());
    Head { key: b"a"[..].into(), status: 200, fields, ..Head::default() }
}

fn terms(store: &Store) -> Terms {
    Terms { fresh_until: clock::unix_time().as_secs() + DAY, born: store.next_id(), ..Terms::default() }
}

/// Keeps an answer, in its file too.
async fn keep(store: &Arc<Store>, tags: &str, body: &'static str) -> (Arc<Entry>, Arc<Object>) {
    let entry = store.entry(&Key::of(b"a"));
    let mut opening = Opening::new(store, &entry, None, (head(tags), terms(store)), Some(body.len() as u64));
    opening.push(body.into()).await.unwrap();
    opening.finish().await;
    let object = entry.object().unwrap();
    (entry, object)
}

/// The body that is served.
async fn served(store: &Arc<Store>) -> Option<Bytes> {
    let object = store.object(&store.find(&Key::of(b"a"))?).await?;
    match &object.body {
        Body::Memory(bytes) => Some(bytes.clone()),
        Body::File => None,
    }
}

#[test]
fn what_was_found_good_does_not_take_the_place_of_what_came_since() {
    let setting = Setting::new("renew");
    run(async || {
        let store = setting.open("renew");
        let (entry, old) = keep(&store, "", "old").await;
        keep(&store, "", "new").await;
        let given = store.renew(&entry, &old, head(""), terms(&store)).await;
        assert_eq!(given.id, old.id, "whoever asked may have it");
        assert_eq!(served(&store).await.as_deref(), Some(&b"new"[..]));
    });
}

#[test]
fn what_cannot_be_purged_by_its_new_tags_is_not_kept() {
    let many = (0..1001).map(|tag| tag.to_string()).collect::<Vec<_>>().join(",");
    for (tags, kept) in [("t", true), ("u", false), (many.as_str(), false)] {
        let setting = Setting::new("retagged");
        run(async || {
            let store = setting.open("retagged");
            let (entry, object) = keep(&store, "t", "body").await;
            store.renew(&entry, &object, head(tags), terms(&store)).await;
            assert_eq!(served(&store).await.is_some(), kept, "{tags}");
        });
    }
}
