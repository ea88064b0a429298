"""What to write in place of a name that the language lacks: the writing that means it, or the name meant.

A near name may be another optimizer: ``sin`` is one letter from ``sign``. So a name that other libraries or
papers have is answered by how the language says it, or by nothing, and another name only where the two differ
as a slip of the fingers does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache

WRITINGS: dict[str, str] = {
    "absolute": "abs(x)", "fabs": "abs(x)", "sgn": "sign(x)", "signum": "sign(x)",
    "neg": "-x", "negative": "-x", "add": "x + y", "sub": "x - y", "subtract": "x - y", "mul": "x * y",
    "multiply": "x * y", "div": "x / y", "divide": "x / y", "true_divide": "x / y",
    "maximum": "max(x, y)", "fmax": "max(x, y)", "minimum": "min(x, y)", "fmin": "min(x, y)",
    "clamp": "min(max(x, y), z)", "relu": "max(x, 0)", "relu6": "min(max(x, 0), 6)",
    "square": "x^2", "sqr": "x^2", "cube": "x^3", "pow": "x^3", "power": "x^3", "float_power": "x^3",
    "rsqrt": "recip(sqrt(x))", "cbrt": "sign(x) * abspow(x, 1 / 3)", "hypot": "sqrt(x^2 + y^2)",
    "reciprocal": "recip(x)", "inv": "recip(x)", "inverse": "recip(x)",
    "log1p": "ln(1 + x)", "log2": "ln(x) / ln(2)", "log10": "ln(x) / ln(10)",
    "expm1": "exp(x) - 1", "exp2": "abspow(2, x)", "xlogy": "x * ln(y)",
    "cos": "cospi(x / (4 * arctan(1)))", "sin": "cospi(x / (4 * arctan(1)) - 0.5)", "sinpi": "cospi(x - 0.5)",
    "sinh": "(exp(x) - exp(-x)) / 2", "cosh": "(exp(x) + exp(-x)) / 2",
    "arctanh": "ln((1 + x) / (1 - x)) / 2", "atanh": "ln((1 + x) / (1 - x)) / 2",
    "logistic": "sigmoid(x)", "expit": "sigmoid(x)", "logit": "ln(x / (1 - x))",
    "silu": "x * sigmoid(x)", "swish": "x * sigmoid(x)", "gelu": "x * erfc(-x / sqrt(2)) / 2",
    "mish": "x * tanh(softplus(x))", "logsigmoid": "-softplus(-x)", "log_sigmoid": "-softplus(-x)",
    "log_expit": "-softplus(-x)", "ndtr": "erfc(-x / sqrt(2)) / 2", "pi": "4 * arctan(1)", "e": "exp(1)",
    "grad": "g", "grads": "g", "gradient": "g", "weight": "w", "weights": "w", "theta": "w",
    "g_t": "g", "grad_t": "g", "w_t": "w", "theta_t": "w", "param": "w", "parameter": "w", "params": "w",
    "ewma": "ema(x, 0.9)", "ewm": "ema(x, 0.9)", "dropout": "drop(x, 0.5)",
    "expMovAvg": "ema_hat(x, 0.95)", "deltaChange": "delta(x)", "MaxValue": "running_max(x)",
}  # fmt: skip
"""Names of NumPy, SciPy, PyTorch, the authors' log and papers to how the language says the same."""

