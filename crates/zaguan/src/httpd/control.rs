//! `-k`, and the words of `apachectl`: what the running server is to do, or a new one.

use super::arguments::{Options, Order};
use super::{start, wrong};
use crate::Invocation;
use crate::configuration::Configuration;
use crate::console::{FAILED, show};
use std::path::Path;
use std::process::ExitCode;

/// Looks for the running server by the configuration's pid file. An order that it cannot have is no failure.
pub(super) fn run(invocation: Invocation, configuration: Configuration, options: &Options, order: Order) -> ExitCode {
    let console = invocation.console;
    let loaded = configuration.load();
    let Some(model) = &loaded.model else {
        show(&loaded.diagnostics, &loaded.sources);
        return wrong(&loaded, &loaded.diagnostics);
    };
    let found = Found::by(&model.process.pid_file);
    drop(loaded);
    match (order, found) {
        (Order::Start, Found::Running(pid)) => {
            println!("httpd (pid {pid}) already running");
            ExitCode::SUCCESS
        }
        (Order::Start, _) => start(invocation, configuration, options),
        (Order::Status, Found::Running(pid)) => {
            println!("httpd (pid {pid}) running");
            ExitCode::SUCCESS
        }
        (Order::Status, found) => {
            println!("{} not running", found.name());
            ExitCode::from(FAILED)
        }
        (order, Found::Running(pid)) => match process::signal(pid, order.name()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(line) => console.failed(line),
        },
        (Order::Restart | Order::Graceful, _) => {
            println!("httpd not running, trying to start");
            start(invocation, configuration, options)
        }
        (Order::Stop | Order::GracefulStop, found) => {
            println!("{} not running", found.name());
            ExitCode::SUCCESS
        }
    }
}

/// What a pid file tells.
#[derive(Clone, Copy)]
enum Found {
    Running(i32),
    /// The process is gone.
    Stale(i32),
    Nothing,
}

impl Found {
    fn by(pid_file: &Path) -> Self {
        match process::read_pid_file(pid_file) {
            Ok(pid) if process::is_running(pid) => Self::Running(pid),
            Ok(pid) => Self::Stale(pid),
            Err(_) => Self::Nothing,
        }
    }

    fn name(self) -> String {
        match self {
            Self::Running(pid) => format!("httpd (pid {pid})"),
            Self::Stale(pid) => format!("httpd (pid {pid}?)"),
            Self::Nothing => "httpd (no pid file)".to_owned(),
        }
    }
}
