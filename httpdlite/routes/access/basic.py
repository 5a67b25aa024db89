"""AuthType Basic: who a request says it is, and whether it knows the password. Pure.

Comes in: AuthType, AuthName and the providers of a section; then requests. Goes out: a status, 401
or 500, or None when it is known who asks; ``Request.user`` is set to who it says it
is, known or not. Source: mod_authn_core, mod_auth_basic, mod_authn_file; as observed with 2.4.71:

1. The name of the scheme ends at a blank. What follows is base64 up to the first other character;
   name and password end at a NUL, as texts in C do.
2. Providers are asked one after the other until one knows the user. Whether it is the password the
   first that does decides.
3. An unknown user is answered at once, without any password being checked.
4. Checks that take long are asked for (``PasswordQuestion``); what was right is remembered.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Final

from httpdlite.conf.directives import basic_authentication as rows
from httpdlite.conf.scope import Scope
from httpdlite.conf.spelling import lower
from httpdlite.routes.access.passwords import VERIFIED, check_password, is_known, is_quick
from httpdlite.routes.access.questions import PasswordQuestion
from httpdlite.routes.access.texts import Complaint, compile_phrase
from httpdlite.routes.access.userfiles import UserFiles
from httpdlite.routes.expressions import Outside
from httpdlite.routes.pattern import as_bytes_text
from httpdlite.routes.request import Field, Request

_ERROR: Final = 3
UNAUTHORIZED: Final = 401
FAILED: Final = 500


class _Known(Enum):
    """What a provider says of a user and a password (authn_status)."""

    GRANTED = "granted"
    DENIED = "denied"
    NOT_FOUND = "not found"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Basic:
    """What a section says of users. ``files`` has the file of each provider."""

    type_of: Callable[[Request], str | None]
    name_of: Callable[[Request], str | None]
    paths: tuple[str | None, ...]
    is_authoritative: bool
    uses_digest: bool
    files: UserFiles

    def auth_type(self, request: Request) -> str | None:
        """AuthType; None if there is none, or None, or it cannot be told."""
        name = self.type_of(request)
        return None if name is None or lower(name) == "none" else name

    def challenge(self, request: Request) -> Field:
        """What a client is told that must say who it is."""
        name = self.name_of(request)
        realm = "(null)" if name is None else _quoted(name)
        return Field(b"WWW-Authenticate", f'Basic realm="{realm}"'.encode("latin-1"))

    def identify(self, request: Request) -> int | None:
        """Asks who it is: the status of who does not know it; None if the user is known or nobody
        had to be asked.
        """
        kind = self.auth_type(request)
        if kind is not None and lower(kind) == "basic":
            if self.name_of(request) is None:
                request.log("auth_basic", _ERROR, "AH01615", f"need AuthName: {request.path}")
                return FAILED
            request.auth_type = kind
            status = self._identify(request)
            if status != _DECLINED:
                return status
        kind = self.auth_type(request)
        if kind is None:
            return None
        text = f"AuthType {kind} configured without corresponding module"
        request.log("authn_core", _ERROR, "AH01796", text)
        return FAILED

    def _identify(self, request: Request) -> int | None:
        found = request.request_field(b"authorization")
        if found is None:
            return UNAUTHORIZED
        scheme, _, rest = found.decode("latin-1").partition(" ")
        if lower(scheme) != "basic":
            text = f"client used wrong authentication scheme: {request.path}"
            request.log("auth_basic", _ERROR, "AH01614", text)
            return UNAUTHORIZED
        user, password = read_credentials(rest)
        request.user = user
        known = self._ask(request, user, password)
        if known is _Known.GRANTED:
            return None
        if not self.is_authoritative and known is not _Known.DENIED:
            return _DECLINED
        if known is _Known.FAILED:
            return FAILED
        if known is _Known.DENIED:
            what = f'user {user}: authentication failure for "{request.path}": Password Mismatch'
            request.log("auth_basic", _ERROR, "AH01617", what)
        else:
            request.log("auth_basic", _ERROR, "AH01618", f"user {user} not found: {request.path}")
        return UNAUTHORIZED

    # --- providers --------------------------------------------------------------------------------

    def _ask(self, request: Request, user: str, password: str) -> _Known:
        known = _Known.NOT_FOUND
        for path in self.paths:
            ask = self._ask_digest if self.uses_digest else self._ask_file
            known = ask(request, path, user, password)
            if known is not _Known.NOT_FOUND:  # rule 2
                break
        return known

    def _ask_file(self, request: Request, path: str | None, user: str, password: str) -> _Known:
        if path is None:
            return _no_file(request, "AH01619")
        try:
            stored = self.files.password(path, user)
        except OSError:
            return _not_opened(request, "AH01620", path)
        if stored is None:
            return _Known.NOT_FOUND
        return _Known.GRANTED if _is_password(request, stored, password) else _Known.DENIED

    def _ask_digest(self, request: Request, path: str | None, user: str, password: str) -> _Known:
        if path is None:
            return _no_file(request, "AH01621")
        realm = _quoted(self.name_of(request) or "")
        try:
            stored = self.files.realm_hash(path, user, realm)
        except OSError:
            return _not_opened(request, "AH01622", path)
        if stored is None:
            return _Known.NOT_FOUND
        text = f"{user}:{realm}:{password}".encode("latin-1")
        digest = hashlib.md5(text, usedforsecurity=False).hexdigest()
        is_it = hmac.compare_digest(digest.encode(), stored.encode("latin-1"))
        return _Known.GRANTED if is_it else _Known.DENIED


_DECLINED: Final = 0


def _no_file(request: Request, code: str) -> _Known:
    text = "AuthUserFile not specified in the configuration"
    request.log("authn_file", _ERROR, code, text)
    return _Known.FAILED


def _not_opened(request: Request, code: str, path: str) -> _Known:
    request.log("authn_file", _ERROR, code, f"Could not open password file: {path}")
    return _Known.FAILED


def _is_password(request: Request, stored: str, password: str) -> bool:
    if VERIFIED.knows(stored, password):
        return True
    if not is_known(stored):
        kind = "$".join(stored.split("$")[:2]) + "$"
        text = f"the password of user {request.user} is kept in a way that is not supported: {kind}"
        request.log("authn_file", _ERROR, "", text)
        return False
    if is_quick(stored):
        is_it = check_password(stored, password)
    else:
        is_it = request.ask(PasswordQuestion(stored, password)) is True
    if is_it:
        VERIFIED.add(stored, password)
    return is_it


# --- credentials and names ------------------------------------------------------------------------

_BASE64: Final = re.compile(r"[ \t\n\v\f\r]*([A-Za-z0-9+/]*)")


def read_credentials(text: str) -> tuple[str, str]:
    """Name and password out of what follows `Basic` (rule 1)."""
    found = _BASE64.match(text)
    letters = found[1] if found is not None else ""
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    try:
        decoded = base64.b64decode(letters + "=" * (-len(letters) % 4))
    except binascii.Error:
        decoded = b""
    user, _, password = decoded.partition(b"\0")[0].partition(b":")
    return user.decode("latin-1"), password.decode("latin-1")


_QUOTE: Final = re.compile(r'\\.|"', re.DOTALL)


def _quoted(name: str) -> str:
    """A realm within its quotes; what has a backslash already stays (ap_escape_quotes)."""
    return _QUOTE.sub(lambda found: found[0] if len(found[0]) > 1 else '\\"', name)


# --- compiling ------------------------------------------------------------------------------------


def compile_basic(scope: Scope, files: UserFiles, outside: Outside) -> Basic:
    """What a section's values say of users."""
    own_file = scope.get(rows.AUTH_USER_FILE)
    providers = scope[rows.AUTH_BASIC_PROVIDER]
    paths = [each.user_file or own_file for each in providers if each.base == "file"]
    if not providers:
        paths = [own_file]
    return Basic(
        _phrase(scope.get(rows.AUTH_TYPE), outside, "AH02834", "AuthType"),
        _phrase(scope.get(rows.AUTH_NAME), outside, "AH02835", "AuthName"),
        tuple(as_bytes_text(path) if path is not None else None for path in paths),
        scope[rows.AUTH_BASIC_AUTHORITATIVE],
        scope[rows.AUTH_BASIC_USE_DIGEST],
        files,
    )


def _phrase(
    found: rows.Phrase | None, outside: Outside, code: str, name: str
) -> Callable[[Request], str | None]:
    if found is None:
        return lambda _request: None
    text = f"{name} expression could not be evaluated: "
    return compile_phrase(found.tree, outside, Complaint("authn_core", code, text, found.span))
