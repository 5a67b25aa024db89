"""Who may come in, beside the real httpd: the check alone, without a server of ours around it."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from tests.peers.access_stand import seen_by_apache, seen_by_us
from tests.peers.apache import find_apache
from tests.peers.behaviour import access, access_users
from tests.peers.behaviour.language import Configuration

pytestmark = pytest.mark.peer

TABLES: Final = (*access.TABLES, *access_users.TABLES, *access_users.ALONE)


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that apache2's children may read (pytest closes its own again and again)."""
    find_apache()
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.parametrize("configuration", TABLES, ids=lambda each: each.name)
def test_the_same_as_httpd(configuration: Configuration, root: Path) -> None:
    theirs = seen_by_apache(configuration, root)
    ours = seen_by_us(configuration, root)
    differing = [
        f"== {configuration.name}: {name}\n- {theirs[name]}\n+ {seen}"
        for name, seen in ours.items()
        if theirs[name] != seen
    ]
    assert not differing, "\n".join([f"{len(differing)} differ", *differing[:20]])
