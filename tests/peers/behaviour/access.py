"""Who may come in: Require and its sections, order, allow and deny, and how sections of these are
merged. Users are in access_users.

A row is a location, its lines, and the requests it is tried with. Passwords are `secret`.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tests.peers.behaviour.language import Case, Configuration, case, request


@dataclass(frozen=True, slots=True)
class Ask:
    """A request for a location, or for what is below it."""

    fields: tuple[str, ...] = ()
    method: str = "GET"
    below: str = ""


def ask(*fields: str, method: str = "GET", below: str = "") -> Ask:
    """The usual one has no fields."""
    return Ask(fields, method, below)


def credentials(text: str) -> str:
    """The field of who says it is `name:password`."""
    return f"Authorization: Basic {base64.b64encode(text.encode('latin-1')).decode()}"


def user(name: str, password: str = "secret") -> Ask:
    return ask(credentials(f"{name}:{password}"))


ANYBODY: Final = ask()
JOE: Final = user("joe")
ANN: Final = user("ann")
NOBODY: Final = user("nobody")
WRONG: Final = user("joe", "wrong")
JOE_SAYS: Final = JOE.fields[0]

SHA: Final = "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="
USERS: Final = f"""\
# a comment
joe:{SHA}
ann:{SHA}
joe:of no use

  spaces:{SHA}
#hidden:{SHA}
con\\
tinued:{SHA}
more:{SHA}:Real Name:more
blank :{SHA}
nothing
empty:
plain:secret
apr:$apr1$EKpw8A8h$9Bd1RF4.POVjGhqeyiWSL/
md5:$1$Wy3YMYb2$tMtBnRVnhtpG.uLAwv5OF0
des:ub9ptEg0x7mdY
bsdi:_Z/..lDTQ8pIECGhNVd6
sha256:$5$rounds=1000$JdbAS97rf0rzg7SN$iHQAOd850i5IupbxTdcyKPm2rqM1NF9LXGZYbfojZ//
sha512:$6$kT3ItNdQaTjgvFs5$FQ0Ez84hWaOsJHYvtLIsBRGMD/Up4tJbq40yTQJhHpLQpYt1Z4ZDJmcVypE7h1JMG8bI7PPE2j\
OYV/TI1IBhv/
b2y:$2y$04$x3.dhVhaqhMq4FIRkx2Wf.S6DTMW7NIShzwbvzy3i3bDNHZyfbfAG
b2a:$2a$04$XUtqJolmKS74p60Et8TSW.X2QS2HogQ8R5IVnZqM3lrKDKKcf/zWW
b2b:$2b$04$mHGv5leLoAZNR2.APyRXj.rHmwWJ9MneEkVKhQ4/sfprIsSexYBdG
long:$2y$04$o.TNyLJaBvFNBX.zpisiEuzhWBye/uekP9V1oN0LcaZtS4G2vY36y
cut:$2y$04$o.TNyLJaBvFNBX.zpisiEuzhWBye
deslong:beXNn0K53Qcu2
latin:$apr1$wf1tvecS$T.lOGnqHV.dEV4r13iftu1
odd:$zz$abc
endless:{"x" * 9000}
behind:{SHA}
"""
OTHERS: Final = f"bob:{SHA}\njoe:{{SHA}}other\n"
GROUPS: Final = """\
# groups
one: joe "a b"
two: ann
three : 'joe' x
four:joe
  five: joe
six
one: ann
Sev\\
en: joe
"""
DIGESTS: Final = "joe:realm:c1af327eabd95775d7e1fdf794cc9385\njoe:other:0\nann:other:0\n"
"""Of joe's password in the realm."""

FILES: Final = (
    ("users", USERS.encode("latin-1")),
    ("others", OTHERS.encode()),
    ("groups", GROUPS.encode()),
    ("digests", DIGESTS.encode()),
)
BASIC: Final = """\
AuthType Basic
AuthName realm
AuthUserFile ROOT/users
AuthGroupFile ROOT/groups
"""
VALID: Final = "Require valid-user\n"
IN, OUT = "Require ip 127\n", "Require ip 10\n"
ENV: Final = "SetEnvIf X . A=1\n"
X: Final = ask("X: 1")

Row = tuple[str, str, tuple[Ask, ...]]


