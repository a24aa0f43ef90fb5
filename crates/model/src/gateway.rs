//! Asking programs over FastCGI, SCGI or uwsgi: what differs from HTTP.

use crate::{Condition, Part, Pattern, Template};
use diagnostic::Origin;
use serde::{Deserialize, Serialize};

/// How programs are asked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Gateway {
    /// The protocol.
    pub protocol: GatewayProtocol,
    /// Parameters, in order. The client's fields follow as `HTTP_NAME`, unless one of these has that name.
    pub params: Vec<GatewayParam>,
    /// Which of the client's fields follow.
    pub fields: GatewayFields,
    /// Whether what the site [exports](crate::Http::exported) are parameters, too, where a field is none of that name.
    pub exports: bool,
    /// Changes of all these, one after the other.
    pub edits: Vec<ParamEdit>,
    /// A program that complains of one of these has failed.
    pub fatal: Vec<String>,
    /// Where it was written.
    pub origin: Origin,
}

/// How a path is read that names a script.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct ScriptPath {
    /// What the name of a script has behind it that ends with a slash.
    pub index: Option<Template>,
    /// Takes a path apart: its first group is the script's name, its second what follows that.
    pub split: Option<Pattern>,
}

/// What is spoken to programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum GatewayProtocol {
    /// FastCGI 1.0.
    FastCgi {
        /// Programs are asked to leave connections open.
        keeps: bool,
    },
    /// SCGI.
    Scgi,
    /// uwsgi.
    Uwsgi {
        /// The two bytes that say what a packet is for.
        modifiers: [u8; 2],
    },
}

/// A parameter.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct GatewayParam {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Template,
    /// It is left out where its value is empty.
    pub unless_empty: bool,
    /// What stands before the value where the name of a file is told as part of a URL.
    pub url: String,
    /// Where it was written.
    pub origin: Origin,
}

/// Which fields of clients are parameters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum GatewayFields {
    /// All; the host is what the request is served as.
    #[default]
    Every,
    /// Those that have no parameter of another name (RFC 3875 §4.1.18) and whose names are letters, digits and `-`.
    Named {
        /// Also those by which a client proves who it is.
        credentials: bool,
    },
}

/// A change of parameters. In it, the variables `param_NAME` are the parameters as they are by then.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ParamEdit {
    /// When it is made.
    pub condition: Condition,
    /// The parameter.
    pub name: String,
    /// Its value from then on; `None`: it is left out.
    pub value: Option<Template>,
}

/// What is laid over a [`Gateway`].
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct GatewayOverrides {
    /// Whether programs are told by what a client proves who it is.
    pub credentials: Option<bool>,
    /// Whether names of files are told bare, not as parts of URLs.
    pub bare_names: Option<bool>,
    /// Parameters in the place of those of the same name; `None`: as they would be without.
    pub params: Vec<(String, Option<Template>)>,
    /// Changes after those that are there.
    pub edits: Vec<ParamEdit>,
}

impl Gateway {
    /// Lays settings over these, one after the other.
    pub(crate) fn lay<'o>(&mut self, layers: impl Iterator<Item = &'o GatewayOverrides>) {
        let (mut bare, mut params) = (false, Vec::new());
        for over in layers {
            bare = over.bare_names.unwrap_or(bare);
            params.extend(&over.params);
            self.edits.extend(over.edits.iter().cloned());
            if let (GatewayFields::Named { credentials }, Some(passes)) = (&mut self.fields, over.credentials) {
                *credentials = passes;
            }
        }
        for param in &mut self.params {
            let said = params.iter().rfind(|(name, _)| *name == param.name);
            if let Some((_, Some(value))) = said {
                param.value.clone_from(value);
            }
            let url = std::mem::take(&mut param.url);
            if !bare && !url.is_empty() {
                param.value.parts.insert(0, Part::Text(url));
            }
        }
    }
}
