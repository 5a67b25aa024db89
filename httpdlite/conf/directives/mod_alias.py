"""mod_alias.c: where files are, and redirects.

In: the words of one directive. Out: `Redirects` and `Aliases`; or httpd's message for what it does
not take, and its warning of an Alias that an earlier one covers. Rules: mod_alias' documentation;
wordings, order and leniencies as observed with 2.4.71.

1. In a section a Redirect without a path, and an Alias, are about the section; their target may
   have expressions in it.
2. A status that is no redirection takes no target. Any number is taken for a status.
3. What stands in a vhost, or in an inner section, is asked before what is around it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from httpdlite.conf.call import DIRECTORY, EVERYWHERE, SERVER, SERVERS, Call, Module
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION
from httpdlite.conf.numbers import atoi
from httpdlite.conf.patterns import BadRegex, ForeignRegex, as_bytes, compile_regex, searches
from httpdlite.conf.rows import FLAG, Arity, Directive, Takes, directive, judged
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import Class, Standing, different, moot
from httpdlite.conf.values import log, pattern, text_tree
from httpdlite.diagnostics import Span

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Word
    from httpdlite.conf.patterns.engine import Regex

MODULE: Final = Module("alias_module", "mod_alias.c")

_BAD_REGEX: Final = "Regular expression could not be compiled."
MOST_PATTERNS: Final = 500  # that an Alias is compared with: a warning is not worth more


# --- Alias ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """An Alias that has been read: when, under which name, and what it covers."""

    number: int
    name: str
    path: str | None  # without doubled slashes; None for an expression
    regex: "Regex | None" = None


def _read_nothing(_: Call) -> object:
    raise AssertionError("not a directive of a file")


def _index(name: str, index: Any) -> Directive[_Known]:
    takes: Takes[Any] = Takes(Arity.NONE, _read_nothing)
    return directive(name, takes, contexts=SERVER, doc="Aliases read so far.", index=index)


_ALL: Final = _index("all aliases", lambda _: None)
_BY_PATH: Final = _index("aliases by path", lambda known: known.path)
_EXPRESSIONS: Final = _index("aliases by expression", lambda _: None)


@dataclass(frozen=True, slots=True)
class Alias:
    """Where files for a path are. `path` is a prefix or an expression; None: the section's own,
    and then the target may be a tree of an expression.
    """

    path: str | None
    is_regex: bool
    target: "str | Word"
    span: Span


@dataclass(frozen=True, slots=True)
class Aliases:
    """Those of a server or section; `own` is the section's."""

    rules: tuple[Alias, ...] = ()
    own: Alias | None = None


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirect, or another status. `path` as in Alias; `target` is "" for a status alone."""

    path: str | None
    is_regex: bool
    status: int
    target: "str | Word"
    span: Span


@dataclass(frozen=True, slots=True)
class Redirects:
    """Those of a server or section; `own` is the section's."""

    rules: tuple[Redirect, ...] = ()
    own: Redirect | None = None


V = TypeVar("V", Aliases, Redirects)


def _combine(earlier: V, later: V) -> V:
    """Two lines of one place."""
    return replace(earlier, rules=earlier.rules + later.rules, own=later.own or earlier.own)


def _merge(outer: V, inner: V) -> V:
    """A section within another, a vhost over the main server (rule 3)."""
    return replace(inner, rules=inner.rules + outer.rules, own=inner.own or outer.own)


def _read_alias(call: Call) -> Aliases:
    in_section = call.place.path is not None
    if len(call.words) == 1 and not in_section:
        raise call.error(f"{_bare(call)} must have two arguments when used globally")
    if len(call.words) == 2 and not call.words[1].text and not in_section:
        raise call.error(f"{_bare(call)} must have two arguments when used globally")
    text = call.words[0].text
    if not in_section:
        _note(call, text)
        return Aliases((Alias(re.sub("//+", "/", text), False, call.words[1].text, call.span),))
    _check_section(call)
    shown = text.replace("{", "{{").replace("}", "}}")
    tree = text_tree(call, text, 0, f"Cannot parse alias expression '{shown}': {{}}")
    return Aliases(own=Alias(None, False, tree, call.span))


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


def _read_alias_match(call: Call) -> Aliases:
    pattern(call, call.words[0].text, 0, _BAD_REGEX)
    try:
        regex = compile_regex(as_bytes(call.words[0].text))
    except (BadRegex, ForeignRegex):
        regex = None
    known = _Known(_count(call), call.name, None, regex)
    call.place.earlier.add(_ALL, known)
    if regex is not None and len(call.place.earlier.like(_EXPRESSIONS, None)) < MOST_PATTERNS:
        call.place.earlier.add(_EXPRESSIONS, known)
    return Aliases((Alias(call.words[0].text, True, call.words[1].text, call.span),))


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
    return [*found, *(one for one in matching if one.regex and searches(one.regex, as_bytes(text)))]


# --- Redirect -------------------------------------------------------------------------------------

