"""Optimizers of optax: any function that returns a ``GradientTransformation``, read off its jaxpr.

The numbers among the arguments are traced, in tuples too, so that they are settings of the rule. What
``init`` makes and what ``update`` returns are parts of one trace, for three parameters at once; updates are
added to the weights.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from nos_sym.errors import quoted
from nos_sym.lift.arguments import Arguments, with_rate
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.jax_wide import wide
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.verifying import Array

_PARAMETER = "nos_sym_parameter_"


def front(original: Original, arguments: Arguments, draw: int, terms: Terms) -> Front:
    """Read an optimizer of optax off.

    Args:
        original: the function that makes it.
        arguments: of it.
        draw: which values settings have meanwhile; they are traced, so that they have none.
        terms: the maker of terms.

    Raises:
        LiftError: it cannot be said as terms.
    """
    rated, conditions = with_rate(arguments)
    return front_of(Followed(step_of(original, rated), rated, conditions), terms)


def step_of(original: Original, arguments: Arguments) -> Step:
    """Return one step of an optimizer, whose states are marked."""

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
        import jax

        transform = _made(original, arguments.given({**values, "lr": lr}))
        tree = {f"{_PARAMETER}{i}": w for i, w in enumerate(weights)}
        slopes = {f"{_PARAMETER}{i}": g for i, g in enumerate(gradients)}
        before, shape = jax.tree_util.tree_flatten_with_path(transform.init(tree))
        placing = Placing(_PARAMETER)
        places = [placing.of_path(path) for path, _ in before]
        mark = primitives()[0]
        held = [mark.bind(jax.numpy.asarray(x), index=i) for i, (_, x) in enumerate(before)]
        state = jax.tree_util.tree_unflatten(shape, held)
        change, after = _updated(transform.update, slopes, state, tree)
        leaves, shape_after = jax.tree_util.tree_flatten(after)
        structures: tuple[Any, Any] = (shape_after, shape)
        if structures[0] != structures[1]:
            raise LiftError("the state has another structure after a step than before")
        moved = [tree[k] + change[k] for k in tree]
        return Stepped(moved, places, [jax.numpy.asarray(x) for x in leaves])

    return step


def _made(original: Original, arguments: Mapping[str, Any]) -> Any:
    found = original.value(**arguments)
    if not (callable(getattr(found, "init", None)) and callable(getattr(found, "update", None))):
        raise LiftError(f"{quoted(original.name)} returns no GradientTransformation of optax")
    return found


def _updated(update: Callable[..., Any], slopes: Any, state: Any, tree: Any) -> tuple[Any, Any]:
    """Return updates and states.

    Raises:
        LiftError: it needs the loss or other arguments.
    """
    needed = [
        name
        for name, p in inspect.signature(update).parameters.items()
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty
    ]
    if needed:
        raise LiftError(
            f"its update needs {', '.join(needed)}; a rule reads the gradient and the weight alone"
        )
    try:
        found: tuple[Any, Any] = update(slopes, state, tree)
    except TypeError as error:
        if "required keyword-only argument" in str(error):
            raise LiftError(f"a rule reads the gradient and the weight alone: {error}") from None
        raise
    return found


def runner(original: Original, arguments: Arguments) -> Any:
    """Return what runs the original in float64, with casts to shorter types taken out."""
    rated, _ = with_rate(arguments)

    def run(
        draw: Mapping[str, float], weights: Sequence[Array], gradients: Sequence[Sequence[Array]]
    ) -> list[list[Array]]:
        import jax

        with jax.enable_x64(True):
            # Plain floats are rounded to the type of what they meet; these are not.
            numbers = {n: np.float64(x) if isinstance(x, float) else x for n, x in draw.items()}
            transform = _made(original, rated.given(numbers))
            now = [jax.numpy.asarray(w) for w in weights]
            state = transform.init(now)

            def update(now: Any, state: Any, row: Any) -> Any:
                change, state = transform.update(row, state, now)
                return [w + c for w, c in zip(now, change, strict=True)], state

            step = jax.jit(wide(update))
            found = []
            for row in gradients:
                now, state = step(now, state, [jax.numpy.asarray(g) for g in row])
                found.append([np.asarray(w) for w in now])
            return found

    return run
