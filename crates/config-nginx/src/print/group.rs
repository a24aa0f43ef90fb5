//! Groups of upstream servers.

mod sticky;

use std::time::Duration;

use diagnostic::Origin;
use model::{AnswerTime, Balance, Failing, Group, IdlePool, Measure, Outliers, Queue, RetryBudget, Server};

use super::item::Item;
use super::names;
use super::probe;
use super::proxy;
use super::word::{self, Word};

/// A group with its servers.
pub(super) fn item(group: &Group) -> Item {
    let Group {
        name,
        servers,
        balance,
        stickiness,
        failing,
        queue,
        probe: _,
        resolver,
        idle,
        zone,
        state,
        // A place for programs makes them so.
        observed: _,
        editable: _,
        outliers,
        retries,
        origin,
    } = group;
    let line = |zone: &String| Item::new("zone", [word::text(zone), Ok("64k".to_owned())], *origin);
    let mut items: Vec<Item> = zone.iter().map(line).collect();
    items.extend(self::balance(balance));
    items.extend(stickiness.as_ref().map(|stickiness| sticky::item(stickiness, *origin)));
    items.extend(self::failing(failing, *origin));
    items.extend(queue.as_ref().map(self::queue));
    items.extend(servers.iter().map(server));
    items.extend(state.as_ref().map(|path| Item::new("state", [word::text(&path.display().to_string())], *origin)));
    items.extend(outliers.as_ref().map(self::outliers));
    items.extend(retries.map(|RetryBudget { percent, burst }| {
        let burst = (burst != 100).then(|| Ok(format!("burst={burst}")));
        Item::new("retry_budget", [Ok(format!("{percent}%"))].into_iter().chain(burst), *origin)
    }));
    if servers.is_empty() && state.is_none() {
        items.push(Item::unsaid("a group without servers", *origin));
    }
    items.extend(probe::unsaid(group));
    items.extend(resolver.as_ref().map(names::items).unwrap_or_default());
    items.extend(pool(idle.as_ref()));
    Item::block("upstream", [word::quote(name)], items)
}

fn balance(balance: &Balance) -> Option<Item> {
    let nowhere = Origin::default();
    let word = |word: &str| Ok(word.to_owned());
    let time = |time: &AnswerTime| if time.whole { "last_byte" } else { "header" };
    Some(match balance {
        Balance::RoundRobin => return None,
        Balance::ClientAddress => Item::new("ip_hash", [], nowhere),
        Balance::Hash { key, consistent } => {
            let consistent = consistent.then(|| word("consistent"));
            Item::new("hash", [word::template(key)].into_iter().chain(consistent), key.origin)
        }
        Balance::LeastConnections => Item::new("least_conn", [], nowhere),
        Balance::LeastBusy => Item::unsaid("balancing: the fewest requests under way", nowhere),
        Balance::LeastTraffic => Item::unsaid("balancing: the fewest bytes", nowhere),
        Balance::LeastTime(answer @ AnswerTime { whole: _, in_flight }) => Item::new(
            "least_time",
            [word(time(answer))].into_iter().chain(in_flight.then(|| word("inflight"))),
            nowhere,
        ),
        Balance::Random { best_of_two: None } => Item::new("random", [], nowhere),
        Balance::Random { best_of_two: Some(Measure::Connections) } => Item::new("random", [word("two")], nowhere),
        Balance::Random { best_of_two: Some(Measure::Time(answer)) } => {
            let measure = match answer {
                AnswerTime { whole: _, in_flight: false } => Ok(format!("least_time={}", time(answer))),
                AnswerTime { whole: _, in_flight: true } => Err("requests that are not answered yet".to_owned()),
            };
            Item::new("random", [word("two"), measure], nowhere)
        }
    })
}

fn outliers(rule: &Outliers) -> Item {
    let Outliers { errors, slower, requests, interval, time, most } = rule;
    let span = |name: &str, span: &Duration, usual: u64| {
        (*span != Duration::from_secs(usual)).then(|| word::time(*span).map(|text| format!("{name}={text}")))
    };
    let words = [
        errors.map(|percent| Ok(format!("error_rate={percent}%"))),
        slower.map(|factor| Ok(format!("latency_factor={factor}"))),
        (*requests != 20).then(|| Ok(format!("min_requests={requests}"))),
        span("interval", interval, 10),
        span("time", time, 30),
        (*most != 50).then(|| Ok(format!("max_ejected={most}%"))),
    ];
    Item::new("outlier_ejection", words.into_iter().flatten(), Origin::default())
}

