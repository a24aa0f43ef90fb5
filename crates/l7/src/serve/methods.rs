//! Methods that files do not answer to: what is told of those that there are.

use crate::exchange::Exchange;
use crate::response::{Outcome, Response};
use model::FileStyle;
use protocol::Method;

/// The methods of files.
const OWN: &[u8] = b"GET,POST,OPTIONS,HEAD";

/// Methods that are known, though files have no answer to them (RFC 9110, 5789, 4918, 3253).
const KNOWN: [&[u8]; 23] = [
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"VERSION-CONTROL",
    b"CHECKOUT",
    b"UNCHECKOUT",
    b"CHECKIN",
    b"UPDATE",
    b"LABEL",
    b"REPORT",
    b"MKWORKSPACE",
    b"MKACTIVITY",
    b"BASELINE-CONTROL",
    b"MERGE",
];

impl Exchange<'_> {
    /// Whether files answer to POST, and tell their methods.
    pub fn tells_methods(&self) -> bool {
        self.place.section.style.files == FileStyle::Told
    }

    /// The path of the first index that is there in the folder of a path.
    async fn index_of(&self, path: &[u8]) -> Option<Vec<u8>> {
        for index in &self.place.section.files.index {
            let path = [path, &self.text_of(index)].concat();
            if self.look_at(&self.file_name(&path)?).await.is_ok() {
                return Some(path);
            }
        }
        None
    }

    /// Answers to any other method.
    pub async fn tell_methods(&mut self) -> Outcome {
        let name = self.file_name(&self.request.path).unwrap_or_default();
        let found = self.look_at(&name).await;
        let slash = self.request.path.ends_with(b"/");
        if !slash
            && self.place.section.files.directory_redirect
            && found.as_ref().is_ok_and(transport::file::Metadata::is_directory)
        {
            return self.redirect_to_slash();
        }
        if slash && let Some(path) = self.index_of(&self.request.path).await {
            return self.go_to_index(path);
        }
        if self.request.method == Method::Options {
            let content_type =
                if found.is_ok_and(|found| found.is_file()) { self.content_type_of_path() } else { Vec::new() };
            let mut response = Response::bytes(200, &content_type, Vec::new());
            response.head.fields.push(b"Allow", OWN);
            return Self::respond(response);
        }
        let known = KNOWN.contains(&self.request.method.as_bytes());
        self.carried.push(b"Allow", OWN);
        self.refuse(if known { 405 } else { 501 })
    }
}
