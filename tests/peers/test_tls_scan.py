"""What scanners look for, asked by `openssl s_client`: protocols, ciphers and their order, groups,
signatures, ALPN, tickets, renegotiation. Every vhost has an address of its own, at apache2 and at
httpdlite, and both must say the same, but for what DIFFERENT names.

What is asked is a name of PROBES (options of s_client), of a vhost of VHOSTS.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import pytest

from tests.certificates import Authority
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    PATIENCE,
    Server,
    require_program,
    reserved_port,
    running_apache,
    running_httpdlite,
    server_directory,
)
from tests.peers.live import live_worker

pytestmark = pytest.mark.peer

VHOST: Final = """
Listen {address}:{port}
<VirtualHost {address}:{port}>
ServerName {name}.test
SSLEngine on
{certificates}{lines}
ProxyPass / http://{worker}/
</VirtualHost>
"""
PAIR: Final = "SSLCertificateFile {{root}}/{0}.pem\nSSLCertificateKeyFile {{root}}/{0}.key\n".format
INTERMEDIATE: Final = """\
SSLProtocol -all +TLSv1.2 +TLSv1.3
SSLCipherSuite ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\\
ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256
SSLHonorCipherOrder off
SSLSessionTickets off
"""
LIST: Final = (
    "SSLCipherSuite ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA:"
    "ECDHE-RSA-CHACHA20-POLY1305\n"
)
DEBIAN: Final = "SSLCipherSuite HIGH:!aNULL\nSSLProtocol all -SSLv3\nSSLSessionTickets off\n"
VHOSTS: Final = {  # certificates, lines
    "default": ("ec rsa", ""),
    "ec": ("ec", ""),
    "rsa": ("rsa", ""),
    "debian": ("rsa", DEBIAN),
    "intermediate": ("ec rsa", INTERMEDIATE),
    "own-order": ("rsa", f"SSLHonorCipherOrder on\n{LIST}"),
    "client-order": ("rsa", f"SSLHonorCipherOrder off\n{LIST}"),
    "old": ("ec rsa", "SSLCipherSuite ALL:@SECLEVEL=0\n"),
    "curve": ("rsa", "SSLOpenSSLConfCmd Curves secp384r1\n"),
    "new": ("rsa", "SSLOpenSSLConfCmd MinProtocol TLSv1.3\n"),
    "not-new": ("rsa", "SSLOpenSSLConfCmd MaxProtocol TLSv1.2\n"),
    "parameters": ("parameters", ""),
    "asking": ("ec", "SSLVerifyClient require\nSSLCACertificateFile {root}/ca.pem\n"),
}
TRUST: Final = ("-no-CAfile", "-no-CApath", "-no-CAstore")
"""Nothing here is about trust, and the system's authorities take long to read."""
WEAK: Final = "ALL:COMPLEMENTOFALL:@SECLEVEL=0"
PROBES: Final = {
    "nothing": "",
    "TLS 1.3": "-tls1_3",
    "TLS 1.2": "-tls1_2",
    "TLS 1.1": f"-tls1_1 -cipher {WEAK}",
    "TLS 1.0": f"-tls1 -cipher {WEAK}",
    "fallback to 1.2": "-tls1_2 -fallback_scsv",
    "fallback to 1.1": f"-tls1_1 -fallback_scsv -cipher {WEAK}",
    "no fallback": "-fallback_scsv",
    "compression": "-tls1_2 -comp",
    "DHE": "-tls1_2 -cipher kDHE",
    "DHE, by an unknown curve": "-tls1_2 -curves secp256k1",
    "RSA": "-tls1_2 -cipher kRSA",
    "NULL": "-tls1_2 -cipher NULL:@SECLEVEL=0",
    "anonymous": "-tls1_2 -cipher aNULL:@SECLEVEL=0",
    "PSK": "-tls1_2 -cipher PSK -psk 00112233445566778899aabbccddeeff",
    "CCM": "-tls1_2 -cipher AESCCM",
    "CBC": "-tls1_2 -cipher ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA",
    "an order": "-tls1_2 -cipher AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA256",
    "an order in 1.3": "-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384",
    "CHACHA20 first": "-ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384",
    "CCM in 1.3": "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256",
    "ECDSA": "-sigalgs ECDSA+SHA256",
    "RSA-PSS": "-sigalgs RSA-PSS+SHA256",
    "RSA in 1.2": "-tls1_2 -sigalgs RSA+SHA256",
    "ECDSA in 1.2": "-tls1_2 -sigalgs ECDSA+SHA256",
    "SHA-1": f"-tls1_2 -sigalgs RSA+SHA1:ECDSA+SHA1 -cipher {WEAK}",
    "Ed25519": "-sigalgs ed25519",
    "P-256": "-curves P-256",
    "P-384": "-curves P-384",
    "P-521": "-curves P-521",
    "X448": "-curves X448",
    "ffdhe2048": "-curves ffdhe2048",
    "an order of groups": "-curves P-521:X25519",
    "ALPN with both": "-alpn h2,http/1.1",
    "ALPN": "-alpn http/1.1",
    "ALPN without ours": "-alpn h2",
    "OCSP": "-status",
    "no name": "-noservername",
    "another name": "-servername nobody.test",
    "an odd name": "-servername a_b..test",
    "an address as name": f"-servername {LOOPBACK}",
    "no extended master secret": "-tls1_2 -no_ems",
    "no encrypt-then-mac": "-tls1_2 -no_etm -cipher ECDHE-RSA-AES128-SHA:ECDHE-ECDSA-AES128-SHA",
    "short records": "-maxfraglen 512",
    "no tickets": "-no_ticket",
}
FOR_MOST: Final = (
    "nothing",
    "TLS 1.3",
    "TLS 1.2",
    "TLS 1.1",
    "DHE",
    "an order",
    "P-256",
    "ECDSA",
    "RSA-PSS",
)
CASES: Final = [("default", probe) for probe in PROBES] + [
    (vhost, probe)
    for vhost in VHOSTS
    for probe in ("TLS 1.0", "fallback to 1.1", *FOR_MOST)
    if vhost != "default" and (vhost == "old" or probe in FOR_MOST)
]
OLDER: Final = "before TLS 1.2 the alert is protocol_version (70), Apache's internal_error (80)"
DIFFERENT: Final = {  # vhost, probe: why; in what
    ("default", "TLS 1.0"): OLDER,
    **{
        (vhost, "TLS 1.1"): OLDER
        for vhost in VHOSTS
        if vhost not in {"old", "intermediate", "new"}  # which say that there is none, or one
    },
    ("default", "fallback to 1.1"): "the version is refused before the fallback is looked at",
    ("*", "ALPN without ours"): "Apache names http/1.1, and the client breaks off",
}
FACTS: Final = {
    "protocol": r"^\s*Protocol\s*: (\S+)",
    "cipher": r"^New, \S+, Cipher is (\S+)",
    "group": r"^Server Temp Key: (.*)",
    "signature": r"^Peer signature type: (.*)",
    "digest": r"^Peer signing digest: (.*)",
    "certificate": r"^subject=(.*)",
    "compression": r"^Compression: (.*)",
    "alpn": r"^ALPN protocol: (.*)",
    "renegotiation": r"^Secure Renegotiation (.*)",
    "master secret": r"^\s*Extended master secret: (.*)",
    "early data": r"^\s*Max Early Data: (.*)",
    "ticket": r"^\s*(TLS session ticket):",
    "ocsp": r"^OCSP response: (.*)",
    "alert": r"SSL alert number (\d+)",
    "error": r":error:\w+:SSL routines:[^:]*:([^:]*)",
    "status": r"^(HTTP/1\.1 \d+)",
}
Facts = dict[str, list[str]]


