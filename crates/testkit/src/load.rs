//! Requests that keep coming while something else happens.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::message::Response;
use crate::wire::Wire;

/// What became of the requests.
#[derive(Debug, Default)]
pub struct Load {
    /// How many were answered with 200.
    pub served: usize,
    /// What went wrong with the others.
    pub failures: Vec<String>,
}

/// Sends GET requests one after another, each on a connection of its own, while `work` runs.
pub fn under_load(address: SocketAddr, work: impl FnOnce()) -> Load {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut load = Load::default();
            while !over.load(Ordering::Relaxed) {
                match ask(address) {
                    Ok(()) => load.served += 1,
                    Err(failure) => load.failures.push(failure),
                }
            }
            load
        });
        let end = EndsLoad(&over);
        work();
        drop(end);
        load.join().unwrap()
    })
}

/// Ends the load when the work is done, or has failed.
struct EndsLoad<'a>(&'a AtomicBool);

impl Drop for EndsLoad<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn ask(address: SocketAddr) -> Result<(), String> {
    let mut wire = Wire::connect(address).map_err(|error| format!("connect: {error}"))?;
    let sent = wire.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    sent.map_err(|error| format!("send: {error}"))?;
    match Response::read(&mut wire, "GET") {
        Ok(Some(response)) if response.status == 200 => Ok(()),
        Ok(Some(response)) => Err(response.status_line().to_owned()),
        Ok(None) => Err("closed without a response".to_owned()),
        Err(error) => Err(format!("read: {error}")),
    }
}
