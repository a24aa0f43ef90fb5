//! Servers that were changed while running come back from the files that keep them.

use std::io::ErrorKind;

use model::Model;

/// Gives groups the servers that their files keep; a file that is not there keeps none yet.
///
/// # Errors
/// What is wrong with files.
pub fn restore_servers(model: &mut Model) -> Result<(), Vec<String>> {
    let mut problems = Vec::new();
    for group in &mut model.http.groups {
        let Some(path) = &group.state else { continue };
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => match config_nginx::read_servers(&name, &text) {
                Ok(servers) => group.servers = servers,
                Err(found) => problems.extend(found),
            },
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => problems.push(format!("open() \"{name}\" failed ({error})")),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
