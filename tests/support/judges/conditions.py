"""Pairs for single conditions of the algebra: one condition less, and a pair is merged or missed.

Each was made from a condition that could be dropped with no other check seeing it.
"""

APART: list[tuple[str, str]] = [
    ("max(g * w^2 * exp(w) + g * w^2, 0)", "g * w^2 * exp(w) + g * w^2"),
    ("abs(w + max(g, -1 - w))", "-w - max(g, -1 - w)"),
    ("max(w + max(g, -1 - w), 0)", "0"),
    (
        "max([cospi(p) * (1 - p)] exp(abs(g)) - [cospi(p) * (1 - p)] 1, 0)",
        "[cospi(p) * (1 - p)] exp(abs(g)) - [cospi(p) * (1 - p)] 1",
    ),
    ("max([(1 - p) * p] exp(abs(g)) - [1 - p] 1, 0)", "[(1 - p) * p] exp(abs(g)) - [1 - p] 1"),
    ("max(w * ema(abs(g), 0.9) + w * ema(w^2, 0.9), 0)", "w * ema(abs(g), 0.9) + w * ema(w^2, 0.9)"),
    ("max(g * ema(abs(g), 0.9) + g * ema(w^2, 0.9), 0)", "g * ema(abs(g), 0.9) + g * ema(w^2, 0.9)"),
    ("max(ema(max(g, 0), 0.9) - abs(ema(g, 0.9)), 0)", "ema(max(g, 0), 0.9) - abs(ema(g, 0.9))"),
    ("sign([p] exp(g) + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9))", "1"),
    ("sign([1.5 - p] g^2 * exp(w) + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9))", "1"),
    (
        "max([1.5 - p] g * w^2 + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9), 0)",
        "[1.5 - p] g * w^2 + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9)",
    ),
    ("ema(g, 0.9) * sign(g^2 + w^2)", "ema(g, 0.9)"),
    ("ema(g, 0.9) * sign(g)^2", "ema(g, 0.9)"),
    ("min(abs(g), w) * sign(g)^2", "min(abs(g), w)"),
    ("max(-abs(g), w) * sign(g)^2", "max(-abs(g), w)"),
    ("g * sign(ema(abs(g^2 - w^2), 0.9))", "g"),
    ("ema(ema(g, 0.9), 0.99) * sign(ema(g, 0.9))^2", "ema(ema(g, 0.9), 0.99)"),
    ("running_max(ema(g, 0.9)) * sign(ema(g, 0.9))^2", "running_max(ema(g, 0.9))"),
    ("max(max(g, w)^3, 5)", "max(max(g, w), 5)"),
    ("max(recip(max(g, w)), 5)", "max(max(g, w), 5)"),
    ("max(w * max(g, w), 1)", "max(max(g * w, w^2), 1)"),
    ("max(w * abs(g) + w * g, 1)", "max(2 * w * g, 1)"),
    ("max(abs(g) + 0.5 * g, 1)", "max(2 * g, 1)"),
    ("max(abs(g - w) + g + 5 * w, 1)", "max(2 * g + 4 * w, 6 * w)"),
    ("max(sqrt(g - w) + g - w, 1)", "max(2 * g - 2 * w, 1)"),
    ("max(g, max(0, min(max(g, w), 5)))", "max(g, 0)"),
    ("running_max(tanh(abs(g)) * abs(w))", "running_max(tanh(abs(g)))"),
    ("max(2 * tanh(g), tanh(w))", "tanh(max(2 * g, w))"),
    ("max(sqrt(2) * tanh(g), tanh(w))", "tanh(max(g, w))"),
    ("max(tanh(g) / arctan(1), tanh(w))", "tanh(max(g, w))"),
    ("max(-tanh(abs(g)), -tanh(abs(w)))", "tanh(max(abs(g), abs(w)))"),
    ("max(recip(abs(g)), recip(tanh(abs(g))))", "recip(abs(g))"),
    ("max(abs(g) + g + w * abs(g), 0)", "abs(g) + g + w * abs(g)"),
    ("max(abs(w) + w + 3 * sign(g) * abs(w), 0)", "abs(w) + w + 3 * sign(g) * abs(w)"),
    ("max(abs(g) + g + 3 * sign(w) * abs(g), 0)", "abs(g) + g + 3 * sign(w) * abs(g)"),
    ("sign(g - w) * abspow(g - w, 2.5)", "abspow(g - w, 2.5)"),
    ("sign(g) * min(2 * sign(g)^2, abs(w))^2", "sign(g) * min(2, abs(w))"),
    ("[sign(1 + exp(1.5 * ln(2) * p) * cospi(p))^2] g", "g"),
    ("[sign(1 + cospi(3 * p))^2] g", "g"),
    ("[sign(2 + recip(cospi(p)))^2] g", "g"),
    ("[sign(1 - p + 2 / 3 * cospi(3 * p))^2] g", "g"),
    ("[sign(2.5 - p - exp(p * ln(4)))^2] g", "g"),
    ("[sign(1 + cospi(p + r))^2] g", "g"),
    ("[sign(1 + cospi(p / r))^2] g", "g"),
    ("[sign(1 + cospi(recip(p)))^2] g", "g"),
    ("[sign(1 + cospi(exp(p)))^2] g", "g"),
    ("sign(sign(g)^2 * w)", "sign(g) * sign(w)"),
    ("tanh(sign(min(g, 0))^2 * w)", "-tanh(sign(min(g, 0))^2 * w)"),
    ("tanh(w + w * sign(g))", "tanh(2 * w) * max(sign(g), 0)"),
    ("sign(ln(g^2 / (1 + g^2)))^2", "1"),
    ("sign(ln(0))^2", "1"),
    ("sign(ln(1 + g^2 - g^2 * tanh(abs(w))))^2", "1"),
    ("sign(ln(1 + abs(w) - abs(w) * exp(-abs(g))))^2", "1"),
    ("abs(sign(clip_norm(drop(g, 0.5))))", "drop(sign(g)^2, 0.5)"),
    ("abspow(-(g^2) - g^4 * exp(w), w)", "exp(w * ln(g^2 + g^4 * exp(w)))"),
    ("[sign(1 + cospi(p + 2 * r))^2] g", "g"),
    ("[sign(1 + cospi(p / remaining))^2] g", "g"),
    ("[sign(1 + cospi(r / remaining))^2] g", "g"),
    ("tanh(abs(g) + g * sign(w))", "sign(w) * tanh(2 * g) / 2 + sign(w)^2 * tanh(2 * abs(g)) / 2"),
    ("erf(abs(w) * exp(g) - w * exp(g) * sign(g))", "erf(2 * abs(w) * exp(g)) * max(-sign(g * w), 0)"),
    ("tanh(min(min(g, w), 0))", "tanh(max(max(g, w), 0))"),
    ("max(recip(tanh(g)), tanh(w))", "tanh(max(g, w))"),
    ("max(tanh(g) / w, tanh(w))", "tanh(max(g, w))"),
    ("max(2 * abs(g * w) + 2 * abs(g) * w + g * abs(w), 0)", "2 * abs(g * w) + 2 * abs(g) * w + g * abs(w)"),
    ("max(2 * abs(g * w) + 2 * g * abs(w) + abs(g) * w, 0)", "2 * abs(g * w) + 2 * g * abs(w) + abs(g) * w"),
    ("ema(abs(ema(g, 0.9)), 0.99)", "ema(ema(g, 0.9), 0.99)"),
    ("delta(abs(ema(g, 0.9)))", "delta(ema(g, 0.9))"),
    ("ema(abs(delta(g)), 0.9)", "ema(delta(g), 0.9)"),
    ("exp(abs(ln(tanh(g) - 4 / 3)))", "4 / 3 - tanh(g)"),
    ("sqrt(2.5 + 3 * w^2 + w^4 - (1.5 + w^2) * sign(g))", "1.5 + w^2 - 0.5 * sign(g)"),
    ("[abs(1 - recip(p))] g", "[1 - recip(p)] g"),
    ("[abs(1.5 - abs(cospi(p)) - cospi(p))] g", "[1.5 - abs(cospi(p)) - cospi(p)] g"),
    ("[abs(1.5 * sign(p)^2 - 1)] g", "[1.5 * sign(p)^2 - 1] g"),
    ("[abs(1 - 1.5 * sign(p)^2)] g", "[1 - 1.5 * sign(p)^2] g"),
    ("[abs(0.03 - ln(cospi(p / 3))^2)] g", "[0.03 - ln(cospi(p / 3))^2] g"),
    ("[abs(0.75 - max(cospi(p), -p / 2))] g", "[0.75 - max(cospi(p), -p / 2)] g"),
    ("[abs(1 + ln(1 - p))] g", "[1 + ln(1 - p)] g"),
    ("[abs(3 - exp(recip(p)))] g", "[3 - exp(recip(p))] g"),
    ("max(abs(g - w) + abs(g - w) * (g - w), w)", "max(max(2 * abs(g - w) * (g - w), 0), w)"),
]
"""Pairs that differ on some history, as a judge sees."""

