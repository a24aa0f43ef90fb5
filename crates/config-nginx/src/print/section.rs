//! What holds for requests of a site, a location or a condition, as settings.

use diagnostic::Origin;
use model::{
    AddField, BodyInFile, ClientLimits, ErrorPage, ErrorPages, ExpiresRule, ExpiresTime, Extensions, Fallback,
    FieldEdit, Files, KeepAlive, Layer, Layers, LingerWhen, Lingering, Mirror, Mistaken, Moments, PageStatus,
    Preconditions, RedirectPort, ResponseFields, Section, ServerTokens, SinceRule, Step, SymlinkRule, Template,
    TryFiles, TypeTable,
};

use super::aliasing::Naming;
use super::http::Names;
use super::item::Item;
use super::level::Setting;
use super::word::{self, Word};
use super::{access, filters, gateway, limits, log, serving};

/// What a section says, but for what is said elsewhere: who serves, where files lie, what is tried first.
pub(super) fn settings(section: &Section, names: &Names<'_>) -> Vec<Setting> {
    let Section {
        serve: _,
        internal,
        client_address,
        rates,
        counts,
        referers,
        secure_link,
        access,
        client,
        keep_alive,
        lingering,
        send_timeout,
        files,
        try_files: _,
        preconditions,
        error_pages,
        request_edits: _,
        fields,
        filters,
        limit_rate,
        limit_rate_after,
        slice,
        scripts,
        // It stands in its place: what holds around places is something else.
        tally: _,
        logging,
        style: _,
        close_delimited,
        frame_content,
        mirror,
        afterwards,
        user_id,
        layers,
        moments,
    } = section;
    let nowhere = Origin::default();
    let internal = internal.then(|| Item::new("internal", [], nowhere));
    let mut settings = vec![Setting::maybe("internal", internal, None)];
    settings.extend(limits::client_address(client_address.as_deref()));
    settings.extend(limits::rates(rates.as_deref(), names));
    settings.extend(limits::counts(counts.as_deref(), names));
    settings.push(limits::referers(referers.as_deref()));
    settings.extend(limits::secure_link(secure_link.as_deref()));
    settings.extend(access::settings(access.as_deref()));
    settings.extend(self::client(client));
    settings.extend(self::keep_alive(keep_alive));
    settings.extend(self::lingering(lingering));
    settings.push(Setting::one("send_timeout", Item::new("send_timeout", [word::time(*send_timeout)], nowhere)));
    settings.extend(self::files(files, preconditions, names));
    settings.extend(pages(error_pages));
    settings.extend(self::fields(fields));
    settings.extend(serving::user_id(user_id.as_deref()));
    settings.extend(filters::settings(filters));
    settings.push(rate("limit_rate", limit_rate.as_ref()));
    settings.push(rate("limit_rate_after", limit_rate_after.as_ref()));
    settings.push(Setting::one("slice", Item::one("slice", word::size(*slice))));
    settings.extend(gateway::scripts(scripts.as_deref()));
    settings.extend(log::settings(logging, names));
    let chunked = Item::switch("chunked_transfer_encoding", !*close_delimited);
    settings.push(Setting::one("chunked_transfer_encoding", chunked));
    let frame = frame_content.map(|size| Item::one("http2_chunk_size", word::size(size)));
    settings.push(Setting::maybe("http2_chunk_size", frame, Some(Item::one("http2_chunk_size", "16m"))));
    settings.extend(self::mirror(mirror.as_ref()));
    let place = afterwards.as_ref().map(|place| Item::one("post_action", word::quote(place)));
    settings.push(Setting::maybe("post_action", place, Some(Item::one("post_action", "off"))));
    settings.extend(layers.as_deref().map(self::layers));
    settings.extend(moments.as_deref().map(self::moments));
    settings
}

/// Where the files of a site lie; inside a site what is inherited of it depends on the path.
pub(super) fn root(section: &Section) -> Setting {
    Setting::one("root", Naming::of(&section.files).item())
}

fn client(client: &ClientLimits) -> Vec<Setting> {
    let ClientLimits { max_body, body_buffer, body_in_file, temp_directory, body_timeout, reset_timed_out } = client;
    let in_file = match body_in_file {
        BodyInFile::Off => "off",
        BodyInFile::Keep => "on",
        BodyInFile::Clean => "clean",
    };
    vec![
        single("client_max_body_size", Ok(word::size(*max_body))),
        single("client_body_buffer_size", Ok(word::size(*body_buffer))),
        single("client_body_in_file_only", Ok(in_file.to_owned())),
        single("client_body_temp_path", word::path(temp_directory)),
        single("client_body_timeout", word::time(*body_timeout)),
        switch("reset_timedout_connection", *reset_timed_out),
    ]
}

