//! Records of DNS are changed by a program of the operator's.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep};

use super::Record;

/// Time that the program has.
const PATIENCE: Duration = Duration::from_mins(2);
/// Time between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// What is told of what it says.
const MOST_TOLD: u64 = 2000;

/// Lets the program set a record, or take it away: it gets `setup` or `teardown`, the name and the text.
///
/// # Errors
/// That it cannot be started, how it ended, and what it said.
pub(crate) async fn hook(words: &[String], record: &Record, set: bool) -> Result<(), String> {
    let Some((program, arguments)) = words.split_first() else { return Err("no program is named".to_owned()) };
    let mut child = Command::new(program)
        .args(arguments)
        .args([if set { "setup" } else { "teardown" }, &record.name, &record.value])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("\"{program}\" cannot be started: {error}"))?;
    let said = [hear(child.stdout.take()), hear(child.stderr.take())];
    let ended = wait(&mut child).await;
    let outcome = match ended {
        Some(status) if status.success() => return Ok(()),
        Some(status) => format!("\"{program}\" failed ({status})"),
        None => format!("\"{program}\" did not end in time"),
    };
    let mut told = String::new();
    for said in said {
        // One that it started may hold on to where it speaks.
        let said = tokio::time::timeout(Duration::from_secs(1), said).await;
        told.push_str(&said.ok().and_then(Result::ok).unwrap_or_default());
    }
    let told: Vec<&str> = told.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(if told.is_empty() { format!("{outcome} and said nothing") } else { format!("{outcome}: {}", told.join("; ")) })
}

/// `None`: it took too long and was ended.
async fn wait(child: &mut Child) -> Option<std::process::ExitStatus> {
    let end = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status),
            Ok(None) if Instant::now() < end => sleep(PAUSE).await,
            Ok(None) | Err(_) => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

/// What a program says, its beginning; all of it is taken, so that it never waits to be heard.
fn hear(from: Option<impl Read + Send + 'static>) -> oneshot::Receiver<String> {
    let (sender, said) = oneshot::channel();
    // Without a thread nobody hears it.
    let _ = thread::Builder::new().name("hook".to_owned()).spawn(move || {
        let Some(mut from) = from else { return };
        let mut bytes = Vec::new();
        let _ = from.by_ref().take(MOST_TOLD).read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let _ = sender.send(text.chars().filter(|letter| *letter == '\n' || !letter.is_control()).collect());
        let _ = std::io::copy(&mut from, &mut std::io::sink());
    });
    said
}
