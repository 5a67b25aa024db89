"""mod_alias.c: where files are, and redirects; judged as httpd does, none of it carried out yet.

In: the words of one directive. Out: httpd's message for what it does not take, and its warning of
an Alias that an earlier one covers. Rules: mod_alias' documentation; wordings, order and leniencies
as observed with 2.4.71.

1. In a section a Redirect without a path, and an Alias, are about the section; their target may
   have expressions in it.
2. A status that is no redirection takes no target. Any number is taken for a status.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, Call
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION
from httpdlite.conf.numbers import atoi
from httpdlite.conf.patterns import BadRegex, ForeignRegex, compile_regex
from httpdlite.conf.rows import Arity, Directive, Takes, directive, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Standing, different, later, moot
from httpdlite.conf.values import expression, log, pattern

MODULE: Final = judged_module("alias")

_BAD_REGEX: Final = "Regular expression could not be compiled."
MOST_PATTERNS: Final = 500  # that an Alias is compared with: a warning is not worth more


# --- Alias ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """An Alias that has been read: when, under which name, and what it covers."""

    number: int
    name: str
    path: str | None  # without doubled slashes; None for an expression
    regex: "re.Pattern[str] | None" = None


def _read_nothing(_: Call) -> object:
    raise AssertionError("not a directive of a file")


def _index(name: str, index: Any) -> Directive[_Known]:
    takes: Takes[Any] = Takes(Arity.NONE, _read_nothing)
    return directive(name, takes, contexts=SERVER, doc="Aliases read so far.", index=index)


_ALL: Final = _index("all aliases", lambda _: None)
_BY_PATH: Final = _index("aliases by path", lambda known: known.path)
_EXPRESSIONS: Final = _index("aliases by expression", lambda _: None)


def _check_alias(call: Call) -> None:
    in_section = call.place.path is not None
    if len(call.words) == 1 and not in_section:
        raise call.error(f"{_bare(call)} must have two arguments when used globally")
    if len(call.words) == 2 and not call.words[1].text and not in_section:
        raise call.error(f"{_bare(call)} must have two arguments when used globally")
    if not in_section:
        _note(call, call.words[0].text)
        return
    _check_section(call)
    text = call.words[0].text
    shown = text.replace("{", "{{").replace("}", "}}")
    expression(call, text, 0, f"Cannot parse alias expression '{shown}': {{}}", string=True)


def _check_section(call: Call) -> None:
    """Here and not in the row, since httpd counts the words between its two rules."""
    sections = call.place.sections
    inner = [section.name for section in sections if section.key in SECTIONS_BUT_LOCATION]
    where = f"{inner[-1]}>" if inner else ""
    if any(section.key in {"<limit", "<limitexcept"} for section in sections):
        where = "<Limit> or <LimitExcept>"
    elif len(call.words) == 2 and call.words[1].text:
        message = f"{call.name} cannot occur within directory context"
        raise call.error(message, code="wrong-context")
    if where:
        message = f"{call.name} cannot occur within {where} section"
        raise call.error(message, code="wrong-context")


def _bare(call: Call) -> str:
    """httpd says Alias for ScriptAlias, too."""
    return call.name.removeprefix("Script")


def _check_alias_match(call: Call) -> None:
    pattern(call, call.words[0].text, 0, _BAD_REGEX)
    try:
        regex = compile_regex(call.words[0].text)
    except (BadRegex, ForeignRegex):
        regex = None
    known = _Known(_count(call), call.name, None, regex)
    call.place.earlier.add(_ALL, known)
    if regex is not None and len(call.place.earlier.like(_EXPRESSIONS, None)) < MOST_PATTERNS:
        call.place.earlier.add(_EXPRESSIONS, known)


def _count(call: Call) -> int:
    return len(call.place.earlier.like(_ALL, None))


def _note(call: Call, text: str) -> None:
    """Keeps an Alias in mind, and warns if an earlier one covers it."""
    path = re.sub("//+", "/", text)
    covering = [*_covering(call, path, text)]
    known = _Known(_count(call), call.name, path)
    for row in (_ALL, _BY_PATH):
        call.place.earlier.add(row, known)
    if covering:
        first = min(covering, key=lambda one: one.number)
        message = (
            f"AH00671: The {call.name} directive in {call.span.apache_file} at line "
            f"{call.span.apache_line} "
            f"will probably never match because it overlaps an earlier {first.name}."
        )
        log(call, "alias", message, code="alias-covered")


def _covering(call: Call, path: str, text: str) -> list[_Known]:
    """The earlier ones whose path is the beginning of this one's, or whose expression matches."""
    earlier = call.place.earlier
    ends = {found.end() for found in re.finditer("/", path)}
    ends |= {found.start() for found in re.finditer("/", path)} | {len(path)}
    heads = {path[:end] for end in ends if end}
    found = [earlier.like(_BY_PATH, head)[0] for head in heads if earlier.like(_BY_PATH, head)]
    matching: Sequence[_Known] = earlier.like(_EXPRESSIONS, None)
    return [*found, *(one for one in matching if one.regex and one.regex.search(text))]


