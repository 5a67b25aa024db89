"""Which workers and balancers a server has so far: one that is named again is the same one.

In: URLs of ProxyPass, BalancerMember, ProxySet and <Proxy>. Out: whether there is a worker that
serves a URL already. Kept in the server's `Earlier`. Rules: ap_proxy_get_worker_ex and
ap_proxy_get_balancer in proxy_util.c, as observed with 2.4.71; names and matching are workers.py's.
"""

from typing import Final

from httpdlite.conf.call import Call, ConfigError, Earlier, Remark, Word
from httpdlite.conf.directives import workers
from httpdlite.conf.spelling import lower

LONGEST_BALANCER: Final = 95  # bytes, as found by trying


def split_unix(word: Word, who: str) -> tuple[str | None, str]:
    """The path of a `unix:` URL, and the URL that is spoken over it."""
    head, bar, url = word.text.partition("|")
    if not bar or lower(head[:5]) != "unix:":
        return None, word.text
    if ":" not in url:
        raise ConfigError(f'{who} uses an invalid "unix:" URL', word.span)
    return head[5:], f"{url}//localhost" if url.index(":") == len(url) - 1 else url


def is_balancer(url: str) -> bool:
    """Whether a URL names a balancer."""
    return lower(url[:9]) == "balancer:"


def check_balancer(name: str, word: Word | None, call: Call, who: str) -> None:
    """Raises ConfigError for what cannot be the name of a balancer."""
    rest = name.partition(":")[2]  # any scheme will do, even none
    if not rest.startswith("//") or len(rest) == 2:
        message = f"{who} Bad syntax for a balancer name ({lower(name)})"
    elif len(name.partition("?")[0].encode("utf-8", "surrogateescape")) > LONGEST_BALANCER:
        message = f"{who} balancer name ({lower(name)}) too long"
    else:
        return
    raise ConfigError(message, word.span if word else call.span)


def balancer_key(name: str) -> str:
    """What two names of one balancer have in common: all before the path, in lower case."""
    scheme, _, rest = lower(name).partition("//")
    return f"{scheme}//{rest.partition('/')[0]}"


def note_balancer(earlier: Earlier, name: str) -> None:
    """Notes a balancer of a server."""
    earlier.note("balancer", balancer_key(name))


def has_balancer(earlier: Earlier, name: str) -> bool:
    """Whether a server has a balancer of this name."""
    return bool(earlier.noted("balancer", balancer_key(name)))


def _kind(url: str, balancer: str, *, is_regex: bool) -> str:
    return f"worker {balancer} {'$' if is_regex else workers.authority_of(url)}"


def find_worker(
    earlier: Earlier, url: str, *, is_regex: bool = False, balancer: str = ""
) -> str | None:
    """The name of the worker that serves a URL, as httpd shows it: of several the longest."""
    wanted = workers.lookup_text(url)
    kind = _kind(url, balancer, is_regex=is_regex)
    found = [
        name for name in earlier.names(kind) if workers.serves(name, wanted, is_regex=is_regex)
    ]
    longest = max(found, key=len, default=None)
    return None if longest is None else str(earlier.noted(kind, longest))


def note_worker(
    earlier: Earlier,
    url: str,
    unix_path: str | None,
    *,
    is_regex: bool = False,
    balancer: str = "",
) -> None:
    """Notes a worker of a server, or of one of its balancers."""
    name = workers.worker_name(url)
    shown = name if unix_path is None else f"unix:{unix_path}|{name}"
    earlier.note(_kind(url, balancer, is_regex=is_regex), name, shown)


def define_worker(
    call: Call, word: Word, who: str, *, is_regex: bool = False, balancer: str = ""
) -> str | None:
    """Takes the URL of a worker: the name of the one that it shares, None for a new one."""
    unix_path, url = split_unix(word, who)
    earlier = call.place.earlier
    shared = find_worker(earlier, url, is_regex=is_regex, balancer=balancer)
    if shared is not None:
        return shared
    for message in workers.check_worker(url, unix_path, word, is_regex, who):
        call.place.warn(Remark(message, word.span, "proxy:error", "worker-name-too-long"))
    note_worker(earlier, url, unix_path, is_regex=is_regex, balancer=balancer)
    return None
