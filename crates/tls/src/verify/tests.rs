//! Chains made for the purpose, and what becomes of them.

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    GeneralSubtree, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, NameConstraints, RevokedCertParams,
    SerialNumber, date_time_ymd,
};
use rustls::pki_types::pem::PemObject as _;

use super::*;

/// An authority, or somebody it vouches for.
struct Party {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![format!("{name}.example.com")]).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

fn own(params: CertificateParams) -> Party {
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    Party { certificate, issuer: Issuer::new(params, key) }
}

impl Party {
    fn signs(&self, params: CertificateParams) -> Party {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Party { certificate, issuer: Issuer::new(params, key) }
    }

    fn der(&self) -> CertificateDer<'static> {
        self.certificate.der().clone()
    }

    fn list(&self, revoked: &[u64], until: i32) -> CertificateRevocationListDer<'static> {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: date_time_ymd(2024, 1, 1),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: date_time_ymd(2024, 1, 1),
            next_update: date_time_ymd(until, 1, 1),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().der().clone()
    }
}

/// Looked at in 2030.
fn judge(trust: &Trust, chain: &[&Party], depth: u32) -> Result<(), Rejected> {
    let chain: Vec<_> = chain.iter().map(|party| party.der()).collect();
    trust.verify(&chain, depth, Purpose::Server, now())
}

fn now() -> UnixTime {
    UnixTime::since_unix_epoch(std::time::Duration::from_secs(1_900_000_000))
}

fn trust(anchors: &[&Party]) -> Trust {
    Trust::new(anchors.iter().map(|party| party.der()).collect()).unwrap()
}

#[test]
fn a_chain_leads_to_an_authority_within_its_depth() {
    let root = own(authority("root"));
    let (middle, stranger) = (root.signs(authority("middle")), own(authority("stranger")));
    let low = middle.signs(authority("low"));
    let end = low.signs(params("end"));
    let known = trust(&[&root]);
    assert_eq!(judge(&known, &[&end, &low, &middle], 2), Ok(()));
    assert_eq!(judge(&known, &[&end, &middle, &stranger, &low], 2), Ok(()), "the order means nothing");
    assert_eq!(judge(&known, &[&end, &low, &middle], 1), Err(Rejected::TooLong));
    assert_eq!(judge(&known, &[&end, &low], 9), Err(Rejected::NoIssuer));
    assert_eq!(judge(&known, &[&end], 9), Err(Rejected::NoIssuerOfFirst));
    assert_eq!(judge(&known, &[], 9), Err(Rejected::Malformed));
    assert_eq!(judge(&trust(&[&root, &middle, &low]), &[&end], 2), Ok(()), "what is trusted need not be sent");
    assert_eq!(judge(&trust(&[&middle]), &[&end, &low, &root], 9), Err(Rejected::NoIssuerOfTrusted));
    assert_eq!(judge(&trust(&[&stranger]), &[&end, &low, &middle, &root], 9), Err(Rejected::SelfSignedInChain));
}

#[test]
fn a_certificate_may_be_its_own_authority_if_it_is_trusted() {
    let (alone, other) = (own(params("alone")), own(params("alone")));
    assert_eq!(judge(&trust(&[&alone]), &[&alone], 0), Ok(()));
    assert_eq!(judge(&trust(&[&other]), &[&alone], 0), Err(Rejected::SelfSigned), "a name alone proves nothing");
}

#[test]
fn a_signature_of_another_authority_of_the_same_name_is_none() {
    let (root, impostor) = (own(authority("root")), own(authority("root")));
    let end = impostor.signs(params("end"));
    assert!(judge(&trust(&[&root]), &[&end], 1).is_err());
    assert_eq!(judge(&trust(&[&root, &impostor]), &[&end], 1), Ok(()));
}

#[test]
fn a_certificate_has_its_time_and_its_use() {
    let root = own(authority("root"));
    let known = trust(&[&root]);
    let with = |change: fn(&mut CertificateParams)| {
        let mut params = params("end");
        change(&mut params);
        judge(&known, &[&root.signs(params)], 1)
    };
    assert_eq!(with(|params| params.not_after = date_time_ymd(2025, 1, 1)), Err(Rejected::Expired));
    assert_eq!(with(|params| params.not_before = date_time_ymd(2050, 1, 1)), Err(Rejected::NotYetValid));
    assert_eq!(with(|params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]), Ok(()));
    let client =
        |params: &mut CertificateParams| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    assert_eq!(with(client), Err(Rejected::WrongPurpose));
    assert_eq!(with(|params| params.key_usages = vec![KeyUsagePurpose::CrlSign]), Err(Rejected::WrongPurpose));
}

