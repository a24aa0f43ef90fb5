//! Formats of log lines: `%h`, `%{Referer}i`, `%>s` and their like.

use diagnostic::{Diagnostic, Origin};
use model::{Function, Part, Template};

use crate::line::Word;
use crate::lower::{Lowering, note, text, variable};
use crate::modules::ssl;
use crate::request::usual_port;
use crate::value;

/// What stands behind a `%`.
#[derive(Default)]
struct Tag<'t> {
    /// Statuses for which the value is written; the flag: for all but these.
    statuses: Vec<&'t str>,
    others: bool,
    argument: Option<&'t str>,
    letter: char,
}

/// The template of a format.
pub(super) fn template(lowering: &mut Lowering<'_>, format: &str, origin: Origin) -> Result<Template, Diagnostic> {
    let mut parts = Vec::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        literal(before, &mut parts);
        let (tag, left) = read(after).ok_or_else(|| unknown(after, origin))?;
        let values = values(lowering, &tag).ok_or_else(|| unknown(after, origin))?;
        parts.extend(limited(lowering, &tag, values));
        rest = left;
    }
    literal(rest, &mut parts);
    Ok(Template { parts, origin })
}

/// Whether httpd knows what is asked for, whoever uses the format.
pub(super) fn check(format: &Word) -> Result<(), Diagnostic> {
    const LETTERS: &str = "%aABbCcDdefFHhiIkLlmnoOpPqQrRsStTuUvVXxyY^";
    let mut rest = format.text.as_str();
    while let Some((_, after)) = rest.split_once('%') {
        let Some((tag, left)) = read(after) else { return Err(unknown(after, format.origin)) };
        if !LETTERS.contains(tag.letter) {
            let message = format!("Unrecognized LogFormat directive %{}", tag.letter);
            return Err(value::bad(format, message).help("docs/features/logs.md lists the letters"));
        }
        rest = left;
    }
    Ok(())
}

fn unknown(tag: &str, origin: Origin) -> Diagnostic {
    let tag: String = tag.chars().take_while(|letter| !letter.is_whitespace()).collect();
    value::not_built(&format!("`%{tag}` in a log format")).at(origin)
}

fn literal(text: &str, parts: &mut Vec<Part>) {
    let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "\r");
    if !text.is_empty() {
        parts.push(Part::Text(text));
    }
}

fn read(text: &str) -> Option<(Tag<'_>, &str)> {
    let mut tag = Tag::default();
    let mut rest = text;
    loop {
        let letter = rest.chars().next()?;
        let after = rest.get(letter.len_utf8()..)?;
        match letter {
            '<' | '>' | ',' => rest = after,
            '!' => {
                tag.others = true;
                rest = after;
            }
            '{' => {
                let (argument, left) = after.split_once('}')?;
                tag.argument = Some(argument);
                rest = left;
            }
            '0'..='9' => {
                let (status, left) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit())?);
                tag.statuses.push(status);
                rest = left;
            }
            letter => {
                tag.letter = letter;
                return Some((tag, after));
            }
        }
    }
}

/// Values that are written for some statuses only.
fn limited(lowering: &mut Lowering<'_>, tag: &Tag<'_>, values: Vec<Part>) -> Vec<Part> {
    if tag.statuses.is_empty() {
        return values;
    }
    let parts = values.into_iter().map(|part| match part {
        Part::Variable(variable) => Part::Else { variable, other: vec![Part::Text("-".to_owned())] },
        other => other,
    });
    let value = Template { parts: parts.collect(), origin: Origin::default() };
    let (named, other) = if tag.others { (text("-"), value) } else { (value, text("-")) };
    let entries = tag.statuses.iter().map(|status| (*status, named.clone())).collect();
    vec![Part::Variable(lowering.lookup(variable("status"), entries, other))]
}

fn values(lowering: &mut Lowering<'_>, tag: &Tag<'_>) -> Option<Vec<Part>> {
    let one = |name: &str| Some(vec![Part::Variable(name.to_owned())]);
    let argument = tag.argument.unwrap_or_default();
    match tag.letter {
        '%' => Some(vec![Part::Text("%".to_owned())]),
        'a' | 'h' => one("remote_addr"),
        'A' => one("server_addr"),
        'B' => one("body_bytes_sent"),
        'b' => one(&lowering.lookup(variable("body_bytes_sent"), vec![("0", text("-"))], variable("body_bytes_sent"))),
        'C' => one(&format!("cookie_{argument}")),
        'D' => one("request_time_us"),
        'e' => Some(vec![lowering.environment_or(argument, "-")]),
        'f' => one("request_filename"),
        'H' => one("server_protocol"),
        'i' => one(&format!("http_{argument}")),
        'I' => one("request_length"),
        'k' => one("connection_reuses"),
        'l' | 'L' => Some(vec![Part::Text("-".to_owned())]),
        'm' => one("request_method"),
        'n' => one(&note(argument)),
        'o' if argument.eq_ignore_ascii_case("Content-Type") => {
            let other = vec![Part::Text("-".to_owned())];
            let of = vec![Part::Else { variable: "sent_http_content_type".to_owned(), other }];
            Some(vec![Part::Made { by: Function::WithoutParameters, of }])
        }
        'o' => one(&format!("sent_http_{argument}")),
        'O' => one("bytes_sent"),
        'p' => match argument {
            // That of the server's name, which has none of its own here.
            "" | "canonical" => Some(vec![usual_port(lowering)]),
            "local" => one("server_port"),
            "remote" => one("remote_port"),
            _ => None,
        },
        'P' => one("pid"),
        'q' => one(&question(lowering)),
        'r' => one("request"),
        'R' => Some(vec![handler(lowering)]),
        's' => one("status"),
        't' => time(argument),
        'T' => match argument {
            "" | "s" => one("request_time_s"),
            "ms" => one("request_time_ms"),
            "us" => one("request_time_us"),
            _ => None,
        },
        'u' => one("remote_user"),
        'U' => one("uri"),
        'v' => one("server_name"),
        'V' => one("host"),
        'x' => Some(vec![ssl::or_else(lowering, argument, "-")]),
        'c' => Some(vec![ssl::or_else(lowering, ssl::of_logs(argument).unwrap_or_default(), "-")]),
        'X' => one("connection_fate"),
        _ => None,
    }
}

/// The query with its `?`.
fn question(lowering: &mut Lowering<'_>) -> String {
    let parts = vec![Part::Text("?".to_owned()), Part::Variable("args".to_owned())];
    let query = Template { parts, origin: Origin::default() };
    lowering.lookup(variable("args"), vec![("", text(""))], query)
}

fn handler(lowering: &mut Lowering<'_>) -> Part {
    Part::Variable(lowering.lookup(variable("proxy_host"), vec![("", text("-"))], text("proxy-server")))
}

fn time(format: &str) -> Option<Vec<Part>> {
    let format = format.strip_prefix("begin:").or(format.strip_prefix("end:")).unwrap_or(format);
    let one = |name: &str| vec![Part::Variable(name.to_owned())];
    Some(match format {
        "" => vec![Part::Text("[".to_owned()), Part::Variable("time_local".to_owned()), Part::Text("]".to_owned())],
        "sec" => one("time_text_%s"),
        "usec" => one("usec"),
        "msec" | "msec_frac" | "usec_frac" => return None,
        format => one(&format!("time_text_{format}")),
    })
}
