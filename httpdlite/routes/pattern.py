"""Paths against the configuration's words: Location sections, ProxyPass and ProxyPassMatch. Pure.

In: the argument of a section or a rule, once; then decoded paths (latin-1, see paths.py). Out:
whether a section covers a path; what a rule makes of it. Hides prefixes, globs and regular
expressions behind one interface each, compiled, since every request asks all of them.

1. `<Location /a>`: the path itself or what follows at a slash; `/a/` needs that slash. With `?`,
   `*` or `[...]` the whole path must fit, and none of them matches a slash. Runs of slashes in
   the path count as one whatever MergeSlashes says, but not for LocationMatch (httpd:
   ap_location_walk, apr_fnmatch with APR_FNM_PATHNAME).
2. ProxyPass: a prefix that ends at a slash or at the end; a run of slashes equals any other run of
   slashes (alias_match). The remainder is appended to the target as it is.
3. ProxyPassMatch, `ProxyPass ~`: searched, not anchored. `$0` to `$9` in the target are the groups,
   a backslash makes the next character an ordinary one; if all that changes nothing, the path is
   appended (ap_pregsub; its limit is in `filling`). ProxyPass in any section takes the section's
   argument as a prefix, unless it has glob characters: then as a regular expression, so
   `<LocationMatch ^/a>` with a ProxyPass proxies nothing and `<LocationMatch ^/a.*>` does.
4. Patterns and targets are compared as bytes: what is not ASCII becomes latin-1 of its bytes here.
   An expression whose search is given up does not match.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from httpdlite.diagnostics import ENCODING
from httpdlite.routes.filling import replaced
from httpdlite.routes.regex import Found, Search, compile_regex, searcher

_NEVER: Final = re.compile(r"(?!)")
_REFERENCE: Final = re.compile(r"\\(?P<literal>.)|\$(?P<group>[0-9])", re.DOTALL)


@dataclass(frozen=True, slots=True)
class LocationMatcher:
    """A compiled Location or LocationMatch argument."""

    matches: Callable[[str], Found | None]
    """Given a path: not None if the section covers it; the match of a regular expression."""


class PrefixMatch(NamedTuple):
    """ProxyPass has matched: the first `length` characters of `path` are replaced."""

    path: str
    length: int

    def url(self, target: str) -> str:
        """The worker's URL: target and remainder, no slash added or removed."""
        return as_bytes_text(target) + self.path[self.length :]


class ServletMatch(NamedTuple):
    """ProxyPass with mapping=servlet has matched."""

    path: str
    length: int
    plain: str
    """The path without `;parameters`, which sections are matched against."""

    def url(self, target: str) -> str:
        """The worker's URL: target and remainder, parameters included."""
        return as_bytes_text(target) + self.path[self.length :]


class RegexMatch(NamedTuple):
    """A regular expression has matched."""

    found: Found

    @property
    def length(self) -> int:
        """0: a regular expression replaces the path as a whole."""
        return 0

    def url(self, target: str) -> str:
        """The worker's URL: the target with its references filled in."""
        url = expand(parse_substitution(target), self.found)
        return url + self.found.string if url == as_bytes_text(target) else url


@dataclass(frozen=True, slots=True)
class PathMatcher:
    """A compiled rule. `match` gives what the rule makes of a path, None if it does not apply."""

    match: Callable[[str], PrefixMatch | ServletMatch | RegexMatch | None]


def compile_location(argument: str, *, is_regex: bool) -> LocationMatcher:
    """Compile a section's argument; `is_regex` for LocationMatch and `<Location ~ ...>`."""
    text = as_bytes_text(argument)
    if is_regex:
        return LocationMatcher(searcher(compile_regex(text)))
    if "//" in text:
        return LocationMatcher(_NEVER.match)
    if has_wildcards(text):
        return LocationMatcher(re.compile(_glob(text), re.DOTALL).fullmatch)
    return LocationMatcher(_prefix(text).match)


