"""What is beyond the numbers of a type: the policy of saturation, and where it has something to do.

Finite gradients never make a weight or a state that is not finite. Three things see to it:

- The *gradient* counts as at most so large that the powers that the rule takes of it are finite
  (:data:`ROOTS`). Most rules need nothing else: one gradient of 1e25 has the effect in Adam that one of 1e18
  has, which is also the exact one.
- Any other *value* that can still be too large is cut to :data:`LARGEST` where it is used, unless its user is
  bounded there anyway (:data:`PASSING`).
- A *divisor* that is positive stays so where it underflows.

All three are monotone. Ranges decide where they are needed (see :mod:`nos_sym.program.builder`): they are those
of float32, for weights up to :data:`LARGEST`, learning rates up to 16, momentum up to 0.99, averages that
remember at most a hundred times longer than by default, and other settings up to 1 or ten times their default. In
another type the bounds scale with its largest number. What is not finite in a gradient becomes NaN and passes through everything.
"""

from __future__ import annotations

from nos_sym.intervals.interval import Interval, intersection, multiply
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program, Value

EXPONENT = 128.0
"""Numbers of float32 are below 2 to this power."""

LARGEST = 2.0**126
"""Where values saturate: a quarter of the largest number, so that the sum of two, or a mean, is finite."""

SMALLEST = 2.0**-126
"""The smallest number that no backend takes for zero."""

ROOTS = (1.5, 2.0, 3.0)
"""Powers of the gradient that may have to be finite: itself in sums over a training, its square, its cube."""

HARMLESS = 2.0**102
"""A change of a weight below which no sum overflows: it is lost in rounding first."""

PASSING = frozenset({
    "tanh", "sigmoid", "erf", "erfc", "arctan", "sign", "min", "max", "clip", "neg", "abs", "limit", "saturate",
    "confine", "positive", "fill", "copy",
})  # fmt: skip
"""Operations whose operands may be infinite: they have a limit there, or what comes out is cut where it is used."""

LEARNING_RATES = Interval(0.0, 16.0)
MOMENTA = Interval(0.0, 1.0)
WEIGHTS = Interval(-LARGEST, LARGEST)

_SLACK = 1 + 1e-6
_LONGEST_MEMORY = 100.0


def gradients(root: float) -> Interval:
    """Return the range of a gradient whose power ``root`` is finite."""
    bound = 2.0 ** (EXPONENT / root) / 4
    return Interval(-bound, bound)


def corrections(beta: float) -> Interval:
    """Return the range of a bias correction whose coefficient has a default."""
    return Interval((1 - beta) / _LONGEST_MEMORY, 1.0)


def settings(domain: Interval, default: float) -> Interval:
    """Return the values that a setting is taken to have: those of its domain up to 1 or ten times its default."""
    bound = max(1.0, 10 * abs(default))
    return intersection(domain, Interval(-bound, bound))


def overflows(values: Interval) -> bool:
    """Return whether some value may be beyond the type, rounding aside."""
    return values.absolute().high > LARGEST * _SLACK


def underflows(values: Interval) -> bool:
    """Return whether values that are never zero may be too small for the type."""
    return 0 not in values and values.absolute().low < SMALLEST


def saturated(values: Interval) -> Interval:
    """Return what is left of a range."""
    low, high = max(values.low, -LARGEST), min(values.high, LARGEST)
    return Interval(low, high, values.low_open and low > -LARGEST, values.high_open and high < LARGEST)


def momenta(descent: Interval) -> Interval:
    """Return the range of ``m <- mu m - descent`` for a momentum up to 0.99."""
    return multiply(Interval(-_LONGEST_MEMORY, _LONGEST_MEMORY), descent)


def cuts(program: Program) -> int:
    """Return how many values of a step are cut."""
    return sum(value.operation in ("saturate", "confine") for value in program.needed)


def grows(program: Program) -> bool:
    """Return whether weights may grow beyond the type; weight decay, which makes them smaller, does not count."""
    update, change = program.update, program.change
    if change.range.absolute().high <= HARMLESS:
        return False
    if program.momentum is Momentum.NONE and update.operation == "add":
        for decay, rest in (update.operands, update.operands[::-1]):
            factors = {o.operation for o in decay.operands}
            if decay.operation == "mul" and "w" in factors and _nonnegative_scalar(decay):
                return multiply(LEARNING_RATES, rest.range.absolute()).high > HARMLESS
    return True


def _nonnegative_scalar(product: Value) -> bool:
    scalars = [o for o in product.operands if o.kind.of_step]
    return len(scalars) == 1 and scalars[0].range.nonnegative