def row(path: str, lines: str, *asked: Ask) -> Row:
    """A location; asked for by anybody if nobody is named."""
    return path, lines, asked or (ANYBODY,)


def _cases(rows: tuple[Row, ...]) -> Iterator[Case]:
    for path, _, asked in rows:
        for number, each in enumerate(asked):
            line = f"{each.method} {path}{each.below}"
            yield case(f"{line} {number}", request(line, *each.fields, "Connection: close"))


def configuration(name: str, rows: tuple[Row, ...], before: str = "") -> Configuration:
    sections = "".join(f"<Location {path}>\n{lines}\n</Location>\n" for path, lines, _ in rows)
    text = f"{before}{sections}ProxyPass / http://WORKER/\n"
    return Configuration(name, text, tuple(_cases(rows)), FILES)


# --- Require --------------------------------------------------------------------------------------

REQUIREMENTS: Final = configuration(
    "Require",
    (
        row("/granted", "Require all granted", ANYBODY, JOE),
        row("/denied", "Require all denied", ANYBODY, JOE, ask(method="POST")),
        row("/ip", IN),
        row("/no-ip", OUT),
        row("/ips", "Require ip 10.0.0.0/255.0.0.0 127.0"),
        row("/ip6", "Require ip ::1 fe80::/10"),
        row("/two", OUT + IN),
        row("/local", "Require local"),
        row("/not-local", "<RequireAll>\nRequire all granted\nRequire not local\n</RequireAll>"),
        row("/host", "Require host localhost"),
        row("/hosts", "Require host example.org .x LOCALHOST"),
        row("/no-host", "Require host ocalhost .localhost"),
        row("/empty-host", "Require host"),
        row("/comment", "Require host #c"),
        row("/host-and-comment", "Require host localhost # c"),
        row("/any-host", "Require host %{HTTP:X}", ANYBODY, ask("X: localhost")),
        row("/forward", "Require forward-dns localhost"),
        row("/forwards", "Require forward-dns nowhere.invalid localhost"),
        row("/forward-ip", "Require forward-dns 127.0.0.1"),
        row("/no-forward", "Require forward-dns 10.0.0.1 ::1"),
        row("/forward-comment", "Require forward-dns localhost # c"),
        row("/forward-field", "Require forward-dns %{HTTP:X}", ANYBODY, ask("X: localhost")),
        row("/env", ENV + "Require env b a", ANYBODY, X),
        row("/quoted-env", ENV + 'Require env "A"', ANYBODY, X),
        row("/no-env", "Require env"),
        row(
            "/method",
            "Require method GET POST",
            *(ask(method=method) for method in ("GET", "HEAD", "POST", "PUT", "FOO")),
        ),
        row("/head", "Require method HEAD", ANYBODY, ask(method="HEAD")),
        row("/expr", "Require expr %{HTTP:X} == '1'", ANYBODY, X),
        row("/quoted", "Require expr \"%{HTTP:X} == '1'\"", ANYBODY, X),
        row("/regex", "Require expr %{REQUEST_URI} =~ m#^/r#"),
        row("/failing", "Require expr \"file('/nowhere') == 'a'\"\nRequire all granted"),
        row("/not-failing", "Require all granted\nRequire expr \"file('/nowhere') == 'a'\""),
        row("/failing-host", "Require host %{file:/nowhere}"),
        row("/failing-forward", "Require forward-dns %{file:/nowhere}"),
        row("/all", f"<RequireAll>\n{IN}Require method GET\n</RequireAll>", ANYBODY),
        row("/all-out", f"<RequireAll>\n{IN}{OUT}</RequireAll>", ANYBODY),
        row("/any", f"<RequireAny>\n{OUT}{IN}</RequireAny>", ANYBODY),
        row("/negative", f"<RequireAll>\n{IN}Require not method POST\n</RequireAll>"),
        row(
            "/negated",
            "<RequireAll>\nRequire all granted\nRequire not ip 127.0.0.0/8\n</RequireAll>",
        ),
        row(
            "/none",
            "<RequireAll>\nRequire all granted\n<RequireNone>\nRequire ip 10\n"
            "Require method POST\n</RequireNone>\n</RequireAll>",
            ANYBODY,
            ask(method="POST"),
        ),
        row(
            "/nested",
            "<RequireAll>\nRequire all granted\n<RequireNone>\n<RequireAll>\nRequire ip 127\n"
            "Require method POST\n</RequireAll>\n<RequireAny>\nRequire ip 10\n</RequireAny>\n"
            "</RequireNone>\n</RequireAll>",
            ANYBODY,
            ask(method="POST"),
        ),
        row(
            "/deep",
            f"<RequireAll>\n<RequireAny>\n{OUT}{IN}</RequireAny>\n<RequireAll>\n"
            f"Require method GET\n</RequireAll>\n</RequireAll>\n{OUT}",
            ANYBODY,
            ask(method="POST"),
        ),
        row("/type-alone", BASIC, ANYBODY, JOE),
        row("/no-type", VALID, ANYBODY, JOE),
    ),
)

