"""Code as a rule: lifted in the sandbox, read and run here.

The code answers with the text of a rule, and in a second run with the weights after steps on gradients that
are drawn here. The text is read by the parser, and the rule is run by the interpreter of this process: what
the code says of itself counts for nothing.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.program.interpreter import Interpreter
from nos_sym.review.analysis import ReviewError, read_rule
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import run

JOB, TRACE = "nos_sym.review.jobs:lift", "nos_sym.review.jobs:trace"

STEPS = 100
SHAPES = ((5,), (3, 4))
BOUND = 1e-9

_TEXTS = 200
"""Conditions, states and arguments at most that are read."""


@dataclass(frozen=True, slots=True)
class Read:
    """A rule that code was read as.

    Attributes:
        rule: in the language.
        arguments: what the original was made with.
        notes: conditions under which the rule holds.
        shapes: of the weights on which it was lifted.
        bound: relative error that the original's own types allow, as the lifting says.
    """

    rule: Rule | Block
    arguments: Mapping[str, Any]
    notes: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]


def lifted(
    original: str, text: str | None, arguments: Mapping[str, Any], limits: Limits, *, confined: bool
) -> Read:
    """Lift code in another process.

    Raises:
        NosSymError: it cannot be lifted, or what came back is no rule.
    """
    given = {"original": original, "text": text, "arguments": dict(arguments)}
    data = run(JOB, given, limits, confined=confined)
    try:
        rule, made, notes = data["rule"], data["arguments"], data["notes"]
        shapes = tuple(tuple(int(n) for n in shape) for shape in data["shapes"])
        sound = (
            isinstance(rule, str)
            and isinstance(made, dict)
            and len(made) <= _TEXTS
            and all(isinstance(x, str) for x in made)
            and isinstance(notes, list)
            and len(notes) <= _TEXTS
            and all(isinstance(x, str) and len(x) < 1000 for x in notes)
            and len(shapes) <= 8
            and all(len(s) <= 4 and 0 <= math.prod(s) <= 4096 for s in shapes)
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        sound = False
    if not sound:
        raise ReviewError("what the lifting answered is not what this package writes")
    return Read(read_rule(rule), made, tuple(notes), shapes or SHAPES)


def worst_error(
    read: Read,
    original: str,
    text: str | None,
    arguments: Mapping[str, Any],
    limits: Limits,
    *,
    confined: bool,
) -> float:
    """Return how far the rule leaves its original in :data:`STEPS` steps, relative to the weights.

    The gradients are drawn here, anew in each review, and the original never sees the rule.

    Raises:
        NosSymError: the code gives no steps.
    """
    rng = np.random.default_rng(secrets.randbits(64))
    tasks = [
        {"weight": rng.normal(size=shape).tolist(), "gradients": rng.normal(size=(STEPS, *shape)).tolist()}
        for shape in read.shapes
    ]
    given = {"original": original, "text": text, "arguments": dict(arguments), "tasks": tasks}
    answer = run(TRACE, given, limits, confined=confined)
    worst = 0.0
    for shape, task, row in zip(read.shapes, tasks, _rows(answer, len(tasks)), strict=True):
        try:
            theirs = np.array(row["weights"], dtype=np.float64)
            rate = float(row["lr"])
        except (KeyError, TypeError, ValueError):
            raise ReviewError("the steps that the code answered are no weights") from None
        if theirs.shape != (STEPS, *shape):
            raise ReviewError(f"the code answered weights of shape {theirs.shape}; expected {(STEPS, *shape)}")
        worst = max(worst, _error(read.rule, task, theirs, rate))
    return worst


def _rows(answer: Any, count: int) -> list[Mapping[str, Any]]:
    if not isinstance(answer, list) or len(answer) != count or not all(isinstance(x, dict) for x in answer):
        raise ReviewError("the steps that the code answered are no weights")
    return answer


def _error(rule: Rule | Block, task: Mapping[str, Any], theirs: Any, rate: float) -> float:
    weight = np.array(task["weight"], dtype=np.float64)
    runner = Interpreter(rule, weight.shape, total_steps=STEPS)
    worst = 0.0
    for gradient, other in zip(np.array(task["gradients"]), theirs, strict=True):
        weight = runner.apply(weight, gradient, rate, 0.9)
        size = max(1e-12, float(np.abs(other).max()))
        far = float(np.abs(weight - other).max()) / size
        # What is no number is no agreement.
        worst = max(worst, far) if math.isfinite(far) else math.inf
    return worst
