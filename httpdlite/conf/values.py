"""Checks of values that several directives share, as httpd makes them and words them.

In: a `Call` (the words of one directive). Out: nothing, or Call.error with httpd's message. What
only one directive does stands beside its row. Rules: httpd 2.4.71, as observed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeVar

from httpdlite.conf.call import PATTERN, SERVER, Call, ConfigError, Place, Remark
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.patterns import BadRegex, ForeignRegex, check_regex, find_doubt
from httpdlite.conf.rows import Arity, Check, Takes, directive
from httpdlite.conf.spelling import lower
from httpdlite.diagnostics import NOT_SUPPORTED, Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition, Expression, Word

T = TypeVar("T")
E = TypeVar("E", bound="Expression")


def one_of(values: str, message: str, *, index: int = 0, any_case: bool = True) -> Check:
    """The word at `index` is one of `values` (separated by blanks)."""
    known = frozenset(values.split())

    def check(call: Call) -> None:
        word = call.words[index].text if index < len(call.words) else ""
        if (lower(word) if any_case else word) not in known:
            raise call.error(message.format(word), index)

    return check


def each_of(checks: Iterable[Check]) -> Check:
    """All of several checks, in order."""
    in_order = tuple(checks)

    def check(call: Call) -> None:
        for one in in_order:
            one(call)

    return check


def file_exists(message: str, *, index: int = 0) -> Check:
    """The word at `index` is a path, seen from ServerRoot, at which a file is."""

    def check(call: Call) -> None:
        word = call.words[index].text
        path = absolute(call.place.server_root, word)
        if call.place.files.kind(path) is not Kind.FILE:
            raise call.error(message.format(path), index)

    return check


def number(
    is_right: Callable[[int], bool],
    message: str,
    *,
    index: int = 0,
    read: Callable[[str], int] = atoi,
) -> Check:
    """The number that the word at `index` begins with (C's atoi) is one of the right ones."""

    def check(call: Call) -> None:
        word = call.words[index].text if index < len(call.words) else None
        if word is not None and not is_right(read(word)):
            raise call.error(message.format(word), index)

    return check


def never(message: str, *, code: str = "bad-value") -> Check:
    """No value is right any more."""

    def check(call: Call) -> None:
        raise call.error(message, code=code)

    return check


def pattern(call: Call, text: str, index: int | None, message: str) -> None:
    """Raises `message` for a regular expression that PCRE refuses."""
    is_word = index is not None and index < len(call.words)
    span = call.words[index or 0].span if is_word else call.span
    judge_pattern(text, span, message, call.place.warn)


def judge_pattern(text: str, span: Span, message: str, warn: Callable[[Remark], None]) -> None:
    """Raises `message` for a regular expression that PCRE refuses; warns of a slow one."""
    try:
        check_regex(text)
        doubt = find_doubt(text)
    except BadRegex as why:
        raise ConfigError(message, span, code="bad-regex", hint=str(why)) from None
    except ForeignRegex as why:
        raise ConfigError(f"{why} is not supported", span, code=NOT_SUPPORTED) from None
    _note_pattern(text, span, doubt, warn)


def _note_pattern(text: str, span: Span, doubt: str | None, warn: Callable[[Remark], None]) -> None:
    warn(Remark(text, span, code=PATTERN))
    if doubt is not None:
        warn(Remark(doubt, span, code="slow-regex"))


def expression(
    call: Call, text: str, index: int | None, message: str = "{}", *, string: bool = False
) -> None:
    """Raises `message` with httpd's reason for an expression, or a text with %{…}, that is wrong.

    `string`: a text that may have expressions in it, rather than a condition.
    """
    if string:
        from httpdlite.conf.expressions.parser import parse_string  # noqa: PLC0415 - few have any

        _parse(parse_string, call, text, index, message)
    else:
        from httpdlite.conf.expressions.parser import parse_condition  # noqa: PLC0415 - few have any

        _parse(parse_condition, call, text, index, message)


NOT_LONG: Final = 2047
"""Characters that are no more bytes than httpd's parser of expressions takes in a piece."""


def text_tree(call: Call, text: str, index: int | None, message: str = "{}") -> "Word | str":
    """The tree of a text that may have expressions in it, or itself if it says what it says;
    raises as `expression` does.
    """
    is_plain = not any(map(text.__contains__, "%\\$"))
    if is_plain and len(text) <= NOT_LONG:
        return text
    from httpdlite.conf.expressions.parser import parse_string  # noqa: PLC0415 - few have any

    return _done(call, _parse(parse_string, call, text, index, message), index)


def condition(call: Call, text: str, index: int | None, message: str = "{}") -> "Condition":
    """The tree of an expression. Raises `message` with httpd's reason for one that is wrong, and
    says so if it asks what nobody here can answer.
    """
    from httpdlite.conf.expressions.parser import parse_condition  # noqa: PLC0415 - few have any

    return _done(call, _parse(parse_condition, call, text, index, message), index)


def _done(call: Call, tree: E, index: int | None) -> E:
    from httpdlite.conf.expressions.undone import find_undone  # noqa: PLC0415 - few have any

    undone = find_undone(tree)
    if undone is not None:
        raise call.error(f"{undone} in an expression is not supported", index, code=NOT_SUPPORTED)
    return tree


def _parse(
    parse: "Callable[[str, _Loaded], T]", call: Call, text: str, index: int | None, message: str
) -> T:
    from httpdlite.conf.expressions.parser import BadExpression  # noqa: PLC0415 - few have any

    try:
        tree = parse(text, _Loaded(call))
    except BadExpression as why:
        more = {"apache": (why.message,)} if why.jammed else {}
        text = message.format(why.message)
        raise call.error(text, index, code="bad-expression", **more) from None
    if "~" in text:
        _note_patterns_within(call, tree, index)
    return tree


def _note_patterns_within(call: Call, tree: object, index: int | None) -> None:
    """Warns of slow ones behind `=~` and `!~`."""
    from httpdlite.conf.expressions.parts import parts_of  # noqa: PLC0415 - few have any
    from httpdlite.conf.expressions.tree import Pattern  # noqa: PLC0415

    is_word = index is not None and index < len(call.words)
    span = call.words[index or 0].span if is_word else call.span
    for part in parts_of(tree):
        if isinstance(part, Pattern):
            try:
                doubt = find_doubt(part.text)
            except ForeignRegex as why:
                raise ConfigError(f"{why} is not supported", span, code=NOT_SUPPORTED) from None
            _note_pattern(part.text, span, doubt, call.place.warn)


class _Loaded:
    """The identifiers of the modules that are loaded where a directive stands."""

    def __init__(self, call: Call) -> None:
        self._find = call.place.find_module

    def __contains__(self, identifier: object) -> bool:
        return self._find(str(identifier)) is not None


def text_with_expressions(message: str, *, index: int = 0) -> Check:
    """The word at `index`, if it is there, is a text whose %{…} are right."""

    def check(call: Call) -> None:
        if index < len(call.words):
            word = call.words[index].text
            braces = message.replace("[WORD]", word.replace("{", "{{").replace("}", "}}"))
            expression(call, word, index, braces, string=True)

    return check


def forbidden_in(call: Call, *names: str) -> bool:
    """Whether the directive stands, at any depth, in a section of one of these names."""
    return any(section.key in names for section in call.place.sections)


def log(call: Call, module: str, message: str, *, level: str = "warn", code: str) -> None:
    """Says what httpd writes to the error log; in a virtual host it has none yet, and is silent."""
    in_vhost = any(section.key == "<virtualhost" for section in call.place.sections)
    logged = None if in_vhost else f"{module}:{level}"
    call.place.warn(Remark(message, call.span, logged, code))


def given_here(call: Call, words: Iterable[str]) -> tuple[str, ...]:
    """The words that a directive was given earlier in the same section; notes those given now.

    For the few whose words exclude each other over several lines.
    """
    key = (id(call.place), call.name)
    before: Sequence[_Given] = call.place.earlier.like(_GIVEN, key)
    call.place.earlier.add(_GIVEN, _Given(key, call.place, tuple(words)))
    return tuple(word for given in before for word in given.words)


@dataclass(frozen=True, slots=True)
class _Given:
    """Words, and where: `place` is kept so that no other one can have its id."""

    key: tuple[int, str]
    place: Place
    words: tuple[str, ...]


def _read_given(_: Call) -> _Given:
    raise AssertionError("not a directive of a file")


_GIVEN: Final = directive(
    "words given",
    Takes(Arity.NONE, _read_given),
    contexts=SERVER,
    doc="Not in a file.",
    index=lambda given: given.key,
)
