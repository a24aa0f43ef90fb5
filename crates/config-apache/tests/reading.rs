//! What a text means, and what is said about one that means nothing.

use config_apache::{Input, Lowered, Options, read};
use config_source::Memory;
use diagnostic::{Severity, Sources};
use model::{
    Balance, EscapedSlashes, ListenAddress, Location, Matcher, Model, RouteSource, Serve, SiteId, Target, Trouble,
};

/// Reads a text beside some files; paths start at `/srv`.
fn lowered(text: &str, files: &[(&str, &str)]) -> (Lowered, Sources) {
    let files = files.iter().fold(Memory::new(), |files, (path, text)| files.with(*path, *text));
    let options = Options { server_root: "/srv".into(), hostname: "here.test".to_owned(), ..Options::default() };
    let mut sources = Sources::new();
    let lowered = read(&files, Input::Text { name: "text", text }, &options, &mut sources);
    (lowered, sources)
}

fn model(text: &str) -> Model {
    model_with(text, &[])
}

fn model_with(text: &str, files: &[(&str, &str)]) -> Model {
    let (lowered, sources) = lowered(text, files);
    let errors: Vec<String> = lowered
        .diagnostics
        .iter()
        .filter(|problem| problem.is_error())
        .map(|problem| problem.render(&sources, false))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    lowered.model
}

/// Severity, place and message of each thing that is said.
fn said(text: &str) -> Vec<String> {
    let (lowered, _) = lowered(text, &[]);
    let said = lowered.diagnostics.iter().filter(|problem| problem.severity != Severity::Note).map(|problem| {
        let place = problem.origin.map(|origin| format!("{}:{}", origin.line, origin.column)).unwrap_or_default();
        format!("{} {place} {}", problem.severity.as_str(), problem.message)
    });
    said.collect()
}

/// Which paths go where: `!` stays.
fn routes(locations: &[Location]) -> Vec<(String, String)> {
    let routes = locations.iter().map(|location| {
        let path = match &location.matcher {
            Matcher::Prefix { path, .. } | Matcher::Below(path) | Matcher::Exact(path) => path.clone(),
            Matcher::Regex(pattern) => pattern.expression.clone(),
            Matcher::Named(name) => name.clone(),
        };
        let target = match &location.section.serve {
            Serve::Proxy(proxy) => match &proxy.target {
                Target::Fixed { authority, path, .. } => format!("{authority}{}", path.as_deref().unwrap_or_default()),
                Target::Variable(_) | Target::Server(_) | Target::Computed { .. } => "variable".to_owned(),
            },
            _ => "!".to_owned(),
        };
        (path, target)
    });
    routes.collect()
}

#[test]
fn mistakes_are_found_all_at_once_with_their_places() {
    let check = |text: &str, expected: &[&str]| assert_eq!(said(text), expected, "{text}");
    check(
        "Listen 80\nServerNam a\n<VirtualHost *:80>\n  ProxyPass / htp://a/\n  Timeout soon\n  KeepAlive maybe\n</VirtualHost>\n",
        &[
            "error 2:1 Invalid command 'ServerNam', perhaps misspelled or defined by a module not included in the server configuration",
            "error 4:15 nothing speaks \"htp\"",
            "error 5:11 \"soon\" is no number",
            "error 6:13 KeepAlive must be On or Off",
        ],
    );
    check("Listen 80\n<Location /a>\nListen 81\n</Location>", &["error 3:1 \"Listen\" is not allowed here"]);
    check("Listen 80 # web", &["error 1:1 invalid number of arguments for \"Listen\""]);
    check("Listen 80\nSSLEngine on", &["error 2:1 this server speaks TLS and has no certificate"]);
    check("Listen 80\nSSLProtocol SSLv3 TLSv1", &["error 2:1 none of these protocols is spoken"]);
    check("Listen 80\nProxyRequests On", &["error 2:1 \"ProxyRequests On\" is not supported"]);
    check(
        "Listen 80\nProxyPass / balancer://x/",
        &["warning 2:13 there is no balancer \"x\": its requests are answered with 503"],
    );
    check(
        "Listen 80\nWSGIScriptAlias / /a.wsgi",
        &["error 2:1 \"WSGIScriptAlias\" belongs to mod_wsgi, which does not run here"],
    );
    check(
        "Listen 80\n<VirtualHost *:81>\n</VirtualHost>",
        &["warning 2:14 no socket listens on this virtual host's address"],
    );
    check("ServerName a", &["error  no listening sockets available"]);
}

