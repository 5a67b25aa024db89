"""The programs of RewriteMap prg: one of each for a child, asked line by line.

Comes in: questions. Goes out: answers. Hides that a program is started when it is first asked, that
one question follows the other, and that a program which ends is not started again (as httpd).
Source: mod_rewrite, RewriteMap.
"""

import os
import pwd
import subprocess
from typing import Final

import trio

from httpdlite.routes.rewriting import ProgramQuestion

LONGEST_ANSWER: Final = 65536
PATIENCE: Final = 10.0  # seconds that a program may take; httpd waits for ever


class MapPrograms:
    """Those of a child."""

    def __init__(self) -> None:
        self._programs: dict[tuple[str, tuple[str, ...], str | None], _Program] = {}

    async def ask(self, question: ProgramQuestion) -> str | None:
        """What the program says; None if it says nothing."""
        key = (question.name, question.command, question.user)
        program = self._programs.get(key)
        if program is None:
            program = self._programs[key] = _Program(question.command, question.user)
        return await program.ask(question.key)

    def close(self) -> None:
        """End them."""
        for program in self._programs.values():
            program.close()
        self._programs.clear()


class _Program:
    def __init__(self, command: tuple[str, ...], user: str | None) -> None:
        self._lock = trio.Lock()
        self._buffer = b""
        self._process: subprocess.Popen[bytes] | None = None
        self._to: trio.lowlevel.FdStream | None = None
        self._from: trio.lowlevel.FdStream | None = None
        try:
            self._process = process = _start(command, user)
        except (OSError, KeyError):
            return
        assert process.stdin is not None
        assert process.stdout is not None
        self._to = trio.lowlevel.FdStream(os.dup(process.stdin.fileno()))
        self._from = trio.lowlevel.FdStream(os.dup(process.stdout.fileno()))
        process.stdin.close()
        process.stdout.close()

    async def ask(self, key: str) -> str | None:
        async with self._lock:
            if self._to is None or self._from is None or "\n" in key:
                return None
            try:
                with trio.fail_after(PATIENCE):
                    await self._to.send_all(key.encode("latin-1") + b"\n")
                    return (await self._read_line()).decode("latin-1")
            except (OSError, EOFError, trio.TooSlowError, trio.BrokenResourceError):
                self.close()
                return None

    async def _read_line(self) -> bytes:
        assert self._from is not None
        while b"\n" not in self._buffer:
            piece = await self._from.receive_some()
            if not piece or len(self._buffer) > LONGEST_ANSWER:
                raise EOFError
            self._buffer += bytes(piece)
        line, _, self._buffer = self._buffer.partition(b"\n")
        return line

    def close(self) -> None:
        """It has to end, and nothing more comes of it."""
        process, self._process = self._process, None
        for fd in (self._to, self._from):
            if fd is not None:
                fd.close()
        self._to = self._from = None
        if process is not None:
            process.kill()
            process.wait()


def _start(command: tuple[str, ...], user: str | None) -> "subprocess.Popen[bytes]":
    name, _, group = (user or "").partition(":")
    if name and not group:
        group = str(pwd.getpwnam(name).pw_gid)
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        user=name or None,
        group=int(group) if group.isdigit() else group or None,
    )
