//! The directives of `mod_md`: certificates that are ordered for whole domains, and ordered anew in time.

mod domain;
mod settings;

use crate::table::{DOMAIN, FLAG, MAIN, Module, Row, at_least, between, no_effect, pending, row, take};

pub(crate) use domain::{Domain, Managed, managed};
pub(crate) use settings::DomainSettings;

pub(crate) static MODULE: Module = Module { name: "mod_md", identifier: "md_module", built: true, rows: ROWS };

/// Where what holds for domains may stand.
const HERE: crate::table::Contexts = MAIN.or(DOMAIN);

const AT_ONCE: &str = "a certificate is shown with the next handshake after it is there";
const ITS_TIMES: &str =
    "an order that fails is tried again after one minute, then after two, four, and so on up to six hours";
const NO_PAGE: &str = "`zaguan check` tells how orders went";
const NO_PORTS: &str = "challenges are answered on every listener";
const MODES: &str = "`manual` with certificates from files; `always` without them";
const NO_LOCKS: &str = "one process orders";

const ROWS: &[Row] = &[
    row("<MDomain>", MAIN, at_least(1), domain::section),
    row("<MDomainSet>", MAIN, at_least(1), domain::section),
    no_effect("MDActivationDelay", HERE, take(1), AT_ONCE),
    row("MDBaseServer", MAIN, FLAG, settings::base_server).partial("only `off`"),
    row("MDCACertificateFile", HERE, take(1), settings::authorities),
    row("MDCAChallenges", HERE, at_least(1), settings::challenges),
    row("MDCertificateAgreement", HERE, take(1), settings::agreement),
    row("MDCertificateAuthority", HERE, at_least(1), settings::authority).partial("one authority"),
    pending("MDCertificateCheck", HERE),
    row("MDCertificateFile", HERE, take(1), |l, s, d| settings::file(l, &mut s.server.md.certificates, d)),
    row("MDCertificateKeyFile", HERE, take(1), |l, s, d| settings::file(l, &mut s.server.md.certificate_keys, d)),
    row("MDCertificateProtocol", HERE, take(1), settings::protocol),
    no_effect("MDCertificateStatus", MAIN, FLAG, NO_PAGE),
    row("MDChallengeDns01", HERE, at_least(1), settings::command),
    no_effect("MDChallengeDns01Version", HERE, take(1), "the text is always told, also when a record is to go"),
    no_effect("MDCheckInterval", MAIN, take(1), "a certificate is looked after at its own time"),
    row("MDContactEmail", HERE, take(1), settings::contact),
    row("MDDriveMode", HERE, take(1), settings::mode).partial(MODES),
    row("MDExternalAccountBinding", HERE, between(1, 2), settings::binding)
        .partial("`none`, or the key's name and the key"),
    pending("MDHttpProxy", MAIN),
    pending("MDHttpProxyCACertificateFile", MAIN),
    no_effect("MDInitialDelay", MAIN, take(1), "orders begin at start, one after the other"),
    row("MDMatchNames", HERE, take(1), settings::match_names).partial("only `all`"),
    row("MDMember", DOMAIN, at_least(1), settings::member),
    row("MDMembers", HERE, take(1), settings::members),
    pending("MDMessageCmd", MAIN),
    row("MDMustStaple", HERE, FLAG, settings::must_staple).partial("only `off`"),
    pending("MDNotifyCmd", MAIN),
    no_effect("MDPortMap", MAIN, at_least(1), NO_PORTS),
    row("MDPrivateKeys", HERE, at_least(1), settings::keys)
        .partial("RSA with 2048, 3072 or 4096 bits, P-256, P-384, P-521"),
    row("MDProfile", HERE, take(1), settings::profile),
    row("MDProfileMandatory", HERE, FLAG, settings::profile_mandatory),
    row("MDRenewMode", HERE, take(1), settings::mode).partial(MODES),
    row("MDRenewViaARI", HERE, FLAG, settings::by_information).partial("only `on`"),
    row("MDRenewWindow", HERE, take(1), settings::window),
    row("MDRequireHttps", HERE, take(1), settings::requires_tls).partial("without `Strict-Transport-Security`"),
    no_effect("MDRetryDelay", HERE, take(1), ITS_TIMES),
    no_effect("MDRetryFailover", HERE, take(1), ITS_TIMES),
    no_effect("MDServerStatus", MAIN, FLAG, NO_PAGE),
    row("MDStapleOthers", HERE, FLAG, settings::stapling).partial("only `off`"),
    row("MDStapling", HERE, FLAG, settings::stapling).partial("only `off`"),
    pending("MDStaplingKeepResponse", MAIN),
    pending("MDStaplingRenewWindow", MAIN),
    row("MDStoreDir", MAIN, take(1), settings::store)
        .partial("what is kept has a form of its own: httpd's is not read"),
    no_effect("MDStoreLocks", MAIN, take(1), NO_LOCKS),
    pending("MDWarnWindow", HERE),
    row("MDomain", MAIN, at_least(1), domain::line),
];