ONE: list[tuple[str, str]] = [
    ("abs(w^2 + max(g, 1 - w^2))", "w^2 + max(g, 1 - w^2)"),
    ("abs(w + max(-exp(g) - w, -1 - w))", "-w - max(-exp(g) - w, -1 - w)"),
    (
        "max(1.05 * g^2 + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9), 0)",
        "1.05 * g^2 + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9)",
    ),
    ("max([1 - p] exp(abs(g)) - [1 - p] 1, 0)", "[1 - p] exp(abs(g)) - [1 - p] 1"),
    ("g * sign(ema(g^2 * exp(w), 0.9))", "g"),
    ("max(abs(g) + g, w)", "max(max(2 * g, 0), w)"),
    ("max(abs(g - w) + g - w, 1)", "max(max(2 * g - 2 * w, 0), 1)"),
    ("max(g, max(w, min(max(g, w), 5)))", "max(g, w)"),
    ("[max(exp(-p), 0.9 - p)] g", "[exp(-p)] g"),
    ("max(abs(g), arctan(g))", "abs(g)"),
    ("max(abs(w), w * sign(g))", "abs(w)"),
    ("(sqrt(1 + g^2) * sqrt(1 + w^2))^2", "1 + g^2 + w^2 + g^2 * w^2"),
    ("abspow(tanh(g) - 2, 2.5)", "(tanh(g) - 2)^2 * sqrt(tanh(g) - 2)"),
    ("sign(g - w) * abspow(g - w, 1.5)", "(g - w) * sqrt(g - w)"),
    ("exp(ln(1 + g^2) + w)", "(1 + g^2) * exp(w)"),
    ("sign(g) * min(2 * sign(g)^2, abs(w))", "sign(g) * min(2, abs(w))"),
    (
        "(sqrt(1 + w^2) * sign(g)) * (sqrt(1 + w^2) * min(2 * sign(g)^2, abs(w)))",
        "(1 + w^2) * sign(g) * min(2, abs(w))",
    ),
    ("g^2 * sign(clip_norm(g * w))^2", "g^2 * sign(w)^2"),
    ("sign(softplus(g))", "1"),
    ("sign([1 - p] 1 + abs(g))", "1"),
    ("tanh(w + w * sign(g))", "tanh(2 * w) * max(sign(g), 0) + tanh(w) * (1 - sign(g)^2)"),
    ("exp([p] sign(g))", "[exp(p)] max(sign(g), 0) + [exp(-p)] max(-sign(g), 0) + 1 - sign(g)^2"),
    ("tanh(abs(g) + g)", "tanh(2 * g) * max(sign(g), 0)"),
    ("sign(1 + 1.05 * g^2 + [0.95 / correction(0.9) - 0.663] ema(g^2, 0.9))", "1"),
    ("sign(ln(1 + recip(1 + abs(g) + exp(w))))", "1"),
    (
        "tanh(abs(g) + g * sign(w))",
        "sign(w) * tanh(2 * g) / 2 + sign(w)^2 * tanh(2 * abs(g)) / 2 + (1 - sign(w)^2) * tanh(abs(g))",
    ),
    ("tanh(abs(g * w) + g * w)", "tanh(2 * g * w) * max(sign(g * w), 0)"),
    ("ema(ema(min(min(g, w), 0), 0.9), 0.99)", "ema(ema(min(min(g, w), 0), 0.99), 0.9)"),
    ("ema(delta(abs(ema(g, 0.9))), 0.99)", "delta(ema(abs(ema(g, 0.9)), 0.99))"),
    ("exp(2 * ln(tanh(g) - 4 / 3))", "(tanh(g) - 4 / 3)^2"),
    ("exp(abs(ln(3)))", "3"),
    ("abs(sign(clip_norm(drop(g, 0.5))))", "sign(drop(g, 0.5))^2"),
]
"""Pairs that are equal on every history, and proved so."""

