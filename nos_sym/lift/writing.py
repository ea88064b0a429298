"""Rules from paths: the ways through a step become one text of the language, which is parsed.

Ways that differ by the step or by data are choices in one expression; those that differ by shape or by
settings, and need other states, are branches of the block.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from nos_sym.errors import NosSymError
from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.parser import parse
from nos_sym.language.setting import domain_of, domain_text
from nos_sym.lift.algebra_of_terms import Maker, leaves_of
from nos_sym.lift.counting import with_count
from nos_sym.lift.deep_axes import with_kernels
from nos_sym.lift.exploring import NoRuleError
from nos_sym.lift.facts import Facts
from nos_sym.lift.merging import Choose, merged
from nos_sym.lift.names import Names
from nos_sym.lift.orthogonalizing import STEPS
from nos_sym.lift.path import Path
from nos_sym.lift.powers import Powers
from nos_sym.lift.printing import Printer, number_text
from nos_sym.lift.ranks import of_ranks
from nos_sym.lift.statements import Statements
from nos_sym.lift.term import Term, Terms, walk
from nos_sym.lift.tidy import Tidy
from nos_sym.lift.totals_of_ranks import SHAPE
from nos_sym.lift.trees import (
    Leaf,
    Node,
    Tree,
    hoisted,
    joined,
    restricted,
    simplified,
    states_of,
    tree_of,
    without_steps,
)

_CHOOSING: tuple[tuple[Choose | None, Choose | None], ...] = ((None, None), (None, merged), (merged, merged))
"""How choices are made of sides of branches, and of what is added up; the next where a rule is too large."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a rule.

    Attributes:
        name: in the language.
        default: its value.
        domain: where it may lie; ``None`` for that of its name.
    """

    name: str
    default: float
    domain: Interval | None = None


def block_of(
    paths: Sequence[Path],
    settings: Sequence[Setting],
    terms: Terms,
    facts: Facts,
    *,
    name: str = "",
    source: str = "",
    hints: Mapping[Term, str] | None = None,
) -> Block:
    """Return the rule of all paths.

    Args:
        paths: of each number of axes.
        settings: in the order of the head; those that the rule does not read are left out.
        terms: the maker of all terms.
        facts: what is known of settings.
        name: of the rule.
        source: where it comes from.
        hints: what the original calls values.

    Raises:
        NoRuleError: the language cannot say it; the message has the operation and its place.
    """
    known = [s.name for s in settings]
    narrow = _coefficients(paths)
    failure: NosSymError | None = None
    signless = {s.name for s in settings if (s.domain or domain_of(s.name)).low >= 0}
    powers = Powers(terms, signless, {s.name for s in settings if float(s.default).is_integer()})
    for (choose, summed), absolute in product(_CHOOSING, (False, True)):
        signed = powers.signed if absolute else None
        body = body_text(paths, terms, facts, known, hints or {}, signed=signed, choose=choose, summed=summed)
        read = [s for s in settings if re.search(rf"\b{s.name}\b", body)]
        head = ", ".join(_setting(s, s.name in narrow) for s in read)
        origin = f' from "{source}"' if source else ""
        try:
            found = parse(f"{name or 'Lifted'}{f'({head})' if head else ''} = {{\n{body}}}{origin}\n")
        except NosSymError as error:
            failure = error
            continue
        assert isinstance(found, Block)
        return found if name else found.named("")
    raise NoRuleError(f"what was lifted is no rule: {failure}") from failure


def _coefficients(paths: Sequence[Path]) -> set[str]:
    """Return names that coefficients of Newton-Schulz steps read, which the language bounds."""
    found: set[str] = set()
    for path in paths:
        for term in walk(path.weight, *(s.new for s in path.states)):
            if term.operation in STEPS:
                found |= leaves_of(*term.operands[1:])
            elif term.operation in STEPS.values():
                found |= leaves_of(*term.operands[4:])
    return found


def _setting(setting: Setting, coefficient: bool) -> str:
    from sympy.core.numbers import Rational

    default = decimal_text(Rational(repr(setting.default)))
    usual = domain_of(setting.name)
    domain = Interval(-100, 100) if coefficient else setting.domain
    if domain is None and setting.default not in usual:
        domain = Interval(float("-inf"), float("inf"), low_open=True, high_open=True)
    own = "" if domain is None or domain == usual else f" in {domain_text(domain)}"
    return f"{setting.name}={default}{own}"


def body_text(
    paths: Sequence[Path],
    terms: Terms,
    facts: Facts,
    settings: Sequence[str],
    hints: Mapping[Term, str],
    *,
    signed: Callable[[Term], Term] | None = None,
    choose: Choose | None = None,
    summed: Choose | None = None,
) -> str:
    """Return the statements of a block.

    Args:
        paths: of each number of axes.
        terms: the maker of terms.
        facts: what is known of settings.
        settings: names.
        hints: what the original calls values.
        signed: writes the sign of powers, where they are those of absolute values; ``None`` where bases are
            never negative.
        choose: makes one term of both sides of a branch, see :func:`.joined`.
        summed: does so for what is added up over parameters of other numbers of axes.
    """
    make = Maker(terms)
    trees: dict[int, Tree] = {}
    known = SHAPE | set(settings)

    def static(condition: Term) -> bool:
        return leaves_of(condition) <= known

    for rank in sorted({p.rank for p in paths}):
        tree = tree_of([p for p in paths if p.rank == rank])
        if rank > 2:
            tree = tree.mapped(lambda x: with_kernels(terms, x))
        tree = simplified(restricted(tree, facts), facts, terms)
        trees[rank] = joined(hoisted(tree, facts, terms, static), make, static, choose)
    tree = with_count(of_ranks(trees, make, choose, summed), make, settings)
    if isinstance(tree, Node) and not leaves_of(tree.condition) <= set(settings):
        tree = without_steps(tree)
    if signed is not None:
        tree = tree.mapped(signed)
    states = states_of([tree])
    tidy = Tidy(terms, states)
    names = Names(settings)
    names.add(states)
    statements = Statements(
        tidy,
        {tidy(t): n for t, n in reversed(list(hints.items()))},
        names,
        absolute=signed is not None,
    )
    return "".join(f"    {line}\n" for line in _lines(tree, statements, tidy))


def _lines(tree: Tree, statements: Statements, tidy: Tidy) -> list[str]:
    if isinstance(tree, Leaf):
        statements.reset()
        lines = [*statements.declarations(tree), *statements.lines(tree)]
        statements.names.forget()
        return lines
    assert isinstance(tree, Node)
    condition = Printer({}).condition(tidy(tree.condition))
    yes = [f"    {line}" for line in _lines(tree.yes, statements, tidy)]
    no = [f"    {line}" for line in _lines(tree.no, statements, tidy)]
    return [f"if {condition} {{", *yes, "} else {", *no, "}"]


__all__ = ["Setting", "block_of", "body_text", "number_text"]
