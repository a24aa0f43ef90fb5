//! `zaguan proxy`: a proxy by one line, without a file.

use crate::{Invocation, embedded};
use config::Entrance;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// What the line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    /// Where it listens; `None`: where it is usual.
    listen: Option<String>,
    /// Names that it has a certificate for.
    names: Vec<String>,
    print: bool,
    /// Servers need not prove who they are.
    insecure: bool,
    urls: Vec<String>,
}

/// Serves, or prints the configuration that would.
pub(crate) fn run(invocation: Invocation, words: &[String]) -> ExitCode {
    let console = invocation.console;
    let line = match Line::parse(words) {
        Ok(line) => line,
        Err(message) => return console.usage(&message),
    };
    let authorities = match line.authorities() {
        Ok(authorities) => authorities,
        Err(message) => return console.usage(&message),
    };
    let state = state_directory();
    let front = line.front(&state);
    let configuration = match config::proxy_as_nginx(front, &line.urls, authorities) {
        Ok(configuration) => configuration,
        Err(error) => return console.usage(&error.to_string()),
    };
    if line.print {
        print!("{configuration}");
        return ExitCode::SUCCESS;
    }
    let serving = || println!("{} -> {}", line.address(), line.urls.join(", "));
    embedded::run(invocation, "the proxy's configuration", configuration, serving)
}

impl Line {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut line = Self { listen: None, names: Vec::new(), print: false, insecure: false, urls: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--insecure" => line.insecure = true,
                "--print" => line.print = true,
                "--https" => line.certify(words.next().map(String::as_str))?,
                flag if flag.starts_with("--https=") => line.certify(flag.strip_prefix("--https="))?,
                "--listen" => line.listen = Some(listen(words.next().map(String::as_str))?),
                flag if flag.starts_with("--listen=") => line.listen = Some(listen(flag.strip_prefix("--listen="))?),
                flag if flag.starts_with('-') => return Err(format!("invalid option: \"{flag}\"")),
                text => line.urls.push(url(text)),
            }
        }
        if line.urls.is_empty() {
            return Err("proxy takes at least one URL: zaguan proxy http://127.0.0.1:3000".to_owned());
        }
        Ok(line)
    }

    /// Names for a certificate, with commas between them.
    fn certify(&mut self, names: Option<&str>) -> Result<(), String> {
        let names = names.unwrap_or_default().split(',');
        for name in names {
            if name.is_empty() || name.starts_with('-') || !name.contains('.') || name.contains('/') {
                return Err("--https needs the name of a host: zaguan proxy --https example.org URL".to_owned());
            }
            self.names.push(name.to_ascii_lowercase());
        }
        Ok(())
    }

    fn front<'a>(&'a self, state: &'a Path) -> Entrance<'a> {
        let listen = self.listen.as_deref();
        if self.names.is_empty() {
            return Entrance::Plain(listen.unwrap_or(DEFAULT_LISTEN));
        }
        Entrance::Certified { listen: listen.unwrap_or("443"), names: &self.names, state }
    }

    /// What a client asks for.
    fn address(&self) -> String {
        match self.names.first() {
            Some(name) => format!("https://{name}"),
            None => format!("http://{}", self.listen.as_deref().unwrap_or(DEFAULT_LISTEN)),
        }
    }

    /// The file of authorities to whom servers of https prove themselves.
    fn authorities(&self) -> Result<Option<&'static Path>, String> {
        if self.insecure || !self.urls.iter().any(|url| url.starts_with("https://")) {
            return Ok(None);
        }
        config::system_authorities().map(Some).ok_or_else(|| {
            "there is no file with the authorities of this system: install ca-certificates, or say --insecure"
                .to_owned()
        })
    }
}

/// Where certificates are kept: for the whole machine if we may, else for the user.
fn state_directory() -> PathBuf {
    if process::is_superuser() {
        return PathBuf::from("/var/lib/zaguan/proxy");
    }
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".local/state");
    std::env::var_os("XDG_STATE_HOME").map_or_else(home, PathBuf::from).join("zaguan")
}

/// A port, `:port`, or an address with its port.
fn listen(text: Option<&str>) -> Result<String, String> {
    let text = text.ok_or("option \"--listen\" requires an address")?;
    let port = text.strip_prefix(':').unwrap_or(text);
    if port.parse::<u16>().is_ok() {
        return Ok(format!("127.0.0.1:{port}"));
    }
    match text.replace("localhost", "127.0.0.1").parse::<SocketAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => Err(format!("\"{text}\" is no address to listen on: it looks like 127.0.0.1:8080")),
    }
}

/// A URL; of a host and port, or a port on this machine, if it has no scheme.
fn url(text: &str) -> String {
    let port = text.strip_prefix(':').unwrap_or(text);
    match port.parse::<u16>() {
        Ok(port) => format!("http://127.0.0.1:{port}"),
        Err(_) if text.contains("://") => text.to_owned(),
        Err(_) => format!("http://{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    fn parse(line: &str) -> Result<Line, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        Line::parse(&words)
    }

    #[test]
    fn reads_addresses_in_every_form() {
        let check = |line: &str, listen: Option<&str>, urls: &[&str]| {
            let found = parse(line).unwrap();
            let urls: Vec<String> = urls.iter().map(ToString::to_string).collect();
            assert_eq!((found.listen.as_deref(), found.urls), (listen, urls));
        };
        check("http://127.0.0.1:3000/a", None, &["http://127.0.0.1:3000/a"]);
        check("--listen :80 3000 :3001", Some("127.0.0.1:80"), &["http://127.0.0.1:3000", "http://127.0.0.1:3001"]);
        check("--listen=0.0.0.0:80 example.org", Some("0.0.0.0:80"), &["http://example.org"]);
        check("http://[::1]:90 --listen [::1]:8", Some("[::1]:8"), &["http://[::1]:90"]);
        check("https://a --insecure", None, &["https://a"]);
        assert!(parse("--print 1").unwrap().print);
    }

    #[test]
    fn refuses_what_it_cannot_do() {
        for line in ["", "--print", "--listen", "--listen x 1", "-x 1", "--https", "--https 3000 1", "--https a.b,, 1"]
        {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
