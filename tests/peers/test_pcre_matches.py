"""Searches beside PCRE2 itself: the same match and the same groups, whichever engine is used here.

Texts are short, so that no search is given up. HTTPDLITE_PATTERNS says how many patterns are made
at random. A sample goes through apache2 (SetEnvIf), which shows that it compiles as believed.
"""

import os
import re
from collections.abc import Callable, Iterator
from random import Random
from typing import Final

import pytest

from httpdlite.conf.patterns.budget import MatchLimit
from httpdlite.conf.patterns.costs import begins_once
from httpdlite.conf.patterns.engine import Found, plan_regex
from httpdlite.conf.patterns.library import LibraryRegex
from httpdlite.conf.patterns.portable import to_python
from httpdlite.conf.patterns.regex import ForeignRegex
from httpdlite.routes.regex import compile_regex, searcher
from tests.conf.patterns.cases import patterns_and_texts
from tests.conf.patterns.making import make_any, make_portable, make_text
from tests.peers.apache import running_apache
from tests.peers.pcre_oracle import IGNORE_CASE, NOT_BOL, Oracle, Spans, find_oracle

pytestmark = pytest.mark.peer

MADE: Final = int(os.environ.get("HTTPDLITE_PATTERNS") or 1500)
TEXTS: Final = 8  # for each pattern
Searcher = Callable[[str, int], Found | None]


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    return find_oracle()


def searchers(pattern: str, *, ignore_case: bool, not_bol: bool) -> Iterator[tuple[str, Searcher]]:
    """What may search with a pattern here: `re` if it may, and the library whether or not."""
    plan = plan_regex(pattern, ignore_case=ignore_case, not_bol=not_bol)
    if plan.node is not None:
        python = re.compile(to_python(plan.node), re.DOTALL | re.ASCII)
        yield "re", python.match if begins_once(plan.node) else python.search
    try:
        library = LibraryRegex(pattern, ignore_case=ignore_case, not_bol=not_bol)
    except ForeignRegex as why:
        if not re.search(r"\(\?m\) within|in a set without case", str(why)):
            raise
    else:
        yield "pcre2", library.search


def spans(found: Found | None) -> Spans | None:
    """Where a match and its groups are."""
    if found is None:
        return None
    return tuple(found.span(group) for group in range(found.re.groups + 1))


def differences(
    oracle: Oracle, pattern: str, texts: list[tuple[str, int]], *, options: int = 0, at: int = 0
) -> list[object]:
    """Where a search gives something else than PCRE's: `options` are the pattern's, `at` are the
    search's.
    """
    code = oracle.compile(pattern.encode("latin-1"), options)
    if code is None:
        return []
    found: list[object] = []
    ignore_case, not_bol = bool(options & IGNORE_CASE), bool(at & NOT_BOL)
    for name, search in searchers(pattern, ignore_case=ignore_case, not_bol=not_bol):
        for text, position in texts:
            theirs = oracle.search(code, text.encode("latin-1"), position, at)
            try:
                ours: Spans | int | None = spans(search(text, position))
            except MatchLimit:
                ours = theirs if isinstance(theirs, int) or name == "pcre2" else -99
            if ours != theirs:
                found.append((name, pattern, options, at, text, position, theirs, ours))
    oracle.forget(code)
    return found


@pytest.mark.parametrize("pattern,texts", patterns_and_texts())
def test_a_pattern_by_hand(oracle: Oracle, pattern: str, texts: list[str]) -> None:
    both = [(text, 0) for text in texts] + [(text, 1) for text in texts if text]
    assert oracle.takes(pattern.encode("latin-1"))
    assert differences(oracle, pattern, both) == []
    assert differences(oracle, pattern, both, options=IGNORE_CASE) == []
    assert differences(oracle, pattern, both, at=NOT_BOL) == []


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("make", [make_portable, make_any])
def test_patterns_made_at_random(oracle: Oracle, make: Callable[[Random], str], seed: int) -> None:
    chance = Random(seed)
    made: list[str] = []
    found: list[object] = []
    for _ in range(MADE):
        pattern = make_any(chance, meant=True) if make is make_any else make(chance)
        pattern = pattern.encode(chance.choice(["utf-8", "latin-1"])).decode("latin-1")
        made += [pattern] * oracle.takes(pattern.encode("latin-1"))
        options = IGNORE_CASE if chance.random() < 0.2 else 0
        at = NOT_BOL if chance.random() < 0.15 else 0
        texts = [make_text(chance) for _ in range(TEXTS)]
        places = [(text, chance.choice([0, 0, chance.randint(0, len(text))])) for text in texts]
        found += differences(oracle, pattern, places, options=options, at=at)
    assert found == []
    assert len(made) > MADE * (0.8 if make is make_portable else 0.2)


# --- apache2 --------------------------------------------------------------------------------------


def test_a_sample_in_apache2() -> None:
    """What a pattern and its first two groups match, in variables, in fields of the response."""
    rows = [
        (pattern, [text for text in texts if text == text.strip() and text.isprintable()])
        for pattern, texts in patterns_and_texts()
        if pattern.isprintable() and not {'"', "$"} & set(pattern.removesuffix("$"))
    ]
    lines = []
    for number, (pattern, _) in enumerate(rows):
        word = pattern.encode("latin-1").decode().replace("\\", "\\\\")
        lines.append(f'SetEnvIf S "{word}" M{number}=[$0][$1][$2]')
        lines.append(f'Header always set X-{number} "%{{M{number}}}e"')
    asked, found = 0, []
    limits = "LimitRequestFieldSize 65000\n"
    with running_apache(
        limits + "\n".join([*lines, ""]), modules=("setenvif", "headers")
    ) as server:
        for text in sorted({text for _, texts in rows for text in texts}):
            request = f"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nS: {text}\r\n\r\n"
            answer = server.send(request.encode("latin-1")).decode("latin-1")
            fields = dict(re.findall(r"^X-(\d+): (.*)\r$", answer, re.MULTILINE))
            for number, (pattern, _) in enumerate(rows):
                asked += 1
                theirs, ours = fields[str(number)], sent(pattern, text)
                if ours != theirs:
                    found.append((pattern, text, theirs, ours))
    assert found == []
    assert asked > 5000


def sent(pattern: str, text: str) -> str:
    """The field that apache2 would send."""
    match = searcher(compile_regex(pattern))(text)
    if match is None:
        return "(null)"
    groups = [match.group(n) or "" if n <= match.re.groups else "" for n in range(3)]
    return "".join(f"[{group}]" for group in groups)
