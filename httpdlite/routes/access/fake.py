"""AuthBasicFake: what the worker is told who asks, whoever it is. Pure.

Comes in: the directive's value; then requests that may go on. Goes out: their Authorization field,
or 500 where an expression fails. Source: mod_auth_basic, which does it after all other fixups; as
observed with 2.4.71.
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from httpdlite.conf.directives.basic_authentication import AUTH_BASIC_FAKE, Phrase
from httpdlite.conf.scope import Scope
from httpdlite.routes.access.texts import Complaint, compile_phrase
from httpdlite.routes.expressions import Outside
from httpdlite.routes.request import Request, Verdict
from httpdlite.routes.route import Refusal

_INFO: Final = 6
_FIELD: Final = b"Authorization"


@dataclass(frozen=True, slots=True)
class FakeUser:
    """A name and a password, texts with expressions; as the last of the fixups."""

    user: Callable[[Request], str | None]
    password: Callable[[Request], str | None]

    def fixup(self, request: Request) -> Verdict | Refusal:
        """Tells the worker."""
        where = f"expression for URI '{request.path}', ignoring"
        user = self.user(request)
        if user is None:
            return Refusal(500, "")
        if not user:
            request.log("auth_basic", _INFO, "AH02458", f"AuthBasicFake: empty username {where}")
            return Verdict.DECLINED
        password = self.password(request)
        if password is None:
            return Refusal(500, "")
        if not password:
            request.log("auth_basic", _INFO, "AH02459", f"AuthBasicFake: empty password {where}")
            return Verdict.DECLINED
        value = b"Basic " + base64.b64encode(f"{user}:{password}".encode("latin-1"))
        request.head.replace(_FIELD, value)
        text = f'AuthBasicFake: "Authorization: {value.decode()}"'
        request.log("auth_basic", _INFO, "AH02457", text)
        return Verdict.OK


def compile_fake(scope: Scope, outside: Outside) -> FakeUser | None:
    """Of a section's values; None if the worker is told what the client says."""
    found = scope.get(AUTH_BASIC_FAKE)
    if found is None:
        return None
    return FakeUser(
        _phrase(found.user, outside, "AH02455", "user"),
        _phrase(found.password, outside, "AH02456", "password"),
    )


def _phrase(
    phrase: Phrase, outside: Outside, code: str, name: str
) -> Callable[[Request], str | None]:
    def text(request: Request) -> str | None:
        what = f"AuthBasicFake: could not evaluate {name} expression for URI '{request.path}': "
        return compile_phrase(
            phrase.tree, outside, Complaint("auth_basic", code, what, phrase.span)
        )(request)

    return text
