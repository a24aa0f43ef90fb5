//! What a server's answer means here: its fields passed, changed or obeyed.

use crate::body::Body;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::plan::Proxy;
use crate::reroute::Reroute;
use crate::response::{Outcome, Ranges, Response};
use crate::script::parse_size;
use crate::serve::error_page::built_in;
use crate::serve::proxy::Answering;
use crate::serve::proxy::order::{HOP_BY_HOP, is_hop_by_hop, is_named, is_usual};
use crate::serve::proxy::relay::{Relay, Rules, Tally};
use crate::serve::tunnel::Tunnel;
use crate::shape::conditional::parse_date;
use crate::uri;
use model::{FailureStyle, PageStyle, RepeatedFields};
use protocol::{BodyKind, Field, Fields, Method, Name, ResponseHead, Version};
use telemetry::Level;
use transport::{Chunk, clock};

/// Fields of an answer that stay when it asks for another path to be served (`X-Accel-Redirect`).
const CARRIED: [Name; 6] = [
    Name::ContentType,
    Name::SetCookie,
    Name::ContentDisposition,
    Name::CacheControl,
    Name::Expires,
    Name::AcceptRanges,
];

/// Fields of an answer that mean something only once.
const ONCE: u128 = Name::bits(&[
    Name::ContentType,
    Name::Date,
    Name::LastModified,
    Name::Etag,
    Name::Server,
    Name::Location,
    Name::Refresh,
    Name::Expires,
    Name::XAccelExpires,
    Name::XAccelRedirect,
    Name::XAccelLimitRate,
    Name::XAccelBuffering,
    Name::XAccelCharset,
]);

/// Those of which no other may stand beside the first, however an answer is passed on.
const ONCE_EVERYWHERE: u128 = Name::bits(&[Name::ContentType, Name::Date, Name::Server]);

impl<'p> Exchange<'p> {
    /// Turns a server's answer into the response, or into what it asks for.
    pub fn take_answer(&mut self, proxy: &'p Proxy, mut answering: Box<Answering>) -> Outcome {
        let once = match self.place.section.style.repeated {
            RepeatedFields::First => ONCE,
            RepeatedFields::Most => ONCE_EVERYWHERE,
        };
        self.drop_repeated(&mut answering.head.fields, once);
        // From here on variables speak of them: rules may depend on what the answer says.
        self.upstream.fields = std::mem::take(&mut answering.head.fields);
        self.learn_session(&mut answering.permit);
        self.judge_answer(proxy, answering)
    }

    /// The fields of the answer are the upstream's by now.
    fn judge_answer(&mut self, proxy: &'p Proxy, answering: Box<Answering>) -> Outcome {
        let status = answering.head.status;
        if status == 101 {
            return self.open_tunnel(proxy, answering);
        }
        let documents = self.is_told_in_documents();
        if proxy.intercept_errors && self.intercepts(proxy, status) {
            self.keep_challenge(status);
            self.end_attempt();
            return match self.refuse(status) {
                // The words of the server behind stay.
                Outcome::Respond(mut page) if documents && page.head.status == status => {
                    if self.has_page_for(status) {
                        page.head.set_reason(answering.head.reason());
                        Outcome::Respond(page)
                    } else {
                        Self::respond(built_in(self.document(status, answering.head.reason())))
                    }
                }
                outcome => outcome,
            };
        }
        if let Some(outcome) = self.accel_redirect(proxy) {
            self.end_attempt();
            return outcome;
        }
        Outcome::Respond(self.relayed(proxy, answering))
    }

    /// Whether a page of ours replaces an answer of this status.
    pub fn intercepts(&self, proxy: &Proxy, status: u16) -> bool {
        if !proxy.intercepted.is_empty() {
            return proxy.intercepted.contains(&status);
        }
        let any_error = self.is_told_in_documents() && status >= 400;
        status >= 300 && (any_error || self.has_page_for(status))
    }

    fn is_told_in_documents(&self) -> bool {
        self.place.section.style.pages == PageStyle::Document
    }

