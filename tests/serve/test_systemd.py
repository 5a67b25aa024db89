"""What systemd is told, and the sockets it passes: by its protocols, without systemd."""

import fcntl
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from httpdlite.conf.directives.mpm import Listen
from httpdlite.diagnostics import Span
from httpdlite.serve.systemd import (
    Inherited,
    Notifier,
    NotPassedError,
    adopt,
    inherited_sockets,
    match,
)

HERE: Final = Span("a.conf", 1, 1, 1, 2)


class Manager:
    """Stands in for systemd: a datagram socket, and what came to it."""

    def __init__(self, address: str) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(address)
        self.sock.settimeout(5)

    def told(self) -> list[str]:
        """The lines of the next notification."""
        return self.sock.recv(65536).decode().split("\n")


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify"))
    yield made
    made.sock.close()


@pytest.fixture
def notifier(manager: Manager) -> Iterator[Notifier]:
    made = Notifier({"NOTIFY_SOCKET": manager.sock.getsockname(), "WATCHDOG_USEC": "30000000"})
    yield made
    made.close()


# --- notifications --------------------------------------------------------------------------------


def test_each_state_is_said_in_systemds_words(manager: Manager, notifier: Notifier) -> None:
    notifier.ready("serving")
    assert manager.told() == ["READY=1", "STATUS=serving"]
    notifier.ready(main_pid=77)
    assert manager.told() == ["READY=1", "MAINPID=77"]
    notifier.stopping("draining", within_seconds=2.5)
    assert manager.told() == ["STOPPING=1", "STATUS=draining", "EXTEND_TIMEOUT_USEC=2500000"]
    notifier.stopping()
    assert manager.told() == ["STOPPING=1"]
    notifier.status("two\nlines")
    assert manager.told() == ["STATUS=two lines"]
    notifier.watchdog()
    assert manager.told() == ["WATCHDOG=1"]


def test_a_reload_says_when_it_began(manager: Manager, notifier: Notifier) -> None:
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    notifier.reloading("reading")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    first, stamp, last = manager.told()
    assert (first, last) == ("RELOADING=1", "STATUS=reading")
    name, _, value = stamp.partition("=")
    assert name == "MONOTONIC_USEC"
    assert before <= int(value) <= after


def test_a_name_in_the_abstract_namespace() -> None:
    name = f"httpdlite-test-{os.getpid()}"
    manager = Manager("\0" + name)
    notifier = Notifier({"NOTIFY_SOCKET": "@" + name})
    assert notifier.is_active
    notifier.ready()
    assert manager.told() == ["READY=1"]
    notifier.close()
    manager.sock.close()


def test_nobody_to_tell(tmp_path: Path) -> None:
    for variables in (
        {},
        {"NOTIFY_SOCKET": "vsock:2:1"},
        {"NOTIFY_SOCKET": str(tmp_path / "gone")},
        {"NOTIFY_SOCKET": "/" + 200 * "x"},
    ):
        notifier = Notifier(dict(variables))
        notifier.ready("serving")
        notifier.watchdog()
        notifier.close()
    assert not Notifier({}).is_active
    assert not Notifier({"NOTIFY_SOCKET": "vsock:2:1"}).is_active


def test_who_is_told_may_be_replaced(manager: Manager, notifier: Notifier, tmp_path: Path) -> None:
    notifier.ready()
    manager.sock.close()
    notifier.status("lost")
    (tmp_path / "notify").unlink()
    again = Manager(str(tmp_path / "notify"))
    notifier.status("found")
    assert again.told() == ["STATUS=found"]
    again.sock.close()


def test_after_closing_nothing_is_said(manager: Manager, notifier: Notifier) -> None:
    notifier.ready()
    notifier.close()
    notifier.status("child")
    manager.told()
    manager.sock.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.told()


