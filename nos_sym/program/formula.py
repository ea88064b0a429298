"""What each value of a program computes over arrays: the references of the records, with guards put in.

The interpreter and the stacked evaluator of the integrity check call :func:`formula_of`, so that both compute
an operation, and what happens at its singular points, in one way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy.special
from sympy.core.numbers import Rational

from nos_sym.intervals.exact import fraction_of
from nos_sym.language.operation import AUTHORS_EPSILON, Operation, Role, reference_of
from nos_sym.language.registry import REGISTRY
from nos_sym.language.singularity import LOGARITHM, POWER, TINY
from nos_sym.program.guards import Guards, arguments_of
from nos_sym.program.program import Value

__all__ = ["NUMPY", "apply_guard", "formula_of", "is_leaf", "saturate"]


def _tiny(x: Any) -> Any:
    # Never below what the dtype can represent (float16).
    return x.dtype.type(max(TINY, float(np.finfo(x.dtype).smallest_subnormal)))


class Functions(SimpleNamespace):
    """Functions by name; what is not listed is NumPy's, or SciPy's special function, of that name."""

    def __getattr__(self, name: str) -> Any:
        for module in (np, scipy.special):
            if hasattr(module, name):
                return getattr(module, name)
        raise AttributeError(f"neither NumPy nor SciPy has a function '{name}'")


NUMPY = Functions(
    abs=np.abs, sqrt=np.sqrt, exp=np.exp, log=np.log, cos=np.cos, tanh=np.tanh,
    arcsinh=np.arcsinh, arctan=np.arctan, sign=np.sign, maximum=np.maximum, minimum=np.minimum,
    divide=np.divide, power=np.power, where=np.where,
    sigmoid=scipy.special.expit, erf=scipy.special.erf, erfc=scipy.special.erfc,
    i1e=scipy.special.i1e, softplus=lambda x: np.logaddexp(x, x.dtype.type(0)),
    norm2=lambda x: np.sqrt(np.sum(x * x)), peak=lambda x: np.max(np.abs(x), initial=0), tiny=_tiny,
)  # fmt: skip
"""The namespace over arrays that the registry's references take as their first argument."""


def _limit(root: float, x: Any) -> Any:
    largest = np.result_type(x.dtype, np.float64).type(np.finfo(x.dtype).max)
    bound = x.dtype.type(largest ** (1 / root) / 4)
    return np.clip(x, -bound, bound) + (x - x)  # NaN where it is not finite


def saturate(x: Any) -> Any:
    """Return values within the numbers of their type, a quarter of the largest at most."""
    bound = np.finfo(x.dtype).max / 4
    return np.clip(x, -bound, bound)


def _positive(x: Any) -> Any:
    return np.maximum(x, np.finfo(x.dtype).tiny)


_WITHIN_THE_TYPE: dict[str, Callable[..., Any]] = {
    "limit": _limit,
    "saturate": saturate,
    "positive": _positive,
    "apart": lambda floor, x: np.maximum(x, x.dtype.type(floor)),
    "confine": lambda x: np.clip(x, -8e37, 8e37),
}
"""What keeps values within the numbers of their type (see :mod:`nos_sym.program.saturation`)."""


def apply_guard(operation: Operation, operands: Sequence[Any], parameters: Sequence[Any] = ()) -> Any:
    """Return an operation over arrays with its value at singular points put in."""
    reference, singularity = reference_of(operation), operation.meaning.singularity
    if singularity is None:
        return reference(NUMPY, *operands, *parameters)
    return singularity.total(NUMPY, reference, operands)


def formula_of(
    name: str,
    parameters: Sequence[Rational] = (),
    guarded: bool = False,
    guards: Guards = Guards.POLICY,
    xp: Any = NUMPY,
) -> Callable[..., Any]:
    """Return the function of a value's operands, given the value's operation, parameters and guard.

    A leaf takes the environment of the step before its operands.
    """
    if name in ("fill", "copy"):
        return lambda x: x
    if name in _WITHIN_THE_TYPE:
        return partial(_WITHIN_THE_TYPE[name], *map(float, parameters))
    if name == "wmean":
        return lambda x, y, weight, rest: weight * x + rest * y
    operation = REGISTRY[name]
    reference = reference_of(operation)
    exact = [fraction_of(p) for p in parameters]
    if operation.role is Role.LEAF:
        return lambda env, *given: reference(xp, env, *arguments_of(operation, given, exact))
    if operation.role is Role.RANDOM:
        return lambda *given: reference(xp, given[-1], *arguments_of(operation, given[:-1], exact))
    if guarded and guards is Guards.AUTHORS:
        return lambda *given: _authors(operation, xp, given)
    singularity = operation.meaning.singularity
    if guarded and singularity is not None:
        return lambda *given: singularity.total(xp, reference, given)
    return lambda *given: reference(xp, *arguments_of(operation, given, exact))


def is_leaf(value: Value) -> bool:
    """Return whether a value sees the environment of the step, so that its formula takes it first."""
    return value.operation in REGISTRY and REGISTRY[value.operation].role is Role.LEAF


def _authors(operation: Operation, xp: Any, operands: Sequence[Any]) -> Any:
    """Return an operation as the authors' code has it: a small number is added to divisors and arguments."""
    if operation.meaning.singularity is POWER:
        return reference_of(operation)(xp, *operands)
    epsilon = operands[-1].dtype.type(AUTHORS_EPSILON)
    if operation.meaning.singularity is LOGARITHM:
        return xp.log(xp.abs(operands[0]) + epsilon)
    return reference_of(operation)(xp, *operands[:-1], operands[-1] + epsilon)
