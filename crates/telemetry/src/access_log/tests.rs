//! When lines are written, and what happens when they cannot be.

use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::path::Path;

use super::buffer::Buffer;
use super::file::ONE_TURN;
use super::*;
use crate::error_log::Sink;
use crate::log_file::tests::Directory;

const SECOND: Duration = Duration::from_secs(1);

struct Bench {
    directory: Directory,
    logs: AccessLogs,
    counters: Arc<Counters>,
}

impl Bench {
    fn new(name: &str) -> Self {
        let directory = Directory::new(name);
        let file = LogFile::open(&directory.path("error.log")).unwrap();
        let errors = ErrorLog::new(vec![Sink { output: crate::Output::File(file), level: Level::Info }]);
        let counters = Arc::new(Counters::default());
        let logs = AccessLogs::new(errors, Arc::clone(&counters));
        Self { directory, logs, counters }
    }

    fn log(&self, buffering: Option<Buffering>) -> FileLog {
        let file = LogFile::open(&self.directory.path("access.log")).unwrap();
        self.logs.file(&file, buffering)
    }

    fn text(&self) -> String {
        self.directory.text("access.log")
    }
}

fn line(log: &FileLog, now: Duration, text: &str) {
    log.append(now, |out| out.extend_from_slice(text.as_bytes()));
}

#[test]
fn lines_of_a_turn_are_written_at_its_end() {
    let bench = Bench::new("turn");
    let log = bench.log(None);
    line(&log, SECOND, "one");
    line(&log, SECOND, "two");
    assert_eq!(bench.text(), "");
    assert_eq!(bench.logs.next_flush(), Some(SECOND));
    bench.logs.flush_all(SECOND);
    assert_eq!(bench.text(), "one\ntwo\n");
    assert_eq!(bench.logs.next_flush(), None);
    line(&log, SECOND, "three");
    drop(bench.logs);
    assert_eq!(bench.directory.text("access.log"), "one\ntwo\nthree\n");
}

#[test]
fn a_turn_with_very_many_lines_is_written_in_between() {
    let bench = Bench::new("many");
    let log = bench.log(None);
    let long = "x".repeat(ONE_TURN / 2);
    line(&log, SECOND, &long);
    line(&log, SECOND, &long);
    assert_eq!(bench.text().len(), long.len() + 1);
    line(&log, SECOND, &long.repeat(3));
    assert_eq!(bench.text().len(), 5 * long.len() + 3);
}

#[test]
fn buffered_lines_wait_for_size_or_time() {
    let bench = Bench::new("buffered");
    let log = bench.log(Some(Buffering { size: 8, flush: Some(5 * SECOND), gzip: None }));
    line(&log, SECOND, "one");
    line(&log, 2 * SECOND, "two");
    bench.logs.flush_all(5 * SECOND);
    assert_eq!(bench.text(), "");
    line(&log, 5 * SECOND, "3");
    assert_eq!(bench.text(), "one\ntwo\n", "the third does not fit");
    bench.logs.flush_all(6 * SECOND);
    assert_eq!(bench.logs.next_flush(), Some(10 * SECOND));
    bench.logs.flush_all(10 * SECOND);
    assert_eq!(bench.text(), "one\ntwo\n3\n");
    line(&log, 11 * SECOND, "longer than the buffer");
    assert_eq!(bench.text(), "one\ntwo\n3\nlonger than the buffer\n");
    line(&log, 11 * SECOND, "end");
    bench.logs.flush_everything(11 * SECOND);
    assert!(bench.text().ends_with("\nend\n"));
}

#[test]
fn a_buffer_without_time_waits_for_the_end() {
    let bench = Bench::new("endless");
    let log = bench.log(Some(Buffering { size: 100, flush: None, gzip: None }));
    line(&log, SECOND, "one");
    bench.logs.flush_all(1000 * SECOND);
    assert_eq!((bench.text().as_str(), bench.logs.next_flush()), ("", None));
    drop(bench.logs);
    assert_eq!(bench.directory.text("access.log"), "one\n");
}

#[test]
fn the_same_file_is_the_same_log() {
    let bench = Bench::new("same");
    let first = bench.log(None);
    let second = bench.logs.file(&first.0.file, None);
    line(&first, SECOND, "one");
    line(&second, SECOND, "two");
    line(&first, SECOND, "three");
    bench.logs.flush_all(SECOND);
    assert_eq!(bench.text(), "one\ntwo\nthree\n");
}

#[test]
fn a_writer_that_panicked_leaves_no_half_line() {
    let bench = Bench::new("panic");
    let log = bench.log(None);
    line(&log, SECOND, "one");
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        log.append(SECOND, |out| {
            out.extend_from_slice(b"half");
            panic!("in the middle of a line");
        });
    }));
    assert!(panicked.is_err());
    line(&log, SECOND, "two");
    bench.logs.flush_all(SECOND);
    assert_eq!(bench.text(), "one\ntwo\n");
}

#[test]
fn a_full_disk_drops_lines_and_says_so_once() {
    let bench = Bench::new("full");
    let full: OwnedFd = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap().into();
    let log = bench.logs.file(&LogFile::adopt(Path::new("/dev/full"), full), None);
    for second in 1..=59 {
        line(&log, second * SECOND, "lost");
        line(&log, second * SECOND, "lost too");
        bench.logs.flush_all(second * SECOND);
    }
    assert_eq!(bench.counters.log_lines_dropped.value(), 118);
    let errors = bench.directory.text("error.log");
    let expected = "[alert] N: write() to \"/dev/full\" failed (28: No space left on device), lines dropped: 2";
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(without_numbers(&errors).ends_with(expected), "{errors}");
    line(&log, 61 * SECOND, "lost");
    bench.logs.flush_all(61 * SECOND);
    assert_eq!(bench.directory.words("error.log"), ["2", "117"]);
}

