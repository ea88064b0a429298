"""Orthogonalization of matrices: by Newton-Schulz steps, as Muon does it, and exactly.

The matrix is what the last two axes of a tensor hold, and leading axes hold several, each for itself. As for
the other operations of rows and columns, axes that are missing count one: a vector is a matrix of one row.
With the singular value decomposition ``x = U S V'`` each of these operations changes the singular values
alone, by an odd function ``f``, and gives ``U f(S) V'``; of the transpose it gives the transpose. Names that
end with ``_flat`` are of one matrix whatever the axes: of the first axis by all others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from nos_sym.intervals.exact import number_range
from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Parameter, Parity, Role
from nos_sym.language.registry import register

_BOUND = 100.0
_ROUNDING = 1e-12
_COEFFICIENTS = (
    Parameter("a", -_BOUND, _BOUND, default="3.4445"),
    Parameter("b", -_BOUND, _BOUND, default="-4.775"),
    Parameter("c", -_BOUND, _BOUND, default="2.0315"),
)
"""Those of Jordan et al. 2024, which PyTorch, Keras and optax have as defaults."""
_MOST = Parameter("steps", 0, 99, integer=True, literal=True, default="5")
_EPS = Parameter("eps", 0, math.inf, default="1e-7")
_PLUS = Parameter("plus", 0, math.inf, default="0")

ROOT = 12
"""Entries count as at most the largest number to the power of one twelfth: so five factors of them, summed
over rows and columns, are finite."""


def _largest(high: float, a: Interval, b: Interval, c: Interval) -> float:
    """Return the largest ``|a s + b s^3 + c s^5|`` for singular values from 0 to ``high``."""
    square = high * high
    cube = square * high
    if not math.isfinite(cube * square):
        return math.inf
    # Of one sign of s it is linear in each coefficient, so that their ends are the extremes.
    found = max(_peak(high, a.high, b.high, c.high), _peak(high, -a.low, -b.low, -c.low))
    sizes = [x.absolute().high for x in (a, b, c)]
    return found + _ROUNDING * (sizes[0] * high + sizes[1] * cube + sizes[2] * cube * square)


def _peak(high: float, a: float, b: float, c: float) -> float:
    """Return the largest value of an odd polynomial of degree 5 from 0 to ``high``, 0 at least."""
    squares = [high * high, *(u for u in _roots(5 * c, 3 * b, a) if 0 < u < high * high)]
    return max(0.0, *(math.sqrt(u) * (a + u * (b + u * c)) for u in squares))


def _roots(a: float, b: float, c: float) -> list[float]:
    """Return the roots of ``a u^2 + b u + c``."""
    inside = b * b - 4 * a * c
    if inside < 0 or a == b == 0:
        return []
    q = -(b + math.copysign(math.sqrt(inside), b)) / 2
    return [*([q / a] if a else []), *([c / q] if q else [])]


def _interval(value: Any) -> Interval:
    """Return the values of a parameter, which may be exact."""
    return value if isinstance(value, Interval) else number_range(value)


def _within(bound: float, x: Interval) -> Interval:
    """Return the entries of a matrix with singular values up to a bound; that of zeros is zero."""
    return x if x.low == x.high == 0 else Interval(-bound, bound)


def _orth_range(x: Interval, steps: Any, eps: Any, plus: Any, *coefficients: Any) -> Interval:
    high = 1.0  # of the singular values after the division, since their squares sum up to 1 at most
    given = [_interval(value) for value in coefficients]
    for _ in range(int(steps)):
        high = _largest(high, *given)
    return _within(high, x)


def _step_range(x: Interval, *coefficients: Any) -> Interval:
    return _within(math.inf, x)


def _matrices(x: Any) -> Any:
    return x if x.ndim > 1 else x.reshape(1, -1)


def _scaled(xp: Any, x: Any) -> tuple[Any, Any, Any]:
    """Return matrices divided by a scale near their largest magnitudes, the scale, and 0 or NaN.

    The last is NaN for a matrix that is not finite, so that adding it leaves no part of one.
    """
    limits = xp.finfo(x.dtype)
    peak = xp.max(xp.abs(x), axis=(-2, -1), keepdims=True)
    scale = xp.clip(peak, limits.tiny, limits.max / 4)
    return x / scale, scale, peak - peak


def _normalized(xp: Any, x: Any, eps: Any, plus: Any) -> Any:
    """Return ``x / (max(norm, eps) + plus)`` without squares of large or small numbers, 0 of zeros."""
    x, scale, spoiled = _scaled(xp, x)
    norm = xp.sqrt(xp.sum(x * x, axis=(-2, -1), keepdims=True))
    norm = xp.where(norm == 0, x.dtype.type(1), norm)
    return x / (xp.maximum(norm, eps / scale) + plus / scale) + spoiled


def _newton_schulz(xp: Any, x: Any, a: Any, b: Any, c: Any) -> Any:
    bound = x.dtype.type(xp.result_type(x.dtype, xp.float64).type(xp.finfo(x.dtype).max) ** (1 / ROOT))
    m = xp.clip(_matrices(x), -bound, bound)
    turned = xp.swapaxes(m, -2, -1)
    tall = m.shape[-2] > m.shape[-1]
    gram = turned @ m if tall else m @ turned
    step = b * gram + c * (gram @ gram)
    return (a * m + (m @ step if tall else step @ m)).reshape(x.shape)


def _orth(xp: Any, x: Any, steps: Any, eps: Any, plus: Any, a: Any, b: Any, c: Any) -> Any:
    if not x.size:
        return x
    m = _normalized(xp, _matrices(x), eps, plus)
    for _ in range(int(steps)):
        m = _newton_schulz(xp, m, a, b, c)
    return m.reshape(x.shape)


def _orth_exact(xp: Any, x: Any) -> Any:
    if not x.size:
        return x
    m, _, spoiled = _scaled(xp, _matrices(x))
    m = xp.where(spoiled == 0, m, 0).astype(xp.float64)  # a library may refuse what is not finite
    u, s, v = xp.linalg.svd(m, full_matrices=False)
    unit = max(float(xp.finfo(x.dtype).eps), float(xp.finfo(xp.float64).eps))
    kept = s > max(m.shape[-2:]) * unit * s[..., :1]
    return (((u * kept[..., None, :]) @ v).astype(x.dtype) + spoiled).reshape(x.shape)


def _flattened(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of the one matrix of the first axis of a tensor by all others."""

    def changed(xp: Any, x: Any, *parameters: Any) -> Any:
        matrix = x.reshape(x.shape[0], -1) if x.ndim > 2 and x.size else x
        return function(xp, matrix, *parameters).reshape(x.shape)

    return changed


