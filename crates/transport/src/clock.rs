//! The worker's clock: read once a loop turn, and the `Date` text formatted once a second.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Polls of streams after which the clock is read again although the turn has not ended.
const POLLS_PER_READING: u32 = 32;

thread_local! {
    static CLOCK: Clock = const { Clock { now: Cell::new(None), unix: Cell::new(Duration::ZERO), polls: Cell::new(0) } };
    static DATE: RefCell<Date> = const { RefCell::new(Date { second: u64::MAX, text: [0; 29] }) };
}

struct Clock {
    /// What the clock said when the turn began; none on a thread that runs no worker.
    now: Cell<Option<Instant>>,
    /// The same as the time since 1970.
    unix: Cell<Duration>,
    polls: Cell<u32>,
}

struct Date {
    second: u64,
    text: [u8; 29],
}

/// The monotonic time when this turn of the worker's loop began; the present on a thread without a worker.
pub fn now() -> Instant {
    CLOCK.with(|clock| clock.now.get()).unwrap_or_else(|| read().0)
}

/// The time since 1970, to the millisecond or better, when this turn of the worker's loop began.
pub fn unix_time() -> Duration {
    CLOCK.with(|clock| clock.now.get().map(|_| clock.unix.get())).unwrap_or_else(|| read().1)
}

/// The value of a `Date` field now (RFC 9110 §5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date() -> [u8; 29] {
    let now = unix_time();
    DATE.with_borrow_mut(|date| {
        if date.second != now.as_secs() {
            date.second = now.as_secs();
            date.text = format_date(now);
        }
        date.text
    })
}

/// The line of a `Date` field now, its end included.
pub fn date_line() -> [u8; 37] {
    let mut line = *b"Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n";
    if let Some(text) = line.get_mut(6..35) {
        text.copy_from_slice(&http_date());
    }
    line
}

/// The date `since_1970` as a `Date` or `Last-Modified` field has it (RFC 9110 §5.6.7).
pub fn format_date(since_1970: Duration) -> [u8; 29] {
    // The last second that four digits of a year can express: 9999-12-31T23:59:59Z.
    const LAST: u64 = 253_402_300_799;
    let second = Duration::from_secs(since_1970.as_secs().min(LAST));
    let text = httpdate::fmt_http_date(UNIX_EPOCH + second);
    text.as_bytes().try_into().unwrap_or(*b"Thu, 01 Jan 1970 00:00:00 GMT")
}

/// Reads the clock for the turn that begins.
pub(crate) fn refresh() {
    CLOCK.with(|clock| {
        let (now, unix) = read();
        clock.now.set(Some(now));
        clock.unix.set(unix);
        clock.polls.set(0);
    });
}

/// Counts a poll of a stream, so that a turn of many polls does not run on an old reading.
pub(crate) fn count_poll() {
    CLOCK.with(|clock| {
        let polls = clock.polls.get() + 1;
        clock.polls.set(polls);
        if polls >= POLLS_PER_READING && clock.now.get().is_some() {
            refresh();
        }
    });
}

/// The thread runs no worker any more: every question reads the clock.
pub(crate) fn forget() {
    CLOCK.with(|clock| clock.now.set(None));
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the clock")]
fn read() -> (Instant, Duration) {
    (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_written_as_rfc_9110_shows_it() {
        assert_eq!(&format_date(Duration::from_secs(784_111_777)), b"Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(&format_date(Duration::MAX), b"Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn without_a_worker_the_clock_is_read_each_time() {
        let first = now();
        while now() == first {}
        assert!(now() > first);
    }
}