/// Process and thread replaced by `N`.
fn without_numbers(line: &str) -> String {
    let (before, rest) = line.trim_end().split_once("] ").unwrap();
    let (_, message) = rest.split_once(": ").unwrap();
    format!("{before}] N: {message}")
}

#[test]
fn a_full_pipe_keeps_whole_lines_and_bounded_memory() {
    let bench = Bench::new("pipe");
    let (mut reader, writer) = std::io::pipe().unwrap();
    let log = bench.logs.file(&LogFile::adopt(Path::new("pipe"), writer.into()), None);
    let text = "y".repeat(1000);
    let mut appended = 0_u64;
    while bench.counters.log_lines_dropped.value() < 10 {
        line(&log, SECOND, &text);
        bench.logs.flush_all(SECOND);
        appended += 1;
        assert!(appended < 10_000, "a pipe that is never full");
    }
    assert!(log.0.buffered().len() <= 2 * ONE_TURN);
    let mut received = String::new();
    let mut chunk = vec![0; ONE_TURN];
    while bench.logs.next_flush().is_some() {
        let count = reader.read(&mut chunk).unwrap();
        received.push_str(std::str::from_utf8(&chunk[..count]).unwrap());
        bench.logs.flush_all(SECOND);
    }
    line(&log, SECOND, "last");
    bench.logs.flush_all(SECOND);
    drop((log, bench.logs));
    reader.read_to_string(&mut received).unwrap();
    let (last, lines) =
        received.lines().collect::<Vec<_>>().split_last().map(|(last, rest)| (*last, rest.to_vec())).unwrap();
    assert_eq!(last, "last");
    assert!(lines.iter().all(|line| *line == text));
    assert_eq!(lines.len() as u64, appended - 10);
}

#[test]
fn a_line_that_was_cut_is_ended_before_the_next() {
    let mut buffer = Buffer::default();
    for text in ["first", "second", "third"] {
        buffer.append(|out| out.extend_from_slice(text.as_bytes()));
    }
    let mut file = Vec::new();
    let failing = |limit: usize, file: &mut Vec<u8>, bytes: &[u8]| {
        let count = bytes.len().min(limit.saturating_sub(file.len()));
        file.extend_from_slice(&bytes[..count]);
        if count == 0 { Err(rustix::io::Errno::NOSPC.into()) } else { Ok(count) }
    };
    let end = buffer.len();
    let written = buffer.write(end, |bytes| failing(8, &mut file, bytes));
    assert_eq!(written.dropped, 1, "the third; the second is half written");
    buffer.append(|out| out.extend_from_slice(b"fourth"));
    let end = buffer.len();
    let written = buffer.write(end, |bytes| failing(100, &mut file, bytes));
    assert_eq!((written.dropped, written.left), (0, 0));
    assert_eq!(file, b"first\nsecond\nfourth\n");
}

#[test]
fn what_is_written_at_once_is_a_member_of_a_gzip_file() {
    let bench = Bench::new("gzip");
    let log = bench.log(Some(Buffering { size: 1000, flush: None, gzip: Some(1) }));
    line(&log, SECOND, "one");
    line(&log, SECOND, "two");
    bench.logs.flush_everything(SECOND);
    line(&log, SECOND, "three");
    bench.logs.flush_everything(SECOND);
    let packed = std::fs::read(bench.directory.path("access.log")).unwrap();
    let mut text = String::new();
    flate2::read::MultiGzDecoder::new(&*packed).read_to_string(&mut text).unwrap();
    assert_eq!(text, "one\ntwo\nthree\n");
}

fn open_files() -> OpenFiles {
    OpenFiles { most: 2, inactive: 10 * SECOND, valid: 60 * SECOND, least_uses: 2 }
}

#[test]
fn a_file_that_is_used_often_stays_open() {
    let bench = Bench::new("paths");
    let log = bench.logs.paths(Some(open_files()));
    let append = |name: &str, now: Duration| {
        let place = (bench.directory.path(name), bench.directory.path("."));
        log.append(place, now, |out| out.extend_from_slice(name.as_bytes()));
        bench.logs.flush_all(now);
    };
    for name in ["often", "often", "once"] {
        append(name, SECOND);
    }
    for name in ["often", "once"] {
        std::fs::rename(bench.directory.path(name), bench.directory.path(&format!("{name}.old"))).unwrap();
        append(name, 2 * SECOND);
    }
    assert_eq!(bench.directory.text("often.old"), "often\noften\noften\n");
    assert_eq!((bench.directory.text("once.old"), bench.directory.text("once")), ("once\n".into(), "once\n".into()));
    // Too long unused; then too old to be believed.
    append("often", 13 * SECOND);
    assert_eq!(bench.directory.text("often"), "often\n");
}

#[test]
fn a_line_for_a_place_that_is_not_there_makes_no_file() {
    let bench = Bench::new("rootless");
    let log = bench.logs.paths(None);
    let place = (bench.directory.path("made.log"), bench.directory.path("missing"));
    log.append(place, SECOND, |out| out.push(b'x'));
    bench.logs.flush_all(SECOND);
    assert!(!bench.directory.path("made.log").exists());
    assert!(bench.directory.text("error.log").contains("missing\" existence failed"));
}
