//! Measures the transport alone: answers every request with a fixed response, or forwards bytes to such a server.
//!
//! `forward epoll|uring serve PORT LENGTH` and `forward epoll|uring relay PORT UPSTREAM-PORT`, on the loopback.

use std::env;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::task::{Context, Poll};

use tokio::task::spawn_local;
use transport::runtime::{self, Choice};
use transport::{Address, Chunk, ConnectOptions, Listener, Stream};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [kind, role, port, number] = arguments.as_slice() else { return Err("four arguments are needed".into()) };
    let choice = if kind == "epoll" { Choice::Epoll } else { Choice::Uring };
    let (serves, port, number) = (role == "serve", port.parse()?, number.parse()?);
    let outcome: io::Result<()> = runtime::run(choice, |_| async move {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let mut listener = Listener::new(socket.into())?;
        let response = response(number);
        loop {
            let (stream, _) = listener.accept().await?;
            if serves {
                spawn_local(serve(stream, response.clone()));
            } else {
                spawn_local(relay(stream, number));
            }
        }
    })?;
    Ok(outcome?)
}

fn response(length: usize) -> (Vec<u8>, Chunk) {
    let head =
        format!("HTTP/1.1 200 OK\r\nServer: example\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\r\n");
    (head.into_bytes(), Chunk::from(vec![b'x'; length]))
}

/// Takes each empty line for a request's end; a request that says so is the connection's last.
async fn serve(mut stream: Stream, (head, body): (Vec<u8>, Chunk)) {
    while let Ok(chunk) = stream.receive().await
        && !chunk.is_empty()
    {
        for _ in chunk.windows(4).filter(|window| window == b"\r\n\r\n") {
            stream.queue(&head);
            stream.queue_chunk(body.clone());
            if stream.flush().await.is_err() {
                return;
            }
        }
        if chunk.windows(17).any(|window| window == b"Connection: close") {
            return;
        }
    }
}

async fn relay(mut client: Stream, port: usize) {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::try_from(port).unwrap_or_default()));
    let Ok(mut upstream) = transport::connect(&Address::Inet(address), &ConnectOptions::default()).await else {
        return;
    };
    poll_fn(|cx| {
        let up = pump(&mut client, &mut upstream, cx);
        let down = pump(&mut upstream, &mut client, cx);
        if up.is_ready() || down.is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Moves what has arrived; ready when either end is gone.
fn pump(from: &mut Stream, to: &mut Stream, cx: &mut Context<'_>) -> Poll<()> {
    loop {
        match to.poll_ready(cx) {
            Poll::Ready(Ok(())) => {}
            Poll::Ready(Err(_)) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
        match from.poll_receive(cx) {
            Poll::Ready(Ok(chunk)) if !chunk.is_empty() => {
                to.queue_chunk(chunk);
                if to.start_sending().is_err() {
                    return Poll::Ready(());
                }
            }
            Poll::Ready(_) => return Poll::Ready(()),
            Poll::Pending => return Poll::Pending,
        }
    }
}
