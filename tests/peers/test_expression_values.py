"""Expressions beside apache2: the same values, for the same requests.

apache2 gives them in response fields: a text by `Header … "expr=…"`, a condition by the condition
of a Header, asked for itself and negated, since mod_headers takes one that fails for true. A text
that fails is empty there. HTTPDLITE_EXPRESSION_VALUES says how many conditions are made at random.
"""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from httpdlite.conf.expressions.parser import parse_condition
from httpdlite.routes.expressions import EvaluationError, Outside, View, compile_outcome
from tests.conf.expressions.cases import make_condition
from tests.peers.apache import Apache, find_apache, running_apache, target_echo
from tests.routes.expression_stand import (
    FAILS,
    PROCESS,
    STANDARD,
    Case,
    Request,
    evaluate,
    is_right,
    make_files,
    read_cases,
    real_files,
)

pytestmark = pytest.mark.peer

MADE: Final = int(os.environ.get("HTTPDLITE_EXPRESSION_VALUES") or 200)
SEED: Final = int(os.environ.get("HTTPDLITE_EXPRESSION_VALUES_SEED") or 1)
ASKED_AT_ONCE: Final = 400  # expressions; each is a field or two of the response

BASE: Final = """\
DocumentRoot @ROOT@/htdocs
<Directory />
Require all granted
</Directory>
TypesConfig /dev/null
AddType text/plain .txt
SetEnv SET value
SetEnv EMPTY ""
Header always add X-Response first
Header always add X-Response second
LimitRequestFieldSize 65000
"""
MODULES: Final = ("headers", "env", "mime", "authn_core", "authn_file", "auth_basic", "authz_user")


def quoted(text: str) -> str:
    """A word of a configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def directives(cases: list[Case]) -> str:
    """Fields for all of them: X-0 … for what they give, N-0 … for the opposite."""
    lines = []
    for number, case in enumerate(cases):
        if case.is_value:
            lines.append(f"Header always set X-{number} {quoted('expr=[' + case.text + ']')}")
        else:
            lines.append(f"Header always set X-{number} yes {quoted('expr=' + case.text)}")
            lines.append(f"Header always set N-{number} yes {quoted(f'expr=!({case.text})')}")
    return "\n".join([*lines, ""])


class Server:
    """A running apache2 that is asked for the values of expressions."""

    def __init__(self, apache: Apache, cases: list[Case]) -> None:
        self.apache = apache
        self.cases = cases
        self.client_port = 0

    def ask(self, request: bytes) -> tuple[int, list[bool | str], dict[str, str]]:
        """Status, what each expression gives, all fields."""
        with socket.create_connection(("127.0.0.1", self.apache.port), timeout=30) as connection:
            self.client_port = connection.getsockname()[1]
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        head = answer.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
        fields = dict(line.partition(": ")[::2] for line in head[1:])
        values = [self._value(number, case, fields) for number, case in enumerate(self.cases)]
        return int(head[0].split()[1]), values, fields

    def _value(self, number: int, case: Case, fields: dict[str, str]) -> bool | str:
        given, opposite = fields.get(f"X-{number}"), fields.get(f"N-{number}")
        if case.is_value:
            return FAILS if not given else given[1:-1]
        assert given or opposite
        return FAILS if given == opposite else given is not None


@contextmanager
def serving(cases: list[Case], root: Path, more: str = "") -> Iterator[Server]:
    """apache2 with a file to serve, and all of the expressions."""
    (root / "htdocs/dir").mkdir(parents=True, exist_ok=True)
    (root / "htdocs/dir/a b.txt").write_text("content")
    text = BASE.replace("@ROOT@", str(root)) + more + directives(cases)
    with running_apache(text, modules=MODULES, root=root) as apache:
        yield Server(apache, cases)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory that apache2's children may read (pytest closes its own again and again)."""
    find_apache()
    for name, value in PROCESS.items():
        monkeypatch.setenv(name, value)
    with TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        make_files(Path(directory, "files"))
        yield Path(directory)


