"""mod_http2 and mod_md: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
H2StreamTimeout 10ms
H2StreamTimeout 10mi
H2StreamTimeout 10m
! Invalid timeout value
H2StreamTimeout 1h
H2WindowSize 1024
H2WindowSize 1023
! value must be >= 1024
H2PushDiarySize 16
H2PushDiarySize 0
H2PushDiarySize 64K
H2PushPriority application/json 32
H2PushPriority * after 16
H2PushPriority * After
H2PushPriority * AFTER 257
H2PushPriority * After 0
! weight must be a number >= 1
H2PushPriority * After 256
H2PushPriority text/css before
H2PushPriority text/css before 5
! dependency 'Before' does not allow a weight
H2PushPriority x -1
! dependency must be one of 'After', 'Before' or 'Interleaved'
H2PushResource /x critical
H2PushResource add /x critical
H2PushResource add /x
H2PushResource ADD /x
H2PushResource /x CRITICAL
H2PushResource add /x foo
! unknown last parameter
H2PushResource critical
<Location /> ⏎ H2Upgrade on ⏎ </Location>
<Directory /> ⏎ H2CopyFiles on ⏎ </Directory>
H2MaxDataFrameLen -5
! value must be 0 or larger
H2Direct ON
H2TLSWarmUpSize 5
H2SerializeHeaders ON
MDomain a.example b.example
MDomain a.example manual
MDomain a.example auto
MDomain manual
! needs at least one domain name
MDomain auto a.example
MDomain a.example a.example
MDomain A.example a.EXAMPLE
<Location /> ⏎ MDomain a ⏎ </Location>
! MDomain not allowed in <Location> context
<Location /> ⏎ MDStoreDir x ⏎ </Location>
! MDStoreDir not allowed in <Location> context
<MDomainSet a.example> ⏎ MDomain b.example ⏎ </MDomainSet>
! MDomain is not allowed inside an '<MDomainSet' context
<MDomainSet a.example> ⏎ MDMember b.example ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMember auto ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMember AUTO ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMember manual ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMember b.example manual ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMembers b c ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMember ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDContactEmail x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDStoreDir x ⏎ </MDomainSet>
! MDStoreDir is not allowed inside an '<MDomainSet' context
<MDomainSet a.example> ⏎ MDHttpProxy http://a/ ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDRenewMode auto ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDRenewMode always ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDPrivateKeys RSA ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateFile map.txt ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateFile /nonexist ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateKeyFile map.txt ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDServerStatus on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateStatus on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDStapling on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDRequireHttps temporary ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDProfile x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDStapleOthers on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDStaplingKeepResponse 5d ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDStaplingRenewWindow 5d ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDChallengeDns01 x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDExternalAccountBinding none ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCACertificateFile map.txt ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDHttpProxyCACertificateFile map.txt ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCAChallenges http-01 ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDRenewWindow 5d ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDWarnWindow 5d ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDMustStaple on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateAgreement x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateProtocol x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateAuthority letsencrypt ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDCertificateCheck a b ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDProfileMandatory on ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ MDRenewViaARI on ⏎ </MDomainSet>
<MDomain a.example> ⏎ MDContactEmail x ⏎ </MDomain>
<MDomainSet> ⏎ MDMember a ⏎ </MDomainSet>
! <MDomainSet > section must specify a unique domain name
<Location /> ⏎ <MDomainSet a.example> ⏎ MDMember b ⏎ </MDomainSet> ⏎ </Location>
! <MDomainSet not allowed in <Location> context
<MDomainSet a.example> ⏎ <MDomainSet b.example> ⏎ MDMember c ⏎ </MDomainSet> ⏎ </MDomainSet>
! <MDomainSet is not allowed inside an '<MDomainSet' context
MDRenewWindow 33%
MDRenewWindow 100%
! MDRenewWindow a length of 100% or more is not allowed.
MDRenewWindow 99%
MDRenewWindow -5%
! MDRenewWindow percent must be less than 100
MDRenewWindow 0%
MDRenewWindow %
MDStaplingKeepResponse %x
MDRenewWindow x%
! MDRenewWindow has unrecognized format
MDRenewWindow 33%x
MDRenewWindow 5d
MDWarnWindow 10%
MDWarnWindow 100%
! MDWarnWindow a length of 100% or more is not allowed.
MDWarnWindow 5d
MDStaplingRenewWindow 33%
MDStaplingRenewWindow 500%
! MDStaplingRenewWindow with a length of 100% or more is not allowed.
MDStaplingKeepResponse 5%
MDStaplingKeepResponse 7d
MDActivationDelay 5%
! unrecognized duration format
MDActivationDelay 5d
MDActivationDelay -5d
MDRetryDelay 1ms
MDRetryDelay 5mi
MDRetryDelay 5s
MDRetryDelay 0s
! minimum delay must be greater than 0
MDCheckInterval 999ms
! check interval cannot be less than one second
MDCheckInterval 1s
MDCheckInterval 12h
MDInitialDelay 0
MDStoreLocks 5s
MDStoreLocks ON
MDStoreLocks 5x
! neither 'on', 'off' or a duration specified
MDMatchNames servernames
MDMatchNames ALL
MDRenewMode auto
MDRenewMode AUTO
MDRenewMode always
MDRenewMode manual
MDRenewMode x
! unknown MDDriveMode x
MDDriveMode auto
MDDriveMode x
! unknown MDDriveMode x
MDRequireHttps temporary
MDRequireHttps permanent
MDRequireHttps OFF
MDRequireHttps off
<Location /> ⏎ MDRequireHttps permanent ⏎ </Location>
! MDRequireHttps cannot occur within <Location> section
<Directory /> ⏎ MDRequireHttps permanent ⏎ </Directory>
! MDRequireHttps cannot occur within <Directory> section
<VirtualHost *:80> ⏎ MDRequireHttps permanent ⏎ </VirtualHost>
MDCertificateAuthority letsencrypt
MDCertificateAuthority LetsEncrypt-Test
MDCertificateAuthority https://acme.example/dir
MDCertificateAuthority letsencrypt buypass
MDCertificateAuthority foo:bar
MDHttpProxy https://a/
MDHttpProxy HTTP://a/
MDHttpProxy http://a:0/
! invalid port
MDHttpProxy http://a:99999/
MDHttpProxy http://a:x/
! not an uri
MDHttpProxy http://a
MDHttpProxy http:a
! missing hostname
MDHttpProxy http://
MDHttpProxy http:
! missing uri identifier
MDHttpProxy ftp://a/
! uri scheme must be http or https
MDHttpProxy "http://a/ x"
! whitespace in uri
MDPortMap 80:8080
MDPortMap 80:- 443:443
MDPortMap 80:8080 443:8443
MDPortMap http:8080
MDPortMap https:8443
MDPortMap http:-
MDPortMap http:x
! invalid number for port map, must be in ]0,65535]
MDPortMap 81:80
! mapped port number must be 80 or 443
MDPortMap x:80
! no ':' after first port number
MDPrivateKeys Default
MDPrivateKeys default RSA
! 'Default' allows no other parameter
MDPrivateKeys RSA
MDPrivateKeys rsa
MDPrivateKeys RSA 2048
MDPrivateKeys RSA 2047
! must be 2048 or higher in order to be considered safe.
MDPrivateKeys RSA x
MDPrivateKeys RSA RSA
! two keys of type 'RSA' are not possible.
MDExternalAccountBinding none
MDExternalAccountBinding NONE
MDExternalAccountBinding account.json
MDExternalAccountBinding half.json
! MDExternalAccountBinding: JSON does not contain 'hmac' element in file ROOT/half.json
MDExternalAccountBinding a !
MDExternalAccountBinding kid AAAA
MDMember a
! unknown value, use "auto|manual"
MDCertificateFile a
! MDCertificateFile is only valid inside a '<MDomainSet' context, not here
MDStapling ON
MDStoreDir /nonexist/x
MDChallengeDns01 /nonexist
MDNotifyCmd /nonexist x
MDCAChallenges
MDCAChallenges bogus
MDRetryFailover 5x
MDContactEmail "a b"
<VirtualHost *:80> ⏎ H2MinWorkers 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ H2MaxWorkers 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ H2MaxWorkerIdleSeconds 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDStoreDir x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDNotifyCmd x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDRetryDelay 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDServerStatus on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDBaseServer on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDContactEmail x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDMatchNames all ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDActivationDelay 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDStoreLocks on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDCertificateStatus on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDCheckInterval 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDChallengeDns01Version 2 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDChallengeDns01 x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDStapling on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDRetryFailover 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDMessageCmd x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDInitialDelay 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ MDCACertificateFile /x ⏎ </VirtualHost>
<Directory /> ⏎ H2EarlyHint a b ⏎ </Directory>
<Directory /> ⏎ H2ProxyRequests on ⏎ </Directory>
<MDomainSet a> ⏎ MDHttpProxy x ⏎ </MDomainSet>
! missing uri scheme
MDStaplingKeepResponse 500%
MDActivationDelay 99999999999d
H2PushResource x critical add
! too many parameter
MDomain a.example ⏎ <MDomainSet a.example> ⏎ </MDomainSet>
MDomain a.example b.example ⏎ <MDomainSet b.example> ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ </MDomainSet> ⏎ <MDomainSet a.example> ⏎ </MDomainSet>
MDomain A.example ⏎ <MDomainSet a.example> ⏎ </MDomainSet>
<MDomainSet a.example b.example> ⏎ </MDomainSet> ⏎ <MDomainSet b.example> ⏎ </MDomainSet>
<MDomainSet auto> ⏎ </MDomainSet>
<MDomainSet x ⏎ </MDomainSet>
! <MDomainSet> directive missing closing '>'
H2MaxSessionStreams on
! value must be > 0
H2MaxSessionStreams 1
H2MaxSessionStreams 10
H2WindowSize 99999999999
H2MinWorkers 1
H2MaxWorkers 1
H2MaxWorkerIdleSeconds on
! Invalid idle limit value
H2MaxWorkerIdleSeconds 0
H2StreamMaxMemSize 99999999999
H2SerializeHeaders on
H2ModernTLSOnly on
H2ModernTLSOnly off
H2Direct on
H2SessionExtraFiles on
H2SessionExtraFiles off
H2TLSWarmUpSize on
H2TLSCoolDownSecs on
H2TLSCoolDownSecs off
H2PushDiarySize 10
! value must a power of 2
H2EarlyHints on
H2EarlyHints off
H2Padding on
H2Padding off
H2Padding -1
! number of bits must be >= 0
H2Padding 10
! number of bits must be <= 8
H2OutputBuffering on
H2OutputBuffering off
H2MaxDataFrameLen on
H2MaxDataFrameLen off
H2MaxHeaderBlockLen on
H2MaxHeaderBlockLen off
H2MaxStreamErrors on
H2MaxStreamErrors off
H2WebSockets on
H2WebSockets off
H2Upgrade on
H2Push on
H2Push off
H2CopyFiles on
H2ProxyRequests on
H2EarlyHint a b
MDCertificateAgreement on
MDCertificateProtocol on
MDDriveMode on
! unknown MDDriveMode on
MDDriveMode off
! unknown MDDriveMode off
MDDriveMode On
! unknown MDDriveMode On
MDDriveMode none
! unknown MDDriveMode none
MDDriveMode -1
! unknown MDDriveMode -1
MDDriveMode 0
! unknown MDDriveMode 0
MDDriveMode 10s
! unknown MDDriveMode 10s
MDDriveMode 5x
! unknown MDDriveMode 5x
MDDriveMode 1.5
! unknown MDDriveMode 1.5
MDDriveMode 0x10
! unknown MDDriveMode 0x10
MDDriveMode " 5"
! unknown MDDriveMode  5
MDDriveMode +5
! unknown MDDriveMode +5
MDDriveMode map.txt
! unknown MDDriveMode map.txt
MDDriveMode inc/part
! unknown MDDriveMode inc/part
MDDriveMode inc
! unknown MDDriveMode inc
MDDriveMode a.b:80
! unknown MDDriveMode a.b:80
MDDriveMode 10.0.0.1
! unknown MDDriveMode 10.0.0.1
MDDriveMode expr=true
! unknown MDDriveMode expr=true
MDDriveMode "expr=("
! unknown MDDriveMode expr=(
MDDriveMode "x y"
! unknown MDDriveMode x y
MDDriveMode "("
! unknown MDDriveMode (
MDDriveMode default
! unknown MDDriveMode default
MDDriveMode all
! unknown MDDriveMode all
MDRenewMode on
! unknown MDDriveMode on
MDRenewMode off
! unknown MDDriveMode off
MDRenewMode On
! unknown MDDriveMode On
MDRenewMode none
! unknown MDDriveMode none
MDRenewMode -1
! unknown MDDriveMode -1
MDRenewMode 0
! unknown MDDriveMode 0
MDRenewMode 10s
! unknown MDDriveMode 10s
MDRenewMode 5x
! unknown MDDriveMode 5x
MDRenewMode 1.5
! unknown MDDriveMode 1.5
MDRenewMode 0x10
! unknown MDDriveMode 0x10
MDRenewMode " 5"
! unknown MDDriveMode  5
MDRenewMode +5
! unknown MDDriveMode +5
MDRenewMode map.txt
! unknown MDDriveMode map.txt
MDRenewMode inc/part
! unknown MDDriveMode inc/part
MDRenewMode inc
! unknown MDDriveMode inc
MDRenewMode a.b:80
! unknown MDDriveMode a.b:80
MDRenewMode 10.0.0.1
! unknown MDDriveMode 10.0.0.1
MDRenewMode expr=true
! unknown MDDriveMode expr=true
MDRenewMode "expr=("
! unknown MDDriveMode expr=(
MDRenewMode "x y"
! unknown MDDriveMode x y
MDRenewMode "("
! unknown MDDriveMode (
MDRenewMode default
! unknown MDDriveMode default
MDRenewMode all
! unknown MDDriveMode all
MDMustStaple on
MDMustStaple none
! unknown 'none', supported parameter values are 'on' and 'off'
MDBaseServer on
MDChallengeDns01Version on
! Only versions `1` and `2` are supported
MDChallengeDns01Version 1
MDStapleOthers on
MDHttpProxyCACertificateFile on
MDRetryFailover on
! invalid argument, must be a number > 0
MDMatchNames on
! invalid argument, must be a 'all' or 'servernames'
MDInitialDelay -1
! initial delay must not be negative
MDProfile on
MDProfileMandatory on
MDRenewViaARI on
MDPortMap 99999999999999999999
! unable to parse first port number
MDExternalAccountBinding on
! MDExternalAccountBinding: file not found: ROOT/on
MDExternalAccountBinding " 5"
! MDExternalAccountBinding: file not found: ROOT/ 5
MDExternalAccountBinding "x y"
! MDExternalAccountBinding: file not found: ROOT/x y
MDCertificateCheck a b
<MDomainSet a.example> ⏎ ServerName x ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ ProxyPass / http://a/ ⏎ </MDomainSet>
<MDomainSet a.example> ⏎ Require all granted ⏎ </MDomainSet>
! Require not allowed in <MDomainSet> context
<MDomainSet a.example> ⏎ <Location /> ⏎ ProxyPass http://a/ ⏎ </Location> ⏎ </MDomainSet>
<MDomainSet a> ⏎ <If true> ⏎ ServerName x ⏎ </If> ⏎ </MDomainSet>
! ServerName not allowed in <If> context
"""
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused_in_its_words(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)
