"""apache2 and httpdlite with the same vhosts of TLS, and what clients of them use."""

import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority
from tests.peers.harness import (
    APACHE_MODULES,
    Server,
    running_apache,
    running_httpdlite,
    server_directory,
)
from tests.peers.live import live_worker


@dataclass(frozen=True)
class Both:
    """The two servers, with the same vhosts, and the folder of their files."""

    apache: Server
    ours: Server
    folder: Path


@contextmanager
def both_running(
    write: Callable[[Path, int], str], modules: Iterable[str] = ("ssl",)
) -> Iterator[Both]:
    """``write`` puts files into a folder, and gives a configuration for a worker's port;
    ``modules``: what apache2 needs besides.
    """
    with ExitStack() as stack:
        worker = stack.enter_context(live_worker())
        folder = stack.enter_context(server_directory())
        text = write(folder, worker.port)
        loaded = "".join(
            f"LoadModule {name}_module {APACHE_MODULES}/mod_{name}.so\n" for name in modules
        )
        apache = stack.enter_context(running_apache(loaded + text))
        ours = stack.enter_context(running_httpdlite(text))
        yield Both(apache, ours, folder)


def client_context(
    folder: Path,
    shown: bytes | None = None,
    version: ssl.TLSVersion | None = None,
    *,
    authority: Authority | None = None,
) -> ssl.SSLContext:
    """Of a client that looks at everything but the name, or at nothing without an authority.
    ``shown``: its certificates and its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    if authority is None:
        context.verify_mode = ssl.CERT_NONE
    else:
        context.load_verify_locations(cadata=authority.pem.decode())
    if shown is not None:
        path = folder / "client.pem"
        path.write_bytes(shown)
        context.load_cert_chain(path)
    if version is not None:
        context.minimum_version = context.maximum_version = version
    return context