# --- order, allow, deny, Satisfy ------------------------------------------------------------------

DENY: Final = "Deny from all\n"
COMPAT: Final = configuration(
    "allow and deny",
    (
        row("/allow-deny", "Order allow,deny"),
        row("/allow-all", "Order allow,deny\nAllow from all"),
        row("/deny-all", "Order deny,allow\nDeny from all"),
        row("/but-me", "Order deny,allow\nDeny from all\nAllow from 127.0.0.1"),
        row("/not-me", "Order allow,deny\nAllow from all\nDeny from 127.0.0.1"),
        row("/mutual", "Order mutual-failure\nAllow from 127"),
        row("/mutual-both", "Order mutual-failure\nAllow from all\nDeny from 127.0.0.1"),
        row("/mutual-none", "Order mutual-failure"),
        row("/deny-only", "Deny from 127.0.0.0/8"),
        row("/allow-only", "Allow from 10"),
        row("/order-twice", "Order deny,allow\nOrder allow,deny\nAllow from 127.0.0.0/255.0.0.0"),
        row("/several", "Order Deny,Allow\nDeny from 10 env=A 192.168.0.0/16\nAllow from 11"),
        row("/env", ENV + "Deny from env=A", ANYBODY, X),
        row("/not-env", ENV + "Order allow,deny\nAllow from env=!A", ANYBODY, X),
        row(
            "/both-env",
            ENV + "Order allow,deny\nAllow from env=A env=!A\nDeny from env=a",
            *(ANYBODY, X),
        ),
        row("/host", "Order allow,deny\nAllow from LocalHost"),
        row("/deny-host", "Deny from localhost"),
        row("/part", "Deny from ost calhost .localhost"),
        row("/ip6", "Deny from ::1 fe80::/10"),
        row(
            "/limit",
            "<Limit POST PUT>\nDeny from all\n</Limit>",
            *(ask(method=method) for method in ("GET", "POST", "PUT", "FOO")),
        ),
        row(
            "/limits",
            "Order allow,deny\n<Limit GET>\nAllow from all\n</Limit>\n"
            "<LimitExcept GET POST>\nOrder deny,allow\n</LimitExcept>",
            *(ask(method=method) for method in ("GET", "HEAD", "POST", "PUT", "FOO")),
        ),
        row("/and-require", DENY + "Require all granted"),
        row("/require-and", "Allow from all\n" + OUT),
        row("/satisfy-any", f"{DENY}Satisfy Any\n{BASIC}{VALID}", ANYBODY, JOE, WRONG),
        row("/satisfied", f"Satisfy Any\n{BASIC}{VALID}", ANYBODY, WRONG),
        row(
            "/satisfied-by-address",
            f"Order allow,deny\nAllow from 127\n{BASIC}{VALID}Satisfy any",
            ANYBODY,
            JOE,
        ),
        row("/satisfy-all", f"Deny from 10\nSatisfy All\n{BASIC}{VALID}", ANYBODY, JOE),
        row("/satisfy-nothing", f"{DENY}Satisfy Any"),
        row("/satisfy-granted", f"{DENY}Satisfy Any\nRequire all granted"),
        row("/satisfy-denied", f"{DENY}Satisfy Any\nRequire all denied"),
        row(
            "/satisfy-limited",
            f"{DENY}<Limit POST>\nSatisfy Any\n</Limit>\n{BASIC}{VALID}",
            *(JOE, ask(JOE_SAYS, method="POST")),
        ),
        row("/group", f"{DENY}Satisfy Any\n{BASIC}Require group one", ANYBODY, JOE, user("apr")),
        row("/group/name", "AuthName another", ANYBODY),
        row("/group/satisfy", "Satisfy Any", ANYBODY, JOE),
        row("/group/order", "Order deny,allow", ANYBODY, JOE),
        row(
            "/not-authoritative",
            f"{DENY}Satisfy Any\n{BASIC}AuthBasicAuthoritative Off\n{VALID}",
            *(ANYBODY, NOBODY),
        ),
    ),
)

