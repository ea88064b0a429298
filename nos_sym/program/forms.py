"""How values depend on the gradient: odd or even, and how fast they grow.

Requires expressions of the registry's nodes. Ensures: what is said holds of the values, however they are
written; where it cannot be told, nothing is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.operation import Parity, Role
from nos_sym.language.setting import is_setting
from nos_sym.language.traversal import walk

_ROUNDS = 6
"""After so many rounds a growth that still changes has no bound."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a value depends on the gradient.

    Attributes:
        odd: whether it changes its sign with gradient and weight; else it stays as it is.
        low, high: bounds of the power of the gradient with which it grows.
        gradient: whether the gradient is part of it.
        linear: whether it is a linear form of gradient, weight and such states.
    """

    odd: bool = False
    low: float = 0
    high: float = 0
    gradient: bool = False
    linear: bool = False

    @property
    def is_first_moment(self) -> bool:
        """Whether an average of it is a first moment."""
        return self.odd and self.gradient and self.high <= 1


ZERO = Form(low=math.inf, high=-math.inf)
"""The number 0, which has every form; of states before anything is known."""
NUMBER = Form()
Known = Form | None
"""The form of a value, ``None`` where it is neither odd nor even."""


def forms_of(expressions: list[Basic], block: Block | None = None) -> dict[Basic, Known]:
    """Return the form of each node of expressions, given the states of a block.

    States begin as 0; what a step makes of them is put in until nothing changes.
    """
    states = block.states if block is not None else ()
    olds: dict[Basic, Known] = {state.old: ZERO for state in states}
    for count in range(2 * _ROUNDS):
        found = dict(olds)
        for node in walk(*expressions):
            if node not in found:
                found[node] = _form(node, found)
        now = {s.old: _ever(_of(s.start, found), _of(s.new, found)) for s in states}
        if now == olds:
            return found
        olds = {old: _widened(form) if count >= _ROUNDS else form for old, form in now.items()}
    return dict.fromkeys(found)


def _ever(start: Known, new: Known) -> Known:
    """Return the form of a state; a number that an average forgets does not count."""
    return new if start == NUMBER and new is not None and new.odd else _either(start, new)


def _of(expression: Basic, found: Mapping[Basic, Known]) -> Known:
    """Return the form of an operand, numbers included."""
    if isinstance(expression, Node):
        return found[expression]
    return ZERO if expression == 0 else NUMBER


def _widened(form: Known) -> Known:
    if form is None or form == ZERO:
        return form
    return Form(form.odd, -math.inf, math.inf, form.gradient, form.linear)


def _form(node: Node, found: Mapping[Basic, Known]) -> Known:
    """Return the form of a node, given those of its operands."""
    operation, name = node.operation, node.operation.name
    if name in ("g", "w"):
        size = 1 if name == "g" else 0
        return Form(odd=True, low=size, high=size, gradient=name == "g", linear=True)
    if not node.operands:
        return NUMBER if operation.role is Role.LEAF or is_setting(node) else None
    operands = [_of(x, found) for x in node.operands]
    if name == "where":
        return _either(*operands[1:]) if _is_even(operands[0]) else None
    if name in ("max", "min"):
        clipped = _clipped(node)
        return _extreme(*operands) if clipped is None else _bounded(_of(clipped, found))
    known = [x for x in operands if x is not None]
    if len(known) < len(operands):
        return None
    rule = _RULES.get(name)
    if rule is not None:
        return rule(*known)
    if name in ("pow", "abspow"):
        return _power(node, known)
    if operation.meaning.parity is not Parity.NONE and len(known) == 1:
        return _function(known[0], odd=operation.meaning.parity is Parity.ODD)
    return _unknown(known) if all(map(_is_even, known)) else None


def _is_even(form: Known) -> bool:
    return form is not None and (form == ZERO or not form.odd)


def _either(*forms: Known) -> Known:
    """Return the form of what is one of several values, or their sum."""
    known = [form for form in forms if form is not None and form != ZERO]
    if None in forms or len({form.odd for form in known}) > 1:
        return None
    if not known:
        return ZERO
    return Form(
        known[0].odd,
        min(form.low for form in known),
        max(form.high for form in known),
        any(form.gradient for form in known),
        all(form.linear for form in known),
    )


def _extreme(x: Known, y: Known) -> Known:
    """Return the form of a maximum or minimum, where the zero is a number like another."""
    form = _either(*(NUMBER if form == ZERO else form for form in (x, y)))
    return None if form is None or form.odd else form


def _clipped(node: Node) -> Basic | None:
    """Return ``x`` of ``min(max(x, -c), c)`` and of ``max(min(x, c), -c)``."""
    other = "min" if node.operation.name == "max" else "max"
    for inner, bound in (node.operands, node.operands[::-1]):
        if isinstance(inner, Node) and inner.operation.name == other:
            for x, opposite in (inner.operands, inner.operands[::-1]):
                if _signed(bound) == (-_signed(opposite)[0], _signed(opposite)[1]):
                    return x
    return None


def _signed(expression: Basic) -> tuple[int, Basic]:
    """Return the sign before an expression, and what stands behind it."""
    if isinstance(expression, Rational):
        return (-1 if expression < 0 else 1), abs(expression)
    if isinstance(expression, Node) and expression.operation.name == "neg":
        sign, rest = _signed(expression.operands[0])
        return -sign, rest
    return 1, expression


def _bounded(x: Known) -> Known:
    """Return the form of what has the sign of a value and is not larger."""
    if x is None or x == ZERO:
        return x
    return Form(x.odd, min(x.low, 0), x.high, x.gradient)


def _product(x: Form, y: Form) -> Form:
    if ZERO in (x, y):
        return ZERO
    linear = (x.linear and y == NUMBER) or (y.linear and x == NUMBER)
    odd, gradient = x.odd != y.odd, x.gradient or y.gradient
    return Form(odd, x.low + y.low, x.high + y.high, gradient, linear)


def _quotient(x: Form, y: Form) -> Form:
    if ZERO in (x, y):
        return ZERO  # 1/0 is 0
    odd, gradient = x.odd != y.odd, x.gradient or y.gradient
    return Form(odd, x.low - y.high, x.high - y.low, gradient, x.linear and y == NUMBER)


def _power(node: Node, known: list[Form]) -> Known:
    """Return the form of a power: to a number, or of an even value to an unknown exponent."""
    base, alone = known[0], node.operation.name == "pow"
    sign, exponent = _signed(node.parameters[0] if alone else node.operands[1])
    if not isinstance(exponent, Rational):
        return _unknown(known) if _is_even(known[-1]) else None
    if exponent == 0 or base == ZERO:
        return NUMBER if exponent == 0 else ZERO
    low, high = sorted(sign * float(exponent) * end for end in (base.low, base.high))
    return Form(base.odd and alone and exponent.p % 2 == 1, low, high, base.gradient)


def _unknown(known: list[Form]) -> Form:
    """Return the form of any function of even values, or of absolute ones."""
    if any(form.gradient for form in known):
        return Form(low=-math.inf, high=math.inf, gradient=True)
    return NUMBER


def _function(x: Form, *, odd: bool) -> Form:
    """Return the form of a function of known parity that grows no faster than what it is of."""
    if x == ZERO:
        return ZERO if odd else NUMBER
    return Form(odd and x.odd, min(x.low, 0), max(x.high, 0), x.gradient)


def _same(x: Form) -> Form:
    return x


def _root(x: Form) -> Form:
    return x if x == ZERO else Form(False, x.low / 2, x.high / 2, x.gradient)


def _size(x: Form) -> Form:
    return x if x == ZERO else Form(False, x.low, x.high, x.gradient)


def _direction(x: Form) -> Form:
    return x if x == ZERO else Form(x.odd, 0, 0, x.gradient)


def _steps(x: Form) -> Form:
    """Return the form of an odd polynomial of the fifth degree."""
    return x if x == ZERO else Form(x.odd, min(x.low, 5 * x.low), max(x.high, 5 * x.high), x.gradient)


def _clipping(x: Form, y: Form) -> Known:
    """Return the form of ``x`` clipped to ``[-|y|, |y|]``, or divided by ``sqrt(1 + y^2)``."""
    form = _bounded(x)
    if form is None or ZERO in (x, y):
        return ZERO if x == ZERO else form
    low = min(form.low, x.low - max(y.high, 0), y.low)
    return Form(form.odd, low, form.high, x.gradient or y.gradient)


_RULES: dict[str, Callable[..., Known]] = {
    **dict.fromkeys(("add", "sub", "wmean"), _either),
    **dict.fromkeys(("mul", "scale"), _product),
    **dict.fromkeys(("id", "neg", "ema", "ema_hat", "delta", "drop", "mean_rest", "mean_first"), _same),
    **dict.fromkeys(("sum", "mean", "row_mean", "col_mean", "row_sum", "col_sum", "total"), _same),
    **dict.fromkeys(("abs", "norm1", "norm2", "norm_inf", "rms"), _size),
    **dict.fromkeys(("sign", "orth_exact"), _direction),
    **dict.fromkeys(("clip", "rdiv"), _clipping),
    **dict.fromkeys(
        ("running_max", "row_max", "col_max", "largest_rest", "largest_first"), lambda x: None if x.odd else x
    ),
    "clip_norm": _bounded,
    **dict.fromkeys(("newton_schulz", "newton_schulz_flat"), _steps),
    "sqrt": _root,
    "div": _quotient,
    "recip": lambda x: _quotient(NUMBER, x),
}
"""Operations whose effect on a form is said here; of others the parity is known, or nothing."""
