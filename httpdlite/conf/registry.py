"""Look-up of rows and modules by name, with a guess at what was meant.

In: modules and their rows. Out: the row of a name, and the modules that bring it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from httpdlite.conf.call import Context, Module
from httpdlite.conf.rows import Row
from httpdlite.conf.spelling import Name, closest, known_name, lower


@dataclass(frozen=True, slots=True)
class Entry:
    """A row, and the modules that bring it (rarely more than one)."""

    row: Row
    modules: tuple[Module, ...]


class Registry:
    """All rows by name, and the modules they belong to."""

    def __init__(self, tables: Iterable[tuple[Module, Iterable[Row]]]) -> None:
        self.rows: dict[str, Entry] = {}
        self.modules: dict[str, Module] = {}
        self._by_file: dict[str, Module] = {}
        self._found: dict[str, Entry | None] = {}  # as names were spelled so far
        self._names: list[Name] | None = None  # for guesses; made when one is wanted
        for given, rows in tables:
            module = self.modules.setdefault(given.identifier, given)
            self._by_file.setdefault(given.file, module)
            for row in rows:
                self._add(row, module)

    def _add(self, row: Row, module: Module) -> None:
        known = self.rows.get(row.key)
        if known is None:
            self.rows[row.key] = Entry(row, (module,))
        elif module not in known.modules:
            self.rows[row.key] = Entry(known.row, (*known.modules, module))

    def find(self, name: str) -> "Entry | None":
        """The row of a name; sections are asked for with their `<`. Case-insensitive."""
        try:
            return self._found[name]
        except KeyError:
            found = self.rows.get(lower(name))
            if found is not None:  # what nobody knows would be kept for nothing
                self._found[name] = found
            return found

    def module(self, name: str) -> Module | None:
        """A module by identifier or source file, as <IfModule> names it; case-sensitive."""
        return self.modules.get(name) or self._by_file.get(name)

    @lru_cache(256)  # noqa: B019 - one registry per process
    def guess(self, name: str, context: Context | None = None) -> str | None:
        """The registered name that a misspelled one comes closest to.

        Among equals, one that may stand in `context` is preferred.
        """
        if self._names is None:
            self._names = [known_name(entry.row.name) for entry in self.rows.values()]

        def is_misplaced(guess: str) -> bool:
            return context is not None and not self.rows[lower(guess)].row.contexts & context

        return closest(name, self._names, is_misplaced)
