//! httpd's command line, spoken where the program is called `httpd`, `apache2`, `apachectl` or `apache2ctl`.

use std::os::unix::fs::symlink;

use testkit::{Finished, Loopback, Prefix, Signal, eventually, is_alive, signal_process, skip_on_nginx};

/// A server's root with a configuration, and the program under httpd's names.
struct Root {
    prefix: Prefix,
    address: Loopback,
}

impl Root {
    /// `None` where the binary under test is another.
    fn new() -> Option<Self> {
        if skip_on_nginx("it speaks another command line") {
            return None;
        }
        let (prefix, address) = (Prefix::new(), Loopback::next());
        let binary = testkit::binary(env!("CARGO_BIN_EXE_zaguan"));
        for name in ["httpd", "apache2", "apachectl", "apache2ctl"] {
            symlink(&binary, prefix.path().join(name)).unwrap();
        }
        let config = format!(
            "PidFile pid\nErrorLog error.log\nListen {address}\n<VirtualHost *:{port}>\n    ServerName a.example\n    \
             ServerAlias www.a.example *.b.example\n    ProxyPass / http://127.0.0.1:1/\n</VirtualHost>\n\
             <VirtualHost *:{port}>\n    ServerName c.example\n</VirtualHost>\n",
            port = address.socket().port(),
        );
        prefix.write("httpd.conf", &config);
        Some(Self { prefix, address })
    }

    /// Under one of the names, on the root.
    fn run(&self, name: &str, arguments: &[&str]) -> Finished {
        let path = self.prefix.path().display().to_string();
        let mut all = vec!["-d", &path, "-f", "httpd.conf"];
        all.extend(arguments);
        self.call(name, &all)
    }

    fn call(&self, name: &str, arguments: &[&str]) -> Finished {
        testkit::run(&self.prefix.path().join(name).display().to_string(), arguments)
    }

    fn pid(&self) -> Option<u32> {
        self.prefix.read("pid").trim().parse().ok()
    }

    fn answers(&self) -> bool {
        std::net::TcpStream::connect(self.address.socket()).is_ok()
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        if let Some(pid) = self.pid().filter(|pid| is_alive(*pid)) {
            signal_process(pid, Signal::TERM);
        }
    }
}

#[test]
fn a_sound_configuration_is_ok() {
    let Some(root) = Root::new() else { return };
    let finished = root.run("httpd", &["-t"]);
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    assert!(finished.stderr.ends_with("Syntax OK\n"), "{finished:?}");
}

#[test]
fn a_name_that_is_not_known_yet_is_a_warning() {
    let Some(root) = Root::new() else { return };
    root.prefix.write("httpd.conf", "Listen 127.0.0.1:1\nProxyPass / http://app.invalid:8080/\n");
    let path = root.prefix.path().join("httpd.conf").display().to_string();
    for finished in [root.run("httpd", &["-t"]), super::run(&["check", "--syntax", "apache", &path])] {
        assert_eq!(finished.code, Some(0), "{finished:?}");
        let said = "httpd.conf:2:1\n  |\n2 | ProxyPass / http://app.invalid:8080/";
        assert!(
            finished.stderr.starts_with("warning[host-not-found]: host not found in upstream \"app.invalid:8080\"")
        );
        assert!(finished.stderr.contains(said), "{finished:?}");
    }
    let explained = super::run(&["explain", "-c", &path, "GET http://127.0.0.1:1/x"]);
    let said = "served by the upstream http://app.invalid:8080 (host not found: app.invalid:8080)";
    assert!(explained.code == Some(0) && explained.stdout.contains(said), "{explained:?}");
}

#[test]
fn a_mistake_is_told_in_the_form_that_tools_look_for() {
    let Some(root) = Root::new() else { return };
    root.prefix.write("httpd.conf", "Listen 127.0.0.1:1\nProxyPas / http://127.0.0.1:1/\n");
    let finished = root.run("apache2", &["-t"]);
    assert_eq!(finished.code, Some(1), "{finished:?}");
    let place = format!("Syntax error on line 2 of {}:\n", root.prefix.path().join("httpd.conf").display());
    assert!(finished.stderr.contains(&place) && finished.stderr.contains("`ProxyPass`"), "{finished:?}");
}

