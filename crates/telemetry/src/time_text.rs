//! The time as logs write it, put into words once a second.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// Texts of one second in one time zone, kept until the second is over. One per worker.
#[derive(Debug)]
pub struct TimeText {
    zone: TimeZone,
    texts: RefCell<Texts>,
}

#[derive(Debug, Default)]
struct Texts {
    second: Option<u64>,
    local: String,
    iso8601: String,
    error: String,
    syslog: String,
}

impl TimeText {
    /// In the system's time zone.
    pub fn system() -> Self {
        Self::new(TimeZone::system())
    }

    /// At a fixed distance from UTC, in seconds to the east.
    pub fn fixed(seconds: i32) -> Self {
        let offset = Offset::from_seconds(seconds).unwrap_or(Offset::UTC);
        Self::new(TimeZone::fixed(offset))
    }

    fn new(zone: TimeZone) -> Self {
        Self { zone, texts: RefCell::default() }
    }

    /// `$time_local`: `02/Jan/2006:15:04:05 +0000`. `unix` is the time since 1970.
    pub fn append_local(&self, unix: Duration, out: &mut Vec<u8>) {
        self.with(unix, |texts| out.extend_from_slice(texts.local.as_bytes()));
    }

    /// `$time_iso8601`: `2006-01-02T15:04:05+00:00`.
    pub fn append_iso8601(&self, unix: Duration, out: &mut Vec<u8>) {
        self.with(unix, |texts| out.extend_from_slice(texts.iso8601.as_bytes()));
    }

    /// The error log's: `2006/01/02 15:04:05`.
    pub fn append_error(&self, unix: Duration, out: &mut Vec<u8>) {
        self.with(unix, |texts| out.extend_from_slice(texts.error.as_bytes()));
    }

    /// A syslog message's (RFC 3164 §4.1.2): `Jan  2 15:04:05`.
    pub fn append_syslog(&self, unix: Duration, out: &mut Vec<u8>) {
        self.with(unix, |texts| out.extend_from_slice(texts.syslog.as_bytes()));
    }

    /// Seconds since midnight, by the zone's clocks.
    pub fn second_of_day(&self, unix: Duration) -> u32 {
        let seconds = i64::try_from(unix.as_secs()).unwrap_or(i64::MAX);
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.zone.clone()).time();
        let second = (i32::from(time.hour()) * 60 + i32::from(time.minute())) * 60 + i32::from(time.second());
        u32::try_from(second).unwrap_or(0)
    }

    /// Seconds that the zone's clocks are ahead of UTC.
    pub fn offset(&self, unix: Duration) -> i32 {
        let seconds = i64::try_from(unix.as_secs()).unwrap_or(i64::MAX);
        self.zone.to_offset(Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH)).seconds()
    }

    /// A time by a format of `strftime`, by the zone's clocks or as GMT; a format that is none stands for itself.
    pub fn append_format(&self, unix: Duration, format: &str, local: bool, out: &mut Vec<u8>) {
        let seconds = i64::try_from(unix.as_secs()).unwrap_or(i64::MAX);
        let gmt = || TimeZone::posix("GMT0").unwrap_or(TimeZone::UTC);
        let zone = if local { self.zone.clone() } else { gmt() };
        let time = Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone);
        let text = jiff::fmt::strtime::format(format, &time).unwrap_or_else(|_| format.to_owned());
        out.extend_from_slice(text.as_bytes());
    }

    fn with(&self, unix: Duration, use_texts: impl FnOnce(&Texts)) {
        let mut texts = self.texts.borrow_mut();
        if texts.second != Some(unix.as_secs()) {
            texts.fill(unix.as_secs(), &self.zone);
        }
        use_texts(&texts);
    }
}

/// `$msec`: seconds with milliseconds, `1136214245.123`.
pub fn append_msec(unix: Duration, out: &mut Vec<u8>) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{}.{:03}", unix.as_secs(), unix.subsec_millis());
}

impl Texts {
    fn fill(&mut self, second: u64, zone: &TimeZone) {
        self.second = Some(second);
        let timestamp =
            i64::try_from(second).ok().and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(Timestamp::MAX);
        let time = timestamp.to_zoned(zone.clone());
        let offset = time.offset().seconds();
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs() / 60;
        let (hours, minutes) = (minutes / 60, minutes % 60);
        let (year, month, day) = (time.year(), time.month(), time.day());
        let clock = format_args!("{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second()).to_string();
        let name = usize::try_from(month - 1).ok().and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        self.local.clear();
        self.iso8601.clear();
        self.error.clear();
        self.syslog.clear();
        // Writing to a string cannot fail.
        let _ = write!(self.local, "{day:02}/{name}/{year:04}:{clock} {sign}{hours:02}{minutes:02}");
        let _ = write!(self.iso8601, "{year:04}-{month:02}-{day:02}T{clock}{sign}{hours:02}:{minutes:02}");
        let _ = write!(self.error, "{year:04}/{month:02}/{day:02} {clock}");
        let _ = write!(self.syslog, "{name} {day:2} {clock}");
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

#[cfg(test)]
mod tests;
