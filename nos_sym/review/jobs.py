"""What the process with the code does: lift it, and step it. Its answers are checked by who asked."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from nos_sym.conform.originals import optimizer_class, without_folder
from nos_sym.errors import NosSymError
from nos_sym.review.choosing import Chosen, chosen


def lift(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return code as the text of a rule, with what the rule takes for granted.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``arguments``; ``backend`` of Keras or nothing.

    Returns:
        ``framework``, empty where there is no optimizer in the code; and ``rule``, ``notes``, ``special``
        and ``shapes``, or ``problem``, why it is not lifted.
    """
    from nos_sym.language.printer import print_bare
    from nos_sym.lift.lifting import lift as lifted

    framework = ""
    try:
        optimizer = _found(given)
        framework = optimizer.framework
        found = lifted(optimizer.target, _tuples(given["arguments"]))
    except NosSymError as error:
        return {"framework": framework, "problem": without_folder(str(error))}
    except (MemoryError, SystemExit, KeyboardInterrupt):
        raise
    except Exception as error:  # of the code, which may raise anything
        if not framework:
            raise
        return {"framework": framework, "problem": without_folder(f"{type(error).__name__}: {error}")}
    return {
        "framework": framework,
        "rule": print_bare(found.rule),
        "notes": [f"{x.text} ({x.place})" if x.place else x.text for x in found.conditions],
        "special": any(x.special for x in found.conditions),
        "shapes": [list(s) for s in found.verification.shapes],
    }


def trace(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the weights after each step on gradients that are given, in float64, and the learning rate.

    Args:
        given: as of :func:`lift`, and ``weights``, and for each step ``gradients``.
    """
    optimizer = _found(given)
    weights = [np.asarray(x, dtype=np.float64) for x in given["weights"]]
    gradients = [[np.asarray(x, dtype=np.float64) for x in row] for row in given["gradients"]]
    run = _of_torch if optimizer.framework == "torch" else _of_others
    rows, rate = run(optimizer, _tuples(given["arguments"]), weights, gradients)
    return {"weights": [[_finite(x.tolist()) for x in row] for row in rows], "lr": rate}


def _found(given: Mapping[str, Any]) -> Chosen:
    optimizer = chosen(given)
    if optimizer.framework == "torch":
        import torch

        torch.set_num_threads(1)
    return optimizer


_Rows = tuple[Sequence[Sequence[Any]], float]


def _of_torch(
    optimizer: Chosen,
    arguments: Mapping[str, Any],
    weights: Sequence[Any],
    gradients: Sequence[Sequence[Any]],
) -> _Rows:
    import torch

    torch.set_default_dtype(torch.float64)
    parameters = [torch.nn.Parameter(torch.tensor(x)) for x in weights]
    stepping: Any = optimizer_class(optimizer.target)(parameters, **arguments)
    rows = []
    for step in gradients:
        for parameter, gradient in zip(parameters, step, strict=True):
            parameter.grad = torch.tensor(gradient)
        stepping.step()
        rows.append([np.array(parameter.detach().tolist()) for parameter in parameters])
    return rows, float(stepping.param_groups[0].get("lr", 1.0))


def _of_others(
    optimizer: Chosen,
    arguments: Mapping[str, Any],
    weights: Sequence[Any],
    gradients: Sequence[Sequence[Any]],
) -> _Rows:
    """Step an optimizer of Keras or optax as lifting does: what they round to float32 is left out."""
    from nos_sym.lift.arguments import RATE, arguments_of
    from nos_sym.lift.keras_backends import double_precision
    from nos_sym.lift.lifting import FRONTS
    from nos_sym.lift.originals import original_of, quiet

    with quiet():
        original = original_of(optimizer.target)
        known = arguments_of(original.value, original.name, arguments, skipped=0)
        draw = {"lr": RATE, **{n.name: n.default for n in known.numbers}}
        rows = import_module(FRONTS[optimizer.framework]).runner(original, known)(draw, weights, gradients)
        if optimizer.framework == "keras":
            # One that its constructor sets, too; in the type that the steps were taken in.
            with double_precision():
                return rows, float(original.value(**known.given(draw)).learning_rate)
    return rows, float(draw["lr"])


def _tuples(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in arguments.items()}


def _finite(values: Any) -> Any:
    """Return nested lists with nothing in the place of infinities and NaN, which JSON has not."""
    if isinstance(values, list):
        return [_finite(x) for x in values]
    return values if math.isfinite(values) else None
