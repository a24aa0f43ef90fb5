//! Puts the model together once every directive was read.

use std::time::Duration;

use diagnostic::Origin;
use model::{
    ByteSize, ClientLimits, ErrorLog, ErrorPages, Files, Given, HeadReading, Http, KeepAlive, Layer, Level, Lingering,
    Location, LogTarget, Logging, Matcher, Model, Overrides, Preconditions, Proxy, Root, Section, Serve, SinceRule,
    Site, SiteId, SiteName, Step, Template, Workers,
};

use super::listeners::listeners;
use super::sections::{Forwarded, Holds, Part, Place, holds, in_order};
use super::templates::is_own;
use super::{Lowering, Scope, ServerSettings, names};
use crate::modules::proxy::Handler;
use crate::modules::{cache, http2, md, proxy, remoteip, ssl};

/// A part of a server's paths for which something other than its files answers. The first that fits a path has it.
pub(crate) struct Mapping {
    pub(crate) matcher: Matcher,
    pub(crate) change: Change,
    /// Where its requests are forwarded to, if they are.
    pub(crate) forwarded_to: Option<Forwarded>,
    pub(crate) origin: Origin,
}

/// What a mapping does.
pub(crate) enum Change {
    /// Requests are forwarded.
    Forward(Box<Proxy>),
    /// Files lie elsewhere.
    Files(Root),
    /// Steps are run, which answer.
    Answer(Vec<Step>),
    /// Nothing of the same module that follows: what other modules and the server's files say holds.
    Stay,
}

pub(super) fn model(lowering: &mut Lowering<'_>, main: &Scope) -> Model {
    for host in &mut lowering.hosts {
        host.scope.inherit(main);
    }
    let own_name = main.server.core.names.name.as_ref().map(|name| name.written.clone());
    let main_name = own_name.unwrap_or_else(|| lowering.options.hostname.clone());
    let hosts = names::of_hosts(lowering, &main_name);
    let managed = md::managed(lowering, &main.server);
    let main_id = SiteId(u32::try_from(hosts.len()).unwrap_or(u32::MAX));
    let (mut listeners, main_needed) = listeners(lowering, main_id);
    let scopes: Vec<Scope> = lowering.hosts.iter().map(|host| host.scope.clone()).collect();
    let mut sites: Vec<Site> = scopes
        .iter()
        .zip(hosts)
        .zip(managed)
        .map(|((scope, names), managed)| site(lowering, main, (Some(scope), managed), names))
        .collect();
    let announces = |site: &SiteId| {
        let host = usize::try_from(site.0).ok().and_then(|index| scopes.get(index)).unwrap_or(main);
        host.server.remote_ip.proxy_protocol == Some(true)
    };
    for listener in &mut listeners {
        listener.options.proxy_protocol = listener.sites.iter().any(announces);
        let server = |site: &SiteId| {
            let index = usize::try_from(site.0).ok();
            &index.and_then(|index| scopes.get(index)).unwrap_or(main).server
        };
        listener.tls = ssl::is_on(server(&listener.default_site));
        ssl::check_listener(lowering, listener, &listener.sites.iter().map(server).collect::<Vec<_>>());
    }
    if main_needed {
        sites.push(site(
            lowering,
            main,
            (None, md::Managed::default()),
            (main_name.clone(), vec![SiteName::Exact(main_name)]),
        ));
    }
    for listener in &listeners {
        ssl::needs_names(listener, &mut sites);
    }
    let process = process(lowering, main);
    let mut shared = std::mem::take(&mut lowering.shared);
    let mut exported = Vec::new();
    if lowering.asks_programs {
        let redirected = shared.given.iter().filter_map(|name| Some(proxy::redirected(name.strip_prefix("env_")?)));
        shared.environment.extend(shared.given.iter().cloned().chain(redirected));
        exported = proxy::exported(&shared.environment, &shared.given);
    }
    let handed_on = handed_on(&shared);
    Model {
        documents: shared.documents,
        files: Vec::new(),
        process,
        http: Http {
            listeners,
            sites,
            groups: shared.groups,
            log_formats: shared.log_formats,
            handed_on,
            exported,
            tells_redirects: lowering.tells_redirects,
            late_names: true,
            variables: shared.environment.into_iter().filter(|name| is_own(name)).collect(),
            maps: shared.maps,
            cache_stores: shared.cache_stores,
            issuers: shared.issuers,
            orders: shared.orders,
            type_tables: if shared.type_tables.is_empty() {
                vec![model::TypeTable::default()]
            } else {
                shared.type_tables
            },
            ..Http::default()
        },
    }
}

