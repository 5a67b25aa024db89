"""Reloads in place, of real processes: what lives on, what is closed, what goes to which log."""

import json
import os
import re
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.peers.harness import (
    LOOPBACK,
    Server,
    httpdlite_command,
    reserved_port,
    run_to_end,
    running_httpdlite,
    unprivileged,
)
from tests.peers.live import (
    Client,
    LiveWorker,
    children,
    get,
    live_worker,
    reconfigure,
    reload,
    serving,
    status,
    tunnel,
    tunnels_on_all,
    wait_until,
)

BASE = "StartServers 2\nLogLevel info\nKeepAliveTimeout 60\n"


def rule(worker: LiveWorker, path: str = "/") -> str:
    return f"ProxyPass {path} http://{LOOPBACK}:{worker.port}{path} upgrade=websocket\n"


@contextmanager
def running(text: str) -> Iterator[Server]:
    with running_httpdlite(BASE + text, children=True) as server:
        serving(server)
        yield server


@pytest.fixture
def worker() -> Iterator[LiveWorker]:
    with live_worker() as made:
        yield made


# --- refused configurations ----------------------------------------------------------------------


def test_a_broken_configuration_changes_nothing_and_the_log_says_why(worker: LiveWorker) -> None:
    with running(rule(worker)) as server:
        client, pids = tunnel(server), children(server)
        slow = Client(server.port)
        slow.send("/slow")
        wait_until(lambda: worker.arrived, "a request is on its way")
        reconfigure(server, BASE + rule(worker) + "ProxyPas / x\n")
        said = reload(server)
        conf = server.root / "httpd.conf"
        number = conf.read_text().splitlines().index("ProxyPas / x") + 1
        assert f"Syntax error on line {number} of {conf}:" in said
        assert "Invalid command 'ProxyPas'" in said
        assert "the configuration was not taken over" in said
        worker.release.set()
        assert slow.answer() == (200, "/slow")
        assert client.echoes()
        assert get(server) == (200, "/")
        wait_until(lambda: children(server) == pids, "the reader has ended")
        refused = run_to_end(httpdlite_command("-f", str(conf), "-k", "graceful"), cwd=server.root)
        assert refused.status == 1
        assert f"Syntax error on line {number} of {conf}:" in refused.stderr
        assert said.count("AH00493") == server.error_log.count("AH00493")  # no signal was sent


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Listen {busy}\n", "(98)Address already in use: AH00072: make_sock: could not bind"),
        ("CustomLog {root}/no/such/folder/a.log common\n", "no/such/folder/"),
        ("ErrorLog {root}/no/such/folder/e.log\n", "no/such/folder/"),
    ],
)
def test_what_cannot_be_opened_changes_nothing(worker: LiveWorker, text: str, why: str) -> None:
    with running(rule(worker)) as server, socket.create_server((LOOPBACK, 0)) as taken:
        client = tunnel(server)
        before = _descriptors(server)
        busy = f"{LOOPBACK}:{taken.getsockname()[1]}"
        added = text.format(busy=busy, root=server.root)
        for signalled in (signal.SIGUSR1, signal.SIGHUP):
            reconfigure(server, BASE + "ProxyPass /gone !\n" + rule(worker) + added)
            said = reload(server, signalled)
            assert why in said
            assert "the configuration was not taken over" in said
            assert client.echoes()
            assert get(server, "/gone") == (200, "/gone")
        assert _descriptors(server) == before


def _descriptors(server: Server) -> int:
    return sum(1 for _ in Path(f"/proc/{server.process.pid}/fd").iterdir())


def test_a_configuration_without_listen_is_refused(worker: LiveWorker) -> None:
    with running(rule(worker)) as server:
        conf = server.root / "httpd.conf"
        conf.write_text(re.sub(r"Listen .*\n", "", conf.read_text()))
        assert "no listening sockets available" in reload(server)
        assert get(server) == (200, "/")


# --- what changes --------------------------------------------------------------------------------


def test_listeners_come_and_go(worker: LiveWorker) -> None:
    with reserved_port() as port, running(rule(worker)) as server:
        stays = tunnel(server)
        with pytest.raises(ConnectionRefusedError):
            Client(port)
        added = f"GracefulShutdownTimeout 1\nListen {LOOPBACK}:{port}\n"
        reconfigure(server, BASE + added + rule(worker))
        reload(server)
        goes = [Client(port).upgrade("/ws") for _ in range(4)]
        idle = Client(port)
        assert idle.get("/") == (200, "/")
        reconfigure(server, BASE + "GracefulShutdownTimeout 1\n" + rule(worker))
        reload(server)
        with pytest.raises(ConnectionRefusedError):
            Client(port)
        assert all(each.is_ended() for each in goes)
        assert stays.echoes()
        assert get(server) == (200, "/")
        assert "4 tunnels" in server.error_log or "have no route any more" in server.error_log


