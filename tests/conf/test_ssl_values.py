"""What directives of mod_ssl come to, and how values of several places add up, as in httpd."""

import pickle

import pytest

from httpdlite.conf.directives import mod_ssl
from httpdlite.conf.directives.mod_ssl_proxy import WORKER_TLS
from httpdlite.conf.directives.ssl_values import (
    RevocationCheck,
    SniPolicy,
    Verify,
    Version,
    range_of,
)
from httpdlite.conf.scope import Scope
from tests.conf.reading import ROOT, errors, read

FILES = {"a.pem": "x", "a.key": "x", "b.pem": "x", "b.key": "x"}
PREFIX = "<VirtualHost *:443>\n"
END = "\n</VirtualHost>\n"


def scopes(text: str) -> tuple[Scope, ...]:
    """Those of the main server and of the vhosts."""
    tree = read(text, FILES).tree
    return tree.main.scope, *(vhost.scope for vhost in tree.vhosts)


def main(text: str) -> Scope:
    return scopes(text)[0]


def paths(scope: Scope) -> list[str]:
    return [one.path.removeprefix(f"{ROOT}/") for one in scope[mod_ssl.CERTIFICATE]]


# --- versions -------------------------------------------------------------------------------------

LOW, ONE, TWO, THREE = Version


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("all", (LOW, THREE)),
        ("all -SSLv3", (LOW, THREE)),
        ("all -SSLv3 -TLSv1 -TLSv1.1", (TWO, THREE)),
        ("TLSv1.2", (TWO, TWO)),
        ("TLSv1.2 +TLSv1.3", (TWO, THREE)),
        ("+TLSv1.2 TLSv1.3", (THREE, THREE)),
        ("TLSv1.1 +TLSv1.3", (THREE, THREE)),
        ("all -TLSv1.3", (LOW, TWO)),
        ("-all", None),
    ],
)
def test_versions_have_no_holes(words: str, found: tuple[Version, Version] | None) -> None:
    assert range_of(main(f"SSLProtocol {words}")[mod_ssl.PROTOCOL]) == found


def test_a_line_of_versions_replaces_the_one_before() -> None:
    scope = main("SSLProtocol TLSv1.2\nSSLProtocol +TLSv1.3")
    assert scope[mod_ssl.PROTOCOL] == {THREE}


def test_a_vhost_has_versions_of_its_own() -> None:
    _, vhost, other = scopes(f"SSLProtocol TLSv1.3\n{PREFIX}SSLProtocol TLSv1.2{END}{PREFIX}{END}")
    assert vhost[mod_ssl.PROTOCOL] == {TWO}
    assert other[mod_ssl.PROTOCOL] == {THREE}


# --- ciphers --------------------------------------------------------------------------------------


def test_the_two_lists_of_ciphers_are_merged_apart() -> None:
    top, vhost = scopes(
        f"SSLCipherSuite HIGH\nSSLCipherSuite TLSv1.3 A:B\n{PREFIX}SSLCipherSuite SSL LOW{END}"
    )
    assert (top[mod_ssl.CIPHERS].older, top[mod_ssl.CIPHERS].tls13) == ("HIGH", "A:B")
    assert (vhost[mod_ssl.CIPHERS].older, vhost[mod_ssl.CIPHERS].tls13) == ("LOW", "A:B")


# --- certificates ---------------------------------------------------------------------------------


def test_certificates_add_up_in_a_server_and_replace_those_of_the_main_server() -> None:
    own = f"{PREFIX}SSLCertificateFile b.pem{END}"
    top, vhost, other = scopes(
        f"SSLCertificateFile a.pem\nSSLCertificateFile b.pem\n{own}{PREFIX}{END}"
    )
    assert paths(top) == ["a.pem", "b.pem"]
    assert paths(vhost) == ["b.pem"]
    assert paths(other) == ["a.pem", "b.pem"]


def test_keys_are_merged_for_themselves() -> None:
    text = "SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key\n"
    _, vhost = scopes(f"{text}{PREFIX}SSLCertificateFile b.pem{END}")
    assert [key.path for key in vhost[mod_ssl.KEY]] == [f"{ROOT}/a.key"]


def test_optional_of_old_is_off_where_on_is_inherited() -> None:
    top, vhost, other = scopes(f"SSLEngine on\n{PREFIX}SSLEngine optional{END}{PREFIX}{END}")
    assert (top[mod_ssl.ENGINE], vhost[mod_ssl.ENGINE], other[mod_ssl.ENGINE]) == (
        True,
        False,
        True,
    )