/// Variables of the environment that another request of the same client has under other names.
fn handed_on(shared: &super::Shared) -> Vec<(String, Option<String>)> {
    let pair = |name: &String| {
        let to = super::environment(&format!("REDIRECT_{}", name.strip_prefix("env_")?));
        let known = shared.environment.iter().find(|known| known.eq_ignore_ascii_case(&to));
        Some((name.clone(), known.cloned()))
    };
    shared.given.iter().filter_map(pair).collect()
}

fn process(lowering: &mut Lowering<'_>, main: &Scope) -> model::Process {
    let mut process = std::mem::take(&mut lowering.process);
    let defined = |names: &[&str]| lowering.options.defines.iter().any(|define| names.contains(&define.as_str()));
    let single = defined(&["DEBUG", "ONE_PROCESS"]);
    process.workers = if single { Workers::Count(1) } else { Workers::Auto };
    process.supervised = !single;
    process.daemon = !defined(&["DEBUG", "FOREGROUND", "NO_DETACH"]);
    process.error_logs = vec![error_log(lowering, &main.server)];
    if process.pid_file.as_os_str().is_empty() {
        process.pid_file = lowering.path(&lowering.options.pid_file.display().to_string());
    }
    let path = lowering.options.temp_directory.clone();
    process.temp_directories = vec![model::TempDirectory { path, origin: Origin::default() }];
    process.temp_directories.append(&mut lowering.shared.kept_directories);
    process
}

fn error_log(lowering: &Lowering<'_>, server: &ServerSettings) -> ErrorLog {
    let default = &lowering.options.error_log;
    let target = match default.to_str() {
        Some("stderr") => LogTarget::Stderr,
        _ => LogTarget::File(lowering.server_root.join(default)),
    };
    let log = server.core.error_log.clone();
    let log = log.unwrap_or(ErrorLog { target, level: Level::Warning, origin: Origin::default() });
    ErrorLog { level: server.core.log_level.unwrap_or(Level::Warning), ..log }
}

/// A server as a site: `host` is `None` for the main server itself.
fn site(
    lowering: &mut Lowering<'_>,
    main: &Scope,
    (host, managed): (Option<&Scope>, md::Managed),
    names: (String, Vec<SiteName>),
) -> Site {
    let scope = host.unwrap_or(main);
    let mut base = base(lowering, &scope.server);
    let mut groups = proxy::Groups::default();
    let mut laid = Laid::new(lowering, main, host, &mut groups);
    cache::report_sections(lowering, &scope.server);
    let script = super::script::script(lowering, scope, &mut laid.sections, &mut groups);
    base.fields.edits.extend(script.edits);
    base.keep_alive.refused = lowering.ends_connections();
    let mut mappings = script.locations;
    mappings.extend(proxy::mappings(lowering, scope, &mut groups));
    mappings.extend(scope.server.alias.mappings());
    let mut locations = Vec::new();
    let mut taken = Vec::new();
    for mapping in mappings {
        let own = path_of(&mapping.matcher).map(str::to_owned);
        let stays = matches!(mapping.change, Change::Stay);
        let mut location = location(&base, &laid, &taken, mapping);
        if stays {
            // What is not forwarded may still lie elsewhere.
            let others = scope.server.alias.mappings().into_iter();
            location.nested = others.map(|other| self::location(&base, &laid, &taken, other)).collect();
        }
        locations.push(location);
        taken.extend(own);
    }
    let directory = directory(&base, "");
    let here = Place { path: Part::Below("/"), forwarded_to: None, directory: directory.as_deref(), taken: &taken };
    Site {
        names: names.1,
        primary_name: names.0,
        script: managed.redirect.into_iter().chain(script.steps).collect(),
        locations,
        choice: model::Choice::First,
        section: laid.lay(base, &here),
        head: head(&scope.server),
        merge_slashes: scope.server.core.merge_slashes.unwrap_or(true),
        escaped_slashes: scope.server.core.escaped_slashes.unwrap_or(model::EscapedSlashes::Refused),
        http2: http2::http2(&scope.server),
        tls: ssl::termination(lowering, &scope.server, managed.orders, managed.identities, scope.origin),
        tally: None,
        origin: scope.origin,
    }
}

