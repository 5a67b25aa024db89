"""What mod_rewrite does with URLs: is it absolute, where does its query begin, how is it escaped.

Comes in: latin-1 texts of bytes. Goes out: the same. Pure. Rules: mod_rewrite's documentation; the
schemes, and what each of them allows, as observed with 2.4.71.
"""

import re
from typing import Final

from httpdlite.conf.directives.rewriting import Flags
from httpdlite.routes.expressions.functions import escape
from httpdlite.routes.pattern import as_bytes_text

_WITH_QUERY: Final = (
    "ajp:// balancer:// fcgi:// http:// https:// h2:// h2c:// mailto: scgi:// ws:// wss:// unix:"
)
_WITHOUT_QUERY: Final = "ftp:// gopher:// ldap:// news: nntp://"
_SCHEMES: Final = {
    **dict.fromkeys(_WITH_QUERY.split(), True),
    **dict.fromkeys(_WITHOUT_QUERY.split(), False),
}
_ABSOLUTE: Final = re.compile("|".join(sorted(_SCHEMES, key=len, reverse=True)), re.IGNORECASE)
_SHORTEST: Final = 6


def scheme_length(url: str) -> int:
    """How much of an absolute URL is its scheme, with what follows it; 0 if it is none."""
    if url[:1] == "/" or len(url) < _SHORTEST:
        return 0
    found = _ABSOLUTE.match(url)
    return found.end() if found is not None else 0


def has_query(url: str) -> bool:
    """May it have a query? What is not absolute may."""
    if url[:1] == "/" or len(url) < _SHORTEST:
        return True
    found = _ABSOLUTE.match(url)
    return found is None or _SCHEMES[found[0].lower()]


def escape_absolute(url: str, scheme: int) -> str:
    """Its path escaped; of one of LDAP the five parts between question marks."""
    begin = scheme
    if url[scheme - 1] == "/":
        slash = url.find("/", scheme)
        if slash < 0 or slash + 1 == len(url):
            return url
        begin = slash + 1
        if url[:4].lower() == "ldap":
            parts = url[begin:].split("?", _LDAP_PARTS - 1)
            return url[:begin] + "?".join(map(escape, parts))
    return url[:begin] + escape(url[begin:])


_LDAP_PARTS: Final = 5


def replace_prefix(text: str, prefix: str, by: str) -> str | None:
    """The text with a prefix of directories replaced, which ends at a slash; None if it has not."""
    length = len(prefix) - prefix.endswith("/")
    if text[:length] != prefix[:length] or text[length : length + 1] != "/":
        return None
    slash = "" if by.endswith("/") or not by else "/"
    return f"{by}{slash}{text[length + 1 :]}"


def below(root: str, path: str) -> str | None:
    """The file that a path means; None if it goes above the root."""
    kept: list[str] = []
    names = path.split("/")
    for name in names:
        if name == "..":
            if not kept:
                return None
            kept.pop()
        elif name not in {"", "."}:
            kept.append(name)
    closed = "/" if kept and names[-1] in {"", ".", ".."} else ""
    return f"{root.rstrip('/')}/{'/'.join(kept)}{closed}"


_WORD: Final = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_")
_CONTROLS: Final = frozenset((*range(33), 127))


def escapes_of(flags: Flags) -> dict[int, str] | None:
    """What the B flags make of the characters of a group, for ``str.translate``; None: nothing."""
    if not flags.escapes:
        return None
    if flags.escaped is not None:
        chosen = set(as_bytes_text(flags.escaped).encode("latin-1"))
        if flags.escapes_controls:
            chosen |= _CONTROLS
    elif flags.escapes_controls:
        chosen = set(_CONTROLS)
    else:
        chosen = set(range(256)) - _WORD
    chosen -= set(as_bytes_text(flags.not_escaped).encode("latin-1"))
    table = {code: f"%{code:02x}" for code in chosen}
    if ord(" ") in table and not flags.no_plus:
        table[ord(" ")] = "+"
    return table
