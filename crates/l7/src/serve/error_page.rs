//! Error answers: the configured page for a status, or the built-in one.

use crate::exchange::Exchange;
use crate::failure::{Cause, Failure, Side};
use crate::plan::ErrorPage;
use crate::response::{Outcome, Response};
use crate::reroute::Reroute;
use crate::uri;
use model::ServerTokens;

/// What the program calls itself.
pub const PROGRAM: &str = "zaguan";
/// Its name and version.
pub const PROGRAM_VERSION: &str = concat!("zaguan/", env!("CARGO_PKG_VERSION"));

/// A head that is too large, told apart from other 400s for `error_page`.
pub const HEADER_TOO_LARGE: u16 = 494;

impl<'p> Exchange<'p> {
    /// Answers a failure.
    pub fn fail(&mut self, failure: Failure) -> Outcome {
        if failure.side == Side::Client && failure.cause != Cause::BodyTooLarge {
            self.log(telemetry::error_log::Level::Info, || format!("client failed: {}", failure.id()));
        }
        self.refuse(failure.status())
    }

    /// Answers with a status: through the configured page if there is one, else with the built-in page.
    pub fn refuse(&mut self, status: u16) -> Outcome {
        let pages = &self.place.section.error_pages;
        if self.may_replace_error()
            && let Some(page) = pages.pages.iter().find(|page| page.statuses.contains(&status))
        {
            if !pages.recursive {
                self.in_error_page = true;
            }
            return self.serve_error_page(page, status);
        }
        Self::respond(self.built_in_page(status))
    }

    fn serve_error_page(&mut self, page: &'p ErrorPage, status: u16) -> Outcome {
        self.error_status = match page.overwrite {
            None => Some(status),
            Some(overwrite) => overwrite,
        };
        let mut target = Vec::new();
        page.target.evaluate(self, &mut target);
        match target.first() {
            Some(b'/') => {
                let (path, arguments) = uri::split_arguments(&target);
                Outcome::Reroute(Reroute::to_path(path.to_vec(), arguments.to_vec()).as_get())
            }
            Some(b'@') => Outcome::Reroute(Reroute::to_named(target.get(1..).unwrap_or(&[]).to_vec())),
            _ => {
                let overwrite = page.overwrite.flatten().filter(|code| matches!(code, 301 | 302 | 303 | 307 | 308));
                self.error_status = None;
                let mut response = self.built_in_page(overwrite.unwrap_or(302));
                response.head.fields.push(b"Location", &target);
                Self::respond(response)
            }
        }
    }

    /// The built-in page of a status; statuses without one get an empty body.
    pub fn built_in_page(&mut self, status: u16) -> Response {
        let sent = self.error_status.unwrap_or(if status == HEADER_TOO_LARGE || status == 497 { 400 } else { status });
        let mut response = match title(status) {
            Some(title) => {
                let tail = match self.place.section.error_pages.server_tokens {
                    ServerTokens::Full => PROGRAM_VERSION,
                    ServerTokens::Name => PROGRAM,
                };
                Response::bytes(sent, b"text/html", page(title, tail).into_bytes())
            }
            None => Response::empty(sent),
        };
        self.place_location(&mut response);
        response
    }
}

/// Whether a connection may go on after an answer of this status.
pub fn ends_connection(status: u16) -> bool {
    matches!(status, 400 | 413 | 414 | 494 | 495 | 496 | 497 | 500 | 501)
}

fn page(title: &str, tail: &str) -> String {
    let head = title.strip_prefix("400 Request Header").map_or(title, |_| "400 Bad Request");
    let detail = if head == title { String::new() } else { format!("<center>{}</center>\r\n", title.trim_start_matches("400 ")) };
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
