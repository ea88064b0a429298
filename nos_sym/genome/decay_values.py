"""The values of a decay function at every step, and whether they lie in [0, 1]."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt

from nos_sym.genome.genome import DecayGraph, DecayNode, Source
from nos_sym.genome.vocabulary import leaf
from nos_sym.interpreter import NUMPY
from nos_sym.language.node import Node
from nos_sym.language.operation import TINY, Guard
from nos_sym.language.registry import REGISTRY

Values = npt.NDArray[np.float64]

ROUNDING = 1e-12
"""How far outside [0, 1] a value may be: ``a1 + a2`` is 1 but for the last digits."""


def decay_values(decay: DecayGraph, total_steps: int) -> Values:
    """Return ``d(t)`` for ``t = 0 ... T - 1``, shape ``(T,)``, with the guards of the interpreter.

    It is :func:`nos_sym.interpreter.schedule_values` for all steps at once. A guard that the range of an
    operand makes needless is never reached by a value, so none is left out here.
    """

    def argument(source: Source) -> Values:
        return _leaf_values(source, total_steps) if isinstance(source, str) else node(decay.hidden[source])

    def node(n: DecayNode) -> Values:
        operation = REGISTRY[n.form.operation]
        operands = [argument(a) for a in n.arguments]
        return _guarded(operation.guard, operation.reference, operands, n.form.parameters)

    with np.errstate(all="ignore"):
        return node(decay.output)


def in_unit(decay: DecayGraph, total_steps: int) -> bool:
    """Return whether ``0 <= d(t) <= 1`` at every step of ``total_steps``; NaN does not pass."""
    values = decay_values(decay, total_steps)
    return bool(np.all((values >= -ROUNDING) & (values <= 1 + ROUNDING)))


def _guarded(guard: Guard, reference: Any, operands: list[Values], parameters: tuple[str, ...]) -> Values:
    if guard is Guard.LOGARITHM:
        return np.asarray(np.log(np.maximum(np.abs(operands[0]), TINY)))
    value = np.asarray(reference(NUMPY, *operands, *(float(p) for p in parameters)))
    if guard is Guard.QUOTIENT:
        return np.where(np.abs(operands[-1]) <= TINY, 0.0, value)
    if guard is Guard.POWER:
        return np.where((np.abs(operands[0]) <= TINY) & (operands[1] < 0), 0.0, value)
    return value


@lru_cache(maxsize=256)
def _leaf_values(text: str, total_steps: int) -> Values:
    expression = leaf(text)
    if not isinstance(expression, Node) or expression.operands:
        sign = -1.0 if isinstance(expression, Node) else 1.0
        number = expression.operands[0] if isinstance(expression, Node) else expression
        return np.full(total_steps, sign * float(number))
    env = SimpleNamespace(step=np.arange(total_steps, dtype=np.float64), total_steps=float(total_steps))
    values = expression.operation.reference(NUMPY, env, *(float(p) for p in expression.parameters))
    return np.asarray(values, dtype=np.float64)