    fn has_page_for(&self, status: u16) -> bool {
        self.page_for(status).is_some()
    }

    /// A 401 keeps its challenge even where our page replaces it.
    fn keep_challenge(&mut self, status: u16) {
        if status == 401 {
            for value in self.upstream.fields.get_all_known(Name::WwwAuthenticate) {
                self.carried.push(b"WWW-Authenticate", value);
            }
        }
    }

    fn accel_redirect(&mut self, proxy: &Proxy) -> Option<Outcome> {
        if proxy.ignored.has(Name::XAccelRedirect) {
            return None;
        }
        let target = self.upstream.fields.get_known(Name::XAccelRedirect)?.to_vec();
        for field in self.upstream.fields.entries().filter(|field| CARRIED.contains(&field.known)) {
            self.carried.push(field.name, field.value);
        }
        self.obey_limit_rate(proxy);
        if target.first() == Some(&b'@') {
            return Some(Outcome::Reroute(Reroute::to_named(target)));
        }
        let Some((path, arguments)) = uri::decode_target(&target) else {
            self.log_error(|| format!("unsafe URI \"{}\" was detected", String::from_utf8_lossy(&target)));
            return Some(self.refuse(404));
        };
        Some(Outcome::Reroute(Reroute::to_path(path, arguments.to_vec()).with_get()))
    }

    /// The rate that the answer asks for.
    pub fn obey_limit_rate(&mut self, proxy: &Proxy) {
        let rate =
            self.upstream.fields.get_known(Name::XAccelLimitRate).filter(|_| !proxy.ignored.has(Name::XAccelLimitRate));
        let rate = rate.and_then(|rate| std::str::from_utf8(rate).ok()?.parse().ok());
        self.limit_rate = rate.or(self.limit_rate);
    }

    /// The response that passes an answer on.
    fn relayed(&mut self, proxy: &Proxy, mut answering: Box<Answering>) -> Box<Response> {
        self.obey_limit_rate(proxy);
        let answer = &answering.head;
        let mut response = Box::new(Response::empty(answer.status));
        response.head.set_reason(answer.reason());
        response.head.fields = self.passed_fields(proxy, answer.status, &self.upstream.fields);
        response.length = length_of(answering.pooled.connection.body_kind(), &self.upstream.fields);
        if response.length == Some(0) && self.request.method == Method::Head && self.is_told_in_documents() {
            // It may be no more than that the server behind does not know.
            response.length = None;
        }
        self.describe_relayed(proxy, &mut response);
        let cut = proxy.force_ranges && self.request.head.fields.contains(Name::Range);
        if proxy.force_ranges && !self.is_told_in_documents() {
            response.head.fields.remove_known(Name::AcceptRanges);
            response.ranges = Ranges::Single;
        } else if cut {
            // httpd tells nobody that it cuts.
            response.ranges = Ranges::Single;
        }
        let ahead = reads_ahead(proxy, &self.upstream.fields);
        if !ahead {
            // As nginx has it: what is not buffered goes as fast as it comes.
            self.limit_rate = Some(0);
        }
        response.body = match take_whole(proxy, cut, &mut answering) {
            Some(body) => {
                for text in answering.pooled.connection.take_complaints() {
                    self.log_complaint(&text);
                }
                response.whole = Some(release(answering));
                Body::Bytes(body)
            }
            None => Body::Relay(Box::new(Relay::new(answering, self.relay_rules(proxy, ahead)))),
        };
        match &proxy.filed {
            Some(filed) if ahead => self.file_answer(proxy, filed, response),
            _ => response,
        }
    }

    /// What else an answer's fields say of the response.
    pub fn describe_relayed(&self, proxy: &Proxy, response: &mut Response) {
        response.modified = self.upstream.fields.get_known(Name::LastModified).and_then(parse_date);
        if proxy.gateway.is_some() && self.is_told_in_documents() {
            self.complete_answer_of_program(response);
        }
        let charset = self.upstream.fields.get_known(Name::XAccelCharset);
        response.charset = charset.filter(|_| !proxy.ignored.has(Name::XAccelCharset)).map(Into::into);
    }