@dataclass(frozen=True)
class Both:
    """The two servers, with the same vhosts."""

    apache: Server
    ours: Server


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    require_program("openssl")
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        worker = stack.enter_context(live_worker())
        write_certificates(root)
        servers = []
        module = "".join(
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
            for name in ("ssl", "socache_shmcb")
        )
        for running, loaded in ((running_apache, module), (running_httpdlite, "")):
            port = stack.enter_context(reserved_port())
            text = configuration(root, port, f"{LOOPBACK}:{worker.port}")
            servers.append(stack.enter_context(running(loaded + text, port)))
        yield Both(*servers)


def write_certificates(root: Path) -> None:
    authority = Authority.create()
    (root / "ca.pem").write_bytes(authority.pem)
    authority.issue("ec.test").write(root, "ec")
    rsa = authority.issue("rsa.test", is_rsa=True)
    rsa.write(root, "rsa")
    with_parameters = rsa.write(root, "parameters").certificate
    words = ["genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072"]
    made = subprocess.run([require_program("openssl"), *words], capture_output=True, check=True)
    with_parameters.write_bytes(rsa.chain + made.stdout)


def configuration(root: Path, port: int, worker: str) -> str:
    text = f"SSLSessionCache shmcb:{root}/sessions-{port}(512000)\n"
    for name, (certificates, lines) in VHOSTS.items():
        pairs = "".join([PAIR(one).format(root=root) for one in certificates.split()])
        text += VHOST.format(
            address=address_of(name),
            port=port,
            name=name,
            certificates=pairs,
            lines=lines.format(root=root),
            worker=worker,
        )
    return text


def address_of(vhost: str) -> str:
    return f"127.0.0.{list(VHOSTS).index(vhost) + 2}"


def command(server: Server, vhost: str, options: Sequence[str]) -> list[str]:
    """s_client, which names the vhost unless the options say something else."""
    named = {"-servername", "-noservername"} & set(options)
    name = [] if named else ["-servername", f"{vhost}.test"]
    where = f"{address_of(vhost)}:{server.port}"
    return [str(shutil.which("openssl")), "s_client", *TRUST, "-connect", where, *name, *options]