# --- methods and merging --------------------------------------------------------------------------

METHODS: Final = tuple(ask(method=method) for method in ("GET", "HEAD", "POST", "PUT", "FOO"))
LIMITS: Final = configuration(
    "Limit",
    (
        row("/limit", f"{BASIC}<Limit POST>\n{VALID}</Limit>", *METHODS, JOE),
        row("/except", f"{BASIC}<LimitExcept GET>\n{VALID}</LimitExcept>", *METHODS),
        row("/denied", f"{BASIC}<Limit POST>\n{VALID}</Limit>\nRequire all denied", *METHODS),
        row(
            "/in-any",
            f"{BASIC}<RequireAny>\n<Limit POST>\n{VALID}</Limit>\n{OUT}</RequireAny>",
            *METHODS,
        ),
        row(
            "/in-all",
            f"<RequireAll>\n<Limit POST>\nRequire all denied\n</Limit>\n{IN}</RequireAll>",
            *METHODS,
        ),
        row(
            "/in-none",
            "<RequireAll>\n<Limit GET>\nRequire all granted\n</Limit>\n<RequireNone>\n"
            f"<Limit POST>\n{OUT}</Limit>\n</RequireNone>\n</RequireAll>",
            *METHODS,
        ),
        row(
            "/around", f"<Limit PUT POST>\n<RequireAll>\n{IN}{OUT}</RequireAll>\n</Limit>", *METHODS
        ),
        row(
            "/twice",
            "<Limit POST PUT>\n<LimitExcept PUT>\nRequire all denied\n</LimitExcept>\n</Limit>",
            *METHODS,
        ),
    ),
)

MERGINGS: Final = {
    "unset": "",
    "off": "AuthMerging Off\n",
    "and": "AuthMerging And\n",
    "or": "AuthMerging Or\n",
}
_SAYS: Final = {"": "SetEnv B 1\n", "-11": "Require ip 11\n", "-in": IN}


def _mergings() -> Iterator[Row]:
    for name, line in MERGINGS.items():
        for suffix, says in _SAYS.items():
            path = f"/{name}{suffix}"
            yield row(path, line + says)
            for other, second in MERGINGS.items():
                for ending, more in _SAYS.items():
                    yield row(f"{path}/{other}{ending}", second + more)


MERGING: Final = configuration("AuthMerging", tuple(_mergings()), f"<Proxy *>\n{OUT}</Proxy>\n")
INNER: Final = configuration(
    "inner sections",
    (
        row("/users", BASIC + VALID, ANYBODY, JOE),
        row("/users/open", "Require all granted", ANYBODY),
        row("/users/joe", "Require user joe", ANYBODY, JOE, ANN),
        row("/users/other", "AuthUserFile ROOT/others", JOE, user("bob")),
        row("/users/named", "AuthName another", ANYBODY),
        row("/users/none", "AuthType None", ANYBODY),
        row("/users/off", "AuthMerging Off", ANYBODY),
        row("/users/both", "AuthMerging And\nRequire group one", ANYBODY, JOE, user("apr")),
        row("/users/denied", "Deny from all", ANYBODY, JOE),
        row("/users/denied/not", "Order deny,allow", ANYBODY, JOE),
        row("/limited", f"<Limit POST>\n{OUT}</Limit>"),
        row("/limited/and", f"AuthMerging And\n{IN}", ANYBODY, ask(method="POST")),
        row(
            "/limited/or",
            f"AuthMerging Or\n<Limit PUT>\n{IN}</Limit>",
            *(ask(method=method) for method in ("GET", "POST", "PUT")),
        ),
        row(
            "/limited/limited",
            f"AuthMerging Or\n<Limit POST>\n{IN}</Limit>",
            *(ANYBODY, ask(method="POST")),
        ),
    ),
)

TABLES: Final = (REQUIREMENTS, COMPAT, LIMITS, MERGING, INNER)
