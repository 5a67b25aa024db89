"""Rows: what a directive or a section is called, where it may stand, what it takes, what it means.

In: the tables of `directives/`. Out: typed keys (`scope[TIMEOUT]` is an int for mypy). Hides how
values are kept and merged. The argument kinds are those of httpd's http_config.h (command_rec);
their wording is in `arity.py`. A row with an effect is a `directive` or `repeated`; one that is
only judged is `judged`, or one of several `Alike`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Generic, TypeVar, cast

from httpdlite.conf.call import DIRECTORY, Call, Context, Module
from httpdlite.conf.standing import SAME, Class, Standing
from httpdlite.diagnostics import Span

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
V = TypeVar("V")

Check = Callable[[Call], object]
"""Raises Call.error with httpd's message for a value that httpd does not take."""


class Arity(Enum):
    """How many words a directive takes, and who counts them (directives.md's T1, IT, RAW …)."""

    NONE = "none"
    ONE = "one"
    TWO = "two"
    THREE = "three"
    ONE_OR_TWO = "one or two"
    TWO_OR_THREE = "two or three"
    ONE_TO_THREE = "one to three"
    ONE_OR_THREE = "one or three"
    EACH = "one or more, each by itself"
    FIRST_AND_EACH = "one followed by one or more"
    WORDS = "any number, counted by the directive"
    RAW = "the rest of the line, parsed by the directive"
    FLAG = "On or Off"


@dataclass(frozen=True, slots=True)
class Takes(Generic[T]):
    """What a directive takes: its arity and the reader, which cannot disagree."""

    arity: Arity
    read: Callable[[Call], T]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value that Apache accepts keeps httpdlite from starting, and what to do instead."""

    reason: str
    span: Span | None = None
    hint: str | None = None
    subject: str = ""  # what a waiver can name: of a moot row its name, without being said here


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET


def replace(_: T, new: T) -> T:
    """The later value counts."""
    return new


def append(old: tuple[V, ...], new: tuple[V, ...]) -> tuple[V, ...]:
    """All values count, in their order."""
    return old + new


@dataclass(frozen=True, slots=True, eq=False)
class Directive(Generic[T_co]):
    """A row: everything httpdlite knows of one directive, and the key to its value."""

    name: str
    takes: Takes[Any]
    contexts: Context
    doc: str
    default: "T_co | _Unset" = UNSET
    collect: Callable[[Any], T_co] = field(default=lambda value: cast(Any, value))
    combine: Callable[[Any, Any], Any] = replace  # given twice in one server or section
    combine_in_section: Callable[[Any, Any], Any] = replace
    merge: Callable[[Any, Any], Any] = (
        replace  # main server's and vhost's; outer and inner section's
    )
    inherits: bool = True  # does a vhost have the main server's value?
    into: "Directive[Any] | None" = None  # the row whose list this one adds to
    forbidden: frozenset[str] = frozenset()  # sections, lower case, that it may not stand in
    at_read: bool = False  # acts while the file is read
    index: Callable[[Any], object] | None = None  # what Earlier.like finds a value by
    refuse: Callable[[Any], Iterable[Refusal]] = field(default=lambda _: ())
    standing: Standing = SAME
    usual: str = ""  # httpd's default in its own words, where `default` does not say it

    @property
    def key(self) -> str:
        """The name as it is looked up."""
        return self.name.lower()

    @property
    def unsupported(self) -> Refusal | None:
        """Why it keeps httpdlite from starting; None if it does not."""
        return _refusal(self.name, self.standing)

    def __reduce__(self) -> "tuple[Callable[[str], Row], tuple[str]]":
        """A pickled row is its name; what reads it gets the row that the registry has."""
        if row_called(self.name) is not self:
            raise TypeError(f"{self.name} is not the registry's, and cannot be pickled")
        return row_called, (self.name,)


class Argument(Enum):
    """What a section's opening tag takes."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True, eq=False)
class Section:
    """A row of a section. Its name begins with `<`, as httpd registers it."""

    name: str
    contexts: Context
    doc: str
    inside: Context | None = DIRECTORY  # what its directives see; None: what is around it
    argument: Argument = Argument.REQUIRED
    keeps_path: bool = True  # its argument is what ProxyPass & co. find as their path
    forbidden: frozenset[str] = frozenset()
    at_read: bool = False
    body_is_raw: bool = False  # the lines within are not directives (yet)
    about_files: bool = False  # <Directory>, <Files>: what stands in it is about files
    follows_if: bool = False  # needs an <If> or <ElseIf> before it in the same scope
    starts_if: bool = False  # after it an <ElseIf> or <Else> may follow
    groups: bool = False  # has a group of its own (Place.group)
    standing: Standing = SAME
    check: Callable[[Call], object] = field(default=lambda _: None)  # before what stands in it
    check_after: Callable[[Call], object] = field(default=lambda _: None)
    gives: "Directive[Any] | None" = None  # the row that what check_after returns is a value of

    @property
    def key(self) -> str:
        """The name as it is looked up."""
        return self.name.lower()

    @property
    def unsupported(self) -> Refusal | None:
        """Why it keeps httpdlite from starting; None if it does not."""
        return _refusal(f"{self.name}>", self.standing)


