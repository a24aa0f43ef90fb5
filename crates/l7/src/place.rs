//! Where an exchange stands: its site, its location, the settings that hold.

use crate::plan::{Location, Section, Site};
use protocol::Method;

/// Where an exchange stands.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// The site.
    pub site: &'p Site,
    /// The location, once one was chosen and if any matched.
    pub location: Option<&'p Location>,
    /// The settings that hold: the location's, the site's, or a conditional block's.
    pub section: &'p Section,
    /// Whether the location's script is for the request: it is not where its method has settings of its own.
    pub scripted: bool,
}

impl<'p> Place<'p> {
    /// In a site, before (or without) a location.
    pub fn site(site: &'p Site) -> Self {
        Self { site, location: None, section: &site.section, scripted: true }
    }

    /// In a location, with a request of this method.
    pub fn location(site: &'p Site, location: &'p Location, method: &Method) -> Self {
        let other = location.other_methods.as_ref().filter(|other| !other.except.iter().any(|one| covers(one, method)));
        let section = other.map_or(&location.section, |other| &other.section);
        Self { site, location: Some(location), section, scripted: other.is_none() }
    }

    /// A conditional block of the location's script took effect.
    pub fn enter_block(&mut self, section: &'p Section) {
        self.section = section;
    }
}

/// Whether a method that was named stands for another: GET does for HEAD.
pub fn covers(named: &Method, method: &Method) -> bool {
    named == method || (*named == Method::Get && *method == Method::Head)
}
