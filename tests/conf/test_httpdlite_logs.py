"""Directives that only httpdlite has, for its logs."""

import pytest

from httpdlite.conf.directives.core_system import ERROR_LOG_FORMAT
from httpdlite.conf.directives.httpdlite_logs import JSON_LOG_FORMAT, LOG_TUNNEL_START
from tests.conf.reading import errors, read


def test_json_format() -> None:
    config = read('HttpdliteJsonLogFormat j status=%>s "line=%r = %q"\n').config
    assert config is not None
    (found,) = config.main.scope[JSON_LOG_FORMAT]
    assert (found.nickname, found.members) == (
        "j",
        (("status", "%>s"), ("line", "%r = %q")),
    )


@pytest.mark.parametrize(
    "words, said",
    [
        ("j", "a JSON line has one member at least: key=format"),
        ("j status", "a member of a JSON line is key=format"),
        ("j =%s", "a member of a JSON line is key=format"),
        ("j a=%s a=%b", "the key a is given twice"),
        ("j a=%Z", "Unrecognized LogFormat directive %Z"),
    ],
)
def test_wrong_json_format(words: str, said: str) -> None:
    (found,) = errors(read(f"HttpdliteJsonLogFormat {words}\n"))
    assert found.message == said


def test_tunnel_start_in_a_section() -> None:
    config = read("<Location /x>\nHttpdliteLogTunnelStart On\n</Location>\n").config
    assert config is not None
    assert not config.main.scope[LOG_TUNNEL_START]
    (section,) = config.main.sections
    assert section.scope[LOG_TUNNEL_START]


def test_formats_of_a_kind_replace_those_of_the_main_server() -> None:
    config = read(
        'ErrorLogFormat "main %M"\nErrorLogFormat request one\nErrorLogFormat request two\n'
        "<VirtualHost *:80>\nErrorLogFormat request three\n</VirtualHost>\n"
    ).config
    assert config is not None
    assert config.main.scope[ERROR_LOG_FORMAT] == (
        (None, "main %M"),
        ("request", "one"),
        ("request", "two"),
    )
    (vhost,) = config.vhosts
    assert vhost.scope[ERROR_LOG_FORMAT] == ((None, "main %M"), ("request", "three"))
