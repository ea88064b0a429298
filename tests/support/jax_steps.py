"""Optimizers in the style of optax that tests write, read off as rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from nos_sym.lift.arguments import arguments_of
from nos_sym.lift.front import Front
from nos_sym.lift.lifting import lifted
from nos_sym.lift.optax_lift import front
from nos_sym.lift.originals import Original
from nos_sym.lift.term import Terms
from nos_sym.lift.writing import Setting, block_of


class Transform(NamedTuple):
    """What a factory of optax returns."""

    init: Callable[[Any], Any]
    update: Callable[..., Any]


def stateless(change: Callable[[Any, Any], Any]) -> Transform:
    """Return a transformation of each gradient and its weight to an update."""
    import jax

    return Transform(lambda _: (), lambda g, s, w: (jax.tree.map(change, g, w), s))


def original_of(factory: Callable[..., Any]) -> Original:
    """Return a factory as lifting has it."""
    return Original(factory, f"tests.{factory.__name__}", "tests", "", "optax")


def front_of_factory(factory: Callable[..., Any], **given: object) -> Front:
    """Return what is read off a factory."""
    original = original_of(factory)
    return front(original, arguments_of(factory, original.name, given, skipped=0), 0, Terms())


def body_of(factory: Callable[..., Any], **given: object) -> list[str]:
    """Return the statements of the rule of a factory."""
    original = original_of(factory)
    arguments = arguments_of(factory, original.name, given, skipped=0)
    terms = Terms()
    found = front(original, arguments, 0, terms)
    settings = [Setting(n.name, n.default) for n in found.arguments.numbers if n.name != "lr"]
    rule = block_of(found.paths, settings, terms, found.facts, hints=found.hints)
    text = str(rule)
    return text[text.index("{") + 2 : text.rindex("}") - 1].split("; ")


def error_of(factory: Callable[..., Any], **given: object) -> float:
    """Return how far the lifted rule of a factory is from it over 100 steps."""
    original = original_of(factory)
    return lifted(original, arguments_of(factory, original.name, given, skipped=0)).verification.error