def test_only_tunnels_of_a_removed_route_are_closed_and_not_all_at_once(
    worker: LiveWorker,
) -> None:
    with running(
        "GracefulShutdownTimeout 1\n" + rule(worker, "/a/") + rule(worker, "/b/")
    ) as server:
        stay = [tunnel(server, "/a/ws") for _ in range(4)]
        go = [tunnel(server, "/b/ws") for _ in range(8)]
        reconfigure(server, BASE + "GracefulShutdownTimeout 1\n" + rule(worker, "/a/"))
        reload(server)
        steps = set()
        while (ended := sum(each.has_ended() for each in go)) < len(go):
            steps.add(ended)
            signal.sigtimedwait([], 0.01)
        assert len(steps) > 2
        assert all(each.echoes() for each in stay)
        assert server.access_log.count('"GET /b/ws HTTP/1.1" 101') == 8
        assert '"GET /a/ws' not in server.access_log
        assert get(server, "/b/")[0] == 404


def test_a_request_in_flight_ends_as_it_began_and_the_next_one_is_served_anew(
    worker: LiveWorker, tmp_path: Path
) -> None:
    tmp_path.chmod(0o777)
    old, new = tmp_path / "old.log", tmp_path / "new.log"
    text = 'CustomLog {0} "%U"\nTimeout {1}\n'
    with running(text.format(old, 50) + rule(worker)) as server:
        clients = [Client(server.port) for _ in range(4)]
        for client in clients:
            client.send("/slow")
        wait_until(lambda: len(worker.arrived) == 4, "the requests are on their way")
        reconfigure(server, BASE + text.format(new, 60) + "ProxyPass /gone !\n" + rule(worker))
        reload(server)
        worker.release.set()
        assert [client.answer() for client in clients] == [(200, "/slow")] * 4
        assert [client.get("/gone")[0] for client in clients] == [404] * 4
        assert [client.get("/next") for client in clients] == [(200, "/next")] * 4
    assert old.read_text() == "/slow\n" * 4
    assert sorted(new.read_text().split()) == ["/gone"] * 4 + ["/next"] * 4


def test_pools_of_unchanged_workers_go_on(worker: LiveWorker) -> None:
    with running(rule(worker)) as server:
        clients = [Client(server.port) for _ in range(6)]
        for client in clients:
            assert client.get("/") == (200, "/")
        before = worker.connections
        assert before <= 2
        for number in range(3):
            reconfigure(server, BASE + f"ProxyPass /gone{number} !\n" + rule(worker))
            reload(server)
            assert all(client.get("/again") == (200, "/again") for client in clients)
        assert worker.connections == before


# --- logs ----------------------------------------------------------------------------------------


class Load:
    """Clients that ask for numbered targets, each on one connection, until it ends."""

    def __init__(self, server: Server, clients: int) -> None:
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._ask, args=(Client(server.port), number))
            for number in range(clients)
        ]
        for thread in self._threads:
            thread.start()

    def _ask(self, client: Client, number: int) -> None:
        at = 0
        while not self._over.is_set():
            target = f"/{number}/{at}"
            at += 1
            try:
                found = client.get(target)
            except OSError as failed:
                self.wrong.append(f"{target}: {failed}")
                return
            if found != (200, target):
                self.wrong.append(f"{target}: {found}")
            self.asked.append(target)

    def go_on(self) -> None:
        """Wait for some answers."""
        before = len(self.asked)
        wait_until(lambda: len(self.asked) > before + 50 or self.wrong, "there is traffic")

    def end(self) -> list[str]:
        """The targets that were asked for; nothing else may have happened."""
        self._over.set()
        for thread in self._threads:
            thread.join()
        assert self.wrong == []
        return sorted(self.asked)


