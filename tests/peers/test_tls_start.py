"""What `-t` says of TLS beyond Apache's own `-t`, held against the start of the real apache2.

Each configuration is started there with a PidFile that cannot be made, so that a start that gets
past mod_ssl ends by itself as well (AH00099).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from httpdlite.diagnostics import WOULD_FAIL, Severity
from tests.certificates import Authority
from tests.conf.reading import read
from tests.peers.harness import (
    APACHE_MODULES,
    Ended,
    require_program,
    reserved_port,
    run_to_end,
    unprivileged,
)

pytestmark = pytest.mark.peer

AUTHORITY: Final = Authority.create()
MIDDLE: Final = AUTHORITY.authority()
ONE: Final = AUTHORITY.issue("one.test")
TWO: Final = MIDDLE.issue("two.test")
CLIENT: Final = AUTHORITY.client()
FILES: Final = {
    "one.pem": ONE.pem,
    "one.key": ONE.key,
    "both.pem": ONE.key + ONE.pem,
    "two.pem": TWO.chain,
    "two.key": TWO.key,
    "reversed.pem": MIDDLE.pem + TWO.pem,
    "encrypted.key": ONE.encrypted_key(b"secret"),
    "text.pem": b"no certificate\n",
    "broken.pem": b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n",
    "crl.pem": AUTHORITY.revocations(CLIENT),
    "client.pem": CLIENT.pem + CLIENT.key,
}
PAIR: Final = "SSLCertificateFile {}\nSSLCertificateKeyFile {}\n"
RIGHT: Final = PAIR.format("one.pem", "one.key")

STARTS: Final = {
    "a certificate and its key": RIGHT,
    "both in one file": "SSLCertificateFile both.pem\n",
    "a chain": PAIR.format("two.pem", "two.key"),
    "two pairs": RIGHT + PAIR.format("two.pem", "two.key"),
    "certificate first, keys after": (
        "SSLCertificateFile one.pem\nSSLCertificateFile two.pem\n"
        "SSLCertificateKeyFile one.key\nSSLCertificateKeyFile two.key\n"
    ),
    "another name": f"ServerName three.test\n{RIGHT}",
    "lists that nobody looks at": f"{RIGHT}SSLCARevocationFile crl.pem\n",
    "lists": f"{RIGHT}SSLCARevocationFile crl.pem\nSSLCARevocationCheck chain\n",
    "no authorities": f"{RIGHT}SSLVerifyClient require\n",
    "a client's certificate": (
        f"{RIGHT}SSLProxyEngine on\nSSLProxyMachineCertificateFile client.pem\n"
    ),
}
FAILS: Final = {
    "no certificate": ("", "AH02572"),
    "another key": (PAIR.format("one.pem", "two.key"), "AH02565"),
    "own certificate last": (PAIR.format("reversed.pem", "two.key"), "AH02565"),
    "an encrypted key": (PAIR.format("one.pem", "encrypted.key"), "AH02564"),
    "no key": ("SSLCertificateFile one.pem\n", "AH02564"),
    "text": (PAIR.format("text.pem", "one.key"), "AH02562"),
    "no PEM in it": (PAIR.format("broken.pem", "one.key"), "AH02562"),
    "too few keys": (f"{RIGHT}SSLCertificateFile two.pem\n", "AH02564"),
    "no version": (f"{RIGHT}SSLProtocol -all\n", "AH02231"),
    "no lists": (f"{RIGHT}SSLCARevocationCheck leaf\n", "AH02312"),
    "no version for workers": (f"{RIGHT}SSLProxyEngine on\nSSLProxyProtocol -all\n", "AH02231"),
}


def start(root: Path, lines: str) -> tuple[Ended, str]:
    """How apache2 ends, and its error log."""
    program = require_program("apache2")
    for name, data in FILES.items():
        (root / name).write_bytes(data)
    loaded = "".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
        for name in ("mpm_event", "authz_core", "ssl", "proxy")
    )
    user = unprivileged()
    with reserved_port() as port:
        (root / "apache.conf").write_text(
            f"ServerRoot {root}\n{loaded}ServerName main.test\nErrorLog {root}/error.log\n"
            f"User #{user.pw_uid}\nGroup #{user.pw_gid}\nMutex posixsem\n"
            f"PidFile {root}/nowhere/pid\nDefaultRuntimeDir {root}\nDocumentRoot {root}\n"
            f"Listen 127.0.0.1:{port}\n"
            f"<VirtualHost *:{port}>\nSSLEngine on\n{lines}\n</VirtualHost>\n"
        )
        ended = run_to_end([program, "-X", "-f", str(root / "apache.conf")], root)
    log = root / "error.log"
    return ended, log.read_text("utf-8", "replace") if log.exists() else ""


def ours(lines: str) -> list[str]:
    """The codes of the errors that we find."""
    content: Mapping[str, str | bytes] = {**FILES}
    text = f"Listen 443\n<VirtualHost *:443>\nSSLEngine on\n{lines}\n</VirtualHost>\n"
    found = read(text, content).diagnostics
    return [one.code for one in found if one.severity is Severity.ERROR]


@pytest.mark.parametrize("name", STARTS)
def test_what_apache_starts_with_is_no_error(name: str, tmp_path: Path) -> None:
    _, log = start(tmp_path, STARTS[name])
    assert "AH00099" in log, log
    assert ours(STARTS[name]) == []


@pytest.mark.parametrize("name", FAILS)
def test_what_apache_does_not_start_with_is_found(name: str, tmp_path: Path) -> None:
    lines, code = FAILS[name]
    ended, log = start(tmp_path, lines)
    assert ended.status != 0
    assert code in log
    assert "AH00099" not in log
    assert set(ours(lines)) == {WOULD_FAIL}
