"""Reading the configuration again, in a process of its own.

Comes in: what reads it. Goes out: its publication and the files of TLS, each in a sealed file in
memory, or the lines that say what is wrong with it. Hides fork, priority, and how both come back.
In a process of its own since 10,000 vhosts take seconds, and the parent has signals and children to
look after; nor does it keep the memory that reading takes. The process is as privileged as the
parent: certificates are read.
"""

import json
import mmap
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NoReturn

from httpdlite.routes.compiling import compile_in_steps, take_steps
from httpdlite.routes.publication import Publication
from httpdlite.routes.site import Site
from httpdlite.serve.tls_sites import NO_FILES, TlsFiles, dump_files, write_sealed

NICENESS: Final = 10  # serving comes first


@dataclass(frozen=True, slots=True)
class Reread:
    """What reading gave: a publication's pieces, None if the configuration is refused; ``lines``
    are what there is to say, as the command would print them; ``files``: certificates and keys.
    """

    pieces: Iterable[bytes] | None
    lines: tuple[str, ...]
    files: TlsFiles = NO_FILES


def store(pieces: Iterable[bytes]) -> int:
    """Write a publication to a file in memory that nobody can change; its descriptor."""
    number = _new("publication")
    write_sealed(number, pieces)
    return number


def open_publication(number: int) -> Publication:
    """What is in a file that `store` or a reader has made, read as it is asked for."""
    return Publication(memoryview(mmap.mmap(number, 0, access=mmap.ACCESS_READ)))


def load_site(number: int) -> Site:
    """The Site of such a file, compiled at once; the descriptor is closed."""
    publication = open_publication(number)
    os.close(number)
    return take_steps(compile_in_steps(publication))


def _new(name: str) -> int:
    return os.memfd_create(name, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)


class Reader:
    """The process that reads. ``report``: a descriptor that is readable when there is news."""

    def __init__(
        self,
        read: Callable[[], Reread],
        signals: Iterable[signal.Signals],
        forget: Callable[[], None] = lambda: None,
    ) -> None:
        """``forget``: closes what is none of the process's business. Raises OSError."""
        self.publication = _new("publication")
        self.files = _new("files")  # certificates and keys
        self.report, writing = os.pipe()
        self._said = b""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        try:
            self.pid = os.fork()
            if not self.pid:
                os.close(self.report)
                self._be_reader(read, writing, signals, forget)
        except OSError:
            self.close(keeps_files=False)
            raise
        finally:
            os.close(writing)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.set_blocking(self.report, False)

    def _be_reader(
        self,
        read: Callable[[], Reread],
        writing: int,
        signals: Iterable[signal.Signals],
        forget: Callable[[], None],
    ) -> NoReturn:
        """The process itself; it ends in here."""
        lines: tuple[str, ...]
        is_good = False
        try:
            signal.set_wakeup_fd(-1)
            for number in signals:
                is_ending = number is signal.SIGTERM
                signal.signal(number, signal.SIG_DFL if is_ending else signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)
            forget()
            os.nice(NICENESS)
            found = read()
            lines = found.lines
            if found.pieces is not None:
                write_sealed(self.publication, found.pieces)
                write_sealed(self.files, [dump_files(found.files)])
                is_good = True
        except BaseException as bug:
            lines = (f"reading the configuration failed: {type(bug).__name__}: {bug}",)
        try:
            with os.fdopen(writing, "wb") as file:
                file.write(json.dumps([is_good, lines]).encode())
        finally:
            os._exit(0)

    def receive(self) -> tuple[bool, tuple[str, ...]] | None:
        """Is it good, and what is there to say; None as long as it is reading."""
        try:
            while piece := os.read(self.report, 65536):
                self._said += piece
        except BlockingIOError:
            return None
        try:
            is_good, lines = json.loads(self._said)
        except ValueError:
            return False, ("the process that read the configuration has died",)
        return bool(is_good), tuple(lines)

    def close(self, *, keeps_files: bool) -> None:
        """Done with it, but perhaps for what it has written."""
        os.close(self.report)
        if not keeps_files:
            os.close(self.publication)
            os.close(self.files)