def compile_rule(path: str, *, is_regex: bool, in_section: bool = False) -> PathMatcher:
    """Compile the path of a rule, or of the section it stands in (`in_section`).

    `is_regex` is the rule's own: ProxyPassMatch, or ProxyPass with `~`. Which kind of section it
    stands in does not matter.
    """
    text = as_bytes_text(path)
    if is_regex or (in_section and has_wildcards(text)):
        return PathMatcher(_regex_rule(searcher(compile_regex(text))))
    return PathMatcher(_prefix_rule(_prefix(text) if text.startswith("/") else _NEVER))


def compile_servlet_rule(path: str) -> PathMatcher:
    """Compile the path of a rule with mapping=servlet. It is matched against an encoded path,
    segment by segment, as servlet containers do: what follows a `;` in a segment does not count,
    nor do segments without a name; `..` is resolved after that. The remainder keeps its parameters.
    """
    segments = [segment for segment in as_bytes_text(path).split("/") if segment]
    closed = path.endswith("/")

    def apply(path: str) -> ServletMatch | None:
        return _match_servlet(path, segments, closed=closed)

    return PathMatcher(apply)


def compile_proxy_section(argument: str, *, is_regex: bool) -> LocationMatcher:
    """Compile the argument of a <Proxy> or <ProxyMatch>: the beginning of a worker's final URL as
    it is written, a glob for all of it (`*` takes slashes, too), or a regular expression.
    """
    text = as_bytes_text(argument)
    if is_regex:
        return LocationMatcher(searcher(compile_regex(text)))
    if has_wildcards(text):
        return LocationMatcher(re.compile(_joined(text, _url_item), re.DOTALL).fullmatch)
    return LocationMatcher(re.compile(re.escape(text)).match)


def has_wildcards(text: str) -> bool:
    r"""Is it a glob? `?`, `*` or a bracket pair, none behind a backslash (apr_fnmatch_test)."""
    bare = re.sub(r"\\.", "", text, flags=re.DOTALL)
    return "?" in bare or "*" in bare or re.search(r"\[.*\]", bare, re.DOTALL) is not None


def as_bytes_text(text: str) -> str:
    """A configuration's text with one character per byte, as paths are."""
    return text if text.isascii() else text.encode(*ENCODING).decode("latin-1")


def expand(parts: tuple[str, ...], found: Found) -> str:
    """Literal texts and group numbers in turn, filled in; a group that took no part is empty.
    Raises TooLong.
    """
    filled = list(parts)
    for index in range(1, len(parts), 2):
        try:
            filled[index] = found.group(int(parts[index])) or ""
        except IndexError:
            filled[index] = ""
    return replaced(filled)


@lru_cache(1024)
def parse_substitution(target: str) -> tuple[str, ...]:
    """The same of a configuration's text."""
    return parse_template(as_bytes_text(target))


@lru_cache(1024)
def parse_template(text: str) -> tuple[str, ...]:
    """Texts at the even places, the numbers of groups between them; of a text of latin-1."""
    parts = [""]
    end = 0
    for match in _REFERENCE.finditer(text):
        parts[-1] += text[end : match.start()] + (match["literal"] or "")
        end = match.end()
        if match["group"]:
            parts += [match["group"], ""]
    parts[-1] += text[end:]
    return tuple(parts)


def _prefix_rule(pattern: re.Pattern[str]) -> Callable[[str], PrefixMatch | None]:
    match = pattern.match

    def apply(path: str) -> PrefixMatch | None:
        found = match(path)
        return PrefixMatch(path, found.end()) if found is not None else None

    return apply


def _regex_rule(search: Search) -> Callable[[str], RegexMatch | None]:
    def apply(path: str) -> RegexMatch | None:
        found = search(path)
        return RegexMatch(found) if found is not None else None

    return apply


def match_prefix(path: str) -> Callable[[str], re.Match[str] | None]:
    """The beginning of a path that a prefix covers (alias_matches, rule 2)."""
    return _prefix(path).match


def _prefix(path: str) -> re.Pattern[str]:
    pattern = "/++".join(map(re.escape, re.split("/+", path)))
    return re.compile(pattern if path.endswith("/") else pattern + r"(?=/|\Z)")


