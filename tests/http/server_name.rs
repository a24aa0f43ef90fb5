//! Which site takes a request: exact names, wildcards, expressions, the default.

use testkit::{Client, Setup, Site, cases};

cases!(
    server_name,
    setup,
    [
        names_are_found_by_rank,
        captures_become_variables,
        the_default_takes_the_rest,
        a_request_without_host_goes_to_the_empty_name,
        listeners_have_sites_of_their_own,
        an_absolute_target_chooses_the_site,
        many_names_are_found,
    ]
);

fn setup() -> Setup {
    const NAMED: &str = "server { listen {front1}; server_name siteN.example *.wildN.example; return 200 N; }\n";
    let many: String = (0..300).map(|n| NAMED.replace('N', &n.to_string())).collect();
    Setup::http(&format!(
        r#"
    server_names_hash_bucket_size 128;
    server {{ listen {{front}}; server_name first.example; return 200 first; }}
    server {{ listen {{front}} default_server; server_name _; return 200 default; }}
    server {{ listen {{front}}; server_name exact.example www.exact.example; return 200 exact; }}
    server {{ listen {{front}}; server_name *.wild.example; return 200 leading; }}
    server {{ listen {{front}}; server_name *.deep.wild.example; return 200 longer-leading; }}
    server {{ listen {{front}}; server_name www.wild.*; return 200 trailing; }}
    server {{ listen {{front}}; server_name .both.example; return 200 both; }}
    server {{ listen {{front}}; server_name ~^(?<user>\w+)\.users\.example$; return 200 user=$user; }}
    server {{ listen {{front}}; server_name "~^num(\d{{1,3}})\.example$"; return 200 "number=$1"; }}
    server {{ listen {{front}}; server_name ~^www\.; return 200 expression; }}
    server {{ listen {{front}}; server_name ""; return 200 empty; }}
    server {{ listen {{front1}}; return 200 $server_name:first; }}
    {many}"#
    ))
}

fn names_are_found_by_rank(site: &mut Site) {
    let table = [
        ("exact.example", "exact"),
        ("EXACT.Example", "exact"),
        ("exact.example:18080", "exact"),
        ("exact.example:1", "exact"),
        ("exact.example.", "exact"),
        ("www.exact.example", "exact"),
        ("a.wild.example", "leading"),
        ("a.b.wild.example", "leading"),
        ("wild.example", "default"),
        ("a.deep.wild.example", "longer-leading"),
        ("deep.wild.example", "leading"),
        ("www.wild.example", "leading"),
        ("www.wild.test", "trailing"),
        ("www.wild.co.test", "trailing"),
        ("both.example", "both"),
        ("a.both.example", "both"),
        ("www.nowhere", "expression"),
        ("unknown.example", "default"),
        ("[::1]", "default"),
        ("127.0.0.1", "default"),
    ];
    for (host, expected) in table {
        assert_eq!(site.get_host(host, "/").text(), expected, "{host}");
    }
}

fn captures_become_variables(site: &mut Site) {
    assert_eq!(site.get_host("ana.users.example", "/").text(), "user=ana");
    assert_eq!(site.get_host("Ana.Users.example", "/").text(), "user=ana");
    assert_eq!(site.get_host("num42.example", "/").text(), "number=42");
    assert_eq!(site.get_host("num4242.example", "/").text(), "default");
}

fn the_default_takes_the_rest(site: &mut Site) {
    assert_eq!(site.get_host("_", "/").text(), "default");
    assert_eq!(site.get_host("other", "/").text(), "default");
}

fn a_request_without_host_goes_to_the_empty_name(site: &mut Site) {
    assert_eq!(site.ask("GET / HTTP/1.0\r\n\r\n").text(), "empty");
}

fn listeners_have_sites_of_their_own(site: &mut Site) {
    let ask = |host: &str| {
        let mut client = Client::connect(site.place("front1").socket());
        client.ask(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).text()
    };
    assert_eq!(ask("exact.example"), ":first");
    assert_eq!(ask("site7.example"), "7");
}

fn an_absolute_target_chooses_the_site(site: &mut Site) {
    let response = site.ask("GET http://exact.example/ HTTP/1.1\r\nHost: first.example\r\n\r\n");
    assert_eq!(response.text(), "exact");
}

fn many_names_are_found(site: &mut Site) {
    let mut client = site.client_at("front1");
    for n in 0..300 {
        let prefix = if n % 2 == 0 { "site" } else { "any.wild" };
        let response = client.ask(&format!("GET / HTTP/1.1\r\nHost: {prefix}{n}.example\r\n\r\n"));
        assert_eq!(response.text(), n.to_string());
    }
}