def differences(
    cases: list[Case], theirs: list[bool | str], view: View, outside: Outside
) -> list[tuple[str, bool | str, bool | str]]:
    ours = [evaluate(case, view, outside) for case in cases]
    return [
        (case.text, one, other)
        for case, one, other in zip(cases, ours, theirs, strict=True)
        if one != other
    ]


def test_the_table_of_values(root: Path) -> None:
    cases = read_cases(root / "files")
    with serving(cases, root) as server:
        status, theirs, _ = server.ask(STANDARD)
    assert status == 200
    given = {case.text: value for case, value in zip(cases, theirs, strict=True)}
    assert given == {case.text: case.expected for case in cases}


# --- what is asked of a request -------------------------------------------------------------------

VARIABLES: Final = """
    API_VERSION AUTH_TYPE CONN_LOG_ID CONN_REMOTE_ADDR CONTENT_TYPE CONTEXT_DOCUMENT_ROOT
    CONTEXT_PREFIX DOCUMENT_ROOT DOCUMENT_URI HANDLER HTTP2 HTTPS HTTP_ACCEPT HTTP_COOKIE
    HTTP_FORWARDED HTTP_HOST HTTP_PROXY_CONNECTION HTTP_REFERER HTTP_USER_AGENT IPV6 IS_SUBREQ
    LAST_MODIFIED PATH_INFO QUERY_STRING REMOTE_ADDR REMOTE_HOST REMOTE_IDENT REMOTE_PORT
    REMOTE_USER REQUEST_FILENAME REQUEST_LOG_ID REQUEST_METHOD REQUEST_SCHEME REQUEST_STATUS
    REQUEST_URI SCRIPT_FILENAME SCRIPT_GROUP SCRIPT_USER SERVER_ADMIN SERVER_NAME SERVER_PORT
    SERVER_PROTOCOL SERVER_SOFTWARE THE_REQUEST""".split()

OTHERS: Final = """
    %{HTTP:x-two}|%{resp:x-RESPONSE}|%{reqenv:SET}|%{env:set}|%{note:set}|%{osenv:SET}
    %{escape:%{REQUEST_URI}?%{QUERY_STRING}}
    %{unescape:%{QUERY_STRING}}
    %{unescape:%{HTTP:X-Any}}
    %{tolower:%{THE_REQUEST}}%{toupper:%{THE_REQUEST}}
    %{md5:%{HTTP:X-Any}}%{sha1:%{HTTP:X-Any}}%{base64:%{HTTP:X-Any}}
    %{base64:%{unbase64:%{HTTP:X-Any}}}
    %{ldap:%{HTTP:X-Any}}""".split()

CONDITIONS: Final = """
    %{REQUEST_URI} =~ m#^/(dir|proxied)/(.*)$# && ($1 == 'dir' || '$2' == 'x')
    %{QUERY_STRING} =~ /(?:^|&)x=([0-9]+)(?:&|$)/ && $1 -gt 1
    %{HTTP:Upgrade} == 'websocket' || %{HTTP:Connection} =~ /close/i
    %{REQUEST_STATUS} -ge 400
    %{REQUEST_STATUS} -in {'200','404'}
    %{REQUEST_METHOD} in {'GET','HEAD'} && ! -n %{REMOTE_USER}
    %{HTTP_HOST} -strcmatch '*.test*'
    %{HTTP_HOST} == %{SERVER_NAME} . ':' . %{SERVER_PORT}
    %{SERVER_PROTOCOL} == 'HTTP/1.0'
    %{CONTENT_TYPE} =~ m#^text/# && %{HANDLER} != 'proxy-server'
    -f %{REQUEST_FILENAME}
    -d '%{DOCUMENT_ROOT}/dir' && -f '%{DOCUMENT_ROOT}%{REQUEST_URI}'
    %{REMOTE_ADDR} -ipmatch '127.0.0.0/8' && -R '127.0.0.1'
    %{HTTP_USER_AGENT} =~ m#(\\w+)/(\\d+)# && $2 -eq 1
    %{HTTP:X-Any} -eq %{HTTP:X-Other}
    %{HTTP:X-Any} < %{HTTP:X-Other}
    %{HTTP:X-Any} -fnmatch %{HTTP:X-Other}
    -T %{HTTP:X-Any}
    -T reqenv('SET') && -n env('SET') && -z reqenv('EMPTY')"""

