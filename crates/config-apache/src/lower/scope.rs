//! What one part of the text says: the file, a virtual host, or a section.

use diagnostic::Origin;
use model::{Overrides, Step};

use super::addresses::HostAddress;
use super::settings::{Inherit, settings};
use crate::modules::alias::AliasSettings;
use crate::modules::cache::CacheSettings;
use crate::modules::core::CoreSettings;
use crate::modules::http2::Http2Settings;
use crate::modules::log_config::LogSettings;
use crate::modules::md::DomainSettings;
use crate::modules::mime::MimeSettings;
use crate::modules::proxy::{Handler, ProxySettings};
use crate::modules::remoteip::RemoteIpSettings;
use crate::modules::rewrite::RewriteSettings;
use crate::modules::ssl::{SslSettings, asked_everywhere};
use crate::overrides::Overriding;
use crate::table::Contexts;

/// The file, a virtual host, or a section.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope {
    /// Which directives may stand in it.
    pub(crate) contexts: Contexts,
    pub(crate) origin: Origin,
    /// Of the section: which requests it is for.
    pub(crate) kind: Option<SectionKind>,
    /// What only whole servers say; a section's is not looked at, but for the mappings of its location.
    pub(crate) server: ServerSettings,
    /// What holds for requests of this scope, over what holds around it.
    pub(crate) overrides: Overrides,
    /// Who answers in the place of files, if that is said.
    pub(crate) handler: Option<Handler>,
    /// What files in its directory may say.
    pub(crate) overriding: Overriding,
    /// Sections in it, in the order of the text.
    pub(crate) sections: Vec<Section>,
    /// Files of directories, which are sections too; `None`: those of the main server.
    pub(crate) files: Option<Vec<Section>>,
    /// Conditions of the `<If>` that was read last, and of those that stand for its opposite.
    pub(crate) tried: Vec<model::Condition>,
    /// Who may come in, before all is said.
    pub(crate) access: crate::modules::Asked,
}

settings! {
    /// What a server says: one field for each module.
    struct ServerSettings {
        core: CoreSettings,
        proxy: ProxySettings,
        alias: AliasSettings,
        cache: CacheSettings,
        log: LogSettings,
        ssl: SslSettings,
        md: DomainSettings,
        http2: Http2Settings,
        mime: MimeSettings,
        /// Steps by what requests say, which come before all else.
        matched: Vec<Step>,
        rewrite: RewriteSettings,
        remote_ip: RemoteIpSettings,
        /// Variables that change how forwarding works and are set for all requests.
        always_set: Vec<&'static str>,
        /// The port of the first address of a virtual host.
        own_port: Option<u16>,
    }
}

/// A section: which requests it is for, and what holds for them.
#[derive(Clone, Debug)]
pub(crate) struct Section {
    /// All must hold: a section inside another has both.
    pub(crate) kinds: Vec<SectionKind>,
    pub(crate) overrides: Overrides,
    /// Who answers in the place of files, if that is said.
    pub(crate) handler: Option<Handler>,
    /// What it says of rewriting, if it does.
    pub(crate) rewriting: Option<RewriteSettings>,
    /// What files in its directory may say.
    pub(crate) overriding: Overriding,
    /// It is such a file, or stands in one.
    pub(crate) is_file: bool,
    pub(crate) origin: Origin,
}

/// Which requests a section is for.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum SectionKind {
    /// Those for files below a directory.
    Directory(Pattern),
    /// Those for files with a name.
    Files(Pattern),
    /// Those for paths.
    Location(Pattern),
    /// Those that are forwarded to URLs.
    Proxy(Pattern),
    /// Those that fulfil this.
    If(model::Condition),
}

impl SectionKind {
    /// Its argument as it is written.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Directory(pattern) | Self::Files(pattern) | Self::Location(pattern) | Self::Proxy(pattern) => {
                match pattern {
                    Pattern::Text(text) | Pattern::Glob(text) => text,
                    Pattern::Regex(pattern) => &pattern.expression,
                }
            }
            Self::If(_) => "*If",
        }
    }

    /// Which of the groups it is laid with; a later one comes over an earlier.
    pub(crate) fn group(&self) -> u8 {
        match self {
            Self::Directory(_) | Self::Proxy(_) => 0,
            Self::Files(_) => 1,
            Self::Location(_) => 2,
            Self::If(_) => 3,
        }
    }
}

/// What a section's argument matches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Pattern {
    /// This text, and what lies below it where it is a path.
    Text(String),
    /// A text with `*`, `?` and `[…]`.
    Glob(String),
    /// An expression.
    Regex(model::Pattern),
}

/// A virtual host.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub(crate) addresses: Vec<HostAddress>,
    pub(crate) scope: Scope,
}

impl Scope {
    pub(crate) fn new(contexts: Contexts, origin: Origin) -> Self {
        Self { contexts, origin, ..Self::default() }
    }

    /// Sections of one kind are laid over each other first, and then over those of other kinds.
    pub(crate) fn group(&self) -> u8 {
        self.kind.as_ref().map_or(0, SectionKind::group)
    }

    /// The path that directives of a location leave out, as it is written.
    pub(crate) fn location(&self) -> Option<&Pattern> {
        match &self.kind {
            Some(SectionKind::Location(pattern)) => Some(pattern),
            _ => None,
        }
    }

    /// Keeps a section that was read, with those inside it.
    pub(crate) fn add_section(&mut self, inner: Self) {
        asked_everywhere(self, &inner);
        let Some(kind) = inner.kind else { return };
        // Mappings of a location hold for the whole server: they are found by their path.
        self.server.proxy.take_location(inner.server.proxy);
        self.server.alias.take_location(inner.server.alias);
        self.server.cache.take_section(inner.server.cache);
        let mut overrides = inner.overrides;
        inner.access.finish(&mut overrides.access);
        let rewriting = Some(inner.server.rewrite).filter(RewriteSettings::is_said);
        self.sections.push(Section {
            kinds: vec![kind.clone()],
            overrides,
            handler: inner.handler,
            rewriting,
            overriding: inner.overriding,
            is_file: false,
            origin: inner.origin,
        });
        for mut nested in inner.sections {
            nested.kinds.insert(0, kind.clone());
            self.sections.push(nested);
        }
    }

    /// Takes over from the main server what a virtual host does not say itself.
    pub(crate) fn inherit(&mut self, main: &Self) {
        let mut proxy = self.server.proxy.clone();
        proxy.inherit_from(&main.server.proxy);
        self.server.inherit(&main.server);
        self.server.proxy = proxy;
    }
}
