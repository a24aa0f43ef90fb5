//! A request inside a request that nobody needs to wait for.

use super::Asked;
use crate::bindings::Bindings;
use crate::body::RequestBody;
use crate::client::Client;
use crate::connection::Connection;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::request::Request;
use crate::response::Response;
use crate::serve::sliced::Slice;
use crate::shape::ssi::Page;
use crate::worker::Worker;
use protocol::RequestHead;
use std::rc::Rc;
use transport::Deadline;

/// What requests inside an exchange need of it, also when it is through.
pub struct Errands {
    worker: Rc<Worker>,
    connection: Connection,
    /// Index of the site.
    site: usize,
    head: Box<RequestHead>,
    host: Vec<u8>,
    port: Option<u16>,
    bindings: Bindings,
    depth: u8,
    path: Vec<u8>,
    arguments: Vec<u8>,
    page: Option<Rc<Page>>,
    slice: Option<Box<Slice>>,
}

impl Exchange<'_> {
    /// What requests inside this one need of it.
    pub fn errands(&self) -> Errands {
        let site = self.plan.sites.iter().position(|site| std::ptr::eq(site, self.place.site));
        Errands {
            worker: Rc::clone(self.worker),
            connection: self.connection.detached(),
            site: site.unwrap_or(0),
            head: self.request.head.clone(),
            host: self.request.host.clone(),
            port: self.request.port,
            bindings: self.bindings.copy(),
            depth: self.depth,
            path: self.request.path.clone(),
            arguments: self.request.arguments.clone(),
            page: self.page.clone(),
            slice: self.slice.clone(),
        }
    }
}

impl Errands {
    /// The path of the request that they are for.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// The same for a request of another path.
    pub fn at(&self, path: &[u8], arguments: &[u8]) -> Self {
        Self {
            worker: Rc::clone(&self.worker),
            connection: self.connection.detached(),
            site: self.site,
            head: self.head.clone(),
            host: self.host.clone(),
            port: self.port,
            bindings: self.bindings.copy(),
            depth: self.depth,
            path: path.to_vec(),
            arguments: arguments.to_vec(),
            page: self.page.clone(),
            slice: None,
        }
    }

    /// An exchange of the request, with no path yet.
    fn begun(&self) -> Exchange<'_> {
        let Some(site) = self.worker.plan.sites.get(self.site) else { unreachable!("the site is the plan's own") };
        let mut exchange = Exchange::new(&self.worker, &self.connection, site, self.head.clone());
        exchange.request = Request { host: self.host.clone(), port: self.port, ..exchange.request };
        exchange
    }

    /// An exchange of the request, on its path.
    fn placed(&self) -> Exchange<'_> {
        let mut exchange = self.begun();
        exchange.request = Request {
            method: self.head.method.clone(),
            path: self.path.clone(),
            arguments: self.arguments.clone(),
            location_valid: true,
            ..exchange.request
        };
        exchange
    }

    /// Asks something of an exchange that stands where the request stood, as far as its path tells.
    pub fn with<T>(&self, ask: impl FnOnce(&Exchange<'_>) -> T) -> T {
        let mut exchange = self.placed();
        exchange.choose_location();
        exchange.bindings = self.bindings.copy();
        ask(&exchange)
    }

    /// Lets an exchange stand in for the one that they are of.
    pub async fn stand_in<T>(&self, act: impl AsyncFnOnce(&mut Exchange<'_>) -> T) -> T {
        let mut exchange = self.placed();
        exchange.request = Request { internal: true, body: RequestBody::Discarded, ..exchange.request };
        exchange.bindings = self.bindings.copy();
        exchange.depth = self.depth + 1;
        exchange.page.clone_from(&self.page);
        exchange.slice.clone_from(&self.slice);
        act(&mut exchange).await
    }

    /// Runs a request to its shaped response.
    ///
    /// # Errors
    /// When there is none.
    pub async fn run(self: Rc<Self>, asked: Asked) -> Result<Box<Response>, Failure> {
        let mut parent = self.begun();
        parent.depth = self.depth;
        parent.page.clone_from(&self.page);
        let mut deadline = Deadline::new();
        let mut client = Client::inside(&mut deadline, asked.body_kind());
        let mut child = parent.child(asked, self.bindings.copy())?;
        let response = Box::pin(child.run_inside(None, &mut client)).await;
        child.record_inside();
        response
    }
}
