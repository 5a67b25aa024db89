"""Who may come in: order, what is asked for and when, and that in doubt nobody does.

What httpd does with a table of configurations is compared in tests/peers/test_access.py.
"""

import base64

import pytest

from httpdlite.routes.access import basic, may_refuse
from httpdlite.routes.access.passwords import Verified
from httpdlite.routes.access.questions import (
    AddressesQuestion,
    HostNameQuestion,
    PasswordQuestion,
)
from httpdlite.routes.request import Unanswered
from tests.routes.access.stand import BASIC, access_of, check, request_of, scope_of, status
from tests.routes.access.test_userfiles import Disk


def says(user: str, password: str) -> str:
    return f"Authorization: Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


@pytest.fixture(autouse=True)
def verified(monkeypatch: pytest.MonkeyPatch) -> Verified:
    """A memory of this test alone."""
    memory = Verified(10)
    monkeypatch.setattr(basic, "VERIFIED", memory)
    return memory


JOE = says("joe", "secret")
SLOW = says("slow", "a" * 72)

OPEN = [
    "",
    "Require all granted",
    "Require all Granted",
    "AuthType None\nRequire all granted",
    "AuthType None",
    BASIC + "Require all granted",
    "Order allow,deny\nAllow from all",
    "Order deny,allow",
    "Order deny,allow\nDeny from 10\nAllow from all",
    "Require all granted\nRequire ip 10",
    "<RequireAny>\nRequire all granted\n</RequireAny>",
]


@pytest.mark.parametrize("lines", OPEN)
def test_what_lets_everybody_in_costs_nothing(lines: str) -> None:
    assert access_of(lines) is None


@pytest.mark.parametrize("lines", OPEN)
def test_it_is_shown_to_who_wants_to_read_it(lines: str) -> None:
    assert access_of("LogLevel authz_core:debug\n" + lines) is not None
    assert status("LogLevel authz_core:debug\n" + lines, request_of()) == 200


SHUT = [
    "Require all denied",
    "Require ip 10",
    "Require ip 10\nRequire all denied",
    "<RequireAll>\nRequire all granted\nRequire all denied\n</RequireAll>",
    "<RequireAll>\nRequire all granted\nRequire not ip 192\n</RequireAll>",
    "Order allow,deny",
    "Order deny,allow\nDeny from all",
    "Order mutual-failure",
    "Require env X",
    "Require method POST",
    "Require expr false",
    "Require ssl",
    "Require ssl-verify-client",
    "Require local",
]


@pytest.mark.parametrize("lines", SHUT)
def test_403(lines: str) -> None:
    request = request_of(JOE)
    refusal = check(lines, request)
    assert refusal is not None
    assert refusal.status == 403
    assert request.error_fields == []
    assert [line.code for line in request.lines] in (["AH01630"], ["AH01797"])
    assert request.lines[-1].text == (
        "client denied by server configuration: proxy:http://worker/path"
    )


DOUBTFUL = {
    "a type that is not done": "AuthType Digest\nRequire valid-user",
    "no type": "Require valid-user",
    "a type alone": BASIC,
    "no name": "AuthType Basic\nAuthUserFile users\nRequire valid-user",
    "no file": "AuthType Basic\nAuthName x\nRequire valid-user",
    "a missing file": BASIC + "AuthUserFile missing\nRequire valid-user",
    "an expression that fails": "Require expr \"file('/nowhere') == 'a'\"",
    "one in a negation": "<RequireAll>\nRequire all granted\n"
    "Require not expr \"file('/nowhere') == 'a'\"\n</RequireAll>",
    "a provider of users that is not done": BASIC + "AuthBasicProvider dbm\nRequire valid-user",
    "a missing group file": BASIC + "AuthGroupFile missing\nRequire group x",
    "no group file": BASIC + "Require group x",
}


@pytest.mark.parametrize("lines", DOUBTFUL.values(), ids=DOUBTFUL.keys())
def test_in_doubt_nobody_comes_in(lines: str) -> None:
    assert status(lines, request_of(JOE)) in (401, 403, 500)
    assert may_refuse(scope_of(lines))


@pytest.mark.parametrize("lines", ["Require ldap-user joe", "Require file-owner"])
def test_what_is_refused_before_is_not_compiled(lines: str) -> None:
    with pytest.raises(ValueError, match=lines):
        check(lines, request_of(JOE))


@pytest.mark.parametrize("lines", OPEN)
def test_what_never_refuses(lines: str) -> None:
    assert not may_refuse(scope_of(lines)) or "AuthType Basic" in lines


@pytest.mark.parametrize("lines", SHUT)
def test_what_may_refuse(lines: str) -> None:
    assert may_refuse(scope_of(lines))


def test_401_says_for_what() -> None:
    request = request_of()
    refusal = check(BASIC + "Require valid-user", request)
    assert refusal is not None
    assert refusal.status == 401
    assert request.error_fields == [(b"WWW-Authenticate", b'Basic realm="realm"')]
    assert request.lines == []


def test_who_is_known_comes_in() -> None:
    request = request_of(JOE)
    assert check(BASIC + "Require valid-user", request) is None
    assert (request.user, request.auth_type) == ("joe", "Basic")


