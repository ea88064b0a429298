"""A first-order bound on rounding: what two correct programs of one rule may differ by.

Each value carries a bound ``e`` on its absolute error. An operation ``f`` over operands ``x`` with errors
``e`` gives the largest ``|f(x +- e) - f(x)|`` over the corners, doubled for the curvature between them, plus
``ulps * u * |f(x)|`` for its own rounding, where ``u`` is the unit roundoff of the dtype (Higham, Accuracy
and Stability of Numerical Algorithms, 3.3: running error analysis). Where an operand may lie on either side
of a discontinuity (sign at 0, a quotient at 0) the bound is what that jump allows, possibly infinite. What is
computed from a value that may be infinite may be NaN; its bound is NaN, which bounds nothing.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from sympy.core.basic import Basic

from nos_sym.language.kind import Kind
from nos_sym.language.node import Node
from nos_sym.language.operation import Role, reference_of
from nos_sym.language.rule import Momentum, Rule
from nos_sym.language.setting import is_setting, setting_default
from nos_sym.language.singularity import DIVISION, LOGARITHM, POWER, TINY
from nos_sym.program.formula import NUMPY
from nos_sym.program.lower import lower
from nos_sym.program.ranges import needs_guard
from support.harness import Problem

Array = npt.NDArray[Any]
Bounded = tuple[Array, Array]
"""A value in float64 and a bound on its error."""

EXACT = {"id", "neg", "abs", "sign", "max", "min", "delta", "running_max"}
BASIC = {"add", "sub", "mul", "div", "scale", "sqrt", "recip", "pow", "ema", "drop"}
CRITICAL = (-1.5451, 0.0, 1.5451)
"""Where a function that is not monotone turns (i1e, and the even ones)."""
FUNCTION_ULPS = 16
"""Units in the last place granted to a library function (tanh, erf, i1e, pow, ...); the worst seen is 9."""


class Bounds:
    """Runs a rule in float64 with error bounds for arithmetic of unit roundoff ``unit``."""

    def __init__(self, rule: Rule, given: Problem, unit: float) -> None:
        self.rule = rule.at_defaults()
        self.given = given
        self.unit = unit
        # Above this an intermediate value may overflow, and whether it does is a matter of rounding.
        self.limit = 1e37 if unit > 1e-10 else 1e307
        self.draws = list(lower(rule).draws)
        self.state: dict[Basic, Bounded] = {}

    def run(self) -> tuple[Array, Array]:
        """Return the weights after every step and the bounds on their errors."""
        weight = self._rounded(self.given.weight)
        zero = np.zeros_like(self.given.weight)
        momentum: Bounded = (zero, zero)
        values, errors = [], []
        rows = zip(self.given.gradients, self.given.learning_rates, self.given.momenta, strict=True)
        with np.errstate(all="ignore"):
            for self.step, (gradient, lr, mu) in enumerate(rows):
                self.leaves = {"g": self._rounded(gradient), "w": weight}
                self.done: dict[Basic, Bounded] = {}
                update = self.of(self.rule.update)
                sign = -1.0 if self.rule.ascent else 1.0
                change = self._times(lr, (sign * update[0], update[1]))
                if self.rule.momentum is Momentum.NONE:
                    weight = self._minus(weight, change)
                else:
                    momentum = self._minus(self._times(mu, momentum), change)
                    moved = momentum
                    if self.rule.momentum is Momentum.NESTEROV:
                        moved = self._minus(self._times(mu, momentum), change)
                    weight = self._minus(weight, (-moved[0], moved[1]))
                values.append(weight[0])
                errors.append(weight[1])
        return np.stack(values), np.stack(errors)

    def of(self, expression: Basic) -> Bounded:
        """Return an expression of this step with its bound, infinite where the value may overflow."""
        if expression not in self.done:
            value, error = self._of(expression)
            overflows = np.abs(value) + error >= self.limit
            self.done[expression] = value, np.where(overflows | np.isnan(value), np.inf, error)
        return self.done[expression]

    def _rounded(self, value: Array) -> Bounded:
        return value, self.unit * np.abs(value)

    def _times(self, factor: float, x: Bounded) -> Bounded:
        value = factor * x[0]
        error = np.where(np.isinf(x[1]), np.nan, x[1])  # 0 times infinity
        return value, abs(factor) * error + 2 * self.unit * np.abs(value)

    def _minus(self, x: Bounded, y: Bounded) -> Bounded:
        value = x[0] - y[0]
        both = np.isinf(x[1]) & np.isinf(y[1])  # infinity minus infinity
        return value, np.where(both, np.nan, x[1] + y[1] + self.unit * np.abs(value))

    def _scalar(self, expression: Basic) -> float:
        if not isinstance(expression, Node):
            return float(expression)
        if is_setting(expression):
            return float(setting_default(expression))
        operation = expression.operation
        if operation.role is Role.LEAF:
            total = float(self.given.total_steps)
            held = self.step if operation.name == "correction" else min(self.step, total - 1)
            environment = type("Env", (), {"step": np.float64(held), "total_steps": total})
            parameters = [self._scalar(p) for p in expression.parameters]
            return reference_of(operation)(NUMPY, environment, *parameters)
        operands = [np.float64(self._scalar(a)) for a in expression.operands]
        return float(_guarded(expression, operands, self._parameters(expression)))

    def _parameters(self, expression: Node) -> list[Any]:
        """Return parameters as numbers, exact ones as they are."""
        return [self._scalar(p) if isinstance(p, Node) else p for p in expression.parameters]

    def _of(self, expression: Basic) -> Bounded:
        shape = self.given.weight.shape
        if not isinstance(expression, Node):
            return self._rounded(np.full(shape, float(expression)))
        operation = expression.operation
        if operation.name in self.leaves:
            return self.leaves[operation.name]
        # A scalar of the step has float64 accuracy, times the conditioning of its formula.
        if expression.kind is Kind.STEP:
            factor = np.full(shape, self._scalar(expression))
            return factor, (self.unit + 1e-13) * np.abs(factor)
        if operation.role is Role.SCALE:
            factor = self._scalar(expression.operands[0])
            value, error = self._times(factor, self.of(expression.operands[1]))
            return value, error + 1e-13 * np.abs(value)
        operands = [self.of(a) for a in expression.operands]
        if operation.role is Role.RANDOM:
            uniform = self.given.uniform(self.step, self.draws.index(int(expression.parameters[1])))
            kept = uniform >= float(expression.parameters[0])
            keep = 1 / float(1 - expression.parameters[0])
            value, error = keep * operands[0][0], keep * operands[0][1]
            error = error + 2 * self.unit * np.abs(value)
            return np.where(kept, value, 0.0), np.where(kept, error, 0.0)
        if operation.role is Role.REDUCTION:
            return self._norm(operands[0])
        if operation.role is Role.STATE:
            return self._stateful(expression, operands[0])
        return self._elementwise(expression, operands)

    def _norm(self, x: Bounded) -> Bounded:
        if not np.all(np.isfinite(x[1])):
            return x[0], np.full_like(x[0], np.nan)
        length = np.sqrt(np.sum(x[0] * x[0]))
        slack = np.sqrt(np.sum(x[1] * x[1])) + (x[0].size + 2) * self.unit * length
        divisor = np.maximum(1.0, length)
        value = x[0] / divisor
        return value, x[1] / divisor + np.abs(value) * (slack / divisor + 2 * self.unit)

    def _stateful(self, expression: Node, x: Bounded) -> Bounded:
        operation = expression.operation
        old = self.state.get(expression, (np.zeros_like(x[0]), np.zeros_like(x[0])))
        if operation.name == "running_max":
            new = (np.maximum(x[0], old[0]), np.maximum(old[1], x[1]))
        elif operation.name == "delta":
            new = self._minus(x, old)
        else:
            assert operation.name in ("ema", "ema_hat")
            beta = self._scalar(expression.parameters[0])
            value = beta * old[0] + (1 - beta) * x[0]
            terms = beta * np.abs(old[0]) + (1 - beta) * np.abs(x[0])
            new = (value, beta * old[1] + (1 - beta) * x[1] + 3 * self.unit * terms)
        self.state[expression] = new
        if operation.name != "ema_hat":
            return new
        correction = 1 - self._scalar(expression.parameters[0]) ** (self.step + 1)
        value, error = self._times(1 / correction, new)
        return value, error + 1e-15 / correction * np.abs(value)

    def _elementwise(self, expression: Node, operands: list[Bounded]) -> Bounded:
        operation = expression.operation
        value = _guarded(expression, [x for x, _ in operands], self._parameters(expression))
        spread = np.zeros_like(value)
        for point in itertools.product(*map(_points, operands)):
            corner = _guarded(expression, list(point), self._parameters(expression))
            # Infinite at the point and at the corner: no difference. Otherwise anything may come out.
            difference = np.where(corner == value, 0.0, np.abs(corner - value))
            spread = np.maximum(spread, np.where(np.isnan(difference), np.inf, difference))
        last_value, last_error = operands[0 if operation.meaning.singularity is LOGARITHM else -1]
        if operation.meaning.singularity in (DIVISION, LOGARITHM):
            straddles = (last_error > 0) & (np.abs(last_value) <= last_error + 2 * TINY)
            spread = np.where(straddles, np.inf, spread)
        if operation.meaning.singularity is POWER:
            base, slack = operands[0]
            straddles = (slack > 0) & (np.abs(base) <= slack + 2 * TINY)
            spread = np.where(straddles, np.inf, spread)
        name = operation.name
        ulps = 0 if name in EXACT else 2 if name in BASIC else FUNCTION_ULPS
        own = ulps * self.unit * np.abs(np.where(np.isfinite(value), value, 0.0))
        if name in ("dtanh", "dsig"):
            own = own + 2 * FUNCTION_ULPS * self.unit  # one minus a value that may round to one
        if name == "cospi":  # the product with pi is rounded, and wide intervals hold whole periods
            own = own + np.minimum(2.0, 4 * np.pi * self.unit * np.abs(last_value))
            spread = np.where(last_error > 0.25, 2.0, spread)
        if name == "wmean":
            x, y = (np.abs(v) for v, _ in operands)
            weight = self._scalar(expression.parameters[0])
            own = own + 3 * self.unit * (weight * x + (1 - weight) * y)
        # Values next to an argument where the function vanishes have the rounding of the argument.
        tiny = np.finfo(np.float32 if self.unit > 1e-10 else np.float64).tiny
        if expression.kind is Kind.TENSOR:
            own = own + ulps * tiny
        error = 2 * spread + own
        if len(operands) == 2 and name not in EXACT:
            unbounded = np.isinf(operands[0][1]) | np.isinf(operands[1][1])
            error = np.where(unbounded, np.nan, error)  # 0/0, 0 times infinity, infinity minus infinity
        unknown = np.any([np.isnan(e) for _, e in operands], axis=0)
        return value, np.where(unknown, np.nan, error)


def _points(operand: Bounded) -> list[Array]:
    """Return the ends of an interval, and the turning points inside a wide one."""
    value, error = operand
    ends = [value - error, value + error]
    if not np.any(error > 0.01 * (1 + np.abs(value))):
        return ends
    return ends + [np.clip(c, *ends) for c in (*CRITICAL, *(np.round(value) + i for i in (-1, 0, 1)))]


def _guarded(expression: Node, operands: list[Any], parameters: list[Any]) -> Any:
    operation = expression.operation
    result = reference_of(operation)(NUMPY, *operands, *parameters)
    if not needs_guard(expression):
        return result
    if operation.meaning.singularity is DIVISION:
        return np.where(np.abs(operands[-1]) <= TINY, 0.0, result)
    if operation.meaning.singularity is POWER:
        return np.where((np.abs(operands[0]) <= TINY) & (operands[1] < 0), 0.0, result)
    return np.log(np.maximum(np.abs(operands[0]), TINY))
