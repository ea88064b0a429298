"""Installs a built wheel with each extra into fresh environments and tries it there.

    python scripts/check_install.py WHEEL [--python python3.12]... [--extra torch]... [--constraint FILE]
    [--uv]

``WHEEL`` is a file, or a folder with one. Without ``--extra`` every extra of the wheel that users install
is tried, and the package alone (``base``). Two extras go together as in ``keras,torch``. Prints a line for
each environment: Python, extra, outcome, MB and seconds; ends with 1 where one fails. An environment is
removed before the next one is made: one with a plain torch has 5.7 GB.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CHECK = Path(__file__).with_name("installed_package.py")
TRIED: dict[str, tuple[str, ...]] = {
    "base": (),
    "torch": ("torch",),
    "tensorflow": ("tensorflow", "keras"),
    "keras,torch": ("keras", "torch"),
    "keras,jax": ("keras", "jax"),
    "jax": ("jax",),
    "ray": ("ray",),
    "proof": ("flint",),
    "demo": ("torch", "sklearn"),
    "plot": ("matplotlib",),
    "tensorboard": ("tensorboard",),
    "mlflow": ("mlflow",),
    "transfer": ("torch", "tensorflow", "PIL"),
    "tune": ("cma",),
    "mcp": ("mcp",),
    "docs": ("mkdocs", "mkdocstrings"),
    "peers": ("torch", "jax", "pytorch_optimizer"),
    "all": ("torch", "tensorflow", "jax", "ray", "flint", "matplotlib", "cma", "sklearn"),
}
"""What is tried of each extra, or of several."""

BACKENDS = {"keras,torch": "torch", "keras,jax": "jax"}
"""Where Keras has no TensorFlow, which it takes by default."""


def tried(python: str, wheel: Path, extra: str, limits: list[str], uv: bool) -> tuple[bool, str]:
    """Return whether the wheel with an extra works in a fresh environment, and a line about it."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="nos-sym-") as folder:
        inside = f"{folder}/venv/bin/python"
        if uv:
            subprocess.run(["uv", "venv", "-q", "-p", python, f"{folder}/venv"], check=True)
            pip, at = ["uv", "pip"], ["--python", inside]
        else:
            subprocess.run([python, "-m", "venv", f"{folder}/venv"], check=True)
            pip, at = [inside, "-m", "pip"], []
        wanted = str(wheel) if extra == "base" else f"{wheel}[{extra}]"
        environment = {
            **os.environ,
            "KERAS_BACKEND": BACKENDS.get(extra, "tensorflow"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
        }
        environment.pop("PYTHONPATH", None)
        Path(f"{folder}/empty").mkdir()
        for command in (
            [*pip, "install", "-q", *at, *limits, wanted],
            [*pip, "check", *at],
            [inside, str(CHECK), *TRIED[extra]],
        ):
            done = subprocess.run(
                command, cwd=f"{folder}/empty", env=environment, capture_output=True, text=True, check=False
            )
            if done.returncode:
                return False, "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        size = sum(p.lstat().st_size for p in Path(folder).rglob("*")) / 1e6
        last = done.stdout.strip().splitlines()[-1]
    return True, f"{last}, {size:,.0f} MB, {time.monotonic() - began:.0f} s"


def main() -> int:
    """Try what the command line names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--python", action="append")
    parser.add_argument("--extra", action="append", choices=TRIED)
    parser.add_argument("--constraint", type=Path)
    parser.add_argument("--uv", action="store_true", help="install with uv, which is faster than pip")
    given = parser.parse_args()
    limits = ["-c", str(given.constraint.resolve())] if given.constraint else []
    wheels = sorted(given.wheel.glob("*.whl")) if given.wheel.is_dir() else [given.wheel]
    if len(wheels) != 1:
        parser.error(f"{given.wheel} has {len(wheels)} wheels; expected one")
    failed = 0
    for python in given.python or [sys.executable]:
        for extra in given.extra or TRIED:
            works, said = tried(python, wheels[0].resolve(), extra, limits, given.uv)
            print(f"{'ok' if works else 'FAILED':6} {python} [{extra}] {said}", flush=True)
            failed += not works
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
