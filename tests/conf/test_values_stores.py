"""Caches, sessions, LDAP and databases: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.reading import codes, errors, read, verdict
from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
## mod_cache
CacheEnable disk /
CacheEnable nosuch /
CacheEnable disk x
CacheEnable disk
! CacheEnable provider (disk) is missing an URL.
CacheEnable disk ""
! CacheEnable provider (disk) is missing an URL.
CacheEnable /x disk
! provider (/x) starts with a '/'.  Are url and provider switched?
<Location /x> ⏎ CacheEnable disk ⏎ </Location>
<Location /x> ⏎ CacheEnable disk "" ⏎ </Location>
<Location /x> ⏎ CacheEnable disk /x/y ⏎ </Location>
<Location /x> ⏎ CacheEnable disk /xy ⏎ </Location>
<Location /x> ⏎ CacheEnable disk /X/y ⏎ </Location>
! When in a Location, CacheEnable must specify a path or an URL below that location.
<Location /x/> ⏎ CacheEnable disk /x ⏎ </Location>
! When in a Location, CacheEnable must specify a path or an URL below that location.
<Proxy http://h/> ⏎ CacheEnable disk http://h/x ⏎ </Proxy>
<VirtualHost *:80> ⏎ CacheEnable disk ⏎ </VirtualHost>
! CacheEnable provider (disk) is missing an URL.
<Directory /x> ⏎ CacheEnable disk ⏎ </Directory>
! CacheEnable cannot occur within <Directory> section
<Directory /x> ⏎ <If true> ⏎ CacheDisable on ⏎ </If> ⏎ </Directory>
! CacheDisable cannot occur within <Directory> section
<Location /x> ⏎ <Limit GET> ⏎ CacheDisable on ⏎ </Limit> ⏎ </Location>
! CacheDisable cannot occur within <Limit> or <LimitExcept> section
CacheDisable /x
CacheDisable x:
CacheDisable on
! CacheDisable must specify a path or an URL.
<Location /x> ⏎ CacheDisable ON ⏎ </Location>
<Location /x> ⏎ CacheDisable /x ⏎ </Location>
! CacheDisable must be followed by the word 'on' when in a Location.
CacheMaxExpire x
CacheLastModifiedFactor .5
CacheLastModifiedFactor 1e
CacheLastModifiedFactor 10x
CacheLastModifiedFactor infinity
CacheLastModifiedFactor nano
CacheLastModifiedFactor infin
! CacheLastModifiedFactor value must be a float
CacheLastModifiedFactor 0xg
! CacheLastModifiedFactor value must be a float
CacheLastModifiedFactor -.
! CacheLastModifiedFactor value must be a float
CacheLockMaxAge 5x
CacheLockMaxAge 4294967296
CacheLockMaxAge 0
! CacheLockMaxAge value must be a non-zero positive integer
CacheKeyBaseURL http://h/
CacheKeyBaseURL //h
CacheKeyBaseURL h:80
CacheKeyBaseURL :80
! Could not parse ':80' as an URL.
CacheKeyBaseURL /a:b
! URL '/a:b' must contain at least one of a scheme, a hostname or a port.
## what it keeps responses in
CacheDirLevels 10
CacheDirLevels 11
! CacheDirLevels*CacheDirLength value must not be higher than 20
CacheDirLevels 99999999999
<VirtualHost *:80> ⏎ CacheDirLength 10 ⏎ CacheDirLevels 3 ⏎ </VirtualHost>
! CacheDirLevels*CacheDirLength value must not be higher than 20
CacheDirLevels 3 ⏎ CacheDirLength 5
CacheDirLength 0x5
! CacheDirLength value must be an integer greater than 0
CacheMinFileSize 10x
CacheMinFileSize -0x5
CacheMinFileSize 9223372036854775807
CacheMinFileSize 9223372036854775808
! CacheMinFileSize argument must be a non-negative integer representing the min size of a file to cache in bytes.
CacheMaxFileSize -1
! CacheMaxFileSize argument must be a non-negative integer representing the max size of a file to cache in bytes.
CacheReadSize -1
! CacheReadSize argument must be a non-negative integer representing the max amount of data to cache in go.
CacheReadTime -1
! CacheReadTime argument must be a non-negative integer representing the max amount of time taken to cache in go.
CacheSocache shmcb
CacheSocache default:anything
CacheSocache memcache:h:x
CacheSocache dc
! Unknown socache provider 'dc'. Maybe you need to load the appropriate socache module (mod_socache_dc?)
CacheSocache SHMCB:x
! Unknown socache provider 'SHMCB'. Maybe you need to load the appropriate socache module (mod_socache_SHMCB?)
CacheSocacheMaxTime x
CacheSocacheMaxTime -1
! CacheSocacheMaxTime argument must be the maximum amount of time in seconds to cache an entry.
CacheSocacheMinTime -1
! CacheSocacheMinTime argument must be the minimum amount of time in seconds to cache an entry.
CacheSocacheMaxSize 1024x
CacheSocacheMaxSize 4294967295
CacheSocacheMaxSize 4294967296
! CacheSocacheMaxSize argument must be a integer representing the max size of a cached entry (headers and body), at least 1024 and at most (4294967295U)
CacheSocacheReadSize -1
! CacheSocacheReadSize argument must be a non-negative integer representing the max amount of data to cache in go.
CacheSocacheReadTime -1
! CacheSocacheReadTime argument must be a non-negative integer representing the max amount of time taken to cache in go.
MemcacheConnTTL 60mi
MemcacheConnTTL 3601
! MemcacheConnTTL can only be 0 or up to one hour.
RedisConnPoolTTL 10x
! RedisConnPoolTTL has wrong format
RedisTimeout -1
! RedisTimeout has wrong format
## sessions
Session Off
SessionMaxAge x
SessionExpiryUpdateInterval x
SessionExpiryUpdateInterval 4294967295
! SessionExpiryUpdateInterval must be zero (disable) or a positive value
SessionCookieName session path=/;HttpOnly
SessionCookieName "a b=c"
SessionCookieName ""
SessionCookieName
! SessionCookieName cannot be empty, or contain '=' or '&'.
SessionCookieName2 "a&b"
! SessionCookieName2 cannot be empty, or contain '=' or '&'.
SessionDBDCookieName ""
SessionDBDCookieName
! SessionDBDCookieName requires at least one argument!
SessionDBDCookieName2 a;b
! SessionDBDCookieName2 cannot contain '=', ';' or '&'.
SessionCryptoPassphrase exec:/no/such other
SessionCryptoPassphraseFile map.txt
SessionCryptoPassphraseFile missing.txt
! SessionCryptoPassphraseFile: Could not open file ROOT/missing.txt: No such file or directory
SessionCryptoPassphraseFile inc
! SessionCryptoPassphraseFile: Could not open file ROOT/inc: Bad file descriptor
SessionCryptoDriver
SessionCryptoDriver nosuch x=y
## LDAP
LDAPTimeout " 5"
LDAPTimeout 5s
! Timeout not numerical
LDAPTimeout -1
! Timeout must be non-negative
LDAPRetries x
LDAPRetries 4294967295
! LDAPRetries must be >= 0
LDAPRetryDelay 10mi
LDAPRetryDelay -1
! LDAPRetryDelay has wrong format
LDAPConnectionPoolTTL -1h
LDAPConnectionPoolTTL -x
LDAPConnectionPoolTTL -99999999999999
LDAPConnectionPoolTTL 10x
! LDAPConnectionPoolTTL has wrong format
LDAPTrustedMode StartTLS
LDAPTrustedMode on
! Invalid LDAPTrustedMode setting: must be one of NONE, SSL, or TLS/STARTTLS
LDAPTrustedGlobalCert ca_der map.txt password
LDAPTrustedGlobalCert CA_SECMOD inc
LDAPTrustedGlobalCert CERT_NICKNAME missing.txt
LDAPTrustedGlobalCert CA_BASE64 missing.txt
! Invalid global certificate file path
LDAPTrustedGlobalCert x map.txt
! The certificate type x is not recognised. It should be one of CA_DER, CA_BASE64, CA_CERT7_DB, CA_SECMOD, CERT_DER, CERT_BASE64, CERT_KEY3_DB, CERT_NICKNAME, KEY_DER, KEY_BASE64
<Location /x> ⏎ LDAPTrustedClientCert KEY_PFX map.txt ⏎ </Location>
<Location /x> ⏎ LDAPTrustedClientCert cert_pfx map.txt ⏎ </Location>
! The certificate type "cert_pfx" is only valid within a LDAPTrustedGlobalCert directive. Only CA_DER, CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, KEY_DER, and KEY_BASE64 may be used.
<Location /x> ⏎ LDAPTrustedClientCert x map.txt ⏎ </Location>
! The certificate type "x" is not recognised. It should be one of CA_DER, CA_BASE64, CERT_DER, CERT_BASE64, CERT_NICKNAME, CERT_PFX, KEY_DER, KEY_BASE64, KEY_PFX
<Location /x> ⏎ LDAPTrustedClientCert KEY_DER missing.txt ⏎ </Location>
! Invalid client certificate file path
<Location /x> ⏎ LDAPReferrals Default ⏎ </Location>
<Location /x> ⏎ LDAPReferrals 1 ⏎ </Location>
! LDAPReferrals must be 'on', 'off', or 'default'
<Location /x> ⏎ LDAPReferralHopLimit 0 ⏎ </Location>
! LDAPReferralHopLimit must be greater than zero (Use 'LDAPReferrals Off' to disable referral chasing)
## databases
DBDriver nosuch
! Can't load driver file apr_dbd_nosuch.so
DBDriver MySQL
! Can't load driver file apr_dbd_MySQL.so
DBDMin 10
DBDMax +1
! Argument must be numeric!
DBDKeep 1x
! Argument must be numeric!
DBDPrepareSQL "select 1"
"""  # noqa: E501 - httpd's messages
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.text)
def test_value(case: Case) -> None:
    assert our_message(case.text) == expected(case)


