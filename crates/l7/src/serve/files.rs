//! Files below a root: index files, directories, entity tags.

use crate::body::{Body, FileBody};
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::plan::Root;
use crate::reroute::Reroute;
use crate::response::{Outcome, Ranges, Response};
use crate::serve::open_files::Opened;
use protocol::Method;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::rc::Rc;
use telemetry::error_log::Level;
use transport::file::{self, File, Metadata};

impl Exchange<'_> {
    /// Serves the file that the path names.
    pub async fn serve_files(&mut self) -> Outcome {
        if self.tells_methods() && !matches!(self.request.method, Method::Get | Method::Head | Method::Post) {
            return Box::pin(self.tell_methods()).await;
        }
        if self.request.path.last() == Some(&b'/') {
            return self.serve_directory().await;
        }
        if !matches!(self.request.method, Method::Get | Method::Head | Method::Post) {
            return self.refuse(405);
        }
        let section = self.place.section;
        let Some(name) = self.file_name(&self.request.path) else { return self.misused_alias() };
        if let Some(filters) = section.filters.as_deref().filter(|filters| !filters.precompressed.is_empty())
            && let Some(response) = Box::pin(self.precompressed(filters, &name)).await
        {
            return Self::respond(response);
        }
        let opened = self.open_file(&name).await;
        let Opened { file, metadata } = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let elsewhere = self.go_elsewhere(&error);
                return elsewhere.unwrap_or_else(|| self.file_trouble(&name, "open()", &error));
            }
        };
        if metadata.is_directory() && !section.files.directory_redirect {
            return self.refuse(section.files.unlisted);
        }
        if metadata.is_directory() {
            return self.redirect_to_slash();
        }
        if !metadata.is_file() {
            self.log(Level::Critical, || format!("\"{}\" is not a regular file", String::from_utf8_lossy(&name)));
            return self.refuse(404);
        }
        if self.request.method == Method::Post && !self.tells_methods() {
            return self.refuse(405);
        }
        Self::respond(self.file_response(file, &metadata))
    }

    /// Where a request goes whose file is not there; `None`: it has come from there, or there is no such place.
    fn go_elsewhere(&self, error: &io::Error) -> Option<Outcome> {
        let fallback = self.place.section.files.fallback.as_ref().filter(|_| is_missing(error))?;
        let path = self.text_of(fallback);
        // A request inside the request looks for it, as for an index.
        (path != self.request.path).then(|| Outcome::Reroute(Reroute::to_index(path, self.request.arguments.clone())))
    }

    /// A response that sends a file.
    pub fn file_response(&self, file: Rc<File>, metadata: &Metadata) -> Response {
        let mut response = Response::empty(200);
        let content_type = self.content_type_of_path();
        if !content_type.is_empty() {
            response.head.fields.push(b"Content-Type", &content_type);
        }
        if let Some(extensions) = &self.place.section.files.extensions {
            self.describe(extensions, &mut response);
        }
        let modified = metadata.modified.as_secs();
        response.head.fields.push(b"Last-Modified", &transport::clock::format_date(metadata.modified));
        if self.place.section.files.etag {
            response.head.fields.push(b"ETag", format!("\"{modified:x}-{:x}\"", metadata.length).as_bytes());
        }
        if self.tells_methods() {
            response.head.fields.push(b"Accept-Ranges", b"bytes");
        }
        response.modified = Some(modified);
        response.length = Some(metadata.length);
        response.conditional = true;
        response.ranges = Ranges::Any;
        response.body = Body::File(Box::new(FileBody::new(file, 0, metadata.length)));
        response
    }

    /// Tries the index files of a directory.
    async fn serve_directory(&mut self) -> Outcome {
        if !matches!(self.request.method, Method::Get | Method::Head | Method::Post) {
            return self.refuse(405);
        }
        let section = self.place.section;
        if section.files.random
            && let Some(name) = self.file_name(&self.request.path)
            && let Some(outcome) = Box::pin(self.choose_at_random(path_of(&name))).await
        {
            return outcome;
        }
        if let Some(outcome) = self.find_index().await {
            return outcome;
        }
        if self.request.method != Method::Post
            && let Some(outcome) = self.serve_without_index().await
        {
            return outcome;
        }
        if let Some(outcome) = self.go_elsewhere(&io::ErrorKind::NotFound.into()) {
            return outcome;
        }
        let Some(name) = self.file_name(&self.request.path) else { return self.misused_alias() };
        match self.look_at(&name).await {
            Ok(found) if found.is_directory() => {
                self.log_error(|| format!("directory index of \"{}\" is forbidden", String::from_utf8_lossy(&name)));
                self.refuse(section.files.unlisted)
            }
            Ok(_) => self.refuse(404),
            Err(error) => self.file_trouble(&name, "open()", &error),
        }
    }

    /// Goes to the first index that is there; `None`: none is.
    async fn find_index(&mut self) -> Option<Outcome> {
        for index in &self.place.section.files.index {
            let mut name = Vec::new();
            index.evaluate(self, &mut name);
            if name.first() == Some(&b'/') {
                return Some(Outcome::Reroute(Reroute::to_index(name, self.request.arguments.clone())));
            }
            let mut path = self.request.path.clone();
            path.extend_from_slice(&name);
            let Some(candidate) = self.file_name(&path) else { return Some(self.misused_alias()) };
            match self.look_at(&candidate).await {
                Ok(_) => return Some(self.go_to_index(path)),
                Err(error) if is_missing(&error) => {}
                Err(error) => return Some(self.file_trouble(&candidate, "open()", &error)),
            }
        }
        None
    }

    /// What a folder is answered with where a program answers for files; `None`: it does for this one, too.
    pub async fn serve_folder(&mut self) -> Option<Outcome> {
        if !self.request.path.ends_with(b"/") {
            return self.place.section.files.directory_redirect.then(|| self.redirect_to_slash());
        }
        let index = self.find_index().await;
        index.or_else(|| self.go_elsewhere(&io::ErrorKind::NotFound.into()))
    }

    /// To an index that is there.
    pub fn go_to_index(&mut self, path: Vec<u8>) -> Outcome {
        let Some(status) = self.place.section.files.index_redirect else {
            return Outcome::Reroute(Reroute::to_index(path, self.request.arguments.clone()));
        };
        let mut location = Vec::new();
        crate::uri::escape_path(&path, &mut location);
        self.redirect_to(status, location)
    }

    /// The file name of a path; `None`: it has none here.
    pub fn file_name(&self, path: &[u8]) -> Option<Vec<u8>> {
        let mut name = Vec::new();
        match &self.place.section.files.root {
            Root::Root(root) => {
                root.evaluate(self, &mut name);
                name.extend_from_slice(path);
            }
            Root::Alias(alias) => {
                alias.evaluate(self, &mut name);
                name.extend_from_slice(self.after_location(path)?);
            }
        }
        Some(name)
    }

    /// What follows the location's prefix in a path; a location by expression covers all of it.
    pub fn after_location<'a>(&self, path: &'a [u8]) -> Option<&'a [u8]> {
        if !self.request.location_valid {
            return None;
        }
        match self.aliased_length() {
            Some(replaced) => path.get(replaced..),
            None if self.request.alias_adds_path => Some(path),
            None => Some(b""),
        }
    }

    /// How much of the path an alias replaces; `None`: all of it (in a location by expression).
    pub fn aliased_length(&self) -> Option<usize> {
        self.place.section.files.alias_replaces.or_else(|| self.location_prefix().map(<[u8]>::len))
    }

    /// The media type of the path's extension.
    pub fn content_type_of_path(&self) -> Vec<u8> {
        let files = &self.place.section.files;
        if let Some(extensions) = &files.extensions {
            return self.media_type(extensions).unwrap_or_default();
        }
        let by_extension = extension(&self.request.path).and_then(|extension| {
            let extension = std::str::from_utf8(extension).ok()?.to_ascii_lowercase();
            self.plan.types.get(files.types)?.get(extension.as_str())
        });
        by_extension.unwrap_or(&files.default_type).as_bytes().to_vec()
    }

    fn misused_alias(&mut self) -> Outcome {
        self.log(Level::Alert, || "\"alias\" cannot be used in a location where the URI was rewritten".into());
        self.refuse(500)
    }

    /// What a file that cannot be had is answered with.
    pub fn file_trouble(&mut self, name: &[u8], call: &str, error: &io::Error) -> Outcome {
        let text = || format!("{call} \"{}\" failed ({})", String::from_utf8_lossy(name), describe(error));
        match error.kind() {
            _ if is_missing(error) => {
                if self.place.section.logging.not_found {
                    self.log_error(text);
                }
                self.refuse(404)
            }
            _ if error.kind() == io::ErrorKind::PermissionDenied || file::is_forbidden_link(error) => {
                self.log_error(text);
                self.refuse(403)
            }
            _ => {
                self.log(Level::Critical, text);
                Outcome::Fail(Failure::new(Cause::FileFailed))
            }
        }
    }
}

/// An operating system's error as nginx writes it: number and text.
pub fn describe(error: &io::Error) -> String {
    let text = error.to_string();
    match (error.raw_os_error(), text.split_once(" (os error")) {
        (Some(code), Some((text, _))) => format!("{code}: {text}"),
        _ => text,
    }
}

/// A byte string as a path.
pub fn path_of(name: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(name))
}

/// Whether an error says that there is no such file.
pub fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename)
}

fn extension(path: &[u8]) -> Option<&[u8]> {
    let name = path.rsplit(|byte| *byte == b'/').next()?;
    memchr::memrchr(b'.', name).and_then(|dot| name.get(dot + 1..))
}
