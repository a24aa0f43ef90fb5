//! Modules that run programs inside httpd: what to run behind the proxy instead.

use diagnostic::Diagnostic;

use crate::directive::Directive;
use crate::line::Word;

/// A module that is not httpd's own.
struct Elsewhere {
    name: &'static str,
    /// What the names of its directives begin with, in lower case.
    prefixes: &'static [&'static str],
    identifiers: &'static [&'static str],
    /// What its host should become.
    advice: &'static str,
}

const MODULES: &[Elsewhere] = &[
    Elsewhere {
        name: "mod_wsgi",
        prefixes: &["wsgi", "<wsgi"],
        identifiers: &["wsgi_module"],
        advice: "run the application with a WSGI server, say `gunicorn --bind 127.0.0.1:8000 flaskapp:app`, \
                 and write `ProxyPass \"/\" \"http://127.0.0.1:8000/\"` in place of the WSGI lines",
    },
    Elsewhere {
        name: "mod_php",
        prefixes: &["php_", "phpini"],
        identifiers: &["php_module", "php5_module", "php7_module", "php8_module"],
        advice: "run PHP behind a web server of its own, say `php -S 127.0.0.1:8000` or php-fpm behind one, \
                 and write `ProxyPass \"/\" \"http://127.0.0.1:8000/\"`; its settings belong into php.ini",
    },
    Elsewhere {
        name: "mod_perl",
        prefixes: &["perl", "<perl"],
        identifiers: &["perl_module"],
        advice: "run the application with a server of its own, say `plackup --port 8000`, \
                 and write `ProxyPass \"/\" \"http://127.0.0.1:8000/\"`",
    },
    Elsewhere {
        name: "mod_passenger",
        prefixes: &["passenger", "rails", "rack"],
        identifiers: &["passenger_module"],
        advice: "run the application with a server of its own, say `puma --port 8000`, \
                 and write `ProxyPass \"/\" \"http://127.0.0.1:8000/\"`",
    },
    Elsewhere {
        name: "mod_jk",
        prefixes: &["jk"],
        identifiers: &["jk_module"],
        advice: "let Tomcat listen for HTTP and write `ProxyPass \"/app\" \"http://127.0.0.1:8080/app\"`",
    },
    Elsewhere {
        name: "mod_fcgid",
        prefixes: &["fcgid"],
        identifiers: &["fcgid_module"],
        advice: "run the program behind a web server of its own and forward to that with `ProxyPass`",
    },
    Elsewhere {
        name: "mod_python",
        prefixes: &["python"],
        identifiers: &["python_module"],
        advice: "run the application with a WSGI server, say `gunicorn --bind 127.0.0.1:8000 application:app`, \
                 and write `ProxyPass \"/\" \"http://127.0.0.1:8000/\"`",
    },
    Elsewhere {
        name: "mod_security2",
        prefixes: &["sec"],
        identifiers: &["security2_module"],
        advice: "requests are not inspected here: keep such rules in front, or on the server behind",
    },
];

/// About a directive of such a module.
pub(crate) fn directive(directive: &Directive) -> Option<Diagnostic> {
    let name = directive.name.text.to_ascii_lowercase();
    let module = MODULES.iter().find(|module| module.prefixes.iter().any(|prefix| name.starts_with(prefix)))?;
    let message = format!("\"{}\" belongs to {}, which does not run here", directive.name.text, module.name);
    Some(Diagnostic::error("runs-elsewhere", message).at(directive.origin()).help(module.advice))
}

/// About `LoadModule` of a module that is not httpd's own.
pub(crate) fn load(identifier: &Word) -> Diagnostic {
    let module = MODULES.iter().find(|module| module.identifiers.contains(&identifier.text.as_str()));
    match module {
        Some(module) => {
            let message = format!("{} does not run here", module.name);
            Diagnostic::warning("runs-elsewhere", message).at(identifier.origin).help(module.advice)
        }
        None => Diagnostic::warning("unknown-module", format!("\"{}\" is not known here", identifier.text))
            .at(identifier.origin)
            .help("nothing that it does happens here; its directives are refused"),
    }
}
