//! What all the extensions of a file's name say of it: media type, character set, codings and languages.

use crate::exchange::Exchange;
use crate::plan::Extensions;
use crate::response::Response;
use std::collections::HashMap;

impl Exchange<'_> {
    /// The media type with its character set.
    pub fn media_type(&self, extensions: &Extensions) -> Option<Vec<u8>> {
        if let Some(forced) = &extensions.forced_type {
            return Some(forced.as_bytes().to_vec());
        }
        let files = &self.place.section.files;
        let names = self.extensions_of_path();
        let table = self.plan.types.get(files.types);
        let type_of = |name: &String| match extensions.types.get(name.as_str()) {
            Some(own) => own.as_deref(),
            None => table.and_then(|table| table.get(name.as_str())).map(|media| &**media),
        };
        let media = names.iter().rev().find_map(type_of);
        let media = media.or(Some(&*files.default_type).filter(|media| !media.is_empty()))?;
        let mut text = media.as_bytes().to_vec();
        if let Some(charset) = said(&names, &extensions.charsets).last() {
            text.extend_from_slice(b"; charset=");
            text.extend_from_slice(charset.as_bytes());
        }
        Some(text)
    }

    /// Says of a file what its extensions say beside the media type.
    pub fn describe(&self, extensions: &Extensions, response: &mut Response) {
        let names = self.extensions_of_path();
        let codings = said(&names, &extensions.codings);
        if !codings.is_empty() {
            response.head.fields.push(b"Content-Encoding", codings.join(", ").as_bytes());
        }
        let mut languages = said(&names, &extensions.languages);
        if languages.is_empty() {
            languages.extend(extensions.default_language.as_deref());
        }
        if !languages.is_empty() {
            response.head.fields.push(b"Content-Language", languages.join(", ").as_bytes());
        }
    }

    /// The extensions of the path's file, in lower case.
    fn extensions_of_path(&self) -> Vec<String> {
        let file = self.file_name(&self.request.path).unwrap_or_default();
        let name = file.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let extensions = name.split(|byte| *byte == b'.').skip(1);
        extensions.map(|extension| String::from_utf8_lossy(extension).to_ascii_lowercase()).collect()
    }
}

fn said<'e>(names: &[String], values: &'e HashMap<Box<str>, Box<str>>) -> Vec<&'e str> {
    names.iter().filter_map(|name| values.get(name.as_str())).map(|value| &**value).collect()
}
