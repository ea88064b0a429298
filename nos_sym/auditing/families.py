"""For which settings two optimizers are one: forms with some settings at numbers and the others free.

Everything here is proved by the algebra: a condition is stated where the forms of both sides are the same.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite

from sympy.core.numbers import Rational

from nos_sym.algebra.block_equality import form_of_system
from nos_sym.algebra.families import family_digest
from nos_sym.auditing.matching import Matching, number_text
from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule
from nos_sym.language.setting import setting_default, setting_domain, setting_name

SECONDS = 4.0
"""Time of this thread that a search for settings takes at most."""

SPECIAL = (Rational(0), Rational(1))
"""Values at which terms vanish or become idle."""

_MOST = 3


@dataclass(frozen=True, slots=True)
class Variable:
    """A setting of a question: one that both sides have, or one of a side alone.

    Attributes:
        first, second: its name on either side; empty where the side has none.
        domain: the values that it may have.
        default: the value at which the two are compared: the default of the first side where both take it,
            else that of the second, else some number of the domain.
        other: the default of the second side where both take it, else the same as ``default``.
    """

    first: str
    second: str
    domain: Interval
    default: Rational
    other: Rational

    @property
    def name(self) -> str:
        """How a condition names it: ``eps``, ``A.weight_decay``, ``A.eps and B.epsilon``."""
        if self.first and self.second:
            return self.first if self.first == self.second else f"A.{self.first} and B.{self.second}"
        return f"A.{self.first}" if self.first else f"B.{self.second}"


@dataclass(frozen=True, slots=True)
class Agreement:
    """Settings at which two optimizers are proved to be one.

    Attributes:
        fixed: settings with the numbers that they must have.
        free: settings that may have any value of their domains; none where all were taken at numbers.
    """

    fixed: tuple[tuple[Variable, Rational], ...]
    free: tuple[Variable, ...]

    @property
    def for_all(self) -> bool:
        """Whether it is a theorem for every value of every setting."""
        return not self.fixed

    def __str__(self) -> str:
        fixed = ", ".join(f"{x.name} = {number_text(value)}" for x, value in self.fixed)
        free = ", ".join(f"{x.name} in {x.domain}" for x in self.free)
        where = f"where {fixed}" if fixed else ""
        return (
            " ".join(part for part in (where, f"for all {free}" if free else "") if part)
            or "on every history"
        )


@dataclass
class Families:
    """Two optimizers over the values of their settings; forms that were found are kept.

    Attributes:
        first, second: the optimizers.
        variables: their settings, those that both have first.
    """

    first: Rule | Block
    second: Rule | Block
    variables: tuple[Variable, ...]
    _known: dict[object, object] = field(default_factory=dict)

    @classmethod
    def of(cls, first: Rule | Block, second: Rule | Block, matching: Matching) -> Families:
        """Return the families of two optimizers with some of their settings paired."""
        found = [
            Variable(
                p.first, p.second, p.domain,
                _common(p.domain, p.defaults), _common(p.domain, reversed(p.defaults)),
            )
            for p in matching.pairs
        ]  # fmt: skip
        for letter, rule, alone in (("A", first, matching.first), ("B", second, matching.second)):
            nodes = {setting_name(n): n for n in rule.settings}
            for name, _ in alone:
                domain, default = setting_domain(nodes[name]), setting_default(nodes[name])
                at = (name, "") if letter == "A" else ("", name)
                found.append(Variable(*at, domain, default, default))
        return cls(first, second, tuple(found))

    def equal(self, values: Mapping[Variable, Rational]) -> bool:
        """Return whether the two are proved equal where some settings are numbers and the others are free."""
        if len(values) == len(self.variables):
            first, second = self._digests(0, values), self._digests(1, values)
            return bool(first & second)
        return self._digest(0, values) == self._digest(1, values)

    def at(self, side: int, values: Mapping[Variable, Rational]) -> Rule | Block:
        """Return a side with numbers in place of all of its settings."""
        rule = (self.first, self.second)[side]
        table = {name: value for x, value in values.items() if (name := (x.first, x.second)[side])}
        return rule.with_settings(table).at_defaults()

    def _digests(self, side: int, values: Mapping[Variable, Rational]) -> frozenset[tuple[str, bytes]]:
        rule = self.at(side, values)
        key = side, rule
        if key not in self._known:
            self._known[key] = form_of_system(rule).digests
        found: frozenset[tuple[str, bytes]] = self._known[key]  # type: ignore[assignment]
        return found

    def _digest(self, side: int, values: Mapping[Variable, Rational]) -> bytes:
        numbers: dict[str, Rational] = {}
        free: dict[str, tuple[str, Interval]] = {}
        for i, x in enumerate(self.variables):
            name = (x.first, x.second)[side]
            if name and x in values:
                numbers[name] = values[x]
            elif name:
                free[name] = f"setting {i}", x.domain
        key = side, tuple(sorted(numbers.items())), tuple(free.items())
        if key not in self._known:
            self._known[key] = family_digest((self.first, self.second)[side], free, numbers)
        found: bytes = self._known[key]  # type: ignore[assignment]
        return found


def agreement(families: Families, seconds: float = SECONDS) -> Agreement | None:
    """Return settings at which two optimizers are proved equal, as few of them fixed as can be found.

    Tried are the defaults of the first side, then 0 and 1 for one, two and three of the settings; what is
    found is then freed, a setting at a time, where the proof does not need it.

    Args:
        families: the optimizers.
        seconds: how long to search, in time of this thread.
    """
    end = time.thread_time() + seconds
    for values in special_values(families.variables):
        if families.equal(values):
            return _freed(families, values, end)
        if time.thread_time() > end:
            break
    return None


def special_values(variables: tuple[Variable, ...], most: int = _MOST) -> Iterator[dict[Variable, Rational]]:
    """Yield values for all settings: the defaults, then some of them at special values."""
    defaults = {x: x.default for x in variables}
    yield defaults
    special = {
        x: sorted(
            (v for v in SPECIAL if float(v) in x.domain and v != x.default), key=lambda v: abs(v - x.default)
        )
        for x in variables
    }
    # What is nearly special by default is asked first: an epsilon of 0 changes less than a beta of 0.
    order = sorted(
        (x for x in variables if special[x]), key=lambda x: min(abs(v - x.default) for v in special[x])
    )
    for count in range(1, most + 1):
        for chosen in itertools.combinations(order, count):
            for values in itertools.product(*(special[x] for x in chosen)):
                yield {**defaults, **dict(zip(chosen, values, strict=True))}


def _common(domain: Interval, defaults: Iterable[Rational]) -> Rational:
    """Return the first of some defaults that lies in a domain, else a number of the domain."""
    middle = (domain.low + domain.high) / 2
    others = (
        *SPECIAL,
        Rational(1, 2),
        *(Rational(repr(x)) for x in (domain.low, domain.high, middle) if isfinite(x)),
    )
    return next(x for x in (*defaults, *others) if float(x) in domain)


def _freed(families: Families, values: dict[Variable, Rational], end: float) -> Agreement:
    """Return a proved equality with as many settings free as the proof allows, each tried in turn."""
    free: list[Variable] = []
    kept = dict(values)
    # Settings that both have are freed before those of one, which are often what must be switched off.
    for x in families.variables:
        fewer = {y: value for y, value in kept.items() if y != x}
        if time.thread_time() < end and families.equal(fewer):
            kept, free = fewer, [*free, x]
    return Agreement(tuple(kept.items()), tuple(free))
