"""Who may come in: what the sections that cover a request say of it, compiled. Pure.

Comes in: the merged values of those sections; then requests, whose sections, variables and address
are settled. Goes out: a ``Refusal`` (403, 500; 401, then the request has a field that says for
what), or None.
Hides addresses and names (``compat``, ``providers``), users (``basic``), and the order in which
httpd asks. Source: ap_process_request_internal; as observed with 2.4.71:

1. First the address (order, allow, deny); with Satisfy Any who passes is in, and who does not is
   asked on.
2. Then what is required, as far as it can be said without a user. Only if that could change with
   one it is asked who it is, and then again what is required. So nobody gives a password in vain.
3. All that can go wrong keeps the client out: a file that cannot be read, an expression that cannot
   be evaluated, AuthType without Require.
4. What takes long is asked for (``Request.ask``, ``questions``) before it is known.
"""

from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.basic_authentication import AUTH_GROUP_FILE, AUTH_TYPE
from httpdlite.conf.directives.core import LOG_LEVEL
from httpdlite.conf.directives.mod_access_compat import ORDER
from httpdlite.conf.directives.mod_authz_core import REQUIRE, SEND_FORBIDDEN
from httpdlite.conf.scope import Scope
from httpdlite.conf.spelling import lower
from httpdlite.routes.access import passwords
from httpdlite.routes.access.basic import Basic, compile_basic
from httpdlite.routes.access.compat import Compat, denied
from httpdlite.routes.access.fake import FakeUser, compile_fake
from httpdlite.routes.access.outcomes import Outcome
from httpdlite.routes.access.providers import Surroundings, method_of
from httpdlite.routes.access.requirements import (
    MODULE,
    Node,
    compile_member,
    lets_everybody_in,
)
from httpdlite.routes.access.userfiles import DiskSources, UserFiles
from httpdlite.routes.expressions import Outside
from httpdlite.routes.request import Request
from httpdlite.routes.route import Refusal

__all__ = [
    "Access",
    "DiskSources",
    "FakeUser",
    "UserFiles",
    "compile_access",
    "compile_fake",
    "may_refuse",
]

_ERROR: Final = 3
_DEBUG: Final = 7
_TRACE3: Final = 10
_BY_ADDRESS: Final = "check access (with Satisfy All)"
_BY_REQUIREMENTS: Final = "check access"
_BY_USER: Final = "check user"
_BY_AUTHORIZATION: Final = "check authorization"


@dataclass(frozen=True, slots=True)
class Access:
    """What is asked of a request. ``root`` is None where nothing is required."""

    compat: Compat | None
    root: Node | None
    basic: Basic
    sends_forbidden: bool

    def check(self, request: Request) -> Refusal | None:
        """None if it may come in."""
        method = method_of(request)
        if self.compat is not None:
            lets_in = self.compat.lets_in(request, method)
            if not self.compat.satisfies_any(method):
                if not lets_in:
                    return _refuse(request, _BY_ADDRESS, 403)
            elif lets_in:
                _say_admitted(request, "access_checker hook and 'Satisfy any'")
                return None
        status = self._without_user(request, method)
        if status is None:
            _say_admitted(request, "access_checker_ex hook")
            return None
        if status != _ASK:
            return _refuse(request, _BY_REQUIREMENTS, status)
        status = self.basic.identify(request)
        if status is not None:
            return self._refuse_user(request, _BY_USER, status)
        if request.user is None:
            why = "No authentication done but request not allowed without authentication for"
            text = f"{why} {request.path}. Authentication not configured?"
            request.log("core", _ERROR, "AH00027", text)
            return _refuse(request, _BY_USER, 500)
        status = self._with_user(request, method)
        if status is not None:
            return self._refuse_user(request, _BY_AUTHORIZATION, status)
        return None

    def _without_user(self, request: Request, method: str) -> int | None:
        if self.root is None:
            if self.basic.auth_type(request) is not None:
                text = "AuthType configured with no corresponding authorization directives"
                request.log(MODULE, _ERROR, "AH01627", text)
                return 500
            text = "authorization result: granted (no directives)"
            request.log(MODULE, _DEBUG, "AH01628", text)
            return None
        outcome = self.root.judge(request, method, within_all=True)
        if outcome is Outcome.NO_USER:
            return _ASK
        if outcome in (Outcome.DENIED, Outcome.NEUTRAL):
            request.log(MODULE, _ERROR, "AH01630", denied(request))
            return 403
        return None if outcome is Outcome.GRANTED else 500

    def _with_user(self, request: Request, method: str) -> int | None:
        assert self.root is not None
        outcome = self.root.judge(request, method, within_all=True)
        if outcome is Outcome.GRANTED:
            return None
        if outcome is Outcome.FAILED:
            return 500
        if outcome is Outcome.NO_USER:
            text = f"authorization failure (no authenticated user): {request.path}"
            request.log(MODULE, _ERROR, "AH01629", text)
            return 401
        if self.basic.auth_type(request) is None:
            request.log(MODULE, _ERROR, "AH01630", denied(request))
            return 403
        text = f'user {request.user}: authorization failure for "{request.path}": '
        request.log(MODULE, _ERROR, "AH01631", text)
        return 403 if self.sends_forbidden else 401

    def _refuse_user(self, request: Request, phase: str, status: int) -> Refusal:
        if status == 401:
            challenge, fields = self.basic.challenge(request), request.error_fields
            fields[:] = [field for field in fields if field.name != challenge.name]
            fields.append(challenge)
        return _refuse(request, phase, status)


_ASK: Final = 0
"""It depends on who asks."""


def _say_admitted(request: Request, by: str) -> None:
    if request.wants("core", _TRACE3):
        text = f"request authorized without authentication by {by}: {request.path}"
        request.log("core", _TRACE3, "", text)


def _refuse(request: Request, phase: str, status: int) -> Refusal:
    if request.wants("core", _TRACE3):
        text = f"auth phase '{phase}' gave status {status}: {request.path}"
        request.log("core", _TRACE3, "", text)
    return Refusal(status, "")


# --- compiling ------------------------------------------------------------------------------------


def compile_access(scope: Scope, files: UserFiles, outside: Outside) -> Access | None:
    """What the values of all sections that cover a request ask of it; None if nothing, and if
    nobody wants to read that in the log.
    """
    group = scope[REQUIRE].group
    compat = _compile_compat(scope)
    is_open = lets_everybody_in(group) if group is not None else not _has_type(scope)
    if is_open and compat is None and not scope[LOG_LEVEL].wants(MODULE, _DEBUG):
        return None
    around = Surroundings(outside, files, scope.get(AUTH_GROUP_FILE))
    basic = compile_basic(scope, files, outside)
    if any(path is not None for path in basic.paths):
        passwords.load()
    root = compile_member(group, around) if group is not None else None
    return Access(compat, root, basic, scope[SEND_FORBIDDEN])


def may_refuse(scope: Scope) -> bool:
    """May what a section says for itself keep anybody out, or ask who it is? If none of a server's
    does, nor do all that cover a request.
    """
    group = scope[REQUIRE].group
    lines = scope[ORDER]
    is_open = group is None or lets_everybody_in(group)
    return not is_open or _has_type(scope) or (bool(lines) and not Compat(lines).is_open)


def _compile_compat(scope: Scope) -> Compat | None:
    lines = scope[ORDER]
    if not lines:
        return None
    compat = Compat(lines)
    return None if compat.is_open and not compat.ever_suffices else compat


def _has_type(scope: Scope) -> bool:
    kind = scope.get(AUTH_TYPE)
    return kind is not None and not (isinstance(kind.tree, str) and lower(kind.tree) == "none")
