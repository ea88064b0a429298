"""What is beyond the numbers of a type saturates: the policy, and where ranges ask for it.

Finite gradients never make a weight or a state that is not finite. Three cuts see to it, each monotone:

- The *gradient* counts as at most so large that the power of it that a rule keeps is finite
  (:data:`ROOTS`). Most rules need nothing else: in Adam one gradient of 1e25 then does what one of 1e18
  does, which is what the exact one does, too.
- Any other *value* that can still be too large is cut to :data:`LARGEST` where it is used, unless its user
  has a limit there (:data:`PASSING`). So is a weight whose changes may add up to more (:func:`grows`).
- A value that is never zero is not zero where it underflows, either: as a divisor, in a logarithm, under a
  negative power, and where its sign is asked for (:data:`JUMPING`).

Ranges of float32 decide where a cut is needed, for weights up to :data:`LARGEST`, learning rates up to 16,
momentum up to 0.99, averages that remember at most a hundred times longer than by default, and other settings
up to 1 or ten times their default. In another type the bounds scale with its largest number. A gradient that
is not finite becomes NaN and passes through everything.
"""

from __future__ import annotations

from nos_sym.intervals.interval import REALS, Interval, intersection, multiply
from nos_sym.language.rule import Momentum
from nos_sym.program.program import Program, Value

EXPONENT = 128.0
"""Numbers of float32 are below 2 to this power."""

LARGEST = 2.0**126
"""Where values saturate: a quarter of the largest number, so that the sum of two, or a mean, is finite."""

SMALLEST = 2.0**-126
"""The smallest number that no backend takes for zero."""

ROOTS = (1.5, 2.0, 3.0)
"""Powers of the gradient that may have to be finite: its sums over a training, its square, its cube."""

SMALLEST_SCALAR = 2.0**-1022
"""The same for the scalars of a step, which are computed in binary64."""

JUMPING = {"div": 1, "ln": 0, "abspow": 0, "sign": 0}
"""Operations, and which of their operands, that jump at zero: by as much as you like, or from 1 to 0."""

HARMLESS = 2.0**102
"""A change of a weight up to which no sum overflows: next to the largest number it is lost in rounding."""

PASSING = frozenset({
    "tanh", "sigmoid", "erf", "erfc", "arctan", "sign", "min", "max", "clip", "neg", "abs", "limit",
    "saturate", "confine", "positive", "apart", "fill", "copy", "norm_inf", "row_max", "col_max",
    "largest_rest", "largest_first",
})  # fmt: skip
"""Operations whose operands may be infinite: they have a limit there, or their result is cut in turn."""

SUMS = frozenset({"sum", "mean", "row_sum", "row_mean", "col_sum", "col_mean", "mean_rest", "mean_first"})
"""Reductions that add up entries of either sign, where infinite parts could cancel to NaN, or be a mean."""

ROOM = 2.0**24
"""How many of the largest entries such a sum holds.

They are divided by this, which rounds only those below 2e-31 in float32, and their sum is multiplied by it.
"""

WEIGHTS = Interval(-LARGEST, LARGEST)
LEARNING_RATES = Interval(0.0, 16.0)
MOMENTA = Interval(0.0, 1.0)
_LONGEST_MEMORY = 100.0
_SLACK = 1 + 1e-6


def gradients(root: float) -> Interval:
    """Return the range of a gradient whose power ``root`` is finite, with room for sums of it."""
    bound = 2.0 ** (EXPONENT / root) / 4
    return Interval(-bound, bound)


def corrections(beta: float) -> Interval:
    """Return the range of a bias correction, given the default of its coefficient."""
    return Interval((1 - beta) / _LONGEST_MEMORY, 1.0)


def settings(domain: Interval, default: float) -> Interval:
    """Return the values that a setting is taken to have: up to 1 or ten times its default."""
    bound = max(1.0, 10 * abs(default))
    return intersection(domain, Interval(-bound, bound))


def momenta(descent: Interval) -> Interval:
    """Return the range of ``m <- mu m - descent`` for a coefficient up to 0.99."""
    return multiply(Interval(-_LONGEST_MEMORY, _LONGEST_MEMORY), descent)


def overflows(values: Interval, largest: float = LARGEST) -> bool:
    """Return whether some value may be beyond the type, or beyond another number, rounding aside."""
    return values.absolute().high > largest * _SLACK


def underflows(values: Interval, smallest: float = SMALLEST) -> bool:
    """Return whether values that are never zero may be too small for the type."""
    return 0 not in values and values.absolute().low < smallest


def saturated(values: Interval) -> Interval:
    """Return what saturation leaves of a range."""
    low, high = max(values.low, -LARGEST), min(values.high, LARGEST)
    return Interval(low, high, values.low_open and low > -LARGEST, values.high_open and high < LARGEST)


def cuts(program: Program) -> int:
    """Return how many values of a step are cut, the gradient aside."""
    return sum(value.operation in ("saturate", "confine") for value in program.needed)


def grows(program: Program) -> bool:
    """Return whether changes may take weights beyond the type; weight decay, which shrinks them, may not."""
    update, change = program.update, program.change
    if change.range.absolute().high <= HARMLESS:
        return False
    if program.momentum is Momentum.NONE and update.operation == "add":
        for decay, rest in (update.operands, update.operands[::-1]):
            if _is_decay(decay):
                return multiply(LEARNING_RATES, rest.range.absolute()).high > HARMLESS
    return True


def _is_decay(value: Value) -> bool:
    """Return whether a value is the weight times a scalar that is not negative."""
    scalars = [o for o in value.operands if o.kind.of_step]
    weights = [o for o in value.operands if o.operation == "w"]
    return value.operation == "mul" and len(scalars) == len(weights) == 1 and scalars[0].range.nonnegative


WIDENED = 4
"""Rounds after which the range of a state that still grows is taken for infinite where it does."""


def widened(known: Interval, new: Interval, count: int, *, saturating: bool) -> Interval:
    """Return the range of a state after a round of its fixpoint, infinite where it has grown for too long.

    Args:
        known: range before the round.
        new: range of what the recursion makes of it.
        count: number of the round, from 0.
        saturating: whether values stay within the numbers of their type.
    """
    wider = known.hull(new)
    if count >= WIDENED:
        low = REALS.low if wider.low < known.low else wider.low
        high = REALS.high if wider.high > known.high else wider.high
        wider = Interval(low, high)
    return saturated(wider) if saturating else wider
