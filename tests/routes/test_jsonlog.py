"""Access logs in JSON: any record gives a line that a JSON parser takes."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from httpdlite.routes.accesslog import LogRecord
from httpdlite.routes.jsonlog import compile_json


def line_of(members: dict[str, str], **known: Any) -> Any:
    """The object that a record's line is."""
    line = compile_json(tuple(members.items()))(LogRecord(**known))
    assert line.endswith("\n")
    assert line.isascii()
    assert "\n" not in line[:-1]
    return json.loads(line)


def test_numbers_strings_and_nothing() -> None:
    members = {
        "status": "%>s",
        "bytes": "%b",
        "us": "%D",
        "at": "%{usec}t",
        "clock": "%{%H}t",
        "fraction": "%{msec_frac}t",
        "user": "%u",
        "agent": "%{User-Agent}i",
        "both": "%h:%{remote}p",
        "end": "%X",
        "first": "%^FB",
    }
    found = line_of(
        members,
        status=200,
        duration_ns=5_000_000,
        started_wall=1700000000.007,
        client_ip="192.0.2.1",
        client_port=7,
        first_byte_ns=3000,
    )
    assert found == {
        "status": 200,
        "bytes": None,
        "us": 5000,
        "at": 1700000000007000,
        "clock": found["clock"],
        "fraction": "007",
        "user": None,
        "agent": None,
        "both": "192.0.2.1:7",
        "end": None,
        "first": 3,
    }
    assert isinstance(found["clock"], str)


def test_any_bytes_from_outside() -> None:
    fields = ((b"a", 'é"\\\n'.encode()), (b"b", b"\xff\x00"), (b"c", b"plain"))
    found = line_of({"a": "%{a}i", "b": "%{b}i", "c": "<%{c}i>"}, request_fields=fields)
    assert found == {"a": 'é"\\\n', "b": "\xff\x00", "c": "<plain>"}


def test_literal_text_of_the_configuration() -> None:
    assert line_of({'k"é': 'é "%%"', "bad": "\udcff"}) == {'k"é': 'é "%"', "bad": "�"}


@given(st.binary(), st.binary())
def test_every_value_can_be_read(one: bytes, other: bytes) -> None:
    found = line_of(
        {"one": "%{x}i", "path": "%U", "line": "%r %{x}i"},
        request_fields=((b"x", one),),
        path=other.decode("latin-1"),
        request_line=other.decode("latin-1"),
    )
    assert set(found) == {"one", "path", "line"}
