"""Reading costs in proportion to what is read: twice the text, about twice the work.

Work is counted, not timed: function calls of Python and of C, and the most memory that was held.
Each shape is the worst that a text of one kind can do to a reader.
"""

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Final

import pytest

from httpdlite.diagnostics import render_json, render_text
from tests.conf.reading import read

SMALL: Final = 64
FACTOR: Final = 6
SLACK: Final = 1.5  # dictionaries and lists grow in steps


def nested(opening: str, closing: str) -> Callable[[int], str]:
    return lambda count: opening * count + closing * count


def times(line: str) -> Callable[[int], str]:
    return lambda count: line * count


def numbered(template: str) -> Callable[[int], str]:
    """Lines with numbers that no shorter text has, so that nothing of it is in a cache."""
    return lambda count: "".join(template.format(i) for i in range(count, 2 * count))


SHAPES: Final[dict[str, Callable[[int], str]]] = {
    "directives": times("ProxyPreserveHost On\n"),
    "values that are wrong": times("Timeout nothing\n"),
    "names that nobody knows": times("Nonsense x\n"),
    "misspelled names": times("ProxyPresrveHost On\n"),
    "undefined variables": times("ServerAdmin ${a} ${b}\n"),
    "Defines": numbered("Define v{0} {0}\n"),
    "variables that are used": lambda n: "Define v x\n" + "ServerAdmin ${v}\n" * n,
    "vhosts": times("<VirtualHost *:80>\nServerName a.test\n</VirtualHost>\n"),
    "listeners": numbered("Listen {0}\n"),
    "workers": numbered("ProxyPass /{0} http://h{0}.test/\n"),
    "rules": numbered("RewriteRule ^/{0}$ /x [L]\n"),
    "sections in sections": nested("<Directory /x>\n", "</Directory>\n"),
    "sections that are never closed": times("<Location /x>\n"),
    "sections that were never opened": times("</Location>\n"),
    "sections that cross": times("<Location /x>\n</Directory>\n"),
    "conditions in conditions": nested("<IfModule !x>\n", "</IfModule>\n"),
    "conditions that do not hold": nested("<IfDefine x>\n", "</IfDefine>\n"),
    "skipped sections that cross": lambda n: "<IfDefine x>\n" + "<a>\n</b>\n" * n + "</IfDefine>",
    "comments": times("# nothing\n"),
    "comments that go on": times("# nothing \\\n"),
    "a line in many pieces": times("a\\\n"),
    "a line of many words": lambda n: "ServerAlias" + " a.test" * n + "\n",
    "a line of many quotes": lambda n: "ServerAlias" + " \"a'" * n + "\n",
    "a line of backslashes": lambda n: "ServerAlias " + "\\" * n + "\n",
    "a line of references": lambda n: "Define v x\nServerAdmin " + "${v}" * n + "\n",
    "references that are never closed": lambda n: "ServerAdmin " + "${" * n + "\n",
    "macros": numbered("<Macro m{0} $a>\nListen $a\n</Macro>\n"),
    "a macro that is used often": lambda n: "<Macro m $a>\n# $a\n</Macro>\n" + "Use m x\n" * n,
    "If after If": times("<If true>\n</If>\n<Else>\n</Else>\n"),
    "a long expression": lambda n: '<If "' + "!" * n + 'true">\n</If>\n',
    "brackets in an expression": lambda n: '<If "' + "(" * n + "true" + ")" * n + '">\n</If>\n',
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_work_grows_with_the_text(shape: Callable[[int], str]) -> None:
    read_and_show(shape(SMALL // 2))  # what is loaded once is loaded now
    small, large = (calls(shape(size)) for size in (SMALL, SMALL * FACTOR))
    assert large < small * FACTOR * SLACK


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
def test_memory_grows_with_the_text(shape: Callable[[int], str]) -> None:
    read_and_show(shape(SMALL // 2))
    small, large = (memory(shape(size)) for size in (SMALL, SMALL * FACTOR))
    assert large < small * FACTOR * SLACK


def read_and_show(text: str) -> None:
    reading = read(text)
    render_text(reading.diagnostics, reading.source_line)
    render_json(reading.diagnostics)


def calls(text: str) -> int:
    """How many calls a reading takes."""
    count = 0

    def note(_frame: FrameType, _event: str, _argument: object) -> None:
        nonlocal count
        count += 1

    sys.setprofile(note)
    try:
        read_and_show(text)
    finally:
        sys.setprofile(None)
    return count


def memory(text: str) -> int:
    """The most bytes that a reading holds at once."""
    tracemalloc.start()
    try:
        read_and_show(text)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
