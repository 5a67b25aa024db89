"""Modules with filters: what httpd takes, and what it says otherwise."""

import pytest

from tests.conf.value_table import Case, expected, our_message, parse_table, refused, taken

CASES = parse_table(
    r"""
FilterDeclare a CONTENT_SET
FilterDeclare a RESOURCE
FilterDeclare a x
FilterProvider a DEFLATE true
FilterProvider a DEFLATE "%{CONTENT_TYPE} =~ m#^text/#"
FilterProvider a DEFLATE "resp=Content-Type $text/"
! Error parsing FilterProvider expression:syntax error, unexpected T_OP_STR_EQ, expecting '('
FilterProvider a DEFLATE "("
! Error parsing FilterProvider expression:syntax error, unexpected $end
FilterProvider a deflate true
FilterProvider a INCLUDES true
FilterProvider a BUFFER true
FilterProvider a gzip true
! Unknown filter provider gzip
AddOutputFilterByType CaseFilter;data;BUCKETEER;proxy_send_dir text/html
AddOutputFilterByType CaseFilterIn text/html
! Unknown filter provider CaseFilterIn
FilterProvider a RATE_LIMIT true
FilterProvider a DEFLATE Content-Type
! Error parsing FilterProvider expression:syntax error, unexpected T_OP_BINARY, expecting '('
FilterTrace DEFLATE 1
! Undeclared smart filter DEFLATE
FilterTrace a 1
! Undeclared smart filter a
FilterChain a
FilterChain +a -b =c !d @e
FilterChain !
FilterChain +
FilterProtocol a change=yes
! FilterProtocol: No such filter
AddOutputFilterByType DEFLATE text/html text/plain
AddOutputFilterByType DEFLATE;SUBSTITUTE text/html
AddOutputFilterByType DEFLATE;nosuch text/html
! Unknown filter provider nosuch
AddOutputFilterByType ;DEFLATE text/html
AddOutputFilterByType DEFLATE; text/html
AddOutputFilterByType deflate text/html
AddOutputFilterByType DEFLATE x
DeflateFilterNote Input x
DeflateFilterNote input x
DeflateFilterNote Output x
DeflateFilterNote Ratio x
DeflateFilterNote RATIO x
DeflateAlterEtag AddSuffix
DeflateAlterEtag nochange
DeflateAlterEtag Remove
DeflateWindowSize 15
DeflateWindowSize 16
! DeflateWindowSize must be between 1 and 15
DeflateInflateLimitRequestBody 10k
! DeflateInflateLimitRequestBody requires a non-negative integer.
BrotliFilterNote Input x
BrotliFilterNote ratio x
BrotliAlterETag nochange
BrotliCompressionMaxInputBlock 16
BrotliCompressionMaxInputBlock 24
BrotliCompressionWindow 24
BrotliCompressionQuality 11
BrotliCompressionQuality 12
! BrotliCompressionQuality must be between 0 and 11
Substitute s/a/b/
Substitute s/a/b/i
Substitute s/a/b/inqf
Substitute s/a/b/x
! Bad Substitute flag, only s///[infq] are supported
Substitute s/a/b
Substitute s/a
! Bad Substitute format, must be a complete s/// pattern
Substitute S/a/b/
Substitute s|a|b|
Substitute s/(/b/
! Substitute could not compile regex
SubstituteMaxLineLength 10k
SubstituteMaxLineLength 10K
SubstituteMaxLineLength 10b
SubstituteMaxLineLength 10m
SubstituteMaxLineLength 1g
SubstituteMaxLineLength k
SubstituteMaxLineLength 9999999999999g
! SubstituteMaxLineLength value too large
xml2EncDefault utf-8
xml2EncDefault iso-8859-1
xml2EncDefault latin1
! Invalid or unsupported default charset
xml2EncDefault shift_jis
xml2EncAlias utf-8 x
xml2EncAlias bogus x
xml2EncAlias utf-8 utf-8
xml2EncAlias utf-8 x x
BufferSize 1k
! BufferSize not allowed here
<Directory /> ⏎ BufferSize 1 ⏎ </Directory>
KeptBodySize 1
! KeptBodySize not allowed here
<Location /> ⏎ KeptBodySize 10 ⏎ </Location>
<Location /> ⏎ ExtFilterOptions DebugLevel=1 ⏎ </Location>
! Invalid ExtFilterOptions option: DebugLevel=1
<Location /> ⏎ ExtFilterOptions DebugLevel=x ⏎ </Location>
! Invalid ExtFilterOptions option: DebugLevel=x
<Location /> ⏎ ExtFilterOptions LogStderr ⏎ </Location>
<Location /> ⏎ ExtFilterOptions NoLogStderr ⏎ </Location>
<Location /> ⏎ ExtFilterOptions logstderr ⏎ </Location>
<Location /> ⏎ ExtFilterOptions Onfail=abort ⏎ </Location>
<Location /> ⏎ ExtFilterOptions Onfail=remove ⏎ </Location>
<Location /> ⏎ ExtFilterOptions onfail=x ⏎ </Location>
! Invalid ExtFilterOptions option: onfail=x
<Location /> ⏎ ExtFilterOptions debuglevel=5 ⏎ </Location>
! Invalid ExtFilterOptions option: debuglevel=5
ExtFilterOptions LogStderr
! ExtFilterOptions not allowed here
ExtFilterDefine a mode=x cmd=/bin/cat
! Invalid mode: `x'
ExtFilterDefine a cmd="/bin/cat
! Expected cmd= delimiter
ExtFilterDefine a cmd=/bin/cat foo
! Unexpected parameter: `foo'
<VirtualHost *:80> ⏎ xml2EncAlias utf-8 x ⏎ </VirtualHost>
! xml2EncAlias cannot occur within <VirtualHost> section
<VirtualHost *:80> ⏎ DeflateCompressionLevel 5 ⏎ </VirtualHost>
<VirtualHost *:80> ⏎ FilterDeclare x ⏎ </VirtualHost>
<Directory /> ⏎ ProxyHTMLEnable on ⏎ </Directory>
<Files x> ⏎ OutputSed s/a/b/ ⏎ </Files>
<If true> ⏎ OutputSed s/a/b/ ⏎ </If>
<Directory /> ⏎ DeflateInflateRatioLimit 1 ⏎ </Directory>
<Location /> ⏎ KeptBodySize -1 ⏎ </Location>
! KeptBodySize must be a valid size in bytes, or zero.
FilterDeclare a content_set
<Location /> ⏎ BufferSize 5 ⏎ </Location>
<Proxy *> ⏎ BufferSize 5 ⏎ </Proxy>
ProxyHTMLURLMap a b
ProxyHTMLURLMap a b R
ProxyHTMLURLMap ( b R
ProxyHTMLURLMap ( b Rx
ProxyHTMLURLMap ( b x
ProxyHTMLURLMap ( b r
ProxyHTMLURLMap a b L env
! syntax error, unexpected T_STR_BEGIN
ProxyHTMLURLMap a b L !env
! syntax error, unexpected T_OP_NOT
ProxyHTMLURLMap a b L "("
! syntax error, unexpected $end
ProxyHTMLLinks a href
ProxyHTMLLinks a href src
ProxyHTMLDoctype HTML
ProxyHTMLDoctype HTML Legacy
ProxyHTMLDoctype XHTML Legacy
ProxyHTMLDoctype XHTML x
ProxyHTMLDoctype html5
ProxyHTMLDoctype "a b" x
ProxyHTMLFixups lowercase dospath reset
ProxyHTMLFixups bogus
ProxyHTMLCharsetOut *
ProxyHTMLCharsetOut nosuch
ProxyHTMLBufSize -
! Invalid value for directive ProxyHTMLBufSize, expected integer
xml2StartParse x
xml2StartParse "a b"
DeflateFilterNote x ""
Substitute x/a/b/
! Bad Substitute format, must be an s/// pattern
ExtFilterDefine a cmd='x y'
! Unexpected parameter: `y''
ExtFilterDefine a PreservesContentLengthx
! mangled argument `PreservesContentLengthx'
<Location /> ⏎ ExtFilterOptions NoLogStderr LogStderr ONFAIL=ABORT ⏎ </Location>
ProxyHTMLURLMap a b L =x
! syntax error, unexpected T_OP_STR_EQ
ProxyHTMLURLMap a b L x=
! syntax error, unexpected T_OP_STR_EQ, expecting '('
DeflateBufferSize 5x
<Location /> ⏎ KeptBodySize 9223372036854775807 ⏎ </Location>
<Location /> ⏎ BufferSize 9223372036854775808 ⏎ </Location>
! BufferSize must be a size in bytes, and greater than zero
<Location /> ⏎ BufferSize 9223372036854775807 ⏎ </Location>
DeflateInflateLimitRequestBody 9223372036854775807
DeflateInflateLimitRequestBody -9223372036854775809
! DeflateInflateLimitRequestBody is not parsable.
ProxyHTMLURLMap a b L "%{BOGUS} == 5"
! Variable 'BOGUS' does not exist
ProxyHTMLURLMap a b L "x x x"
! syntax error, unexpected T_ID, expecting '('
ProxyHTMLURLMap a b L x!=y
! syntax error, unexpected T_OP_STR_NE, expecting '('
ProxyHTMLURLMap a b L !=y
! syntax error, unexpected T_OP_STR_NE
ProxyHTMLURLMap a b L "a-b=x"
! syntax error, unexpected T_OP_UNARY, expecting '('
ProxyHTMLURLMap a b L "a=x' y"
! syntax error, unexpected T_ID, expecting $end
<Location /> ⏎ OutputSed /a/,p ⏎ </Location>
! Failed to compile sed expression. command garbled: /a/,p
<Location /> ⏎ OutputSed 5,p ⏎ </Location>
! Failed to compile sed expression. command garbled: 5,p
<Location /> ⏎ OutputSed 5,$p ⏎ </Location>
<Location /> ⏎ OutputSed \xax,5p ⏎ </Location>
<Location /> ⏎ OutputSed "5,6 p" ⏎ </Location>
<Location /> ⏎ OutputSed "5,6!p" ⏎ </Location>
<Location /> ⏎ OutputSed "s/[]/b/" ⏎ </Location>
! Failed to compile sed expression. [ ] imbalance: s/[]/b/
<Location /> ⏎ OutputSed "s/a\\{2/b/" ⏎ </Location>
! Failed to compile sed expression. Bad number: s/a\\{2/b/
<Location /> ⏎ OutputSed "s/a\\1/b/" ⏎ </Location>
! Failed to compile sed expression. ``\\digit'' out of range: s/a\\1/b/
<Location /> ⏎ OutputSed "s/a\\)/b/" ⏎ </Location>
! Failed to compile sed expression. \\( \\) imbalance: s/a\\)/b/
<Location /> ⏎ OutputSed "rx" ⏎ </Location>
! Failed to compile sed expression. command garbled: rx
<Location /> ⏎ OutputSed "}p" ⏎ </Location>
! Failed to compile sed expression. too many }'s
<Location /> ⏎ OutputSed "p }" ⏎ </Location>
! Failed to compile sed expression. command garbled: p }
FilterDeclare a ⏎ FilterTrace a 1
FilterDeclare a ⏎ FilterTrace a x
FilterDeclare a ⏎ FilterTrace a 2
FilterDeclare a ⏎ FilterProtocol a change=yes
FilterDeclare a ⏎ FilterProtocol a DEFLATE change=yes
! FilterProtocol: No such provider for this filter
FilterDeclare a ⏎ FilterProvider a DEFLATE true ⏎ FilterProtocol a DEFLATE change=yes
FilterDeclare a ⏎ FilterProvider a DEFLATE true ⏎ FilterProtocol a DEFLATE bogus
FilterProvider a DEFLATE true ⏎ FilterProtocol a change=yes
FilterProvider a DEFLATE true ⏎ FilterTrace a 5
<Location /> ⏎ FilterDeclare a ⏎ FilterTrace a 1 ⏎ </Location>
ExtFilterDefine a cmd=/bin/cat ⏎ ExtFilterDefine a cmd=/bin/cat
! ExtFilter a is already defined
AddOutputFilterByType DEFLATE text/html ⏎ FilterTrace BYTYPE:DEFLATE 1
AddOutputFilterByType DEFLATE text/html ⏎ FilterTrace BYTYPE:DEFLATE;INFLATE 1
! Undeclared smart filter BYTYPE:DEFLATE;INFLATE
xml2EncDefault utf-8 ⏎ xml2EncAlias utf-8 x ⏎ xml2EncDefault x
<Location /> ⏎ OutputSed s/a/b ⏎ </Location>
! Failed to compile sed expression. ending delimiter missing on substitution: s/a/b
<Location /> ⏎ OutputSed s/a/b/x ⏎ </Location>
! Failed to compile sed expression. command garbled: s/a/b/x
<Location /> ⏎ OutputSed s/a/b/w ⏎ </Location>
! Failed to compile sed expression. Space missing before filename: s/a/b/w
<Location /> ⏎ OutputSed {p} ⏎ </Location>
! Failed to compile sed expression. command garbled: {p}
<Location /> ⏎ OutputSed i ⏎ </Location>
! Failed to compile sed expression. command garbled: i
<Location /> ⏎ OutputSed a ⏎ </Location>
! Failed to compile sed expression. command garbled: a
<Location /> ⏎ OutputSed c ⏎ </Location>
! Failed to compile sed expression. command garbled: c
<Location /> ⏎ OutputSed r ⏎ </Location>
! Failed to compile sed expression. command garbled: r
<Location /> ⏎ OutputSed e ⏎ </Location>
! Failed to compile sed expression. unrecognized command: e
<Location /> ⏎ OutputSed z ⏎ </Location>
! Failed to compile sed expression. unrecognized command: z
<Location /> ⏎ OutputSed //p ⏎ </Location>
! Failed to compile sed expression. first RE may not be null
<Location /> ⏎ OutputSed 5 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 5
<Location /> ⏎ OutputSed 1,2,3p ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 1,2,3p
<Location /> ⏎ OutputSed 1~2p ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 1~2p
<Location /> ⏎ OutputSed p# ⏎ </Location>
! Failed to compile sed expression. command garbled: p#
<Location /> ⏎ OutputSed {p;p} ⏎ </Location>
! Failed to compile sed expression. command garbled: {p;p}
<Location /> ⏎ OutputSed pp ⏎ </Location>
! Failed to compile sed expression. command garbled: pp
<Location /> ⏎ OutputSed 1,5= ⏎ </Location>
! Failed to compile sed expression. only one address allowed: 1,5=
<Location /> ⏎ OutputSed 1,5q ⏎ </Location>
! Failed to compile sed expression. only one address allowed: 1,5q
<Location /> ⏎ OutputSed l5 ⏎ </Location>
! Failed to compile sed expression. command garbled: l5
<Location /> ⏎ OutputSed s/a/b/513 ⏎ </Location>
! Failed to compile sed expression. suffix too large: s/a/b/513
<Location /> ⏎ OutputSed "p p" ⏎ </Location>
! Failed to compile sed expression. command garbled: p p
<Location /> ⏎ OutputSed "s/a/b/ p" ⏎ </Location>
! Failed to compile sed expression. command garbled: s/a/b/ p
<Location /> ⏎ OutputSed "1, 5p" ⏎ </Location>
! Failed to compile sed expression. command garbled: 1, 5p
<Location /> ⏎ OutputSed "{ p }" ⏎ </Location>
! Failed to compile sed expression. command garbled: { p }
<Location /> ⏎ OutputSed "s/a/b/ ; p" ⏎ </Location>
! Failed to compile sed expression. command garbled: s/a/b/ ; p
<Location /> ⏎ OutputSed "i\\ x" ⏎ </Location>
! Failed to compile sed expression. command garbled: i\\ x
<Location /> ⏎ OutputSed "! p" ⏎ </Location>
! Failed to compile sed expression. unrecognized command: ! p
<Location /> ⏎ OutputSed "5! p" ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 5! p
FilterTrace 0 1
! Undeclared smart filter 0
FilterTrace -1 x
! Undeclared smart filter -1
FilterTrace x 10
! Undeclared smart filter x
FilterTrace map.txt map.txt
! Undeclared smart filter map.txt
FilterTrace ( (
! Undeclared smart filter (
FilterTrace expr=( b
! Undeclared smart filter expr=(
FilterTrace b expr=(
! Undeclared smart filter b
DeflateFilterNote a b
! Unknown note type a
DeflateFilterNote 0 1
! Unknown note type 0
DeflateFilterNote -1 x
! Unknown note type -1
DeflateFilterNote x 10
! Unknown note type x
DeflateFilterNote map.txt map.txt
! Unknown note type map.txt
DeflateFilterNote ( (
! Unknown note type (
DeflateFilterNote expr=( b
! Unknown note type expr=(
DeflateFilterNote b expr=(
! Unknown note type b
DeflateWindowSize 1
DeflateBufferSize on
! DeflateBufferSize should be positive
DeflateBufferSize 1
DeflateMemLevel on
! DeflateMemLevel must be between 1 and 9
DeflateMemLevel 1
DeflateMemLevel 5x
DeflateCompressionLevel on
! Compression Level must be between 1 and 9
DeflateCompressionLevel 1
DeflateAlterEtag on
! DeflateAlterETAG accepts only 'NoChange', 'AddSuffix', and 'Remove'
DeflateInflateLimitRequestBody 0
DeflateInflateRatioLimit on
! DeflateInflateRatioLimit must be positive
DeflateInflateRatioLimit 1
DeflateInflateRatioBurst on
! DeflateInflateRatioBurst must be positive
DeflateInflateRatioBurst 1
DeflateInflateRatioBurst 10
BrotliFilterNote a b
! Unknown BrotliFilterNote type 'a'
BrotliCompressionQuality on
BrotliCompressionWindow on
! BrotliCompressionWindow must be between 10 and 24
BrotliCompressionWindow 10
BrotliCompressionMaxInputBlock on
! BrotliCompressionMaxInputBlock must be between 16 and 24
BrotliAlterETag on
! BrotliAlterETag accepts only 'AddSuffix', 'NoChange' and 'Remove'
<Location /l> ⏎ ExtFilterOptions on ⏎ </Location>
! Invalid ExtFilterOptions option: on
<Location /l> ⏎ ExtFilterOptions off ⏎ </Location>
! Invalid ExtFilterOptions option: off
<Location /l> ⏎ ExtFilterOptions On ⏎ </Location>
! Invalid ExtFilterOptions option: On
<Location /l> ⏎ ExtFilterOptions none ⏎ </Location>
! Invalid ExtFilterOptions option: none
<Location /l> ⏎ ExtFilterOptions x ⏎ </Location>
! Invalid ExtFilterOptions option: x
<Location /l> ⏎ ExtFilterOptions -1 ⏎ </Location>
! Invalid ExtFilterOptions option: -1
<Location /l> ⏎ ExtFilterOptions 0 ⏎ </Location>
! Invalid ExtFilterOptions option: 0
<Location /l> ⏎ ExtFilterOptions 10s ⏎ </Location>
! Invalid ExtFilterOptions option: 10s
<Location /l> ⏎ ExtFilterOptions 5x ⏎ </Location>
! Invalid ExtFilterOptions option: 5x
<Location /l> ⏎ ExtFilterOptions 1.5 ⏎ </Location>
! Invalid ExtFilterOptions option: 1.5
<Location /l> ⏎ ExtFilterOptions 0x10 ⏎ </Location>
! Invalid ExtFilterOptions option: 0x10
<Location /l> ⏎ ExtFilterOptions " 5" ⏎ </Location>
! Invalid ExtFilterOptions option:  5
<Location /l> ⏎ ExtFilterOptions +5 ⏎ </Location>
! Invalid ExtFilterOptions option: +5
<Location /l> ⏎ ExtFilterOptions map.txt ⏎ </Location>
! Invalid ExtFilterOptions option: map.txt
<Location /l> ⏎ ExtFilterOptions inc/part ⏎ </Location>
! Invalid ExtFilterOptions option: inc/part
<Location /l> ⏎ ExtFilterOptions inc ⏎ </Location>
! Invalid ExtFilterOptions option: inc
<Location /l> ⏎ ExtFilterOptions a.b:80 ⏎ </Location>
! Invalid ExtFilterOptions option: a.b:80
<Location /l> ⏎ ExtFilterOptions 10.0.0.1 ⏎ </Location>
! Invalid ExtFilterOptions option: 10.0.0.1
<Location /l> ⏎ ExtFilterOptions expr=true ⏎ </Location>
! Invalid ExtFilterOptions option: expr=true
<Location /l> ⏎ ExtFilterOptions "expr=(" ⏎ </Location>
! Invalid ExtFilterOptions option: expr=(
<Location /l> ⏎ ExtFilterOptions "x y" ⏎ </Location>
! Invalid ExtFilterOptions option: x y
<Location /l> ⏎ ExtFilterOptions "(" ⏎ </Location>
! Invalid ExtFilterOptions option: (
<Location /l> ⏎ ExtFilterOptions default ⏎ </Location>
! Invalid ExtFilterOptions option: default
<Location /l> ⏎ ExtFilterOptions all ⏎ </Location>
! Invalid ExtFilterOptions option: all
<Location /l> ⏎ ExtFilterOptions a b ⏎ </Location>
! Invalid ExtFilterOptions option: a
<Location /l> ⏎ ExtFilterOptions b expr=( ⏎ </Location>
! Invalid ExtFilterOptions option: b
ProxyHTMLEvents on
ProxyHTMLEvents off
ProxyHTMLMeta on
ProxyHTMLInterp on
ProxyHTMLExtended on
ProxyHTMLStripComments on
ProxyHTMLEnable on
ProxyHTMLBufSize -1
ProxyHTMLBufSize 0
ReflectorHeader on
ReflectorHeader off
<Location /l> ⏎ OutputSed on ⏎ </Location>
! Failed to compile sed expression. unrecognized command: on
<Location /l> ⏎ OutputSed off ⏎ </Location>
! Failed to compile sed expression. unrecognized command: off
<Location /l> ⏎ OutputSed On ⏎ </Location>
! Failed to compile sed expression. unrecognized command: On
<Location /l> ⏎ OutputSed none ⏎ </Location>
! Failed to compile sed expression. command garbled: none
<Location /l> ⏎ OutputSed -1 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: -1
<Location /l> ⏎ OutputSed 1.5 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 1.5
<Location /l> ⏎ OutputSed 0x10 ⏎ </Location>
! Failed to compile sed expression. command garbled: 0x10
<Location /l> ⏎ OutputSed " 5" ⏎ </Location>
! Failed to compile sed expression. unrecognized command:  5
<Location /l> ⏎ OutputSed +5 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: +5
<Location /l> ⏎ OutputSed inc ⏎ </Location>
! Failed to compile sed expression. command garbled: inc
<Location /l> ⏎ OutputSed a.b:80 ⏎ </Location>
! Failed to compile sed expression. command garbled: a.b:80
<Location /l> ⏎ OutputSed 10.0.0.1 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 10.0.0.1
<Location /l> ⏎ OutputSed expr=true ⏎ </Location>
! Failed to compile sed expression. unrecognized command: expr=true
<Location /l> ⏎ OutputSed "expr=(" ⏎ </Location>
! Failed to compile sed expression. unrecognized command: expr=(
<Location /l> ⏎ OutputSed "x y" ⏎ </Location>
! Failed to compile sed expression. command garbled: x y
<Location /l> ⏎ OutputSed default ⏎ </Location>
! Failed to compile sed expression. command garbled: default
<Location /l> ⏎ OutputSed all ⏎ </Location>
! Failed to compile sed expression. command garbled: all
<Location /l> ⏎ InputSed x ⏎ </Location>
<Location /l> ⏎ InputSed 0 ⏎ </Location>
! Failed to compile sed expression. unrecognized command: 0
<Location /l> ⏎ InputSed "(" ⏎ </Location>
! Failed to compile sed expression. unrecognized command: (
SubstituteInheritBefore on
ExtFilterDefine one cmd="/bin/cat"
ExtFilterDefine two mode=output cmd=/bin/cat ftype=x intype=a/b
ExtFilterDefine three mode=input PreservesContentLength
"""
)


def test_what_httpd_takes_is_taken() -> None:
    assert our_message(taken(CASES)) == ""


@pytest.mark.parametrize("case", refused(CASES), ids=lambda case: case.text)
def test_what_httpd_refuses_is_refused_in_its_words(case: Case) -> None:
    assert our_message(case.text + "\n") == expected(case)
