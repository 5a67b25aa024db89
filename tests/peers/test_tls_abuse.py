"""TLS of several real processes, where it is abused or might leak: stalled and damaged handshakes,
a key that children must not be able to read, tickets that go from child to child.
"""

import os
import random
import signal
import socket
import ssl
import stat
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.peers.harness import PATIENCE, Server, server_directory, unprivileged
from tests.peers.live import children, reload, status, wait_until
from tests.peers.test_tls_front import AUTHORITY, SecureClient, running
from tests.serve.test_tls_faults import damaged, hello

pytestmark = pytest.mark.peer

MANY = 500


@pytest.fixture
def folder() -> Iterator[Path]:
    with server_directory() as made:
        yield made


def clients(server: Server) -> int:
    """How many the children have."""
    return sum(values["clients"] for values in status(server)["children"].values())


# --- abuse ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", ["RequestReadTimeout handshake=2\n", "Timeout 2\n"])
def test_stalled_handshakes_are_cut_and_others_served(folder: Path, limit: str) -> None:
    whole = hello()
    with running(folder, limit) as (server, _), ExitStack() as stack:
        kept = SecureClient(server)
        stalled = [stack.enter_context(server.connect()) for _ in range(MANY)]
        for number, sock in enumerate(stalled):
            sock.sendall((b"", whole[: len(whole) // 2], whole)[number % 3])
        wait_until(lambda: clients(server) >= MANY, "all of them are there")
        for _ in range(20):
            client = SecureClient(server)
            assert client.get("/", "a.test") == (200, "/")
            client.close()
        assert kept.get("/kept", "a.test") == (200, "/kept")
        assert all(is_cut(sock) for sock in stalled)
        kept.close()
        wait_until(lambda: clients(server) == 0, "nothing of them is left")
        assert get_by_tls(server) == (200, "/")


def is_cut(sock: socket.socket) -> bool:
    """Has the server ended it? What it said before is its part of a handshake."""
    try:
        while sock.recv(65536):
            pass
    except ConnectionResetError:
        pass  # what was sent had not been read
    return True  # else it was a TimeoutError


def get_by_tls(server: Server) -> tuple[int, str]:
    client = SecureClient(server)
    try:
        return client.get("/", "a.test")
    finally:
        client.close()


@pytest.mark.parametrize("seed", range(2))
def test_damaged_handshakes_harm_nobody_else(folder: Path, seed: int) -> None:
    """No traceback (the end of the server looks), no child dies, nothing is left open."""
    chance = random.Random(seed)
    good = [hello() for _ in range(4)]
    with running(folder, "RequestReadTimeout handshake=2\n") as (server, _):
        kept = SecureClient(server)
        pids = children(server)
        before = {pid: descriptors(pid) for pid in pids}
        for number in range(400):
            with server.connect() as sock, suppress(ConnectionError):
                for piece in damaged(chance.choice(good), chance):
                    sock.sendall(piece)
                if number % 2:
                    sock.shutdown(socket.SHUT_WR)
                    while sock.recv(65536):
                        pass
        assert kept.get("/kept", "a.test") == (200, "/kept")
        wait_until(lambda: clients(server) == 1, "only the one that is kept is left")
        assert get_by_tls(server) == (200, "/")
        assert children(server) == pids
        for pid in pids:
            assert descriptors(pid) <= before[pid] + 4  # pooled connections
        assert "internal fault" not in server.error_log


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


# --- keys -----------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_children_serve_with_a_key_that_they_cannot_read(folder: Path) -> None:
    key = folder / "a.key"
    with running(folder) as (server, _):
        pids = children(server)
        for renewed in (False, True):
            if renewed:
                before = SecureClient(server).serial
                AUTHORITY.issue("a.test").write(folder, "a")
                key.chmod(0o600)
                reload(server)
                assert {SecureClient(server).serial for _ in range(8)} != {before}
            assert get_by_tls(server) == (200, "/")
            assert children(server) == pids
            for pid in pids:
                check_that_it_has_no_key(pid, key)
            key.chmod(0o600)
        reload(server, signal.SIGHUP)
        assert not set(children(server)) & set(pids)
        assert get_by_tls(server) == (200, "/")
        for pid in children(server):
            check_that_it_has_no_key(pid, key)


def check_that_it_has_no_key(pid: int, key: Path) -> None:
    """Its user cannot open the file, nor is there one among its descriptors that holds it."""
    facts = Path(f"/proc/{pid}/status").read_text().splitlines()
    user, group = (int(line.split()[1]) for line in facts if line.startswith(("Uid:", "Gid:")))
    assert user == unprivileged().pw_uid
    asked = subprocess.run(
        ["cat", str(key)],
        user=user,
        group=group,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert asked.stderr.strip().endswith("Permission denied")
    assert not asked.stdout
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it has been closed meanwhile
            if stat.S_ISREG(entry.stat().st_mode):
                assert b"PRIVATE KEY" not in entry.read_bytes(), entry.readlink()


# --- tickets --------------------------------------------------------------------------------------


def session_of(server: Server) -> ssl.SSLSession:
    """One that can be resumed."""
    client = SecureClient(server)
    assert client.get("/", "a.test")[0] == 200
    session = client.tls.session
    assert session is not None
    assert session.has_ticket
    return session


def resumed(server: Server, session: ssl.SSLSession) -> set[bool]:
    """Of several connections, surely to all children: was the session taken? All are served."""
    found = set()
    for _ in range(12):
        client = SecureClient(server, session=session)
        found.add(bool(client.tls.session_reused))
        assert client.get("/", "a.test") == (200, "/")
    return found


@pytest.mark.parametrize("version", ["TLSv1.2", "TLSv1.3"])
def test_tickets_are_good_as_long_as_the_certificate(folder: Path, version: str) -> None:
    with running(folder, vhost=f"SSLProtocol {version}\n") as (server, _):
        session = session_of(server)
        assert resumed(server, session) == {True}
        reload(server)
        assert resumed(server, session) == {True}  # nothing has changed
        AUTHORITY.issue("a.test").write(folder, "a")
        reload(server)
        assert resumed(server, session) == {False}
        session = session_of(server)
        assert True in resumed(server, session)  # by the child that has given it


def test_a_restart_ends_sessions_but_nothing_else(folder: Path) -> None:
    with running(folder) as (server, _):
        session = session_of(server)
        reload(server, signal.SIGHUP)
        assert resumed(server, session) == {False}
        assert True in resumed(server, session_of(server))
