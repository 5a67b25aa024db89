"""Modules about files, scripts and redirects: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
Alias a
! Alias must have two arguments when used globally
Alias a b
Alias /a http://x/
Alias /a/ /b/
Alias /a /b ⏎ Alias /ab /c
Alias /a/ /b ⏎ Alias /a /c
Alias /a /b ⏎ AliasMatch /a /c
Alias /a /b ⏎ Redirect /a /c
RedirectTemp /a /c ⏎ RedirectPermanent /a/b /c
Alias /A /b ⏎ Alias /a /c
Alias /a %{HTTP_HOST}
<Location /x> ⏎ Alias /a /b ⏎ </Location>
! Alias cannot occur within directory context
<Location /x> ⏎ Alias "/b%{NOSUCH}" ⏎ </Location>
! Cannot parse alias expression '/b%{NOSUCH}': Variable 'NOSUCH' does not exist
<Location /x> ⏎ Alias rel ⏎ </Location>
<Location /x> ⏎ ScriptAlias /b /c ⏎ </Location>
! ScriptAlias cannot occur within directory context
<Location /x> ⏎ Alias /b ⏎ Alias /c ⏎ </Location>
<LocationMatch /x> ⏎ Alias /b/%{env:x ⏎ </LocationMatch>
! Cannot parse alias expression '/b/%{env:x': Unterminated string or variable
<Directory /x> ⏎ Alias /b ⏎ </Directory>
! Alias cannot occur within <Directory> section
<Files x> ⏎ Alias /b ⏎ </Files>
! Alias cannot occur within <Files> section
<If "true"> ⏎ Alias /b ⏎ </If>
! Alias cannot occur within <If> section
<Proxy *> ⏎ Alias /b ⏎ </Proxy>
<Location /x> ⏎ <Limit GET> ⏎ Alias /b ⏎ </Limit> ⏎ </Location>
! Alias cannot occur within <Limit> or <LimitExcept> section
<Location /x> ⏎ AliasMatch /a /b ⏎ </Location>
! AliasMatch not allowed in <Location> context
ScriptAlias /a
! Alias must have two arguments when used globally
ScriptAlias /a /b
AliasMatch ( b
! Regular expression could not be compiled.
AliasMatch a b
AliasMatch ^/a(.*) /b$1 ⏎ AliasMatch ^/a(.*) /c
ScriptAliasMatch ( b
! Regular expression could not be compiled.
AliasPreservePath on
Redirect /a
! URL to redirect to is missing
Redirect /a /b
Redirect /a b
! Redirect to non-URL
Redirect /a http://b c
! Redirect: invalid first argument (of three)
Redirect gone /a /b
! Redirect URL not valid for this status
Redirect gone
Redirect 300 /a http://b
Redirect 200 /a
Redirect 100 /a
Redirect 418 /a
Redirect 500 /a
Redirect 600 /a
Redirect 301x /a /b
Redirect -1 /a
Redirect permanent a http://b
Redirect /a //b
Redirect /a http:b
Redirect /a mailto:x
Redirect /a x://
Redirect /a http://
Redirect /a /b%20c
Redirect 410 http://b
Redirect 404
<Location /x> ⏎ Redirect http://b ⏎ </Location>
<Location /x> ⏎ Redirect 301 http://b ⏎ </Location>
<Location /x> ⏎ Redirect permanent http://b ⏎ </Location>
<Location /x> ⏎ Redirect foo /b ⏎ </Location>
<Location /x> ⏎ Redirect 301 "http://b/%{NOSUCH}" ⏎ </Location>
! Cannot parse redirect expression 'http://b/%{NOSUCH}': Variable 'NOSUCH' does not exist
<Location /x> ⏎ Redirect 301 http://b ⏎ Redirect 302 http://c ⏎ </Location>
<Location /x> ⏎ RedirectTemp /a /b ⏎ </Location>
<Directory /x> ⏎ Redirect /a /b ⏎ </Directory>
<If true> ⏎ Redirect http://b ⏎ </If>
<If true> ⏎ Redirect 410 ⏎ </If>
<Proxy *> ⏎ Redirect 301 http://b ⏎ </Proxy>
<Limit GET> ⏎ Redirect 301 http://b ⏎ </Limit>
! <Limit not allowed here
RedirectMatch ( http://b
! Regular expression could not be compiled.
RedirectMatch a http://b
RedirectMatch gone a
RedirectMatch 410 a b
! Redirect URL not valid for this status
RedirectMatch foo a b
! Redirect: invalid first argument (of three)
RedirectMatch permanent a
! URL to redirect to is missing
RedirectMatch a $1
RedirectMatch a http://$1
RedirectMatch 200 a
RedirectMatch 399 a b
RedirectMatch a "/%{NOSUCH}"
RedirectTemp /a /b
RedirectTemp /a b
! Redirect to non-URL
RedirectTemp a http://b
RedirectPermanent /a /b
RedirectPermanent /a b
! Redirect to non-URL
AliasMatch a /b ⏎ AliasMatch a /b
Alias /a /b ⏎ AliasMatch /a/b /c
<Location /x> ⏎ Redirect gone "%{NOSUCH}" ⏎ </Location>
<Location /x> ⏎ Redirect permanent "" ⏎ </Location>
<Location /x> ⏎ Redirect 301 "" http://b ⏎ </Location>
<Location /x> ⏎ RedirectMatch 301 "%{NOSUCH}" ⏎ </Location>
! Cannot parse redirect expression '%{NOSUCH}': Variable 'NOSUCH' does not exist
<Location /x> ⏎ RedirectMatch a "%{NOSUCH}" ⏎ </Location>
<Location /x> ⏎ RedirectMatch 301 http://x ⏎ </Location>
<Location /x> ⏎ RedirectMatch 410 a ⏎ </Location>
RedirectTemp permanent http://b
! URL to redirect to is missing
RedirectTemp gone http://b
Redirect gone ""
Redirect 410 ""
ScriptAliasMatch ^/a /b ⏎ ScriptAliasMatch ^/a /b
<Location /x> ⏎ Redirect 301 /a http://x ⏎ </Location>
<VirtualHost *:80> ⏎ PassEnv NOSUCHVAR ⏎ </VirtualHost>
RedirectPermanent a "%{x"
! Redirect to non-URL
FallbackResource /x
FallbackResource http://x
DirectoryIndex
DirectoryIndex disabled
DirectoryIndex disabled a
DirectoryIndex ""
DirectoryIndexRedirect on
DirectoryIndexRedirect On
DirectoryIndexRedirect gone
! DirectoryIndexRedirect ON|OFF|permanent|temp|seeother|3xx
DirectoryIndexRedirect 300
DirectoryIndexRedirect 400
! DirectoryIndexRedirect only accepts values between 300 and 399
DirectoryIndexRedirect Permanent
DirectorySlash On
AddType a b
AddType nonsense .x
AddType text/ .x
AddType "a b" .x
AddType .html text/html
AddCharset utf-8 .utf8
AddHandler cgi-script .cgi
AddInputFilter x y
AddLanguage en .en
AddLanguage en en
<Directory /x> ⏎ MultiviewsMatch Handlers Filters ⏎ </Directory>
MultiviewsMatch Any Handlers
! Handlers is incompatible with Any and NegotiatedOnly
MultiviewsMatch Handlers Any
! Any is incompatible with NegotiatedOnly, Filters and Handlers
MultiviewsMatch Any NegotiatedOnly
! NegotiatedOnly is incompatible with Any, Filters and Handlers
MultiviewsMatch None
! Unrecognized option 'None'
<Location /x> ⏎ MultiviewsMatch Any ⏎ </Location>
! MultiviewsMatch cannot occur within <Location> section
RemoveHandler a b c
<VirtualHost *:80> ⏎ TypesConfig nofile ⏎ </VirtualHost>
ModMimeUsePathInfo On
! ModMimeUsePathInfo not allowed here
<Location /> ⏎ ModMimeUsePathInfo On ⏎ </Location>
<Directory /x> ⏎ ForceLanguagePriority None ⏎ </Directory>
<Directory /x> ⏎ ForceLanguagePriority Prefer ⏎ </Directory>
<Directory /x> ⏎ ForceLanguagePriority Fallback ⏎ </Directory>
<Directory /x> ⏎ ForceLanguagePriority Prefer Fallback ⏎ </Directory>
ForceLanguagePriority None Prefer
! Cannot combine ForceLanguagePriority options None and Prefer
ForceLanguagePriority Prefer None
! Cannot combine ForceLanguagePriority options with None
ForceLanguagePriority foo
! Invalid ForceLanguagePriority option foo
UserDir
! UserDir requires an argument.
UserDir disabled
UserDir enabled
UserDir Enabled
UserDir http://x/*/
UserDir http://x/*/y
UserDir http://*/y
UserDir http*
UserDir a*b
UserDir a b c
UserDir public_html /x
UserDir a/*
UserDir disabled root bob
UserDir x:*
VirtualDocumentRoot x
! format string must be an absolute path, or 'none'
VirtualDocumentRoot /x/%
! syntax error in format string
VirtualDocumentRoot /x/%%
VirtualDocumentRoot /x/%1
VirtualDocumentRoot /x/%12
VirtualDocumentRoot /x/%1.1
VirtualDocumentRoot /x/%1.-1
VirtualDocumentRoot /x/%1.-1+
VirtualDocumentRoot /x/%0.1
VirtualDocumentRoot none
VirtualDocumentRoot NONE
VirtualDocumentRootIP x
! format string must be an absolute path, or 'none'
VirtualDocumentRootIP /x/%x
! syntax error in format string
VirtualScriptAlias /x/%0
VirtualScriptAlias x
! format string must be an absolute path, or 'none'
VirtualScriptAlias none
VirtualScriptAliasIP x/%0
! format string must be an absolute path, or 'none'
VirtualDocumentRoot /x/%1.1%2.2%p%%
CheckSpelling On
CheckBasenameMatch Off
Action a b
Action a /b
Action a /b virtual
Action a /b foo
! unrecognized option 'foo'
Action a b virtual
Action text/html /b
Script get /b
Script DELETE /b
Script HEAD /b
Script OPTIONS /b
Script PATCH /b
Script PROPFIND /b
Script TRACE /b
! TRACE not allowed for Script
Script foo /b
Script BASELINE-CONTROL /b
ScriptLog x
ScriptLog |x
ScriptLogLength -1
ScriptLogLength 1000
CGIScriptTimeout 10
CGIScriptTimeout x
! CGIScriptTimeout has wrong format
CGIScriptTimeout 10s
CGIScriptTimeout 0
CGIScriptTimeout 5min
CGIDScriptTimeout 10
CGIDScriptTimeout x
! CGIDScriptTimeout has wrong format
CGIDScriptTimeout 10s
ScriptSock /tmp/a
ScriptSock logs/cgid.sock
ScriptSock nodir/cgid.sock
XBitHack On
XBitHack off
XBitHack full
XBitHack Full
XBitHack x
! XBitHack must be set to Off, On, or Full
SSIErrorMsg x
SSIUndefinedEcho x
SSIStartTag <!--#
SSIStartTag "<!--# x"
! SSIStartTag may not contain any whitespaces
<Location /> ⏎ SSIETag On ⏎ </Location>
SSIETag On
! SSIEtag not allowed here
ImapMenu formatted
MimeMagicFile nofile
CharsetSourceEnc utf-8
CharsetSourceEnc nosuch
CharsetDefault utf-8
CharsetOptions DebugLevel=1
! Invalid CharsetOptions option: DebugLevel=1
CharsetOptions Debug=1
! Invalid CharsetOptions option: Debug=1
CharsetOptions DebugLevel=x
! Invalid CharsetOptions option: DebugLevel=x
CharsetOptions debuglevel=1
! Invalid CharsetOptions option: debuglevel=1
CharsetOptions ImplicitAdd
CharsetOptions foo
! Invalid CharsetOptions option: foo
CharsetOptions DebugLevel
! Invalid CharsetOptions option: DebugLevel
CharsetOptions "DebugLevel="
! Invalid CharsetOptions option: DebugLevel=
MetaSuffix x
AddIcon (TXT,/x) b
AddIcon (TXT,/x b
! missing closing paren
AddIcon (TXT) b
AddIcon (a,b)c b
AddIcon a ""
AddIcon a b "" c
AddIconByType (TXT,/x) text/*
AddIconByType (TXT,/x text/*
! missing closing paren
AddIconByEncoding (CMP,/x) x-gzip
AddIconByEncoding (CMP x-gzip
! missing closing paren
AddAlt a b
AddAlt "a'b" c
AddAltByEncoding a b
AddDescription 'a"b' x
AddDescription a b c d
AddDescription a /x*
HeaderName /x
ReadmeName x
IndexStyleSheet "/x.css"
IndexHeadInsert "<link>"
IndexIgnore a b
IndexIgnoreReset On
IndexOrderDefault Ascending Name
IndexOrderDefault Descending Size
IndexOrderDefault foo Name
! First keyword must be 'Ascending' or 'Descending'
IndexOrderDefault Ascending foo
! Second keyword must be 'Name', 'Date', 'Size', or 'Description'
<Directory /x> ⏎ IndexOptions ⏎ </Directory>
<Directory /x> ⏎ IndexOptions "" ⏎ </Directory>
<Directory /x> ⏎ IndexOptions None ⏎ </Directory>
IndexOptions +None
! Cannot combine '+' or '-' with 'None' keyword
IndexOptions foo
! Invalid directory indexing option
<Directory /x> ⏎ IndexOptions fancyindexing ⏎ </Directory>
<Directory /x> ⏎ IndexOptions +FancyIndexing ⏎ </Directory>
<Directory /x> ⏎ IndexOptions -FancyIndexing ⏎ </Directory>
<Directory /x> ⏎ IndexOptions FancyIndexing NameWidth=* ⏎ </Directory>
IndexOptions NameWidth=4
! NameWidth value must be greater than 5
<Directory /x> ⏎ IndexOptions NameWidth=x ⏎ </Directory>
<Directory /x> ⏎ IndexOptions NameWidth= ⏎ </Directory>
IndexOptions NameWidth
! NameWidth with no value may only appear as '-NameWidth'
<Directory /x> ⏎ IndexOptions -NameWidth ⏎ </Directory>
IndexOptions -NameWidth=5
! Cannot combine '-' with NameWidth=n
<Directory /x> ⏎ IndexOptions +NameWidth=* ⏎ </Directory>
<Directory /x> ⏎ IndexOptions namewidth=20 ⏎ </Directory>
IndexOptions DescriptionWidth=5
! DescriptionWidth value must be greater than 12
<Directory /x> ⏎ IndexOptions DescriptionWidth=12 ⏎ </Directory>
<Directory /x> ⏎ IndexOptions DescriptionWidth=x ⏎ </Directory>
IndexOptions DescriptionWidth
! DescriptionWidth with no value may only appear as '-DescriptionWidth'
<Directory /x> ⏎ IndexOptions -DescriptionWidth ⏎ </Directory>
IndexOptions -DescriptionWidth=5
! Cannot combine '-' with DescriptionWidth=n
<Directory /x> ⏎ IndexOptions DescriptionWidth= ⏎ </Directory>
<Directory /x> ⏎ IndexOptions IconHeight= ⏎ </Directory>
<Directory /x> ⏎ IndexOptions IconHeight=22 ⏎ </Directory>
<Directory /x> ⏎ IndexOptions IconHeight=-1 ⏎ </Directory>
<Directory /x> ⏎ IndexOptions -IconHeight ⏎ </Directory>
IndexOptions -IconHeight=22
! Cannot combine '-' with IconHeight=n
<Directory /x> ⏎ IndexOptions IconWidth=22 ⏎ </Directory>
<Directory /x> ⏎ IndexOptions -IconWidth ⏎ </Directory>
<Directory /x> ⏎ IndexOptions AddAltClass ⏎ </Directory>
<Directory /x> ⏎ IndexOptions SuppressIcon ⏎ </Directory>
<Directory /x> ⏎ IndexOptions SuppressHTMLPreamble ⏎ </Directory>
<Directory /x> ⏎ IndexOptions XHTML ⏎ </Directory>
<Directory /x> ⏎ IndexOptions Charset= ⏎ </Directory>
<Directory /x> ⏎ IndexOptions Type=text/html ⏎ </Directory>
<Directory /x> ⏎ IndexOptions -Type=text/html ⏎ </Directory>
<Directory /x> ⏎ IndexOptions -Charset=x ⏎ </Directory>
<Directory /x> ⏎ IndexOptions FancyIndexing None ⏎ </Directory>
IndexOptions None FancyIndexing
! Cannot combine other IndexOptions keywords with 'None'
<Directory /x> ⏎ IndexOptions +FancyIndexing VersionSort -HTMLTable ⏎ </Directory>
FancyIndexing On
! The FancyIndexing directive is no longer supported. Use IndexOptions FancyIndexing.
<Directory /x> ⏎ IndexOptions None ⏎ IndexOptions +FancyIndexing ⏎ </Directory>
<Directory /x> ⏎ IndexOptions None +FancyIndexing ⏎ </Directory>
<Directory /x> ⏎ IndexOptions None DescriptionWidth=* ⏎ </Directory>
<Directory /x> ⏎ IndexOptions ScanHTMLTitles ⏎ </Directory>
<Directory /x> ⏎ IndexOptions SuppressDescription ⏎ </Directory>
<Directory /x> ⏎ IndexOptions SuppressColumnSorting ⏎ </Directory>
<Directory /x> ⏎ IndexOptions +Type=x ⏎ </Directory>
IndexOptions +IconHeight=5 -IconWidth=3
! Cannot combine '-' with IconWidth=n
<Directory /x> ⏎ IndexOptions DescriptionWidth=** ⏎ </Directory>
<Directory /x> ⏎ IndexOptions +DescriptionWidth=20 ⏎ </Directory>
DirectoryIndexRedirect ON
DirectoryIndexRedirect TEMP
CharsetOptions NOIMPLICITADD implicitadd
<Files x> ⏎ MultiviewsMatch Any ⏎ </Files>
<LocationMatch x> ⏎ MultiviewsMatch Any ⏎ </LocationMatch>
! MultiviewsMatch cannot occur within <LocationMatch> section
"""
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused(case: Case) -> None:
    assert our_message(case.text) == expected(case)
