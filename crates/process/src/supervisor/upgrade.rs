//! SIGUSR2: a new binary is started on the same sockets, beside this one.

use super::{Phase, Supervisor};
use crate::inherited::{VARIABLE, describe};
use crate::reason;
use model::Level;
use nix::unistd::Pid;
use rustix::io::{FdFlags, fcntl_setfd};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

impl Supervisor<'_> {
    pub(super) fn change_binary(&mut self) {
        let predecessor_lives = self.predecessor.is_some_and(|pid| pid == nix::unistd::getppid());
        if self.phase != Phase::Running || self.successor.is_some() || predecessor_lives {
            let line = "the changing binary signal is ignored: \
                        you should shutdown or terminate before either old or new binary's process";
            return self.host.log(Level::Notice, line);
        }
        self.host.log(Level::Notice, "changing binary");
        if let Some(Err(line)) = self.pid_file.as_mut().map(crate::pid_file::PidFile::set_aside) {
            return self.host.log(Level::Alert, &line);
        }
        match self.execute() {
            Ok(pid) => {
                self.successor = Some(pid);
                self.host.log(Level::Notice, &format!("start new binary process {pid}"));
            }
            Err(error) => {
                let program = self.launch.program.display();
                let line =
                    format!("execve() failed while executing new binary process \"{program}\" {}", reason(&error));
                self.host.log(Level::Alert, &line);
                self.restore_pid_file();
            }
        }
    }

    /// Starts the program again with every listening socket open in it.
    fn execute(&self) -> io::Result<Pid> {
        let handed: Vec<OwnedFd> = self
            .current
            .listeners
            .sockets()
            .map(|socket| {
                let copy = socket.try_clone()?;
                fcntl_setfd(&copy, FdFlags::empty())?;
                Ok(copy)
            })
            .collect::<io::Result<_>>()?;
        let mut command = Command::new(&self.launch.program);
        let mut arguments = self.launch.arguments.iter();
        if let Some(name) = arguments.next() {
            command.arg0(name);
        }
        command.args(arguments).env(VARIABLE, describe(handed.iter()));
        let child = command.spawn()?;
        let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
        Ok(Pid::from_raw(pid))
    }

    /// The new binary has ended: this one carries on.
    pub(super) fn successor_ended(&mut self) {
        self.successor = None;
        self.restore_pid_file();
        let rested = std::mem::take(&mut self.resting);
        if rested && self.phase == Phase::Running && self.serving().is_none() {
            self.start_worker();
        }
    }

    fn restore_pid_file(&mut self) {
        if let Some(Err(line)) = self.pid_file.as_mut().map(crate::pid_file::PidFile::restore) {
            self.host.log(Level::Alert, &line);
        }
    }
}