_GLOB: Final = re.compile(
    r"\\(?P<escaped>.)|(?P<any>\*+)|(?P<one>\?)"
    r"|\[(?P<negated>[!^]?)(?P<set>\]?(?:\\.|[^\]\\/])*)\]|(?P<other>.)",
    re.DOTALL,
)


def _glob(text: str) -> str:
    """A glob as a regular expression for a whole path, in which slashes may be repeated."""
    return _joined(text, _glob_item)


def _joined(text: str, say: Callable[[re.Match[str]], str]) -> str:
    """The items as one expression. A star that another one follows, before the next slash if that
    ends its segment, takes as little as it can and never reconsiders: what stands between has a
    fixed length, so that is enough, and many stars cost no more than one (apr_fnmatch).
    """
    done: list[str] = []
    star, fixed = "", list[str]()
    for item in _GLOB.finditer(text):
        piece = say(item)
        if item["any"]:
            done += ["(?>", star, "?", *fixed, ")"] if star else fixed
            star, fixed = piece, []
        elif piece == _SLASHES:
            done += [star, *fixed, piece]
            star, fixed = "", []
        else:
            fixed.append(piece)
    return "".join([*done, star, *fixed])


def _glob_item(item: re.Match[str]) -> str:
    if item["any"]:
        return "[^/]*"
    if item["one"]:
        return "[^/]"
    if item["set"]:
        members = _set(item["set"])
        if item["negated"]:
            return f"[^/{members}]"
        return f"(?!/)[{members}]" if members else "(?!)"
    literal = item["escaped"] or item["other"] or item[0]
    return _SLASHES if literal == "/" else re.escape(literal)


_SLASHES: Final = "/++"


def _url_item(item: re.Match[str]) -> str:
    """The same where a slash is a character like others."""
    if item["any"]:
        return ".*"
    if item["one"]:
        return "."
    if item["set"]:
        members = _set(item["set"])
        return f"[{'^' if item['negated'] else ''}{members}]" if members else "(?!)"
    return re.escape(item["escaped"] or item["other"] or item[0])


def _match_servlet(path: str, segments: list[str], *, closed: bool) -> ServletMatch | None:
    if not path.startswith("/"):
        return None
    found = _servlet_segments(path)
    if found is None:
        return None
    plain, ends_open = found
    names = [name for name, _, _ in plain]
    count = len(segments)
    if names[:count] != segments or (closed and count == len(names) and not ends_open):
        return None
    normal = "/" + "/".join(names) + ("/" if ends_open and names else "")
    if count == len(names):
        end = len(path)
        return ServletMatch(path, end - (not closed and path.endswith("/")), normal)
    _, begin, _ = plain[count]
    if count and not closed:
        parameters = plain[count - 1][2]
        if parameters:
            return ServletMatch(path, parameters, normal)
    return ServletMatch(path, begin if closed else begin - 1, normal)


def _servlet_segments(path: str) -> tuple[list[tuple[str, int, int]], bool] | None:
    """Name, beginning (with nameless segments before it) and place of the parameters (0: none) of
    each segment that counts; and: does the path end in a slash? None for `..` above the root.
    """
    kept: list[tuple[str, int, int]] = []
    begin: int | None = None  # of the nameless segments that go before the next one
    at, ends_open = 1, True
    for segment in path[1:].split("/"):
        name, semicolon, _ = segment.partition(";")
        is_last = at + len(segment) == len(path)
        ends_open = is_last and name in ("", ".", "..")
        if name == "..":
            if not kept:
                return None
            kept.pop()
            begin = None
        elif name not in ("", "."):
            start = at if begin is None else begin
            kept.append((name, start, at + len(name) if semicolon else 0))
            begin = None
        elif semicolon and begin is None:
            begin = at
        at += len(segment) + 1
    return kept, ends_open


def _set(members: str) -> str:
    """The members of a bracket expression; ranges stay ranges, everything else is itself."""
    found = re.finditer(r"\\?(?P<low>.)(?:-\\?(?P<high>.))?", members, re.DOTALL)
    ranges = ((m["low"], m["high"] or m["low"]) for m in found)
    return "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
