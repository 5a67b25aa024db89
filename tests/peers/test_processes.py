"""The parent and its children as processes: deaths, signals, stops that take their time."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

import pytest

from tests.peers.harness import (
    LOOPBACK,
    Server,
    end_of,
    environment,
    httpdlite_configuration,
    kill,
    reserved_port,
    running_httpdlite,
    server_directory,
    start,
    stop_cleanly,
)
from tests.peers.live import (
    Client,
    LiveWorker,
    children,
    get,
    is_alive,
    live_worker,
    reconfigure,
    reload,
    serving,
    tunnel,
    tunnels_on_all,
    wait_until,
)


def rules(worker: LiveWorker, more: str = "") -> str:
    return (
        "StartServers 2\nLogLevel info\nKeepAliveTimeout 60\n"
        f"{more}\nProxyPass / http://{LOOPBACK}:{worker.port}/ upgrade=websocket\n"
    )


@contextmanager
def running(more: str = "") -> Iterator[tuple[Server, LiveWorker]]:
    with live_worker() as worker, running_httpdlite(rules(worker, more), children=True) as server:
        serving(server)
        yield server, worker


def is_refused(server: Server) -> bool:
    """A reset: the socket was closed while the connection was being made."""
    try:
        Client(server.port).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    return False


def test_a_killed_child_takes_only_its_own_tunnels_along() -> None:
    with running() as (server, _):
        tunnels = tunnels_on_all(server)
        victim, other = tunnels
        os.kill(victim, signal.SIGKILL)
        assert all(each.is_ended() for each in tunnels[victim])
        answers = [get(server, f"/{number}") for number in range(8)]  # to both sockets, surely
        assert answers == [(200, f"/{number}") for number in range(8)]
        assert all(each.echoes() for each in tunnels[other])
        assert f"AH00052: child pid {victim} exit signal Killed (9)" in server.error_log
        assert victim not in children(server)
        assert len(children(server)) == 2
        assert other in children(server)


def test_a_child_that_stands_still_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """With systemd's watchdog; here it looks every second."""
    monkeypatch.setenv("WATCHDOG_USEC", "2000000")
    with running() as (server, _):
        tunnels = tunnels_on_all(server)
        victim, other = tunnels
        os.kill(victim, signal.SIGSTOP)
        wait_until(lambda: victim not in children(server), "it is replaced")
        assert f"child pid {victim} does not answer, sending a SIGKILL" in server.error_log
        assert all(each.echoes() for each in tunnels[other])


def test_children_end_with_their_parent() -> None:
    with live_worker() as worker, ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        conf = httpdlite_configuration(root, port, rules(worker))
        server = start("httpdlite", _command("-f", str(conf), "-DFOREGROUND"), root, port)
        stack.callback(kill, server.process)
        serving(server)
        pids = children(server)
        client = tunnel(server)
        os.kill(server.process.pid, signal.SIGKILL)
        assert client.is_ended()
        wait_until(lambda: not any(is_alive(pid) for pid in pids), "the children have ended")
        with socket.socket() as again:
            again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            again.bind((LOOPBACK, port))
            again.listen()


def test_term_ends_everything_and_says_so() -> None:
    with running() as (server, _):
        clients = [tunnel(server), Client(server.port), Client(server.port)]
        assert clients[1].get("/") == (200, "/")
        pids = children(server)
        server.process.terminate()
        assert end_of(server) == 0
        assert all(client.is_ended() for client in clients)
        assert '"GET /ws HTTP/1.1" 101' in server.access_log
        assert not any(is_alive(pid) for pid in pids)
        assert not (server.root / "httpdlite.pid").exists()
        assert not (server.root / "httpdlite.sock").exists()
        removed = server.error_log.index("AH00096: removed PID file")
        assert removed < server.error_log.index("AH00491: caught SIGTERM, shutting down")
        stop_cleanly(server)


_IMPATIENT = """
import sys
from httpdlite.serve import parent
parent.TOLD_AGAIN = (0.1, 0.2, 0.3, 0.4)
from httpdlite.cli import main
sys.exit(main(sys.argv[1:]))
"""


def _command(*arguments: str, code: str = "") -> list[str]:
    return [sys.executable, *(("-c", code) if code else ("-m", "httpdlite")), *arguments]


@contextmanager
def started_by(code: str, text: str) -> Iterator[Server]:
    """httpdlite with children, started by a program that has changed something in it before."""
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        conf = httpdlite_configuration(root, port, text)
        command = _command("-f", str(conf), "-DFOREGROUND", code=code)
        server = start("httpdlite", command, root, port)
        stack.callback(kill, server.process)
        yield server


