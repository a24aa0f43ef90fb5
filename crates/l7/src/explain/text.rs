//! An explanation as a person reads it.

use crate::explain::Explanation;
use model::Origin;
use std::fmt;

impl Explanation {
    /// The name of the file that a place is in.
    pub fn file(&self, origin: Origin) -> &str {
        let file = usize::try_from(origin.file.0).ok().and_then(|index| self.files.get(index));
        file.map_or("?", String::as_str)
    }

    /// `file:line` of a place.
    fn place(&self, origin: Origin) -> String {
        format!("{}:{}", self.file(origin), origin.line)
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "listener  {}", self.listener)?;
        writeln!(out, "site      \"{}\"  {}", self.site, self.place(self.site_origin))?;
        for verdict in &self.sites {
            let mark = if verdict.chosen { '+' } else { '-' };
            writeln!(out, "  {mark} {} {}  {}", verdict.name, verdict.why, self.place(verdict.origin))?;
        }
        for step in &self.steps {
            let place = step.origin.map(|origin| self.place(origin)).unwrap_or_default();
            writeln!(out, "location  {}  {place}", step.text)?;
            for (name, origin, why) in &step.losers {
                writeln!(out, "  - {name} {why}  {}", self.place(*origin))?;
            }
        }
        for (text, origin) in &self.guards {
            let place = if origin.line == 0 { String::new() } else { self.place(*origin) };
            writeln!(out, "asked     {text}  {place}")?;
        }
        writeln!(out, "served by {}", self.served_by)?;
        if let Some(uri) = &self.upstream_uri {
            writeln!(out, "asked for {uri}")?;
        }
        Ok(())
    }
}
