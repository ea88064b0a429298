"""The identities that a proof may cite, as data: the one place that says what is true of functions.

Everything else in a proof is arithmetic (sums, products, quotients with ``1/0 = 0``, signs, absolute
values, constant powers, maxima), which the checker does by itself. An entry holds for all real numbers,
zeros included, wherever its conditions do; tests try each against 50 digits, with zeros and signs of
every kind.

In both sides ``x``, ``y``, ``z`` stand for any expression, ``c`` and ``d`` for numbers, and ``k`` and
``l`` for coefficients of averages. A condition is one of

- ``x >= 0``: shown by interval arithmetic on every history;
- ``x != 0``: likewise, never zero on any history;
- ``|x| <= 1``: likewise;
- ``c constant``: an expression of numbers alone.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One identity, or one inequality.

    Attributes:
        name: what a proof calls it.
        left: a text of the language with placeholders.
        right: the same value; for an inequality what ``left`` is never below.
        because: why it holds.
        conditions: what is asked of the placeholders, each as in the docstring of this module.
        inequality: whether ``left >= right`` is said and not ``left = right``.
    """

    name: str
    left: str
    right: str
    because: str
    conditions: tuple[str, ...] = ()
    inequality: bool = False


def _definition(name: str, left: str, right: str, because: str = "its definition") -> Entry:
    return Entry(name, left, right, because)


_RISING = ("exp", "tanh", "arctan", "arcsinh", "erf", "sigmoid", "softplus", "softsign")
_FIXED = ("tanh", "arctan", "arcsinh", "erf", "softsign")
"""Rising functions that are 0 at 0."""
_SHRINKING = ("tanh", "arctan", "arcsinh", "softsign", "i1e", "clip_norm")

