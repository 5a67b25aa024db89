"""TLS of vhosts and towards workers, out of their directives."""

import pytest

from httpdlite.conf.directives import mpm
from httpdlite.conf.directives.ssl_values import RevocationCheck, SniPolicy, Verify, Version
from httpdlite.conf.tree import Config
from httpdlite.routes.compiling import compile_site
from httpdlite.routes.tls import (
    KeyPair,
    ServerTls,
    Trust,
    WorkerTls,
    compile_server_tls,
    compile_worker_tls,
    may_serve,
)
from tests.conf.reading import read

FILES = {"a.pem": "x", "a.key": "x", "b.pem": "x", "b.key": "x", "ca.pem": "x", "dh.pem": "x"}
PAIR = "SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key\n"
ON = f"SSLEngine on\n{PAIR}"


def tree_of(text: str) -> Config:
    return read(text, FILES).tree


def servers_of(text: str) -> list[ServerTls | None]:
    """Of the main server and the vhosts."""
    tree = tree_of(text)
    listens = tree.main.scope[mpm.LISTEN]
    return [compile_server_tls(server, listens) for server in (tree.main, *tree.vhosts)]


def tls_of(lines: str) -> ServerTls:
    found = servers_of(f"{ON}{lines}")[0]
    assert found is not None
    return found


def worker_of(lines: str) -> WorkerTls:
    found = compile_worker_tls(tree_of(f"SSLProxyEngine on\n{lines}").main.scope)
    assert found is not None
    return found


# --- clients --------------------------------------------------------------------------------------


def test_what_counts_where_little_is_said() -> None:
    tls = tls_of("")
    assert tls.pairs == (KeyPair("/root/a.pem", "/root/a.key"),)
    assert (tls.minimum, tls.maximum) == (Version.TLS1_2, Version.TLS1_3)
    assert tls.ciphers == "DEFAULT:!aNULL:!eNULL:!EXP"
    assert (tls.own_order, tls.tickets, tls.strict_sni) == (False, True, False)
    assert (tls.verify, tls.trust) == (Verify.NONE, Trust())
    assert (tls.group, tls.dh_parameters) == (None, None)


def test_pairs_are_made_by_place_and_a_key_may_be_missing() -> None:
    lines = "SSLCertificateFile b.pem\nSSLCertificateChainFile ca.pem"
    assert tls_of(lines).pairs == (
        KeyPair("/root/a.pem", "/root/a.key", "/root/ca.pem"),
        KeyPair("/root/b.pem", "/root/b.pem", "/root/ca.pem"),
    )


def test_servers_that_speak_no_tls() -> None:
    vhost = "<VirtualHost *:{}>\n{}\n</VirtualHost>\n"
    text = (
        "Listen 443\nListen 80\n"
        + vhost.format(443, ON)
        + vhost.format(443, PAIR)
        + vhost.format(80, PAIR)
        + vhost.format(443, f"SSLEngine off\n{PAIR}")
        + vhost.format(443, "")
    )
    found = [tls is not None for tls in servers_of(text)]
    assert found == [False, True, True, False, False, False]


@pytest.mark.parametrize(
    ("lines", "versions"),
    [
        ("SSLProtocol all", (Version.TLS1_2, Version.TLS1_3)),
        ("SSLProtocol all -TLSv1.3", (Version.TLS1_2, Version.TLS1_2)),
        ("SSLProtocol TLSv1.3", (Version.TLS1_3, Version.TLS1_3)),
        ("SSLProtocol all\nSSLCipherSuite ALL:@SECLEVEL=0", (Version.TLS1, Version.TLS1_3)),
        ("SSLOpenSSLConfCmd MinProtocol TLSv1.3", (Version.TLS1_3, Version.TLS1_3)),
        ("SSLOpenSSLConfCmd MaxProtocol TLSv1.2", (Version.TLS1_2, Version.TLS1_2)),
        ("SSLOpenSSLConfCmd MinProtocol None", (Version.TLS1_2, Version.TLS1_3)),
    ],
)
def test_versions_that_openssl_will_speak(lines: str, versions: tuple[Version, Version]) -> None:
    tls = tls_of(lines)
    assert (tls.minimum, tls.maximum) == versions


def test_ciphers_are_never_without_encryption() -> None:
    assert tls_of("SSLCipherSuite HIGH").ciphers == "HIGH:!aNULL:!eNULL:!EXP"
    command = "SSLCipherSuite HIGH\nSSLOpenSSLConfCmd CipherString LOW"
    assert tls_of(command).ciphers == "LOW:!aNULL:!eNULL:!EXP"


@pytest.mark.parametrize(
    ("command", "group"),
    [
        ("Curves X25519", "X25519"),
        ("Groups P-384", "secp384r1"),
        ("ECDHParameters Automatic", None),
        ("ECDHParameters secp384r1", "secp384r1"),
    ],
)
def test_groups(command: str, group: str | None) -> None:
    assert tls_of(f"SSLOpenSSLConfCmd {command}").group == group


def test_parameters_of_diffie_hellman() -> None:
    assert tls_of("SSLOpenSSLConfCmd DHParameters dh.pem").dh_parameters == "/root/dh.pem"


def test_certificates_of_clients() -> None:
    tls = tls_of(
        "SSLVerifyClient optional\nSSLVerifyDepth 2\nSSLCACertificateFile ca.pem\n"
        "SSLCARevocationFile b.pem\nSSLCARevocationCheck leaf"
    )
    assert tls.verify is Verify.OPTIONAL
    assert tls.trust == Trust(
        ca_file="/root/ca.pem", crl_file="/root/b.pem", crl_check=RevocationCheck.LEAF, depth=2
    )


