"""Contexts (tls_contexts.py): what a vhost asks for is what is enforced; errors name the line."""

import ssl
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from httpdlite.conf.directives.ssl_values import RevocationCheck, Verify, Version
from httpdlite.routes.tls import KeyPair, ServerTls, Trust
from httpdlite.serve.descriptors import open_now
from httpdlite.serve.tls_contexts import (
    ContextError,
    Contexts,
    make_server_context,
    make_worker_context,
    needed_files,
    read_files,
)
from tests.certificates import Authority, Issued
from tests.serve.tls_world import (
    AUTHORITY,
    CONTENTS,
    SERVER,
    SERVER_TLS,
    WORKER_TLS,
    client_context,
    server_context,
    worker_context,
)


def meet(
    server: ssl.SSLContext, client: ssl.SSLContext, name: str = "a.example"
) -> tuple[ssl.SSLObject, ssl.SSLObject]:
    """A whole handshake in memory: server, client."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    ours.expected = name  # type: ignore[attr-defined]
    theirs = client.wrap_bio(to_client, to_server, server_hostname=name)
    waiting = [ours, theirs]
    while waiting:
        for end in tuple(waiting)[::-1]:
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
    return ours, theirs


# --- what is enforced -----------------------------------------------------------------------------


def test_certificates_of_two_kinds_are_both_there() -> None:
    rsa = AUTHORITY.issue("a.example", is_rsa=True)
    tls = replace(
        SERVER_TLS, pairs=(KeyPair("server.pem", "server.key"), KeyPair("rsa.pem", "rsa.key"))
    )
    server = make_server_context(tls, CONTENTS | {"rsa.pem": rsa.pem, "rsa.key": rsa.key})
    for ciphers, issued in (("ECDHE+aRSA", rsa), ("ECDHE+aECDSA", SERVER)):
        client = client_context(Version.TLS1_2)
        client.set_ciphers(ciphers)
        _, seen = meet(server, client)
        assert seen.getpeercert(True) == ssl.PEM_cert_to_DER_cert(issued.pem.decode())


@pytest.mark.parametrize("follows", [True, False])
def test_the_chain_is_that_of_the_certificate_s_file_or_else_the_chain_file(follows: bool) -> None:
    between = AUTHORITY.authority()
    issued = between.issue("a.example")
    pair = KeyPair("server.pem", "server.key", "chain.pem")
    contents = {
        "server.pem": issued.chain if follows else issued.pem,
        "server.key": issued.key,
        "chain.pem": Authority.create("Nobody").pem if follows else between.pem,
    }
    server = make_server_context(replace(SERVER_TLS, pairs=(pair,)), contents)
    _, seen = meet(server, client_context())
    assert seen.version() == "TLSv1.3"


def test_a_key_within_the_certificate_s_file() -> None:
    both = {"both.pem": SERVER.key + SERVER.pem}
    tls = replace(SERVER_TLS, pairs=(KeyPair("both.pem", "both.pem"),))
    meet(make_server_context(tls, both), client_context())


@pytest.mark.parametrize("own", [True, False])
def test_whose_order_of_ciphers_counts(own: bool) -> None:
    names = ["ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-GCM-SHA256"]
    server = server_context(ciphers=":".join(names), own_order=own, maximum=Version.TLS1_2)
    client = client_context()
    client.set_ciphers(":".join(reversed(names)))
    cipher = meet(server, client)[0].cipher()
    assert cipher is not None
    assert cipher[0] == names[0 if own else 1]


def test_protocols_are_those_asked_for_and_others_are_refused() -> None:
    server = server_context(minimum=Version.TLS1_2, maximum=Version.TLS1_2)
    assert meet(server, client_context())[0].version() == "TLSv1.2"
    with pytest.raises(ssl.SSLError):
        meet(server, client_context(Version.TLS1_3))


def test_old_protocols_can_be_asked_for() -> None:
    context = server_context(minimum=Version.TLS1, ciphers="DEFAULT@SECLEVEL=0")
    assert context.minimum_version == 0x0301


def test_alpn_has_one_protocol() -> None:
    client = client_context()
    client.set_alpn_protocols(["h2", "http/1.1"])
    assert meet(server_context(), client)[0].selected_alpn_protocol() == "http/1.1"
    client.set_alpn_protocols(["h2"])
    assert meet(server_context(), client)[0].selected_alpn_protocol() is None


def test_no_compression_and_no_renegotiation() -> None:
    for context in (server_context(), worker_context()):
        assert context.options & ssl.OP_NO_COMPRESSION
        assert context.options & ssl.OP_NO_RENEGOTIATION


def test_a_group_and_parameters_for_dh() -> None:
    parameters = b"""-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""
    server = server_context(
        contents={"dh.pem": parameters}, dh_parameters="dh.pem", group="prime256v1"
    )
    client = client_context(Version.TLS1_2)
    client.set_ciphers("ECDHE")
    meet(server, client)


# --- whom a vhost trusts --------------------------------------------------------------------------


def with_client(issued: Issued, folder: Path) -> ssl.SSLContext:
    context = client_context(Version.TLS1_2)
    files = issued.write(folder, "client")
    context.load_cert_chain(files.certificate, files.key)
    return context