TABLE: tuple[Entry, ...] = (
    # Schedules (Table 7).
    _definition("a1", "a1", "1 - p"),
    _definition("a2", "a2", "p"),
    _definition("a3", "a3", "(1 + cospi(p)) / 2"),
    _definition("a4", "a4", "(1 - cospi(p)) / 2"),
    _definition("a5", "a5", "(1 + cospi(2 * p)) / 2"),
    _definition("a6", "a6", "(1 - cospi(2 * p)) / 2"),
    _definition("a7", "a7", "(1 + cospi(r)) / 2"),
    _definition("a8", "a8", "(1 - cospi(r)) / 2"),
    _definition("a9", "a9", "1 - r"),
    _definition("a10", "a10", "r"),
    _definition("a11", "a11", "abspow(0.01, p)"),
    _definition("a12", "a12", "1 - abspow(0.01, p)"),
    _definition("a13", "a13", "0.95 * remaining / (0.05 + 0.95 * remaining)"),
    _definition("a14", "a14", "0.95 - 0.95 * remaining / (0.05 + 0.95 * remaining)"),
    Entry("cos-double", "cospi(2 * x)", "2 * cospi(x)^2 - 1", "twice an angle"),
    Entry("cos-zero", "cospi(0)", "1", "cosine of 0"),
    Entry("cos-half", "cospi(0.5)", "0", "cosine of a right angle"),
    Entry("cos-one", "cospi(1)", "-1", "cosine of a half turn"),
    # Squashing functions.
    _definition("erfc", "erfc(x)", "1 - erf(x)"),
    _definition("dtanh", "dtanh(x)", "1 - tanh(x)^2"),
    _definition("dsoft", "dsoft(x)", "1 / (1 + abs(x))"),
    _definition("softsign", "softsign(x)", "x / (1 + abs(x))"),
    _definition("softplus", "softplus(x)", "ln(1 + exp(x))"),
    _definition("dsig", "dsig(x)", "sigmoid(x) * (1 - sigmoid(x))"),
    Entry("sigmoid", "sigmoid(x)", "(1 + tanh(x / 2)) / 2", "both are e^x / (1 + e^x)"),
    Entry("sigmoid-exp", "sigmoid(x)", "1 / (1 + exp(-x))", "its definition"),
    Entry("tanh-exp", "tanh(x)", "1 - 2 / (1 + exp(2 * x))", "its definition by exponentials"),
    # Exponentials and logarithms; ln 0 is a constant of which nothing is known.
    Entry("exp-zero", "exp(0)", "1", "e^0"),
    Entry("exp-product", "exp(x + y)", "exp(x) * exp(y)", "functional equation"),
    Entry("exp-scale", "exp(c * x)", "abspow(exp(x), c)", "functional equation", ("c constant",)),
    Entry("exp-ln", "exp(ln(x))", "abs(x)", "ln is the logarithm of the absolute value", ("x != 0",)),
    Entry("ln-exp", "ln(exp(x))", "x", "inverse functions"),
    Entry("ln-one", "ln(1)", "0", "logarithm of 1"),
    Entry("ln-product", "ln(x * y)", "ln(x) + ln(y)", "functional equation", ("x != 0", "y != 0")),
    Entry("ln-power", "ln(abspow(x, c))", "c * ln(x)", "functional equation", ("c constant", "x != 0")),
    Entry("power-exp-ln", "abspow(x, y)", "exp(y * ln(x))", "a real power", ("x != 0",)),
    # Maxima and minima, and how clipping is written out.
    Entry("max-assoc", "max(max(x, y), z)", "max(x, max(y, z))", "maxima are associative"),
    Entry("min-assoc", "min(min(x, y), z)", "min(x, min(y, z))", "minima are associative"),
    Entry("min-max", "min(max(x, -y), y)", "clip(x, y)", "clipping, written out", ("y >= 0",)),
    Entry("max-min", "max(min(x, y), -y)", "clip(x, y)", "clipping, written out", ("y >= 0",)),
    *(Entry(f"max-{f}", f"max({f}(x), {f}(y))", f"{f}(max(x, y))", "a rising function") for f in _RISING),
    *(Entry(f"min-{f}", f"min({f}(x), {f}(y))", f"{f}(min(x, y))", "a rising function") for f in _RISING),
    *(
        Entry(f"{f}-below", "abs(x)", f"abs({f}(x))", "|f(x)| <= |x|", (), inequality=True)
        for f in _SHRINKING
    ),
    Entry("exp-above", "exp(x)", "1 + x", "the tangent at 0", (), inequality=True),
    # Averages, which are linear and begin at 0.
    Entry("ema-linear", "ema(c * x + d * y, k)", "c * ema(x, k) + d * ema(y, k)", "averages are linear",
          ("c constant", "d constant")),
    Entry("ema-constant", "ema(c, k)", "[correction(k)] c", "geometric sum", ("c constant",)),
    Entry("ema-beta-zero", "ema(x, 0)", "x", "the average forgets all"),
    Entry("ema-ema", "ema(ema(x, k), l)", "ema(ema(x, l), k)", "linear filters that start from 0 commute"),
    Entry("ema-delta", "ema(delta(x), k)", "delta(ema(x, k))", "linear filters that start from 0 commute"),
    Entry("correction-zero", "correction(0)", "1", "1 - 0^(t+1)"),
    Entry("delta-linear", "delta(c * x + d * y)", "c * delta(x) + d * delta(y)", "n <- x - n is linear",
          ("c constant", "d constant")),
    # Running maxima, which begin at 0.
    Entry("running-max-scale", "running_max(c * x)", "c * running_max(x)", "a factor that is not negative",
          ("c constant", "c >= 0")),
    Entry("running-max-constant", "running_max(c)", "c", "max(c, n) is c from the first step",
          ("c constant", "c >= 0")),
    Entry("running-max-nonpositive", "running_max(-x)", "0", "n starts at 0", ("x >= 0",)),
    Entry("running-max-idempotent", "running_max(running_max(x))", "running_max(x)", "it never falls"),
    Entry("running-max-positive-part", "running_max(max(x, 0))", "running_max(x)", "n starts at 0"),
    Entry("running-max-cube", "running_max(x^3)", "running_max(x)^3", "a rising function that is 0 at 0"),
    Entry("running-max-root", "running_max(sqrt(x))", "sqrt(running_max(x))",
          "a rising function that is 0 at 0", ("x >= 0",)),
    Entry("running-max-square", "running_max(x^2)", "running_max(abs(x))^2", "a rising function of |x|"),
    *(Entry(f"running-max-{f}", f"running_max({f}(x))", f"{f}(running_max(x))", "rising, and 0 at 0")
      for f in _FIXED),
    Entry("running-max-above", "running_max(x)", "x", "n is max(x, n)", (), inequality=True),
    # Clipping by the norm.
    Entry("norm-norm", "clip_norm(x * clip_norm(y))", "x * clip_norm(y)",
          "a norm of at most 1 is not clipped", ("|x| <= 1",)),
)  # fmt: skip

ENTRIES: dict[str, Entry] = {entry.name: entry for entry in TABLE}
"""Name of each entry to the entry."""
