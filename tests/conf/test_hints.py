"""What to do about a finding, and where else to look."""

import pytest

from httpdlite.conf.hints import Texts
from httpdlite.diagnostics import Diagnostic, render_text
from tests.conf.reading import codes, read


def found(text: str, code: str) -> Diagnostic:
    return next(one for one in read(text).diagnostics if one.code == code)


def hint(text: str, code: str) -> str:
    return found(text, code).hint or ""


@pytest.mark.parametrize(
    "text,code,wanted",
    [
        ("ProxyPassReverze / http://a/", "unknown-directive", "did you mean ProxyPassReverse?"),
        ("<VirtualHos *:80>\n</VirtualHos>", "unknown-directive", "did you mean <VirtualHost>?"),
        ("Timeout=5", "unknown-directive", "no = stands between Timeout and its arguments"),
        ("// a remark", "unknown-directive", "a comment begins with #"),
        ("<!-- a remark -->\n</!-->", "unknown-directive", "a comment begins with #"),
        ("Timeout 5 # seconds", "wrong-arity", "a comment must be on a line of its own"),
        ("KeepAlive Maybe #x", "wrong-arity", "a comment must be on a line of its own"),
        ("ServerAdmin me and you", "wrong-arity", "needs quotes"),
        ("KeepAlive Onn", "wrong-arity", "did you mean On?"),
        ("ProxyVia ful", "bad-value", "did you mean full?"),
        ("LogLevel wanr", "bad-value", "did you mean warn?"),
        ("LogLevel info core:wanr", "bad-value", "did you mean warn?"),
        ("ProxyPass / http://a/ conectiontimeout=5", "bad-value", "did you mean connection"),
        ("ProxyPass / http://a/ xyzzy=5", "bad-value", ""),
        ("ProxyPass / balancer://a/ stickysesion=x", "bad-value", "did you mean stickysession?"),
        ("<Location /a\n</Location>", "bad-tag", "end the tag with >: <Location /a>"),
        ("<Location /a> ProxyTimeout 5", "unclosed-section", "put each directive on its own line"),
        ("<Location /a>\n<Location>", "unclosed-section", "write </Location>"),
        ("<Location>\n</Location>", "wrong-arity", "write </Location>"),
        ("< Location /a>\n</Location>", "wrong-nesting", "no blank may follow the <"),
        ("<Location /a>\nListen 8080\n</Location>", "wrong-context", "Listen may stand in: the ma"),
        ("ServerAdmin ${REQUEST_URI}", "undefined-variable", "%{REQUEST_URI}"),
        ("ServerAdmin ${HTTP:Upgrade}", "request-variable", "%{HTTP:Upgrade}"),
        ("ServerAdmin ${NOPE}", "undefined-variable", ""),
        (
            "User ${APACHE_RUN_USER}",
            "undefined-variable",
            "Debian sets such names in /etc/apache2/",
        ),
    ],
)
def test_hints(text: str, code: str, wanted: str) -> None:
    given = hint(text, code)
    assert wanted in given
    assert bool(wanted) == bool(given)


@pytest.mark.parametrize(
    "text,code,wanted",
    [
        ("\ufeffServerAdmin me", "unknown-directive", "byte-order mark"),
        ("ServerAdmin\u00a0me", "unknown-directive", "non-breaking space (U+00A0)"),
        ("ServerAdmin me\u200b you", "wrong-arity", "blank (U+200B)"),
        ("ServerAdmin “the admin”", "wrong-arity", "“ is an ordinary character here"),
        ("ProxyPass / http://a/ \\ \n  timeout=5", "bad-value", "the very last character"),
        ("Timeout 5\\\n 6\\\t\n7", "wrong-arity", "the very last character"),
    ],
)
def test_odd_characters_come_before_any_guess(text: str, code: str, wanted: str) -> None:
    assert wanted in hint(text, code)


def test_a_line_after_a_blank_behind_the_backslash() -> None:
    text = "ProxyPass / http://a/ \\ \ntimeout=5"
    assert "the very last character" in hint(text, "unknown-directive")


def test_utf_16_is_recognised() -> None:
    reading = read("ServerAdmin me".encode("utf-16"))
    assert reading.diagnostics[0].hint == "the file is UTF-16: save it as UTF-8"


def test_a_vhost_without_a_name_is_no_error() -> None:
    assert codes(read("<VirtualHost *:443>\n</VirtualHost>")) == []


def test_a_module_that_is_not_loaded_is_named() -> None:
    text = "LoadModule proxy_module modules/mod_proxy.so\nRequestHeader unset X"
    wanted = "this directive is mod_headers': LoadModule headers_module modules/mod_headers.so"
    assert hint(text, "unknown-directive") == wanted


# --- notes ----------------------------------------------------------------------------------------


def notes(text: str, code: str) -> list[tuple[str, int]]:
    return [
        (note.message, note.span.line) for note in found(text, code).notes if note.span is not None
    ]


def test_a_directive_in_the_wrong_section_points_at_its_tag() -> None:
    text = "<VirtualHost *:80>\n<Location /a>\nListen 80\n</Location>\n</VirtualHost>"
    assert notes(text, "wrong-context") == [("the section begins here", 2)]
    text = "<VirtualHost *:80>\n<Location /a>\n</Location>\nListen 80\n</VirtualHost>"
    assert notes(text, "wrong-context") == [("the section begins here", 1)]


def test_a_file_that_is_included_twice_points_at_a_tag_only_where_there_is_one() -> None:
    text = "Include a\n<VirtualHost *:80>\nInclude a\n</VirtualHost>"
    wrong = [one for one in read(text, {"a": "ServerAlias b"}).diagnostics if one.span]
    assert [(one.message, one.hint, one.notes) for one in wrong] == [
        ("ServerAlias only used in <VirtualHost>", None, ())
    ]


def test_a_place_that_is_refused_is_not_proposed() -> None:
    text = "<Location /a>\n<Files b>\n</Files>\n</Location>"
    assert hint(text, "wrong-context").startswith("<Files> may stand in: the main server, ")
    assert "<Location>" not in hint(text, "wrong-context")


def test_a_directive_at_the_top_has_no_tag_to_point_at() -> None:
    assert notes("Require all granted", "wrong-context") == []


def test_a_value_points_at_its_definition() -> None:
    text = "Define A 1\nDefine Port soon\nProxyTimeout ${PORT}"
    assert notes(text, "bad-value") == [("${PORT} is defined here", 2)]


def test_a_module_loaded_twice_points_at_the_first() -> None:
    line = "LoadModule proxy_module modules/mod_proxy.so\n"
    assert notes(f"{line}LoadModule mime_module x\n{line}", "already-loaded") == [
        ("it was loaded here", 1)
    ]


def test_source_lines_are_given_without_their_ends() -> None:
    texts = Texts({"/a": "one\r\ntwo"})
    assert [texts.line("/a", n) for n in range(4)] == [None, "one", "two", None]
    assert texts.line("/b", 1) is None


def test_hints_for_a_text_full_of_errors_take_linear_time() -> None:
    reading = read("ProxyPas x # y\n" * 20_000)
    assert len(reading.diagnostics) == 20_000
    text = render_text(reading.diagnostics, Texts(reading.sources).line)
    assert text.count("\n") < 20
