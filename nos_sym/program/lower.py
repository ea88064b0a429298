"""Lowering: a rule to a program with shared values, folded constants and only the state that it needs.

Requires a rule of the registry's nodes. Ensures: the program computes the same real-valued update; each
floating operation of the interpreter stays one operation in the same order (constants are folded in binary64,
identities and multiplications by one vanish), so that backends agree to rounding; guards stand where
``needs_guard`` says. The betas of averages and the factors of weight decay are values of their own, which
users may set.
"""

from __future__ import annotations

from typing import Any

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import NONNEGATIVE, Interval
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Role
from nos_sym.language.registry import CLASSES, REGISTRY
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.setting import is_setting, setting_default, setting_domain, setting_name, with_values
from nos_sym.language.singularity import DIVISION, POWER, TINY
from nos_sym.language.state import next_state, previous_state
from nos_sym.language.traversal import needs_total_steps, walk
from nos_sym.program.folding import enclose, fold
from nos_sym.program.naming import LETTERS, grouped, label_of, recursion_text
from nos_sym.program.program import Program, Rate, Setting, Slot, Tunable, Value, reachable
from nos_sym.program.ranges import needs_guard, range_of, with_guard
from nos_sym.program.settings import with_implied_settings


def lower(rule: Rule | Schedule) -> Program:
    """Return the program of a rule; the sign of ascent is part of ``update``."""
    builder = _Lowering()
    expression = rule.factor if isinstance(rule, Schedule) else with_implied_settings(rule.update)
    builder.draw_all(expression)
    # Operands first, so that a rule of many levels needs no deep stack.
    for node in walk(expression):
        builder.lower(node)
    if isinstance(rule, Schedule):
        factor = builder.lower(rule.factor)
        total = needs_total_steps(rule.factor)
        return Program(Momentum.NONE, factor, tuple(builder.values), needs_total_steps=total)
    update = builder.lower(expression)
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
        self._settings: dict[Basic, Value] = {}
        self._uses: dict[Value, str] = {}
        self._weight_decays: dict[Rational, Value] = {}

    def tunables(self, update: Value) -> tuple[Tunable, ...]:
        """Return the numbers that the program uses and users may set, and give them their names."""
        used = reachable([update, *(slot.new for slot in self.slots)])
        betas = [(value, Setting.BETA, text) for value, text in self._uses.items()]
        decays = [(v, Setting.WEIGHT_DECAY, "weights") for v in self._weight_decays.values() if v in used]
        for count, (value, _, _) in enumerate(decays, 1):
            value.label = f"weight_decay{count if count > 1 else ''}"
        return tuple(Tunable(v.label, kind, v.parameters[0], text, v) for v, kind, text in (*betas, *decays))

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
        if operation.state is not None:
            return self._state(expression)
        if operation.meaning.definition is not None:
            arguments = (*expression.operands, *expression.parameters)
            defined = self.lower(operation.meaning.definition(*arguments))
            return self._corrected(expression, defined) if operation.role is Role.STATE else defined
        operands = tuple(self.lower(a) for a in expression.operands)
        if operation.meaning.absolute:
            operands = (self._absolute(operands[0]), *operands[1:])
        label = label_of(with_values(expression))
        return self.value(
            operation.name, operands, expression.parameters, needs_guard(with_values(expression)), label
        )

    def _leaf(self, expression: Node) -> Value:
        operation = expression.operation
        if is_setting(expression):
            return self._setting(expression)
        if operation.kind is Kind.TENSOR:
            return self._share(Value(operation.name))
        if operation.meaning.definition is not None:
            inner = self.lower(operation.meaning.definition())
            return self._relabel(inner, operation.noun, operation.meaning.range())
        if operation.name == "correction":
            return self._correction(self.lower(expression.parameters[0]))
        return self._share(
            Value(
                operation.name,
                parameters=expression.parameters,
                rate=Rate.STEP,
                range=operation.meaning.range(*expression.parameters),
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
            if operation.meaning.singularity is DIVISION and abs(last) <= TINY:
                return self.constant(0.0)
            guarded = operation.meaning.singularity is POWER and last < 0
        if name == "mul":
            for one, other in (operands, operands[::-1]):
                if one.operation == "constant" and one.number == 1:
                    return other
        if name == "div" and operands[1].operation == "constant" and operands[1].number == 1:
            return operands[0]
        rate = max(o.rate for o in operands)
        if guarded and operation.meaning.singularity is DIVISION and operands[-1].rate < rate is Rate.TENSOR:
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
        return self.value(
            "mul", (self.lower(factor), self.lower(operand)), label=label_of(with_values(expression))
        )

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
        result = self.value("pow", (base,), (Rational(2),), label=label_of(with_values(expression)))
        for _ in range(exponent - 2):
            result = self.value("mul", (result, base))
        return result

    def _lower_clip_norm(self, expression: Node) -> Value:
        return self.value("clip_norm", (self._tensor(expression.operands[0]),))

    def _lower_drop(self, expression: Node) -> Value:
        rate, draw = expression.parameters
        operand = self._tensor(expression.operands[0])
        return self.value("drop", (operand, self.draws[int(draw)]), (rate,))

    def _tensor(self, expression: Basic) -> Value:
        value = self.lower(expression)
        return value if value.rate is Rate.TENSOR else self.fill(value)

    def _correction(self, beta: Value) -> Value:
        """Return ``1 - beta^(t+1)``."""
        operation = REGISTRY["correction"]
        enclosure = operation.meaning.range(beta)
        value = Value("correction", (beta,), rate=Rate.STEP, range=enclosure, label=operation.noun)
        return self._share(value)

    def _setting(self, expression: Node) -> Value:
        if expression not in self._settings:
            value = self._tunable(setting_default(expression), setting_domain(expression))
            value.label = setting_name(expression)
            self._settings[expression] = value
        return self._settings[expression]

    def _corrected(self, expression: Node, value: Value) -> Value:
        """Give the quotient of an average and its correction their names, and the range of what is
        averaged."""
        average, correction = value.operands
        slot = next(slot for slot in self.slots if slot.new is average)
        correction.label = f"{slot.name}_correction"
        value.label = label_of(with_values(expression)) or f"{slot.name}_hat"
        value.range = self.lower(expression.operands[0]).range
        return value

    def _lower_wmean(self, expression: Node) -> Value:
        """A weighted mean is one operation where its weight is a setting, and written out where it is a
        number."""
        x, y = (self.lower(a) for a in expression.operands)
        (weight,) = expression.parameters
        if isinstance(weight, Rational):
            arguments = (*expression.operands, weight)
            define = expression.operation.meaning.definition
            assert define is not None
            return self.lower(define(*arguments))
        return self._share(Value("wmean", (x, y, self.lower(weight)), range=x.range.hull(y.range)))

    def _state(self, expression: Node) -> Value:
        """Return the new value of a state, given by the recursion of its operation."""
        shown = with_values(expression)
        operand = grouped(shown.operands[0]) if shown.operands else ""
        averages = isinstance(shown, CLASSES["ema"])
        recursion = expression.operation.state
        assert recursion is not None
        letter = LETTERS.get(operand) if averages else None
        name = self._slot_name(letter or recursion.letter)
        enclosure = range_of(shown)
        # A range of the state serves no guard: guards are decided on the rule.
        old = self._share(Value("state", slot=len(self.slots), range=enclosure))
        self._done[previous_state(expression)] = old
        for operand in expression.operands:
            self._done[operand] = self._tensor(operand)
        new = self.lower(next_state(expression))
        for parameter in expression.parameters:
            if parameter in self._settings:
                self._uses[self._settings[parameter]] = f"average {name}"
        new.label, new.range = name, enclosure
        self.slots.append(Slot(name, recursion_text(shown, name), shown, old, new))
        return new

    def _slot_name(self, wish: str) -> str:
        taken = {slot.name for slot in self.slots}
        name, count = wish, 1
        while name in taken:
            count += 1
            name = f"{wish}_{count}"
        return name