_CLIPPED = "'clip_norm(x)', the 'norm' of the paper, is x clipped by its norm"
_NORM = f"{_CLIPPED}; a norm alone cannot be written"
NOTES: dict[str, str] = {
    **dict.fromkeys(
        ("lr", "learning_rate", "eta"),
        "an update is multiplied by the learning rate by itself; leave it out, or write a block, '{ ... }'",
    ),
    **dict.fromkeys(
        ("mu", "momentum"),
        "the momentum is in the head of a rule, 'momentum ~' or 'nesterov ~'",
    ),
    **dict.fromkeys(("norm", "l2norm"), _NORM),
    **dict.fromkeys(
        ("rows", "cols", "size", "rank", "first_axis", "second_axis"),
        "the shape of the parameter is read in blocks, '{ ... }'",
    ),
    **dict.fromkeys(
        ("if", "else"),
        "'if rank >= 2 { ... }' is a statement of blocks; a choice among values is 'where(condition, x, y)'",
    ),
    **dict.fromkeys(
        ("and", "or", "not"),
        "a condition stands behind 'if', or first in 'where(condition, x, y)'",
    ),
    **dict.fromkeys(("True", "False", "true", "false"), "a condition is a comparison, such as 'rank >= 2'"),
    **dict.fromkeys(("None", "null"), "every value is a number"),
    **dict.fromkeys(
        ("old", "prev", "previous", "last"),
        "above its assignment a state is its old value; name it there, as in 'q = x'",
    ),
    "new": "below its assignment a state is its new value",
    **dict.fromkeys(
        ("zeros", "zeros_like"), "a state begins at 0 where it has no start; a number is spread by itself"
    ),
    **dict.fromkeys(
        ("ones", "ones_like", "full", "full_like"), "a number is spread by itself, as in 'm = 1'"
    ),
    **dict.fromkeys(
        ("rand", "randn", "rand_like", "randn_like", "normal", "uniform"),
        "the one random operation is 'drop'",
    ),
    "m_hat": "the average of g is 'v_hat' here, and that of g^2 is 's_hat'",
    **dict.fromkeys(
        ("t", "step", "T", "total_steps"),
        "'p' is the step over the number of steps, and 'a1' to 'a14' are decays",
    ),
}
"""Names that stand for something which the language says in another way, or cannot say."""

IN_BLOCKS: dict[str, str] = {
    **dict.fromkeys(("learning_rate", "eta", "step_size"), "write 'lr'"),
    **dict.fromkeys(("step", "count", "iteration", "iterations"), "write 't', which counts from 0"),
    **dict.fromkeys(("total_steps", "num_steps"), "write 'T'"),
    **dict.fromkeys(("ndim", "dim"), "write 'rank'"),
    **dict.fromkeys(("numel", "nelement"), "write 'size'"),
    "shape": "the shape of the parameter is 'rows', 'cols', 'size' and 'rank'",
    "mu": "write 'momentum', which schedulers cycle, or declare a setting in the head",
    **dict.fromkeys(("inf", "infinity", "nan"), "every value is a number, from 1e-300 to 1e300"),
}
"""The same inside of blocks, where some things have a name that rules of one line have not."""

CHARACTERS: dict[str, str] = {
    "\N{CUBE ROOT}": "a cube root is 'x^(1/3)'",
    "\N{FOURTH ROOT}": "a fourth root is 'x^(1/4)'",
    "\N{VULGAR FRACTION ONE HALF}": "write '1/2'",
    "\N{VULGAR FRACTION ONE THIRD}": "write '1/3'",
    "\N{VULGAR FRACTION ONE QUARTER}": "write '1/4'",
    "\N{NABLA}": "the gradient is 'g'",
    "\N{PARTIAL DIFFERENTIAL}": "the gradient is 'g'",
    "\N{COMBINING CIRCUMFLEX ACCENT}": "a hat is a part of the name, as in 'v_hat'",
    "\N{COMBINING OVERLINE}": "a bar is a part of a name, as in 'v_bar'",
    "\N{COMBINING TILDE}": "a tilde is a part of a name, as in 'v_tilde'",
    "\N{COMBINING MACRON}": "a bar is a part of a name, as in 'v_bar'",
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", "a text stands between two '\"'"),
    **dict.fromkeys("\u2016\u2225", "a norm is written as a function of a tensor"),
    **dict.fromkeys("\u2264\u2265\u2260", "a comparison is written in two characters, as in '<='"),
    "\N{LEFTWARDS ARROW}": "an arrow is written in two characters, '<-'",
    "\N{INFINITY}": "infinity is 'inf', and stands in domains alone",
}
"""Characters that have no place in the language to what says the same."""

_SETTING = re.compile(
    r"(?:beta|rho|alpha|eps|epsilon|weight_decay|wd|gamma|nu|kappa|tau|lam|sigma|phi|xi|chi|omega)_?[0-9]*"
)
_BEFORE = re.compile(r"[A-Za-z]\w*_(?:|prev|previous|old|last|tm1|t_1)")

_LONGEST = 40
_WITHIN = 2

_OTHERS = frozenset(
    (
        *("acos", "acosh", "asin", "celu", "elu", "selu", "prelu", "leaky_relu", "hardtanh", "hardsigmoid"),
        *("hardswish", "hardshrink", "softshrink", "softmin", "logsumexp", "tanhshrink", "threshold", "glu"),
        *("lerp", "addcmul", "addcdiv", "erfinv", "digamma", "lgamma", "polygamma", "frac", "remainder"),
        *("heaviside", "nan", "inf", "infinity", "mean", "sum", "std", "var", "median", "rms", "eps"),
    )
)
"""Names of other libraries that are no slip of the fingers, beside those of Python, NumPy and SciPy."""


