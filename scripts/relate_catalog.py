"""Proves which optimizers of the catalog are equal, and writes the table of ``nos_sym.faces.relations``.

    python scripts/relate_catalog.py [--seconds 60] [--out FILE]

Two optimizers are candidates at their defaults where they have a form in common, and for all settings where
they have one family key; a row is written when a proof of it was found and replayed, or when the families
have one form with the settings of the same names paired. Of a class of equal entries each is related to
the first, or where that proof is not found to the first one with which it is. What the algebra proves
and no proof was found for is printed, and is no row.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import nos_sym.faces
from nos_sym import catalog
from nos_sym.algebra.block_equality import form_of_system
from nos_sym.algebra.equivalence import compare
from nos_sym.algebra.families import compare_families, family_key
from nos_sym.algebra.verdicts import Equal
from nos_sym.errors import RuleError
from nos_sym.faces.relations import AT_THE_DEFAULTS, FILE, FOR_ALL_SETTINGS, HEADER, Relation
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule
from nos_sym.language.setting import setting_domain, setting_name
from nos_sym.proof.checker import check_proof
from nos_sym.proof.errors import Refused
from nos_sym.proof.search.producer import SECONDS, prove

TABLE = Path(nos_sym.faces.__path__[0]) / FILE

Optimizer: TypeAlias = Rule | Block


def optimizers() -> dict[str, Optimizer]:
    """Return the optimizers of the catalog by name, in its order."""
    return {rule.name: rule for rule in catalog.entries() if not isinstance(rule, Schedule)}


def equal_at_the_defaults(a: Optimizer, b: Optimizer, seconds: float = SECONDS) -> bool:
    """Return whether two optimizers are equal by the algebra, and by a proof that the checker accepts."""
    a, b = a.at_defaults(), b.at_defaults()
    if not isinstance(compare(a, b), Equal):
        return False
    proof = prove(a, b, seconds=seconds)
    if proof is None:
        return False
    try:
        check_proof(str(proof))
    except Refused:
        return False
    return True


def equal_for_all_settings(a: Optimizer, b: Optimizer) -> bool:
    """Return whether two optimizers are equal for all values of their settings, which have the same names."""
    domains = [{setting_name(n): setting_domain(n) for n in rule.settings} for rule in (a, b)]
    if not domains[0] or domains[0] != domains[1]:
        return False
    try:
        return isinstance(compare_families(a, b).verdict, Equal)
    except RuleError:
        return False


def holds(relation: Relation, seconds: float = SECONDS) -> bool:
    """Return whether a row of the table is proved."""
    known = optimizers_named(relation.first, relation.second)
    if relation.holds == FOR_ALL_SETTINGS:
        return equal_for_all_settings(*known)
    return equal_at_the_defaults(*known, seconds)


def optimizers_named(*names: str) -> tuple[Optimizer, ...]:
    """Return optimizers of the catalog by their names."""
    found = []
    for name in names:
        rule = catalog.entry(name)
        assert not isinstance(rule, Schedule), name
        found.append(rule)
    return tuple(found)


def classes(rules: dict[str, Optimizer], marks: Callable[[Optimizer], frozenset[object]]) -> list[list[str]]:
    """Return the names of the optimizers that share a mark, in groups of two and more."""
    groups: list[tuple[list[str], set[object]]] = []
    for name, rule in rules.items():
        names, found = [name], set(marks(rule))
        for group in [g for g in groups if g[1] & found]:
            names, found = [*group[0], *names], found | group[1]
            groups.remove(group)
        groups.append((names, found))
    order = list(rules)
    return sorted(
        (sorted(names, key=order.index) for names, _ in groups if len(names) > 1),
        key=lambda names: order.index(names[0]),
    )


def related(
    names: list[str], how: str, equal: Callable[[Optimizer, Optimizer], bool], rules: dict[str, Optimizer]
) -> Iterator[Relation]:
    """Yield the rows of a group: each member with the first one before it to which it is proved equal."""
    for i, second in enumerate(names[1:], 1):
        partner = next((first for first in names[:i] if equal(rules[first], rules[second])), None)
        if partner is not None:
            yield Relation(partner, second, how)
        elif how == AT_THE_DEFAULTS:
            print(f"no proof found: {second} and any of {', '.join(names[:i])}", file=sys.stderr, flush=True)


def text_of(rows: list[Relation]) -> str:
    """Return the table of some rows."""
    tables = [
        f'[[equal]]\nfirst = "{row.first}"\nsecond = "{row.second}"\nholds = "{row.holds}"\n' for row in rows
    ]
    return "\n".join([HEADER, *tables])


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=60.0, help="limit of the search for a proof")
    parser.add_argument("--out", type=Path, default=TABLE, help="file of the table")
    options = parser.parse_args()
    rules = optimizers()

    def proved(a: Optimizer, b: Optimizer) -> bool:
        return equal_at_the_defaults(a, b, options.seconds)

    rows: list[Relation] = []
    for group in classes(rules, lambda rule: frozenset(form_of_system(rule.at_defaults()).digests)):
        rows += related(group, AT_THE_DEFAULTS, proved, rules)
        print(", ".join(group), file=sys.stderr, flush=True)
    for group in classes(rules, lambda rule: frozenset({family_key(rule)} if rule.settings else ())):
        rows += related(group, FOR_ALL_SETTINGS, equal_for_all_settings, rules)
        print("families:", ", ".join(group), file=sys.stderr, flush=True)
    options.out.write_text(text_of(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