def test_authorities_and_lists_may_be_in_hashed_folders(tmp_path: Path) -> None:
    good, bad = AUTHORITY.client("good"), AUTHORITY.client("bad")
    for name, content in (
        ("0123abcd.0", AUTHORITY.pem),
        ("0123abcd.r0", AUTHORITY.revocations(bad)),
        ("README", b"no certificate"),
    ):
        (tmp_path / name).write_bytes(content)
    trust = Trust(ca_path=str(tmp_path), crl_path=f"{tmp_path}/", crl_check=RevocationCheck.CHAIN)
    tls = replace(SERVER_TLS, verify=Verify.REQUIRE, trust=trust)
    assert str(tmp_path / "README") not in needed_files(tls)
    pairs = replace(tls, pairs=())
    server = make_server_context(tls, CONTENTS | read_files(pairs))
    ours, _ = meet(server, with_client(good, tmp_path))
    assert ours.getpeercert()
    with pytest.raises(ssl.SSLCertVerificationError, match="revoked"):
        meet(server, with_client(bad, tmp_path))


def test_without_a_list_a_check_for_revocation_fails(tmp_path: Path) -> None:
    trust = Trust(ca_file="ca.pem", crl_check=RevocationCheck.LEAF)
    server = server_context(verify=Verify.REQUIRE, trust=trust)
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get certificate CRL"):
        meet(server, with_client(AUTHORITY.client(), tmp_path))


# --- errors ---------------------------------------------------------------------------------------

STRANGER = AUTHORITY.issue("b.example")


@pytest.mark.parametrize(
    "changes, contents, directive, why",
    [
        ({}, {"server.key": STRANGER.key}, "SSLCertificateKeyFile", "does not belong"),
        ({}, {"server.key": SERVER.encrypted_key(b"secret")}, "SSLCertificateKeyFile", "encrypted"),
        ({}, {"server.pem": b"nothing"}, "SSLCertificateFile", "cannot be read"),
        ({"ciphers": "BOGUS"}, {}, "SSLCipherSuite", "No cipher"),
        ({"group": "bogus"}, {}, "SSLOpenSSLConfCmd Groups", "bogus"),
        (
            {"dh_parameters": "dh.pem"},
            {"dh.pem": b"no"},
            "SSLOpenSSLConfCmd DHParameters",
            "start line",
        ),
        (
            {"verify": Verify.REQUIRE, "trust": Trust(ca_file="no.pem")},
            {"no.pem": b"no"},
            "SSLCACertificateFile",
            "no certificate",
        ),
        (
            {"verify": Verify.REQUIRE, "trust": Trust(crl_file="no.pem")},
            {"no.pem": b"no"},
            "SSLCARevocationFile",
            "no certificate",
        ),
    ],
)
def test_errors_name_the_directive(
    changes: Mapping[str, object], contents: Mapping[str, bytes], directive: str, why: str
) -> None:
    tls = replace(SERVER_TLS, **changes)  # type: ignore[arg-type]
    with pytest.raises(ContextError, match=why) as caught:
        make_server_context(tls, CONTENTS | dict(contents))
    assert caught.value.directive == directive


def test_a_file_that_cannot_be_read() -> None:
    with pytest.raises(ContextError, match=r"No such file") as caught:
        read_files(replace(SERVER_TLS, pairs=(KeyPair("/nonexistent.pem", "/x"),)))
    assert caught.value.path == "/nonexistent.pem"


def test_no_file_stays_open() -> None:
    before = open_now()
    contexts = [server_context(), worker_context()]
    assert open_now() == before
    assert contexts


# --- reuse ----------------------------------------------------------------------------------------


def test_a_context_is_made_once_for_the_same_settings_and_contents() -> None:
    contexts = Contexts()
    first = contexts.server(SERVER_TLS, CONTENTS)
    assert contexts.server(replace(SERVER_TLS), CONTENTS | {"other.pem": b"?"}) is first
    assert contexts.server(replace(SERVER_TLS, tickets=False), CONTENTS) is not first
    renewed = AUTHORITY.issue("a.example")
    new = CONTENTS | {"server.pem": renewed.pem, "server.key": renewed.key}
    assert contexts.server(SERVER_TLS, new) is not first
    assert contexts.worker(WORKER_TLS, {}) is contexts.worker(WORKER_TLS, CONTENTS)


def test_what_nobody_asks_for_any_more_is_dropped() -> None:
    contexts = Contexts()
    first = contexts.server(SERVER_TLS, CONTENTS)
    contexts.drop_unused()
    assert contexts.server(SERVER_TLS, CONTENTS) is first
    contexts.drop_unused()
    contexts.drop_unused()
    assert contexts.server(SERVER_TLS, CONTENTS) is not first


def test_a_worker_s_context_verifies_only_if_asked_to() -> None:
    stranger = server_context(Authority.create("Somebody else").issue("a.example"))
    meet(stranger, worker_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        meet(stranger, worker_context(verify=True, trust=Trust(ca_file="ca.pem")))
    meet(server_context(), worker_context(verify=True, trust=Trust(ca_file="ca.pem")))


def test_a_worker_that_asks_for_a_certificate_gets_the_machine_s() -> None:
    machine = AUTHORITY.client("machine")
    contents = {"machine.pem": machine.pem + machine.key}
    trust = Trust(ca_file="ca.pem")
    server = server_context(verify=Verify.REQUIRE, trust=trust, maximum=Version.TLS1_2)
    client = worker_context(contents, machine=KeyPair("machine.pem", "machine.pem"))
    ours, _ = meet(server, client)
    assert ours.getpeercert(True) == ssl.PEM_cert_to_DER_cert(machine.pem.decode())
    with pytest.raises(ContextError, match="SSLProxyMachineCertificateFile"):
        make_worker_context(replace(WORKER_TLS, machine=KeyPair("no", "no")), {"no": b""})


def test_settings_that_make_no_difference_to_a_context() -> None:
    contexts = Contexts()
    strict: ServerTls = replace(SERVER_TLS, strict_sni=True)
    assert contexts.server(SERVER_TLS, CONTENTS) is contexts.server(strict, CONTENTS)
