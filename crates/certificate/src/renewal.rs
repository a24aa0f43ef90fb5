//! When a certificate is ordered anew: when its issuer says so (RFC 9773), or late in its life.

use std::time::Duration;

use jiff::Timestamp;
use model::Renewal;
use serde::Deserialize;

use crate::authority::{Authority, read};
use crate::clock;
use crate::failure::Failure;
use crate::leaf::Leaf;

const DAY: u64 = 24 * 60 * 60;
/// Certificates that live no longer are renewed after half of their life.
const SHORT: u64 = 10 * DAY;
/// An issuer is asked again after so long, where it says nothing or what is no use (RFC 9773 §4.3).
const USUAL: u64 = 6 * 60 * 60;
/// Bounds of what it may say.
const BOUNDS: (u64, u64) = (60, DAY);
/// Failed orders are tried again after so long, then after twice as long, and so on.
const PAUSES: (u64, u64) = (60, 6 * 60 * 60);

/// A time to renew in, in seconds since the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Window {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// What an issuer advises.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Advice {
    /// When it wants a new order.
    pub(crate) window: Window,
    /// Why.
    pub(crate) explanation: Option<String>,
    /// When it is to be asked again.
    pub(crate) ask_at: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenewalInfo {
    suggested_window: SuggestedWindow,
    #[serde(rename = "explanationURL")]
    explanation: Option<String>,
}

#[derive(Deserialize)]
struct SuggestedWindow {
    start: String,
    end: String,
}

impl Window {
    /// Late in the life of a certificate.
    pub(crate) fn of(leaf: &Leaf, rule: Renewal) -> Self {
        let life = leaf.ends.saturating_sub(leaf.begins);
        let left = match rule {
            Renewal::Usual if life > SHORT => life / 3,
            Renewal::Usual => life / 2,
            Renewal::Share(percent) => life / 100 * u64::from(percent.min(90)),
            Renewal::Left(time) => time.as_secs().min(life / 10 * 9),
        };
        // So not all that were ordered together are renewed together.
        let (middle, spread) = (leaf.ends.saturating_sub(left), life / 50);
        Self { start: middle.saturating_sub(spread), end: middle + spread }
    }

    /// Any time in it.
    pub(crate) fn moment(self) -> u64 {
        clock::between(self.start, self.end)
    }
}

/// What the issuer of a certificate advises; `None`: it does not.
pub(crate) async fn advice(authority: &Authority, leaf: &Leaf) -> Result<Option<Advice>, Failure> {
    let directory = authority.directory().await?;
    let (Some(url), Some(id)) = (&directory.renewal_info, &leaf.id) else { return Ok(None) };
    let answer = authority.fetch(&format!("{}/{id}", url.trim_end_matches('/'))).await?;
    let info: RenewalInfo = read(&answer)?;
    let window = Window { start: seconds(&info.suggested_window.start)?, end: seconds(&info.suggested_window.end)? };
    if window.end <= window.start {
        return Err(Failure::Strange("a time to renew that ends before it begins".into()));
    }
    let pause = answer.again().map_or(USUAL, |again| again.as_secs().clamp(BOUNDS.0, BOUNDS.1));
    Ok(Some(Advice { window, explanation: info.explanation, ask_at: clock::now() + pause }))
}

/// A time of RFC 3339.
fn seconds(text: &str) -> Result<u64, Failure> {
    let time: Timestamp = text.parse().map_err(|_| Failure::Strange("a time to renew that is no time".into()))?;
    Ok(u64::try_from(time.as_second()).unwrap_or(0))
}

/// When an issuer is asked again that did not answer.
pub(crate) fn after_silence() -> u64 {
    clock::now() + clock::about(Duration::from_secs(USUAL)).as_secs()
}

/// How long to wait after so many failures in a row; `again`: what the issuer says; `left`: what is left of the certificate
/// that is there.
pub(crate) fn pause(fails: u32, again: Option<Duration>, left: Option<u64>) -> Duration {
    let doubled = PAUSES.0.saturating_mul(1 << fails.saturating_sub(1).min(20)).min(PAUSES.1);
    // What has expired cannot be saved by haste.
    let urgent = left.filter(|left| *left > 0).map_or(doubled, |left| doubled.min((left / 4).max(PAUSES.0)));
    let again = again.unwrap_or_default().min(Duration::from_secs(DAY));
    clock::about(Duration::from_secs(urgent)).max(again)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(life: u64) -> Leaf {
        Leaf::lasting(1_000_000, 1_000_000 + life)
    }

    #[test]
    fn certificates_are_renewed_late_in_their_life() {
        let check = |life: u64, rule: Renewal, middle: u64| {
            let window = Window::of(&leaf(life), rule);
            let span = life / 50;
            assert_eq!((window.start + span, window.end - span), (1_000_000 + middle, 1_000_000 + middle), "{rule:?}");
            let moment = window.moment();
            assert!((window.start..=window.end).contains(&moment));
        };
        check(90 * DAY, Renewal::Usual, 60 * DAY);
        check(6 * DAY, Renewal::Usual, 3 * DAY);
        check(100 * DAY, Renewal::Share(20), 80 * DAY);
        check(100 * DAY, Renewal::Left(Duration::from_secs(30 * DAY)), 70 * DAY);
        // As long as it lives: not at once, over and over.
        check(100 * DAY, Renewal::Left(Duration::from_secs(200 * DAY)), 10 * DAY);
    }

    #[test]
    fn pauses_grow_and_end() {
        let within = |time: Duration, seconds: u64| {
            let (low, high) = (seconds * 9 / 10, seconds * 11 / 10);
            assert!((low..=high).contains(&time.as_secs()), "{time:?} {seconds}");
        };
        within(pause(1, None, None), 60);
        within(pause(3, None, None), 240);
        within(pause(99, None, None), PAUSES.1);
        within(pause(99, None, Some(4000)), 1000);
        within(pause(99, None, Some(0)), PAUSES.1);
        assert_eq!(pause(1, Some(Duration::from_secs(500)), None).as_secs(), 500);
        assert_eq!(pause(1, Some(Duration::from_secs(DAY * 9)), None).as_secs(), DAY);
    }
}
