"""The arguments of bubblewrap: what code of strangers sees of the machine.

It sees the system's programs and libraries, Python with the packages that are installed, and this package,
all of them read-only; a scratch folder in memory; processes of its own; no network, no other files of the
user, and none of the environment. See ``man bwrap``.
"""

from __future__ import annotations

import os
import shutil
import site
import sys
import sysconfig
from importlib import import_module
from pathlib import Path

from nos_sym.errors import NosSymError
from nos_sym.sandbox.limits import MEBIBYTE, Limits

SCRATCH = "/scratch"
"""The only folder that can be written, and the home of what runs."""

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SETTINGS = (
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/alternatives", "/etc/localtime",
    "/sys/devices/system/cpu",
)  # fmt: skip

ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": SCRATCH,
    "TMPDIR": SCRATCH,
    "USER": "nobody",
    "LANG": "C.UTF-8",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "CUDA_VISIBLE_DEVICES": "",
    "JAX_PLATFORMS": "cpu",
    "TF_CPP_MIN_LOG_LEVEL": "3",
}
"""All of the environment: one thread, since many need more addresses than a run has, and no GPU."""


class NoSandbox(NosSymError):
    """There is no bubblewrap, or the system lets it make no sandbox."""


def program() -> str:
    """Return the path of bubblewrap.

    Raises:
        NoSandbox: it is not installed.
    """
    found = shutil.which("bwrap")
    if found is None:
        raise NoSandbox(
            "bubblewrap is not installed, and without it code of others is not run; install it "
            "('apt install bubblewrap' or 'dnf install bubblewrap'), or give '--trust' for code that is yours"
        )
    return found


def arguments(limits: Limits, info: int) -> list[str]:
    """Return the command up to the program that is run.

    Args:
        limits: of which the scratch folder is one.
        info: file descriptor to which bubblewrap writes what it made.

    Raises:
        NoSandbox: bubblewrap is not installed.
    """
    command = [
        program(),
        *("--unshare-all", "--unshare-user", "--disable-userns", "--die-with-parent", "--new-session"),
        *("--cap-drop", "ALL", "--clearenv", "--hostname", "sandbox", "--info-fd", str(info)),
    ]
    for path in _SYSTEM:
        if Path(path).is_symlink():
            command += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).exists():
            command += ["--ro-bind", path, path]
    for path in _SETTINGS:
        command += ["--ro-bind-try", path, path]
    for folder in readable():
        command += ["--ro-bind", folder, folder]
    command += ["--proc", "/proc", "--dev", "/dev", "--size", str(limits.scratch), "--tmpfs", SCRATCH]
    # Both are in memory, and would be a second scratch folder without a limit.
    command += ["--size", str(MEBIBYTE), "--tmpfs", "/dev/shm", "--remount-ro", "/dev", "--remount-ro", "/"]  # noqa: S108
    for name, value in (ENVIRONMENT | {"PYTHONPATH": _parent_of_package()}).items():
        command += ["--setenv", name, value]
    return [*command, "--chdir", SCRATCH]


def readable() -> list[str]:
    """Return the folders of Python, of its packages and of this package; none lies in another of them.

    What ``PYTHONPATH`` or the current folder adds to Python's own path is not among them.
    """
    paths = sysconfig.get_paths()
    wanted = [
        sys.prefix,
        sys.base_prefix,
        sys.exec_prefix,
        *(paths[name] for name in ("stdlib", "platstdlib")),
    ]
    wanted += [paths["purelib"], paths["platlib"], *site.getsitepackages()]
    # Files of paths (.pth) may add the packages of another environment.
    wanted += [entry for entry in sys.path if Path(entry).name in ("site-packages", "dist-packages")]
    wanted += [str(Path(sys.executable).resolve().parent.parent)]
    for name in ("nos_sym", "nos_sym.grammar", "nos_sym.backends"):
        wanted += list(import_module(name).__path__)
    found: list[str] = []
    for path in sorted({os.path.abspath(p) for p in wanted if p and Path(p).is_dir()}):  # noqa: PTH100
        inside = any(Path(path).is_relative_to(other) for other in (*found, *_SYSTEM))
        if not inside and path not in ("/", str(Path.home())):
            found.append(path)
    return found


def _parent_of_package() -> str:
    [folder, *_] = import_module("nos_sym").__path__
    return str(Path(folder).parent)