# --- clients --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("none", Verify.NONE),
        ("off", Verify.NONE),
        ("on", Verify.REQUIRE),
        ("Require", Verify.REQUIRE),
        ("optional", Verify.OPTIONAL),
        ("optional_no_ca", Verify.OPTIONAL_NO_CA),
    ],
)
def test_asking_for_certificates(word: str, meant: Verify) -> None:
    assert main(f"SSLVerifyClient {word}")[mod_ssl.VERIFY].verify is meant


def test_what_is_unsaid() -> None:
    scope = Scope()
    assert scope[mod_ssl.VERIFY].verify is Verify.NONE
    assert scope[mod_ssl.DEPTH].number == 1
    assert scope[mod_ssl.CRL_CHECK].check is RevocationCheck.NONE
    assert scope[mod_ssl.SNI_POLICY] is SniPolicy.SECURE
    assert scope[mod_ssl.TICKETS]
    assert not scope[mod_ssl.OWN_ORDER]
    assert scope[mod_ssl.PROTOCOL] == set(Version)


def test_a_depth_is_read_as_c_reads_numbers() -> None:
    assert main("SSLVerifyDepth 3x")[mod_ssl.DEPTH].number == 3
    assert main("SSLVerifyDepth x")[mod_ssl.DEPTH].number == 0


def test_a_flag_of_the_revocation_check() -> None:
    value = main("SSLCARevocationCheck chain no_crl_for_cert_ok")[mod_ssl.CRL_CHECK]
    assert (value.check, value.needs_no_list) == (RevocationCheck.CHAIN, True)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("SSLOptions +StdEnvVars", "stdenvvars"),
        ("SSLOptions StdEnvVars ExportCertData", "exportcertdata"),
        ("SSLOptions StdEnvVars +ExportCertData", "exportcertdata stdenvvars"),
        ("SSLOptions +StdEnvVars ExportCertData", "exportcertdata"),
        ("SSLOptions StdEnvVars\nSSLOptions ExportCertData", "exportcertdata"),
        ("SSLOptions +StdEnvVars\nSSLOptions +ExportCertData", "exportcertdata stdenvvars"),
        ("SSLOptions +StdEnvVars\nSSLOptions -StdEnvVars", ""),
    ],
)
def test_options_of_one_place(lines: str, left: str) -> None:
    assert " ".join(sorted(main(lines)[mod_ssl.OPTIONS].names)) == left


@pytest.mark.parametrize(
    ("outer", "inner", "left"),
    [
        ("+StdEnvVars", "ExportCertData", "exportcertdata"),
        ("+StdEnvVars", "+ExportCertData", "exportcertdata stdenvvars"),
        ("+StdEnvVars +ExportCertData", "-ExportCertData", "stdenvvars"),
        ("StdEnvVars", "+ExportCertData", "exportcertdata stdenvvars"),
    ],
)
def test_options_of_a_section_change_those_around_it(outer: str, inner: str, left: str) -> None:
    text = f"SSLOptions {outer}\n<Location />\nSSLOptions {inner}\n</Location>"
    tree = read(text).tree
    merged = tree.main.scope.overlaid(tree.main.sections[0].scope)
    assert " ".join(sorted(merged[mod_ssl.OPTIONS].names)) == left


# --- workers --------------------------------------------------------------------------------------


def test_what_is_said_of_workers_is_one_value() -> None:
    value = main("SSLProxyEngine on\nSSLProxyVerify require\nSSLProxyCheckPeerCN off")[WORKER_TLS]
    assert (value.engine, value.verify, value.checks_cn) == (True, Verify.REQUIRE, False)
    assert value.checks_name is None


def test_a_vhost_takes_over_what_it_does_not_say_of_workers() -> None:
    _, vhost = scopes(f"SSLProxyEngine on\nSSLProxyVerifyDepth 3\n{PREFIX}SSLProxyVerify on{END}")
    value = vhost[WORKER_TLS]
    assert (value.engine, value.depth, value.verify) == (True, 3, Verify.REQUIRE)


