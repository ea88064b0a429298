"""Lifting many originals: in processes that are replaced when one hangs, ends or is killed."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import IO, Any

from nos_sym.atlas.census import Original, version_of
from nos_sym.atlas.entry import BEYOND, FAILED, Entry, entry_from_json
from nos_sym.errors import one_line

LIMIT = 120.0
"""Seconds that lifting one optimizer may take, the start of its process included."""

_KEPT, _LONGEST = 4096, 200
_QUIET = {
    # Keras is read off under JAX, and chooses its backend when it is imported.
    "KERAS_BACKEND": "jax",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "OMP_NUM_THREADS": "1",
}

Told = Callable[[Entry], None]


def lift_all(
    originals: Sequence[Original], *, workers: int = 1, limit: float = LIMIT, told: Told | None = None
) -> list[Entry]:
    """Lift originals, each library in processes of its own.

    Args:
        originals: what is lifted, in any order; the entries have the same one.
        workers: processes at the same time.
        limit: seconds for each.
        told: is called with each entry as it is known, from any thread.
    """
    waiting: queue.SimpleQueue[tuple[int, Original]] = queue.SimpleQueue()
    entries: dict[int, Entry] = {}
    for place, original in enumerate(originals):
        entry = _without_code(original)
        if entry is None:
            waiting.put((place, original))
        else:
            entries[place] = entry
            if told is not None:
                told(entry)

    def work() -> None:
        with Child(limit) as child:
            while True:
                try:
                    place, original = waiting.get_nowait()
                except queue.Empty:
                    return
                entries[place] = entry = child.lifted(original)
                if told is not None:
                    told(entry)

    with ThreadPoolExecutor(max(workers, 1)) as pool:
        for running in [pool.submit(work) for _ in range(max(workers, 1))]:
            running.result()
    return [entries[place] for place in range(len(originals))]


def _without_code(original: Original) -> Entry | None:
    version = version_of(original.distribution)
    if version is None:
        reason = f"{original.distribution} is not installed"
        return Entry(original.title, original.distribution, "", status=FAILED, reason=reason)
    if original.reason:
        return Entry(
            original.title, original.distribution, version, original.arguments, BEYOND, original.reason
        )
    return None


class Child:
    """A process that lifts; it is started when it is needed, and again after it ended.

    Args:
        limit: seconds for one original.
    """

    def __init__(self, limit: float) -> None:
        self._limit = limit
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._noise: IO[bytes] | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def lifted(self, original: Original) -> Entry:
        """Return the entry of an original; one that failed where the process did not answer."""
        request = {"target": original.target, "name": original.title, "arguments": dict(original.arguments)}
        version = version_of(original.distribution) or ""
        failed = Entry(original.title, original.distribution, version, original.arguments, FAILED)
        data = self._asked(request)
        if isinstance(data, str):
            return replace(failed, reason=data)
        if "rule" not in data:
            return replace(failed, reason=str(data.get("reason", "no answer")))
        entry = entry_from_json(data)
        return replace(entry, library=original.distribution, version=version, arguments=original.arguments)

    def _asked(self, request: dict[str, Any]) -> dict[str, Any] | str:
        """Return the answer to a request, or one line that says why there is none."""
        process = self._running()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            line = self._answers.get(timeout=self._limit)
        except queue.Empty:
            self._end()
            return f"it took more than {self._limit:g} seconds"
        except OSError:
            line = ""
        if not line:
            code, said = process.wait(), self._last_words()
            self._end()
            if code < 0:
                return f"its process was ended by signal {-code}"
            return f"its process ended with {code}{': ' if said else ''}{said}"
        found = json.loads(line)
        return found if isinstance(found, dict) else "its process gave no object"

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._answers = queue.SimpleQueue()
            self._noise = tempfile.TemporaryFile()  # noqa: SIM115 - it is closed with the process
            self._process = subprocess.Popen(
                [sys.executable, "-m", "nos_sym.atlas.child"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._noise, text=True,
                env=_QUIET | dict(os.environ), start_new_session=True,
            )  # fmt: skip
            threading.Thread(target=_read, args=(self._process, self._answers), daemon=True).start()
        return self._process

    def _last_words(self) -> str:
        """Return the last line that the process wrote to standard error."""
        assert self._noise is not None
        self._noise.seek(0, os.SEEK_END)
        self._noise.seek(max(self._noise.tell() - _KEPT, 0))
        lines = self._noise.read().decode(errors="replace").strip().splitlines()
        return one_line(lines[-1], _LONGEST) if lines else ""

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            # Its whole group: an original may have started others.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()
        if self._noise is not None:
            self._noise.close()
            self._noise = None


def _read(process: subprocess.Popen[str], answers: queue.SimpleQueue[str]) -> None:
    assert process.stdout is not None
    with suppress(ValueError, OSError):
        for line in process.stdout:
            answers.put(line)
    answers.put("")


def in_order(entries: Iterable[Entry], originals: Sequence[Original]) -> list[Entry]:
    """Return entries in the order of the census."""
    places = {original.title: place for place, original in enumerate(originals)}
    return sorted(entries, key=lambda entry: places.get(entry.name, len(places)))
