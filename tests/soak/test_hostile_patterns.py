"""No search keeps a child busy for long, whatever the pattern and the text: in CPU time.

HTTPDLITE_SOAK_PATTERNS says how long the texts are (65,000 is the real thing). What is looked for
is a search that never ends; the bound is several times what one may take on a slow machine.
"""

import os
import time

import pytest

from httpdlite.routes.regex import MatchLimit, Regex, compile_regex

LONGEST = int(os.environ.get("HTTPDLITE_SOAK_PATTERNS", "2100"))
MOST_SECONDS = 0.5  # 0.05 are measured for the worst of them
LENGTHS = sorted({10, 12, 40, 130, 140, 1580, 1590, LONGEST})
WORDS = ("a", "ab", "a/", "1,", "x", "xy", "a\n")

PATTERNS = r"""
^(a+)+$ (a|a)*$ (a|b|ab)*c ^(?:a?a?)+$ \w+x (.*)/(.*)/(.*)x \w+\w+[xy] (\w+)\s*$ (.+)\1[xy]
(.*)(.*)\1\2[xy] (?=(\w*))-?[xy] \w*+[-=] (?>\w*)[-=] \X*[xy] (?:a(?!.*z.))*b[xy]
(\w\w?)(?1)*[xy] (?:(?:a|b)|(?:c|a))+[xy] (?R)?a(?R)?[xy] (?i)(a*)*\1[xy] (?:.*?[a]){5}[xy]
\w{1000}[-=] (?:\w{100}){20}[-=] (a?){200}a{200}[xy] ^(\w+\s?)*$ (a*)*+[xy] (?<=\w)\w*[-=]
[[:alpha:]]*\d?[[:alpha:]]*\d?[[:alpha:]]*[-=] (?:a|a){9}(?:a|a){9}[xy] (?<n>a)|(?<n>\w+)*-
(?:\w*\R)*[xy] (*COMMIT)(?:\w+)+[xy] (?|(a+)|(a*b?))+[xy] (?:a\Ka*)*[xy] ^(?:(?:ab)*a*b*)*[xy]
((a{0,9}){0,9}){0,9}[xy] ([a-z]+)+[A-Z] .*.*.*=.* x*y*x*y*x*- (?m)^.*$.*[xy]$ (?:[^,]*,){20}x
(\w+)(?=.*\1.*\1)x (?s)(?:.(?!foo))*bar \b\w*\b\w*- (?:a|b|c|d|e|f|a)*[-=] (?:abc|ab|c|a)+-
(?:(?=a*)a)*- (?:(?<=a)a|a)*- (a+|b+|ab)*c (?:x+x+)+y (?:a*a*a*)b[xy]
"""


def seconds(regex: Regex, text: str) -> float:
    """How long a search takes, given up or not."""
    started = time.process_time()
    try:
        regex.search(text)
    except MatchLimit:
        pass
    return time.process_time() - started


@pytest.mark.parametrize("pattern", PATTERNS.split())
def test_a_search_ends(pattern: str) -> None:
    regex = compile_regex(pattern)
    for length in LENGTHS:
        for word in WORDS:
            text = (word * length)[: length - 1]
            for end in ("", "z", "y"):
                assert seconds(regex, text + end) < MOST_SECONDS, (pattern, length, word, end)
