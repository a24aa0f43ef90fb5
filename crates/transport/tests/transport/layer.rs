//! A stream over a stream.

use std::io::{self, IoSlice};
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

    fn inner_mut(&mut self) -> &mut Stream {
        &mut self.inner
    }

    fn seal(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<()> {
        for piece in pieces {
            self.inner.queue(&invert(piece));
        }
        Ok(())
    }

    fn seal_end(&mut self) {
        self.inner.queue(&invert(b"."));
    }

    fn held(&self) -> usize {
        0
    }

    fn is_ended(&self) -> bool {
        false
    }
}

#[test]
fn a_layer_is_a_stream_like_any_other() {
    on_each_kind(|_| async {
        let (near, mut far) = pair().await;
        let mut layered = Stream::layered(Box::new(Inverting { inner: near }));
        layered.write_all(b"there").await.unwrap();
        layered.shutdown().await.unwrap();
        assert_eq!(receive_all(&mut far).await.unwrap(), invert(b"there."));
        send(&mut far, &invert(b"and back")).await;
        drop(far);
        let mut received = String::new();
        layered.read_to_string(&mut received).await.unwrap();
        assert_eq!(received, "and back");
        assert_eq!((layered.bytes_sent(), layered.bytes_received()), (6, 8));
        assert!(layered.is_closed() && layered.local_address().inet().is_some());
    });
}
