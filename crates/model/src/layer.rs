//! Settings that hold for some of a place's requests: only a request can tell which.

use crate::{Condition, Given, Overrides, Pattern, Section};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// The settings of a place whose requests do not all have the same.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Layers {
    /// What holds without any of the layers.
    pub bare: Section,
    /// In the order in which they are laid over it.
    pub layers: Vec<Layer>,
}

impl Layers {
    /// Whether the names of files end where the files do, and what follows in a path is for whoever serves them.
    pub fn finds_files(&self) -> bool {
        let asks = |layer: &Layer| layer.overrides.handler != Given::Unsaid;
        self.layers.iter().any(asks)
    }
}

/// Settings for some of a place's requests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Layer {
    /// Which requests: all of it must hold. Without any, the layer is for every request of the place.
    pub scope: Vec<Scope>,
    /// What they have otherwise.
    pub overrides: Overrides,
    /// Where it was written.
    pub origin: Origin,
}

/// Some requests.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Scope {
    /// Those for a path.
    Path(PathScope),
    /// Those whose path stands for a file or folder with this whole name.
    File(PathScope),
    /// Those whose file has a name, without its folders, that the expression matches.
    FileName(Pattern),
    /// Those that fulfil this.
    Condition(Box<Condition>),
}

/// Some paths.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum PathScope {
    /// This one and those below it: `/a` stands for `/a/b`, not for `/ab`.
    Below(String),
    /// Those that the expression matches.
    Regex(Pattern),
}
