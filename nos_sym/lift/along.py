"""An original along a history that is given: whether its code goes where its rule does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from importlib import import_module
from typing import Any

from nos_sym.lift.arguments import Arguments, arguments_of
from nos_sym.lift.lifted import Lifted
from nos_sym.lift.lifting import FRONTS, SKIPPED
from nos_sym.lift.originals import Original, original_of, quiet
from nos_sym.lift.verifying import Array


def along(
    target: str,
    found: Lifted,
    values: Mapping[str, float],
    weights: Sequence[Array],
    gradients: Sequence[Sequence[Array]],
    rates: Sequence[float],
) -> list[Array] | None:
    """Return the weights of an original after the last step of a history, in float64; its code is run.

    Args:
        target: as :func:`.lift` was given it.
        found: what it was lifted to.
        values: of the settings of the rule.
        weights: at the beginning, one for each parameter.
        gradients: of each step, one for each parameter.
        rates: of each step; where they change, only originals of PyTorch are run.

    Returns:
        ``None`` where it cannot be run so, or raises an error.
    """
    try:
        with quiet():
            original = original_of(target)
            known = arguments_of(
                original.value, original.name, found.arguments, skipped=SKIPPED[original.framework]
            )
            module = import_module(FRONTS[original.framework])
            around = getattr(module, "surroundings", None)
            with nullcontext() if around is None else around(original, known):
                rows = _rows(module, original, known, found, values, weights, gradients, rates)
    except Exception:  # of the code, which may raise anything
        return None
    return None if not rows else rows[-1]


def _rows(
    module: Any,
    original: Original,
    known: Arguments,
    found: Lifted,
    values: Mapping[str, float],
    weights: Sequence[Array],
    gradients: Sequence[Sequence[Array]],
    rates: Sequence[float],
) -> list[list[Array]] | None:
    draw: dict[str, float] = {n.name: n.default for n in known.numbers}
    for number in known.numbers:
        if number.name in values:
            given = values[number.name]
            # What counts is a whole number for the code, too.
            draw[number.name] = int(given) if isinstance(number.default, int) and given % 1 == 0 else given
    draw["lr"] = rates[0]
    if len(set(rates)) == 1:
        rows: list[list[Array]] = module.runner(original, known)(draw, weights, gradients)
        return rows
    if original.framework != "torch" or not rates[0]:
        return None
    from nos_sym.lift.torch_beside import Beside, Course

    factors = [rate / rates[0] for rate in rates]
    return Beside(found.rule, original, known).theirs(weights, gradients, draw, Course(factors=factors))
