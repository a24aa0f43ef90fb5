//! Fields that responses get: `Server`, `Date`, `add_header`, `expires`.

use crate::exchange::Exchange;
use crate::plan::ExpiresRule;
use crate::plan::section::NameSet;
use crate::response::Response;
use crate::serve::error_page::{PROGRAM, PROGRAM_VERSION};
use crate::shape::conditional::parse_date;
use crate::variables::append_number;
use model::{PageStyle, Persistence, ServerTokens};
use protocol::{Announced, Fields, Name};
use transport::clock;

/// Whether responses of this status get added fields that are not for all.
pub fn is_common(status: u16) -> bool {
    matches!(status, 200 | 201 | 204 | 206 | 301 | 302 | 303 | 304 | 307 | 308)
}

/// Makes one field of all `Vary`, in which each name stands once.
pub fn join_vary(fields: &mut Fields) {
    let mut names: Vec<&[u8]> = Vec::new();
    let all = fields.get_all_known(Name::Vary);
    for name in all.flat_map(|value| value.split(|byte| *byte == b',' || byte.is_ascii_whitespace())) {
        if !name.is_empty() && !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    if !names.is_empty() {
        let joined = names.join(&b',');
        fields.set(b"Vary", &joined);
    }
}

impl Exchange<'_> {
    /// Begins the fields of an answer that is passed on with our own `Server` and `Date`, unless the upstream's are passed.
    pub fn begin_fields(&self, fields: &mut Fields, answer: &Fields, hidden: &NameSet) {
        // A server's name that is passed stands for ours, even where it gives none; programs have none.
        let named = self.place.section.style.names_relayed || self.gateway().is_some();
        let unnamed = named && !answer.contains(Name::Server);
        if unnamed || hidden.has(Name::Server) {
            fields.push_written(
                Name::Server,
                match self.place.section.error_pages.server_tokens {
                    ServerTokens::Full => concat!("Server: zaguan/", env!("CARGO_PKG_VERSION"), "\r\n").as_bytes(),
                    ServerTokens::Name => b"Server: zaguan\r\n",
                },
            );
        }
        if hidden.has(Name::Date) || !answer.contains(Name::Date) {
            fields.push_written(Name::Date, &clock::date_line());
        }
    }

    /// What the program calls itself here.
    fn server_name(&self) -> &'static [u8] {
        match self.place.section.error_pages.server_tokens {
            ServerTokens::Full => PROGRAM_VERSION.as_bytes(),
            ServerTokens::Name => PROGRAM.as_bytes(),
        }
    }

    /// Puts `Server` and `Date` in front, unless they are there.
    pub fn name_server(&self, response: &mut Response) {
        let relayed = response.is_relayed();
        let fields = &mut response.head.fields;
        if !fields.contains(Name::Date) {
            fields.push_front(Name::Date, &clock::http_date());
        }
        let own = self.place.section.style.pages == PageStyle::Document && !relayed;
        if own {
            fields.remove_known(Name::Server);
        }
        if !fields.contains(Name::Server) {
            fields.push_front(Name::Server, self.server_name());
        } else if fields.get_known(Name::Server) == Some(b"") {
            fields.remove_known(Name::Server);
        }
    }

    /// Tells the client how long its connection is kept idle, where that is configured.
    pub fn announce_keep_alive(&self, response: &mut Response) {
        if self.place.section.style.persistence == Persistence::Asked {
            return self.answer_keep_alive(response);
        }
        if let Some(span) = self.place.section.keep_alive.announced {
            response.head.fields.push_with(b"Keep-Alive", |out| {
                out.extend_from_slice(b"timeout=");
                append_number(span.as_secs(), out);
            });
        }
    }

    /// A client that asked for it is told how long its connection lives, and for how many requests.
    fn answer_keep_alive(&self, response: &mut Response) {
        let head = &mut response.head;
        head.announced = Announced::Silent;
        let options = self.request.head.fields.get_all_known(Name::Connection);
        let mut options = options.flat_map(|value| value.split(|byte| *byte == b','));
        if !options.any(|option| option.trim_ascii().eq_ignore_ascii_case(b"keep-alive")) {
            return;
        }
        head.announced = Announced::Capital;
        let rule = &self.place.section.keep_alive;
        head.fields.push_with(b"Keep-Alive", |out| {
            out.extend_from_slice(b"timeout=");
            append_number(rule.timeout.as_secs(), out);
            if rule.requests != u64::MAX {
                out.extend_from_slice(b", max=");
                append_number(rule.requests.saturating_sub(self.connection.requests()), out);
            }
        });
    }

    /// Adds what an upstream's answer left behind when it asked for another path; its media type replaces the path's own.
    pub fn carry_fields(&mut self, response: &mut Response) {
        for field in self.carried.entries() {
            match field.known {
                Name::ContentType if response.is_relayed() && response.head.fields.contains(Name::ContentType) => {}
                Name::ContentType => response.head.fields.set(field.name, field.value),
                _ => response.head.fields.push(field.name, field.value),
            }
        }
        self.carried.clear();
    }

    /// Adds the place's fields.
    pub fn add_fields(&mut self, response: &mut Response) {
        let rules = &self.place.section.fields;
        if rules.add.is_empty() && rules.expires.is_none() {
            return;
        }
        let common = is_common(response.head.status);
        // The values may speak of the response (`$sent_http_…`, `$status`), of the fields before them too.
        self.sent.status = response.head.status;
        self.sent.fields.clone_from(&response.head.fields);
        let told = |rule: &&ExpiresRule| match rule {
            ExpiresRule::ByType(_) => response.head.status < 400,
            ExpiresRule::Fixed(_) | ExpiresRule::Variable { .. } => common,
        };
        if let Some(rule) = rules.expires.as_ref().filter(told) {
            self.set_expires(rule, response);
        }
        for field in rules.add.iter().filter(|field| common || field.always) {
            if field.value.as_text().is_none() {
                self.sent.fields.clone_from(&response.head.fields);
            }
            let value = self.text_of(&field.value);
            let only_one = matches!(Name::of(&field.name), Name::LastModified | Name::Etag);
            match (only_one, value.is_empty()) {
                (true, true) => {
                    response.head.fields.remove(&field.name);
                }
                (true, false) => response.head.fields.set(&field.name, &value),
                (false, true) => {}
                (false, false) => response.head.fields.push(&field.name, &value),
            }
            if Name::of(&field.name) == Name::LastModified {
                response.modified = parse_date(&value);
            }
        }
    }
}
