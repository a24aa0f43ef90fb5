//! Whatever the text: it is read to its end, and every mistake has a place.

use config_apache::{Input, Options, read};
use config_source::Memory;
use diagnostic::Sources;
use proptest::prelude::*;

fn check(text: &str) {
    let files = Memory::new().with("/a.conf", text).with("/b/c.conf", "Listen 81\n").with("/b/.hidden", "x");
    let options = Options { server_root: "/".into(), defines: vec!["X=1".to_owned()], ..Options::default() };
    let mut sources = Sources::new();
    let lowered = read(&files, Input::File("/a.conf".as_ref()), &options, &mut sources);
    for problem in &lowered.diagnostics {
        assert!(!problem.message.is_empty());
        let drawn = problem.render(&sources, false);
        assert!(drawn.contains(problem.severity.as_str()), "{drawn}");
    }
}

/// Lines of which any order makes sense to the parser, or almost.
const LINES: &[&str] = &[
    "<VirtualHost *:80>",
    "<VirtualHost 127.0.0.1:80 [::1]:*>",
    "</VirtualHost>",
    "<Location \"/a\">",
    "</Location>",
    "<LocationMatch ^/x(.*)$>",
    "</LocationMatch>",
    "<Directory />",
    "</Directory>",
    "<Proxy balancer://c>",
    "BalancerMember http://127.0.0.1:1 loadfactor=1.5 status=+H",
    "</Proxy>",
    "ProxyPass / http://127.0.0.1:1/",
    "ProxyPass /x !",
    "ProxyPass http://127.0.0.1:1/",
    "ProxyPass / balancer://c/",
    "ProxyPassReverse / balancer://c/",
    "ProxyPassReverseCookiePath /a /b",
    "<Macro M $a @b>",
    "ServerName $a@b",
    "</Macro>",
    "Use M 1 \"2 \\\" 3\"",
    "Use M",
    "Define Y ${X}${Z?=4}",
    "<IfDefine !Y>",
    "</IfDefine>",
    "<IfModule mod_proxy.c>",
    "</IfModule>",
    "<IfVersion >= 2.4>",
    "</IfVersion>",
    "Include b",
    "Include *.conf",
    "IncludeOptional nothing/*",
    "ServerName a:80",
    "ServerAlias *.a b? c*",
    "Listen 127.0.0.1:80",
    "LimitRequestBody 1",
    "Header set X y",
    "Bogus \\",
    "\"",
    "# c \\",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn any_text_is_read(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_text_of_telling_characters_is_read(text in "[<>/\\\\\"' #$%@{}a-c\\n\\r\\t!~*?\\[\\].:0-9=]{0,120}") {
        check(&text);
    }

    #[test]
    fn any_order_of_lines_is_read(lines in prop::collection::vec(prop::sample::select(LINES), 0..30)) {
        check(&lines.join("\n"));
    }
}
