"""What tests of expressions stand on: requests that can be asked, files, the table of values.

In: a request as bytes. Out: a ``Request``, the ``View`` of one that httpd has served from a file:
what depends on how it was served are attributes, to be set by the test.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from httpdlite.conf.directives.core_requests import CanonicalName
from httpdlite.conf.expressions.parser import BadExpression, parse_condition, parse_string
from httpdlite.proxy.framing import parse_request_head
from httpdlite.routes.expressions import (
    DiskFiles,
    EvaluationError,
    Outside,
    View,
    compile_condition,
    compile_text,
)
from httpdlite.routes.paths import parse_target
from httpdlite.routes.selfname import self_name

FILE: Final = Path(__file__).with_name("expression_values.txt")
LARGE: Final = 10 * 1024 * 1024 + 1
PROCESS: Final = {"PROCESS": "of the process", "EMPTY": "process"}
VARIABLES: Final = {"set": "value", "empty": ""}
RESPONSE: Final = {b"x-response": [b"first", b"second"]}
SERVER_NAME: Final = "oracle.test"

STANDARD: Final = (
    b"GET /dir/a%20b.txt?x=1&y=%20 HTTP/1.1\r\n"
    b"Host: a.test:8080\r\n"
    b"Cookie: a=1; b=2\r\n"
    b"Referer: http://r/\r\n"
    b"User-Agent: agent/1\r\n"
    b"Accept: text/html\r\n"
    b"Accept: */*\r\n"
    b"Forwarded: for=1.2.3.4\r\n"
    b"X-Two: one\r\n"
    b"X-Two: two\r\n"
    b"X-Name: x-two\r\n"
    b"X-Bytes: \xe9\r\n"
    b"Connection: close\r\n"
    b"\r\n"
)

FAILS: Final = "fails"


class Request(View):
    """A request, and how it was served."""

    method = path = protocol = self_name = ""
    self_port = 0
    query: str | None = None
    request_line: str | None = None
    environment: Mapping[str, str] | None = VARIABLES
    notes: Mapping[str, str] | None = None
    client_ip = "127.0.0.1"
    client_port = 0
    banner = "Apache"
    now = 0.0
    document_root: str | None = None
    filename: str | None = None
    handler: str | None = None
    content_type: str | None = None
    status = 200
    user: str | None = None
    auth_type: str | None = None
    modified = 0.0
    file_user: str | None = None
    file_group: str | None = None
    admin: str | None = "[no address given]"
    is_subrequest = False
    path_info: str | None = None

    def __init__(self, raw: bytes) -> None:
        head = parse_request_head(raw)
        target = parse_target(head.target, head.method, encoded_slashes="off", merge_slashes=True)
        assert not isinstance(target, int)
        self.fields = {key: value for key, (_, value) in head.fields.items()}
        if target.authority is not None:
            self.fields[b"host"] = target.authority
        self.response: dict[bytes, list[bytes]] = dict(RESPONSE)
        self.method = head.method.decode("latin-1")
        self.request_line = head.line.decode("latin-1")
        self.protocol = f"HTTP/1.{head.minor}"
        self.path = target.path
        self.query = None if target.query is None else target.query.decode("latin-1")
        self.self_name, self.self_port = self_name(
            self.fields.get(b"host"),
            SERVER_NAME,
            None,
            canonical=CanonicalName.OFF,
            physical_port=None,
            scheme="http",
        )

    def request_field(self, key: bytes) -> bytes | None:
        return self.fields.get(key)

    def response_values(self, key: bytes) -> Sequence[bytes]:
        return self.response.get(key, ())


@dataclass(frozen=True, slots=True)
class Case:
    """An expression and what it gives for the standard request: True, False, a text, or FAILS."""

    text: str
    is_value: bool
    expected: bool | str


def read_cases(directory: Path) -> list[Case]:
    """The table of values, with the directory of its files filled in."""
    text = FILE.read_text("utf-8").replace("@D@", str(directory))
    _, *sections = text.split("\n[")
    return [case for section in sections for case in _cases(section)]


def _cases(section: str) -> Iterator[Case]:
    name, *lines = section.splitlines()
    lines = [line for line in lines if line]
    if name != "values]":
        expected = _RESULTS[name]
        yield from (Case(line, False, expected) for line in lines)
        return
    for line, below in zip(lines[::2], lines[1::2], strict=True):
        result = below.strip()
        yield Case(line, True, FAILS if result == FAILS else result[1:-1])


_RESULTS: Final[dict[str, bool | str]] = {"true]": True, "false]": False, "fails]": FAILS}


def make_files(directory: Path) -> None:
    """What the table asks for."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "one").write_bytes(b"one\n")
    (directory / "empty").write_bytes(b"")
    (directory / "nul").write_bytes(b"ab\0cd")
    (directory / "program").write_bytes(b"#!\n")
    (directory / "program").chmod(0o755)
    with (directory / "large").open("wb") as file:
        file.truncate(LARGE)
    for name, target in {"link": "one", "dangling": "nothing", "to-itself": "."}.items():
        (directory / name).symlink_to(target)


def evaluate(case: Case, view: View, outside: Outside) -> bool | str:
    """What httpdlite makes of it; FAILS if it cannot be evaluated."""
    try:
        if case.is_value:
            return compile_text(parse_string(case.text), outside)(view)
        return compile_condition(parse_condition(case.text), outside)(view)
    except EvaluationError:
        return FAILS


def is_right(text: str, *, is_value: bool = False) -> bool:
    """Does the parser take it, without any module?"""
    try:
        (parse_string if is_value else parse_condition)(text)
    except BadExpression:
        return False
    return True


def real_files() -> Outside:
    return Outside(DiskFiles(), PROCESS)
