"""Calls a function in another process, and reads the JSON that it returns."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from threading import Event
from typing import Any

from nos_sym.errors import NosSymError, one_line
from nos_sym.sandbox.bubblewrap import ENVIRONMENT, NoSandbox, arguments
from nos_sym.sandbox.limits import MEBIBYTE, Limits
from nos_sym.sandbox.watch import Taken, taken

CHILD = "nos_sym.sandbox.child"

_LOOK = 0.1
"""Seconds between looks at what the processes take."""

_STOPPED = "the run was stopped"

_KEPT = 2000
"""Bytes of standard error that are kept of a run that did not begin."""


class RunError(NosSymError):
    """A run that gave no answer: it took too much, ended early, or answered what is no JSON."""


def run(
    function: str,
    job: Mapping[str, Any],
    limits: Limits | None = None,
    *,
    confined: bool = True,
    stop: Event | None = None,
) -> Any:
    """Call a function in another process and return what it gave back, as JSON data.

    Args:
        function: ``module:name`` of a function of this package that takes ``job`` and returns JSON data.
        job: JSON data.
        limits: what the run may take.
        confined: whether inside bubblewrap; else the process has the rights of the user.
        stop: set by another thread, it ends the run.

    Raises:
        NoSandbox: there is no bubblewrap, or it may make no sandbox here.
        RunError: there is no answer, and why. A function that raises an error of this package raises it here,
            as its text.
    """
    limits = limits or Limits()
    if stop is not None and stop.is_set():
        raise RunError(_STOPPED)
    given = json.dumps({"function": function, "job": job, "limits": limits.to_json()}).encode()
    answer, write = os.pipe()
    info, write_info = os.pipe()
    try:
        command = arguments(limits, write_info) if confined else []
        command += [sys.executable, "-P", "-m", CHILD, str(write)]
        process = subprocess.Popen(  # noqa: S603
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(write, write_info),
            start_new_session=True,
            env=None if confined else {**os.environ, "OMP_NUM_THREADS": ENVIRONMENT["OMP_NUM_THREADS"]},
        )
    except BaseException:
        for end in (answer, info, write, write_info):
            os.close(end)
        raise
    os.close(write)
    os.close(write_info)
    try:
        raw, said = _exchange(process, given, answer, limits, stop)
        made = not confined or bool(os.read(info, 1))
    finally:
        _end(process)
        os.close(answer)
        os.close(info)
    if not made:
        reason = said.decode(errors="replace").strip().removeprefix("bwrap: ") or "it gives no reason"
        raise NoSandbox(
            f"bubblewrap makes no sandbox here ({one_line(reason, 200)}); allow user namespaces, or give "
            "'--trust' for code that is yours"
        )
    return _answered(raw, process.returncode)


def _exchange(
    process: subprocess.Popen[bytes], given: bytes, answer: int, limits: Limits, stop: Event | None
) -> tuple[bytes, bytes]:
    """Write the job and read the answer, and the beginning of standard error."""
    until = time.monotonic() + limits.seconds
    assert process.stdin is not None and process.stderr is not None
    read: dict[str, bytearray] = {"answer": bytearray(), "error": bytearray()}
    os.set_blocking(process.stdin.fileno(), False)
    with selectors.DefaultSelector() as selector:
        selector.register(answer, selectors.EVENT_READ, "answer")
        selector.register(process.stderr, selectors.EVENT_READ, "error")
        selector.register(process.stdin, selectors.EVENT_WRITE, "job")
        while "answer" in {key.data for key in selector.get_map().values()}:
            for key, _ in selector.select(_LOOK):
                if key.data == "job":
                    given = _sent(process, given)
                    if not given:
                        selector.unregister(process.stdin)
                        with contextlib.suppress(OSError):
                            process.stdin.close()
                    continue
                piece = os.read(key.fd, 65536)
                if not piece:
                    selector.unregister(key.fileobj)
                elif key.data == "answer" or len(read["error"]) < _KEPT:
                    read[key.data] += piece
            _refuse_excess(process, len(read["answer"]), until, limits, stop)
            if process.poll() is not None and not selector.select(0):
                break  # what it leaves behind may hold the pipe open
    while process.poll() is None:
        _refuse_excess(process, 0, until, limits, stop)
        time.sleep(0.01)
    return bytes(read["answer"]), bytes(read["error"][:_KEPT])


def _sent(process: subprocess.Popen[bytes], given: bytes) -> bytes:
    """Write some of the job and return the rest; nothing is left where the other end is closed."""
    assert process.stdin is not None
    try:
        return given[os.write(process.stdin.fileno(), given[:65536]) :]
    except BlockingIOError:
        return given
    except OSError:
        return b""


def _refuse_excess(
    process: subprocess.Popen[bytes], answered: int, until: float, limits: Limits, stop: Event | None
) -> None:
    if stop is not None and stop.is_set():
        raise RunError(_STOPPED)
    if time.monotonic() > until:
        raise RunError(f"the code did not end within {limits.seconds:g} s")
    if answered > limits.answer:
        raise RunError(f"the answer has more than {limits.answer} bytes")
    used = taken(process.pid) if limits.processes or limits.memory else Taken(0, 0)
    if 0 < limits.processes < used.processes:
        raise RunError(f"the code started more than {limits.processes} processes")
    if 0 < limits.memory < used.memory:
        raise RunError(f"the code took more than {limits.memory // MEBIBYTE} MiB of memory")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its group; bubblewrap takes everything inside with it."""
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for stream in (process.stdin, process.stderr):
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.close()


def _answered(raw: bytes, code: int) -> Any:
    if not raw:
        # bubblewrap gives the number of a signal as a shell does.
        number = -code if code < 0 else code - 128
        names = {int(s): s.name for s in signal.Signals}
        how = f"was ended by {names[number]}" if number in names else f"ended with exit code {code}"
        raise RunError(f"the code gave no answer: its process {how}")
    try:
        data = json.loads(raw, parse_constant=_refuse_constant)
        kind, value = data["kind"], data["value"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise RunError("the answer is not what this package writes; the code has written its own") from None
    if kind == "error" and isinstance(value, str):
        raise RunError(value)
    if kind != "value":
        raise RunError("the answer is not what this package writes; the code has written its own")
    return value


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON")
