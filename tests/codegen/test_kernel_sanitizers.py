"""The C of compiled steps under the sanitizers of addresses and of undefined behavior."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from nos_sym import catalog
from nos_sym.backends.torch.printer import TorchPrinter
from nos_sym.codegen.kernel_text import Native, native
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.program.lower import lower

RULES = {e.name: e for e in catalog.entries() if isinstance(e, Rule | Block)}
RULES["Dropped"] = parse("Dropped = none ~ drop(g, 0.3) + v_hat")
KINDS = {"state": "s", "real": "r", "double": "d", "row": "h", "column": "v"}
FAST = ["AdafactorTorch", "LambPO", "MuonWithAdamW", "ProdigyPO"]
CHOSEN = [
    "AdafactorTorch",
    "Adam",
    "Dropped",
    "LambPO",
    "MuonWithAdamW",
    "NAdamTorch",
    "Opt4",
    "Opt7",
    "ProdigyOptax",
]
SIZES = (0, 1, 2, 3, 7, 16, 17, 33, 4095, 4096, 4097, 9000)

MAIN = """
#include <stdio.h>
#define COUNT ((int64_t)(sizeof sizes / sizeof *sizes))
static const int64_t sizes[] = {%(sizes)s};
static const char kinds[] = "%(kinds)s"; /* of the states: entries, real, double, horizontal, vertical;
                                            a weight, a key */
