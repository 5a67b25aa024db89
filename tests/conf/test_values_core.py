"""The core and the access log: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
<Directory /> ⏎ Options +Indexes FollowSymLinks ⏎ </Directory>
! Either all Options must start with + or -, or no Option may.
<Directory /> ⏎ Options None Indexes ⏎ </Directory>
<Directory /> ⏎ Options Indexes None ⏎ </Directory>
! 'Options None' must be the first Option given.
<Directory /> ⏎ Options +None ⏎ </Directory>
! You may not use 'Options +None' or 'Options -None'.
<Directory /> ⏎ Options All +Indexes ⏎ </Directory>
<Directory /> ⏎ Options ⏎ </Directory>
<Directory /> ⏎ Options RunScripts ⏎ </Directory>
<Directory /> ⏎ Options Indexes,FollowSymLinks ⏎ </Directory>
! Illegal option Indexes,FollowSymLinks
<Directory /> ⏎ Options + ⏎ </Directory>
! Illegal option
<Directory /> ⏎ AllowOverride ⏎ </Directory>
<Directory /> ⏎ AllowOverride Options=Indexes,FollowSymLinks ⏎ </Directory>
<Directory /> ⏎ AllowOverride Options=None ⏎ </Directory>
<Directory /> ⏎ AllowOverride Options=All ⏎ </Directory>
<Directory /> ⏎ AllowOverride Options= ⏎ </Directory>
<Directory /> ⏎ AllowOverride Options=x ⏎ </Directory>
! Illegal option x
<Directory /> ⏎ AllowOverride Nonfatal=Unknown ⏎ </Directory>
<Directory /> ⏎ AllowOverride Nonfatal ⏎ </Directory>
! =Override, =Unknown or =All expected after Nonfatal
<Directory /> ⏎ AllowOverride +All ⏎ </Directory>
! Illegal override option +All
<Directory /> ⏎ AllowOverride FileInfo,Limit ⏎ </Directory>
! Illegal override option FileInfo,Limit
<Directory /> ⏎ AllowOverrideList ⏎ </Directory>
<Directory /> ⏎ AllowOverrideList None x ⏎ </Directory>
! 'None' not allowed with other directives in AllowOverrideList
<Directory /> ⏎ AllowOverrideList Redirect RedirectMatch ⏎ </Directory>
<Directory /> ⏎ AllowOverrideList redirect ⏎ </Directory>
<Directory /> ⏎ AllowOverrideList ServerName ⏎ </Directory>
<Directory /> ⏎ AllowOverrideList <Files ⏎ </Directory>
<Directory /> ⏎ AllowOverrideList <Location ⏎ </Directory>
<Directory /> ⏎ FileETag -INode ⏎ </Directory>
<Directory /> ⏎ FileETag +MTime Size ⏎ </Directory>
<Directory /> ⏎ FileETag MTime -Size ⏎ </Directory>
<Directory /> ⏎ FileETag None MTime ⏎ </Directory>
<Directory /> ⏎ FileETag +None ⏎ </Directory>
! FileETag keyword 'None' cannot be used with '+' or '-'
<Directory /> ⏎ FileETag MTime -aLL ⏎ </Directory>
! FileETag keyword 'aLL' cannot be used with '+' or '-'
<Directory /> ⏎ CGIVar REQUEST_URI Current-URI ⏎ </Directory>
<Directory /> ⏎ CGIVar request_uri current-uri ⏎ </Directory>
! Unrecognized CGI variable: "request_uri"
<Directory /> ⏎ CGIVar REQUEST_URI current ⏎ </Directory>
! Valid rules for REQUEST_URI are 'current-uri' and 'original-uri'
<Directory /> ⏎ FileETag All +MTime ⏎ </Directory>
<Directory /> ⏎ FileETag ⏎ </Directory>
<Directory /> ⏎ FileETag INode,MTime ⏎ </Directory>
! Unknown keyword 'INode,MTime' for FileETag directive
<Location /> ⏎ Options Indexes ⏎ </Location>
ErrorDocument 400 x
ErrorDocument 99 x
! Unsupported HTTP response code 99
ErrorDocument 100 x
ErrorDocument 200 x
ErrorDocument 404x y
ErrorDocument 404.5 y
ErrorDocument  0404 z
ErrorDocument 404 "/x%{NO_SUCH}"
! Cannot parse expression in ErrorDocument: Variable 'NO_SUCH' does not exist
ErrorDocument 404 %{nofunc:x}
! Cannot parse expression in ErrorDocument: Function 'nofunc' does not exist
ErrorDocument 404 "%{escape:"
! Cannot parse expression in ErrorDocument: Unterminated string or variable
<Location /> ⏎ SetHandler %{HTTP_HOST} ⏎ </Location>
<Location /> ⏎ SetHandler %{NOPE} ⏎ </Location>
! Can't parse expression : Variable 'NOPE' does not exist
<Location /> ⏎ SetHandler "proxy:unix:/x|fcgi://localhost" ⏎ </Location>
<Location /> ⏎ SetHandler None ⏎ </Location>
<Location /> ⏎ SetHandler NONE ⏎ </Location>
<Location /> ⏎ SetHandler expr=x ⏎ </Location>
<Location /> ⏎ ForceType %{ ⏎ </Location>
<Location /> ⏎ ForceType expr=%{ ⏎ </Location>
<Location /> ⏎ SetOutputFilter a;b ⏎ </Location>
<Location /> ⏎ SetInputFilter %{ ⏎ </Location>
<Location /> ⏎ AddDefaultCharset %{ ⏎ </Location>
<Location /> ⏎ CGIVar REQUEST_URI current-uri ⏎ </Location>
<Location /> ⏎ CGIVar REQUEST_URI original-uri ⏎ </Location>
<Location /> ⏎ CGIVar REQUEST_URI x ⏎ </Location>
! Valid rules for REQUEST_URI are 'current-uri' and 'original-uri'
<Location /> ⏎ CGIVar request_uri Current-URI ⏎ </Location>
! Unrecognized CGI variable: "request_uri"
RegexDefaultOptions
RegexDefaultOptions None
RegexDefaultOptions +ICASE
RegexDefaultOptions -ICASE
RegexDefaultOptions ICASE
RegexDefaultOptions +EXTENDED -DOTALL
! RegexDefaultOptions: option 'EXTENDED' unknown
RegexDefaultOptions DOLLAR_ENDONLY
ErrorLogFormat "%M"
ErrorLogFormat "[%t] %M"
ErrorLogFormat "%Z %M"
! Unrecognized error log format directive %Z
ErrorLogFormat "%{c}L %M" request
! ErrorLogFormat type must be one of request, connection
ErrorLogFormat "%-a %+a %{x}i %{1}t %M"
! The '+' flag cannot be used in the main error log format
ErrorLogFormat "% %M"
ErrorLogFormat "%{u}t %{cu}t %{x}t %M"
ErrorLogFormat "%{x}Q %M"
! Unrecognized error log format directive %Q
ErrorLogFormat "%5M"
ErrorLogFormat "%A%a%F%E%P%T%m%l%L%k%V%v%b %M"
! Unrecognized error log format directive %b
ErrorLogFormat "%{x}e%{x}n%{x}i%M"
ErrorLogFormat "%M%"
! Ran off end of error log format parsing args to some directive
ErrorLogFormat "%\ %M"
! Unrecognized error log format directive %\\
ErrorLogFormat "%{c}C %{C}L%M"
! Unrecognized error log format directive %C
ErrorLogFormat none
! main ErrorLogFormat must contain message format string '%M'
HttpProtocolOptions Strict Unsafe
! HttpProtocolOptions 'Strict' and 'Unsafe' are mutually exclusive
HttpProtocolOptions Strict
HttpProtocolOptions strict
HttpProtocolOptions Strict LenientMethods Allow0.9
HttpProtocolOptions Allow0.9 Allow0.9
Protocols h2 http/1.1
ProtocolsHonorOrder On
ServerTokens Full
ServerTokens prod
ServerTokens ProductOnly
ServerTokens Minimal
ServerTokens Maj
! ServerTokens takes 1 argument: 'Prod(uctOnly)', 'Major', 'Minor', 'Min(imal)', 'OS', or 'Full'
ServerTokens Minor
ServerTokens OS
ServerSignature EMail
TraceEnable extended
UseCanonicalName DNS
HostnameLookups Double
MaxRanges none
MaxRanges default
MaxRanges unlimited
MaxRanges UNLIMITED
AcceptFilter http none
AcceptFilter http data
AcceptFilter x y
RegisterHttpMethod X Y
RegisterHttpMethod ' '
LimitInternalRecursion 10
LimitInternalRecursion 3 3
LimitInternalRecursion 4 4
LimitInternalRecursion 5 5
LimitInternalRecursion 5 0
! The recursion limit must be greater than zero.
LimitInternalRecursion 10 4
LimitRequestFields 32767
LimitRequestFields 32768
LimitRequestLine 1
LimitRequestBody 0x10
! LimitRequestBody requires a non-negative integer.
LimitRequestBody ' 5'
LimitRequestBody +5
LimitRequestBody 9223372036854775807
LimitRequestBody 9223372036854775808
! LimitRequestBody argument is not parsable.
LimitXMLRequestBody 3074457345618258601
LimitXMLRequestBody 3074457345618258602
! LimitXMLRequestBody must not exceed 3074457345618258601
LimitRequestFields 2147483647
LimitRequestFields 2147483648
! LimitRequestFields "2147483648" must be a non-negative integer (0 = no limit)
LimitRequestFields -2147483649
LimitRequestLine 4294967296
LimitRequestLine 4294967295
! LimitRequestLine "4294967295" must be a non-negative integer
RLimitCPU max
RLimitCPU x
RLimitCPU 10 20
RLimitCPU 20 10
RLimitCPU max max
RLimitCPU max 5
RLimitMEM max x
RLimitNPROC 5 4
ReadBufferSize 4294967295
ReadBufferSize 4294967296
! parameter must be a number between 0 and (4294967295U)): 4294967296
ReadBufferSize 1x
! parameter must be a number between 0 and (4294967295U)): 1x
ReadBufferSize ' 1'
ReadBufferSize 0
FlushMaxThreshold 4294967296
! parameter must be a number between 0 and (4294967295U)): 4294967296
FlushMaxPipelined 2147483648
! parameter must be a number between -1 and (2147483647): 2147483648
FlushMaxPipelined -2
! parameter must be a number between -1 and (2147483647): -2
FlushMaxPipelined -1
MaxMemFree 0
ThreadStackSize 0
DefaultType None
DefaultType off
DefaultType OFF
DefaultType text/plain
ServerPath x
ServerPath /x
ServerAdmin x
AccessFileName .htaccess
AccessFileName
ExtendedStatus On
WatchdogInterval 100ms
WatchdogInterval 1x
! Unparse-able WatchdogInterval setting
Protocol x
Port 80
! Port was replaced with Listen in Apache 2.0
EnableMMAP x
! parameter must be 'on' or 'off'
MaxConnectionsPerChild x
MaxRequestsPerChild 5
AcceptPathInfo Default
AddDefaultCharset utf-8
<VirtualHost *:80> ⏎ ServerPath /x ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ LimitRequestFields 2 ⏎ </VirtualHost>
CustomLog x "%h" "expr=%{NOPE}"
! syntax error, unexpected $end: Variable 'NOPE' does not exist
<VirtualHost *:80> ⏎ CustomLog x y expr=( ⏎ </VirtualHost>
! syntax error, unexpected $end
<Directory /> ⏎ Options None +Indexes ⏎ </Directory>
<Directory /> ⏎ Options Indexes All ⏎ </Directory>
! 'Options All' must be the first option given.
<Directory /> ⏎ Options None -Indexes +x ⏎ </Directory>
! Illegal option x
<Directory /> ⏎ Options # ⏎ </Directory>
! Illegal option #
<Directory /> ⏎ Options ExecCGI,Indexes ⏎ </Directory>
! Illegal option ExecCGI,Indexes
<Directory /> ⏎ Options "Indexes FollowSymLinks" ⏎ </Directory>
! Illegal option Indexes FollowSymLinks
<Directory /> ⏎ AllowOverride Options=+Indexes ⏎ </Directory>
! Illegal option +Indexes
<Directory /> ⏎ AllowOverride Options=Indexes=x ⏎ </Directory>
! Illegal option Indexes=x
<Directory /> ⏎ SetHandler None ⏎ ForceType None ⏎ </Directory>
CustomLog x "%h" env=a
CustomLog x "%h" env=!a
CustomLog x "%h" env=
! missing environment variable name
CustomLog x "%h" ENV=a
CustomLog x "%h" expr=true
CustomLog x "%h" "expr=%{HTTP_HOST} == 'x'"
CustomLog x "%h" expr=
! missing condition
CustomLog x "%h" EXPR=true
CustomLog x "%h" x
! error in condition clause
GlobalLog x "%h" expr=(
! syntax error, unexpected $end
GlobalLog x "%Z"
! Unrecognized LogFormat directive %Z
GlobalLog x common x
! error in condition clause
TransferLog "|$x"
LogFormat "%h" ""
LogFormat "%{x}Q"
! Unrecognized LogFormat directive %Q
GlobalLog x "%h" env=!
! missing environment variable name
LogLevel warn warn
LogLevel x:
! Module specifier 'x' must be followed by a log level keyword
LogLevel :info
! Cannot find module
LogLevel core.c:debug mod_ssl.c:debug
LogLevel so:info
LogLevel Core:info
! Cannot find module Core
LogLevel info,debug
! Log level keyword must be one of emerg/alert/crit/error/warn/notice/info/debug/trace1/.../trace8
LogLevel event:info
! Cannot find module event
LogLevel core:info warn
LogLevel rewrite.c:debug
! Cannot find module rewrite.c
<VirtualHost *:80> ⏎ GlobalLog x y ⏎ </VirtualHost>
! GlobalLog cannot occur within <VirtualHost> section
"""
)


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)


def test_what_httpd_takes() -> None:
    assert our_message(taken(CASES)) == ""
