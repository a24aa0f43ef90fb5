//! Records of DNS are changed by asking the zone's server (RFC 2136).

use std::time::Duration;

use aws_lc_rs::rand;
use model::DnsUpdate;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Record;
use super::message::{IN, NONE, Reply, SOA, TXT, meaning, write_name, write_question};
use super::signature::UpdateKey;
use crate::clock;

/// Time for all that one change needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sets a record, or takes it away.
///
/// # Errors
/// What the server says, or that nobody answers.
pub(crate) async fn update(
    rule: &DnsUpdate,
    key: Option<&UpdateKey>,
    record: &Record,
    set: bool,
) -> Result<(), String> {
    match timeout(PATIENCE, change(rule, key, record, set)).await {
        Ok(outcome) => outcome.map_err(|why| format!("{}: {why}", rule.server)),
        Err(_) => Err(format!("{} does not answer in time", rule.server)),
    }
}

async fn change(rule: &DnsUpdate, key: Option<&UpdateKey>, record: &Record, set: bool) -> Result<(), String> {
    let zone = match &rule.zone {
        Some(zone) => zone.clone(),
        None => zone_of(rule, &record.full_name()).await?,
    };
    let mut message = header(0x2800, [1, 0, 1, 0])?;
    write_question(&mut message, &zone, SOA)?;
    write_record(&mut message, record, if set { rule.ttl } else { 0 }, if set { IN } else { NONE })?;
    let signature = match key {
        Some(key) => key.sign(&mut message, clock::now())?,
        None => Vec::new(),
    };
    let answer = ask(rule, &message).await?;
    match Reply(&answer).code() {
        Some(0) if key.is_none_or(|key| key.has_signed(&answer, &signature)) => Ok(()),
        Some(0) => Err("its answer is not signed with the key".to_owned()),
        Some(code) => Err(format!("{} (code {code}, zone \"{zone}\")", meaning(code))),
        None => Err("its answer is cut".to_owned()),
    }
}

/// The zone that a name stands in: the longest that the server has.
async fn zone_of(rule: &DnsUpdate, name: &str) -> Result<String, String> {
    let mut rest = name;
    while let Some((_, parent)) = rest.split_once('.') {
        let mut message = header(0, [1, 0, 0, 0])?;
        write_question(&mut message, parent, SOA)?;
        if Reply(&ask(rule, &message).await?).has_zone() == Some(true) {
            return Ok(parent.to_owned());
        }
        rest = parent;
    }
    Err(format!("it has no zone for \"{name}\": name the zone"))
}

fn header(flags: u16, counts: [u16; 4]) -> Result<Vec<u8>, String> {
    let mut message = vec![0; 2];
    rand::fill(&mut message).map_err(|_| "there is no chance".to_owned())?;
    message.extend(flags.to_be_bytes());
    message.extend(counts.into_iter().flat_map(u16::to_be_bytes));
    Ok(message)
}

fn write_record(out: &mut Vec<u8>, record: &Record, ttl: u32, class: u16) -> Result<(), String> {
    write_name(out, &record.full_name())?;
    out.extend(TXT.to_be_bytes());
    out.extend(class.to_be_bytes());
    out.extend(ttl.to_be_bytes());
    let length = u8::try_from(record.value.len()).map_err(|_| "the text is too long".to_owned())?;
    out.extend((u16::from(length) + 1).to_be_bytes());
    out.push(length);
    out.extend(record.value.as_bytes());
    Ok(())
}

/// Over TCP, where nobody answers in another's name.
async fn ask(rule: &DnsUpdate, message: &[u8]) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(rule.server).await.map_err(failed)?;
    let length = u16::try_from(message.len()).map_err(|_| "the change is too long".to_owned())?;
    let framed = [&length.to_be_bytes()[..], message].concat();
    stream.write_all(&framed).await.map_err(failed)?;
    let length = stream.read_u16().await.map_err(failed)?;
    let mut answer = vec![0; usize::from(length)];
    stream.read_exact(&mut answer).await.map_err(failed)?;
    if Reply(&answer).id() != Reply(message).id() {
        return Err("it answers another question".to_owned());
    }
    Ok(answer)
}