#[test]
fn virtual_hosts_and_settings_are_shown() {
    let Some(root) = Root::new() else { return };
    let finished = root.run("apache2", &["-S"]);
    assert_eq!(finished.code, Some(0), "{finished:?}");
    let file = root.prefix.path().join("httpd.conf").display().to_string();
    let port = root.address.socket().port();
    for line in [
        "VirtualHost configuration:".to_owned(),
        format!("{:<22} is a NameVirtualHost", root.address.to_string()),
        format!("         default server a.example ({file}:4)"),
        format!("         port {port} namevhost a.example ({file}:4)"),
        "                 alias www.a.example".to_owned(),
        "                 wild alias *.b.example".to_owned(),
        format!("         port {port} namevhost c.example ({file}:9)"),
        format!("ServerRoot: \"{}\"", root.prefix.path().display()),
        format!("PidFile: \"{}\"", root.prefix.path().join("pid").display()),
    ] {
        assert!(finished.stdout.contains(&format!("{line}\n")), "{line:?} in\n{}", finished.stdout);
    }
}

#[test]
fn what_is_built_in_is_shown() {
    let Some(root) = Root::new() else { return };
    let modules = root.run("httpd", &["-M"]);
    assert_eq!(modules.code, Some(0), "{modules:?}");
    assert!(
        modules.stdout.starts_with("Loaded Modules:\n") && modules.stdout.contains("\n core_module (static)\n"),
        "{modules:?}"
    );
    assert!(modules.stdout.contains("\n proxy_balancer_module (static)\n"), "{modules:?}");
    assert!(!modules.stdout.contains("php"), "{modules:?}");
    let files = root.call("httpd", &["-l"]);
    assert!(files.stdout.starts_with("Compiled in modules:\n") && files.stdout.contains("\n  core.c\n"), "{files:?}");
    let version = root.call("apache2", &["-v"]);
    assert!(
        version.stdout.starts_with("Server version: Apache/2.4.") && version.stdout.contains("zaguan"),
        "{version:?}"
    );
    let settings = root.call("apache2", &["-V"]);
    assert!(settings.stdout.contains(" -D HTTPD_ROOT=\"/etc/apache2\"\n"), "{settings:?}");
    let directives = root.call("httpd", &["-L"]);
    assert!(directives.stdout.contains("ProxyPass (mod_proxy)\n"), "{directives:?}");
}

#[test]
fn directives_and_names_of_the_command_line_count() {
    let Some(root) = Root::new() else { return };
    root.prefix.write("httpd.conf", "<IfDefine !WITH>\n    Nonsense here\n</IfDefine>\n");
    let without = root.run("httpd", &["-t"]);
    assert_eq!(without.code, Some(1), "{without:?}");
    let with = root.run("httpd", &["-C", "Listen 127.0.0.1:1", "-D", "WITH", "-t"]);
    assert_eq!(with.code, Some(0), "{with:?}");
    let wrong = root.run("httpd", &["-D", "WITH", "-c", "Nonsense too", "-t"]);
    assert!(wrong.code == Some(1) && wrong.stderr.contains("Nonsense"), "{wrong:?}");
}

#[test]
fn a_command_line_without_sense_shows_the_usage() {
    let Some(root) = Root::new() else { return };
    for arguments in [&["-Z"][..], &["word"], &["-k", "dance"], &["-f"]] {
        let finished = root.call("httpd", arguments);
        assert_eq!(finished.code, Some(1), "{finished:?}");
        assert!(finished.stderr.contains("[-k start|restart|graceful|graceful-stop|stop]"), "{finished:?}");
    }
}

#[test]
fn what_does_not_run_cannot_be_stopped() {
    let Some(root) = Root::new() else { return };
    for order in ["stop", "graceful-stop"] {
        let finished = root.run("apache2", &["-k", order]);
        assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), "httpd (no pid file) not running\n"));
    }
    let status = root.run("apachectl", &["-t"]);
    assert_eq!(status.code, Some(0), "{status:?}");
}

#[test]
fn it_is_started_told_to_read_again_and_stopped() {
    let Some(root) = Root::new() else { return };
    for order in ["stop", "graceful-stop"] {
        let started = root.run("apache2", &["-k", "start"]);
        assert_eq!(started.code, Some(0), "{started:?}");
        eventually("it serves", || root.pid().is_some() && root.answers());
        let pid = root.pid().unwrap();
        let again = root.run("apache2", &["-k", "start"]);
        assert_eq!((again.code, again.stdout), (Some(0), format!("httpd (pid {pid}) already running\n")));
        for reread in ["graceful", "restart"] {
            // Its log is opened again too.
            std::fs::rename(root.prefix.path().join("error.log"), root.prefix.path().join("old.log")).unwrap();
            let told = root.run("apache2", &["-k", reread]);
            assert_eq!(told.code, Some(0), "{told:?}");
            eventually("the log is opened again", || root.prefix.path().join("error.log").exists());
            assert!(root.answers() && root.pid() == Some(pid), "after {reread}");
        }
        let stopped = root.run("apache2", &["-k", order]);
        assert_eq!(stopped.code, Some(0), "{stopped:?}");
        eventually("it has ended", || !is_alive(pid) && root.pid().is_none());
    }
}
