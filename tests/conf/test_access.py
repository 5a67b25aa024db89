"""What access directives say: trees of requirements, how sections are merged, what is refused."""

import pickle
from collections.abc import Iterator

import pytest

from httpdlite.conf.directives.authorization import Authorization, Group, Member, Requirement
from httpdlite.conf.directives.basic_authentication import (
    AUTH_BASIC_FAKE,
    AUTH_BASIC_PROVIDER,
    AUTH_NAME,
    AUTH_USER_FILE,
    Provider,
)
from httpdlite.conf.directives.mod_access_compat import ORDER, Listed, Order, Satisfy
from httpdlite.conf.directives.mod_authz_core import REQUIRE
from httpdlite.conf.rows import Refusal
from httpdlite.conf.scope import Scope
from httpdlite.diagnostics import NOT_SUPPORTED
from tests.conf.reading import codes, read


def scopes(*sections: str) -> Iterator[Scope]:
    text = "".join(f"<Location /{n}>\n{lines}\n</Location>\n" for n, lines in enumerate(sections))
    for section in read(text).tree.main.sections:
        yield section.scope


def scope_of(lines: str) -> Scope:
    return next(scopes(lines))


def shown(member: Member) -> str:
    """A tree as a text: `not ip 10`, `any(…)`, `-all(…)`, `[and](…)`."""
    if isinstance(member, Requirement):
        return f"{'not ' * member.is_negative}{member.provider} {member.argument}".rstrip()
    name = f"[{member.needs.value}]" if member.merges else member.needs.value.lower()
    return f"{'-' * member.is_negative}{name}({', '.join(map(shown, member.members))})"


def tree_of(*sections: str) -> str:
    """Of sections that cover the same request, outer ones first."""
    merged = Scope()
    for scope in scopes(*sections):
        merged = merged.overlaid(scope)
    group = merged[REQUIRE].group
    return shown(group) if group is not None else ""


A, B, C = "Require ip 10", "Require ip 11", "Require ip 12"

TREES = {
    A: "any(ip 10)",
    f"{A}\n{B}": "any(ip 10, ip 11)",
    f"<RequireAny>\n{A}\n</RequireAny>\n{B}": "any(ip 10, ip 11)",
    f"<RequireAll>\n{A}\n</RequireAll>\n{B}": "any(all(ip 10), ip 11)",
    f"{B}\n<RequireAll>\n{A}\nRequire not local\n</RequireAll>": (
        "any(ip 11, all(ip 10, not local))"
    ),
    f"<RequireAll>\n<RequireAll>\n{A}\n</RequireAll>\n{B}\n</RequireAll>": "any(all(ip 10, ip 11))",
    f"<RequireAll>\n{A}\n<RequireNone>\n{B}\n{C}\n</RequireNone>\n</RequireAll>": (
        "any(all(ip 10, not ip 11, not ip 12))"
    ),
    f"<RequireAll>\n{A}\n<RequireNone>\n<RequireAll>\n{B}\n</RequireAll>\n<RequireAny>\n{C}\n"
    "</RequireAny>\n</RequireNone>\n</RequireAll>": "any(all(ip 10, -all(ip 11), not ip 12))",
    f"<RequireAll>\n<RequireAny>\n{A}\n{B}\n</RequireAny>\n{C}\n</RequireAll>": (
        "any(all(any(ip 10, ip 11), ip 12))"
    ),
    f"<RequireAll>\n<IfDefine !X>\n{A}\n</IfDefine>\n{B}\n</RequireAll>": "any(all(ip 10, ip 11))",
}


@pytest.mark.parametrize("lines", TREES)
def test_the_tree_of_a_section(lines: str) -> None:
    assert tree_of(lines) == TREES[lines]


MERGED = {
    (A, "AuthName x"): "any(ip 10)",
    (A, B): "any(ip 11)",
    (A, f"AuthMerging Off\n{B}"): "any(ip 11)",
    (A, "AuthMerging Off"): "",
    (A, "AuthMerging And"): "any(ip 10)",
    (A, f"AuthMerging And\n{B}"): "[All](any(ip 10), any(ip 11))",
    (A, f"{B}\nAuthMerging or\n{C}"): "[Any](any(ip 10), any(ip 11, ip 12))",
    ("AuthMerging Or", B): "any(ip 11)",
    (f"AuthMerging Or\n{A}", B): "any(ip 11)",
    (A, f"AuthMerging And\n{B}", f"AuthMerging Or\n{C}"): (
        "[Any]([All](any(ip 10), any(ip 11)), any(ip 12))"
    ),
    (A, "AuthMerging Or\nAuthMerging And\n" + B): "[All](any(ip 10), any(ip 11))",
}


