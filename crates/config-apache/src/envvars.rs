//! Reads what a file of shell assignments puts into the environment, as Debian's `envvars` does it.

use std::collections::BTreeMap;

/// The variables that the text assigns. Assignments, `export`, `unset` and `if [ … ]` with a comparison are understood;
/// any other command is passed over. `environment` is what is there already.
pub fn envvars(text: &str, environment: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut shell = Shell { variables: environment.clone(), assigned: BTreeMap::new(), branches: Vec::new() };
    text.lines().for_each(|line| shell.line(line.trim()));
    shell.assigned
}

struct Shell {
    variables: BTreeMap<String, String>,
    assigned: BTreeMap<String, String>,
    /// For each `if` that is open: whether its present branch runs, and whether one has run.
    branches: Vec<(bool, bool)>,
}

impl Shell {
    fn line(&mut self, line: &str) {
        let line = line.trim_end_matches(';').trim();
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        match word {
            "if" => {
                let holds = self.condition(rest);
                self.branches.push((holds, holds));
            }
            "elif" => {
                let holds = self.condition(rest);
                if let Some(branch) = self.branches.last_mut() {
                    *branch = (holds && !branch.1, holds || branch.1);
                }
            }
            "else" => {
                if let Some(branch) = self.branches.last_mut() {
                    *branch = (!branch.1, true);
                }
            }
            "fi" => drop(self.branches.pop()),
            _ if self.branches.iter().any(|(runs, _)| !runs) => {}
            "export" => rest.split_whitespace().for_each(|word| self.assign(word)),
            "unset" => rest.split_whitespace().for_each(|name| {
                self.variables.remove(name);
                self.assigned.remove(name);
            }),
            _ => self.assign(line),
        }
    }

    fn assign(&mut self, text: &str) {
        let Some((name, value)) = text.split_once('=') else { return };
        if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_') {
            return;
        }
        let value = self.expand(value.split(" #").next().unwrap_or(value));
        self.variables.insert(name.to_owned(), value.clone());
        self.assigned.insert(name.to_owned(), value);
    }

    /// `[ A = B ]`, `[ A != B ]`, `[ -n A ]`, `[ -z A ]`; anything else does not hold.
    fn condition(&self, text: &str) -> bool {
        let inner = text.split(';').next().unwrap_or(text).trim();
        let Some(inner) = inner.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) else { return false };
        let words: Vec<String> = inner.split_whitespace().map(|word| self.expand(word)).collect();
        match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            [left, "=" | "==", right] => left == right,
            [left, "!=", right] => left != right,
            ["-n", text] => !text.is_empty(),
            ["-z", text] => text.is_empty(),
            _ => false,
        }
    }

    /// A word without its quotes, with `$NAME`, `${NAME}`, `${NAME:-default}` and `${NAME##prefix}` replaced.
    fn expand(&self, word: &str) -> String {
        let word = word.trim();
        if let Some(literal) = word.strip_prefix('\'').and_then(|word| word.strip_suffix('\'')) {
            return literal.to_owned();
        }
        let mut text = String::new();
        let mut rest = word;
        while let Some((before, after)) = rest.split_once('$') {
            text.push_str(before);
            rest = if let Some((inner, after)) = after.strip_prefix('{').and_then(|after| after.split_once('}')) {
                text.push_str(&self.parameter(inner));
                after
            } else {
                let other = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
                let (name, after) = after.split_at(after.find(other).unwrap_or(after.len()));
                text.push_str(self.value(name));
                after
            };
        }
        text.push_str(rest);
        text.replace('"', "")
    }

    fn parameter(&self, inner: &str) -> String {
        if let Some((name, default)) = inner.split_once(":-") {
            let value = self.value(name);
            return if value.is_empty() { self.expand(default) } else { value.to_owned() };
        }
        if let Some((name, prefix)) = inner.split_once("##") {
            let value = self.value(name);
            return value.strip_prefix(prefix).unwrap_or(value).to_owned();
        }
        self.value(inner).to_owned()
    }

    fn value(&self, name: &str) -> &str {
        self.variables.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_a_distribution_is_understood() {
        let text = "unset HOME\n# comment\nif [ \"${CONFDIR##/etc/apache2-}\" != \"${CONFDIR}\" ] ; then\n\
                    \tSUFFIX=\"-${CONFDIR##/etc/apache2-}\"\nelse\n\tSUFFIX=\nfi\n\
                    export RUN_USER=www-data\nexport LOG_DIR=/var/log/apache2$SUFFIX\n: ${LANG:=C}\nexport LANG=C\nexport LANG\n\
                    export X='$RUN_USER' Y=\"${NONE:-z}\"\n";
        let named = |directory: &str| BTreeMap::from([("CONFDIR".to_owned(), directory.to_owned())]);
        let found = envvars(text, &named(""));
        assert_eq!(found["LOG_DIR"], "/var/log/apache2");
        assert_eq!(
            (found["RUN_USER"].as_str(), found["X"].as_str(), found["Y"].as_str()),
            ("www-data", "$RUN_USER", "z")
        );
        assert_eq!(envvars(text, &named("/etc/apache2-other"))["LOG_DIR"], "/var/log/apache2-other");
    }

    #[test]
    fn odd_text_is_passed_over() {
        for text in ["fi\nelse\nelif", "if [ ]; then", "=x\n$\n${\nA=${", "if\nA=1\nfi"] {
            assert!(envvars(text, &BTreeMap::new()).len() < 2, "{text}");
        }
    }
}
