//! Files that stay open between requests: nobody can tell, unless `open_file_cache` says for how long a path is believed.

use std::fs;

use testkit::{Setup, Site, cases};

cases!(
    open_files,
    setup,
    [
        a_file_that_was_replaced_is_sent_as_it_is_now,
        a_file_that_was_rewritten_is_sent_as_it_is_now,
        a_file_that_was_removed_is_gone,
        a_file_that_comes_is_found,
        a_path_is_believed_as_long_as_configured,
        a_file_that_is_not_used_often_is_looked_at_again,
        what_is_missing_is_believed_where_configured,
        more_files_than_may_be_kept_are_served,
    ]
);

fn setup() -> Setup {
    Setup::http(
        r"
    server {
        listen {front};
        root html;
        location /believed/ { open_file_cache max=100 inactive=1h; open_file_cache_valid 1h; }
        location /seldom/ { open_file_cache max=100; open_file_cache_valid 1h; open_file_cache_min_uses 3; }
        location /missing/ { open_file_cache max=100; open_file_cache_valid 1h; open_file_cache_errors on; }
        location /few/ { open_file_cache max=2; open_file_cache_valid 1h; }
    }",
    )
    .file("html/a.html", "first")
    .file("html/believed/a.html", "first")
    .file("html/seldom/a.html", "first")
    .file("html/missing/there.html", "first")
    .file("html/few/1", "1")
    .file("html/few/2", "2")
    .file("html/few/3", "3")
}

/// Puts another file in the place of one.
fn replace(site: &Site, path: &str, text: &str) {
    let path = site.prefix().path().join(path);
    let other = path.with_extension("new");
    fs::write(&other, text).unwrap();
    fs::rename(other, path).unwrap();
}

fn text(site: &Site, target: &str) -> String {
    let response = site.get(target);
    assert_eq!(response.status, 200, "{target}");
    response.text()
}

fn a_file_that_was_replaced_is_sent_as_it_is_now(site: &mut Site) {
    assert_eq!(text(site, "/a.html"), "first");
    replace(site, "html/a.html", "other");
    assert_eq!(text(site, "/a.html"), "other");
}

fn a_file_that_was_rewritten_is_sent_as_it_is_now(site: &mut Site) {
    fs::write(site.prefix().path().join("html/b.html"), "before").unwrap();
    assert_eq!(text(site, "/b.html"), "before");
    fs::write(site.prefix().path().join("html/b.html"), "after it").unwrap();
    assert_eq!(text(site, "/b.html"), "after it");
}

fn a_file_that_was_removed_is_gone(site: &mut Site) {
    let path = site.prefix().path().join("html/c.html");
    fs::write(&path, "there").unwrap();
    assert_eq!(text(site, "/c.html"), "there");
    fs::remove_file(&path).unwrap();
    assert_eq!(site.get("/c.html").status, 404);
}

fn a_file_that_comes_is_found(site: &mut Site) {
    assert_eq!(site.get("/d.html").status, 404);
    fs::write(site.prefix().path().join("html/d.html"), "come").unwrap();
    assert_eq!(text(site, "/d.html"), "come");
}

fn a_path_is_believed_as_long_as_configured(site: &mut Site) {
    assert_eq!(text(site, "/believed/a.html"), "first");
    replace(site, "html/believed/a.html", "other");
    assert_eq!(text(site, "/believed/a.html"), "first");
    fs::remove_file(site.prefix().path().join("html/believed/a.html")).unwrap();
    assert_eq!(text(site, "/believed/a.html"), "first");
}

fn a_file_that_is_not_used_often_is_looked_at_again(site: &mut Site) {
    assert_eq!(text(site, "/seldom/a.html"), "first");
    replace(site, "html/seldom/a.html", "second");
    assert_eq!(text(site, "/seldom/a.html"), "second");
    assert_eq!(text(site, "/seldom/a.html"), "second");
    replace(site, "html/seldom/a.html", "third");
    assert_eq!(text(site, "/seldom/a.html"), "second");
}

fn what_is_missing_is_believed_where_configured(site: &mut Site) {
    assert_eq!(site.get("/missing/a.html").status, 404);
    fs::write(site.prefix().path().join("html/missing/a.html"), "come").unwrap();
    assert_eq!(site.get("/missing/a.html").status, 404);
    assert_eq!(text(site, "/missing/there.html"), "first");
}

fn more_files_than_may_be_kept_are_served(site: &mut Site) {
    for round in 0..3 {
        for name in ["1", "2", "3"] {
            assert_eq!(text(site, &format!("/few/{name}")), name, "round {round}");
        }
    }
}
