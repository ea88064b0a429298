"""Equality for all settings: optimizers as families, one for each choice of their numbers.

A setting is a constant of which its domain is known, and nothing else. Two families are equal when their
systems have one form with settings paired. Where the forms differ, values of the settings are tried, and
those at which a history tells the optimizers apart are a counterexample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.algebra.canonical import VERSION
from nos_sym.algebra.elimination import Environment
from nos_sym.algebra.kernel import fresh_workspace, symbol
from nos_sym.algebra.levels import Level
from nos_sym.algebra.minimal import Minimal, minimal
from nos_sym.algebra.verdicts import Different, Equal, Unknown, Verdict
from nos_sym.errors import RuleError
from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.registry import number
from nos_sym.language.rule import Rule
from nos_sym.language.setting import domain_text, setting_default, setting_domain, setting_name
from nos_sym.language.system import System, system_of, with_states

_TRIED = ("0.5", "0", "-1", "0.9", "1", "1e-3", "0.99", "2")
_ROUNDS = 9


@dataclass(frozen=True, slots=True)
class FamilyVerdict:
    """What is known of two families.

    Attributes:
        verdict: ``Equal`` for all values of the settings, ``Different`` at some, or ``Unknown``.
        pairs: settings of the first and of the second that are one.
        values: the settings at which the two part, by the names of the first; those of the second alone are
            written ``B.name``.
    """

    verdict: Verdict
    pairs: tuple[tuple[str, str], ...]
    values: tuple[tuple[str, str], ...] = ()


def compare_families(
    a: Rule | Block, b: Rule | Block, pairs: Mapping[str, str] | None = None
) -> FamilyVerdict:
    """Compare two optimizers for all values of their settings, on every history.

    Args:
        a: one optimizer.
        b: the other.
        pairs: settings of the first to those of the second; others are paired where they have one name.

    Raises:
        RuleError: a setting does not exist, is paired twice, or has another domain than its partner.
    """
    paired = _paired(a, b, pairs or {})
    names = {second: first for first, second in paired}
    renamed = {setting_name(n): names.get(setting_name(n), f"B.{setting_name(n)}") for n in b.settings}
    own = {setting_name(n): setting_name(n) for n in a.settings}
    with fresh_workspace():
        equal = _form(a, own).digest == _form(b, renamed).digest
    if equal:
        return FamilyVerdict(Equal(Level.EXACT, (), (), (), ""), paired)
    from nos_sym.algebra.falsification.histories import can_run, find_history

    for values in _assignments(a, b, names):
        first = _at(system_of(a), {n: values[setting_name(n)] for n in a.settings})
        second = _at(system_of(b), {n: values[renamed[setting_name(n)]] for n in b.settings})
        found = find_history(first, second) if can_run(first, second) else None
        if found is not None:
            shown = tuple((name, str(float(value))) for name, value in values.items())
            return FamilyVerdict(Different(Level.EXACT, found), paired, shown)
    return FamilyVerdict(Unknown(Level.EXACT), paired)


def family_key(rule: Rule | Block) -> str:
    """Return the key of a rule for all settings: equal keys mean equal after a renaming of the settings.

    Settings are numbered in an order that their names do not matter to. Different keys prove nothing.
    """
    with fresh_workspace():
        names = {name: str(number) for number, name in enumerate(canonical_order(rule), 1)}
        digest = _form(rule, names).digest
    text = f"{VERSION}|family|".encode()
    return f"{VERSION}:{blake2b(text + digest, digest_size=12).hexdigest()}"


def family_digest(
    rule: Rule | Block, free: Mapping[str, tuple[str, Interval]], values: Mapping[str, Rational]
) -> bytes:
    """Return the digest of a rule's form where some of its settings are numbers and the others are free.

    Two rules with one digest are equal for all values of the free settings in their domains, those of one
    name being one; different digests prove nothing.

    Args:
        rule: the rule.
        free: for each free setting the name that it is to have, and the domain that it is to range over, a
            part of its own.
        values: for each of the other settings a number of its domain.
    """
    with fresh_workspace():
        system = _at(
            system_of(rule), {n: values[x] for n in rule.settings if (x := setting_name(n)) in values}
        )
        settings: Environment = {
            n: symbol(*free[x]) for n in rule.settings if (x := setting_name(n)) not in values
        }
        return minimal(with_states(system), settings).digest


def canonical_order(rule: Rule | Block) -> list[str]:
    """Return the names of the settings in the order in which a family numbers them.

    A setting is told from the others by the form in which it alone has another name. Settings that cannot be
    told apart keep the order of the head, which can miss an equality and never makes one.
    """
    names = [setting_name(n) for n in rule.settings]

    def mark(name: str) -> bytes:
        return _form(rule, {n: "this" if n == name else "other" for n in names}).digest

    return sorted(names, key=mark)


def _form(rule: Rule | Block, names: Mapping[str, str]) -> Minimal:
    settings: Environment = {n: symbol(names[setting_name(n)], setting_domain(n)) for n in rule.settings}
    return minimal(with_states(system_of(rule)), settings)


def _paired(a: Rule | Block, b: Rule | Block, pairs: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    first = {setting_name(n): n for n in a.settings}
    second = {setting_name(n): n for n in b.settings}
    for name, known, letter in [(x, first, "A") for x in pairs] + [(x, second, "B") for x in pairs.values()]:
        if name not in known:
            expected = ", ".join(known) or "none"
            raise RuleError(f"{letter} has no setting '{name}'; expected one of {expected}")
    if len(set(pairs.values())) < len(pairs):
        raise RuleError("a setting of B is paired with two of A; pair each with one")
    taken = set(pairs.values())
    found = dict(pairs) | {n: n for n in first if n in second and n not in pairs and n not in taken}
    for x, y in found.items():
        domains = setting_domain(first[x]), setting_domain(second[y])
        if domains[0] != domains[1]:
            raise RuleError(
                f"A.{x} lies in {domain_text(domains[0])} and B.{y} in {domain_text(domains[1])}; "
                "paired settings have one domain"
            )
    return tuple(found.items())


def _assignments(a: Rule | Block, b: Rule | Block, names: Mapping[str, str]) -> Iterator[dict[str, Rational]]:
    """Yield values of all settings: the defaults of both, then others of the domains in turn."""
    symbols: dict[str, Node] = {}
    for n in b.settings:
        symbols[names.get(setting_name(n), f"B.{setting_name(n)}")] = n
    defaults = {name: setting_default(n) for name, n in symbols.items()}
    symbols |= {setting_name(n): n for n in a.settings}
    yield defaults | {setting_name(n): setting_default(n) for n in a.settings}
    yield {name: defaults.get(name, setting_default(n)) for name, n in symbols.items()}
    choices = {name: _values(setting_domain(n)) for name, n in symbols.items()}
    for turn in range(_ROUNDS):
        yield {
            name: values[(turn * (2 * i + 1) + i) % len(values)]
            for i, (name, values) in enumerate(choices.items())
        }


def _values(domain: Interval) -> Sequence[Rational]:
    found = [Rational(x) for x in _TRIED if float(x) in domain]
    ends = [x for x in (domain.low, domain.high) if x in domain]
    middle = [(domain.low + domain.high) / 2] if not found and not ends else []
    return [*found, *(Rational(repr(float(x))) for x in (*ends, *middle))]


def _at(system: System, values: Mapping[Node, Rational]) -> System:
    """Return a system with numbers for settings."""
    known: dict[Basic, Basic] = {n: number(value) for n, value in values.items()}
    states = tuple(
        type(s)(s.old, s.start.xreplace(known), s.new.xreplace(known), s.shared) for s in system.states
    )
    return System(states, system.move.xreplace(known))
