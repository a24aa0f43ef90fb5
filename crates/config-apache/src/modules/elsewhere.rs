//! Modules that run programs inside httpd: what to run behind the proxy instead.

use std::collections::BTreeSet;

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
        identifiers: &["security2_module", "security_module"],
        advice: "requests are not inspected here: keep such rules in front, or on the server behind",
    },
    Elsewhere { name: "mod_auth_openidc", prefixes: &["oidc"], identifiers: &["auth_openidc_module"], advice: GATE },
    Elsewhere { name: "mod_shib", prefixes: &["shib"], identifiers: &["mod_shib"], advice: GATE },
    Elsewhere { name: "mod_auth_gssapi", prefixes: &["gssapi"], identifiers: &["auth_gssapi_module"], advice: GATE },
    Elsewhere { name: "mod_auth_kerb", prefixes: &["krb"], identifiers: &["auth_kerb_module"], advice: GATE },
    Elsewhere { name: "mod_auth_mellon", prefixes: &["mellon"], identifiers: &["auth_mellon_module"], advice: GATE },
    Elsewhere { name: "mod_auth_cas", prefixes: &["cas"], identifiers: &["auth_cas_module"], advice: GATE },
    Elsewhere {
        name: "mod_dav_svn",
        prefixes: &["svn", "authzsvn"],
        identifiers: &["dav_svn_module", "authz_svn_module"],
        advice: "let a server of its own speak for the repositories (`svnserve`, or httpd behind this one), and forward to that \
                 with `ProxyPass`",
    },
    Elsewhere {
        name: "mod_xsendfile",
        prefixes: &["xsendfile"],
        identifiers: &["xsendfile_module"],
        advice: "the field X-Sendfile is passed to clients: let the application send the file itself",
    },
    Elsewhere {
        name: "mod_evasive",
        prefixes: &["dos"],
        identifiers: &["evasive_module", "evasive20_module", "evasive24_module"],
        advice: "clients that ask too often are not shut out here: keep this in front, or in the firewall",
    },
    Elsewhere {
        name: "mod_suphp",
        prefixes: &["suphp_"],
        identifiers: &["suphp_module"],
        advice: "run PHP as php-fpm with a pool for each user, and write \
                 `SetHandler \"proxy:unix:/run/php/USER.sock|fcgi://localhost\"` in `<FilesMatch \"\\.php$\">`",
    },
    Elsewhere {
        name: "mpm_itk",
        prefixes: &["assignuserid", "maxclientsvhost", "nicevalue", "limituidrange", "limitgidrange"],
        identifiers: &["mpm_itk_module"],
        advice: "all requests are served under one user: give it what it must read, and run programs under users of their own",
    },
];

/// About clients that another server knows.
const GATE: &str = "let a server of its own know the clients (say, oauth2-proxy or httpd behind this one), and forward to that with \
                    `ProxyPass`";

/// Kinds of `AuthType` that modules bring that are not httpd's own.
const AUTHENTICATIONS: [(&str, &str); 10] = [
    ("openid-connect", "mod_auth_openidc"),
    ("oauth20", "mod_auth_openidc"),
    ("auth-openidc", "mod_auth_openidc"),
    ("shibboleth", "mod_shib"),
    ("GSSAPI", "mod_auth_gssapi"),
    ("Negotiate", "mod_auth_gssapi"),
    ("Kerberos", "mod_auth_kerb"),
    ("KerberosV5", "mod_auth_kerb"),
    ("Mellon", "mod_auth_mellon"),
    ("CAS", "mod_auth_cas"),
];

/// About a kind of `AuthType` that such a module brings.
pub(crate) fn authentication(kind: &Word) -> Option<Diagnostic> {
    let (_, name) = AUTHENTICATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&kind.text))?;
    let message = format!("AuthType {} belongs to {name}, which does not run here", kind.text);
    Some(Diagnostic::error("runs-elsewhere", message).at(kind.origin).help(GATE))
}

/// Whether a directive of such a module may decide who comes in or what is answered.
pub(crate) fn decides(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    !name.starts_with("php_") && module_of(&name).is_some()
}

/// Whether a directive is of such a module that the configuration loads, where it loads any.
pub(crate) fn is_of(name: &str, loaded: &BTreeSet<String>) -> bool {
    let there = |module: &Elsewhere| module.identifiers.iter().any(|identifier| loaded.contains(*identifier));
    module_of(&name.to_ascii_lowercase()).is_some_and(|module| loaded.is_empty() || there(module))
}

fn module_of(name: &str) -> Option<&'static Elsewhere> {
    MODULES.iter().find(|module| module.prefixes.iter().any(|prefix| name.starts_with(prefix)))
}

/// About a directive of such a module.
pub(crate) fn directive(directive: &Directive) -> Option<Diagnostic> {
    let module = module_of(&directive.name.text.to_ascii_lowercase())?;
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
