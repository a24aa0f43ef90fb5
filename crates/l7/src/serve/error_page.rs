//! Error answers: the configured page for a status, or the built-in one.

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure, Side};
use crate::plan::{ErrorPage, Section};
use crate::reroute::Reroute;
use crate::response::{Outcome, Response};
use crate::serve::respond::is_redirect;
use crate::uri;
use model::{PageStatus, PageStyle, ServerTokens};
use protocol::Name;

/// What the program calls itself.
pub const PROGRAM: &str = "zaguan";
/// Its name and version.
pub const PROGRAM_VERSION: &str = concat!("zaguan/", env!("CARGO_PKG_VERSION"));

/// What an answer is called that a server should have made.
const PROXY_ERROR: &[u8] = b"Proxy Error";

/// A head that is too large, told apart from other 400s for `error_page`.
pub const HEADER_TOO_LARGE: u16 = 494;

impl<'p> Exchange<'p> {
    /// Answers a failure.
    pub fn fail(&mut self, failure: Failure) -> Outcome {
        if failure.cause == Cause::BodyTooLarge {
            self.log_error(|| "client intended to send too large chunked body".into());
        } else if failure.side == Side::Client {
            self.log(telemetry::error_log::Level::Info, || format!("client failed: {}", failure.id()));
        }
        let style = self.place.section.style;
        let status = failure.status_in(style.failures);
        let configured = !self.in_error_page && self.page_for(status).is_some();
        match self.refuse(status) {
            Outcome::Respond(mut page)
                if page.built_in && page.head.status == status && failure.is_of_exchange(style.pages) =>
            {
                if !configured {
                    return Self::respond(built_in(self.document(status, PROXY_ERROR)));
                }
                page.head.set_reason(PROXY_ERROR);
                Outcome::Respond(page)
            }
            outcome => outcome,
        }
    }

    /// Answers with a status: through the configured page if there is one, else with the built-in page.
    ///
    /// The status stands whatever is served for it, until something else goes wrong or a page is told otherwise.
    pub fn refuse(&mut self, status: u16) -> Outcome {
        if let (true, Some(first)) =
            (self.place.section.error_pages.first_counts && self.in_error_page, self.error_status)
        {
            return Self::respond(self.built_in_page(first));
        }
        self.error_status = Some(status);
        self.carried.remove_known(Name::ContentType);
        self.closing |= ends_connection(status) || self.ends_by_status(status);
        let page = self.page_for(status).filter(|_| !self.in_error_page);
        let pages = &self.place.section.error_pages;
        self.in_error_page |= !pages.recursive && !pages.pages.is_empty();
        match page {
            Some(page) => self.serve_error_page(page),
            None => Self::respond(self.built_in_page(status)),
        }
    }

    /// The configured page for a status. Among documents, one that has no words of its own is an internal error.
    pub fn page_for(&self, status: u16) -> Option<&'p ErrorPage> {
        let Section { style, error_pages, .. } = self.place.section;
        let nameless = style.pages == PageStyle::Document && protocol::status::phrase(status).is_empty();
        let status = if nameless { 500 } else { status };
        error_pages.pages.iter().find(|page| page.statuses.contains(&status))
    }

    fn serve_error_page(&mut self, page: &'p ErrorPage) -> Outcome {
        match page.sent_with {
            PageStatus::OfError => {}
            PageStatus::OfPage => self.error_status = None,
            PageStatus::Fixed(status) => self.error_status = Some(status),
        }
        let mut target = Vec::new();
        page.target.evaluate(self, &mut target);
        if let Some(media_type) = &page.text {
            let mut response = Response::bytes(self.error_status.unwrap_or(200), media_type.as_bytes(), target);
            self.untold_length(&mut response);
            response.built_in = true;
            return Self::respond(response);
        }
        match target.first() {
            Some(b'/') => {
                let (path, arguments) = uri::split_arguments(&target);
                Outcome::Reroute(Reroute::to_path(path.to_vec(), arguments.to_vec()).with_get())
            }
            Some(b'@') => Outcome::Reroute(Reroute::to_named(target)),
            _ => {
                let status = match page.sent_with {
                    PageStatus::Fixed(status) if is_redirect(status) => status,
                    PageStatus::OfError | PageStatus::OfPage | PageStatus::Fixed(_) => 302,
                };
                self.pending_location = Some(target);
                Self::respond(self.built_in_page(status))
            }
        }
    }

    /// The built-in page of a status; statuses without one get an empty body.
    pub fn built_in_page(&mut self, status: u16) -> Response {
        let sent = if matches!(status, HEADER_TOO_LARGE..=497) { 400 } else { status };
        self.error_status = Some(sent);
        if self.place.section.style.pages == PageStyle::Document {
            return built_in(self.usual_document(sent));
        }
        if self.place.section.error_pages.refresh
            && matches!(status, 301 | 302)
            && self.browser().explorer
            && let Some(location) = self.pending_location.take()
        {
            self.error_status = Some(200);
            return built_in(Response::bytes(200, b"text/html", refresh(&location)));
        }
        let response = match title(status) {
            Some(title) => {
                let tail = match self.place.section.error_pages.server_tokens {
                    ServerTokens::Full => PROGRAM_VERSION,
                    ServerTokens::Name => PROGRAM,
                };
                let mut page = page(title, tail);
                if status >= 400 && self.place.section.error_pages.padding && self.shows_own_pages() {
                    page.extend(std::iter::repeat_n(PADDING, 6));
                }
                Response::bytes(sent, b"text/html", page.into_bytes())
            }
            None => Response::empty(sent),
        };
        built_in(response)
    }
}

