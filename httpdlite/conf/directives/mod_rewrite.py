"""mod_rewrite.c: rules and conditions, judged as httpd does; none of them is carried out yet.

In: the words of one directive. Out: httpd's message for what it does not take. Hides the flags and
how httpd cuts them out of [ ], the kinds of conditions, the sources of maps. Rules: mod_rewrite's
documentation; wordings, order and leniencies as observed with 2.4.71.

1. Flags are one word. An unknown one is named as httpd's scanner leaves it, which for an empty one
   after blanks is the rest of the list.
2. A number behind a flag is not checked, save that of R.
3. Words are mod_rewrite's own: a backslash before a blank keeps the word together and stays, one
   before a quote does nothing; what follows a closing quote is the next word.
4. A flag of a rule that begins with a D passes, whatever follows.
"""

import re
from collections.abc import Iterator
from typing import Final

from httpdlite.conf.call import EVERYWHERE, SERVERS, Call, ConfigError, Word
from httpdlite.conf.files import absolute
from httpdlite.conf.numbers import atoi
from httpdlite.conf.rows import Arity, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import later, moot
from httpdlite.conf.values import expression, log, pattern

MODULE: Final = judged_module("rewrite")

_INSTEAD: Final = (
    "Where a rule sends requests to a worker ([P]), use ProxyPass or ProxyPassMatch, with "
    "upgrade=websocket for a WebSocket; leave redirects and the like to the worker."
)

RULE_FLAGS: Final = frozenset(
    "b backrefescaping bnp backrefernoplus bne bctls c chain co cookie d dpi discardpath e env end "
    "f forbidden g gone h handler l last n next nc nocase ne noescape ns nosubreq p proxy pt "
    "passthrough qsa qsappend qsd qsdiscard qsl qslast r redirect s skip t type "
    "unc unsafeallow3f unsafeprefixstat".split()
)
CONDITION_FLAGS: Final = frozenset("nc nocase or ornext nv novary".split())
STATUSES: Final = frozenset(
    {*range(100, 104), *range(200, 209), 226, *range(300, 306), 307, 308, *range(400, 418)}
    | {421, 422, 423, 424, 426, 428, 429, 431, 451, *range(500, 509), 510, 511}
)
"""The statuses httpd has a text for: R=… takes no other number."""

_OPTIONS: Final = frozenset(
    "inherit inheritbefore inheritdown inheritdownbefore ignoreinherit allownoslash allowanyuri "
    "mergebase ignorecontextinfo legacyprefixdocroot unsafeprefixstat".split()
)
_BLANKS: Final = " \t\n\v\f\r"


# --- flags ----------------------------------------------------------------------------------------


def split_flags(text: str) -> Iterator[tuple[str, str]] | None:
    """The names and values in `[name=value,name]`; None if the brackets are wrong."""
    if len(text) < 2 or text[0] != "[" or text[-1] != "]":
        return None
    return _flags(text[1:-1] + ",")


def _flags(rest: str) -> Iterator[tuple[str, str]]:
    while rest:
        begin = rest.lstrip(_BLANKS)
        flag, _, following = begin.partition(",")
        if not flag and begin is not rest and begin != rest:
            flag = begin  # httpd ends the word before its beginning: the rest is the name
        name, _, value = flag.partition("=") if "=" in flag else (flag.rstrip(_BLANKS), "", "")
        yield name, value.rstrip(_BLANKS)
        rest = following


def _check_flags(call: Call, word: Word, known: frozenset[str]) -> list[str]:
    """The names of the flags, in lower case."""
    flags = split_flags(word.text)
    if flags is None:
        raise _error(call, "bad flag delimiters", word)
    names = []
    for name, value in flags:
        key = lower(name)
        if key not in known and not (known is RULE_FLAGS and key.startswith("d")):  # rule 4
            raise _error(call, f"unknown flag '{name}'", word)
        if key == "bne" and not value:
            raise _error(call, f"flag '{name}' wants a list of characters (i.e. [BNE=...])", word)
        if key in {"r", "redirect"} and value[:1].isdigit() and atoi(value) not in STATUSES:
            raise _error(call, f"invalid HTTP response code '{value}' for flag 'R'", word)
        names.append(key)
    return names


