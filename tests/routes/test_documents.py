"""ErrorDocument with expressions: what is filled in, and what cannot be."""

import pytest

from httpdlite.conf.directives.error_document import ErrorDocument
from httpdlite.routes.documents import fill_document
from httpdlite.routes.request import Request
from tests.routes.test_phases import request_of


def filled(line: str, target: str = "/a%20b", *fields: str) -> tuple[ErrorDocument | None, Request]:
    request = request_of(f"ErrorDocument 404 {line}\n", target, *fields)
    request.path = "/a b"
    document = request.settings.error_documents[404]
    return fill_document(document, request, 404), request


def text_of(line: str, *fields: str) -> str | None:
    document, request = filled(line, "/a%20b", *fields)
    assert [each.code for each in request.lines] == ([] if document is not None else ["AH02430"])
    return document.text if document is not None else None


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('"%{REQUEST_URI} %{REQUEST_STATUS} %{HTTP:X-A}"', "/a b 404 b"),
        ("/p%{REQUEST_URI}?q=%{HTTP:X-A}", "/p/a%20b?q=b"),
        ('"/p%{REQUEST_URI}?%{REQUEST_STATUS}"', "/p/a%20b?200"),
        ("/p%{HTTP:X-B}", "/px%3f"),  # what is escaped stays so
        ("https://%{HTTP_HOST}%{REQUEST_URI}", "https://a.test/a b"),
    ],
)
def test_what_is_filled_in(line: str, text: str) -> None:
    assert text_of(line, "X-A: b", "X-B: x%3f#y") == text


def test_a_path_ends_before_a_hash() -> None:
    assert text_of("/p%{HTTP:X-A}?q", "X-A: x#y") == "/px"


@pytest.mark.parametrize("byte", ["\r\n", "\n", "\x01", "\x7f"])
def test_no_byte_ends_the_field_of_a_url(byte: str) -> None:
    request = request_of('ErrorDocument 404 "http://b.test%{REQUEST_URI}"\n', "/a")
    request.path = f"/a{byte}X: y"
    document = request.settings.error_documents[404]
    assert fill_document(document, request, 404) is None
    assert [line.code for line in request.lines] == ["AH02430"]


def test_what_has_no_value_is_no_document() -> None:
    document, request = filled('"%{file:/none/at/all}"')
    assert document is None
    assert [line.code for line in request.lines] == ["AH02841"]


def test_one_without_expressions_stays_as_it_is() -> None:
    document, _ = filled('"a text"')
    assert document is not None
    assert (document.text, document.word) == ("a text", None)


def test_the_phases_are_gone_through_for_it() -> None:
    """So that all it may ask is known."""
    line = 'ErrorDocument 404 "%{REQUEST_FILENAME}"\n'
    assert request_of(line, "/a").vhost.table.has_phases
    assert request_of(f"<Location /x>\n{line}</Location>\n", "/a").vhost.table.has_phases
    assert not request_of('ErrorDocument 404 "a"\n', "/a").vhost.table.has_phases
