//! What a peer is asked for: the URI part of `proxy_pass`, replaced as nginx does it, and the forms of its address.

use testkit::{Setup, Site, cases};

cases!(
    proxy_pass,
    setup,
    [
        a_path_without_uri_part_passes_as_sent,
        a_uri_part_replaces_the_prefix,
        variables_make_the_whole_uri,
        a_rewritten_path_replaces_all,
        the_host_is_that_of_the_address,
        a_group_is_named_as_written,
        a_unix_socket_is_reached,
        a_name_in_a_variable_may_be_a_group,
        an_exact_location_is_replaced_whole,
        expressions_pass_as_sent,
        a_local_address_is_chosen,
        a_server_in_a_variable_may_be_one_that_is_named_elsewhere,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r"
    upstream group { server {peer0}; }
    server {
        listen {front};
        set $host_part {peer0};
        location / { proxy_pass http://{peer0}; }
        location /slash/ { proxy_pass http://{peer0}/; }
        location /bare { proxy_pass http://{peer0}/; }
        location /path/ { proxy_pass http://{peer0}/other/; }
        location /cut/ { proxy_pass http://{peer0}/other; }
        location /query/ { proxy_pass http://{peer0}/other/?fixed=1&; }
        location /bound { proxy_bind $arg_from; proxy_socket_keepalive on; proxy_pass http://{peer0}; }
        location = /exact { proxy_pass http://{peer0}/replaced; }
        location ~ ^/expression/ { proxy_pass http://{peer0}; }
        location /variable/ { proxy_pass http://$host_part; }
        location /variable/uri/ { proxy_pass http://$host_part$request_uri; }
        location /variable/fixed/ { proxy_pass http://$host_part/fixed; }
        location /variable/group/ { set $name group; proxy_pass http://$name; }
        location ~ ^/captured/(\d+)$ { proxy_pass http://{peer0}/number/$1?from=$uri; }
        location /rewritten/ { rewrite ^/rewritten/(.*)$ /new/$1 break; proxy_pass http://{peer0}; }
        location /rewritten/uri/ { rewrite ^ /new?x=1 break; proxy_pass http://{peer0}/ignored/; }
        location /group/ { proxy_pass http://group; }
        location /group/path/ { proxy_pass http://group/other/; }
        location /named/ { proxy_pass http://localhost:1/; }
        location /variable/named/ { proxy_connect_timeout 1s; proxy_pass http://$arg_b; }
        location /unix/ { proxy_pass http://{unix0}; }
        location /unix/path/ { proxy_pass http://{unix0}:/other/; }
        location /outer/ {
            proxy_pass http://{peer0}/o/;
            location /outer/inner/ { proxy_pass http://{peer0}/i/; }
        }
    }",
    )
}

/// Each target, and what the peer is asked for.
fn check(site: &Site, table: &[(&str, &str)]) {
    for (target, expected) in table {
        let status = site.get(target).status;
        let requests = site.peer(0).requests();
        let asked = requests.last().map(|request| request.target.as_str());
        assert_eq!((status, asked), (200, Some(*expected)), "{target}");
    }
}

fn a_path_without_uri_part_passes_as_sent(site: &mut Site) {
    check(
        site,
        &[
            ("/", "/"),
            ("/a/b?c=d", "/a/b?c=d"),
            ("/a//b/../c", "/a//b/../c"),
            ("/%41%20%2f?%41", "/%41%20%2f?%41"),
            ("/a?", "/a?"),
            ("http://absolute.example/a?b", "/a?b"),
            ("http://absolute.example", "/"),
        ],
    );
}

fn a_uri_part_replaces_the_prefix(site: &mut Site) {
    check(
        site,
        &[
            ("/slash/", "/"),
            ("/slash/a/b?c", "/a/b?c"),
            ("/slash//a", "/a"),
            ("/bare", "/"),
            ("/bareX", "/X"),
            ("/bare/a", "//a"),
            ("/path/", "/other/"),
            ("/path/a?b=c", "/other/a?b=c"),
            ("/cut/a", "/othera"),
            ("/query/a?b=c", "/other/?fixed=1&a?b=c"),
            ("/outer/a", "/o/a"),
            ("/outer/inner/a", "/i/a"),
        ],
    );
}

fn variables_make_the_whole_uri(site: &mut Site) {
    check(
        site,
        &[
            ("/variable/a%20b?c", "/variable/a%20b?c"),
            ("/variable/uri/a%20b?c", "/variable/uri/a%20b?c"),
            ("/variable/fixed/a?c", "/fixed"),
            ("/captured/42?x", "/number/42?from=/captured/42"),
        ],
    );
}

fn a_rewritten_path_replaces_all(site: &mut Site) {
    check(site, &[("/rewritten/a%20b?c=d", "/new/a%20b?c=d"), ("/rewritten/uri/a?c=d", "/new?x=1&c=d")]);
}

fn the_host_is_that_of_the_address(site: &mut Site) {
    let peer = site.peer(0).address();
    for (path, host) in [("/", peer.as_str()), ("/variable/", peer.as_str()), ("/group/", "group")] {
        site.get(path);
        assert_eq!(site.peer(0).requests().last().unwrap().field("Host"), Some(host), "{path}");
    }
    site.get("/unix/");
    assert_eq!(site.unix_peer(0).request().field("Host"), Some("localhost"));
}

fn a_group_is_named_as_written(site: &mut Site) {
    check(site, &[("/group/a", "/group/a"), ("/group/path/a", "/other/a")]);
}

fn a_unix_socket_is_reached(site: &mut Site) {
    for (path, expected) in [("/unix/a?b", "/unix/a?b"), ("/unix/path/a?b", "/other/a?b")] {
        assert_eq!(site.get(path).field("X-Peer"), Some("unix0"));
        assert_eq!(site.unix_peer(0).requests().last().unwrap().target, expected);
    }
}

fn a_name_in_a_variable_may_be_a_group(site: &mut Site) {
    check(site, &[("/variable/group/a", "/variable/group/a")]);
}

fn an_exact_location_is_replaced_whole(site: &mut Site) {
    check(site, &[("/exact", "/replaced"), ("/exact?a=b", "/replaced?a=b")]);
}

fn expressions_pass_as_sent(site: &mut Site) {
    check(site, &[("/expression/%41?b", "/expression/%41?b")]);
}

fn a_local_address_is_chosen(site: &mut Site) {
    site.peer(0).script(|conversation| {
        let from = conversation.wire().peer_address().unwrap().ip();
        conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-From: {from}\r\n\r\n"));
    });
    for from in ["127.0.0.5", "127.0.0.6"] {
        assert_eq!(site.get(&format!("/bound?from={from}")).field("X-From"), Some(from));
    }
    assert_eq!(site.get("/bound").field("X-From"), Some("127.0.0.1"), "an empty value binds nothing");
}

fn a_server_in_a_variable_may_be_one_that_is_named_elsewhere(site: &mut Site) {
    site.get("/variable/named/?b=LOCALHOST:1");
    assert!(site.error_log().contains("connect() failed"), "{}", site.error_log());
    site.get("/variable/named/?b=localhost:2");
    assert!(site.error_log().contains("no resolver defined to resolve localhost"), "{}", site.error_log());
}
