"""Code of strangers reads and writes no files of the user, reaches no network, and keeps its limits."""

# ruff: noqa: E501

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import time
from pathlib import Path
from threading import Event, Timer
from typing import Any

import pytest

from nos_sym.errors import NosSymError
from nos_sym.sandbox.bubblewrap import NoSandbox, readable
from nos_sym.sandbox.limits import MEBIBYTE, Limits
from nos_sym.sandbox.process import RunError, run

if shutil.which("bwrap") is None:
    pytest.skip("bubblewrap is not installed", allow_module_level=True)

LIMITS = Limits(seconds=20, memory=512 * MEBIBYTE, address=4096 * MEBIBYTE)


def inside(code: str, limits: Limits = LIMITS, confined: bool = True) -> Any:
    """Run the text of a function's body in the other process, as the code of an optimizer runs there."""
    return run("builtins:exec", code, limits, confined=confined)


def failing(code: str, limits: Limits = LIMITS) -> str:
    with pytest.raises(RunError) as caught:
        inside(code, limits)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_a_function_returns_comes_back() -> None:
    assert run("builtins:sorted", [3, 1, 2], LIMITS) == [1, 2, 3]
    assert run("builtins:sorted", [3, 1, 2], LIMITS, confined=False) == [1, 2, 3]


SEES = """
import os, socket, subprocess
from pathlib import Path
seen = []
for path in {paths!r}:
    try:
        Path(path).read_bytes() if Path(path).is_file() else os.listdir(path)
        seen.append(path)
    except OSError:
        pass
for path in ("/tmp/x", "/x", "/usr/x", "/dev/x", "/etc/x", {prefix!r} + "/x", {package!r} + "/x"):
    try:
        Path(path).write_text("x")
        seen.append("wrote " + path)
    except OSError:
        pass
try:
    os.symlink({secret!r}, "/scratch/link")
    Path("/scratch/link").read_text()
    seen.append("a link")
except OSError:
    pass
for family, place in ((socket.AF_INET, ("127.0.0.1", {port})), (socket.AF_UNIX, {unix!r})):
    try:
        socket.socket(family).connect(place)
        seen.append(place)
    except OSError:
        pass
seen += [x for x in os.environ if "SECRET" in x]
try:
    os.kill({pid}, 0)
    seen.append("the parent")
except OSError:
    pass
try:
    os.unshare(os.CLONE_NEWUSER)
    seen.append("a namespace")
except (OSError, AttributeError):
    pass
Path("/scratch/mine").write_text("x")
raise SystemExit(repr(seen))
"""


def test_nothing_of_the_user_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither files nor the network nor the environment nor processes; only the scratch folder is written."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    monkeypatch.setenv("A_SECRET", "secret")
    paths = [str(secret), "/etc/passwd", "/etc/shadow", "/home", str(Path.cwd() / "README.md"),
             str(Path.home() / ".bashrc"), f"/proc/{os.getpid()}/environ"]  # fmt: skip
    package = [p for p in readable() if p.endswith("nos_sym")]
    # The test is about something: outside, these can be read.
    assert secret.read_text() and Path("/etc/passwd").exists()
    assert any(Path(p).exists() for p in paths)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(tmp_path / "socket"))
        unix.listen()
        code = SEES.format(
            paths=paths,
            prefix=sys.prefix,
            package=package[0] if package else sys.prefix,
            secret=str(secret),
            port=server.getsockname()[1],
            unix=str(tmp_path / "socket"),
            pid=os.getpid(),
        )
        assert failing(code) == "SystemExit: []"


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os; os._exit(0)", "the code gave no answer: its process ended with exit code 0"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "the code gave no answer: its process"),
        ("raise ValueError('a\\nb')", r"ValueError: a\nb"),
        ("bytearray(100 * 2**30)", "the code asked for more memory than it may have"),
        ("import os\nfor n in range(3, 256):\n try: os.write(n, b'{')\n except OSError: pass\nos._exit(0)", "own"),
        ("import os\nfor n in range(3, 256):\n try: os.write(n, b'[' * 10**6)\n except OSError: pass\nos._exit(0)",
         "own"),
        ("import json, os; json.dumps = lambda *a, **k: '{\"kind\": \"value\"}'", "own"),
    ],
)  # fmt: skip
def test_code_that_gives_no_answer_is_one_line(code: str, says: str) -> None:
    assert says in failing(code)


