//! RFC 9111 as an operator tunes it: how long what does not say it is fresh, bounds of that, and exceptions.

use super::standard::{self, Asked, Said, Times};
use super::{Terms, varies_by_all};
use protocol::{Fields, Name};
use std::fmt;

/// What the operator says. Times are seconds.
#[derive(Clone, PartialEq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own, as operators know them")]
pub struct Rules {
    /// How long an answer is fresh that says nothing of it, not even when it was modified.
    pub usual: u64,
    /// An answer is fresh no longer than that, whatever it says.
    pub most: u64,
    /// One is at least so long that says only when it was modified.
    pub least: u64,
    /// Which part of the time since it was modified an answer is fresh that says nothing of it.
    pub share: f64,
    /// What requests say of kept answers does not count.
    pub ignores_requests: bool,
    /// `private` does not count.
    pub keeps_private: bool,
    /// `no-store` of an answer does not count.
    pub keeps_secret: bool,
    /// What expired already is kept, to be validated.
    pub keeps_expired: bool,
    /// What says neither when it was modified, nor how long it is fresh, nor its tag, is kept.
    pub keeps_undated: bool,
    /// What is kept is used where its server fails.
    pub uses_stale: bool,
}

/// Why an answer is not kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Answers of this status are never kept, or only if they say how long they are fresh.
    Status(u16),
    /// `Expires` is no date.
    Unreadable,
    /// `Expires` is past.
    Expired,
    /// There were arguments, and it does not say how long it is fresh.
    Arguments,
    /// It says nothing from which it could follow how long it is fresh.
    Undated,
    /// `no-store`.
    Secret,
    /// `private`.
    Private,
    /// The request showed who asked.
    Authorized,
    /// `Vary: *`.
    Varies,
    /// It is stale at once, and cannot be validated.
    Useless,
    /// It is too long, or too short.
    Size,
    /// The operator says so for this request.
    Told,
    /// There is no place for it now, or it is not the whole answer to GET.
    Elsewhere,
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Status(status) => return write!(out, "not kept: status {status}"),
            Self::Unreadable => "not kept: Expires is no date",
            Self::Expired => "not kept: Expires is past",
            Self::Arguments => "not kept: a query, and no explicit lifetime",
            Self::Undated => "not kept: no lifetime, no Last-Modified, no ETag",
            Self::Secret => "not kept: no-store",
            Self::Private => "not kept: private",
            Self::Authorized => "not kept: the request has Authorization",
            Self::Varies => "not kept: Vary is *",
            Self::Useless => "not kept: stale at once, and no validator",
            Self::Size => "not kept: its size",
            Self::Told => "not kept: the configuration says so",
            Self::Elsewhere => "not kept",
        };
        out.write_str(text)
    }
}

impl Rules {
    /// What a request says of kept answers, as far as it counts.
    pub fn asked(&self, fields: &Fields) -> Asked {
        let asked = Asked::read(fields);
        if self.ignores_requests { asked.ignored() } else { asked }
    }

    /// On what terms an answer is kept; `queried`: the request had arguments.
    ///
    /// # Errors
    /// Why it is not.
    pub fn terms(
        &self,
        asked: &Asked,
        (status, queried): (u16, bool),
        fields: &Fields,
        times: Times,
    ) -> Result<Terms, Refusal> {
        let mut said = Said::read(fields);
        let own = &mut said.directives;
        let aged = own.s_maxage.or(own.max_age).is_some();
        let expires = !said.targeted && fields.contains(Name::Expires);
        if expires && !aged {
            let expires = fields.get_known(Name::Expires).and_then(standard::date).ok_or(Refusal::Unreadable)?;
            if expires < times.answered && !self.keeps_expired {
                return Err(Refusal::Expired);
            }
        }
        if !aged && !expires {
            self.may_guess(status, queried, fields)?;
            own.max_age = Some(self.guess(fields, times));
        }
        if own.no_store && !self.keeps_secret {
            return Err(Refusal::Secret);
        }
        if own.private && !self.keeps_private {
            return Err(Refusal::Private);
        }
        (own.no_store, own.private) = (false, false);
        if !fields.contains(Name::CacheControl) && fields.get_known(Name::Pragma).is_some_and(is_no_cache) {
            own.no_cache = true;
        }
        let terms = standard::terms_said(asked, status, &said, fields, times);
        let mut terms = terms.ok_or_else(|| why_not(asked, status, fields))?;
        let most = times.answered.saturating_add(self.most).saturating_sub(terms.age.saturating_add(1));
        terms.fresh_until = terms.fresh_until.min(most);
        let of_use = terms.is_fresh(times.answered)
            || standard::is_validated(fields)
            || self.uses_stale && !terms.flags.must_ask && !terms.flags.never_stale;
        if of_use { Ok(terms) } else { Err(Refusal::Useless) }
    }

