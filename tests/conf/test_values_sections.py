"""Tags of sections: what httpd takes in them, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
<Directory> ⏎ </Directory>
! <Directory> directive requires additional arguments
<Directory /x> ⏎ </Directory>
<Directory x> ⏎ </Directory>
<Directory ~ (> ⏎ </Directory>
! Regex could not be compiled
<Directory ~ x> ⏎ </Directory>
<Directory ~> ⏎ </Directory>
<Directory ~ x y> ⏎ </Directory>
! Multiple <Directory> arguments not (yet) supported.
<Directory ""> ⏎ </Directory>
<Directory /x*> ⏎ </Directory>
<DirectoryMatch (> ⏎ </DirectoryMatch>
! Regex could not be compiled
<DirectoryMatch x y> ⏎ </DirectoryMatch>
! Multiple <DirectoryMatch> arguments not (yet) supported.
<DirectoryMatch ~ x> ⏎ </DirectoryMatch>
<DirectoryMatch ~> ⏎ </DirectoryMatch>
<DirectoryMatch ""> ⏎ </DirectoryMatch>
<DirectoryMatch> ⏎ </DirectoryMatch>
! <DirectoryMatch> directive requires additional arguments
<Files (> ⏎ </Files>
<Files ~ (> ⏎ </Files>
! Regex could not be compiled
<Files ~ x> ⏎ </Files>
<Files ~> ⏎ </Files>
<Files a b> ⏎ </Files>
! Multiple <Files> arguments not (yet) supported.
<Files> ⏎ </Files>
! <Files> directive requires additional arguments
<Files *> ⏎ </Files>
<Files ""> ⏎ </Files>
<FilesMatch (> ⏎ </FilesMatch>
! Regex could not be compiled
<FilesMatch a b> ⏎ </FilesMatch>
! Multiple <FilesMatch> arguments not (yet) supported.
<FilesMatch> ⏎ </FilesMatch>
! <FilesMatch> directive requires additional arguments
<FilesMatch ""> ⏎ </FilesMatch>
<Location (> ⏎ </Location>
<Location ~ (> ⏎ </Location>
! Regex could not be compiled
<Location ~> ⏎ </Location>
<Location ~ x y> ⏎ </Location>
! Multiple <Location> arguments not (yet) supported.
<Location x> ⏎ </Location>
<Location http://x/> ⏎ </Location>
<Location ""> ⏎ </Location>
<Location x*> ⏎ </Location>
<LocationMatch (> ⏎ </LocationMatch>
! Regex could not be compiled
<LocationMatch ~ (> ⏎ </LocationMatch>
! Multiple <LocationMatch> arguments not (yet) supported.
<LocationMatch ""> ⏎ </LocationMatch>
<LocationMatch ~> ⏎ </LocationMatch>
<If> ⏎ </If>
! <If> directive requires additional arguments
<If true> ⏎ </If>
<If true false> ⏎ </If>
! Multiple <If> arguments not supported.
<If x> ⏎ </If>
! Cannot parse condition clause: syntax error, unexpected $end, expecting '('
<If 'true'> ⏎ </If>
<Proxy *> ⏎ </Proxy>
<Proxy ( x> ⏎ </Proxy>
! <Proxy> arguments are not supported for non url.
<Proxy http://b/ x=y> ⏎ </Proxy>
! <Proxy unknown Worker hcheck parameter x=y; http://b/
<Proxy http://b/ timeout=5> ⏎ </Proxy>
<Proxy http://b/ timeout=0> ⏎ </Proxy>
! <Proxy Timeout must be at least one second timeout=0; http://b/
<Proxy http://* timeout=5> ⏎ </Proxy>
! <Proxy> arguments are not supported for wildchar url.
<Proxy http://b/ x> ⏎ </Proxy>
! Invalid Proxy parameter. Parameter must be in the form 'key=value'
<Proxy http:///x x=y> ⏎ </Proxy>
! <Proxy URL must be absolute!: http:///x
<Proxy http://b:x/ timeout=5> ⏎ </Proxy>
! <Proxy Unable to parse URL: http://b:x/
<Proxy ws://b/ min=1> ⏎ </Proxy>
<Proxy unix:/x|http://b/ min=1> ⏎ </Proxy>
<Proxy unix:/x|http://b/> ⏎ </Proxy>
<Proxy balancer:// x=y> ⏎ </Proxy>
! <Proxy Bad syntax for a balancer name (balancer://)
<Proxy foo: x=y> ⏎ </Proxy>
! <Proxy URL must be absolute!: foo:
<Proxy http://b/ Timeout=5 retry=x> ⏎ </Proxy>
<ProxyMatch (> ⏎ </ProxyMatch>
! Regex could not be compiled
<ProxyMatch x y> ⏎ </ProxyMatch>
! Multiple <ProxyMatch> arguments not (yet) supported.
<ProxyMatch> ⏎ </ProxyMatch>
<ProxyMatch ""> ⏎ </ProxyMatch>
<Directory /> ⏎ <Limit> ⏎ </Limit> ⏎ </Directory>
! <Limit> directive requires additional arguments
<Directory /> ⏎ <Limit GET> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <Limit get> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <Limit GET POST> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <Limit TRACE> ⏎ </Limit> ⏎ </Directory>
! TRACE cannot be controlled by <Limit>, see TraceEnable
<Directory /> ⏎ <Limit trace> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <Limit FOO> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <Limit ""> ⏎ </Limit> ⏎ </Directory>
<Directory /> ⏎ <LimitExcept> ⏎ </LimitExcept> ⏎ </Directory>
! <LimitExcept> directive requires additional arguments
<Directory /> ⏎ <LimitExcept GET> ⏎ </LimitExcept> ⏎ </Directory>
<Directory /> ⏎ <LimitExcept TRACE> ⏎ </LimitExcept> ⏎ </Directory>
<Directory /> ⏎ <LimitExcept get> ⏎ </LimitExcept> ⏎ </Directory>
<Location /> ⏎ <If true> ⏎ </If> ⏎ </Location>
<Location /> ⏎ <Files x> ⏎ </Files> ⏎ </Location>
! <Files> cannot occur within <Location> section
<Directory /> ⏎ <Files x> ⏎ </Files> ⏎ </Directory>
<Directory /> ⏎ <RequireAll> ⏎ </RequireAll> ⏎ </Directory>
! <RequireAll> directive contains no authorization directives
<Directory /> ⏎ <RequireAll x> ⏎ </RequireAll> ⏎ </Directory>
! <RequireAll> directive doesn't take additional arguments
<Location /> ⏎ <Else> ⏎ </Else> ⏎ </Location>
! <Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope
<Location /> ⏎ <Else x> ⏎ </Else> ⏎ </Location>
! <Else> does not take an argument
<Directory /> ⏎ <Limit GET> ⏎ <Limit POST> ⏎ </Limit> ⏎ </Limit> ⏎ </Directory>
! <Limit> directive excludes all methods
<Directory /> ⏎ <Limit TRACE> ⏎ Foo ⏎ </Limit> ⏎ </Directory>
! TRACE cannot be controlled by <Limit>, see TraceEnable
<Directory ~ (> ⏎ Foo ⏎ </Directory>
! Regex could not be compiled
<If x y> ⏎ Foo ⏎ </If>
! Cannot parse condition clause: syntax error, unexpected $end, expecting '('
<VirtualHost 80> ⏎ Foo ⏎ </VirtualHost>
! Missing address for VirtualHost
<Location /> ⏎ <ElseIf true> ⏎ </ElseIf> ⏎ </Location>
! <Else> or <ElseIf> section without previous <If> or <ElseIf> section in same scope
<If true> ⏎ </If> ⏎ <ElseIf x> ⏎ </ElseIf>
! Cannot parse condition clause: syntax error, unexpected $end, expecting '('
<If true> ⏎ </If> ⏎ <ElseIf true x> ⏎ </ElseIf>
! Multiple <ElseIf> arguments not supported.
<If x> ⏎ </If> ⏎ <Else> ⏎ </Else>
! Cannot parse condition clause: syntax error, unexpected $end, expecting '('
<Limit GET> ⏎ </Limit>
! <Limit not allowed here
<Directory /> ⏎ <Limit GET> ⏎ <Files x> ⏎ </Files> ⏎ </Limit> ⏎ </Directory>
! <Files> cannot occur within <Limit> or <LimitExcept> section
<Directory /> ⏎ <Limit GET> ⏎ <If true> ⏎ </If> ⏎ </Limit> ⏎ </Directory>
! <If> cannot occur within <Limit> or <LimitExcept> section
<Directory /> ⏎ <Directory /> ⏎ </Directory> ⏎ </Directory>
! <Directory not allowed in <Directory> context
<Location /> ⏎ <Directory /> ⏎ </Directory> ⏎ </Location>
! <Directory not allowed in <Location> context
<Proxy *> ⏎ <Limit GET> ⏎ </Limit> ⏎ <If true> ⏎ </If> ⏎ </Proxy>
<Proxy *> ⏎ <Location /> ⏎ </Location> ⏎ </Proxy>
! <Location not allowed in <Proxy> context
<IfModule x.c y> ⏎ </IfModule>
<AuthzProviderAlias a b c> ⏎ </AuthzProviderAlias>
! Unknown Authz provider: a
"""
)


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)


def test_what_httpd_takes() -> None:
    assert our_message(taken(CASES)) == ""
