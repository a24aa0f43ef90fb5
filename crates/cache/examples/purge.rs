//! Measures a purge of many objects by one tag: how long until none is served, and until their files are gone.
//!
//! `cargo run --release -p cache --example purge -- 1000000 /var/tmp/purge`

use cache::policy::Terms;
use cache::{Head, Key, Limits, Opening, Place, Sink, Store, Target, open};
use protocol::Fields;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use transport::clock;

const DAY: Duration = Duration::from_hours(24);
/// How many objects are written at a time.
const AT_A_TIME: usize = 256;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let count: usize = arguments.next().unwrap_or_else(|| "1000000".to_owned()).parse()?;
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| "purge-cache".to_owned()));
    std::fs::create_dir_all(&directory)?;
    let place = Place { name: "purge".to_owned(), directory, levels: vec![2, 2], entries: count * 2 };
    let limits =
        Limits { size: 0, free: 0, memory: 1 << 32, inactive: DAY, batch: 100, pause: Duration::from_millis(50) };
    let store = open(&place, limits);
    transport::runtime::run(transport::runtime::Choice::Auto, |_| measure(&store, count))?;
    Ok(())
}

async fn measure(store: &Arc<Store>, count: usize) {
    for first in (0..count).step_by(AT_A_TIME) {
        let keep = |number| tokio::task::spawn_local(keep(Arc::clone(store), number));
        let kept: Vec<_> = (first..count.min(first + AT_A_TIME)).map(keep).collect();
        for task in kept {
            // One that failed is not served, which is told.
            let _ = task.await;
        }
    }
    println!("{count} objects, {} MB of files", store.size() >> 20);
    let served = served(store, count).await;
    let begun = now();
    let purged = store.purge(Target::Tag(b"all"), false).await;
    let took = begun.elapsed();
    println!("{served} were served; the purge took {} us: {purged:?}", took.as_micros());
    println!("{} are served after it", self::served(store, count).await);
    while store.size() > 0 {
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("their files were gone after {} ms", begun.elapsed().as_millis());
}

/// The worker's own clock stands still while it works.
#[expect(clippy::disallowed_methods, reason = "it measures real time")]
fn now() -> Instant {
    Instant::now()
}

/// Keeps an object with ten tags.
async fn keep(store: Arc<Store>, number: usize) {
    let mut fields = Fields::new();
    let tags: Vec<String> =
        (0..9).map(|tag| format!("tag-{}", number.wrapping_mul(31).wrapping_add(tag) % 10_000)).collect();
    fields.push(b"Cache-Tag", format!("all, {}", tags.join(", ")).as_bytes());
    let key = key(number);
    let entry = store.entry(&Key::of(&key));
    let head = Head { key: key.into(), status: 200, fields, ..Head::default() };
    let now = clock::unix_time().as_secs();
    let terms = Terms { fresh_until: now + DAY.as_secs(), received: now, ..Terms::default() };
    let mut opening = Opening::new(&store, &entry, None, store.set_out(), (head, terms), Some(100));
    if opening.push(vec![b'x'; 100].into()).await.is_ok() {
        opening.finish().await;
    }
}

fn key(number: usize) -> Vec<u8> {
    format!("http://shop.example/products/{number}").into_bytes()
}

/// How many objects are served.
async fn served(store: &Arc<Store>, count: usize) -> usize {
    let mut served = 0;
    for number in 0..count {
        let Some(entry) = store.find(&Key::of(&key(number))) else { continue };
        served += usize::from(store.object(&entry).await.is_ok_and(|object| object.is_some()));
    }
    served
}
