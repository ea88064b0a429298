"""How large a step can be, whatever the gradients were."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial, reduce

from sympy.core.basic import Basic

from nos_sym.intervals.interval import Interval
from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.registry import apply, number
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.traversal import replaced, walk
from nos_sym.program.ranges import range_of, ranges_within
from nos_sym.report.sheet.averages import AverageBounds
from nos_sym.report.sheet.induction import by_induction
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.most import Most
from nos_sym.report.sheet.normalized import by_rates, by_weights
from nos_sym.report.sheet.subject import WEIGHT, Subject, negated
from nos_sym.report.sheet.weights import decoupled

_KEY, _TITLE = "bound", "Bound of the update"
LARGEST = 1e6
"""A bound above this says nothing of a step."""

_THROUGH = frozenset(("neg", "add", "sub", "mul", "scale", "abs"))


def bound(subject: Subject) -> list[Line]:
    """Return the line about the size of the update, where it has a bound for all gradients and weights."""
    for expression in _updates(subject):
        apart, bare = _without_decay(subject, expression)
        search = _Search(subject)
        found = search.of(bare) if isinstance(bare, Node) else None
        if found is not None and max(-found.low, found.high) <= LARGEST:
            return [_line(subject, found, apart, search.used)]
    search = _Search(subject)
    most = by_rates(subject, search.of)
    if most is None or most.value > LARGEST:
        return []
    used = most.by if search.used in ("", most.by) else f"{search.used}, and {most.by}"
    return [_line(subject, Interval(-most.value, most.value), "While lr is above 0, ", used)]


def _updates(subject: Subject) -> list[Basic]:
    """Return what the rate multiplies: as it is written, and with a state for each average."""
    found = []
    if isinstance(subject.plain, Rule):
        found.append(negated(subject.plain.update) if subject.plain.ascent else subject.plain.update)
    return found if subject.update is None else [*found, subject.update]


def _without_decay(subject: Subject, update: Basic) -> tuple[str, Basic]:
    """Return the update without a decay of the weight that stands apart, and words for that."""
    if isinstance(subject.plain, Rule) and subject.plain.momentum is not Momentum.NONE:
        return "", update
    (weight,) = subject.forms([WEIGHT])
    decay = decoupled(subject.change(), weight.terms[0][0].factors[0][0])
    if decay is None or any(WEIGHT in set(walk(s.new, s.start)) for s in subject.states):
        return "", update
    # What is left does not read the weight: it is the update of a weight that is 0.
    return "Apart from the decay ", replaced(update, {WEIGHT: number(0)})


def _line(subject: Subject, found: Interval, apart: str, used: str) -> Line:
    largest = outward(max(-found.low, found.high) + 0.0)
    momentum = subject.plain.momentum if isinstance(subject.plain, Rule) else Momentum.NONE
    more = "" if momentum is Momentum.NONE else " / (1 - momentum), lr and momentum constant"
    left, right = "(" if found.low_open else "[", ")" if found.high_open else "]"
    within = f"{left}{outward(found.low)}, {outward(found.high)}{right}"
    says = f"{apart}U lies in {within}: no step moves a weight by more than {largest} lr{more}."
    by = "interval arithmetic over the operations, states by the fixpoints of their recursions"
    by += f", and {used}" if used else ""
    return proved(_KEY, _TITLE, says, by=by, low=found.low, high=found.high)


def outward(value: float) -> str:
    """Return a number in few digits, rounded away from zero, so that a bound stays one."""
    text = f"{value:.5g}"
    if abs(float(text)) < abs(value):
        text = f"{value * (1 + 1e-4):.5g}"
    return text


def _factors(x: Basic) -> Iterator[Basic]:
    """Yield the factors of a product."""
    if isinstance(x, Node) and x.operation.name in ("mul", "scale"):
        for operand in x.operands:
            yield from _factors(operand)
    else:
        yield x


def _is_of_step(x: Basic) -> bool:
    return not isinstance(x, Node) or x.kind.of_step


class _Search:
    """Ranges of expressions, with those of quotients of averages where ranges alone show none.

    Attributes:
        used: the inequality that was needed, in words.
    """

    def __init__(self, subject: Subject) -> None:
        self.range_of = ranges_within(subject.plain) if isinstance(subject.plain, Block) else range_of
        self.subject = subject
        self.averages = AverageBounds(subject)
        self.used = ""
        self.asked: dict[Node, Most | None] = {}

    def of(self, node: Node) -> Interval:
        """Return an interval that holds the value of a node at every step."""
        found = self.range_of(node)
        if found.bounded:
            return found
        most = self.averages.of(node) or by_induction(self.subject, node)
        if most is None and node not in self.asked:
            # An average may be asked for on the way to itself, where states read each other.
            self.asked[node] = None
            self.asked[node] = by_weights(self.subject, self.of, node)
        most = most or self.asked[node]
        if most is not None:
            self.used = most.by
            return Interval(-most.value, most.value)
        if node.operation.name in _THROUGH:
            return node.operation.meaning.range(*map(self._part, node.operands))
        if node.operation.name == "div":
            return self._divided(*node.operands) or found
        return found

    def _part(self, x: Basic) -> Interval:
        return self.of(x) if isinstance(x, Node) else self.range_of(x)

    def _divided(self, over: Basic, under: Basic) -> Interval | None:
        """Return the range of a quotient by those of the parts of what is divided."""
        if not isinstance(over, Node) or over.operation.name not in _THROUGH:
            return None
        meaning = over.operation.meaning
        if over.operation.name in ("mul", "scale"):
            factors = list(_factors(over))
            apart = [x for x in factors if self.range_of(x).bounded]
            # Bias corrections are seen best beside the averages that they correct.
            for taken in ([x for x in apart if not _is_of_step(x)], apart):
                if not taken or len(taken) == len(factors):
                    continue
                rest = [x for x in factors if not any(x is y for y in taken)]
                found = self._part(apply("div", reduce(partial(apply, "mul"), rest), under))
                if found.bounded:
                    return reduce(meaning.range, map(self.range_of, taken), found)
            return None
        return meaning.range(*(self._part(apply("div", x, under)) for x in over.operands))
