//! What is shown of a configuration: its virtual hosts, its processes' settings, its modules, its files.

use super::arguments::Options;
use super::settings::loaded_modules;
use config::Loaded;
use model::{Http, ListenAddress, Listener, LogTarget, Model, Site, SiteId, SiteName};
use std::net::SocketAddr;

/// Names whose definition asks for a report.
pub(super) const DUMPS: [&str; 4] = ["DUMP_VHOSTS", "DUMP_RUN_CFG", "DUMP_MODULES", "DUMP_INCLUDES"];

/// Prints what is asked for; false if nothing is.
pub(super) fn dump(options: &Options, loaded: &Loaded, model: &Model) -> bool {
    if options.defines("DUMP_MODULES") {
        loaded_modules();
    }
    if options.defines("DUMP_VHOSTS") {
        hosts(loaded, &model.http);
    }
    if options.defines("DUMP_RUN_CFG") {
        run(options, loaded, model);
    }
    if options.defines("DUMP_INCLUDES") {
        println!("Included configuration files:");
        for (index, (_, name, _)) in loaded.sources.iter().enumerate() {
            println!("{}", if index == 0 { format!("  (*) {name}") } else { format!("    (-) {name}") });
        }
    }
    DUMPS.iter().any(|name| options.defines(name))
}

/// The virtual hosts by address: what stands first answers for names that none has.
fn hosts(loaded: &Loaded, http: &Http) {
    println!("VirtualHost configuration:");
    let mut shown: Vec<(String, &[SiteId])> = Vec::new();
    for listener in &http.listeners {
        let address = address(listener);
        // Of an address for both families one line is enough.
        if shown.contains(&(address.clone(), &listener.sites)) {
            continue;
        }
        shown.push((address.clone(), &listener.sites));
        let site = |id: &SiteId| http.sites.get(usize::try_from(id.0).ok()?);
        // What answers outside virtual hosts is not one of them.
        let hosts: Vec<&Site> = listener.sites.iter().filter_map(site).filter(|site| site.origin.line > 0).collect();
        match hosts.as_slice() {
            [] => {}
            [alone] => println!("{address:<22} {}", described(loaded, alone)),
            [first, ..] => {
                println!("{address:<22} is a NameVirtualHost");
                let default = site(&listener.default_site).unwrap_or(first);
                println!("{:8} default server {}", "", described(loaded, default));
                for host in &hosts {
                    named(loaded, listener, host);
                }
            }
        }
    }
}

fn named(loaded: &Loaded, listener: &Listener, site: &Site) {
    let port = match &listener.address {
        ListenAddress::Inet(address) => address.port(),
        ListenAddress::Unix(_) => 0,
    };
    println!("{:8} port {port} namevhost {}", "", described(loaded, site));
    for name in &site.names {
        match name {
            SiteName::Exact(name) if *name == site.primary_name => {}
            SiteName::Exact(name) => println!("{:16} alias {name}", ""),
            SiteName::Leading { suffix, bare: _ } => println!("{:16} wild alias *.{suffix}", ""),
            SiteName::Trailing(prefix) => println!("{:16} wild alias {prefix}.*", ""),
            SiteName::Regex(pattern) => println!("{:16} wild alias {}", "", pattern.expression),
        }
    }
}

fn described(loaded: &Loaded, site: &Site) -> String {
    format!("{} ({}:{})", site.primary_name, loaded.sources.name(site.origin.file), site.origin.line)
}

fn address(listener: &Listener) -> String {
    match &listener.address {
        ListenAddress::Inet(address) if address.ip().is_unspecified() => format!("*:{}", address.port()),
        ListenAddress::Inet(address @ (SocketAddr::V4(_) | SocketAddr::V6(_))) => address.to_string(),
        ListenAddress::Unix(path) => path.display().to_string(),
    }
}

fn run(options: &Options, loaded: &Loaded, model: &Model) {
    if let Some(root) = &loaded.server_root {
        println!("ServerRoot: \"{}\"", root.display());
    }
    let process = &model.process;
    for log in process.error_logs.iter().take(1) {
        match &log.target {
            LogTarget::File(path) => println!("Main ErrorLog: \"{}\"", path.display()),
            LogTarget::Stderr => println!("Main ErrorLog: \"/dev/stderr\""),
            LogTarget::Syslog(_) => println!("Main ErrorLog: \"syslog\""),
            LogTarget::Memory(_) => println!("Main ErrorLog: \"memory\""),
        }
    }
    println!("PidFile: \"{}\"", process.pid_file.display());
    for define in &options.defines {
        match define.split_once('=') {
            Some((name, value)) => println!("Define: {name}={value}"),
            None => println!("Define: {define}"),
        }
    }
    for (what, name) in [("User", &process.user), ("Group", &process.group)] {
        if let Some(name) = name {
            println!("{what}: name=\"{name}\"");
        }
    }
}
