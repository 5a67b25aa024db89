"""The table of what stock httpd has and httpdlite has not yet: modules and their directives.

Data only; `unsupported.py` makes rows of it. A module's line gives its identifier and source file;
below it stand the directives by arity (registry.Arity) and contexts: S server config, V virtual
host, P and D sections, H .htaccess, R acts while the file is read. From httpd 2.4.71 itself
(`apache2 -L`, and what it says to wrong arguments). A directive that gets implemented leaves this
table for a row of its own.
"""

from typing import Final

DIRECTIVES: Final = """
core_module core.c
  ONE SVDH: AddDefaultCharset AcceptPathInfo DefaultType EnableMMAP EnableSendfile
    ServerSignature LimitRequestBody LimitXMLRequestBody ForceType SetHandler SetOutputFilter
    SetInputFilter
  RAW SV: AccessFileName
  ONE SV: DocumentRoot FlushMaxThreshold FlushMaxPipelined Protocol Port ServerPath
    NameVirtualHost LimitRequestLine LimitRequestFieldsize LimitRequestFields TraceEnable
    ProtocolsHonorOrder
  TWO SVDH: ErrorDocument CGIVar
  RAW D: AllowOverride
  WORDS D: AllowOverrideList
  RAW SVDH: Options FileETag
  ONE SVD: ReadBufferSize HostnameLookups UseCanonicalName UseCanonicalPhysicalPort MaxRanges
    MaxRangeOverlaps MaxRangeReversals
  TWO S: AcceptFilter
  ONE_OR_TWO SV: ErrorLogFormat LimitInternalRecursion
  FLAG SVDH: ContentDigest QualifyRedirectURL
  ONE S: ServerTokens ScoreBoardFile MaxRequestsPerChild MaxConnectionsPerChild
    CoreDumpDirectory MaxMemFree ThreadStackSize
  RAW S: Mutex RegexDefaultOptions
  ONE_OR_TWO SVDH: RLimitCPU RLimitMEM RLimitNPROC
  FLAG DH: CGIPassAuth
  FLAG SV: StrictHostCheck MergeTrailers
  FLAG S: ExtendedStatus SeeRequestTail
  EACH SV: Protocols HttpProtocolOptions
  EACH S: RegisterHttpMethod

log_config_module mod_log_config.c
  TWO_OR_THREE S: GlobalLog
  FLAG SV: BufferedLogs

unixd_module mod_unixd.c
  ONE S: ChrootDir
  FLAG S: Suexec

mpm_event_module event.c
  ONE S: ListenBacklog ListenCoresBucketsRatio SendBufferSize ReceiveBufferSize
    ListenTCPDeferAccept StartServers ServerLimit MinSpareThreads MaxSpareThreads MaxClients
    MaxRequestWorkers ThreadsPerChild ThreadLimit AsyncRequestWorkerFactor
    GracefulShutdownTimeout

authz_core_module mod_authz_core.c
  RAW DH: Require
  ONE DH: AuthMerging
  FLAG DH: AuthzSendForbiddenOnFailure

authn_core_module mod_authn_core.c
  ONE DH: AuthType AuthName

proxy_module mod_proxy.c
  TWO_OR_THREE SV: ProxyRemote ProxyRemoteMatch
  FLAG SVD: ProxyPassInterpolateEnv Proxy100Continue
  TWO_OR_THREE SVD: ProxyPassReverseCookiePath ProxyPassReverseCookieDomain
  EACH SV: ProxyBlock NoProxy
  ONE SV: ProxyReceiveBufferSize ProxyIOBufferSize ProxyMaxForwards ProxyDomain ProxyBadHeader
    BalancerGrowth ProxyStatus ProxySourceAddress
  EACH SVD: ProxyErrorOverride
  RAW SVD: BalancerMember ProxySet
  FLAG SV: BalancerPersist BalancerInherit ProxyPassInherit

proxy_hcheck_module mod_proxy_hcheck.c
  RAW SVDH: ProxyHCTemplate ProxyHCExpr
  ONE S: ProxyHCTPsize

access_compat_module mod_access_compat.c
  ONE DH: order Satisfy
  FIRST_AND_EACH DH: allow deny

auth_basic_module mod_auth_basic.c
  EACH DH: AuthBasicProvider
  FLAG DH: AuthBasicAuthoritative
  ONE_OR_TWO DH: AuthBasicFake
  ONE DH: AuthBasicUseDigestAlgorithm

authn_file_module mod_authn_file.c
  ONE DH: AuthUserFile

authz_groupfile_module mod_authz_groupfile.c
  ONE DH: AuthGroupFile

proxy_connect_module mod_proxy_connect.c
  EACH SV: AllowCONNECT

dav_module mod_dav.c
  ONE D: DAV DAVBasePath
  ONE SVD: DAVMinTimeout
  FLAG SVD: DAVDepthInfinity DAVLockDiscovery

cache_module mod_cache.c
  ONE_OR_TWO SVD: CacheEnable
  ONE SVD: CacheDisable CacheMaxExpire CacheMinExpire CacheDefaultExpire CacheLastModifiedFactor
  FLAG SV: CacheQuickHandler CacheIgnoreCacheControl CacheIgnoreQueryString CacheLock
  FLAG SVD: CacheIgnoreNoLastMod CacheStoreExpired CacheStorePrivate CacheStoreNoStore
    CacheHeader CacheDetailHeader CacheStaleOnError
  EACH SV: CacheIgnoreHeaders CacheIgnoreURLSessionIdentifiers
  ONE SV: CacheLockPath CacheLockMaxAge CacheKeyBaseURL

ldap_module util_ldap.c
  ONE S: LDAPSharedCacheSize LDAPSharedCacheFile LDAPCacheEntries LDAPCacheTTL
    LDAPOpCacheEntries LDAPOpCacheTTL LDAPConnectionTimeout LDAPLibraryDebug LDAPTimeout
    LDAPRetries LDAPRetryDelay
  TWO_OR_THREE S: LDAPTrustedGlobalCert
  TWO_OR_THREE DH: LDAPTrustedClientCert
  ONE SV: LDAPTrustedMode LDAPConnectionPoolTTL
  FLAG S: LDAPVerifyServerCert
  ONE DH: LDAPReferrals LDAPReferralHopLimit

dbd_module mod_dbd.c
  ONE SV: DBDriver DBDParams DBDInitSQL DBDMin DBDKeep DBDMax DBDExptime
  FLAG SV: DBDPersist
  ONE_OR_TWO SV: DBDPrepareSQL

session_module mod_session.c
  FLAG SVDH: Session SessionEnv
  ONE SVDH: SessionMaxAge SessionHeader SessionInclude SessionExclude
    SessionExpiryUpdateInterval

heartmonitor_module mod_heartmonitor.c
  ONE S: HeartbeatListen HeartbeatStorage HeartbeatMaxServers

allowmethods_module mod_allowmethods.c
  RAW D: AllowMethods

auth_digest_module mod_auth_digest.c
  EACH DH: AuthDigestProvider AuthDigestQop AuthDigestDomain
  ONE DH: AuthDigestNonceLifetime AuthDigestAlgorithm
  FLAG DH: AuthDigestNcCheck
  ONE SV: AuthDigestShmemSize

auth_form_module mod_auth_form.c
  EACH DH: AuthFormProvider
  ONE DH: AuthFormUsername AuthFormPassword AuthFormLocation AuthFormMethod AuthFormMimetype
    AuthFormBody AuthFormLoginRequiredLocation AuthFormLoginSuccessLocation
    AuthFormLogoutLocation AuthFormSitePassphrase
  ONE D: AuthFormSize
  FLAG DH: AuthFormAuthoritative AuthFormFakeBasicAuth AuthFormDisableNoStore

authn_anon_module mod_authn_anon.c
  EACH DH: Anonymous
  FLAG DH: Anonymous_MustGiveEmail Anonymous_NoUserId Anonymous_VerifyEmail Anonymous_LogEmail

authn_dbd_module mod_authn_dbd.c
  ONE D: AuthDBDUserPWQuery AuthDBDUserRealmQuery

authn_dbm_module mod_authn_dbm.c
  ONE DH: AuthDBMUserFile AuthDBMType

authn_socache_module mod_authn_socache.c
  ONE S: AuthnCacheSOCache
  RAW S: AuthnCacheEnable
  EACH DH: AuthnCacheProvideFor
  ONE DH: AuthnCacheTimeout
  ONE D: AuthnCacheContext

authnz_fcgi_module mod_authnz_fcgi.c
  RAW S: AuthnzFcgiDefineProvider
  RAW SVDH: AuthnzFcgiCheckAuthnProvider

authnz_ldap_module mod_authnz_ldap.c
  ONE_OR_TWO DH: AuthLDAPURL
  ONE DH: AuthLDAPBindDN AuthLDAPBindPassword AuthLDAPRemoteUserAttribute
    AuthLDAPMaxSubGroupDepth AuthLDAPDereferenceAliases AuthLDAPAuthorizePrefix
  FLAG DH: AuthLDAPBindAuthoritative AuthLDAPRemoteUserIsDN AuthLDAPCompareDNOnServer
    AuthLDAPGroupAttributeIsDN AuthLDAPInitialBindAsUser AuthLDAPSearchAsUser
    AuthLDAPCompareAsUser
  EACH DH: AuthLDAPSubGroupAttribute AuthLDAPSubGroupClass AuthLDAPGroupAttribute
  ONE SV: AuthLDAPCharsetConfig
  TWO DH: AuthLDAPInitialBindPattern

authz_dbd_module mod_authz_dbd.c
  FLAG D: AuthzDBDLoginToReferer
  ONE D: AuthzDBDQuery AuthzDBDRedirectQuery

authz_dbm_module mod_authz_dbm.c
  ONE DH: AuthDBMGroupFile AuthzDBMType

cache_disk_module mod_cache_disk.c
  ONE SV: CacheRoot CacheDirLevels CacheDirLength
  ONE SVD: CacheMinFileSize CacheMaxFileSize CacheReadSize CacheReadTime

cache_socache_module mod_cache_socache.c
  ONE SV: CacheSocache
  ONE SVD: CacheSocacheMaxTime CacheSocacheMinTime CacheSocacheMaxSize CacheSocacheReadSize
    CacheSocacheReadTime

dav_fs_module mod_dav_fs.c
  ONE SV: DAVLockDB

dav_lock_module mod_dav_lock.c
  ONE D: DAVGenericLockDB

echo_module mod_echo.c
  FLAG SV: ProtocolEcho

file_cache_module mod_file_cache.c
  EACH SV: cachefile mmapfile

heartbeat_module mod_heartbeat.c
  ONE S: HeartbeatAddress

ident_module mod_ident.c
  FLAG SVD: IdentityCheck
  ONE SVD: IdentityCheckTimeout

lbmethod_heartbeat_module mod_lbmethod_heartbeat.c
  ONE S: HeartbeatStorage

lua_module mod_lua.c
  ONE SVDH: LuaRoot LuaPackagePath LuaPackageCPath LuaInherit LuaCodeCache
  THREE SVR: LuaAuthzProvider
  TWO SVDH: LuaHookPreTranslateName LuaHookFixups LuaHookMapToStorage LuaHookTypeChecker
    LuaHookInsertFilter LuaHookLog LuaQuickHandler
  TWO_OR_THREE SVDH: LuaHookTranslateName LuaHookCheckUserID LuaHookAccessChecker
    LuaHookAuthChecker LuaMapHandler
  ONE_TO_THREE SVDH: LuaScope
  THREE SVDH: LuaOutputFilter LuaInputFilter

proxy_express_module mod_proxy_express.c
  FLAG SVDH: ProxyExpressEnable
  ONE SVDH: ProxyExpressDBMFile ProxyExpressDBMType

proxy_fcgi_module mod_proxy_fcgi.c
  ONE SVDH: ProxyFCGIBackendType
  TWO_OR_THREE SVDH: ProxyFCGISetEnvIf

proxy_ftp_module mod_proxy_ftp.c
  FLAG SVD: ProxyFtpListOnWildcard ProxyFtpEscapeWildcards
  ONE SVD: ProxyFtpDirCharset

proxy_scgi_module mod_proxy_scgi.c
  ONE SVD: ProxySCGISendfile ProxySCGIInternalRedirect

session_cookie_module mod_session_cookie.c
  RAW SVDH: SessionCookieName SessionCookieName2
  FLAG SVDH: SessionCookieRemove

session_crypto_module mod_session_crypto.c
  EACH SVDH: SessionCryptoPassphrase
  ONE SVD: SessionCryptoPassphraseFile
  ONE SVDH: SessionCryptoCipher
  RAW S: SessionCryptoDriver

session_dbd_module mod_session_dbd.c
  ONE SVDH: SessionDBDSelectLabel SessionDBDInsertLabel SessionDBDUpdateLabel
    SessionDBDDeleteLabel
  FLAG SVDH: SessionDBDPerUser SessionDBDCookieRemove
  EACH SVDH: SessionDBDCookieName SessionDBDCookieName2

socache_memcache_module mod_socache_memcache.c
  ONE SV: MemcacheConnTTL

socache_redis_module mod_socache_redis.c
  ONE SV: RedisConnPoolTTL RedisTimeout

suexec_module mod_suexec.c
  TWO SV: SuexecUserGroup
"""

WITHOUT_DIRECTIVES: Final = """
    asis authz_host authz_owner authz_user lbmethod_bybusyness lbmethod_byrequests
    lbmethod_bytraffic proxy_ajp proxy_balancer proxy_fdpass proxy_http2 proxy_uwsgi ratelimit
    slotmem_plain slotmem_shm socache_dbm socache_shmcb status unique_id
"""
"""The short names of the modules that have no directives of their own."""
