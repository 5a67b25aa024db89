"""TLS endpoints with a client of another making: openssl s_client, which can update keys and ask to
renegotiate. Skipped where openssl is not installed.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial

import pytest

from httpdlite.serve.engine import READ
from httpdlite.serve.tls_endpoint import TlsEndpoint
from tests.serve.tls_world import Reader, World, server_context, wait_readable

Popen = subprocess.Popen[bytes]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    yield world
    world.close()


@pytest.fixture
def s_client(world: World) -> Iterator[Callable[[str], tuple[TlsEndpoint, Reader, Popen]]]:
    """Connects ``openssl s_client``, whose input is commands and data."""
    program = shutil.which("openssl")
    if program is None:
        if os.environ.get("HTTPDLITE_REQUIRE_PEERS") == "1":
            pytest.fail("openssl is required and not installed")
        pytest.skip("openssl is not installed")
    with ExitStack() as stack:

        def connect(option: str) -> tuple[TlsEndpoint, Reader, Popen]:
            with socket.create_server(("127.0.0.1", 0)) as listener:
                address = f"127.0.0.1:{listener.getsockname()[1]}"
                words = [program, "s_client", "-connect", address, option]
                process = stack.enter_context(
                    subprocess.Popen(
                        words,
                        stdin=subprocess.PIPE,
                        stdout=subprocess.DEVNULL,
                        stderr=subprocess.PIPE,
                    )
                )
                stack.callback(process.kill)
                sock = listener.accept()[0]
            sock.setblocking(False)
            world.sockets.append(sock)
            flow = Reader()
            endpoint = TlsEndpoint(world.engine, sock, flow, READ, world.notes.append)
            endpoint.begin(server_context(), is_server=True)
            while not endpoint.handshake():
                wait_readable(sock)
            return endpoint, flow, process

        yield connect


Connect = Callable[[str], tuple[TlsEndpoint, Reader, Popen]]


def command(client: Popen, text: bytes, until: bytes = b"") -> None:
    """Type it; until the client has said so."""
    assert client.stdin is not None
    assert client.stderr is not None
    client.stdin.write(text)
    client.stdin.flush()
    while until and client.stderr.readline() != until:
        pass


def test_key_updates_are_answered_and_are_no_data(world: World, s_client: Connect) -> None:
    endpoint, flow, client = s_client("-tls1_3")
    for number in range(3):
        line = b"line %d\n" % number
        command(client, b"K\n", b"KEYUPDATE\n")  # both sides' keys are to change
        command(client, line)
        world.until(partial(_ends_with, flow, line))
        assert endpoint.send(b"answer\n")
    assert flow.data == b"line 0\nline 1\nline 2\n"


def _ends_with(flow: Reader, line: bytes) -> bool:
    return flow.data.endswith(line)


def test_a_client_that_wants_to_renegotiate_is_refused(world: World, s_client: Connect) -> None:
    _, flow, client = s_client("-tls1_2")
    command(client, b"R\n")
    world.until(lambda: flow.lost or flow.is_at_end)
    assert flow.data == b""
