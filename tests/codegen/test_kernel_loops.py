"""Kernels: what has one, and that a compiler makes vectors of its loops."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.backends.c.kernels import has_kernel
from nos_sym.codegen.backend import backend_of
from nos_sym.codegen.kernel_text import native
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule
from nos_sym.program.lower import lower
from nos_sym.program.program import Program


def program_of(rule: Rule | Block) -> Program:
    printer = backend_of("torch").printer
    return lower(rule, printer.native, own_states=printer.states, as_change=printer.changes)


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("A = none ~ tanh(v_hat) / (1 + abs(w))", True),
        ("B = none ~ clip_norm(g)", True),
        ("C = none ~ drop(g, 0.5)", True),
        ("D = { w <- w - lr * g / max(norm2(g), 1) }", True),
        ("E = { w <- w - lr * row_mean(g) }", True),
        ("F = { w <- w - lr * orth(g) }", True),
        ("G = { w <- w - lr * g / (1 + total(norm1(g))) }", True),
        ("H = { w <- w - lr * g * rank }", True),
        ("I = { w <- w - lr * orth(g) / (1 + total(norm1(g))) }", False),
        ("J = { w <- w - lr * orth(g) * row_mean(g) }", False),
        ("K = { w <- w - lr * g * row_mean(g) / (1 + total(g)) }", False),
        ("L = { w <- w - lr * g / norm2(col_mean(g)) }", True),
    ],
)
def test_what_has_a_kernel(text: str, has: bool) -> None:
    program = program_of(parse(text))
    assert has_kernel(program) is has
    assert (native(program, backend_of("torch").printer) is not None) is has
    assert native(program, backend_of("optax").printer) is None


def loops_without_vectors(name: str, folder: Path) -> list[int]:
    """Return the lines of loops over entries of which gcc made no vectors, in float32."""
    rule = catalog.entry(name)
    assert not isinstance(rule, Schedule)
    found = native(program_of(rule), backend_of("torch").printer)
    if found is None:
        return []
    file = folder / f"{name}.c"
    file.write_text(found.source)
    flags = [
        "-O3",
        "-std=gnu11",
        "-march=native",
        "-fno-math-errno",
        "-fno-trapping-math",
        "-fopenmp-simd",
        "-w",
    ]
    command = [
        "gcc",
        *flags,
        "-DWEIGHT=32",
        "-DSTATE=32",
        "-fopt-info-vec-optimized",
        "-c",
        file,
        "-o",
        "/dev/null",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    vectors = {int(n) for n in re.findall(rf"{name}\.c:(\d+):.*loop vectorized", said)}
    lines = found.source.splitlines()
    loops = [n + 1 for n, line in enumerate(lines, 1) if line.startswith("#pragma omp simd")]
    return [n for n in loops if not vectors & {n - 1, *range(n, last_line(lines, n) + 1)}]


def last_line(lines: list[str], first: int) -> int:
    """Return the line that closes a loop; the compiler may name any within it, since some are moved out."""
    head = lines[first - 1]
    closing = head[: len(head) - len(head.lstrip())] + "}"
    return next(n for n, line in enumerate(lines[first:], first + 1) if line == closing)


CHOOSING = ["RAdamTorch", "MADGRADPO", "NovoGradPO"]
"""Rules that choose by the step, by a setting, or divide by a number of the tensor."""
NAMES = ["Adam", *CHOOSING, *(f"Opt{i}" for i in range(1, 11)), "LambPO"]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
@pytest.mark.parametrize(
    "name", [n if n in NAMES[:5] else pytest.param(n, marks=pytest.mark.heavy) for n in NAMES]
)
def test_loops_become_vectors(name: str, tmp_path: Path) -> None:
    assert loops_without_vectors(name, tmp_path) == []


@pytest.mark.heavy
@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_loops_of_the_catalog_become_vectors(tmp_path: Path) -> None:
    names = [name for name in catalog.names() if not isinstance(catalog.entry(name), Schedule)]
    assert [name for name in names if loops_without_vectors(name, tmp_path)] == []