#[test]
fn unknown_words_come_with_what_was_meant() {
    for (text, help) in [
        ("ProxyPas / http://a/", "did you mean `ProxyPass`?"),
        ("<Loction />\n</Loction>", "did you mean `<Location>`?"),
        ("ProxyPass / http://a/ retri=1", "did you mean `retry`?"),
        ("ProxyPass / 127.0.0.1:5000/", "write `http://127.0.0.1:5000/`"),
        ("server_name a;", "is this nginx's language? `--syntax nginx` says so"),
    ] {
        let (lowered, sources) = lowered(&format!("{text}\nListen 80"), &[]);
        let drawn: Vec<String> = lowered.diagnostics.iter().map(|problem| problem.render(&sources, false)).collect();
        assert!(drawn.join("\n").contains(help), "{help} in {}", drawn.join("\n"));
    }
}

#[test]
fn a_tree_of_files_is_read() {
    let files = [
        ("/srv/mods/proxy.load", "LoadModule proxy_module /usr/lib/mod_proxy.so\n"),
        ("/srv/sites/2.conf", "<VirtualHost *:80>\nServerName two\n</VirtualHost>"),
        ("/srv/sites/1.conf", "<VirtualHost *:80>\nServerName ${NAME}\n</VirtualHost>"),
        ("/srv/all/x", "Timeout 7\n"),
    ];
    let text = "Define NAME one\nListen 80\nInclude mods/*.load\nIncludeOptional none/*\nInclude sites/*.conf\nInclude all\n\
                <IfModule mod_ssl.c>\nListen 443\n</IfModule>\n<IfDefine NAME>\nPidFile run/pid\n</IfDefine>";
    let model = model_with(text, &files);
    let names: Vec<&str> = model.http.sites.iter().map(|site| site.primary_name.as_str()).collect();
    assert_eq!(names, ["one", "two"]);
    assert_eq!(model.http.listeners.len(), 1);
    assert_eq!(model.process.pid_file, std::path::Path::new("/srv/run/pid"));
    assert_eq!(model.http.sites[0].section.send_timeout.as_secs(), 7);
}

#[test]
fn paths_are_looked_at_in_the_order_of_the_text_and_locations_last_first() {
    let model = model(
        "Listen 80\nProxyPass /main http://m/\n<VirtualHost *:80>\n  ProxyPass /a/b http://ab/\n  ProxyPass /a/c !\n  \
         ProxyPass /a http://a/x\n  <Location /l>\n    ProxyPass http://l/\n  </Location>\n  <Location /l/k>\n    \
         ProxyPass http://k/\n  </Location>\n</VirtualHost>",
    );
    let routes = routes(&model.http.sites[0].locations);
    let routes: Vec<(&str, &str)> = routes.iter().map(|(path, target)| (path.as_str(), target.as_str())).collect();
    assert_eq!(routes, [("/l/k", "k/"), ("/l", "l/"), ("/main", "m/"), ("/a/b", "ab/"), ("/a/c", "!"), ("/a", "a/x")]);
}

#[test]
fn what_is_forwarded_has_no_limit_of_its_body() {
    let model = model("LimitRequestBody 1\n<VirtualHost *:80>\nProxyPass /a http://a/\n</VirtualHost>");
    let site = &model.http.sites[0];
    assert_eq!((site.locations[0].section.client.max_body.0, site.section.client.max_body.0), (0, 1));
}

