"""An interactive shell on a terminal of its own, to which keys are sent."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x07")


class Terminal:
    """What a program reads from and writes to."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._rest = b""

    def send(self, keys: str) -> None:
        """Type keys."""
        os.write(self._end, keys.encode())

    def until(self, wanted: str, seconds: float = 20.0) -> str:
        """Return what :meth:`until_raw` does, without what moves the cursor and colors.

        Raises:
            AssertionError: it does not come in time.
        """
        return _CONTROL.sub("", self.until_raw(wanted, seconds))

    def until_raw(self, wanted: str, seconds: float = 20.0) -> str:
        """Return what was written since the last call, up to and with a text, as it was written.

        Raises:
            AssertionError: it does not come in time.
        """
        seen, end = self._rest, time.monotonic() + seconds
        while True:
            if wanted.encode() in seen:
                found = seen.index(wanted.encode()) + len(wanted.encode())
                self._rest = seen[found:]
                return seen[:found].decode(errors="replace")
            if time.monotonic() > end:
                break
            if select.select([self._end], [], [], 0.1)[0]:
                try:
                    seen += os.read(self._end, 65536)
                except OSError:  # the program is gone
                    end = 0.0
        raise AssertionError(f"{wanted!r} did not come; the terminal shows {seen.decode(errors='replace')!r}")


@contextmanager
def shell(command: list[str], folder: Path, **variables: str) -> Iterator[Terminal]:
    """Start a shell on a terminal of 200 columns, and end it with the context."""
    mine, its = pty.openpty()
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "COLUMNS": "200", "LINES": "50",
        "LC_ALL": "C.UTF-8", "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }  # fmt: skip
    process = subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, cwd=folder, env=environment | variables,
        start_new_session=True,
    )  # fmt: skip
    os.close(its)
    try:
        yield Terminal(mine)
    finally:
        process.kill()
        process.wait(10)
        os.close(mine)
