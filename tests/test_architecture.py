"""The arrows between the rooms, the length of modules, and the drawing in ``docs/architecture.md``."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from support.rooms import EXCEPTIONS, FRAMEWORK_ROOMS, FRAMEWORKS, LONGEST, ROOMS, SHELVES

ROOT = Path(__file__).parent.parent
PACKAGES = {"nos_sym": "nos_sym", "grammar": "nos_sym.grammar", "backends": "nos_sym.backends"}
"""Folders of the checkout, and what they are once installed."""

TOO_LONG = {
    # Longer than a module may be: what has to be split.
    "tests/algebra/test_equivalence.py",
    "tests/backends/test_optax_optimizer.py",
    "tests/cli/test_cli.py",
    "tests/cli/test_cli_algebra.py",
    "tests/codegen/test_keras_optimizer.py",
    "tests/codegen/test_torch_modes.py",
    "tests/language/test_language_syntax.py",
    "tests/language/test_registry.py",
    "tests/search/test_particles.py",
    "tests/support/rewriting.py",
    "tests/support/torch_own_steps.py",
}


def python_files(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def module_of(file: Path) -> str:
    folder, *parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join([PACKAGES[folder], *(part for part in parts if part != "__init__")])


@lru_cache(maxsize=1)
def modules() -> dict[str, Path]:
    return {module_of(file): file for file in python_files(*PACKAGES)}


def room_of(module: str) -> str:
    """Return the room that has a module: the longest name of a room that it begins with."""
    name = module.removeprefix("nos_sym.")
    found = [room for room in ROOMS if name == room or name.startswith(f"{room}.")]
    return max(found, key=len)


def imports_of(file: Path) -> Iterator[tuple[str, int]]:
    """Return what a file imports, anywhere in it, with the number of the line."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield (whole if whole in modules() else str(node.module)), node.lineno


def arrows() -> Iterator[tuple[str, str, int]]:
    """Return the importing module, the imported module and the line of every import between two rooms."""
    for module, file in modules().items():
        for target, line in imports_of(file):
            if target.split(".")[0] == "nos_sym" and room_of(target) != room_of(module):
                yield module, target, line


def test_every_module_is_in_a_room_and_every_room_has_modules() -> None:
    assert {room_of(module) for module in modules() if module not in SHELVES} == ROOMS.keys()
    for shelf in SHELVES:
        (statement,) = ast.parse(modules()[shelf].read_text(encoding="utf-8")).body
        assert isinstance(statement, ast.Expr), f"'{shelf}' holds rooms, and nothing but a docstring itself"
    assert set().union(*ROOMS.values()) <= ROOMS.keys()


def test_imports_go_along_the_arrows() -> None:
    wrong = {
        f"{modules()[module].relative_to(ROOT)}:{line}: '{room_of(module)}' must not import '{target}'; "
        f"it may import {', '.join(sorted(ROOMS[room_of(module)])) or 'no other room'}"
        for module, target, line in arrows()
        if room_of(target) not in ROOMS[room_of(module)]
        and (module.removeprefix("nos_sym."), room_of(target)) not in EXCEPTIONS
    }
    assert not wrong, "\n".join(sorted(wrong))


def test_exceptions_are_needed() -> None:
    found = {(module.removeprefix("nos_sym."), room_of(target)) for module, target, _ in arrows()}
    idle = EXCEPTIONS.keys() - found
    allowed = {(m, room) for m, room in EXCEPTIONS if room in ROOMS[room_of(f"nos_sym.{m}")]}
    assert not idle | allowed, f"no exceptions any more, remove them: {sorted(idle | allowed)}"


def test_arrows_make_no_circle() -> None:
    assert list(TopologicalSorter(ROOMS).static_order())


def test_frameworks_are_imported_where_they_may_be() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{line}: '{room_of(module)}' must not import '{target}'"
        for module, file in modules().items()
        for target, line in imports_of(file)
        if target.split(".")[0] in FRAMEWORKS - FRAMEWORK_ROOMS.get(room_of(module), set())
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("module", ["nos_sym.cli.main", "nos_sym.language.parser", "nos_sym.codegen.render"])
def test_no_framework_is_imported_before_it_is_used(module: str) -> None:
    code = f"import sys, {module}\nprint(*{FRAMEWORKS!r} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_modules_are_short() -> None:
    files = python_files(*PACKAGES, "tests", "benchmarks", "examples")
    lengths = {f.relative_to(ROOT).as_posix(): len(f.read_text(encoding="utf-8").splitlines()) for f in files}
    long = {name for name, length in lengths.items() if length > LONGEST}
    wrong = [f"{n}: {lengths[n]} lines; expected at most {LONGEST}" for n in sorted(long - TOO_LONG)]
    assert not wrong, "\n".join(wrong)
    assert not TOO_LONG - long, f"short enough now, remove them here: {sorted(TOO_LONG - long)}"


def test_the_packages_that_are_installed_are_those_of_the_folders() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    assert len(listed) == len(set(listed))
    assert set(listed) == {module_of(f) for f in python_files(*PACKAGES) if f.name == "__init__.py"}


def document() -> str:
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def drawing() -> list[list[str]]:
    """Return the floors of the drawing from the roof down, each with its rooms."""
    (drawn,) = re.findall(r"^```text\n(.*?)^```", document(), re.DOTALL | re.MULTILINE)
    boxes = [re.findall(r"\[ *([a-z_.]+) *\]", line) for line in drawn.splitlines()]
    return [floor for floor in boxes if floor]


def test_the_drawing_has_every_room_once_and_arrows_go_down() -> None:
    floors = drawing()
    drawn = [room for floor in floors for room in floor]
    assert len(drawn) == len(set(drawn))
    assert set(drawn) == ROOMS.keys()
    height = {room: -number for number, floor in enumerate(floors) for room in floor}
    for room, others in ROOMS.items():
        for other in others:
            assert height[room] > height[other], f"'{room}' must stand above '{other}'"


def test_the_table_of_the_document_is_the_table_of_the_test() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|.*\| ([^|]*) \|$", document(), re.MULTILINE)
    assert {room: set(re.findall(r"`([a-z_.]+)`", others)) for room, others in rows} == ROOMS
    assert len(rows) == len(ROOMS)