#[test]
fn sections_are_laid_over_what_they_hold_for() {
    let model = model(
        "Listen 80\nDirectoryIndex i1\n<VirtualHost *:80>\n  DirectoryIndex i2\n  ProxyPass /a http://a/\n  \
         ProxyPass /b http://b/\n  <Location /a>\n    DirectoryIndex i3\n    ProxyPreserveHost On\n  </Location>\n  \
         <Proxy http://b/>\n    DirectoryIndex i4\n  </Proxy>\n  <Location />\n    ProxyErrorOverride On\n  </Location>\n\
         </VirtualHost>",
    );
    let site = &model.http.sites[0];
    let index = |section: &model::Section| section.files.index[0].as_text().unwrap_or_default().to_owned();
    let indexes: Vec<String> = site.locations.iter().map(|location| index(&location.section)).collect();
    assert_eq!((indexes, index(&site.section)), (vec!["i3".to_owned(), "i4".to_owned()], "i2".to_owned()));
    for (location, variable) in site.locations.iter().zip(["http_host", "proxy_host"]) {
        let Serve::Proxy(proxy) = &location.section.serve else { panic!("it forwards") };
        assert!(proxy.intercept_errors);
        let hosts: Vec<_> = proxy.set_fields.iter().filter(|field| field.name == "Host").collect();
        assert_eq!(hosts.len(), 1);
        assert_eq!(hosts[0].value.parts, [model::Part::Variable(variable.to_owned())]);
    }
}

#[test]
fn hosts_are_chosen_by_address_first() {
    let model = model(
        "Listen 80\nListen 127.0.0.2:81\n<VirtualHost *:80>\nServerName any\n</VirtualHost>\n\
         <VirtualHost 127.0.0.1:80>\nServerName own\n</VirtualHost>\n\
         <VirtualHost *:80 _default_:81>\nServerName both\n</VirtualHost>",
    );
    let found: Vec<(String, Vec<u32>)> = model
        .http
        .listeners
        .iter()
        .map(|listener| {
            let ListenAddress::Inet(address) = &listener.address else { panic!("an address") };
            (address.to_string(), listener.sites.iter().map(|SiteId(id)| *id).collect())
        })
        .collect();
    let expected: Vec<(String, Vec<u32>)> = vec![
        ("0.0.0.0:80".to_owned(), vec![0, 2]),
        ("127.0.0.2:81".to_owned(), vec![2]),
        ("127.0.0.1:80".to_owned(), vec![1]),
    ];
    assert_eq!(found, expected);
}

#[test]
fn the_main_server_answers_where_no_host_does() {
    let model = model("Listen 80\nListen 81\nServerName main.test\n<VirtualHost *:80>\nServerName a\n</VirtualHost>");
    let names: Vec<&str> = model.http.sites.iter().map(|site| site.primary_name.as_str()).collect();
    assert_eq!(names, ["a", "main.test"]);
    assert_eq!(model.http.listeners[1].default_site, SiteId(1));
}

#[test]
fn a_macro_s_mistakes_name_its_use() {
    let (lowered, sources) = lowered("Listen 80\n<Macro M $x>\nTimeout $x\n</Macro>\nUse M soon\n", &[]);
    let drawn = lowered.diagnostics[0].render(&sources, false);
    assert!(drawn.contains("text:3:9") && drawn.contains("Use M soon"), "{drawn}");
}

#[test]
fn members_of_a_group_replace_it_in_answers() {
    let model = model(
        "Listen 80\nProxyPass / balancer://C/x/\nProxyPassReverse / balancer://C/x/\n<Proxy balancer://c>\n\
         BalancerMember http://a:1\nBalancerMember http://b:2 loadfactor=2\n</Proxy>",
    );
    let group = &model.http.groups[0];
    let weights: Vec<u32> = group.servers.iter().map(|server| server.weight).collect();
    assert_eq!((group.name.as_str(), weights), ("c", vec![1, 2]));
    let Serve::Proxy(proxy) = &model.http.sites[0].locations[0].section.serve else { panic!("it forwards") };
    let from: Vec<String> = proxy
        .redirects
        .iter()
        .map(|rule| match rule {
            model::Redirect::Url { from, .. } => from.as_text().unwrap().to_owned(),
            model::Redirect::Prefix { .. } | model::Redirect::Regex { .. } => String::new(),
        })
        .collect();
    assert_eq!(from, ["http://a:1/x/", "http://b:2/x/"]);
}

