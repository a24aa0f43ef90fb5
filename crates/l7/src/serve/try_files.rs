//! `try_files`: the first candidate that is there, or the fallback.

use crate::exchange::Exchange;
use crate::plan::{Fallback, Root, TryFiles};
use crate::response::Outcome;
use crate::reroute::Reroute;
use crate::serve::files::path_of;
use crate::uri;
use transport::file;

impl Exchange<'_> {
    /// Points the request at the first candidate that is there; `None`: serve it here.
    pub async fn try_files(&mut self, rule: &TryFiles) -> Option<Outcome> {
        for (candidate, directory) in &rule.candidates {
            let mut path = Vec::new();
            candidate.evaluate(self, &mut path);
            let name = self.candidate_name(&path);
            let found = file::metadata(path_of(&name)).await;
            if found.is_ok_and(|found| if *directory { found.is_directory() } else { found.is_file() }) {
                self.serve_candidate(path, *directory);
                return None;
            }
        }
        Some(self.fall_back(&rule.fallback))
    }

    /// A candidate's file name: below the root; with an alias, below what it stands for.
    fn candidate_name(&self, path: &[u8]) -> Vec<u8> {
        match &self.place.section.files.root {
            Root::Root(_) => self.file_name(path).unwrap_or_default(),
            Root::Alias(alias) => {
                let mut name = Vec::new();
                alias.evaluate(self, &mut name);
                let prefix = self.location_prefix().filter(|prefix| path.starts_with(prefix)).map_or(0, <[u8]>::len);
                name.extend_from_slice(path.get(prefix..).unwrap_or(&[]));
                name
            }
        }
    }

    /// The location's prefix, if it has one.
    pub fn location_prefix(&self) -> Option<&[u8]> {
        match self.place.location.map(|location| &location.matcher) {
            Some(model::Matcher::Exact(path) | model::Matcher::Prefix { path, .. }) => Some(path.as_bytes()),
            _ => None,
        }
    }

    fn serve_candidate(&mut self, mut path: Vec<u8>, directory: bool) {
        if directory && path.last() != Some(&b'/') {
            path.push(b'/');
        }
        self.request.path = path;
        self.request.target_valid = false;
    }

    fn fall_back(&mut self, fallback: &Fallback) -> Outcome {
        match fallback {
            Fallback::Status(status) => self.refuse(*status),
            Fallback::Named(name) => Outcome::Reroute(Reroute::to_named(name.to_vec())),
            Fallback::Path(template) => {
                let mut target = Vec::new();
                template.evaluate(self, &mut target);
                let (path, arguments) = uri::split_arguments(&target);
                Outcome::Reroute(Reroute::to_path(path.to_vec(), arguments.to_vec()))
            }
        }
    }
}
