//! Apache's files `.htaccess`: what directories say of themselves.

use testkit::{Setup, Site, cases, eventually};

cases!(
    htaccess,
    setup,
    [
        rules_of_a_directory_lead_to_its_front,
        a_directory_says_who_may_come_in,
        a_file_that_is_wrong_is_answered_with_500,
        only_what_is_allowed_is_taken,
        deeper_files_come_last,
        changes_are_taken_over
    ]
);

const CONFIG: &str = r#"
<VirtualHost {front}>
    ServerName site.test
    DocumentRoot {prefix}/html
    <Directory {prefix}/html>
        AllowOverride All
    </Directory>
    <Directory {prefix}/html/fields>
        AllowOverride FileInfo
        Header set X-Last section
    </Directory>
    <FilesMatch "^\.ht">
        Require all denied
    </FilesMatch>
</VirtualHost>
"#;

const FRONT: &str = r"
<IfModule mod_rewrite.c>
RewriteEngine On
RewriteBase /blog/
RewriteRule ^front\.txt$ - [L]
RewriteCond %{REQUEST_FILENAME} !-f
RewriteCond %{REQUEST_FILENAME} !-d
RewriteRule . /blog/front.txt [L]
</IfModule>
";

fn setup() -> Setup {
    Setup::apache(CONFIG)
        .file("html/blog/.htaccess", FRONT)
        .file("html/blog/front.txt", "front")
        .file("html/blog/style.css", "style")
        .file(
            "html/members/.htaccess",
            "AuthType Basic\nAuthName \"members\"\nRequire valid-user\nAuthUserFile users\n",
        )
        .file("html/members/a.txt", "for members")
        .file("html/members/open/.htaccess", "Require all granted\n")
        .file("html/members/open/a.txt", "for all")
        .file("users", "ann:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n")
        .file("html/wrong/.htaccess", "Header set X-Own yes\nRubbish\n")
        .file("html/wrong/deep/a.txt", "lost")
        .file("html/fields/.htaccess", "Header set X-Last file\n<Files a.txt>\nHeader set X-Name a\n</Files>\n")
        .file("html/changing/a.txt", "changing")
        .file("html/fields/a.txt", "a")
        .file("html/fields/deep/.htaccess", "Header set X-Last deep\n")
        .file("html/fields/deep/a.txt", "deep")
        .file("html/fields/guarded/.htaccess", "Require all denied\n")
        .file("html/fields/guarded/a.txt", "guarded")
}

fn rules_of_a_directory_lead_to_its_front(site: &mut Site) {
    assert_eq!(site.get("/blog/2026/a-post?x=1").text(), "front");
    assert_eq!(site.get("/blog/style.css").text(), "style");
    assert_eq!(site.get("/none").status, 404);
    assert_eq!(site.get("/blog/.htaccess").status, 403);
}

fn a_directory_says_who_may_come_in(site: &mut Site) {
    assert_eq!(site.get("/members/a.txt").status, 401);
    let secret = "GET /members/a.txt HTTP/1.1\r\nHost: site.test\r\nAuthorization: Basic YW5uOnNlY3JldA==\r\n\r\n";
    assert_eq!(site.client().ask(secret).text(), "for members");
    assert_eq!(site.get("/members/open/a.txt").text(), "for all");
}

fn a_file_that_is_wrong_is_answered_with_500(site: &mut Site) {
    for path in ["/wrong/", "/wrong/deep/a.txt", "/wrong/none"] {
        assert_eq!(site.get(path).status, 500, "{path}");
    }
}

fn only_what_is_allowed_is_taken(site: &mut Site) {
    assert_eq!(site.get("/fields/guarded/a.txt").status, 500);
    assert_eq!(site.get("/fields/a.txt").text(), "a");
}

fn deeper_files_come_last(site: &mut Site) {
    for (path, last) in [("/fields/a.txt", "file"), ("/fields/deep/a.txt", "deep")] {
        let response = site.get(path);
        assert_eq!(response.all("X-Last"), [last], "{path}");
        assert_eq!(response.all("X-Name"), ["a"], "{path}");
    }
}

fn changes_are_taken_over(site: &mut Site) {
    let answer = |path: &'static str| move |site: &mut Site| site.get(path).all("X-Made").concat();
    let (changed, made) = (answer("/changing/a.txt"), answer("/changing/new/deep/a.txt"));
    assert_eq!(changed(site), "");
    site.prefix().write("html/changing/.htaccess", "Header set X-Made once\n");
    eventually("a file that is new counts", || changed(site) == "once");
    site.prefix().write("html/changing/.htaccess", "Header set X-Made twice\n");
    eventually("a file that was changed counts", || changed(site) == "twice");
    site.prefix().write("html/changing/new/deep/a.txt", "new");
    site.prefix().write("html/changing/new/deep/.htaccess", "Header set X-Made deep\n");
    eventually("a file in a new directory counts", || made(site) == "deep");
    std::fs::remove_file(site.prefix().path().join("html/changing/.htaccess")).unwrap();
    eventually("a file that is gone counts no longer", || changed(site).is_empty());
}
