//! The names that an authority may vouch for (RFC 5280 §4.2.1.10).

use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, GeneralSubtree};
use x509_parser::x509::X509Name;

use super::Rejected;
use super::certificate::{canonical, is_self_issued};

/// Looks at a path from the peer's certificate to its authority.
pub(super) fn check(path: &[X509Certificate<'_>]) -> Result<(), Rejected> {
    for (index, authority) in path.iter().enumerate().skip(1) {
        let constraints = authority.name_constraints().map_err(|_| Rejected::UnknownConstraint)?;
        let Some(constraints) = constraints else { continue };
        let permitted = constraints.value.permitted_subtrees.as_deref().unwrap_or_default();
        let excluded = constraints.value.excluded_subtrees.as_deref().unwrap_or_default();
        for (place, certificate) in path.iter().enumerate().take(index) {
            if place == 0 || !is_self_issued(certificate) {
                each_name(certificate, place == 0, |name| judge(name, permitted, excluded))?;
            }
        }
    }
    Ok(())
}

/// Every name that a certificate has; the first one's common name where it has no other for hosts.
fn each_name(
    certificate: &X509Certificate<'_>,
    first: bool,
    mut judge: impl FnMut(&GeneralName<'_>) -> Result<(), Rejected>,
) -> Result<(), Rejected> {
    let subject = certificate.subject();
    if subject.iter().next().is_some() {
        judge(&GeneralName::DirectoryName(subject.clone()))?;
    }
    let alternatives = certificate.subject_alternative_name().map_err(|_| Rejected::UnknownConstraint)?;
    let alternatives = alternatives.map_or(&[][..], |names| &names.value.general_names);
    alternatives.iter().try_for_each(&mut judge)?;
    if first && !alternatives.iter().any(|name| matches!(name, GeneralName::DNSName(_))) {
        let common = subject.iter_common_name().filter_map(|common| common.as_str().ok());
        let mut hosts = common.filter(|common| common.contains('.') && !common.contains(' '));
        hosts.try_for_each(|host| judge(&GeneralName::DNSName(host)))?;
    }
    Ok(())
}

fn judge(
    name: &GeneralName<'_>,
    permitted: &[GeneralSubtree<'_>],
    excluded: &[GeneralSubtree<'_>],
) -> Result<(), Rejected> {
    let mut bound = false;
    let mut allowed = false;
    for tree in permitted.iter().filter(|tree| is_same_kind(name, &tree.base)) {
        bound = true;
        allowed |= is_within(name, &tree.base)?;
    }
    if bound && !allowed {
        return Err(Rejected::NotPermitted);
    }
    for tree in excluded.iter().filter(|tree| is_same_kind(name, &tree.base)) {
        if is_within(name, &tree.base)? {
            return Err(Rejected::Excluded);
        }
    }
    Ok(())
}

fn is_same_kind(name: &GeneralName<'_>, base: &GeneralName<'_>) -> bool {
    std::mem::discriminant(name) == std::mem::discriminant(base)
}

fn is_within(name: &GeneralName<'_>, base: &GeneralName<'_>) -> Result<bool, Rejected> {
    match (name, base) {
        (GeneralName::DNSName(host), GeneralName::DNSName(base)) => Ok(is_host_within(host, base)),
        (GeneralName::IPAddress(address), GeneralName::IPAddress(base)) => Ok(is_address_within(address, base)),
        (GeneralName::DirectoryName(name), GeneralName::DirectoryName(base)) => Ok(is_name_within(name, base)),
        _ => Err(Rejected::UnknownConstraint),
    }
}

fn is_name_within(name: &X509Name<'_>, base: &X509Name<'_>) -> bool {
    canonical(name).starts_with(&canonical(base))
}

/// `example.com` bounds itself and what is below; `.example.com` only what is below; an empty base nothing.
fn is_host_within(host: &str, base: &str) -> bool {
    let Some(at) = host.len().checked_sub(base.len()) else { return false };
    let Some((before, end)) = host.split_at_checked(at) else { return false };
    let whole = before.is_empty() || before.ends_with('.') || base.starts_with('.');
    base.is_empty() || (whole && end.eq_ignore_ascii_case(base))
}

/// The base is an address and a mask.
fn is_address_within(address: &[u8], base: &[u8]) -> bool {
    let Some((network, mask)) = base.split_at_checked(address.len()) else { return false };
    mask.len() == network.len()
        && address.iter().zip(network).zip(mask).all(|((own, network), mask)| own & mask == network & mask)
}
