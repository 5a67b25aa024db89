"""What Require may name: providers of stock modules and of others, and their arguments.

In: a provider's name and the text behind it. Out: the tree of its expression, if it has one, or
httpd's message; which providers are done here. Rules: the documentation of mod_authz_host, _user,
_groupfile, _dbm, _dbd, mod_authnz_ldap and mod_ssl; apr_ipsubnet_create for addresses; as observed
with 2.4.71.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

from httpdlite.conf.addresses import is_ipv6
from httpdlite.conf.call import Call
from httpdlite.conf.directives.authorization import Alias
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_words
from httpdlite.conf.values import condition, text_tree

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition, Word

    Tree = Condition | Word | str | None

Check = Callable[[Call, str], "Tree"]


@dataclass(frozen=True, slots=True)
class GroupFile:
    """AuthGroupFile, as <AuthzProviderAlias> finds it in its group (Place.group)."""

    path: str


# --- addresses ------------------------------------------------------------------------------------


class BadSubnet(Enum):
    """Why a text is no address with a mask."""

    NO_ADDRESS = ""
    ADDRESS = "The specified IP address is invalid."
    MASK = "The specified network mask is invalid."


_PARTIAL: Final = re.compile(r"[0-9]+(?:\.[0-9]+){0,3}\.?")
_FULL: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")


def _is_ipv4(text: str, form: re.Pattern[str] = _FULL) -> bool:
    found = form.fullmatch(text) is not None
    return found and all(int(part[:10]) < 256 for part in text.split(".") if part)


def bad_subnet(text: str) -> BadSubnet | None:
    """What is wrong with an address, a part of one, or an address and a mask; None if nothing."""
    address, slash, mask = text.partition("/")
    if not address or (":" not in address and address.strip("0123456789.")):
        return BadSubnet.NO_ADDRESS
    is_wide = ":" in address
    if is_wide:
        right = is_ipv6(address) and not lower(address).startswith("::ffff:")
    else:
        right = _is_ipv4(address) if slash else _is_ipv4(address, _PARTIAL)
    if not right:
        return BadSubnet.ADDRESS
    if not slash:
        return None
    bits = int(mask[:10]) if mask.isascii() and mask.isdigit() else 0
    if 0 < bits <= (128 if is_wide else 32) or (not is_wide and _is_ipv4(mask)):
        return None
    return BadSubnet.MASK


def _check_addresses(call: Call, text: str) -> None:
    words = [part.value for part in split_words(text)]
    given = words[: words.index("")] if "" in words else words
    if not given:
        raise call.error("'require ip' requires an argument")
    for word in given:
        problem = bad_subnet(word)
        if problem is not None:
            message = f"ip address '{word}' appears to be invalid"
            raise call.error(f"{message}: {problem.value}" if problem.value else message)


# --- other arguments ------------------------------------------------------------------------------


def _check_all(call: Call, text: str) -> None:
    if lower(text) not in {"granted", "denied"}:
        raise call.error("Argument for 'Require all' must be 'granted' or 'denied'")


_IN_REQUIRE: Final = "Cannot parse expression in require line: {}"


def _check_condition(call: Call, text: str) -> "Tree":
    inside = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    return condition(call, inside, None, _IN_REQUIRE)


def _check_text(call: Call, text: str) -> "Tree":
    return text_tree(call, text, None, _IN_REQUIRE)


METHODS: Final = frozenset(
    "GET HEAD PUT POST DELETE CONNECT OPTIONS TRACE PATCH PROPFIND PROPPATCH MKCOL COPY MOVE LOCK "
    "UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY "
    "BASELINE-CONTROL MERGE".split()
)


def _check_methods(call: Call, text: str) -> None:
    for part in split_words(text):
        if part.value not in METHODS and not call.place.anywhere.noted("method", part.value):
            raise call.error(f"Invalid Method '{part.value}'")


def _check_none(name: str) -> Check:
    def check(call: Call, text: str) -> None:
        if text:
            raise call.error(f"'Require {name}' does not take arguments")

    return check


def _anything(_: Call, __: str) -> None:
    """Every argument will do."""


PROVIDERS: Final[dict[str, tuple[str, Check]]] = {
    "all": ("authz_core_module", _check_all),
    "env": ("authz_core_module", _anything),
    "method": ("authz_core_module", _check_methods),
    "expr": ("authz_core_module", _check_condition),
    "ip": ("authz_host_module", _check_addresses),
    "host": ("authz_host_module", _check_text),
    "forward-dns": ("authz_host_module", _check_text),
    "local": ("authz_host_module", _anything),
    "user": ("authz_user_module", _check_text),
    "valid-user": ("authz_user_module", _anything),
    "group": ("authz_groupfile_module", _check_text),
    "file-group": ("authz_groupfile_module", _anything),
    "file-owner": ("authz_owner_module", _anything),
    "dbm-group": ("authz_dbm_module", _check_text),
    "dbm-file-group": ("authz_dbm_module", _anything),
    "dbd-group": ("authz_dbd_module", _check_text),
    "dbd-login": ("authz_dbd_module", _anything),
    "dbd-logout": ("authz_dbd_module", _anything),
    **{
        f"ldap-{what}": ("authnz_ldap_module", _check_text)
        for what in ("user", "group", "dn", "attribute", "filter", "search")
    },
    "ssl": ("ssl_module", _check_none("ssl")),
    "ssl-verify-client": ("ssl_module", _check_none("ssl-verify-client")),
}

_OF_OTHERS: Final = {
    "auth_cas_module": "cas-attribute",
    "auth_openidc_module": "claim claims_expr oauth2_claim",
    "auth_mellon_module": "",
    "authnz_external_module": "external-group external-file-group",
    "authnz_pam_module": "pam-account",
    "oauth2_module": "oauth2_claim",
    "wsgi_module": "wsgi-group",
    "authz_unixgroup_module": "unix-group unix-file-group",
    "mod_shib": "shibboleth shib-session shib-attr shib-user shib-plugin authnContextClassRef "
    "authnContextDeclRef",
    "authz_ldap_module": "ldap-user ldap-group",
    "webauthldap_module": "privgroup",
    "sspi_auth_module": "sspi-user sspi-group",
    "maxminddb_module": "",
}
_OTHERS: Final = {
    name: identifier for identifier, names in _OF_OTHERS.items() for name in names.split()
}


_NOT_HERE: Final = "is not supported: ask the worker, or another server in front"
_OF_FILES: Final = "is not supported: it is about files, and none are served here"
_DONE: Final = frozenset(
    "all env method expr ip host forward-dns local user valid-user group ssl "
    "ssl-verify-client".split()
)


def why_not_done(name: str) -> str | None:
    """Why a provider keeps httpdlite from starting; None if it does not."""
    if name in _DONE:
        return None
    return _OF_FILES if name in {"file-group", "file-owner"} else _NOT_HERE


def find_alias(call: Call, name: str) -> Alias | None:
    """What <AuthzProviderAlias> has defined under a name."""
    found = call.place.anywhere.noted("authz alias", name)
    return found if isinstance(found, Alias) else None


def find_provider(call: Call, name: str) -> Check | None:
    """What checks the argument of a provider; None if no loaded module has it."""
    if call.place.anywhere.noted("authz alias", name):
        return _anything
    if name in PROVIDERS:
        identifier, check = PROVIDERS[name]
        return check if call.place.find_module(identifier) else None
    if name in _OTHERS and call.place.find_module(_OTHERS[name]):
        return _anything
    return None


def check_requirement(call: Call, name: str, text: str) -> "Tree":
    """The tree of a provider's argument; raises ConfigError for one that it does not take."""
    check = find_provider(call, name)
    return check(call, text) if check is not None else None
