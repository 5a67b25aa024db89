"""Access log lines: the same requests through the real apache2, the same lines."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.conf.logformat import DEFAULT_FORMAT, parse_format
from httpdlite.routes.accesslog import (
    LogRecord,
    asks_more,
    compile_format,
    escape_item,
)
from httpdlite.routes.paths import canonical_path
from tests.peers.apache import running_apache, target_echo

FORMATS: Final = (
    DEFAULT_FORMAT,
    '%h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"',
    '%v:%p %h %l %u %t "%r" %>s %b "%{Referer}i" "%{user-agent}i"',
    "%a %{c}a %A %B %b %H %m %U|%q %V %v %k %X",
    "%{local}p %{remote}p %{canonical}p %{LOCAL}p %{bogus}p %p",
    "%P %{pid}P %{tid}P %{bogus}P",
    "%I %O %S %{x}^ti %{x}^to %^FB",
    "%{Content-Type}o %{X-Worker}o %{nope}o %{Content-Length}o %{Location}o",
    "%400,501{User-agent}i %!200,304,302{Referer}i %404s %!404>s %200,!404{Host}i %!!404m",
    "%{a}C %{b}C %{B}C %{c}C %{none}C %{sp}C %{e}C",
    "%s %>s %<s %R|%200f",
    r"\t literal\r\\ \x %% %%s 100%%",
    "%t %{%Y-%m-%dT%H:%M:%S}t %{sec}t %{begin}t %{begin:%H}t %{begin:sec}t %{begin:}t %{%F %T}t",
    "%{msec}t %{usec}t %{msec_frac}t %{usec_frac}t %{begin:usec_frac}t %{begin:msec}t",
    "%D %T %{us}T %{ms}T %{s}T %{US}T %{bogus}T %{end:usec}t %{end:%S}t %{end:msec_frac}t",
    "%e %{NOPE}e %{NOPE}n %{c}e",
)

FACTS: Final = "%{usec}t %D %P %{tid}P %{remote}p %{local}p"
"""What only apache knows."""


@dataclass(frozen=True, slots=True)
class Case:
    """A request as sent, and what the log should know of it."""

    line: bytes
    fields: tuple[tuple[bytes, bytes], ...] = ()
    status: int = 200
    path: str = "/p/x"
    query: str | None = None

    @property
    def request(self) -> bytes:
        """The bytes of the request."""
        fields = ((b"Host", b"LOG.test:81"), *self.fields, (b"Connection", b"close"))
        lines = [self.line, *(name + b": " + value for name, value in fields), b"", b""]
        return b"\r\n".join(lines)


CASES: Final = (
    Case(b"GET /p/x HTTP/1.1"),
    Case(b"GET /p/x?a=b&c=%22 HTTP/1.1", ((b"Referer", b"http://a/"),), query="a=b&c=%22"),
    Case(b"HEAD /p/x? HTTP/1.1", query=""),
    Case(b'GET /p/%22"\xc3\xa9%5C%0a%01 HTTP/1.1', path='/p/""\xc3\xa9\\\n\x01'),
    Case(b"GET /p/x HTTP/1.1", ((b"User-Agent", b'q"b\\t\te\xe9'), (b"Referer", b""))),
    Case(b"GET /none HTTP/1.1", ((b"Referer", b"r"),), status=404, path="/none"),
    Case(b"DELETE /p/x HTTP/1.0", ((b"user-agent", b"x"),)),
    Case(b"GET /p/x HTTP/1.1", ((b"Cookie", b"a=1; b = two words ; sp= x; c; e=; b=3; =z"),)),
    Case(b"GET /p/x HTTP/1.1", ((b"Cookie", b'A="q;r"'), (b"Cookie", b"c=4"), (b"COOKIE", b"b"))),
    Case(b"GET http://log.test/p/x?y HTTP/1.1", query="y"),
    Case(b"GET /%zz HTTP/1.1", status=400, path="/%zz"),
)


def record_of(case: Case, answer: bytes, facts: str, worker: int) -> LogRecord:
    """The record that our proxy would make of it."""
    usec, duration, pid, tid, remote, local = map(int, facts.split())
    url = (canonical_path(case.path[2:]) or b"").decode()
    url += "" if case.query is None else "?" + case.query
    method, _, protocol = case.line.decode("latin-1").split(" ")
    head, _, body = answer.partition(b"\r\n\r\n")
    fields = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    sent: dict[bytes, tuple[bytes, bytes]] = {}
    for name, value in ((b"Host", b"LOG.test:81"), *case.fields, (b"Connection", b"close")):
        first, before = sent.get(name.lower(), (name, None))
        sent[name.lower()] = (first, value if before is None else before + b", " + value)
    return LogRecord(
        client_ip="127.0.0.1",
        client_port=remote,
        local_ip="127.0.0.1",
        local_port=local,
        server_name="Log.test",
        server_port=81,
        host_name="log.test",
        method=method,
        path=case.path,
        query=case.query,
        request_line=case.line.decode("latin-1"),
        protocol=protocol,
        status=case.status,
        body_bytes=len(body),
        bytes_in=len(case.request),
        bytes_out=len(answer),
        started_wall=usec / 1e6,
        duration_ns=duration * 1000,
        request_fields=list(sent.values()),
        response_fields=[(name, value) for name, value in fields],
        handler="proxy-server" if case.status == 200 else None,
        filename=f"proxy:http://127.0.0.1:{worker}{url}" if case.status == 200 else None,
        pid=pid,
        tid=tid,
    )


@pytest.mark.peer
@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_lines_as_apache(tmp_path: Path, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    logs = "".join(
        f"CustomLog log{number} {quote(text)}\n" for number, text in enumerate([FACTS, *FORMATS])
    )
    with target_echo() as worker:
        rules = f"ProxyPass /p/ http://127.0.0.1:{worker}/\nUseCanonicalName Off\n{logs}"
        with running_apache("ServerName Log.test:81\n" + rules, root=tmp_path) as apache:
            answers = [apache.send(case.request) for case in CASES]
    facts, *lines = [read_lines(tmp_path / f"log{number}") for number in range(len(FORMATS) + 1)]
    given = zip(CASES, answers, facts, strict=True)
    records = [record_of(case, answer, fact, worker) for case, answer, fact in given]
    ours = {}
    for text in FORMATS:
        write = compile_format(parse_format(text))
        ours[text] = [write(record) for record in records]
    for text, theirs in zip(FORMATS, lines, strict=True):
        assert ours[text] == theirs, text
    monkeypatch.undo()
    time.tzset()


def quote(text: str) -> str:
    """A word of the configuration."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def read_lines(file: Path) -> list[str]:
    return [line + "\n" for line in file.read_bytes().decode("latin-1").split("\n")][:-1]


