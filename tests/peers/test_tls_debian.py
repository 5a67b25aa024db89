"""The way of somebody who begins: Debian's own files for TLS, as its apache2 brings them, and
beside them a vhost with a WebSocket as people publish it. Both servers find it right and serve it
alike.
"""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from tests.certificates import self_signed
from tests.peers.harness import (
    APACHE_MODULES,
    LOOPBACK,
    Server,
    httpdlite_command,
    require_program,
    reserved_port,
    run_to_end,
    running_apache,
    running_httpdlite,
    server_directory,
)
from tests.peers.live import Client, live_worker

pytestmark = pytest.mark.peer

DEBIAN: Final = Path("/etc/apache2")
NAMES: Final = {"default": "machine.test", "chat": "chat.example.com"}
BODY: Final = """
ServerSignature On
Define APACHE_RUN_DIR {root}
Define APACHE_LOG_DIR {root}
Include {root}/ssl.conf
Include {root}/default-ssl.conf
<VirtualHost *:{port}>
  ServerName chat.example.com
  SSLEngine on
  SSLCertificateFile    {root}/chat.pem
  SSLCertificateKeyFile {root}/chat.key
  SSLProxyEngine On
  ProxyPreserveHost On
  ProxyPass        /ws ws://{worker}/ws
  ProxyPass        /   http://{worker}/
  ProxyPassReverse /   http://{worker}/
</VirtualHost>
"""


def debian_s(part: str) -> str:
    """The text of one of Debian's files; skips, or fails where peers are demanded."""
    require_program("apache2")
    path = DEBIAN / part
    if not path.exists():
        pytest.skip(f"this apache2 comes without {path}")
    return path.read_text()


def write_files(root: Path, port: int) -> None:
    for name, host in NAMES.items():
        self_signed(host, is_rsa=True).write(root, name)
    (root / "ssl.conf").write_text(debian_s("mods-available/ssl.conf"))
    site = debian_s("sites-available/default-ssl.conf").replace("*:443>", f"*:{port}>")
    for kind, end in (("certs", "pem"), ("private", "key")):
        site = site.replace(f"/etc/ssl/{kind}/ssl-cert-snakeoil.{end}", f"{root}/default.{end}")
    assert f"{root}/default.key" in site
    (root / "default-ssl.conf").write_text(site)


@dataclass(frozen=True)
class Both:
    """The two servers, and where each has its files."""

    apache: Server
    ours: Server


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    modules = "".join(
        f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n"
        for name in ("ssl", "socache_shmcb", "mime")
    )
    modules += "TypesConfig /dev/null\n"
    with ExitStack() as stack:
        worker = stack.enter_context(live_worker())
        servers = []
        for running, loaded in ((running_apache, modules), (running_httpdlite, "")):
            root = stack.enter_context(server_directory())
            port = stack.enter_context(reserved_port())
            write_files(root, port)
            body = BODY.format(root=root, port=port, worker=f"{LOOPBACK}:{worker.port}")
            servers.append(stack.enter_context(running(loaded + body, port)))
        yield Both(*servers)


def test_a_configtest_says_yes(both: Both) -> None:
    apache = [require_program("apache2"), "-t", "-f", str(both.apache.root / "apache.conf")]
    ours = httpdlite_command("-t", "-f", str(both.ours.root / "httpd.conf"))
    for command, server in ((apache, both.apache), (ours, both.ours)):
        ended = run_to_end(command, server.root)
        assert (ended.status, ended.stdout.strip(), ended.stderr.strip()) == (0, "", "Syntax OK")


def secure(server: Server, name: str) -> tuple[Client, str]:
    """A client by TLS, and the name in the certificate that it was shown."""
    client = Client(server.port)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    shown = client.secure(context, name).getpeercert(True)
    assert shown is not None
    found: Any = [host for host in NAMES.values() if host.encode() in shown]
    return client, found[0]


def test_the_page_and_the_socket_come_from_the_worker(both: Both) -> None:
    for server in (both.apache, both.ours):
        client, shown = secure(server, NAMES["chat"])
        assert shown == NAMES["chat"]
        assert client.get("/page", NAMES["chat"]) == (200, "/page")
        client.upgrade("/ws", NAMES["chat"])


def test_another_name_gets_the_default_s_certificate(both: Both) -> None:
    for server in (both.apache, both.ours):
        client, shown = secure(server, "other.test")
        assert shown == NAMES["default"]
        assert client.get("/nothing", "other.test")[0] == 404


def test_plain_http_is_told_where_it_is(both: Both) -> None:
    pages = []
    for server in (both.apache, both.ours):
        status, page = Client(server.port).get("/", NAMES["chat"])
        assert status == 400
        pages.append(page.replace(str(server.port), "PORT").partition("<address>"))
    theirs, ours = pages
    assert ours[0] == theirs[0]
    assert ours[2].endswith(" Server at front.test Port PORT</address>\n</body></html>\n")
    assert theirs[2].endswith(" Server at front.test Port PORT</address>\n</body></html>\n")