/// Makes a page too large for browsers that show one of their own in place of a small one.
const PADDING: &str = "<!-- a padding to disable MSIE and Chrome friendly error page -->\r\n";

impl Exchange<'_> {
    /// Whether the client is a browser that shows pages of its own in place of small ones.
    fn shows_own_pages(&self) -> bool {
        let browser = self.browser();
        browser.explorer || browser.chrome
    }
}

/// A page that leads on by itself.
fn refresh(location: &[u8]) -> Vec<u8> {
    let mut page = b"<html><head><meta http-equiv=\"Refresh\" content=\"0; URL=".to_vec();
    for byte in location {
        match byte {
            b' ' | b'"' | b'%' | b'\'' | ..0x20 | 0x7f.. => page.extend_from_slice(format!("%{byte:02X}").as_bytes()),
            byte => page.push(*byte),
        }
    }
    page.extend_from_slice(b"\"></head><body></body></html>\r\n");
    page
}

/// Marks a page as one of our own.
pub fn built_in(mut response: Response) -> Response {
    response.built_in = true;
    response
}

/// Whether a connection may go on after an answer of this status.
fn ends_connection(status: u16) -> bool {
    matches!(status, 400 | 413 | 414 | 494 | 495 | 496 | 497 | 500 | 501)
}

fn page(title: &str, tail: &str) -> String {
    // Kinds of 400 name themselves below the heading.
    let kind = title.strip_prefix("400 ").filter(|kind| *kind != "Bad Request");
    let head = kind.map_or(title, |_| "400 Bad Request");
    let detail = kind.map(|kind| format!("<center>{kind}</center>\r\n")).unwrap_or_default();
    format!(
        "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{head}</h1></center>\r\n{detail}\
         <hr><center>{tail}</center>\r\n</body>\r\n</html>\r\n"
    )
}

fn title(status: u16) -> Option<&'static str> {
    Some(match status {
        301 => "301 Moved Permanently",
        302 => "302 Found",
        303 => "303 See Other",
        307 => "307 Temporary Redirect",
        308 => "308 Permanent Redirect",
        400 => "400 Bad Request",
        401 => "401 Authorization Required",
        402 => "402 Payment Required",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        405 => "405 Not Allowed",
        406 => "406 Not Acceptable",
        408 => "408 Request Time-out",
        409 => "409 Conflict",
        410 => "410 Gone",
        411 => "411 Length Required",
        412 => "412 Precondition Failed",
        413 => "413 Request Entity Too Large",
        414 => "414 Request-URI Too Large",
        415 => "415 Unsupported Media Type",
        416 => "416 Requested Range Not Satisfiable",
        421 => "421 Misdirected Request",
        429 => "429 Too Many Requests",
        HEADER_TOO_LARGE => "400 Request Header Or Cookie Too Large",
        495 => "400 The SSL certificate error",
        496 => "400 No required SSL certificate was sent",
        497 => "400 The plain HTTP request was sent to HTTPS port",
        500 => "500 Internal Server Error",
        501 => "501 Not Implemented",
        502 => "502 Bad Gateway",
        503 => "503 Service Temporarily Unavailable",
        504 => "504 Gateway Time-out",
        505 => "505 HTTP Version Not Supported",
        507 => "507 Insufficient Storage",
        _ => return None,
    })
}
