"""Code as a rule: lifted in the sandbox, read and run here.

The code answers with the text of a rule, and in a second run with the weights after steps on gradients that
are drawn here. The text is read by the parser, and the rule is run by the interpreter of this process: what
the code says of itself counts for nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np

from nos_sym.errors import one_line
from nos_sym.faces import faces
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.lift.keras_backends import VARIABLE
from nos_sym.lift.verifying import DEEP_SHAPES, SHAPES, STEPS, Array, distance, problem, ran
from nos_sym.review.analysis import ReviewError, read_rule
from nos_sym.review.frameworks import FRAMEWORKS
from nos_sym.sandbox.limits import Limits
from nos_sym.sandbox.process import run

JOB, TRACE = "nos_sym.review.jobs:lift", "nos_sym.review.jobs:trace"

BOUND = 1e-9
"""Relative difference of the weights that is allowed, where the tables of libraries allow no more."""

_MOST = 200
"""Conditions that are read."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where code is run, and what of it.

    Attributes:
        original: how it was named.
        text: of its file; ``None`` where the process that runs it can read it.
        arguments: of the class, by name.
        limits: of each process.
        confined: whether inside bubblewrap.
        stop: set by another thread, it ends the process.
    """

    original: str
    text: str | None
    arguments: Mapping[str, Any]
    limits: Limits
    confined: bool
    stop: Event | None = None

    def ask(self, job: str, **more: Any) -> Any:
        """Call a function of :mod:`nos_sym.review.jobs` in a process of its own."""
        given = {"original": self.original, "text": self.text, "arguments": _lists(self.arguments)}
        # The one variable of the environment that says what the code is: the sandbox has none.
        backend = os.environ.get(VARIABLE, "")
        job_of = {**given, "backend": backend, **more}
        return run(job, job_of, self.limits, confined=self.confined, stop=self.stop)


@dataclass(frozen=True, slots=True)
class Read:
    """A rule that code was read as.

    Attributes:
        rule: in the language.
        notes: conditions under which the rule holds.
        shapes: of the weights on which it was lifted.
        framework: the library that the code is for, as its process says.
        special: whether the rule leaves out ways of the code, as the process says.
    """

    rule: Rule | Block
    notes: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    framework: str = "torch"
    special: bool = False


@dataclass(frozen=True, slots=True)
class Unread:
    """Code that is not lifted.

    Attributes:
        problem: why.
        framework: the library that the code is for, as its process says; empty where it has no optimizer.
    """

    problem: str
    framework: str


def lifted(place: Place) -> Read | Unread:
    """Lift code in another process.

    Raises:
        NosSymError: the process gives no answer, or what came back is no rule.
    """
    data = place.ask(JOB)
    if not isinstance(data, dict) or data.get("framework") not in ("", *FRAMEWORKS):
        raise ReviewError(_FOREIGN)
    if isinstance(data.get("problem"), str):
        return Unread(one_line(data["problem"]), data["framework"])
    if not (data["framework"] and _is_sound(data)):
        raise ReviewError(_FOREIGN)
    shapes = tuple(s for s in (*DEEP_SHAPES, *SHAPES) if list(s) in data["shapes"])
    notes = tuple(map(one_line, data["notes"]))
    return Read(read_rule(data["rule"]), notes, shapes or SHAPES, data["framework"], data["special"])


_FOREIGN = "what the lifting answered is not what this package writes"


def _is_sound(data: Mapping[str, Any]) -> bool:
    notes = data.get("notes")
    return (
        isinstance(data.get("rule"), str)
        and isinstance(data.get("special"), bool)
        and isinstance(notes, list)
        and len(notes) <= _MOST
        and all(isinstance(x, str) and len(x) <= 1000 for x in notes)
        and isinstance(data.get("shapes"), list)
    )


def worst_error(read: Read, place: Place) -> float:
    """Return how far the rule leaves its original in :data:`STEPS` steps, as a relative difference.

    The gradients are drawn here, anew each time, and the process that computes the weights never sees the
    rule.

    Raises:
        NosSymError: the code gives no weights.
    """
    weights, gradients = problem(read.shapes, secrets.randbits(64))
    tasks = {
        "weights": [w.tolist() for w in weights],
        "gradients": [[g.tolist() for g in row] for row in gradients],
    }
    answer = place.ask(TRACE, **tasks)
    theirs, rate = _weights(answer, read.shapes)
    return distance(ran(_block(read.rule), {"lr": rate}, weights, gradients), theirs)


def _block(rule: Rule | Block) -> Block:
    if not isinstance(rule, Block):
        raise ReviewError("what the lifting answered is no block")
    return rule


def _weights(answer: Any, shapes: tuple[tuple[int, ...], ...]) -> tuple[list[list[Array]], float]:
    try:
        rate = float(answer["lr"])
        rows = [[np.array(x, dtype=np.float64) for x in row] for row in answer["weights"]]
    except (KeyError, TypeError, ValueError, OverflowError):
        raise ReviewError("the steps that the code answered are no weights") from None
    found = [tuple(x.shape for x in row) for row in rows]
    if found != [shapes] * STEPS:
        raise ReviewError("the steps that the code answered have other shapes than its weights")
    return rows, rate


def allowed(original: str) -> float:
    """Return the error that is allowed: more than :data:`BOUND` where an original's own types ask for it."""
    name = original.replace(":", ".")
    return max(
        (max(face.precision, BOUND) for face in faces() if face.name == name and face.because), default=BOUND
    )


def _lists(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()}
