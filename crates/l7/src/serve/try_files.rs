//! `try_files`: the first candidate that is there, or the fallback.

use crate::exchange::Exchange;
use crate::plan::{Fallback, Root, TryFiles};
use crate::reroute::Reroute;
use crate::response::Outcome;
use crate::uri;

impl Exchange<'_> {
    /// Points the request at the first candidate that is there; `None`: serve it here.
    pub async fn try_files(&mut self, rule: &TryFiles) -> Option<Outcome> {
        for (candidate, directory) in &rule.candidates {
            let mut below = Vec::new();
            candidate.evaluate(self, &mut below);
            if candidate.as_text().is_none() {
                self.strip_aliased(&mut below);
            }
            let name = self.candidate_name(&below);
            let found = self.look_at(&name).await;
            if found.is_ok_and(|found| found.is_directory() == *directory) {
                self.serve_candidate(below, *directory);
                return None;
            }
        }
        Some(self.fall_back(&rule.fallback))
    }

    /// What an alias replaces is no part of the name below it.
    fn strip_aliased(&self, candidate: &mut Vec<u8>) {
        if let (Root::Alias(_), Some(replaced)) = (&self.place.section.files.root, self.aliased_length())
            && let Some(prefix) = self.request.path.get(..replaced)
            && candidate.starts_with(prefix)
        {
            candidate.drain(..replaced);
        }
    }

    /// A candidate's file name: below the root, or below what an alias stands for.
    fn candidate_name(&self, below: &[u8]) -> Vec<u8> {
        let (Root::Root(root) | Root::Alias(root)) = &self.place.section.files.root;
        let mut name = self.text_of(root);
        name.extend_from_slice(below);
        name
    }

    /// The location's prefix, if it has one.
    pub fn location_prefix(&self) -> Option<&[u8]> {
        match self.place.location.map(|location| &location.matcher) {
            Some(model::Matcher::Exact(path) | model::Matcher::Prefix { path, .. } | model::Matcher::Below(path)) => {
                Some(path.as_bytes())
            }
            _ => None,
        }
    }

    /// The path becomes that of the candidate; the target that the client sent stands, as it does for nginx.
    fn serve_candidate(&mut self, below: Vec<u8>, directory: bool) {
        match (&self.place.section.files.root, self.aliased_length()) {
            (Root::Root(_), _) => self.request.path = below,
            (Root::Alias(_), Some(replaced)) => {
                self.request.path.truncate(replaced);
                self.request.path.extend_from_slice(&below);
            }
            (Root::Alias(_), None) if directory => {}
            (Root::Alias(_), None) => {
                self.request.path = below;
                self.request.alias_adds_path = true;
            }
        }
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
