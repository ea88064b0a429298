"""Optimizers of optax: any function that returns a ``GradientTransformation``, read off its jaxpr.

The numbers among the arguments are traced, in tuples too, so that they are settings of the rule. What
``init`` makes and what ``update`` returns are parts of one trace, for three parameters at once; updates are
added to the weights.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nos_sym.errors import quoted
from nos_sym.lift.jax_arguments import Arguments, arguments_of
from nos_sym.lift.jax_asking import primitives
from nos_sym.lift.jax_front import Read, read
from nos_sym.lift.jax_naming import Namer
from nos_sym.lift.jax_traces import Place, Step, Stepped
from nos_sym.lift.lifted import LiftError

RATE = "learning_rate"
_PARAMETER = "nos_sym_parameter_"


def paths_of(factory: Callable[..., Any], given: Mapping[str, object], ranks: Sequence[int] = (0, 1, 2)) -> Read:
    """Return the paths of an optimizer.

    Args:
        factory: the function that makes it.
        given: arguments by name, ``betas.0`` for parts of tuples; a number is a setting, everything else
            is fixed. The learning rate is ``lr`` of the rule whatever it is.
        ranks: numbers of axes of parameters to try.

    Raises:
        LiftError: what stopped it.
    """
    arguments = arguments_of(factory, given, rate=RATE)
    return read(step_of(factory, arguments), arguments.settings, ranks)


def step_of(factory: Callable[..., Any], arguments: Arguments) -> Step:
    """Return one step of an optimizer, whose states are marked."""

    def step(values: Mapping[str, Any], lr: Any, weights: Sequence[Any], gradients: Sequence[Any]) -> Stepped:
        import jax

        transform = factory(**arguments.filled(values, lr))
        if not (hasattr(transform, "init") and hasattr(transform, "update")):
            raise LiftError(f"{quoted(factory.__name__)} returns no GradientTransformation")
        tree = {f"{_PARAMETER}{i}": w for i, w in enumerate(weights)}
        slopes = {f"{_PARAMETER}{i}": g for i, g in enumerate(gradients)}
        before, shape = jax.tree_util.tree_flatten_with_path(transform.init(tree))
        names = Namer()
        places = [_place(path, names) for path, _ in before]
        mark = primitives()[0]
        held = [mark.bind(jax.numpy.asarray(x), index=i) for i, (_, x) in enumerate(before)]
        state = jax.tree_util.tree_unflatten(shape, held)
        change, after = _updated(transform, slopes, state, tree)
        leaves, shape_after = jax.tree_util.tree_flatten(after)
        if shape_after != shape:
            raise LiftError("the state has another structure after a step than before")
        moved = [tree[k] + change[k] for k in tree]
        return Stepped(moved, places, [jax.numpy.asarray(x) for x in leaves])

    return step


def _updated(transform: Any, slopes: Any, state: Any, tree: Any) -> tuple[Any, Any]:
    """Return updates and states.

    Raises:
        LiftError: it needs the loss or other arguments.
    """
    needed = [
        name
        for name, p in inspect.signature(transform.update).parameters.items()
        if p.kind is p.KEYWORD_ONLY and p.default is p.empty
    ]
    if needed:
        raise LiftError(f"the update needs {', '.join(needed)}; a rule reads the gradient and the weight alone")
    try:
        found: tuple[Any, Any] = transform.update(slopes, state, tree)
    except TypeError as error:
        if "required keyword-only argument" in str(error):
            raise LiftError(f"a rule reads the gradient and the weight alone: {error}") from None
        raise
    return found


def _place(path: Sequence[Any], names: Namer) -> Place:
    """Return the place of a leaf of the state: the last field on its way, and the parameter that it is of."""
    parameter = None
    rest: list[Any] = []
    for key in path:
        text = getattr(key, "key", None)
        if isinstance(text, str) and text.startswith(_PARAMETER):
            parameter = int(text[len(_PARAMETER) :])
        else:
            rest.append(key)
    fields = [i for i, key in enumerate(rest) if hasattr(key, "name")]
    name = rest[fields[-1]].name if fields else "state"
    behind = rest[fields[-1] + 1 :] if fields else rest
    for key in behind:
        index = getattr(key, "idx", getattr(key, "key", None))
        name += f"_{index + 1}" if isinstance(index, int) else f"_{index}"
    return Place(names.named(name, tuple(map(str, rest))), parameter)
