"""Who may come in: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
<Location /> ⏎ Require  ⏎ </Location>
! Unknown Authz provider:
<Location /> ⏎ Require all ⏎ </Location>
! Argument for 'Require all' must be 'granted' or 'denied'
<Location /> ⏎ Require all granted ⏎ </Location>
<Location /> ⏎ Require all denied ⏎ </Location>
<Location /> ⏎ Require All Granted ⏎ </Location>
! Unknown Authz provider: All
<Location /> ⏎ Require not all granted ⏎ </Location>
! negative Require directive has no effect in <RequireAny> directive
<Location /> ⏎ Require not x ⏎ </Location>
! Unknown Authz provider: x
<Location /> ⏎ Require ip 10 ⏎ </Location>
<Location /> ⏎ Require ip 10.0.0.0/8 ⏎ </Location>
<Location /> ⏎ Require ip 10. ⏎ </Location>
<Location /> ⏎ Require ip 10.0.0.0/33 ⏎ </Location>
! ip address '10.0.0.0/33' appears to be invalid: The specified network mask is invalid.
<Location /> ⏎ Require ip x ⏎ </Location>
! ip address 'x' appears to be invalid
<Location /> ⏎ Require ip 1.2.3.4.5 ⏎ </Location>
! ip address '1.2.3.4.5' appears to be invalid: The specified IP address is invalid.
<Location /> ⏎ Require ip ::1 ⏎ </Location>
<Location /> ⏎ Require host %{NOPE} ⏎ </Location>
! Cannot parse expression in require line: Variable 'NOPE' does not exist
<Location /> ⏎ Require method FOO ⏎ </Location>
! Invalid Method 'FOO'
<Location /> ⏎ Require VALID-USER ⏎ </Location>
! Unknown Authz provider: VALID-USER
<Location /> ⏎ Require "all granted" ⏎ </Location>
! Unknown Authz provider: all granted
<Location /> ⏎ Require # x ⏎ </Location>
! Unknown Authz provider: #
<Location /> ⏎ Require not not all granted ⏎ </Location>
! Unknown Authz provider: not
<Location /> ⏎ <RequireNone> ⏎ Require ip 10 ⏎ </RequireNone> ⏎ </Location>
! <RequireNone> directive has no effect in <RequireAny> directive
<Location /> ⏎ <RequireNone> ⏎ Require not ip 10 ⏎ </RequireNone> ⏎ </Location>
! negative Require directive has no effect in <RequireNone> directive
<Location /> ⏎ <RequireAny> ⏎ <RequireAll> ⏎ </RequireAll> ⏎ </RequireAny> ⏎ </Location>
! <RequireAll> directive contains no authorization directives
<Location /> ⏎ <RequireAll> ⏎ AuthType Basic ⏎ </RequireAll> ⏎ </Location>
! <RequireAll> directive contains no authorization directives
<Location /> ⏎ <RequireAll> ⏎ Require bogus ⏎ </RequireAll> ⏎ </Location>
! Unknown Authz provider: bogus
<Location /> ⏎ <RequireAll> ⏎ Options None ⏎ </RequireAll> ⏎ </Location>
! Options not allowed in <RequireAll> context
<Location /> ⏎ <RequireAll> ⏎ Order allow,deny ⏎ Allow from all ⏎ </RequireAll> ⏎ </Location>
! order not allowed in <RequireAll> context
<Location /> ⏎ <RequireAll> ⏎ Allow from all ⏎ Require all granted ⏎ </RequireAll> ⏎ </Location>
! allow not allowed in <RequireAll> context
<Location /> ⏎ <RequireAll> ⏎ SetEnv a b ⏎ Require all granted ⏎ </RequireAll> ⏎ </Location>
! SetEnv not allowed in <RequireAll> context
<Location /> ⏎ <RequireAll> ⏎ Header set a b ⏎ Require all granted ⏎ </RequireAll> ⏎ </Location>
! Header not allowed in <RequireAll> context
<Location /> ⏎ <RequireAll> ⏎ <If true> ⏎ </If> ⏎ </RequireAll> ⏎ </Location>
! <If> cannot occur within <Limit> or <LimitExcept> section
<Location /> ⏎ <RequireAll> ⏎ AuthName x ⏎ </RequireAll> ⏎ </Location>
! <RequireAll> directive contains no authorization directives
<Location /> ⏎ <RequireAll> ⏎ AuthBasicProvider file ⏎ </RequireAll> ⏎ </Location>
! <RequireAll> directive contains no authorization directives
Require all granted
! Require not allowed here
<RequireAll> ⏎ Require all granted ⏎ </RequireAll>
! <RequireAll not allowed here
<VirtualHost *:80> ⏎ Require all granted ⏎ </VirtualHost>
! Require not allowed in <VirtualHost> context
<AuthzProviderAlias ip ip 10> ⏎ </AuthzProviderAlias>
<AuthzProviderAlias ip> ⏎ </AuthzProviderAlias>
! <AuthzProviderAlias> directive requires additional arguments
<AuthzProviderAlias> ⏎ </AuthzProviderAlias>
! <AuthzProviderAlias> directive requires additional arguments
<AuthzProviderAlias ip a 10 11> ⏎ </AuthzProviderAlias>
<AuthzProviderAlias ip a "10 11"> ⏎ </AuthzProviderAlias>
<AuthzProviderAlias ip a x> ⏎ </AuthzProviderAlias>
! Can't parse 'Require ip x': ip address 'x' appears to be invalid
<VirtualHost *:80> ⏎ <AuthzProviderAlias ip a 10> ⏎ </AuthzProviderAlias> ⏎ </VirtualHost>
! <AuthzProviderAlias> cannot occur within <VirtualHost> section
<Location /> ⏎ Require a ⏎ </Location> ⏎ <AuthzProviderAlias ip a 10> ⏎ </AuthzProviderAlias>
! Unknown Authz provider: a
<AuthzProviderAlias ip A 10> ⏎ </AuthzProviderAlias> ⏎ <Location /> ⏎ Require a ⏎ </Location>
! Unknown Authz provider: a
<AuthzProviderAlias all a granted x> ⏎ </AuthzProviderAlias>
<AuthzProviderAlias all a zz> ⏎ </AuthzProviderAlias>
! Can't parse 'Require all zz': Argument for 'Require all' must be 'granted' or 'denied'
<AuthnProviderAlias x f> ⏎ </AuthnProviderAlias>
! Unknown Authn provider: x
<AuthnProviderAlias file> ⏎ </AuthnProviderAlias>
! <AuthnProviderAlias> directive requires additional arguments
<AuthnProviderAlias> ⏎ </AuthnProviderAlias>
! <AuthnProviderAlias> directive requires additional arguments
<AuthnProviderAlias FILE f> ⏎ </AuthnProviderAlias>
! Unknown Authn provider: FILE
<AuthnProviderAlias file f ⏎ </AuthnProviderAlias>
! <AuthnProviderAlias> directive missing closing '>'
<VirtualHost *:80> ⏎ <AuthnProviderAlias file f> ⏎ </AuthnProviderAlias> ⏎ </VirtualHost>
! <AuthnProviderAlias> cannot occur within <VirtualHost> section
<Location /> ⏎ AuthMerging And ⏎ </Location>
<Location /> ⏎ AuthMerging or ⏎ </Location>
<Location /> ⏎ AuthType Basic ⏎ </Location>
<Location /> ⏎ AuthType None ⏎ </Location>
<Location /> ⏎ AuthType "x y" ⏎ </Location>
<Location /> ⏎ AuthName x ⏎ </Location>
<Location /> ⏎ AuthName %{NOPE} ⏎ </Location>
! Cannot parse expression '%{NOPE}' in AuthName: Variable 'NOPE' does not exist
<Location /> ⏎ AuthName "a %{HTTP_HOST}" ⏎ </Location>
<Location /> ⏎ AuthType Digest ⏎ </Location>
<Location /> ⏎ order allow,deny ⏎ </Location>
<Location /> ⏎ order deny,allow ⏎ </Location>
<Location /> ⏎ order Mutual-Failure ⏎ </Location>
<Location /> ⏎ order mutual-failure ⏎ </Location>
<Location /> ⏎ order allow ⏎ </Location>
! unknown order
<Location /> ⏎ Order x ⏎ </Location>
! unknown order
<Location /> ⏎ Order Deny,Allow ⏎ </Location>
<Location /> ⏎ Satisfy any ⏎ </Location>
<Location /> ⏎ Satisfy ANY ⏎ </Location>
<Location /> ⏎ satisfy x ⏎ </Location>
! Satisfy either 'any' or 'all'.
<Location /> ⏎ allow from all ⏎ </Location>
<Location /> ⏎ allow From all ⏎ </Location>
<Location /> ⏎ allow from env=x ⏎ </Location>
<Location /> ⏎ allow from env= ⏎ </Location>
<Location /> ⏎ allow from env=!x ⏎ </Location>
<Location /> ⏎ allow from 10 ⏎ </Location>
<Location /> ⏎ allow from 10.0.0.0/99 ⏎ </Location>
! The specified network mask is invalid.
<Location /> ⏎ allow from # x ⏎ </Location>
! No comments are allowed here
<Location /> ⏎ allow from 1.2.3.4.5 ⏎ </Location>
! The specified IP address is invalid.
<Location /> ⏎ allow from x/y ⏎ </Location>
! An IP address was expected
<Location /> ⏎ deny from 10. ⏎ </Location>
<Location /> ⏎ deny from a/8 ⏎ </Location>
! An IP address was expected
<Location /> ⏎ allow x all ⏎ </Location>
! allow and deny must be followed by 'from'
<Location /> ⏎ Allow from 10,11 ⏎ </Location>
<Location /> ⏎ Deny from env=x # y ⏎ </Location>
! No comments are allowed here
<Location /> ⏎ Deny from none ⏎ </Location>
<Location /> ⏎ Allow from 10.0.0.0/255.255.256.0 ⏎ </Location>
! The specified network mask is invalid.
<Location /> ⏎ AuthBasicProvider file ⏎ </Location>
<Location /> ⏎ AuthBasicProvider FILE ⏎ </Location>
! Unknown Authn provider: FILE
<Location /> ⏎ AuthBasicProvider file ldap dbm dbd anon socache ⏎ </Location>
<Location /> ⏎ AuthBasicProvider file x ⏎ </Location>
! Unknown Authn provider: x
<Location /> ⏎ AuthBasicProvider default ⏎ </Location>
! Unknown Authn provider: default
<Location /> ⏎ AuthBasicFake off ⏎ </Location>
<Location /> ⏎ AuthBasicFake x ⏎ </Location>
<Location /> ⏎ AuthBasicFake %{NOPE} x ⏎ </Location>
! Could not parse fake username expression '%{NOPE}': Variable 'NOPE' does not exist
<Location /> ⏎ AuthBasicUseDigestAlgorithm MD5 ⏎ </Location>
<Location /> ⏎ AuthBasicUseDigestAlgorithm md5 ⏎ </Location>
<Location /> ⏎ AuthDigestProvider file ⏎ </Location>
<Location /> ⏎ AuthDigestProvider file dbd dbm ⏎ </Location>
<Location /> ⏎ AuthDigestProvider anon ⏎ </Location>
! The 'anon' Authn provider doesn't support Digest Authentication
<Location /> ⏎ AuthDigestProvider socache ⏎ </Location>
<Location /> ⏎ AuthDigestQop auth ⏎ </Location>
<Location /> ⏎ AuthDigestQop none ⏎ </Location>
! AuthDigestQop is deprecated: only 'auth' is supported
<Location /> ⏎ AuthDigestQop AUTH ⏎ </Location>
<Location /> ⏎ AuthDigestQop auth auth ⏎ </Location>
<Location /> ⏎ AuthDigestAlgorithm MD5 ⏎ </Location>
<Location /> ⏎ AuthDigestAlgorithm md5 ⏎ </Location>
<Location /> ⏎ AuthDigestAlgorithm MD5-sess ⏎ </Location>
! Unsupported algorithm in AuthDigestAlgorithm: MD5-sess
<Location /> ⏎ AuthDigestNonceLifetime ' 5' ⏎ </Location>
<Location /> ⏎ AuthDigestNonceLifetime 5x ⏎ </Location>
! Invalid time in AuthDigestNonceLifetime: 5x
<Location /> ⏎ AuthDigestDomain x y ⏎ </Location>
<Location /> ⏎ AuthDigestNcCheck On ⏎ </Location>
<Location /> ⏎ AuthDigestNcCheck Off ⏎ </Location>
<Location /> ⏎ AuthFormProvider file ⏎ </Location>
<Location /> ⏎ AuthFormProvider ldap ⏎ </Location>
<Location /> ⏎ AuthFormUsername x&y ⏎ </Location>
! AuthFormUsername cannot be empty, or contain '=' or '&'.
<Location /> ⏎ AuthFormMethod x ⏎ </Location>
<Location /> ⏎ AuthnCacheProvideFor x ⏎ </Location>
<Location /> ⏎ AuthnCacheProvideFor file ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldap://x/ ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldap://x/o=a?uid?sub?(x=y) ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldap://x/ NONE ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldap://x/ TLS ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldap://x/ x ⏎ </Location>
! Invalid LDAP connection mode setting: must be one of NONE, SSL, or TLS/STARTTLS
<Location /> ⏎ AuthLDAPURL ldap:/// ⏎ </Location>
<Location /> ⏎ AuthLDAPURL ldaps://x ⏎ </Location>
<Location /> ⏎ AuthLDAPURL http://x ⏎ </Location>
! The scheme was not recognised as a valid LDAP URL scheme.
<Location /> ⏎ AuthLDAPURL ldap://x/o=a?uid?bad ⏎ </Location>
! Bad scope encountered while parsing LDAP URL.
<Location /> ⏎ AuthLDAPBindPassword x ⏎ </Location>
<Location /> ⏎ AuthLDAPBindPassword "exec:/no/such/program x" ⏎ </Location>
! Empty passwords are invalid for AuthLDAPBindPassword
<Location /> ⏎ AuthLDAPSubGroupAttribute a b c d e f g h i j ⏎ </Location>
<Location /> ⏎ AuthLDAPSubGroupAttribute a b c d e f g h i j k ⏎ </Location>
! Too many AuthLDAPSubGroupAttribute values
<Location /> ⏎ AuthLDAPSubGroupClass a b c d e f g h i j k ⏎ </Location>
LuaAuthzProvider of-lua x.lua f ⏎ <Location /> ⏎ Require of-lua a b ⏎ </Location>
<Location /> ⏎ Require of-lua a b ⏎ </Location> ⏎ LuaAuthzProvider of-lua x.lua f
<Location /> ⏎ Require Of-Lua a b ⏎ </Location> ⏎ LuaAuthzProvider of-lua x.lua f
! Unknown Authz provider: Of-Lua
<Location /> ⏎ AuthLDAPDereferenceAliases never ⏎ </Location>
<Location /> ⏎ AuthLDAPDereferenceAliases Searching ⏎ </Location>
! Unrecognized value for AuthLDAPDereferenceAliases directive
<Location /> ⏎ AuthLDAPDereferenceAliases finding ⏎ </Location>
<Location /> ⏎ AuthLDAPDereferenceAliases always ⏎ </Location>
<Location /> ⏎ AuthLDAPInitialBindPattern ( x ⏎ </Location>
! AuthLDAPInitialBindPattern: cannot compile regular expression '('
<Location /> ⏎ AuthLDAPInitialBindPattern (.*) x ⏎ </Location>
<Location /> ⏎ AuthLDAPMaxSubGroupDepth -1 ⏎ </Location>
<Location /> ⏎ AuthLDAPMaxSubGroupDepth x ⏎ </Location>
<Location /> ⏎ AuthzSendForbiddenOnFailure On ⏎ </Location>
<Location /> ⏎ AuthLDAPGroupAttribute a b ⏎ </Location>
<Location /> ⏎ AuthLDAPSubGroupClass a b ⏎ </Location>
<Location /> ⏎ AuthDBMType x ⏎ </Location>
<Location /> ⏎ AuthDBMType default ⏎ </Location>
<Location /> ⏎ AuthDBMUserFile x ⏎ </Location>
<Location /> ⏎ AuthFormLoginSuccessLocation %{NOPE} ⏎ </Location>
! Could not parse login success expression '%{NOPE}': Variable 'NOPE' does not exist
<Location /> ⏎ AuthBasicAuthoritative x ⏎ </Location>
! AuthBasicAuthoritative must be On or Off
AuthLDAPCharsetConfig x
AuthnCacheSOCache shmcb
AuthnCacheSOCache shmcb:x
AuthnCacheSOCache dbm
AuthnCacheSOCache memcache
! AuthnCacheSOCache: List of server names required to create memcache socache.
AuthnCacheEnable
AuthnCacheEnable x
AuthnzFcgiDefineProvider authn p
! AuthnzFcgiDefineProvider: No backend-address given
AuthnzFcgiDefineProvider authn
! AuthnzFcgiDefineProvider: No provider name given
AuthnzFcgiDefineProvider authn p x
! AuthnzFcgiDefineProvider: backend-address 'x' has invalid form
AuthnzFcgiDefineProvider authn p fcgi://127.0.0.1:9000/
AuthnzFcgiCheckAuthnProvider p Authoritative On
AuthnzFcgiCheckAuthnProvider p Authoritative x
! AuthnzFcgiCheckAuthnProvider: Bad argument 'x' to option 'Authoritative'
AuthnzFcgiCheckAuthnProvider p DefaultUser x
AuthnzFcgiCheckAuthnProvider p RequireBasicAuth On UserExpr %{HTTP_HOST}
AuthnzFcgiCheckAuthnProvider None
AuthnzFcgiCheckAuthnProvider None x
! Options aren't supported with "None"
AuthnzFcgiCheckAuthnProvider p DefaultUser
! AuthnzFcgiCheckAuthnProvider: DefaultUserneeds an argument
AuthDigestShmemSize 1K
AuthDigestShmemSize 1M
AuthDigestShmemSize 1k
AuthDigestShmemSize 1Kx
AuthDigestShmemSize 88
AuthDigestShmemSize -5M
! size in AuthDigestShmemSize too small: -5242880 < 88
AuthDigestShmemSize 1G
! Invalid size in AuthDigestShmemSize: 1G
<Location /> ⏎ Require ssl x ⏎ </Location>
! 'Require ssl' does not take arguments
<Location /> ⏎ <RequireAll ""> ⏎ Require all granted ⏎ </RequireAll> ⏎ </Location>
! <RequireAll> directive doesn't take additional arguments
<Location /> ⏎ <RequireAll x ⏎ Require all granted ⏎ </RequireAll> ⏎ </Location>
! <RequireAll> directive missing closing '>'
<Location /> ⏎ Require method FOO ⏎ </Location> ⏎ RegisterHttpMethod FOO
! Invalid Method 'FOO'
<AuthzProviderAlias all a "granted"> ⏎ </AuthzProviderAlias>
<AuthzProviderAlias ip> ⏎ Foo ⏎ </AuthzProviderAlias>
! <AuthzProviderAlias> directive requires additional arguments
<AuthnProviderAlias file> ⏎ Foo ⏎ </AuthnProviderAlias>
! <AuthnProviderAlias> directive requires additional arguments
<AuthnProviderAlias file f ⏎ Foo ⏎ </AuthnProviderAlias>
! <AuthnProviderAlias> directive missing closing '>'
<Location /> ⏎ AuthLDAPDereferenceAliases searching ⏎ </Location>
<Location /> ⏎ AuthLDAPDereferenceAliases ON ⏎ </Location>
<Location /> ⏎ AuthBasicFake OFF ⏎ </Location>
<Location /> ⏎ AuthBasicUseDigestAlgorithm OFF ⏎ </Location>
<Location /> ⏎ AuthDigestProvider file x ⏎ </Location>
! Unknown Authn provider: x
<Location /> ⏎ AuthFormLogoutLocation %{NOPE} ⏎ </Location>
! Could not parse logout required expression '%{NOPE}': Variable 'NOPE' does not exist
<Location /> ⏎ AuthnzFcgiCheckAuthnProvider p x y ⏎ </Location>
! AuthnzFcgiCheckAuthnProvider: Unexpected option 'x'
<Location /> ⏎ AuthnzFcgiCheckAuthnProvider p authoritative On ⏎ </Location>
<Location /> ⏎ AuthName expr=%{HTTP_HOST} ⏎ </Location>
AuthnCacheSOCache redis
! AuthnCacheSOCache: List of server names required to create redis socache.
AuthnCacheSOCache redis:x
AuthnCacheSOCache memcache:x
AuthnCacheSOCache shmcb:
AuthnCacheSOCache shmcb:/x(5)
! AuthnCacheSOCache: Invalid argument: size has to be >= 8192 bytes
AuthDigestShmemSize ' 100'
AuthDigestShmemSize K
! size in AuthDigestShmemSize too small: 0 < 88
AuthnzFcgiDefineProvider authn p fcgi://[::1]:9000/
AuthnzFcgiDefineProvider authn p fcgi://127.0.0.1:99999/
! AuthnzFcgiDefineProvider: backend-address 'fcgi://127.0.0.1:99999/' has invalid port
AuthnzFcgiDefineProvider authn p fcgi://127.0.0.1:9000
AuthnzFcgiDefineProvider authn p fcgi://127.0.0.1:9000/ x
! AuthnzFcgiDefineProvider: Unexpected parameter x
<Location /> ⏎ AuthName /x ⏎ </Location>
<Location /> ⏎ AuthName /x/y ⏎ </Location>
<Location /> ⏎ AuthName /x/i ⏎ </Location>
<Location /> ⏎ SetHandler expr=/x ⏎ </Location>
<Location /> ⏎ AuthType m#x ⏎ </Location>
ErrorDocument 404 /%{REQUEST_URI}
<Location /> ⏎ AuthBasicFake /x ⏎ </Location>
"""
)

REGISTERED = "has already be registered previously as either a base provider or an alias provider."
ELEVEN = f"<Location /> ⏎ AuthLDAPGroupAttribute {'a ' * 11}⏎ {{}} ⏎ </Location>"
CASES += parse_table(
    "\n".join(
        [
            ELEVEN.format("<If true> ⏎ AuthLDAPGroupAttribute a ⏎ </If>"),
            ELEVEN.format("<Limit GET> ⏎ AuthLDAPGroupAttribute a ⏎ </Limit>"),
            "! Too many AuthLDAPGroupAttribute directives",
            "<AuthnProviderAlias ldap file> ⏎ Timeout x ⏎ </AuthnProviderAlias>",
            f"! The alias provider file {REGISTERED}",
        ]
    )
)


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)


def test_what_httpd_takes() -> None:
    assert our_message(taken(CASES)) == ""
