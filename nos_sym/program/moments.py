"""Which coefficients are those of first moments, averages of the gradient, which schedulers cycle.

What is averaged is looked at, and not how it is written: a first moment is an average of what changes its
sign with gradient and weight, and grows no faster than the gradient. ``g``, ``g + 0.1 * w``, ``clip_norm(g)``
and ``g / (sqrt(v) + eps)`` are such; ``g^2``, ``|g|``, ``g^3`` and ``w`` alone are not.
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.language.block import Block
from nos_sym.language.node import Node
from nos_sym.language.setting import is_setting, setting_name, settings_of
from nos_sym.language.traversal import walk
from nos_sym.program.forms import Known, forms_of


def first_moments(expressions: list[Basic], block: Block | None = None) -> frozenset[str]:
    """Return the settings that are coefficients of first moments.

    ``b`` is one in ``ema(g, b)`` and in ``s <- b s + (1 - b) (g + 0.1 w)``, and none in
    ``s <- b s + (1 - b) g^2`` or in ``s <- (1 - b) s + b g``, of which a larger one keeps less.

    Args:
        expressions: all of a rule, whose states have no names.
        block: the rule where it is a block.
    """
    if not settings_of(*expressions):
        return frozenset()
    forms = forms_of(expressions, block)
    found: set[str] = set()
    for node in walk(*expressions):
        if not node.operands or not _is_first(forms, node.operands[0]):
            continue
        described = zip(node.operation.parameters, node.parameters, strict=True)
        found.update(setting_name(x) for p, x in described if p.setting and is_setting(x))
    for state in block.states if block is not None else ():
        if _is_first(forms, state.new):
            found.update(_decays(state.new, state.old))
    return frozenset(found)


def moment_rank(form: Known) -> int:
    """Return 0 for a linear form of the gradient, 1 for what else makes a first moment, 2 for the rest."""
    if form is None or not form.is_first_moment:
        return 2
    return 0 if form.linear else 1


def _is_first(forms: Mapping[Basic, Known], expression: Basic) -> bool:
    return moment_rank(forms.get(expression)) < 2


def _decays(expression: Basic, old: Basic) -> set[str]:
    """Return the settings with which more of an old value is kept, ``b`` in ``b s + (1 - b) g``."""
    signs: dict[Basic, set[int]] = {old: {1}}
    slopes: dict[Basic, set[tuple[str, int]]] = {old: set()}
    for node in walk(expression):  # operands first
        if node == old or signs.keys().isdisjoint(node.operands):
            continue
        signs[node], slopes[node] = set(), set()
        kept = node.operands[1:] if node.operation.name == "where" else node.operands
        for index, operand in enumerate(node.operands):
            if operand not in signs or operand not in kept:
                continue  # what is chosen counts, and not why
            sign, factors = _sign(node, index), []
            if node.operation.name in ("mul", "scale", "div"):
                other = node.operands[1 - index]
                factors = [] if other in signs else [(x, _slope(other, x)) for x in settings_of(other)]
                sign *= _number_sign(other)
                if node.operation.name == "div":
                    factors = [(x, -slope) for x, slope in factors]
            signs[node] |= {sign * x for x in signs[operand]}
            slopes[node] |= {(name, sign * slope) for name, slope in slopes[operand]}
            for x, slope in factors:
                slopes[node] |= {(setting_name(x), sign * slope * y) for y in signs[operand]}
    found = slopes.get(expression, set())
    return {name for name, slope in found if slope > 0 and (name, -1) not in found}


def _sign(node: Node, index: int) -> int:
    """Return -1 for an operand that is subtracted."""
    name = node.operation.name
    return -1 if name == "neg" or (name == "sub" and index == 1) else 1


def _number_sign(expression: Basic) -> int:
    """Return the sign of a factor as far as it is written; what has none counts as positive."""
    if isinstance(expression, Node):
        negated = expression.operation.name == "neg"
        return -_number_sign(expression.operands[0]) if negated else 1
    return -1 if isinstance(expression, Rational) and expression < 0 else 1


def _slope(expression: Basic, of: Node) -> int:
    """Return 1 where a factor rises with a setting, -1 where it falls, 0 where that is not seen.

    Other factors count as positive.
    """
    if expression == of:
        return 1
    if not isinstance(expression, Node) or of not in walk(expression):
        return 0
    slopes = [_sign(expression, i) * _slope(x, of) for i, x in enumerate(expression.operands)]
    match expression.operation.name:
        case "add" | "sub" | "mul" | "scale" | "neg":
            found = {slope for slope, x in zip(slopes, expression.operands, strict=True) if of in walk(x)}
            return found.pop() if len(found) == 1 else 0
        case "div":
            return slopes[0] or -slopes[1]
        case "abspow" | "pow":
            return slopes[0]
    return 0
