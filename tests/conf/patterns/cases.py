"""Patterns and texts, written by hand: what stands in them, and where the two engines might differ.

Each row is a pattern and texts, separated by blanks; `·` stands for a blank, `¶` for a newline.
`patterns_and_texts` gives them as latin-1. What the answer is, is not said here: PCRE says it.
"""

from typing import Final

_TABLE: Final = r"""
^$ · ¶ a
a$ a a¶ a¶¶ ab
a\Z a a¶ a¶¶
a\z a a¶
\Aa a ba ¶a
(?m)^a a ¶a b¶a b¶
(?m)^ ¶ a¶ ¶¶
(?m)a$ a a¶ a¶b ab
(?m)$ ¶ a¶ a¶¶b
(?m)\Aa b¶a a
^a|^b a b ab ¶b
(^|,)a(,|$) a ,a, b,a x,a¶
.+ ¶ a¶b
(?-s).+ ¶ a¶b
(?-s:.)x ¶x ax
\N+ a¶b ¶
[^a] ¶ a \xe9
[^a]+ aba ¶¶
\d+ a12b é
\w+ é-a_1 -é
\W+ aé-b
\s+ a··b a¶b a\xa0b
\S+ ···a·
\h+ a·b a\xa0b ¶
\v+ a¶b a\x85b
\H+ ·a·
\V+ ¶a¶
\bé\b é aé éa
\ba\b a éa -a-
\B · a ab
\Ba ba a
(?i)é é É
(?i)[a-z]+ ABC aBcÉ
(?i)[^a] A a b
(?i)[Z-a] z A ^ B
(?i)[[:upper:]] a A 1
(?i)[[:^lower:]] a A 1
a(?i)b|c ab aB c C A
(a(?i)b|c)d aBd Cd CD
(?i:a)b Ab AB
(?i)a(?-i)b AB Ab ab
(?x)a·b·#c¶d abd a·b
(?x)[a·b] · a
a{,2} a{,2} aa
a{1 a{1 a
x{ x{ x
[[:alpha:]_]+ 12ab_c é
[[:^digit:]]+ 12ab3
[[:punct:]] a- $ ^ ~ é
[[:blank:][:cntrl:]]+ a·¶b a\x7fb
[[:xdigit:]]{2} fg AF ag
[[:graph:]]+ ·a·é
[]a] ] a [
[^]a] ] b
[a-] - a b
[-a] - a
[a-c-e] - d e
[+--] , - .
[\]\\] ] \
[\w.-]+ a.b-c +
[\d-] - 1
[\b] \x08 b
[\Qa-c\E] b - a
\Qa.b\E+ a.bb axb
a\Q*\E a* aa
a\E* aaa
\x41\x{42}\103\o{104} ABCD
\x4 \x04
\0 \x00
\00a \x00a
\cA \x01 A
\e\f\a\t \x1b\x0c\x07\x09
(a)|b b a
(a)?b b ab
(a*)? b aa
(a)*b aab b
(?:(a)|b)* ab ba aba
(?:(a)|(b))+ ab ba abab
(a|ab)(c|bcd)(d*) abcd
(a+|b)*c aabc ac
(?:a|b|)c c ac
(|a)+ aaa b
(a|)+ aaa b
(a?)+? aa
(a*)* b aab
(a*)+ b aab
(?:a?)*?b aab
(a??)b ab b
(a+?)(a*) aaa
(a{2,3}?)(a*) aaaaa
a{0}b ab b
(a){0}b ab b
(?:ab){2,3} ababababa ab
.*foo xfoofoo foo x
.*?foo xfoofoo
(.*)/(.*) a/b/c
^(.*?)/(.*)$ a/b/c
(?:.*,){2}x a,b,x a,x
\.(?:js|css)$ /a.js /a.css¶ /a.jsx
^/(?<site>[^/]+)/(?P<rest>.*)$ /a/b/c //
(?'n'a)\k<n> aa ab
(?<n>a)(?<n>b) ab
(a)\1 aa ab
(a)\g1\g{-1} aaa aa
(?i)(a)\1 aA AA ab
\1(a) aa a
(?:\2b|(a)(c))+ acab acaacb
(a\1) aa
(a|b\1)+ aba abaa
(a)?\1b aab b
a++b aab aa
a*+a aa
(?:a|ab)++c abc ac
a?+a a aa
a{1,3}+a aaaa aaa
(?>a+)b aab
(?>a|ab)c abc ac
(?>(a+))b aab
a(?=b)b ab a
a(?=(b))\1 abb ab
a(?!b) ab ac a
(?!(a)b)a(.) ac ab
(?<=a)b ab b
(?<!a)b ab b cb
(?<=a|bc)x ax bcx cx
(?<!a|bc)x ax bcx cx
(?<=^|,)x x ,x ax
(?<=(a))b ab
(?<=\ba)b ab xab
(?=.*\d)(?=.*[a-z]).{4,} a1bc abcd 12345
^(?!.*\.php$).*$ a.php a.html
(?=a)* a b
(?=a)?b b ab
a\Kb ab b
(?:a\Kb)+ abab
\Ga a ba aaa
\Rx ¶x \x0d¶x \x85x ax
a\R+b a¶¶b a\x0d¶b
\X a é ¶
a\Cb axb a¶b
(a)?(?(1)b|c) ab c b
(?<n>a)?(?(<n>)b|c) ab c
(?(?=a)ab|c) ab c b
(?(?!a)c|ab) ab c
\((?:[^()]++|(?R))*\) (a(b)c) (()
(?<p>\((?:[^()]|(?&p))*\)) (a(b)c) ((
(a|b(?1)c) bac bbacc
(?:(?1))(a|b) ab ba a
^(.|(.)(?1)\2)$ aba abcba ab
(?(DEFINE)(?<d>[0-9]))(?&d)x 1x x
(?|(a)|(b))\1 aa bb ab
(?|(a)(b)|(c))(d) abd cd
a(?C1)b ab
(?C)a a
a(*COMMIT)b|ac ab ac xab
a(*PRUNE)b|ac ac ab
aa(*SKIP)b|a aaab aaa
a(*THEN)b|ac ac
a(*F)|b a b
a(*ACCEPT)b ab a
(a(*ACCEPT)b)c ab
(*COMMIT)b ab b
(*UTF)^.$ é a
(*UTF)\x{e9} é e
(*UCP)\w+ é a
(*CRLF)a$ a\x0d¶ a
(*LIMIT_MATCH=3)a+b aaab
\p{L}+ abc 12 é
\p{Lu} a A
(?i)\p{Lu} a A
\P{L} a 1
\p{^L}+ 12a
\pN+ a12
[\p{L}\d]+ a1- -
(?^)a A a
(?n)(a)(?<x>b) ab
(?J)(?<n>a)|(?<n>b) a b
(?U)a+ aaa
(?xx)[a·b]c ac ·c
(?#·comment·)a a
a(?#x)+ aaa
[[:<:]]a[[:>:]] a ba ab
() · a
(?:) · a
| · a
a| a b
|a a
a||b b
(|a)b ab b
((((a)))) a
(é|ü)+ éü
[à-ÿ]+ éü é
é? é
^(?:[^:/?#]+:)?(?://[^/?#]*)?([^?#]*) http://a/b?c /b
^/([a-z]{2})(?:-([A-Z]{2}))?/(.*)$ /de-AT/x /de/x /d/x
^([^@]*)@@https?://\1/.* a.b@@http://a.b/c a.b@@http://b.a/
(?i)^(?:googlebot|bing(?:bot|preview)|yandex) GoogleBot BingPreview x
^(?:websocket|h2c)$ websocket WebSocket h2c
(?i)(?:^|,\s*)websocket(?:\s*,|$) h2c,·WebSocket websocket,·x websockets
"""

_SIGNS: Final = {"·": " ", "¶": "\n"}
_ESCAPED: Final = {
    "\\xe9": "\xe9",
    "\\xa0": "\xa0",
    "\\x85": "\x85",
    "\\x7f": "\x7f",
    "\\x08": "\x08",
    "\\x04": "\x04",
    "\\x00": "\0",
    "\\x01": "\x01",
    "\\x0d": "\r",
    "\\x1b": "\x1b",
    "\\x0c": "\f",
    "\\x07": "\a",
    "\\x09": "\t",
}


def patterns_and_texts() -> list[tuple[str, list[str]]]:
    """The table as patterns and texts of one character per byte."""
    rows = (line.split(" ") for line in _TABLE.strip("\n").split("\n"))
    return [(_plain(row[0]), [_text(word) for word in ("", *row[1:])]) for row in rows]


def _plain(word: str) -> str:
    for sign, char in _SIGNS.items():
        word = word.replace(sign, char)
    return word.encode().decode("latin-1")


def _text(word: str) -> str:
    text = _plain(word)
    for escape, char in _ESCAPED.items():
        text = text.replace(escape, char)
    return text
