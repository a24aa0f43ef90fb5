//! Listings of directories (`autoindex`), and files chosen at random (`random_index`).

mod page;
mod records;

pub use page::{civil, escape_html};

use crate::exchange::Exchange;
use crate::reroute::Reroute;
use crate::response::{Outcome, Response};
use crate::serve::files::path_of;
use crate::uri;
use model::{Listing, ListingFormat, PageStyle};
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;
use transport::clock;
use transport::file::{self, FileKind};

/// A line of a listing.
pub struct Line {
    /// The file's name.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: FileKind,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, since 1970.
    pub modified: Duration,
}

impl Exchange<'_> {
    /// Lists a directory; directories come first, then names in order.
    pub async fn list(&mut self, rule: Listing, path: &Path) -> Outcome {
        let entries = match file::list(path).await {
            Ok(entries) => entries,
            Err(error) => return self.file_trouble(path.as_os_str().as_bytes(), "open()", &error),
        };
        let mut lines: Vec<Line> = entries
            .into_iter()
            .map(|entry| Line {
                name: entry.name.as_bytes().to_vec(),
                kind: entry.metadata.kind,
                size: entry.metadata.length,
                modified: entry.metadata.modified,
            })
            .collect();
        lines.sort_by(|a, b| (a.kind != FileKind::Directory, &a.name).cmp(&(b.kind != FileKind::Directory, &b.name)));
        let (media, body): (&[u8], _) = match rule.format {
            ListingFormat::Html => (b"text/html", self.listing_page(rule, &lines)),
            ListingFormat::Json => (b"application/json", records::json(&lines, None)),
            ListingFormat::JsonWithCallback => match self.callback() {
                None => (b"application/json", records::json(&lines, None)),
                Some(name) if is_function(&name) => (b"application/javascript", records::json(&lines, Some(&name))),
                Some(_) => return self.refuse(400),
            },
            ListingFormat::Xml => (b"text/xml; charset=utf-8", records::xml(&lines)),
        };
        let mut response = Response::bytes(200, media, body);
        // As nginx has it: what is made as it is sent has no length of its own.
        response.length = None;
        response.conditional = self.place.section.style.pages != PageStyle::Document;
        Self::respond(response)
    }

    /// The function that the client asks for.
    fn callback(&self) -> Option<Vec<u8>> {
        self.request.argument(b"callback").map(uri::unescape_all).filter(|name| !name.is_empty())
    }

    /// The times of a listing are the machine's by the request, UTC by default; names are cut by characters where it is in UTF-8.
    fn listing_page(&self, rule: Listing, lines: &[Line]) -> Vec<u8> {
        let zone = if rule.local_time { self.worker.shared.time.offset(clock::unix_time()) } else { 0 };
        page::write(&self.request.path, lines, &page::Style { exact: rule.exact_size, zone, utf8: self.sends_utf8() })
    }

    fn sends_utf8(&self) -> bool {
        let filters = self.place.section.filters.as_deref();
        let charset = filters.and_then(|filters| filters.charset.as_ref());
        charset.is_some_and(|charset| {
            let named = charset.target.as_ref().is_some_and(|name| self.text_of(name).eq_ignore_ascii_case(b"utf-8"));
            named && charset.types.contain(Some(b"text/html"))
        })
    }

    /// A file of a directory, chosen at random; `None`: there is none.
    pub async fn choose_at_random(&mut self, path: &Path) -> Option<Outcome> {
        let mut files = file::list(path).await.ok()?;
        files.retain(|entry| entry.metadata.is_file());
        let count = u64::try_from(files.len()).ok().filter(|count| *count > 0)?;
        let chosen = RandomState::new().hash_one(count) % count;
        let name = files.get(usize::try_from(chosen).ok()?)?.name.as_bytes();
        let path = [self.request.path.as_slice(), name].concat();
        Some(Outcome::Reroute(Reroute::to_path(path, self.request.arguments.clone())))
    }

    /// The directory that the path names.
    pub async fn serve_without_index(&mut self) -> Option<Outcome> {
        let rule = self.place.section.files.listing?;
        let name = self.file_name(&self.request.path)?;
        Some(Box::pin(self.list(rule, path_of(&name))).await)
    }
}

/// Whether a text can be the name of a function, and nothing more.
fn is_function(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_$.".contains(byte))
}