def test_the_variables_are_gone_and_others_stay(manager: Manager) -> None:
    variables = {
        "NOTIFY_SOCKET": manager.sock.getsockname(),
        "WATCHDOG_USEC": "20000000",
        "WATCHDOG_PID": str(os.getpid()),
        "PATH": "/bin",
    }
    notifier = Notifier(variables)
    assert variables == {"PATH": "/bin"}
    assert notifier.watchdog_seconds == 10.0


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"WATCHDOG_USEC": "0"},
        {"WATCHDOG_USEC": "soon"},
        {"WATCHDOG_USEC": "-5"},
        {"WATCHDOG_USEC": "٣"},
        {"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": "1"},
    ],
)
def test_no_watchdog(variables: dict[str, str], manager: Manager) -> None:
    notifier = Notifier({**variables, "NOTIFY_SOCKET": manager.sock.getsockname()})
    assert notifier.watchdog_seconds is None
    notifier.watchdog()
    notifier.status("this only")
    assert manager.told() == ["STATUS=this only"]
    notifier.close()


# --- inherited sockets ----------------------------------------------------------------------------

CHILD: Final = """
import json, os, sys
passed, count, names, pid = json.loads(sys.argv[1])
for number, descriptor in enumerate(passed):
    os.dup2(descriptor, 3 + number)
    os.close(descriptor)
os.environ.update(LISTEN_FDS=count, LISTEN_FDNAMES=names, LISTEN_PID=pid or str(os.getpid()))
from httpdlite.serve.systemd import inherited_sockets
found = inherited_sockets()
print(json.dumps({
    "found": [[str(one), one.name, one.sock.fileno(), one.sock.get_inheritable(),
               one.sock.getblocking()] for one in found],
    "left": [name for name in os.environ if name.startswith("LISTEN_")],
}))
"""


