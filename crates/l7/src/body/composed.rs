//! A body with parts that other places of the site answer with.

use crate::body::Body;
use crate::failure::Failure;
use crate::response::Response;
use crate::shape::ssi::Engine;
use protocol::Frame;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// Most parts that are asked for ahead of the one that is being sent.
const MOST_AHEAD: usize = 16;
/// Most bytes of a part that is kept in a variable.
const MOST_KEPT: usize = 64 << 10;

type Asking = Pin<Box<dyn Future<Output = Result<Box<Response>, Failure>>>>;

/// A piece of the body.
pub enum Piece {
    /// Text.
    Text(Vec<u8>),
    /// What another place is asked for.
    Asked(Box<Asked>),
    /// What another place answers with.
    Body(Body),
}

/// What another place is asked for.
pub struct Asked {
    asking: Asking,
    /// Stands in for an answer that is empty or failed.
    stub: Option<Body>,
    /// The answer is kept under this name instead of being sent.
    keep: Option<Vec<u8>>,
    kept: Vec<u8>,
    body: Option<Body>,
}

impl Piece {
    /// What a request inside this one comes to.
    pub fn asked(asking: impl Future<Output = Result<Box<Response>, Failure>> + 'static) -> Self {
        Self::with(asking, None, None)
    }

    /// The same, with what stands in for it, or the name that it is kept under.
    pub fn with(
        asking: impl Future<Output = Result<Box<Response>, Failure>> + 'static,
        stub: Option<Body>,
        keep: Option<Vec<u8>>,
    ) -> Self {
        Self::Asked(Box::new(Asked { asking: Box::pin(asking), stub, keep, kept: Vec::new(), body: None }))
    }
}

/// A body and its parts.
pub struct Composed {
    /// The body that the parts are put into.
    pub inner: Body,
    pieces: VecDeque<Piece>,
    /// Finds the commands in the body; without it the body is one piece.
    engine: Option<Box<Engine>>,
    /// What comes when the body is through.
    after: Option<Piece>,
    ended: bool,
}

impl Composed {
    /// A body between two parts.
    pub fn around(before: Option<Piece>, inner: Body, after: Option<Piece>) -> Self {
        Self { inner, pieces: before.into_iter().collect(), engine: None, after, ended: false }
    }

    /// A body whose commands an engine obeys.
    pub fn commanded(inner: Body, engine: Engine) -> Self {
        Self { inner, pieces: VecDeque::new(), engine: Some(Box::new(engine)), after: None, ended: false }
    }

    /// The next piece; `None` at the end.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        loop {
            match self.poll_first(cx) {
                Poll::Ready(Some(frame)) => return Poll::Ready(Ok(Some(frame))),
                Poll::Ready(None) if self.ended => return Poll::Ready(Ok(None)),
                Poll::Ready(None) => match ready!(self.read(cx))? {
                    Some(frame) => return Poll::Ready(Ok(Some(frame))),
                    None => continue,
                },
                Poll::Pending => {}
            }
            self.start(cx);
            let waits = self.engine.as_ref().is_none_or(|engine| engine.waits());
            if self.ended || waits || self.pieces.len() >= MOST_AHEAD || self.read(cx)?.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Reads on in the body; a frame is passed on as it is.
    fn read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Frame>, Failure>> {
        let frame = ready!(self.inner.poll_frame(cx))?;
        match (frame, &mut self.engine) {
            (Some(Frame::Bytes(chunk)), Some(engine)) => {
                engine.read(&chunk, &mut self.pieces);
                Poll::Ready(Ok(None))
            }
            (Some(frame), _) => Poll::Ready(Ok(Some(frame))),
            (None, engine) => {
                let finished = engine.as_mut().is_none_or(|engine| engine.finish(&mut self.pieces));
                self.ended = finished;
                self.pieces.extend(self.after.take());
                Poll::Ready(Ok(None))
            }
        }
    }

    /// The first piece's next part; `None`: there is no piece.
    fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<Option<Frame>> {
        loop {
            match self.pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Piece::Text(text)) => {
                    let text = std::mem::take(text);
                    self.pieces.pop_front();
                    if !text.is_empty() {
                        return Poll::Ready(Some(Frame::Bytes(text.into())));
                    }
                }
                Some(Piece::Asked(asked)) => {
                    let body = ready!(asked.poll(cx));
                    if let (Some(name), Some(engine)) = (asked.keep.take(), &mut self.engine) {
                        engine.keep(&name, std::mem::take(&mut asked.kept));
                        self.pieces.pop_front();
                        engine.go_on(&mut self.pieces);
                    } else if let Some(piece) = self.pieces.front_mut() {
                        *piece = Piece::Body(body);
                    }
                }
                Some(Piece::Body(body)) => match body.poll_frame(cx) {
                    Poll::Pending => return Poll::Pending,
                    Poll::Ready(Ok(Some(Frame::Bytes(chunk)))) => return Poll::Ready(Some(Frame::Bytes(chunk))),
                    Poll::Ready(Ok(Some(Frame::Trailers(_)))) => {}
                    // A part that breaks off is no reason to break the rest off.
                    Poll::Ready(Ok(None) | Err(_)) => {
                        self.pieces.pop_front();
                        if let Some(engine) = &mut self.engine {
                            engine.go_on(&mut self.pieces);
                        }
                    }
                },
            }
        }
    }

    /// What comes later is asked for while what is first is waited for; its answer is looked at when its turn comes.
    fn start(&mut self, cx: &mut Context<'_>) {
        for piece in self.pieces.iter_mut().take(MOST_AHEAD).skip(1) {
            if let Piece::Asked(asked) = piece {
                asked.start(cx);
            }
        }
    }

    /// When a source has waited too long, or wants to be polled again.
    pub fn deadline(&self) -> Option<Instant> {
        let first = match self.pieces.front() {
            Some(Piece::Body(body)) => body.deadline(),
            Some(Piece::Asked(asked)) => asked.body.as_ref().and_then(Body::deadline),
            Some(Piece::Text(_)) | None => None,
        };
        [first, self.inner.deadline()].into_iter().flatten().min()
    }
}

impl Asked {
    fn start(&mut self, cx: &mut Context<'_>) {
        if self.body.is_none()
            && let Poll::Ready(response) = self.asking.as_mut().poll(cx)
        {
            self.body = Some(self.answer(response));
        }
    }

    /// The answer's body, or what stands in for it.
    fn answer(&mut self, response: Result<Box<Response>, Failure>) -> Body {
        match (response, self.stub.take()) {
            (Ok(response), Some(stub)) if response.built_in || response.length == Some(0) => stub,
            (Ok(response), _) => match response.head.status {
                204 | 304 => Body::Empty,
                _ => response.body,
            },
            (Err(_), stub) => stub.unwrap_or(Body::Empty),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Body> {
        if self.body.is_none() {
            let response = ready!(self.asking.as_mut().poll(cx));
            self.body = Some(self.answer(response));
        }
        while self.keep.is_some()
            && let Some(body) = &mut self.body
        {
            match ready!(body.poll_frame(cx)) {
                Ok(Some(Frame::Bytes(chunk))) if self.kept.len() + chunk.len() <= MOST_KEPT => {
                    self.kept.extend_from_slice(&chunk);
                }
                Ok(Some(Frame::Trailers(_))) => {}
                Ok(Some(Frame::Bytes(_)) | None) | Err(_) => self.body = None,
            }
        }
        Poll::Ready(self.body.take().unwrap_or(Body::Empty))
    }
}
