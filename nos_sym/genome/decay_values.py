"""The values of a decay function at every step, and whether they lie in [0, 1]."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace

import numpy as np
import numpy.typing as npt
from sympy.core.basic import Basic

from nos_sym.genome.genome import DecayGraph, DecayNode, Source
from nos_sym.genome.operand import leaf
from nos_sym.language.node import Node
from nos_sym.language.operation import reference_of
from nos_sym.language.registry import REGISTRY
from nos_sym.program.formula import NUMPY, apply_guard

Values = npt.NDArray[np.float64]

ROUNDING = 1e-12
"""How far outside [0, 1] a value may be: ``a1 + a2`` is 1 but for the last digits."""


def decay_values(decay: DecayGraph, total_steps: int) -> Values:
    """Return ``d(t)`` for ``t = 0 ... T - 1``, shape ``(T,)``, with the guards of the interpreter.

    It is :func:`nos_sym.program.interpreter.schedule_values` for all steps at once. A guard that the range
    of an operand makes needless is never reached by a value, so none is left out here.
    """

    def argument(source: Source) -> Values:
        return _leaf_values(source, total_steps) if isinstance(source, str) else node(decay.hidden[source])

    def node(n: DecayNode) -> Values:
        operation = REGISTRY[n.form.operation]
        operands = [argument(a) for a in n.arguments]
        return np.asarray(apply_guard(operation, operands, [float(p) for p in n.form.parameters]))

    with np.errstate(all="ignore"):
        return node(decay.output)


def in_unit(decay: DecayGraph, total_steps: int) -> bool:
    """Return whether ``0 <= d(t) <= 1`` at every step of ``total_steps``; NaN does not pass."""
    return all_in_unit(decay_values(decay, total_steps))


def all_in_unit(values: Values) -> bool:
    """Return whether all values lie in [0, 1], up to :data:`ROUNDING`; NaN does not."""
    return bool(np.all((values >= -ROUNDING) & (values <= 1 + ROUNDING)))


@lru_cache(maxsize=256)
def _leaf_values(text: str, total_steps: int) -> Values:
    return _values_of(leaf(text), total_steps)


def _values_of(expression: Basic, total_steps: int) -> Values:
    """Return the values of a function of the step; one without a formula is the functions that define it."""
    if not isinstance(expression, Node):
        return np.full(total_steps, float(expression))
    meaning, parameters = expression.operation.meaning, [float(p) for p in expression.parameters]
    if meaning.reference is None and meaning.definition is not None:
        return _values_of(meaning.definition(*expression.operands, *expression.parameters), total_steps)
    if expression.operands:
        operands = [_values_of(operand, total_steps) for operand in expression.operands]
        return np.asarray(apply_guard(expression.operation, operands, parameters))
    env = SimpleNamespace(step=np.arange(total_steps, dtype=np.float64), total_steps=float(total_steps))
    return np.asarray(reference_of(expression.operation)(NUMPY, env, *parameters), dtype=np.float64)
