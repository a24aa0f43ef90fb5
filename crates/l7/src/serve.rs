//! Makes the response: files, an upstream server, or an answer of the configuration.

mod api;
pub mod cached;
mod document;
pub mod error_page;
mod extensions;
mod filed;
pub mod files;
mod links;
pub mod listing;
mod methods;
mod mirror;
pub mod open_files;
mod pixel;
mod precompressed;
pub mod proxy;
pub mod redirect;
pub mod respond;
pub mod sliced;
pub mod status_page;
pub mod try_files;
pub mod tunnel;

use crate::body::RequestBody;
use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::{Proxy, Serve};
use crate::response::Outcome;
use protocol::Name;

impl<'p> Exchange<'p> {
    /// Serves the request where it stands.
    pub async fn serve(&mut self, client: &mut Client<'_>) -> Outcome {
        let section = self.place.section;
        if !section.request_edits.is_empty() {
            Box::pin(self.edit_request(&section.request_edits, false)).await;
        }
        if let Some(rule) = &section.try_files
            && let Some(outcome) = Box::pin(self.try_files(rule)).await
        {
            return outcome;
        }
        if let Some(mirror) = &section.mirror
            && !self.is_child()
            && let Err(failure) = Box::pin(self.mirror(mirror, client)).await
        {
            return Outcome::Fail(failure);
        }
        match &section.serve {
            Serve::Pixel => self.serve_pixel(),
            Serve::Purge(place) => Box::pin(self.serve_purge(place)).await,
            Serve::StatusPage => self.serve_status_page(),
            Serve::Api { writes } => Box::pin(self.serve_api(*writes, client)).await,
            Serve::Files => {
                let outcome = self.serve_files().await;
                self.without_content(outcome, client).await
            }
            Serve::Proxy(proxy) if proxy.for_files && Box::pin(self.look_for_file()).await => {
                match Box::pin(self.serve_folder()).await {
                    Some(outcome) => self.without_content(outcome, client).await,
                    None => Box::pin(self.ask_program(proxy, client)).await,
                }
            }
            Serve::Proxy(proxy) if self.in_error_page && section.error_pages.first_counts => {
                Box::pin(self.ask_program(proxy, client)).await
            }
            Serve::Proxy(proxy) if section.slice > 0 => Box::pin(self.serve_sliced(proxy, client)).await,
            Serve::Proxy(proxy) if let Some(caching) = &proxy.cache => {
                Box::pin(self.serve_cached(proxy, caching, client)).await
            }
            Serve::Proxy(proxy) => match self.forward(proxy, client).await {
                Ok(answering) => self.take_answer(proxy, answering),
                Err(failure) => Outcome::Fail(failure),
            },
        }
    }

    /// What a server behind says of a page that stands for an error is what the client hears; the error's own status, if
    /// a program says none.
    async fn ask_program(&mut self, proxy: &'p Proxy, client: &mut Client<'_>) -> Outcome {
        let error = self.error_status.take();
        if proxy.gateway.is_some() && error.is_some() && self.request.method != self.request.head.method {
            // The page is asked for with GET, without content.
            self.request.body = RequestBody::Discarded;
            if self.request.head.fields.contains(Name::ContentLength) {
                self.request.head.fields.set(b"Content-Length", b"0");
            }
        }
        match self.forward(proxy, client).await {
            Ok(answering) => {
                let silent = proxy.gateway.is_some() && answering.head.fields.get(b"Status").is_none();
                self.error_status = error.filter(|_| silent && answering.head.status == 200);
                self.take_answer(proxy, answering)
            }
            Err(failure) => Outcome::Fail(failure),
        }
    }

    /// Content that nobody reads is dropped; whoever goes on elsewhere takes it there.
    async fn without_content(&mut self, outcome: Outcome, client: &mut Client<'_>) -> Outcome {
        if matches!(outcome, Outcome::Reroute(_)) {
            return outcome;
        }
        match Box::pin(self.drop_unread_chunks(client)).await {
            Ok(()) => outcome,
            Err(failure) => Outcome::Fail(failure),
        }
    }
}
