//! What threads see of a table that they share.

use super::*;
use std::sync::Arc;
use std::thread;

fn add(table: &Table, key: &[u8]) -> Option<u64> {
    table.update(key, |value| Some(value.unwrap_or(0) + 1), Some).unwrap()
}

#[test]
fn a_key_keeps_its_value() {
    let table = Table::new(1024);
    assert_eq!((add(&table, b"a"), add(&table, b"a"), add(&table, b"b")), (Some(1), Some(2), Some(1)));
    assert_eq!((table.get(b"a"), table.get(b"b"), table.get(b"c"), table.len()), (Some(2), Some(1), None, 2));
}

#[test]
fn a_change_may_be_refused() {
    let table = Table::new(64);
    assert_eq!(table.update(b"a", |_| None, Some), Ok(None));
    assert!(table.is_empty());
    add(&table, b"a");
    assert_eq!(table.update(b"a", |value| value.filter(|value| *value > 5), Some), Ok(None));
    assert_eq!(table.get(b"a"), Some(1));
}

#[test]
fn what_is_oldest_gives_way() {
    let table = Table::new(REACH);
    for number in 0..REACH as u64 {
        table.update(&number.to_be_bytes(), |_| Some(100 + number), Some).unwrap();
    }
    table.update(b"new", |_| Some(1000), Some).unwrap();
    assert_eq!(
        (table.get(&0_u64.to_be_bytes()), table.get(&1_u64.to_be_bytes()), table.get(b"new")),
        (None, Some(101), Some(1000))
    );
    assert_eq!(table.update(b"newer", |_| Some(1), |_| None), Err(Full));
    assert_eq!(table.len(), REACH);
}

#[test]
fn no_change_is_lost_between_threads() {
    let table = Arc::new(Table::new(4096));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                for number in 0..10_000_u64 {
                    add(&table, &(number % 16).to_be_bytes());
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let sum: u64 = table.slots.iter().map(|slot| slot.value.load(Ordering::Relaxed)).sum();
    assert_eq!(sum, 40_000);
}

#[test]
fn a_place_is_changed_while_its_key_stands_there() {
    let table = Table::new(REACH);
    let (place, _) = table.update_at(b"a", &mut |_| Some(5), &Some).unwrap().unwrap();
    table.update_place(place, |value| value - 1);
    assert_eq!(table.get(b"a"), Some(4));
    table.update_place(Place { key: place.key ^ 2, ..place }, |_| 0);
    assert_eq!(table.get(b"a"), Some(4));
}
