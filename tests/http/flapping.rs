//! Servers that die and come back all the time: no request fails that another could have answered, none is sent twice that
//! must not be. The long form, with processes, is `tests/peers/soak.py`.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use testkit::{Client, Loopback, Setup, Site, cases, eventually};

cases!(flapping, setup, [no_get_fails, no_post_is_sent_twice]);

const KILLS: usize = 4;
/// Requests that are answered while one server is away.
const MEANWHILE: u32 = 300;
const CLIENTS: u32 = 64;

fn setup() -> Setup {
    Setup::main(
        "
worker_processes 2;
http {
    access_log off;
    keepalive_requests 1000000;
    upstream flapping {
        zone flapping 64k;
        server {nobody} fail_timeout=1s;
        server {nobody1} fail_timeout=1s;
        server {nobody2} fail_timeout=1s;
        keepalive 64;
    }
    server { listen {front}; location / { proxy_pass http://flapping; } }
}",
    )
}

/// A server that can be killed, with all its connections, and started again.
struct Origin {
    address: Loopback,
    /// Gets the target of each request.
    seen: Sender<String>,
    /// How many there were.
    count: Arc<AtomicU32>,
    running: Option<Running>,
}

/// What says that it lives, and what accepts until it does not: it gives the connections.
type Running = (Arc<AtomicBool>, thread::JoinHandle<Vec<TcpStream>>);

impl Origin {
    fn start(&mut self) {
        let listener = self.address.listen();
        let alive = Arc::new(AtomicBool::new(true));
        let (seen, living, count) = (self.seen.clone(), Arc::clone(&alive), Arc::clone(&self.count));
        let accepting = thread::spawn(move || {
            let mut open = Vec::new();
            for stream in listener.incoming().flatten() {
                if !living.load(SeqCst) {
                    break;
                }
                open.push(stream.try_clone().expect("a descriptor"));
                let (seen, count) = (seen.clone(), Arc::clone(&count));
                thread::spawn(move || serve(stream, &seen, &count));
            }
            open
        });
        self.running = Some((alive, accepting));
    }

    fn kill(&mut self) {
        let Some((alive, accepting)) = self.running.take() else { return };
        alive.store(false, SeqCst);
        let _ = TcpStream::connect(self.address.socket());
        for stream in accepting.join().expect("it ends") {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

/// Answers each request, which has no more than its head, at once.
fn serve(mut stream: TcpStream, seen: &Sender<String>, count: &AtomicU32) {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(length @ 1..) = stream.read(&mut buffer) {
        text.extend_from_slice(&buffer[..length]);
        while let Some(end) = text.windows(4).position(|four| four == b"\r\n\r\n") {
            let head: Vec<u8> = text.drain(..end + 4).collect();
            let target = String::from_utf8_lossy(&head).split(' ').nth(1).unwrap_or_default().to_owned();
            count.fetch_add(1, SeqCst);
            if seen.send(target).is_err() {
                return;
            }
            if stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").is_err() {
                return;
            }
        }
    }
}

/// Many clients ask without a pause while one server after the other is killed and started again: how many requests were
/// answered, how many were not, and what came to the servers.
fn storm(site: &Site, method: &'static str) -> (u32, u32, HashMap<String, u32>) {
    let (sender, seen) = channel();
    let mut origins = ["nobody", "nobody1", "nobody2"].map(|name| Origin {
        address: site.place(name),
        seen: sender.clone(),
        count: Arc::default(),
        running: None,
    });
    origins.iter_mut().for_each(Origin::start);
    let (front, over) = (site.socket(), Arc::new(AtomicBool::new(false)));
    let counts = Arc::new([const { AtomicU32::new(0) }; 2]);
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (counts, over) = (Arc::clone(&counts), Arc::clone(&over));
            thread::spawn(move || {
                let mut client = Client::connect(front);
                for serial in (0_u32..).take_while(|_| !over.load(SeqCst)) {
                    let request =
                        format!("{method} /{number}-{serial} HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
                    let good = client.ask(&request).status == 200;
                    counts[usize::from(!good)].fetch_add(1, SeqCst);
                }
            })
        })
        .collect();
    let answered = || counts[0].load(SeqCst);
    for victim in (0..origins.len()).cycle().take(KILLS) {
        origins[victim].kill();
        let (origin, before) = (&mut origins[victim], answered());
        eventually("the others answer meanwhile", || answered() >= before + MEANWHILE);
        origin.start();
        let before = origin.count.load(SeqCst);
        eventually("it is asked again", || origin.count.load(SeqCst) > before);
    }
    over.store(true, SeqCst);
    for client in clients {
        client.join().expect("each request is answered");
    }
    origins.iter_mut().for_each(Origin::kill);
    let mut came = HashMap::new();
    for target in seen.try_iter() {
        *came.entry(target).or_default() += 1;
    }
    (counts[0].load(SeqCst), counts[1].load(SeqCst), came)
}

fn no_get_fails(site: &mut Site) {
    let (good, bad, _) = storm(site, "GET");
    assert!(bad == 0, "{bad} requests failed, {good} did not");
    assert!(good > 1000, "only {good} requests were answered");
}

fn no_post_is_sent_twice(site: &mut Site) {
    let (good, _, seen) = storm(site, "POST");
    let twice: Vec<_> = seen.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(good > 1000, "only {good} requests were answered");
}
