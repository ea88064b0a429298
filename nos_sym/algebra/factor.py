"""Learning-rate schedules factored out: ``rule = schedule * constant * core`` at every step.

A decay function leaves through everything that distributes: products, quotients, negation, absolute values
and roots, maxima whose arguments share it. A factor that varies with the step does not leave an average, a
running maximum or an alternating difference; it does not leave the norm, which clips, nor a function such
as tanh. Bias corrections stay with their averages.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from sympy.core.basic import Basic

from nos_sym.algebra.canonical import canonical
from nos_sym.algebra.kernel import (
    ONE,
    Atom,
    Factor,
    Mono,
    Poly,
    add,
    base,
    constant,
    divided,
    inverse,
    mono,
    mul,
    nonzero,
    poly,
    product,
    scaled,
    shared_factors,
    single,
)
from nos_sym.algebra.polynomials import polynomial
from nos_sym.algebra.text import as_update, number_apart, to_expression
from nos_sym.algebra.written import schedule_in_words
from nos_sym.language.node import Node, size_of
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import apply
from nos_sym.language.rule import Rule, Schedule


@dataclass(frozen=True, slots=True)
class Kept:
    """A decay function that stays in the core.

    Attributes:
        decay: its text.
        reason: why it must stay.
    """

    decay: str
    reason: str


@dataclass(frozen=True, slots=True)
class Factored:
    """A rule as schedule times constant times core.

    Attributes:
        schedule: function of the step that multiplies the learning rate; the number 1 where there is none.
        constant: a number, or an expression of numbers such as ``exp(1)``.
        core: the rule without them, with the momentum type of the rule.
        kept: decay functions that stay in the core.
    """

    schedule: Schedule
    constant: Basic
    core: Rule
    kept: tuple[Kept, ...]

    @property
    def has_schedule(self) -> bool:
        """Whether any decay function left the rule."""
        return isinstance(self.schedule.factor, Node)


def factor(rule: Rule) -> Factored:
    """Split a rule into schedule, constant and core, with ``rule = schedule * constant * core``.

    The three multiplied have the canonical form of the rule. Whatever depends on the step alone and leaves
    the update belongs into a learning-rate schedule; what cannot leave is listed in ``kept`` with its reason.
    ``[a1] tanh(2 * g)`` has schedule a1, constant 1 and core ``tanh(2 * g)``: a factor does not leave tanh.
    Where nothing leaves the rule, schedule and constant are 1 and the core is the rule as it is written.
    """
    form = canonical(rule)
    schedule, number, core = split(form)
    made = _factored(rule, schedule, number, as_update(core))
    if not made.has_schedule and not rule.ascent and _no_shorter(made, rule):
        # Nothing left the rule, and its own words say more than those of its form.
        return _factored(rule, constant(1), constant(1), rule.at_defaults().update)
    if recombined(made) is form:
        return made
    # A few forms have a text with another form: the core is then the rule as it was written, divided.
    update = apply("neg", rule.update) if rule.ascent else rule.update
    if made.has_schedule:
        divided_update = apply("scale", to_expression(inverse(schedule)), update)
        made = _factored(rule, schedule, constant(1), divided_update)
        if recombined(made) is form:
            return made
    return _factored(rule, constant(1), constant(1), update)


def schedule_of(
    rule: Rule, known: dict[bytes, Schedule] | None = None, *, searched: int | None = None
) -> Schedule:
    """Return the schedule that leaves a rule, which :func:`factor` finds too, without a text of the core.

    Args:
        rule: the optimizer.
        known: schedules that were asked for before, by the digests of their forms: many rules have one, and
            writing it takes the time.
        searched: where so many are known, another is written in the words of its rule, if those are proved to
            be it up to a positive constant; by default the text is always that of :func:`factor`.
    """
    form, _, _ = split(canonical(rule))
    known = {} if known is None else known
    if form.digest not in known:
        in_words = searched is not None and len(known) >= searched
        written = schedule_in_words(rule, form) if in_words else None
        known[form.digest] = Schedule(number_apart(form)[1] if written is None else written)
    return known[form.digest]


def _no_shorter(made: Factored, rule: Rule) -> bool:
    """Return whether a constant that is apart, if there is one, has made nothing shorter."""
    return made.constant == 1 or size_of(made.core.update) >= size_of(rule.update)


def _factored(rule: Rule, schedule: Poly, number: Poly, update: Basic) -> Factored:
    core = replace(rule, update=update, ascent=False, name="", source="", settings=())
    left, factor_of_step = number_apart(schedule)
    whole = to_expression(scaled(number, left))
    return Factored(Schedule(factor_of_step), whole, core, tuple(_kept(update)))


def split(p: Poly, *, corrections: bool = False) -> tuple[Poly, Poly, Poly]:
    """Return ``(schedule, constant, core)`` of a canonical form, with ``p = schedule * constant * core``.

    Bias corrections follow the weight's own count and stay in the core, unless ``corrections`` is set: then
    every weight is taken to have a gradient from the first step on.
    """
    if not p.terms:
        return constant(1), constant(1), p
    schedule, rest = _without_shared_decays(p, corrections)
    schedule, rest = _without_proportional_decays(schedule, rest, corrections)
    unit, normal = _natural(schedule)
    if not _is_product(rest):
        return normal, constant(1), mul(unit, rest)
    number, core = without_constant(rest)
    return normal, mul(unit, number), core


def _is_product(p: Poly) -> bool:
    """Return whether a form has one tensor, so that its constant stands apart from it."""
    return len({mono([f for f in m.factors if not f[0].constant]) for m, _ in p.terms}) == 1


def _is_decay(a: Atom, corrections: bool) -> bool:
    return a.scalar and not a.constant and not _must_stay(a, corrections)


def _must_stay(a: Atom, corrections: bool) -> bool:
    """Return whether an atom holds a bias correction, or an operation that may be zero for all we know."""
    if (a.op == "correction" and not corrections) or (a.kind.operation is not None and not nonzero(a)):
        return True
    return any(_must_stay(b, corrections) for x in a.args for m, _ in x.terms for b, _, _ in m.factors)


def _without_shared_decays(p: Poly, corrections: bool) -> tuple[Poly, Poly]:
    """Take out the decays that are factors of every term."""
    shared = {a: e for a, e in shared_factors(p).items() if _is_decay(a, corrections)}
    return product(ONE, [(a, q, s) for a, (q, s) in shared.items()]), divided(p, shared)


def _without_proportional_decays(schedule: Poly, p: Poly, corrections: bool) -> tuple[Poly, Poly]:
    """Take out the coefficient that all tensors share up to a constant, where they share one."""
    groups: dict[Mono, dict[Mono, Fraction]] = {}
    for m, c in p.terms:
        # A constant counts to the coefficient: 1 - sqrt(2) p is one function of the step.
        decays = mono([f for f in m.factors if f[0].constant or _is_decay(f[0], corrections)])
        rest = mono([f for f in m.factors if not (f[0].constant or _is_decay(f[0], corrections))])
        here = groups.setdefault(rest, {})
        here[decays] = here.get(decays, Fraction(0)) + c
    parts: list[tuple[Poly, Poly]] = []
    shared: tuple[Mono, Atom | None] | None = None
    common: Atom | None = None
    whole = True
    for rest, coefficients in groups.items():
        c, m, remainder = base(poly(coefficients))
        if shared is None:
            shared, common = (m, remainder), remainder
        whole = whole and shared == (m, remainder)
        common = common if common is remainder else None
        parts.append((single(rest.factors, c), product(ONE, list(m.factors))))
    assert shared is not None
    if whole and (shared[0].factors or shared[1] is not None):
        head: list[Factor] = [*shared[0].factors, *([(shared[1], 1, 1)] if shared[1] else [])]
        return mul(schedule, product(ONE, head)), add(*(term for term, _ in parts))
    if common is not None:
        # The groups differ by products of decays alone: the sum that they share leaves, the products stay.
        left = add(*(mul(term, decays_of_term) for term, decays_of_term in parts))
        return mul(schedule, product(ONE, [(common, 1, 1)])), left
    return schedule, p


def without_constant(p: Poly) -> tuple[Poly, Poly]:
    """Return the constant coefficient of the first tensor, and the form divided by it."""
    groups: dict[Mono, dict[Mono, Fraction]] = {}
    for m, c in p.terms:
        key = mono([f for f in m.factors if not f[0].constant])
        fixed = mono([f for f in m.factors if f[0].constant])
        here = groups.setdefault(key, {})
        here[fixed] = here.get(fixed, Fraction(0)) + c
    lead = min(groups, key=lambda m: m.digest)
    number = poly(groups[lead])
    rest = mul(p, inverse(number))
    return (number, rest) if mul(number, rest) is p else (constant(1), p)


def _natural(schedule: Poly) -> tuple[Poly, Poly]:
    """Return constant and schedule, with sums written so that their number is 1: ``1 - x``."""
    coefficient, monomial, remainder = base(schedule)
    fixed = [f for f in monomial.factors if f[0].constant]
    varying = [f for f in monomial.factors if not f[0].constant]
    factors: list[Factor] = [*varying, *([(remainder, 1, 1)] if remainder else [])]
    scale = ONE
    for b, q, s in factors:
        numbers = [d for n, d in b.args[0].terms if not n.factors] if b.op == "sum" else []
        if numbers and Fraction(q).denominator == 1:
            scale *= (numbers[0] if s else abs(numbers[0])) ** int(q)
    return product(coefficient * scale, fixed), product(1 / scale, factors)


def recombined(factored: Factored) -> Poly:
    """Return the canonical form of ``schedule * constant * core``, which is that of the rule."""
    parts = (factored.schedule.factor, factored.constant, factored.core.update)
    result = constant(1)
    for part in parts:
        result = mul(result, polynomial(part))
    return result


_REASONS = {
    "ema": "a factor that varies with the step does not leave an average",
    "ema_hat": "a factor that varies with the step does not leave an average",
    "delta": "a factor that varies with the step does not leave an alternating difference",
    "running_max": "a factor that varies with the step does not leave a running maximum",
    "clip_norm": "the norm clips, so a factor does not leave it",
    "max": "the arguments of the maximum do not share it",
    "min": "the arguments of the minimum do not share it",
    "add": "the terms of the sum do not share it",
    "sub": "the terms of the sum do not share it",
}


def _kept(update: Basic) -> Iterator[Kept]:
    """Yield each decay function of an expression with the operation that keeps it."""
    seen: set[tuple[str, str]] = set()

    def visit(node: Basic, above: tuple[Node, ...]) -> Iterator[Kept]:
        if not isinstance(node, Node):
            return
        if node.operation.role is Role.SCALE and not _only_corrections(node.operands[0]):
            text = print_expression(node.operands[0])
            reason = _reason(above)
            if (text, reason) not in seen:
                seen.add((text, reason))
                yield Kept(text, reason)
        for operand in node.operands:
            yield from visit(operand, (*above, node))

    yield from visit(update, ())


def _only_corrections(decay: Basic) -> bool:
    return all(leaf.operation.name == "correction" for leaf in _leaves(decay))


def _leaves(node: Basic) -> Iterator[Node]:
    if isinstance(node, Node):
        if not node.operands:
            yield node
        for operand in node.operands:
            yield from _leaves(operand)


def _reason(above: tuple[Node, ...]) -> str:
    for node in reversed(above):
        name = node.operation.name
        if name in ("scale", "mul", "div", "neg", "drop", "abs", "sign", "sqrt", "pow"):
            continue
        return _REASONS.get(name, f"it stands inside {name}, which does not distribute over products")
    return "it is a term of its own"
