//! What a level says about the bodies of responses.

use model::{Coding, Compress, Filters, GzipRules, MediaTypes, Pattern, Precompressed, Proxied};

use super::slot::{List, Slot, settings};
use crate::modules::addition::AdditionSettings;
use crate::modules::brotli_filter::BrotliSettings;
use crate::modules::charset::CharsetSettings;
use crate::modules::gzip::GzipSettings;
use crate::modules::ssi::SsiSettings;
use crate::modules::sub::SubSettings;
use crate::modules::zstd_filter::ZstdSettings;
use crate::table::Outcome;
use crate::tree::Directive;

settings! {
    /// Settings of what changes bodies.
    struct FilterSettings {
        gunzip: Slot<bool>,
        addition: AdditionSettings,
        ssi: SsiSettings,
        sub: SubSettings,
        charset: CharsetSettings,
        gzip: GzipSettings,
        brotli: BrotliSettings,
        zstd: ZstdSettings,
        gzip_static: Slot<Static>,
        brotli_static: Slot<Static>,
        zstd_static: Slot<Static>,
        vary: Slot<bool>,
        gzip_version: Slot<u8>,
        proxied: Slot<Vec<Proxied>>,
        disabled: List<Pattern>,
    }
}

/// Whether files that lie compressed are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Static {
    Off,
    On,
    Always,
}

/// Values of `gzip_static` and its like.
pub(crate) const STATIC: [(&str, Static); 3] = [("off", Static::Off), ("on", Static::On), ("always", Static::Always)];

impl FilterSettings {
    pub(crate) fn finish(&self) -> Filters {
        Filters {
            gunzip: self.gunzip.or(false),
            addition: self.addition.finish(),
            substitute: self.sub.finish(),
            charset: self.charset.finish(),
            includes: self.ssi.finish(),
            compress: self.compress(),
        }
    }

    fn compress(&self) -> Compress {
        let codings = [self.brotli.finish(), self.zstd.finish(), self.gzip.finish()];
        let files = [
            (Coding::Brotli, &self.brotli_static),
            (Coding::Zstd, &self.zstd_static),
            (Coding::Gzip, &self.gzip_static),
        ];
        let files = files.into_iter().filter_map(|(coding, slot)| match slot.or(Static::Off) {
            Static::Off => None,
            on => Some(Precompressed { coding, always: on == Static::Always }),
        });
        Compress {
            codings: codings.into_iter().flatten().collect(),
            precompressed: files.collect(),
            vary: self.vary.or(false),
            gzip: GzipRules {
                version: self.gzip_version.or(11),
                proxied: self.proxied.or(Vec::new()),
                disabled: self.disabled.to_vec(),
            },
        }
    }
}

/// The media types that a filter is for where the configuration names none; the first is always one of them.
pub(crate) struct Defaults(pub(crate) &'static [&'static str]);

/// What most filters are for.
pub(crate) const HTML: Defaults = Defaults(&["text/html"]);

impl Defaults {
    pub(crate) fn types(&self) -> MediaTypes {
        MediaTypes::These(self.0.iter().map(|media| (*media).to_owned()).collect())
    }
}

/// Media types, `*` for any; written twice at a level they add up.
#[expect(clippy::unnecessary_wraps, reason = "the form of all rows' functions")]
pub(crate) fn media_types(slot: &mut Slot<MediaTypes>, directive: &Directive, defaults: &Defaults) -> Outcome {
    let mut types = match slot.get() {
        Some(MediaTypes::Any) => return Ok(()),
        Some(MediaTypes::These(types)) => types.clone(),
        None => defaults.0.iter().take(1).map(|media| (*media).to_owned()).collect(),
    };
    for word in &directive.arguments {
        if word.text == "*" {
            slot.replace(MediaTypes::Any, directive.origin());
            return Ok(());
        }
        let media = word.text.to_ascii_lowercase();
        if !types.contains(&media) {
            types.push(media);
        }
    }
    slot.replace(MediaTypes::These(types), directive.origin());
    Ok(())
}