@pytest.mark.parametrize("sections", MERGED)
def test_sections_are_merged(sections: tuple[str, ...]) -> None:
    assert tree_of(*sections) == MERGED[sections]


def test_sections_of_which_each_is_merged_first() -> None:
    """Locations among themselves, then with what is outside of them."""
    outer, first, second = scopes(A, f"AuthMerging And\n{B}", "AuthName x")
    together = first.overlaid(second)
    group = outer.overlaid(together)[REQUIRE].group
    assert group is not None
    assert shown(group) == "[All](any(ip 10), any(ip 11))"


# --- methods --------------------------------------------------------------------------------------


def members_of(value: Authorization) -> tuple[Requirement, ...]:
    def leaves(group: Group) -> Iterator[Requirement]:
        for member in group.members:
            if isinstance(member, Group):
                yield from leaves(member)
            else:
                yield member

    return tuple(leaves(value.group)) if value.group is not None else ()


@pytest.mark.parametrize(
    ("lines", "methods"),
    [
        ("Require local", (frozenset(), True)),
        ("<Limit HEAD POST>\nRequire local\n</Limit>", ({"GET", "POST"}, False)),
        ("<LimitExcept GET>\nRequire local\n</LimitExcept>", ({"GET"}, True)),
        (
            "<LimitExcept GET>\n<Limit GET PUT>\nRequire local\n</Limit>\n</LimitExcept>",
            ({"PUT"}, False),
        ),
        ("<Limit PUT>\n<RequireAll>\nRequire local\n</RequireAll>\n</Limit>", ({"PUT"}, False)),
        ("<RequireAll>\n<Limit PUT>\nRequire local\n</Limit>\n</RequireAll>", ({"PUT"}, False)),
    ],
)
def test_a_line_is_about_the_methods_around_it(
    lines: str, methods: tuple[set[str] | frozenset[str], bool]
) -> None:
    (requirement,) = members_of(scope_of(lines)[REQUIRE])
    assert requirement.methods == methods


def test_lines_of_the_old_kind() -> None:
    scope = scope_of(
        "Order Allow,Deny\n<Limit PUT>\nAllow from all env=!A 10\n</Limit>\n"
        "Deny from env=B a.test\nSatisfy ANY"
    )
    order, allow, deny, satisfy = scope[ORDER]
    assert isinstance(order, Order)
    assert order.precedence.value == "allow,deny"
    assert isinstance(allow, Listed)
    assert isinstance(deny, Listed)
    assert allow.allows
    assert allow.methods == (frozenset({"PUT"}), False)
    assert [(each.kind.value, each.text) for each in allow.sources] == [
        *(("all", ""), ("env=!", "A"), ("address", "10"))
    ]
    assert not deny.allows
    assert [(each.kind.value, each.text) for each in deny.sources] == [
        *(("env=", "B"), ("host", "a.test"))
    ]
    assert isinstance(satisfy, Satisfy)
    assert satisfy.any


def test_any_of_them_forgets_all_of_the_outer_section() -> None:
    outer, inner = scopes("Order allow,deny\nDeny from all", "Satisfy Any")
    assert len(outer.overlaid(inner)[ORDER]) == 1


# --- names and files ------------------------------------------------------------------------------

ALIASES = """\
<AuthnProviderAlias file second>
AuthUserFile users2
</AuthnProviderAlias>
<AuthzProviderAlias group ours "a b">
AuthGroupFile groups2
</AuthzProviderAlias>
"""


def test_aliases() -> None:
    lines = "AuthUserFile users\nAuthBasicProvider file second\nRequire ours x"
    tree = read(f"{ALIASES}<Location />\n{lines}\n</Location>").tree
    scope = tree.main.sections[0].scope
    assert scope[AUTH_USER_FILE] == "/root/users"
    assert scope[AUTH_BASIC_PROVIDER] == (
        Provider("file", "file"),
        Provider("second", "file", "/root/users2"),
    )
    (requirement,) = members_of(scope[REQUIRE])
    assert requirement.alias is not None
    assert (requirement.alias.provider, requirement.alias.argument) == ("group", "a b")
    assert requirement.alias.group_file == "/root/groups2"
    assert AUTH_USER_FILE not in tree.main.scope


