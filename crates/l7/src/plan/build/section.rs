//! Sections, compiled.

use crate::plan::section::LinkRule;
use crate::plan::{
    AddField, Build, ErrorPage, ErrorPages, ExpiresRule, Extensions, Fallback, Files, Mirror, ResponseFields, Root,
    Section, Serve, TryFiles,
};
use crate::shape::user_id::UserIdRule;

impl Build<'_> {
    /// The settings of a place.
    pub fn section(&mut self, section: &model::Section) -> Section {
        self.places += 1;
        Section {
            serve: match &section.serve {
                model::Serve::Files => Serve::Files,
                model::Serve::Pixel => Serve::Pixel,
                model::Serve::Purge(place) => Serve::Purge(Box::new(self.purge_place(place))),
                model::Serve::StatusPage => Serve::StatusPage,
                model::Serve::Api { writes } => Serve::Api { writes: *writes },
                model::Serve::Proxy(proxy) => Serve::Proxy(Box::new(self.proxy(proxy))),
            },
            internal: section.internal,
            referers: section.referers.as_ref().map(|referers| Box::new(self.referers(referers))),
            secure_link: section.secure_link.as_ref().map(|link| Box::new(self.secure_link(link))),
            guard: self.guard(section),
            client: section.client.clone(),
            keep_alive: section.keep_alive.clone(),
            keep_alive_refused: section.keep_alive.refused.as_ref().map(|value| self.template(value)),
            lingering: section.lingering.clone(),
            send_timeout: section.send_timeout,
            files: self.files(&section.files),
            try_files: section.try_files.as_ref().map(|rule| self.try_files(rule)),
            afterwards: section.afterwards.as_ref().map(|place| place.as_bytes().into()),
            mirror: section.mirror.as_ref().map(|mirror| Mirror {
                paths: mirror.paths.iter().map(|path| path.as_bytes().into()).collect(),
                body: mirror.body,
            }),
            since: section.preconditions.since,
            error_pages: self.error_pages(&section.error_pages),
            moments: section.moments.as_deref().map(|moments| Box::new(self.moments(moments))),
            request_edits: self.field_edits(&section.request_edits),
            user_id: section
                .user_id
                .as_ref()
                .map(|rule| Box::new(UserIdRule { rule: (**rule).clone(), reset: self.names.resolve("uid_reset") })),
            fields: self.fields(&section.fields),
            filters: self.filters(&section.filters),
            limit_rate: section.limit_rate.as_ref().map(|rate| self.template(rate)),
            slice: section.slice.0,
            scripts: section.scripts.as_ref().map(|scripts| Box::new(self.scripts(scripts))),
            limit_rate_after: section.limit_rate_after.as_ref().map(|after| self.template(after)),
            tally: section.tally.as_ref().map(|name| self.place_tally(name)),
            logging: self.logging(&section.logging),
            style: section.style,
            close_delimited: section.close_delimited,
            frame_content: section
                .frame_content
                .map_or(usize::MAX, |size| usize::try_from(size.0).unwrap_or(usize::MAX).max(1)),
            layers: section.layers.as_ref().map(|layers| Box::new(self.layers(layers))),
        }
    }

    fn files(&mut self, files: &model::Files) -> Files {
        Files {
            root: match &files.root {
                model::Root::Root(root) => Root::Root(self.template(root)),
                model::Root::Alias(alias) => Root::Alias(self.template(alias)),
            },
            alias_replaces: files.alias_replaces.as_ref().map(String::len),
            index_redirect: files.index_redirect,
            index: files.index.iter().map(|index| self.template(index)).collect(),
            types: usize::try_from(files.types.0).unwrap_or(usize::MAX),
            default_type: files.default_type.as_str().into(),
            etag: files.etag,
            links: self.links(&files.symlinks),
            kept_open: files.open_files.map(|rule| self.open_files(rule)),
            random: files.random,
            listing: files.listing,
            extensions: files.extensions.as_deref().map(|extensions| Box::new(compiled(extensions))),
            fallback: files.fallback.as_ref().map(|path| self.template(path)),
            directory_redirect: files.directory_redirect,
            unlisted: files.unlisted,
            max_ranges: files.max_ranges,
        }
    }

    fn open_files(&mut self, rule: model::OpenFiles) -> usize {
        let known = self.open_files.iter().position(|known| *known == rule);
        known.unwrap_or_else(|| {
            self.open_files.push(rule);
            self.open_files.len() - 1
        })
    }

    fn links(&mut self, rule: &model::SymlinkRule) -> Option<LinkRule> {
        let (same_owner, from) = match rule {
            model::SymlinkRule::Follow => return None,
            model::SymlinkRule::Never(from) => (false, from),
            model::SymlinkRule::SameOwner(from) => (true, from),
        };
        Some(LinkRule { same_owner, from: from.as_ref().map(|from| self.template(from)) })
    }

    fn try_files(&mut self, rule: &model::TryFiles) -> TryFiles {
        let candidates = rule.candidates.iter().map(|candidate| {
            // `/name/` asks for a directory of that name; the slash is not part of it.
            let mut candidate = candidate.clone();
            let directory = match candidate.parts.last_mut() {
                Some(model::Part::Text(text)) => text.ends_with('/') && text.pop().is_some(),
                _ => false,
            };
            (self.template(&candidate), directory)
        });
        let candidates = candidates.collect();
        let fallback = match &rule.fallback {
            model::Fallback::Path(path) => Fallback::Path(self.template(path)),
            model::Fallback::Named(name) => Fallback::Named(name.as_bytes().into()),
            model::Fallback::Status(status) => Fallback::Status(*status),
        };
        TryFiles { candidates, fallback }
    }

    fn error_pages(&mut self, pages: &model::ErrorPages) -> ErrorPages {
        let page = |page: &model::ErrorPage| ErrorPage {
            statuses: page.statuses.clone(),
            sent_with: page.sent_with,
            target: self.template(&page.target),
            text: page.text.as_deref().map(Box::from),
        };
        ErrorPages {
            pages: pages.pages.iter().map(page).collect(),
            recursive: pages.recursive,
            first_counts: pages.first_counts,
            absolute_redirect: pages.absolute_redirect,
            site_name_in_redirect: pages.site_name_in_redirect,
            redirect_scheme: pages.redirect_scheme.as_deref().map(Box::from),
            port_in_redirect: pages.port_in_redirect,
            server_tokens: pages.server_tokens.clone(),
            padding: pages.padding,
            refresh: pages.refresh,
        }
    }

    fn fields(&mut self, fields: &model::ResponseFields) -> ResponseFields {
        ResponseFields {
            add: fields.add.iter().map(|field| self.add_field(field)).collect(),
            edits: self.field_edits(&fields.edits),
            trailers: fields.trailers.iter().map(|field| self.add_field(field)).collect(),
            expires: fields.expires.as_ref().map(|rule| match rule {
                model::ExpiresRule::ByType(rule) => ExpiresRule::ByType(rule.clone()),
                model::ExpiresRule::Fixed(time) => ExpiresRule::Fixed(*time),
                model::ExpiresRule::Variable(value) => {
                    ExpiresRule::Variable { value: self.template(value), from_modified: fields.expires_from_modified }
                }
            }),
        }
    }

    fn add_field(&mut self, field: &model::AddField) -> AddField {
        AddField { name: field.name.as_bytes().into(), value: self.template(&field.value), always: field.always }
    }
}

/// What extensions say, by extension.
fn compiled(extensions: &model::Extensions) -> Extensions {
    let known = |list: &[(String, Option<String>)]| {
        let said = list.iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
        said.map(|(name, value)| (name.as_str().into(), value.as_str().into())).collect()
    };
    let types = extensions.types.iter().map(|(name, value)| (name.as_str().into(), value.as_deref().map(Box::from)));
    Extensions {
        types: types.collect(),
        charsets: known(&extensions.charsets),
        codings: known(&extensions.codings),
        languages: known(&extensions.languages),
        default_language: extensions.default_language.as_deref().map(Box::from),
        forced_type: extensions.forced_type.as_deref().map(Box::from),
    }
}
