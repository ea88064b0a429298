"""The identities of the canonical form, as data.

Each names what the algebra uses, in the project's language with placeholders: ``x``, ``y``, ``z`` stand for
tensors and ``d`` for a decay function. Each holds on every history, zeros included, where its condition does.
A test puts expressions for the placeholders, compares both sides on numbers, and makes both sides canonical.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nos_sym.errors import RuleError


@dataclass(frozen=True, slots=True)
class Identity:
    """One identity.

    Attributes:
        name: under which the algebra records its use.
        left: a text of the language with placeholders.
        right: the same value.
        condition: of placeholders; empty where it holds for all reals.
        because: why it holds.
        choices: expressions that may stand for a placeholder, where not any tensor may.
    """

    name: str
    left: str
    right: str
    because: str
    condition: str = ""
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def substituted(self, values: dict[str, str]) -> tuple[str, str]:
        """Return both sides with texts in place of the placeholders."""

        def put(text: str) -> str:
            return _PLACEHOLDER.sub(lambda m: f"({values[m[0]]})", text)

        return put(self.left), put(self.right)


_PLACEHOLDER = re.compile(r"\b[xyzd]\b")
_POSITIVE = ("exp(tanh(g))", "1 + w^2", "softplus(v_hat)")
_NOT_NEGATIVE = ("abs(g)", "s_hat", "exp(w)", "g^2")
_TEMPERATE = ("tanh(g)", "arctan(w)", "sign(g) * tanh(w)", "v_hat / (1 + abs(v_hat))")

TABLE: tuple[Identity, ...] = (
    # Sums and products.
    Identity("distribute", "(x + y) * (z + 2)", "x * z + y * z + 2 * x + 2 * y", "distributive law",
             choices={"x": ("tanh(g)", "w"), "y": ("arctan(w)", "v_hat"), "z": ("g", "sign(w)")}),
    Identity("fraction", "x / (1 + x)", "1 - 1 / (1 + x)", "x = (1 + x) - 1",
             "1 + x is never zero", {"x": ("g^2", "w^2", "g^2 * w^2")}),
    Identity("perfect-power", "sqrt(x^2 + 2 * x * y + y^2)", "abs(x + y)", "binomial formula",
             choices={"x": ("g", "v_hat"), "y": ("w", "3")}),
    Identity("definition", "[a1] x", "[1 - p] x", "Table 7 defines the schedules"),
    # Absolute values and signs: x = sign(x) |x|.
    Identity("sign-square", "x * sign(x)^2", "x", "a sign is 1 or -1 where x is not zero"),
    Identity("sign-known", "abs(x)", "x", "x is never negative", "x >= 0", {"x": _NOT_NEGATIVE}),
    Identity("function-of-sign", "exp(2 + 3 * sign(x))",
             "exp(2) + (exp(5) - exp(-1)) / 2 * sign(x) + ((exp(5) + exp(-1)) / 2 - exp(2)) * sign(x)^2",
             "a function of a sign is known by its values at 1, -1 and 0"),
    Identity("odd", "tanh(-x)", "-tanh(x)", "an odd function, as tanh, i1e and clipping by norm are"),
    Identity("even", "[cospi(-p)] x", "[cospi(p)] x", "an even function, as the cosine is"),
    Identity("arctan-recip", "arctan(1 / x)", "2 * arctan(1) * sign(x) - arctan(x)",
             "complementary angles; both are 0 at 0", choices={"x": ("g", "w", "ema(g, 0.9)", "g + w")}),
    Identity("odd-zero", "tanh(x - x)", "0", "an odd function is 0 at 0", choices={"x": _TEMPERATE}),
    Identity("clip", "clip(x, y)", "sign(x) * min(abs(x), abs(y))", "clipping keeps the sign"),
    # Exponentials, logarithms, powers.
    Identity("exp-product", "exp(x) * exp(y)", "exp(x + y)", "functional equation",
             choices={"x": _TEMPERATE, "y": _TEMPERATE}),
    Identity("exp-ln", "exp(ln(x))", "abs(x)", "ln is the logarithm of the absolute value",
             "x is never zero", {"x": _POSITIVE}),
    Identity("ln-exp", "ln(exp(x))", "x", "inverse functions", choices={"x": _TEMPERATE}),
    Identity("ln-product", "ln(x * y)", "ln(x) + ln(y)", "functional equation",
             "neither x nor y is ever zero", {"x": _POSITIVE, "y": ("exp(tanh(g))", "2", "1 + w^2")}),
    Identity("power-zero", "abspow(x, 0)", "1", "also 0^0 is 1"),
    Identity("power-exp-ln", "abspow(x, y)", "exp(y * ln(x))", "definition of a real power",
             "x is never zero", {"x": _POSITIVE, "y": _TEMPERATE}),
    Identity("sigmoid-tanh", "sigmoid(x)", "(1 + tanh(x / 2)) / 2", "both are e^x / (1 + e^x)"),
    Identity("logistic", "1 / (1 + exp(x))", "(1 - tanh(x / 2)) / 2", "both are 1 / (1 + e^x)"),
    Identity("cos-number", "cospi(1) * x", "-x", "cosine at a multiple of a right angle"),
    Identity("cos-double", "[cospi(2 * p)] x", "[2 * cospi(p)^2 - 1] x", "formula for twice an angle"),
    # Maxima and minima.
    Identity("max-idempotent", "max(x, x)", "x", "a maximum of one value is the value"),
    Identity("max-flatten", "max(x, max(y, z))", "max(max(x, y), z)",
             "maxima are associative"),
    Identity("max-bounded", "max(x, x + abs(y))", "x + abs(y)", "a bound decides",
             choices={"x": ("g", "v_hat"), "y": _TEMPERATE}),
    Identity("max-shift", "max(x + z, y + z)", "max(x, y) + z", "translation",
             choices={"x": ("g", "v_hat"), "y": ("tanh(w)", "exp(-w)"), "z": ("3 * w", "s_hat")}),
    Identity("max-scale", "max(2 * x, 2 * y)", "2 * max(x, y)", "positive factor"),
    Identity("max-opposite", "max(x, -x)", "abs(x)", "absolute value"),
    Identity("max-increasing", "max(x^3, y^3)", "max(x, y)^3", "an increasing function keeps the order",
             choices={"x": ("g", "tanh(w)"), "y": ("v_hat", "3 * w")}),
    Identity("max-negated", "-max(-x, -y)", "min(x, y)", "duality"),
    # Averages, states, norms.
    Identity("ema-linear", "ema(x + y, 0.9)", "ema(x, 0.9) + ema(y, 0.9)", "averages are linear"),
    Identity("ema-constant-factor", "ema(3 * x, 0.9)", "3 * ema(x, 0.9)", "averages are linear"),
    Identity("ema-constant", "ema(3, 0.9)", "[3 * correction(0.9)] 1", "geometric sum"),
    Identity("ema-beta-zero", "ema(x, 0)", "x", "the average forgets all"),
    Identity("delta-linear", "delta(x + y)", "delta(x) + delta(y)", "n <- x - n is linear"),
    Identity("filters-commute", "ema(delta(x), 0.9)", "delta(ema(x, 0.9))",
             "linear filters that start from zero commute"),
    Identity("running-max-constant", "running_max(3)", "3", "max(3, n) is 3 from the first step"),
    Identity("running-max-nonpositive", "running_max(-abs(x))", "0", "n starts at 0"),
    Identity("running-max-scale", "running_max(3 * x)", "3 * running_max(x)", "positive factor"),
    Identity("running-max-idempotent", "running_max(running_max(x))", "running_max(x)",
             "it never falls"),
    Identity("running-max-of-positive-part", "running_max(max(x, 0))", "running_max(x)",
             "n starts at 0", choices={"x": ("g", "w", "tanh(g) - w", "v_hat", "-s_hat")}),
    Identity("running-max-increasing", "running_max(x^3)", "running_max(x)^3",
             "an increasing function that is 0 at 0 keeps the order",
             choices={"x": ("g", "tanh(w)", "v_hat", "tanh(g) - w")}),
    Identity("norm-norm", "clip_norm(clip_norm(x))", "clip_norm(x)",
             "a norm of at most 1 is not clipped"),
    # Dropout: a mask is 0 or one number.
    Identity("mask-power", "drop(x, 0.5, draw=1) * drop(y, 0.5, draw=1)",
             "2 * drop(x * y, 0.5, draw=1)",
             "the square of a mask is the mask times its number"),
    Identity("mask-function", "tanh(drop(x, 0.5, draw=1))", "drop(tanh(2 * x), 0.5, draw=1) / 2",
             "tanh is 0 where the mask is"),
)  # fmt: skip

OF_BLOCKS: tuple[Identity, ...] = (
    Identity("choice", "{ w <- where(g < 0, w + lr * g, w - lr * g) }", "none ~ abs(g)",
             "a condition is 1 or 0, a polynomial in signs"),
    Identity("reduction-linear", "none ~ mean(2 * g + w)", "none ~ 2 * mean(g) + mean(w)",
             "sums over entries are linear"),
    Identity("power-of-step", "{ w <- w - lr * g * (1 - 0.9^(t + 1)) }", "none ~ correction(0.9) * g",
             "definition of the bias correction"),
    Identity("filters-apart", "{ w <- w - lr * ema(ema(g, 0.8), 0.9) }",
             "none ~ 1.8 * ema(g, 0.9) - 0.8 * ema(g, 0.8)", "partial fractions of a transfer function"),
    Identity("linear-states", "{ state m; m <- 0.9 * m + g; w <- w - lr * m }", "none ~ 10 * ema(g, 0.9)",
             "a linear recursion is its transfer function, applied to its signals"),
    Identity("peak-state", "{ state n; n <- max(n, g^2); w <- w - lr * g / (n + 1) }",
             "none ~ g / (running_max(g^2) + 1)", "n <- max(x, n) from 0 is the running maximum"),
    Identity("equal-states",
             "{ state a, b; a <- max(0.9 * a, g); b <- max(0.9 * b, g); w <- w - lr * (a + b) }",
             "{ state a; a <- max(0.9 * a, g); w <- w - lr * 2 * a }",
             "equal starts and equal new values, by induction over steps"),
    Identity("orth-scale", "none ~ orth_exact(-2 * mean(g) * w)", "none ~ -sign(mean(g)) * orth_exact(w)",
             "a factor of all entries changes the singular values alone, its sign that of the matrix"),
    Identity("newton-schulz-steps", "none ~ newton_schulz(orth(g, steps=4))", "none ~ orth(g)",
             "steps with the same coefficients are composed"),
    Identity("scaled-state", "{ state a; a <- max(0.9 * a, 2 * g^2); w <- w - lr * a }",
             "{ state a; a <- max(0.9 * a, g^2); w <- w - lr * 2 * a }", "a state kept in another unit"),
)  # fmt: skip
"""Identities that whole rules show, since they are about states, branches and counts of steps."""

IDENTITIES: dict[str, Identity] = {identity.name: identity for identity in reversed((*TABLE, *OF_BLOCKS))}
"""Name of each identity to the form that a proof shows, the first of the table."""


def identity(entry: Identity) -> Identity:
    """Register an identity that the form of a plug-in's operation uses, so that proofs show it.

    The form records its use by :func:`nos_sym.algebra.kernel.note`. Nothing is proved by the entry itself:
    test both of its sides on numbers, as the project's own tests do for each.

    Raises:
        RuleError: an identity has the name.
    """
    if entry.name in IDENTITIES:
        raise RuleError(f"identity '{entry.name}' is registered twice")
    IDENTITIES[entry.name] = entry
    return entry
