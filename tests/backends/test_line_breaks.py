"""Line breaks of generated code, against ruff."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from nos_sym.backends.layout import COLUMNS
from nos_sym.backends.line_breaks import broken, within_columns

A, B, C = "first_of_the_names", "second_of_the_names", "third_of_the_names"
CALL = f"function_of({A}, {B}, {C}, another_of_the_names=4)"
TEXT = f'''"""A text of a module, which is longer than a line may be and stays as it is, whatever it says."""

STATE = ("exp_avg", "exp_avg_sq_hat", "exp_avg_sq_row", "exp_avg_sq_col", "exp_avg_res_row")
TABLE = {{"exp_avg": "tensor", "exp_avg_sq_row": "row", "exp_avg_sq_col": "column", "begun": 1}}


def f({A}, {B}, {C}, given):
    """Return something, in a docstring that is longer than a line may be and stays as it is too."""
    # A comment that is longer than a line may be, which nobody breaks, whether it has brackets () or none.
    x = {A}.clone() if given.ndim < 2 else torch.sum({B}, -2) / max(given.shape[-2], 1)
    x, y = torch.pow(torch.tensor({A}, dtype=torch.float64), {B} * {C}).item()
    y = {A} + {B} * (given - 1) - {C} + (given - {A}) / 2 - 4
    y = ({A} + {B}) * ({C} + given) * ({B} - {C}) / ({A} - 1)
    z = {A} and {B} - {C} and {A} * 2 and not {B} and given + {C}
    z = {CALL[:-1]}, y=2)
    z = given({CALL})
    z = given(function_of({A}, {B}, key) + {C} for key in STATE if key != {B})
    both = {A} * 2, {B} + {C}, *given(int({A}), {B}), 123
    own = [key for key, kind in STATE.items() if kind == "step" and kind]  # for all
    own = {{key: given({A}, dtype={B}, name=key, number={C}) for key in STATE if key}}
    {A}, {B}, last = [given(convert(x), {C}) for x in STATE.items()]
    for key in ("exp_avg", "exp_avg_sq", "exp_avg_sq_row", "exp_avg_sq_col", "exp_avg_res"):
        given.call({CALL[:-1]}, y=2))
    if {A} not in ("exp_avg", "exp_avg_sq", "exp_avg_sq_row", "exp_avg_sq_col"):
        raise ValueError(f"Invalid {A}: {{{A}}}, not in [0, inf)" + {B})
    elif {A} not in ("exp_avg", "exp_avg_sq", "exp_avg_sq_row", "exp_avg_sq_col"):
        raise ValueError(f"Invalid {A}: {{{A}}}, not a number in [0, inf)")
    made = Parts(
        empty=lambda like: [torch.zeros_like(like), torch.zeros_like(like), torch.ones_like(x)],
        between=({A}, {B}, {C}, {A}, {B}),
    )
    made = {{
        "adamw_betas": (((0.9, 0.95),), ", not (0.9, 0.95); this file does not have it at all"),
    }}
    made = [
        torch.zeros((), dtype=torch.float64) + given.new_zeros(()) + {A} + {B},  # eta
        torch.zeros((), dtype=torch.float64) + given.new_zeros(()) + {A} + {B},  # mu
    ]
    made = jax.tree.map(
        lambda w: jnp.zeros(shape(w.shape), jnp.result_type(w, jnp.float32, {B})), given
    )
    if made:
        return lambda shape, dtype: tf.fill(shape, tf.constant({A}["estim_lr"], dtype))
    return [{A}, {B}, {C}], [{A}, {B}, {C}]
'''


def ruff(text: str) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_lines_are_broken_as_ruff_breaks_them() -> None:
    made = within_columns(TEXT)
    assert made.splitlines() == ruff(TEXT).splitlines()
    assert made.count("\n") > TEXT.count("\n") + 60
    assert ast.dump(ast.parse(made)) == ast.dump(ast.parse(TEXT))
    assert within_columns(made) == made


@pytest.mark.parametrize(
    "line",
    [
        "# a comment " + "of many words " * 9,
        "x = 'é' + " + " + ".join([A] * 6),  # nodes count bytes
        f"{A}) + ({B} * {C} + {A}) - ({C} * {B} + {A}) / ({B} * {C})",
        "**{" + ", ".join(f"**{x}" for x in (A, B, C, A, B)) + "},",
        "no Python ( at all " + "but long " * 9,
        f"x = {A}[{B} : {C} + {A} * {B}] if x[0] is y else".ljust(COLUMNS + 9, "_"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
def test_what_is_not_understood_stays(line: str, inside: bool) -> None:
    assert broken(line, inside=inside) == [line]
