"""Caches of responses and files, which httpdlite does not keep: judged as httpd does.

mod_cache, mod_cache_disk, mod_cache_socache, mod_file_cache, mod_socache_memcache,
mod_socache_redis. In: the words of one directive. Out: httpd's message for what it does not take.
Without a cache every answer is right, only later, so that nothing here is refused. Rules: httpd
2.4.71, as observed.
"""

import re
from typing import Final

from httpdlite.conf.call import DIRECTORY, SERVERS, Call, Module
from httpdlite.conf.directives.core import SECTIONS_BUT_LOCATION
from httpdlite.conf.files import Kind, absolute
from httpdlite.conf.numbers import atoi, atol, duration
from httpdlite.conf.rows import Alike, Arity, Check, Directive, Row, judged, judged_module
from httpdlite.conf.spelling import lower
from httpdlite.conf.standing import different, moot
from httpdlite.conf.uri import UriError, parse_uri
from httpdlite.conf.values import log, number

_NO_CACHE: Final = moot("httpdlite keeps no cache")
_ABOUT_CACHES: Final = Alike(_NO_CACHE, SERVERS)
_ABOUT_RESPONSES: Final = Alike(_NO_CACHE, SERVERS | DIRECTORY)


# --- mod_cache ------------------------------------------------------------------------------------

_FLOAT: Final = re.compile(
    r"[ \t\n\v\f\r]*[+-]?(?:0x\.?[0-9a-f]|(?!0x)\.?[0-9]|inf(?!i)|infinity|nan)", re.IGNORECASE
)
"""How a number begins that sscanf's %lf takes."""


def _check_enable(call: Call) -> None:
    """A provider, and what it caches; in a section this is the section's, or what is below it."""
    provider, below, url = call.words[0].text, call.place.path, call.text(1)
    if provider.startswith("/"):
        message = f"provider ({provider}) starts with a '/'.  Are url and provider switched?"
        raise call.error(message, 0)
    if url is None and below is None:
        raise call.error(f"CacheEnable provider ({provider}) is missing an URL.", 0)
    if url is not None and below is not None and not url.startswith(below):
        message = (
            "When in a Location, CacheEnable must specify a path or an URL below that location."
        )
        raise call.error(message, 1)


def _check_disable(call: Call) -> None:
    word = call.words[0].text
    if call.place.path is not None:
        if lower(word) != "on":
            message = "CacheDisable must be followed by the word 'on' when in a Location."
            raise call.error(message, 0)
    elif not word.startswith("/") and ":" not in word:
        raise call.error("CacheDisable must specify a path or an URL.", 0)


def _check_factor(call: Call) -> None:
    if not _FLOAT.match(call.words[0].text):
        raise call.error("CacheLastModifiedFactor value must be a float", 0)


def _check_base(call: Call) -> None:
    word = call.words[0].text
    try:
        uri = parse_uri(word)
    except UriError:
        raise call.error(f"Could not parse '{word}' as an URL.", 0) from None
    if uri.scheme is None and uri.host is None and uri.port is None:
        message = f"URL '{word}' must contain at least one of a scheme, a hostname or a port."
        raise call.error(message, 0)


CACHE_ENABLE: Final = judged(
    "CacheEnable",
    Arity.ONE_OR_TWO,
    SERVERS | DIRECTORY,
    different("nothing is cached: every request goes to its worker"),
    "What is cached, and by what.",
    check=_check_enable,
    forbidden=SECTIONS_BUT_LOCATION,
)

