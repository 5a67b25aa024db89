"""TLS by a certificate and a Listen for https, without SSLEngine, as httpd has it: not dropped."""

import pytest

from httpdlite.diagnostics import NOT_SUPPORTED
from tests.conf.reading import codes, read

FILES = {"c.pem": "-----BEGIN CERTIFICATE-----\n"}
VHOST = (
    "<VirtualHost *:{port}>\n{more}SSLCertificateFile c.pem\nProxyPass / http://b/\n</VirtualHost>"
)


def found(listen: str, port: str, more: str = "") -> list[str]:
    return codes(read(f"{listen}\n{VHOST.format(port=port, more=more)}", FILES))


@pytest.mark.parametrize(
    "listen,port", [("Listen 443", "443"), ("Listen 18443 https", "18443"), ("Listen 443", "*")]
)
def test_a_certificate_and_a_listen_for_https_are_tls(listen: str, port: str) -> None:
    assert found(listen, port) == [NOT_SUPPORTED]


@pytest.mark.parametrize("listen,port", [("Listen 80", "80"), ("Listen 443\nListen 80", "80")])
def test_a_certificate_alone_is_not(listen: str, port: str) -> None:
    assert found(listen, port) == []


def test_ssl_engine_off_is_said() -> None:
    assert found("Listen 443", "443", "SSLEngine Off\n") == []


def test_ssl_engine_on_is_refused_once() -> None:
    assert found("Listen 443", "443", "SSLEngine On\n") == [NOT_SUPPORTED]


def test_it_can_be_waived() -> None:
    text = f"Listen 443\n{VHOST.format(port='443', more='')}"
    assert codes(read(text, FILES, waived=("SSLEngine",))) == ["waived-protection"]
