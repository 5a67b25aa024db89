"""The variables of mod_ssl in access logs: with the same configuration apache2 and httpdlite write
the same lines about the same clients and certificates, but for what is new in every handshake.
"""

import re
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.certificates import Authority, Issued, make_key
from tests.odd_certificates import STRANGE_NAMES, common, issue, strange
from tests.peers.harness import (
    PATIENCE,
    Server,
    require_program,
)
from tests.peers.secure import Both, both_running, client_context

pytestmark = pytest.mark.peer

# --- certificates ---------------------------------------------------------------------------------

AUTHORITY: Final = Authority.create('Tést "CA", Inc')
BETWEEN: Final = AUTHORITY.authority()
UNTIL: Final = timedelta(days=90, hours=2)  # so that no test meets midnight
ELLIPTIC: Final = BETWEEN.issue(
    "a.test", "b.test", email="admin@a.test", organization="Org Ü", until=UNTIL
)
RSA: Final = AUTHORITY.issue("rsa.test", is_rsa=True, until=UNTIL)

CLIENTS: Final[dict[str, Issued | None]] = {
    "none": None,
    "strange": issue(AUTHORITY, strange(), make_key(is_rsa=True), names=STRANGE_NAMES),
    "below": issue(BETWEEN, common("below"), make_key(), serial=5, digest=hashes.SHA384()),
    "ed25519": issue(
        AUTHORITY, common("ed"), ed25519.Ed25519PrivateKey.generate(), serial=2**158 + 12345
    ),
    "nobody": issue(AUTHORITY, x509.Name([]), make_key(), serial=0x80),
    "far": issue(AUTHORITY, common("far"), make_key(), lasts=timedelta(days=365 * 40)),
}

# --- what is asked --------------------------------------------------------------------------------

