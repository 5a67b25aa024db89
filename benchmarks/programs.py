"""Programs of this machine: where they are, and what /proc says about those that run.

In: names and process ids. Out: paths, CPU time, memory; zero for a process that has ended.
"""

import os
import shutil
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def find(program: str) -> str | None:
    """The path of a program, looked for where servers are installed too."""
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")


def all_processes() -> list[int]:
    """The process ids of this machine."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def stat_fields(pid: int) -> list[int]:
    """The numbers of /proc/PID/stat after the state; none for a process that has ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return [0] * 40
    return [0, *(int(word) for word in text.rpartition(")")[2].split()[1:])]


def session_of(pid: int) -> int:
    """The session of a process; 0 if it has ended."""
    return stat_fields(pid)[3]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, its ended children's included."""
    return sum(stat_fields(pid)[11:15]) / TICKS


def own_memory(pid: int) -> int:
    """Bytes of memory of this process; of a page that n processes share, an n-th."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    lines = [line for line in text.splitlines() if line.startswith("Pss:")]
    return sum(int(line.split()[1]) for line in lines) * 1024
