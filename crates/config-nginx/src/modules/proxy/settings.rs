//! What a level says about forwarding, and the model of it.

use std::path::PathBuf;
use std::time::Duration;

use diagnostic::{Diagnostic, Origin};
use model::{
    Bind, Buffering, ByteSize, CookieFlags, CookieRule, CookieRules, FiledAnswers, NextUpstream, Part, PassedFields,
    Proxy, ProxyTimeouts, Redirect, SetField, Template, Trouble,
};

use super::cache::CacheSettings;
use super::target::TargetSetting;
use crate::lower::Lowering;
use crate::lower::slot::{List, Slot, settings};
use crate::modules::http_core::client::temp_directory;
use crate::modules::upstream_ssl::UpstreamTlsSettings;

settings! {
    /// What is inherited about forwarding.
    struct InheritedProxy {
        version: Slot<u8>,
        method: Slot<Template>,
        set_fields: List<SetField>,
        pass_fields: Slot<bool>,
        pass_body: Slot<bool>,
        body: Slot<Template>,
        hide: List<String>,
        pass: List<String>,
        ignore: Slot<Vec<String>>,
        redirect: Slot<bool>,
        redirects: List<Redirect>,
        cookie_domains: List<CookieRule>,
        cookie_paths: List<CookieRule>,
        cookie_flags: List<CookieFlags>,
        buffering: Slot<bool>,
        request_buffering: Slot<bool>,
        buffer_size: Slot<ByteSize>,
        buffers: Slot<(u64, ByteSize)>,
        busy_size: Slot<ByteSize>,
        write_size: Slot<ByteSize>,
        max_file: Slot<ByteSize>,
        temp_path: Slot<PathBuf>,
        limit_rate: Slot<Template>,
        intercept_errors: Slot<bool>,
        connect_timeout: Slot<Duration>,
        send_timeout: Slot<Duration>,
        read_timeout: Slot<Duration>,
        ignore_client_abort: Slot<bool>,
        next: Slot<(Vec<Trouble>, bool)>,
        next_timeout: Slot<Duration>,
        next_tries: Slot<u32>,
        bind: Slot<Option<Bind>>,
        socket_keepalive: Slot<bool>,
        force_ranges: Slot<bool>,
        pass_trailers: Slot<bool>,
        early_hints: Slot<Template>,
        cache: CacheSettings,
        filed: Slot<Option<Option<Template>>>,
        filed_access: Slot<u32>,
        tls: UpstreamTlsSettings,
    }
}

/// What a level says about forwarding.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProxySettings {
    pub(crate) shared: InheritedProxy,
    /// Where requests go: `proxy_pass` is not inherited, but by an `if`.
    pub(crate) target: Slot<TargetSetting>,
}

/// nginx's page: the size of buffers where none is given.
const PAGE: ByteSize = ByteSize(4096);

/// Fields of the client that are not passed, where no value is set for them.
const NOT_PASSED: [&str; 6] = ["Connection", "Proxy-Connection", "TE", "Keep-Alive", "Expect", "Upgrade"];

/// Fields of answers that are not passed, where nothing is said.
pub(crate) const HIDDEN: [&str; 8] = [
    "date",
    "server",
    "x-pad",
    "x-accel-expires",
    "x-accel-redirect",
    "x-accel-limit-rate",
    "x-accel-buffering",
    "x-accel-charset",
];

/// Who may do what with files where `proxy_store_access` says nothing.
const OWNER_ONLY: u32 = 0o600;

impl ProxySettings {
    pub(crate) fn inherit(&mut self, parent: &Self) {
        // Of what excludes each other, the inner one counts.
        let shared = &mut self.shared;
        if shared.filed.get().is_some_and(Option::is_some) {
            shared.cache.turn_off(shared.filed.origin().unwrap_or_default());
        } else if let Some(origin) = shared.cache.is_on().filter(|_| !shared.filed.is_set()) {
            shared.filed.replace(None, origin);
        }
        self.shared.inherit(&parent.shared);
    }

    /// The replacement of `Location` that holds where none is written: it is inherited as if it were.
    pub(crate) fn default_redirect(&mut self, level_name: &str) {
        if self.shared.redirect.or(true)
            && !self.shared.redirects.is_set()
            && let Some(redirect) = self.target.get().and_then(|target| target.default_redirect(level_name))
        {
            self.shared.redirects.push(redirect);
        }
    }

