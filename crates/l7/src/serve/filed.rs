//! Answers that are written into files of the operator's, as they come.

use crate::body::Body;
use crate::exchange::Exchange;
use crate::plan::Proxy;
use crate::plan::section::FiledAnswers;
use crate::response::{Ranges, Response};
use crate::serve::cached::{StoredBody, pump};
use crate::serve::files::path_of;
use cache::{Filing, Reader, Sink as _};
use protocol::Method;
use std::sync::Arc;
use std::time::{Duration, SystemTime};
use transport::Chunk;

impl Exchange<'_> {
    /// Writes an answer into its file, if it is one that files are made of: from here on whoever reads it reads it as it grows.
    pub fn file_answer(&mut self, proxy: &Proxy, filed: &FiledAnswers, mut response: Box<Response>) -> Box<Response> {
        let taken = response.head.status == 200 && self.request.method != Method::Head && response.ranges == Ranges::No;
        let sent = !matches!(&response.body, Body::Relay(relay) if !relay.has_sent_all());
        if !taken || !sent || !response.is_relayed() {
            return response;
        }
        let path = match &filed.path {
            Some(path) => self.text_of(path),
            None => self.file_name(&self.request.path).unwrap_or_default(),
        };
        if path.is_empty() || path.last() == Some(&b'/') {
            return response;
        }
        let modified = response.modified.map(|modified| SystemTime::UNIX_EPOCH + Duration::from_secs(modified));
        let place = cache::FilePlace { path: path_of(&path).to_owned(), mode: filed.mode, modified };
        let directory = &proxy.buffering.temp_directory;
        let (tally, fill) = match std::mem::replace(&mut response.body, Body::Empty) {
            Body::Relay(relay) => {
                let filing = Filing::new(directory, place, response.length);
                let fill = Arc::clone(filing.fill());
                (Some(pump::keep_coming(filing, relay, None)), fill)
            }
            Body::Bytes(body) => {
                let body = Chunk::from(body.into_bytes());
                let filing = Filing::new(directory, place, Some(body.len() as u64));
                let fill = Arc::clone(filing.fill());
                pump::keep_whole(filing, body);
                (None, fill)
            }
            other => {
                response.body = other;
                return response;
            }
        };
        response.body = Body::Stored(Box::new(StoredBody::new(Reader::join(&fill), tally)));
        response
    }
}
