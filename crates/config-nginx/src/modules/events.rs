//! The directives of `ngx_events_module`: how nginx waits, which is decided otherwise here.

use super::{access, verify};
use crate::table::{EVENTS, MAIN, Module, Row, no_effect, row, take};
use crate::{lower, value};

pub(crate) static MODULE: Module = Module { name: "ngx_events_module", rows: ROWS };

const ACCEPT: &str = "each worker accepts on its own; there is no lock to take turns";
const METHOD: &str = "`transport auto|epoll|uring` chooses how sockets are driven";

const ROWS: &[Row] = &[
    no_effect("accept_mutex", EVENTS, take(1), verify::FLAG, ACCEPT),
    no_effect("accept_mutex_delay", EVENTS, take(1), verify::TIME, ACCEPT),
    row("debug_connection", EVENTS, take(1), |l, _, d| {
        let who = access::who(l, value::first(d)?)?;
        l.process.watched_clients.push(who);
        Ok(())
    })
    .partial("names of hosts are not looked up"),
    no_effect("devpoll_changes", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect("devpoll_events", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect("epoll_events", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect("eventport_events", EVENTS, take(1), verify::NUMBER, METHOD),
    row("events", MAIN, take(0).block(), |l, _, d| {
        verify::walk(l, lower::events_level(d), d);
        l.process.events.put(d, ())
    }),
    no_effect("kqueue_changes", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect("kqueue_events", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect("multi_accept", EVENTS, take(1), verify::FLAG, "a worker takes all connections that wait"),
    no_effect("use", EVENTS, take(1), verify::ANY, METHOD),
    no_effect("worker_aio_requests", EVENTS, take(1), verify::NUMBER, METHOD),
    no_effect(
        "worker_connections",
        EVENTS,
        take(1),
        verify::NUMBER,
        "a worker holds as many connections as it has file descriptors (`worker_rlimit_nofile`)",
    ),
];
