//! Reading a request's body whole: into memory, then into a file.

use crate::body::{Held, HeldFile, RequestBody};
use crate::client::Client;
use crate::exchange::Exchange;
use crate::failure::{Cause, Failure};
use crate::worker::Shared;
use model::BodyInFile;
use protocol::{BodyKind, Frame};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use telemetry::{Level, SystemError};
use transport::file::{self, Temporary};
use transport::{Chunk, clock};

/// Largest body that may use the worker's budget of memory before a file is made, beyond `client_body_buffer_size`.
const LARGEST_IN_BUDGET: usize = 4 << 20;

/// A body that is being written to a file.
struct Spill {
    temporary: Temporary,
    length: u64,
}

impl Exchange<'_> {
    /// Reads the request's body whole, if that was not done yet.
    pub async fn read_body(&mut self, client: &mut Client<'_>) -> Result<(), Failure> {
        if !matches!(self.request.body, RequestBody::Unread) {
            return Ok(());
        }
        let rule = &self.place.section.client;
        if client.body_kind() == BodyKind::None {
            client.invite();
            return Ok(());
        }
        let mut held = Held::default();
        let mut spill = None;
        if rule.body_in_file != BodyInFile::Off {
            spill = Some(self.make_file().await?);
        }
        while let Some(chunk) = self.next_chunk(client).await? {
            held.length += chunk.len() as u64;
            if rule.max_body.0 > 0 && held.length > rule.max_body.0 {
                self.request.body = RequestBody::Discarded;
                return Err(Failure::new(Cause::BodyTooLarge));
            }
            let budget = (!self.plan.body_use.file).then_some(&self.worker.shared);
            if spill.is_none() && !fits(&mut held, chunk.len(), rule.body_buffer.as_usize(), budget) {
                spill = Some(self.make_file().await?);
                self.log(Level::Warning, || "a client request body is buffered to a temporary file".into());
            }
            match &mut spill {
                Some(spill) => self.write(spill, chunk).await?,
                None => held.chunks.push(chunk.into_owned()),
            }
        }
        held.file = spill.map(|spill| spill.finish(rule.body_in_file == BodyInFile::Keep));
        self.request.body = RequestBody::Held(held);
        Ok(())
    }

    /// Reads the request's body whole if it is no larger than this, otherwise its beginning.
    pub async fn gather_body(&mut self, client: &mut Client<'_>, most: u64) -> Result<(), Failure> {
        let largest = self.place.section.client.max_body.0;
        let mut held = Held::default();
        while held.length <= most {
            let Some(chunk) = self.next_chunk(client).await? else {
                self.request.body = RequestBody::Held(held);
                return Ok(());
            };
            held.length += chunk.len() as u64;
            if largest > 0 && held.length > largest {
                self.request.body = RequestBody::Discarded;
                return Err(Failure::new(Cause::BodyTooLarge));
            }
            held.chunks.push(chunk.into_owned());
        }
        self.request.body = RequestBody::Begun(held);
        Ok(())
    }

    /// Reads and drops a body whose length nobody told, where files answer to requests with bodies.
    pub async fn drop_unread_chunks(&mut self, client: &mut Client<'_>) -> Result<(), Failure> {
        let unread = matches!(self.request.body, RequestBody::Unread) && client.body_kind() == BodyKind::Chunked;
        if !unread || !self.tells_methods() {
            return Ok(());
        }
        let largest = self.place.section.client.max_body.0;
        let mut length = 0;
        self.request.body = RequestBody::Discarded;
        while let Some(chunk) = self.next_chunk(client).await? {
            length += chunk.len() as u64;
            if largest > 0 && length > largest {
                return Err(Failure::new(Cause::BodyTooLarge));
            }
        }
        Ok(())
    }

    /// The next piece of the body, within `client_body_timeout`.
    async fn next_chunk(&self, client: &mut Client<'_>) -> Result<Option<Chunk>, Failure> {
        let limit = clock::now() + self.place.section.client.body_timeout;
        poll_fn(|cx| {
            loop {
                match client.poll_body(cx)? {
                    Poll::Ready(Some(Frame::Bytes(chunk))) => return Poll::Ready(Ok(Some(chunk))),
                    // Trailers of a request are not passed on: it goes with a Content-Length.
                    Poll::Ready(Some(Frame::Trailers(_))) => {}
                    Poll::Ready(None) => return Poll::Ready(Ok(None)),
                    Poll::Pending => break,
                }
            }
            client.deadline.set(limit);
            client.deadline.poll_expired(cx).map(|()| Err(Failure::new(Cause::BodyTimeout)))
        })
        .await
    }

    async fn make_file(&self) -> Result<Spill, Failure> {
        let directory = &self.place.section.client.temp_directory;
        match file::temporary(directory).await {
            Ok(temporary) => Ok(Spill { temporary, length: 0 }),
            Err(error) => {
                let text =
                    || format!("open() temporary file in \"{}\" failed {}", directory.display(), SystemError(&error));
                self.log(Level::Critical, text);
                Err(Failure::new(Cause::FileFailed))
            }
        }
    }

    async fn write(&self, spill: &mut Spill, chunk: Chunk) -> Result<(), Failure> {
        let length = chunk.len() as u64;
        if let Err(error) = spill.temporary.file().write_at(spill.length, chunk).await {
            self.log(Level::Critical, || format!("write() to a temporary file failed {}", SystemError(&error)));
            return Err(Failure::new(Cause::FileFailed));
        }
        spill.length += length;
        Ok(())
    }
}

impl Spill {
    fn finish(self, keep: bool) -> HeldFile {
        let path = self.temporary.path().to_owned();
        let file = Rc::new(self.temporary.file().clone());
        let temporary = if keep {
            self.temporary.keep();
            None
        } else {
            Some(self.temporary)
        };
        HeldFile { file, _temporary: temporary, path, length: self.length }
    }
}

/// Whether a piece may stay in memory: within the request's own buffer, or the worker's budget if it may be used.
fn fits(held: &mut Held, piece: usize, buffer: usize, budget: Option<&Rc<Shared>>) -> bool {
    let memory = held.memory + piece;
    if memory <= buffer {
        held.memory = memory;
        return true;
    }
    let Some(shared) = budget.filter(|shared| memory <= LARGEST_IN_BUDGET && shared.take_budget(piece)) else {
        return false;
    };
    held.memory = memory;
    held.charge(shared, piece);
    true
}
