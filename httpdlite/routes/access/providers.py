"""The providers of Require: what one of them demands in, a function that judges requests out. Pure.

Comes in: a ``Requirement``; then requests. Goes out: an ``Outcome``, with httpd's lines in the
request's log. Hides the arguments of every provider. Source: mod_authz_core, _host, _user,
_groupfile, mod_ssl; as observed with 2.4.71. What is not done, or has an
argument that makes no sense, is an error of the configuration and does not come here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from httpdlite.conf.directives.authorization import Requirement
from httpdlite.conf.spelling import lower
from httpdlite.conf.syntax import split_words
from httpdlite.routes.access.hosts import (
    addresses,
    client_name,
    compile_networks,
    is_in_domain,
    same_address,
)
from httpdlite.routes.access.outcomes import Outcome
from httpdlite.routes.access.texts import Complaint, compile_phrase, compile_test, mentions
from httpdlite.routes.access.userfiles import UserFiles
from httpdlite.routes.expressions import Outside
from httpdlite.routes.expressions.networks import compile_network
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Request

if TYPE_CHECKING:
    from httpdlite.conf.expressions.tree import Condition, Word

_ERROR, _WARN, _INFO, _DEBUG = 3, 4, 6, 7
_GRANTED, _DENIED, _NO_USER = Outcome.GRANTED, Outcome.DENIED, Outcome.NO_USER

Check = Callable[[Request], Outcome]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What providers need besides their argument."""

    outside: Outside
    files: UserFiles
    group_file: str | None


def compile_requirement(requirement: Requirement, around: Surroundings) -> Check:
    """What a Require demands, without its `not` and its methods."""
    alias = requirement.alias
    if alias is not None:
        path = alias.group_file or around.group_file
        around = Surroundings(around.outside, around.files, path)
        requirement = Requirement(alias.provider, alias.argument, alias.tree, span=requirement.span)
    maker = _MAKERS.get(requirement.provider)
    if maker is None:
        raise ValueError(f"not done: Require {requirement.provider} {requirement.argument}")
    return maker(requirement, around)


def _outcome(holds: Callable[[Request], bool]) -> Check:
    return lambda request: _GRANTED if holds(request) else _DENIED


def _words(text: str) -> list[str]:
    """The words of an argument; an empty one ends them (ap_getword_conf)."""
    words = [part.value for part in split_words(text)]
    return words[: words.index("")] if "" in words else words


def _argument(requirement: Requirement) -> list[str]:
    return _words(as_bytes_text(requirement.argument))


# --- mod_authz_core -------------------------------------------------------------------------------


def _all(requirement: Requirement, _: Surroundings) -> Check:
    outcome = _GRANTED if lower(requirement.argument) == "granted" else _DENIED
    return lambda _request: outcome


def _env(requirement: Requirement, _: Surroundings) -> Check:
    names = [name.lower() for name in _argument(requirement)]
    return _outcome(lambda request: any(name in request.environment for name in names))


def method_of(request: Request) -> str:
    """The method as access knows it: HEAD is GET."""
    method = request.method
    return "GET" if method == "HEAD" else method


def _method(requirement: Requirement, _: Surroundings) -> Check:
    names = frozenset("GET" if name == "HEAD" else name for name in _argument(requirement))
    return _outcome(lambda request: method_of(request) in names)


def _expr(requirement: Requirement, around: Surroundings) -> Check:
    tree = requirement.tree
    if tree is None or isinstance(tree, str):
        raise TypeError(f"no expression: Require expr {requirement.argument}")
    complaint = Complaint(
        "authz_core",
        "AH02320",
        "Error evaluating expression in 'Require expr': ",
        requirement.span,
    )
    test = compile_test(cast("Condition", tree), around.outside, complaint)
    denied = _NO_USER if mentions(tree, "REMOTE_USER") else _DENIED

    def check(request: Request) -> Outcome:
        holds = test(request)
        return _GRANTED if holds else Outcome.FAILED if holds is None else denied

    return check


# --- mod_authz_host -------------------------------------------------------------------------------


def _ip(requirement: Requirement, _: Surroundings) -> Check:
    return _outcome(compile_networks(_argument(requirement)))


_LOOPBACK: Final = ("127.0.0.0/8", "::1")


def _local(_requirement: Requirement, _: Surroundings) -> Check:
    loopback = [compile_network(text) for text in _LOOPBACK]

    def check(request: Request) -> Outcome:
        ip = request.client_ip
        is_local = same_address(request.connection.local_ip, ip)
        return _GRANTED if is_local or any(network(ip) for network in loopback) else _DENIED

    return check


def _text(
    requirement: Requirement, around: Surroundings, module: str, code: str, name: str
) -> Callable[[Request], str | None]:
    what = f"{module} authorize: require {name}: Can't evaluate require expression: "
    complaint = Complaint(module, code, what, requirement.span)
    tree = cast("Word | str | None", requirement.tree)
    return compile_phrase(
        tree if tree is not None else requirement.argument, around.outside, complaint
    )