OF_CONNECTION: Final = """
HTTPS SSL_PROTOCOL SSL_CIPHER SSL_CIPHER_EXPORT SSL_CIPHER_USEKEYSIZE SSL_CIPHER_ALGKEYSIZE
SSL_SESSION_RESUMED SSL_SECURE_RENEG SSL_COMPRESS_METHOD SSL_TLS_SNI SSL_VERSION_LIBRARY
SSL_VERSION_INTERFACE SSL_CLIENT_VERIFY
""".split()
MISSPELT: Final = """
https Ssl_Protocol ssl_cipher_EXPORT SSL_CIPHER_XX SSL_NOPE SSL_SRP_USER SSL_PROTOCOLX SSL_
SSL_version_library SSL_VERSION_library ssl_version_LIBRARY SSL_VERSION_LIBRARY_INTERFACE
SSL_VERSION_PRODUCT SSL_CLIENT_ SSL_SERVER_ SSL_CLIENT_s_dn SSL_CLIENT_S_dn SSL_CLIENT_i_DN
SSL_CLIENT_S_DNx SSL_CLIENT_S_DN_ ssl_client_S_DN_CN SSL_CLIENT_S_dn_CN SSL_CLIENT_m_serial
SSL_CLIENT_M_SERIALx ssl_client_verify SSL_CLIENT_VERIFY_errstr SSL_SERVER_VERIFY
SSL_SERVER_CERT_RFC4523_CEA SSL_SERVER_CERT_CHAIN_0 SSL_CLIENT_cert_rfc4523_cea SSL_CLIENT_CERT_
""".split()
OF_CERTIFICATE: Final = """
M_VERSION M_SERIAL V_START V_END V_REMAIN A_SIG A_KEY S_DN I_DN CERT
SAN_Email_0 SAN_Email_1 SAN_Email_2 SAN_DNS_0 SAN_DNS_1 SAN_DNS_2 SAN_OTHER_msUPN_0
SAN_OTHER_msUPN_1 SAN_OTHER_msUPN_2 SAN_OTHER_msUPN_3 SAN_OTHER_dnsSRV_0 SAN_OTHER_dnsSRV_1
SAN_URI_0 SAN_dns_0 san_EMAIL_1 SAN_OTHER_MSUPN_0 san_other_msUPN_0 SAN_DNS_00 SAN_DNS_0001
SAN_DNS_00001 SAN_DNS_ SAN_DNS SAN_DNS_x SAN_DNS_-1 SAN_ SAN_0 SAN_OTHER_0
S_DN_C S_DN_ST S_DN_SP S_DN_L S_DN_O S_DN_OU S_DN_CN S_DN_T S_DN_I S_DN_G S_DN_S S_DN_D S_DN_UID
S_DN_SerialNumber S_DN_Email S_DN_DC S_DN_SN S_DN_c S_DN_EMAIL S_DN_1.2.3.4.5 S_DN_STREET
S_DN_O_0 S_DN_O_1 S_DN_O_2 S_DN_O_3 S_DN_O_ S_DN_O_x S_DN_O_1x S_DN_O_-1 S_DN_O_01 S_DN__0
S_DN_OU_1 S_DN_OU_2 S_DN_OU_3 S_DN_OU_4 S_DN_CN_1 S_DN_CN_2 S_DN_CN_3 S_DN_CN_4 S_DN_CN_5
S_DN_RAW S_DN_CN_RAW S_DN_CN_1_RAW S_DN_CN_2_RAW S_DN_CN_3_RAW S_DN_CN_4_RAW S_DN_CN_RAW_1
S_DN_G_RAW S_DN_S_RAW S_DN_L_RAW S_DN_CN_raw I_DN_CN I_DN_CN_0 I_DN_CN_RAW I_DN_O
""".split()
OF_CLIENT: Final = """
CERT_RFC4523_CEA CERT_CHAIN_0 CERT_CHAIN_00 CERT_CHAIN_1 CERT_CHAIN_ CERT_CHAIN_x
""".split()
LOGGED: Final = (
    *OF_CONNECTION,
    *MISSPELT,
    *[f"SSL_{whose}_{name}" for whose in ("CLIENT", "SERVER") for name in OF_CERTIFICATE],
    *[f"SSL_CLIENT_{name}" for name in OF_CLIENT],
)
OLDER: Final = """
version cipher subjectdn issuerdn clientcert cacert errcode errstr SSL_PROTOCOL nonsense VERSION
""".split()
SEEN: Final = (
    *OF_CONNECTION,
    "SSL_SERVER_V_REMAIN",
    *[
        f"SSL_{whose}_{name}"
        for whose in ("CLIENT", "SERVER")
        for name in OF_CERTIFICATE
        if not re.search(r"[^A-Za-z0-9_]|_x|_$", name)
    ],
    *[f"SSL_CLIENT_{name}" for name in OF_CLIENT],
)
EXPRESSIONS: Final = {
    "https": "%{HTTPS} == 'on' && %{SSL:HTTPS} == 'on'",
    "protocol": "%{SSL_PROTOCOL} == 'TLSv1.2'",
    "verified": "%{SSL_CLIENT_VERIFY} == 'SUCCESS' && %{SSL:SSL_CLIENT_S_DN_CN} =~ /^(far|ed)$/",
    "name": "%{SSL_TLS_SNI} -strmatch 'legacy.*'",
    "variable": "%{reqenv:SSL_CIPHER_USEKEYSIZE} -eq 256",
}