fn keep_alive(keep_alive: &KeepAlive) -> Vec<Setting> {
    let KeepAlive { timeout, announced, min_timeout, requests, time, refused, mistaken } = keep_alive;
    let refused = refused.as_ref().map(|value| Item::unsaid("connections that end by a variable", value.origin));
    let nowhere = Origin::default();
    let idle = |announced: Option<Word>| {
        Item::new("keepalive_timeout", [word::time(*timeout)].into_iter().chain(announced), nowhere)
    };
    let silent = announced.is_none().then(|| idle(Some(Ok("0".to_owned()))));
    vec![
        Setting::many("keepalive_timeout", vec![idle(announced.map(word::seconds))], silent.into_iter().collect()),
        single("keepalive_min_timeout", word::time(*min_timeout)),
        single("keepalive_requests", Ok(word::number(*requests))),
        single("keepalive_time", word::time(*time)),
        Setting::maybe("keepalive_disable by a variable", refused, None),
        Setting::one("keepalive_disable", keepalive_disable(*mistaken)),
    ]
}

fn keepalive_disable(mistaken: Mistaken) -> Item {
    let Mistaken { old_explorer, safari } = mistaken;
    let browsers = [(old_explorer, "msie6"), (safari, "safari"), (!old_explorer && !safari, "none")];
    let words = browsers.into_iter().filter(|(named, _)| *named).map(|(_, name)| Ok(name.to_owned()));
    Item::new("keepalive_disable", words, Origin::default())
}

fn lingering(lingering: &Lingering) -> Vec<Setting> {
    let Lingering { when, time, timeout } = lingering;
    let when = match when {
        LingerWhen::Never => "off",
        LingerWhen::Needed => "on",
        LingerWhen::Always => "always",
    };
    vec![
        single("lingering_close", Ok(when.to_owned())),
        single("lingering_time", word::time(*time)),
        single("lingering_timeout", word::time(*timeout)),
    ]
}

fn files(files: &Files, preconditions: &Preconditions, names: &Names<'_>) -> Vec<Setting> {
    let Files {
        root: _,
        alias_replaces: _,
        index,
        index_redirect,
        types,
        default_type,
        etag,
        symlinks,
        open_files,
        random,
        listing,
        extensions,
        fallback: _,
        directory_redirect,
        unlisted,
        max_ranges,
    } = files;
    let Preconditions { since } = preconditions;
    let since = match since {
        SinceRule::Off => "off",
        SinceRule::Exact => "exact",
        SinceRule::Before => "before",
    };
    let symlinks = match symlinks {
        SymlinkRule::Follow => single("disable_symlinks", Ok("off".to_owned())),
        SymlinkRule::Never(from) => links("on", from.as_ref()),
        SymlinkRule::SameOwner(from) => links("if_not_owner", from.as_ref()),
    };
    let origin = index.first().map(|name| name.origin).unwrap_or_default();
    let index = if index.is_empty() {
        Item::unsaid("index: no file is looked for in a directory", origin)
    } else {
        Item::new("index", index.iter().map(word::template), origin)
    };
    let ranges = max_ranges.map(|most| Item::one("max_ranges", most.to_string()));
    let mut settings = vec![
        Setting::one("index", index),
        Setting::one("types", types_block(names.types(*types))),
        single("default_type", word::text(default_type)),
        symlinks,
        switch("etag", *etag),
        single("if_modified_since", Ok(since.to_owned())),
        Setting::maybe("max_ranges", ranges, None),
        serving::random(*random),
    ];
    settings.extend(serving::listing(listing.as_ref()));
    settings.extend(serving::open_files(open_files.as_ref()));
    let usual = Files::default();
    let unusual = [
        (*directory_redirect != usual.directory_redirect, "directories"),
        (*index_redirect != usual.index_redirect, "redirects to an index"),
        (*unlisted != usual.unlisted, "a directory that is not listed"),
    ];
    let unusual = unusual.into_iter().filter(|(differs, _)| *differs);
    let unusual = unusual.map(|(_, what)| Item::unsaid(format!("another answer for {what}"), Origin::default()));
    settings.push(Setting::many("directories", unusual.collect(), Vec::new()));
    if extensions.as_ref().is_some_and(|extensions| **extensions != Extensions::default()) {
        let what = "what extensions say beside the media type";
        settings.push(Setting::many("extensions", vec![Item::unsaid(what, Origin::default())], Vec::new()));
    }
    settings
}