def inherit(
    socks: list[socket.socket], names: str = "", count: str = "", pid: str = ""
) -> tuple[list[list[object]], list[str]]:
    """What a process finds that is started with these sockets from descriptor 3 on."""
    high = [fcntl.fcntl(sock.fileno(), fcntl.F_DUPFD, 100) for sock in socks]
    argument = json.dumps([high, count or str(len(socks)), names, pid])
    try:
        done = subprocess.run(
            [sys.executable, "-c", CHILD, argument],
            pass_fds=high,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        for number in high:
            os.close(number)
    said = json.loads(done.stdout)
    return said["found"], said["left"]


@pytest.fixture
def listening() -> Iterator[Callable[..., socket.socket]]:
    """Makes listening sockets, or others."""
    made: list[socket.socket] = []

    def make(
        address: tuple[str, int] | str = ("127.0.0.1", 0),
        kind: int = socket.SOCK_STREAM,
        *,
        listens: bool = True,
    ) -> socket.socket:
        family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        sock = socket.socket(family, kind)
        made.append(sock)
        sock.bind(address)
        if listens:
            sock.listen()
        return sock

    yield make
    for sock in made:
        sock.close()


def test_listening_sockets_are_found_and_others_left_alone(
    listening: Callable[..., socket.socket], tmp_path: Path
) -> None:
    tcp, unix = listening(), listening(str(tmp_path / "web"))
    others = [listening(kind=socket.SOCK_DGRAM, listens=False), listening(listens=False)]
    found, left = inherit([tcp, *others, unix], names="web:udp:idle:local")
    host, port = tcp.getsockname()
    assert found == [
        [f"{host}:{port}", "web", 3, False, False],
        [str(tmp_path / "web"), "local", 6, False, False],
    ]
    assert left == []


def test_another_processs_sockets_are_not_ours(
    listening: Callable[..., socket.socket],
) -> None:
    assert inherit([listening()], pid="1") == ([], [])


@pytest.mark.parametrize("count", ["0", "-1", "many", "99"])
def test_a_wrong_count(listening: Callable[..., socket.socket], count: str) -> None:
    found, left = inherit([listening()], count=count)
    assert len(found) == (1 if count == "99" else 0)
    assert left == []


def test_started_by_hand_there_are_none() -> None:
    variables = {"HOME": "/root"}
    assert inherited_sockets(variables) == []
    assert variables == {"HOME": "/root"}


# --- which Listen means which ---------------------------------------------------------------------


def listen(text: str) -> Listen:
    host, _, port = text.rpartition(":")
    return Listen(host.strip("[]") or None, int(port), "http", HERE)


def passed(text: str) -> Inherited:
    """Addresses only: the sockets themselves are not looked at."""
    host, _, port = text.rpartition(":")
    sock = socket.socket.__new__(socket.socket)
    return Inherited(sock, text if "/" in text else (host.strip("[]"), int(port)))


@pytest.mark.parametrize(
    ("listens", "sockets", "expected"),
    [
        ("80", "[::]:80", "80=[::]:80"),
        ("80", "0.0.0.0:80", "80=0.0.0.0:80"),
        ("80", "127.0.0.1:80", "80=127.0.0.1:80"),
        ("80 443", "[::]:443 [::]:80", "80=[::]:80 443=[::]:443"),
        ("80 8080", "[::]:80", "80=[::]:80, missing 8080"),
        ("80", "", "missing 80"),
        ("80", "[::]:80 [::]:443", "80=[::]:80, unused [::]:443"),
        ("80", "/run/web [::]:80", "80=[::]:80, unused /run/web"),
        # as with mod_systemd the port decides, whatever the address
        ("127.0.0.1:80", "[::]:80", "127.0.0.1:80=[::]:80"),
        ("10.0.0.1:80 10.0.0.2:80", "[::]:80", "10.0.0.1:80=[::]:80, covered 10.0.0.2:80"),
        # several of one port: its own address first, and each socket once
        (
            "10.0.0.1:80 127.0.0.1:80",
            "127.0.0.1:80 10.0.0.1:80",
            "10.0.0.1:80=10.0.0.1:80 127.0.0.1:80=127.0.0.1:80",
        ),
        ("80 127.0.0.1:80", "127.0.0.1:80 0.0.0.0:80", "80=0.0.0.0:80 127.0.0.1:80=127.0.0.1:80"),
        ("80 [::1]:80", "[::1]:80 [::]:80", "80=[::]:80 [::1]:80=[::1]:80"),
    ],
)
def test_matching(listens: str, sockets: str, expected: str) -> None:
    matching = match(
        [listen(text if ":" in text else f":{text}") for text in listens.split()],
        [passed(text) for text in sockets.split()],
    )
    parts = {
        "": [f"{shown(one)}={sock}" for one, sock in matching.served],
        "covered ": [shown(one) for one in matching.covered],
        "missing ": [shown(one) for one in matching.missing],
        "unused ": [str(sock) for sock in matching.unused],
    }
    assert ", ".join(word + " ".join(what) for word, what in parts.items() if what) == expected
    assert len(matching.warnings()) == len(matching.unused)


def shown(one: Listen) -> str:
    if one.host is None:
        return str(one.port)
    return f"[{one.host}]:{one.port}" if ":" in one.host else f"{one.host}:{one.port}"


def test_what_is_adopted_may_be_closed(listening: Callable[..., socket.socket]) -> None:
    sock = listening()
    host, port = sock.getsockname()
    ours = [Inherited(sock, (host, port))]
    for _ in range(2):  # the second configuration finds it as the first one did
        adopted = adopt([listen(f":{port}"), listen(f"10.0.0.1:{port}")], ours)
        assert list(adopted) == [(None, port)]  # which serves the other one, too
        mine = adopted[None, port]
        assert mine.fileno() != sock.fileno()
        assert mine.getsockname() == (host, port)
        assert not mine.get_inheritable()
        mine.close()


def test_what_is_had_is_not_adopted_again(listening: Callable[..., socket.socket]) -> None:
    sock = listening()
    host, port = sock.getsockname()
    ours = [Inherited(sock, (host, port))]
    assert adopt([listen(f":{port}")], ours, known=[(None, port)]) == {}


def test_a_port_that_was_not_passed_is_a_fault_of_its_line(
    listening: Callable[..., socket.socket],
) -> None:
    sock = listening()
    ours = [Inherited(sock, sock.getsockname())]
    with pytest.raises(NotPassedError) as caught:
        adopt([listen(f":{sock.getsockname()[1]}"), listen(":1")], ours)
    assert str(caught.value).split("\n") == [
        "AH00526: Syntax error on line 1 of a.conf:",
        "Systemd socket activation is used, but this port is not configured in systemd",
    ]