def test_a_child_that_does_not_end_is_killed() -> None:
    with started_by(_IMPATIENT, "StartServers 2\nProxyPass / http://a.test/\n") as server:
        serving(server)
        stuck, other = children(server)
        os.kill(stuck, signal.SIGSTOP)
        server.process.terminate()
        assert end_of(server) == 0
        assert not is_alive(stuck)
        log = server.error_log
        warning = f"AH00045: child process {stuck} still did not exit, sending a SIGTERM"
        assert log.count(warning) == 3
        assert f"AH00046: child process {stuck} still did not exit, sending a SIGKILL" in log
        assert f"child process {other} " not in log


def test_signals_to_a_child_have_no_effect() -> None:
    with running() as (server, _):
        tunnels = tunnels_on_all(server)
        for pid in tunnels:
            for name in ("TERM", "INT", "HUP", "USR1", "WINCH"):
                os.kill(pid, signal.Signals[f"SIG{name}"])
        assert all(each.echoes() for some in tunnels.values() for each in some)
        assert set(children(server)) == set(tunnels)


def test_hup_replaces_the_children_and_refuses_nobody() -> None:
    with running() as (server, worker):
        before = set(children(server))
        client = tunnel(server)
        reconfigure(server, rules(worker, "ProxyPass /gone !"))
        reload(server, signal.SIGHUP)
        assert client.is_ended()
        assert not before & set(children(server))
        assert get(server, "/gone")[0] == 404
        assert get(server) == (200, "/")
        assert "AH00494: SIGHUP received.  Attempting to restart" in server.error_log
        again = tunnel(server)
        reload(server)  # what was asked for before must not come a second time
        assert again.echoes()


def test_what_is_asked_for_while_children_are_replaced_is_done_afterwards() -> None:
    with running() as (server, worker):
        before = set(children(server))
        stuck = min(before)
        os.kill(stuck, signal.SIGSTOP)
        os.kill(server.process.pid, signal.SIGHUP)
        wait_until(lambda: len(children(server)) == 1, "the other child has ended")
        reconfigure(server, rules(worker, "ProxyPass /gone !"))
        os.kill(server.process.pid, signal.SIGUSR1)
        os.kill(stuck, signal.SIGKILL)
        wait_until(lambda: "AH00493: SIGUSR1 received" in server.error_log, "it is reloaded")
        wait_until(lambda: get(server, "/gone")[0] == 404, "by the last configuration")
        assert not before & set(children(server))


def test_a_burst_of_signals_ends_with_the_last_configuration() -> None:
    with running() as (server, worker):
        client = tunnel(server)
        for number in range(20):
            reconfigure(server, rules(worker, f"ProxyPass /gone{number} !"))
            os.kill(server.process.pid, signal.SIGUSR1)
        wait_until(lambda: get(server, "/gone19")[0] == 404, "the last one is served")
        assert client.echoes()
        wait_until(lambda: len(children(server)) == 2, "the last reader has ended")


def test_a_child_that_dies_while_it_is_reloaded_does_not_stop_the_reload() -> None:
    with running() as (server, worker):
        tunnels = tunnels_on_all(server)
        stuck, other = tunnels
        os.kill(stuck, signal.SIGSTOP)
        log = server.error_log
        reconfigure(server, rules(worker, "ProxyPass /gone !"))
        os.kill(server.process.pid, signal.SIGUSR1)
        wait_until(lambda: is_served_anew(server), "the other child has adopted it")
        assert "resuming" not in server.error_log[len(log) :]  # not all have
        os.kill(stuck, signal.SIGKILL)
        wait_until(lambda: "resuming" in server.error_log[len(log) :], "it is done")
        assert [get(server, "/gone")[0] for _ in range(8)] == [404] * 8
        assert all(each.echoes() for each in tunnels[other])


def is_served_anew(server: Server) -> bool:
    """Does a child answer by the new configuration? One that is stopped does not answer."""
    client = Client(server.port)
    client.sock.settimeout(0.1)
    try:
        return client.get("/gone")[0] == 404
    except TimeoutError:
        return False
    finally:
        client.close()


