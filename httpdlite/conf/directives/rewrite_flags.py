"""The flags of RewriteRule and RewriteCond: cut out of their brackets, judged, and read.

In: the last word of a line. Out: names and values, httpd's message for what it does not take, the
``Flags`` of a rule. Rules: mod_rewrite's documentation; wordings and leniencies as observed with
2.4.71.

1. Flags are one word. An unknown one is named as httpd's scanner leaves it, which for an empty one
   after blanks is the rest of the list.
2. A number behind a flag is not checked, save that of R.
3. A flag of a rule that begins with a D passes, whatever follows; only D, DPI and discardpath do
   something.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from httpdlite.conf.call import Call, ConfigError, Word
from httpdlite.conf.directives.rewriting import MOST_ROUNDS, NO_FLAGS, Flags
from httpdlite.conf.numbers import atoi
from httpdlite.conf.spelling import lower

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
REDIRECTS: Final = range(300, 400)
"""Those that httpd takes for a redirect."""

BLANKS: Final = " \t\n\v\f\r"

Named = tuple[tuple[str, str], ...]
"""Names, in lower case, and values."""


def split_flags(text: str) -> Iterator[tuple[str, str]] | None:
    """The names and values in `[name=value,name]`; None if the brackets are wrong."""
    if len(text) < 2 or text[0] != "[" or text[-1] != "]":
        return None
    return _flags(text[1:-1] + ",")


def _flags(rest: str) -> Iterator[tuple[str, str]]:
    while rest:
        begin = rest.lstrip(BLANKS)
        flag, _, following = begin.partition(",")
        if not flag and begin is not rest and begin != rest:
            flag = begin  # httpd ends the word before its beginning: the rest is the name
        name, _, value = flag.partition("=") if "=" in flag else (flag.rstrip(BLANKS), "", "")
        yield name, value.rstrip(BLANKS)
        rest = following


def check_flags(call: Call, word: Word, known: frozenset[str]) -> Named:
    """The flags of a word. Raises ConfigError with httpd's message."""
    flags = split_flags(word.text)
    if flags is None:
        raise ConfigError(f"{call.name}: bad flag delimiters", word.span)
    found = []
    for name, value in flags:
        key = lower(name)
        message = _judge(name, key, value, known)
        if message is not None:
            raise ConfigError(f"{call.name}: {message}", word.span)
        found.append((key, value))
    return tuple(found)


def _judge(name: str, key: str, value: str, known: frozenset[str]) -> str | None:
    if key not in known and not (known is RULE_FLAGS and key.startswith("d")):  # rule 3
        return f"unknown flag '{name}'"
    if key == "bne" and not value:
        return f"flag '{name}' wants a list of characters (i.e. [BNE=...])"
    if key in {"r", "redirect"} and value[:1].isdigit() and atoi(value) not in STATUSES:
        return f"invalid HTTP response code '{value}' for flag 'R'"
    return None


# --- what they mean -------------------------------------------------------------------------------


def read_flags(named: Named) -> Flags:
    """The flags of a rule; of those given again the last one counts, or all."""
    found: dict[str, Any] = {}
    for key, value in named:
        read = _READ.get(key)
        if read is not None:
            read(found, value)
    return replace(NO_FLAGS, **found) if found else NO_FLAGS


_Read = Callable[[dict[str, Any], str], None]


def _on(name: str) -> _Read:
    def read(found: dict[str, Any], _: str) -> None:
        found[name] = True

    return read


def _text(name: str) -> _Read:
    def read(found: dict[str, Any], value: str) -> None:
        found[name] = value

    return read


def _listed(name: str) -> _Read:
    def read(found: dict[str, Any], value: str) -> None:
        found[name] = (*found.get(name, ()), value)

    return read


def _only_status(status: int) -> _Read:
    def read(found: dict[str, Any], _: str) -> None:
        found.update(status=status, only_status=True)

    return read


def _escape(found: dict[str, Any], value: str) -> None:
    found["escapes"] = True
    if value:
        found["escaped"] = value


def _escape_controls(found: dict[str, Any], _: str) -> None:
    found.update(escapes=True, escapes_controls=True)


def _next(found: dict[str, Any], value: str) -> None:
    found["rounds"] = atoi(value) if value else found.get("rounds", MOST_ROUNDS)


_WORDS: Final = {"permanent": 301, "temp": 302, "seeother": 303}


def _redirect(found: dict[str, Any], value: str) -> None:
    found["redirect"] = True
    if not value:
        return
    status = _WORDS.get(lower(value), 0)
    if value[0].isdigit():
        status = atoi(value)
        if status not in REDIRECTS:
            found["only_status"] = True
    found["status"] = status


def _skip(found: dict[str, Any], value: str) -> None:
    found["skip"] = atoi(value)


_BY_NAMES: Final[dict[str, _Read]] = {
    "b backrefescaping": _escape,
    "bnp backrefernoplus": _on("no_plus"),
    "bne": _text("not_escaped"),
    "bctls": _escape_controls,
    "c chain": _on("chain"),
    "co cookie": _listed("cookies"),
    "d dpi discardpath": _on("discard_path_info"),
    "e env": _listed("variables"),
    "end": _on("end"),
    "f forbidden": _only_status(403),
    "g gone": _only_status(410),
    "h handler": _text("handler"),
    "l last": _on("last"),
    "n next": _next,
    "nc nocase": _on("ignore_case"),
    "ne noescape": _on("no_escape"),
    "ns nosubreq": _on("no_subrequest"),
    "p proxy": _on("proxy"),
    "pt passthrough": _on("pass_through"),
    "qsa qsappend": _on("query_append"),
    "qsd qsdiscard": _on("query_discard"),
    "qsl qslast": _on("query_last"),
    "r redirect": _redirect,
    "s skip": _skip,
    "t type": _text("type"),
    "unsafeallow3f": _on("unsafe_allow_3f"),
    "unsafeprefixstat": _on("unsafe_prefix_stat"),
}
_READ: Final = {name: read for names, read in _BY_NAMES.items() for name in names.split()}
"""UNC is about paths of Windows."""
