"""Expressions beside apache2: the same verdict, and the same message for those of the corpus.

HTTPDLITE_EXPRESSIONS says how many are made at random beside the corpus; each that is refused costs
a start of apache2, those that are taken are asked together.
"""

import os
from random import Random
from typing import Final

import pytest

from tests.conf.expressions.cases import Case, make_condition, mutate, read_cases, said
from tests.peers.apache import MODULES, check_syntax, find_apache

pytestmark = pytest.mark.peer

MADE: Final = int(os.environ.get("HTTPDLITE_EXPRESSIONS") or 150)
SEED: Final = int(os.environ.get("HTTPDLITE_EXPRESSIONS_SEED") or 1)
LOADED: Final = "socache_shmcb ssl proxy slotmem_shm proxy_balancer proxy_hcheck headers".split()
AHEAD: Final = ("Cannot parse condition clause: ", "Can't parse value expression : ")


def directives(case: Case) -> str:
    """The expression where httpd reads it."""
    text = case.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'Header set X "expr={text}"' if case.kind == "value" else f'<If "{text}">\n</If>'


def apache_says(cases: list[Case]) -> str | None:
    """httpd's message about the first wrong one of these; None if all are right."""
    optional = bool(cases[0].modules)
    names = LOADED if optional else ["headers"]
    loads = [f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in names]
    said = check_syntax("\n".join([*loads, *map(directives, cases)]) + "\n")
    if said.endswith("Syntax OK\n"):
        return None
    message = said.strip().splitlines()[-1]
    for ahead in AHEAD:
        message = message.removeprefix(ahead)
    return message.replace("\\\\", "\\")


def disagreements(cases: list[Case]) -> list[Case]:
    """Those on which httpd and httpdlite differ: taken by one of them only."""
    right = [case for case in cases if said(case) is None]
    wrong = [case for case in cases if said(case) is not None]
    differ = [case for case in wrong if apache_says([case]) is None]
    if right and apache_says(right) is not None:
        differ += [case for case in right if apache_says([case]) is not None]
    return differ


@pytest.mark.parametrize("kind", ["condition", "value"])
def test_expressions_made_at_random(kind: str) -> None:
    find_apache()
    random = Random(f"{SEED} {kind}")
    texts = [make_condition(random) for _ in range(MADE if kind == "condition" else MADE // 4)]
    texts = [mutate(random, text) if random.random() < 0.4 else text for text in texts]
    cases = [Case(text, None, kind) for text in texts if text.strip() and "${" not in text]
    assert not disagreements(cases)
    assert {said(case) is None for case in cases} == {True, False}


def test_the_corpus_says_what_apache_says() -> None:
    find_apache()
    cases = read_cases()
    refused = [case for case in cases if case.message is not None]
    asked = Random(SEED).sample(refused, min(60, len(refused)))
    assert not [case for case in asked if apache_says([case]) != case.message]
    for modules in {case.modules for case in cases}:
        taken = [case for case in cases if case.message is None and case.modules == modules]
        assert apache_says(taken) is None
