"""Installs the packages of ``tests/extending/packages`` as pip would: modules beside their metadata."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

PACKAGES = Path(__file__).parent.parent / "extending" / "packages"


def install(target: Path, *names: str) -> Path:
    """Put packages and their metadata into a folder, which then goes on the module path."""
    for name in names:
        source = PACKAGES / name
        project = tomllib.loads((source / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for path in source.iterdir():
            if path.is_dir() and path.name != "__pycache__":
                shutil.copytree(path, target / path.name, dirs_exist_ok=True)
            elif path.suffix == ".py":
                shutil.copy(path, target)
        add_metadata(target, project["name"], project["entry-points"])
    return target


def add_metadata(target: Path, name: str, groups: dict[str, dict[str, str]]) -> None:
    """Write the metadata of a distribution with entry points."""
    folder = target / f"{name.replace('-', '_')}-1.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    lines = []
    for group, points in groups.items():
        lines += [f"[{group}]", *(f"{key} = {value}" for key, value in points.items()), ""]
    (folder / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")


def add_odd(site: Path, kind: str, source: str) -> None:
    """Install a package with one class, Odd, under the name ``odd`` of the group of a kind of plug-in."""
    (site / "nos_odd.py").write_text(source, encoding="utf-8")
    add_metadata(site, "nos-sym-odd", {f"nos_sym.{kind}": {"odd": "nos_odd:Odd"}})
    importlib.invalidate_caches()


def python(arguments: Sequence[str], *paths: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in a process of its own with folders before everything else on the module path."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False, env=environment, timeout=50
    )
