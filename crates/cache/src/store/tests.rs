//! What stands in a store's memory and files, whatever comes between.

use super::*;
use crate::{Opening, Reader, Sink, Target};
use protocol::Fields;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
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
        self.open_for(name, 64, (0, 1 << 20))
    }

    /// The same, for about so many entries, bytes of files, and bytes of memory.
    fn open_for(&self, name: &str, entries: usize, (size, memory): (u64, u64)) -> Arc<Store> {
        let place = Place { name: name.into(), directory: self.directory.clone(), levels: vec![1], entries };
        let (inactive, pause) = (Duration::from_secs(DAY), Duration::from_millis(1));
        open(&place, Limits { size, free: 0, memory, inactive, batch: 100, pause })
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

fn terms() -> Terms {
    Terms { fresh_until: clock::unix_time().as_secs() + DAY, ..Terms::default() }
}

/// Keeps an answer, in its file too.
async fn keep(store: &Arc<Store>, tags: &str, body: &'static str) -> (Arc<Entry>, Arc<Object>) {
    let entry = store.entry(&Key::of(b"a"));
    let mut opening =
        Opening::new(store, &entry, None, store.set_out(), (head(tags), terms()), Some(body.len() as u64));
    opening.push(body.into()).await.unwrap();
    opening.finish().await;
    let object = entry.object().unwrap();
    (entry, object)
}

/// The body that is served.
async fn served(store: &Arc<Store>) -> Option<Bytes> {
    let object = store.object(&store.find(&Key::of(b"a"))?).await.unwrap()?;
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
        let given = store.renew(&entry, &old, (head(""), terms()), &store.set_out()).await;
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
            store.renew(&entry, &object, (head(tags), terms()), &store.set_out()).await;
            assert_eq!(served(&store).await.is_some(), kept, "{tags}");
        });
    }
}

/// An answer of so many bytes, on its way.
async fn begin(store: &Arc<Store>, length: usize) -> (Arc<Entry>, Opening) {
    let entry = store.entry(&Key::of(b"a"));
    let mut opening = Opening::new(store, &entry, None, store.set_out(), (head(""), terms()), Some(length as u64));
    opening.push(vec![b'x'; length].into()).await.unwrap();
    (entry, opening)
}

#[test]
fn a_late_answer_leaves_the_file_of_the_one_after_a_purge() {
    for length in [4, 300_000] {
        for purged in [true, false] {
            let setting = Setting::new("late");
            run(async || {
                let store = setting.open("late");
                let (_, late) = begin(&store, length).await;
                if purged {
                    store.purge(Target::Key(b"a"), false).await.unwrap();
                } else {
                    store.index.remove(&store.find(&Key::of(b"a")).unwrap());
                }
                let (entry, next) = begin(&store, length).await;
                next.finish().await;
                let id = entry.object().unwrap().id;
                late.finish().await;
                store.drop_object(&entry);
                store.wait_for_keeper();
                let kept = store.object(&store.entry(&Key::of(b"a"))).await.unwrap();
                assert_eq!(kept.map(|object| object.id), Some(id), "{length} bytes, purged: {purged}");
            });
        }
    }
}

#[test]
fn a_late_answer_does_not_stand_where_a_purge_of_many_is_not_through() {
    for length in [4, 300_000] {
        let setting = Setting::new("late-prefix");
        run(async || {
            let store = setting.open("late-prefix");
            let (entry, late) = begin(&store, length).await;
            store.purge(Target::Prefix(b""), false).await.unwrap();
            let (_, next) = begin(&store, length).await;
            next.finish().await;
            let id = entry.object().unwrap().id;
            late.finish().await;
            assert_eq!(entry.object().map(|object| object.id), Some(id), "{length} bytes");
        });
    }
}

#[test]
fn a_late_file_goes_and_leaves_anothers_alone() {
    let setting = Setting::new("displaced");
    run(async || {
        let store = setting.open("displaced");
        let (gone, _) = keep(&store, "", "old").await;
        let path = store.path(&gone.key);
        let old = std::fs::read(&path).unwrap();
        store.discard(&gone);
        store.wait_for_keeper();
        // As if its entry had gone while it got its name.
        std::fs::write(&path, &old).unwrap();
        store.count_file(&gone, old.len() as u64);
        store.wait_for_keeper();
        assert!(!path.exists() && store.size() == 0);
        let (other, _) = keep(&store, "", "new").await;
        // As if another had come since.
        store.count_file(&gone, old.len() as u64);
        store.wait_for_keeper();
        assert!(path.exists() && !other.is_gone() && store.size() == other.size());
    });
}