_CACHE: Final = (
    CACHE_ENABLE,
    judged(
        "CacheDisable",
        Arity.ONE,
        SERVERS | DIRECTORY,
        _NO_CACHE,
        "What is not cached.",
        check=_check_disable,
        forbidden=SECTIONS_BUT_LOCATION,
    ),
    judged(
        "CacheStaleOnError",
        Arity.FLAG,
        SERVERS | DIRECTORY,
        different("nothing is cached: if the worker fails, the client gets its error"),
        "Whether an old response stands in for a worker's 5xx.",
        usual="On",
    ),
    *(
        judged(
            name,
            Arity.FLAG,
            SERVERS | DIRECTORY,
            different(f"nothing is cached, and no {header} field is added to responses"),
            f"Whether {header} says what the cache did.",
            usual="Off",
        )
        for name, header in (("CacheHeader", "X-Cache"), ("CacheDetailHeader", "X-Cache-Detail"))
    ),
    _ABOUT_RESPONSES.one("CacheMaxExpire", "The longest time in the cache.", usual="86400"),
    _ABOUT_RESPONSES.one("CacheMinExpire", "The shortest time in the cache.", usual="0"),
    _ABOUT_RESPONSES.one(
        "CacheDefaultExpire", "The time in the cache if no one says.", usual="3600"
    ),
    _ABOUT_RESPONSES.one(
        "CacheLastModifiedFactor",
        "Which part of a response's age it stays in the cache.",
        _check_factor,
        "0.1",
    ),
    _ABOUT_CACHES.flag("CacheQuickHandler", "Whether the cache comes before all checks.", "On"),
    _ABOUT_CACHES.flag(
        "CacheIgnoreCacheControl", "Whether clients cannot ask for a fresh one.", "Off"
    ),
    _ABOUT_CACHES.flag("CacheIgnoreQueryString", "Whether queries make no difference.", "Off"),
    _ABOUT_CACHES.flag("CacheLock", "Whether one request fills the cache for all.", "Off"),
    _ABOUT_RESPONSES.flag(
        "CacheIgnoreNoLastMod", "Whether responses without a date are cached.", "Off"
    ),
    _ABOUT_RESPONSES.flag("CacheStoreExpired", "Whether responses out of date are cached.", "Off"),
    _ABOUT_RESPONSES.flag("CacheStorePrivate", "Whether private responses are cached.", "Off"),
    _ABOUT_RESPONSES.flag(
        "CacheStoreNoStore", "Whether responses with no-store are cached.", "Off"
    ),
    _ABOUT_CACHES.row(
        "CacheIgnoreHeaders", Arity.EACH, "Fields that are not cached.", usual="None"
    ),
    _ABOUT_CACHES.row(
        "CacheIgnoreURLSessionIdentifiers",
        Arity.EACH,
        "Parameters of URLs that make no difference.",
        usual="None",
    ),
    _ABOUT_CACHES.one("CacheLockPath", "The directory of locks."),
    _ABOUT_CACHES.one(
        "CacheLockMaxAge",
        "How long a lock holds, in seconds.",
        number(
            lambda value: value > 0,
            "CacheLockMaxAge value must be a non-zero positive integer",
            read=atol,
        ),
        "5",
    ),
    _ABOUT_CACHES.one("CacheKeyBaseURL", "The URL under which responses are kept.", _check_base),
)


# --- what mod_cache keeps it in -------------------------------------------------------------------

_MOST_CHARACTERS: Final = 20
_OFFSET: Final = re.compile(r"[ \t\n\v\f\r]*([+-]?[0-9]{1,40})")
_GO: Final = "of data to cache in go."
_TIME: Final = "of time taken to cache in go."
_MOST_BYTES: Final = 2**32 - 1


def _offset(text: str) -> int:
    """The number that a text begins with (apr_strtoff); -1 if it is too big for 64 bits."""
    found = _OFFSET.match(text)
    value = int(found[1]) if found else 0
    return value if value < 2**63 else -1


def _limit(
    name: str,
    doc: str,
    meaning: str,
    usual: str,
    is_right: Check | None = None,
) -> Directive[object]:
    """A number that must not be negative."""
    message = f"{name} argument must be {meaning}"
    check = is_right or number(lambda value: value >= 0, message, read=_offset)
    return _ABOUT_RESPONSES.one(name, doc, check, usual)


def _non_negative(what: str) -> str:
    return f"a non-negative integer representing the {what}"


def _check_levels(call: Call) -> None:
    """Levels and length are judged together, as far as this server has been read."""
    value = atoi(call.words[0].text)
    if value < 1:
        raise call.error(f"{call.name} value must be an integer greater than 0", 0)
    call.place.earlier.note("cache directories", call.name, value)
    levels, length = (
        call.place.earlier.noted("cache directories", name) or 2
        for name in ("CacheDirLevels", "CacheDirLength")
    )
    product = atoi(str(levels * length))  # of 32 bits, as in C
    if product > _MOST_CHARACTERS:
        limit = f"must not be higher than {_MOST_CHARACTERS}"
        raise call.error(f"CacheDirLevels*CacheDirLength value {limit}", 0)


