"""Branches of code that JAX traces: ``bool`` of a traced number is recorded and answered, both ways.

Settings are traced, so that code which asks ``if momentum > 0`` cannot know. It is answered by an
exploration, which runs the code once for each set of answers, and what was asked is found in the jaxpr as
an operation of this package. Answers belong to a line together with all lines that called it, so that the
same line asked for each parameter is answered alike.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar
from unittest.mock import patch

from nos_sym.lift.jax_reading import ASK, MARK, short_path
from nos_sym.lift.lifted import LiftError

Key = tuple[tuple[str, int, int], ...]
"""The lines that led to a question, with the place in the code of each."""

MOST_RUNS = 64
_DEEPEST = 12
_OF_FRAMEWORKS = re.compile(r"/jax/|/tensorflow/|contextlib")
_HERE = str(Path(__file__).parent)
T = TypeVar("T")


@dataclass(slots=True)
class Asking:
    """Questions of one run.

    Attributes:
        forced: answers, in the order of the questions; what comes later is answered no.
        asked: the lines of each question, one for each time that it was asked.
        answers: by those lines.
    """

    forced: tuple[tuple[Key, bool], ...] = ()
    asked: list[Key] = field(default_factory=list)
    answers: dict[Key, bool] = field(default_factory=dict)
    _known: dict[Hashable, bool] = field(default_factory=dict)

    def answer(self, tracer: Any) -> bool:
        """Return the answer to whether a traced number is not 0, and record the question."""
        import jax

        def record(index: int) -> None:
            truth = tracer if tracer.dtype == bool else tracer != jax.numpy.zeros((), tracer.dtype)
            primitives()[1].bind(truth, index=index)

        return self.take(lines(), _expression(tracer), record)

    def take(self, key: Key, told: Hashable | None, record: Callable[[int], None]) -> bool:
        """Return the answer to a question.

        Args:
            key: its lines.
            told: what is asked, as far as that can be told; ``None`` where it cannot.
            record: puts the question with its number into the trace, where it is a new one.
        """
        if told is not None and told in self._known:
            # The same question elsewhere, as where states are made and where they are stepped.
            return self._known[told]
        if key not in self.answers:
            self.answers[key] = dict(self.forced).get(key, False)
        if told is not None:
            self._known[told] = self.answers[key]
        record(len(self.asked))
        self.asked.append(key)
        return self.answers[key]


@dataclass(frozen=True, slots=True)
class Explored(Generic[T]):
    """One run.

    Attributes:
        answers: that the code got.
        outcome: what came of it.
    """

    answers: dict[Key, bool]
    outcome: T


def lines() -> Key:
    """Return the lines of the original that lead to the question which is asked now."""
    frame = sys._getframe(2)
    found: list[tuple[str, int, int]] = []
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(_HERE) and found:
            break
        if not name.startswith(_HERE) and not _OF_FRAMEWORKS.search(name):
            found.append((name, frame.f_lineno, frame.f_lasti))
        frame = frame.f_back  # type: ignore[assignment]
    return tuple(found)


def _expression(tracer: Any, depth: int = 0) -> Hashable | None:
    """Return what a traced number was computed of, ``None`` where JAX does not say it."""
    parent = getattr(tracer, "parent", None)
    if not hasattr(tracer, "parent"):
        return repr(tracer) if isinstance(tracer, int | float | bool) else None
    literal = getattr(tracer.val, "val", None)
    if literal is not None:
        return repr(literal)
    if parent is None:
        known = tracer._trace.frame.constvar_to_val.get(tracer.val)
        return id(tracer.val) if known is None else _told(known)
    operands = getattr(parent, "in_tracers", None)
    if operands is None or depth > _DEEPEST:
        return None
    parts = tuple(_expression(x, depth + 1) for x in operands)
    if any(x is None for x in parts):
        return None
    return parent.primitive.name, str(sorted(parent.params.items(), key=str)), parts


def _told(constant: Any) -> Hashable | None:
    """Return a constant of a trace as what tells it apart, ``None`` for an array."""
    value = getattr(constant, "canonical", constant)
    return repr(value) if getattr(value, "shape", ()) == () else None


def place_of_key(key: Key) -> str:
    """Return the innermost line of a question."""
    return f"{short_path(key[0][0])}, line {key[0][1]}" if key else "an unknown place"


@lru_cache(maxsize=1)
def primitives() -> tuple[Any, Any]:
    """Return the operations that stand for a state and for a question in a trace."""
    from jax.extend.core import Primitive

    mark, ask = Primitive(MARK), Primitive(ASK)
    one: Any
    for one in (mark, ask):
        one.def_abstract_eval(lambda x, *, index: x)
        one.def_impl(lambda x, *, index: x)
    return mark, ask


@contextmanager
def answered(asking: Asking) -> Iterator[None]:
    """Let questions on traced numbers be answered."""
    import jax

    usual: Any = jax.core.Tracer.__bool__

    def ask(tracer: Any) -> bool:
        if getattr(tracer, "shape", None) != () or not hasattr(tracer, "dtype"):
            return bool(usual(tracer))
        return asking.answer(tracer)

    with patch.object(jax.core.Tracer, "__bool__", ask):
        yield


def explored(run: Callable[[Asking], T]) -> list[Explored[T]]:
    """Return what comes of every way through the code but those on which it raises an error.

    Raises:
        LiftError: too many ways.
        Exception: what the code raised, if it did so on every way.
    """
    done: list[Explored[T]] = []
    refused: Exception | None = None
    waiting: list[tuple[tuple[Key, bool], ...]] = [()]
    runs = 0
    while waiting:
        forced = waiting.pop()
        runs += 1
        if runs > MOST_RUNS:
            raise LiftError(
                f"the original has more than {MOST_RUNS} ways through its branches; set some arguments"
            )
        asking = Asking(forced)
        try:
            done.append(Explored(asking.answers, run(asking)))
        except LiftError:
            raise
        except Exception as error:
            refused = refused or error
        order = list(asking.answers.items())
        for i in range(len(forced), len(order)):
            waiting.append((*order[:i], (order[i][0], True)))
    if refused is not None and not done:
        raise refused
    return done
