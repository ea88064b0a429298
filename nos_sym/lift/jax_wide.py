"""Functions of JAX with casts to short types taken out: what they compute in real numbers, in float64.

An original that takes the root of a count in float32 follows its own equation to seven digits. Its rule is
compared with what the same operations give in float64.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def wide(function: Callable[..., Any], types: Sequence[Any]) -> Callable[..., Any]:
    """Return a function that computes in float64 what another one casts to shorter types.

    Args:
        function: of JAX.
        types: of the leaves of its arguments, which it is traced with; what it is given may be wider.
    """
    import jax

    shape_of: Any = jax.ShapeDtypeStruct

    def run(*arguments: Any) -> Any:
        shaped: list[Any] = []

        def flat(*leaves: Any) -> list[Any]:
            found = function(*jax.tree_util.tree_unflatten(inside, leaves))
            values, shape = jax.tree_util.tree_flatten(found)
            shaped.append(shape)
            return values

        leaves, inside = jax.tree_util.tree_flatten(arguments)
        known = [shape_of(np.shape(x), t) for x, t in zip(leaves, types, strict=True)]
        traced = jax.make_jaxpr(flat)(*known)
        return jax.tree_util.tree_unflatten(shaped[-1], _evaluated(traced.jaxpr, traced.consts, leaves))

    return run


def is_pure(function: Callable[..., Any], arguments: Sequence[Any], calls: int) -> bool:
    """Return whether a function of JAX has the same trace at each of some calls: it counts none of them."""
    import jax

    first: tuple[str, list[Any]] | None = None
    for _ in range(calls):
        # A function of its own each time, since traces are kept by the function.
        traced = jax.make_jaxpr(lambda *given: function(*given))(*arguments)
        found = _ADDRESS.sub("", str(traced.jaxpr)), [np.asarray(x) for x in traced.consts]
        first = first or found
        if found[0] != first[0] or not all(map(np.array_equal, found[1], first[1])):
            return False
    return True


_ADDRESS = re.compile("0x[0-9a-f]+")


def _evaluated(jaxpr: Any, constants: Sequence[Any], operands: Sequence[Any]) -> list[Any]:
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, map(_widened, constants), strict=True))
    known |= zip(jaxpr.invars, map(_widened, operands), strict=True)

    def value_of(x: Any) -> Any:
        return _widened(x.val) if hasattr(x, "val") else known[x]

    for equation in jaxpr.eqns:
        values = [value_of(x) for x in equation.invars]
        known |= zip(equation.outvars, _bound(equation, values), strict=True)
    return [value_of(x) for x in jaxpr.outvars]


def _is_short(dtype: Any) -> bool:
    return getattr(dtype, "kind", "") in "fV" and getattr(dtype, "name", "") in _SHORT


_SHORT = {"float32", "float16", "bfloat16"}


def _widened(x: Any) -> Any:
    import jax

    array = jax.numpy.asarray(x)
    return array.astype("float64") if _is_short(array.dtype) else array


def _bound(equation: Any, values: Sequence[Any]) -> list[Any]:
    params = dict(equation.params)
    inner: Any = params.get("jaxpr", params.get("call_jaxpr"))
    if equation.primitive.name in ("jit", "pjit", "closed_call", "custom_jvp_call", "custom_vjp_call"):
        return _evaluated(inner.jaxpr, inner.consts, values)
    if equation.primitive.name == "cond":
        sides = [_evaluated(x.jaxpr, x.consts, values[1:]) for x in params["branches"]]
        return [_chosen(values[0], row) for row in zip(*sides, strict=True)]
    for name in ("new_dtype", "preferred_element_type", "dtype"):
        if _is_short(params.get(name)):
            params[name] = np.dtype("float64")
    if inner is not None or "cond_jaxpr" in params:
        # Loops keep their types: their bodies are compiled for these.
        values = [x.astype(v.aval.dtype) for x, v in zip(values, equation.invars, strict=True)]
    found = equation.primitive.bind(*values, **params)
    return [_widened(x) for x in (found if equation.primitive.multiple_results else [found])]


def _chosen(which: Any, sides: Sequence[Any]) -> Any:
    """Return the value of the side that a branch takes."""
    import jax

    found = sides[-1]
    for i in range(len(sides) - 2, -1, -1):
        # An index outside of the sides is the nearest one of them.
        found = jax.numpy.where(which <= i, sides[i], found)
    return found