def _matrix(name: str, title: str, computes: str, source: str, **more: Any) -> None:
    register(
        Operation(
            name=name,
            title=title,
            computes=computes,
            source=source,
            of_blocks=True,
            arity=1,
            role=Role.REDUCTION,
            kind=Kind.TENSOR,
            noun=name,
            **more,
        )
    )


_matrix(
    "orth",
    "orthogonalization by Newton-Schulz steps",
    "U f(S) V' of x = U S V', f: steps times a s + b s^3 + c s^5, first s / (max(norm of x, eps) + plus)",
    "Jordan et al. 2024",
    parameters=(_MOST, _EPS, _PLUS, *_COEFFICIENTS),
    meaning=Meaning(range=_orth_range, reference=_orth, parity=Parity.ODD),
)
_matrix(
    "newton_schulz",
    "Newton-Schulz step",
    "U (a S + b S^3 + c S^5) V' of x = U S V'",
    "Jordan et al. 2024",
    parameters=_COEFFICIENTS,
    meaning=Meaning(range=_step_range, reference=_newton_schulz, parity=Parity.ODD),
)
_matrix(
    "orth_flat",
    "orthogonalization of a flattened tensor",
    "orth of the matrix of the first axis by all others",
    "Jordan et al. 2024",
    parameters=(_MOST, _EPS, _PLUS, *_COEFFICIENTS),
    meaning=Meaning(range=_orth_range, reference=_flattened(_orth), parity=Parity.ODD),
)
_matrix(
    "newton_schulz_flat",
    "Newton-Schulz step of a flattened tensor",
    "newton_schulz of the matrix of the first axis by all others",
    "Jordan et al. 2024",
    parameters=_COEFFICIENTS,
    meaning=Meaning(range=_step_range, reference=_flattened(_newton_schulz), parity=Parity.ODD),
)
_matrix(
    "orth_exact",
    "exact orthogonalization",
    "U V' of x = U S V' over the singular values that are not 0",
    "Higham 2008, Section 8.1",
    meaning=Meaning(range=lambda x: _within(1.0, x), reference=_orth_exact, parity=Parity.ODD),
)
