//! The transport from outside: every test runs on epoll and, where the kernel allows it, on the ring.

mod basics;
mod bounds;
mod files;
mod harness;
