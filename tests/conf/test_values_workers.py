"""Workers, balancers, health checks: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
BalancerMember balancer://c http://b/
BalancerMember http://b/
! BalancerMember must define remote proxy server
BalancerMember
! BalancerMember must define balancer name when outside <Proxy > section
BalancerMember balancer://c http://b/ x=y
! BalancerMember unknown Worker hcheck parameter
BalancerMember balancer://c http://b/ timeout=0
! BalancerMember Timeout must be at least one second
BalancerMember balancer://c http://b/ status=Z
! BalancerMember Unknown status parameter option
BalancerMember balancer://c b
! BalancerMember URL must be absolute!: b
BalancerMember balancer://c http:///x
! BalancerMember URL must be absolute!: http:///x
BalancerMember balancer://c http://b:x/
! BalancerMember Unable to parse URL: http://b:x/
BalancerMember balancer:// http://b
! BalancerMember Bad syntax for a balancer name (balancer://)
BalancerMember http://c http://b
BalancerMember ://c http://b
BalancerMember c http://b
! BalancerMember Bad syntax for a balancer name (c)
BalancerMember x://c # route=a
! BalancerMember URL must be absolute!: #
BalancerMember BALANCER://c http://b route=x
BalancerMember balancer://c unix:/x|http://b
BalancerMember balancer://c unix:/x|
! BalancerMember uses an invalid "unix:" URL
BalancerMember balancer://c unix:/x
! BalancerMember URL must be absolute!: unix:/x
BalancerMember balancer://c http://b route
! Invalid BalancerMember parameter. Parameter must be in the form 'key=value'
BalancerMember balancer://c http://b ⏎ BalancerMember balancer://c http://b timeout=5
BalancerMember balancer://c balancer://d
BalancerMember balancer://c http://b hcmethod=GET
BalancerMember balancer://c http://b hcmethod=x
! BalancerMember Unknown method
<Proxy balancer://c> ⏎ BalancerMember http://b route=x y ⏎ </Proxy>
! BalancerMember can not have a balancer name when defined in a location
<Proxy balancer://c> ⏎ BalancerMember http://b loadfactor=0 ⏎ </Proxy>
! BalancerMember LoadFactor must be a number between 1..100
<Proxy balancer://c> ⏎ ProxySet stickysession=X|y timeout=0 ⏎ </Proxy>
! ProxySet: timeout must be at least one second timeout=0; balancer://c
<Proxy balancer://c> ⏎ ProxySet ⏎ </Proxy>
<Proxy balancer://c> ⏎ ProxySet x ⏎ </Proxy>
! Invalid ProxySet parameter. Parameter must be in the form 'key=value'
<Proxy balancer://c> ⏎ ProxySet nofailover=On ⏎ </Proxy>
<Proxy balancer://c> ⏎ ProxySet nofailover=x ⏎ </Proxy>
! ProxySet: failover must be On|Off nofailover=x; balancer://c
<Proxy balancer://c> ⏎ ProxySet a=b ⏎ </Proxy>
! ProxySet: unknown Balancer parameter a=b; balancer://c
<Proxy balancer://c> ⏎ ProxySet growth=0 ⏎ </Proxy>
! ProxySet: growth must be between 1 and 100 growth=0; balancer://c
<Proxy http://b/> ⏎ ProxySet timeout=5 ⏎ </Proxy>
<Proxy http://b/> ⏎ ProxySet timeout=0 ⏎ </Proxy>
! ProxySet: Timeout must be at least one second timeout=0; http://b/
<Proxy http://b/> ⏎ ProxySet ⏎ </Proxy>
<Proxy *> ⏎ ProxySet timeout=5 ⏎ </Proxy>
! ProxySet URL must be absolute!: *
<Proxy /x> ⏎ ProxySet timeout=5 ⏎ </Proxy>
! ProxySet URL must be absolute!: /x
<Proxy unix:/x|http://b/> ⏎ ProxySet timeout=5 ⏎ </Proxy>
<Proxy http://b/*> ⏎ ProxySet timeout=5 ⏎ </Proxy>
<Location /x> ⏎ ProxySet timeout=5 ⏎ </Location>
! ProxySet can not find 'timeout=5' Worker.
<Proxy balancer://c> ⏎ </Proxy> ⏎ ProxySet balancer://c timeout=5
! ProxySet can not find 'balancer://c' Balancer.
ProxyRemote * http://p
ProxyRemote * http://p:80
ProxyRemote * http://p:x
! ProxyRemote: Bad syntax for a remote proxy server (bad port number)
ProxyRemote * http://p:0
ProxyRemote * ://p
ProxyRemote * foo://p
ProxyRemote * http://
! ProxyRemote: Bad syntax for a remote proxy server
ProxyRemote * http://p a:b
ProxyRemoteMatch ( http://p
! Regular expression for ProxyRemoteMatch could not be compiled.
ProxyRemoteMatch x http://p
ProxyRemoteMatch ( p
! ProxyRemoteMatch: Bad syntax for a remote proxy server
ProxyErrorOverride On 404 500
ProxyErrorOverride On 399
! ProxyErrorOverride: status codes to intercept must be valid HTTP Status Codes >=400 && <600
ProxyErrorOverride On 404x
ProxyErrorOverride Off 404
! ProxyErrorOverride: status codes must follow a value of 'on'
ProxyErrorOverride Off x
! ProxyErrorOverride: status codes to intercept must be numeric
ProxyErrorOverride 404 On
! ProxyErrorOverride first parameter must be one of: off | on
ProxyErrorOverride On On
ProxyErrorOverride On 404 ⏎ ProxyErrorOverride Off
ProxyErrorOverride On 404,500
ProxyErrorOverride On 418
ProxyStatus full
ProxyBadHeader iserror
ProxyBadHeader Ignore
ProxyDomain .x
BalancerGrowth 1000
BalancerGrowth 1001
! BalancerGrowth must be between 0 and 1000
ProxySourceAddress ::1
ProxySourceAddress 10.1.2.3:80
! ProxySourceAddress invalid value
ProxySourceAddress 0x7f.1
ProxySourceAddress /
ProxyReceiveBufferSize 512
ProxyIOBufferSize 511
! ProxyIOBufferSize must be >= 512 bytes, or 0 for system default.
ProxyIOBufferSize 99999999999999999999
ProxyIOBufferSize 0
ProxyMaxForwards x
NoProxy x
ProxyBlock *
ProxyBlock localhost
NoProxy 10 10.0.0.0/8 .x 10.0.0.0/99 1.2.3.4/255.0.0.0
ProxyPassReverseCookiePath / /x
ProxyPassReverseCookiePath / /x interpolate
ProxyPassReverseCookiePath / /x y
ProxyPassReverseCookieDomain a b y
ProxyHCTemplate
! Missing template name for ProxyHCTemplate
ProxyHCTemplate t
ProxyHCTemplate t hcmethod=GET
ProxyHCTemplate t hcmethod=x
! ProxyHCTemplate: Unknown method hcmethod=x; t
ProxyHCTemplate t hcmethod=get
ProxyHCTemplate t hcmethod=CPING hcmethod=PROVIDER
! ProxyHCTemplate: Health check method PROVIDER not (yet) implemented hcmethod=PROVIDER; t
ProxyHCTemplate t hcinterval=5
ProxyHCTemplate t hcinterval=x
! ProxyHCTemplate: Unparse-able hcinterval setting hcinterval=x; t
ProxyHCTemplate t hcinterval=5ms
! ProxyHCTemplate: Interval must be a positive value greater than 100ms hcinterval=5ms; t
ProxyHCTemplate t hcpasses=-1
! ProxyHCTemplate: Passes must be a positive value hcpasses=-1; t
ProxyHCTemplate t hcpasses=x
ProxyHCTemplate t hcfails=-1
! ProxyHCTemplate: Fails must be a positive value hcfails=-1; t
ProxyHCTemplate t hcexpr=nope
! ProxyHCTemplate: Unknown health check condition expr: nope hcexpr=nope; t
ProxyHCTemplate t hctemplate=nope
! ProxyHCTemplate: Unknown ProxyHCTemplate name: nope hctemplate=nope; t
ProxyHCTemplate t x=y
! ProxyHCTemplate: unknown Worker hcheck parameter x=y; t
ProxyHCTemplate t timeout=5
! ProxyHCTemplate: unknown Worker hcheck parameter timeout=5; t
ProxyHCTemplate t hcinterval
! Invalid ProxyHCTemplate parameter. Parameter must be in the form 'key=value'
ProxyHCExpr a true
ProxyHCExpr a {true}
ProxyHCExpr a {hc('body') =~ /x/}
ProxyHCExpr a {%{REQUEST_STATUS} =~ /^[234]/} x
! error: extra parameter(s)
ProxyHCExpr abcdefghijklmno true
ProxyHCExpr abcdefghijklmnop true
! Expression name limited to 15 characters
ProxyHCExpr a {true
ProxyHCExpr a "true"
ProxyHCExpr a (
! Could not parse expression "(": syntax error, unexpected $end
ProxyHCExpr
! Missing expression name for ProxyHCExpr
ProxyHCExpr a {}
! Missing expression for ProxyHCExpr
ProxyHCTPsize 0
BalancerMember balancer://c http://b hctemplate=nope
! BalancerMember Unknown ProxyHCTemplate name: nope
BalancerMember balancer://c http://b hcexpr=nope
! BalancerMember Unknown health check condition expr: nope
ProxyPass /x http://b/ hcmethod=GET
ProxyPass /x http://b/ hcmethod=x
! ProxyPass Unknown method
BalancerMember balancer://c http://b hcinterval=0
! BalancerMember Interval must be a positive value greater than 100ms
ProxyFCGIBackendType FPM
ProxyFCGIBackendType generic
ProxyFCGIBackendType x
! ProxyFCGIBackendType requires one of the following arguments: 'GENERIC', 'FPM'
ProxyFCGISetEnvIf true X
ProxyFCGISetEnvIf true X %{HTTP_HOST}
ProxyFCGISetEnvIf true !X
ProxyFCGISetEnvIf true !X y
! Third argument ("y") is not allowed when using ProxyFCGISetEnvIf's unset mode (!X)
ProxyFCGISetEnvIf true X %{NOPE}
! Could not parse expression "%{NOPE}": Variable 'NOPE' does not exist
ProxyFCGISetEnvIf true X ""
ProxyFtpDirCharset x
AllowCONNECT 443 563
AllowCONNECT 80-90
AllowCONNECT 80-x
! Cannot parse 'x' as port number
AllowCONNECT 80-70
AllowCONNECT 70000
AllowCONNECT -5
! AllowCONNECT: port numbers must be numeric
ProxySCGISendfile x
ProxySCGISendfile On
ProxySCGIInternalRedirect X
ProxyExpressDBMType x
ProxyHCTemplate t hcmethod=EOT
! ProxyHCTemplate: Unknown method hcmethod=EOT; t
ProxyHCExpr e true ⏎ <VirtualHost *:80> ⏎ ProxyHCTemplate t hcexpr=e ⏎ </VirtualHost>
! ProxyHCTemplate: Unknown health check condition expr: e hcexpr=e; t
NoProxy 10
NoProxy 10.1
NoProxy 10.1.2
NoProxy 10.1.2.3
ProxyBlock 10
<Proxy http://b/ timeout=5> ⏎ </Proxy> ⏎ ProxyPass /x http://b/ timeout=6
<Proxy http://b/> ⏎ ProxySet timeout=5 ⏎ </Proxy> ⏎ ProxyPass /x http://b/ timeout=6 zz=1
ProxyPass /x http://b/ ⏎ <Proxy http://b/ timeout=6> ⏎ </Proxy>
<Proxy> ⏎ ProxySet timeout=5 ⏎ </Proxy>
! ProxySet URL must be absolute!:
<Proxy balancer://c x=y> ⏎ ProxySet x=y ⏎ </Proxy>
! ProxySet: unknown Balancer parameter x=y; balancer://c
<Proxy balancer://c/> ⏎ ProxySet x=y ⏎ </Proxy>
! ProxySet: unknown Balancer parameter x=y; balancer://c/
<Proxy unix:/s|http://b/ x=y> ⏎ </Proxy>
! <Proxy unknown Worker hcheck parameter x=y; unix:/s|http://b/
<Proxy unix:/s| x=y> ⏎ </Proxy>
! <Proxy/ProxyMatch > uses an invalid "unix:" URL
<Proxy unix:/s|> ⏎ ProxySet x=y ⏎ </Proxy>
! ProxySet uses an invalid "unix:" URL
<Proxy unix:/s|http://b/> ⏎ ProxySet x=y ⏎ </Proxy>
! ProxySet: unknown Worker hcheck parameter x=y; unix:/s|http://b/
<Proxy balancer://c> ⏎ ProxySet timeout=x timeout=5 ⏎ </Proxy>
! ProxySet: timeout must be at least one second timeout=x; balancer://c
ProxyFCGISetEnvIf ( X %{
! Could not parse expression "(": syntax error, unexpected $end
"""
)


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)


def test_what_httpd_takes() -> None:
    assert our_message(taken(CASES)) == ""
