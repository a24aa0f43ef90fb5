//! Layers of settings, compiled.

use crate::plan::Build;
use crate::plan::layers::{Layers, PathScope, Scope};

impl Build<'_> {
    /// The layers of a place. Each is tried on, so that what is wrong with it is found now.
    pub fn layers(&mut self, layers: &model::Layers) -> Layers {
        let place = self.places;
        for layer in &layers.layers {
            let mut section = layers.bare.clone();
            section.lay(&[&layer.overrides.shown()]);
            self.section(&section);
        }
        let scopes = layers.layers.iter().map(|layer| self.scopes(&layer.scope));
        let scopes = scopes.collect();
        Layers::new(layers.clone(), scopes, place)
    }

    fn scopes(&mut self, scopes: &[model::Scope]) -> Vec<Scope> {
        scopes.iter().filter_map(|scope| self.scope(scope)).collect()
    }

    fn scope(&mut self, scope: &model::Scope) -> Option<Scope> {
        Some(match scope {
            model::Scope::Path(path) => Scope::Path(self.path_scope(path)?),
            model::Scope::File(path) => Scope::File(self.path_scope(path)?),
            model::Scope::FileName(pattern) => Scope::FileName(self.regex(pattern)?),
            model::Scope::Condition(condition) => Scope::Condition(self.condition(condition)?),
        })
    }

    fn path_scope(&mut self, path: &model::PathScope) -> Option<PathScope> {
        Some(match path {
            model::PathScope::Below(path) => PathScope::Below(path.as_bytes().into()),
            model::PathScope::Regex(pattern) => PathScope::Regex(self.regex(pattern)?),
        })
    }
}
