"""mod_rewrite, mod_headers, mod_setenvif, mod_env: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
RewriteMap a txt:map.txt
RewriteMap a rnd:map.txt
RewriteMap a dbm=gdbm:map.txt
RewriteMap a dbm=sdbm:map.txt
! RewriteMap: file for map a not found:ROOT/map.txt.dir
RewriteMap a "prg:prog with words"
RewriteMap a prg:prog www-data:www-data
RewriteRule a b [Danything]
RewriteRule a{2}{3} b
! RewriteRule: cannot compile regular expression 'a{2}{3}'
RewriteRule
! RewriteRule: bad argument line ''
RewriteRule ""
RewriteRule a ""
RewriteRule a b [
! RewriteRule: bad flag delimiters
RewriteRule a b []
! RewriteRule: unknown flag ''
RewriteRule a b [R=]
RewriteRule a b [R=abc]
RewriteRule a b [R=Permanent]
RewriteRule a b [R=temp]
RewriteRule a b [R=gone]
RewriteRule a b [R=99]
! RewriteRule: invalid HTTP response code '99' for flag 'R'
RewriteRule a b [R=100]
RewriteRule a b [R=404]
RewriteRule a b [B=]
RewriteRule a b [BNP=1]
RewriteRule a b [BNE]
! RewriteRule: flag 'BNE' wants a list of characters (i.e. [BNE=...])
RewriteRule a b [BNE=x]
RewriteRule a b [BCTLS=1]
RewriteRule a b [CO=x:y]
RewriteRule a b [CO=;x;y;z]
RewriteRule a b [discardpath]
RewriteRule a b [E=]
RewriteRule a b [E=x]
RewriteRule a b [env=x:y]
RewriteRule a b [END]
RewriteRule a b [END=1]
RewriteRule a b [forbidden]
RewriteRule a b [N=10]
RewriteRule a b [next=5]
RewriteRule a b [nosubreq]
RewriteRule a b [proxy]
RewriteRule a b [QSA]
RewriteRule a b [QSD]
RewriteRule a b [qsdiscard]
RewriteRule a b [QSL]
RewriteRule a b [S=1]
RewriteRule a b [S=-1]
RewriteRule a b [T=]
RewriteRule a b [UNC]
RewriteRule a b [unc]
RewriteRule a b "[E=a b:c d,L]"
RewriteRule a b [E="a",L]
RewriteRule !a b
RewriteRule !( b
! RewriteRule: cannot compile regular expression '('
RewriteRule !! b
RewriteRule - b
RewriteRule ^/(.*)$ http://b/$1 [P]
RewriteRule ^ $9
RewriteRule ^ %9
RewriteRule a\ b c
RewriteRule a b [nC]
RewriteRule a b [Qsa]
RewriteRule a b "[R= 99]"
RewriteRule a b [R=+99]
RewriteCond
! RewriteCond: bad argument line ''
RewriteCond a b
RewriteCond a ""
RewriteCond a b c
! RewriteCond: bad flag delimiters
RewriteCond a b "[NC, OR]"
RewriteCond a b [nocase]
RewriteCond a b [NC=]
RewriteCond a b []
! RewriteCond: unknown flag ''
RewriteCond a !(
! RewriteCond: cannot compile regular expression '('
RewriteCond a !
RewriteCond a -F
RewriteCond a -U
RewriteCond a -x
RewriteCond a -z
RewriteCond a -ff
RewriteCond a !-f
RewriteCond a <x [NC]
RewriteCond a >x [NC]
RewriteCond a <=x [NC]
RewriteCond a <(
RewriteCond a >=(
RewriteCond a -eq5
RewriteCond a -le(
RewriteCond a -gt(
RewriteCond a -eq
RewriteCond a -eqx
RewriteCond a -l
RewriteCond a -le5
RewriteCond expr true
RewriteCond expr "%{HTTP_HOST} == 'a'"
RewriteCond expr "%{HTTP_HOST} = "
! RewriteCond: cannot compile expression "%{HTTP_HOST} = " syntax error, unexpected $end
RewriteCond expr "!true"
RewriteCond expr "-f '/x'" [NV]
RewriteCond %{NOSUCH} a
RewriteCond ${m:x} a
RewriteCond a =
RewriteCond a <
RewriteCond a <=
RewriteCond a =""
RewriteCond a >
RewriteCond a '-f'
RewriteMap a b
! RewriteMap: file for map a not found:ROOT/b
RewriteMap a txt:inc
RewriteMap a dbm=sdbm
! RewriteMap: bad map:dbm=sdbm
RewriteMap a int:tolower
RewriteMap a int:nope
! RewriteMap: internal map not found:nope
RewriteMap a int:ToLower
! RewriteMap: internal map not found:ToLower
RewriteMap a int:
! RewriteMap: internal map not found:
RewriteMap a "dbd:SELECT x"
RewriteMap a fastdbd:x
RewriteMap a dbd:
RewriteOptions foo
! RewriteOptions: unknown option 'foo'
RewriteOptions Inherit
RewriteBase /
! RewriteBase: only valid in per-directory config files
<Location /x> ⏎ RewriteBase a ⏎ </Location>
! RewriteBase: argument is not a valid URL
<Location /x> ⏎ RewriteBase /a/ ⏎ </Location>
RewriteRule "a"
RewriteRule "a" ""
RewriteRule a "b" "[L]"x
RewriteRule a b [E=a:b\ c]
RewriteRule 'a b" c
! RewriteRule: bad argument line ''a b" c'
RewriteRule a 'b
RewriteRule '' '' [L]
RewriteRule a\  b
RewriteCond ""
RewriteCond expr '%{HTTP_HOST} == "a"'
Header
! first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.
Header set
! Header requires three arguments
Header unset X y
! Unknown parameter: y
Header unset X early
Header unset X env=
! error: missing environment variable name. envclause should be in the form env=envar
Header unset X "expr=true"
Header unset X "expr=("
! Can't parse envclause/expression: syntax error, unexpected $end
Header echo
Header echo X
Header echo (
! Header echo regex could not be compiled
Header echo X early
Header note X y
Header note X y env=A
Header note X "%{foo}q"
! Unrecognized header format %q
Header set X y
Header SET X y
Header add X y
Header append X y
Header set X: y
Header set X:: y
Header set : y
Header set "X Y" z
Header always set X y
Header onsuccess set X y
Header ALWAYS set X y
Header always echo X
Header set X y ENV=A
Header set X y Env=A
Header set X y early
Header set X y EARLY
Header set X y EXPR=true
Header set X y env=A expr=true
! Too many arguments to directive
Header set X a b c d
! Header has too many arguments
Header edit
! Header edit requires a match and a substitution
Header edit X ( b
! Header edit regex could not be compiled
Header edit X "" b
Header edit X "" ""
Header edit X a b env=A
Header edit X a b expr=true
Header edit* X a b
Header edit* X a b env=A
Header edit X a $1
Header edit X "%q" b
Header edit "*" a b
Header edit X a "expr=("
Header set X "expr=%{HTTP_HOST}"
Header set X "expr=%{NOSUCH}"
! Can't parse value expression : Variable 'NOSUCH' does not exist
Header add X "expr=a b c"
Header set X "expr="
Header set X "%{"
! Unrecognized header format %
Header set X "%{foo}t"
Header set X "%{}t"
Header set X "%{a}D"
Header set X "%s"
Header set X "%{SSL_X}s %{X}e %t"
Header set X "%{}e"
Header set X "%%%"
Header set X "%{a\}b}e"
Header set X "100%"
RequestHeader
! first argument must be 'add', 'set', 'setifempty', 'append', 'merge', 'unset', 'echo', 'note', 'edit', or 'edit*'.
RequestHeader set
! Header requires three arguments
RequestHeader echo X
! Header echo only valid on Header directives
RequestHeader note X y
! RequestHeader does not support the 'note' action
RequestHeader unset X
RequestHeader unset X y
! Unknown parameter: y
RequestHeader edit X ( b
! Header edit regex could not be compiled
RequestHeader set X y env=A
RequestHeader set X y early extra
! Too many arguments to directive
RequestHeader set X "%{BAD}q"
! Unrecognized header format %q
RequestHeader set X "%{X}s"
RequestHeader append X y
RequestHeader edit X a
! Header edit requires a match and a substitution
<Location /> ⏎ Header unset X early ⏎ </Location>
<Location /> ⏎ Header edit X a b early ⏎ </Location>
<VirtualHost *:80> ⏎ Header set X y early ⏎ </VirtualHost>
<Files x> ⏎ Header set X y early ⏎ </Files>
<Location /> ⏎ <Limit GET> ⏎ Header set X y early ⏎ </Limit> ⏎ </Location>
Header set X "%{X}t %{X}D %{X}l %{X}i %{X}b"
Header set X "%{X}i"
Header set X "expr=%{HTTP_HOST}" early
Header set X 'a b' env=X
Header set X y "env=A B"
Header set X "expr=%{base64:%{HTTP_HOST}}"
RequestHeader edit X a b c d
! RequestHeader has too many arguments
RequestHeader set X "%t %D %b %i %l %s %e"
IndexOptions None ⏎ IndexOptions FancyIndexing
! Cannot combine other IndexOptions keywords with 'None'
IndexOptions SuppressPreamble
! Invalid directory indexing option
IndexOptions +IconHeight=5 -IconWidth=3
! Cannot combine '-' with IconWidth=n
IndexOptions NameWidth=+3
! NameWidth value must be greater than 5
IndexOptions DescriptionWidth=-5
! DescriptionWidth value must be greater than 12
<Location /x> ⏎ RedirectMatch 410 ( ⏎ </Location>
! Regular expression could not be compiled.
RewriteMap a DBD:x
RewriteMap a fastdbd:
RewriteMap a txt:/../x
! RewriteMap: file for map a not found:/x
RewriteMap a int:tolower ⏎ RewriteMap a int:toupper
RewriteMap a "prg:no\ file"
! RewriteMap: file for map a not found:ROOT/no file
<VirtualHost *:80> ⏎ RewriteMap a int:no ⏎ </VirtualHost>
! RewriteMap: internal map not found:no
RewriteRule 'a' "b
Header set X "unterminated
Header set "X" "y" env="A"
Header edit X a "expr="
Header edit X a expr
Header echo "" early
RequestHeader set X "expr=%{NOSUCH}"
! Can't parse value expression : Variable 'NOSUCH' does not exist
Header set X "%t%%%D"
Header set X "%\q"
! Unrecognized header format %\\
Header set X "%l %"
SetEnvIf Request_URI a\ b
SetEnvIf Request_URI "a+\" b
! Missing envariable expression for SetEnvIf
SetEnvIf Host a b ⏎ SetEnvIf Host ( c
! SetEnvIf regex could not be compiled.
SetEnvIfExpr "%{HTTP_HOST} =~ /(/" a
! Could not parse expression "%{HTTP_HOST} =~ /(/": Failed to compile regular expression
DirectoryIndexRedirect -300
! DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx
MultiviewsMatch any handlers
! Handlers is incompatible with Any and NegotiatedOnly
MultiviewsMatch handlerS negotiatedonly
! NegotiatedOnly is incompatible with Any, Filters and Handlers
<LocationMatch x> ⏎ MultiviewsMatch Any ⏎ </LocationMatch>
! MultiviewsMatch cannot occur within <LocationMatch> section
<Location /> ⏎ <If true> ⏎ MultiviewsMatch Any ⏎ </If> ⏎ </Location>
! MultiviewsMatch cannot occur within <Location> section
MultiviewsMatch foo Any
! Unrecognized option 'foo'
RewriteOptions inheritbefore
RewriteOptions allowanyuri
RewriteOptions mergebase
RewriteOptions ignorecontextinfo
RewriteOptions legacyprefixdocroot
RewriteOptions inheritdown
RewriteOptions ignoreinherit
RewriteOptions allownoslash
SetEnvIf
! Missing header-field name for SetEnvIf
SetEnvIf Host
! Missing regular expression for SetEnvIf
SetEnvIf Host a
! Missing envariable expression for SetEnvIf
SetEnvIf Host a b
SetEnvIf Host a b=c
SetEnvIf Host a !b
SetEnvIf Host a !
SetEnvIf Host a =
SetEnvIf Host a =b
SetEnvIf Host a b= c=d !e
SetEnvIf Host ( b
! SetEnvIf regex could not be compiled.
SetEnvIf Host a b "" (
SetEnvIf Host a b=$1
SetEnvIf Ho(st a b
! SetEnvIfHeader name regex could not be compiled.
SetEnvIf "a\\b" a b
SetEnvIf "a{" a b
SetEnvIf "a." a b
SetEnvIf Remote_Addr a b
SetEnvIf Remote_Foo a b
SetEnvIf OID("2.5") a b
SetEnvIf OID() a b
SetEnvIf "OID('x')" a b
SetEnvIf oid(x) a b
SetEnvIf 'OID("")' a b
SetEnvIf 'OID("x") ' a b
SetEnvIf "OID" a b
SetEnvIfNoCase
! Missing header-field name for SetEnvIfNoCase
SetEnvIfNoCase Host a
! Missing envariable expression for SetEnvIfNoCase
SetEnvIfNoCase Host ( b
! SetEnvIfNoCase regex could not be compiled.
SetEnvIfNoCase ( a b
! SetEnvIfNoCaseHeader name regex could not be compiled.
SetEnvIfExpr
! Missing expression for SetEnvIfExpr
SetEnvIfExpr true
! Missing envariable expression for SetEnvIfExpr
SetEnvIfExpr "(" a
! Could not parse expression "(": syntax error, unexpected $end
SetEnvIfExpr "true" =
BrowserMatch
! Missing regular expression for BrowserMatch
BrowserMatch a
! Missing envariable expression for BrowserMatch
BrowserMatch ( b
! BrowserMatch regex could not be compiled.
BrowserMatch a !b
BrowserMatchNoCase
! Missing regular expression for BrowserMatchNoCase
BrowserMatchNoCase a
! Missing envariable expression for BrowserMatchNoCase
BrowserMatchNoCase ( b
! BrowserMatchNoCase regex could not be compiled.
SetEnv A B
SetEnv A ""
SetEnv "a b" c
PassEnv PATH
UnsetEnv A
UnsetEnv A B C
SetEnvIf "Ho st" a b
SetEnvIf Host "a b" c
SetEnvIf Host a b=%{x}
SetEnvIfExpr "%{HTTP_HOST} =~ /(/" a
! Could not parse expression "%{HTTP_HOST} =~ /(/": Failed to compile regular expression
SetEnvIfExpr "req('x') == 'a'" b
"""  # noqa: E501
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused(case: Case) -> None:
    assert our_message(case.text) == expected(case)