#[test]
fn only_authorities_issue_and_no_higher_than_they_may() {
    let root = own(authority("root"));
    let known = trust(&[&root]);
    let none = root.signs(params("none"));
    assert_eq!(judge(&known, &[&none.signs(params("end")), &none], 5), Err(Rejected::NotAuthority));
    let mut low = authority("low");
    low.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    let low = root.signs(low);
    assert_eq!(judge(&known, &[&low.signs(params("end")), &low], 5), Ok(()));
    let lower = low.signs(authority("lower"));
    assert_eq!(judge(&known, &[&lower.signs(params("end")), &lower, &low], 5), Err(Rejected::PathLength));
    let mut mute = authority("mute");
    mute.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let mute = root.signs(mute);
    assert_eq!(judge(&known, &[&mute.signs(params("end")), &mute], 5), Err(Rejected::NotAuthority));
}

#[test]
fn an_authority_vouches_only_for_the_names_it_may() {
    let mut bound = authority("root");
    bound.name_constraints = Some(NameConstraints {
        permitted_subtrees: vec![GeneralSubtree::DnsName("example.com".into())],
        excluded_subtrees: vec![GeneralSubtree::DnsName("secret.example.com".into())],
    });
    let root = own(bound);
    let known = trust(&[&root]);
    let of = |name: &str| judge(&known, &[&root.signs(CertificateParams::new(vec![name.into()]).unwrap())], 1);
    assert_eq!(of("a.example.com"), Ok(()));
    assert_eq!(of("example.com"), Ok(()));
    assert_eq!(of("badexample.com"), Err(Rejected::NotPermitted));
    assert_eq!(of("a.secret.example.com"), Err(Rejected::Excluded));
}

#[test]
fn what_was_revoked_is_not_believed() {
    let root = own(authority("root"));
    let numbered = |mut params: CertificateParams, serial: u64| {
        params.serial_number = Some(serial.into());
        params
    };
    let middle = root.signs(numbered(authority("middle"), 7));
    let end = middle.signs(numbered(params("end"), 8));
    let with = |lists: &[CertificateRevocationListDer<'static>]| {
        judge(&trust(&[&root]).with_revoked(lists).unwrap(), &[&end, &middle], 1)
    };
    assert_eq!(with(&[root.list(&[], 2100), middle.list(&[], 2100)]), Ok(()));
    assert_eq!(with(&[root.list(&[], 2100), middle.list(&[8], 2100)]), Err(Rejected::Revoked));
    assert_eq!(with(&[root.list(&[7], 2100), middle.list(&[], 2100)]), Err(Rejected::Revoked));
    assert_eq!(with(&[root.list(&[], 2100)]), Err(Rejected::NoList), "every authority has one");
    assert_eq!(with(&[]), Err(Rejected::NoList));
    assert_eq!(with(&[root.list(&[], 2025), middle.list(&[], 2100)]), Err(Rejected::ListExpired));
    assert_eq!(
        with(&[root.list(&[], 2025), root.list(&[], 2100), middle.list(&[], 2100)]),
        Ok(()),
        "a newer one counts"
    );
    let forged = own(authority("middle")).list(&[], 2100);
    assert_eq!(with(&[root.list(&[], 2100), forged]), Err(Rejected::BadListSignature));
}

#[test]
fn version_1_certificates_and_common_names_are_taken() {
    let old = CertificateDer::from_pem_slice(include_bytes!("tests/version-1.pem")).unwrap();
    let known = Trust::new(vec![old.clone()]).unwrap();
    assert_eq!(known.verify(std::slice::from_ref(&old), 1, Purpose::Server, now()), Ok(()));
    assert!(matches_name(&old, "2.example.com") && !matches_name(&old, "bad.example.com"));
    let named = own(params("common"));
    assert!(matches_name(&named.der(), "common.example.com"));
    assert!(!matches_name(&named.der(), "common"), "other names stand before the common one");
    assert_eq!(known.subjects().len(), 1);
}

#[test]
fn what_a_peer_sends_does_not_cost_without_bound() {
    // Authorities of one name that all may have issued each other.
    let parties: Vec<Party> = (0..40).map(|_| own(authority("same"))).collect();
    let crossed: Vec<Party> = parties.iter().map(|party| party.signs(authority("same"))).collect();
    let end = parties[0].signs(params("end"));
    let mut chain = vec![&end];
    chain.extend(&crossed);
    chain.extend(&parties[1..]);
    let known = trust(&[&own(authority("same"))]);
    let chain: Vec<_> = chain.iter().map(|party| party.der()).collect();
    let parsed: Vec<_> = chain.iter().map(|der| parse(der).unwrap()).collect();
    let mut search = Search::new(&known, &parsed, 100, 0);
    assert!(search.run().is_err());
    assert!(search.signatures() <= 33, "{} signatures", search.signatures());
}
