"""Optimizers from rendered files and classes, built whatever their arguments are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nos_sym.search import loading


def build(
    optimizer: str | Path | Callable[..., Any],
    *first: Any,
    class_name: str | None = None,
    lr: Any = None,
    total_steps: int | None = None,
    **offered: Any,
) -> Any:
    """Return an optimizer of a rendered file or class, with those of the arguments that it takes.

    One rule needs the number of steps and another has no momentum; a loop that trains with any of them says
    what it has, and each optimizer gets its part.

    >>> build("opt4.py", model.parameters(), lr=0.1, total_steps=1000, momentum=0.9)

    Args:
        optimizer: path of a rendered file, which is imported anew; or a class, as :func:`optimizer` returns
            it. For optax it is a function.
        first: arguments that come first: for PyTorch the parameters.
        class_name: name of the class in the file; by default the one that the file is about.
        lr: the learning rate, or a schedule of it; Keras and optax call it ``learning_rate``.
        total_steps: length of the training, for rules that depend on it.
        offered: other arguments by name, such as ``momentum``, ``betas`` or ``weight_decay``; those that the
            optimizer does not have are left out.

    Raises:
        NosSymError: the file cannot be imported or does not have the class, or the optimizer needs an
            argument that is not given.
    """
    made = optimizer
    if isinstance(made, str | Path):
        made = loading.load_file(Path(made), class_name).optimizer
    assert callable(made)
    return loading.build(made, *first, lr=lr, total_steps=total_steps, **offered)