def test_of_several_proxy_sections_the_last_counts_over_the_server() -> None:
    tree = read(
        "SSLProxyVerifyDepth 3\n"
        "<Proxy *>\nSSLProxyEngine on\n</Proxy>\n"
        "<Proxy https://b/>\nSSLProxyCheckPeerName off\nSSLProxyVerify none\n</Proxy>"
    ).tree
    first, second = (section.scope for section in tree.main.proxy_sections)
    both = tree.main.scope.overlaid(first.overlaid(second))[WORKER_TLS]
    assert (both.engine, both.checks_name, both.verify, both.depth) == (
        None,
        False,
        Verify.NONE,
        3,
    )
    assert tree.main.scope.overlaid(first)[WORKER_TLS].engine


def test_values_can_be_sent_to_other_processes() -> None:
    scope = main(
        "SSLProtocol all -TLSv1\nSSLCipherSuite HIGH\nSSLOptions +StdEnvVars\n"
        "SSLVerifyClient none\nSSLProxyEngine on\nSSLCertificateFile a.pem\n"
        "SSLOpenSSLConfCmd Curves X25519"
    )
    assert pickle.loads(pickle.dumps(scope)) == scope


# --- refusals -------------------------------------------------------------------------------------

SUITES = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384"
SECTION = "<Location />\n{}\n</Location>"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            SECTION.format("SSLVerifyClient require"),
            "SSLVerifyClient require of some paths only is not supported",
        ),
        (
            "SSLVerifyClient optional_no_ca",
            "SSLVerifyClient optional_no_ca is not supported",
        ),
        (
            SECTION.format("SSLVerifyDepth 2"),
            "SSLVerifyDepth of some paths only is not supported",
        ),
        (
            SECTION.format("SSLCipherSuite HIGH"),
            "SSLCipherSuite of some paths only is not supported",
        ),
        (
            "SSLCARevocationCheck chain no_crl_for_cert_ok",
            "no_crl_for_cert_ok is not supported: a certificate without a list does not pass",
        ),
        (
            "SSLProxyCARevocationCheck leaf no_crl_for_cert_ok",
            "no_crl_for_cert_ok is not supported: a certificate without a list does not pass",
        ),
        ("SSLFIPS on", "SSLFIPS On is not supported"),
        (
            "SSLUseStapling on",
            "SSLUseStapling On is not supported: Python's ssl cannot give OCSP answers",
        ),
        ("SSLInsecureRenegotiation on", "SSLInsecureRenegotiation On is not supported"),
        ("SSLOCSPEnable leaf", "SSLOCSPEnable leaf is not supported"),
        ("SSLOptions +FakeBasicAuth", "SSLOptions FakeBasicAuth is not supported"),
        ("SSLOpenSSLConfCmd Options Bugs", "SSLOpenSSLConfCmd options is not supported"),
        (
            "SSLOpenSSLConfCmd MinProtocol 1.2",
            "SSLOpenSSLConfCmd minprotocol 1.2 is not supported",
        ),
        (
            "SSLOpenSSLConfCmd Groups X25519:P-256",
            "SSLOpenSSLConfCmd groups X25519:P-256 is not supported: one known group is",
        ),
        ("SSLCertificateFile pkcs11:token", "keys of an engine (pkcs11:) are not supported"),
        ("SSLProxyVerify optional_no_ca", "SSLProxyVerify optional_no_ca is not supported"),
    ],
)
def test_what_cannot_be_done_is_refused(text: str, reason: str) -> None:
    assert [found.message for found in errors(read(text, FILES))] == [reason]


@pytest.mark.parametrize(
    "text",
    [
        "SSLVerifyClient require",
        "SSLVerifyClient optional",
        SECTION.format("SSLVerifyClient none"),
        "SSLVerifyDepth 3",
        "SSLCARevocationCheck none no_crl_for_cert_ok",
        f"SSLCipherSuite TLSv1.3 {SUITES}",
        "SSLOpenSSLConfCmd Curves X25519",
        "SSLOpenSSLConfCmd ECDHParameters Automatic",
        "SSLOpenSSLConfCmd MinProtocol TLSv1.2",
        "SSLUseStapling off",
        "SSLOptions +StdEnvVars -FakeBasicAuth +StrictRequire",
        "<Proxy *>\nSSLProxyCipherSuite HIGH\n</Proxy>",
        "SSLProxyVerify optional",
    ],
)
def test_what_can_be_done_passes(text: str) -> None:
    assert errors(read(text, FILES)) == []
