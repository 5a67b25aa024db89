"""What is said of TLS before the start: certificates, keys, dates, names, missing lines."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from httpdlite.conf.certificates import (
    EncryptedKeyError,
    NoCertificateError,
    NoKeyError,
    read_certificate,
    read_key,
    read_links,
)
from httpdlite.conf.files import DiskFiles
from httpdlite.conf.reader import ConfigSource, read_config
from httpdlite.diagnostics import Diagnostic, Severity, first_error
from tests.certificates import Authority, Issued, self_signed
from tests.conf.reading import FakeNames, read

AUTHORITY = Authority.create()
NAMED = AUTHORITY.issue("www.test", "*.shop.test", "127.0.0.1")
NOW = NAMED.certificate.not_valid_before_utc.timestamp() + 86400.0  # that is, now


def vhost(lines: str) -> str:
    return f"Listen 443\n<VirtualHost *:443>\n{lines}\n</VirtualHost>\n"


PAIR = "SSLEngine on\nSSLCertificateFile a.pem\nSSLCertificateKeyFile a.key\n"


def found(
    issued: Issued,
    lines: str = "ServerName www.test",
    *,
    now: float | None = NOW,
    **files: bytes,
) -> list[Diagnostic]:
    """What is found of a vhost whose certificate this is."""
    content: dict[str, str | bytes] = {"a.pem": issued.pem, "a.key": issued.key}
    content |= {name.replace("_", "."): data for name, data in files.items()}
    return list(read(vhost(PAIR + lines), content, now=now).diagnostics)


def said(diagnostics: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(one.code, one.message.replace("/root/", "")) for one in diagnostics]


# --- certificates and keys ------------------------------------------------------------------------


def test_nothing_is_said_of_what_is_right() -> None:
    assert found(NAMED, "ServerName www.test\nServerAlias a.shop.test *.shop.test") == []


def test_a_key_of_another_certificate() -> None:
    (one,) = found(NAMED, a_key=AUTHORITY.issue("other").key)
    assert said([one]) == [("would-fail", "the key a.key does not belong to the certificate a.pem")]
    assert one.severity is Severity.ERROR
    assert first_error([one]) is None  # Apache's -t does not find it
    assert one.span is not None
    assert one.span.line == 5


def test_the_own_certificate_is_not_the_first() -> None:
    (one,) = found(NAMED, a_pem=AUTHORITY.pem + NAMED.pem)
    assert one.code == "would-fail"
    assert "first" in (one.hint or "")


def test_a_key_that_is_encrypted() -> None:
    (one,) = found(NAMED, a_key=NAMED.encrypted_key(b"secret"))
    message = "the key a.key is encrypted, and nobody is asked for its pass phrase"
    assert said([one]) == [("would-fail", message)]
    assert "openssl pkey" in (one.hint or "")


@pytest.mark.parametrize(
    "data", [b"text", b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"]
)
def test_files_that_hold_nothing(data: bytes) -> None:
    codes = [code for code, _ in said(found(NAMED, a_pem=data, a_key=data))]
    assert codes == ["would-fail", "would-fail"]


def der(issued: Issued) -> tuple[bytes, bytes]:
    key = issued.private_key.private_bytes(
        Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    )
    return issued.certificate.public_bytes(Encoding.DER), key


def test_files_that_hold_something_else_come_with_advice() -> None:
    swapped = [one.hint or "" for one in found(NAMED, a_pem=NAMED.key, a_key=NAMED.pem)]
    assert "This is a key" in swapped[0]
    assert "names the key's file" in swapped[1]
    certificate, key = der(NAMED)
    binary = [one.hint or "" for one in found(NAMED, a_pem=certificate, a_key=key)]
    assert "openssl x509 -inform DER" in binary[0]
    assert "openssl pkey -inform DER" in binary[1]


def test_files_that_are_missing_come_with_advice() -> None:
    (one,) = read(vhost("SSLEngine on\nSSLCertificateFile a.pem")).diagnostics[:1]
    assert one.message.endswith("a.pem' does not exist or is empty")
    assert "openssl req -x509" in (one.hint or "")


def test_key_and_certificate_in_one_file() -> None:
    lines = "SSLEngine on\nServerName www.test\nSSLCertificateFile a.pem"
    assert read(vhost(lines), {"a.pem": NAMED.key + NAMED.pem}).diagnostics == ()


def test_kinds_of_keys() -> None:
    rsa = self_signed("www.test", is_rsa=True)
    assert found(rsa) == []
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    assert found(NAMED, a_key=parameters + NAMED.key) == []


@pytest.mark.parametrize(
    ("until", "text"),
    [
        (timedelta(days=-1), "has expired"),
        (timedelta(days=1, hours=-1), "expires in 0 days"),
        (timedelta(days=2, hours=-1), "expires in 1 day ("),
        (timedelta(days=20), "days ("),
        (timedelta(days=22), ""),
    ],
)
def test_certificates_that_end_soon(until: timedelta, text: str) -> None:
    ending = AUTHORITY.issue("www.test", since=timedelta(days=-100), until=until)
    one = said(found(ending))
    assert [code for code, _ in one] == (["certificate-dates"] if text else [])
    assert all(text in message for _, message in one)


def test_certificates_that_are_not_good_yet() -> None:
    (one,) = found(AUTHORITY.not_yet("www.test"))
    assert "is good from" in one.message


def test_without_a_time_dates_do_not_matter() -> None:
    assert found(AUTHORITY.expired("www.test"), now=None) == []


@pytest.mark.parametrize(
    ("names", "missing"),
    [
        ("ServerName www.test", ""),
        ("ServerName WWW.Test", ""),
        ("ServerName 127.0.0.1", ""),
        ("ServerName shop.test", "shop.test"),
        ("ServerName www.test\nServerAlias a.b.shop.test a.shop.test", "a.b.shop.test"),
        ("ServerName www.test\nServerAlias w?w.test", ""),
    ],
)
def test_names_that_a_certificate_is_not_for(names: str, missing: str) -> None:
    text = f"the certificate is for www.test, *.shop.test, 127.0.0.1: not for {missing}"
    assert said(found(NAMED, names)) == ([("certificate-name", text)] if missing else [])


def test_a_common_name_counts_where_there_is_no_other() -> None:
    assert found(AUTHORITY.issue(common_name="www.test")) == []


def test_the_order_of_a_chain() -> None:
    middle = AUTHORITY.authority()
    leaf = middle.issue("www.test")
    assert found(leaf, a_pem=leaf.chain + AUTHORITY.pem) == []
    (one,) = found(leaf, a_pem=leaf.pem + AUTHORITY.pem + middle.pem)
    assert one.code == "certificate-chain"


def test_a_file_is_spoken_of_once() -> None:
    expired = AUTHORITY.expired("www.test")
    lines = f"ServerName www.test\n{PAIR}"
    text = vhost(lines) + f"<VirtualHost *:443>\n{lines}</VirtualHost>\n"
    reading = read(text, {"a.pem": expired.pem, "a.key": expired.key}, now=NOW)
    assert [one.code for one in reading.diagnostics] == ["certificate-dates"]


def test_keys_that_everybody_may_read(tmp_path: Path) -> None:
    files = NAMED.write(tmp_path, "a")
    conf = tmp_path / "httpd.conf"
    conf.write_text(f"ServerName x.test\nErrorLog e\n{vhost(PAIR + 'ServerName www.test')}")
    source = ConfigSource(str(conf), str(tmp_path))
    assert read_config(source, DiskFiles(), FakeNames()).diagnostics == ()
    files.key.chmod(0o644)
    (one,) = read_config(source, DiskFiles(), FakeNames()).diagnostics
    assert (one.code, one.hint) == ("readable-key", f"chmod o= {files.key}")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_key_that_may_not_be_read_is_passed_over(tmp_path: Path) -> None:
    NAMED.write(tmp_path, "a").key.chmod(0)
    conf = tmp_path / "httpd.conf"
    conf.write_text(f"ServerName x.test\nErrorLog e\n{vhost(PAIR + 'ServerName www.test')}")
    source = ConfigSource(str(conf), str(tmp_path))
    assert read_config(source, DiskFiles(), FakeNames()).diagnostics == ()


def test_files_of_servers_without_tls_are_not_looked_at() -> None:
    lines = "SSLEngine off\nSSLCertificateFile a.pem\nSSLCertificateKeyFile a.pem"
    assert read(vhost(lines), {"a.pem": "text"}).diagnostics == ()


def test_tls_by_a_listen_for_https_is_looked_at() -> None:
    lines = "SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key"
    content: dict[str, str | bytes] = {"a.pem": NAMED.pem, "a.key": self_signed("x").key}
    reading = read(vhost(lines), content)
    assert [one.code for one in reading.diagnostics] == ["would-fail"]


# --- what is missing ------------------------------------------------------------------------------


def test_tls_without_a_certificate() -> None:
    reading = read(vhost("SSLEngine on"))
    assert said(list(reading.diagnostics)) == [
        ("would-fail", "TLS is on here without a certificate and a key")
    ]


def test_no_version_is_left() -> None:
    assert said(found(NAMED, "SSLProtocol -all")) == [
        ("would-fail", "SSLProtocol leaves no version of TLS")
    ]


def test_versions_that_no_client_can_speak() -> None:
    (one,) = found(NAMED, "SSLProtocol TLSv1.1")
    assert one.code == "would-fail"
    assert found(NAMED, "SSLProtocol TLSv1.1\nSSLCipherSuite ALL:@SECLEVEL=0") == []


@pytest.mark.parametrize(
    ("word", "nobody"),
    [
        ("require", "nobody gets a connection"),
        ("on", "nobody gets a connection"),
        ("optional", "who has a certificate gets no connection"),
    ],
)
def test_clients_that_no_authority_can_vouch_for(word: str, nobody: str) -> None:
    (one,) = found(NAMED, f"SSLVerifyClient {word}")
    assert (one.severity, one.code) == (Severity.WARNING, "no-authorities")
    assert one.message.endswith(f" without any authority: {nobody}")
    assert one.span is not None
    assert one.span.line == 6
    both = f"SSLVerifyClient {word}\nSSLCACertificateFile ca.pem"
    assert found(NAMED, both, ca_pem=AUTHORITY.pem) == []
    assert found(NAMED, "SSLVerifyClient none") == []


def test_revocation_lists() -> None:
    assert said(found(NAMED, "SSLCARevocationCheck leaf")) == [
        ("would-fail", "SSLCARevocationCheck without any revocation lists")
    ]
    (one,) = found(NAMED, "SSLCARevocationFile crl.pem", crl_pem=b"x")
    assert (one.severity, one.code) == (Severity.WARNING, "unused-revocations")
    both = "SSLCARevocationFile crl.pem\nSSLCARevocationCheck chain"
    assert found(NAMED, both, crl_pem=b"x") == []


PLAIN, SAID_OFF = "\n\n\n", "SSLEngine off\n\n\n"  # as many lines as PAIR
NOT_HERE = "TLS is not spoken here: the first vhost of this address does not speak it"
TLS_ONLY = "this vhost is served over TLS only, as the first one of its address is"


@pytest.mark.parametrize(
    ("vhosts", "warned"),
    [
        ([("*:443", PLAIN), ("*:443", PAIR)], {1: NOT_HERE}),
        ([("*:443", PAIR), ("*:443", PLAIN)], {1: TLS_ONLY}),
        ([("*:443", PAIR), ("*:443", SAID_OFF)], {1: TLS_ONLY}),
        (
            [("*:443", PLAIN), ("*:443", PAIR), ("*:443", PAIR), ("*:443", PLAIN)],
            {1: NOT_HERE, 2: NOT_HERE},
        ),
        ([("*:80 *:443", PLAIN), ("*:443", PAIR)], {1: NOT_HERE}),
        ([("*:80", PLAIN), ("*:443", PAIR)], {}),
        ([("127.0.0.1:443", PLAIN), ("*:443", PAIR)], {}),  # other clients get to the second one
        ([("*:443", PAIR), ("*:443", PAIR)], {}),
        ([("*:443", PLAIN), ("*:443", PLAIN)], {}),
    ],
)
def test_vhosts_of_one_address_with_and_without_tls(
    vhosts: list[tuple[str, str]], warned: dict[int, str]
) -> None:
    text = "".join(f"<VirtualHost {at}>\n{lines}</VirtualHost>\n" for at, lines in vhosts)
    reading = read(f"{text}Listen 443", {"a.pem": NAMED.pem, "a.key": NAMED.key})
    assert reading.config is not None
    spans = [vhost.span for vhost in reading.config.vhosts]
    assert {spans.index(one.span): one.message for one in reading.diagnostics} == warned
    for one in reading.diagnostics:
        assert (one.severity, one.code) == (Severity.WARNING, "tls-and-plain")
        assert [note.span for note in one.notes] == [spans[0]]


# --- workers --------------------------------------------------------------------------------------

PASS = "ProxyPass / https://b/"
NEEDS = (
    "workers of https:// need SSLProxyEngine On, which is not on here: every request would be a 500"
)


@pytest.mark.parametrize(
    "text",
    [
        PASS,
        f"<Location />\n{PASS.replace('/ h', 'h')}\n</Location>",
        f"<VirtualHost *:80>\n{PASS}\n</VirtualHost>",
        f"SSLProxyEngine on\n<VirtualHost *:80>\nSSLProxyEngine off\n{PASS}\n</VirtualHost>",
        f"{PASS}\n<Proxy https://c/>\nSSLProxyEngine on\n</Proxy>",
    ],
)
def test_workers_over_tls_need_an_engine(text: str) -> None:
    assert said(list(read(text).diagnostics)) == [("would-fail", NEEDS)]


@pytest.mark.parametrize(
    "text",
    [
        f"{PASS}\nSSLProxyEngine on",
        f"SSLProxyEngine on\n<VirtualHost *:80>\n{PASS}\n</VirtualHost>",
        f"{PASS}\n<Proxy *>\nSSLProxyEngine on\n</Proxy>",
        f"{PASS}\n<Proxy https://b/>\nSSLProxyEngine on\n</Proxy>",
        f"{PASS}\n<VirtualHost *:80>\nSSLProxyEngine on\n</VirtualHost>",
        "ProxyPass / http://b/",
        "ProxyPass / !",
    ],
)
def test_workers_that_have_one(text: str) -> None:
    assert read(text).diagnostics == ()


RULE = "RewriteRule ^/x(.*) https://b/$1 [P]"
ON = f"RewriteEngine On\n{RULE}"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (ON, 2),
        (f"<VirtualHost *:80>\n{ON}\n</VirtualHost>", 3),
        (f"<Location />\n{ON}\n</Location>", 3),
        ("RewriteEngine On\nRewriteRule ^/x(.*) HTTPS://%{HTTP_HOST}/$1 [P,L]", 2),
        (f"{ON}\n<Proxy https://c/>\nSSLProxyEngine on\n</Proxy>", 2),
    ],
)
def test_workers_of_rules_need_an_engine_as_well(text: str, line: int) -> None:
    (one,) = read(text).diagnostics
    assert (one.code, one.message) == ("would-fail", NEEDS)
    assert one.span is not None
    assert one.span.line == line


@pytest.mark.parametrize(
    "text",
    [
        f"SSLProxyEngine on\n{ON}",
        f"{ON}\n<Proxy https://b/>\nSSLProxyEngine on\n</Proxy>",
        f"{ON}\n<VirtualHost *:80>\nSSLProxyEngine on\n</VirtualHost>",
        f"{ON.replace('//b', '//%{HTTP_HOST}')}\n<Proxy https://c/>\nSSLProxyEngine on\n</Proxy>",
        RULE,
        ON.replace("[P]", "[R]"),
        ON.replace("https", "http"),
        "RewriteEngine On\nRewriteRule ^/x(.*) $1 [P]",
    ],
)
def test_rules_that_have_one_or_need_none(text: str) -> None:
    assert read(text).diagnostics == ()


def test_settings_towards_workers_that_cannot_be() -> None:
    text = f"SSLProxyEngine on\n{PASS}\n"
    checks = read(text + "SSLProxyCARevocationCheck chain").diagnostics
    assert said(list(checks)) == [
        ("would-fail", "SSLProxyCARevocationCheck without any revocation lists")
    ]
    none = read(text + "<Proxy *>\nSSLProxyProtocol -all\n</Proxy>").diagnostics
    assert said(list(none)) == [("would-fail", "SSLProxyProtocol leaves no version of TLS")]


def test_certificates_for_workers_have_their_key_with_them() -> None:
    text = f"SSLProxyEngine on\n{PASS}\nSSLProxyMachineCertificateFile m.pem"
    client = AUTHORITY.client()
    assert read(text, {"m.pem": client.pem + client.key}).diagnostics == ()
    (one,) = read(text, {"m.pem": client.pem}).diagnostics
    assert one.message.startswith("no key can be read from /root/m.pem")


# --- the files themselves -------------------------------------------------------------------------


def test_what_a_file_holds() -> None:
    middle = AUTHORITY.authority("Middle")
    leaf = middle.issue("a.test", "10.0.0.1")
    first, second = read_links(b"some text\n" + leaf.chain)
    assert (first.names, first.certificate.names) == (("a.test", "10.0.0.1"), ("a.test",))
    assert first.issuer == second.subject
    assert first.key == read_key(leaf.key) != second.key
    assert read_certificate(leaf.chain) == first.certificate


def test_what_is_no_certificate_and_no_key() -> None:
    with pytest.raises(NoCertificateError):
        read_links(NAMED.key)
    with pytest.raises(NoKeyError):
        read_key(NAMED.pem)
    with pytest.raises(EncryptedKeyError):
        read_key(NAMED.encrypted_key(b"x"))
