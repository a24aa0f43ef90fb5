//! One line of the error log.

use std::fmt::{self, Write as _};
use std::time::Duration;

use super::{Context, Level};
use crate::time_text::TimeText;

/// Longest line with its end, as in nginx.
const LONGEST: usize = 2048;

/// A line being written: what does not fit is cut off.
pub(super) struct Line {
    bytes: Vec<u8>,
}

impl Line {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::with_capacity(LONGEST) }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(super) fn write(
        &mut self,
        time: &TimeText,
        now: Duration,
        (level, context, message): (Level, &Context<'_>, fmt::Arguments<'_>),
    ) {
        time.append_error(now, &mut self.bytes);
        // The only error is that the line is full.
        let _ = self.fill(level, context, message);
        self.bytes.push(b'\n');
    }

    fn fill(&mut self, level: Level, context: &Context<'_>, message: fmt::Arguments<'_>) -> fmt::Result {
        let process = std::process::id();
        let thread = rustix::thread::gettid().as_raw_nonzero();
        write!(self, " [{}] {process}#{thread}: ", level.as_str())?;
        if let Some(connection) = context.connection {
            write!(self, "*{connection} ")?;
        }
        self.write_fmt(message)?;
        if level == Level::Debug {
            return Ok(());
        }
        if let Some(doing) = context.doing {
            write!(self, " while {doing}")?;
        }
        self.value(", client: ", context.client, "")?;
        self.value(", server: ", context.server, "")?;
        self.value(", request: \"", context.request, "\"")?;
        self.value(", subrequest: \"", context.subrequest, "\"")?;
        self.value(", upstream: \"", context.upstream, "\"")?;
        self.value(", host: \"", context.host, "\"")?;
        self.value(", referrer: \"", context.referrer, "\"")
    }

    fn value(&mut self, label: &str, value: Option<&[u8]>, end: &str) -> fmt::Result {
        let Some(value) = value else {
            return Ok(());
        };
        self.write_str(label)?;
        self.append(value)?;
        self.write_str(end)
    }

    /// Control characters become `\xHH`, so that no value can begin a line of its own.
    fn append(&mut self, text: &[u8]) -> fmt::Result {
        for run in text.split_inclusive(u8::is_ascii_control) {
            match run.split_last() {
                Some((last, plain)) if last.is_ascii_control() => {
                    self.push(plain)?;
                    self.push(format!("\\x{last:02X}").as_bytes())?;
                }
                _ => self.push(run)?,
            }
        }
        Ok(())
    }

    fn push(&mut self, text: &[u8]) -> fmt::Result {
        let room = (LONGEST - 1).saturating_sub(self.bytes.len());
        match text.get(..room) {
            Some(head) if head.len() < text.len() => {
                self.bytes.extend_from_slice(head);
                Err(fmt::Error)
            }
            _ => {
                self.bytes.extend_from_slice(text);
                Ok(())
            }
        }
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.append(text.as_bytes())
    }
}