OF_NO_FILE: Final = frozenset({"%{SCRIPT_USER}", "%{SCRIPT_GROUP}"})
"""Where there is no file httpd names the owner of something else."""

AGENT: Final = b"User-Agent: agent/1\r\nReferer: http://r/a%20b\r\nForwarded: for=::1\r\n"
USER: Final = b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n"  # user:secret
PASSWORDS: Final = "user:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n"
AREAS: Final = """\
ProxyPass /proxied http://127.0.0.1:@WORKER@
<Location /dir/closed.txt>
AuthType Basic
AuthName a
AuthUserFile @ROOT@/passwords
Require valid-user
</Location>
ServerAdmin admin@a.test
"""


@dataclass(frozen=True, slots=True)
class Served:
    """A request, and how it is served."""

    start: bytes
    fields: bytes = b""
    host: bytes = b"Host: a.test\r\n"
    file: str | None = None
    status: int = 200
    user: str | None = None
    is_proxied: bool = False

    def raw(self) -> bytes:
        return self.start + b"\r\n" + self.host + self.fields + b"Connection: close\r\n\r\n"


REQUESTS: Final = (
    Served(b"GET /dir/a%20b.txt?x=1&y=%20 HTTP/1.1", AGENT, file="a b.txt"),
    Served(b"HEAD /dir/a%20b.txt?x=12 HTTP/1.1", b"X-Any: 12\r\nX-Other: 0012\r\n", file="a b.txt"),
    Served(b"GET //dir/./x/../plain.txt HTTP/1.0", AGENT, host=b"", file="plain.txt"),
    Served(b"GET /dir/plain.txt? HTTP/1.1", host=b"Host: A.Test:81\r\n", file="plain.txt"),
    Served(b"GET http://b.test:82/dir/plain.txt HTTP/1.1", AGENT, file="plain.txt"),
    Served(b"GET /dir/plain.txt HTTP/1.1", host=b"Host: [::1]:8080\r\n", file="plain.txt"),
    Served(b"GET /dir/closed.txt HTTP/1.1", USER, file="closed.txt", user="user"),
    Served(b"GET /dir/closed.txt HTTP/1.1", file="closed.txt", status=401),
    Served(b"GET /dir/none.txt?x=5 HTTP/1.1", b"X-Any: %2\r\n", file="none.txt", status=404),
    Served(b"GET /proxied/x?a=%7e HTTP/1.1", b"X-Any: a/b*\r\nX-Other: a/*\r\n", is_proxied=True),
    Served(b"GET /proxied/a%20b HTTP/1.1", AGENT + b"Upgrade: websocket\r\n", is_proxied=True),
    Served(
        b"GET /dir/plain.txt?%e9=%2f HTTP/1.1",
        b"X-Any: \xe9YWJj=\r\nX-Other: a\r\nCookie: a=b\r\nCookie: c=d\r\nX-TWO: 1\r\nx-two: 2\r\n",
        file="plain.txt",
    ),
    Served(
        b"GET /dir/plain.txt HTTP/1.1", b"X-Any: YW Jj\r\nX-Other: YW?J[j]\r\n", file="plain.txt"
    ),
    Served(b"GET /dir/plain.txt HTTP/1.1", b"X-Any: False\r\nX-Other: -9\r\n", file="plain.txt"),
)


