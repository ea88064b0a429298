"""PyTorch: the table of operations, elementwise ones and those that make, copy and reduce tensors."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch

from nos_sym.lift.axes import UnknownReduction
from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Call, UnknownOperation
from nos_sym.lift.torch_casts import all_of, any_of, bits, cast, finite
from nos_sym.lift.torch_matrices import MASKED, MATRICES, PARTS, combined_parts
from nos_sym.lift.torch_statistics import STATISTICS

Handler = Callable[[Call], "Term | list[Term]"]

UNSEEN = frozenset(("is_same_size", "_record_function_enter_new", "_record_function_exit", "_assert_async"))
"""Operations that make no values."""


def _second(c: Call) -> Term:
    return c.make.mul(c.scaled, c.value(1, "other"))


def _add(c: Call) -> Term:
    matrices = MATRICES.added(c)
    return matrices or c.make.add(c.value(0), _second(c))


def _mul(c: Call) -> Term:
    return MATRICES.scaled(c) or c.make.mul(c.value(0), c.value(1))


def _div(c: Call) -> Term:
    mode = c.given(9, "rounding_mode")
    quotient = c.make.div(c.value(0), c.value(1))
    if mode is None:
        return quotient
    if mode == "floor":
        return c.make.apply("floor", quotient)
    raise UnknownOperation


def _addcmul(c: Call) -> Term:
    product = c.make.mul(c.value(1), c.value(2))
    return c.make.add(c.value(0), c.make.mul(c.value(3, "value", 1), product))


def _addcdiv(c: Call) -> Term:
    numerator = c.make.mul(c.value(3, "value", 1), c.value(1))
    return c.make.add(c.value(0), c.make.div(numerator, c.value(2)))


def _clamp(c: Call) -> Term:
    low, high = c.given(1, "min"), c.given(2, "max")
    if c.name == "clamp_max":
        low, high = None, c.given(1, "max")
    x = c.value(0)
    if low is not None and low != -math.inf:
        x = c.make.apply("max", x, c.tracer.value(low))
    if high is not None and high != math.inf:
        x = c.make.apply("min", x, c.tracer.value(high))
    return x


def _where(c: Call) -> Term:
    if len(c.args) < 3:
        raise UnknownOperation
    return c.make.where(c.condition(0), c.value(1), c.value(2))


def _index_put(c: Call) -> Term:
    """Return ``x[mask] = value`` for a mask of all entries and one value."""
    indices, value = c.given(1), c.given(2)
    mask = indices[0] if len(indices) == 1 else None
    if mask is None or c.given(3, "accumulate"):
        raise UnknownOperation
    if mask.dtype is not torch.bool or tuple(mask.shape) != c.shape():
        raise UnknownOperation
    condition, new = c.make.condition(c.tracer.of(mask)), c.value(2)
    if new.operation == MASKED and new.operands[0] is condition:
        return c.make.where(condition, new.operands[1], c.value(0))
    if not isinstance(value, torch.Tensor) or value.numel() != 1:
        raise UnknownOperation
    return c.make.where(condition, new, c.value(0))


def _index(c: Call) -> Term:
    """Return the entries for which a mask holds; all that can be done is to assign them by that mask."""
    indices = c.given(1)
    if len(indices) != 1 or indices[0].dtype is not torch.bool or tuple(indices[0].shape) != c.shape():
        raise UnknownOperation
    return c.tracer.terms.apply(MASKED, c.make.condition(c.tracer.of(indices[0])), c.value(0))


def _softplus(c: Call) -> Term:
    """Return a softplus, which torch leaves out beyond a threshold."""
    make, x = c.make, c.value(0)
    beta, threshold = c.value(1, "beta", 1), c.value(2, "threshold", 20)
    smooth = make.div(make.apply("softplus", make.mul(beta, x)), beta)
    return make.where(make.compared("less", threshold, make.mul(beta, x)), x, smooth)


def _reduction(kind: str) -> Handler:
    def reduce(c: Call) -> Term | list[Term]:
        x = c.tracer.of(c.given(0))
        if x.operation == PARTS:
            return combined_parts(c, kind, x)
        dims = c.dims()
        if kind == "max" and isinstance(c.given(1), torch.Tensor):
            return c.make.apply("max", c.value(0), c.value(1))
        return _reduced(c, kind, x, c.shape(), dims)

    return reduce


def _reduced(
    c: Call, kind: str, x: Term, shape: tuple[int, ...], dims: list[int] | None
) -> Term | list[Term]:
    reductions = c.tracer.reductions(shape)
    found = reductions.reduced(kind, x, shape, dims)
    index = c.tracer.terms.opaque(f"the index of a maximum of aten.{c.name}", found)
    return [found, index] if c.name in ("max", "min") else found


def _min(c: Call) -> Term | list[Term]:
    if isinstance(c.given(1), torch.Tensor):
        return c.make.apply("min", c.value(0), c.value(1))
    found = _reduced(c, "max", c.make.neg(c.value(0)), c.shape(), c.dims())
    return [c.make.neg(found[0]), found[1]] if isinstance(found, list) else c.make.neg(found)


def _norm(c: Call) -> Term:
    order = c.given(1, "ord", 2)
    order = 2.0 if order is None else float(order)
    x = c.tracer.of(c.given(0))
    if x.operation == PARTS:
        if order != 2:
            raise UnknownReduction
        squares = [c.make.square(y) for y in x.operands]
        total = squares[0]
        for y in squares[1:]:
            total = c.make.add(total, y)
        return c.make.apply("sqrt", total)
    shape = c.shape()
    return c.tracer.reductions(shape).norm(x, shape, c.dims(2), order)


def _dot(c: Call) -> Term:
    product = c.make.mul(c.value(0), c.value(1))
    return c.tracer.reductions(c.shape()).reduced("sum", product, c.shape(), None)


def _full(position: int) -> Handler:
    return lambda c: c.value(position, "fill_value", c.given(position, "value", 0))


def _compared(operation: str) -> Handler:
    return lambda c: c.make.compared(operation, c.value(0), c.value(1))


def _pointwise(operation: str) -> Handler:
    return lambda c: c.make.apply(operation, c.value(0))


def _binary(operation: str) -> Handler:
    return lambda c: c.make.apply(operation, c.value(0), c.value(1))


def _log1p(c: Call) -> Term:
    return c.make.apply("ln", c.make.add(c.make.one, c.value(0)))


def _expm1(c: Call) -> Term:
    return c.make.sub(c.make.apply("exp", c.value(0)), c.make.one)


def _cosine(shift: str) -> Handler:
    def compute(c: Call) -> Term:
        angle = c.make.div(c.value(0), pi(c))
        if shift == "sin":
            angle = c.make.sub(angle, c.make.number(0.5))
        return c.make.apply("cospi", angle)

    return compute


def pi(c: Call) -> Term:
    """Return pi as the language writes it."""
    return c.make.mul(c.make.number(4), c.make.apply("arctan", c.make.one))


def _same(c: Call) -> Term:
    return c.tracer.of(c.given(0))


def _numbers(value: int) -> Handler:
    return lambda c: c.make.number(value)


_SAME = (
    "clone", "detach", "alias", "view", "reshape", "_unsafe_view", "unsqueeze", "squeeze",
    "expand", "contiguous", "lift_fresh", "lift_fresh_copy", "_reshape_alias", "flatten", "t", "transpose",
    "permute", "real", "conj", "_conj", "to", "positive", "resolve_conj", "resolve_neg",
    "_local_scalar_dense",
    "view_as", "broadcast_to", "select", "slice", "as_strided", "unbind", "split",
    "detach_copy",
    "view_copy", "constant_pad_nd_", "set_data",
)  # fmt: skip
_POINTWISE = {
    "neg": "neg", "abs": "abs", "sign": "sign", "sgn": "sign", "sqrt": "sqrt", "exp": "exp", "log": "ln",
    "tanh": "tanh", "atan": "arctan", "asinh": "arcsinh", "erf": "erf", "erfc": "erfc", "floor": "floor",
    "sigmoid": "sigmoid",
}  # fmt: skip

HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_SAME, _same),
    **{name: _pointwise(operation) for name, operation in _POINTWISE.items()},
    **dict.fromkeys(("zeros", "zeros_like", "new_zeros", "zero"), _numbers(0)),
    **dict.fromkeys(("empty", "empty_like", "new_empty", "empty_strided", "new_empty_strided"), _numbers(0)),
    **dict.fromkeys(("ones", "ones_like", "new_ones"), _numbers(1)), "isfinite": finite(1),
    **dict.fromkeys(("isnan", "isinf", "isneginf", "isposinf"), finite(0)), "nan_to_num": finite(None),
    "_to_copy": cast,
    "full": _full(1), "full_like": _full(1), "new_full": _full(2), "fill": _full(1),
    "scalar_tensor": _full(0),
    "copy": lambda c: c.tracer.of(c.given(1)),
    "_foreach_copy": lambda c: c.tracer.of(c.given(1)),
    "add": _add, "sub": lambda c: c.make.sub(c.value(0), _second(c)),
    "rsub": lambda c: c.make.sub(c.value(1), c.make.mul(c.scaled, c.value(0))),
    **dict.fromkeys(("mul", "multiply"), _mul),
    **dict.fromkeys(("div", "divide", "true_divide"), _div),
    "floor_divide": lambda c: c.make.apply("floor", c.make.div(c.value(0), c.value(1))),
    "addcmul": _addcmul, "addcdiv": _addcdiv,
    "lerp": lambda c: c.make.lerp(c.value(0), c.value(1), c.value(2, "weight")),
    "rsqrt": lambda c: c.make.div(c.make.one, c.make.apply("sqrt", c.value(0))),
    "reciprocal": lambda c: c.make.div(c.make.one, c.value(0)),
    "square": lambda c: c.make.square(c.value(0)),
    "pow": lambda c: c.make.power(c.value(0), c.value(1, "exponent")),
    "log1p": _log1p, "expm1": _expm1, "cos": _cosine("cos"), "sin": _cosine("sin"),
    "ceil": lambda c: c.make.neg(c.make.apply("floor", c.make.neg(c.value(0)))),
    "softplus": _softplus, "relu": lambda c: c.make.apply("max", c.value(0), c.make.zero),
    "remainder": _binary("mod"), "maximum": _binary("max"), "minimum": _binary("min"),
    "fmax": _binary("max"), "fmin": _binary("min"),
    **dict.fromkeys(("clamp", "clip", "clamp_min", "clamp_max"), _clamp),
    "where": _where, "index": _index, "index_put": _index_put, "_index_put_impl": _index_put,
    "masked_fill": lambda c: c.make.where(c.condition(1), c.value(2), c.value(0)),
    "gt": _compared("greater"), "lt": _compared("less"), "ge": _compared("greater_equal"),
    "le": _compared("less_equal"), "eq": _compared("equal"),
    "ne": lambda c: c.make.negation(c.make.compared("equal", c.value(0), c.value(1))),
    "logical_not": lambda c: c.make.negation(c.condition(0)),
    "logical_and": lambda c: c.make.both(c.condition(0), c.condition(1)),
    "logical_or": lambda c: c.make.either(c.condition(0), c.condition(1)),
    "bitwise_and": bits("and"), "bitwise_or": bits("or"),
    "bitwise_not": lambda c: c.make.negation(c.condition(0)),
    "mean": _reduction("mean"), "sum": _reduction("sum"), "max": _reduction("max"), "amax": _reduction("max"),
    "min": _min, "amin": _min, "any": any_of, "all": all_of, "dot": _dot, "vdot": _dot,
    "linalg_vector_norm": _norm, "norm": _norm,
    **MATRICES.handlers, **STATISTICS,
}  # fmt: skip

_NOT_ELEMENTWISE = frozenset(
    (
        *_SAME,
        "_to_copy",
        "mean",
        "sum",
        "max",
        "amax",
        "min",
        "amin",
        "any",
        "all",
        "dot",
        "vdot",
        "linalg_vector_norm",
    )
) | {"norm", "index", "index_put", "_index_put_impl", "copy", *MATRICES.handlers, *STATISTICS}
ELEMENTWISE = HANDLERS.keys() - _NOT_ELEMENTWISE
"""Operations that treat each of several values in one tensor for itself."""