def hint_for(name: str, known: Iterable[str], *, in_block: bool = False) -> str:
    """Return what to write for an unknown name, as the end of a message, or nothing.

    Args:
        name: the name that was read.
        known: the names that may stand at its place.
        in_block: whether it stands in a block.
    """
    lower, known = name.lower(), list(known)
    if in_block and lower in IN_BLOCKS:
        return f"; {IN_BLOCKS[lower]}"
    if in_block and _BEFORE.fullmatch(name):
        return "; above its assignment a state is what the step before left, without a subscript"
    writing, note = (table.get(name) or table.get(lower) for table in (WRITINGS, NOTES))
    if writing:
        return f"; write '{writing}'"
    if note:
        norms = [other for other in ("norm2", "norm1", "norm_inf") if other in known]
        return (
            f"; {note}"
            if note is not _NORM or not norms
            else f"; {_CLIPPED}; the norm alone is '{norms[0]}(x)'"
        )
    if _SETTING.fullmatch(name):
        body = "{ ... }" if in_block else "none ~ ..."
        default = "1e-8" if lower.startswith("eps") else "0.9" if lower.startswith(("beta", "rho")) else "0.1"
        return f"; a setting is declared in the head, as in 'Name({name}={default}) = {body}'"
    return did_you_mean(name, known)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``"; did you mean 'x'?"`` for the known name that was mistyped, or nothing.

    >>> did_you_mean("tahn", ["tanh"])
    "; did you mean 'tanh'?"
    >>> did_you_mean("NAdam", ["Adam"])
    ''
    """
    name, known = name.strip(), list(known)
    if len(name) > _LONGEST:
        return ""
    near = [other for other in known if other.lower() == name.lower()]
    if not near:
        rank = {other: slip for other in known if (slip := slip_of(name, other))}
        least = min(rank.values(), default=0)
        near = [other for other, slip in rank.items() if slip == least]
        if least == _WITHIN and _stands_elsewhere(name.lower()):
            return ""
    return f"; did you mean '{near[0]}'?" if len(near) == 1 else ""


def slip_of(name: str, other: str) -> int:
    """Return how a name may be another one mistyped; 0 where it may not.

    1: the case differs, neighbors are exchanged or a letter is doubled. 2: letters within are missing, added
    or replaced. The first and the last letter and all digits have to be the same, since there the names of
    variants differ: ``Adam`` and ``NAdam``, ``tan`` and ``tanh``, ``a1`` and ``a2``.
    """
    a, b = name.lower(), other.lower()
    if a == b:
        return 1
    # An operand of several words, such as 'sign(v hat)', is mistyped within a word.
    words, others = re.split(r"\W+", a), re.split(r"\W+", b)
    if len(words) > 1 and len(words) == len(others) and re.findall(r"\W+", a) == re.findall(r"\W+", b):
        slips = [slip_of(*pair) for pair in zip(words, others, strict=True)]
        return max(slips) if all(slips) else 0
    if len(words) > 1 or min(len(a), len(b)) < 3 or _digits(a) != _digits(b):
        return 0
    if any(_exchanged(b, i) == a for i in range(1, len(b) - 1)) or a in _doubled(b) or b in _doubled(a):
        return 1
    within = a[0] == b[0] and a[-1] == b[-1] and _distance(a, b) <= (2 if len(b) >= 8 else 1)
    return _WITHIN if within else 0


def _doubled(name: str) -> set[str]:
    return {name[: i + 1] + name[i:] for i in range(len(name))}


def _digits(name: str) -> str:
    return "".join(c for c in name if c.isdigit())


def _exchanged(name: str, i: int) -> str:
    return name[:i] + name[i + 1] + name[i] + name[i + 2 :]


def _distance(a: str, b: str) -> int:
    """Return how many letters have to be put in, left out or replaced."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


@lru_cache(maxsize=256)
def _stands_elsewhere(name: str) -> bool:
    """Return whether a name means something in Python, NumPy, SciPy or PyTorch, so that it is no slip."""
    if name in WRITINGS or name in NOTES or name in _OTHERS or hasattr(math, name):
        return True
    # Their import takes longer than a command, and is paid where there is an error alone.
    import numpy as np
    import scipy.special

    return name.isidentifier() and (hasattr(np, name) or hasattr(scipy.special, name))