def _error(call: Call, message: str, word: Word | None = None) -> ConfigError:
    return ConfigError(f"{call.name}: {message}", word.span if word else call.span)


# --- rules and conditions -------------------------------------------------------------------------

_BARE: Final = re.compile(r"(?:\\[ \t\n\v\f\r]|[^ \t\n\v\f\r])*")


def rewrite_words(call: Call) -> tuple[Word, ...]:
    """The words of a rule or condition, three at most, cut as mod_rewrite does it (rule 3)."""
    raw, words, at = call.raw.text, list[Word](), 0
    while len(words) < 3:
        at += len(raw[at:]) - len(raw[at:].lstrip(_BLANKS))
        if len(words) == 2 and at == len(raw):
            break
        start, end = _extent(raw, at)
        words.append(Word(raw[start:end], call.line, call.raw.start + start, call.raw.start + end))
        if end == len(raw):
            break
        at = end + 1
    return tuple(words)


def _extent(raw: str, at: int) -> tuple[int, int]:
    if raw[at : at + 1] in {'"', "'"}:
        end = raw.find(raw[at], at + 1)
        return at + 1, end if end >= 0 else len(raw)
    found = _BARE.match(raw, at)
    assert found is not None
    return found.span()


def _check_rule(call: Call) -> None:
    words = rewrite_words(call)
    if len(words) < 2:
        raise _error(call, f"bad argument line '{call.raw.text}'")
    if len(words) > 2:
        _check_flags(call, words[2], RULE_FLAGS)
    _check_pattern(call, words[0].text.removeprefix("!"))


def _check_pattern(call: Call, text: str) -> None:
    pattern(call, text, None, f"{call.name}: cannot compile regular expression '{text}'")


_FILE_TEST: Final = re.compile(r"-[dfslLhxFU]")
_COMPARED: Final = re.compile(r"-(?:eq|ne|lt|le|gt|ge)(?=.)", re.DOTALL)


def _check_condition(call: Call) -> None:
    words = rewrite_words(call)
    if len(words) < 2:
        raise _error(call, f"bad argument line '{call.raw.text}'")
    flags = _check_flags(call, words[2], CONDITION_FLAGS) if len(words) > 2 else []
    ignores_case = "nc" in flags or "nocase" in flags
    text = words[1].text
    if lower(words[0].text) == "expr":
        shown = text.replace("{", "{{").replace("}", "}}")
        expression(call, text, None, f'{call.name}: cannot compile expression "{shown}" {{}}')
    else:
        text = text.removeprefix("!")
        compared = _COMPARED.match(text)
        if compared:
            text = text[compared.end() :]
        elif text[:1] in {"=", "<", ">"}:
            return
        elif not _FILE_TEST.fullmatch(text):
            _check_pattern(call, text)
            return
    if ignores_case:
        _warn_of_case(call, text)


def _warn_of_case(call: Call, text: str) -> None:
    place = f"{call.span.apache_file}:{call.span.apache_line}"
    message = (
        f"AH00665: RewriteCond: NoCase option for non-regex pattern '{text}' is not supported "
        f"and will be ignored. ({place})"
    )
    log(call, "rewrite", message, code="rewrite-condition-case")


# --- maps and options -----------------------------------------------------------------------------

_INTERNAL: Final = frozenset({"tolower", "toupper", "escape", "unescape"})
_DBM_ENDINGS: Final = {"default": "", "db": "", "gdbm": "", "sdbm": ".dir"}


