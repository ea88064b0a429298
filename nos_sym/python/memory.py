"""Rendered optimizers in memory: printed, imported, and there under one name in every process."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from nos_sym import catalog
from nos_sym.codegen.backend import check_backend
from nos_sym.codegen.generate import file_name
from nos_sym.codegen.render import checked
from nos_sym.errors import RenderError
from nos_sym.faces import Face, rule_of_face
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.python.given import Given, optimizer_of, rule_of
from nos_sym.python.options import expect_flags, expect_texts
from nos_sym.python.rendering import faced
from nos_sym.rendered.names import Printed, current_version, module_name

_EXTRAS = {"torch": "torch", "tensorflow": "tensorflow", "keras": "keras", "optax": "jax"}
"""The extra of the package that brings what a backend's files import."""


def optimizer(
    rule: Given | None = None,
    backend: str | None = None,
    *,
    like: Face | str | None = None,
    name: str | None = None,
    cast: str | None = None,
    fused: bool = True,
    low_precision: bool = False,
) -> Any:
    """Return the class of an optimizer, or for optax the function that makes its transformation.

    It is what :func:`render` prints, imported as a module of its own: the same for the same arguments, with
    a docstring of the equation, states and arguments. It pickles by rule and version, in any process that has
    nos-sym: so does an optimizer of the class. The source is kept between processes.

    >>> import nos_sym, torch
    >>> Opt4 = nos_sym.optimizer("Opt4")
    >>> weight = torch.nn.Parameter(torch.ones(3))
    >>> trained = Opt4([weight], lr=0.1, total_steps=1000)

    Args:
        rule: an optimizer: a name of the catalog, a rule, its text, a file with one, or ``"FILE:NAME"``. The
            name of a library's optimizer, as ``"torch.optim.AdamW"``, stands for what replaces it. It may be
            left out where ``like`` is given.
        backend: ``"torch"``, ``"keras"``, ``"tensorflow"`` or ``"optax"``, or one that a plug-in adds; by
            default that of the library's optimizer, else torch.
        like: the library's optimizer whose arguments, defaults and states the class has; the rule has to be
            what it computes.
        name: name of the class, by default that of the rule, else ``MyOptimizer``.
        cast, fused, low_precision: as for :func:`render`.

    Raises:
        NosSymError: no optimizer is given, it cannot be rendered as asked, or what its file imports is not
            installed.
    """
    expect_texts(backend=backend, name=name, cast=cast)
    expect_flags(fused=fused, low_precision=low_precision)
    if rule is None:
        if like is None:
            raise RenderError("an optimizer is made from a rule, such as 'Opt4', or like=; give one of them")
        rule = like
    chosen, backend, face = faced(rule, backend, like)
    return _imported(optimizer_of(chosen), backend, name, face, cast, fused, low_precision)


def schedule(rule: Given, backend: str = "torch", *, name: str | None = None) -> Any:
    """Return what renders a learning-rate schedule, imported: for torch a scheduler, else a schedule.

    It pickles as what :func:`optimizer` returns.

    Args:
        rule: a schedule: a name of the catalog such as ``"LR1"``, a rule, its text, or a file with one.
        backend: as for :func:`optimizer`.
        name: name of the class, by default that of the rule, else ``MySchedule``.

    Raises:
        NosSymError: no schedule is given, or as for :func:`optimizer`.
    """
    expect_texts(backend=backend, name=name)
    chosen = rule_of(rule)
    if not isinstance(chosen, Schedule):
        raise RenderError(f"{chosen.name or 'the rule'} is an optimizer; expected a schedule such as 'LR1'")
    return _imported(chosen, backend, name, None, None, True, False)


def _imported(
    rule: Rule | Block | Schedule,
    backend: str,
    name: str | None,
    face: Face | None,
    cast: str | None,
    fused: bool,
    low_precision: bool,
) -> Any:
    if backend == "latex":
        raise RenderError("LaTeX is no code; nos_sym.render has its text")
    check_backend(backend)
    rule = checked(rule, backend, name=name, minimal=False, face=face, cast=cast, fused=fused)
    text = str(rule)  # with name and source, which equality leaves out
    if face is not None and text == str(rule_of_face(face)):
        text = ""
    elif rule.name in catalog.names() and text == str(catalog.entry(rule.name)):
        text = rule.name
    printed = Printed(
        version=current_version(),
        rule=text,
        backend=backend,
        face=None if face is None else str(face),
        cast=cast,
        fused=fused,
        low_precision=low_precision,
    )
    try:
        label = re.sub(r"\W", "_", f"{file_name(rule.name)}_{backend}", flags=re.ASCII)
        module = import_module(module_name(label, printed))
    except ModuleNotFoundError as error:
        extra = _EXTRAS.get(backend)
        how = f"; pip install 'nos-sym[{extra}]'" if extra else ""
        raise RenderError(f"files for {backend} import {error.name}, which is not installed{how}") from None
    return getattr(module, rule.name)
