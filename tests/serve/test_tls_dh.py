"""Ciphers with DHE (tls_dh.py): there with RSA keys, and parameters as large as these."""

import ssl
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from httpdlite.conf.directives.ssl_values import Version
from httpdlite.routes.tls import KeyPair
from httpdlite.serve.tls_contexts import make_server_context
from httpdlite.serve.tls_dh import GROUPS, dh_parameters, rsa_bits
from tests.certificates import Issued
from tests.serve.test_tls_contexts import meet
from tests.serve.tls_world import AUTHORITY, SERVER, SERVER_TLS, client_context

RSA = AUTHORITY.issue("a.example", is_rsa=True)


def with_key_of(bits: int) -> Issued:
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    return AUTHORITY.issue("a.example", key=key)


def e_times(power: int) -> int:
    """The whole part of e times 2 to this power."""
    term = total = 1 << power + 64
    for number in range(1, 1000):
        term //= number
        total += term
    return total >> 64


@pytest.mark.parametrize(("bits", "offset"), [(2048, 560316), (3072, 2625351), (4096, 5736041)])
def test_the_groups_are_those_of_rfc_7919(bits: int, offset: int) -> None:
    prime = 2**bits - 2 ** (bits - 64) + (e_times(bits - 130) + offset) * 2**64 - 1
    der = ssl.PEM_cert_to_DER_cert(GROUPS[bits].decode().replace("DH PARAMETERS", "CERTIFICATE"))
    assert der[8:] == b"\0" + prime.to_bytes(bits // 8, "big") + b"\x02\x01\x02"


@pytest.mark.parametrize(("bits", "group"), [(2048, 2048), (3072, 3072), (2560, 2048)])
def test_parameters_are_as_large_as_the_rsa_key(bits: int, group: int) -> None:
    issued = with_key_of(bits)
    assert rsa_bits(issued.chain) == bits
    assert dh_parameters([SERVER.chain, issued.chain]) == GROUPS[group]


def test_without_an_rsa_key_there_are_none() -> None:
    assert dh_parameters([SERVER.chain]) is None
    assert dh_parameters([]) is None
    assert rsa_bits(b"garbage") is None
    assert rsa_bits(RSA.pem[:31] + b"-----END") is None


def test_those_in_the_first_certificate_s_file_count() -> None:
    own = RSA.chain + GROUPS[4096]
    assert dh_parameters([own, RSA.chain]) == GROUPS[4096]
    assert dh_parameters([RSA.chain, own]) == GROUPS[2048]


def test_a_client_that_has_nothing_else_is_served() -> None:
    tls = replace(SERVER_TLS, pairs=(KeyPair("rsa.pem", "rsa.key"),), group="prime256v1")
    context = make_server_context(tls, {"rsa.pem": RSA.chain, "rsa.key": RSA.key})
    client = client_context(Version.TLS1_2)
    client.set_ciphers("kDHE")
    server, _ = meet(context, client)
    cipher = server.cipher()
    assert cipher is not None
    assert cipher[0].startswith("DHE-RSA-")


def test_parameters_that_are_none_are_an_error_of_their_file() -> None:
    own = RSA.chain + b"-----BEGIN DH PARAMETERS-----\nAAAA\n-----END DH PARAMETERS-----\n"
    tls = replace(SERVER_TLS, pairs=(KeyPair("rsa.pem", "rsa.key"),))
    with pytest.raises(Exception, match=r"^SSLCertificateFile: ") as caught:
        make_server_context(tls, {"rsa.pem": own, "rsa.key": RSA.key})
    assert not isinstance(caught.value, ssl.SSLError)
