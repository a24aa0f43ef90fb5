//! `zaguan proxy`: a proxy by one line, without a file.

use crate::Invocation;
use crate::arguments::Options;
use crate::configuration::Configuration;
use crate::host::{Log, Server};
use crate::scratch::Scratch;
use crate::serve::supervise;
use std::fmt::Write;
use std::fs;
use std::net::SocketAddr;
use std::process::ExitCode;

const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// What the line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Line {
    listen: String,
    print: bool,
    /// `host:port`, or `unix:/path`.
    servers: Vec<String>,
}

/// Serves, or prints the configuration that would.
pub(crate) fn run(invocation: Invocation, words: &[String]) -> ExitCode {
    let console = invocation.console;
    let line = match Line::parse(words) {
        Ok(line) => line,
        Err(message) => return console.usage(&message),
    };
    if line.print {
        print!("{}", line.configuration(None));
        return ExitCode::SUCCESS;
    }
    let written = Scratch::new().and_then(|scratch| {
        let directory = scratch.path().to_string_lossy().into_owned();
        let path = format!("{directory}/nginx.conf");
        fs::write(&path, line.configuration(Some(&directory)))?;
        Ok((scratch, path))
    });
    let (scratch, path) = match written {
        Ok(written) => written,
        Err(error) => {
            let reason = process::reason(&error);
            return console.failed(format_args!("no room for temporary files {reason}"));
        }
    };
    let options = Options { config: Some(path), error_log: Some("stderr".into()), ..Options::default() };
    let configuration = Configuration::new(console.persona, &options);
    let mut log = Log::new(console);
    log.begin("stderr");
    let serving = move || {
        println!("http://{} -> {}   (Ctrl-C stops it once all is served)", line.listen, line.servers.join(", "));
    };
    let code = supervise(invocation, Server { log, configuration, serving }, true);
    drop(scratch);
    code
}

impl Line {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut line = Self { listen: DEFAULT_LISTEN.to_owned(), print: false, servers: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--print" => line.print = true,
                "--listen" => line.listen = listen(words.next().map(String::as_str))?,
                flag if flag.starts_with("--listen=") => line.listen = listen(flag.strip_prefix("--listen="))?,
                flag if flag.starts_with('-') => return Err(format!("invalid option: \"{flag}\"")),
                url => line.servers.push(server(url)?),
            }
        }
        if line.servers.is_empty() {
            return Err("proxy takes at least one URL: zaguan proxy http://127.0.0.1:3000".to_owned());
        }
        Ok(line)
    }

    /// The nginx.conf that does the same; in a directory of its own, if one is given.
    fn configuration(&self, directory: Option<&str>) -> String {
        let mut servers = String::new();
        for server in &self.servers {
            // Writing to a string cannot fail.
            let _ = writeln!(servers, "        server {server};");
        }
        let pid = directory.map_or_else(String::new, |directory| format!("pid       {directory}/pid;\n"));
        let temporary = directory.map_or_else(String::new, |directory| {
            format!("    client_body_temp_path {directory}/body;\n    proxy_temp_path       {directory}/proxy;\n\n")
        });
        CONFIGURATION
            .replace("{pid}", &pid)
            .replace("{temporary}", &temporary)
            .replace("{servers}", &servers)
            .replace("{listen}", &self.listen)
    }
}

const CONFIGURATION: &str = include_str!("proxy/nginx.conf");

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

/// The server that a URL names.
fn server(url: &str) -> Result<String, String> {
    let refuse = |why: &str| Err(format!("\"{url}\" cannot be forwarded to: {why}"));
    if url.starts_with("https://") {
        return refuse("TLS to servers is not built yet");
    }
    let rest = url.strip_prefix("http://").unwrap_or(url);
    if rest.contains("://") {
        return refuse("only http:// is understood");
    }
    if let Some(path) = rest.strip_prefix("unix:") {
        return if is_plain(path) { Ok(format!("unix:{path}")) } else { refuse("its path has odd characters") };
    }
    let authority = rest.strip_suffix('/').unwrap_or(rest);
    if authority.contains('/') || authority.contains('?') {
        return refuse("a URL with a path needs a configuration file (proxy_pass)");
    }
    let port = authority.strip_prefix(':').unwrap_or(authority);
    if port.parse::<u16>().is_ok() {
        return Ok(format!("127.0.0.1:{port}"));
    }
    if authority.is_empty() || !is_plain(authority) {
        return refuse("it names no host");
    }
    let bare_v6 = authority.ends_with(']');
    let has_port = !bare_v6 && authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    Ok(if has_port { authority.to_owned() } else { format!("{authority}:80") })
}

/// Nothing that means something to the configuration's language.
fn is_plain(text: &str) -> bool {
    text.chars().all(|letter| letter.is_ascii_alphanumeric() || "-._~:/[]%@+".contains(letter))
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
        let check = |line: &str, listen: &str, servers: &[&str]| {
            let found = parse(line).unwrap();
            assert_eq!(
                (found.listen.as_str(), found.servers),
                (listen, servers.iter().map(ToString::to_string).collect())
            );
        };
        check("http://127.0.0.1:3000", "127.0.0.1:8080", &["127.0.0.1:3000"]);
        check("--listen :80 3000 :3001", "127.0.0.1:80", &["127.0.0.1:3000", "127.0.0.1:3001"]);
        check("--listen=0.0.0.0:80 example.org http://b.org/", "0.0.0.0:80", &["example.org:80", "b.org:80"]);
        check("http://[::1]:90 http://[::1] --listen [::1]:8", "[::1]:8", &["[::1]:90", "[::1]:80"]);
        check("unix:/run/app.sock", "127.0.0.1:8080", &["unix:/run/app.sock"]);
    }

    #[test]
    fn refuses_what_it_cannot_do() {
        for line in ["", "--listen", "--listen x 1", "-x 1", "https://a", "ftp://a", "http://a/b", "http://", "a;b"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn prints_what_it_would_run() {
        let line = parse("--listen :8000 http://a:1 http://b:2").unwrap();
        let printed = line.configuration(None);
        for part in ["listen 127.0.0.1:8000;", "server a:1;", "server b:2;", "proxy_set_header"] {
            assert!(printed.contains(part), "{part}");
        }
        assert!(!printed.contains('{') || !printed.contains("{listen}") && !printed.contains("temp_path"));
        let run = line.configuration(Some("/tmp/x"));
        assert!(run.contains("pid       /tmp/x/pid;") && run.contains("/tmp/x/body;"));
    }
}
