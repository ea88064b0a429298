"""The text of a proof: what it holds, and how it is written.

A proof is a head and a chain of rules. Under each link stand what it uses::

    nos-sym proof 1
    level: exact
    A: none ~ clip(g, exp(1) + sign(g))
    B: none ~ clip(g, sign(g) + exp(1))

      none ~ clip(g, exp(1) + sign(g))
    = none ~ clip(g, sign(g) + exp(1))

A line that begins with ``by`` belongs to the link that ends in the next line with ``=``. It cites an
entry of the table with an expression for each placeholder (``by exp-ln; x := 1 + g^2``), what is shown
never to be negative or zero (``by nonneg; x := s_hat``, ``by nonzero; x := 1 + g^2``), or a renaming of
the masks of dropout (``by masks; 1 := 2; 2 := 1``). A link between optimizers with states is an induction
over the steps: ``by induction; A.v := 10 * B.a`` says what the states of the rule above (A) and of the rule
below (B) are to each other after each step, and ``B.n >= 0`` that one is never negative. In a proof of
equality outside a set the head names expressions, as in ``almost: g; g + w``, and a line ``assume g is not
zero`` stands under each link that needs it. Lines that are empty or begin with ``#`` mean nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from sympy.core.basic import Basic

from nos_sym.language.block import Assign, Block
from nos_sym.language.kind import Kind
from nos_sym.language.node import kind_of
from nos_sym.language.printer import print_body, print_expression
from nos_sym.language.products import product
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule
from nos_sym.language.scope import WEIGHT

TITLE = "nos-sym proof 1"
ASSUME = "assume"
INDUCTION = "induction"
NEVER_NEGATIVE = ">= 0"
"""What an induction says of a state in place of a value."""
LEVELS = ("exact", "sign", "scale", "schedule")


@dataclass(frozen=True, slots=True)
class Use:
    """What a link cites.

    Attributes:
        name: an entry of the table, ``nonneg``, ``nonzero``, ``masks``, ``induction`` or ``assume``.
        values: placeholder to the text of what stands for it; of an induction, states to what they are.
        line: line of the text, counted from 1; 0 where the proof was not read.
    """

    name: str
    values: tuple[tuple[str, str], ...] = ()
    line: int = field(default=0, compare=False)

    def __str__(self) -> str:
        if self.name == ASSUME:
            return f"assume {self.values[0][1]} is not zero"
        return "; ".join((f"by {self.name}", *(_value(k, v) for k, v in self.values)))


def invariant_text(name: str, value: str) -> str:
    """Return what an induction says of a state, as an equation or an inequality."""
    return f"{name} {value}" if value == NEVER_NEGATIVE else f"{name} = {value}"


def _value(name: str, value: str) -> str:
    return f"{name} {value}" if value == NEVER_NEGATIVE else f"{name} := {value}"


@dataclass(frozen=True, slots=True)
class Step:
    """A rule of the chain, and what the link that ends in it uses."""

    rule: Rule | Block
    uses: tuple[Use, ...] = ()
    line: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof that two rules are equal at a level.

    Attributes:
        level: ``exact``, ``sign``, ``scale`` or ``schedule``.
        first: one rule.
        second: the other.
        chain: rules from ``times_first`` times the first to ``times_second`` times the second.
        times_first: a number or a function of the step; ``None`` for 1.
        times_second: likewise.
        steps: on how many steps of any training a factor may be zero.
        almost: the expressions that are taken not to be zero, at any step and in any entry; none for equality
            on every history.
    """

    level: str
    first: Rule | Block
    second: Rule | Block
    chain: tuple[Step, ...]
    times_first: Basic | None = None
    times_second: Basic | None = None
    steps: int = 0
    almost: tuple[Basic, ...] = ()

    def __str__(self) -> str:
        head = [TITLE, f"level: {self.level}"]
        if self.almost:
            head.append(f"almost: {'; '.join(print_expression(t) for t in self.almost)}")
        head += [f"A: {text_of(self.first)}", f"B: {text_of(self.second)}"]
        for name, factor in (("A", self.times_first), ("B", self.times_second)):
            if factor is not None:
                head.append(f"times {name}: {print_expression(factor)}")
        if self.steps:
            head.append(f"steps: {self.steps}")
        lines = [*head, ""]
        for i, step in enumerate(self.chain):
            lines += [f"    {use}" for use in step.uses]
            lines.append(f"{'= ' if i else '  '}{text_of(step.rule)}")
        return "\n".join(lines) + "\n"


def text_of(rule: Rule | Block) -> str:
    """Return the text of a rule in a proof, in one line."""
    return str(rule) if isinstance(rule, Block) else print_body(rule)


def multiplied(rule: Rule | Block, factor: Basic | None) -> Rule | Block:
    """Return a rule times a number or a function of the step: of a block, the change that it makes."""
    if factor is None:
        return rule
    if isinstance(rule, Block):
        change = product(factor, apply("sub", rule.move, apply("w")))
        return replace(rule, statements=(*rule.statements, Assign(WEIGHT, apply("add", apply("w"), change))))
    name = "scale" if kind_of(factor) is Kind.STEP else "mul"
    return Rule(rule.momentum, apply(name, factor, rule.update), rule.ascent)
