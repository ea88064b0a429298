"""The NumPy interpreter: the reference meaning of a rule, step by step, in any floating dtype.

Every operation computes its ``reference`` of the registry on the expression as it was written; no lowering,
no simplification. Generated code is held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.special
from sympy.core.basic import Basic

from nos_sym.language.node import Node
from nos_sym.language.operation import AUTHORS_EPSILON, Operation, Role, reference_of
from nos_sym.language.printer import draws_of
from nos_sym.language.rule import Momentum, Rule, Schedule
from nos_sym.language.singularity import LOGARITHM, POWER, TINY
from nos_sym.language.state import next_state, previous_state
from nos_sym.language.traversal import needs_total_steps
from nos_sym.program.guards import Guards
from nos_sym.program.ranges import needs_guard

Array = npt.NDArray[Any]
Uniform = Callable[[int, tuple[int, ...]], Array]
"""``(draw, shape)`` to uniform numbers in [0, 1): the masks of dropout for one step."""


def _tiny(x: Any) -> Any:
    # Never below what the dtype can represent (float16).
    return x.dtype.type(max(TINY, float(np.finfo(x.dtype).smallest_subnormal)))


NUMPY = SimpleNamespace(
    abs=np.abs, sqrt=np.sqrt, exp=np.exp, log=np.log, cos=np.cos, tanh=np.tanh,
    arcsinh=np.arcsinh, arctan=np.arctan, sign=np.sign, maximum=np.maximum, minimum=np.minimum,
    divide=np.divide, power=np.power, where=np.where, hypot=np.hypot,
    sigmoid=scipy.special.expit, erf=scipy.special.erf, erfc=scipy.special.erfc,
    i1e=scipy.special.i1e, softplus=lambda x: np.logaddexp(x, x.dtype.type(0)),
    norm2=lambda x: np.sqrt(np.sum(x * x)), peak=lambda x: np.max(np.abs(x), initial=0), tiny=_tiny,
)  # fmt: skip
"""The namespace over arrays that the registry's references take as their first argument."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What the leaves of an expression see at one step; step counts from 0."""

    gradient: Array
    weight: Array
    step: Any
    total_steps: Any
    uniform: Uniform


class Interpreter:
    """Runs one rule on one tensor.

    Args:
        rule: the optimizer.
        shape: shape of the weights.
        dtype: floating dtype of weights, state and arithmetic. Scalars of the step are computed in float64
            (or in ``dtype`` where that is wider) and rounded to ``dtype``, as in generated code.
        total_steps: ``T`` of the decay functions; may be ``None`` where the rule has none. Past ``T`` decay
            functions hold their last value.
        guards: treatment of singular points.
        rng: generator of the dropout masks, which a rule with dropout needs.
        uniform: in place of ``rng``, the uniform numbers of each draw.

    Raises:
        ValueError: ``total_steps`` is below 1, or missing at the first step of a rule with decay functions; a
            rule with dropout is given neither ``rng`` nor ``uniform``.
    """

    def __init__(
        self,
        rule: Rule,
        shape: tuple[int, ...],
        *,
        dtype: npt.DTypeLike = np.float64,
        total_steps: int | None = None,
        guards: Guards = Guards.POLICY,
        rng: np.random.Generator | None = None,
        uniform: Uniform | None = None,
    ) -> None:
        if total_steps is not None and total_steps < 1:
            raise ValueError(f"total_steps = {total_steps} must be at least 1")
        self.rule = rule.at_defaults()
        self.dtype = np.dtype(dtype)
        self.total_steps = total_steps
        self.guards = guards
        self.step = 0
        self._uniform: Uniform | None = uniform
        if rng is not None and uniform is None:
            self._uniform = lambda draw, shape: rng.random(shape)
        if self._uniform is None and draws_of(rule.update):
            raise ValueError("the rule has dropout: rng or uniform must be given")
        self._zero = np.zeros(shape, self.dtype)
        self._state: dict[Basic, Array] = {}
        self._momentum = self._zero

    def update(self, gradient: Array, weight: Array) -> Array:
        """Return ``U`` of the current step, advance the state and the step."""
        total = self.total_steps
        if total is None:
            if needs_total_steps(self.rule.update):
                raise ValueError("the rule has decay functions: total_steps must be given")
            total = self.step + 1
        drawn: dict[int, Array] = {}

        def uniform(draw: int, shape: tuple[int, ...]) -> Array:
            if draw not in drawn:
                assert self._uniform is not None
                drawn[draw] = np.asarray(self._uniform(draw, shape))
            return drawn[draw]

        wide = np.result_type(self.dtype, np.float64).type
        env = _Step(
            np.asarray(gradient, self.dtype), np.asarray(weight, self.dtype),
            wide(self.step), wide(total), uniform,
        )  # fmt: skip
        held = _Step(env.gradient, env.weight, wide(min(self.step, total - 1)), env.total_steps, uniform)
        with np.errstate(all="ignore"):
            evaluation = _Evaluation(self, env, held)
            update = evaluation.tensor(self.rule.update)
        self._state.update(evaluation.new_state)
        self.step += 1
        return -update if self.rule.ascent else update

    def apply(self, weight: Array, gradient: Array, learning_rate: float, momentum: float = 0.9) -> Array:
        """Return the weights after one step (Table 1) with learning rate ``lr`` and momentum ``mu``."""
        weight = np.asarray(weight, self.dtype)
        lr, mu = (np.asarray(x, self.dtype) for x in (learning_rate, momentum))
        with np.errstate(all="ignore"):
            change: Array = lr * self.update(gradient, weight)
            if self.rule.momentum is Momentum.NONE:
                return np.asarray(weight - change)
            self._momentum = mu * self._momentum - change
            if self.rule.momentum is Momentum.MOMENTUM:
                return np.asarray(weight + self._momentum)
            return np.asarray(weight + (mu * self._momentum - change))


