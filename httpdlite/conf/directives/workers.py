"""Workers by their URLs: is it one, what is it called, and does it serve another URL as well.

In: the URL of a ProxyPass. Out: httpd's name for the worker, or its message. Rules:
ap_proxy_define_worker and ap_proxy_get_worker_ex in proxy_util.c, as observed with 2.4.71.

1. A lookup compares plain text: host and scheme in lower case. A worker's name has lost its
   scheme's own port, a URL that is looked up has not.
2. A name that ends within the authority of a URL does not serve it (`http://b`, `http://bc/`).
3. In a name out of a ProxyPassMatch `$n` stands for any text.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from httpdlite.conf.call import ConfigError, Word
from httpdlite.conf.spelling import lower
from httpdlite.conf.uri import DEFAULT_PORTS, Uri, UriError, parse_uri

LONGEST_UNIX_PATH: Final = 95  # bytes; all four as found by trying
LONGEST_HOST: Final = 255
LONGEST_SCHEME: Final = 15
LONGEST_NAME: Final = 383

_AUTHORITY: Final = re.compile(r"[^:/?#]*://[^/]*")
_DOLLAR: Final = re.compile(r"(?:\$[0-9])+")


def check_worker(
    target: str,
    unix_path: str | None,
    word: Word,
    is_regex: bool,
    who: str = "ProxyPass",
) -> Iterator[str]:
    """Raises ConfigError if the URL `target` is none for a worker; yields what httpd logs.

    `who` is what its message begins with.
    """
    uri = _parse(target, word, who, is_regex=is_regex)
    if uri.scheme is None or (not uri.host and unix_path is None):
        raise ConfigError(f"{who} URL must be absolute!: {word.text}", word.span)
    if unix_path is not None and _size(unix_path) > LONGEST_UNIX_PATH:
        raise ConfigError(f"{who} worker uds path ({unix_path}) too long", word.span)
    if _size(uri.host or "") > LONGEST_HOST:
        raise ConfigError(f"{who} worker hostname ({uri.host}) too long", word.span)
    for limit, kind, number, text in (
        (LONGEST_NAME, "name", "AH10366", target),
        (LONGEST_SCHEME, "scheme", "AH010117", uri.scheme),
    ):
        if _size(text) > limit:
            cut = text[:limit]
            yield f"{number}: Alert! worker {kind} ({text}) too long; truncated to: {cut}"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _parse(target: str, word: Word, who: str, *, is_regex: bool) -> Uri:
    """Takes the URL apart; with `$n` in its port only what stands before."""
    cut = target.find("$") if is_regex else -1
    for text in (target, target[:cut]) if cut > 0 else (target,):
        try:
            return parse_uri(text)
        except UriError:
            continue
    raise ConfigError(f"{who} Unable to parse URL: {word.text}", word.span)


def lookup_text(url: str) -> str:
    """A URL as workers are looked up by: what stands before the path in lower case."""
    found = _AUTHORITY.match(url)
    end = found.end() if found else 0
    return lower(url[:end]) + url[end:]


@lru_cache(1 << 14)
def worker_name(url: str) -> str:
    """A URL as its worker is called (rule 1)."""
    scheme, separator, rest = lookup_text(url).partition("://")
    port = DEFAULT_PORTS.get(scheme)
    rest = re.sub(rf"^(\[[^]]*\]|[^:/]*):{port}(?![0-9])", r"\1", rest)
    return scheme + separator + rest


def authority_of(url: str) -> str:
    """Scheme, host and port of a worker's name: workers that share have the same."""
    found = _AUTHORITY.match(worker_name(url))
    return found[0] if found else ""


def serves(name: str, url: str, *, is_regex: bool) -> bool:
    """Whether the worker called `name` serves a URL given as `lookup_text`."""
    authority = _AUTHORITY.match(url)
    if len(name) < (authority.end() if authority else len(url)):
        return False
    if not is_regex:
        return url.startswith(name)
    pattern = ".*?".join(map(re.escape, _DOLLAR.split(name)))
    return len(name) <= len(url) and re.match(pattern, url, re.DOTALL) is not None
