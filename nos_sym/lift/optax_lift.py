"""Optimizers of optax: any function that returns a ``GradientTransformation``, read off its jaxpr.

The numbers among the arguments are traced, in tuples too, so that they are settings of the rule. What
``init`` makes and what ``update`` returns are parts of one trace, for three parameters at once; updates are
added to the weights.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from nos_sym.errors import quoted
from nos_sym.language.block import Block
from nos_sym.lift import traced_beside
from nos_sym.lift.arguments import RATE, Arguments, with_rate
from nos_sym.lift.beside import PLAIN
from nos_sym.lift.front import Front
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Followed, front_of
from nos_sym.lift.jax_places import Placing
from nos_sym.lift.jax_traces import Step, Stepped
from nos_sym.lift.jax_wide import is_pure, wide
from nos_sym.lift.lifted import LiftError
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.traced_beside import AS_IS, How
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

    compiled: dict[object, Any] = {}

    def run(
        draw: Mapping[str, float],
        weights: Sequence[Array],
        gradients: Sequence[Sequence[Array | None]],
        how: How = AS_IS,
    ) -> list[list[Array]]:
        import jax

        with jax.enable_x64(how.dtype == "float64"):
            names = how.names or tuple(f"x{i}" for i in range(len(weights)))
            key = (tuple(draw.items()), how, tuple(np.shape(w) for w in weights))
            now = _tree(names, weights, how.dtype)
            if how.otherwise or key not in compiled:
                transform = _made(original, rated.given(_numbers(draw, how.factors)))

                def update(now: Any, state: Any, row: Any) -> Any:
                    change, state = transform.update(row, state, now)
                    return jax.tree_util.tree_map(lambda w, c: w + c, now, change), state

                step: Any = update if how.otherwise else jax.jit(update)
                if how.dtype == "float64" and not how.otherwise:
                    leaves = jax.tree_util.tree_leaves((now, transform.init(now), now))
                    step = jax.jit(wide(update, [jax.numpy.asarray(x).dtype for x in leaves]))
                compiled[key] = transform, step
            transform, step = compiled[key]
            state = transform.init(now)
            found = []
            for row in gradients:
                now, state = step(now, state, _tree(names, row, how.dtype))
                found.append([np.asarray(_leaf(now, n)) for n in names])
            return found

    return run


def _numbers(draw: Mapping[str, float], factors: Sequence[float]) -> dict[str, Any]:
    """Return values of settings, the rate as a schedule where it has factors."""
    # Plain floats are rounded to the type of what they meet; these are not.
    numbers: dict[str, Any] = {n: np.float64(x) if isinstance(x, float) else x for n, x in draw.items()}
    if factors:
        import jax

        rates = jax.numpy.asarray([numbers.get("lr", RATE) * x for x in factors])
        numbers["lr"] = lambda count: rates[count]
    return numbers


def _tree(names: Sequence[str], leaves: Sequence[Any], dtype: str) -> dict[str, Any]:
    """Return arrays under their names, those of layers being dictionaries of their own."""
    import jax

    found: dict[str, Any] = {}
    for name, leaf in zip(names, leaves, strict=True):
        *layers, last = name.split("/")
        inner = found
        for layer in layers:
            inner = inner.setdefault(layer, {})
        inner[last] = jax.numpy.asarray(leaf, dtype)
    return found


def _leaf(tree: Any, name: str) -> Any:
    for part in name.split("/"):
        tree = tree[part]
    return tree


def beyond(
    rule: Block,
    original: Original,
    arguments: Arguments,
    draws: Sequence[Mapping[str, float]],
    shapes: Sequence[tuple[int, ...]],
) -> Any:
    """Compare a rule with its original beyond what it was verified for; see :mod:`.traced_beside`."""
    rated, _ = with_rate(arguments)
    counted = partial(_keeps_count, original, rated, draws[0])
    run = runner(original, arguments)
    return traced_beside.beyond(rule, run, draws[0], shapes, misses=False, counted=counted)


def _keeps_count(original: Original, arguments: Arguments, draw: Mapping[str, float]) -> bool:
    """Return whether an update is another one when it is traced again."""
    import jax

    with jax.enable_x64(True):
        transform = _made(original, arguments.given(_numbers(draw, ())))
        tree = _tree(["x"], [np.ones(4)], "float64")
        return not is_pure(transform.update, (tree, transform.init(tree), tree), PLAIN)