# --- Redirect -------------------------------------------------------------------------------------

_WORDS: Final = {"gone": 410, "permanent": 301, "temp": 302, "seeother": 303}
_URL: Final = re.compile(r"[A-Za-z0-9+.-]+:")


def _status(word: str) -> int | None:
    """The status that a first word names; None if it is not one."""
    return atoi(word) if word[:1].isdigit() else _WORDS.get(lower(word))


def _check_redirect(call: Call) -> None:
    words: list[str | None] = [word.text for word in call.words]
    words += [None] * (3 - len(words))
    first, second, third = words
    if call.name == "RedirectMatch":
        third = words[2]
    named = _status(first or "")
    if third is not None and named is None:
        raise call.error("Redirect: invalid first argument (of three)", 0)
    status = named if named is not None else 302
    is_redirection = 300 <= status <= 399
    path, target = (second, third) if named is not None else (first, second)
    of_section = call.place.path is not None and target is None
    if of_section and is_redirection and path is not None and len(call.words) < 3:
        _check_target(call, path, 1 if named is not None else 0)
        return
    if call.name == "RedirectMatch":
        pattern(call, path or "", None, _BAD_REGEX)
    if is_redirection:
        if target is None:
            raise call.error("URL to redirect to is missing")
        if call.name != "RedirectMatch" and not target.startswith("/") and not _URL.match(target):
            raise call.error("Redirect to non-URL", len(call.words) - 1)
    elif target is not None:
        raise call.error("Redirect URL not valid for this status", len(call.words) - 1)


def _check_target(call: Call, target: str, index: int) -> None:
    shown = target.replace("{", "{{").replace("}", "}}")
    message = f"Cannot parse redirect expression '{shown}': {{}}"
    expression(call, target, index, message, string=True)


# --- rows -----------------------------------------------------------------------------------------

_FILES: Final = different("no files are served: what would come from there is answered with 404")
_SCRIPTS: Final = different("scripts are not run: what one would answer is answered with 404")
_REDIRECT: Final = later("Let the worker send the redirect.", protects=True, answers=True)


def _alias(name: str, standing: Standing, doc: str) -> Directive[Any]:
    return judged(
        name,
        Arity.ONE_OR_TWO,
        SERVERS | DIRECTORY,
        standing,
        doc,
        check=_check_alias,
    )


def _alias_match(name: str, standing: Standing, doc: str) -> Directive[Any]:
    return judged(name, Arity.TWO, SERVERS, standing, doc, check=_check_alias_match)


def _redirect(name: str, arity: Arity, doc: str) -> Directive[Any]:
    return judged(name, arity, EVERYWHERE, _REDIRECT, doc, check=_check_redirect)


ROWS: Final = (
    _alias("Alias", _FILES, "Files or a directory outside of DocumentRoot, for a URL path."),
    _alias("ScriptAlias", _SCRIPTS, "A directory of scripts to run, for a URL path."),
    _alias_match("AliasMatch", _FILES, "Files for the URL paths that an expression matches."),
    _alias_match("ScriptAliasMatch", _SCRIPTS, "Scripts for what an expression matches."),
    _redirect("Redirect", Arity.ONE_TO_THREE, "Sends clients elsewhere, or a status without that."),
    _redirect("RedirectMatch", Arity.TWO_OR_THREE, "The same for what an expression matches."),
    _redirect("RedirectTemp", Arity.TWO, "Sends clients elsewhere for now (302)."),
    _redirect("RedirectPermanent", Arity.TWO, "Sends clients elsewhere for good (301)."),
    judged(
        "RedirectRelative",
        Arity.FLAG,
        EVERYWHERE,
        moot("it only shapes what Redirect sends, and every Redirect is refused by itself"),
        "Whether a redirect may be sent without scheme and host.",
        usual="Off",
    ),
    judged(
        "AliasPreservePath",
        Arity.FLAG,
        EVERYWHERE,
        moot("no files are served"),
        "How an Alias in a Location makes the file's path.",
        usual="Off",
    ),
)

MODULES: Final = ((MODULE, ROWS),)