fn location(base: &Section, laid: &Laid, taken: &[String], mapping: Mapping) -> Location {
    let mut section = base.clone();
    let mut script = Vec::new();
    match mapping.change {
        Change::Forward(proxy) => {
            if proxy.gateway.is_none() {
                section.client.max_body = ByteSize(0);
            }
            section.serve = Serve::Proxy(proxy);
        }
        Change::Files(root) => section.files.root = root,
        Change::Answer(steps) => script = steps,
        Change::Stay => {}
    }
    let own = path_of(&mapping.matcher);
    let directory = own.and_then(|path| directory(&section, path));
    let place = Place {
        path: own.map_or(Part::Some, Part::Below),
        forwarded_to: mapping.forwarded_to.as_ref(),
        directory: directory.as_deref(),
        taken,
    };
    let section = laid.lay(section, &place);
    Location {
        matcher: mapping.matcher,
        script,
        nested: Vec::new(),
        section,
        other_methods: None,
        redirect_bare: false,
        origin: mapping.origin,
    }
}

/// The path from which on a mapping has all paths.
fn path_of(matcher: &Matcher) -> Option<&str> {
    match matcher {
        Matcher::Prefix { path, .. } | Matcher::Below(path) => Some(path),
        Matcher::Exact(_) | Matcher::Regex(_) | Matcher::Named(_) => None,
    }
}

/// What is laid over a server's settings, in this order.
struct Laid {
    /// Of the main server, and of the virtual host.
    server: Vec<Overrides>,
    sections: Vec<super::Section>,
}

impl Laid {
    fn new(lowering: &mut Lowering<'_>, main: &Scope, host: Option<&Scope>, groups: &mut proxy::Groups) -> Self {
        let settings = &host.unwrap_or(main).server;
        let mut complete = |overrides: &Overrides, handler: Option<&Handler>| {
            let mut overrides = overrides.clone();
            proxy::of_members(&mut overrides.proxy.redirects, |name| settings.proxy.servers_of(name));
            overrides.handler = match handler {
                None => Given::Unsaid,
                Some(Handler::Files) => Given::Nothing,
                Some(Handler::Program(url)) => proxy::of_files(lowering, settings, groups, url)
                    .map_or(Given::Nothing, |proxy| Given::This(Box::new(proxy))),
            };
            overrides
        };
        let scopes = std::iter::once(main).chain(host);
        let server = scopes.map(|scope| complete(&scope.overrides, scope.handler.as_ref())).collect();
        let files = host.and_then(|host| host.files.as_ref()).or(main.files.as_ref()).into_iter().flatten();
        let written = std::iter::once(main).chain(host).flat_map(|scope| &scope.sections);
        let sections = in_order(written.chain(files)).into_iter();
        let sections = sections.map(|section| super::Section {
            overrides: complete(&section.overrides, section.handler.as_ref()),
            ..section.clone()
        });
        let sections = sections.collect();
        Self { server, sections }
    }

    /// The settings of a place: where only a request can tell which hold for it, they come in layers.
    fn lay(&self, bare: Section, place: &Place<'_>) -> Section {
        let layer = |scope, overrides: &Overrides, origin| Layer { scope, overrides: overrides.clone(), origin };
        let mut layers: Vec<Layer> =
            self.server.iter().map(|overrides| layer(Vec::new(), overrides, Origin::default())).collect();
        for section in self.sections.iter().filter(|section| section.overrides != Overrides::default()) {
            match holds(section, place) {
                Holds::Never => {}
                Holds::Always => layers.push(layer(Vec::new(), &section.overrides, section.origin)),
                Holds::Sometimes(scope) => layers.push(layer(scope, &section.overrides, section.origin)),
            }
        }
        let always = layers.iter().filter(|layer| layer.scope.is_empty()).map(|layer| &layer.overrides);
        let mut section = bare.clone();
        section.lay(&always.collect::<Vec<_>>());
        if layers.iter().any(|layer| !layer.scope.is_empty()) {
            section.layers = Some(Box::new(model::Layers { bare, layers }));
        }
        section
    }
}

