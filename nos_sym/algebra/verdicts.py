"""What a comparison of two rules finds: a proof, a counterexample, a measurement, or nothing.

As a condition a verdict is true where it is a proof of equality; as a text it is what `nos-sym equal` prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.algebra.identities import Identity
from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdict_text import (
    different_lines,
    form_line,
    in_brackets,
    indistinguishable_lines,
    lines_of_equal,
    unknown_lines,
)

if TYPE_CHECKING:
    from nos_sym.algebra.falsification.counterexample import Counterexample


@dataclass(frozen=True, slots=True, repr=False)
class Equal:
    """Two rules have the same form, which proves them equal.

    Attributes:
        level: what equality means; ``exact`` where ``float32`` was asked for and equality is proved.
        first: identities that carry the first rule to the form.
        second: identities that carry the second rule to it.
        assumptions: expressions that are taken not to be zero, in the language; empty for equality on every
            history. Each is zero on a null set of histories alone.
        form: the common form, written in the language; empty where it is too large to be written.
        zeros: at level ``schedule`` the number of steps, for every T, at which the functions of the step that
            make the rules equal may be zero or singular.
        where_zero: a state at which an assumption fails and the rules differ; ``None`` where none was found.
        states: how many states the common form has that are no value of the language.
    """

    level: Level
    first: tuple[Identity, ...]
    second: tuple[Identity, ...]
    assumptions: tuple[str, ...]
    form: str
    zeros: int = 0
    where_zero: Counterexample | None = None
    states: int = 0

    def __bool__(self) -> bool:
        return True

    def __str__(self) -> str:
        return "\n".join(lines_of_equal(self))

    def __repr__(self) -> str:
        assumed = [f"where {x} is not zero" for x in self.assumptions]
        return in_brackets(
            [f"Equal at level {self.level.value}: {form_line(self.form, self.states)}", *assumed]
        )


@dataclass(frozen=True, slots=True, repr=False)
class Different:
    """Two rules differ, with a state on which they do.

    Attributes:
        level: what equality means.
        counterexample: the state and both updates.
    """

    level: Level
    counterexample: Counterexample

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "\n".join(different_lines(self.counterexample.describe()))

    def __repr__(self) -> str:
        first, *more = self.counterexample.describe()
        return in_brackets([f"Different at level {self.level.value}: {first}", *more])


@dataclass(frozen=True, slots=True, repr=False)
class Indistinguishable:
    """Two rules are not told apart by samples in float32. This is a measurement and not a proof.

    Attributes:
        distance: the largest relative difference of an entry of their updates.
        samples: how many entries were compared.
    """

    distance: float
    samples: int = 0

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "\n".join(indistinguishable_lines(self.samples, self.distance))

    def __repr__(self) -> str:
        return in_brackets(
            [f"Indistinguishable: {self.samples:,} samples in float32", f"{self.distance:.2g} apart at most"]
        )


@dataclass(frozen=True, slots=True, repr=False)
class Unknown:
    """Neither a proof nor a counterexample was found.

    Attributes:
        level: what equality would mean.
    """

    level: Level

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "\n".join(unknown_lines(self.level.value))

    def __repr__(self) -> str:
        return in_brackets([f"Unknown at level {self.level.value}"])


Verdict = Equal | Different | Indistinguishable | Unknown
