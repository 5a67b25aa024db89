"""Values by row: what a server, a vhost or a section was given. Rules of merging are the rows'."""

from collections.abc import ItemsView, Iterator, Mapping
from typing import Any, TypeVar, cast, overload

from httpdlite.conf.rows import UNSET, Directive

T = TypeVar("T")
V = TypeVar("V")


class Scope:
    """Values by row: of the main server, a vhost or a section. Unset is absence."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[Directive[Any], Any] | None = None) -> None:
        self._values: dict[Directive[Any], Any] = dict(values or {})

    def __getitem__(self, row: Directive[T]) -> T:
        """The value, or the row's default; KeyError if there is neither."""
        value = self._values.get(row, row.default)
        if value is UNSET:
            raise KeyError(row.name)
        return cast(T, value)

    def __contains__(self, row: object) -> bool:
        return row in self._values

    def __iter__(self) -> Iterator[Directive[Any]]:
        return iter(self._values)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Scope) and self._values == other._values

    def __hash__(self) -> int:
        return hash(frozenset(self._values))

    def __repr__(self) -> str:
        pairs = ", ".join(f"{row.name}={value!r}" for row, value in self._values.items())
        return f"Scope({pairs})"

    def __reduce__(self) -> tuple[type["Scope"], tuple[dict[Directive[Any], Any]]]:
        return Scope, (self._values,)

    def items(self) -> ItemsView[Directive[Any], Any]:
        """The rows that were set, with their values."""
        return self._values.items()

    @overload
    def get(self, row: Directive[T]) -> T | None: ...
    @overload
    def get(self, row: Directive[T], default: V) -> T | V: ...
    def get(self, row: Directive[T], default: Any = None) -> Any:
        """The value if it was set; the row's default does not count."""
        return self._values.get(row, default)

    def overlaid(self, over: "Scope") -> "Scope":
        """These values with those of `over` merged in, row by row."""
        values = dict(self._values)
        for row, value in over._values.items():
            values[row] = row.merge(values[row], value) if row in values else value
        return Scope(values)

    def inheritable(self) -> "Scope":
        """What a vhost takes over from the main server."""
        return Scope({row: value for row, value in self._values.items() if row.inherits})