    /// What a program leaves to its server: words for the status, and whether the client's conditions hold.
    fn complete_answer_of_program(&self, response: &mut Response) {
        let status = response.head.status;
        let said = self.upstream.fields.get(b"Status");
        if said.is_some_and(|said| said.trim_ascii().len() <= 3) {
            response.head.set_reason(protocol::status::phrase(status).as_bytes());
        }
        if matches!(status, 204 | 304) {
            response.head.fields.remove_known(Name::ContentType);
        }
        response.conditional = said.is_none() && matches!(self.request.method, Method::Get | Method::Head);
    }

    /// Of fields that mean something only once, the first counts.
    fn drop_repeated(&self, fields: &mut Fields, once: u128) {
        if !fields.repeats_any(once) {
            return;
        }
        let mut kept = Fields::new();
        for field in fields.entries() {
            if field.known.bit() & once != 0 && kept.contains(field.known) {
                self.log(Level::Warning, || {
                    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
                    format!(
                        "upstream sent duplicate header line: \"{}: {}\", ignored",
                        text(field.name),
                        text(field.value)
                    )
                });
            } else {
                kept.push(field.name, field.value);
            }
        }
        *fields = kept;
    }

    fn relay_rules(&self, proxy: &Proxy, ahead: bool) -> Rules {
        Rules {
            memory: proxy.buffering.memory.as_usize(),
            file: proxy.buffering.file.0,
            directory: self.worker.shared.directory(&proxy.buffering.temp_directory),
            ahead,
            timeouts: proxy.timeouts,
            rate: proxy.limit_rate.as_ref().and_then(|rate| parse_size(&self.text_of(rate))).unwrap_or(0),
            ignore_abort: proxy.ignore_client_abort,
            pass_trailers: proxy.pass_trailers,
        }
    }

    /// The fields of an answer that are passed on.
    pub fn passed_fields(&self, proxy: &Proxy, status: u16, answer: &Fields) -> Fields {
        let mut passed = self.worker.shared.fields();
        self.begin_fields(&mut passed, answer, &proxy.hidden);
        // RFC 9110 §15.5.22: a 426 tells what to upgrade to.
        let needed = if status == 426 { Name::Upgrade.bit() } else { 0 };
        let dropped = (HOP_BY_HOP & !needed) | proxy.hidden.bits();
        let lists = answer.get_all_known(Name::Connection).any(|options| !is_usual(options));
        let is_dropped = |field: &Field<'_>| {
            (proxy.hidden.has_others() && proxy.hidden.contains(field))
                || (lists && field.known.bit() & needed == 0 && is_named(answer.get_all_known(Name::Connection), field))
        };
        if answer.contains_any(proxy.changed) || proxy.maps_uri && answer.get(b"URI").is_some() {
            for field in answer.entries() {
                if field.known.bit() & dropped == 0 && !is_dropped(&field) {
                    self.pass_changed(proxy, &field, &mut passed);
                }
            }
        } else {
            passed.append_kept(answer, dropped, is_dropped);
        }
        for field in &proxy.added {
            let name = field.start.strip_suffix(b": ").unwrap_or(&field.start);
            passed.push(name, &self.text_of(&field.value));
        }
        if !passed.contains(Name::Server) {
            // What is passed stands for our own name, even if it is nothing.
            passed.push(b"Server", b"");
        }
        passed
    }

    /// Passes a field of an answer on as the place's rules change it.
    fn pass_changed(&self, proxy: &Proxy, field: &Field<'_>, passed: &mut Fields) {
        match field.known {
            Name::Location if !proxy.redirects.is_empty() => {
                passed.push(field.name, &self.mapped_location(proxy, field.value));
            }
            Name::ContentLocation | Name::Destination if proxy.maps_uri => {
                passed.push(field.name, &self.mapped_location(proxy, field.value));
            }
            Name::Other if proxy.maps_uri && field.name.eq_ignore_ascii_case(b"URI") => {
                passed.push(field.name, &self.mapped_location(proxy, field.value));
            }
            Name::Refresh if !proxy.redirects.is_empty() => {
                passed.push(field.name, &self.mapped_refresh(proxy, field.value));
            }
            Name::SetCookie if proxy.changes_cookies() => {
                passed.push(field.name, &self.mapped_cookie(proxy, field.value));
            }
            _ => passed.push_field(field),
        }
    }

    fn open_tunnel(&self, proxy: &Proxy, answering: Box<Answering>) -> Outcome {
        let head = &self.request.head;
        // RFC 9113 §8.6: there is no such answer to a usual request.
        let is_mere_request = head.version == Version::Http2 && !head.opens_tunnel();
        let heeds = self.place.section.style.failures == FailureStyle::Service;
        if is_mere_request || heeds && !self.asked_for_switch() {
            return Outcome::Fail(Failure::from(upstream::FailureCause::SwitchUnasked));
        }
        let mut head = ResponseHead::new(101);
        for field in self.upstream.fields.entries() {
            let skipped = proxy.hidden.contains(&field) || (is_hop_by_hop(field.known) && field.known != Name::Upgrade);
            if !skipped {
                head.fields.push_field(&field);
            }
        }
        for field in self.carried.entries() {
            head.fields.push_field(&field);
        }
        head.set_reason(answering.head.reason());
        Outcome::Tunnel(Box::new(Tunnel::new(head, answering, proxy.timeouts)))
    }
}

