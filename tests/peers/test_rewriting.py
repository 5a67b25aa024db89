"""mod_rewrite beside apache2: the same steps for the same requests, the same answers.

The tables are those of `behaviour/rewriting*.py`. All lines of apache2's trace are compared with
ours, so a step that leads to the right end by another way is found, too.
"""

from typing import Final

import pytest

from tests.peers.behaviour import (
    rewriting,
    rewriting_conditions,
    rewriting_maps,
    rewriting_sections,
)
from tests.peers.behaviour.language import Configuration
from tests.peers.harness import require_program
from tests.peers.rewriting_stand import differences

pytestmark = pytest.mark.peer

TABLES: Final = (
    rewriting.HANDLERS,
    *rewriting.TABLES,
    *rewriting_conditions.TABLES,
    *(each for each in rewriting_sections.TABLES if each is not rewriting_sections.LINKS),
    *rewriting_maps.TABLES,
)


@pytest.mark.parametrize("configuration", TABLES, ids=lambda each: each.name)
def test_the_same_steps(configuration: Configuration) -> None:
    require_program("apache2")
    found = differences(configuration)
    shown = "\n".join(each.text() for each in found[:5])
    assert not found, f"{len(found)} of {len(configuration.cases)} differ\n{shown}"
