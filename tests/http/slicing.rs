//! Answers that are asked for, and kept, in slices.

use testkit::{Setup, Site, cases};

cases!(
    slicing,
    setup,
    [
        each_slice_is_asked_for_and_kept_by_itself,
        a_part_needs_no_more_than_its_slices,
        what_is_not_cut_is_passed_on,
        slices_that_do_not_fit_end_the_answer,
        a_slice_that_is_longer_than_it_says_ends_the_answer,
        slices_without_a_cache,
        what_is_wrong_with_a_slice_that_nobody_wants_does_not_matter,
    ]
);

const TEXT: &str = "0123456789abcdef";

fn setup() -> Setup {
    Setup::http(
        "
    proxy_cache_path cache keys_zone=one:1m;
    server {
        listen {front};
        add_header X-Cache $upstream_cache_status;
        proxy_set_header Range $slice_range;
        proxy_cache_key $uri$slice_range;
        location / { slice 4; proxy_pass http://{peer0}; proxy_cache one; proxy_cache_valid 200 206 1h; }
        location /bare/ { slice 4; proxy_pass http://{peer0}; }
    }",
    )
    .open_directory("cache")
}

/// The peer serves ranges of a text under this tag; without one, all of it.
fn serve(site: &Site, etag: impl Fn(usize) -> String + Send + Sync + 'static) {
    site.peer(0).reset();
    site.peer(0).script(move |conversation| {
        let range = conversation.request().field("Range").unwrap_or_default().to_owned();
        let Some((first, last)) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
            conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Length: 16\r\n\r\n{TEXT}"));
            return;
        };
        let (first, last): (usize, usize) = (first.parse().unwrap(), last.parse().unwrap());
        if first >= TEXT.len() {
            conversation.send("HTTP/1.1 416 No\r\nContent-Range: bytes */16\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        let (last, tag) = (last.min(TEXT.len() - 1), etag(first));
        let (part, length) = (&TEXT[first..=last], last + 1 - first);
        conversation.send(format!(
            "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{last}/16\r\nETag: \"{tag}\"\r\n\
             Content-Length: {length}\r\n\r\n{part}"
        ));
    });
}

/// The ranges that the peer was asked for.
fn asked(site: &Site) -> Vec<String> {
    site.peer(0).requests().iter().map(|request| request.field("Range").unwrap_or("-").to_owned()).collect()
}

fn each_slice_is_asked_for_and_kept_by_itself(site: &mut Site) {
    serve(site, |_| "a".into());
    let whole = site.get("/whole");
    assert_eq!((whole.status, whole.text().as_str(), whole.field("X-Cache")), (200, TEXT, Some("MISS")));
    assert_eq!((whole.field("Content-Length"), whole.field("Content-Range")), (Some("16"), None));
    assert_eq!(asked(site), ["bytes=0-3", "bytes=4-7", "bytes=8-11", "bytes=12-15"]);
    let again = site.get("/whole");
    assert_eq!((again.text().as_str(), again.field("X-Cache")), (TEXT, Some("HIT")));
    assert_eq!(asked(site).len(), 4, "all of it is kept");
}

fn a_part_needs_no_more_than_its_slices(site: &mut Site) {
    serve(site, |_| "a".into());
    for (range, content_range, expected) in [
        ("bytes=5-6", "bytes 5-6/16", "56"),
        ("bytes=3-8", "bytes 3-8/16", "345678"),
        ("bytes=14-", "bytes 14-15/16", "ef"),
        ("bytes=-3", "bytes 13-15/16", "def"),
    ] {
        let part = site.get_with("/part", &format!("Range: {range}\r\n"));
        assert_eq!((part.status, part.field("Content-Range")), (206, Some(content_range)), "{range}");
        assert_eq!(part.text(), expected, "{range}");
    }
    assert_eq!(asked(site), ["bytes=4-7", "bytes=0-3", "bytes=8-11", "bytes=12-15"]);
    assert_eq!(site.get_with("/part", "Range: bytes=16-\r\n").status, 416);
    let several = site.get_with("/part", "Range: bytes=0-1,5-6\r\n");
    assert_eq!((several.status, several.text().as_str()), (200, TEXT), "as nginx has it, one range at a time");
    assert_eq!(site.get_with("/part", "If-None-Match: \"a\"\r\n").status, 304);
}

fn what_is_not_cut_is_passed_on(site: &mut Site) {
    site.peer(0).reply("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
    let whole = site.get_with("/uncut", "Range: bytes=1-2\r\n");
    assert_eq!(whole.text(), "whole");
    site.peer(0).reply("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    assert_eq!(site.get("/none").status, 404);
}

fn slices_that_do_not_fit_end_the_answer(site: &mut Site) {
    serve(site, |first| (first / 8).to_string());
    let mut client = site.client();
    client.send("GET /changed HTTP/1.1\r\nHost: a\r\n\r\n");
    let text = String::from_utf8_lossy(&client.read_to_end_or_reset()).into_owned();
    assert!(text.ends_with("01234567"), "another file's bytes are not mixed in: {text}");
    site.server().wait_for_log("etag mismatch in slice response");
    for (number, field) in
        ["", "Content-Range: bytes\r\n", "Content-Range: bytes 0-3/*\r\n", "Content-Range: bytes 1-4/16\r\n"]
            .into_iter()
            .enumerate()
    {
        site.peer(0).reset();
        site.peer(0).reply(format!("HTTP/1.1 206 Partial\r\n{field}Content-Length: 4\r\n\r\n0123"));
        assert_eq!(site.get(&format!("/bad/{number}")).status, 502, "{field}");
    }
}

/// Beyond its range a slice has bytes of nobody knows what: they are not taken for those of the next one.
fn a_slice_that_is_longer_than_it_says_ends_the_answer(site: &mut Site) {
    for (chunked, too_long, expected) in
        [(false, 4, "0123"), (true, 4, "0123"), (false, 12, "0123456789ab"), (true, 12, "0123456789ab")]
    {
        site.peer(0).reset();
        site.peer(0).script(move |conversation| {
            let range = conversation.request().field("Range").unwrap_or_default().to_owned();
            let first: usize = range.trim_start_matches("bytes=").split('-').next().unwrap().parse().unwrap();
            let part = [&TEXT[first..first + 4], if first == too_long { "XY" } else { "" }].concat();
            let head = format!("HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {first}-{}/16\r\n", first + 3);
            conversation.send(if chunked {
                format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{part}\r\n0\r\n\r\n", part.len())
            } else {
                format!("{head}Content-Length: {}\r\n\r\n{part}", part.len())
            });
        });
        for path in ["/bare", ""] {
            let mut client = site.client();
            client.send(format!("GET {path}/long/{chunked}/{too_long} HTTP/1.1\r\nHost: a\r\n\r\n"));
            let text = String::from_utf8_lossy(&client.read_to_end_or_reset()).into_owned();
            let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            assert_eq!(body, expected, "{path} chunked: {chunked}, at {too_long}");
        }
    }
    site.server().wait_for_log("unexpected length 6 in slice response");
    site.server().wait_for_log("upstream sent an invalid body");
    site.peer(0).reset();
    site.peer(0).reply("HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-3/16\r\nContent-Length: 5\r\n\r\n01234");
    assert_eq!(site.get("/bare/first").status, 502);
}

fn slices_without_a_cache(site: &mut Site) {
    serve(site, |_| "a".into());
    assert_eq!(site.get("/bare/x").text(), TEXT);
    assert_eq!(site.get_with("/bare/x", "Range: bytes=7-8\r\n").text(), "78");
    assert_eq!(asked(site).len(), 6);
    let head = site.ask("HEAD /bare/x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert_eq!((head.status, head.field("Content-Length")), (200, Some("16")));
}

/// The end of an answer is asked for: its first slice tells how long it is, and no more.
fn what_is_wrong_with_a_slice_that_nobody_wants_does_not_matter(site: &mut Site) {
    site.peer(0).script(|conversation| {
        let asked = conversation.request().field("Range").unwrap_or_default().to_owned();
        let head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes";
        conversation.send(if asked == "bytes=0-3" {
            format!("{head} 0-3/16\r\nTransfer-Encoding: chunked\r\n\r\nno chunk\r\n")
        } else {
            format!("{head} 12-15/16\r\nContent-Length: 4\r\n\r\ncdef")
        });
    });
    for path in ["/bare/end", "/end"] {
        let part = site.get_with(path, "Range: bytes=-3\r\n");
        assert_eq!((part.status, part.text().as_str()), (206, "def"), "{path}");
    }
}
