"""What the lines of a data sheet are about: one optimizer, as expressions and as canonical forms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from sympy.core.basic import Basic

from nos_sym.algebra.elimination import Environment, state_atom, value_of, values
from nos_sym.algebra.kernel import Atom, Poly, add, as_number, mul, sign_of_poly
from nos_sym.algebra.polynomials import polynomial
from nos_sym.language.block import Block, If, Statement
from nos_sym.language.node import Node, size_of
from nos_sym.language.operation import Role
from nos_sym.language.registry import CLASSES, apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.state import state_name
from nos_sym.language.system import Recursion, System, expressions, system_of, with_states
from nos_sym.language.traversal import replaced, walk
from nos_sym.program.changes import change_of
from nos_sym.program.lower import lower

GRADIENT, WEIGHT, RATE = apply("g"), apply("w"), apply("lr")
STEP, TOTAL_STEPS = apply("t"), apply("T")

_ROUNDS = 24


@dataclass(frozen=True)
class Subject:
    """One optimizer, settings at their defaults.

    Attributes:
        rule: as it was given.
    """

    rule: Rule | Block

    @cached_property
    def plain(self) -> Rule | Block:
        """The rule with numbers for settings, and of branches that these decide the one that is taken."""
        plain = self.rule.at_defaults()
        if isinstance(plain, Rule):
            return plain
        statements = tuple(_decided(plain.statements))
        return plain if statements == plain.statements else replace(plain, statements=statements)

    @cached_property
    def written(self) -> System:
        """States and move, averages as they are written."""
        return system_of(self.plain)

    @cached_property
    def system(self) -> System:
        """States and move, with a state for each average and the like."""
        return with_states(self.written)

    @property
    def states(self) -> tuple[Recursion, ...]:
        """The states."""
        return self.system.states

    @cached_property
    def nodes(self) -> tuple[Node, ...]:
        """Every node of the system."""
        return tuple(walk(*expressions(self.system)))

    def has(self, role: Role) -> bool:
        """Return whether an operation of a role occurs."""
        return any(node.operation.role is role for node in self.nodes)

    @cached_property
    def names(self) -> dict[Node, str]:
        """What people call each state, by the leaf that is its old value: as rendered files do."""
        called = [state_name(s.old).replace(" ", "_") for s in self.states]
        program = lower(self.plain, saturating=False)
        # Both walk the rule from the operands up; the momentum is the last slot, and the first state m.
        slots = [slot.name for slot in program.slots]
        if isinstance(self.plain, Rule) and self.plain.momentum is not Momentum.NONE:
            slots = ["m", *slots[:-1]]
        if len(slots) == len(called):
            called = slots
        return dict(zip((s.old for s in self.states), called, strict=True))

    def name_of(self, state: Recursion) -> str:
        """Return what people call a state."""
        return self.names[state.old]

    @cached_property
    def schedules(self) -> bool:
        """Whether a step depends on its place in the training, and not only on how many came before."""
        found = (node.operation for node in self.nodes)
        return any(
            o.role is Role.LEAF
            and o.kind is not None
            and o.kind.of_step
            and not o.any_total
            and o.name != "correction"
            for o in found
        )

    @cached_property
    def atoms(self) -> dict[Recursion, Atom]:
        """The atom of each state, of which it is known whether it is ever negative."""
        positive = set(self.states)
        for _ in range(_ROUNDS):
            atoms = {s: self._atom(i, s in positive) for i, s in enumerate(self.states)}
            known = {s.old: value_of(a) for s, a in atoms.items()}
            asked = [s for s in self.states if s in positive]
            news = values(known, [x for s in asked for x in (s.start, s.new)])
            kept = {
                s
                for s, start, new in zip(asked, news[::2], news[1::2], strict=True)
                if sign_of_poly(start) > 0 and sign_of_poly(new) > 0
            }
            if kept == positive:
                return atoms
            positive = kept
        return {s: self._atom(i, False) for i, s in enumerate(self.states)}

    def _atom(self, index: int, positive: bool) -> Atom:
        return state_atom(f"sheet {index}", positive=positive)

    @cached_property
    def environment(self) -> Environment:
        """What old values of states are in forms."""
        return {s.old: value_of(a) for s, a in self.atoms.items()}

    def forms(self, wanted: Sequence[Basic], given: Mapping[Basic, Poly] | None = None) -> list[Poly]:
        """Return the forms of expressions, with other forms in the place of some leaves."""
        return values(self.environment | dict(given or {}), wanted)

    def change(self, given: Mapping[Basic, Poly] | None = None) -> Poly:
        """Return what a step adds to the weight, with other forms in the place of some leaves."""
        move, weight = self.forms([self.system.move, WEIGHT], given)
        return add(move, -weight)

    @cached_property
    def update(self) -> Basic | None:
        """What the rate multiplies, over old values of states: ``w <- w - lr update``, which is proved.

        ``None`` where the move is no rate times what does not read the rate.
        """
        return update_of(self, self.system.move)


def _decided(statements: Iterable[Statement]) -> Iterator[Statement]:
    """Yield statements, and in the place of an ``if`` that numbers decide those of its branch."""
    for statement in statements:
        if isinstance(statement, If):
            then, otherwise = tuple(_decided(statement.then)), tuple(_decided(statement.otherwise))
            holds = as_number(polynomial(statement.condition))
            if holds is None:
                yield replace(statement, then=then, otherwise=otherwise)
            else:
                yield from then if holds else otherwise
        else:
            yield statement


def update_of(subject: Subject, move: Basic) -> Basic | None:
    """Return ``u`` of a move ``w - lr u``, as it is written, where the form shows that it is one."""
    change = change_of(move)
    if change is None:
        change = apply("sub", move, WEIGHT)
    made = negated(replaced(change, {RATE: number(1)}))
    if RATE in set(walk(made)):
        return None
    form, rate, whole = subject.forms([made, RATE, apply("sub", move, WEIGHT)])
    return made if mul(rate, -form).digest == whole.digest else None


def negated(x: Basic, levels: int = 4) -> Basic:
    """Return the negative of an expression, with signs inside of sums and products where they are less.

    Args:
        x: an expression.
        levels: how deep in it signs are looked for.
    """
    if isinstance(x, CLASSES["neg"]):
        return x.operands[0]
    if not levels or not isinstance(x, (CLASSES["add"], CLASSES["sub"], CLASSES["mul"], CLASSES["div"])):
        return apply("neg", x)
    (first, second), name = x.operands, x.operation.name
    less = [negated(o, levels - 1) for o in x.operands]
    shorter = [size_of(new) < size_of(old) for new, old in zip(less, x.operands, strict=True)]
    if name == "sub":
        return apply("add", less[0], second) if shorter[0] else apply("sub", second, first)
    if name == "add":
        return apply("add", *less) if any(shorter) else apply("neg", x)
    if shorter[0]:
        return apply(name, less[0], second)
    return apply(name, first, less[1]) if shorter[1] else apply("neg", x)