    /// Whether what is kept may be used where its server did not answer, or told an error.
    pub fn serves_on_error(&self, terms: &Terms) -> bool {
        self.uses_stale && !terms.flags.must_ask && !terms.flags.never_stale
    }

    /// Whether an answer may be kept that does not say how long it is fresh.
    fn may_guess(&self, status: u16, queried: bool, fields: &Fields) -> Result<(), Refusal> {
        if !matches!(status, 200 | 203 | 300 | 301) {
            return Err(Refusal::Status(status));
        }
        if queried {
            return Err(Refusal::Arguments);
        }
        if status == 200 && !standard::is_validated(fields) && !self.keeps_undated {
            return Err(Refusal::Undated);
        }
        Ok(())
    }

    /// How long an answer is taken to be fresh that does not say it.
    fn guess(&self, fields: &Fields, times: Times) -> u64 {
        let sent = standard::sent(fields, times);
        let modified = fields.get_known(Name::LastModified).and_then(standard::date);
        let Some(since) = modified.and_then(|modified| sent.checked_sub(modified)) else { return self.usual };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a guess needs no last second"
        )]
        let part = (since as f64 * self.share) as u64;
        part.max(self.least)
    }
}

/// Why RFC 9111 does not let an answer be kept of which nothing else was wrong.
fn why_not(asked: &Asked, status: u16, fields: &Fields) -> Refusal {
    if varies_by_all(fields) {
        Refusal::Varies
    } else if asked.is_secret() {
        Refusal::Secret
    } else if asked.is_authorized() && status != 206 {
        Refusal::Authorized
    } else {
        Refusal::Status(status)
    }
}