static const char shapes[] = "%(shapes)s"; /* rank, rows, cols, matrices */
enum { STATES = sizeof kinds - 1, DRAWS = %(draws)d, SHAPES = sizeof shapes - 1 };
static double common[%(common)d + 1];
static int between(int place) { return place < 0; }
static uint64_t seed = 1;
static double uniform(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(seed >> 40) / (1 << 24);
}
/* A value of every size, and each that is no number. */
static double any(void)
{
    const double which = uniform(), x = 2 * uniform() - 1;
    return which < 0.05 ? 0 : which < 0.07 ? INFINITY : which < 0.09 ? -INFINITY : which < 0.11 ? NAN
         : which < 0.3 ? x * 1e38 : which < 0.4 ? x * 1e-44 : which < 0.5 ? x * 200 : x;
}
static void *made(int64_t size, size_t width, int kind)
{
    void *all = malloc(size * width + (size == 0)); /* no byte more than there is */
    for (int64_t i = 0; i < size; i++) {
        const double x = kind == 'u' ? uniform() : any();
        if (kind == 'w')
            ((weight_t *)all)[i] = STORE((real)x);
        else if (kind == 's')
            ((state_t *)all)[i] = STORE_STATE((real)x);
        else if (kind == 'd')
            ((double *)all)[i] = x;
        else
            ((real *)all)[i] = (real)x;
    }
    return all;
}
int main(void)
{
    for (int round = 0; round < 4; round++) {
        int64_t *table = malloc(COUNT * LONG * sizeof *table);
        double *numbers = malloc((NUMBERS * 2 + 1) * sizeof *numbers);
        for (int i = 0; i < 2 * NUMBERS; i++)
            numbers[i] = round < 2 ? 0.5 + uniform() / 2 : round == 2 ? 0 : any();
        for (int64_t k = 0; k < COUNT; k++) {
            int64_t *row = table + k * LONG;
            const int64_t matrices = sizes[k] %% 2 ? 1 : 2, most[] = {90, 64, 13, 11, 7, 1};
            int64_t rows = 0;
            for (int i = 0; i < 6 && !rows; i++)
                rows = sizes[k] / matrices %% most[i] ? 0 : most[i];
            const int64_t cols = sizes[k] / matrices / rows;
            *row++ = sizes[k];
            *row++ = k %% 2;
            *row++ = (int64_t)calloc(1, sizeof(float));
            *row++ = (int64_t)made(sizes[k], sizeof(weight_t), 'w');
            *row++ = (int64_t)made(sizes[k], sizeof(weight_t), 'w');
            for (int i = 0; i < STATES; i++) {
                const size_t widths[] = {sizeof(state_t), sizeof(double), sizeof(real), sizeof(weight_t)};
                const int kind = kinds[i];
                const size_t width = widths[kind == 's' ? 0 : kind == 'd' ? 1 : kind == 'w' ? 3 : 2];
                const int64_t lines = kind == 'h' ? matrices * rows : kind == 'v' ? matrices * cols : 1;
                const int64_t size = kind == 's' || kind == 'w' ? sizes[k] : lines;
                *row++ = (int64_t)(kind == 'k' ? calloc(3, sizeof(uint32_t)) : made(size, width, kind));
            }
            for (int i = 0; i < DRAWS; i++)
                *row++ = (int64_t)made(sizes[k], sizeof(real), 'u');
            for (int i = 0; i < SHAPES; i++) {
                const int what = shapes[i];
                *row++ = what == 'r' ? rows : what == 'c' ? cols : what == 'm' ? matrices : k %% 4;
            }
        }
        for (int i = 0; i < %(common)d; i++)
            common[i] = any();
        if (step(COUNT, table, numbers, 1 + 2 * (round %% 2)%(more)s) || step(0, table, numbers, 1%(more)s))
            return 3;
        if (step(1, table, numbers, 7%(more)s))
            return 3;
        if (*(float *)table[2] != 2 || *(float *)table[LONG + 2] != 1)
            return 4;
        for (int64_t i = 0; i < COUNT * LONG; i++)
            if (i %% LONG > 1 && i %% LONG < LONG - SHAPES)
                free((void *)table[i]);
        free(table);
        free(numbers);
    }
    puts("moved");
    return 0;
}
"""
FLAGS = [
    "-O1",
    "-g",
    "-std=gnu11",
    "-fopenmp",
    "-fno-sanitize-recover=all",
    "-Wall",
    "-Werror",
    "-Wno-unused",
]
SANITIZED = ["-fsanitize=address,undefined,float-cast-overflow", "-Wno-unknown-pragmas", "-Wno-parentheses"]


def native_of(name: str, *, low_precision: bool = False) -> tuple[Native | None, int]:
    """Return the compiled step in the file of a rule, and how many states all its tensors have in common."""
    program = lower(RULES[name], TorchPrinter().native, saturating=True, own_states=TorchPrinter.states)
    return native(program, TorchPrinter(), low_precision=low_precision), len(program.common_slots)


def check(name: str, folder: Path, types: tuple[int, int], rounding: int | None = None) -> None:
    """Compile a step with the sanitizers and run it over tensors of odd sizes."""
    made, common = native_of(name, low_precision=rounding is not None)
    if made is None:
        pytest.skip("it has no compiled step")
    main = MAIN % {
        "sizes": ", ".join(map(str, SIZES)),
        "kinds": "".join(KINDS[what] for what in made.states) + {None: "", 1: "w"}.get(rounding, "k"),
        "draws": made.draws + len(made.left),
        "shapes": "".join("k" if what == "rank" else what[0] for what in made.shape),
        "common": common,
        "more": ", common" if common else ", between" if made.left else "",
    }
    file = folder / "step.c"
    file.write_text(made.source + main)
    defined = [f"-DWEIGHT={types[0]}", f"-DSTATE={types[1]}"]
    defined += [f"-DROUNDING={rounding}"] if rounding is not None else []
    line = ["cc", *FLAGS, *SANITIZED, *defined, file, "-o", folder / "step", "-lm"]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    if "cannot find -lasan" in done.stderr or "cannot find -lubsan" in done.stderr:
        pytest.skip("there are no sanitizers")
    assert done.returncode == 0, done.stderr
    done = subprocess.run(
        [folder / "step"],
        capture_output=True,
        text=True,
        check=False,
        env={
            **os.environ,
            "OMP_NUM_THREADS": "2",
            "ASAN_OPTIONS": "detect_leaks=0",
            "UBSAN_OPTIONS": "print_stacktrace=1",
        },
    )
    assert (done.returncode, done.stdout) == (0, "moved\n"), done.stderr[:2000]


pytestmark = pytest.mark.skipif(shutil.which("cc") is None, reason="there is no compiler")


@pytest.mark.parametrize("name", FAST)
def test_sanitizers_have_nothing_to_say(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, (32, 32))


@pytest.mark.heavy
@pytest.mark.parametrize("types", [(32, 32), (64, 64), (160, 32), (160, 160), (16, 32)])
@pytest.mark.parametrize("name", CHOSEN)
def test_sanitizers_have_nothing_to_say_of_any_type(
    name: str, types: tuple[int, int], tmp_path: Path
) -> None:
    check(name, tmp_path, types)


@pytest.mark.heavy
@pytest.mark.parametrize("name", sorted(RULES))
def test_sanitizers_have_nothing_to_say_of_the_catalog(name: str, tmp_path: Path) -> None:
    check(name, tmp_path, (32, 32))


@pytest.mark.parametrize("rounding", [pytest.param(0, marks=pytest.mark.heavy), 1, 2])
@pytest.mark.parametrize("types", [pytest.param((160, 32), marks=pytest.mark.heavy), (160, 160)])
@pytest.mark.parametrize("name", ["Adam", pytest.param("LambPO", marks=pytest.mark.heavy)])
def test_sanitizers_have_nothing_to_say_of_low_precision(
    name: str, types: tuple[int, int], rounding: int, tmp_path: Path
) -> None:
    check(name, tmp_path, types, rounding)
