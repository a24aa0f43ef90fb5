//! Looks on: access logs, error-log lines with what they are about, counters.

mod access_log;
mod error_log;

use crate::exchange::Exchange;

impl Exchange<'_> {
    /// Writes down how the exchange ended.
    pub fn record(&mut self, request_bytes: u64, sent_bytes: u64) {
        self.end_attempt();
        self.request.bytes = request_bytes;
        self.sent.bytes = sent_bytes;
        self.log_passage(|| format!("http finalize request: {}, {sent_bytes} bytes sent", self.sent.status));
        self.log_access();
        let counters = &self.worker.shared.counters;
        counters.count_response(self.sent.status);
        counters.bytes_received.add(request_bytes);
        counters.bytes_sent.add(sent_bytes);
        let place = &self.place;
        for tally in place.site.tally.iter().chain(&place.section.tally) {
            tally.count(self.sent.status, request_bytes, sent_bytes);
        }
        self.count_kept();
    }

    /// Counts what kept answers had to do with the response.
    fn count_kept(&self) {
        let Some(kept) = &self.kept else { return };
        let Some(store) = &kept.counted else { return };
        let fetched = || self.attempts.last().map_or(0, |attempt| attempt.length);
        store.tallies().count(kept.status as usize, self.sent.body_bytes, kept.stored.then(fetched));
    }
}
