//! How programs are asked, compiled.

use super::Template;
use crate::script::Condition;
use model::{GatewayFields, GatewayProtocol};
use protocol::gateway::Protocol;
use value::Regex;

/// How programs are asked.
pub struct Gateway {
    /// The protocol.
    pub protocol: GatewayProtocol,
    /// Parameters, in order.
    pub params: Vec<GatewayParam>,
    /// Which of the client's fields are parameters, too.
    pub fields: GatewayFields,
    /// Whether what the site exports are, too.
    pub exports: bool,
    /// Changes of all these.
    pub edits: Vec<ParamEdit>,
    /// A program that complains of one of these has failed.
    pub fatal: Vec<Box<[u8]>>,
}

/// How a path is read that names a script.
pub struct ScriptPath {
    /// What follows the name of a script that ends with a slash.
    pub index: Option<Template>,
    /// Takes a path apart into a script's name and what follows that.
    pub split: Option<Regex>,
}

/// A parameter.
pub struct GatewayParam {
    /// Its name.
    pub name: Box<[u8]>,
    /// Its value.
    pub value: Template,
    /// It is left out where its value is empty.
    pub unless_empty: bool,
}

/// A change of parameters.
pub struct ParamEdit {
    /// When it is made.
    pub condition: Condition,
    /// The parameter.
    pub name: Box<[u8]>,
    /// Its value from then on; `None`: it is left out.
    pub value: Option<Template>,
}

impl Gateway {
    /// The protocol without what a place says of it.
    pub fn spoken(&self) -> Protocol {
        match self.protocol {
            GatewayProtocol::FastCgi { .. } => Protocol::FastCgi,
            GatewayProtocol::Scgi => Protocol::Scgi,
            GatewayProtocol::Uwsgi { .. } => Protocol::Uwsgi,
        }
    }

    /// Whether the length of a request's content may be unknown when it begins.
    pub fn streams(&self) -> bool {
        matches!(self.protocol, GatewayProtocol::FastCgi { .. }) && self.fields == GatewayFields::Every
    }
}