/// Links that are not followed, and from which part of a path on.
fn links(rule: &str, from: Option<&Template>) -> Setting {
    let from = from.map(|from| word::template(from).map(|text| format!("from={text}")));
    let words = [Ok(rule.to_owned())].into_iter().chain(from);
    Setting::one("disable_symlinks", Item::new("disable_symlinks", words, Origin::default()))
}

/// A line for each media type, as far as its extensions stand together.
fn types_block(table: Option<&TypeTable>) -> Item {
    let types = table.map(|TypeTable { types }| types.as_slice()).unwrap_or_default();
    let runs = types.chunk_by(|(_, left), (_, right)| left == right);
    let line = |run: &[(String, String)]| {
        let media = run.first().map(|(_, media)| word::quote(media)).unwrap_or_default();
        Item::Directive {
            name: media,
            words: run.iter().map(|(extension, _)| word::quote(extension)).collect(),
            block: None,
        }
    };
    Item::block("types", [], runs.map(line).collect())
}

fn pages(pages: &ErrorPages) -> Vec<Setting> {
    let ErrorPages {
        pages,
        recursive,
        first_counts: _,
        absolute_redirect,
        site_name_in_redirect,
        redirect_scheme: _,
        port_in_redirect,
        server_tokens,
        padding,
        refresh,
    } = pages;
    let tokens = match server_tokens {
        ServerTokens::Full => "on",
        ServerTokens::Name => "off",
    };
    let port = match port_in_redirect {
        RedirectPort::None => switch("port_in_redirect", false),
        RedirectPort::OfConnection => switch("port_in_redirect", true),
        RedirectPort::OfRequest { .. } => Setting::one(
            "port_in_redirect",
            Item::unsaid("redirects with the port that the client named", Origin::default()),
        ),
    };
    vec![
        Setting::many("error_page", pages.iter().map(page).collect(), Vec::new()),
        switch("recursive_error_pages", *recursive),
        switch("absolute_redirect", *absolute_redirect),
        switch("server_name_in_redirect", *site_name_in_redirect),
        port,
        single("server_tokens", Ok(tokens.to_owned())),
        switch("msie_padding", *padding),
        switch("msie_refresh", *refresh),
    ]
}

fn page(page: &ErrorPage) -> Item {
    let ErrorPage { statuses, sent_with, target, text, origin } = page;
    let status = |status: &u16| match (status, sent_with) {
        (494..=497, PageStatus::OfError) => Err(format!("a page that is sent with {status}")),
        (300..=498 | 500..=599, _) => Ok(status.to_string()),
        (status, _) => Err(format!("a page for {status}")),
    };
    if text.is_some() {
        return Item::unsaid("a text in place of an error", *origin);
    }
    let sent_with = match sent_with {
        PageStatus::OfError => None,
        PageStatus::OfPage => Some(Ok("=".to_owned())),
        PageStatus::Fixed(status) => Some(Ok(format!("={status}"))),
    };
    Item::new("error_page", statuses.iter().map(status).chain(sent_with).chain([word::template(target)]), *origin)
}

fn fields(fields: &ResponseFields) -> Vec<Setting> {
    let ResponseFields { add, edits: _, trailers, expires, expires_from_modified } = fields;
    let list = |name: &str, list: &[AddField]| list.iter().map(|field| added(name, field)).collect();
    let none = |name: &str, list: &[AddField]| if list.is_empty() { vec![Item::one(name, "off")] } else { Vec::new() };
    let expires = expires.as_ref().map(|rule| self::expires(rule, *expires_from_modified));
    vec![
        Setting::many("add_header", list("add_header", add), none("add_header_inherit", add)),
        Setting::many("add_trailer", list("add_trailer", trailers), none("add_trailer_inherit", trailers)),
        Setting::maybe("expires", expires, Some(Item::one("expires", "off"))),
    ]
}

fn added(directive: &str, field: &AddField) -> Item {
    let AddField { name, value, always, origin } = field;
    let always = always.then(|| Ok("always".to_owned()));
    Item::new(directive, [word::text(name), word::template(value)].into_iter().chain(always), *origin)
}