_DISK: Final = (
    _ABOUT_CACHES.one("CacheRoot", "The directory of the cache."),
    _ABOUT_CACHES.one("CacheDirLevels", "How deep its directories are.", _check_levels, "2"),
    _ABOUT_CACHES.one("CacheDirLength", "How long their names are.", _check_levels, "2"),
    _limit(
        "CacheMinFileSize",
        "The smallest response that is kept.",
        _non_negative("min size of a file to cache in bytes."),
        "1",
    ),
    _limit(
        "CacheMaxFileSize",
        "The biggest response that is kept.",
        _non_negative("max size of a file to cache in bytes."),
        "1000000",
    ),
    _limit("CacheReadSize", "How much is kept at a time.", _non_negative(f"max amount {_GO}"), "0"),
    _limit("CacheReadTime", "How long that may take.", _non_negative(f"max amount {_TIME}"), "0"),
)


def _check_provider(call: Call) -> None:
    """A kind of cache, of which the module must be loaded; what follows a colon is for later."""
    kind = call.words[0].text.partition(":")[0]
    module = "shmcb" if kind == "default" else kind
    if kind not in _KINDS or call.place.find_module(f"socache_{module}_module") is None:
        advice = f"Maybe you need to load the appropriate socache module (mod_socache_{kind}?)"
        raise call.error(f"Unknown socache provider '{kind}'. {advice}", 0)


_KINDS: Final = frozenset({"default", "shmcb", "dbm", "memcache", "redis"})

_SOCACHE: Final = (
    _ABOUT_CACHES.one("CacheSocache", "The kind of cache.", _check_provider),
    _limit(
        "CacheSocacheMaxTime",
        "The longest time in the cache.",
        "the maximum amount of time in seconds to cache an entry.",
        "86400",
    ),
    _limit(
        "CacheSocacheMinTime",
        "The shortest time in the cache.",
        "the minimum amount of time in seconds to cache an entry.",
        "600",
    ),
    _limit(
        "CacheSocacheMaxSize",
        "The biggest response that is kept.",
        "",
        "102400",
        number(
            lambda value: 1024 <= value <= _MOST_BYTES,
            "CacheSocacheMaxSize argument must be a integer representing the max size of a cached "
            f"entry (headers and body), at least 1024 and at most ({_MOST_BYTES}U)",
            read=_offset,
        ),
    ),
    _limit(
        "CacheSocacheReadSize",
        "How much is kept at a time.",
        _non_negative(f"max amount {_GO}"),
        "0",
    ),
    _limit(
        "CacheSocacheReadTime",
        "How long that may take.",
        _non_negative(f"max amount {_TIME}"),
        "0",
    ),
)


# --- files, and other servers ---------------------------------------------------------------------


def _check_files(call: Call) -> None:
    """httpd opens them at once, and only says so if it cannot."""
    for word in call.words:
        path = absolute(call.place.server_root, word.text)
        kind = call.place.files.kind(path)
        if kind is None:
            missing = "(2)No such file or directory: AH00795: unable to stat"
            log(call, "file_cache", f"{missing}({path}), skipping", code="missing-file")
        elif kind is not Kind.FILE:
            message = f"AH00796: {path} isn't a regular file, skipping"
            log(call, "file_cache", message, code="missing-file")


_FILES: Final = tuple(
    judged(
        name,
        Arity.EACH,
        SERVERS,
        moot("no files are served"),
        doc,
        check=_check_files,
    )
    for name, doc in (
        ("cachefile", "Files that are kept open."),
        ("mmapfile", "Files that are kept in memory."),
    )
)

_HOUR: Final = 3600


def _check_hour(call: Call) -> None:
    """A time of at most an hour."""
    seconds = duration(call.words[0].text, "s")
    if seconds is None:
        raise call.error(f"{call.name} has wrong format", 0)
    if seconds > _HOUR:
        raise call.error(f"{call.name} can only be 0 or up to one hour.", 0)


def _connection(name: str, doc: str, usual: str) -> Directive[object]:
    return _ABOUT_CACHES.one(name, doc, _check_hour, usual)


MODULES: Final[tuple[tuple[Module, tuple[Row, ...]], ...]] = (
    (judged_module("cache"), _CACHE),
    (judged_module("cache_disk"), _DISK),
    (judged_module("cache_socache"), _SOCACHE),
    (judged_module("file_cache"), _FILES),
    (
        judged_module("socache_memcache"),
        (_connection("MemcacheConnTTL", "How long a connection to memcached is kept.", "15s"),),
    ),
    (
        judged_module("socache_redis"),
        (
            _connection("RedisConnPoolTTL", "How long a connection to Redis is kept.", "15s"),
            _connection("RedisTimeout", "How long Redis may take.", "5s"),
        ),
    ),
)
