//! Runs a group's cases one after another against one server, on each transport, and reports all that failed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use crate::server::is_nginx;
use crate::setup::{Setup, Site};

/// How the server's workers do input and output.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Transport {
    /// Readiness, through epoll.
    Epoll,
    /// Completions, through `io_uring`.
    Uring,
}

impl Transport {
    /// The name that the directive `transport` takes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Epoll => "epoll",
            Self::Uring => "uring",
        }
    }

    /// Why this transport cannot be tested here, if so.
    pub fn unavailable(self) -> Option<String> {
        match self {
            Self::Epoll => None,
            Self::Uring if is_nginx() => Some("nginx has one transport".to_owned()),
            Self::Uring => io_uring::IoUring::new(8).err().map(|error| format!("the kernel refuses io_uring: {error}")),
        }
    }
}

/// One behaviour, tested on a running site.
pub type Case = (&'static str, fn(&mut Site));

/// How many servers a group of cases takes.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// One, which all cases leave as they found it.
    One,
    /// One for each case.
    Fresh,
}

/// Runs every case, on one site or each on its own; `ZAGUAN_TEST_CASE` picks those whose name contains it.
pub fn run_cases(built: &str, transport: Transport, sharing: Sharing, setup: fn() -> Setup, cases: &[Case]) {
    if let Some(reason) = transport.unavailable() {
        println!("skipped on {}: {reason}", transport.name());
        return;
    }
    let wanted = std::env::var("ZAGUAN_TEST_CASE").unwrap_or_default();
    let cases: Vec<&Case> = cases.iter().filter(|(name, _)| name.contains(&wanted)).collect();
    let mut groups = match sharing {
        Sharing::One => vec![cases.as_slice()],
        Sharing::Fresh => cases.chunks(1).collect(),
    };
    groups.retain(|group| !group.is_empty());
    let failed: Vec<&str> = groups.iter().flat_map(|group| run_on_one_site(built, transport, setup, group)).collect();
    let (bad, all) = (failed.len(), cases.len());
    assert!(failed.is_empty(), "{bad} of {all} cases failed on {}: {}", transport.name(), failed.join(", "));
}

/// Runs the cases one after another and gives the names of those that failed.
fn run_on_one_site(built: &str, transport: Transport, setup: fn() -> Setup, cases: &[&Case]) -> Vec<&'static str> {
    let mut site = setup().start(built, transport);
    let mut failed = Vec::new();
    for (name, case) in cases {
        site.reset_peers();
        let start = Instant::now();
        if catch_unwind(AssertUnwindSafe(|| case(&mut site))).is_err() {
            println!("--- case {name} failed on {}", transport.name());
            failed.push(*name);
        }
        println!("{:6.3} s {name}", start.elapsed().as_secs_f64());
    }
    if failed.is_empty() {
        site.stop();
    } else {
        println!("last lines of the log:\n{}", site.story());
    }
    failed
}

/// Declares a group of cases on one site: `cases!(name, setup, [first, second])` becomes two tests, one for each transport.
#[macro_export]
macro_rules! cases {
    ($group:ident, $setup:ident, [$($case:ident),+ $(,)?]) => {
        $crate::cases!($group, One, $setup, [$($case),+]);
    };
    ($group:ident, $sharing:ident, $setup:ident, [$($case:ident),+ $(,)?]) => {
        mod $group {
            const CASES: &[$crate::Case] = &[$((stringify!($case), super::$case)),+];

            fn run(transport: $crate::Transport) {
                let built = env!("CARGO_BIN_EXE_zaguan");
                $crate::run_cases(built, transport, $crate::Sharing::$sharing, super::$setup, CASES);
            }

            #[test]
            fn epoll() {
                run($crate::Transport::Epoll);
            }

            #[test]
            fn uring() {
                run($crate::Transport::Uring);
            }
        }
    };
}

/// Whether to leave a case out because the test runs against a real nginx, which differs there on purpose.
pub fn skip_on_nginx(reason: &str) -> bool {
    if is_nginx() {
        println!("skipped on nginx: {reason}");
    }
    is_nginx()
}
