//! Leaving the terminal: the started command stays until the server serves, so that its exit code tells.

use crate::system::{Side, fork};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{dup2_stderr, dup2_stdin, dup2_stdout, setsid};
use std::fs::File;
use std::io::{self, PipeWriter, Read, Write};
use std::os::fd::BorrowedFd;

/// The command that was started, waiting for word.
#[derive(Debug)]
pub(crate) struct Waiting(PipeWriter);

impl Waiting {
    /// Lets it end with success. Dropping this instead lets it end with 1.
    pub(crate) fn succeed(mut self) {
        // One that was killed meanwhile does not care.
        drop(self.0.write_all(b"+"));
    }
}

/// Goes on as a process of its own session. Standard error stays open, for what goes wrong until it serves.
pub(crate) fn detach() -> io::Result<Waiting> {
    let (reader, writer) = io::pipe()?;
    if let Side::Parent(_) = fork()? {
        drop(writer);
        std::process::exit(outcome(reader));
    }
    drop(reader);
    setsid()?;
    // A second fork: no leader of a session, so no terminal can become its own again.
    if let Side::Parent(_) = fork()? {
        std::process::exit(0);
    }
    umask(Mode::from_bits_truncate(0o022));
    let null = File::options().read(true).write(true).open("/dev/null")?;
    dup2_stdin(&null)?;
    dup2_stdout(&null)?;
    Ok(Waiting(writer))
}

fn outcome(mut reader: impl Read) -> i32 {
    let mut word = Vec::new();
    match reader.read_to_end(&mut word) {
        Ok(_) if word == b"+" => 0,
        _ => 1,
    }
}

/// Sends standard error to a log file, or nowhere.
pub(crate) fn redirect_errors(log: Option<BorrowedFd<'_>>) -> io::Result<()> {
    match log {
        Some(log) => dup2_stderr(log)?,
        None => dup2_stderr(File::options().write(true).open("/dev/null")?)?,
    }
    Ok(())
}