def _host(requirement: Requirement, around: Surroundings) -> Check:
    text_of = _text(requirement, around, "authz_host", "AH02593", "host")

    def check(request: Request) -> Outcome:
        name = client_name(request)
        if name is None:
            what = f"access check of '{requirement.argument}' to {request.path} failed"
            why = "reason: unable to get the remote host name"
            request.log("authz_host", _ERROR, "AH01753", f"{what}, {why}")
            return _DENIED
        text = text_of(request)
        if text is None:
            return _DENIED
        if text.startswith("#"):
            what = f"dubious empty 'Require host {text}' with only comment"
            request.log("authz_host", _ERROR, "AH10120", f"authz_host authorize: {what}")
            return _DENIED
        hosts, mark, _ = text.partition("#")
        if mark:
            what = f"ignoring comment in 'Require host {text}'"
            request.log("authz_host", _WARN, "AH10121", f"authz_host authorize: {what}")
        return _GRANTED if any(is_in_domain(host, name) for host in _words(hosts)) else _DENIED

    return check


def _forward_dns(requirement: Requirement, around: Surroundings) -> Check:
    text_of = _text(requirement, around, "authz_host", "AH03354", "forward-dns")

    def check(request: Request) -> Outcome:
        text = text_of(request)
        if text is None:
            return _DENIED
        is_one = any(_is_host(request, name) for name in _words(text.partition("#")[0]))
        return _GRANTED if is_one else _DENIED

    return check


def _is_host(request: Request, name: str) -> bool:
    found = addresses(request, name)
    if not found:
        request.log("authz_host", _WARN, "AH03356", f'No sockaddr info for "{name}"')
    for address in found:
        is_this = same_address(address, request.client_ip)
        what = f"access check for {request.client_ip} as '{name}': {'yes' if is_this else 'no'}"
        request.log("authz_host", _DEBUG, "AH03355", what)
        if is_this:
            return True
    return False


# --- mod_authz_user, mod_authz_groupfile ----------------------------------------------------------


def _valid_user(_requirement: Requirement, _: Surroundings) -> Check:
    return lambda request: _NO_USER if request.user is None else _GRANTED


def _user(requirement: Requirement, around: Surroundings) -> Check:
    text_of = _text(requirement, around, "authz_user", "AH02594", "user")

    def check(request: Request) -> Outcome:
        user = request.user
        if user is None:
            return _NO_USER
        text = text_of(request)
        if text is None:
            return _DENIED
        if user in _words(text):
            return _GRANTED
        what = f"access to {request.path} failed, reason: user '{user}' does not meet"
        why = "'require'ments for user to be allowed access"
        request.log("authz_user", _DEBUG, "AH01663", f"{what} {why}")
        return _DENIED

    return check


def _group(requirement: Requirement, around: Surroundings) -> Check:
    text_of = _text(requirement, around, "authz_groupfile", "AH02592", "group")
    path, files = around.group_file, around.files

    def say(request: Request, level: int, code: str, text: str) -> Outcome:
        request.log("authz_groupfile", level, code, text)
        return _DENIED

    def check(request: Request) -> Outcome:
        user = request.user
        if user is None:
            return _NO_USER
        if path is None:
            text = "No group file was specified in the configuration"
            return say(request, _ERROR, "AH01664", text)
        try:
            groups = files.groups(as_bytes_text(path), user)
        except OSError:
            return say(request, _ERROR, "AH01665", f"Could not open group file: {path}")
        failed = f"Authorization of user {user} to access {request.path} failed, reason: user"
        if not groups:
            text = f"{failed} doesn't appear in group file ({path})."
            return say(request, _INFO, "AH01666", text)
        named = text_of(request)
        if named is None:
            return _DENIED
        if any(name.lower() in groups for name in _words(named)):
            return _GRANTED
        text = f"{failed} is not part of the 'require'ed group(s)."
        return say(request, _DEBUG, "AH01667", text)

    return check


# --- mod_ssl --------------------------------------------------------------------------------------


def _ssl(_requirement: Requirement, _: Surroundings) -> Check:
    return _outcome(lambda request: request.is_secure)


def _ssl_verify_client(_requirement: Requirement, _: Surroundings) -> Check:
    return _outcome(
        lambda request: request.is_secure and request.ssl("SSL_CLIENT_VERIFY") == "SUCCESS"
    )


_MAKERS: Final[dict[str, Callable[[Requirement, Surroundings], Check]]] = {
    "all": _all,
    "env": _env,
    "method": _method,
    "expr": _expr,
    "ip": _ip,
    "host": _host,
    "forward-dns": _forward_dns,
    "local": _local,
    "user": _user,
    "valid-user": _valid_user,
    "group": _group,
    "ssl": _ssl,
    "ssl-verify-client": _ssl_verify_client,
}
