"""core.c: sections about files, conditions and methods: <Directory>, <Files>, <If>, <Limit>.

In: what stands in the opening tag. Out: nothing, or httpd's message: about a pattern or an
expression before what stands in the section, about surplus words after it. Rules: dirsection,
filesection, ifsection, ap_limit_section in httpd's core.c, as observed with 2.4.71.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from httpdlite.conf.call import EVERYWHERE, SECTIONS, SERVERS, Call, Place
from httpdlite.conf.directives.core import MODULE
from httpdlite.conf.rows import Argument, Section
from httpdlite.conf.standing import Class, Standing
from httpdlite.conf.syntax import split_words
from httpdlite.conf.values import condition, pattern

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition

LIMITS: Final = frozenset({"<limit", "<limitexcept"})
NOT_IN_LOCATION: Final = frozenset({"<location", "<locationmatch"}) | LIMITS

ABOUT_FILES: Final = Standing(
    Class.SAME, "it counts for what no worker takes, though no file is served"
)


def one_word(call: Call) -> None:
    """Refuses a second word; `~` before the first does not count."""
    words = call.words
    if not call.name.endswith("Match") or call.name == "<DirectoryMatch":
        words = words[1:] if words and words[0].text == "~" else words
    if len(words) > 1:
        raise call.error(
            f"Multiple {call.name}> arguments not (yet) supported.", code="wrong-arity"
        )


def pattern_after_tilde(call: Call) -> None:
    """Checks the regular expression of `~ PATTERN`."""
    if call.words and call.words[0].text == "~":
        text = call.words[1].text if len(call.words) > 1 else ""
        pattern(call, text, 1, "Regex could not be compiled")


def pattern_first(call: Call) -> None:
    """Checks the regular expression that the first word is."""
    pattern(call, call.words[0].text if call.words else "", 0, "Regex could not be compiled")


def _pattern_either(call: Call) -> None:
    pattern_after_tilde(call) if call.words[:1] and call.words[0].text == "~" else pattern_first(
        call
    )


def _files(name: str, check: Callable[[Call], object], doc: str) -> Section:
    return Section(
        name,
        EVERYWHERE,
        doc,
        forbidden=NOT_IN_LOCATION,
        about_files=True,
        standing=ABOUT_FILES,
        check=check,
        check_after=one_word,
    )


def _directory(name: str, check: Callable[[Call], object], doc: str) -> Section:
    return Section(
        name,
        SERVERS,
        doc,
        about_files=True,
        standing=ABOUT_FILES,
        check=check,
        check_after=one_word,
    )


def _condition(call: Call) -> "Condition":
    text = call.words[0].text if call.words else ""
    return condition(call, text, 0, "Cannot parse condition clause: {}")


def _one_condition(call: Call) -> None:
    if len(call.words) > 1:
        raise call.error(f"Multiple {call.name}> arguments not supported.", code="wrong-arity")


# --- <Limit> --------------------------------------------------------------------------------------

Methods = tuple[frozenset[str], bool]
"""Methods; with True all but these."""

ALL_METHODS: Final[Methods] = (frozenset(), True)


def _common(one: Methods, other: Methods) -> Methods:
    match one[1], other[1]:
        case True, True:
            return one[0] | other[0], True
        case True, False:
            return other[0] - one[0], False
        case False, True:
            return one[0] - other[0], False
    return one[0] & other[0], False


def _methods(key: str, texts: Sequence[str]) -> Methods:
    names = frozenset("GET" if text == "HEAD" else text for text in texts)
    return names, key == "<limitexcept"


def limited_methods(place: Place) -> Methods:
    """The methods that a line is about: those of all <Limit> and <LimitExcept> around it."""
    methods = ALL_METHODS
    for section in place.sections:
        if section.key in LIMITS:
            texts = [part.value for part in split_words(section.argument)]
            methods = _common(methods, _methods(section.key, texts))
    return methods


def _check_limit(call: Call) -> None:
    texts = [word.text for word in call.words]
    key = call.name.lower()
    if key == "<limit" and "TRACE" in texts:
        message = "TRACE cannot be controlled by <Limit>, see TraceEnable"
        raise call.error(message, texts.index("TRACE"))
    outer = limited_methods(call.place)
    for text in texts:
        call.place.anywhere.note("method", text)
    common = _common(outer, _methods(key, texts))
    if common == (frozenset(), False):
        raise call.error(f"{call.name}> directive excludes all methods", 0)
    if common == outer:
        message = f"{call.name}> directive specifies methods already excluded"
        raise call.error(message, 0)


def _limit(name: str, doc: str) -> Section:
    return Section(
        name,
        SECTIONS,
        doc,
        inside=None,
        keeps_path=False,
        check=_check_limit,
    )


DIRECTORY: Final = _directory(
    "<Directory",
    pattern_after_tilde,
    "Settings for a directory of files and all that is below it.",
)
DIRECTORY_MATCH: Final = _directory(
    "<DirectoryMatch",
    _pattern_either,
    "Settings for the directories of files that an expression matches.",
)
FILES: Final = _files("<Files", pattern_after_tilde, "Settings for files of a name.")
FILES_MATCH: Final = _files(
    "<FilesMatch", pattern_first, "Settings for files that an expression matches."
)

MODULES: Final = (
    (
        MODULE,
        (
            DIRECTORY,
            DIRECTORY_MATCH,
            FILES,
            FILES_MATCH,
            Section(
                "<If",
                EVERYWHERE,
                "Settings for the requests that a condition holds for.",
                forbidden=LIMITS,
                starts_if=True,
                check=_condition,
                check_after=_one_condition,
            ),
            Section(
                "<ElseIf",
                EVERYWHERE,
                "Settings for the requests that the condition, but none before, holds for.",
                forbidden=LIMITS,
                follows_if=True,
                starts_if=True,
                check=_condition,
                check_after=_one_condition,
            ),
            Section(
                "<Else",
                EVERYWHERE,
                "Settings for the requests that no condition before holds for.",
                forbidden=LIMITS,
                follows_if=True,
                argument=Argument.NONE,
            ),
            _limit("<Limit", "Access rules for some methods."),
            _limit("<LimitExcept", "Access rules for all methods but some."),
        ),
    ),
)