impl Exchange<'_> {
    /// Whether the client asked for the protocol that the server switches to (RFC 9110 §7.8).
    fn asked_for_switch(&self) -> bool {
        let Some(protocol) = self.upstream.fields.get_known(Name::Upgrade) else { return true };
        let names_it = |list: &[u8]| {
            list.split(|byte| *byte == b',').any(|asked| asked.trim_ascii().eq_ignore_ascii_case(protocol))
        };
        self.request.head.fields.get_all_known(Name::Upgrade).any(names_it)
    }
}

/// Whether the answer is read ahead of the client.
pub fn reads_ahead(proxy: &Proxy, fields: &Fields) -> bool {
    let asked = fields.get_known(Name::XAccelBuffering).filter(|_| !proxy.ignored.has(Name::XAccelBuffering));
    match asked {
        Some(value) if value.eq_ignore_ascii_case(b"yes") => true,
        Some(value) if value.eq_ignore_ascii_case(b"no") => false,
        _ => proxy.buffering.response,
    }
}

/// Gives a connection back whose answer is whole. What came over it is noted when the client has the answer's head: fields
/// that are added to it speak of an answer that has only begun.
pub fn release(answering: Box<Answering>) -> Tally {
    let Answering { pooled, permit, group, class, .. } = *answering;
    let now = clock::now();
    let tally = Tally { ended: Some(now), ..Tally::of(&pooled.connection) };
    group.checkin(&permit, class, pooled, now);
    permit.add_traffic(tally.sent, tally.length);
    permit.succeeded(now);
    tally
}

/// The whole body of an answer, if it is there and nothing is done with it on its way.
fn take_whole(proxy: &Proxy, cut: bool, answering: &mut Answering) -> Option<Chunk> {
    let plain = !cut && !proxy.ignore_client_abort && proxy.limit_rate.is_none();
    if plain && answering.upload.is_done() { answering.pooled.connection.take_whole_body() } else { None }
}

/// How long the body is that the client will get; for an answer without a body, what it announces.
fn length_of(kind: BodyKind, fields: &Fields) -> Option<u64> {
    match kind {
        BodyKind::Length(length) => Some(length),
        BodyKind::Chunked | BodyKind::UntilClose => None,
        BodyKind::None => {
            let announced = fields.get_known(Name::ContentLength);
            announced.and_then(|length| std::str::from_utf8(length).ok()?.parse().ok())
        }
    }
}
