"""CPU time of process trees, read from /proc.

`/proc/<pid>/task/*/schedstat` counts nanoseconds on a CPU (user and system together). Where the kernel keeps no such
statistics, `/proc/<pid>/stat` serves: user and system in ticks of usually 10 ms, rounded down per process.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
HAS_SCHEDSTAT = (PROC / "self" / "schedstat").exists()


def resolution() -> str:
    """Return how finely CPU time is counted here."""
    return "schedstat, 1 ns" if HAS_SCHEDSTAT else f"stat, {1000 // TICKS_PER_SECOND} ms per process"


def cpu_seconds(pids: list[int]) -> float:
    """Return the CPU time that these processes used so far; one that has ended counts nothing."""
    return sum(_of_process(pid) for pid in pids)


def descendants(pid: int) -> list[int]:
    """Return the process and everything below it."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        current = todo.pop()
        found.append(current)
        todo += children[current]
    return found


def backends(postmaster: int, role: str) -> list[int]:
    """Return the PostgreSQL backends of a login; writers, checkpointer and autovacuum are not among them."""
    return [pid for pid in descendants(postmaster) if f"postgres: {role} " in _command(pid)]


def _of_process(pid: int) -> float:
    if not HAS_SCHEDSTAT:
        fields = _stat(pid)
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND if fields else 0.0
    nanoseconds = 0
    try:
        for task in (PROC / str(pid) / "task").iterdir():
            nanoseconds += int(_text(task / "schedstat").split()[0])
    except (OSError, IndexError):
        return nanoseconds / 1e9
    return nanoseconds / 1e9


def _stat(pid: int) -> list[str]:
    """Return the fields after the command's name, which may hold spaces: state, parent, ...; empty when it ended."""
    try:
        return _text(PROC / str(pid) / "stat").rpartition(")")[2].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
