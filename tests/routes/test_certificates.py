"""What is said of certificates (certificates.py, distinguishednames.py, der.py). That it is what
Apache says, `tests/peers/test_tls_variables.py` shows.
"""

import base64
import subprocess
import sys
from datetime import UTC, datetime
from typing import Final

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from httpdlite.routes.certificates import Certificate, read_certificate
from httpdlite.routes.der import DerError, elements, only_element, read_identifier
from httpdlite.routes.distinguishednames import COMPONENTS
from tests.certificates import Authority, make_key
from tests.odd_certificates import STRANGE_NAMES, common, issue, strange

AUTHORITY: Final = Authority.create('Tést "CA"')
STRANGE: Final = issue(AUTHORITY, strange(), make_key(is_rsa=True), names=STRANGE_NAMES)
DER: Final = STRANGE.certificate.public_bytes(Encoding.DER)
NAMES: Final = {
    **{oid: (name, name) for name, oid in COMPONENTS.items() if name != "SP"},
    "1.2.840.113549.1.1.1": ("rsa", "rsaEncryption"),
}
NOW: Final = datetime.now(UTC).timestamp()


def name_of(oid: str) -> tuple[str, str] | None:
    return NAMES.get(oid)


def read(der: bytes = DER) -> Certificate:
    found = read_certificate(der, name_of)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("M_VERSION", "3"),
        ("M_SERIAL", "FFEE"),
        ("V_REMAIN", "42"),
        ("A_KEY", "rsaEncryption"),
        ("A_SIG", "undefined"),
        ("I_DN_CN", 'TÃ©st "CA"'),
        ("S_DN_ST", "Baden"),
        ("S_DN_SP", "Baden"),
        ("S_DN_G", "Given\\\\b"),
        ("S_DN_S", "Sur\\0Aname\\7F\\09"),
        ("S_DN_L", "ZÃ¼rich"),
        ("S_DN_L_RAW", "Zürich"),
        ("S_DN_CN_RAW", "Jörg \\U2603 \\U65E5\\U672C \\W0001F600"),
        ("S_DN_CN_2", "bmp Ã©â\x98\x83"),
        ("S_DN_OU_2", "#hash"),
        ("S_DN_OU_9", None),
        ("S_DN_OU_x", None),
        ("S_DN_ou", None),
        ("S_DNx", None),
        ("s_DN", None),
        ("SAN_email_1", "k@x.test"),
        ("SAN_OTHER_msUPN_0", "jÃ¶rg@corp"),
        ("SAN_OTHER_msUPN_1", None),
        ("SAN_OTHER_dnsSRV_0", "_https.j.test"),
        ("SAN_OTHER_dnssrv_0", None),
        ("SAN_DNS_", None),
        ("NOPE", None),
    ],
)
def test_a_variable(name: str, value: str | None) -> None:
    assert read().value(name, NOW) == value


def test_whole_names() -> None:
    issuer = read().issuer
    assert issuer.rfc2253() == 'CN=TÃ©st \\"CA\\"'
    assert issuer.rfc2253(is_ascii=True) == 'CN=T\\C3\\A9st \\"CA\\"'
    assert issuer.one_line() == '/CN=T\\xC3\\xA9st "CA"'
    subject = read().subject.rfc2253()
    assert subject.startswith("O=with/this\\+that+CN=together,CN=all ")
    assert ",1.2.3.4.5=#0C036F6464," in subject
    assert ",OU=#,OU=\\ ,OU=\\#hash,OU=trail\\ ,OU=\\ lead," in subject
    assert subject.endswith(',O=One\\, Inc \\+ \\"q\\" \\<x\\>\\;,L=ZÃ¼rich,ST=Baden,C=DE')


def test_the_parts_that_have_a_name() -> None:
    found = read().subject.components()
    assert (found["OU"], found["OU_1"], found["O_2"]) == (" lead", "trail ", "with/this+that")
    assert "SP" not in found


def test_alternative_names_that_cannot_be_read_have_no_number_in_the_environment() -> None:
    assert read().alternatives("OTHER_msUPN") == {
        "SAN_OTHER_msUPN_0": "jÃ¶rg@corp",
        "SAN_OTHER_msUPN_1": "second@corp",
    }


def test_the_days_that_are_left() -> None:
    end = STRANGE.certificate.not_valid_after_utc.timestamp()
    assert [read().days_left(end - left) for left in (86400, 86399, 0, -1)] == ["1", "0", "0", "0"]


def test_dates_import_nothing() -> None:
    """A child reads its first certificate when it has given up the rights to read modules."""
    program = (
        "import base64, sys\n"
        "from httpdlite.routes.certificates import read_certificate\n"
        "read = read_certificate(base64.b64decode(sys.argv[1]), lambda oid: None)\n"
        "before = set(sys.modules)\n"
        "print(read.value('V_START', 0.0), set(sys.modules) - before)\n"
    )
    command = [sys.executable, "-c", program, base64.b64encode(DER).decode()]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert said == f"{read().value('V_START', 0.0)} set()\n"


@pytest.mark.parametrize("written", ["20261399000000Z", "2026", "2026112300000xZ", "20261123+1Z"])
def test_dates_that_are_none(written: str) -> None:
    start = STRANGE.certificate.not_valid_before_utc.strftime("%y%m%d%H%M%SZ").encode()
    assert DER.count(start) == 1
    damaged = DER.replace(start, written.removeprefix("20").ljust(13, "!")[:13].encode())
    assert read(damaged).value("V_START", 0.0) == "Bad time value"


@pytest.mark.parametrize(("serial", "shown"), [(5, "05"), (0x80, "80"), (2**158, "4" + "0" * 39)])
def test_serial_numbers(serial: int, shown: str) -> None:
    key = ed25519.Ed25519PrivateKey.generate()
    issued = issue(AUTHORITY, common("x"), key, serial=serial)
    found = read(issued.certificate.public_bytes(Encoding.DER))
    assert found.serial == shown
    assert found.exact_assertion.startswith(f"{{ serialNumber {serial}, issuer rdnSequence:")


def test_pem_is_as_it_was() -> None:
    assert read().pem == STRANGE.pem.decode()


@given(st.integers(0, len(DER) - 1), st.integers(0, 255))
def test_damage_is_no_failure(at: int, byte: int) -> None:
    found = read_certificate(DER[:at] + bytes((byte,)) + DER[at + 1 :], name_of)
    if found is not None:
        for name in ("S_DN", "I_DN", "S_DN_CN_RAW", "S_DN_CN", "V_START", "V_END", "V_REMAIN"):
            found.value(name, NOW)
            found.value(name, NOW, is_legacy=True)
        found.subject.components()


@given(st.binary(max_size=40))
def test_der_of_any_bytes(data: bytes) -> None:
    try:
        found = list(elements(data))
    except DerError:
        return
    assert b"".join(element.whole for element in found) == data


@pytest.mark.parametrize("data", [b"", b"\x30", b"\x30\x02\x01", b"\x1f\x01\x00", b"\x30\x82\x01"])
def test_what_is_no_der(data: bytes) -> None:
    with pytest.raises(DerError):
        only_element(data)


@pytest.mark.parametrize(
    ("content", "text"),
    [("550403", "2.5.4.3"), ("2a864886f70d", "1.2.840.113549"), ("883703", "2.999.3")],
)
def test_object_identifiers(content: str, text: str) -> None:
    assert read_identifier(bytes.fromhex(content)) == text