def test_what_httpd_takes_can_stand_together() -> None:
    assert our_message(taken(CASES)) == ""
    assert len(refused(CASES)) < 150


DRIVERS = "../usr/lib/x86_64-linux-gnu/apr-util-1"


def test_a_driver_must_be_installed_where_apr_is() -> None:
    here = {f"{DRIVERS}/apr_dbd_sqlite3.so": ""}
    assert verdict(read("DBDriver sqlite3\n", here)) == ["Syntax OK"]
    assert verdict(read("DBDriver mysql\n", here))[-1] == "Can't load driver file apr_dbd_mysql.so"
    assert verdict(read("DBDriver mysql\n")) == ["Syntax OK"]


def test_only_the_first_server_that_sets_both_is_asked_about_cache_directories() -> None:
    text = "CacheDirLevels 5\n<VirtualHost *:80>\nCacheDirLength 5\n</VirtualHost>\n"
    assert verdict(read(text)) == ["Syntax OK"]


def test_files_that_cannot_be_kept_are_a_warning() -> None:
    reading = read("cachefile a.txt b.txt inc\n", {"a.txt": ""})
    said = [found.message for found in reading.diagnostics]
    assert said == [
        "(2)No such file or directory: AH00795: unable to stat(/root/b.txt), skipping",
        "AH00796: /root/inc isn't a regular file, skipping",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "CacheEnable disk /\nCacheRoot /var/cache\nCacheHeader On\n",
        "Session Off\nSessionCookieName session path=/\n",
        "LDAPTrustedMode SSL\nLDAPVerifyServerCert Off\n",
        "DBDParams dbname=x\n",
    ],
)
def test_what_is_without_effect_does_not_keep_the_server_from_starting(text: str) -> None:
    assert codes(read(text)) == []


def test_sessions_are_refused_by_name() -> None:
    found = errors(read("<Location /x>\nSession On\n</Location>\n"))
    assert [one.message for one in found] == [
        "Session is not supported: httpdlite keeps no sessions"
    ]
    assert [one.subject for one in found] == ["Session"]
