//! A proxy to itself: a mistake that ends by itself.

use testkit::{Setup, Site, cases};

cases!(loops, setup, [a_proxy_to_itself_gives_up]);

fn setup() -> Setup {
    Setup::main(
        "
worker_processes 1;
worker_rlimit_nofile 400;
error_log error.log;
events {}
http {
    server {
        listen {front};
        location / { proxy_pass http://{front}; }
        location /fine { return 200 fine; }
    }
}",
    )
}

fn a_proxy_to_itself_gives_up(site: &mut Site) {
    // Each turn takes two descriptors: whether the last is one that comes in or one that goes out depends on what is there already.
    for there in [0, 1] {
        let _idle: Vec<_> = (0..there).map(|_| site.client()).collect();
        assert_eq!(site.get("/").status, 502, "{there}");
        assert_eq!(site.get("/fine").text(), "fine");
    }
}