fn expires(rule: &ExpiresRule, from_modified: bool) -> Item {
    let modified = || Ok("modified".to_owned());
    let words: Vec<Word> = match rule {
        ExpiresRule::ByType(_) => return Item::unsaid("expiry by media type", Origin::default()),
        ExpiresRule::Variable(template) if from_modified => vec![modified(), word::template(template)],
        ExpiresRule::Variable(template) => vec![word::template(template)],
        ExpiresRule::Fixed(ExpiresTime::Off) => vec![Ok("off".to_owned())],
        ExpiresRule::Fixed(ExpiresTime::Epoch) => vec![Ok("epoch".to_owned())],
        ExpiresRule::Fixed(ExpiresTime::Max) => vec![Ok("max".to_owned())],
        ExpiresRule::Fixed(ExpiresTime::After(time)) => vec![word::seconds(*time)],
        ExpiresRule::Fixed(ExpiresTime::Before(time)) => vec![word::seconds(*time).map(|time| format!("-{time}"))],
        ExpiresRule::Fixed(ExpiresTime::AfterModified(time)) => vec![modified(), word::seconds(*time)],
        ExpiresRule::Fixed(ExpiresTime::Daily(second)) => vec![Ok(format!("@{second}s"))],
    };
    Item::new("expires", words, Origin::default())
}

/// Settings for a part of the requests, which only locations can have.
fn layers(layers: &Layers) -> Setting {
    let unsaid = |layer: &Layer| Item::unsaid("settings for a part of what the place serves", layer.origin);
    let parts = layers.layers.iter().filter(|layer| !layer.scope.is_empty());
    Setting::many("layers", parts.map(unsaid).collect(), Vec::new())
}

/// Steps that come when a request was let in, which only locations' own do here.
fn moments(moments: &Moments) -> Setting {
    let Moments { entered, admitted, defaults, user, ready } = moments;
    let variables = defaults.iter().map(|(_, value)| value).chain(user).map(|value| value.origin);
    let origins = [entered, admitted, ready].into_iter().flatten().map(Step::origin).chain(variables);
    let unsaid = |origin| Item::unsaid("what is done once a request was let in", origin);
    Setting::many("moments", origins.map(unsaid).collect(), Vec::new())
}

/// Copies of requests; whether they have bodies says nothing where there are none.
fn mirror(mirror: Option<&Mirror>) -> Vec<Setting> {
    let Some(Mirror { paths, body }) = mirror else {
        return vec![Setting::many("mirror", Vec::new(), vec![Item::one("mirror", "off")])];
    };
    let lines = paths.iter().map(|path| Item::one("mirror", word::quote(path))).collect();
    vec![Setting::many("mirror", lines, Vec::new()), mirror_body(*body)]
}

/// Whether copies have bodies.
pub(super) fn mirror_body(body: bool) -> Setting {
    switch("mirror_request_body", body)
}

/// A rate in bytes, or a value that holds one.
pub(super) fn rate(name: &'static str, rate: Option<&Template>) -> Setting {
    let word = |template: &Template| match template.as_text().map(str::parse) {
        Some(Ok(bytes)) => Ok(word::size(model::ByteSize(bytes))),
        Some(Err(_)) => Err(format!("{:?} is no number of bytes", template.as_text().unwrap_or_default())),
        None => word::template(template),
    };
    Setting::maybe(name, rate.map(|rate| Item::new(name, [word(rate)], rate.origin)), Some(Item::one(name, "0")))
}

/// The candidates that are tried first; nothing inherits them.
pub(super) fn try_files(section: &Section) -> Option<Item> {
    let TryFiles { candidates, fallback, origin } = section.try_files.as_ref()?;
    let fallback = match fallback {
        Fallback::Path(path) => word::raw(path).and_then(|raw| {
            let mistaken = raw.starts_with('=') || (raw.starts_with('@') && !raw.contains('$'));
            if mistaken { Err(format!("the path {raw}")) } else { Ok(word::quote(&raw)) }
        }),
        Fallback::Named(name) if name.starts_with('@') => word::literal(name),
        Fallback::Named(name) => Err(format!("a location called \"{name}\"")),
        Fallback::Status(status) => Ok(format!("={status}")),
    };
    if candidates.is_empty() {
        return Some(Item::unsaid("try_files: no candidate at all", *origin));
    }
    Some(Item::new("try_files", candidates.iter().map(word::template).chain([fallback]), *origin))
}

/// Changes of fields in their order; the language adds fields only, and only to responses.
pub(super) fn edits(section: &Section) -> Vec<Item> {
    let edit = |edit: &FieldEdit| {
        let FieldEdit { name, action: _, value: _, scope: _, condition: _, early: _, origin } = edit;
        Item::unsaid(format!("a change of the field \"{name}\""), *origin)
    };
    section.request_edits.iter().chain(&section.fields.edits).map(edit).collect()
}

/// A setting of one directive with one word.
pub(super) fn single(name: &'static str, word: Word) -> Setting {
    Setting::one(name, Item::new(name, [word], Origin::default()))
}

/// A setting that is on or off.
pub(super) fn switch(name: &'static str, on: bool) -> Setting {
    Setting::one(name, Item::switch(name, on))
}
