"""Lowering: a rule to a program with shared values, folded constants and only the state that it needs.

Requires a rule of the registry's nodes. Ensures: the program computes the same real-valued update; each
floating operation of the interpreter stays one operation in the same order (constants are folded in binary64,
identities and multiplications by one vanish), so that backends agree to rounding; guards stand where
``needs_guard`` says. The betas of averages and the factors of weight decay are values of their own, which
users may set.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.interval import NONNEGATIVE, REALS, Interval
from nos_sym.language.decimal_text import decimal_text
from nos_sym.language.node import Node
from nos_sym.language.operation import TINY, Guard, Kind, Role
from nos_sym.language.printer import print_expression
from nos_sym.language.registry import CLASSES, REGISTRY
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.traversal import needs_total_steps, walk
from nos_sym.program.folding import enclose, fold
from nos_sym.program.naming import LETTERS, grouped, label_of
from nos_sym.program.program import Program, Rate, Setting, Slot, Tunable, Value, reachable
from nos_sym.program.ranges import needs_guard, number_range, with_guard

_BETAS = Interval(0, 1, high_open=True)


def lower(rule: Rule | Schedule) -> Program:
    """Return the program of a rule; the sign of ascent is part of ``update``."""
    builder = _Lowering()
    expression = rule.factor if isinstance(rule, Schedule) else rule.update
    builder.draw_all(expression)
    # Operands first, so that a rule of many levels needs no deep stack.
    for node in walk(expression):
        builder.lower(node)
    if isinstance(rule, Schedule):
        factor = builder.lower(rule.factor)
        total = needs_total_steps(rule.factor)
        return Program(Momentum.NONE, factor, tuple(builder.values), needs_total_steps=total)
    update = builder.lower(rule.update)
    builder.bind_corrections()
    if rule.ascent:
        update = builder.value("neg", (update,))
    if update.rate is not Rate.TENSOR:
        update = builder.fill(update)
    return Program(
        rule.momentum,
        update,
        tuple(builder.values),
        tuple(builder.slots),
        tuple(builder.draws),
        needs_total_steps(rule.update),
        builder.tunables(update),
    )


class _Lowering:
    def __init__(self) -> None:
        self.values: list[Value] = []
        self.slots: list[Slot] = []
        self.draws: dict[int, Value] = {}
        self._shared: dict[Any, Value] = {}
        self._done: dict[Basic, Value] = {}
        self._averages: dict[tuple[Value, Rational], Value] = {}
        self._betas: dict[Value, Value] = {}
        self._weight_decays: dict[Rational, Value] = {}

    def tunables(self, update: Value) -> tuple[Tunable, ...]:
        """Return the numbers that the program uses and users may set, and give them their names."""
        used = reachable([update, *(slot.new for slot in self.slots)])
        averages = [slot for slot in self.slots if slot.new in self._betas]
        betas = [(self._betas[s.new], Setting.BETA, f"average {s.name}") for s in averages]
        decays = [(v, Setting.WEIGHT_DECAY, "weights") for v in self._weight_decays.values() if v in used]
        found = []
        for group in (betas, decays):
            for count, (value, setting, description) in enumerate(group, 1):
                first = "" if setting is Setting.WEIGHT_DECAY or len(group) == 1 else "1"
                value.label = f"{setting.value}{count if count > 1 else first}"
                found.append(Tunable(value.label, setting, value.parameters[0], description, value))
        return tuple(found)

    def draw_all(self, expression: Basic) -> None:
        """Make the masks of dropout in the order of their numbers, which is that of drawing."""
        dropouts = (node for node in walk(expression) if node.operation.role is Role.RANDOM)
        for number in sorted({int(node.parameters[1]) for node in dropouts}):
            self.draws[number] = self._share(Value("draw", slot=number, range=iv.UNIT))

    def lower(self, expression: Basic) -> Value:
        """Return the value of an expression, the same one for equal expressions."""
        if expression not in self._done:
            self._done[expression] = self._lower(expression)
        return self._done[expression]

    def _lower(self, expression: Basic) -> Value:
        if not isinstance(expression, Node):
            return self.constant(float(expression), number_range(expression))
        operation = expression.operation
        if operation.role is Role.LEAF:
            return self._leaf(expression)
        special = getattr(self, f"_lower_{operation.name}", None)
        if special is not None:
            lowered: Value = special(expression)
            return lowered
        if operation.definition is not None:
            arguments = (*expression.operands, *expression.parameters)
            return self.lower(operation.definition(*arguments))
        operands = tuple(self.lower(a) for a in expression.operands)
        if operation.absolute:
            operands = (self._absolute(operands[0]), *operands[1:])
        label = label_of(expression)
        return self.value(operation.name, operands, expression.parameters, needs_guard(expression), label)

    def _leaf(self, expression: Node) -> Value:
        operation = expression.operation
        if operation.kind is Kind.TENSOR:
            return self._share(Value(operation.name))
        if operation.definition is not None:
            inner = self.lower(operation.definition())
            return self._relabel(inner, operation.noun, operation.interval())
        if operation.name == "correction":
            return self._correction(self._exact(expression.parameters[0]))
        return self._share(
            Value(
                operation.name,
                parameters=expression.parameters,
                rate=Rate.STEP,
                range=operation.interval(*expression.parameters),
                label=operation.noun or operation.name,
            )
        )

    @staticmethod
    def _relabel(value: Value, label: str, enclosure: Interval) -> Value:
        """Give a value the name and the tighter range of the schedule that it computes."""
        if not value.label and value.operation != "constant":
            value.label = label
            value.range = enclosure
        return value

    def constant(self, number: float, enclosure: Interval | None = None) -> Value:
        """Return the value of a literal or folded number."""
        value = Value(
            "constant",
            rate=Rate.CONSTANT,
            number=number,
            range=enclosure or Interval(number, number),
        )
        return self._share(value)

    def fill(self, scalar: Value) -> Value:
        """Return a scalar spread over the shape of the weights."""
        return self._share(Value("fill", (scalar,), range=scalar.range))

    def value(
        self,
        name: str,
        operands: tuple[Value, ...],
        parameters: tuple[Rational, ...] = (),
        guarded: bool = False,
        label: str = "",
    ) -> Value:
        """Return the value of an operation, shared, folded where every operand is constant."""
        operation = REGISTRY[name]
        if all(o.rate is Rate.CONSTANT for o in operands):
            return self.constant(fold(operation, operands, parameters, guarded))
        if guarded and operands[-1].rate is Rate.CONSTANT:
            # The guard of a constant is decided here: a divisor, or an exponent.
            last = operands[-1].number
            if operation.guard is Guard.QUOTIENT and abs(last) <= TINY:
                return self.constant(0.0)
            guarded = operation.guard is Guard.POWER and last < 0
        if name == "mul":
            for one, other in (operands, operands[::-1]):
                if one.operation == "constant" and one.number == 1:
                    return other
        if name == "div" and operands[1].operation == "constant" and operands[1].number == 1:
            return operands[0]
        rate = max(o.rate for o in operands)
        if guarded and operation.guard is Guard.QUOTIENT and operands[-1].rate < rate is Rate.TENSOR:
            # The guard of a scalar is decided once a step, not for every element.
            inverse = self.value("div", (self.constant(1.0), operands[-1]), guarded=True)
            return self.value("mul", (operands[0], inverse), label=label)
        enclosure = enclose(operation, operands, parameters)
        if guarded:
            enclosure = with_guard(operation, tuple(o.range for o in operands), enclosure)
        return self._share(Value(name, operands, parameters, rate, enclosure, guarded, label=label))

    def _share(self, value: Value) -> Value:
        key = (
            value.operation, tuple(id(o) for o in value.operands), value.parameters,
            value.guarded, value.number, str(value.number), value.slot,
        )  # fmt: skip
        if key not in self._shared:
            self._shared[key] = value
            self.values.append(value)
        return self._shared[key]

    def _absolute(self, value: Value) -> Value:
        """Return ``|value|``, which is the value itself where its range says so."""
        return value if value.range.nonnegative else self.value("abs", (value,))

    def _lower_abs(self, expression: Node) -> Value:
        return self._absolute(self.lower(expression.operands[0]))

    def _lower_clip(self, expression: Node) -> Value:
        """Clip by one minimum where the operand has no negative side."""
        x, y = (self.lower(a) for a in expression.operands)
        bound = self._absolute(y)
        if not x.range.nonnegative:
            x = self.value("max", (x, self.value("neg", (bound,))))
        return self.value("min", (x, bound), label="clipped")

    def _lower_mul(self, expression: Node) -> Value:
        factor, operand = sorted(expression.operands, key=lambda o: isinstance(o, Node))
        is_weight = isinstance(operand, Node) and operand.operation.name == "w"
        if is_weight and not isinstance(factor, Node) and 0 < factor < 1:
            return self.value("mul", (self._weight_decay(factor), self.lower(operand)))
        factor, operand = expression.operands
        return self.value("mul", (self.lower(factor), self.lower(operand)), label=label_of(expression))

    def _weight_decay(self, factor: Rational) -> Value:
        if factor not in self._weight_decays:
            # Any factor from 0 on is allowed, so the range says no more.
            self._weight_decays[factor] = self._tunable(factor, NONNEGATIVE)
        return self._weight_decays[factor]

    def _tunable(self, default: Rational, enclosure: Interval) -> Value:
        value = Value("tunable", parameters=(default,), rate=Rate.STEP, range=enclosure)
        self.values.append(value)
        return value

    def _lower_scale(self, expression: Node) -> Value:
        decay, operand = (self.lower(a) for a in expression.operands)
        return self.value("mul", (decay, operand))

    def _lower_pow(self, expression: Node) -> Value:
        base = self.lower(expression.operands[0])
        exponent = int(expression.parameters[0])
        result = self.value("pow", (base,), (Rational(2),), label=label_of(expression))
        for _ in range(exponent - 2):
            result = self.value("mul", (result, base))
        return result

    def _lower_norm(self, expression: Node) -> Value:
        return self.value("norm", (self._tensor(expression.operands[0]),))

    def _lower_drop(self, expression: Node) -> Value:
        rate, draw = expression.parameters
        operand = self._tensor(expression.operands[0])
        return self.value("drop", (operand, self.draws[int(draw)]), (rate,))

    def _tensor(self, expression: Basic) -> Value:
        value = self.lower(expression)
        return value if value.rate is Rate.TENSOR else self.fill(value)

    def _lower_ema(self, expression: Node) -> Value:
        (operand,), (beta,) = expression.operands, expression.parameters
        return self._average(operand, beta)

    def _lower_ema_hat(self, expression: Node) -> Value:
        (operand,), (beta,) = expression.operands, expression.parameters
        average = self._average(operand, beta)
        correction = self._correction(self._betas[average])
        slot = self._slot_of(average)
        label = label_of(expression) or f"{slot.name}_hat"
        correction.label = f"{slot.name}_correction"
        value = Value("div", (average, correction), range=self._tensor(operand).range, label=label)
        return self._share(value)

    def _correction(self, beta: Value) -> Value:
        """Return ``1 - beta^(t+1)``."""
        operation = REGISTRY["correction"]
        enclosure = operation.interval(beta)
        value = Value("correction", (beta,), rate=Rate.STEP, range=enclosure, label=operation.noun)
        return self._share(value)

    def bind_corrections(self) -> None:
        """Let a correction written apart, as Keras' Adam has it, take the beta of the one average with it."""
        corrections = [value for value in self.values if value.operation == "correction"]
        for value in (v for v in corrections if v.operands[0].rate is Rate.CONSTANT):
            number = value.operands[0].number
            same = [beta for beta in self._betas.values() if float(beta.parameters[0]) == number]
            if len(same) == 1:
                value.operands = (same[0],)
                place = min(self.values.index(v) for v in (value, same[0]))
                self.values.remove(same[0])
                self.values.insert(place, same[0])  # an operand stands before its users

    def _slot_of(self, new: Value) -> Slot:
        return next(slot for slot in self.slots if slot.new is new)

    def _average(self, operand: Basic, beta: Rational) -> Value:
        """Return ``m <- beta m + (1 - beta) x``; one slot serves the corrected and the plain average."""
        x = self._tensor(operand)
        if (x, beta) not in self._averages:
            free = self._tunable(beta, _BETAS)

            def recursion(old: Value) -> Value:
                return self._share(Value("ema", (old, x, free)))

            text = grouped(operand)
            b, c = (decimal_text(v) for v in (beta, 1 - beta))
            description = f"{{name}} <- {b} * {{name}} + {c} * {text}"
            letter = LETTERS.get(text, "average")
            enclosure = x.range.hull(iv.point(0.0))
            node = CLASSES["ema"](operand, beta)
            average = self._slot(letter, description, node, enclosure, recursion)
            self._averages[x, beta] = average
            self._betas[average] = free
        return self._averages[x, beta]

    def _exact(self, value: Rational) -> Value:
        return self.constant(float(value), number_range(value))

    def _lower_delta(self, expression: Node) -> Value:
        x = self._tensor(expression.operands[0])
        description = f"{{name}} <- {grouped(expression.operands[0])} - {{name}}"
        return self._slot("delta", description, expression, REALS, lambda old: self.value("sub", (x, old)))

    def _lower_running_max(self, expression: Node) -> Value:
        x = self._tensor(expression.operands[0])
        enclosure = iv.maximum(x.range, iv.point(0.0))
        description = f"{{name}} <- max({print_expression(expression.operands[0])}, {{name}})"
        return self._slot("peak", description, expression, enclosure, lambda old: self.value("max", (x, old)))

    def _slot(
        self,
        letter: str,
        description: str,
        node: Basic,
        enclosure: Interval,
        recursion: Callable[[Value], Value],
    ) -> Value:
        taken = {slot.name for slot in self.slots}
        name, count = letter, 1
        while name in taken:
            count += 1
            name = f"{letter}_{count}"
        # A range of the state serves no guard: guards are decided on the rule.
        old = self._share(Value("state", slot=len(self.slots), range=enclosure))
        new = recursion(old)
        new.label, new.range = name, enclosure
        self.slots.append(Slot(name, description.format(name=name), node, old, new))
        return new
