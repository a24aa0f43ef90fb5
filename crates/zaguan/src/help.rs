//! What `-h` shows.

use crate::console::Console;
use crate::persona::Persona;
use crate::version;
use std::process::ExitCode;

const FLAGS: &str = "  -h, -?         show this help
  -v             show the version
  -V             show the version and how it was built
  -t             test the configuration
  -T             test the configuration and write it out, every included file with it
  -q             with -t: say nothing but what is wrong
  -s SIGNAL      tell the running server to stop (at once), quit (when all is served),
                 reopen (its logs) or reload (its configuration)
";

const COMMANDS: &str = "\
Commands:
  zaguan [FLAGS]                          serve by a configuration (see below)
  zaguan demo                             a proxy on 127.0.0.1:8080 before three small servers, to try things on
  zaguan proxy [--listen ADDR] [--https NAME] [--print] [--insecure] URL...
                                          a proxy without a file: spreads requests over the URLs in turn;
                                          --https serves a host over TLS, with a certificate of Let's Encrypt;
                                          --print shows the nginx.conf that does the same; --insecure believes
                                          any server of https
  zaguan check FILE                       all that is wrong with a configuration, and which of its directives
                                          have no effect here, and why
  zaguan convert [--syntax NAME] FILE     the configuration, in whatever language, as an nginx.conf that means the same
  zaguan explain -c FILE 'GET http://host/path'
                                          which site and location take a request, why the others do not,
                                          and where it is forwarded to
  zaguan purge [--soft] [--cache NAME] [-c FILE | --at URL] KEY | PREFIX* | --tag TAG
                                          removes what a running server keeps for a key, for all that begin so,
                                          or with a tag; --soft: it is stale from now on; through the place that
                                          has `api write=on` in the configuration, or that a URL names
";

const LIFE: &str = "\
Signals to the process in the pid file:
  HUP    reload: the new configuration whole, or the old one kept and the reason logged
  QUIT   accept no more, finish what is being served, end        TERM, INT   end at once
  USR1   open the logs again                                     USR2        start the new binary on the same sockets
  WINCH  let the worker finish and end; the parent stays (HUP brings a worker back)

Exit codes: 0; 1 if the configuration cannot be used or the start failed; 2 if the command line makes no sense;
3 if not all of a configuration has a form in the language that it was converted to.
";

/// Writes the help, after the version as nginx does.
pub(crate) fn show(console: Console) -> ExitCode {
    version::show(console, false);
    let persona = console.persona;
    let flags = format!(
        "{FLAGS}\
         \x20 -p PREFIX      where relative paths begin (default: {})\n\
         \x20 -c FILE        the configuration (default: {})\n\
         \x20 -e FILE        the error log until the configuration names one; `stderr` for standard error (default: {})\n\
         \x20 -g DIRECTIVES  directives to read before those of the file\n",
        persona.prefix().display(),
        persona.config().display(),
        persona.error_log(),
    );
    match persona {
        Persona::Nginx => eprintln!(
            "Usage: nginx [-?hvVtTq] [-s signal] [-p prefix]\n             \
             [-e filename] [-c filename] [-g directives]\n\nOptions:\n{flags}"
        ),
        // httpd's command line has a help of its own.
        Persona::Httpd | Persona::Apache2 | Persona::Zaguan => eprintln!(
            "Usage: zaguan [COMMAND] [FLAGS]\n\n{COMMANDS}\nFlags:\n{flags}\
             \x20 -D NAME        in httpd's language: a name that is defined from the beginning (FOREGROUND: no daemon)\n\
             \x20 --syntax NAME  the configuration's language, nginx or apache (default: as its text shows)\n\n\
             Without -c, /etc/zaguan/nginx.conf is read if it is there, else /etc/nginx/nginx.conf.\n\
             The pid file is {} unless the configuration says otherwise.\n\
             Called under the name nginx (by a link), the program speaks nginx's command line only, \
             and looks where nginx does; under httpd, apache2 or apachectl it speaks httpd's.\n\n{LIFE}",
            persona.pid_file().display(),
        ),
    }
    ExitCode::SUCCESS
}
