//! Tells what the corridor would do with a request, from the very structures that serve it.

mod site;
mod text;

use crate::connection::{Connection, Security};
use crate::exchange::Exchange;
use crate::place::Place;
use crate::plan::{Listener, Location, Plan, Serve, Target};
use crate::reroute::{MOST_REROUTES, Restart};
use crate::route::{Choice, choose_site, is_below};
use crate::script::Next;
use crate::serve::proxy::Aiming;
use crate::worker::{Shared, Worker};
use model::{ListenAddress, Matcher, Origin};
use protocol::{ConnectionFacts, RequestHead};
use std::sync::Arc;
use telemetry::{Counters, ErrorLog};
use transport::{Address, clock};

pub use site::SiteVerdict;

/// What the corridor would do with a request.
#[derive(Debug, Default)]
pub struct Explanation {
    /// Where the request arrives.
    pub listener: String,
    /// The site that takes it, by its first name.
    pub site: String,
    /// Where the site was written.
    pub site_origin: Origin,
    /// Why it, and why not the others.
    pub sites: Vec<SiteVerdict>,
    /// What happened inside, step by step.
    pub steps: Vec<Step>,
    /// The location that serves it in the end, and where it was written; `None`: the site itself.
    pub location: Option<(String, Origin)>,
    /// What is asked of it before, and where that was written.
    pub guards: Vec<(String, Origin)>,
    /// What serves it.
    pub served_by: String,
    /// Path and arguments that an upstream server is asked for.
    pub upstream_uri: Option<String>,
    /// Names of the configuration's files.
    pub files: Vec<String>,
}

/// One step of the request through its site.
#[derive(Debug)]
pub struct Step {
    /// What happened.
    pub text: String,
    /// Where the configuration says so.
    pub origin: Option<Origin>,
    /// Locations that did not take the request, and why.
    pub losers: Vec<(String, Origin, String)>,
}

/// A request as it is asked about: `GET http://host:port/path`.
struct Question {
    head: RequestHead,
    port: Option<u16>,
}

/// Walks a request through a plan without serving it.
///
/// # Errors
/// When the request cannot be read, or nothing listens where it is sent to.
pub async fn explain(plan: Plan, request: &str) -> Result<Explanation, String> {
    let question = Question::read(request)?;
    let shared = Shared::new(ErrorLog::new(Vec::new()), Arc::new(Counters::default()));
    let worker = Worker::new(Arc::new(plan), Vec::new(), Vec::new(), shared);
    let plan = &*worker.plan;
    let listener = choose_listener(plan, question.port)?;
    let connection = Connection::new(facts(listener), Security::None, plan);
    let default = plan.sites.get(listener.default_site).ok_or("the configuration has no site")?;
    let mut exchange = Exchange::new(&worker, &connection, default, Box::new(question.head));
    exchange.request.read_host();
    let site = choose_site(plan, listener, &exchange.request.host, &exchange.bindings).unwrap_or(default);
    exchange.place = Place::site(site);
    let mut told = Explanation {
        listener: name_of(&listener.address),
        site: site.primary_name.clone(),
        site_origin: site.origin,
        sites: site::verdicts(plan, listener, &exchange.request.host),
        files: plan.files.clone(),
        ..Explanation::default()
    };
    exchange.request.read_target(site).map_err(|_| "the path cannot be read: it is answered with 400")?;
    exchange.explain_walk(&mut told).await;
    Ok(told)
}