    pub(crate) fn finish(&self, lowering: &mut Lowering<'_>) -> Option<Proxy> {
        self.target.get()?;
        let buffering = self.buffering(lowering, "proxy");
        self.model(lowering, "proxy", buffering, &HIDDEN)
    }

    /// The model of it, for a module whose directives begin with `prefix`. `hidden`: fields of answers that are not passed
    /// unless it is said.
    pub(crate) fn model(
        &self,
        lowering: &mut Lowering<'_>,
        prefix: &str,
        buffering: Buffering,
        hidden: &[&str],
    ) -> Option<Proxy> {
        let setting = self.target.get()?;
        let shared = &self.shared;
        let target = setting.resolve(lowering)?;
        let origin = self.target.origin().unwrap_or_default();
        let tls = setting.may_be_secure().then(|| shared.tls.finish(lowering, prefix, origin));
        Some(Proxy {
            target,
            tls,
            version: shared.version.or(11),
            gateway: None,
            for_files: false,
            method: shared.method.get().cloned(),
            set_fields: complete_fields(shared.set_fields.get().unwrap_or_default()),
            pass_request_fields: shared.pass_fields.or(true),
            pass_request_body: shared.pass_body.or(true),
            body: shared.body.get().cloned(),
            fields: self.passed_fields(hidden),
            redirects: if shared.redirect.or(true) { shared.redirects.to_vec() } else { Vec::new() },
            cookies: CookieRules {
                domains: shared.cookie_domains.to_vec(),
                paths: shared.cookie_paths.to_vec(),
                flags: shared.cookie_flags.to_vec(),
                whole: false,
            },
            buffering,
            limit_rate: shared.limit_rate.get().cloned(),
            intercept_errors: shared.intercept_errors.or(false),
            intercepted: Vec::new(),
            timeouts: self.timeouts(),
            ignore_client_abort: shared.ignore_client_abort.or(false),
            next: self.next(),
            bind: shared.bind.get().cloned().flatten(),
            socket_keep_alive: shared.socket_keepalive.or(false),
            force_ranges: shared.force_ranges.or(false),
            pass_trailers: shared.pass_trailers.or(false),
            early_hints: shared.early_hints.get().cloned(),
            cache: shared.cache.finish(lowering, prefix),
            filed: self.filed(),
            resolver: None,
            origin,
        })
    }

    fn filed(&self) -> Option<Box<FiledAnswers>> {
        let path = self.shared.filed.get()?.clone()?;
        let mode = self.shared.filed_access.or(OWNER_ONLY);
        Some(Box::new(FiledAnswers { path, mode, origin: self.shared.filed.origin().unwrap_or_default() }))
    }

    fn timeouts(&self) -> ProxyTimeouts {
        let minute = Duration::from_mins(1);
        ProxyTimeouts {
            connect: self.shared.connect_timeout.or(minute),
            send: self.shared.send_timeout.or(minute),
            read: self.shared.read_timeout.or(minute),
        }
    }

    fn next(&self) -> NextUpstream {
        let (when, non_idempotent) = self.shared.next.or((vec![Trouble::Error, Trouble::Timeout], false));
        NextUpstream {
            when,
            non_idempotent,
            timeout: self.shared.next_timeout.or(Duration::ZERO),
            tries: self.shared.next_tries.or(0),
        }
    }

    fn passed_fields(&self, hidden: &[&str]) -> PassedFields {
        let mut hidden: Vec<String> = hidden.iter().map(|name| (*name).to_owned()).collect();
        for name in self.shared.hide.get().unwrap_or_default() {
            if !hidden.contains(name) {
                hidden.push(name.clone());
            }
        }
        let pass = self.shared.pass.get().unwrap_or_default();
        hidden.retain(|name| !pass.contains(name));
        PassedFields { hidden, ignored: self.shared.ignore.or(Vec::new()), added: Vec::new() }
    }

