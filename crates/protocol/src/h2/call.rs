//! One request over a connection of its own, for whoever asks seldom and waits for all of the answer.

use std::future::{Future as _, poll_fn};
use std::io;
use std::pin::pin;

use bytes::Bytes;
use h2::client::Builder;
use http::uri::{Authority, Scheme, Uri};
use http::{Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};

use super::request::read_trailers;
use super::response;
use super::sending::gone;
use crate::{Fields, ResponseHead};

/// Bytes of all fields of a head.
const HEAD: u32 = 32 << 10;

/// What is asked: a POST.
#[derive(Debug)]
pub struct Call<'c> {
    /// The host, if it can be one.
    pub host: &'c str,
    /// The stream is TLS.
    pub secured: bool,
    /// The path.
    pub path: &'c str,
    /// The fields.
    pub fields: &'c [(&'c str, &'c str)],
    /// The content.
    pub body: Vec<u8>,
}

/// An answer, all of it.
#[derive(Debug, Default)]
pub struct Answer {
    /// Its head.
    pub head: ResponseHead,
    /// Its content.
    pub body: Vec<u8>,
    /// What came behind it.
    pub trailers: Fields,
}

/// Asks over a stream that was just made, and reads an answer whose body takes at most `limit` bytes.
///
/// # Errors
/// The connection fails, the server breaks the protocol or sends more.
pub async fn call<S>(stream: S, call: Call<'_>, limit: usize) -> io::Result<Answer>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (request, body) = (request(&call)?, call.body);
    let mut builder = Builder::new();
    builder.enable_push(false).max_header_list_size(HEAD);
    let (mut sender, connection) = builder.handshake::<_, Bytes>(stream).await.map_err(gone)?;
    let mut connection = pin!(connection);
    let mut exchange = pin!(async move {
        let (answer, mut sending) = sender.send_request(request, body.is_empty()).map_err(gone)?;
        if !body.is_empty() {
            sending.send_data(body.into(), true).map_err(gone)?;
        }
        read(answer.await.map_err(gone)?, limit).await
    });
    let mut is_over = false;
    poll_fn(|cx| {
        // It moves the frames; why it ended, the exchange is told.
        is_over = is_over || connection.as_mut().poll(cx).is_ready();
        let polled = exchange.as_mut().poll(cx);
        if polled.is_pending() && !is_over {
            // What the exchange has queued goes out.
            is_over = connection.as_mut().poll(cx).is_ready();
        }
        if is_over && polled.is_pending() { exchange.as_mut().poll(cx) } else { polled }
    })
    .await
}

fn request(call: &Call<'_>) -> io::Result<Request<()>> {
    let mut parts = http::uri::Parts::default();
    parts.scheme = Some(if call.secured { Scheme::HTTPS } else { Scheme::HTTP });
    parts.authority = Some(Authority::try_from(call.host).unwrap_or(Authority::from_static("localhost")));
    parts.path_and_query = Some(call.path.parse().map_err(io::Error::other)?);
    let mut request = Request::post(Uri::from_parts(parts).map_err(io::Error::other)?);
    for (name, value) in call.fields {
        request = request.header(*name, *value);
    }
    request.body(()).map_err(io::Error::other)
}

async fn read(response: Response<h2::RecvStream>, limit: usize) -> io::Result<Answer> {
    let (parts, mut incoming) = response.into_parts();
    let mut answer = Answer::default();
    let head = Response::from_parts(parts, ());
    response::read_head(&head, usize::MAX, &mut answer.head).map_err(|cause| io::Error::other(cause.to_string()))?;
    while let Some(bytes) = incoming.data().await.transpose().map_err(gone)? {
        // A stream that has ended needs no room.
        let _ = incoming.flow_control().release_capacity(bytes.len());
        if answer.body.len() + bytes.len() > limit {
            return Err(io::Error::other("too long an answer"));
        }
        answer.body.extend_from_slice(&bytes);
    }
    if let Some(trailers) = incoming.trailers().await.map_err(gone)? {
        answer.trailers = read_trailers(&trailers);
    }
    Ok(answer)
}