impl Exchange<'_> {
    /// The site's script, the choice of a location, its script, and again after each way back.
    async fn explain_walk(&mut self, told: &mut Explanation) {
        let mut restart = Restart::SiteScript;
        for _ in 0..=MOST_REROUTES {
            if restart == Restart::SiteScript {
                self.place = Place::site(self.place.site);
                match self.run_script(&self.place.site.script, true).await {
                    Next::Answer(answer) => {
                        told.served_by = format!("the site's script answers {}", answer.status);
                        return;
                    }
                    Next::Reroute(reroute) => restart = reroute.restart,
                    Next::Continue => {}
                }
            }
            if let Restart::Named(name) = &restart {
                self.place.location = self.place.site.named.get(name.as_slice());
                told.location = self.place.location.map(|location| (describe(&location.matcher), location.origin));
            } else if let Choice::AddSlash = self.explain_location(told) {
                told.served_by = format!("a redirect to {}/", String::from_utf8_lossy(&self.request.path));
                return;
            }
            if let Some(layers) = &self.place.section.layers {
                self.settle(layers).await;
            }
            let Some(location) = self.place.location else {
                self.explain_service(told);
                return;
            };
            if location.section.internal && !self.request.internal {
                told.served_by = "nobody: the location is internal, it is answered with 404".into();
                return;
            }
            match self.run_script(&location.script, false).await {
                Next::Continue => {
                    self.explain_service(told);
                    return;
                }
                Next::Answer(answer) => {
                    told.served_by = format!("the location's script answers {}", answer.status);
                    return;
                }
                Next::Reroute(reroute) => {
                    let path = String::from_utf8_lossy(&self.request.path).into_owned();
                    told.steps.push(Step::new(
                        format!("the location's script changes the path to {path}"),
                        Some(location.origin),
                    ));
                    restart = reroute.restart;
                    if restart == Restart::FindLocation {
                        self.request.internal = true;
                    }
                }
            }
        }
        told.served_by = "more than ten re-routes: it is answered with 500".into();
    }

    fn explain_location(&mut self, told: &mut Explanation) -> Choice {
        let path = String::from_utf8_lossy(&self.request.path).into_owned();
        let choice = self.choose_location();
        let location = self.place.location;
        told.location = location.map(|location| (describe(&location.matcher), location.origin));
        let text = match (&choice, &told.location) {
            (Choice::AddSlash, Some((name, _))) => format!("{path} lacks the slash of {name}"),
            (Choice::Made, Some((name, _))) => format!("{path} is taken by {name}"),
            (_, None) => format!("{path} is taken by no location: the site's own settings hold"),
        };
        let mut step = Step::new(text, Some(location.map_or(self.place.site.origin, |location| location.origin)));
        step.losers = losers(self.place.site.locations.locations(), &self.request.path, location);
        told.steps.push(step);
        choice
    }

    fn explain_service(&mut self, told: &mut Explanation) {
        let section = self.place.section;
        let asked = section.guard.iter().flat_map(|guard| &guard.told);
        told.guards = asked.map(|(text, origin)| (text.to_string(), *origin)).collect();
        match &section.serve {
            Serve::Files => {
                let name = self.file_name(&self.request.path).unwrap_or_default();
                told.served_by = format!("the file {}", String::from_utf8_lossy(&name));
            }
            Serve::Pixel => "an empty image".clone_into(&mut told.served_by),
            Serve::Purge(place) => {
                let key = self.text_of(&place.key);
                told.served_by = format!("a purge of {}", String::from_utf8_lossy(&key));
            }
            Serve::Api { .. } => "what is known of the server, for programs".clone_into(&mut told.served_by),
            Serve::StatusPage => "the numbers of connections and requests".clone_into(&mut told.served_by),
            Serve::Proxy(proxy) => match self.aim(proxy) {
                Ok(Aiming::Name(name)) => {
                    told.served_by = format!("the addresses of {}, which are asked for with each request", name.host);
                }
                Ok(Aiming::At(aim)) => {
                    let authority = String::from_utf8_lossy(&aim.authority).into_owned();
                    let (scheme, mut target) = (aim.scheme.name(), Vec::new());
                    protocol::h1::write_target(&mut target, aim.target(&self.request.head));
                    let how = match &proxy.target {
                        Target::Fixed { .. } | Target::Computed { .. } => "",
                        Target::Variable(_) | Target::Server(_) => ", by variables",
                    };
                    let roster = aim.group.roster();
                    let missing = roster.missing().map(|name| format!(" (host not found: {name})"));
                    told.served_by = format!("the upstream {scheme}://{authority}{how}{}", missing.unwrap_or_default());
                    told.upstream_uri = aim.scheme.has_targets().then(|| String::from_utf8_lossy(&target).into_owned());
                }
                Err(failure) => told.served_by = format!("nobody: it is answered with {}", failure.status()),
            },
        }
    }
}

impl Step {
    fn new(text: String, origin: Option<Origin>) -> Self {
        Self { text, origin, losers: Vec::new() }
    }
}