def test_renamed_logs_are_complete_and_left_behind(worker: LiveWorker, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    log, errors = tmp_path / "access.log", tmp_path / "errors.log"
    text = f'CustomLog {log} "%U"\nErrorLog {errors}\nMaxKeepAliveRequests 0\n'
    with running_httpdlite(BASE + text + rule(worker), children=True) as server:
        wait_until(lambda: errors.exists() and "resuming" in errors.read_text(), "it is up")
        load = Load(server, 4)
        moved = []
        for number in range(3):
            for file in (log, errors):
                file.rename(f"{file}.{number}")
                moved.append(Path(f"{file}.{number}"))
            os.kill(server.process.pid, signal.SIGUSR1)
            wait_until(lambda: errors.exists() and "resuming" in errors.read_text(), "reloaded")
            wait_until(log.exists, "the log is there again")
            sizes = [file.stat().st_size for file in moved]
            load.go_on()
            assert [file.stat().st_size for file in moved] == sizes
        asked = load.end()
    found = [line for file in (*moved[::2], log) for line in file.read_text().splitlines()]
    assert sorted(found) == asked


@pytest.mark.peer
def test_rotatelogs_gets_every_line(worker: LiveWorker, tmp_path: Path) -> None:
    program = shutil.which("rotatelogs")
    if program is None:
        pytest.skip("rotatelogs is not installed")
    tmp_path.chmod(0o777)
    log, errors = tmp_path / "access", tmp_path / "errors"
    text = (
        f'CustomLog "|{program} {log} 86400" "%U"\nErrorLog "|{program} {errors} 86400"\n'
        "MaxKeepAliveRequests 0\n"
    )

    def written(start: Path) -> str:
        return "".join(file.read_text() for file in tmp_path.glob(f"{start.name}.*"))

    def is_resumed(count: int) -> bool:
        return written(errors).count("resuming") == count

    with running_httpdlite(BASE + text + rule(worker), children=True) as server:
        wait_until(partial(is_resumed, 1), "it is up")
        load = Load(server, 4)
        for count in range(2, 5):
            load.go_on()
            os.kill(server.process.pid, signal.SIGUSR1)
            wait_until(partial(is_resumed, count), "reloaded")
        asked = load.end()
    assert sorted(written(log).splitlines()) == asked


# --- root ----------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_children_of_root_are_nobody_and_reloads_work() -> None:
    user = unprivileged()
    own = f"User {user.pw_name}\nGroup #{user.pw_gid}\n"
    with live_worker() as worker, _low_port() as port:
        listen = f"Listen {LOOPBACK}:{port}\n"
        with running(own + listen + rule(worker)) as server:
            secret = server.root / "logs"
            secret.mkdir(mode=0o700)
            client = Client(port).upgrade("/ws")
            for pid in children(server):
                facts = dict(
                    line.split(":\t", 1)
                    for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                    if ":\t" in line
                )
                assert facts["Uid"].split() == [str(user.pw_uid)] * 4
                assert facts["Gid"].split() == [str(user.pw_gid)] * 4
                assert "0" not in facts["Groups"].split()
            log = secret / "access.log"  # in a folder that children cannot enter
            text = own + listen + f'CustomLog {log} "%U"\n' + rule(worker)
            reconfigure(server, BASE + text)
            reload(server)
            assert client.echoes()
            assert get(server, "/by-root") == (200, "/by-root")
            wait_until(lambda: "/by-root" in log.read_text(), "it is logged")
            log.rename(secret / "access.log.1")
            reload(server)
            assert get(server, "/again") == (200, "/again")
            wait_until(lambda: log.read_text() == "/again\n", "in the new file only")
            victim = children(server)[0]
            os.kill(victim, signal.SIGKILL)
            wait_until(lambda: victim not in children(server), "it has gone")
            wait_until(lambda: len(children(server)) == 2, "and another is there")
            answers = [get(server, "/after") for _ in range(6)]
            assert answers == [(200, "/after")] * 6


@contextmanager
def _low_port() -> Iterator[int]:
    """A port below 1024 that is free."""
    for port in range(1023, 900, -1):
        with socket.socket() as holder, suppress(OSError):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind((LOOPBACK, port))
            yield port
            return
    pytest.skip("no low port is free")


# --- preview -------------------------------------------------------------------------------------


def test_the_preview_counts_live_tunnels_and_changes_nothing(worker: LiveWorker) -> None:
    with running(rule(worker, "/a/") + rule(worker, "/b/")) as server:
        stays = tunnels_on_all(server, "/a/ws")
        goes = [tunnel(server, "/b/ws") for _ in range(3)]
        count = sum(map(len, stays.values()))
        reconfigure(server, BASE + "Timeout 7\n" + rule(worker, "/a/"))
        log, children_before = server.error_log, children(server)
        command = httpdlite_command(
            "-f", str(server.root / "httpd.conf"), "-k", "graceful", "--preview"
        )
        text = run_to_end(command, cwd=server.root)
        assert text.status == 0, text.stderr
        assert re.search(r"^- .*/b/.* \(3 tunnels are closed\)$", text.stdout, re.MULTILINE), (
            text.stdout
        )
        assert text.stdout.endswith(f"3 of {count + 3} live tunnels would be closed\n")
        found = run_to_end([*command, "--format", "json"], cwd=server.root)
        assert found.status == 0, found.stderr
        data = json.loads(found.stdout)
        assert data["tunnels closed"] == 3
        (removed,) = [each for each in data["changes"] if each["action"] == "removed"]
        assert (removed["closes"], removed["tunnels"]) == (True, 3)
        assert server.error_log == log
        assert all(each.echoes() for each in goes)
        assert status(server)["configuration"] == 1
        assert children(server) == children_before


def test_the_preview_says_what_is_wrong(worker: LiveWorker) -> None:
    with running(rule(worker)) as server:
        conf = str(server.root / "httpd.conf")
        command = httpdlite_command("-f", conf, "-k", "graceful", "--preview")
        same = run_to_end(command, cwd=server.root)
        assert same.stdout == "nothing changes\n0 of 0 live tunnels would be closed\n"
        reconfigure(server, BASE + "ProxyPas / x\n")
        broken = run_to_end(command, cwd=server.root)
        assert broken.status == 1
        assert "Invalid command 'ProxyPas'" in broken.stderr
    gone = run_to_end(command, cwd=Path("/"))
    assert gone.status == 1
