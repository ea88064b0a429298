"""What the processes of a run take together, read from ``/proc``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

_PPID, _RSS = 1, 21
"""Fields of ``/proc/PID/stat`` after the name of the program, counted from 0; see ``man 5 proc``."""


class Taken(NamedTuple):
    """How many processes there are, and the bytes of memory that they hold."""

    processes: int
    memory: int


def taken(root: int) -> Taken:
    """Return what a process and all that descend from it take; nothing where there is no ``/proc``."""
    children: dict[int, list[int]] = {}
    pages: dict[int, int] = {}
    try:
        entries = os.listdir("/proc")  # noqa: PTH208
    except OSError:
        return Taken(0, 0)
    for entry in entries:
        if not entry.isdigit():
            continue
        try:
            text = Path("/proc", entry, "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue  # it has ended meanwhile
        # The name of a program may hold spaces and parentheses.
        fields = text[text.rfind(")") + 1 :].split()
        pid = int(entry)
        children.setdefault(int(fields[_PPID]), []).append(pid)
        pages[pid] = int(fields[_RSS])
    found, new = [], [root]
    while new:
        found += new
        new = [child for pid in new for child in children.get(pid, [])]
    held = sum(pages.get(pid, 0) for pid in found)
    return Taken(sum(pid in pages for pid in found), held * os.sysconf("SC_PAGE_SIZE"))
