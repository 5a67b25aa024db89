"""Times, addresses, fields, watching: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
WatchdogInterval 99ms
! Invalid WatchdogInterval: minimal value 100ms
WatchdogInterval 100ms
WatchdogInterval 1mi
WatchdogInterval 10S
! Unparse-able WatchdogInterval setting
RequestReadTimeout header=20-40,MinRate=500 body=20,MinRate=500
RequestReadTimeout header=20
RequestReadTimeout HEADER=20
RequestReadTimeout Header=20
RequestReadTimeout header=20-40
! RequestReadTimeout: header=20-40: Must set MinRate option if using timeout range
RequestReadTimeout header=20,MinRate=500
RequestReadTimeout header=20,minrate=500
RequestReadTimeout header=20-40,MinRate=0
! RequestReadTimeout: header=20-40,MinRate=0: Minimum data rate must be larger than 0
RequestReadTimeout header=20-40,MinRate=x
! RequestReadTimeout: header=20-40,MinRate=x: Value 'x' not numerical
RequestReadTimeout header=20-40,MinRate=5x
! RequestReadTimeout: header=20-40,MinRate=5x: Cannot parse 'x'
RequestReadTimeout header=20-40,MinRate=-5
! RequestReadTimeout: header=20-40,MinRate=-5: Value must be non-negative
RequestReadTimeout foo=5
! RequestReadTimeout: foo=5: Unknown RequestReadTimeout parameter
RequestReadTimeout header=20 body
! Invalid RequestReadTimeout parameter. Parameter must be in the form 'key=value'
RequestReadTimeout "header=20 body=10"
! RequestReadTimeout: header=20 body=10: Cannot parse ' body=10'
RequestReadTimeout =20
! RequestReadTimeout: =20: Unknown RequestReadTimeout parameter
RequestReadTimeout body=10 body=
! RequestReadTimeout: body=: Value '' not numerical
RemoteIPTrustedProxy 10.0.0.0/8
RemoteIPTrustedProxy 10.0.0.0/255.0.0.0
RemoteIPTrustedProxy 10.0.0.0/255.0.255.0
RemoteIPTrustedProxy 10.
RemoteIPTrustedProxy 10.0.0
RemoteIPTrustedProxy ::1
RemoteIPTrustedProxy localhost/8
! RemoteIP: Error parsing IP localhost/8 the subnet /8 is invalid for RemoteIPTrustedProxy
RemoteIPTrustedProxy /8
! RemoteIP: Error parsing IP /8 (Invalid argument error) for RemoteIPTrustedProxy
RemoteIPTrustedProxy 10.0.0.0/8 ::1 bogus/
! RemoteIP: Error parsing IP bogus/ the subnet / is invalid for RemoteIPTrustedProxy
RemoteIPInternalProxy bogus/
! RemoteIP: Error parsing IP bogus/ the subnet / is invalid for RemoteIPInternalProxy
RemoteIPInternalProxy bogus/8
! RemoteIP: Error parsing IP bogus/8 the subnet /8 is invalid for RemoteIPInternalProxy
RemoteIPInternalProxyList proxies.txt
RemoteIPProxyProtocolExceptions 10.0.0.0/8 192.168.0.0/16
RemoteIPProxyProtocolExceptions 10.0.0.0/33
! ip address '10.0.0.0' appears to be invalid: The specified network mask is invalid.
RemoteIPProxyProtocolExceptions 10.0.0.0/255.0.255.0
RemoteIPProxyProtocolExceptions 10/8
! ip address '10' appears to be invalid: The specified IP address is invalid.
RemoteIPProxyProtocolExceptions 10.
RemoteIPProxyProtocolExceptions 10.0
RemoteIPProxyProtocolExceptions ::1
RemoteIPProxyProtocolExceptions fe80::/10
RemoteIPProxyProtocolExceptions localhost
! ip address 'localhost' appears to be invalid
ExpiresByType text/html A300
ExpiresByType text/html "access plus 1 month"
ExpiresByType text/html "now plus 1 month"
ExpiresByType text/html "modification plus 5 hours 3 minutes"
ExpiresByType text/html "access plus 1 month 15 days 2 hours"
ExpiresByType text/html "access 1 month"
ExpiresByType text/html "access plus x"
! 'ExpiresByType text/html access plus x': bad expires code, numeric value expected <num> 'x'
ExpiresByType text A5
! Invalid mimetype: should contain a slash
ExpiresDefault "access plus 300 seconds"
ExpiresDefault "access plus 1 fortnight"
! 'ExpiresDefault access plus 1 fortnight': bad expires code, unrecognised <type>'fortnight'
ExpiresDefault A0
ExpiresDefault A
ExpiresDefault Ax
ExpiresDefault M
ExpiresDefault ac
CookieExpires "1 year"
CookieExpires "plus 1 year"
CookieExpires "1 year 2 months"
CookieExpires "1 foo"
! bad expires code, unrecognized type
CookieExpires "1"
CookieExpires 10
CookieExpires "1 y"
CookieExpires "plus 1"
! bad expires code, missing <type>
CookieExpires "1 days x"
! bad expires code, numeric value expected.
CookieDomain .
! CookieDomain values must contain at least one embedded dot
CookieDomain .a.b
CookieDomain .a.
CookieDomain ..a
CookieDomain a.b
! CookieDomain values must begin with a dot
CookieStyle Netscape
CookieStyle Cookie
CookieStyle Cookie2
CookieStyle RFC2109
CookieStyle rfc2965
CookieStyle cookie2
CookieName "a b"
CookieName a.b
CookieSameSite strict
CookieSameSite LAX
LogMessage x hook=log_transaction
LogMessage x hook=all
LogMessage x hook=bogus
! Invalid hook name: bogus
LogMessage x hook=ALL
LogMessage x HOOK=all
LogMessage x expr=true
LogMessage x hook=log_transaction expr=true
LogMessage "%{BOGUS}"
! Could not parse message expression '%{BOGUS}': Variable 'BOGUS' does not exist
LogMessage x foo
! Invalid argument foo
AddModuleInfo mod_ssl.c "text"
ForensicLog /nonexist/x
ForensicLog |/nonexist
ForensicLog "|/bin/cat"
LogIOTrackTTFB off
<VirtualHost *:80> ⏎ WatchdogInterval 1 ⏎ </VirtualHost>
! WatchdogInterval cannot occur within <VirtualHost> section
<VirtualHost *:80> ⏎ RemoteIPProxyProtocol on ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ RemoteIPInternalProxy 1.2.3.4 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ AddModuleInfo a b ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ ForensicLog x ⏎ </VirtualHost>
<Directory /> ⏎ RequestReadTimeout header=5 ⏎ </Directory>
! RequestReadTimeout not allowed in <Directory> context
<Directory /> ⏎ ExpiresActive on ⏎ </Directory>
<Directory /> ⏎ CookieTracking on ⏎ </Directory>
RequestReadTimeout foo=x
! RequestReadTimeout: foo=x: Unknown RequestReadTimeout parameter
RequestReadTimeout foo=5-6
! RequestReadTimeout: foo=5-6: Unknown RequestReadTimeout parameter
LogMessage "x" "expr="
! Could not parse expression '': syntax error, unexpected $end
ExpiresDefault "now 5 ''"
! 'ExpiresDefault now 5 ''': bad expires code, missing <type>
ForensicLog a ⏎ ForensicLog b
MDomain a.example ⏎ <VirtualHost *:80> ⏎ ServerName a.example ⏎ </VirtualHost>
LogIOTrackTTFB on
RequestReadTimeout expr=true
! RequestReadTimeout: expr=true: Unknown RequestReadTimeout parameter
RequestReadTimeout "expr=("
! RequestReadTimeout: expr=(: Unknown RequestReadTimeout parameter
RemoteIPHeader on
RemoteIPHeader off
RemoteIPProxiesHeader on
RemoteIPProxiesHeader off
RemoteIPTrustedProxyList on
! RemoteIPTrustedProxyList: Could not open file ROOT/on: No such file or directory
RemoteIPTrustedProxyList " 5"
! RemoteIPTrustedProxyList: Could not open file ROOT/ 5: No such file or directory
RemoteIPTrustedProxyList inc/part
RemoteIPTrustedProxyList "x y"
! RemoteIPTrustedProxyList: Could not open file ROOT/x y: No such file or directory
RemoteIPInternalProxyList on
! RemoteIPInternalProxyList: Could not open file ROOT/on: No such file or directory
RemoteIPInternalProxyList " 5"
! RemoteIPInternalProxyList: Could not open file ROOT/ 5: No such file or directory
RemoteIPInternalProxyList inc/part
RemoteIPInternalProxyList "x y"
! RemoteIPInternalProxyList: Could not open file ROOT/x y: No such file or directory
RemoteIPTrustedProxy " 5"
! RemoteIP: Error parsing IP  5 (Name or service not known error) for RemoteIPTrustedProxy
RemoteIPTrustedProxy "x y"
! RemoteIP: Error parsing IP x y (Name or service not known error) for RemoteIPTrustedProxy
RemoteIPInternalProxy on
! RemoteIP: Error parsing IP on (Name or service not known error) for RemoteIPInternalProxy
RemoteIPInternalProxy 0
RemoteIPInternalProxy " 5"
! RemoteIP: Error parsing IP  5 (Name or service not known error) for RemoteIPInternalProxy
RemoteIPInternalProxy /nonexist
! RemoteIP: Error parsing IP /nonexist (Invalid argument error) for RemoteIPInternalProxy
RemoteIPInternalProxy "x y"
! RemoteIP: Error parsing IP x y (Name or service not known error) for RemoteIPInternalProxy
RemoteIPProxyProtocol on
ExpiresActive on
DumpIOInput on
DumpIOOutput on
CookieStyle on
! Invalid CookieStyle keyword: 'on'
CookieSameSite on
! CookieSameSite accepts 'Strict', 'Lax', or 'None'
CookieTracking on
CookieSecure on
CookieHttpOnly on
"""
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused_in_its_words(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)


def test_a_wrong_proxy_of_a_list_is_named_with_its_line() -> None:
    wrong = "RemoteIP: Error parsing IP bogus/ the subnet / is invalid"
    where = "for RemoteIPInternalProxyList at line 2 of ROOT/bad-proxies.txt"
    assert our_message("RemoteIPInternalProxyList bad-proxies.txt\n") == f"{wrong} {where}"
