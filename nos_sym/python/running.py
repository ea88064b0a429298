"""Optimizers that run in NumPy, by name or as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nos_sym.program import interpreter, parameters
from nos_sym.python.given import Given, optimizer_of


class Interpreter(interpreter.Interpreter):  # noqa: D101 - the docstring is that of the base
    __doc__ = interpreter.Interpreter.__doc__

    def __init__(self, rule: Given, shape: tuple[int, ...], **options: Any) -> None:
        super().__init__(optimizer_of(rule), shape, **options)


class Parameters(parameters.Parameters):  # noqa: D101 - the docstring is that of the base
    __doc__ = parameters.Parameters.__doc__

    def __init__(self, rule: Given, shapes: Sequence[tuple[int, ...]], **options: Any) -> None:
        super().__init__(optimizer_of(rule), shapes, **options)