_LIAR = """
import socket, sys
from httpdlite.serve import server
def lie(generation, logs, sockets, number):
    channel = socket.socket(fileno=number)
    channel.send(b'{"ready": 1}')
    for rubbish in (b'{"ready": "x"}', b'{"ready": [1]}', b'{"answer": []}', b"[]", b"nothing"):
        channel.send(rubbish)
    for number in range(20):
        answer = '{"answer": %d, "tunnels": [[1], 2, ["a", "b"], ["c", 3]], "more": "x"}' % number
        channel.send(answer.encode())
    channel.setblocking(True)
    while b"Stop" not in (data := channel.recv(65536)) and data:
        pass
server._be_child = lie
from httpdlite.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_child_that_lies_harms_only_itself() -> None:
    with started_by(_LIAR, "ProxyPass / http://a.test/\n") as server:
        wait_until(lambda: "resuming" in server.error_log, "the server is up")
        os.kill(server.process.pid, signal.SIGUSR1)
        wait_until(lambda: "AH00493" in server.error_log, "it is asked to reload")
        server.process.terminate()
        assert end_of(server) == 0
        assert "Traceback" not in server.output + server.error_log


# --- graceful stops ------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [0, 2])
def test_winch_lets_end_what_is_there(seconds: int) -> None:
    with running(f"GracefulShutdownTimeout {seconds}") as (server, worker):
        clients = [tunnel(server) for _ in range(6)]
        idle, busy = Client(server.port), Client(server.port)
        assert idle.get("/") == (200, "/")
        busy.send("/slow")
        wait_until(lambda: worker.arrived, "a request is on its way")
        server.process.send_signal(signal.SIGWINCH)
        assert idle.is_ended()
        assert not (server.root / "httpdlite.pid").exists()
        wait_until(lambda: is_refused(server), "nobody listens any more")
        assert all(each.echoes() for each in clients[:1])
        worker.release.set()
        assert busy.answer() == (200, "/slow")
        assert busy.is_ended()
        busy.close()  # else the server lingers, as Apache does
        if seconds:
            ended: set[int] = set()
            steps = set()
            while len(ended) < len(clients):
                ended |= {n for n, each in enumerate(clients) if each.has_ended()}
                steps.add(len(ended))
                signal.sigtimedwait([], 0.01)
            assert len(steps) > 2  # not all at once
        else:
            assert all(each.echoes() for each in clients)
            for each in clients:
                each.close()
        assert end_of(server) == 0
        assert "AH00492: caught SIGWINCH, shutting down gracefully" in server.error_log
        assert "AH00491" not in server.error_log
        assert server.access_log.count('"GET /ws HTTP/1.1" 101') == len(clients)
        assert '"GET /slow HTTP/1.1" 200' in server.access_log
        stop_cleanly(server)


def test_term_ends_a_graceful_stop() -> None:
    with running() as (server, _):
        client = tunnel(server)
        server.process.send_signal(signal.SIGWINCH)
        wait_until(lambda: "AH00492" in server.error_log, "it drains")
        assert client.echoes()
        server.process.terminate()
        assert end_of(server) == 0
        assert client.is_ended()
        stop_cleanly(server)


def test_the_next_server_may_start_while_one_drains() -> None:
    with running() as (first, worker):
        client = tunnel(first)
        first.process.send_signal(signal.SIGWINCH)
        wait_until(lambda: "AH00492" in first.error_log, "it drains")
        conf = str(first.root / "httpd.conf")
        command = _command("-f", conf, "-DFOREGROUND")
        second = start("httpdlite", command, first.root, first.port)
        try:
            wait_until(
                lambda: first.error_log.count("resuming normal") == 2, "the second one is up"
            )
            assert client.echoes()
            client.close()
            assert end_of(first) == 0
            assert serving(second)["pid"] == second.process.pid  # by its own control socket
            assert get(second) == (200, "/")
            assert worker.connections
            stop_cleanly(second)
        finally:
            kill(second.process)


# --- children that cannot serve ------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_child_that_cannot_become_user_ends_the_server() -> None:
    with ExitStack() as stack:
        root = stack.enter_context(server_directory())
        port = stack.enter_context(reserved_port())
        text = "StartServers 2\nUser #64123\nProxyPass / http://a.test/\n"
        conf = httpdlite_configuration(root, port, text)
        with (root / "output").open("wb") as output:
            process = stack.enter_context(_popen(_command("-f", str(conf), "-DFOREGROUND"), output))
        server = Server("httpdlite", process, root, port)
        assert end_of(server) == 1
        assert "AH02155" in server.error_log
        assert "AH00050" in server.error_log


def _popen(command: list[str], output: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
