//! Clients who prove who they are with a signed token (RFC 6750, RFC 7519).

use crate::child::Asked;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::guard::access::Answer;
use crate::guard::kept_files::{KeptFiles, Trouble};
use crate::plan::Template;
use crate::script::condition::is_true;
use crate::serve::files::path_of;
use admission::token::{BadToken, KeySet, Token as Shown};
use protocol::Name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};
use telemetry::{Level, SystemError};
use transport::clock;

/// Bytes of an answer with keys at most.
const LARGEST_KEYS: usize = 1 << 20;
/// Most answers with keys that a worker keeps.
const MOST_ANSWERS: usize = 64;

/// A token that is asked for.
pub struct Token {
    /// What the client is told that it may enter.
    pub realm: Template,
    /// Where the token is; `None`: in `Authorization`.
    pub place: Option<Template>,
    /// Where keys are.
    pub keys: Vec<KeySource>,
    /// Where a relative path of a file starts.
    pub directory: PathBuf,
    /// How long keys of another place are kept.
    pub keep_keys: Duration,
    /// How far clocks may be apart.
    pub leeway: Duration,
    /// What else must be so, and the status of the refusal.
    pub requirements: Vec<(Vec<Template>, u16)>,
}

/// Where keys are.
pub enum KeySource {
    /// In a file.
    File(Template),
    /// In what another place of the site answers with.
    Request(Template),
}

/// Keys as a worker has them.
#[derive(Default)]
pub struct Keys {
    files: KeptFiles<KeySet>,
    answers: RefCell<HashMap<Asking, Answered>>,
}

/// A site's name, and what was asked there.
type Asking = (Box<str>, Vec<u8>);
/// Until when keys hold.
type Answered = (Instant, Rc<KeySet>);

impl<'p> Exchange<'p> {
    /// Asks for a token. What it says is known to variables while its keys are looked for, and stays so if it is good.
    pub(super) async fn ask_token(&mut self, rule: &'p Token, client: &mut Client<'_>) -> Result<Answer, Failure> {
        let Some(text) = self.token_text(rule) else {
            self.log(Level::Info, || "no JSON Web Token was provided".into());
            return Ok(self.ask_for_token(rule, None));
        };
        let shown = match Shown::read(&text) {
            Ok(shown) => Rc::new(shown),
            Err(bad) => return Ok(self.ask_for_token(rule, Some(bad))),
        };
        self.findings().token = Some(Rc::clone(&shown));
        let answer = self.judge_token(rule, &shown, client).await;
        if !matches!(answer, Ok(Answer::Granted)) {
            self.findings().token = None;
        }
        answer
    }

    async fn judge_token(
        &mut self,
        rule: &'p Token,
        shown: &Shown,
        client: &mut Client<'_>,
    ) -> Result<Answer, Failure> {
        let mut keys = Vec::new();
        for source in &rule.keys {
            keys.push(match source {
                KeySource::File(file) => self.keys_of_file(&rule.directory.join(path_of(&self.text_of(file)))).await?,
                KeySource::Request(place) => self.keys_of_place(rule, &self.text_of(place), client).await?,
            });
        }
        if let Err(bad) = shown.verify(keys.iter().map(|keys| &**keys), clock::unix_time(), rule.leeway) {
            return Ok(self.ask_for_token(rule, Some(bad)));
        }
        for (values, status) in &rule.requirements {
            if values.iter().any(|value| !is_true(&self.text_of(value))) {
                self.log_error(|| "a requirement of the JSON Web Token is not fulfilled".into());
                return Ok(match status {
                    401 => self.ask_for_token(rule, None),
                    status => Answer::Refused(*status),
                });
            }
        }
        Ok(Answer::Granted)
    }

    /// The token as it came; `None`: there is none.
    fn token_text(&self, rule: &Token) -> Option<Vec<u8>> {
        let text = if let Some(place) = &rule.place {
            self.text_of(place)
        } else {
            let field = self.request.head.fields.get_known(Name::Authorization)?;
            let (scheme, token) = field.split_at_checked(7)?;
            scheme.eq_ignore_ascii_case(b"bearer ").then(|| token.trim_ascii().to_vec())?
        };
        (!text.is_empty()).then_some(text)
    }

    /// Tells the client what to show (RFC 6750 §3).
    fn ask_for_token(&mut self, rule: &Token, bad: Option<BadToken>) -> Answer {
        let realm = self.text_of(&rule.realm);
        let mut challenge = [b"Bearer realm=\"", realm.as_slice(), b"\""].concat();
        if let Some(bad) = bad {
            self.log_error(|| format!("the JSON Web Token {bad}"));
            challenge.extend_from_slice(b", error=\"invalid_token\"");
        }
        self.carried.push(b"WWW-Authenticate", &challenge);
        Answer::Refused(401)
    }

    async fn keys_of_file(&self, path: &Path) -> Result<Rc<KeySet>, Failure> {
        let parse = |text: Vec<u8>| KeySet::read(&text).map_err(|error| error.to_string());
        let found = self.worker.shared.keys.files.get(path, parse).await;
        found.map_err(|trouble| {
            let path = path.display();
            self.log_error(|| match trouble {
                Trouble::Io(error) => format!("open() \"{path}\" failed {}", SystemError(&error)),
                Trouble::TooLarge => format!("the file of keys \"{path}\" is too large"),
                Trouble::Content(what) => format!("\"{path}\" is of no use: {what}"),
            });
            Failure::new(Cause::BadValue)
        })
    }

    async fn keys_of_place(
        &mut self,
        rule: &Token,
        place: &[u8],
        client: &mut Client<'_>,
    ) -> Result<Rc<KeySet>, Failure> {
        let key = (Box::from(self.place.site.primary_name.as_str()), place.to_vec());
        if let Some((end, keys)) = self.worker.shared.keys.answers.borrow().get(&key)
            && *end > clock::now()
        {
            return Ok(Rc::clone(keys));
        }
        let asked = Asked { keep: LARGEST_KEYS, ..Asked::get(place) };
        let answer = self.ask_inside(asked, client, |_, response| (response.head.status, response.body.into_text()));
        let keys = match answer.await? {
            (200, text) => KeySet::read(&text).map_err(|error| error.to_string()),
            (status, _) => Err(format!("the status is {status}")),
        };
        let keys = keys.map_err(|what| {
            self.log_error(|| format!("\"{}\" has no keys: {what}", String::from_utf8_lossy(place)));
            Failure::new(Cause::BadValue)
        })?;
        let keys = Rc::new(keys);
        if !rule.keep_keys.is_zero() {
            let mut answers = self.worker.shared.keys.answers.borrow_mut();
            if answers.len() >= MOST_ANSWERS {
                answers.clear();
            }
            answers.insert(key, (clock::now() + rule.keep_keys, Rc::clone(&keys)));
        }
        Ok(keys)
    }
}