#[test]
fn a_balancer_has_its_members_ways() {
    let model = model(
        "Listen 80\n<Proxy balancer://c>\nBalancerMember http://One:81/a/ route=1 loadfactor=2\n\
         BalancerMember http://two lbset=1 status=+H\nBalancerMember http://three lbset=1 status=+N redirect=1\n\
         ProxySet lbmethod=bybusyness stickysession=C|p nofailover=On failonstatus=500,503 maxattempts=1\n</Proxy>\n\
         ProxyPass /x balancer://c scolonpathdelim=On\n",
    );
    let group = &model.http.groups[0];
    let [one, two, three] = group.servers.as_slice() else { panic!("{:?}", group.servers) };
    let target = one.target.as_ref().unwrap();
    assert_eq!((target.authority.as_str(), target.path.as_str()), ("one:81", "/a/"));
    assert_eq!((one.route.as_deref(), one.weight, one.set), (Some("1"), 2, 0));
    assert_eq!((two.backup, two.set, three.drain, three.redirect.as_deref()), (true, 1, true, Some("1")));
    assert_eq!(group.balance, Balance::LeastBusy);
    let stickiness = group.stickiness.as_ref().unwrap();
    let session = RouteSource::Session {
        parameter: "p".to_owned(),
        semicolon: true,
        cookie: "C".to_owned(),
        separator: Some('.'),
    };
    assert_eq!((&stickiness.sources, stickiness.strict), (&vec![session], true));
    let counts = vec![Trouble::Unreachable, Trouble::Status(500), Trouble::Status(503)];
    assert_eq!(group.failing.counts, Some(counts));
    let Serve::Proxy(proxy) = &model.http.sites[0].locations[0].section.serve else { panic!("nothing is forwarded") };
    assert_eq!(proxy.next.tries, 2);
}

#[test]
fn a_group_of_nobody_has_no_server_to_use() {
    for text in
        ["Listen 80\n<Proxy balancer://c>\n</Proxy>\nProxyPass / balancer://c/", "Listen 80\nProxyPass / balancer://c/"]
    {
        let model = model(text);
        assert!(model.http.groups[0].servers.iter().all(|server| server.down), "{text}");
    }
}

#[test]
fn escaped_slashes_are_refused_unless_they_are_allowed() {
    let check = |text: &str, expected: EscapedSlashes| {
        assert_eq!(model(text).http.sites[0].escaped_slashes, expected, "{text}");
    };
    check("Listen 80", EscapedSlashes::Refused);
    check("Listen 80\nAllowEncodedSlashes On", EscapedSlashes::Slashes);
    check(
        "Listen 80\nAllowEncodedSlashes On\n<VirtualHost *:80>\nAllowEncodedSlashes Off\n</VirtualHost>",
        EscapedSlashes::Refused,
    );
}