_NEAREST = "8106479329266893 / 18014398509481984"
"""The binary number nearest to 0.45."""

APART_ALMOST: list[tuple[str, str]] = [
    ("sign(tanh(max(g, 0)) + tanh(max(w, 0)))^2", "1"),
    ("sign(tanh(max(g, 0) * w) + tanh(max(w, 0) * g))^2", "1"),
    (
        "sign(ema(arctan(exp(g)), 0.9) + ema(arctan(exp(-g)), 0.9) - [correction(0.9)] 2 * arctan(1)"
        " + [correction(0.9) - 0.19] g)^2",
        "1",
    ),
    (
        "sign(ema(g * ema(arctan(exp(g)), 0.9), 0.99) + ema(g * ema(arctan(exp(-g)), 0.9), 0.99)"
        " - 2 * arctan(1) * ema([correction(0.9)] g, 0.99) + [correction(0.9) - 0.19] w)^2",
        "1",
    ),
    ("sign(delta(tanh(1 + delta(delta(g) - g) - (delta(g) - g))))^2", "1"),
    ("sign(arctan((2 * g + 1) / (4 * g^2 - 1)) + arctan(2 * g - 1) - 2 * arctan(1))^2", "1"),
    (
        "sign(arctan((2 * tanh(g) + 1) / (4 * tanh(g)^2 - 1)) + arctan(2 * tanh(g) - 1) - 2 * arctan(1))^2",
        "1",
    ),
    ("sign(arctan(ema(g, 0.9) / ema(g^2, 0.9)) + arctan(10 * ema(g, 0.9)) - 2 * arctan(1))^2", "1"),
    (
        "sign(arctan((exp(g) - 1) / (exp(2 * g) - 2 * exp(g) + 1)) + arctan(exp(g) - 1) - 2 * arctan(1))^2",
        "1",
    ),
    ("sign(ema(max(max(g, w), 0), 0.9))^2", "1"),
    ("sign(2 * arctan(sqrt(g)) - arctan(2 * sqrt(g) / (1 - g)))^2", "1"),
    ("sign(arcsinh(2 * sqrt(g) * sqrt(1 + g)) - 2 * arcsinh(sqrt(g)))^2", "1"),
    ("sign(arctan(1 + sqrt(g)) + arctan(1 - sqrt(g)) + arctan(g / 2) - 2 * arctan(1))^2", "1"),
    ("sign(tanh(max(max(g, w), 0)) + tanh(max(max(2 * g, w), 0)))^2", "1"),
    ("sign(tanh(g^2 * max(max(g, w), 0)) + tanh(g^2 * max(max(2 * g, w), 0)))^2", "1"),
    ("sign(arctan(g / w) + arctan(w / g) + 2 * arctan(1))^2", "1"),
    (
        "sign(ema(arctan(g / w), 0.9) + ema(arctan(w / g), 0.9)"
        " + [correction(0.9)] 2 * arctan(1) + [correction(0.9) - 0.19] g)^2",
        "1",
    ),
    ("sign(arctan(w / (g^3 - w)) + arctan((g^3 - w) / w) - 2 * arctan(1))^2", "1"),
    ("sign(arctan(w / (g^3 - w)) + arctan((g^3 - w) / w) + 2 * arctan(1))^2", "1"),
    ("exp(abs(ln(g)))", "abs(g)"),
    # Zero at the second step, beside a value that need not be.
    (
        "sign(max(w, ema(arctan(exp(g)), 0.9) + ema(arctan(exp(-g)), 0.9) - [correction(0.9)] 2 * arctan(1)"
        " + [correction(0.9) - 0.19] g))^2",
        "1",
    ),
    # Zero on one of the two parts where a product is more than 1, at the first step or at all.
    ("sign(arctan(2 * g) + arctan(w) - arctan((2 * g + w) / (1 - 2 * g * w)) - 4 * arctan(1))^2", "1"),
    (
        "sign(arctan(2 * g) + arctan(w) - arctan((2 * g + w) / (1 - 20 * ema(g * w, 0.9)))"
        " - 4 * arctan(1))^2",
        "1",
    ),
    # Zero where g^3 / w is less than 1.
    ("sign(arctan(g^3 / w) + arctan(1) - arctan((g^3 + w) / (w - g^3)))^2", "1"),
    ("sign(arctan(w^3 / g) + arctan(1) - arctan((w^3 + g) / (g - w^3)))^2", "1"),
    # At the pair of 0.45 the divisor is r g, whose least value is 0; where r is 1/2 the sum is 0 on one side.
    (
        f"sign(arctan((2 - w - {_NEAREST} + 0.5 * g) / (w + {_NEAREST} - [r] g))"
        f" + arctan(w + {_NEAREST} - 1 - 0.5 * g) + 3 * arctan(1))^2",
        "1",
    ),
]
"""Pairs that differ on histories of numbers at random."""