def test_providers_of_a_section_replace_those_of_the_outer_one() -> None:
    outer, inner = scopes("AuthBasicProvider file\nAuthBasicProvider dbm", "AuthBasicProvider file")
    assert len(outer[AUTH_BASIC_PROVIDER]) == 2
    assert outer.overlaid(inner)[AUTH_BASIC_PROVIDER] == (Provider("file", "file"),)


def test_nobody_is_told_to_be_somebody_else() -> None:
    outer, inner = scopes("AuthBasicFake a b", "AuthBasicFake off")
    assert outer.get(AUTH_BASIC_FAKE) is not None
    assert outer.overlaid(inner).get(AUTH_BASIC_FAKE) is None


def test_values_travel() -> None:
    scope = scope_of(
        "AuthType Basic\nAuthName %{HTTP_HOST}\nAuthUserFile users\n"
        "AuthBasicFake %{REMOTE_USER} x\nOrder allow,deny\nAllow from 10\nSatisfy Any\n"
        "AuthzSendForbiddenOnFailure On\n<RequireAll>\n<Limit GET>\n"
        "Require expr %{HTTP:X} == '1'\n</Limit>\nRequire user a%{HTTP:X}\n"
        "Require not ip 10\n</RequireAll>"
    )
    assert pickle.loads(pickle.dumps(scope)) == scope
    assert not isinstance(scope[AUTH_NAME].tree, str)


def test_a_line_that_has_moved_is_the_same_line() -> None:
    first, second = scope_of(f"{A}\nAuthName x"), scope_of(f"# \n\n{A}\nAuthName x")
    assert first == second


# --- what is refused ------------------------------------------------------------------------------


def reasons(lines: str) -> list[str]:
    scope = scope_of(lines)
    found: list[Refusal] = []
    for row, value in scope.items():
        found.extend(row.refuse(value))
    return [refusal.reason for refusal in found]


DONE = """
Require all denied
Require ip 10
Require host a.test
Require forward-dns a.test
Require local
Require env X
Require method GET
Require expr true
Require user a
Require valid-user
Require group a
Require ssl
AuthType Basic
AuthType NONE
AuthType %{HTTP:X}
AuthBasicProvider file
Order allow,deny
Order mutual-failure
Deny from all
Satisfy Any
"""


@pytest.mark.parametrize("line", DONE.strip().split("\n"))
def test_what_is_done(line: str) -> None:
    assert reasons(line) == []


NOT_DONE = {
    "Require ldap-user joe": "Require ldap-user is not supported: ask the worker, or another "
    "server in front",
    "Require file-owner": "Require file-owner is not supported: it is about files, and none are "
    "served here",
    "AuthType Digest": "AuthType Digest is not supported",
    "AuthType Form": "AuthType Form is not supported",
    "AuthBasicProvider file dbm": "AuthBasicProvider dbm is not supported: users come from a file",
    "<RequireAll>\nRequire ip 10\nRequire dbm-group x\n</RequireAll>": "Require dbm-group is not "
    "supported: ask the worker, or another server in front",
}


@pytest.mark.parametrize("lines", NOT_DONE)
def test_what_is_not_done(lines: str) -> None:
    assert reasons(lines) == [NOT_DONE[lines]]


def test_in_a_section_about_files_the_same_is_refused() -> None:
    found = read("<Directory /srv>\nAuthType Digest\nRequire ldap-user joe\n</Directory>")
    assert codes(found) == [NOT_SUPPORTED, NOT_SUPPORTED]
    assert codes(read("<Files x>\nAuthType Basic\nRequire user joe\n</Files>")) == []


@pytest.mark.parametrize("line", ["SSLRequire true", "AuthLDAPURL ldap://a.test"])
def test_what_protects_is_refused_in_a_section_about_files(line: str) -> None:
    """A rule in it may give the request to a worker."""
    assert codes(read(f"<Directory /srv>\n{line}\n</Directory>")) == [NOT_SUPPORTED]


@pytest.mark.parametrize(("length", "found"), [(8191, []), (8192, ["bad-expression"])])
def test_a_text_may_be_so_long(length: int, found: list[str]) -> None:
    """Only variables can make it so long: a line ends before."""
    half = "a" * 4000
    text = (
        f"Define X {half}\n<Location />\nAuthName ${{X}}${{X}}{'b' * (length - 8000)}\n</Location>"
    )
    assert codes(read(text)) == found