/// Where the files of paths that begin with one lie, if that does not depend on the request.
fn directory(section: &Section, path: &str) -> Option<String> {
    let directory = match &section.files.root {
        Root::Root(root) => format!("{}{path}", root.as_text()?),
        Root::Alias(alias) => alias.as_text()?.to_owned(),
    };
    let short = directory.trim_end_matches('/');
    Some(if short.is_empty() { "/".to_owned() } else { short.to_owned() })
}

/// How httpd speaks.
const STYLE: model::Style = model::Style {
    persistence: model::Persistence::Asked,
    pages: model::PageStyle::Document,
    names_relayed: true,
    forwarded: model::FieldOrder::ClientsFirst,
    bodies: model::BodyFraming::Counted,
    requests: model::RequestStyle::Strict,
    repeated: model::RepeatedFields::Most,
    failures: model::FailureStyle::Service,
    files: model::FileStyle::Told,
    escaping: model::PathEscaping::Strict,
    joined_vary: true,
};

/// What a server says of requests before anything is laid over it.
fn base(lowering: &mut Lowering<'_>, server: &ServerSettings) -> Section {
    let access = lowering.access_logs(&server.log);
    let types = lowering.media_types(&server.mime);
    let core = &server.core;
    let timeout = core.timeout.unwrap_or(proxy::TIMEOUT);
    let root = core.document_root.clone().unwrap_or_else(|| lowering.path("htdocs"));
    let named = core.names.name.as_ref();
    Section {
        client: ClientLimits {
            // httpd's own limit where nothing is said; what is forwarded has none.
            max_body: ByteSize(1 << 30),
            body_timeout: core.body_timeout.flatten().unwrap_or(timeout),
            temp_directory: lowering.options.temp_directory.clone(),
            ..ClientLimits::default()
        },
        client_address: remoteip::client_address(server),
        keep_alive: keep_alive(server),
        lingering: Lingering { timeout: Duration::from_secs(2), ..Lingering::default() },
        send_timeout: timeout,
        files: Files {
            root: Root::Root(Template::text(root.display().to_string(), Origin::default())),
            index: vec![Template::text("index.html", Origin::default())],
            types,
            default_type: String::new(),
            extensions: Some(Box::default()),
            unlisted: if lowering.lists_directories { 403 } else { 404 },
            ..Files::default()
        },
        preconditions: Preconditions { since: SinceRule::Before },
        error_pages: ErrorPages {
            absolute_redirect: true,
            site_name_in_redirect: false,
            redirect_scheme: named.and_then(|name| name.scheme.clone()),
            first_counts: true,
            port_in_redirect: model::RedirectPort::OfRequest {
                otherwise: named.map_or(server.own_port, |name| name.port),
            },
            server_tokens: core.server_tokens.clone().unwrap_or_default(),
            ..ErrorPages::default()
        },
        logging: Logging { access, error: vec![error_log(lowering, server)], ..Logging::default() },
        style: STYLE,
        ..Section::default()
    }
}

fn keep_alive(server: &ServerSettings) -> KeepAlive {
    let core = &server.core;
    let timeout = core.keep_alive_timeout.unwrap_or(Duration::from_secs(5));
    let requests = core.keep_alive_requests.unwrap_or(100);
    KeepAlive {
        timeout: if core.keep_alive.unwrap_or(true) { timeout } else { Duration::ZERO },
        // The first is not counted.
        requests: if requests == 0 { u64::MAX } else { requests + 1 },
        ..KeepAlive::default()
    }
}

fn head(server: &ServerSettings) -> HeadReading {
    let core = &server.core;
    let line = core.line_size.unwrap_or(8190);
    let field = core.field_size.unwrap_or(8190);
    let fields = core.fields.unwrap_or(100);
    // httpd: one byte more, and the line's end.
    let whole = |size: u64| ByteSize(size.saturating_add(3));
    HeadReading {
        buffer: ByteSize(1024).min(whole(line.min(field))),
        // Each field may be as large as one may be.
        large_count: if fields == 0 { u32::MAX } else { fields.saturating_add(1) },
        large_size: whole(field),
        max_line: if line == field { ByteSize(0) } else { whole(line) },
        timeout: core.head_timeout.flatten().unwrap_or(core.timeout.unwrap_or(proxy::TIMEOUT)),
        underscores: true,
        max_fields: if fields == 0 { u32::MAX } else { fields },
        ..HeadReading::default()
    }
}