def schedule_values(schedule: Schedule, total_steps: int) -> npt.NDArray[np.float64]:
    """Return the factor of a schedule at ``t = 0 ... total_steps - 1``, guards applied."""
    rule = _Scalars(schedule.factor, total_steps)
    return np.array([rule.value(t) for t in range(total_steps)], dtype=np.float64)


class _Scalars:
    """Evaluates an expression of decay functions in float64."""

    def __init__(self, factor: Basic, total_steps: int) -> None:
        self.factor = factor
        self.total_steps = total_steps

    def value(self, t: int) -> float:
        zero = np.zeros(())
        env = _Step(zero, zero, np.float64(t), np.float64(self.total_steps), lambda draw, shape: zero)
        with np.errstate(all="ignore"):
            evaluation = _Evaluation(None, env, env)
            return float(evaluation.scalar(self.factor))


class _Evaluation:
    """One evaluation of an expression; shared nodes are computed once."""

    def __init__(self, owner: Interpreter | None, env: _Step, held: _Step) -> None:
        self.owner = owner
        self.env = env
        self.held = held
        self.guards = owner.guards if owner else Guards.POLICY
        self.dtype = owner.dtype if owner else np.dtype(np.float64)
        self.new_state: dict[Basic, Array] = {}
        self.tensors: dict[Basic, Array] = {}

    def tensor(self, expression: Basic) -> Array:
        """Return the value of an expression as an array of the shape of the weights."""
        if expression not in self.tensors:
            self.tensors[expression] = self._tensor(expression)
        return self.tensors[expression]

    def scalar(self, expression: Basic) -> Any:
        """Return the value of a decay function as a scalar of at least float64."""
        if not isinstance(expression, Node):
            return self.env.step.dtype.type(float(expression))
        operation = expression.operation
        if operation.role is Role.LEAF:
            # Bias corrections go on after T; everything that needs T holds its last value.
            env = self.env if operation.name == "correction" else self.held
            return reference_of(operation)(NUMPY, env, *(float(p) for p in expression.parameters))
        return self._elementwise(expression, [self.scalar(a) for a in expression.operands])

    def _tensor(self, expression: Basic) -> Array:
        shape = self.env.weight.shape
        if not isinstance(expression, Node):
            return np.full(shape, float(expression), self.dtype)
        operation = expression.operation
        if operation.role is Role.LEAF:
            return np.asarray(reference_of(operation)(NUMPY, self.env))
        if operation.role is Role.SCALE:
            decay, operand = expression.operands
            return self.dtype.type(self.scalar(decay)) * self.tensor(operand)
        operands = [self.tensor(a) for a in expression.operands]
        if operation.role is Role.RANDOM:
            uniform = self.env.uniform(int(expression.parameters[1]), shape)
            kept = reference_of(operation)(NUMPY, uniform, operands[0], *expression.parameters)
            return np.asarray(kept, self.dtype)
        if operation.role is Role.STATE:
            if operation.state is not None:
                return self._stateful(expression)
            assert operation.meaning.definition is not None
            return self._divided(operation.meaning.definition(*expression.operands, *expression.parameters))
        return np.asarray(self._elementwise(expression, operands), self.dtype)

    def _divided(self, expression: Basic) -> Array:
        """Return a tensor divided by a scalar of the step."""
        assert isinstance(expression, Node)
        dividend, divisor = expression.operands
        return np.asarray(self.tensor(dividend) / self.dtype.type(self.scalar(divisor)), self.dtype)

    def _stateful(self, expression: Node) -> Array:
        assert self.owner is not None
        old = self.owner._state.get(expression, self.owner._zero)
        self.tensors[previous_state(expression)] = old
        new = self.tensor(next_state(expression))
        self.new_state[expression] = new
        return new

    def _elementwise(self, expression: Node, operands: list[Any]) -> Any:
        operation = expression.operation
        if operation.meaning.singularity is None or self.guards is Guards.NONE:
            return reference_of(operation)(NUMPY, *operands, *expression.parameters)
        if self.guards is Guards.AUTHORS:
            return self._authors(expression, operands)
        if not needs_guard(expression):
            return reference_of(operation)(NUMPY, *operands, *expression.parameters)
        return apply_guard(operation, operands, expression.parameters)

    def _authors(self, expression: Node, operands: list[Any]) -> Any:
        operation = expression.operation
        if operation.meaning.singularity is POWER:
            return reference_of(operation)(NUMPY, *operands)
        epsilon = operands[-1].dtype.type(AUTHORS_EPSILON)
        if operation.meaning.singularity is LOGARITHM:
            return np.log(np.abs(operands[0]) + epsilon)
        return reference_of(operation)(NUMPY, *operands[:-1], operands[-1] + epsilon)


def apply_guard(operation: Operation, operands: Sequence[Any], parameters: Sequence[Any] = ()) -> Any:
    """Return an operation over arrays with its value at singular points put in."""
    reference, singularity = reference_of(operation), operation.meaning.singularity
    if singularity is None:
        return reference(NUMPY, *operands, *parameters)
    return singularity.total(NUMPY, reference, operands)
