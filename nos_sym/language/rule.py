"""Rules: an optimizer or a schedule as a value."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import RuleError, described, quoted
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, check_size, is_condition, kind_of
from nos_sym.language.setting import CYCLED, setting_name, settings_of, with_values
from nos_sym.language.shown import ShownRule, ShownSchedule
from nos_sym.language.traversal import walk

if TYPE_CHECKING:
    from nos_sym.language.setting_values import Value


class Momentum(Enum):
    """How an update moves the weights (Table 1); ``mu`` is the momentum, ``lr`` the learning rate.

    none: ``w <- w - lr U``. momentum: ``m <- mu m - lr U``, ``w <- w + m``.
    nesterov: ``m <- mu m - lr U``, ``w <- w + mu m - lr U``.
    """

    NONE = "none"
    MOMENTUM = "momentum"
    NESTEROV = "nesterov"


LONGEST_NAME = 60
"""Characters of a name."""

RATE = "lr"
"""What the learning rate is called, whose default a head may state."""

STEP_COUNTS = ("t", "T")
"""What a schedule reads of the leaves of blocks: the step of the training, and how many it has."""


@dataclass(frozen=True, slots=True, repr=False)
class Rule(ShownRule):
    """An optimizer: an update ``U`` and the way it moves the weights.

    Two rules are ``==`` when momentum, sign and update are the same expression; name and source do not count.

    Attributes:
        momentum: momentum type.
        update: the update ``U`` as a SymPy expression of the language's nodes.
        ascent: whether ``U`` enters with the opposite sign (the integrity check may choose it).
        name: Python identifier, the name of the rendered class; empty where it has none.
        source: where the rule comes from, one line.
        settings: the numbers that users may set, in the order of the head; those of ``update`` where left
            out.
        rate: the learning rate that a rendered class has where none is given, ``lr=0.01`` in the head;
            ``None`` for that of the backend. It does not count when rules are compared.
    """

    momentum: Momentum
    update: Basic
    ascent: bool = False
    name: str = ""
    source: str = ""
    settings: tuple[Node, ...] = ()
    rate: Rational | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        check_source(self.source)
        check_rate(self.rate)
        check_size(self.update)
        object.__setattr__(self, "settings", checked_settings(self.settings, self.update))
        if any(setting_name(node) == CYCLED for node in self.settings):
            raise RuleError(f"'{CYCLED}' is the cycled momentum here; choose another name, or write a block")
        if kind_of(self.update) is Kind.STEP:
            raise RuleError(
                "a decay function stands where a tensor must be: an update equation is a tensor; "
                "write 'schedule ~' for a learning-rate schedule"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Rule):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())

    def __str__(self) -> str:
        from nos_sym.language.printer import print_rule

        return print_rule(self)

    def _identity(self) -> tuple[Momentum, bool, Basic]:
        return self.momentum, self.ascent, self.update

    def named(self, name: str, source: str | None = None) -> Rule:
        """Return the same rule under another name."""
        return replace(self, name=name, source=self.source if source is None else source)

    def with_settings(self, values: Mapping[str, Value] | None = None, **named: Value) -> Rule:
        """Return the same rule with other defaults of its settings, as in ``rule.with_settings(eps="1e-6")``.

        Raises:
            RuleError: it has no such setting, or the number is none or lies outside the domain.
        """
        from nos_sym.language.setting_values import with_defaults

        settings, put = with_defaults(self.settings, {**(values or {}), **named})
        return replace(self, update=put(self.update), settings=settings)

    def at_defaults(self) -> Rule:
        """Return the rule with the default of each setting in its place, what equality and keys are about."""
        return replace(self, update=with_values(self.update), settings=()) if self.settings else self

    def sympy(self) -> Any:
        """Return the update ``U`` as plain SymPy.

        ``g``, ``w``, ``t`` and ``T`` are symbols, state-holding and random operations are applied undefined
        functions with real values, everything else is SymPy's own. The sign of ascent is applied. SymPy
        simplifies the result, unless the rule is so large, or its numbers are, that this might not end.

        Raises:
            RuleError: the rule is too large for SymPy.
        """
        from nos_sym.language.plain import to_sympy

        update = to_sympy(self.update)
        return -update if self.ascent else update

    def to_json(self) -> dict[str, Any]:
        """Return the rule as JSON data; :func:`nos_sym.rule_from_json` reads it."""
        from nos_sym.language.json_form import rule_to_json

        return rule_to_json(self)


@dataclass(frozen=True, slots=True, repr=False)
class Schedule(ShownSchedule):
    """A named scalar function of the step that multiplies a base learning-rate schedule (Table 10).

    ``t`` is the step of the training, which goes on after ``T``; decay functions hold their last value there.

    Attributes:
        factor: the function as a SymPy expression of decay functions, ``t`` and ``T``.
        name: Python identifier.
        source: where it comes from, one line.
        settings: the numbers that users may set; see :class:`Rule`.
    """

    factor: Basic
    name: str = ""
    source: str = ""
    settings: tuple[Node, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        check_source(self.source)
        check_size(self.factor)
        object.__setattr__(self, "settings", checked_settings(self.settings, self.factor))
        if is_condition(self.factor):
            raise RuleError("a condition is no factor; write where(condition, x, y)")
        for node in walk(self.factor):
            if (
                node.operation.of_blocks
                and not node.operation.arity
                and node.operation.name not in STEP_COUNTS
            ):
                raise RuleError(f"'{node.operation.name}' stands in blocks alone; a schedule reads t and T")
        kind = kind_of(self.factor)
        if not kind.of_step:
            raise RuleError(
                f"{kind.value} stands where a decay function must be: a schedule is made of a1 to a14, t, T"
            )

    def __eq__(self, other: object) -> bool:
        return self.factor == other.factor if isinstance(other, Schedule) else NotImplemented

    def __hash__(self) -> int:
        return hash(("schedule", self.factor))

    def __str__(self) -> str:
        from nos_sym.language.printer import print_rule

        return print_rule(self)

    def named(self, name: str, source: str | None = None) -> Schedule:
        """Return the same schedule under another name."""
        return replace(self, name=name, source=self.source if source is None else source)

    def with_settings(self, values: Mapping[str, Value] | None = None, **named: Value) -> Schedule:
        """Return the same schedule with other defaults of its settings, as :meth:`Rule.with_settings`.

        Raises:
            RuleError: it has no such setting, or the number is none or lies outside the domain.
        """
        from nos_sym.language.setting_values import with_defaults

        settings, put = with_defaults(self.settings, {**(values or {}), **named})
        return replace(self, factor=put(self.factor), settings=settings)

    def times(self, other: Schedule) -> Schedule:
        """Return the product with another schedule, as in ``entry("LR1").times(entry("WarmupCosine"))``.

        It has the settings of both; one that both have is one. Its name is the two names together.

        Raises:
            RuleError: both have a setting of a name with different defaults or domains, or the product is too
                large.
        """
        from nos_sym.language.registry import apply

        settings = tuple(dict.fromkeys((*self.settings, *other.settings)))
        named = f"{self.name}{other.name}" if self.name and other.name else ""
        source = f"{self.name} times {other.name}" if named else ""
        factor = apply("mul", self.factor, other.factor)
        return Schedule(factor, named if len(named) <= LONGEST_NAME else "", source, settings)

    def at_defaults(self) -> Schedule:
        """Return the schedule with the default of each setting in its place."""
        return replace(self, factor=with_values(self.factor), settings=()) if self.settings else self

    def sympy(self) -> Any:
        """Return the factor as plain SymPy in the symbols ``t`` and ``T``; see :meth:`Rule.sympy`."""
        from nos_sym.language.plain import to_sympy

        return to_sympy(self.factor)

    def to_json(self) -> dict[str, Any]:
        """Return the schedule as JSON data."""
        from nos_sym.language.json_form import rule_to_json

        return rule_to_json(self)


def checked_settings(declared: tuple[Node, ...], *expressions: Basic) -> tuple[Node, ...]:
    """Return the settings of a rule in order, or raise :class:`RuleError` where they do not fit its
    expressions."""
    used = settings_of(*expressions)
    names = [setting_name(node) for node in used]
    for name in names:
        if names.count(name) > 1:
            raise RuleError(f"the setting '{name}' has two defaults or domains in one rule; rename one")
    if not declared:
        return tuple(used)
    for node in declared:
        if node not in used:
            raise RuleError(f"the setting '{setting_name(node)}' is not used; remove it from the head")
    for node in used:
        if node not in declared:
            raise RuleError(f"the setting '{setting_name(node)}' is missing in the head")
    return declared


def check_name(name: str) -> None:
    """Raise :class:`RuleError` unless ``name`` is empty or may name a class in rendered code."""
    if not isinstance(name, str):
        raise RuleError(f"a name is a text, not {described(name)}")
    if name == "":
        return
    if not (name.isascii() and name.isidentifier()) or len(name) > LONGEST_NAME or name.startswith("_"):
        raise RuleError(
            f"name {quoted(name, 60)} is no identifier; expected letters, digits and '_', at most "
            f"{LONGEST_NAME}, beginning with a letter"
        )
    if keyword.iskeyword(name) or keyword.issoftkeyword(name):
        raise RuleError(f"name '{name}' is a Python keyword; choose another")


def check_rate(rate: object) -> None:
    """Raise :class:`RuleError` unless a default learning rate is ``None`` or an exact number from 0 on."""
    if rate is None:
        return
    if not isinstance(rate, Rational):
        raise RuleError(f"a default learning rate is a Rational of SymPy, not {described(rate)}")
    from nos_sym.language.registry import number

    number(rate)  # refuses what has no finite decimal form, or is out of range
    if rate < 0:
        raise RuleError("the default learning rate 'lr' is below 0; expected 0 or more")


def check_source(source: str) -> None:
    """Raise :class:`RuleError` unless ``source`` is one printable line without quotes or backslashes."""
    if not isinstance(source, str):
        raise RuleError(f"a source is a text, not {described(source)}")
    if len(source) > 200 or not source.isprintable() or '"' in source or "\\" in source:
        raise RuleError(
            "a source is one line of at most 200 printable characters without quotes or backslashes"
        )
