"""Lifting: an original to a rule of the language that is run beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np

from nos_sym.errors import NosSymError
from nos_sym.faces import faces
from nos_sym.language.block import Block
from nos_sym.lift.arguments import Arguments, arguments_of, drawn, whole_draws
from nos_sym.lift.elsewhere import leaves_out_axes
from nos_sym.lift.exploring import ManyWaysError, NoRuleError
from nos_sym.lift.front import Front
from nos_sym.lift.lifted import Condition, Lifted, LiftError
from nos_sym.lift.limits import OutOfTimeError, explained, limited
from nos_sym.lift.originals import Original, original_of, quiet
from nos_sym.lift.term import Terms
from nos_sym.lift.verifying import DEEP_SHAPES, SHAPES, problem, verified
from nos_sym.lift.without_axes import followed
from nos_sym.lift.writing import Setting, block_of

FRONTS = {
    "torch": "nos_sym.lift.torch_lift",
    "optax": "nos_sym.lift.optax_lift",
    "keras": "nos_sym.lift.keras_lift",
}
"""For each framework the module with ``front``, ``runner`` and ``beyond``."""

SKIPPED = {"torch": 1, "optax": 0, "keras": 0}
"""How many first parameters of an original are no arguments of it."""


def lift(
    target: str,
    settings: Mapping[str, object] | None = None,
    *,
    name: str | None = None,
    limit: float | None = None,
) -> Lifted:
    """Lift an optimizer: import it, run it, and return what it computes as a rule.

    This runs the code that it is given, with all that the process may do.

    Args:
        target: ``torch.optim:AdamW``, ``optax:adamw``, ``keras.optimizers:Lion`` or ``my.py:MyOptimizer``.
        settings: values of its arguments by name; numbers become settings of the rule with these defaults.
        name: of the rule; by default that of the class.
        limit: seconds after which lifting ends; see :func:`.limited`.

    Raises:
        LiftError: it is no optimizer, or does what the language cannot say; the message has the operation
            and its place in the original.
    """
    with limited(limit), quiet():
        original = original_of(target)
        arguments = arguments_of(
            original.value, original.name, settings or {}, skipped=SKIPPED[original.framework]
        )
        with explained(original.name):
            return lifted(original, arguments, name)


def lifted(original: Original, arguments: Arguments, name: str | None = None) -> Lifted:
    """Lift an original with arguments; see :func:`lift`."""
    module = _front_of(original.framework)
    if not hasattr(module, "surroundings"):
        return _lifted(module, original, arguments, name)
    with module.surroundings(original, arguments) as conditions:
        found = _lifted(module, original, arguments, name)
        if leaves_out_axes(found.conditions):
            found = _of_all_axes(module, original, arguments, name) or found
    return replace(found, conditions=(*found.conditions, *conditions))


def _of_all_axes(module: Any, original: Original, arguments: Arguments, name: str | None) -> Lifted | None:
    """Return a rule that is read off parameters of more axes than two, too; ``None`` where it is none."""
    try:
        with explained(original.name):
            found = _lifted(module, original, arguments, name, deep=True)
    except (NosSymError, OutOfTimeError):
        return None
    return found if found.verification.verified and not leaves_out_axes(found.conditions) else None


def _lifted(module: Any, original: Original, arguments: Arguments, name: str | None, **deep: bool) -> Lifted:
    rule, found = _alike(module, original, arguments, name, **deep)
    run: Callable[..., Any] = module.runner(original, arguments)
    ranks = {p.rank for p in found.paths}
    shapes = [s for s in SHAPES if len(s) in ranks]
    others = [s for s in DEEP_SHAPES if _takes(run, _defaults(arguments), s)] if deep else []
    bound, because = _allowed(original)
    draws = [_defaults(arguments), *(_draw(found.arguments, arguments, i, run, shapes) for i in (0, 1))]
    verification = verified(rule, run, draws, [*shapes, *others], bound, because)
    conditions = (*found.conditions, *_whole_ones(found.arguments, draws[1:]))
    if verification.verified:
        conditions = followed(conditions, rule, run, draws, shapes)
        parted, more, plain = module.beyond(rule, original, arguments, draws, shapes)
        conditions = (*conditions, *more)
        verification = replace(verification, plain=plain)
        if parted is not None:
            verification = replace(verification, steps=parted[0], error=parted[1])
    return Lifted(
        rule,
        original.name,
        original.library,
        original.version,
        dict(arguments.values),
        {n: o for n, o in found.states.items() if any(s.name == n for s in rule.states)},
        verification,
        conditions,
        arguments.rate,
    )


def _takes(run: Callable[..., Any], draw: Mapping[str, float], shape: tuple[int, ...]) -> bool:
    """Return whether an original steps parameters of a shape."""
    weights, gradients = problem([shape])
    try:
        run(draw, weights, gradients[:2])
    except Exception:
        return False
    return True


def _alike(
    module: Any, original: Original, arguments: Arguments, name: str | None, **deep: bool
) -> tuple[Block, Front]:
    """Return the rule that two draws of the settings agree on.

    Where they do not, or where a step has too many ways, whole numbers are fixed: what counts repeats or
    sizes leaves no trace in a rule, and the step is compared with what is made of lengths. Where it is no
    rule, as one that is too large, so are numbers whose defaults are whole: an exponent decides signs.
    """
    try:
        return _alike_with(module, original, arguments, name, _whole(arguments, int), **deep)
    except NoRuleError:
        counts = _whole(arguments, int | float)
        if not counts:
            raise
        return _alike_with(module, original, arguments, name, counts, **deep)


def _whole(arguments: Arguments, kind: Any) -> dict[str, str]:
    """Return numbers of a type whose defaults are whole, but for 0 and 1."""
    whole = [n.name for n in arguments.numbers if isinstance(n.default, kind) and n.default % 1 == 0]
    large = {n.name for n in arguments.numbers if abs(n.default) > 1}
    return {name: "" for name in whole if name in large}


def _alike_with(
    module: Any,
    original: Original,
    arguments: Arguments,
    name: str | None,
    counts: Mapping[str, str],
    **deep: bool,
) -> tuple[Block, Front]:
    texts: list[str] = []
    for own in (arguments, arguments.without(counts)) if counts else (arguments,):
        rules: list[tuple[Block, Front]] = []
        try:
            for draw in (0, 1):
                terms = Terms()
                found: Front = module.front(original, own, draw, terms, **deep)
                rules.append((_rule(original, found, terms, name), found))
        except (TypeError, ManyWaysError, NoRuleError):
            # What is written in C takes a whole number as it is alone, as ``deque`` its length.
            if own is not arguments or not counts:
                raise
            continue
        (rule, found), (second, _) = rules
        texts = texts or [str(rule), str(second)]
        if rule == second and str(rule) == str(second):
            fixed = [n for n in arguments.numbers if own is not arguments and n.name in counts]
            more = [Condition(f"{n.name} == {n.default}, a whole number that is fixed", "") for n in fixed]
            return rule, replace(found, conditions=(*found.conditions, *more))
    raise LiftError(_specialized(original, *texts))


def _front_of(framework: str) -> Any:
    try:
        return import_module(FRONTS[framework])
    except ModuleNotFoundError as error:
        raise LiftError(f"optimizers of {framework} need {error.name}, which is not installed") from None


def _rule(original: Original, found: Front, terms: Terms, name: str | None) -> Block:
    settings = [
        Setting(n.name, n.default, found.domains.get(n.name))
        for n in found.arguments.numbers
        if n.name != "lr" and n.name in found.values
    ]
    own = name if name is not None else original.name.rpartition(".")[2].replace("_", "")
    source = f"{original.name}{f' of {original.library} {original.version}' if original.version else ''}"
    return block_of(found.paths, settings, terms, found.facts, name=own, source=source, hints=found.hints)


def _defaults(arguments: Arguments) -> dict[str, float]:
    return {n.name: n.default for n in arguments.numbers}


def _draw(
    own: Arguments, all_of: Arguments, index: int, run: Callable[..., Any], shapes: Sequence[tuple[int, ...]]
) -> dict[str, float]:
    """Return the defaults with other values of the settings of the rule, wider apart than those of the runs.

    A value that the original refuses, or with which it makes no numbers, is replaced by another one.
    """
    weights, gradients = problem(shapes)

    def accepted(draw: Mapping[str, float]) -> bool:
        try:
            rows = run(draw, weights, gradients[:3])
        except Exception:
            return False
        return all(np.isfinite(x).all() for row in rows for x in row)

    first = {n.name: drawn(n, index + 2)[0] for n in own.numbers}
    if accepted({**_defaults(all_of), **first}):
        return {**_defaults(all_of), **first}
    found = _defaults(all_of)
    for number in own.numbers:
        for value in drawn(number, index + 2):
            if accepted({**found, number.name: value}):
                found[number.name] = value
                break
    return found


def _whole_ones(own: Arguments, draws: Sequence[Mapping[str, float]]) -> list[Condition]:
    """Return that settings are whole numbers, where the original makes no numbers with others."""
    return [
        Condition(f"{n.name} is a whole number: with others the original makes none", "")
        for n in own.numbers
        if not isinstance(n.default, int)
        and all(draw[n.name] in whole_draws(n, index + 2) for index, draw in enumerate(draws))
    ]


def _allowed(original: Original) -> tuple[float, str]:
    """Return the error that an original's own types allow, where the tables say why."""
    for face in faces():
        if face.name == original.name and face.because:
            return max(face.precision, 1e-9), face.because
    return 1e-9, ""


def _specialized(original: Original, first: str, second: str) -> str:
    differing = next(
        ((x, y) for x, y in zip(first.split(), second.split(), strict=False) if x != y), ("more", "less")
    )
    return (
        f"{original.name} computes {differing[0]!r} with some values of its arguments and {differing[1]!r} "
        "with others, by a way that is not followed; fix the argument by --set, or compute it within the step"
    )