def test_an_upgrade_is_checked_like_any_request() -> None:
    upgrade = ("Connection: Upgrade", "Upgrade: websocket")
    assert status(BASIC + "Require valid-user", request_of(*upgrade)) == 401
    assert status(BASIC + "Require valid-user", request_of(*upgrade, JOE)) == 200


# --- what is asked for ----------------------------------------------------------------------------


def asked(lines: str, *fields: str, **more: object) -> object:
    with pytest.raises(Unanswered) as found:
        check(lines, request_of(*fields, **more))  # type: ignore[arg-type]
    return found.value.question


def test_a_slow_password_is_asked_for_once(verified: Verified) -> None:
    lines = BASIC + "Require valid-user"
    question = asked(lines, SLOW)
    assert isinstance(question, PasswordQuestion)
    assert question.password == "a" * 72
    assert status(lines, request_of(SLOW, answers={question: False})) == 401
    assert isinstance(asked(lines, SLOW), PasswordQuestion)  # what is wrong is not remembered
    assert status(lines, request_of(SLOW, answers={question: True})) == 200
    assert status(lines, request_of(SLOW)) == 200
    assert verified.knows(question.stored, question.password)


def test_nobody_is_asked_who_does_not_come_in_anyway() -> None:
    """Neither for a password nor, with an unknown name, for a check of one."""
    lines = f"{BASIC}<RequireAll>\nRequire valid-user\nRequire ip 10\n</RequireAll>"
    assert status(lines, request_of(says("slow", "x"))) == 403
    assert status(BASIC + "Require valid-user", request_of(says("nobody", "x"))) == 401


def test_names_are_asked_for() -> None:
    question = asked("Require host a.test")
    assert question == HostNameQuestion("192.0.2.1")
    for name, expected in (("x.A.test", 200), ("xa.test", 403), (None, 403)):
        assert status("Require host a.test", request_of(answers={question: name})) == expected


def test_names_of_the_old_kind_are_asked_for() -> None:
    question = asked("Deny from a.test")
    assert question == HostNameQuestion("192.0.2.1")
    for name, expected in (("a.test", 403), ("xa.test", 200), (None, 200)):
        assert status("Deny from a.test", request_of(answers={question: name})) == expected


def test_addresses_are_asked_for() -> None:
    question = asked("Require forward-dns a.test")
    assert question == AddressesQuestion("a.test")
    for found, expected in (
        (("192.0.2.1",), 200),
        (("10.0.0.1", "::ffff:192.0.2.1"), 200),
        (("10.0.0.1",), 403),
        ((), 403),
    ):
        assert (
            status("Require forward-dns a.test", request_of(answers={question: found})) == expected
        )


def test_nothing_is_asked_that_does_not_matter() -> None:
    assert status("Require all granted\nRequire host a.test", request_of()) == 200
    assert status("Order deny,allow\nDeny from 10 \nAllow from a.test", request_of()) == 200


# --- files ----------------------------------------------------------------------------------------


def test_a_user_who_was_taken_out_does_not_come_in() -> None:
    disk = Disk(**{"/root/users": b"joe:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"})
    access = access_of(BASIC + "Require valid-user", disk)
    assert access is not None
    assert access.check(request_of(JOE)) is None
    disk.change("/root/users", b"ann:x\n")
    refusal = access.check(request_of(JOE))
    assert refusal is not None
    assert refusal.status == 401


def test_a_changed_password_is_not_remembered() -> None:
    lines = BASIC + "Require valid-user"
    disk = Disk(**{"/root/users": b"md:$1$Wy3YMYb2$tMtBnRVnhtpG.uLAwv5OF0\n"})
    request = request_of(says("md", "secret"))
    assert status(lines, request, disk) == 200
    disk.change("/root/users", b"md:$1$Wy3YMYb2$aaaaaaaaaaaaaaaaaaaaa0\n")
    assert status(lines, request_of(says("md", "secret")), disk) == 401


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("192.0.2.1", 200),
        ("::ffff:192.0.2.1", 200),
        ("192.0.3.1", 403),
        ("2001:db8::1", 200),
        ("2001:db9::1", 403),
    ],
)
def test_addresses_of_both_kinds(ip: str, expected: int) -> None:
    assert status("Require ip 192.0.2 2001:db8::/32", request_of(ip=ip)) == expected
    lines = "Order allow,deny\nAllow from 192.0.2 2001:db8::/32"
    assert status(lines, request_of(ip=ip)) == expected


@pytest.mark.parametrize(
    ("ip", "expected"),
    [("127.9.9.9", 200), ("::1", 200), ("192.0.2.9", 200), ("192.0.2.1", 403), ("::2", 403)],
)
def test_local(ip: str, expected: int) -> None:
    assert status("Require local", request_of(ip=ip)) == expected


def test_the_address_that_counts_is_that_of_the_request() -> None:
    """Behind mod_remoteip it is not the connection's."""
    request = request_of()
    request.client_ip = "10.0.0.1"
    assert status("Require ip 10", request) == 200
    request = request_of(ip="10.0.0.1")
    request.client_ip = "192.0.2.1"
    assert status("Deny from 192.0.2.1", request) == 403
