"""Blocks in which a new state is what something else was before the step, which the step overwrites.

Random blocks seldom are: a file that overwrites a state too early passes a thousand of them.
"""

from __future__ import annotations

import random

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from support.harness import Problem, problem

SHIFTED = tuple(map("{{ {} }}".format, (
    "state s; x = s; s <- w; w <- w - lr * (x + g)",
    "state a; state b = w; x = a; a <- b + g; b <- w; w <- x - lr * (a + b)",
    "state a; state b; x = a; a <- b + g; b <- x; w <- w - lr * (a + b)",
    "state a = g; state b = w; x = a; a <- b; b <- x; w <- w - lr * (a + b)",
    "state a = w, b, c = g; y = b; z = a; a <- c; b <- z; c <- y; w <- w - lr * (a + 2*b + 3*c) * g",
    "state a: step; state b: step; x = a; a <- b + t; b <- x; w <- w - lr * (a + b) * g",
    "state a: row; state b; x = a; a <- row_mean(b + g); b <- x; w <- w - lr * (a + b)",
    "state a: col; state b: scalar; x = a; a <- col_mean(b + g); b <- mean(x); w <- w - lr * (a + b)",
    "state b: scalar = 1; y = b; b <- mean(w); w <- y - lr * g; b <- b + mean(w)",
    "state b: scalar = 1; y = b; w <- y - lr * g; b <- mean(w)",
    "state a = w; y = w; w <- a; a <- y - lr * g",
    "state a; y = w; w <- a - lr * g; a <- y",
)))  # fmt: skip

SHAPES = ((3, 2), (4,), (), (2, 3, 2))

_KINDS = ("tensor", "tensor", "tensor", "scalar", "row", "col", "step")
_STARTS = {
    "tensor": ("0", "w", "g"), "step": ("0", "1", "lr"), "scalar": ("0", "1", "mean(w)"),
    "row": ("0", "1", "row_mean(g)"), "col": ("0", "1", "col_mean(g)"),
}  # fmt: skip
_REDUCED = {"scalar": "mean({})", "row": "row_mean({})", "col": "col_mean({})"}
_WIDER = {
    "tensor": set(_STARTS), "row": {"row", "scalar", "step"}, "col": {"col", "scalar", "step"},
    "scalar": {"scalar", "step"}, "step": {"step"},
}  # fmt: skip


def random_shifts(rng: random.Random) -> Block:
    """Return a random block whose states take what others, the weight or the gradient were or are."""
    found = parse(_text(rng))
    assert isinstance(found, Block)
    return found


def shifted_problem(seed: int, steps: int) -> Problem:
    """Return a problem for the random block of a seed: shapes in turn, gradients with zeros."""
    given = problem(steps, seed, SHAPES[seed % len(SHAPES)])
    given.gradients[np.random.default_rng(seed).random(given.gradients.shape) < 0.3] = 0
    return given


def _text(rng: random.Random) -> str:
    kinds = {name: rng.choice(_KINDS) for name in ("aa", "bb", "cc", "dd")[: rng.randint(2, 4)]}
    declared = []
    for name, kind in kinds.items():
        start, shown = rng.choice(_STARTS[kind]), "" if kind == "tensor" else f": {kind}"
        declared.append(f"state {name}{shown}" + ("" if start == "0" else f" = {start}"))
    values = dict(kinds)
    named = []
    for name in (*kinds, "w"):
        if rng.random() < 0.6:
            named.append(f"o{name} = {name}")
            values[f"o{name}"] = kinds.get(name, "tensor")
    statements = [f"{name} <- {_taken(rng, kind, values)}" for name, kind in kinds.items()]
    if rng.random() < 0.3:
        taken = rng.choice(list(kinds))
        statements.append(f"{taken} <- {_taken(rng, kinds[taken], values)}")
    rng.shuffle(statements)
    if rng.random() < 0.4:
        statements.insert(rng.randint(0, len(statements)), _branches(rng, kinds, values))
    for _ in range(rng.choice((1, 1, 1, 2))):
        statements.insert(rng.randint(0, len(statements)), f"w <- {_moved(rng, values)}")
    tensors = [name for name, kind in kinds.items() if kind == "tensor"]
    if tensors and rng.random() < 0.5:
        # A state that reads the new weight, which may be made of what the state was.
        name = rng.choice(tensors)
        statements += [
            f"w <- {rng.choice(tensors)} - lr * g",
            f"{name} <- {rng.choice(('0.5 * w', 'w + g'))}",
        ]
    return f"Shifts = {{ {'; '.join(declared + named + statements)} }}"


def _branches(rng: random.Random, kinds: dict[str, str], values: dict[str, str]) -> str:
    """Return an ``if`` whose branches have a state of one name, and leave another one to a branch."""
    tensors = [name for name, kind in kinds.items() if kind == "tensor"] or ["w"]
    branches = []
    for _ in range(2):
        start, other = rng.choice(("0", "0.5", "g")), rng.choice((*tensors, "w"))
        lines = [
            f"state ee = {start}",
            f"ee <- {_taken(rng, 'tensor', values)}",
            f"{other} <- {other} + lr * ee",
        ]
        if rng.random() < 0.5:
            lines.append(f"{rng.choice((*tensors, 'w'))} <- {_taken(rng, 'tensor', values)}")
        branches.append("{ " + "; ".join(lines) + " }")
    condition = rng.choice(("rank >= 2", "rows > 3", "size < 5"))
    return f"if {condition} {branches[0]} else {branches[1]}"


def _taken(rng: random.Random, kind: str, values: dict[str, str]) -> str:
    """Return the text of a value of a kind, most often a name alone."""
    tensors = [name for name, other in values.items() if other == "tensor"] + ["w", "g"]
    fitting = [name for name, other in values.items() if other in _WIDER[kind]]
    fresh = {"tensor": rng.choice(("w", "g")), "step": "t"}.get(kind)
    fresh = fresh or _REDUCED[kind].format(rng.choice(tensors))
    names = [*fitting, fresh]
    draw = rng.random()
    if draw < 0.65:
        return rng.choice(names)
    if draw < 0.8:
        return f"{rng.choice(names)} + {rng.choice(names)}"
    if draw < 0.9:
        return f"0.5 * {rng.choice(names)}"
    return f"where({rng.choice(names)} > {rng.choice(names)}, {rng.choice(names)}, {rng.choice(names)})"


def _moved(rng: random.Random, values: dict[str, str]) -> str:
    tensors = [name for name, kind in values.items() if kind == "tensor"]
    read = " + ".join(rng.choice(("", "0.5 * ", "2 * ")) + name for name in values if name != "ow")
    some = rng.choice((*tensors, "w"))
    return rng.choice((f"w - lr * ({read}) * g", f"w - lr * ({read})", some, f"{some} - lr * g"))
