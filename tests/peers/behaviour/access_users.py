"""Who somebody is: users and their passwords, groups, aliases, what the worker is told.

A row is as in access: a location, its lines, and the requests it is tried with.
"""

from typing import Final

from tests.peers.behaviour.access import (
    ANN,
    ANYBODY,
    BASIC,
    IN,
    JOE,
    JOE_SAYS,
    NOBODY,
    OUT,
    VALID,
    WRONG,
    X,
    ask,
    configuration,
    row,
    user,
)

KINDS: Final = (
    *("joe", "ann", "spaces", "hidden", "#hidden", "continued", "more", "blank", "blank "),
    *("nothing", "empty", "plain", "apr", "md5", "des", "bsdi", "sha256", "sha512", "b2y", "b2a"),
    *("b2b", "cut", "odd", "endless", "behind", ""),
)
ODD_FIELDS: Final = (
    "Authorization: Basic",
    "Authorization: Basic %%%",
    "Authorization: Basic am9l",
    "Authorization: Basic am9lOnNlY3JldAB4",
    "Authorization: Basic am9lOnNlY3JldA",
    "Authorization: Basic am9lOnNlY3JldA==zzz",
    "Authorization: Basic am9lO nNlY3JldA==",
    "Authorization: basic    am9lOnNlY3JldA==",
    "Authorization: Basic\tam9lOnNlY3JldA==",
    "Authorization: Basic am9lOnNlY3JldA== x",
    "Authorization: Basic am9lOnNlY3JldA==x",
    "Authorization: Digest x",
    "Authorization:",
)
TWICE: Final = ask("Authorization: Basic am9lOnNlY3JldA==", "Authorization: Basic x")

PASSWORDS: Final = configuration(
    "users",
    (
        row("/right", BASIC + VALID, *(user(name) for name in KINDS)),
        row(
            "/wrong",
            BASIC + VALID,
            *(user(name, "wrong") for name in KINDS if len(name) == 3 or name[:3] == "sha"),
            user("empty", ""),
            user("nothing", ""),
            user("plain", "plain"),
        ),
        row(
            "/long",
            BASIC + VALID,
            *(user("long", "a" * length) for length in (71, 72, 73, 100)),
            user("deslong", "longpassword"),
            user("deslong", "longpass"),
            user("deslong", "longpas"),
            user("latin", "p\xe4ssword"),
            user("latin", "password"),
        ),
        row("/odd", BASIC + VALID, ANYBODY, TWICE, *map(ask, ODD_FIELDS)),
        row("/user", BASIC + "Require user joe bill", ANYBODY, JOE, ANN, WRONG),
        row("/quoted", BASIC + 'Require user "joe"', JOE),
        row("/no-user", BASIC + "Require user", ANYBODY, JOE),
        row(
            "/by-field",
            BASIC + "Require user %{HTTP:X}",
            JOE,
            ask(JOE_SAYS, "X: joe"),
            ask(JOE_SAYS, 'X: "a b" joe'),
        ),
        row("/failing", BASIC + "Require user %{file:/nowhere}", ANYBODY, JOE),
        row("/name-in-expr", BASIC + "Require expr \"%{REMOTE_USER} == 'joe'\"", ANYBODY, JOE, ANN),
        row(
            "/in-function", BASIC + "Require expr \"tolower(%{remote_user}) == 'x'\"", ANYBODY, JOE
        ),
        row("/no-name-in-expr", BASIC + "Require expr \"%{HTTP:X} == '1'\"", ANYBODY, JOE, X),
        row("/granted", BASIC + "Require all granted", ANYBODY, WRONG),
        row("/denied", BASIC + "Require all denied", ANYBODY, JOE),
        row("/either", BASIC + IN + VALID, ANYBODY, WRONG),
        row("/or-not", BASIC + OUT + VALID, ANYBODY, JOE, WRONG),
        row(
            "/both",
            f"{BASIC}<RequireAll>\n{VALID}Require not user ann\n{IN}</RequireAll>",
            *(ANYBODY, JOE, ANN),
        ),
        row(
            "/never", f"{BASIC}<RequireAll>\n{VALID}Require all denied\n</RequireAll>", ANYBODY, JOE
        ),
        row(
            "/not-in-one",
            f"{BASIC}<RequireAll>\nRequire user ann joe\nRequire not group one\n</RequireAll>",
            *(ANYBODY, JOE, ANN),
        ),
        row(
            "/two-ways",
            f"{BASIC}<RequireAll>\nRequire user joe\nRequire expr true\n</RequireAll>\n"
            f"<RequireAll>\n{OUT}</RequireAll>",
            ANYBODY,
            JOE,
        ),
        row(
            "/forbidden",
            BASIC + "AuthzSendForbiddenOnFailure On\nRequire user ann",
            *(ANYBODY, JOE, ANN, WRONG),
        ),
        row(
            "/forbidden/not",
            "AuthzSendForbiddenOnFailure Off",
            JOE,
        ),
        *(
            row(f"/group-{number}", f"{BASIC}Require group {names}", JOE)
            for number, names in enumerate(
                ("one", "two", "three", "five", "six", "x four", '"four"', "FOUR", "seven", "")
            )
        ),
        row("/group", BASIC + "Require group one", ANYBODY, ANN, user("apr")),
        row("/group-by-field", BASIC + "Require group %{HTTP:X}", JOE, ask(JOE_SAYS, "X: a four")),
        row("/group-failing", BASIC + "Require group %{file:/nowhere}", JOE),
        row(
            "/no-group-file",
            "AuthType Basic\nAuthName realm\nAuthUserFile ROOT/users\nRequire group one",
            *(ANYBODY, JOE),
        ),
        row("/missing-group-file", BASIC + "AuthGroupFile ROOT/nowhere\nRequire group one", JOE),
        row("/no-file", "AuthType Basic\nAuthName realm\n" + VALID, ANYBODY, JOE),
        row("/missing-file", f"{BASIC}AuthUserFile ROOT/nowhere\n{VALID}", ANYBODY, JOE),
        row("/directory", f"{BASIC}AuthUserFile ROOT\n{VALID}", ANYBODY, JOE),
        row("/no-name", "AuthType Basic\nAuthUserFile ROOT/users\n" + VALID, ANYBODY, JOE),
        row("/failing-name", f"{BASIC}AuthName %{{file:/nowhere}}\n{VALID}", ANYBODY, JOE),
        row("/name", f'{BASIC}AuthName "a \\"q\\" b"\n{VALID}', ANYBODY),
        row(
            "/name-by-field",
            f'{BASIC}AuthName "a%{{HTTP:X}}"\n{VALID}',
            *(ANYBODY, ask('X: q"x\\'), ask('X: a\\"b'), JOE),
        ),
        row("/small", f"{BASIC}AuthType basic\n{VALID}", ANYBODY, JOE),
        row("/none", f"{BASIC}AuthType None\n{VALID}", ANYBODY, JOE),
        row("/none-granted", f"{BASIC}AuthType none\nRequire all granted", JOE),
        row("/none-alone", f"{BASIC}AuthType none\n", JOE),
        row(
            "/type-by-field",
            f"{BASIC}AuthType %{{HTTP:X}}\n{VALID}",
            *(ask(JOE_SAYS, *field) for field in ((), ("X: basic",), ("X: none",), ("X: Digest",))),
        ),
        row("/failing-type", f"{BASIC}AuthType %{{file:/nowhere}}\n{VALID}", ANYBODY),
        row(
            "/not-authoritative",
            f"{BASIC}AuthBasicAuthoritative Off\n{VALID}",
            *(ANYBODY, JOE, WRONG, NOBODY),
        ),
        row(
            "/digest",
            f"{BASIC}AuthBasicUseDigestAlgorithm MD5\nAuthUserFile ROOT/digests\n{VALID}",
            *(JOE, WRONG, ANN, NOBODY),
        ),
        row("/options", BASIC + VALID, ask(method="OPTIONS"), ask(method="HEAD")),
    ),
)