Row = Directive[Any] | Section


def row_called(name: str) -> Row:
    """The row of a name, as the registry has it; KeyError if there is none."""
    from httpdlite.conf.directives import registry  # noqa: PLC0415 - the tables import this module

    return registry().rows[name.lower()].row


def _refusal(name: str, standing: Standing) -> Refusal | None:
    if standing.kind is not Class.REFUSED:
        return None
    return Refusal(f"{name} {standing.sentence}", hint=standing.instead, subject=name)


def read_flag(call: Call) -> bool:
    """The value of a FLAG, already checked to be On or Off."""
    return call.words[0].text.lower() == "on"


FLAG: Final = Takes(Arity.FLAG, read_flag)


def read_string(call: Call) -> str:
    """The first word, as it is."""
    return call.words[0].text


STRING: Final = Takes(Arity.ONE, read_string)


def words_taken(call: Call) -> tuple[str, ...]:
    """All words, as they are."""
    return tuple(word.text for word in call.words)


def directive(
    name: str,
    takes: Takes[T],
    *,
    contexts: Context,
    doc: str,
    default: "T | _Unset" = UNSET,
    **more: Any,
) -> Directive[T]:
    """A directive with one value: the last one given counts."""
    return Directive(name, takes, contexts, doc, default, **more)


def repeated(
    name: str,
    takes: Takes[V],
    *,
    contexts: Context,
    doc: str,
    merge: Callable[[tuple[V, ...], tuple[V, ...]], tuple[V, ...]] = append,
    **more: Any,
) -> Directive[tuple[V, ...]]:
    """A directive that may be given again: its value is the tuple of all, in order."""
    settings: dict[str, Any] = {
        "collect": _one,
        "combine": append,
        "combine_in_section": append,
        "merge": merge,
        **more,
    }
    return Directive(name, takes, contexts, doc, (), **settings)


def _one(value: V) -> tuple[V, ...]:
    return (value,)


def judged(
    name: str,
    arity: Arity,
    contexts: Context,
    standing: Standing,
    doc: str,
    *,
    check: Check | None = None,
    **more: Any,
) -> Directive[Any]:
    """A directive without an effect of its own here: judged as httpd does, then by its standing."""

    def read(call: Call) -> tuple[str, ...]:
        if check is not None:
            check(call)
        return words_taken(call)

    return Directive(name, Takes(arity, read), contexts, doc, standing=standing, **more)


@dataclass(frozen=True, slots=True)
class Alike:
    """Maker of judged rows that have standing and contexts in common, but for a few."""

    standing: Standing
    contexts: Context

    def row(
        self,
        name: str,
        arity: Arity,
        doc: str,
        check: Check | None = None,
        usual: str = "",
        *,
        contexts: Context | None = None,
        standing: Standing | None = None,
        **more: Any,
    ) -> Directive[Any]:
        """One of them; `contexts` and `standing` where they are its own."""
        return judged(
            name,
            arity,
            contexts or self.contexts,
            standing or self.standing,
            doc,
            check=check,
            usual=usual,
            **more,
        )

    def one(
        self, name: str, doc: str, check: Check | None = None, usual: str = "", **more: Any
    ) -> Directive[Any]:
        """One that takes one argument."""
        return self.row(name, Arity.ONE, doc, check, usual, **more)

    def flag(self, name: str, doc: str, usual: str = "", **more: Any) -> Directive[Any]:
        """One that is On or Off."""
        return self.row(name, Arity.FLAG, doc, usual=usual, **more)

    def each(self, names: str, arity: Arity, doc: str) -> tuple[Directive[Any], ...]:
        """Several, separated by blanks, of which there is only one thing to say."""
        return tuple(self.row(name, arity, doc) for name in names.split())


def judged_module(short: str, file: str | None = None) -> Module:
    """A module of stock httpd of which nothing is done here; most are in mod_SHORT.c."""
    return Module(f"{short}_module", file or f"mod_{short}.c", implemented=False)