_WORDS: Final = {"gone": 410, "permanent": 301, "temp": 302, "seeother": 303}
_URL: Final = re.compile(r"[A-Za-z0-9+.-]+:")


def _status(word: str) -> int | None:
    """The status that a first word names; None if it is not one."""
    return atoi(word) if word[:1].isdigit() else _WORDS.get(lower(word))


def _read_redirect(call: Call) -> Redirects:
    words: list[str | None] = [word.text for word in call.words]
    words += [None] * (3 - len(words))
    first, second, third = words
    if call.name == "RedirectMatch":
        third = words[2]
    named = _status(first or "")
    if third is not None and named is None:
        raise call.error("Redirect: invalid first argument (of three)", 0)
    status = named if named is not None else _OF_NAME.get(call.name, 302)
    is_redirection = 300 <= status <= 399
    path, target = (second, third) if named is not None else (first, second)
    of_section = call.place.path is not None and target is None
    if of_section and is_redirection and path is not None and len(call.words) < 3:
        url = _read_target(call, path, 1 if named is not None else 0)
        return Redirects(own=Redirect(None, False, status, url, call.span))
    if of_section and not is_redirection and path is None:
        return Redirects(own=Redirect(None, False, status, "", call.span))
    if call.name == "RedirectMatch":
        pattern(call, path or "", None, _BAD_REGEX)
    if is_redirection:
        if target is None:
            raise call.error("URL to redirect to is missing")
        if call.name != "RedirectMatch" and not target.startswith("/") and not _URL.match(target):
            raise call.error("Redirect to non-URL", len(call.words) - 1)
    elif target is not None:
        raise call.error("Redirect URL not valid for this status", len(call.words) - 1)
    is_regex = call.name == "RedirectMatch"
    return Redirects((Redirect(path or "", is_regex, status, target or "", call.span),))


_OF_NAME: Final = {"RedirectTemp": 302, "RedirectPermanent": 301}


def _read_target(call: Call, target: str, index: int) -> "str | Word":
    shown = target.replace("{", "{{").replace("}", "}}")
    message = f"Cannot parse redirect expression '{shown}': {{}}"
    return text_tree(call, target, index, message)


# --- rows -----------------------------------------------------------------------------------------

_FILES: Final = different("no files are served: what would come from there is answered with 404")
_SCRIPTS: Final = different("scripts are not run: what one would answer is answered with 404")
_REDIRECT: Final = Standing(Class.SAME, answers=True)


ALIAS: Final = directive(
    "Alias",
    Takes(Arity.ONE_OR_TWO, _read_alias),
    contexts=SERVERS | DIRECTORY,
    default=Aliases(),
    combine=_combine,
    combine_in_section=_combine,
    merge=_merge,
    standing=_FILES,
    doc="Files or a directory outside of DocumentRoot, for a URL path.",
)
REDIRECT: Final = directive(
    "Redirect",
    Takes(Arity.ONE_TO_THREE, _read_redirect),
    contexts=EVERYWHERE,
    default=Redirects(),
    combine=_combine,
    combine_in_section=_combine,
    merge=_merge,
    standing=_REDIRECT,
    doc="Sends clients elsewhere, or a status without that.",
)
REDIRECT_RELATIVE: Final = directive(
    "RedirectRelative",
    FLAG,
    contexts=EVERYWHERE,
    default=False,
    doc="Whether a redirect may be sent without scheme and host.",
)


def _alias(name: str, takes: Takes[Aliases], standing: Standing, doc: str) -> Directive[Aliases]:
    contexts = SERVERS | DIRECTORY if takes.arity is Arity.ONE_OR_TWO else SERVERS
    return directive(
        name,
        takes,
        contexts=contexts,
        into=ALIAS,
        combine=_combine,
        combine_in_section=_combine,
        standing=standing,
        doc=doc,
    )


def _redirect(name: str, arity: Arity, doc: str) -> Directive[Redirects]:
    return directive(
        name,
        Takes(arity, _read_redirect),
        contexts=EVERYWHERE,
        into=REDIRECT,
        combine=_combine,
        combine_in_section=_combine,
        standing=_REDIRECT,
        doc=doc,
    )


_ALIAS: Final = Takes(Arity.ONE_OR_TWO, _read_alias)
_MATCH: Final = Takes(Arity.TWO, _read_alias_match)

ROWS: Final = (
    ALIAS,
    _alias("ScriptAlias", _ALIAS, _SCRIPTS, "A directory of scripts to run, for a URL path."),
    _alias("AliasMatch", _MATCH, _FILES, "Files for the URL paths that an expression matches."),
    _alias("ScriptAliasMatch", _MATCH, _SCRIPTS, "Scripts for what an expression matches."),
    REDIRECT,
    _redirect("RedirectMatch", Arity.TWO_OR_THREE, "The same for what an expression matches."),
    _redirect("RedirectTemp", Arity.TWO, "Sends clients elsewhere for now (302)."),
    _redirect("RedirectPermanent", Arity.TWO, "Sends clients elsewhere for good (301)."),
    REDIRECT_RELATIVE,
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
