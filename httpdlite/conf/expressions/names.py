"""What expressions can name: variables, functions, operators, by the module that brings them.

In: a name and the modules that are loaded. Out: the name as the table spells it, or httpd's message
about it. All is asked of httpd 2.4.71 (server/util_expr_eval.c, mod_ssl, mod_proxy_hcheck); no
other module of stock httpd adds to it.

1. Names are looked up in either case.
2. With mod_ssl every %{SSL_…} is a variable, with mod_proxy_hcheck every %{HC_…}.
3. The networks of -R and -ipmatch are judged when read, and must be a string without variables.
"""

from collections.abc import Container
from enum import Enum
from typing import Final

from httpdlite.conf.addresses import is_network
from httpdlite.conf.expressions.tree import Expression, Text

SSL: Final = "ssl_module"
HEALTH_CHECKS: Final = "proxy_hcheck_module"


class Kind(Enum):
    """What a name stands for; the values are httpd's words for it."""

    VARIABLE = "Variable"
    FUNCTION = "Function"
    LIST = "List-returning function"
    UNARY = "Unary operator"
    BINARY = "Binary operator"


class UnknownName(ValueError):  # noqa: N818 - named as httpd's messages speak of it
    """The text is httpd's message."""


_CORE: Final = {
    Kind.VARIABLE: """
        API_VERSION AUTH_TYPE CONN_LOG_ID CONN_REMOTE_ADDR CONTENT_TYPE CONTEXT_DOCUMENT_ROOT
        CONTEXT_PREFIX DOCUMENT_ROOT DOCUMENT_URI HANDLER HTTP2 HTTPS HTTP_ACCEPT HTTP_COOKIE
        HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_REFERER HTTP_USER_AGENT IPV6 IS_SUBREQ
        LAST_MODIFIED PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_PORT
        REMOTE_USER REQUEST_FILENAME REQUEST_LOG_ID REQUEST_METHOD REQUEST_SCHEME REQUEST_STATUS
        REQUEST_URI SCRIPT_FILENAME SCRIPT_GROUP SCRIPT_USER SERVER_ADMIN SERVER_NAME SERVER_PORT
        SERVER_PROTOCOL SERVER_SOFTWARE THE_REQUEST TIME TIME_DAY TIME_HOUR TIME_MIN TIME_MON
        TIME_SEC TIME_WDAY TIME_YEAR""",
    Kind.FUNCTION: """
        base64 env escape file filesize http ldap md5 note osenv req req_novary reqenv resp sha1
        tolower toupper unbase64 unescape""",
    Kind.LIST: "",
    Kind.UNARY: "A F L R T U d e f h n s x z",
    Kind.BINARY: "fnmatch ipmatch strcmatch strmatch",
}

_BY_MODULE: Final = {
    (Kind.FUNCTION, "ssl"): ("SSL", SSL),
    (Kind.FUNCTION, "hc"): ("hc", HEALTH_CHECKS),
    (Kind.LIST, "peerextlist"): ("PeerExtList", SSL),
}
_PREFIXES: Final = {"SSL_": SSL, "HC_": HEALTH_CHECKS}
_SIGNED: Final = frozenset({Kind.UNARY, Kind.BINARY})  # shown with a hyphen
_EITHER_CASE: Final = frozenset({Kind.VARIABLE, Kind.FUNCTION, Kind.LIST, Kind.BINARY})

_NAMES: Final = {
    (kind, name.lower() if kind in _EITHER_CASE else name): name
    for kind, names in _CORE.items()
    for name in names.split()
}


def find_name(kind: Kind, name: str, modules: Container[str]) -> str:
    """The name in its usual spelling. Raises UnknownName."""
    key = (kind, name.lower() if kind in _EITHER_CASE else name)
    if key in _NAMES:
        return _NAMES[key]
    if kind is Kind.VARIABLE:
        prefix = name.upper().partition("_")[0] + "_"
        if _PREFIXES.get(prefix) in modules and len(name) >= len(prefix):
            return name.upper()
    spelling, module = _BY_MODULE.get(key, (name, None))
    if module is not None and module in modules:
        return spelling
    raise UnknownName(f"{kind.value} '{'-' if kind in _SIGNED else ''}{name}' does not exist")


def check_network(name: str, word: Expression) -> None:
    """Judges what -R and -ipmatch are given. Raises UnknownName with httpd's message."""
    if not isinstance(word, Text):
        raise UnknownName(f"-{name} requires subnet/netmask as constant argument")
    if not is_network(word.value):
        raise UnknownName("parsing of subnet/netmask failed")
