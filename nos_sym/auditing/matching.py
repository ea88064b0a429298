"""Which settings of two optimizers are one: by their names, and by what libraries call them.

A pairing is a question and no claim: whatever is paired, the algebra decides whether the two are equal.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from sympy.core.numbers import Rational

from nos_sym.auditing.side import AuditError, Side
from nos_sym.errors import quoted
from nos_sym.faces import faces
from nos_sym.faces.face import Use
from nos_sym.intervals.interval import Interval
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.setting import domain_text, setting_default, setting_domain, setting_name
from nos_sym.language.setting_values import hint_at

_COUNTED = re.compile(r"(beta|eps)s?_?(\d)")
_SMOOTHING = re.compile(r"alpha|rho|gamma|decay|decay_rate|smoothing|betas?_?\d?|b\d?")
_LISTED = re.compile(r"betas[._]?(\d)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A setting that both sides have.

    Attributes:
        first, second: its names.
        domain: values that both take.
        defaults: its defaults.
    """

    first: str
    second: str
    domain: Interval
    defaults: tuple[Rational, Rational]

    @property
    def name(self) -> str:
        """Its name, both where they differ."""
        return self.first if self.first == self.second else f"A.{self.first} = B.{self.second}"


@dataclass(frozen=True, slots=True)
class Matching:
    """The settings of two optimizers.

    Attributes:
        pairs: those that both have.
        first, second: those that one alone has, with their defaults.
        notes: why settings of one name are not paired.
    """

    pairs: tuple[Pair, ...]
    first: tuple[tuple[str, Rational], ...]
    second: tuple[tuple[str, Rational], ...]
    notes: tuple[str, ...] = ()

    def defaults_differ(self) -> list[Pair]:
        """Return the pairs with other defaults on either side."""
        return [p for p in self.pairs if p.defaults[0] != p.defaults[1]]

    def lines(self) -> list[str]:
        """Return what is to be known of settings before anything is said of the two."""
        found = [
            f"{p.name}: the defaults differ, {number_text(p.defaults[0])} and {number_text(p.defaults[1])}"
            for p in self.defaults_differ()
        ]
        for letter, alone in (("A", self.first), ("B", self.second)):
            if alone:
                said = ", ".join(f"{name} = {number_text(value)}" for name, value in alone)
                found.append(f"{letter} alone has {said}")
        return [*found, *self.notes]


def match(a: Side, b: Side, given: Mapping[str, str] | None = None) -> Matching:
    """Pair the settings of two sides.

    Args:
        a: one side.
        b: the other.
        given: settings of the first to those of the second, as the user pairs them.

    Raises:
        AuditError: a setting does not exist or is paired twice.
    """
    first = {setting_name(n): n for n in a.rule.settings}
    second = {setting_name(n): n for n in b.rule.settings}
    found = _given(first, second, given or {})
    for same in (_same_name, _same_meaning, _both_smooth):
        for x in first:
            partners = [y for y in second if same(x, y) and y not in found.values()]
            rivals = [z for z in first if z not in found and partners and same(z, partners[0])]
            if x not in found and len(partners) == 1 and rivals == [x]:
                found[x] = partners[0]
    pairs, notes = [], []
    for x, y in found.items():
        domains = setting_domain(first[x]), setting_domain(second[y])
        common = intersection(*domains)
        if common is None:
            told = f"A.{x} lies in {domain_text(domains[0])} and B.{y} in {domain_text(domains[1])}"
            notes.append(f"{told}, which have nothing in common")
        else:
            defaults = setting_default(first[x]), setting_default(second[y])
            pairs.append(Pair(x, y, common, defaults))
            notes += [
                f"{letter}.{name} = {number_text(value)} is no value of the other side; both take {common}"
                for letter, name, value in zip("AB", (x, y), defaults, strict=True)
                if float(value) not in common
            ]
    return Matching(
        tuple(pairs),
        _alone(first, {p.first for p in pairs}),
        _alone(second, {p.second for p in pairs}),
        tuple(notes),
    )


def intersection(a: Interval, b: Interval) -> Interval | None:
    """Return the values in two domains; ``None`` where there is none."""
    low, low_open = max((a.low, a.low_open), (b.low, b.low_open))
    high, closed = min((a.high, not a.high_open), (b.high, not b.high_open))
    if low > high or (low == high and (low_open or not closed)):
        return None
    return Interval(low, high, low_open, not closed)


def number_text(value: Rational) -> str:
    """Return a value of a setting as Python writes the float, ``1e-08``."""
    text = str(float(value))
    return text if Rational(text) == value else decimal_text(value)


def _alone(settings: Mapping[str, Node], paired: set[str]) -> tuple[tuple[str, Rational], ...]:
    return tuple((name, setting_default(node)) for name, node in settings.items() if name not in paired)


def _given(first: Mapping[str, Node], second: Mapping[str, Node], pairs: Mapping[str, str]) -> dict[str, str]:
    for letter, known, names in (("A", first, [*pairs]), ("B", second, [*pairs.values()])):
        for name in names:
            if name not in known:
                raise AuditError(f"{letter} has no setting {quoted(name)}{hint_at(name, list(known))}")
            if names.count(name) > 1:
                raise AuditError(f"{letter}.{name} is paired twice; pair each setting with one")
    return dict(pairs)


def _same_name(x: str, y: str) -> bool:
    return x == y


def _same_meaning(x: str, y: str) -> bool:
    """Return whether libraries have two names for one setting, such as ``epsilon`` and ``eps``."""
    return bool(meanings(x) & meanings(y))


def _both_smooth(x: str, y: str) -> bool:
    """Return whether two names are of coefficients of averages, of which each side must have one more."""
    return {_SMOOTHING.fullmatch(x) is None, _SMOOTHING.fullmatch(y) is None} == {False}


def meanings(name: str) -> frozenset[str]:
    """Return the settings of the catalog that a name stands for in some library, and the name."""
    found = {name, *_library_names().get(name, ())}
    if match := _COUNTED.fullmatch(name):
        found.add(f"{match[1]}{match[2]}")
    if match := _LISTED.fullmatch(name):
        found.add(f"beta{int(match[1]) + 1}")
    return frozenset(found)


@lru_cache(maxsize=1)
def _library_names() -> dict[str, frozenset[str]]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for face in faces():
        for argument in face.arguments:
            if argument.use is Use.SETTINGS and len(argument.settings) == 1:
                names[argument.name].add(argument.settings[0])
    return {name: frozenset(settings) for name, settings in names.items()}
