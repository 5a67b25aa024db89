"""Which requests an access log is for."""

import pytest

from httpdlite.conf.directives import log_config
from httpdlite.routes.logconditions import condition_of
from httpdlite.routes.logrecord import ConditionFailed, LogRecord
from httpdlite.routes.settings import read_settings
from tests.serve.front import config_of


def holds(clause: str, **known: object) -> bool:
    return holds_for(clause, LogRecord(**known))  # type: ignore[arg-type]


def holds_for(clause: str, record: LogRecord) -> bool:
    config = config_of(f'ServerName x\nCustomLog log "%m" "{clause}"')
    (log,) = config.main.scope[log_config.CUSTOM_LOG]
    return condition_of(log, read_settings(config.main.scope))(record)


@pytest.mark.parametrize(
    ("clause", "environment", "is_logged"),
    [
        ("env=a", {"a": ""}, True),
        ("env=A", {"a": "x"}, True),
        ("env=a", {}, False),
        ("env=a", None, False),
        ("env=!a", {"a": ""}, False),
        ("ENV=!a", {"b": ""}, True),
    ],
)
def test_a_variable(clause: str, environment: dict[str, str] | None, is_logged: bool) -> None:
    assert holds(clause, environment=environment) is is_logged


def test_an_expression_sees_the_request_as_it_came() -> None:
    known = {"method": "GET", "path": "/a", "status": 200, "status_original": 503}
    assert holds("expr=%{REQUEST_METHOD} == 'GET' && %{REQUEST_URI} == '/a'", **known)
    assert holds("expr=%{REQUEST_STATUS} -eq 503", **known)
    assert not holds("expr=%{REQUEST_STATUS} -eq 200", **known)


def test_fields_of_the_servers_own_are_not_seen() -> None:
    fields = ((b"Server", b"x"), (b"Date", b"y"), (b"X-A", b"z"))
    assert holds("expr=resp('X-A') == 'z'", response_fields=fields)
    assert holds("expr=-z resp('Server') && -z resp('Date')", response_fields=fields)


def test_a_failure_names_its_place() -> None:
    with pytest.raises(ConditionFailed) as failed:
        holds("expr=file('/no/such/file') == 'x'")
    assert str(failed.value) == "Cannot open file /no/such/file"
    assert failed.value.place == "/httpd.conf:2"


class ByTls(LogRecord):
    """A record of a request that came by TLS."""

    is_secure = True

    def ssl(self, name: str) -> str | None:
        return name.lower()


def test_an_expression_sees_tls() -> None:
    assert holds_for("expr=%{HTTPS} == 'on' && %{SSL_CIPHER} == 'ssl_cipher'", ByTls())
    assert holds_for("expr=%{SSL:SSL_X} == 'ssl_x' && %{REQUEST_SCHEME} == 'https'", ByTls())
    assert holds("expr=%{HTTPS} == 'off' && -z %{SSL_CIPHER}")