/// The shape of a distribution's tree: modules, settings and sites in folders of their own, some enabled.
#[test]
fn a_tree_as_debian_lays_it_out_loads_as_it_is() {
    let modules = [
        "access_compat",
        "alias",
        "auth_basic",
        "authn_core",
        "authn_file",
        "authz_core",
        "authz_host",
        "authz_user",
        "autoindex",
        "deflate",
        "dir",
        "env",
        "filter",
        "headers",
        "mime",
        "mpm_event",
        "negotiation",
        "proxy",
        "proxy_http",
        "reqtimeout",
        "setenvif",
        "status",
    ];
    let load = |name: &str| format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n");
    let loads: String = modules.iter().map(|name| load(name)).collect();
    let root = "DefaultRuntimeDir ${RUN}\nPidFile ${PID}\nTimeout 300\nKeepAlive On\nMaxKeepAliveRequests 100\n\
        KeepAliveTimeout 5\nUser ${OWNER}\nGroup ${OWNER}\nHostnameLookups Off\nErrorLog ${LOGS}/error.log\n\
        LogLevel warn\nIncludeOptional mods-enabled/*.load\nIncludeOptional mods-enabled/*.conf\nInclude ports.conf\n\
        <Directory />\n\tOptions FollowSymLinks\n\tAllowOverride None\n\tRequire all denied\n</Directory>\n\
        <Directory /var/www/>\n\tOptions Indexes FollowSymLinks\n\tAllowOverride None\n\tRequire all granted\n\
        </Directory>\nAccessFileName .htaccess\n<FilesMatch \"^\\.ht\">\n\tRequire all denied\n</FilesMatch>\n\
        LogFormat \"%v:%p %h %l %u %t \\\"%r\\\" %>s %O \\\"%{Referer}i\\\" \\\"%{User-Agent}i\\\"\" whole\n\
        LogFormat \"%h %l %u %t \\\"%r\\\" %>s %O\" common\nIncludeOptional conf-enabled/*.conf\n\
        IncludeOptional sites-enabled/*.conf\n";
    let module_settings = "Alias /icons/ \"/usr/share/apache2/icons/\"\n<Directory \"/usr/share/apache2/icons\">\n\
        \tOptions FollowSymlinks\n\tAllowOverride None\n\tRequire all granted\n</Directory>\n\
        IndexOptions FancyIndexing VersionSort\nAddIcon /icons/binary.gif .bin .exe\nReadmeName README.html\n\
        <IfModule mod_filter.c>\n\tAddOutputFilterByType DEFLATE text/html\n</IfModule>\n\
        DirectoryIndex index.html index.php\nTypesConfig /etc/mime.types\nAddType application/x-gzip .gz .tgz\n\
        AddLanguage pt-BR .pt-br\nRemoveType tr\nAddCharset KOI8-r .koi8-r\nAddHandler type-map var\n\
        <IfModule mod_include.c>\n\tAddOutputFilter INCLUDES .shtml\n</IfModule>\nStartServers 2\nThreadsPerChild 25\n\
        MaxRequestWorkers 150\nLanguagePriority en de\nForceLanguagePriority Prefer Fallback\n\
        RequestReadTimeout header=20-40,minrate=500\nBrowserMatch \"Mozilla/2\" nokeepalive\n<Location /server-status>\n\tSetHandler server-status\n\
        \tRequire local\n</Location>\nExtendedStatus On\n<IfModule mod_proxy.c>\n\tProxyStatus On\n</IfModule>\n";
    let settings = "ServerTokens OS\nServerSignature On\nTraceEnable Off\n\
        CustomLog ${LOGS}/other_vhosts_access.log whole\n<IfModule mod_alias.c>\n\t<IfModule mod_cgi.c>\n\
        \t\tDefine PROGRAMS\n\t</IfModule>\n\t<IfDefine PROGRAMS>\n\t\tScriptAlias /cgi-bin/ /usr/lib/cgi-bin/\n\
        \t</IfDefine>\n</IfModule>\n";
    let sites = "<VirtualHost *:80>\n\tServerAdmin a@b\n\tDocumentRoot /var/www/html\n\tCustomLog ${LOGS}/access.log common\n\
        </VirtualHost>\n<VirtualHost *:80>\n\tServerName app.test\n\tProxyPass / http://127.0.0.1:8000/\n\
        \tProxyPassReverse / http://127.0.0.1:8000/\n\tRequestHeader set X-Forwarded-Proto http\n</VirtualHost>\n";
    let names = "Define RUN /var/run/apache2\nDefine PID /var/run/apache2/pid\nDefine OWNER www-data\n\
        Define LOGS /var/log/apache2\n";
    let files = [
        ("/srv/mods-enabled/all.load", loads.as_str()),
        ("/srv/mods-enabled/all.conf", module_settings),
        ("/srv/ports.conf", "Listen 80\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n"),
        ("/srv/conf-enabled/all.conf", settings),
        ("/srv/sites-enabled/all.conf", sites),
        ("/etc/mime.types", "# types\ntext/html\thtml htm\ntext/plain txt\n"),
    ];
    let model = model_with(&format!("{names}{root}"), &files);
    let logs = |site: &model::Site| {
        let files = site.section.logging.access.iter().filter_map(|log| log.target.fixed().cloned());
        files.collect::<Vec<_>>()
    };
    let file = |name: &str| vec![model::LogTarget::File(format!("/var/log/apache2/{name}").into())];
    let [first, second] = model.http.sites.as_slice() else { panic!("two sites") };
    assert_eq!(logs(first), file("access.log"));
    assert_eq!(logs(second), file("other_vhosts_access.log"));
    assert_eq!(model.http.listeners.len(), 1);
    let routes = routes(&second.locations);
    assert_eq!(routes.first().map(|(path, target)| (path.as_str(), target.as_str())), Some(("/", "127.0.0.1:8000/")));
}

/// Who we are to the server of the first place of the first site.
fn identity(model: &Model) -> Option<&model::UpstreamIdentity> {
    let Serve::Proxy(proxy) = &model.http.sites.first()?.locations.first()?.section.serve else { return None };
    proxy.tls.as_ref()?.identity.as_ref()
}