# --- aliases --------------------------------------------------------------------------------------

ALIASED: Final = """\
<AuthnProviderAlias file second>
AuthUserFile ROOT/others
</AuthnProviderAlias>
<AuthzProviderAlias group ours "two x">
AuthGroupFile ROOT/groups
</AuthzProviderAlias>
<AuthzProviderAlias group theirs two>
AuthGroupFile ROOT/nowhere
</AuthzProviderAlias>
<AuthzProviderAlias ip near "127.0.0.1">
</AuthzProviderAlias>
<AuthzProviderAlias expr asked "%{HTTP:X} == '1'">
</AuthzProviderAlias>
"""
ALIASES: Final = configuration(
    "aliases",
    (
        row("/ours", BASIC + "Require ours", ANYBODY, JOE, ANN),
        row("/theirs", BASIC + "Require theirs", ANN),
        row("/near", "Require near foo bar"),
        row("/not-near", "<RequireAll>\nRequire all granted\nRequire not near\n</RequireAll>"),
        row("/asked", "Require asked", ANYBODY, X),
        row(
            "/both",
            f"{BASIC}AuthBasicProvider file second\n{VALID}",
            *(JOE, user("bob"), NOBODY, WRONG),
        ),
        row(
            "/lines",
            f"{BASIC}AuthBasicProvider second\nAuthBasicProvider file\n{VALID}",
            *(JOE, ANN, user("bob")),
        ),
        row("/lines/one", "AuthBasicProvider file", JOE, user("bob")),
    ),
    ALIASED,
)

# --- what the worker is told ----------------------------------------------------------------------

FAKES: Final = configuration(
    "AuthBasicFake",
    (
        row("/fake", "AuthBasicFake demo pw", ANYBODY, JOE),
        row("/fake/off", "AuthBasicFake off", ANYBODY, JOE),
        row("/fake/other", "AuthBasicFake other", ANYBODY),
        row("/user", f"AuthBasicFake %{{REMOTE_USER}}\n{BASIC}{VALID}", ANYBODY, JOE),
        row("/field", "AuthBasicFake %{HTTP:X} p", ANYBODY, X),
        row("/password", "AuthBasicFake u %{HTTP:X}", ANYBODY, X),
        row("/failing", "AuthBasicFake %{file:/nowhere}", ANYBODY),
        row("/failing-password", "AuthBasicFake u %{file:/nowhere}", ANYBODY),
    ),
)

TABLES: Final = (PASSWORDS, FAKES)
"""What may stand in virtual hosts."""
ALONE: Final = (ALIASES,)
"""What must be the main server."""
