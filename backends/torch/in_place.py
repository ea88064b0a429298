"""How PyTorch writes an operation into a tensor that is there: by ``out``, or by methods in place.

An operation that is not listed, and one over other kinds of operands, is computed as in the pure update.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from nos_sym.language.kind import Kind
from nos_sym.program.program import Value


@dataclass(frozen=True, slots=True)
class Form:
    """An operation that writes into a tensor.

    Attributes:
        text: format string of the operands ``{0}``, ``{1}``, of ``{out}`` and of the fields.
        fields: texts of numbers.
        aliased: whether ``out`` may be an operand.
        lent: text of the same where the result may be the operand itself, which nothing writes over, and
            ``out`` is a buffer; empty where there is none.
    """

    text: str
    fields: dict[str, str] = field(default_factory=dict)
    aliased: bool = True
    lent: str = ""


_ONE = {
    "neg": "neg", "sqrt": "sqrt", "exp": "exp", "abs": "abs", "erf": "erf", "erfc": "erfc", "tanh": "tanh",
    "sigmoid": "sigmoid", "floor": "floor",
}  # fmt: skip
_TENSOR_FIRST = {"add": "add", "sub": "sub", "mul": "mul", "div": "div"}
_SCALAR_FIRST = {
    "add": "torch.add({1}, {0}, out={out})",
    "mul": "torch.mul({1}, {0}, out={out})",
}
WITHIN_THE_TYPE = {
    "limit": "limit_({0}, {root}, {out})",
    "saturate": "saturate_({0}, {out})",
    "positive": "positive_({0}, {out})",
}
"""What keeps values within the numbers of their type: functions that a rendered file defines."""
LENT = "within_({0}, {root}, {out})"
"""The same of a gradient, which it may return itself."""
_BOUND = {"max": "min", "min": "max"}
_TWO = {"max": "maximum", "min": "minimum"}


def in_place(value: Value) -> Form | None:
    """Return how a tensor's value is written into a tensor, or ``None`` where it is not."""
    operands = value.operands
    number = [o.kind.of_step or o.is_constant for o in operands]
    same = [o.kind is Kind.TENSOR for o in operands]
    operation = value.operation
    if not any(same) or value.guarded:
        return None
    if operation in _ONE:
        return Form(f"torch.{_ONE[operation]}({{0}}, out={{out}})")
    if operation in _TENSOR_FIRST and same[0]:
        return Form(f"torch.{_TENSOR_FIRST[operation]}({{0}}, {{1}}, out={{out}})")
    if operation in _SCALAR_FIRST:
        return Form(_SCALAR_FIRST[operation])
    if operation in _TWO and all(same):
        return Form(f"torch.{_TWO[operation]}({{0}}, {{1}}, out={{out}})")
    if operation in _BOUND and sum(number) == 1:
        tensor = number.index(False)
        bound = f"{_BOUND[operation]}={{{1 - tensor}}}"
        return Form(f"torch.clamp({{{tensor}}}, {bound}, out={{out}})")
    if operation == "pow" and value.parameters[0] == 2:
        return Form("torch.square({0}, out={out})")
    if operation == "wmean" and all(same[:2]) and number[3]:
        return Form("torch.lerp({0}, {1}, {3}, out={out})")
    if operation == "copy":
        return Form("{out}.copy_({0})")
    if operation in WITHIN_THE_TYPE:
        if operation != "limit":
            return Form(WITHIN_THE_TYPE[operation])
        # It reads its operand once more, after it has written. To read it alone is faster; a gradient stays.
        lent = LENT if operands[0].operation == "g" else ""
        root = {"root": f"{float(value.parameters[0]):g}"}
        return Form(WITHIN_THE_TYPE[operation], root, aliased=False, lent=lent)
    return None