BOTH: Final = "SSLCertificateFile {root}/{0}.pem\nSSLCertificateKeyFile {root}/{0}.key\n"
ASKING: Final = "SSLVerifyClient optional\nSSLVerifyDepth 3\nSSLCACertificateFile {root}/ca.pem\n"
DIRECTORIES: Final = """
<Location /standard>
SSLOptions +StdEnvVars
</Location>
<Location /exported>
SSLOptions +ExportCertData
SetEnv HTTPS overwritten
SetEnv SSL_PROTOCOL mine
</Location>
<Location /both>
SSLOptions +StdEnvVars +ExportCertData +LegacyDNStringFormat
SetEnv SSL_PROTOCOL overwritten
</Location>
<Location /both/less>
SSLOptions -StdEnvVars
</Location>
<Location /legacy>
SSLOptions +LegacyDNStringFormat
</Location>
"""
VHOSTS: Final = {
    "a": (("elliptic",), ASKING + DIRECTORIES),
    "legacy": (("elliptic",), ASKING + "SSLOptions +StdEnvVars +LegacyDNStringFormat\n"),
    "quiet": (
        ("elliptic",),
        """
SSLSessionTickets off
SetEnv always 1
Header always set X-Set yes env=always
Header always set X-Secure yes env=HTTPS
""",
    ),
    "two": (("elliptic", "rsa"), ""),
    "reversed": (("rsa", "elliptic"), ""),
    "ordered": (("elliptic", "rsa"), "SSLHonorCipherOrder on\n"),
}


def configuration(root: Path, worker: int) -> str:
    """For both servers."""
    ELLIPTIC.write(root, "elliptic")
    RSA.write(root, "rsa")
    (root / "ca.pem").write_bytes(AUTHORITY.pem)
    formats = {
        "variables": "\\t".join(f"%{{{name}}}x" for name in LOGGED),
        "older": "\\t".join([*[f"%{{{name}}}c" for name in OLDER], "%x", "%c", "%404{HTTPS}x"]),
        "environment": "\\t".join(f"%{{{name}}}e" for name in SEEN),
        "sessions": "%{SSL_SESSION_ID}x",
    }
    lines = [f"SSLSessionCache shmcb:{root}/cache(512000)"]
    logs = [f'CustomLog log.{name} "{text}"' for name, text in formats.items()]
    logs += [f'CustomLog log.if.{name} "%v %U" "expr={text}"' for name, text in EXPRESSIONS.items()]
    logs.append("CustomLog log.if.env %U env=HTTPS")
    for name, (pairs, more) in VHOSTS.items():
        lines += ["<VirtualHost *:*>", f"ServerName {name}.test", "SSLEngine on", *logs]
        lines += [BOTH.format(pair, root=root) for pair in pairs]
        lines += [more.format(root=root), "ProxyPass /mine !"]
        lines.append(f"ProxyPass / http://127.0.0.1:{worker}/ upgrade=websocket")
        lines.append("</VirtualHost>")
    return "\n".join([*lines, ""])


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    with both_running(configuration, ("ssl", "socache_shmcb")) as servers:
        yield servers


def context_of(folder: Path, client: str, version: ssl.TLSVersion | None) -> ssl.SSLContext:
    certificate = CLIENTS[client]
    shown = certificate.chain + certificate.key if certificate is not None else None
    return client_context(folder, shown, version)


def send(server: Server, context: ssl.SSLContext, name: str | None, *pieces: bytes) -> bytes:
    """What comes for these bytes, each sent once something has come for those before."""
    answer = b""
    with context.wrap_socket(server.connect(), server_hostname=name) as secure:
        for piece in pieces:
            secure.sendall(piece)
            answer += secure.recv(65536)
    return answer


def ask(
    server: Server,
    context: ssl.SSLContext,
    name: str | None,
    path: str = "/",
    session: ssl.SSLSession | None = None,
) -> ssl.SSLSession | None:
    """One request, to its end."""
    sock = server.connect()
    host = name or "a.test"
    with context.wrap_socket(sock, server_hostname=name, session=session) as secure:
        request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        secure.sendall(request.encode())
        answer = b""
        while data := secure.recv(65536):
            answer += data
        assert answer.startswith(b"HTTP/1.1 200"), answer
        return secure.session


