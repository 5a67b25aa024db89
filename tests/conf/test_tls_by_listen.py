"""TLS by a certificate and a Listen for https, without SSLEngine, as httpd has it."""

import pytest

from httpdlite.conf.directives import mpm
from httpdlite.conf.tls import https_ports, speaks_tls
from tests.conf.reading import read

FILES = {"c.pem": "-----BEGIN CERTIFICATE-----\n"}
VHOST = (
    "<VirtualHost *:{port}>\n{more}SSLCertificateFile c.pem\nProxyPass / http://b/\n</VirtualHost>"
)


def found(listen: str, port: str, more: str = "") -> bool:
    tree = read(f"{listen}\n{VHOST.format(port=port, more=more)}", FILES).tree
    return speaks_tls(tree.vhosts[0], https_ports(tree.main.scope[mpm.LISTEN]))


@pytest.mark.parametrize(
    "listen,port", [("Listen 443", "443"), ("Listen 18443 https", "18443"), ("Listen 443", "*")]
)
def test_a_certificate_and_a_listen_for_https_are_tls(listen: str, port: str) -> None:
    assert found(listen, port)


@pytest.mark.parametrize("listen,port", [("Listen 80", "80"), ("Listen 443\nListen 80", "80")])
def test_a_certificate_alone_is_not(listen: str, port: str) -> None:
    assert not found(listen, port)


@pytest.mark.parametrize("name", ["", "ServerName a:443\n"])
def test_the_main_server_is_not_by_a_listen(name: str) -> None:
    tree = read(f"Listen 443\n{name}SSLCertificateFile c.pem\n", FILES).tree
    assert not speaks_tls(tree.main, https_ports(tree.main.scope[mpm.LISTEN]))


def test_a_certificate_of_the_main_server_will_do() -> None:
    text = "Listen 443\nSSLCertificateFile c.pem\n<VirtualHost *:443>\n</VirtualHost>"
    tree = read(text, FILES).tree
    assert speaks_tls(tree.vhosts[0], https_ports(tree.main.scope[mpm.LISTEN]))


def test_ssl_engine_off_is_said() -> None:
    assert not found("Listen 443", "443", "SSLEngine Off\n")


def test_ssl_engine_on_needs_no_listen_for_https() -> None:
    assert found("Listen 80", "80", "SSLEngine On\n")
