//! Modules of httpd that are not built: their names, and those of their directives, so that a refusal says what is missing.

/// A module that is not built.
pub(crate) struct Other {
    pub(crate) name: &'static str,
    pub(crate) identifier: &'static str,
    /// Separated by white space; empty for modules that have none.
    pub(crate) directives: &'static str,
}

/// Modules without whose directives the same clients get the same answers.
pub(crate) const SETTINGS_ONLY: [&str; 22] = [
    "mod_authn_socache",
    "mod_brotli",
    "mod_buffer",
    "mod_cgi",
    "mod_cgid",
    "mod_dav_fs",
    "mod_dav_lock",
    "mod_dbd",
    "mod_dumpio",
    "mod_heartbeat",
    "mod_heartmonitor",
    "mod_ident",
    "mod_info",
    "mod_log_debug",
    "mod_log_forensic",
    "mod_mime_magic",
    "mod_proxy_ftp",
    "mod_request",
    "mod_socache_memcache",
    "mod_socache_redis",
    "mod_watchdog",
    "util_ldap",
];

/// Sorted by name.
pub(crate) static OTHERS: &[Other] = &[
    Other { name: "mod_actions", identifier: "actions_module", directives: "Action Script" },
    Other { name: "mod_allowmethods", identifier: "allowmethods_module", directives: "AllowMethods" },
    Other { name: "mod_asis", identifier: "asis_module", directives: "" },
    Other {
        name: "mod_auth_digest",
        identifier: "auth_digest_module",
        directives: "AuthDigestAlgorithm AuthDigestDomain AuthDigestNcCheck AuthDigestNonceLifetime AuthDigestProvider \
                     AuthDigestQop AuthDigestShmemSize",
    },
    Other {
        name: "mod_auth_form",
        identifier: "auth_form_module",
        directives: "AuthFormAuthoritative AuthFormBody AuthFormDisableNoStore AuthFormFakeBasicAuth AuthFormLocation \
                     AuthFormLoginRequiredLocation AuthFormLoginSuccessLocation AuthFormLogoutLocation AuthFormMethod \
                     AuthFormMimetype AuthFormPassword AuthFormProvider AuthFormSitePassphrase AuthFormSize \
                     AuthFormUsername",
    },
    Other {
        name: "mod_authn_anon",
        identifier: "authn_anon_module",
        directives: "Anonymous Anonymous_LogEmail Anonymous_MustGiveEmail Anonymous_NoUserId Anonymous_VerifyEmail",
    },
    Other {
        name: "mod_authn_dbd",
        identifier: "authn_dbd_module",
        directives: "AuthDBDUserPWQuery AuthDBDUserRealmQuery",
    },
    Other { name: "mod_authn_dbm", identifier: "authn_dbm_module", directives: "AuthDBMType AuthDBMUserFile" },
    Other {
        name: "mod_authn_socache",
        identifier: "authn_socache_module",
        directives: "AuthnCacheContext AuthnCacheEnable AuthnCacheProvideFor AuthnCacheSOCache AuthnCacheTimeout",
    },
    Other {
        name: "mod_authnz_fcgi",
        identifier: "authnz_fcgi_module",
        directives: "AuthnzFcgiCheckAuthnProvider AuthnzFcgiDefineProvider",
    },
    Other {
        name: "mod_authnz_ldap",
        identifier: "authnz_ldap_module",
        directives: "AuthLDAPAuthorizePrefix AuthLDAPBindAuthoritative AuthLDAPBindDN AuthLDAPBindPassword \
                     AuthLDAPCharsetConfig AuthLDAPCompareAsUser AuthLDAPCompareDNOnServer AuthLDAPDereferenceAliases \
                     AuthLDAPGroupAttribute AuthLDAPGroupAttributeIsDN AuthLDAPInitialBindAsUser \
                     AuthLDAPInitialBindPattern AuthLDAPMaxSubGroupDepth AuthLDAPRemoteUserAttribute \
                     AuthLDAPRemoteUserIsDN AuthLDAPSearchAsUser AuthLDAPSubGroupAttribute AuthLDAPSubGroupClass \
                     AuthLDAPURL",
    },
    Other {
        name: "mod_authz_dbd",
        identifier: "authz_dbd_module",
        directives: "AuthzDBDLoginToReferer AuthzDBDQuery AuthzDBDRedirectQuery",
    },
    Other { name: "mod_authz_dbm", identifier: "authz_dbm_module", directives: "AuthDBMGroupFile AuthzDBMType" },
    Other { name: "mod_authz_groupfile", identifier: "authz_groupfile_module", directives: "AuthGroupFile" },
    Other { name: "mod_authz_owner", identifier: "authz_owner_module", directives: "" },
    Other {
        name: "mod_brotli",
        identifier: "brotli_module",
        directives: "BrotliAlterETag BrotliCompressionMaxInputBlock BrotliCompressionQuality BrotliCompressionWindow \
                     BrotliFilterNote",
    },
    Other { name: "mod_buffer", identifier: "buffer_module", directives: "BufferSize" },
    Other { name: "mod_cern_meta", identifier: "cern_meta_module", directives: "MetaDir MetaFiles MetaSuffix" },
    Other {
        name: "mod_cgi",
        identifier: "cgi_module",
        directives: "CGIScriptTimeout ScriptLog ScriptLogBuffer ScriptLogLength",
    },
    Other {
        name: "mod_cgid",
        identifier: "cgid_module",
        directives: "CGIDScriptTimeout ScriptLog ScriptLogBuffer ScriptLogLength ScriptSock",
    },
    Other {
        name: "mod_charset_lite",
        identifier: "charset_lite_module",
        directives: "CharsetDefault CharsetOptions CharsetSourceEnc",
    },
    Other { name: "mod_data", identifier: "data_module", directives: "" },
    Other {
        name: "mod_dav",
        identifier: "dav_module",
        directives: "DAV DAVBasePath DAVDepthInfinity DAVLockDiscovery DAVMinTimeout",
    },
    Other { name: "mod_dav_fs", identifier: "dav_fs_module", directives: "DAVLockDB" },
    Other { name: "mod_dav_lock", identifier: "dav_lock_module", directives: "DAVGenericLockDB" },
    Other {
        name: "mod_dbd",
        identifier: "dbd_module",
        directives: "DBDExptime DBDInitSQL DBDKeep DBDMax DBDMin DBDParams DBDPersist DBDPrepareSQL DBDriver",
    },
    Other { name: "mod_dialup", identifier: "dialup_module", directives: "ModemStandard" },
    Other { name: "mod_dumpio", identifier: "dumpio_module", directives: "DumpIOInput DumpIOOutput" },
    Other { name: "mod_echo", identifier: "echo_module", directives: "ProtocolEcho" },
    Other { name: "mod_ext_filter", identifier: "ext_filter_module", directives: "ExtFilterDefine ExtFilterOptions" },
    Other { name: "mod_heartbeat", identifier: "heartbeat_module", directives: "HeartbeatAddress" },
    Other {
        name: "mod_heartmonitor",
        identifier: "heartmonitor_module",
        directives: "HeartbeatListen HeartbeatMaxServers HeartbeatStorage",
    },
    Other { name: "mod_ident", identifier: "ident_module", directives: "IdentityCheck IdentityCheckTimeout" },
    Other { name: "mod_imagemap", identifier: "imagemap_module", directives: "ImapBase ImapDefault ImapMenu" },
    Other {
        name: "mod_include",
        identifier: "include_module",
        directives: "SSIEndTag SSIErrorMsg SSIEtag SSILastModified SSILegacyExprParser SSIStartTag SSITimeFormat \
                     SSIUndefinedEcho XBitHack",
    },
    Other { name: "mod_info", identifier: "info_module", directives: "AddModuleInfo" },
    Other { name: "mod_lbmethod_heartbeat", identifier: "lbmethod_heartbeat_module", directives: "HeartbeatStorage" },
    Other { name: "mod_log_debug", identifier: "log_debug_module", directives: "LogMessage" },
    Other { name: "mod_log_forensic", identifier: "log_forensic_module", directives: "ForensicLog" },
    Other {
        name: "mod_lua",
        identifier: "lua_module",
        directives: "<LuaHookAccessChecker> <LuaHookAuthChecker> <LuaHookCheckUserID> <LuaHookFixups> \
                     <LuaHookMapToStorage> <LuaHookPreTranslateName> <LuaHookTranslateName> <LuaHookTypeChecker> \
                     <LuaQuickHandler> LuaAuthzProvider LuaCodeCache LuaHookAccessChecker LuaHookAuthChecker \
                     LuaHookCheckUserID LuaHookFixups LuaHookInsertFilter LuaHookLog LuaHookMapToStorage \
                     LuaHookPreTranslateName LuaHookTranslateName LuaHookTypeChecker LuaInherit LuaInputFilter \
                     LuaMapHandler LuaOutputFilter LuaPackageCPath LuaPackagePath LuaQuickHandler LuaRoot LuaScope \
                     Lua_____ByteCodeHack",
    },
    Other { name: "mod_mime_magic", identifier: "mime_magic_module", directives: "MimeMagicFile" },
    Other { name: "mod_proxy_ajp", identifier: "proxy_ajp_module", directives: "" },
    Other { name: "mod_proxy_connect", identifier: "proxy_connect_module", directives: "AllowCONNECT" },
    Other {
        name: "mod_proxy_express",
        identifier: "proxy_express_module",
        directives: "ProxyExpressDBMFile ProxyExpressDBMType ProxyExpressEnable",
    },
    Other { name: "mod_proxy_fdpass", identifier: "proxy_fdpass_module", directives: "" },
    Other {
        name: "mod_proxy_ftp",
        identifier: "proxy_ftp_module",
        directives: "ProxyFtpDirCharset ProxyFtpEscapeWildcards ProxyFtpListOnWildcard",
    },
    Other {
        name: "mod_proxy_hcheck",
        identifier: "proxy_hcheck_module",
        directives: "ProxyHCExpr ProxyHCTPsize ProxyHCTemplate",
    },
    Other {
        name: "mod_proxy_html",
        identifier: "proxy_html_module",
        directives: "ProxyHTMLBufSize ProxyHTMLCharsetOut ProxyHTMLDoctype ProxyHTMLEnable ProxyHTMLEvents \
                     ProxyHTMLExtended ProxyHTMLFixups ProxyHTMLInterp ProxyHTMLLinks ProxyHTMLMeta \
                     ProxyHTMLStripComments ProxyHTMLURLMap",
    },
    Other { name: "mod_proxy_http2", identifier: "proxy_http2_module", directives: "" },
    Other { name: "mod_ratelimit", identifier: "ratelimit_module", directives: "" },
    Other { name: "mod_reflector", identifier: "reflector_module", directives: "ReflectorHeader" },
    Other { name: "mod_request", identifier: "request_module", directives: "KeptBodySize" },
    Other { name: "mod_sed", identifier: "sed_module", directives: "InputSed OutputSed" },
    Other {
        name: "mod_session",
        identifier: "session_module",
        directives: "Session SessionEnv SessionExclude SessionExpiryUpdateInterval SessionHeader SessionInclude \
                     SessionMaxAge",
    },
    Other {
        name: "mod_session_cookie",
        identifier: "session_cookie_module",
        directives: "SessionCookieName SessionCookieName2 SessionCookieRemove",
    },
    Other {
        name: "mod_session_crypto",
        identifier: "session_crypto_module",
        directives: "SessionCryptoCipher SessionCryptoDriver SessionCryptoPassphrase SessionCryptoPassphraseFile",
    },
    Other {
        name: "mod_session_dbd",
        identifier: "session_dbd_module",
        directives: "SessionDBDCookieName SessionDBDCookieName2 SessionDBDCookieRemove SessionDBDDeleteLabel \
                     SessionDBDInsertLabel SessionDBDPerUser SessionDBDSelectLabel SessionDBDUpdateLabel",
    },
    Other { name: "mod_socache_dbm", identifier: "socache_dbm_module", directives: "" },
    Other { name: "mod_socache_memcache", identifier: "socache_memcache_module", directives: "MemcacheConnTTL" },
    Other {
        name: "mod_socache_redis",
        identifier: "socache_redis_module",
        directives: "RedisConnPoolTTL RedisTimeout",
    },
    Other {
        name: "mod_speling",
        identifier: "speling_module",
        directives: "CheckBasenameMatch CheckCaseOnly CheckSpelling",
    },
    Other {
        name: "mod_ssl",
        identifier: "ssl_module",
        directives: "SSLCACertificateFile SSLCACertificatePath SSLCADNRequestFile SSLCADNRequestPath \
                     SSLCARevocationCheck SSLCARevocationFile SSLCARevocationPath SSLCertificateChainFile \
                     SSLCertificateFile SSLCertificateKeyFile SSLCipherSuite SSLCompression SSLCryptoDevice \
                     SSLEngine SSLFIPS SSLHonorCipherOrder SSLInsecureRenegotiation SSLLog SSLLogLevel \
                     SSLOCSPDefaultResponder SSLOCSPEnable SSLOCSPNoVerify SSLOCSPOverrideResponder SSLOCSPProxyURL \
                     SSLOCSPResponderCertificateFile SSLOCSPResponderTimeout SSLOCSPResponseMaxAge \
                     SSLOCSPResponseTimeSkew SSLOCSPUseRequestNonce SSLOpenSSLConfCmd SSLOptions SSLPassPhraseDialog \
                     SSLProtocol SSLRandomSeed SSLRenegBufferSize SSLRequire SSLRequireSSL SSLSRPUnknownUserSeed \
                     SSLSRPVerifierFile SSLSessionCache SSLSessionCacheTimeout SSLSessionTicketKeyFile \
                     SSLSessionTickets SSLStaplingCache SSLStaplingErrorCacheTimeout SSLStaplingFakeTryLater \
                     SSLStaplingForceURL SSLStaplingResponderTimeout SSLStaplingResponseMaxAge \
                     SSLStaplingResponseTimeSkew SSLStaplingReturnResponderErrors SSLStaplingStandardCacheTimeout \
                     SSLStrictSNIVHostCheck SSLUseStapling SSLUserName SSLVHostSNIPolicy SSLVerifyClient \
                     SSLVerifyDepth",
    },
    Other { name: "mod_status", identifier: "status_module", directives: "" },
    Other {
        name: "mod_substitute",
        identifier: "substitute_module",
        directives: "Substitute SubstituteInheritBefore SubstituteMaxLineLength",
    },
    Other { name: "mod_suexec", identifier: "suexec_module", directives: "SuexecUserGroup" },
    Other { name: "mod_unique_id", identifier: "unique_id_module", directives: "" },
    Other { name: "mod_userdir", identifier: "userdir_module", directives: "UserDir" },
    Other {
        name: "mod_usertrack",
        identifier: "usertrack_module",
        directives: "CookieDomain CookieExpires CookieHttpOnly CookieName CookieSameSite CookieSecure CookieStyle \
                     CookieTracking",
    },
    Other {
        name: "mod_vhost_alias",
        identifier: "vhost_alias_module",
        directives: "VirtualDocumentRoot VirtualDocumentRootIP VirtualScriptAlias VirtualScriptAliasIP",
    },
    Other { name: "mod_watchdog", identifier: "watchdog_module", directives: "WatchdogInterval" },
    Other {
        name: "mod_xml2enc",
        identifier: "xml2enc_module",
        directives: "xml2EncAlias xml2EncDefault xml2StartParse",
    },
    Other {
        name: "util_ldap",
        identifier: "ldap_module",
        directives: "LDAPCacheEntries LDAPCacheTTL LDAPConnectionPoolTTL LDAPConnectionTimeout LDAPLibraryDebug \
                     LDAPOpCacheEntries LDAPOpCacheTTL LDAPReferralHopLimit LDAPReferrals LDAPRetries LDAPRetryDelay \
                     LDAPSharedCacheFile LDAPSharedCacheSize LDAPTimeout LDAPTrustedClientCert LDAPTrustedGlobalCert \
                     LDAPTrustedMode LDAPVerifyServerCert",
    },
];
