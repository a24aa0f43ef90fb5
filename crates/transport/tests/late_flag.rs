//! What becomes of a worker when the kernel raises its flag for deferred work after the work was done.
//!
//! The test is alone in its process: the ring whose memory it changes is the only one there.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that goes wrong fails")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::FileExt;
use std::sync::mpsc;
use std::time::Duration;

use transport::Listener;
use transport::runtime::{self, Choice};

/// Where the memory of a ring says how many submissions it holds, less one, and where its flags are.
const LAST_ENTRY: u64 = 16;
const FLAGS: u64 = 36;
/// `IORING_SQ_TASKRUN`.
const TASKRUN: u32 = 4;
/// How long the worker may take for all that it is asked.
const LIMIT: Duration = Duration::from_secs(20);
/// Times that the worker sleeps with the flag up.
const SLEEPS: u64 = 20;

/// The memory of this process's ring, and where in it the ring is.
struct Memory {
    file: File,
    ring: u64,
}

impl Memory {
    fn find() -> Self {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let starts: Vec<_> = maps
            .lines()
            .filter(|line| line.ends_with("anon_inode:[io_uring]"))
            .filter(|line| line.split(' ').nth(2).is_some_and(|offset| offset.bytes().all(|digit| digit == b'0')))
            .map(|line| u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap())
            .collect();
        assert_eq!(starts.len(), 1, "{maps}");
        let file = OpenOptions::new().read(true).write(true).open("/proc/self/mem").unwrap();
        let memory = Self { file, ring: starts[0] };
        let entries = memory.word(LAST_ENTRY) + 1;
        assert!(entries.is_power_of_two() && memory.word(FLAGS) & !TASKRUN == 0, "the ring looks different");
        memory
    }

    fn word(&self, offset: u64) -> u32 {
        let mut bytes = [0; 4];
        self.file.read_exact_at(&mut bytes, self.ring + offset).unwrap();
        u32::from_ne_bytes(bytes)
    }

    fn raise_flag(&self) {
        self.file.write_all_at(&TASKRUN.to_ne_bytes(), self.ring + FLAGS).unwrap();
    }

    fn is_flag_up(&self) -> bool {
        self.word(FLAGS) & TASKRUN != 0
    }
}

/// Timers pass, the worker sleeps in between, and connections are served.
async fn live_with_the_flag() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let mut listener = Listener::new(socket.into()).unwrap();
    let memory = Memory::find();
    memory.raise_flag();
    let before = runtime::counters().ring_enters;
    for _ in 0..SLEEPS {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let enters = runtime::counters().ring_enters - before;
    assert!(memory.is_flag_up(), "nobody has lowered the flag, or it is not what it seems");
    assert!(enters <= 2 * SLEEPS, "{enters} system calls in {SLEEPS} sleeps");
    let client = std::thread::spawn(move || {
        let mut client = TcpStream::connect(address).unwrap();
        client.write_all(b"request").unwrap();
        let mut answer = Vec::new();
        client.read_to_end(&mut answer).unwrap();
        answer
    });
    let (mut stream, _) = listener.accept().await.unwrap();
    // Again, as the kernel would: the accepted connection's task is ready, and the ring has nothing to do.
    memory.raise_flag();
    let request = stream.receive().await.unwrap();
    stream.queue(&request);
    stream.flush().await.unwrap();
    drop(stream);
    while !client.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(client.join().unwrap(), b"request");
}

#[test]
fn a_flag_that_is_raised_late_holds_up_neither_tasks_nor_sleep() {
    if runtime::probe().is_err() {
        return;
    }
    let (done, is_done) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        runtime::run(Choice::Uring, |_| live_with_the_flag()).unwrap();
        done.send(()).unwrap();
    });
    match is_done.recv_timeout(LIMIT) {
        Ok(()) => {}
        // The thread cannot be ended, and the process ends without it.
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("the worker is held up"),
        Err(mpsc::RecvTimeoutError::Disconnected) => std::panic::resume_unwind(worker.join().unwrap_err()),
    }
}