ONE_ALMOST: list[tuple[str, str]] = [
    ("sign(tanh(g)^2 - w)^2", "1"),
    ("sign(tanh(g^2) - w)^2", "1"),
    ("sign(tanh(g * exp(w)) - w)^2", "1"),
    ("sign(ema(g * exp(w), 0.9) - w)^2", "1"),
    ("sign(ema([1 - p] g, 0.9) - w)^2", "1"),
    ("sign(ema(g / (1 + w^2), 0.9) - w)^2", "1"),
    ("sign(ema(recip(g), 0.9))^2", "1"),
    ("sign(ema(tanh(1 + g), 0.9))^2", "1"),
    ("sign(ema(g^2 / w, 0.9))^2", "1"),
    ("sign(g / ema(g^2, 0.9) - w)^2", "1"),
    ("sign(i1e(g) - w)^2", "1"),
    ("sign(delta(g))^2", "1"),
    ("sign(min(max(g, w), g - 1))^2", "1"),
    ("sign(tanh(g / ema(g^2, 0.9)) - w)^2", "1"),
    ("sign(tanh(g / (g^2 + w^2)) - w)^2", "1"),
    ("sign(tanh(w / ema(g, 0.9)) - g)^2", "1"),
    ("sign(tanh(w / (1 + g^2)) - g)^2", "1"),
    ("sign(tanh(w * exp(g)) - g)^2", "1"),
    ("sign(tanh(w / (1 + g)) - g)^2", "1"),
    ("sign(tanh(w / (w + [1 + p] g)) - g)^2", "1"),
    ("sign(tanh(w / ln(2 + g^2)) - g)^2", "1"),
    ("sign(w / tanh(g) - g)^2", "1"),
]
"""Pairs that differ on a null set of histories alone, and are proved so."""