fn queue(queue: &Queue) -> Item {
    let Queue { length, timeout } = queue;
    let timeout =
        (*timeout != Duration::from_mins(1)).then(|| word::time(*timeout).map(|timeout| format!("timeout={timeout}")));
    Item::new("queue", [Ok(length.to_string())].into_iter().chain(timeout), Origin::default())
}

fn failing(failing: &Failing, origin: Origin) -> Vec<Item> {
    let Failing { counts, eases_back, recovers } = failing;
    let usual = Failing::default();
    let differences = [
        (*counts != usual.counts, "what counts as a failure of a server"),
        (*eases_back != usual.eases_back, "a server that failed gets its whole share at once"),
        (*recovers != usual.recovers, "all servers are tried where all of them rest"),
    ];
    differences.into_iter().filter(|(differs, _)| *differs).map(|(_, what)| Item::unsaid(what, origin)).collect()
}

/// The line of a server.
pub(super) fn server(server: &Server) -> Item {
    let Server {
        address,
        weight,
        max_fails,
        final_word,
        fail_timeout,
        max_connections,
        backup,
        spare,
        set,
        down,
        drain,
        target,
        route,
        redirect,
        slow_start,
        resolve,
        service,
        origin,
    } = server;
    let number = |name: &str, number: u32, usual: u32| (number != usual).then(|| Ok(format!("{name}={number}")));
    let flag = |on: bool, name: &str| on.then(|| Ok(name.to_owned()));
    let weight = match weight {
        0 => Some(Err("a server with the weight 0".to_owned())),
        weight => number("weight", *weight, 1),
    };
    let rest: Option<Word> = (*fail_timeout != Duration::from_secs(10))
        .then(|| word::seconds(*fail_timeout).map(|time| format!("fail_timeout={time}")));
    let start = (!slow_start.is_zero()).then(|| word::time(*slow_start).map(|time| format!("slow_start={time}")));
    let parameters = [
        weight,
        number("max_conns", *max_connections, 0),
        number("max_fails", *max_fails, 1),
        rest,
        flag(*backup, "backup"),
        final_word.then(|| Err("a server whose failures are not tried elsewhere".to_owned())),
        spare.then(|| Err("a server that stands in for others".to_owned())),
        target.as_ref().map(|_| Err("requests that name one server of the group".to_owned())),
        (*set > 0).then(|| Err(format!("a server of the set {set}"))),
        flag(*down, "down"),
        flag(*drain, "drain"),
        route.as_ref().map(|route| self::route(route)),
        redirect.as_ref().map(|route| Err(format!("a server in whose place the route {route} leads"))),
        start,
        flag(*resolve, "resolve"),
        service.as_ref().map(|service| Ok(word::quote(&format!("service={service}")))),
    ];
    Item::new("server", [proxy::address(address)].into_iter().chain(parameters.into_iter().flatten()), *origin)
}

fn route(route: &str) -> Word {
    match route.len() {
        1..=32 => Ok(word::quote(&format!("route={route}"))),
        length => Err(format!("a route of {length} characters")),
    }
}

/// Idle connections: without a word there are 32, for each location apart.
fn pool(idle: Option<&IdlePool>) -> Vec<Item> {
    let nowhere = Origin::default();
    let Some(IdlePool { size, requests, time, timeout, per_location }) = idle else {
        return vec![Item::one("keepalive", "0")];
    };
    let mut items = Vec::new();
    if (*size, *per_location) != (32, true) {
        let local = per_location.then(|| Ok("local".to_owned()));
        let size = if *size == 0 { Err("a pool of no connections".to_owned()) } else { Ok(size.to_string()) };
        items.push(Item::new("keepalive", [size].into_iter().chain(local), nowhere));
    }
    let mut differing = |name: &str, differs: bool, word: Word| {
        if differs {
            items.push(Item::new(name, [word], nowhere));
        }
    };
    differing("keepalive_requests", *requests != 1000, Ok(word::number(*requests)));
    differing("keepalive_time", *time != Duration::from_hours(1), word::time(*time));
    differing("keepalive_timeout", *timeout != Duration::from_mins(1), word::time(*timeout));
    items
}
