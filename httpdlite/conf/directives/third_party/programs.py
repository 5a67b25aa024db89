"""The table of third-party modules that serve, run programs or log: identifiers, files, directives.

Data only; `rows` makes rows of it: a directive stands by its arity (rows.Arity)
and contexts (S server config, V virtual host, D sections, H .htaccess, R while the file is read;
L not within <Directory>, <Files>, <If> or <Limit>; F not within <Files>, <If> or <Limit>). A module
that had several identifiers or source files has them all in its line; `-` is what it does, `+` what
to do instead. From the modules of Debian 12 (their command tables, and what httpd 2.4.71 says with
the module loaded). Those marked `~` are of no package any more, or never were: from their
documentation, RAW (any arguments) and all contexts where it leaves a doubt.
"""

from typing import Final

PROGRAMS: Final = """
dav_svn_module mod_dav_svn.c
  - serves Subversion repositories
  + Keep Apache for the repositories and ProxyPass to it.
  ONE D: SVNPath SVNReposName SVNIndexXSLT SVNParentPath SVNMasterURI SVNMasterVersion
    SVNActivitiesDB
  ONE SV: SVNSpecialURI SVNInMemoryCacheSize SVNCompressionLevel
  FLAG SVD: SVNAutoversioning SVNListParentPath SVNAdvertiseV2Protocol SVNCacheTextDeltas
    SVNCacheFullTexts SVNCacheRevProps SVNCacheNodeProps SVNBlockRead
  ONE SVD: SVNPathAuthz SVNAllowBulkUpdates SVNHooksEnv
  FLAG SV: SVNUseUTF8

dnssd_module mod_dnssd.c
  - announces sites in the local network
  + Announce them with a service file of avahi-daemon.
  FLAG S: DNSSDEnable DNSSDAutoRegisterUserDir DNSSDAutoRegisterVHosts
  ONE S: DNSSDUserDir
  ONE SVDHL: DNSSDServiceName
  EACH SVDHL: DNSSDServiceTypes DNSSDServicePort DNSSDServiceTxtRecord

encoding_module mod_encoding.c
  - converts file names of WebDAV clients
  + Nothing needs it where requests are only passed on.
  FLAG SV: EncodingEngine
  ONE SV: SetServerEncoding
  RAW SV: AddClientEncoding DefaultClientEncoding
  FLAG SVD: NormalizeUsername

fcgid_module mod_fcgid.c
  - starts FastCGI programs
  + Run the program under a server of its own and ProxyPass to that.
  ONE SVDH: FcgidAccessChecker FcgidAuthenticator FcgidAuthorizer FastCgiAccessChecker
    FastCgiAuthenticator FastCgiAuthorizer
  FLAG SVDH: FcgidAccessCheckerAuthoritative FcgidAuthenticatorAuthoritative
    FcgidAuthorizerAuthoritative FastCgiAccessCheckerAuthoritative
    FastCgiAuthenticatorAuthoritative FastCgiAuthorizerAuthoritative
  ONE S: FcgidBusyScanInterval FcgidErrorScanInterval FcgidIdleScanInterval FcgidMaxProcesses
    FcgidFixPathinfo FcgidProcessTableFile FcgidIPCDir FcgidSpawnScore FcgidSpawnScoreUpLimit
    FcgidTerminationScore FcgidTimeScore FcgidZombieScanInterval BusyScanInterval ErrorScanInterval
    IdleScanInterval MaxProcessCount PHP_Fix_Pathinfo_Enable SharememPath SocketPath SpawnScore
    SpawnScoreUpLimit TerminationScore TimeScore ZombieScanInterval
  ONE SV: FcgidBusyTimeout FcgidMaxProcessesPerClass FcgidMinProcessesPerClass FcgidIdleTimeout
    FcgidIOTimeout FcgidConnectTimeout FcgidMaxRequestInMem FcgidMaxRequestLen
    FcgidMaxRequestsPerProcess FcgidOutputBufferSize FcgidPassHeader FcgidProcessLifeTime
    BusyTimeout DefaultMaxClassProcessCount DefaultMinClassProcessCount IdleTimeout IPCCommTimeout
    IPCConnectTimeout MaxRequestInMem MaxRequestLen MaxRequestsPerProcess OutputBufferSize
    PassHeader ProcessLifeTime
  RAW SV: FcgidCmdOptions
  ONE_OR_TWO SV: FcgidInitialEnv DefaultInitEnv
  ONE_TO_THREE SVDH: FcgidWrapper FCGIWrapper

form_module mod_form.c
  - decodes forms for other modules
  + Nothing needs it where requests are only passed on.
  ONE SVDH: FormMaxSize FormDelim
  FLAG SVDH: FormGET FormPOST

jk_module mod_jk.c
  - passes requests to Tomcat by AJP
  + Open Tomcat's HTTP connector and ProxyPass to that.
  ONE S: JkWorkersFile JkWatchdogInterval JkShmFile JkShmSize
  ONE SV: JkMountFile JkMountFileReload JkMountCopy JkLogFile JkLogLevel JkLogStampFormat
    JkRequestLogFormat JkAutoAlias JkWorkerIndicator JkRemoteAddrIndicator JkRemotePortIndicator
    JkRemoteHostIndicator JkRemoteUserIndicator JkAuthTypeIndicator JkLocalNameIndicator
    JkLocalAddrIndicator JkLocalPortIndicator JkIgnoreCLIndicator JkHTTPSIndicator
    JkSSLPROTOCOLIndicator JkCERTSIndicator JkCIPHERIndicator JkSESSIONIndicator JkKEYSIZEIndicator
    JkCERTCHAINPrefix
  ONE_OR_TWO SVD: JkMount JkUnMount
  ONE_OR_TWO SV: JkStripSession JkEnvVar
  FLAG SV: JkExtractSSL
  RAW SV: JkOptions
  RAW S: JkWorkerProperty

ldap_userdir_module mod_ldap_userdir.c
  - serves users' home directories found in LDAP
  + Keep a file server behind httpdlite and ProxyPass to it.
  EACH SV: LDAPUserDir LDAPUserDirServer LDAPUserDirServerURL
  TWO SV: LDAPUserDirDNInfo LDAPAttributeName
  ONE SV: LDAPUserDirBaseDN LDAPUserDirFilter LDAPUserDirSearchScope LDAPUserDirCacheTimeout
    LDAPProtocolVersion
  FLAG SV: LDAPUserDirUseTLS

lisp_module mod_lisp.c
  - passes requests to a Lisp program
  + Let the program speak HTTP and ProxyPass to it.
  THREE SVDH: LispServer

log_slow_module mod_log_slow.c
  - logs slow requests
  + Put %D into the LogFormat and look for large values.
  FLAG SV: LogSlowEnabled LogSlowBufferedLogs
  ONE SV: LogSlowLongRequestTime LogSlowFileName LogSlowTimeFormat

log_sql_module mod_log_sql.c
  - logs into a database
  + Feed the database from the access log.
  FLAG SV: LogSQLAnnounce LogSQLForcePreserve LogSQLDisablePreserve LogSQLCreateTables
    LogSQLMassVirtualHosting
  ONE_OR_THREE SV: LogSQLLoginInfo
  TWO SV: LogSQLDBParam
  ONE SV: LogSQLPreserveFile LogSQLTransferLogTable LogSQLNotesLogTable LogSQLHeadersOutLogTable
    LogSQLHeadersInLogTable LogSQLCookieLogTable LogSQLScoreDomain LogSQLScoreSubdomain
    LogSQLScoreTable LogSQLTransferLogFormat LogSQLMachineID LogSQLWhichCookie LogSQLDatabase
    LogSQLTableType LogSQLSocketFile LogSQLTCPPort
  EACH SV: LogSQLRequestAccept LogSQLRequestIgnore LogSQLRemhostIgnore LogSQLWhichNotes
    LogSQLWhichHeadersOut LogSQLWhichHeadersIn LogSQLWhichCookies
  RAW SV: LogSQLDeprecated

lookup_identity_module mod_lookup_identity.c
  - looks up attributes of the user
  + Let the application look them up.
  ONE SVD: LookupOutput LookupUserGECOS LookupUserByCertificateParamName LookupUserGroupsIter
    LookupDbusTimeout
  ONE_OR_TWO SVD: LookupUserGroups
  TWO_OR_THREE SVD: LookupUserAttr
  TWO SVD: LookupUserAttrIter
  FLAG SVD: LookupUserByCertificate

mono_module mod_mono.c
  - runs ASP.NET programs by Mono
  + Run the program under a server of its own and ProxyPass to that.
  ONE_OR_TWO SV: MonoUnixUmask MonoUnixSocket MonoListenPort MonoListenAddress MonoListenBacklog
    MonoMinThreads MonoRunXSP MonoXSPStartAttempts MonoXSPStartWaitTime MonoExecutablePath MonoPath
    MonoServerPath MonoTargetFramework MonoApplications MonoWapiDir MonoDocumentRootDir
    MonoApplicationsConfigFile MonoApplicationsConfigDir MonoMaxMemory MonoMaxCPUTime MonoDebug
    MonoSetEnv MonoIOMAP MonoAutoRestartMode MonoAutoRestartRequests MonoAutoRestartTime
    MonoMaxActiveRequests MonoMaxWaitingRequests MonoCheckHiddenFiles
  FIRST_AND_EACH SV: AddMonoApplications
  ONE D: MonoSetServerAlias
  ONE SV: MonoAutoApplication

mpm_itk_module mpm_itk.c
  - serves each virtual host as a user of its own
  + Run the workers as different users.
  TWO SVD: AssignUserID
  RAW SVD: AssignUserIDExpr AssignGroupIDExpr
  TWO S: LimitUIDRange LimitGIDRange
  FLAG S: EnableCapabilities
  ONE SV: MaxClientsVHost
  ONE SVD: NiceValue

musicindex_module mod_musicindex.c
  - lists and streams music files
  + Keep a file server behind httpdlite and ProxyPass to it.
  RAW SVDH: MusicIndex MusicSortOrder MusicFields MusicPageTitle
  RAW D: MusicIndexCache
  ONE D: MusicIceServer MusicCookieLife MusicDefaultDisplay
  ONE SVDH: MusicDefaultCss MusicDirPerLine

neko_module mod_neko.c
  - runs Neko programs in the server
  + Run the program under a server of its own and ProxyPass to that.
  RAW SV: ModNeko

netcgi_module handler.c
  - runs OCaml programs in the server
  + Run the program under a server of its own and ProxyPass to that.
  ONE SV: NetcgiLoad NetcgiRequire NetcgiThread NetcgiPredicates NetcgiTranslateHandler
  ONE SVDH: NetcgiCheckUserIDHandler NetcgiAuthCheckerHandler NetcgiAccessCheckerHandler
    NetcgiTypeCheckerHandler NetcgiFixerUpperHandler NetcgiLoggerHandler NetcgiHeaderParserHandler
    NetcgiPostReadRequestHandler NetcgiHandler

passenger_module mod_passenger.c
  - starts and runs Ruby, Python and Node programs
  + Run Passenger Standalone (passenger start) and ProxyPass to it.
  ONE SV: PassengerAdminPanelAuthType PassengerAdminPanelPassword PassengerAdminPanelUrl
    PassengerAdminPanelUsername PassengerAnalyticsLogGroup PassengerAnalyticsLogUser
    PassengerAnonymousTelemetryProxy PassengerDataBufferDir PassengerDebugLogFile
    PassengerDefaultGroup PassengerDefaultRuby PassengerDefaultUser PassengerDumpConfigManifest
    PassengerFileDescriptorLogFile PassengerFlyWith PassengerInstanceRegistryDir PassengerLogFile
    PassengerLogLevel PassengerMaxInstancesPerApp PassengerMaxPoolSize PassengerPoolIdleTime
    PassengerPreStart PassengerResponseBufferHighWatermark PassengerRoot
    PassengerSecurityUpdateCheckProxy PassengerSocketBacklog PassengerSpawnDir
    PassengerStatThrottleRate RailsDefaultUser RailsFrameworkSpawnerIdleTime
    RailsMaxInstancesPerApp RailsMaxPoolSize RailsPoolIdleTime RailsSpawnServer
    UnionStationGatewayAddress UnionStationGatewayCert UnionStationGatewayPort
    UnionStationProxyAddress
  FLAG SVDH: PassengerAllowEncodedSlashes PassengerBufferResponse PassengerBufferUpload
    PassengerEnabled PassengerErrorOverride PassengerHighPerformance PassengerStickySessions
  ONE SVDF: PassengerAppEnv PassengerAppGroupName PassengerAppRoot PassengerAppStartCommand
    PassengerAppType PassengerBaseURI PassengerDirectInstanceRequestAddress
    PassengerForceMaxConcurrentRequestsPerProcess PassengerGroup PassengerLveMinUid
    PassengerMaxPreloaderIdleTime PassengerMaxRequestQueueSize PassengerMaxRequests
    PassengerMeteorAppSettings PassengerMinInstances PassengerMonitorLogFile PassengerNodejs
    PassengerPython PassengerRestartDir PassengerRuby PassengerSpawnMethod PassengerStartTimeout
    PassengerStartupFile PassengerUser RackBaseURI RackEnv RailsAppSpawnerIdleTime RailsBaseURI
    RailsEnv RailsRuby RailsSpawnMethod
  ONE SVD: PassengerAppLogFile PassengerConcurrencyModel PassengerMaxInstances PassengerMemoryLimit
    PassengerThreadCount UnionStationKey
  TWO SV: PassengerCtl
  FLAG SVD: PassengerDebugger PassengerResistDeploymentErrors PassengerRollingRestarts
    PassengerUseGlobalQueue UnionStationSupport
  FLAG SV: PassengerDisableAnonymousTelemetry PassengerDisableLogPrefix
    PassengerDisableSecurityUpdateCheck PassengerShowVersionInHeader PassengerTurbocaching
    PassengerUserSwitching RailsAllowModRewrite RailsUserSwitching
  FLAG SVDF: PassengerFriendlyErrorPages PassengerLoadShellEnvvars PassengerPreloadBundler
  ONE SVDH: PassengerMaxRequestQueueTime PassengerMaxRequestTime
    PassengerStickySessionsCookieAttributes PassengerStickySessionsCookieName UnionStationFilter

perl_module mod_perl.c
  - runs Perl programs in the server
  + Run the program under a PSGI server (starman, plackup) and ProxyPass to that.
  EACH SV: PerlSwitches PerlConfigRequire PerlPostConfigRequire PerlProcessConnectionHandler
    PerlOpenLogsHandler PerlPostConfigHandler PerlPostReadRequestHandler PerlTransHandler
    PerlMapToStorageHandler PerlPreConnectionHandler PerlChildInitHandler PerlChildExitHandler
  EACH SVDH: PerlModule PerlRequire PerlOptions PerlInitHandler PerlHandler PerlHeaderParserHandler
    PerlAccessHandler PerlAuthenHandler PerlAuthzHandler PerlTypeHandler PerlFixupHandler
    PerlResponseHandler PerlLogHandler PerlCleanupHandler PerlInputFilterHandler
    PerlOutputFilterHandler
  TWO SV: PerlAddAuthzProvider PerlAddAuthnProvider
  TWO SVDH: PerlSetVar PerlSetEnv
  FIRST_AND_EACH SVDH: PerlAddVar
  ONE SV: PerlPassEnv PerlInterpStart PerlInterpMax PerlInterpMaxSpare PerlInterpMinSpare
    PerlInterpMaxRequests
  RAW SV: Perl PerlLoadModule
  ONE SVDH: PerlSetInputFilter PerlSetOutputFilter
  RAW SVR: =pod =back =cut __END__
  FLAG SVDH: PerlSendHeader PerlSetupEnv
  FLAG SV: PerlTaintCheck PerlWarn

php_module mod_php.c php7_module mod_php7.c php5_module mod_php5.c php4_module mod_php4.c
  - runs PHP programs in the server
  + Run PHP under php-fpm with a server that speaks FastCGI, and ProxyPass to that server.
  TWO SVDH: php_value php_flag
  TWO SVD: php_admin_value php_admin_flag
  ONE SV: PHPINIDir

python_module mod_python.c
  - runs Python programs in the server
  + Run the program under a server of its own (gunicorn, uvicorn) and ProxyPass to that.
  RAW SVDH: PythonAccessHandler PythonAuthenHandler PythonAuthzHandler PythonCleanupHandler
    PythonFixupHandler PythonHandler PythonHeaderParserHandler PythonInitHandler PythonLogHandler
    PythonHandlerModule PythonTypeHandler
  FLAG SVDH: PythonAutoReload PythonDebug PythonEnablePdb PythonInterpPerDirective
    PythonInterpPerDirectory
  RAW SV: PythonConnectionHandler PythonPostReadRequestHandler PythonTransHandler
  TWO SV: PythonImport
  ONE SVDH: PythonInterpreter PythonPath
  FLAG SV: PythonOptimize
  ONE_OR_TWO SVDH: PythonOption
  ONE_OR_TWO SVD: PythonInputFilter PythonOutputFilter

removeip_module mod_removeip.c
  - keeps client addresses out of the logs
  + Leave %h and %a out of the LogFormat.
  FLAG SV: REMOVEIPenable

tile_module mod_tile.c
  - serves map tiles
  + Keep Apache for the tiles and ProxyPass to it.
  ONE SVDH: LoadTileConfigFile ModTileRequestTimeout ModTileMissingRequestTimeout ModTileMaxLoadOld
    ModTileMaxLoadMissing ModTileVeryOldThreshold ModTileRenderdSocketName ModTileTileDir
    ModTileCacheExtendedHostName ModTileCacheExtendedDuration ModTileCacheDurationMax
    ModTileCacheDurationDirty ModTileCacheDurationMinimum ModTileCacheLastModifiedFactor
    ModTileEnableTileThrottlingXForward
  TWO SVDH: AddTileConfig ModTileRenderdSocketAddr ModTileCacheDurationLowZoom
    ModTileCacheDurationMediumZoom ModTileThrottlingTiles ModTileThrottlingRenders
  THREE SVDH: AddTileMimeConfig
  FLAG SVDH: ModTileEnableStats ModTileEnableTileThrottling ModTileBulkMode

upload_progress_module mod_upload_progress.c
  - reports how far uploads are
  + Let the application or the browser report it.
  FLAG DH: TrackUploads ReportUploads
  ONE SV: UploadProgressSharedMemorySize

uwsgi_module mod_uwsgi.c
  - passes requests to uWSGI by its own protocol
  + Start uWSGI with http-socket and ProxyPass to that.
  ONE_OR_TWO SVD: uWSGIsocket
  ONE SVD: uWSGIsocket2 uWSGImodifier1 uWSGImodifier2
  ONE D: uWSGIforceScriptName uWSGIforceCGImode uWSGIforceWSGIscheme uWSGIemptyRemoteUser
    uWSGImaxVars

vhost_ldap_module mod_vhost_ldap.c
  - takes virtual hosts from LDAP
  + Write the virtual hosts into files.
  ONE SV: VhostLDAPURL VhostLDAPBindDN VhostLDAPBindPassword VhostLDAPDereferenceAliases
    VhostLDAPFallback
  FLAG SV: VhostLDAPEnabled VhostLDAPWildcard

watchcat_module mod_watchcat.c
  - lets a daemon watch the server's processes
  + Let systemd watch httpdlite.
  FIRST_AND_EACH SVDH: CatType
  TWO SVDH: CatTimeout
  EACH SVDH: CatOrder
  RAW SVDH: CatLogHandler
  ONE SVDH: CatDevice

wsgi_module mod_wsgi.c
  - runs Python programs in the server
  + Run the program under a server of its own (gunicorn, uvicorn) and ProxyPass to that.
  RAW SV: WSGIScriptAlias WSGIScriptAliasMatch WSGIDaemonProcess WSGIImportScript
  ONE S: WSGISocketPrefix WSGISocketRotation WSGIAcceptMutex WSGILazyInitialization
    WSGIVerboseDebugging WSGIDontWriteBytecode WSGIPythonWarnings WSGIPythonOptimize WSGIPythonHome
    WSGIPythonPath WSGIPythonEggs WSGIPythonHashSeed WSGIDestroyInterpreter WSGIRestrictEmbedded
    WSGIRestrictStdin WSGIRestrictStdout WSGIRestrictSignal WSGICaseSensitivity WSGIServerMetrics
    WSGINewRelicConfigFile WSGINewRelicEnvironment
  RAW SVD: WSGIRestrictProcess WSGIDispatchScript WSGIHandlerScript
  ONE SVD: WSGIProcessGroup WSGIApplicationGroup WSGIPassApacheRequest
  ONE SVDH: WSGICallableObject WSGIPassAuthorization WSGIScriptReloading WSGIErrorOverride
    WSGIChunkedRequest WSGIMapHEADToGET WSGIIgnoreActivity WSGIEnableSendfile
  RAW SVDH: WSGITrustedProxyHeaders WSGITrustedProxies
  RAW DH: WSGIAccessScript WSGIAuthUserScript WSGIAuthGroupScript
  ONE DH: WSGIGroupAuthoritative

xforward_module mod_xforward.c
  - follows X-Forward headers of answers
  + Let the application answer by itself.
  FLAG SVDH: XForward

xsendfile_module mod_xsendfile.c
  - sends files that an application names
  + Let the application send the file by itself.
  FLAG SVDH: XSendFile XSendFileIgnoreEtag XSendFileIgnoreLastModified
  ONE SVD: XSendFilePath

apreq_module mod_apreq2.c ~
  - parses forms for other modules
  + Nothing needs it where requests are only passed on.
  ONE SVDH: APREQ2_TempDir APREQ2_ReadLimit APREQ2_BraidLimit

define_module mod_define.c ~
  - gives variables, which httpd has had since 2.4
  + Drop the LoadModule line: Define does the same.

dispatcher_module disp_apache2.c ~
  - caches and passes requests to Adobe Experience Manager
  + Keep Apache for the cache and ProxyPass to it, or ProxyPass to the publish instance.
  RAW SVD: DispatcherConfig DispatcherLog DispatcherLogLevel DispatcherNoServerHeader
    DispatcherDeclineRoot DispatcherUseProcessedURL DispatcherPassError DispatcherKeepAliveTimeout
    DispatcherNoCanonURL DispatcherUseForwardedHost DispatcherRestrictUncacheableContent
    DispatcherInterimResponse

fastcgi_module mod_fastcgi.c ~
  - starts FastCGI programs
  + Run the program under a server of its own and ProxyPass to that.
  RAW SV: FastCgiServer AppClass FastCgiExternalServer ExternalAppClass FastCgiConfig FCGIConfig
  ONE SV: FastCgiIpcDir FastCgiSuexec FastCgiWrapper
  ONE_OR_TWO D: FastCgiAuthenticator FastCgiAuthorizer FastCgiAccessChecker
  FLAG D: FastCgiAuthenticatorAuthoritative FastCgiAuthorizerAuthoritative
    FastCgiAccessCheckerAuthoritative

gzip_module mod_gzip.c ~
  - compresses answers
  + Let the application compress, or a server in front.
  RAW SVDH: mod_gzip_on mod_gzip_dechunk mod_gzip_keep_workfiles mod_gzip_temp_dir
    mod_gzip_minimum_file_size mod_gzip_maximum_file_size mod_gzip_maximum_inmem_size
    mod_gzip_item_include mod_gzip_item_exclude mod_gzip_min_http mod_gzip_add_header_count
    mod_gzip_can_negotiate mod_gzip_static_suffix mod_gzip_command_version mod_gzip_update_static
    mod_gzip_send_vary mod_gzip_handle_methods mod_gzip_do_static_files mod_gzip_do_cgi

h264_streaming_module mod_h264_streaming.c flvx_module mod_flvx.c ~
  - streams videos
  + Keep a file server behind httpdlite and ProxyPass to it.

isapi_module mod_isapi.c ~
  - runs ISAPI extensions on Windows
  + Run the program under a server of its own and ProxyPass to that.
  RAW SVDH: ISAPICacheFile ISAPIReadAheadBuffer ISAPILogNotSupported ISAPIAppendLogToErrors
    ISAPIAppendLogToQuery ISAPIFakeAsync

jserv_module mod_jserv.c ~
  - passes requests to JServ
  + Run the servlets under Tomcat and ProxyPass to its HTTP connector.
  RAW SVD: ApJServManual ApJServProperties ApJServLogFile ApJServLogLevel ApJServDefaultProtocol
    ApJServDefaultHost ApJServDefaultPort ApJServVMTimeout ApJServProtocolParameter
    ApJServSecretKey ApJServMount ApJServMountCopy ApJServAction ApJServBalance ApJServHost
    ApJServRoute ApJServShmFile ApJServRetryAttempts ApJServEnvVar

lsapi_module mod_lsapi.c ~
  - runs PHP programs by LSAPI
  + Run PHP under php-fpm with a server that speaks FastCGI, and ProxyPass to that server.
  RAW SVDH: lsapi_engine lsapi_socket_path lsapi_poll_timeout lsapi_per_user lsapi_output_buffering
    lsapi_disable_reject_mode lsapi_terminate_backends_on_exit lsapi_avoid_zombies
    lsapi_with_connection_pool lsapi_backend_connect_timeout lsapi_backend_connect_tries
    lsapi_backend_children lsapi_backend_max_idle lsapi_backend_max_process_time
    lsapi_backend_pgrp_max_idle lsapi_backend_max_reqs lsapi_use_default_uid lsapi_target_perm
    lsapi_set_env lsapi_set_env_path lsapi_max_process_time lsapi_uid_gid lsapi_user_group
    lsapi_phprc

manager_module mod_manager.c advertise_module mod_advertise.c ~
  - lets JBoss servers announce themselves as workers
  + Name the workers in ProxyPass or in a balancer.
  FLAG SV: EnableMCPMReceive EnableWsTunnel AllowDisplay AllowCmd ReduceDisplay CheckNonce
    ResponseFieldSize
  RAW SV: ManagerBalancerName MemManagerFile Maxcontext Maxnode Maxhost Maxsessionid Maxmessagesize
    PersistSlots WSUpgradeHeader AJPSecret MaxMCMPMessSize ServerAdvertise AdvertiseGroup
    AdvertiseFrequency AdvertiseSecurityKey AdvertiseManagerUrl AdvertiseBindAddress

osrf_http_translator_module osrf_http_translator.c osrf_json_gateway_module osrf_json_gateway.c ~
  - passes requests to OpenSRF services
  + Keep Apache for these paths and ProxyPass to it.
  ONE SV: OSRFTranslatorConfig OSRFGatewayConfig OSRFTranslatorCacheServer OSRFGatewayLegacyJSON

pagespeed_module mod_pagespeed.cc ~
  - rewrites pages to make them load faster
  + Let the application or a content delivery network do it.
  RAW SVDH: ModPagespeed ModPagespeedInheritVHostConfig ModPagespeedFileCachePath
    ModPagespeedFileCacheSizeKb ModPagespeedFileCacheInodeLimit
    ModPagespeedFileCacheCleanIntervalMs ModPagespeedLRUCacheKbPerProcess
    ModPagespeedLRUCacheByteLimit ModPagespeedMemcachedServers ModPagespeedRedisServer
    ModPagespeedRewriteLevel ModPagespeedEnableFilters ModPagespeedDisableFilters
    ModPagespeedForbidFilters ModPagespeedAllow ModPagespeedDisallow ModPagespeedDomain
    ModPagespeedMapOriginDomain ModPagespeedMapRewriteDomain ModPagespeedMapProxyDomain
    ModPagespeedShardDomain ModPagespeedLoadFromFile ModPagespeedLoadFromFileMatch
    ModPagespeedLoadFromFileRule ModPagespeedFetchHttps ModPagespeedFetchWithGzip
    ModPagespeedRespectVary ModPagespeedRespectXForwardedProto ModPagespeedModifyCachingHeaders
    ModPagespeedXHeaderValue ModPagespeedCssInlineMaxBytes ModPagespeedJsInlineMaxBytes
    ModPagespeedImageInlineMaxBytes ModPagespeedCssFlattenMaxBytes ModPagespeedCssOutlineMinBytes
    ModPagespeedJsOutlineMinBytes ModPagespeedJpegRecompressionQuality
    ModPagespeedImageRecompressionQuality ModPagespeedImageLimitOptimizedPercent
    ModPagespeedMaxSegmentLength ModPagespeedStatistics ModPagespeedStatisticsLogging
    ModPagespeedStatisticsDomains ModPagespeedGlobalStatisticsDomains ModPagespeedMessagesDomains
    ModPagespeedMessageBufferSize ModPagespeedConsoleDomains ModPagespeedAdminDomains
    ModPagespeedGlobalAdminDomains ModPagespeedLogDir ModPagespeedCombineAcrossPaths
    ModPagespeedAvoidRenamingIntrospectiveJavascript ModPagespeedLowercaseHtmlNames
    ModPagespeedBlockingRewriteKey ModPagespeedSlurpDirectory
    ModPagespeedDisableRewriteOnNoTransform ModPagespeedUseExperimentalJsMinifier
    ModPagespeedInPlaceResourceOptimization ModPagespeedCriticalImagesBeaconEnabled
    ModPagespeedBeaconUrl ModPagespeedRunExperiment ModPagespeedExperimentSpec
    ModPagespeedAnalyticsID ModPagespeedNumRewriteThreads ModPagespeedNumExpensiveRewriteThreads
    ModPagespeedCreateSharedMemoryMetadataCache ModPagespeedEnableCachePurge
    ModPagespeedPurgeMethod ModPagespeedDownstreamCachePurgeLocationPrefix

proxy_cluster_module mod_proxy_cluster.c cluster_slotmem_module mod_cluster_slotmem.c ~
  - balances between JBoss servers
  + Name the workers in ProxyPass or in a balancer.
  RAW SV: CreateBalancers UseAlias LBstatusRecalTime WaitBeforeRemove WaitForRemove
    ProxyPassMatchMCPM DeterministicFailover CacheShareFor ModProxyClusterHCTemplate
    MemManagerSlots

ruby_module mod_ruby.c ~
  - runs Ruby programs in the server
  + Run the program under a server of its own (puma) and ProxyPass to that.
  RAW SVDH: RubyRequire RubyHandler RubyAddPath RubySafeLevel RubyTimeOut RubyOutputMode
    RubyKanjiCode RubyPassEnv RubySetEnv RubyOption RubyRestrictDirectives RubyGcPerRequest
    RubyInitHandler RubyTransHandler RubyAccessHandler RubyAuthenHandler RubyAuthzHandler
    RubyTypeHandler RubyFixupHandler RubyLogHandler RubyErrorLogHandler RubyHeaderParserHandler
    RubyPostReadRequestHandler RubyCleanupHandler RubyChildInitHandler

ruid2_module mod_ruid2.c ~
  - serves requests as their file's owner
  + Run the workers as different users.
  ONE SVD: RMode
  EACH SVD: RGroups
  TWO SVD: RUidGid
  TWO SV: RMinUidGid RDefaultUidGid RDocumentChRoot

spdy_module mod_spdy.cc ~
  - speaks SPDY, which came before HTTP/2
  + No browser speaks SPDY any more: drop the lines.
  FLAG SV: SpdyEnabled
  RAW SV: SpdyMaxThreadsPerProcess SpdyMinThreadsPerProcess SpdyMaxStreamsPerConnection
    SpdySupportVersions SpdyDebugLoggingVerbosity SpdyDebugServerPushDiscovery
    SpdyDebugUseSpdyForNonSslConnections

suphp_module mod_suphp.c ~
  - runs PHP programs as their owners
  + Run PHP under php-fpm with a server that speaks FastCGI, and ProxyPass to that server.
  FLAG SVD: suPHP_Engine
  RAW SVD: suPHP_ConfigPath suPHP_UserGroup suPHP_AddHandler suPHP_RemoveHandler suPHP_PHPPath
    suPHP_Config

was_ap22_module mod_was_ap22_http.c was_ap24_module mod_was_ap24_http.c ~
  - passes requests to WebSphere
  + ProxyPass to WebSphere's HTTP port.
  ONE SV: WebSpherePluginConfig

weblogic_module mod_weblogic.c weblogic_module mod_wl_24.c ~
  - passes requests to WebLogic
  + ProxyPass to WebLogic's HTTP port.
  RAW SVDH: WebLogicHost WebLogicPort WebLogicCluster MatchExpression WLLogFile WLTempDir
    WLCookieName WLIOTimeoutSecs WLSocketTimeoutSecs WLProxySSL WLProxySSLPassThrough
    WLExcludePathOrMimeType DynamicServerList SecureProxy WLSSLWallet ConnectTimeoutSecs
    ConnectRetrySecs PathTrim PathPrepend DebugConfigInfo DefaultFileName ErrorPage Idempotent
    KeepAliveEnabled KeepAliveSecs MaxPostSize MaxSkipTime WLForwardUriUnparsed WLSRequest
"""