#[test]
fn a_file_that_gets_its_name_is_not_taken_for_the_one_before_it() {
    for length in [4, 300_000] {
        let setting = Setting::new("turns");
        run(async || {
            let store = setting.open("turns");
            let key = Key::of(b"a");
            // Somebody has looked, and is about to remove what has the name.
            let turn = store.turns.take(&key);
            let (entry, opening) = begin(&store, length).await;
            let named = tokio::task::spawn_local(opening.finish());
            while store.room.coming() > 0 {
                tokio::task::yield_now().await;
            }
            assert!(!store.path(&key).exists() && entry.size() == 0);
            drop(turn);
            named.await.unwrap();
            assert!(store.path(&key).exists() && entry.size() > 0);
            // What was ordered before it came does not concern it.
            keeper::remove(&store, &key);
            assert!(store.path(&key).exists());
        });
    }
}

#[test]
fn what_is_fetched_again_keeps_its_file() {
    let setting = Setting::new("again");
    run(async || {
        let store = setting.open("again");
        for round in 0..300 {
            let (gone, _) = keep(&store, "", "old").await;
            store.discard(&gone);
            let (entry, _) = keep(&store, "", "new").await;
            store.wait_for_keeper();
            assert!(store.path(&entry.key).exists(), "round {round}");
        }
    });
}

#[test]
fn what_was_purged_goes_though_another_is_there_that_cannot_be_written() {
    let setting = Setting::new("unwritten");
    run(async || {
        let store = setting.open("unwritten");
        let (gone, _) = keep(&store, "", "old").await;
        let path = store.path(&gone.key);
        store.index.remove(&gone);
        let (entry, object) = keep(&store, "", "new").await;
        // As if it were in memory alone.
        entry.swap_size(0);
        keeper::remove(&store, &gone.key);
        assert!(!path.exists() && entry.object().is_some_and(|held| held.id == object.id));
    });
}

#[test]
fn a_writer_without_a_file_waits_for_no_reader_who_left() {
    fn read(reader: &mut Reader, cx: &mut Context<'_>) {
        while matches!(reader.poll_chunk(cx), Poll::Ready(Ok(Some(_)))) {}
    }
    let setting = Setting::new("left");
    run(async || {
        let store = setting.open("left");
        store.wait_for_keeper();
        std::fs::remove_dir_all(&setting.directory).unwrap();
        let entry = store.entry(&Key::of(b"a"));
        let mut opening = Opening::new(&store, &entry, None, store.set_out(), (head(""), terms()), None);
        let piece = || Bytes::from(vec![b'x'; usize::try_from(MOST_HELD).unwrap()]);
        let (mut quick, mut slow) = (Reader::join(opening.fill()), Reader::join(opening.fill()));
        let mut push = Box::pin(opening.push(piece()));
        poll_fn(|cx| {
            read(&mut quick, cx);
            read(&mut slow, cx);
            push.as_mut().poll(cx)
        })
        .await
        .unwrap();
        drop(push);
        assert_eq!(store.faults(), 1);
        let mut push = Box::pin(opening.push(piece()));
        let cx = &mut Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(push.as_mut().poll(cx).is_pending(), "one has read nothing of it");
            read(&mut quick, cx);
        }
        drop(slow);
        assert!(matches!(push.as_mut().poll(cx), Poll::Ready(Ok(()))));
        drop(push);
        let mut push = Box::pin(opening.push(piece()));
        assert!(push.as_mut().poll(cx).is_pending());
        drop(quick);
        assert!(matches!(push.as_mut().poll(cx), Poll::Ready(Err(_))), "nobody reads it");
    });
}

#[test]
fn what_was_announced_takes_room() {
    const MIB: u64 = 1 << 20;
    let setting = Setting::new("announced");
    run(async || {
        let store = setting.open_for("announced", 64, (10 * MIB, MIB));
        assert!(store.has_room(Some(10 * MIB)) && !store.has_room(Some(10 * MIB + 1)) && store.has_room(None));
        let mut coming = Vec::new();
        while store.has_room(Some(MIB)) && coming.len() < 100 {
            let entry = store.entry(&Key::of(&coming.len().to_le_bytes()));
            coming.push(Opening::new(&store, &entry, None, store.set_out(), (head(""), terms()), Some(MIB)));
        }
        assert_eq!(coming.len(), 12);
        coming.clear();
        assert!(store.has_room(Some(MIB)));
    });
}

