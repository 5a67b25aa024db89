"""The load and the worker of the benchmark: three files of C, compiled here.

In: a C compiler, and OpenSSL's headers (Debian: libssl-dev) if the load shall speak TLS. Out: the
program, which is made anew if a source is newer.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.programs import find

HERE: Final = Path(__file__).resolve().parent
SOURCES: Final = (HERE / "load.c", HERE / "worker.c", HERE / "tls.c")
HEADERS: Final = (HERE / "common.h", HERE / "tls.h")
LOAD: Final = HERE / ".build" / "load"
LOAD_WITHOUT_TLS: Final = HERE / ".build" / "load-without-tls"


def find_compiler() -> str | None:
    """The path of a C compiler."""
    return find("cc") or find("gcc")


def has_openssl(compiler: str) -> bool:
    """Whether a program that uses OpenSSL can be compiled."""
    text = "#include <openssl/ssl.h>\n"
    command = [compiler, "-E", "-x", "c", "-"]
    done = subprocess.run(command, input=text.encode(), capture_output=True, check=False)
    return done.returncode == 0


def build_load(compiler: str, *, with_tls: bool) -> Path:
    """The load, compiled if a source is newer."""
    program = LOAD if with_tls else LOAD_WITHOUT_TLS
    changed = max(file.stat().st_mtime for file in (*SOURCES, *HEADERS))
    if not program.exists() or program.stat().st_mtime <= changed:
        program.parent.mkdir(exist_ok=True)
        compile_load(compiler, program, ["-O2", "-Wall"], with_tls=with_tls)
    return program


def compile_load(compiler: str, program: Path, options: Sequence[str], *, with_tls: bool) -> None:
    """Compiles it. Raises CalledProcessError; the compiler has said why."""
    about_tls = ["-lssl", "-lcrypto"] if with_tls else ["-DWITHOUT_TLS"]
    command = [compiler, *options, "-o", str(program), *map(str, SOURCES), *about_tls]
    subprocess.run(command, check=True)
