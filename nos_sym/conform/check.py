"""A check: a name, a question, and a function that answers it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nos_sym.conform.outcome import Verdict
from nos_sym.conform.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """A question to an optimizer.

    Attributes:
        name: by which it is chosen.
        title: the question, as a sentence that holds where it passes.
        ask: returns what was seen, or nothing; raises :class:`~nos_sym.conform.outcome.Fails` or
            :class:`~nos_sym.conform.outcome.DoesNotApply`. Any other error is a failure, too.
        seconds: time that it has, of a processor of its own.
        severity: what it comes to where it does not pass: it fails, or that is advice, where the optimizer
            does its work all the same.
    """

    name: str
    title: str
    ask: Callable[[Subject], str | None]
    seconds: float = 30.0
    severity: Verdict = Verdict.FAILS
