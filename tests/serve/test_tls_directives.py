"""From directives to contexts: what stands in a file is what OpenSSL is told."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from httpdlite.conf.directives import mpm
from httpdlite.conf.directives.ssl_refusals import GROUPS
from httpdlite.conf.files import DiskFiles
from httpdlite.conf.reader import ConfigSource, read_config
from httpdlite.conf.tree import Config
from httpdlite.routes.tls import compile_server_tls, compile_worker_tls
from httpdlite.serve.tls_contexts import (
    ServerContext,
    make_server_context,
    make_worker_context,
    read_files,
)
from tests.certificates import Authority, self_signed
from tests.conf.reading import FakeNames

AUTHORITY = Authority.create()
LEAF = AUTHORITY.issue("a.test")
RSA = self_signed("a.test", is_rsa=True)
CLIENT = AUTHORITY.client()


def tree_of(folder: Path, lines: str) -> Config:
    """The main server has these lines and the certificate `a`."""
    LEAF.write(folder, "a")
    RSA.write(folder, "rsa")
    (folder / "ca.pem").write_bytes(AUTHORITY.pem)
    (folder / "crl.pem").write_bytes(AUTHORITY.revocations())
    (folder / "client.pem").write_bytes(CLIENT.pem + CLIENT.key)
    conf = folder / "httpd.conf"
    pair = "SSLCertificateFile a.pem\nSSLCertificateKeyFile a.key\n"
    conf.write_text(f"ServerName a.test\nErrorLog e\nSSLEngine on\n{pair}{lines}\n")
    return read_config(ConfigSource(str(conf), str(folder)), DiskFiles(), FakeNames()).tree


def server_of(folder: Path, lines: str) -> ServerContext:
    tree = tree_of(folder, lines)
    tls = compile_server_tls(tree.main, tree.main.scope[mpm.LISTEN])
    assert tls is not None
    return make_server_context(tls, read_files(tls))


def worker_of(folder: Path, lines: str) -> ssl.SSLContext:
    tls = compile_worker_tls(tree_of(folder, f"SSLProxyEngine on\n{lines}").main.scope)
    assert tls is not None
    return make_worker_context(tls, read_files(tls))


def meet(context: ssl.SSLContext, group: str) -> bool:
    """Does a handshake succeed with a client that has this group alone?"""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=AUTHORITY.pem.decode())
    if group != "auto":
        client.set_ecdh_curve(GROUPS[group.lower()])
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = context.wrap_bio(to_server, to_client, server_side=True)
    ours.expected = "a.test"  # type: ignore[attr-defined]
    waiting = [client.wrap_bio(to_client, to_server, server_hostname="a.test"), ours]
    for _ in range(10):
        for end in tuple(waiting):
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
                waiting.remove(end)
    return not waiting


def names(context: ssl.SSLContext) -> set[str]:
    return {str(cipher["name"]) for cipher in context.get_ciphers()}


def test_nothing_is_asked_of_clients_by_default(tmp_path: Path) -> None:
    context = server_of(tmp_path, "")
    assert context.verify_mode is ssl.CERT_NONE
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.options & ssl.OP_CIPHER_SERVER_PREFERENCE
    assert not context.options & ssl.OP_NO_TICKET
    assert context.options & ssl.OP_NO_RENEGOTIATION
    plain = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    plain.set_ciphers("DEFAULT")
    assert names(context) == names(plain)


@pytest.mark.parametrize(
    ("lines", "minimum", "maximum"),
    [
        ("SSLProtocol TLSv1.3", ssl.TLSVersion.TLSv1_3, ssl.TLSVersion.TLSv1_3),
        ("SSLProtocol all -TLSv1.3", ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2),
        (
            "SSLProtocol all\nSSLOpenSSLConfCmd MinProtocol TLSv1.3",
            ssl.TLSVersion.TLSv1_3,
            ssl.TLSVersion.TLSv1_3,
        ),
    ],
)
def test_versions(
    lines: str, minimum: ssl.TLSVersion, maximum: ssl.TLSVersion, tmp_path: Path
) -> None:
    context = server_of(tmp_path, lines)
    assert (context.minimum_version, context.maximum_version) == (minimum, maximum)


def test_ciphers_and_their_order(tmp_path: Path) -> None:
    lines = "SSLCipherSuite ECDHE-ECDSA-AES256-GCM-SHA384:eNULL\nSSLHonorCipherOrder on"
    context = server_of(tmp_path, lines)
    older = {name for name in names(context) if not name.startswith("TLS_")}
    assert older == {"ECDHE-ECDSA-AES256-GCM-SHA384"}
    assert context.options & ssl.OP_CIPHER_SERVER_PREFERENCE


@pytest.mark.parametrize(
    "group", ["X25519", "x25519", "P-256", "secp256r1", "P-384", "secp521r1", "X448", "auto"]
)
def test_groups_by_every_name_they_have(group: str, tmp_path: Path) -> None:
    context = server_of(tmp_path, f"SSLOpenSSLConfCmd Groups {group}")
    assert meet(context, group)


def test_certificates_of_clients(tmp_path: Path) -> None:
    lines = (
        "SSLVerifyClient require\nSSLCACertificateFile ca.pem\n"
        "SSLCARevocationFile crl.pem\nSSLCARevocationCheck chain\nSSLVerifyDepth 2"
    )
    context = server_of(tmp_path, lines)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN
    assert context.depth == 2
    assert len(context.get_ca_certs()) == 1


def test_tickets_and_several_certificates(tmp_path: Path) -> None:
    lines = "SSLSessionTickets off\nSSLCertificateFile rsa.pem\nSSLCertificateKeyFile rsa.key"
    assert server_of(tmp_path, lines).options & ssl.OP_NO_TICKET


def test_towards_workers(tmp_path: Path) -> None:
    assert worker_of(tmp_path, "").verify_mode is ssl.CERT_NONE
    lines = (
        "SSLProxyVerify require\nSSLProxyCACertificateFile ca.pem\nSSLProxyProtocol TLSv1.3\n"
        "SSLProxyMachineCertificateFile client.pem"
    )
    context = worker_of(tmp_path, lines)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_3