impl Question {
    fn read(request: &str) -> Result<Self, String> {
        let usage = "a request is asked about as 'GET http://host/path'";
        let mut words = request.split_whitespace();
        let (method, url) = match (words.next(), words.next(), words.next()) {
            (Some(url), None, None) => ("GET", url),
            (Some(method), Some(url), None) => (method, url),
            _ => return Err(usage.into()),
        };
        let rest = url.strip_prefix("http://").ok_or(usage)?;
        let (authority, path) = rest.find(['/', '?']).map_or((rest, "/"), |at| rest.split_at(at));
        let path = if path.starts_with('?') { format!("/{path}") } else { path.to_owned() };
        let mut head = RequestHead::new();
        head.assign(protocol::Method::new(method.as_bytes()), path.as_bytes(), protocol::Version::Http11)
            .map_err(|_| format!("{path} is not a path that can be asked for"))?;
        if !authority.is_empty() {
            head.fields.push(b"Host", authority.as_bytes());
        }
        let port = crate::request::split_authority(authority.as_bytes()).1;
        let port = port.and_then(|port| std::str::from_utf8(port).ok()?.parse().ok());
        Ok(Self { head, port })
    }
}

/// The listener of the asked port, or the only one there is.
fn choose_listener(plan: &Plan, port: Option<u16>) -> Result<&Listener, String> {
    let of_port = |wanted: u16| {
        plan.listeners
            .iter()
            .find(|listener| matches!(&listener.address, ListenAddress::Inet(address) if address.port() == wanted))
    };
    match port {
        Some(port) => of_port(port).ok_or_else(|| format!("nothing listens on port {port}")),
        None => of_port(80).or(plan.listeners.first()).ok_or_else(|| "nothing listens".to_owned()),
    }
}

fn facts(listener: &Listener) -> ConnectionFacts {
    let local = match &listener.address {
        ListenAddress::Inet(address) => Address::Inet(*address),
        ListenAddress::Unix(path) => Address::Unix(path.clone()),
    };
    let peer = Address::Inet(([127, 0, 0, 1], 1024).into());
    ConnectionFacts::new(1, peer, local, clock::unix_time())
}

fn name_of(address: &ListenAddress) -> String {
    match address {
        ListenAddress::Inet(address) => address.to_string(),
        ListenAddress::Unix(path) => format!("unix:{}", path.display()),
    }
}

/// A location as it is written.
pub fn describe(matcher: &Matcher) -> String {
    match matcher {
        Matcher::Exact(path) => format!("= {path}"),
        Matcher::Prefix { path, skip_regexes: true, .. } => format!("^~ {path}"),
        Matcher::Prefix { path, .. } | Matcher::Below(path) => path.clone(),
        Matcher::Regex(pattern) => format!("{} {}", if pattern.ignore_case { "~*" } else { "~" }, pattern.expression),
        Matcher::Named(name) => format!("@{}", name.trim_start_matches('@')),
    }
}

/// Why the other locations of the site did not take the path.
fn losers(locations: &[Location], path: &[u8], winner: Option<&Location>) -> Vec<(String, Origin, String)> {
    let lost = locations.iter().filter(|location| winner.is_none_or(|winner| !std::ptr::eq(winner, *location)));
    lost.map(|location| (describe(&location.matcher), location.origin, reason(location, path, winner))).collect()
}

fn reason(location: &Location, path: &[u8], winner: Option<&Location>) -> String {
    let winner = winner.map(|winner| describe(&winner.matcher)).unwrap_or_default();
    match &location.matcher {
        Matcher::Exact(_) => "is not this path".into(),
        Matcher::Prefix { path: prefix, .. } if path.starts_with(prefix.as_bytes()) => {
            format!("matches, but {winner} comes before it")
        }
        Matcher::Below(above) if is_below(path, above.as_bytes()) => format!("matches, but {winner} comes before it"),
        Matcher::Prefix { .. } | Matcher::Below(_) => "is not a beginning of the path".into(),
        Matcher::Regex(pattern) => {
            let matches = value::Regex::compile(pattern).is_ok_and(|regex| regex.is_match(path).unwrap_or(false));
            if matches { format!("matches, but {winner} comes before it") } else { "does not match the path".into() }
        }
        Matcher::Named(_) => "is reached by its name only".into(),
    }
}
