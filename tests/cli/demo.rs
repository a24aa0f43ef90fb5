//! `zaguan demo`: the first thing that someone tries.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};

use testkit::{Claim, Client, Signal, eventually, is_free, signal_process, skip_on_nginx};

/// The ports that the demo has for its own.
const PORTS: [u16; 4] = [8080, 8081, 8082, 8083];

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        signal_process(self.0.id(), Signal::KILL);
        let _ = self.0.wait();
    }
}

#[test]
fn it_serves_until_it_is_interrupted() {
    if skip_on_nginx("it has no such command") {
        return;
    }
    let _turn = Claim::wait("demo");
    if let Some(port) = PORTS.iter().find(|port| !is_free(([127, 0, 0, 1], **port).into())) {
        println!("left out: someone else listens on 127.0.0.1:{port}");
        return;
    }
    let mut command = Command::new(testkit::binary(env!("CARGO_BIN_EXE_zaguan")));
    command.arg("demo").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut demo = Demo(command.spawn().unwrap());
    let front = SocketAddr::from(([127, 0, 0, 1], PORTS[0]));
    eventually("the demo listens", || TcpStream::connect(front).is_ok());
    let mut client = Client::connect(front);
    eventually("the servers behind it answer", || {
        client.ask("GET /headers HTTP/1.1\r\nHost: demo.example\r\n\r\n").status == 200
    });
    let response = client.ask("POST /echo HTTP/1.1\r\nHost: demo.example\r\nContent-Length: 9\r\n\r\nsome text");
    assert_eq!((response.status, response.text().as_str()), (200, "some text"));
    drop(client);
    signal_process(demo.0.id(), Signal::INT);
    eventually("the demo ends", || demo.0.try_wait().unwrap().is_some());
}
