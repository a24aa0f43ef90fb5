//! Where an exchange stands: its site, its location, the settings that hold.

use crate::plan::{Location, Section, Site};

/// Where an exchange stands.
#[derive(Clone, Copy)]
pub struct Place<'p> {
    /// The site.
    pub site: &'p Site,
    /// The location, once one was chosen and if any matched.
    pub location: Option<&'p Location>,
    /// The settings that hold: the location's, the site's, or a conditional block's.
    pub section: &'p Section,
}

impl<'p> Place<'p> {
    /// In a site, before (or without) a location.
    pub fn site(site: &'p Site) -> Self {
        Self { site, location: None, section: &site.section }
    }

    /// In a location.
    pub fn location(site: &'p Site, location: &'p Location) -> Self {
        Self { site, location: Some(location), section: &location.section }
    }

    /// A conditional block of the location's script took effect.
    pub fn enter_block(&mut self, section: &'p Section) {
        self.section = section;
    }
}