    /// How much is held, as directives that begin with `prefix` say it.
    pub(crate) fn buffering(&self, lowering: &mut Lowering<'_>, prefix: &str) -> Buffering {
        let (count, size) = self.shared.buffers.or((8, PAGE));
        let head = self.shared.buffer_size.or(PAGE);
        self.check_buffers(lowering, prefix, (count, size), head);
        Buffering {
            response: self.shared.buffering.or(true),
            request: self.shared.request_buffering.or(true),
            head,
            memory: ByteSize(count.saturating_mul(size.0)),
            file: self.shared.max_file.or(ByteSize(1 << 30)),
            temp_directory: self.temp_directory(lowering, prefix),
        }
    }

    /// Where answers are held that are too large for memory.
    pub(crate) fn temp_directory(&self, lowering: &mut Lowering<'_>, prefix: &str) -> PathBuf {
        temp_directory(lowering, &self.shared.temp_path, &format!("{prefix}_temp"))
    }

    /// nginx's rules for sizes that must fit each other.
    fn check_buffers(&self, lowering: &mut Lowering<'_>, prefix: &str, (count, size): (u64, ByteSize), head: ByteSize) {
        let larger =
            format!("the maximum of the value of \"{prefix}_buffer_size\" and one of the \"{prefix}_buffers\"");
        let shared = &self.shared;
        let largest = head.max(size).0;
        let busy = shared.busy_size.or(ByteSize(largest.saturating_mul(2))).0;
        let mut report = |message: String, origin: Option<Origin>| {
            let origin = origin.or(shared.buffers.origin()).or(shared.buffer_size.origin()).unwrap_or_default();
            lowering.report_once(Diagnostic::error("invalid-sizes", message).at(origin));
        };
        if count < 2 {
            return report(format!("there must be at least 2 \"{prefix}_buffers\""), shared.buffers.origin());
        }
        if busy < largest {
            report(
                format!("\"{prefix}_busy_buffers_size\" must be equal to or greater than {larger}"),
                shared.busy_size.origin(),
            );
        }
        if busy > (count - 1).saturating_mul(size.0) {
            let message = format!(
                "\"{prefix}_busy_buffers_size\" must be less than the size of all \"{prefix}_buffers\" minus one buffer"
            );
            report(message, shared.busy_size.origin());
        }
        if shared.write_size.get().is_some_and(|write| write.0 < largest) {
            let message = format!("\"{prefix}_temp_file_write_size\" must be equal to or greater than {larger}");
            report(message, shared.write_size.origin());
        }
        if shared.max_file.get().is_some_and(|file| file.0 != 0 && file.0 < largest) {
            let message = format!(
                "\"{prefix}_max_temp_file_size\" must be equal to zero to disable temporary files usage or must be equal to or greater than {larger}"
            );
            report(message, shared.max_file.origin());
        }
    }
}

/// nginx sends what is set in its order, then what it sets itself, `Host` first.
pub(crate) fn complete_fields(set: &[SetField]) -> Vec<SetField> {
    let is = |field: &SetField, name: &str| field.name.eq_ignore_ascii_case(name);
    let field = |name: &str, parts| {
        let origin = Origin::default();
        SetField { name: name.to_owned(), value: Template { parts, origin }, origin }
    };
    let host = set.iter().rposition(|field| is(field, "Host"));
    // RFC 9112 §3.2: there is one Host, whatever was set.
    let chosen = set.iter().enumerate().filter(|(index, field)| host == Some(*index) || !is(field, "Host"));
    let mut fields: Vec<SetField> = chosen.map(|(_, field)| field.clone()).collect();
    if host.is_none() {
        fields.push(field("Host", vec![Part::Variable("proxy_host".to_owned())]));
    }
    for name in NOT_PASSED {
        if !set.iter().any(|field| is(field, name)) {
            fields.push(field(name, Vec::new()));
        }
    }
    fields
}

/// Whether a field is emptied that would not be passed anyway, or set to what the client sent.
pub(crate) fn is_idle(field: &SetField) -> bool {
    let own = format!("http_{}", field.name.to_ascii_lowercase().replace('-', "_"));
    match field.value.parts.as_slice() {
        [] => NOT_PASSED.iter().any(|name| field.name.eq_ignore_ascii_case(name)),
        [Part::Variable(variable)] => {
            *variable == own
                && own != "http_host"
                && !NOT_PASSED.iter().any(|name| field.name.eq_ignore_ascii_case(name))
        }
        _ => false,
    }
}
