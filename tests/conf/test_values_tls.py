"""mod_ssl: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
SSLPassPhraseDialog builtin
SSLPassPhraseDialog BUILTIN
SSLPassPhraseDialog |/nonexist
SSLPassPhraseDialog "|/bin/cat x"
SSLPassPhraseDialog |x
SSLPassPhraseDialog |
! SSLPassPhraseDialog: Invalid argument
SSLPassPhraseDialog exec:/nonexist
! SSLPassPhraseDialog: file '/nonexist' does not exist
SSLPassPhraseDialog exec:map.txt
SSLSessionCache NONE
SSLSessionCache nonenotnull
SSLSessionCache shmcb
SSLSessionCache shmcb:
SSLSessionCache shmcb:x
SSLSessionCache shmcb:/x/y
SSLSessionCache shmcb:logs/x)
! SSLSessionCache: Invalid argument: no opening parenthesis
SSLSessionCache shmcb:logs/x()
! SSLSessionCache: Invalid argument: size has to be >= 8192 bytes
SSLSessionCache shmcb:logs/x(5120x)
! SSLSessionCache: Invalid argument: cache size not numerical
SSLSessionCache shmcb:logs/x(-1)
! SSLSessionCache: Invalid argument: size has to be < 4294967295 bytes on this platform
SSLSessionCache memcache
! SSLSessionCache: List of server names required to create memcache socache.
SSLSessionCache redis
! SSLSessionCache: List of server names required to create redis socache.
SSLStaplingCache shmcb:x(512000)
SSLStaplingCache shmcb:x(1)
! SSLStaplingCache: Invalid argument: size has to be >= 8192 bytes
SSLStaplingCache shmcb
SSLStaplingCache dbm
SSLCryptoDevice builtin
SSLCryptoDevice dynamic
SSLCryptoDevice BUILTIN
SSLVHostSNIPolicy strict
SSLVHostSNIPolicy secure
SSLVHostSNIPolicy authonly
SSLVHostSNIPolicy insecure
SSLVHostSNIPolicy STRICT
SSLRandomSeed startup builtin
SSLRandomSeed STARTUP BUILTIN
SSLRandomSeed connect builtin 5
! SSLRandomSeed: byte specification not allowed for builtin seed source
SSLRandomSeed startup file:/nonexist
! SSLRandomSeed: source path '/nonexist' does not exist
SSLRandomSeed startup file:map.txt
SSLRandomSeed startup file:inc
SSLRandomSeed startup file:inc/part
SSLRandomSeed startup exec:map.txt
SSLEngine optional
SSLEngine Optional
SSLEngine ON
SSLCompression off
SSLCipherSuite SSL x
SSLCipherSuite ssl x
! protocol 'ssl' not supported
SSLCipherSuite TLSv1.3 x
SSLCipherSuite TLSv1.3 TLS_AES_128_GCM_SHA256
SSLCipherSuite TLSv1.3 ""
SSLCipherSuite "HIGH:!aNULL"
<Location /> ⏎ SSLCipherSuite HIGH ⏎ </Location>
<Location /> ⏎ SSLCipherSuite TLSv1.3 x ⏎ </Location>
! TLSv1.3 ciphers cannot be set inside a directory context
<Location /> ⏎ SSLCipherSuite x y ⏎ </Location>
! protocol 'x' not supported
<Proxy *> ⏎ SSLProxyCipherSuite TLSv1.3 x ⏎ </Proxy>
SSLProxyCipherSuite TLSv1.3 x
SSLProxyCipherSuite SSL x
<Location /> ⏎ SSLCACertificateFile map.txt ⏎ </Location>
! Your SSL library does not have support for per-directory CA
<Location /> ⏎ SSLCACertificateFile /nonexist ⏎ </Location>
! SSLCACertificateFile: file '/nonexist' does not exist or is empty
<Location /> ⏎ SSLCACertificatePath inc ⏎ </Location>
! Your SSL library does not have support for per-directory CA
<Location /> ⏎ SSLCACertificatePath /nonexist ⏎ </Location>
! SSLCACertificatePath: directory '/nonexist' does not exist
<Location /> ⏎ SSLVerifyClient require ⏎ </Location>
<Location /> ⏎ SSLVerifyClient x ⏎ </Location>
! SSLVerifyClient: Invalid argument 'x'
SSLVerifyClient require
SSLVerifyClient REQUIRE
SSLVerifyClient optional
SSLVerifyClient optional_no_ca
SSLProxyVerify optional_no_ca
SSLProxyVerify require
SSLCARevocationCheck chain
SSLCARevocationCheck leaf
SSLCARevocationCheck LEAF
SSLCARevocationCheck chain no_crl_for_cert_ok
SSLCARevocationCheck chain x
! SSLCARevocationCheck: Invalid argument 'x'
SSLCARevocationCheck none no_crl_for_cert_ok
SSLCARevocationCheck chain no_crl_for_cert_ok no_crl_for_cert_ok
SSLOCSPEnable leaf
SSLOCSPEnable LEAF
SSLOCSPEnable on no_ocsp_for_cert_ok
SSLOCSPEnable leaf no_ocsp_for_cert_ok
SSLOCSPEnable off no_ocsp_for_cert_ok
SSLProtocol SSLv2
! SSLProtocol: SSLv2 is no longer supported
SSLProtocol -SSLv2
SSLProtocol all -SSLv2
SSLProtocol SSLv3
! SSLv3 not supported by this version of OpenSSL
SSLProtocol -SSLv3
SSLProtocol all -SSLv3
SSLProtocol all -SSLv2 -SSLv3
SSLProtocol tlsv1.2
SSLProtocol TLSv1.4
! SSLProtocol: Illegal protocol 'TLSv1.4'
SSLProxyProtocol all -SSLv3
SSLProxyProtocol TLSv1 TLSv1.2
SSLProxyProtocol SSLv3
! SSLv3 not supported by this version of OpenSSL
SSLOptions +StdEnvVars
SSLOptions +stdenvvars -ExportCertData
SSLOptions StdEnvVars ExportCertData
SSLOptions +FakeBasicAuth +StrictRequire +OptRenegotiate +LegacyDNStringFormat
SSLOptions +CompatEnvVars
! SSLOptions: Illegal option 'CompatEnvVars'
SSLOptions StdEnvVars +ExportCertData
SSLOptions +StdEnvVars ExportCertData
SSLOpenSSLConfCmd Protocol TLSv1.2
SSLOpenSSLConfCmd Protocol "-ALL, TLSv1.2"
SSLOpenSSLConfCmd Protocol BOGUS
SSLOpenSSLConfCmd protocol ALL
SSLOpenSSLConfCmd Curves P-256
SSLOpenSSLConfCmd Curves BOGUS
SSLOpenSSLConfCmd DHParameters /nonexist
! SSLOpenSSLConfCmd: file '/nonexist' does not exist or is empty
SSLOpenSSLConfCmd -no_ssl3 x
! '-no_ssl3': invalid OpenSSL configuration command
SSLFIPS off
<Proxy balancer://a> ⏎ SSLCertificateFile map.txt ⏎ </Proxy>
! SSLCertificateFile not allowed in <Proxy> context
<Proxy *> ⏎ SSLVerifyClient require ⏎ </Proxy>
<Proxy *> ⏎ SSLProxyEngine on ⏎ </Proxy>
<Directory /> ⏎ SSLProxyEngine on ⏎ </Directory>
! SSLProxyEngine not allowed in <Directory> context
<VirtualHost *:80> ⏎ SSLFIPS on ⏎ </VirtualHost>
! SSLFIPS cannot occur within <VirtualHost> section
<VirtualHost *:80> ⏎ SSLCompression off ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ SSLRandomSeed startup builtin ⏎ </VirtualHost>
! SSLRandomSeed cannot occur within <VirtualHost> section
<Directory /> ⏎ SSLRequireSSL ⏎ </Directory>
<Limit GET> ⏎ SSLCACertificateFile map.txt ⏎ </Limit>
! <Limit not allowed here
<If true> ⏎ SSLVerifyDepth 5 ⏎ </If>
SSLCertificateFile pkcs11:foo
SSLCertificateKeyFile pkcs11:foo
SSLCACertificatePath inc/
SSLStaplingCache memcache
! SSLStaplingCache: List of server names required to create memcache socache.
<Directory /> ⏎ SSLUserName x ⏎ </Directory>
SSLProxyVerify REQUIRE
SSLEngine on ⏎ SSLCertificateFile map.txt
SSLEngine on
<VirtualHost *:80> ⏎ SSLEngine on ⏎ </VirtualHost>
SSLEngine on ⏎ SSLCertificateFile map.txt ⏎ SSLCertificateKeyFile map.txt
SSLUseStapling on
SSLUseStapling on ⏎ SSLEngine on
SSLVHostSNIPolicy on
! Invalid SSLVhostSNIPolicy argument 'on'
SSLRandomSeed a b
! SSLRandomSeed: invalid context: `a'
SSLCertificateChainFile map.txt
SSLSessionTicketKeyFile map.txt
SSLCADNRequestPath on
! SSLCADNRequestPath: directory 'ROOT/on' does not exist
SSLCADNRequestPath inc
SSLCADNRequestFile map.txt
SSLCARevocationPath inc
SSLCARevocationFile map.txt
SSLSessionCacheTimeout on
SSLSessionCacheTimeout off
SSLSessionCacheTimeout -1
! SSLSessionCacheTimeout: Invalid argument
SSLSRPVerifierFile map.txt
SSLSRPUnknownUserSeed on
SSLSRPUnknownUserSeed off
SSLOCSPDefaultResponder on
SSLOCSPDefaultResponder off
SSLOCSPResponseTimeSkew on
SSLOCSPResponseTimeSkew off
SSLOCSPResponseTimeSkew -1
! SSLOCSPResponseTimeSkew: invalid argument
SSLOCSPResponseMaxAge on
SSLOCSPResponseMaxAge off
SSLOCSPResponseMaxAge -1
! SSLOCSPResponseMaxAge: invalid argument
SSLOCSPResponderTimeout on
SSLOCSPResponderTimeout off
SSLOCSPProxyURL on
SSLOCSPProxyURL off
SSLOCSPResponderCertificateFile map.txt
SSLStaplingResponseTimeSkew on
SSLStaplingResponseTimeSkew off
SSLStaplingResponderTimeout on
SSLStaplingResponderTimeout off
SSLStaplingResponseMaxAge on
SSLStaplingResponseMaxAge off
SSLStaplingStandardCacheTimeout on
SSLStaplingStandardCacheTimeout off
SSLStaplingErrorCacheTimeout on
SSLStaplingErrorCacheTimeout off
SSLStaplingForceURL on
SSLStaplingForceURL off
SSLCACertificateFile map.txt
SSLVerifyDepth on
SSLUserName on
SSLHonorCipherOrder on
SSLSessionTickets on
SSLInsecureRenegotiation on
SSLStrictSNIVHostCheck on
SSLOCSPOverrideResponder on
SSLOCSPUseRequestNonce on
SSLOCSPNoVerify on
SSLStaplingReturnResponderErrors on
SSLStaplingFakeTryLater on
SSLProxyEngine on
SSLProxyCheckPeerExpire on
SSLProxyCheckPeerCN on
SSLProxyCheckPeerName on
SSLProxyProtocol on
! SSLProxyProtocol: Illegal protocol 'on'
SSLProxyCARevocationCheck none
SSLProxyVerifyDepth on
SSLProxyVerifyDepth off
SSLProxyCACertificateFile map.txt
SSLProxyCACertificatePath inc
SSLProxyCARevocationPath inc
SSLProxyCARevocationFile map.txt
SSLProxyMachineCertificateFile map.txt
SSLProxyMachineCertificatePath inc
SSLProxyMachineCertificateChainFile map.txt
<Location /l> ⏎ SSLRequireSSL  ⏎ </Location>
<Location /l> ⏎ SSLRequire  ⏎ </Location>
! SSLRequire: syntax error, unexpected $end
<Location /l> ⏎ SSLRequire on ⏎ </Location>
! SSLRequire: syntax error, unexpected $end, expecting '('
<Location /l> ⏎ SSLRequire 10s ⏎ </Location>
! SSLRequire: syntax error, unexpected T_ID
<Location /l> ⏎ SSLRequire +5 ⏎ </Location>
! SSLRequire: Parse error near '+'
<Location /l> ⏎ SSLRequire a.b:80 ⏎ </Location>
! SSLRequire: syntax error, unexpected T_OP_CONCAT, expecting '('
<Location /l> ⏎ SSLRequire expr=true ⏎ </Location>
! SSLRequire: syntax error, unexpected T_OP_STR_EQ, expecting '('
<Location /l> ⏎ SSLRequire a b ⏎ </Location>
! SSLRequire: syntax error, unexpected T_ID, expecting '('
<Location /l> ⏎ SSLRequire a "" ⏎ </Location>
! SSLRequire: syntax error, unexpected T_STR_BEGIN, expecting '('
<Location /l> ⏎ SSLRequire 0 1 ⏎ </Location>
! SSLRequire: syntax error, unexpected T_DIGIT
<Location /l> ⏎ SSLRequire x 10 ⏎ </Location>
! SSLRequire: syntax error, unexpected T_DIGIT, expecting '('
<Location /l> ⏎ SSLRenegBufferSize on ⏎ </Location>
<Location /l> ⏎ SSLRenegBufferSize off ⏎ </Location>
<Location /l> ⏎ SSLRenegBufferSize -1 ⏎ </Location>
! Invalid size for SSLRenegBufferSize: -1
<Location /l> ⏎ SSLRenegBufferSize 2147483648 ⏎ </Location>
! Invalid size for SSLRenegBufferSize: 2147483648
SSLFIPS off ⏎ SSLFIPS on
! Conflicting SSLFIPS options, cannot be both On and Off
"""
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused_in_its_words(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)
