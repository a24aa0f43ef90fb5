//! Steps that are run at moments of a request when its settings are known.

use crate::{Step, Template};
use serde::{Deserialize, Serialize};

/// What is run when; nothing inside it chooses another place of the same path.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Moments {
    /// Before anything is asked of the request.
    pub entered: Vec<Step>,
    /// Who the client is, before it is asked to prove to be somebody; empty: that is not known.
    pub user: Option<Template>,
    /// Once it was let in.
    pub admitted: Vec<Step>,
    /// Variables that get a value then, where they have none.
    pub defaults: Vec<(String, Template)>,
    /// Last, before it is served or sent on: what answers here does so in the place of both.
    pub ready: Vec<Step>,
}

/// What is laid over it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct MomentsOverrides {
    /// After the steps that are there.
    pub entered: Vec<Step>,
    /// In place of the steps that are there.
    pub admitted: Option<Vec<Step>>,
    /// Whether those steps are run at all; they are not before it is said.
    pub runs_admitted: Option<bool>,
    /// Values of variables, a later one in place of an earlier.
    pub defaults: Vec<DefaultValue>,
    /// In place of what is there.
    pub user: Option<Template>,
    /// Before the steps that are there.
    pub ready: Vec<Step>,
}

/// A value that a variable gets, or gets no longer.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct DefaultValue {
    /// The variable.
    pub variable: String,
    /// `None` takes back what was said before within the same group.
    pub value: Option<Template>,
    /// Layers come in groups, which are laid together before one group is laid over the other.
    pub group: u8,
}

impl MomentsOverrides {
    /// Lays another over this one.
    pub(crate) fn lay(&mut self, over: &Self) {
        self.entered.extend(over.entered.iter().cloned());
        self.admitted = over.admitted.clone().or(self.admitted.take());
        self.runs_admitted = over.runs_admitted.or(self.runs_admitted);
        for default in &over.defaults {
            let same = |known: &DefaultValue| known.variable == default.variable && known.group == default.group;
            self.defaults.retain(|known| !same(known));
            self.defaults.extend(default.value.is_some().then(|| default.clone()));
        }
        self.user = over.user.clone().or(self.user.take());
        self.ready.splice(0..0, over.ready.iter().cloned());
    }

    /// What there is to do; `None`: nothing.
    pub(crate) fn into_moments(self) -> Option<Box<Moments>> {
        let admitted = self.admitted.filter(|_| self.runs_admitted == Some(true)).unwrap_or_default();
        // The last counts: where they are given, it is the first.
        let values = self.defaults.into_iter().rev();
        let defaults = values.filter_map(|default| Some((default.variable, default.value?))).collect();
        let moments = Moments { entered: self.entered, admitted, defaults, user: self.user, ready: self.ready };
        (moments != Moments::default()).then(|| Box::new(moments))
    }
}
