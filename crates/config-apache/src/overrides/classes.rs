//! Which class of `AllowOverride` each directive is of that may stand in a file `.htaccess`.

/// Classes of directives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Classes(u8);

impl Classes {
    pub(crate) const AUTH_CONFIG: Self = Self(1);
    pub(crate) const FILE_INFO: Self = Self(1 << 1);
    pub(crate) const INDEXES: Self = Self(1 << 2);
    pub(crate) const LIMIT: Self = Self(1 << 3);
    pub(crate) const OPTIONS: Self = Self(1 << 4);
    pub(crate) const ALL: Self = Self(0b1_1111);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

const NAMES: [(Classes, &str); 5] = [
    (Classes::AUTH_CONFIG, "AuthConfig"),
    (Classes::FILE_INFO, "FileInfo"),
    (Classes::INDEXES, "Indexes"),
    (Classes::LIMIT, "Limit"),
    (Classes::OPTIONS, "Options"),
];

/// The classes of a directive, by its name in small letters; none: it may not stand there.
pub(super) fn of(name: &str) -> Classes {
    let of = |(_, names): &&(Classes, &str)| names.split_whitespace().any(|known| known.eq_ignore_ascii_case(name));
    CLASSES.iter().find(of).map_or(Classes::default(), |(classes, _)| *classes)
}

/// What to write so that it may.
pub(super) fn advice(name: &str) -> String {
    let classes = of(name);
    let names: Vec<&str> = NAMES.iter().filter(|(class, _)| class.intersects(classes)).map(|(_, name)| *name).collect();
    match names.as_slice() {
        [] => "it may stand in the configuration alone".to_owned(),
        [name] => format!("it may where `AllowOverride` has {name}"),
        _ => format!("it may where `AllowOverride` has one of {}", names.join(", ")),
    }
}

/// As httpd itself has it: its own words are `Override:` in the manual, and "not allowed here" in the log.
const CLASSES: [(Classes, &str); 8] = [
    (
        Classes::ALL,
        "<Else> <ElseIf> <Files> <FilesMatch> <If> <IfDefine> <IfDirective> <IfFile> <IfModule> <IfSection> \
         <IfVersion> <LuaHookAccessChecker> <LuaHookAuthChecker> <LuaHookCheckUserID> <LuaHookFixups> \
         <LuaHookMapToStorage> <LuaHookPreTranslateName> <LuaHookTranslateName> <LuaHookTypeChecker> \
         <LuaQuickHandler> <Macro> DeflateInflateLimitRequestBody DeflateInflateRatioBurst \
         DeflateInflateRatioLimit Error FancyIndexing LimitRequestBody LimitXMLRequestBody LogIOTrackTTFB \
         LuaCodeCache LuaHookAccessChecker LuaHookAuthChecker LuaHookCheckUserID LuaHookFixups LuaHookInsertFilter \
         LuaHookLog LuaHookMapToStorage LuaHookPreTranslateName LuaHookTranslateName LuaHookTypeChecker LuaInherit \
         LuaInputFilter LuaMapHandler LuaOutputFilter LuaPackageCPath LuaPackagePath LuaQuickHandler LuaRoot \
         LuaScope Lua_____ByteCodeHack RLimitCPU RLimitMEM RLimitNPROC SSIErrorMsg SSITimeFormat SSIUndefinedEcho \
         SSLLog SSLLogLevel ServerSignature UndefMacro Use xml2EncDefault xml2StartParse",
    ),
    (
        Classes::AUTH_CONFIG,
        "<RequireAll> <RequireAny> <RequireNone> Anonymous Anonymous_LogEmail Anonymous_MustGiveEmail \
         Anonymous_NoUserId Anonymous_VerifyEmail AuthBasicAuthoritative AuthBasicFake AuthBasicProvider \
         AuthBasicUseDigestAlgorithm AuthDBMGroupFile AuthDBMType AuthDBMUserFile AuthDigestAlgorithm \
         AuthDigestDomain AuthDigestNcCheck AuthDigestNonceLifetime AuthDigestProvider AuthDigestQop \
         AuthFormAuthoritative AuthFormBody AuthFormDisableNoStore AuthFormFakeBasicAuth AuthFormLocation \
         AuthFormLoginRequiredLocation AuthFormLoginSuccessLocation AuthFormLogoutLocation AuthFormMethod \
         AuthFormMimetype AuthFormPassword AuthFormProvider AuthFormSitePassphrase AuthFormUsername AuthGroupFile \
         AuthLDAPAuthorizePrefix AuthLDAPBindAuthoritative AuthLDAPBindDN AuthLDAPBindPassword \
         AuthLDAPCompareAsUser AuthLDAPCompareDNOnServer AuthLDAPDereferenceAliases AuthLDAPGroupAttribute \
         AuthLDAPGroupAttributeIsDN AuthLDAPInitialBindAsUser AuthLDAPInitialBindPattern \
         AuthLDAPMaxSubGroupDepth AuthLDAPRemoteUserAttribute AuthLDAPRemoteUserIsDN AuthLDAPSearchAsUser \
         AuthLDAPSubGroupAttribute AuthLDAPSubGroupClass AuthLDAPURL AuthMerging AuthName AuthType AuthUserFile \
         AuthnCacheProvideFor AuthnCacheTimeout AuthzDBMType AuthzSendForbiddenOnFailure CGIPassAuth H2Push \
         H2Upgrade LDAPReferralHopLimit LDAPReferrals LDAPTrustedClientCert MDRequireHttps Require \
         SSLCACertificateFile SSLCACertificatePath SSLCipherSuite SSLRenegBufferSize SSLRequire SSLRequireSSL \
         SSLUserName SSLVerifyClient SSLVerifyDepth Satisfy Session SessionCookieName SessionCookieName2 \
         SessionCookieRemove SessionCryptoCipher SessionCryptoPassphrase SessionDBDCookieName \
         SessionDBDCookieName2 SessionDBDCookieRemove SessionDBDDeleteLabel SessionDBDInsertLabel \
         SessionDBDPerUser SessionDBDSelectLabel SessionDBDUpdateLabel SessionEnv SessionExclude \
         SessionExpiryUpdateInterval SessionHeader SessionInclude SessionMaxAge",
    ),
    (
        Classes::FILE_INFO,
        "AcceptPathInfo Action AddCharset AddDefaultCharset AddEncoding AddHandler AddInputFilter AddLanguage \
         AddOutputFilter AddOutputFilterByType AddType AliasPreservePath AuthnzFcgiCheckAuthnProvider BrowserMatch \
         BrowserMatchNoCase CGIVar CharsetDefault CharsetOptions CharsetSourceEnc CookieDomain CookieExpires \
         CookieHttpOnly CookieName CookieSameSite CookieSecure CookieStyle CookieTracking DefaultLanguage \
         DefaultType EnableMMAP EnableSendfile ErrorDocument FileETag ForceLanguagePriority ForceType H2CopyFiles \
         H2ProxyRequests Header LanguagePriority MultiviewsMatch PassEnv ProxyExpressDBMFile ProxyExpressDBMType \
         ProxyExpressEnable ProxyFCGIBackendType ProxyFCGISetEnvIf QualifyRedirectURL Redirect RedirectMatch \
         RedirectPermanent RedirectRelative RedirectTemp RemoveCharset RemoveEncoding RemoveHandler \
         RemoveInputFilter RemoveLanguage RemoveOutputFilter RemoveType RequestHeader RewriteBase RewriteCond \
         RewriteEngine RewriteOptions RewriteRule SetEnv SetEnvIf SetEnvIfExpr SetEnvIfNoCase SetHandler \
         SetInputFilter SetOutputFilter Substitute SubstituteInheritBefore SubstituteMaxLineLength UnsetEnv",
    ),
    (
        Classes::INDEXES,
        "AddAlt AddAltByEncoding AddAltByType AddDescription AddIcon AddIconByEncoding AddIconByType DefaultIcon \
         DirectoryCheckHandler DirectoryIndex DirectoryIndexRedirect DirectorySlash ExpiresActive ExpiresByType \
         ExpiresDefault FallbackResource HeaderName ImapBase ImapDefault ImapMenu IndexHeadInsert IndexIgnore \
         IndexIgnoreReset IndexOptions IndexOrderDefault IndexStyleSheet MetaDir MetaFiles MetaSuffix ReadmeName",
    ),
    (Classes::LIMIT, "Allow Deny Order SSIEtag SSILastModified SSILegacyExprParser"),
    (
        Classes::OPTIONS,
        "CheckBasenameMatch CheckCaseOnly CheckSpelling ContentDigest FilterChain FilterDeclare FilterProtocol \
         FilterProvider Options ReflectorHeader SSLOptions XBitHack",
    ),
    (Classes::AUTH_CONFIG.or(Classes::LIMIT), "<Limit> <LimitExcept>"),
    (Classes::AUTH_CONFIG.or(Classes::FILE_INFO), "H2EarlyHint H2PushResource"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modules;

    #[test]
    fn classes_name_directives_once_each() {
        let mut names: Vec<&str> = CLASSES.iter().flat_map(|(_, names)| names.split_whitespace()).collect();
        let unknown: Vec<&&str> = names.iter().filter(|name| !modules::is_directive(name)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