def output_of(server: Server, vhost: str, options: Sequence[str]) -> str:
    """All that s_client says of a handshake and a request."""
    asked = f"GET /x HTTP/1.1\r\nHost: {vhost}.test\r\nConnection: close\r\n\r\n"
    done = subprocess.run(
        command(server, vhost, [*options, "-ign_eof"]),
        input=asked.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        check=False,
    )
    return done.stdout.decode("latin-1")


def facts_of(server: Server, vhost: str, options: Sequence[str] = ()) -> Facts:
    text = output_of(server, vhost, options)
    found = {name: re.findall(form, text, re.MULTILINE) for name, form in FACTS.items()}
    return {name: sorted(set(values)) for name, values in found.items() if values}


def reason_for_difference(vhost: str, probe: str) -> str | None:
    for (vhosts, probes), why in DIFFERENT.items():
        if fnmatchcase(vhost, vhosts) and fnmatchcase(probe, probes):
            return why
    return None


@pytest.mark.parametrize(("vhost", "probe"), CASES)
def test_the_same_is_negotiated_or_refused(both: Both, vhost: str, probe: str) -> None:
    options = PROBES[probe].split()
    theirs, ours = (facts_of(server, vhost, options) for server in (both.apache, both.ours))
    why = reason_for_difference(vhost, probe)
    if why is None:
        assert ours == theirs
        return
    assert ours != theirs
    if probe == "ALPN without ours":
        assert theirs["error"] == ["bad extension"]
        assert "alpn" not in ours
    else:
        assert ours["alert"] == ["70"]
        assert "status" not in ours | theirs


def test_every_probe_of_the_default_is_what_it_is_meant_to_be(both: Both) -> None:
    """Else the comparison could be one of errors in what was asked."""

    def said(probe: str) -> Facts:
        return facts_of(both.ours, "default", PROBES[probe].split())

    assert said("nothing")["protocol"] == ["TLSv1.3"]
    assert said("nothing")["early data"] == ["0"]
    assert said("TLS 1.2")["protocol"] == ["TLSv1.2"]
    assert said("TLS 1.2")["renegotiation"] == ["IS supported"]  # RFC 5746, which is the safe kind
    assert said("compression")["compression"] == ["NONE"]
    assert said("OCSP")["ocsp"] == ["no response sent"]
    assert said("ALPN with both")["alpn"] == ["http/1.1"]
    assert said("fallback to 1.2")["alert"] == ["86"]
    assert said("ECDSA")["certificate"] == ["CN = ec.test"]
    assert said("RSA-PSS")["certificate"] == ["CN = rsa.test"]
    for refused in ("TLS 1.1", "TLS 1.0", "NULL", "anonymous", "PSK", "SHA-1", "Ed25519"):
        assert "status" not in said(refused)
        assert "alert" in said(refused)


# --- all that is accepted -------------------------------------------------------------------------

NEVER: Final = re.compile(r"NULL|EXP|RC4|RC2|(?<!A)DES|MD5|ADH|AECDH|PSK|SRP|SEED|IDEA")


def accepted_ciphers(server: Server, vhost: str) -> list[str]:
    """Those of TLS 1.2, as they are chosen of all that are left."""
    found: list[str] = []
    while True:
        offer = ":".join([WEAK, *[f"!{cipher}" for cipher in found]])
        facts = facts_of(server, vhost, ["-tls1_2", "-cipher", offer])
        if "status" not in facts:
            return found
        found += facts["cipher"]


@pytest.mark.parametrize("vhost", ["default", "debian", "intermediate", "own-order"])
def test_ciphers_are_the_same_in_the_same_order_and_none_is_weak(both: Both, vhost: str) -> None:
    theirs, ours = (accepted_ciphers(server, vhost) for server in (both.apache, both.ours))
    assert ours == theirs
    assert len(ours) >= 4
    assert not [cipher for cipher in ours if NEVER.search(cipher)]
    assert "-GCM-" in ours[0] or vhost == "own-order"


# --- what comes after the handshake ---------------------------------------------------------------


def test_who_wants_to_renegotiate_is_cut_off(both: Both) -> None:
    for server in (both.apache, both.ours):
        with subprocess.Popen(
            command(server, "default", ["-tls1_2"]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as client:
            try:
                assert client.stdin is not None
                assert client.stdout is not None
                client.stdin.write(b"R\n")
                client.stdin.flush()
                said = client.stdout.read()  # to the end: the server's, since the input stays open
                client.wait(PATIENCE)
            finally:
                client.kill()
        assert b"RENEGOTIATING" in said
        assert b"SSL routines:ssl3_read_bytes:no renegotiation:" in said, server.name


@pytest.mark.parametrize("version", ["-tls1_2", "-tls1_3"])
@pytest.mark.parametrize("vhost", ["default", "debian", "intermediate"])
def test_sessions_are_resumed_where_apache_does(
    both: Both, tmp_path: Path, vhost: str, version: str
) -> None:
    def is_resumed(server: Server) -> bool:
        kept = str(tmp_path / f"{server.name}.session")
        output_of(server, vhost, [version, "-sess_out", kept])
        return "\nReused, " in output_of(server, vhost, [version, "-sess_in", kept])

    assert is_resumed(both.ours) == is_resumed(both.apache)