#[test]
fn who_we_are_to_servers_may_be_the_one_file_of_a_directory() {
    let text = "Listen 80\nSSLProxyEngine On\nSSLProxyMachineCertificatePath machines\n\
        SSLProxyMachineCertificateChainFile chain.pem\nProxyPass / https://10.0.0.1/\n";
    let one = [("/srv/machines/one.pem", "")];
    let model = model_with(text, &one);
    let found = identity(&model).map(|found| (found.certificate.as_text(), found.chain.as_deref()));
    assert_eq!(found, Some((Some("/srv/machines/one.pem"), Some(std::path::Path::new("/srv/chain.pem")))));
    let (several, _) = lowered(text, &[("/srv/machines/one.pem", ""), ("/srv/machines/two.pem", "")]);
    assert!(several.diagnostics.iter().any(|problem| problem.message.starts_with("there are 2 files in")));
}

#[test]
fn what_cannot_be_done_with_responders_is_refused() {
    let messages = said("Listen 80\nSSLOCSPNoVerify On\nSSLOCSPDefaultResponder https://a/\n");
    let lines: Vec<&str> =
        messages.iter().filter_map(|line| line.split_once(' ')?.1.split_once(' ').map(|(_, text)| text)).collect();
    assert_eq!(
        lines,
        ["an answer that nobody vouches for says nothing of a client", "invalid URL prefix of a responder",]
    );
}

#[test]
fn requests_do_not_name_the_server_of_a_rule() {
    let rule = |rule: &str| said(&format!("Listen 80\nRewriteEngine On\n{rule} [P]\n"));
    for refused in [
        "RewriteRule ^/(.*)$ http://$1/",
        "RewriteRule ^/(.*)$ http://127.0.0.1:80$1",
        "RewriteRule ^/x(.*)$ http://host$1",
        "RewriteRule ^ http://host%{ENV:NAME}",
        "RewriteRule ^ http://%{HTTP_HOST}%{REQUEST_URI}",
        "RewriteCond %{HTTP_HOST} ^(.*)$\nRewriteRule ^ http://host%1",
        "RewriteCond %{REQUEST_URI} ^/a(/.*)$ [OR]\nRewriteCond %{HTTP_HOST} ^(.*)$\nRewriteRule ^ http://host%1",
        "<Directory />\nRewriteEngine On\nRewriteRule ^(.*)$ http://host$1 [P]\n</Directory>\nRewriteRule ^ http://a/",
    ] {
        let problem = "a rule that forwards to a server that a request names is not built yet";
        assert!(rule(refused).iter().any(|line| line.ends_with(problem)), "{refused}: {:?}", rule(refused));
    }
    for taken in [
        "RewriteRule .* http://127.0.0.1:8181%{REQUEST_URI}",
        "RewriteRule ^(/.*)$ http://127.0.0.1:3000$1",
        "RewriteRule ^/api unix:/s|fcgi://127.0.0.1$0",
        "RewriteCond %{REQUEST_URI} ^/a(/.*)$\nRewriteRule ^ http://host%1",
    ] {
        assert_eq!(rule(taken), Vec::<String>::new(), "{taken}");
    }
}

#[test]
fn what_is_asked_about_certificates_needs_certificates() {
    let idle = |inside: &str| {
        let text = format!(
            "Listen 443\nSSLUseStapling On\nSSLOCSPEnable leaf\nMDCACertificateFile a.pem\nMDCertificateAgreement accepted\n{inside}"
        );
        let (lowered, _) = lowered(&text, &[]);
        let idle: Vec<String> = lowered.no_effect.iter().map(|idle| idle.name.clone()).collect();
        idle
    };
    let ordered = "MDomain one.example\n<VirtualHost *:443>\nServerName one.example\nSSLEngine On\n</VirtualHost>\n";
    assert_eq!(idle(ordered), ["SSLOCSPEnable", "SSLUseStapling"]);
    let other = "<VirtualHost *:443>\nServerName two.example\nSSLEngine On\nSSLCertificateFile a.pem\n\
                 SSLVerifyClient require\nSSLCACertificateFile a.pem\n</VirtualHost>\n";
    assert_eq!(idle(&format!("{ordered}{other}")), Vec::<String>::new());
}

