//! The worker: what the parent says reaches the server, and its answers the parent.

use model::Model;
use process::{Commands, Descriptors, Link, Replies, ToWorker};
use server::{Command, Handles, Reply, Start};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

/// The last answers leave within this time, or the parent does without them.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// Serves until the parent says that it is enough; the exit code.
pub(crate) fn work(link: Link) -> i32 {
    let Link { mut commands, replies, respawns } = link;
    telemetry::counters::process().set_respawns(respawns);
    let Some((model, handles)) = first(&mut commands, &replies) else {
        return 0;
    };
    let (command_sender, command_receiver) = mpsc::channel();
    let (reply_sender, reply_receiver) = mpsc::channel();
    let (done_sender, done_receiver) = mpsc::channel::<()>();
    let answers = replies.clone();
    let started = thread::Builder::new()
        .name("commands".into())
        .spawn(move || hear(commands, &replies, &command_sender))
        .and_then(|_| {
            thread::Builder::new().name("replies".into()).spawn(move || {
                answer(&reply_receiver, &answers);
                drop(done_sender);
            })
        });
    if started.is_err() {
        return crate::console::FAILED.into();
    }
    let code = server::run(Start {
        model,
        handles,
        commands: command_receiver,
        replies: reply_sender,
        scribe: config::print_servers,
    });
    let _ = done_receiver.recv_timeout(LAST_WORDS);
    code
}

/// The configuration to begin with; `None` if it is over before it began.
fn first(commands: &mut Commands, replies: &Replies) -> Option<(Model, Handles)> {
    loop {
        match commands.receive()? {
            ToWorker::Apply { model, descriptors } => match read(&model) {
                Ok(model) => return Some((model, handles(descriptors))),
                Err(lines) => replies.refused(lines),
            },
            ToWorker::ReplaceLogs(_) => {}
            ToWorker::Drain | ToWorker::Stop => return None,
        }
    }
}

/// Passes commands on until there are none, or nobody to take them.
fn hear(mut commands: Commands, replies: &Replies, server: &Sender<Command>) {
    while let Some(command) = commands.receive() {
        let command = match command {
            ToWorker::Apply { model, descriptors } => match read(&model) {
                Ok(model) => Command::Apply { model: Box::new(model), handles: handles(descriptors) },
                Err(lines) => {
                    replies.refused(lines);
                    continue;
                }
            },
            ToWorker::ReplaceLogs(logs) => Command::ReplaceLogs(logs),
            ToWorker::Drain => Command::Drain,
            ToWorker::Stop => Command::Stop,
        };
        if server.send(command).is_err() {
            return;
        }
    }
}

fn answer(server: &Receiver<Reply>, replies: &Replies) {
    for reply in server {
        match reply {
            Reply::Applied => replies.applied(),
            Reply::Refused(lines) => replies.refused(lines),
            Reply::Drained => replies.drained(),
        }
    }
}

fn handles(descriptors: Descriptors) -> Handles {
    Handles { listeners: descriptors.listeners, logs: descriptors.logs }
}

/// The model, with the servers that files keep: here, where they are written too, none of their changes is missed.
fn read(model: &[u8]) -> Result<Model, Vec<String>> {
    let mut model: Model = serde_json::from_slice(model).map_err(|error| vec![unreadable(&error)])?;
    config::restore_servers(&mut model)?;
    Ok(model)
}

/// Parent and worker are one program, so this is a bug; still no reason to stop serving.
fn unreadable(error: &serde_json::Error) -> String {
    format!("the model cannot be read: {error}")
}