def test_requests(root: Path) -> None:
    texts = [f"%{{{name}}}" for name in VARIABLES] + OTHERS
    lines = [line.strip() for line in CONDITIONS.splitlines() if line.strip()]
    cases = [Case(text, True, "") for text in texts] + [Case(line, False, "") for line in lines]
    outside = real_files()
    (root / "passwords").write_text(PASSWORDS)
    found, asked = [], 0
    with target_echo() as worker:
        more = AREAS.replace("@WORKER@", str(worker)).replace("@ROOT@", str(root))
        with serving(cases, root, more) as server:
            for name in ("plain.txt", "closed.txt"):
                (root / "htdocs/dir" / name).write_text("content")
            for served in REQUESTS:
                status, theirs, fields = server.ask(served.raw())
                assert status == served.status
                view = view_of(served, root, worker, server.client_port, fields["Server"])
                found += [
                    (served.start, *each)
                    for each in differences(cases, theirs, view, outside)
                    if served.status != 404 or each[0] not in OF_NO_FILE
                ]
                asked += len(cases)
    assert not found
    assert asked > 800


def view_of(served: Served, root: Path, worker: int, port: int, banner: str) -> Request:
    """What httpd is known to have made of the request."""
    request = Request(served.raw())
    request.client_port = port
    request.banner = banner
    request.admin = "admin@a.test"
    request.document_root = f"{root}/htdocs"
    request.status = served.status
    request.user = served.user
    if served.is_proxied:
        target = served.start.split()[1].decode()
        request.filename = f"proxy:http://127.0.0.1:{worker}{target.removeprefix('/proxied')}"
        request.handler = "proxy-server"
        return request
    file = root / "htdocs/dir" / str(served.file)
    request.filename = str(file)
    if served.file == "closed.txt":
        request.auth_type = "Basic"
    if file.exists():
        request.file_user, request.file_group = file.owner(), file.group()
    if served.status == 200:
        request.content_type = request.handler = "text/plain"
        request.modified = file.stat().st_mtime
    else:
        request.content_type = "text/html; charset=iso-8859-1"
    if served.status == 401:
        request.environment = None  # SetEnv comes later
    return request


def test_times(root: Path) -> None:
    names = "TIME TIME_YEAR TIME_MON TIME_DAY TIME_HOUR TIME_MIN TIME_SEC TIME_WDAY TIME".split()
    cases = [Case(f"%{{{name}}}", True, "") for name in names]
    request = Request(STANDARD)
    with serving(cases, root) as server:
        theirs: list[bool | str] = ["", "again"]
        while theirs[0] != theirs[-1]:  # a second has ended between them
            _, theirs, _ = server.ask(STANDARD)
    request.now = time.mktime(time.strptime(str(theirs[0]), "%Y%m%d%H%M%S"))
    assert differences(cases, theirs, request, Outside()) == []


SECTIONS: Final = """
    %{HTTP_REFERER} == 'x' || %{HTTP:X-a} == '' || req('B') == ''
    %{HTTP_REFERER} != 'x' || %{HTTP:X-a} == ''
    %{HTTP_HOST} == 'x' || %{HTTP:host} == 'x'
    req_novary('X-a') == '' && %{HTTP_USER_AGENT} == '' && %{HTTP_COOKIE} == ''
    %{HTTP:X-a} == %{HTTP:x-A} && %{HTTP:%{HTTP:X-Name}} != ''
    %{HTTP_ACCEPT} == '' || file('/nothing') == ''
    tolower(%{HTTP_FORWARDED}) in {'a', %{HTTP:B}}
    %{REQUEST_METHOD} == 'POST' && %{HTTP_ACCEPT} == ''
    resp('Vary') == '' && reqenv('a') == ''"""


def test_what_vary_names(root: Path) -> None:
    """Once each, since a section is asked several times and so may a field be."""
    texts = [line.strip() for line in SECTIONS.splitlines() if line.strip()]
    sections = [
        f"<Location /dir/{number}.txt>\n<If {quoted(text)}>\n</If>\n</Location>\n"
        for number, text in enumerate(texts)
    ]
    with serving([], root, "".join(sections)) as server:
        for number, text in enumerate(texts):
            (root / f"htdocs/dir/{number}.txt").write_text("content")
            raw = STANDARD.replace(b"a%20b.txt", b"%d.txt" % number)
            _, _, fields = server.ask(raw)
            evaluate_outcome = compile_outcome(parse_condition(text), real_files())
            try:
                vary = evaluate_outcome(Request(raw)).vary
            except EvaluationError:
                vary = ()
            ours = ",".join(dict.fromkeys(map(str.lower, vary)))
            assert (text, ours) == (text, fields.get("Vary", "").lower())