def test_what_a_section_says_is_not_the_servers() -> None:
    assert tls_of("<Location />\nSSLVerifyDepth 5\n</Location>").trust.depth == 1


# --- workers --------------------------------------------------------------------------------------


def test_without_an_engine_nothing_is_spoken() -> None:
    assert compile_worker_tls(tree_of("SSLProxyVerify require").main.scope) is None
    assert compile_worker_tls(tree_of("SSLProxyEngine off").main.scope) is None


def test_towards_workers_little_is_checked_unless_it_is_said() -> None:
    assert worker_of("") == WorkerTls(
        minimum=Version.TLS1_2,
        maximum=Version.TLS1_3,
        ciphers="DEFAULT:!aNULL:!eNULL:!EXP",
        verify=False,
        trust=Trust(),
        checks_expiry=True,
        checks_name=True,
        machine=None,
    )


def test_towards_workers_optional_is_require() -> None:
    assert worker_of("SSLProxyVerify optional\nSSLProxyCACertificateFile ca.pem").verify


@pytest.mark.parametrize(
    ("lines", "checks"),
    [
        ("SSLProxyCheckPeerName off", False),
        ("SSLProxyCheckPeerCN off", False),
        ("SSLProxyCheckPeerName on\nSSLProxyCheckPeerCN off", True),
        ("SSLProxyCheckPeerName off\nSSLProxyCheckPeerCN on", True),
    ],
)
def test_two_directives_for_the_name(lines: str, checks: bool) -> None:
    assert worker_of(lines).checks_name is checks


def test_what_is_shown_to_workers() -> None:
    lines = "SSLProxyMachineCertificateFile a.pem\nSSLProxyMachineCertificateChainFile ca.pem"
    assert worker_of(lines).machine == KeyPair("/root/a.pem", "/root/a.pem", "/root/ca.pem")


# --- in a Site ------------------------------------------------------------------------------------


def test_a_site_has_the_tls_of_its_vhosts() -> None:
    vhost = "<VirtualHost *:{}>\nServerName {}\n{}</VirtualHost>\n"
    text = (
        "SSLVHostSNIPolicy authonly\nSSLProxyEngine on\n"
        + vhost.format(443, "a.test", ON)
        + vhost.format(
            80, "b.test", "SSLProxyEngine off\n<Location /x>\nSSLRequireSSL\n</Location>\n"
        )
    )
    site = compile_site(tree_of(text))
    first, second = (vhost for key, vhost in site.vhosts.items() if key != "main")
    assert site.sni_policy is SniPolicy.AUTHONLY
    assert (site.main.tls, second.tls) == (None, None)
    assert first.tls == tls_of("")
    assert site.main.table.settings.worker_tls == worker_of("")
    assert first.table.settings.worker_tls == worker_of("")
    assert second.table.settings.worker_tls is None
    assert not second.table.settings.requires_tls


def test_vhosts_that_differ_in_their_certificates_share_settings() -> None:
    vhost = "<VirtualHost *:443>\nSSLEngine on\nSSLCertificateFile {}.pem\n</VirtualHost>\n"
    site = compile_site(tree_of(vhost.format("a") + vhost.format("b")))
    first, second = (vhost for key, vhost in site.vhosts.items() if key != "main")
    assert first.table.settings is second.table.settings
    assert first.tls != second.tls


# --- the vhost of a request, and that of its connection -------------------------------------------

SAME = dict.fromkeys(SniPolicy, True) | {SniPolicy.STRICT: False}
OTHER_SPEECH = SAME | {SniPolicy.SECURE: False}
OTHER_DEMANDS = dict.fromkeys(SniPolicy, False) | {SniPolicy.INSECURE: True}


@pytest.mark.parametrize(
    ("lines", "allowed"),
    [
        ("", SAME),
        ("SSLHonorCipherOrder on", SAME),
        ("SSLSessionTickets off", SAME),
        ("SSLStrictSNIVHostCheck on", SAME),
        ("SSLCertificateChainFile ca.pem", SAME),
        ("SSLProtocol all -SSLv3", SAME),
        ("SSLVerifyClient none\nSSLVerifyDepth 1", SAME),
        ("SSLCertificateFile b.pem", OTHER_SPEECH),
        ("SSLProtocol all -TLSv1", OTHER_SPEECH),
        ("SSLCipherSuite HIGH", OTHER_SPEECH),
        ("SSLOpenSSLConfCmd Curves P-384", OTHER_SPEECH),
        ("SSLVerifyClient optional", dict.fromkeys(SniPolicy, False)),
        ("SSLVerifyDepth 2", OTHER_DEMANDS),
        ("SSLCACertificateFile ca.pem", OTHER_DEMANDS),
        ("SSLCARevocationFile ca.pem", OTHER_DEMANDS),
    ],
)
def test_when_another_vhost_may_serve(lines: str, allowed: dict[SniPolicy, bool]) -> None:
    one, other = tls_of(""), tls_of(lines)
    found = {policy: may_serve(one, other, policy, is_same=False) for policy in SniPolicy}
    assert found == allowed


def test_a_vhost_serves_what_came_for_it_and_one_without_tls_does_not() -> None:
    tls = tls_of("")
    assert all(may_serve(tls, tls, policy, is_same=True) for policy in SniPolicy)
    without = {policy: may_serve(tls, None, policy, is_same=False) for policy in SniPolicy}
    assert without == OTHER_DEMANDS
