"""Keys of learning-rate schedules: the same where one is proved to be a constant times the other."""

from __future__ import annotations

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import canonical, make_key
from nos_sym.algebra.factor import factor, split
from nos_sym.algebra.kernel import Poly
from nos_sym.algebra.levels import Level, level_form
from nos_sym.algebra.text import number_apart
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.traversal import walk

Form = Poly
"""The canonical form of a schedule, for those who keep it and look into nothing of it."""


def schedule_form(rule: Rule) -> Poly | None:
    """Return the canonical form of the schedule that leaves a rule; ``None`` where none does.

    It is what :func:`nos_sym.algebra.factor.factor` takes out, but for detours. Any function of the step
    leaves any rule if its reciprocal stays behind, as 1 + a13 leaves ``v / sqrt(1 + ([1 / (1 + a13)] g)^2)``,
    whose core then has two decay functions in place of one. Fewer have to be left than were there.
    """
    if not any(node.kind is Kind.STEP for node in walk(rule.update)):
        # The canonical form takes the time, and most optimizers of a search have no decay.
        return None
    form = split(canonical(rule))[0]
    if not _varies(form):
        return None
    return form if _decays(factor(rule).core.update) < _decays(rule.update) else None


def _decays(expression: Basic) -> int:
    """Return how often a function of the step acts on a tensor in an expression, corrections left out.

    It multiplies it, or is a term, as 2 - a5 is of ``tanh(g)^2 + 2 - a5``; the terms of one sum count once.
    """
    counts: dict[Basic, int] = {}
    sums: set[Basic] = set()
    for node in walk(expression):  # operands first
        own = False
        if node.kind is not Kind.STEP:
            own = any(operand.kind is Kind.STEP and _decides(operand) for operand in _nodes(node))
            if node.operation.name in ("add", "sub"):
                before = any(operand in sums for operand in node.operands)
                if own or before:
                    sums.add(node)
                own = own and not before
        counts[node] = own + sum(counts.get(operand, 0) for operand in node.operands)
    return counts.get(expression, 0)


def _nodes(node: Node) -> list[Node]:
    return [operand for operand in node.operands if isinstance(operand, Node)]


def _decides(factor_of_step: Basic) -> bool:
    """Return whether a function of the step has a schedule among its leaves, and not corrections alone."""
    leaves = (node for node in walk(factor_of_step) if not node.operands)
    return any(leaf.operation.name != "correction" for leaf in leaves)


def form_key(form: Poly) -> str:
    """Return the key of the form of a schedule.

    Two with one key differ by a constant factor other than 0, which may be negative: a peak learning rate and
    the sign of the update absorb it. Keys of the same version alone say so.
    """
    return make_key("schedule", level_form(form, Level.SCALE).digest, Level.SCALE.value)


def schedule_key(schedule: Schedule) -> str | None:
    """Return the key of a schedule as it is written; ``None`` where it does not vary with the step."""
    form = split(canonical(Rule(Momentum.NONE, apply("scale", schedule.factor, number(1)))))[0]
    return form_key(form) if _varies(form) else None


def schedule_of_form(form: Form) -> Schedule:
    """Return a form as a schedule, without constants that multiply or divide the whole."""
    whole = Schedule(number_apart(form)[1])
    shorter = Schedule(_without_constants(whole.factor))
    return shorter if schedule_key(shorter) == form_key(form) else whole


def _without_constants(expression: Basic) -> Basic:
    """Return an expression without the constant factors that are seen in its text."""
    if not isinstance(expression, Node) or _is_constant(expression):
        return expression
    name, operands = expression.operation.name, expression.operands
    if name == "neg":
        return _without_constants(operands[0])
    if name == "mul":
        parts = [_without_constants(part) for part in operands if not _is_constant(part)]
        return parts[0] if len(parts) == 1 else expression.func(*parts)
    if name in ("div", "rdiv") and not _is_constant(operands[0]):
        first, second = _without_constants(operands[0]), operands[1]
        if name == "div":
            second = _without_constants(second)
            return first if _is_constant(second) else expression.func(first, second)
        return expression.func(first, second)
    return expression


def _is_constant(expression: Basic) -> bool:
    return not any(node.kind is Kind.STEP and not node.operands for node in walk(expression))


def _varies(form: Poly) -> bool:
    return any(not atom.constant for term, _ in form.terms for atom, _, _ in term.factors)