def test_what_is_printed_goes_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; sys.__stdout__.write('x' * 10**6); sys.stderr.write('y'); import os; os.write(1, b'z')"
    )
    assert inside(code) is None
    assert capfd.readouterr() == ("", "")


def test_code_that_does_not_end_is_ended() -> None:
    begin = time.monotonic()
    code = "import signal, time\nfor n in (1, 2, 15): signal.signal(n, signal.SIG_IGN)\nwhile True: time.sleep(9)"
    assert failing(code, Limits(seconds=1.5)) == "the code did not end within 1.5 s"
    assert time.monotonic() - begin < 10


def test_without_bubblewrap_code_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoSandbox, match=r"install it .*'--trust'"):
        run("builtins:sorted", [], LIMITS)
    # One that makes no sandbox: the kernel or the administrator allows none.
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: No permissions' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(NoSandbox, match=r"makes no sandbox here .No permissions"):
        run("builtins:sorted", [], LIMITS)


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("import os\nwhile True:\n try: os.fork()\n except OSError: pass", "more than 48 processes"),
        ("import os, time\nfor i in range(40):\n if not os.fork():\n  x = bytearray(64 * 2**20)\n"
         "  x[::4096] = b'x' * (len(x) // 4096)\n  time.sleep(60)\ntime.sleep(60)", "MiB of memory"),
        ("x = []\nwhile True: x.append(bytearray(b'x') * 2**20)", "memory"),
        ("import os\nwhile True:\n os.write(1, b'x' * 2**20)", "did not end within"),
        ("while True: pass", "did not end within"),
        ("n = 0\nwhile True:\n n += 1\n with open(f'/scratch/{n}', 'wb') as f: f.write(b'x' * 2**20)", "No space"),
        ("f = open('/scratch/x', 'wb')\nwhile True: f.write(b'x' * 2**20)", "gave no answer|File too large"),
        ("import os\nif os.fork() == 0:\n os.setsid()\n if os.fork() == 0:\n  import time; time.sleep(600)\n"
         "os.kill(os.getppid(), 9); os.kill(-1, 9)\nraise ValueError('alone')", "alone"),
        ("import os, signal\nos.kill(1, signal.SIGKILL)\nraise ValueError('still here')", "still here"),
    ],
)  # fmt: skip
def test_what_takes_too_much_is_ended(code: str, says: str) -> None:
    found = failing(code, Limits(seconds=8, memory=512 * MEBIBYTE, address=4096 * MEBIBYTE))
    assert re.search(says, found), found
    # Other tests may have sandboxes of their own meanwhile.
    until = time.monotonic() + 30
    while _inside_others() and time.monotonic() < until:
        time.sleep(0.2)
    assert not _inside_others(), "processes are left"


def _inside_others() -> list[str]:
    """Return the processes of runs that are in another name space of processes than this one."""
    own = Path("/proc/self/ns/pid").readlink()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            other = (folder / "ns/pid").readlink() != own
            if other and b"nos_sym.sandbox.child" in (folder / "cmdline").read_bytes():
                found.append(folder.name)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("confined", [True, False])
def test_a_run_can_be_stopped(confined: bool) -> None:
    stop = Event()
    timer = Timer(0.5, stop.set)
    timer.start()
    begin = time.monotonic()
    with pytest.raises(RunError, match="was stopped"):
        run("time:sleep", 15, LIMITS, confined=confined, stop=stop)
    assert time.monotonic() - begin < 10
    with pytest.raises(RunError, match="was stopped"):
        run("time:sleep", 15, LIMITS, confined=confined, stop=stop)


def test_errors_are_of_the_package() -> None:
    assert issubclass(RunError, NosSymError)
    assert issubclass(NoSandbox, NosSymError)
