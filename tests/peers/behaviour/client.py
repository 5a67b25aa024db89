"""The client of a case: sends what the case says, reads what it gets, tries the connection again.

In: a port, a case that plays. Out: the lines of what it got. After its last answer it sends one
more request: whether that one is answered shows if the connection was kept, and that both sides
agree where the messages end.
"""

import socket
import struct
import time
from contextlib import suppress
from typing import Final

from tests.peers.behaviour.answers import Answers
from tests.peers.behaviour.language import HOST, Cue, Do, Pause, Reached, Until
from tests.peers.behaviour.worker import END_MARK, Holds, Run
from tests.peers.harness import LOOPBACK

HOST_LINE: Final = f"Host: {HOST}\r\n".encode()
LAST_REQUEST: Final = (
    b"GET /.end HTTP/1.1\r\n" + HOST_LINE + END_MARK + b"Connection: close\r\n\r\n"
)


class Client:
    """Plays the client of one case."""

    def __init__(self, port: int, run: Run, mark: bytes) -> None:
        self.port = port
        self.run = run
        self.mark = mark
        self.ports: list[int] = []
        self.lines: list[str] = []
        self.waiting: list[Answers] = []
        self.until = 0.0

    def play(self) -> None:
        """All steps, all answers, and the last request on the last connection."""
        self.until = time.monotonic() + self.run.case.patience
        current = self._connect()
        for step in self.run.case.client:
            if step is Do.NEXT:
                self._finish(current, is_last=False)
                current = self._connect()
            elif step is Do.BESIDE:
                self.waiting.append(current)
                current = self._connect()
            else:
                self._step(current, step)
        for each in self.waiting:
            self._finish(each, is_last=False)
        self._finish(current, is_last=True)

    def _connect(self) -> Answers:
        sock = socket.create_connection((LOOPBACK, self.port), timeout=10)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ports.append(sock.getsockname()[1])
        return Answers(sock, self.run.case.bodiless)

    def _step(self, answers: Answers, step: object) -> None:
        match step:
            case bytes():
                self._send(answers, step)
            case Pause():
                time.sleep(step.seconds)
            case Until():
                while step.data not in answers.data and answers.more(self.until):
                    pass
                self._let_the_worker_finish()
            case Reached():
                left = self.until - time.monotonic()
                self.run.wait(Holds(requests=step.count), left)
            case Cue():
                self.run.cue(step.word)
            case Do.END:
                with suppress(OSError):
                    answers.sock.shutdown(socket.SHUT_WR)
            case Do.RESET:
                linger = struct.pack("ii", 1, 0)
                answers.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                answers.sock.close()
                answers.ended = "we reset it"
            case _:
                raise AssertionError(f"a client cannot {step}")

    def _let_the_worker_finish(self) -> None:
        """What it does after its answer comes before our next request."""
        self.run.wait(Holds(quiet=True), 2)

    def _send(self, answers: Answers, data: bytes) -> None:
        data = data.replace(HOST_LINE, HOST_LINE + self.mark)
        answers.sock.settimeout(max(0.05, self.until - time.monotonic()))
        with suppress(OSError):  # refused in the middle: the answer says so
            answers.sock.sendall(data)

    def _finish(self, answers: Answers, *, is_last: bool) -> None:
        in_time = answers.read(self.run.case.answers, self.until)
        self._let_the_worker_finish()
        self.lines += answers.lines()
        if not in_time:
            self.lines.append("-- nothing more")
        elif is_last and answers.ended == "":
            answers.data = b""
            with suppress(OSError):
                self._send(answers, LAST_REQUEST)
                answers.sock.shutdown(socket.SHUT_WR)
            while answers.more(time.monotonic() + self.run.case.patience):
                pass
            after = answers.data.split(b"\r\n")[0].decode("latin-1")
            self.lines.append(f"-- kept: {after}" if after else "-- closed")
        else:
            self.lines.append(f"-- {answers.ended or 'kept'}")
        answers.sock.close()
