"""The optimizer that is meant, found by importing the code: of PyTorch, of Keras or of optax.

Only processes that run the code call this.
"""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from nos_sym.conform.originals import file_module, optimizers_of, placed, split
from nos_sym.errors import quoted
from nos_sym.lift.arguments import RATES
from nos_sym.lift.keras_backends import BACKENDS, VARIABLE, chosen_backend
from nos_sym.lift.originals import original_of, quiet
from nos_sym.review.analysis import ReviewError
from nos_sym.review.frameworks import transforming


@dataclass(frozen=True, slots=True)
class Chosen:
    """An optimizer of a file or module.

    Attributes:
        target: ``FILE:NAME`` or ``MODULE:NAME``.
        framework: ``torch``, ``keras`` or ``optax``.
    """

    target: str
    framework: str


def chosen(given: Mapping[str, Any]) -> Chosen:
    """Return the optimizer that a job is about.

    Args:
        given: ``original``; ``text`` of the file or nothing; ``backend`` that Keras is to have, or nothing.

    Raises:
        NosSymError: the code cannot be imported, or has not one optimizer of that name, or at all.
    """
    choose_backend(given.get("backend"))
    place, name = split(placed(given["original"], given["text"]))
    with quiet(), chosen_backend():
        if not place.endswith(".py"):
            return Chosen(f"{place}:{name}", original_of(f"{place}:{name}").framework)
        module = file_module(Path(place))
    shown = "the file" if given["text"] is not None else quoted(place, 200)
    found = _optimizers(module, Path(place))
    if not name:
        name = _only(found, shown)
    elif not hasattr(module, name):
        has = _listed(found) if found else "no optimizers"
        raise ReviewError(f"{shown} has no {quoted(name)}; it has {has}")
    if name in found:
        return Chosen(f"{place}:{name}", found[name])
    with quiet(), chosen_backend():
        return Chosen(f"{place}:{name}", original_of(f"{place}:{name}").framework)


def choose_backend(backend: object) -> None:
    """Let Keras have a backend in this process; what is none that is followed changes nothing."""
    if backend in BACKENDS:
        os.environ[VARIABLE] = str(backend)


def _optimizers(module: ModuleType, path: Path) -> dict[str, str]:
    """Return the optimizers that a file defines itself, each with its framework.

    Of functions for optax those that take a learning rate, where some do: others are their parts.
    """
    # Of other values even to ask for a module may run code.
    made = {k: v for k, v in vars(module).items() if isinstance(v, type) or inspect.isfunction(v)}
    own = {k: v for k, v in made.items() if v.__module__ == module.__name__}
    found = dict.fromkeys(k for k in optimizers_of(module) if k in own) if "torch" in sys.modules else {}
    frameworks = dict.fromkeys(found, "torch")
    frameworks |= {k: "keras" for k, v in own.items() if k[0] != "_" and _is_of_keras(v)}
    if "optax" in sys.modules:
        names = transforming(path.read_text(encoding="utf-8-sig"))
        functions = {k: v for k, v in own.items() if k[0] != "_" and k in names}
        rated = {k: v for k, v in functions.items() if _takes_rate(v)}
        frameworks |= dict.fromkeys(rated or functions, "optax")
    return frameworks


def _is_of_keras(value: object) -> bool:
    bases = [f"{b.__module__}.{b.__qualname__}" for b in getattr(value, "__mro__", ())]
    return inspect.isclass(value) and any(b.startswith("keras.") and b.endswith(".Optimizer") for b in bases)


def _takes_rate(function: Any) -> bool:
    try:
        return any(name in RATES for name in inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return False


def _only(found: Mapping[str, str], shown: str) -> str:
    if len(found) == 1:
        return next(iter(found))
    if found:
        raise ReviewError(
            f"{shown} defines {len(found)} optimizers, {_listed(found)}; name one, as in 'FILE:NAME'"
        )
    raise ReviewError(
        f"{shown} defines no optimizer; expected a class of torch.optim.Optimizer or keras.Optimizer, or a "
        "function that returns an optax.GradientTransformation; name it, as in 'FILE:NAME', where it is there"
    )


def _listed(found: Mapping[str, str]) -> str:
    names = sorted(found)
    return ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
