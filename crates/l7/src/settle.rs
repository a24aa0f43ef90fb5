//! Finds the settings of a request where those of its place come in layers.

use crate::exchange::Exchange;
use crate::plan::layers::{Layers, PathScope, Scope};
use crate::route::is_below;
use model::Groups;
use value::Regex;

impl<'p> Exchange<'p> {
    /// Finds out which layers are for the request, and has their settings hold; false: that cannot be.
    pub async fn settle(&mut self, layers: &'p Layers) -> bool {
        if layers.finds_files {
            self.look_for_file().await;
        }
        let file = self.file_name(self.request.path_of_file()).unwrap_or_default();
        let mut set = Vec::new();
        for (index, scopes) in layers.scopes.iter().enumerate() {
            if self.all_hold(scopes, &file).await {
                set.push(index);
            }
        }
        let section = layers.section(self.plan, &set);
        if let Some(section) = section {
            self.place.section = section;
        } else {
            self.log_error(|| "the request's settings are one combination too many".into());
        }
        section.is_some()
    }

    async fn all_hold(&self, scopes: &[Scope], file: &[u8]) -> bool {
        for scope in scopes {
            let holds = match scope {
                Scope::Path(scope) => self.has(scope, &self.request.path),
                Scope::File(scope) => self.has(scope, file),
                Scope::FileName(regex) => {
                    let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                    self.fits(regex, name)
                }
                Scope::Condition(condition) => self.holds(condition).await,
            };
            if !holds {
                return false;
            }
        }
        true
    }

    fn has(&self, scope: &PathScope, path: &[u8]) -> bool {
        match scope {
            PathScope::Below(above) => is_below(path, above),
            PathScope::Regex(regex) => self.fits(regex, path),
        }
    }

    /// Whether a text matches; what named groups matched is bound.
    fn fits(&self, regex: &Regex, text: &[u8]) -> bool {
        if regex.names().next().is_none() {
            return regex.is_match(text).unwrap_or(false);
        }
        self.bindings.matches(regex, text, Groups::Matched, self.plan)
    }
}