class Log:
    """What comes to a server's logs from now on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._begins = {path: path.stat().st_size for path in server.root.glob("log.*")}

    def text(self, name: str, last: str = "") -> str:
        """All of it, once there is something, or once it ends with what is the last."""
        path = self._server.root / f"log.{name}"
        begin = self._begins.get(path, 0)
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = path.read_bytes()[begin:] if path.exists() else b""
            if found.endswith(f"{last}\n".encode()):
                return found.decode("latin-1")
            time.sleep(0.01)
        raise AssertionError(f"nothing comes to {name}")

    def values(self, name: str, names: tuple[str, ...] | list[str]) -> dict[str, str]:
        """Of one request, those that there are."""
        values = self.text(name).removesuffix("\n").split("\t")
        return {name: value for name, value in zip(names, values, strict=False) if value != "-"}


def compare(
    both: Both, *, name: str | None, path: str, client: str = "none", **more: object
) -> None:
    """The lines that one request makes."""
    context = context_of(both.folder, client, **more)  # type: ignore[arg-type]
    found = []
    for server in (both.apache, both.ours):
        log = Log(server)
        ask(server, context, name, path)
        found.append(
            (
                log.values("variables", LOGGED),
                log.values("older", [*OLDER, "%x", "%c", "%404"]),
                log.values("environment", SEEN),
            )
        )
    theirs, ours = found
    for ours_too, theirs_too in zip(ours, theirs, strict=True):
        assert ours_too == theirs_too
    assert theirs[0]["HTTPS"] == theirs[2]["HTTPS"] == "on"


VERSIONS: Final = {"TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("client", CLIENTS)
def test_certificates(both: Both, client: str, version: str) -> None:
    compare(both, name="a.test", path="/standard", client=client, version=VERSIONS[version])


@pytest.mark.parametrize("client", ["none", "strange", "below"])
@pytest.mark.parametrize("path", ["/", "/standard", "/exported", "/both", "/both/less", "/legacy"])
def test_options(both: Both, path: str, client: str) -> None:
    compare(both, name="a.test", path=path, client=client, version=None)


@pytest.mark.parametrize("client", CLIENTS)
def test_the_older_form_of_names(both: Both, client: str) -> None:
    compare(both, name="legacy.test", path="/", client=client, version=None)


@pytest.mark.parametrize("name", [None, "A.Test", "a.test", "unknown.test"])
def test_server_names(both: Both, name: str | None) -> None:
    compare(both, name=name, path="/standard", version=None)


SESSIONS: Final = [
    (vhost, ciphers)
    for vhost, (pairs, _) in VHOSTS.items()
    for ciphers in ("ALL", "aECDSA", *(("aRSA",) if "rsa" in pairs else ()))
]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("vhost", "ciphers"), SESSIONS)
def test_sessions(both: Both, vhost: str, ciphers: str, version: str) -> None:
    found = []
    for server in (both.apache, both.ours):
        context = context_of(both.folder, "none", VERSIONS[version])
        context.set_ciphers(ciphers)
        lines, ids = [], []
        session: ssl.SSLSession | None = None
        for _ in range(2):
            log = Log(server)
            session = ask(server, context, f"{vhost}.test", session=session)
            lines.append(log.values("variables", LOGGED))
            ids.append(log.text("sessions").strip())
        resumed = version == "TLS 1.2" and ids[0] == ids[1] != "-"
        found.append((lines, [re.sub(r"[0-9a-f]{40,64}", "ID", text) for text in ids], resumed))
    (theirs, their_ids, they_keep), (ours, our_ids, we_keep) = found
    assert ours == theirs
    assert [line["SSL_SESSION_RESUMED"] for line in ours] == ["Initial", "Resumed"]
    if not VHOSTS[vhost][1].startswith(ASKING):  # these have no tickets here
        assert (our_ids, we_keep) == (their_ids, they_keep)


def logged(both: Both, context: ssl.SSLContext, *pieces: bytes) -> dict[str, str]:
    """What is in the logs about this, from both; the environment."""
    found = []
    for server in (both.apache, both.ours):
        log = Log(server)
        send(server, context, "a.test", *pieces)
        found.append((log.values("variables", LOGGED), log.values("environment", SEEN)))
    for theirs, ours in zip(*found, strict=True):
        assert ours == theirs
    return found[1][1]


@pytest.mark.parametrize("path", ["/", "/both", "/standard"])
def test_a_tunnel(both: Both, path: str) -> None:
    context = context_of(both.folder, "strange", None)
    head = f"GET {path} HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    seen = logged(both, context, f"{head}\r\n".encode(), b"hello")
    assert seen["HTTPS"] == "on"
    assert ("SSL_CLIENT_S_DN_CN" in seen) is (path != "/")


REFUSED: Final = {
    "no route": (b"GET /mine HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", True),
    "a bad path": (b"GET /%zz HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", False),
    "no host": (b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n", False),
    "a bad field": (b"GET / HTTP/1.1\r\nHost: a.test\r\nno field\r\n\r\n", False),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(both: Both, name: str) -> None:
    sent, has_variables = REFUSED[name]
    seen = logged(both, context_of(both.folder, "below", None), sent)
    assert ("HTTPS" in seen) is has_variables


SCHEMES: Final = [
    "RSA-PSS+SHA256",
    "ECDSA+SHA256",
    "RSA-PSS+SHA256:ECDSA+SHA256",
    "ECDSA+SHA384:RSA-PSS+SHA256",
    "ECDSA+SHA256:RSA-PSS+SHA256",
]


@pytest.mark.parametrize("vhost", ["two", "reversed", "ordered"])
@pytest.mark.parametrize("schemes", SCHEMES)
def test_the_certificate_that_a_client_was_shown(both: Both, schemes: str, vhost: str) -> None:
    program = require_program("openssl")
    found = []
    for server in (both.apache, both.ours):
        log = Log(server)
        words = [program, "s_client", "-quiet", "-tls1_3", "-sigalgs", schemes]
        words += ["-connect", f"127.0.0.1:{server.port}", "-servername", f"{vhost}.test"]
        request = f"GET / HTTP/1.1\r\nHost: {vhost}.test\r\nConnection: close\r\n\r\n"
        subprocess.run(
            words, input=request.encode(), capture_output=True, timeout=PATIENCE, check=False
        )
        found.append(log.values("variables", LOGGED))
    assert found[0] == found[1]
    assert found[0]["SSL_SERVER_CERT"]


ASKED: Final = {
    "fine": (b"GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", True),
    "a slash": (b"GET /%2F HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n", False),
    **REFUSED,
}


@pytest.mark.parametrize("name", ASKED)
def test_fields_where_the_connection_is_secure(both: Both, name: str) -> None:
    sent, has_variables = ASKED[name]
    context = context_of(both.folder, "none", None)
    for server in (both.apache, both.ours):
        answer = send(server, context, "quiet.test", sent.replace(b"a.test", b"quiet.test"))
        assert (b"\r\nX-Set: yes\r\n" in answer) is has_variables, answer
        assert (b"\r\nX-Secure: yes\r\n" in answer) is has_variables, answer


def test_conditions(both: Both) -> None:
    logs = []
    for server in (both.apache, both.ours):
        log = Log(server)
        for vhost in ("a", "legacy"):
            for client in CLIENTS:
                for version in VERSIONS.values():
                    context = context_of(both.folder, client, version)
                    ask(server, context, f"{vhost}.test", f"/{client}/{version.name}")
        ask(server, context_of(both.folder, "none", None), "legacy.test", "/last")
        log.text("if.name", "/last")
        logs.append(log)
    for name in [*EXPRESSIONS, "env"]:
        theirs, ours = (sorted(log.text(f"if.{name}").splitlines()) for log in logs)
        assert ours == theirs
        assert theirs