#[test]
fn who_was_too_slow_hides_nothing_of_who_came_after() {
    let setting = Setting::new("slow");
    run(async || {
        let store = setting.open("slow");
        let entry = store.entry(&Key::of(b"a"));
        let begin = |length| {
            let claim = entry.claim(clock::unix_time(), Duration::ZERO);
            assert!(claim.is_some());
            Opening::new(&store, &entry, claim, store.set_out(), (head(""), terms()), Some(length))
        };
        let ends: [fn(Opening); 2] = [drop, |mut opening| opening.lose(&io::ErrorKind::StorageFull.into())];
        for end in ends {
            let (first, second) = (begin(1), begin(2));
            end(first);
            assert_eq!(entry.fill().and_then(|fill| fill.length), Some(2));
            drop(second);
            assert!(entry.fill().is_none() && !entry.is_claimed());
        }
    });
}

#[test]
fn memory_is_bounded_where_few_of_many_slots_are_taken() {
    const MOST: u64 = 64 << 10;
    for memory in [0, MOST] {
        let setting = Setting::new("sparse");
        run(async || {
            let store = setting.open_for("sparse", 1 << 16, (0, memory));
            for number in 0..100_u32 {
                let entry = store.entry(&Key::of(&number.to_le_bytes()));
                let mut opening = Opening::new(&store, &entry, None, store.set_out(), (head(""), terms()), None);
                opening.push(vec![b'x'; 4096].into()).await.unwrap();
                opening.finish().await;
                assert!(store.memory() <= memory, "{number}: {}", store.memory());
            }
        });
    }
}

#[test]
fn what_was_read_beside_a_sweep_is_judged_by_its_purges() {
    for (soft, expected) in [(true, Some(false)), (false, None)] {
        let setting = Setting::new("beside");
        run(async || {
            let store = setting.open("beside");
            let (entry, _) = keep(&store, "t", "old").await;
            // As if it had been read from the file before the sweep, and were kept in memory only now.
            let early = Arc::new(store.read(&entry).await.unwrap());
            store.drop_object(&entry);
            store.purge(Target::Tag(b"t"), soft).await.unwrap();
            let is_through = |_| {
                std::thread::sleep(Duration::from_millis(1));
                store.purges.latest() == 0
            };
            assert!((0..8_000).any(is_through));
            if soft {
                store.keep(&entry, &early);
            }
            let now = clock::unix_time().as_secs();
            let found = store.object(&store.entry(&entry.key)).await.unwrap();
            assert_eq!(found.map(|object| object.terms().is_fresh(now)), expected, "soft: {soft}");
        });
    }
}

#[test]
fn what_others_wrote_meanwhile_goes_with_them() {
    let setting = Setting::new("foreign");
    run(async || {
        let store = setting.open("foreign");
        let (entry, object) = keep(&store, "", "own").await;
        store.wait_for_keeper();
        let own = std::fs::read(store.path(&entry.key)).unwrap();
        let mut foreign = own.clone();
        let mut header = Header::read(&own).unwrap();
        header.id = 1;
        foreign[..HEADER].copy_from_slice(&header.to_bytes());
        let path = |key: &[u8]| {
            let path = store.path(&Key::of(key));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        let (late, early) = (path(b"late"), path(b"early"));
        std::fs::write(&late, &foreign).unwrap();
        std::fs::write(&early, &foreign).unwrap();
        let then = std::time::UNIX_EPOCH + Duration::from_secs(DAY);
        std::fs::File::open(&early).unwrap().set_modified(then).unwrap();
        keeper::remove_foreign(&store);
        assert!(!late.exists() && early.exists() && store.path(&entry.key).exists());
        assert_eq!(store.object(&entry).await.unwrap().map(|object| object.id), Some(object.id));
        // One that took the place of an own file.
        std::fs::write(store.path(&entry.key), &foreign).unwrap();
        keeper::remove_foreign(&store);
        assert!(!store.path(&entry.key).exists() && store.find(&entry.key).is_none() && entry.is_gone());
    });
}