# --- made at random -------------------------------------------------------------------------------


def test_conditions_made_at_random(root: Path) -> None:
    random = Random(SEED)
    texts = {make_condition(random) for _ in range(8 * MADE)}
    texts = {text for text in texts if is_right(text) and not NOT_OURS.search(text)}
    cases = [Case(text, False, "") for text in sorted(texts)[:: max(1, len(texts) // MADE)]]
    outside, found, given = real_files(), [], set()
    for first in range(0, len(cases), ASKED_AT_ONCE):
        some = cases[first : first + ASKED_AT_ONCE]
        with serving(some, root) as server:
            _, theirs, _ = server.ask(STANDARD)
            given.update(theirs)
            request = Request(STANDARD)
            request.content_type = "text/plain"
            found += differences(some, theirs, request, outside)
    assert not found
    assert given == {True, False, FAILS}
    assert len(cases) >= MADE


NOT_OURS: Final = re.compile(r"-[UAF]\b")
"""What another request would get is not asked of expressions."""


@dataclass(frozen=True, slots=True)
class Family:
    """An expression over two fields, S and P, and what they are made of."""

    text: str
    subjects: str
    patterns: str = ""


GLOBS: Final = (
    "a b c / * ? [ ] - ! ^ \\ [a-c] [!a] [^b] [a-] []a] [b/] * ab A B [A-C] \\* [\\]] a/b \xe9"
)
TEXTS: Final = "a b c / A B - [ ] * ! ^ \\ ab a/b abc \xe9 // Z"
NUMBERS: Final = "0 1 7 9 12 - + x 0x . 99999999999 9223372036854775807 007"
ESCAPED: Final = "%20 %2f %2F %00 %zz % %4 a b + %e9 %25 / ? \xe9 \\ ( ) * , ; < > = # & ~ %C3%A9"
FAMILIES: Final = (
    *(
        Family(f"%{{HTTP:S}} -{name} %{{HTTP:P}}", TEXTS, GLOBS)
        for name in ("fnmatch", "strmatch", "strcmatch")
    ),
    *(
        Family(f"%{{HTTP:S}} {sign} %{{HTTP:P}}", NUMBERS, NUMBERS)
        for sign in ("-eq", "-lt", "-ge", "==", "<", ">=")
    ),
    *(
        Family(f"%{{base64:%{{{name}:%{{HTTP:S}}}}}}", ESCAPED)
        for name in ("unescape", "escape", "ldap", "tolower", "toupper", "md5", "sha1")
    ),
    Family("%{base64:%{unbase64:%{HTTP:S}}}", "Y W J j Z == = ! - YWJj AA + / \xe9 %"),
    Family("-T %{HTTP:S}", "o f n O off no 0 false FALSE x"),
)
"""Texts for apache2 that is asked the same again and again."""


def test_texts_made_at_random(root: Path) -> None:
    """Every expression is asked of every text, whatever it was made for."""
    random = Random(SEED)
    cases = [Case(family.text, "base64" in family.text, "") for family in FAMILIES]
    outside, found, given = real_files(), [], []
    with serving(cases, root) as server:
        for number in range(2 * MADE):
            family = FAMILIES[number % len(FAMILIES)]
            fields = b"S: " + made(random, family.subjects) + b"\r\n"
            fields += b"P: " + made(random, family.patterns) + b"\r\n\r\n"
            raw = STANDARD.removesuffix(b"\r\n") + fields
            status, theirs, _ = server.ask(raw)
            assert status == 200
            given.append(theirs[number % len(FAMILIES)])
            found += [(fields, *each) for each in differences(cases, theirs, Request(raw), outside)]
    assert not found
    assert given.count(True) > len(given) // 20


def made(random: Random, pieces: str) -> bytes:
    """One to six of the pieces."""
    chosen = random.choices(pieces.split() or [""], k=random.randint(1, 6))
    return "".join(chosen).encode("latin-1")
