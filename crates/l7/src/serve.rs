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

use crate::client::Client;
use crate::exchange::Exchange;
use crate::plan::Serve;
use crate::response::Outcome;

impl Exchange<'_> {
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
            Serve::StatusPage => self.serve_status_page(),
            Serve::Api { writes } => Box::pin(self.serve_api(*writes, client)).await,
            Serve::Files => match Box::pin(self.drop_unread_chunks(client)).await {
                Ok(()) => self.serve_files().await,
                Err(failure) => Outcome::Fail(failure),
            },
            Serve::Proxy(proxy) if self.in_error_page && section.error_pages.first_counts => {
                // What a server behind says of a page that stands for an error is what the client hears.
                self.error_status = None;
                match Box::pin(self.forward(proxy, client)).await {
                    Ok(answering) => self.take_answer(proxy, answering),
                    Err(failure) => Outcome::Fail(failure),
                }
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
}
