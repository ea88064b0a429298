"""Optimizers from rendered files and classes, built whatever their arguments are."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nos_sym.errors import described, quoted, quoted_path
from nos_sym.faces import Face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.python.options import expect_texts
from nos_sym.search import loading
from nos_sym.search.loading import LoadError
from nos_sym.targets.files import exists


def build(
    optimizer: str | os.PathLike[str] | Callable[..., Any],
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
    expect_texts(class_name=class_name)
    made = optimizer
    if isinstance(made, str | os.PathLike):
        path = _file_of(made)
        made = loading.load_file(path, class_name).optimizer
    if not callable(made):
        hint = ""
        if isinstance(made, Rule | Block | Face):
            hint = "; nos_sym.optimizer makes a class of a rule"
        raise LoadError(f"expected a rendered file or a class, not {described(made)}{hint}")
    return loading.build(made, *first, lr=lr, total_steps=total_steps, **offered)


def _file_of(given: str | os.PathLike[str]) -> Path:
    """Return the path of a rendered file; a name or a rule that is no file is told where classes are made."""
    text = os.fspath(given)
    if not isinstance(text, str) or "\0" in text:
        raise LoadError(f"expected the path of a rendered file, not {described(given)}")
    path = Path(text)
    if isinstance(given, str) and path.suffix != ".py" and not exists(text):
        how = f"nos_sym.optimizer({quoted(text)}) makes a class of a rule or a name"
        raise LoadError(f"there is no file {quoted_path(text)}; expected a rendered file or a class; {how}")
    return path
