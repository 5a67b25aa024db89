"""Redirect and Alias: URLs that are elsewhere, and where files are. Pure.

Comes in: the lines of a server, or of the sections that cover a request; then the request. Goes
out: a refusal with a Location, or the name of a file. Source: mod_alias; as observed with 2.4.71:

1. Of a server: Redirect in the order of the file, then the Alias of a section, then the server's.
2. Of sections, late: what the section itself is redirected to, then its lines with a path.
3. The request's query goes on, unless the target has one.
4. What follows a prefix is escaped; of an expression's result the path is.
5. A regular expression's result of 64 KiB is a 500 (AH00672).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from httpdlite.conf.directives import mod_alias
from httpdlite.conf.directives.mod_alias import Alias, Aliases, Redirect, Redirects
from httpdlite.conf.scope import Scope
from httpdlite.routes.conditionals import outside
from httpdlite.routes.expressions import EvaluationError, compile_text
from httpdlite.routes.filling import TooLong
from httpdlite.routes.pattern import as_bytes_text, expand, match_prefix, parse_substitution
from httpdlite.routes.regex import compile_regex, searcher
from httpdlite.routes.request import Request, Verdict
from httpdlite.routes.route import Refusal
from httpdlite.routes.selfname import self_authority

Target = Callable[[Request], str | None]
"""What a line makes of a request; None if it is not for it. May raise EvaluationError."""


_PLAIN: Final = re.compile(r"[A-Za-z0-9/$\-_.+!*'(),:@&=~;]*+")
_OTHER: Final = re.compile(r"[^A-Za-z0-9/$\-_.+!*'(),:@&=~;]")


def _escape(path: str) -> str:
    """A path as it stands in a URL (ap_os_escape_path)."""
    if _PLAIN.fullmatch(path):
        return path
    return _OTHER.sub(lambda found: f"%{ord(found[0]):02x}", path)


def _escape_url(url: str) -> str:
    """The path of a URL escaped, but not its query and fragment."""
    rest, hash_sign, fragment = url.partition("#")
    rest, mark, query = rest.partition("?")
    return _escape(rest) + mark + query + hash_sign + fragment


def _prefixed(path: str, target: str, escape: Callable[[str], str]) -> Target:
    prefix = match_prefix(as_bytes_text(path))
    text = as_bytes_text(target)

    def make(request: Request) -> str | None:
        found = prefix(request.path)
        return text + escape(request.path[found.end() :]) if found is not None else None

    return make


def _matched(pattern: str, target: str, escape: Callable[[str], str]) -> Target:
    search = searcher(compile_regex(as_bytes_text(pattern)))
    parts = parse_substitution(target)

    def make(request: Request) -> str | None:
        found = search(request.path)
        if found is None:
            return None
        try:
            return escape(expand(parts, found))
        except TooLong:
            text = f"Regex substitution in '{target}' failed. Replacement too long?"
            request.log("alias", 3, "AH00672", text)
            raise

    return make


@dataclass(frozen=True, slots=True)
class _Redirection:
    """One Redirect, compiled."""

    make: Target
    status: int
    place: str

    def refusal(self, request: Request, *, is_relative: bool) -> Refusal | None:
        """What it answers; None if it is not for this request."""
        try:
            url = self.make(request)
        except TooLong:
            return Refusal(500, "", settings=request.settings)
        except EvaluationError as why:
            text = f"Evaluation of expression from {self.place} failed: {why}"
            request.log("alias", 3, "", text)
            request.log("alias", 3, "AH02826", f"Can't evaluate redirect expression: {why}")
            return Refusal(500, "", settings=request.settings)
        if url is None:
            return None
        if not 300 <= self.status <= 399:
            return Refusal(self.status, "", is_page=True)
        if url.startswith("/") and not is_relative:
            url = self_authority(request.own_name, request.scheme) + url
        if request.query and "?" not in url:
            url = f"{url}?{request.query}"
        return Refusal(self.status, "", fields=((b"Location", url.encode("latin-1")),))


def compile_redirects_in_advance(redirects: Redirects) -> Iterator[None]:
    """Compiles one Redirect a step, to be found when a server or a section is compiled."""
    for redirect in redirects.rules:
        _redirection(redirect)
        yield


@lru_cache(20_000)
def _redirection(redirect: Redirect) -> _Redirection:
    target = redirect.target
    place = f"{redirect.span.file}:{redirect.span.line}"
    if redirect.path is None:
        make = _of_section(target)
    else:
        assert isinstance(target, str)
        build = _matched if redirect.is_regex else _prefixed
        escape = _escape_url if redirect.is_regex else _escape
        make = build(redirect.path, target, escape)
    return _Redirection(make, redirect.status, place)


def _of_section(target: object) -> Target:
    if isinstance(target, str):
        constant = _escape_url(as_bytes_text(target))
        return lambda _: constant
    say = compile_text(target, outside())  # type: ignore[arg-type]
    return lambda request: _escape_url(say(request))


@lru_cache(1024)
def _alias(alias: Alias, section: str | None) -> Target:
    target = alias.target
    if alias.path is not None:
        assert isinstance(target, str)
        return (_matched if alias.is_regex else _prefixed)(alias.path, target, str)
    if isinstance(target, str):
        return _prefixed(section or "/", target, str)
    return compile_text(target, outside())


@dataclass(frozen=True, slots=True)
class ServerAliases:
    """The lines of a server."""

    redirections: tuple[_Redirection, ...]
    aliases: tuple[Target, ...]
    is_relative: bool

    def translate(self, request: Request) -> Verdict | Refusal:
        """httpd's translate_name."""
        for line in self.redirections:
            refusal = line.refusal(request, is_relative=self.is_relative)
            if refusal is not None:
                return refusal
        for make in self.aliases:
            try:
                filename = make(request)
            except TooLong:
                return Refusal(500, "", settings=request.settings)
            if filename is not None:
                request.filename = filename
                return Verdict.OK
        return Verdict.DECLINED


@dataclass(frozen=True, slots=True)
class DirectoryAliases:
    """The lines of sections."""

    redirections: tuple[_Redirection, ...]
    is_relative: bool

    def fixup(self, request: Request) -> Verdict | Refusal:
        """httpd's fixups."""
        for line in self.redirections:
            refusal = line.refusal(request, is_relative=self.is_relative)
            if refusal is not None:
                return refusal
        return Verdict.DECLINED


def compile_server_aliases(scope: Scope) -> ServerAliases | None:
    """The lines of a server; None if there are none."""
    redirects: Redirects = scope[mod_alias.REDIRECT]
    aliases: Aliases = scope[mod_alias.ALIAS]
    if not (redirects.rules or aliases.rules):
        return None
    return ServerAliases(
        tuple(map(_redirection, redirects.rules)),
        tuple([_alias(alias, None) for alias in aliases.rules]),
        scope[mod_alias.REDIRECT_RELATIVE],
    )


def compile_directory_aliases(inner: Scope, *, is_relative: bool) -> DirectoryAliases | None:
    """The lines of sections; None if there are none. ``is_relative``: RedirectRelative."""
    redirects: Redirects = inner[mod_alias.REDIRECT]
    if not redirects.rules and redirects.own is None:
        return None
    own = (redirects.own,) if redirects.own is not None else ()
    return DirectoryAliases(tuple(map(_redirection, (*own, *redirects.rules))), is_relative)
