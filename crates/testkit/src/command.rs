//! Runs the binary as an operator would and waits for its end, bounded.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;

use crate::gate::{PATIENCE, holds_within};

/// What a finished command left.
#[derive(Debug)]
pub struct Finished {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// All of its standard output.
    pub stdout: String,
    /// All of its standard error.
    pub stderr: String,
}

/// Runs `program` with `arguments` to its end.
pub fn run(program: &str, arguments: &[&str]) -> Finished {
    let mut command = Command::new(program);
    command.args(arguments);
    run_command(command)
}

pub(crate) fn run_command(mut command: Command) -> Finished {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("start {command:?}: {error}"));
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = wait(&mut child).unwrap_or_else(|| panic!("{command:?} did not end within {PATIENCE:?}"));
    Finished { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap() }
}

fn drain(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut text = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    })
}

/// Waits for the end within the bound; kills the process and says `None` otherwise.
pub(crate) fn wait(child: &mut Child) -> Option<ExitStatus> {
    let mut status = None;
    let ended = holds_within(PATIENCE, &mut || {
        status = child.try_wait().unwrap();
        status.is_some()
    });
    if !ended {
        let _ = child.kill();
        let _ = child.wait();
    }
    status
}