fn is_no_cache(value: &[u8]) -> bool {
    value.split(|byte| *byte == b',').any(|one| one.trim_ascii().eq_ignore_ascii_case(b"no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_000_000_000; // Sun, 09 Sep 2001 01:46:40 GMT
    const TIMES: Times = Times { asked: NOW, answered: NOW };

    fn rules() -> Rules {
        Rules {
            usual: 3600,
            most: 86_400,
            least: 0,
            share: 0.1,
            ignores_requests: false,
            keeps_private: false,
            keeps_secret: false,
            keeps_expired: false,
            keeps_undated: false,
            uses_stale: true,
        }
    }

    fn fields(lines: &[(&str, &str)]) -> Fields {
        let mut fields = Fields::new();
        for (name, value) in lines {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        fields
    }

    /// For how many seconds an answer is fresh, or why it is not kept.
    #[track_caller]
    fn check(rules: &Rules, lines: &[(&str, &str)], expected: Result<u64, Refusal>) {
        let terms = rules.terms(&Asked::default(), (200, false), &fields(lines), TIMES);
        assert_eq!(terms.map(|terms| (terms.fresh_until + 1).saturating_sub(NOW)), expected, "{lines:?}");
    }

    #[test]
    fn what_says_nothing_of_it_is_fresh_for_a_while() {
        check(&rules(), &[], Err(Refusal::Undated));
        check(&Rules { keeps_undated: true, ..rules() }, &[], Ok(3600));
        check(&rules(), &[("ETag", "\"a\"")], Ok(3600));
        // A thousand seconds before now, and what cannot be.
        check(&rules(), &[("Last-Modified", "Sun, 09 Sep 2001 01:30:00 GMT")], Ok(100));
        check(&rules(), &[("Last-Modified", "Sun, 09 Sep 2001 02:30:00 GMT")], Ok(3600));
        check(&rules(), &[("Last-Modified", "Sun, 09 Sep 1990 01:30:00 GMT")], Ok(86_400));
        let least = Rules { least: 500, ..rules() };
        check(&least, &[("Last-Modified", "Sun, 09 Sep 2001 01:30:00 GMT")], Ok(500));
        check(&least, &[("Cache-Control", "max-age=6")], Ok(6));
    }

    #[test]
    fn times_have_bounds() {
        let most = Rules { most: 60, ..rules() };
        check(&most, &[("Cache-Control", "max-age=600")], Ok(60));
        check(&most, &[("Cache-Control", "max-age=600"), ("Age", "20")], Ok(40));
        check(&rules(), &[("Cache-Control", "max-age=600")], Ok(600));
        check(&rules(), &[("Expires", "Sun, 09 Sep 2001 01:47:40 GMT")], Ok(60));
    }

    #[test]
    fn exceptions_are_made_where_they_are_asked_for() {
        let secret = [("Cache-Control", "max-age=9, no-store")];
        let private = [("Cache-Control", "private, max-age=9")];
        let expired = [("Expires", "Sun, 09 Sep 2001 01:30:00 GMT"), ("ETag", "\"a\"")];
        check(&rules(), &secret, Err(Refusal::Secret));
        check(&Rules { keeps_secret: true, ..rules() }, &secret, Ok(9));
        check(&rules(), &private, Err(Refusal::Private));
        check(&Rules { keeps_private: true, ..rules() }, &private, Ok(9));
        check(&rules(), &expired, Err(Refusal::Expired));
        check(&Rules { keeps_expired: true, ..rules() }, &expired, Ok(0));
        check(&rules(), &[("Expires", "soon"), ("ETag", "\"a\"")], Err(Refusal::Unreadable));
        let tag = fields(&[("ETag", "\"a\"")]);
        let kept = |status, queried| rules().terms(&Asked::default(), (status, queried), &tag, TIMES).map(drop);
        assert_eq!(kept(200, true), Err(Refusal::Arguments));
        assert_eq!((kept(404, false), kept(301, false)), (Err(Refusal::Status(404)), Ok(())));
    }

    #[test]
    fn no_exception_shares_what_must_not_be_shared() {
        let all = Rules { keeps_private: true, keeps_secret: true, keeps_expired: true, ..rules() };
        let authorized = Asked::read(&fields(&[("Authorization", "x")]));
        let kept = |lines: &[(&str, &str)]| all.terms(&authorized, (200, false), &fields(lines), TIMES).map(drop);
        assert_eq!(kept(&[("Cache-Control", "max-age=9")]), Err(Refusal::Authorized));
        assert_eq!(kept(&[("Cache-Control", "public, max-age=9")]), Ok(()));
        check(&all, &[("Cache-Control", "max-age=9"), ("Vary", "a, *")], Err(Refusal::Varies));
    }

    #[test]
    fn what_must_be_asked_about_is_never_used_stale() {
        let terms = |value: &str| {
            let fields = fields(&[("Cache-Control", value), ("ETag", "\"a\"")]);
            rules().terms(&Asked::default(), (200, false), &fields, TIMES).unwrap()
        };
        assert!(rules().serves_on_error(&terms("max-age=0")));
        assert!(!Rules { uses_stale: false, ..rules() }.serves_on_error(&terms("max-age=0")));
        for never in ["max-age=0, must-revalidate", "max-age=0, proxy-revalidate", "no-cache"] {
            assert!(!rules().serves_on_error(&terms(never)), "{never}");
        }
        check(&rules(), &[("Cache-Control", "max-age=0")], Ok(0));
        check(&rules(), &[("Cache-Control", "max-age=0, must-revalidate")], Err(Refusal::Useless));
    }
}