#[test]
fn a_domain_may_have_its_certificate_in_files() {
    let host =
        "Listen 443\nMDomain one.example\n<VirtualHost *:443>\nServerName one.example\nSSLEngine On\n</VirtualHost>\n";
    let files =
        "MDCertificateFile a.pem\nMDCertificateKeyFile a.key\nMDCertificateFile b.pem\nMDCertificateKeyFile b.key\n";
    let model = model(&format!("{files}MDRenewMode manual\n{host}"));
    let tls = model.http.sites[0].tls.as_deref().unwrap();
    let names: Vec<_> =
        tls.identities.iter().flat_map(|pair| [pair.certificate.as_text(), pair.key.as_text()]).collect();
    assert_eq!(names, [Some("/srv/a.pem"), Some("/srv/a.key"), Some("/srv/b.pem"), Some("/srv/b.key")]);
    assert!(tls.orders.is_empty() && model.http.orders.is_empty() && model.http.issuers.is_empty());
    for (text, why) in [
        ("MDRenewMode manual\n", "this domain's certificate is in no file and not ordered"),
        ("MDCertificateFile a.pem\n", "this certificate has no key"),
        ("MDCertificateKeyFile a.key\n", "this key has no certificate"),
        (&format!("{files}MDRenewMode always\n"), "ordering a certificate beside the one of a file is not built yet"),
    ] {
        let messages = said(&format!("{text}{host}"));
        assert!(messages.iter().any(|message| message.contains(why)), "{why}: {messages:?}");
    }
}

#[test]
fn mistakes_of_keeping_answers_come_with_what_to_write() {
    let expected = [
        "error 2:13 invalid value \"mem\"",
        "error 3:13 \"/x\" stands where the store is named",
        "error 4:1 CacheEnable needs a path here",
        "error 5:14 keeping answers with `memcache` is not built yet",
        "error 6:25 \"x\" is no factor",
        "error 7:16 \"21\" is no such number",
        "error 8:17 \"www.example.com\" is no URL",
        "error 9:14 `on` stands in a section",
        "error 11:18 \"/z\" does not lie below \"/y\"",
    ];
    let text = "Listen 80\nCacheEnable mem /\nCacheEnable /x disk\nCacheEnable disk\nCacheSocache memcache:h\n\
                CacheLastModifiedFactor x\nCacheDirLevels 21\nCacheKeyBaseURL www.example.com\nCacheDisable on\n\
                <Location /y>\nCacheEnable disk /z\n</Location>\n";
    assert_eq!(said(text), expected);
}

#[test]
fn what_is_kept_has_a_place_that_all_share_who_name_it() {
    let host = |name: &str, more: &str| {
        format!("<VirtualHost *:80>\nServerName {name}\n{more}\nProxyPass / http://h/\n</VirtualHost>\n")
    };
    let text = format!(
        "Listen 80\nCacheRoot kept/\nCacheDirLevels 5\n{}{}{}",
        host("a", "CacheEnable disk /"),
        host("b", "CacheEnable disk /b\nCacheEnable socache /"),
        host("c", "CacheRoot other\nCacheEnable disk /"),
    );
    let stores = model(&text).http.cache_stores;
    let places: Vec<_> = stores.iter().map(|store| (store.directory.display().to_string(), &*store.levels)).collect();
    let four = &[2, 2, 2, 2][..];
    let expected = [("/srv/kept", four), ("temp/socache-512000", &[]), ("/srv/other", four)];
    assert_eq!(places, expected.map(|(directory, levels)| (directory.to_owned(), levels)));
    let names: Vec<&str> = stores.iter().map(|store| store.name.as_str()).collect();
    assert_eq!(names, ["srv-kept", "temp-socache-512000", "srv-other"]);
    let without = "Listen 80\n<VirtualHost *:80>\nCacheEnable disk /\nProxyPass / http://h/\n</VirtualHost>\n";
    assert_eq!(said(without), ["warning 3:1 nothing is kept: there is no directory for it"]);
    let early = "Listen 80\nCacheRoot c\n<Location /a>\nCacheEnable disk\n</Location>\nProxyPass / http://h/\n";
    assert_eq!(said(early), ["warning 4:1 CacheEnable in a section has no effect while CacheQuickHandler is on"]);
}
