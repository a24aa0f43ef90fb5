//! A stream over a stream.

use std::io;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use transport::{Chunk, Layer, Stream};

use crate::harness::*;

/// Turns every byte's bits over, both ways.
struct Inverting {
    inner: Stream,
}

fn invert(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

impl Layer for Inverting {
    fn inner(&self) -> &Stream {
        &self.inner
    }

    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Chunk>> {
        let chunk = ready!(self.inner.poll_receive(cx))?;
        Poll::Ready(Ok(Chunk::from(invert(&chunk))))
    }

    fn queue(&mut self, bytes: &[u8]) {
        self.inner.queue(&invert(bytes));
    }

    fn queue_chunk(&mut self, chunk: Chunk) {
        self.inner.queue_chunk(Chunk::from(invert(&chunk)));
    }

    fn queued(&self) -> usize {
        self.inner.queued()
    }

    fn start_sending(&mut self) -> io::Result<()> {
        self.inner.start_sending()
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_ready(cx)
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.inner.poll_flush(cx)
    }

    fn poll_peer_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.inner.poll_peer_closed(cx)
    }

    fn has_input(&self) -> bool {
        self.inner.has_input()
    }

    fn is_closed(&self) -> bool {
        self.inner.is_closed()
    }

    fn shutdown_write(&mut self) {
        self.inner.shutdown_write();
    }
}

#[test]
fn a_layer_is_a_stream_like_any_other() {
    on_each_kind(|_| async {
        let (near, mut far) = pair().await;
        let mut layered = Stream::layered(Box::new(Inverting { inner: near }));
        layered.write_all(b"there").await.unwrap();
        layered.shutdown().await.unwrap();
        assert_eq!(receive_all(&mut far).await.unwrap(), invert(b"there"));
        send(&mut far, &invert(b"and back")).await;
        drop(far);
        let mut received = String::new();
        layered.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "and back");
        assert_eq!((layered.bytes_sent(), layered.bytes_received()), (5, 8));
        assert!(layered.is_closed() && layered.local_address().inet().is_some());
    });
}
