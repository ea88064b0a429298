"""Lowering of expressions: each becomes a value, by the record of its operation.

An operation is lowered by its state, if it has one; else it stays as it is where the reader of the program
computes it (``native``); else its definition is lowered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from sympy.core.basic import Basic
from sympy.core.numbers import Integer, Rational

from nos_sym.errors import RuleError
from nos_sym.intervals import interval as iv
from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind, join
from nos_sym.language.node import Node
from nos_sym.language.operation import Operation, Role
from nos_sym.language.setting import is_setting, setting_default, setting_domain, setting_name, with_values
from nos_sym.language.state import is_previous, next_state, previous_state
from nos_sym.language.traversal import walk
from nos_sym.program.builder import Builder, Native, has_reference
from nos_sym.program.exact import JUMPS, exact_number
from nos_sym.program.guards import Guards
from nos_sym.program.move import MOMENTUM
from nos_sym.program.naming import free_name, label_of, name_of_state, recursion_text
from nos_sym.program.optimized import OPTIMIZED
from nos_sym.program.program import TOTAL, Setting, Slot, Value
from nos_sym.program.saturation import (
    LEARNING_RATES,
    MOMENTA,
    WEIGHTS,
    WIDENED,
    corrections,
    gradients,
    settings,
    widened,
)


class Lowering(Builder):
    """Lowers expressions of one rule.

    Args:
        native: which operations are kept as they are.
        guards: treatment of singular points.
        ranges: ranges of expressions that are given; nothing more is known of these.
        root: the power of the gradient that is finite; ``None`` where values need not stay within a type.
    """

    def __init__(
        self,
        native: Native = has_reference,
        guards: Guards = Guards.POLICY,
        ranges: Mapping[Basic, Interval] | None = None,
        root: float | None = None,
    ) -> None:
        super().__init__(native, guards, saturating=root is not None)
        self.root = root
        self.slots: list[Slot] = []
        self.draws: dict[int, Value] = {}
        self.done: dict[Basic, Value] = {}
        self.uses: dict[Value, str] = {}
        self.shown: Callable[[Basic], Basic] = with_values
        self.taken = {MOMENTUM}  # names that no state may have
        self.called: dict[Basic, str] = {}  # averages and the like to the names that the text gives them
        for expression, enclosure in (ranges or {}).items():
            kind = expression.kind if isinstance(expression, Node) else Kind.NUMBER
            self.done[expression] = self.add(Value("given", kind=kind, range=enclosure))

    def lower(self, expression: Basic) -> Value:
        """Return the value of an expression, the same one for equal expressions."""
        if expression not in self.done:
            self.done[expression] = self._lower(expression)
        return self.done[expression]

    def draw_all(self, expressions: Iterable[Basic]) -> None:
        """Make the masks of dropout in the order of their numbers, which is that of drawing."""
        nodes = [node for expression in expressions for node in walk(expression)]
        for number in sorted({_draw_of(node) for node in nodes if _is_random(node)}):
            self.draws[number] = self.share(Value("draw", slot=number, range=iv.UNIT))

    def settings_of(self, nodes: Iterable[Node]) -> tuple[Setting, ...]:
        """Return what users may set."""
        found = []
        for node in nodes:
            value, domain = self.lower(node), setting_domain(node)
            use = self.uses.get(value, "")
            found.append(Setting(setting_name(node), setting_default(node), domain, use, value))
        return tuple(found)

    def _lower(self, expression: Basic) -> Value:
        if not isinstance(expression, Node):
            return self.constant(float(expression), number_range(expression))
        operation = expression.operation
        if is_setting(expression):
            value = Value("setting", (), (setting_default(expression),), Kind.NUMBER)
            value.range, value.label = setting_domain(expression), setting_name(expression)
            if self.saturating:
                value.range = settings(value.range, float(setting_default(expression)))
            return self.add(value)
        if operation.name in _MOVING:
            name, enclosure = _MOVING[operation.name]
            return self.share(Value(name, kind=Kind.STEP, range=enclosure))
        native = self.native(operation, expression.kind)
        if operation.name == "wmean" and not is_previous(expression.operands[0]):
            native = False  # what interpolates for an average makes inf - inf of two infinite operands
        if operation.name in OPTIMIZED and not native:
            return OPTIMIZED[operation.name](self, expression)
        if operation.state is not None:
            return self._state(expression)
        if operation.meaning.definition is not None and not native:
            return self.defined(expression)
        if operation.meaning.reference is None and not native:
            raise RuleError(
                f"operation '{operation.name}' has neither a formula nor a definition nor a state; "
                "give its record one of them"
            )
        return self._exact(expression) or self._operation(expression)

    def _exact(self, expression: Node) -> Value | None:
        """Return the value of an expression of numbers where rounding could decide what it is.

        That is where something jumps, or where what is 0 may divide; the digits of all others are rounded.
        """
        operation = expression.operation
        if self.guards is not Guards.POLICY and operation.meaning.singularity is not None:
            return None
        exact = exact_number(expression)
        if exact is None or (exact and operation.name not in JUMPS):
            return None
        return self.constant(float(exact), iv.number(exact))

    def _operation(self, expression: Node) -> Value:
        """Return an operation as it is."""
        operation = expression.operation
        given = [
            self.lower(value)
            for parameter, value in zip(operation.parameters, expression.parameters, strict=True)
            if not parameter.literal
        ]
        if operation.role is Role.LEAF:
            assert operation.kind is not None
            enclosure = operation.meaning.range(*(v.range for v in given))
            plain = operation.kind is Kind.TENSOR or operation.any_total
            label = "" if plain else operation.noun or operation.name
            leaf = Value(operation.name, tuple(given), (), operation.kind, enclosure, label=label)
            return self._within_type(self.share(leaf)) if self.saturating else self.share(leaf)
        operands = [self.lower(a) for a in expression.operands]
        if operation.role in (Role.REDUCTION, Role.RANDOM):
            operands = [self.tensor(o) for o in operands]
        if operation.name == TOTAL:
            operands = [self.value("sum", tuple(operands))]  # what one parameter adds
        if operation.meaning.absolute:
            operands[0] = self.absolute(operands[0])
        if operation.role is Role.RANDOM:
            given.append(self.draws[_draw_of(expression)])
        if operation.name == "wmean":
            given.append(self._complement(expression.parameters[0], given[0]))
            # Libraries interpolate between tensors.
            operands = [self.tensor(o) for o in operands] if expression.kind is Kind.TENSOR else operands
        if operation.name == "where":
            operands = self.choice(operands)
        literals = _literals(operation, expression)
        return self.value(operation.name, (*operands, *given), literals, label_of(expression))

    def choice(self, operands: list[Value]) -> list[Value]:
        """Return a condition and two values, both of the parameter where one of the three is.

        Libraries choose between tensors; a number would have the type of theirs.
        """
        kind = join(o.kind for o in operands)
        if kind.of_step:
            return operands
        kind = kind if kind in (Kind.TENSOR, Kind.GLOBAL) else Kind.SCALAR
        first, *others = operands
        spread = [
            self.share(Value("fill", (o,), kind=kind, range=o.range)) if o.kind.of_step else o for o in others
        ]
        return [first, *spread]

    def _within_type(self, leaf: Value) -> Value:
        """Return a leaf with the range that it has where numbers are those of a type."""
        if leaf.operation == "g" and self.root is not None:
            root = Rational(str(self.root))
            return self.share(Value("limit", (leaf,), (root,), range=gradients(self.root)))
        if leaf.operation == "w":
            leaf.range = WEIGHTS
        if leaf.operation == "correction":
            (beta,) = leaf.operands
            leaf.range = corrections(float(beta.parameters[0]) if beta.parameters else beta.number)
        return leaf

    def _complement(self, weight: Basic, value: Value) -> Value:
        """Return one minus a weight, exact where the weight is a literal number."""
        if isinstance(weight, Rational):
            return self.lower(1 - weight)
        made = self.value("sub", (self.constant(1.0), value))
        if not made.is_constant:
            made.label = made.label or f"co_{value.label or 'weight'}"
        return made

    def defined(self, expression: Node) -> Value:
        """Return an operation by its definition, whose range may be tighter in its record."""
        operation = expression.operation
        define = operation.meaning.definition
        assert define is not None
        operands = tuple(self.lower(a) for a in (*expression.operands, *expression.parameters))
        before, self.written = self.written, self.written and operation.role is not Role.STATE
        value = self.lower(define(*expression.operands, *expression.parameters))
        self.written = before
        if value.is_constant or value in operands:
            return value
        record = self._enclosure_of_record(expression, operands)
        if record.within(value.range):
            value.range = record
        if not value.label:
            value.label = self._label(expression, value)
        return value

    def _enclosure_of_record(self, expression: Node, operands: tuple[Value, ...]) -> Interval:
        operation = expression.operation
        count = operation.arity
        given = [v for v, p in zip(operands[count:], operation.parameters, strict=True) if not p.literal]
        if operation.arity == 0:
            return operation.meaning.range(*(v.range for v in given))
        return self.enclosure(operation, (*operands[:count], *given), _literals(operation, expression))

    def _label(self, expression: Node, value: Value) -> str:
        """Return the name of what a definition computes: of a schedule, of an operand, of a corrected
        average."""
        operation = expression.operation
        if operation.role is Role.LEAF:
            return operation.noun or operation.name
        label = label_of(expression)
        if operation.role is Role.STATE and value.operation == "div":
            average, correction = value.operands
            for slot in self.slots:
                if slot.new is average and correction.kind.of_step:
                    correction.label = f"{slot.name}_correction"
                    label = label or f"{slot.name}_hat"
        return label

    def _state(self, expression: Node) -> Value:
        """Return the new value of a state, given by the recursion of its operation."""
        shown = with_values(expression)
        assert isinstance(shown, Node) and expression.operation.state is not None
        for operand in (*expression.operands, *expression.parameters):
            self.lower(operand)
        wish = self.called.get(expression) or name_of_state(shown)
        name = free_name(wish, self.taken | {slot.name for slot in self.slots})
        old = Value("state", slot=len(self.slots), range=self._enclosure_of_state(expression))
        self.done[previous_state(expression)] = self.add(old)
        known = len(self.values)
        new = self.finite(self.tensor(self.lower(next_state(expression))))
        if not any(value is new for value in self.values[known:]):
            new = self.add(Value("copy", (new,), range=new.range, slot=old.slot))  # it is something else
        new.label = name
        for parameter in expression.parameters:
            if is_setting(parameter):
                letter = expression.operation.state.letter
                self.uses.setdefault(self.lower(parameter), f"{letter} {name}")
        self.slots.append(Slot(name, recursion_text(self.shown(expression), name), shown, old, new))
        return new

    def _enclosure_of_state(self, state: Node) -> Interval:
        """Return the range of a state before a step, 0 before the first: a fixpoint of its recursion."""
        parts = [a for a in (*state.operands, *state.parameters) if isinstance(a, Node)]
        ranges = {part: self.lower(part).range for part in parts}
        known = iv.point(0.0)
        for count in range(2 * WIDENED):
            trial = Lowering(self.native, self.guards, {**ranges, previous_state(state): known}, self.root)
            new = trial.finite(trial.lower(next_state(state))).range
            if known.hull(new) == known:
                return known
            known = widened(known, new, count, saturating=self.saturating)
        return iv.REALS


_MOVING = {"lr": ("lr", LEARNING_RATES), "momentum": ("mu", MOMENTA)}
"""Leaves of the move: the learning rate and the momentum of the step."""


def _is_random(node: Node) -> bool:
    return node.operation.role is Role.RANDOM


def _draw_of(node: Node) -> int:
    """Return the number of the draw of a random node."""
    names = [p.name for p in node.operation.parameters]
    return int(node.parameters[names.index("draw")])


def _literals(operation: Operation, expression: Node) -> tuple[Rational, ...]:
    """Return the literal parameters; the number of a draw is no part of what an operation computes."""
    described = zip(operation.parameters, expression.parameters, strict=True)
    return tuple(Integer(0) if p.name == "draw" else value for p, value in described if p.literal)