def _check_map(call: Call) -> None:
    source = call.words[1].text
    kind, colon, rest = source.partition(":")
    kind = lower(kind) if colon else ""
    if lower(source).startswith("dbm"):
        _check_dbm(call, source)
    elif kind in {"txt", "rnd"}:
        _check_file(call, rest)
    elif kind == "prg":
        words = _program_words(rest)
        _check_file(call, words[0] if words else "")
    elif kind == "int":
        if rest not in _INTERNAL:
            raise call.error(f"RewriteMap: internal map not found:{rest}", 1)
    elif kind in {"dbd", "fastdbd"}:
        if call.place.find_module("dbd_module") is None:
            message = "RewriteMap types dbd and fastdbd require mod_dbd!"
            raise call.error(message, 1, hint="LoadModule dbd_module modules/mod_dbd.so")
    else:
        _check_file(call, source)


def _check_dbm(call: Call, source: str) -> None:
    kind, colon, path = source[3:].partition(":")
    if not colon or (kind and not kind.startswith("=")):
        raise call.error(f"RewriteMap: bad map:{source}", 1)
    name = lower(kind[1:]) if kind else "default"
    if name not in _DBM_ENDINGS:
        raise call.error(f"RewriteMap: dbm type {kind[1:]} is invalid", 1)
    _check_file(call, path, ending=_DBM_ENDINGS[name])


def _check_file(call: Call, text: str, *, ending: str = "") -> None:
    """Something must be there, a directory or a device will do."""
    root = call.place.server_root
    path = (absolute(root, text) if text else f"{root}/") + ending
    if call.place.files.kind(path) is None:
        name = call.words[0].text
        raise call.error(f"RewriteMap: file for map {name} not found:{path}", 1)


def _program_words(text: str) -> list[str]:
    """A command line as APR splits it: quotes and backslashes protect."""
    found = re.findall(r"""(?:"[^"]*"?|'[^']*'?|\\.|[^\s"'])+""", text, re.DOTALL)
    return [re.sub(r"""["']|\\(.)""", r"\1", word, flags=re.DOTALL) for word in found]


def _check_options(call: Call) -> None:
    for index, word in enumerate(call.words):
        option = lower(word.text)
        if option.startswith("maxredirects="):
            message = (
                "AH00664: RewriteOptions: MaxRedirects option has been removed in favor of the "
                "global LimitInternalRecursion directive and will be ignored."
            )
            log(call, "rewrite", message, code="rewrite-max-redirects")
        elif option not in _OPTIONS:
            raise call.error(f"RewriteOptions: unknown option '{word.text}'", index)


def _check_base(call: Call) -> None:
    if call.place.path is None:
        raise call.error("RewriteBase: only valid in per-directory config files", 0)
    if not call.words[0].text.startswith("/"):
        raise call.error("RewriteBase: argument is not a valid URL", 0)


# --- rows -----------------------------------------------------------------------------------------

_LATER: Final = later(_INSTEAD, protects=True, answers=True)
_WITH_RULES: Final = moot("it only matters together with a RewriteRule, which is refused itself")

ROWS: Final = (
    judged(
        "RewriteEngine",
        Arity.FLAG,
        EVERYWHERE,
        _WITH_RULES,
        "Whether the rules of this place are carried out.",
        usual="Off",
    ),
    judged(
        "RewriteOptions",
        Arity.EACH,
        EVERYWHERE,
        _WITH_RULES,
        "How rules are inherited and what they are tried on.",
        check=_check_options,
    ),
    judged(
        "RewriteBase",
        Arity.ONE,
        EVERYWHERE,
        _WITH_RULES,
        "The URL path that relative targets in a section begin with.",
        check=_check_base,
    ),
    judged(
        "RewriteCond",
        Arity.RAW,
        EVERYWHERE,
        _WITH_RULES,
        "A condition of the rule that follows.",
        check=_check_condition,
    ),
    judged(
        "RewriteRule",
        Arity.RAW,
        EVERYWHERE,
        _LATER,
        "An expression for URL paths, and what becomes of those it matches.",
        check=_check_rule,
    ),
    judged(
        "RewriteMap",
        Arity.TWO_OR_THREE,
        SERVERS,
        _WITH_RULES,
        "A table or program that rules look things up in.",
        check=_check_map,
    ),
)

MODULES: Final = ((MODULE, ROWS),)