def written(text: str, **known: object) -> str:
    """The line of a format for a record."""
    return compile_format(parse_format(text))(LogRecord(**known))  # type: ignore[arg-type]


def test_what_is_missing_is_a_dash() -> None:
    line = written("%h %u %r %>s %b %{A}i %{A}o %{A}C %{A}e %{A}n %f %R %L|%q|")
    assert line == "- - - - - - - - - - - - -||\n"


def test_user() -> None:
    assert written("%u %u", user="") == '"" ""\n'
    assert written("%u", user='a"b') == 'a\\"b\n'


def test_environment_notes_and_log_id() -> None:
    known = {"environment": {"a": "x\ty"}, "notes": {"B": ""}, "log_id": "id"}
    assert written("%{A}e %{B}e %{B}n| %{A}n %L", **known) == "x\\ty - | - id\n"


class ByTls(LogRecord):
    """A record that knows a variable of mod_ssl."""

    def ssl(self, name: str) -> str | None:
        return {"SSL_CLIENT_S_DN": 'CN="a"\n', "SSL_PROTOCOL": "TLSv1.3", "SSL_X": ""}.get(name)


def test_variables_of_mod_ssl() -> None:
    write = compile_format(parse_format("%{SSL_PROTOCOL}x %{SSL_CLIENT_S_DN}x %{SSL_X}x %{N}x %x"))
    assert write(ByTls()) == 'TLSv1.3 CN=\\"a\\"\\n - - -\n'
    assert write(LogRecord()) == "- - - - -\n"


def test_the_older_form_of_the_variables_of_mod_ssl() -> None:
    names = "version subjectdn clientcert cipher errcode errstr nonsense Version".split()
    write = compile_format(parse_format("|".join([f"%{{{name}}}c" for name in names]) + "|%c"))
    dn = 'CN=\\"a\\"\\n'
    assert write(ByTls()) == f"TLSv1.3|{dn}|{dn}|-|-|-|-|-|-\n"


def test_log_ids() -> None:
    assert written("%L %{c}L", log_id="abc", connection_log_id="def") == "abc def\n"
    assert written("%L %{c}L") == "- -\n"


def test_trailers_and_first_byte() -> None:
    line = written(
        "%{X-T}^ti|%{x-t}^to|%{none}^ti|%^FB",
        trailers_in=((b"x-t", b'a"'), (b"X-T", b"b")),
        trailers_out=((b"X-T", b"c\n"),),
        first_byte_ns=12_345,
    )
    assert line == 'a\\", b|c\\n|-|12\n'


def test_what_asks_for_more() -> None:
    assert not asks_more(parse_format(FORMATS[0]))
    for text in ("%L", "%{a}n", "%{a}^ti", "%200{a}^to", "%h %^FB"):
        assert asks_more(parse_format(text))


def test_connection_status_and_count() -> None:
    assert written("%X%k", connection_status="+", keepalive_count=3) == "+3\n"


def test_several_fields_of_a_response() -> None:
    fields = [(b"Set-Cookie", b"a"), (b"X", b"1"), (b"set-cookie", b"b"), (b"x", b"2")]
    fields.append((b"Content-Type", b"text/html ; charset=x"))
    line = written("%{SET-COOKIE}o|%{x}o|%{content-type}o", response_fields=fields)
    assert line == "a, b|1|text/html\n"


def test_thread_in_hexadecimal() -> None:
    assert written("%{hextid}P %{tid}P", tid=255) == "ff 255\n"


def test_conditions_look_at_the_final_status() -> None:
    assert written("%200s %!200s %500>s", status=500, status_original=200) == "- 200 500\n"


def test_time_is_of_the_record_and_not_cached_too_long() -> None:
    write = compile_format(parse_format("%{%s}t %{end:sec}t"))
    for second in (10, 11, 10):
        record = LogRecord(started_wall=second + 0.9, duration_ns=200_000_000)
        assert write(record) == f"{second} {second + 1}\n"


@given(st.text(st.characters(max_codepoint=255)))
def test_escaped_text_is_one_printable_line(text: str) -> None:
    escaped = escape_item(text)
    assert escaped.isascii()
    assert escaped.isprintable()
    assert '"' not in escaped.replace("\\\\", "").replace('\\"', "")
    assert escaped.encode().decode("unicode_escape") == text


@given(st.text(max_size=40), st.binary(max_size=20))
def test_no_record_breaks_a_format(argument: str, value: bytes) -> None:
    argument = argument.replace("}", "").replace("{", "")
    fields = [(argument.encode("utf-8", "surrogateescape"), value), (b"cookie", value)]
    for name in "ioCent":
        text = f"%{{{argument}}}{name}"
        line = written(text, request_fields=fields, response_fields=fields, started_wall=1e9)
        assert line.endswith("\n")
