//! Directories that several issuers share, and those of earlier versions.

use diagnostic::Origin;
use model::{AccountKey, KeyKind, Renewal};

use super::*;

fn order() -> CertificateOrder {
    CertificateOrder {
        issuer: 0,
        identifiers: vec!["one.example".parse().unwrap()],
        key: KeyKind::P256,
        renewal: Renewal::Usual,
        origin: Origin::default(),
    }
}

fn issuer(directory: &str) -> Issuer {
    Issuer {
        name: "one".to_owned(),
        directory: directory.to_owned(),
        account_key: AccountKey::Made(KeyKind::P256),
        contacts: Vec::new(),
        external_account: None,
        challenges: Vec::new(),
        dns: None,
        preferred_chain: None,
        profile: None,
        authorities: None,
        state: None,
        accepts_terms: true,
        common_name: false,
        resolver: None,
        origin: Origin::default(),
    }
}

/// An empty directory, which goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("zaguan-state-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).unwrap();
    }
}

#[test]
fn what_one_issuer_issued_is_not_taken_for_anothers() {
    let folder = Folder::new("issuers");
    let state = State::new(&folder.0);
    let (test, real) = (issuer("https://test.example/directory"), issuer("https://real.example/directory"));
    state.keep_certificate(&file_name(&order(), &test), "chain", "key").unwrap();
    let kept = |issuer: &Issuer| state.certificate(&file_name(&order(), issuer)).unwrap();
    assert_eq!((kept(&test).as_deref(), kept(&real)), (Some(&b"keychain"[..]), None));
}

#[test]
fn what_an_earlier_version_kept_is_found_by_the_issuer_that_is_asked_first() {
    let folder = Folder::new("former");
    let state = State::new(&folder.0);
    let former = former_file_name(&order());
    assert_eq!(former, "one.example-a75fe69052507e5c");
    let names = ["https://a.example/", "https://b.example/"].map(|directory| file_name(&order(), &issuer(directory)));
    state.adopt(&former, &names[0]).unwrap();
    assert_eq!(state.certificate(&names[0]).unwrap(), None, "there was none");
    state.keep_certificate(&former, "chain", "key").unwrap();
    for name in &names {
        state.adopt(&former, name).unwrap();
    }
    assert_eq!(state.certificate(&names[0]).unwrap().as_deref(), Some(&b"keychain"[..]));
    assert_eq!(state.certificate(&names[1]).unwrap(), None);
    // What is there is not replaced.
    state.keep_certificate(&former, "older", "key").unwrap();
    state.adopt(&former, &names[0]).unwrap();
    assert_eq!(state.certificate(&names[0]).unwrap().as_deref(), Some(&b"keychain"[..]));
}
