//! Which language a text is written in.

use config_source::Files;

use crate::Input;

/// A configuration language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    /// nginx's.
    Nginx,
    /// Apache httpd's.
    Apache,
}

impl Language {
    /// By its name on the command line.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "nginx" => Some(Self::Nginx),
            "apache" | "httpd" | "apache2" => Some(Self::Apache),
            _ => None,
        }
    }

    /// As the first lines of a text show it: sections in angle brackets, or directives that no `;` and `{` ends.
    pub fn of_text(text: &str) -> Self {
        let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).find_map(of_line).unwrap_or(Self::Nginx)
    }
}

pub(crate) fn of_input(files: &dyn Files, input: Input<'_>) -> Language {
    match input {
        Input::Text { text, .. } => Language::of_text(text),
        // A file that cannot be read is reported where it is read again.
        Input::File(path) => {
            config_source::read(files, path).map_or(Language::Nginx, |text| Language::of_text(&text.text))
        }
    }
}

/// What one line shows, if it shows anything.
fn of_line(line: &str) -> Option<Language> {
    if line.strip_prefix('<').is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphabetic())) {
        return Some(Language::Apache);
    }
    // A comment behind a directive is nginx's only, but what stands before it shows it too.
    let code = line.split(" #").next().unwrap_or(line).trim_end();
    if code.ends_with([';', '{']) || (code.ends_with('}') && !code.contains("${")) || line.contains("; ") {
        return Some(Language::Nginx);
    }
    let name = line.split_whitespace().next().unwrap_or_default();
    let begins_nginx = config_nginx::is_directive(name);
    (!begins_nginx && config_apache::is_directive(name)).then_some(Language::Apache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_lines_show_the_language() {
        let check = |text: &str, expected: Language| assert_eq!(Language::of_text(text), expected, "{text}");
        check("", Language::Nginx);
        check("# a\n\n  <VirtualHost *:80>\n", Language::Apache);
        check("server {\n", Language::Nginx);
        check("server\n{\n listen 80;", Language::Nginx);
        check("user www-data;\n", Language::Nginx);
        check("User www-data\n", Language::Apache);
        check("ServerName a\nListen 80\n", Language::Apache);
        check("include sites/*.conf;\n", Language::Nginx);
        check("Include sites/*.conf\n<VirtualHost *:80>", Language::Apache);
        check("log_format main '$remote_addr'\n  '$status';\n", Language::Nginx);
        check("listen 80; # a", Language::Nginx);
        check("Listen 80\nProxyPass / http://a/", Language::Apache);
        check("\u{feff}<IfModule x>", Language::Apache);
        check("PidFile ${RUN}\n", Language::Apache);
        check("events {}", Language::Nginx);
    }
}
