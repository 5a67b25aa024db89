"""The table of third-party modules whose loss would open something: users, addresses, filters.

Data only, in the form of `programs`: `~` marks what is from documentation. Where no line with
`+` says what to do instead, it is what `rows` says of logins.
"""

from typing import Final

GUARDS: Final = """
apparmor_module mod_apparmor.c
  - confines requests by AppArmor
  + Confine the workers, or httpdlite itself, by profiles of their own.
  ONE D: ImmHatName AAHatName
  ONE SV: ImmDefaultHatName AADefaultHatName

auth_cas_module mod_auth_cas.c
  - lets users in who are logged in at a CAS server
  ONE SV: CASVersion CASDebug CASSSOEnabled CASAttributeDelimiter CASAttributePrefix
    CASValidateDepth CASCertificatePath CASLoginURL CASValidateURL CASProxyValidateURL
    CASValidateSAML CASCookiePath CASCookieEntropy CASCookieDomain CASGatewayCookieDomain
    CASCookieHttpOnly CASTimeout CASIdleTimeout CASCacheCleanInterval CASRootProxiedAs
    CASPreserveTicket
  ONE DH: CASScope CASRenew CASGateway CASAuthNHeader CASCookie CASSecureCookie CASGatewayCookie
  ONE D: CASScrubRequestHeaders

auth_gssapi_module mod_auth_gssapi.c
  - lets users in by Kerberos
  FLAG DH: GssapiSSLonly GssapiLocalName GssapiConnectionBound GssapiSignalPersistentAuth
    GssapiUseSessions GssapiUseS4U2Proxy GssapiDelegCcacheUnique GssapiImpersonate GssapiBasicAuth
    GssapiNegotiateOnce GssapiPublishErrors GssapiPublishMech
  RAW DH: GssapiSessionKey GssapiDelegCcacheDir GssapiNameAttributes GssapiRequiredNameAttributes
    GssapiAcceptorName
  EACH DH: GssapiCredStore GssapiDelegCcachePerms GssapiBasicAuthMech GssapiAllowedMech
  ONE DH: GssapiDelegCcacheEnvVar GssapiBasicTicketTimeout

auth_mellon_module mod_auth_mellon.c
  - lets users in by SAML
  ONE SV: MellonCacheSize MellonCacheEntrySize MellonLockFile MellonPostDirectory MellonPostTTL
    MellonPostCount MellonPostSize MellonDiagnosticsFile
  EACH SV: MellonDiagnosticsEnable
  ONE DH: MellonEnable MellonDecoder MellonVariable MellonSecureCookie MellonCookieDomain
    MellonCookiePath MellonCookieSameSite MellonUser MellonIdP MellonEnvPrefix MellonSessionLength
    MellonSessionIdleTimeout MellonNoCookieErrorPage MellonNoSuccessErrorPage MellonSPMetadataFile
    MellonSPPrivateKeyFile MellonSPCertFile MellonIdPPublicKeyFile MellonIdPCAFile MellonSPentityId
    MellonDefaultLoginPath MellonDiscoveryURL MellonProbeDiscoveryTimeout MellonEndpointPath
    MellonAuthnContextClassRef MellonAuthnContextComparisonType MellonDoNotVerifyLogoutSignature
    MellonEnvVarsIndexStart MellonSignatureMethod MellonEnabledInvalidateSessionEndpoint
    MellonSendExpectHeader
  TWO DH: MellonSetEnv MellonSetEnvNoPrefix
  FLAG DH: MellonSessionDump MellonSamlResponseDump MellonSubjectConfirmationDataAddressCheck
    MellonSendCacheControlHeader MellonPostReplay MellonEnvVarsSetCount MellonECPSendIDPList
  RAW DH: MellonRequire
  TWO_OR_THREE DH: MellonCond
  ONE_OR_TWO DH: MellonIdPMetadataFile MellonIdPMetadataGlob MellonOrganizationName
    MellonOrganizationDisplayName MellonOrganizationURL MellonProbeDiscoveryIdP MellonMergeEnvVars
  WORDS DH: MellonIdPIgnore MellonRedirectDomains

auth_openidc_module mod_auth_openidc.c
  - lets users in by OpenID Connect and OAuth 2.0
  + Put an authenticating gateway (such as oauth2-proxy) in front of the worker.
  ONE SV: OIDCProviderMetadataURL OIDCProviderIssuer OIDCProviderAuthorizationEndpoint
    OIDCProviderTokenEndpoint OIDCProviderTokenEndpointAuth OIDCProviderTokenEndpointParams
    OIDCProviderRegistrationEndpointJson OIDCProviderUserInfoEndpoint
    OIDCProviderRevocationEndpoint OIDCProviderCheckSessionIFrame OIDCProviderEndSessionEndpoint
    OIDCProviderJwksUri OIDCResponseType OIDCResponseMode OIDCClientJwksUri
    OIDCIDTokenSignedResponseAlg OIDCIDTokenEncryptedResponseAlg OIDCIDTokenEncryptedResponseEnc
    OIDCUserInfoSignedResponseAlg OIDCUserInfoEncryptedResponseAlg OIDCUserInfoEncryptedResponseEnc
    OIDCUserInfoTokenMethod OIDCTokenBindingPolicy OIDCSSLValidateServer OIDCValidateIssuer
    OIDCClientName OIDCClientContact OIDCScope OIDCJWKSRefreshInterval OIDCIDTokenIatSlack
    OIDCSessionMaxDuration OIDCAuthRequestParams OIDCPKCEMethod OIDCClientID OIDCClientSecret
    OIDCClientTokenEndpointCert OIDCClientTokenEndpointKey OIDCClientTokenEndpointKeyPassword
    OIDCRedirectURI OIDCDefaultURL OIDCDefaultLoggedOutURL OIDCCookieDomain OIDCOutgoingProxy
    OIDCCryptoPassphrase OIDCClaimDelimiter OIDCOAuthClientID OIDCOAuthClientSecret
    OIDCOAuthIntrospectionEndpoint OIDCOAuthIntrospectionEndpointMethod
    OIDCOAuthIntrospectionEndpointParams OIDCOAuthIntrospectionEndpointAuth
    OIDCOAuthIntrospectionEndpointCert OIDCOAuthIntrospectionEndpointKey
    OIDCOAuthIntrospectionTokenParamName OIDCOAuthSSLValidateServer OIDCOAuthVerifyJwksUri
    OIDCHTTPTimeoutLong OIDCHTTPTimeoutShort OIDCStateTimeout OIDCSessionInactivityTimeout
    OIDCMetadataDir OIDCSessionType OIDCSessionCookieChunkSize OIDCCacheType OIDCCacheDir
    OIDCCacheFileCleanInterval OIDCMemCacheServers OIDCMemCacheConnectionsMin
    OIDCMemCacheConnectionsSMax OIDCMemCacheConnectionsHMax OIDCMemCacheConnectionsTTL
    OIDCCacheShmMax OIDCCacheShmEntrySizeMax OIDCRedisCacheServer OIDCRedisCacheUsername
    OIDCRedisCachePassword OIDCRedisCacheDatabase OIDCRedisCacheConnectTimeout
    OIDCRedisCacheTimeout OIDCHTMLErrorTemplate OIDCUserInfoRefreshInterval
    OIDCProviderMetadataRefreshInterval OIDCProviderAuthRequestMethod OIDCOAuthServerMetadataURL
    OIDCOAuthAccessTokenBindingPolicy OIDCStateInputHeaders OIDCCABundlePath
    OIDCLogoutXFrameOptions
  FLAG SV: OIDCProviderBackChannelLogoutSupported OIDCCookieHTTPOnly OIDCCookieSameSite
    OIDCSessionCacheFallbackToCookie OIDCCacheEncrypt
  EACH SV: OIDCProviderVerifyCertFiles OIDCPublicKeyFiles OIDCPrivateKeyFiles
    OIDCOAuthVerifyCertFiles OIDCOAuthVerifySharedKeys OIDCInfoHook OIDCXForwardedHeaders
  ONE SVDH: OIDCPathScope OIDCPathAuthRequestParams OIDCDiscoverURL OIDCAuthNHeader OIDCCookiePath
    OIDCCookie OIDCOAuthTokenIntrospectionInterval OIDCPreservePost OIDCRequestObject
    OIDCStateCookiePrefix
  RAW SV: OIDCClaimPrefix OIDCOAuthIntrospectionClientAuthBearerToken
  ONE_TO_THREE SV: OIDCRemoteUserClaim OIDCPassIDTokenAs OIDCPassUserInfoAs
    OIDCOAuthTokenExpiryClaim OIDCOAuthRemoteUserClaim
  ONE_OR_TWO SV: OIDCStateMaxNumberOfCookies
  EACH SVDH: OIDCPassCookies OIDCStripCookies OIDCOAuthAcceptTokenAs OIDCBlackListedClaims
    OIDCWhiteListedClaims OIDCRedirectURLsAllowed
  ONE_OR_TWO SVDH: OIDCUnAuthAction OIDCUnAutzAction OIDCPassClaimsAs
    OIDCRefreshAccessTokenBeforeExpiry
  FLAG SVDH: OIDCPassRefreshToken

auth_plain_module mod_auth_plain.c
  - checks passwords against a plain file
  ONE_OR_TWO DH: AuthPlainUserFile AuthPlainGroupFile
  FLAG DH: AuthPlainAuthoritative

auth_pubtkt_module mod_auth_pubtkt.c
  - lets users in by signed tickets
  ONE DH: TKTAuthLoginURL TKTAuthTimeoutURL TKTAuthPostTimeoutURL TKTAuthUnauthURL
    TKTAuthCookieName TKTAuthBackArgName TKTAuthRefreshURL TKTAuthBadIPURL TKTAuthMultifactorURL
  RAW DH: TKTAuthHeader
  FLAG DH: TKTAuthRequireSSL TKTAuthFakeBasicAuth TKTAuthPassthruBasicAuth
    TKTAuthRequireMultifactor
  EACH DH: TKTAuthToken TKTAuthDebug
  ONE SVDH: TKTAuthPublicKey TKTAuthDigest TKTAuthPassthruBasicKey

auth_tkt_module mod_auth_tkt.c
  - lets users in by tickets in cookies
  ONE DH: TKTAuthLoginURL TKTAuthTimeoutURL TKTAuthPostTimeoutURL TKTAuthUnauthURL
    TKTAuthCookieName TKTAuthDomain TKTAuthBackCookieName TKTAuthBackArgName TKTAuthTimeoutMin
    TKTAuthTimeoutRefresh TKTAuthGuestUser TKTAuthQuerySeparator
  EACH DH: TKTAuthCookieExpires TKTAuthToken TKTAuthTimeout TKTAuthDebug
  FLAG DH: TKTAuthIgnoreIP TKTAuthRequireSSL TKTAuthCookieSecure TKTAuthGuestLogin
    TKTAuthGuestCookie TKTAuthGuestFallback TKTAuthGuestEmpty
  ONE SV: TKTAuthSecret TKTAuthSecretOld TKTAuthDigestType

authn_sasl_module mod_authn_sasl.c
  - checks passwords by SASL
  ONE_OR_TWO DH: AuthSaslPwcheckMethod
  ONE DH: AuthSaslServiceName AuthSaslAppname AuthSaslDbPath
  EACH DH: AuthSaslRealm

authn_yubikey_module mod_authn_yubikey.c
  - checks one-time passwords of Yubikeys
  ONE D: AuthYubiKeyTmpFile AuthYubiKeyUserFile AuthYubiKeyTimeout
  FLAG D: AuthYubiKeyExternalErrorPage
  FLAG SVD: AuthYubiKeyRequireSecure

authnz_external_module mod_authnz_external.c
  - checks passwords by other programs
  EACH DH: AuthExternal
  THREE SV: DefineExternalAuth DefineExternalGroup
  TWO SV: AddExternalAuth SetExternalAuthMethod AddExternalGroup SetExternalGroupMethod
  ONE DH: GroupExternal AuthExternalContext
  FLAG DH: AuthExternalProvideCache GroupExternalManyAtOnce AuthExternalGroupsAtOnce

authnz_pam_module mod_authnz_pam.c
  - checks users by PAM
  ONE DH: AuthPAMService
  ONE_OR_TWO DH: AuthPAMExpiredRedirect

authz_svn_module mod_authz_svn.c
  - says who may read which path of a Subversion repository
  + Keep Apache for the repositories and ProxyPass to it.
  FLAG DH: AuthzSVNAuthoritative AuthzSVNAnonymous AuthzSVNNoAuthWhenAnonymousAllowed
  ONE DH: AuthzSVNAccessFile AuthzSVNReposRelativeAccessFile AuthzSVNGroupsFile
    AuthzForceUsernameCase

authz_unixgroup_module mod_authz_unixgroup.c
  - lets members of Unix groups in

bw_module mod_bw.c
  - limits bandwidth and connections
  + Limit them in a server in front, or in the network.
  TWO SVD: MaxConnection BandWidth MinBandWidth
  FLAG SVD: BandWidthModule ForceBandWidthModule
  ONE SVD: BandWidthPacket BandWidthError
  THREE SVD: LargeFileLimit

evasive20_module mod_evasive20.c evasive24_module mod_evasive24.c evasive_module mod_evasive.c
  - blocks addresses that send too many requests
  + Block them in front of httpdlite (firewall, fail2ban on the access log).
  ONE SV: DOSHashTableSize DOSPageCount DOSSiteCount DOSPageInterval DOSSiteInterval
    DOSBlockingPeriod DOSEmailNotify DOSLogDir DOSSystemCommand DOSHTTPResponseCode
  EACH SV: DOSWhitelist

geoip_module mod_geoip.c
  - tells the country of a client
  + Let the application do it; rules that rely on it would let everyone in or nobody.
  FLAG SV: GeoIPScanProxyHeaders GeoIPUseFirstNonPrivateXForwardedForIP
    GeoIPUseFirstXForwardedForIP GeoIPUseLastXForwardedForIP GeoIPEnableUTF8
  ONE SV: GeoIPScanProxyHeaderField
  FLAG SVDH: GeoIPEnable
  ONE_OR_TWO SV: GeoIPDBFile
  EACH SV: GeoIPOutput

intercept_form_submit_module mod_intercept_form_submit.c
  - checks the passwords of login forms by PAM
  + Let the application do it, or keep Apache for these paths.
  ONE D: InterceptFormLogin InterceptFormPassword InterceptFormPAMService
  FLAG D: InterceptFormPasswordRedact InterceptFormClearRemoteUserForSkipped InterceptGETOnSuccess
  EACH D: InterceptFormLoginSkip InterceptFormLoginRealms

mod_shib mod_shib.cpp shib_module mod_shib.c
  - lets users in by Shibboleth (SAML)
  ONE SV: ShibPrefix ShibConfig ShibCatalogs ShibGSSKey ShibURLScheme
  TWO DH: ShibRequestSetting
  ONE DH: ShibRequestUnset ShibApplicationId ShibRequireSessionWith ShibRedirectToSSL
  FLAG DH: ShibDisable ShibBasicHijack ShibRequireSession ShibExportAssertion
    ShibRequestMapperAuthz ShibUseEnvironment ShibUseHeaders ShibExpireRedirects
  FLAG SV: ShibCompatValidUser

oauth2_module mod_oauth2.c
  - lets requests in by OAuth 2.0 tokens
  + Put an authenticating gateway (such as oauth2-proxy) in front of the worker.
  ONE SVDH: OAuth2CryptoPassphrase OAuth2TargetPass
  TWO_OR_THREE SVDH: OAuth2TokenVerify
  ONE_OR_TWO SVDH: OAuth2AcceptTokenIn OAuth2Cache

qos_module mod_qos.c
  - limits requests, connections and bandwidth and filters requests
  + Limit them in a server in front, or in the application.
  ONE SV: QS_LocRequestLimitDefault QS_SrvMaxConn QS_SrvMaxConnClose QS_SrvMaxConnExcludeIP
    QS_MileStoneTimeout QS_SessionCookieName QS_SessionCookiePath QS_SessionTimeout QS_SessionKey
    QS_UnsetReqHeader QS_UnsetResHeader QS_ErrorPage QS_SemMemFile
  TWO SV: QS_LocRequestLimit QS_LocRequestPerSecLimit QS_LocKBytesPerSecLimit
    QS_LocRequestLimitMatch QS_LocRequestPerSecLimitMatch QS_LocKBytesPerSecLimitMatch
    QS_EventRequestLimit QS_EventPerSecLimit QS_EventKBytesPerSecLimit QS_SetEnvIfParp
    QS_SetEnvIfBody QS_SetEnv QS_SetEnvResHeaderMatch
  THREE SV: QS_CondLocRequestLimitMatch QS_EventLimitCount QS_SetEnvRes
  WORDS SV: QS_CondEventLimitCount QS_UserTrackingCookieName QS_ClientContentTypes
    QS_CondClientEventLimitCount
  ONE_OR_TWO SV: QS_SrvMaxConnPerIP QS_SrvSerialize QS_VipHeaderName QS_VipIPHeaderName
    QS_SetEnvResHeader
  FLAG SV: QS_SrvMaxConnPerIPIgnoreVIP QS_DisableHandler
  RAW SV: QS_SrvDataRateOff QS_VipUser QS_VipIpUser
  ONE_OR_TWO S: QS_SrvRequestRate QS_ClientEventBlockCount
  WORDS S: QS_SrvMinDataRate QS_RequestHeaderFilterRule QS_ClientPrefer
  ONE SVD: QS_SrvMinDataRateOffEvent QS_LimitRequestBody QS_RequestHeaderFilter
  FLAG S: QS_SrvMinDataRateIgnoreVIP QS_LogOnly QS_SupportIPv6 QS_Status QS_EventCount
  ONE S: QS_SrvSampleRate QS_ClientEntries QS_ClientTolerance QS_ClientEventBlockExcludeIP
    QS_ClientEventPerSecLimit QS_ClientEventRequestLimit QS_ClientIpFromHeader
    QS_ClientGeoCountryDB QS_ErrorResponseCode QS_MaxClients QSLog
  THREE D: QS_DenyRequestLine QS_DenyPath QS_DenyQuery QS_DenyEvent QS_PermitUri
  FLAG D: QS_DenyBody QS_DenyQueryBody QS_PermitUriBody
  ONE D: QS_InvalidUrlEncoding QS_ResponseHeaderFilter
  EACH D: QS_Decoding
  RAW D: QS_DenyInheritanceOff
  THREE S: QS_ResponseHeaderFilterRule
  TWO_OR_THREE SV: QS_MileStone QS_SetReqHeader
  TWO_OR_THREE SVD: QS_SetEnvIf
  WORDS D: QS_SetEnvIfCmp
  TWO SVD: QS_SetEnvIfQuery QS_SetEnvStatus QS_SetEnvIfStatus
  TWO D: QS_SetEnvResBody QS_SetEnvIfResBody
  THREE SVD: QS_RedirectIf
  ONE_TO_THREE S: QS_ClientEventLimitCount
  RAW S: QS_ClientSerialize
  TWO S: QS_ClientGeoCountryPriv

rpaf_module mod_rpaf-2.0.c rpaf_module mod_rpaf.c
  - takes the client's address from a header
  + Use RemoteIPHeader of mod_remoteip instead.
  FLAG SV: RPAFenable RPAFsethostname
  EACH SV: RPAFproxy_ips
  ONE SV: RPAFheader

security2_module mod_security2.c
  - filters requests by rules
  + Put a filtering server (such as Coraza, or Apache itself) in front of httpdlite.
  ONE SVD: SecAction SecArgumentSeparator SecCookiev0Separator SecAuditEngine SecAuditLog
    SecAuditLog2 SecAuditLogParts SecAuditLogRelevantStatus SecAuditLogType SecAuditLogFormat
    SecAuditLogStorageDir SecAuditLogDirMode SecAuditLogFileMode SecCookieFormat SecDebugLog
    SecDebugLogLevel SecCollectionTimeout SecDefaultAction SecMarker SecRequestBodyAccess
    SecInterceptOnError SecRulePerfTime SecRequestBodyInMemoryLimit SecRequestBodyLimit
    SecRequestBodyNoFilesLimit SecRequestBodyJsonDepthLimit SecArgumentsLimit SecRequestEncoding
    SecResponseBodyAccess SecResponseBodyLimit SecResponseBodyLimitAction SecRequestBodyLimitAction
    SecRuleEngine SecStatusEngine SecConnEngine SecRemoteRulesFailAction SecXmlExternalEntity
    SecTmpDir SecUploadDir SecUploadFileLimit SecUploadFileMode SecUploadKeepFiles
    SecTmpSaveUploadedFiles SecWebAppId SecHttpBlKey SecHashEngine SecHashParam
  ONE_OR_TWO SVD: SecCacheTransformations SecConnReadStateLimit SecReadStateLimit
    SecConnWriteStateLimit SecWriteStateLimit SecRuleScript
  ONE SV: SecChrootDir SecComponentSignature SecDataDir SecGsbLookupDB SecUnicodeCodePage
    SecGeoLookupDB SecPcreMatchLimit SecPcreMatchLimitRecursion SecServerSignature SecSensorId
  FLAG SVD: SecContentInjection SecStreamOutBodyInspection SecStreamInBodyInspection
    SecDisableBackendCompression SecRuleInheritance
  ONE_OR_TWO SV: SecUnicodeMapFile SecGuardianLog
  EACH SVD: SecResponseBodyMimeType SecRuleRemoveById SecRuleRemoveByTag SecRuleRemoveByMsg
  RAW SVD: SecResponseBodyMimeTypesClear
  TWO_OR_THREE SVD: SecRule SecRemoteRules SecRuleUpdateTargetById SecRuleUpdateTargetByTag
    SecRuleUpdateTargetByMsg
  TWO SVD: SecHashMethodPm SecHashMethodRx SecRuleUpdateActionById SecHashKey

auth_kerb_module mod_auth_kerb.c ~
  - lets users in by Kerberos
  FLAG DH: KrbAuthoritative KrbVerifyKDC KrbMethodNegotiate KrbMethodK5Passwd KrbMethodK4Passwd
    KrbSaveCredentials KrbDelegateBasic KrbLocalUserMapping KrbConstrainedDelegation
  ONE DH: Krb5Keytab Krb4Srvtab KrbServiceName
  RAW DH: KrbAuthRealm KrbAuthRealms

auth_mysql_module mod_auth_mysql.c mysql_auth_module mod_auth_mysql.c ~
  - checks passwords in a MySQL database
  RAW SVDH: AuthMySQLEnable AuthMySQLHost AuthMySQLPort AuthMySQLSocket AuthMySQLUser
    AuthMySQLPassword AuthMySQLDB AuthMySQLUserTable AuthMySQLNameField AuthMySQLPasswordField
    AuthMySQLUserCondition AuthMySQLGroupTable AuthMySQLGroupField AuthMySQLGroupCondition
    AuthMySQLGroupUserNameField AuthMySQLPwEncryption AuthMySQLSaltField AuthMySQLAuthoritative
    AuthMySQLNoPasswd AuthMySQLKeepAlive AuthMySQLCharacterSet AuthMySQLLastAccessField
    Auth_MySQL_Info Auth_MySQL_Host Auth_MySQL_User Auth_MySQL_Password Auth_MySQL_DB
    Auth_MySQL_Password_Table Auth_MySQL_Username_Field Auth_MySQL_Password_Field
    Auth_MySQL_Group_Table Auth_MySQL_Group_Field Auth_MySQL_Group_Clause
    Auth_MySQL_Password_Clause Auth_MySQL_Encryption_Types Auth_MySQL_Encrypted_Passwords
    Auth_MySQL_Empty_Passwords Auth_MySQL_Authoritative Auth_MySQL_Non_Persistent Auth_MySQL

auth_ntlm_module mod_authn_ntlm.c ~
  - lets users in by their Windows login
  RAW DH: NTLMAuthoritative NTLMDomain NTLMOfferBasic NTLMOmitDomain NTLMUsernameCase
    NTLMBasicPreferred NTLMPerRequestAuth

auth_ntlm_winbind_module mod_auth_ntlm_winbind.c ~
  - lets users in by NTLM
  FLAG DH: NTLMAuth NegotiateAuth NTLMBasicAuth NTLMBasicAuthoritative
  ONE DH: NTLMAuthHelper NegotiateAuthHelper PlaintextAuthHelper NTLMBasicRealm

auth_pam_module mod_auth_pam.c ~
  - checks passwords by PAM
  RAW DH: AuthPAM_Enabled AuthPAM_Authoritative AuthPAM_FallThrough AuthPAM_Service

auth_pgsql_module mod_auth_pgsql.c ~
  - checks passwords in a PostgreSQL database
  RAW DH: Auth_PG_host Auth_PG_port Auth_PG_options Auth_PG_database Auth_PG_user Auth_PG_pwd
    Auth_PG_pwd_table Auth_PG_uid_field Auth_PG_pwd_field Auth_PG_pwd_whereclause Auth_PG_grp_table
    Auth_PG_grp_user_field Auth_PG_grp_group_field Auth_PG_grp_whereclause Auth_PG_encrypted
    Auth_PG_hash_type Auth_PG_authoritative Auth_PG_nopasswd Auth_PG_lowercase_uid
    Auth_PG_uppercase_uid Auth_PG_pwd_ignore_case Auth_PG_log_table Auth_PG_log_uname_field
    Auth_PG_log_date_field Auth_PG_log_uri_field Auth_PG_log_addrs_field Auth_PG_cache_passwords

auth_sys_group_module mod_auth_sys_group.c ~
  - lets members of Unix groups in

bwlimited_module mod_bwlimited.c ~
  - takes sites away that have used up their volume
  + Limit it in a server in front, or in the network.

cband_module mod_cband.c ~
  - limits bandwidth and volume
  + Limit them in a server in front, or in the network.
  RAW SV: CBandDefaultExceededURL CBandDefaultExceededCode CBandScoreFlushPeriod CBandSpeed
    CBandRemoteSpeed CBandClassRemoteSpeed CBandRandomPulse CBandLimit CBandClassLimit
    CBandExceededURL CBandExceededSpeed CBandScoreboard CBandPeriod CBandPeriodSlice CBandUser
    CBandUserSpeed CBandUserLimit CBandUserClassLimit CBandUserExceededURL CBandUserExceededSpeed
    CBandUserScoreboard CBandUserPeriod CBandUserPeriodSlice CBandClassDst

cloudflare_module mod_cloudflare.c ~
  - takes the client's address from Cloudflare's header
  + Use RemoteIPHeader CF-Connecting-IP with RemoteIPTrustedProxy instead.
  ONE SV: CloudFlareRemoteIPHeader CloudFlareLoadBalancerRemoteIPHeader
  EACH SV: CloudFlareRemoteIPTrustedProxy
  RAW SV: DenyAllButCloudFlare CloudFlareBehindLoadBalancer

defensible_module mod_defensible.c ~
  - refuses clients that are on block lists
  + Refuse them in front of httpdlite (firewall).
  RAW SVDH: DnsblUse DnsblServers DnsblNameserver

dosevasive20_module mod_dosevasive20.c ~
  - blocks addresses that send too many requests
  + Block them in front of httpdlite (firewall, fail2ban on the access log).

limitipconn_module mod_limitipconn.c ~
  - limits the connections of an address
  + Limit them in front of httpdlite (firewall, load balancer).
  ONE DH: MaxConnPerIP
  EACH DH: NoIPLimit OnlyIPLimit

maxminddb_module mod_maxminddb.c ~
  - tells the country of a client
  + Let the application do it; rules that rely on it would let everyone in or nobody.
  FLAG SVDH: MaxMindDBEnable MaxMindDBSetNotes
  TWO SVDH: MaxMindDBFile MaxMindDBEnv MaxMindDBNetworkEnv

nss_module mod_nss.c ~
  - speaks TLS by Mozilla's library
  + Use the directives of mod_ssl.
  RAW SVDH: NSSEngine NSSFIPS NSSOCSP NSSOCSPDefaultResponder NSSOCSPDefaultURL NSSOCSPDefaultName
    NSSCertificateDatabase NSSDBPrefix NSSSessionCacheTimeout NSSSession3CacheTimeout
    NSSSessionCacheSize NSSPassPhraseDialog NSSPassPhraseHelper NSSRandomSeed NSSCipherSuite
    NSSProtocol NSSNickname NSSECCNickname NSSEnforceValidCerts NSSVerifyClient NSSUserName
    NSSOptions NSSRequireSSL NSSRequire NSSRenegotiation NSSRequireSafeNegotiation
    NSSSkipPermissionCheck NSSStrictSNI NSSSNI NSSSessionTickets NSSProxyEngine NSSProxyProtocol
    NSSProxyCipherSuite NSSProxyNickname NSSProxyCheckPeerCN

security3_module mod_security3.c ~
  - filters requests by rules
  + Put a filtering server (such as Coraza, or Apache itself) in front of httpdlite.
  FLAG SVDH: modsecurity
  ONE SVDH: modsecurity_rules modsecurity_rules_file modsecurity_transaction_id
  TWO SVDH: modsecurity_rules_remote

security_module mod_security.c ~
  - filters requests by rules
  + Put a filtering server (such as Coraza, or Apache itself) in front of httpdlite.
  RAW SVD: SecFilterEngine SecFilter SecFilterSelective SecFilterInheritance SecFilterScanPOST
    SecFilterScanOutput SecFilterDefaultAction SecFilterSignatureAction SecFilterCheckURLEncoding
    SecFilterCheckUnicodeEncoding SecFilterCheckCookieFormat SecFilterNormalizeCookies
    SecFilterCookieFormat SecFilterForceByteRange SecFilterDebugLog SecFilterDebugLevel
    SecFilterActions SecFilterImport SecFilterRemove SecFilterOutputMimeTypes
    SecUploadApproveScript SecChrootLock SecCharset

sspi_auth_module mod_auth_sspi.c authnz_sspi_module mod_authnz_sspi.c ~
  - lets users in by their Windows login
  RAW DH: SSPIAuth SSPIAuthoritative SSPIDomain SSPIOfferBasic SSPIOfferSSPI SSPIOmitDomain
    SSPIUsernameCase SSPIBasicPreferred SSPIPackage SSPIPackages SSPIPerRequestAuth SSPIChainAuth
    SSPIMSIE3Hack

webauth_module mod_webauth.c ~
  - lets users in who are logged in at a WebAuth server
  RAW SVDH: WebAuthKeyring WebAuthKeytab WebAuthServiceTokenCache WebAuthLoginURL WebAuthWebKdcURL
    WebAuthWebKdcPrincipal WebAuthWebKdcSSLCertFile WebAuthWebKdcSSLCertCheck WebAuthCredCacheDir
    WebAuthSubjectAuthType WebAuthAuthType WebAuthTokenMaxTTL WebAuthKeyringAutoUpdate
    WebAuthKeyringKeyLifetime WebAuthSSLRedirect WebAuthSSLRedirectPort WebAuthRequireSSL
    WebAuthStripURL WebAuthExtraRedirect WebAuthHttpOnly WebAuthDebug WebAuthAppTokenLifetime
    WebAuthInactiveExpire WebAuthLastUseUpdateInterval WebAuthForceLogin WebAuthDoLogout
    WebAuthDontCache WebAuthOptional WebAuthReturnURL WebAuthFailureURL WebAuthLoginCanceledURL
    WebAuthPostReturnURL WebAuthVarPrefix WebAuthCred WebAuthRequireInitialFactor
    WebAuthRequireSessionFactor WebAuthRequireLOA
"""
