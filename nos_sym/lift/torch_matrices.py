"""PyTorch: products of matrices that are steps of Newton and Schulz, and several values in one tensor.

The language has no products of matrices, but for ``a x + b x x' x + c (x x')^2 x``. A product of a matrix
with its own transpose is kept as a polynomial of ``x x'``, and what multiplies it by ``x`` again is a step.
Whether ``x`` or its transpose stands first does not change singular values: sizes alone are compared.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction

import torch

from nos_sym.lift.axes import UnknownReduction
from nos_sym.lift.deep_axes import AS_ONE, EACH, DeepReductions
from nos_sym.lift.term import Term
from nos_sym.lift.torch_call import Alone, Call, UnknownOperation
from nos_sym.lift.totals import count_of, totals_of

GRAM = "gram"
"""Operation of a term ``p x x' + q (x x')^2``, with operands x, p and q; no rule has it."""

STEP = "newton_schulz"
_STEPS = (STEP, AS_ONE, EACH)
PARTS = "parts"
MASKED = "masked"
"""Operation of a term that has entries by a mask, with operands mask and value; no rule has it."""


class Matrices:
    """Products of matrices."""

    def __init__(self) -> None:
        self.handlers: dict[str, Callable[[Call], Term | list[Term]]] = {
            "mm": self.product,
            "bmm": self.product,
            "addmm": self.sum_of_product,
            "baddbmm": self.sum_of_product,
            "stack": parts,
            "cat": parts,
        }

    def product(self, c: Call) -> Term:
        """Return the product of two matrices."""
        return self._multiplied(c, 0, 1)

    def _multiplied(self, c: Call, first: int, second: int) -> Term:
        make, zero = c.make, c.make.zero
        x, y = c.tracer.of(c.given(first)), c.tracer.of(c.given(second))
        shapes = c.shape(first), c.shape(second)
        turned = shapes[0] == (*shapes[1][:-2], *shapes[1][:-3:-1])
        if x is y and x.operation != GRAM and turned and shapes[0][-2] != shapes[0][-1]:
            return c.tracer.terms.apply(GRAM, x, make.one, zero)
        grams = x.operation == GRAM and y.operation == GRAM and x.operands[0] is y.operands[0]
        if grams and x.operands[2] is zero and y.operands[2] is zero:
            scale = make.square(x.operands[1]) if x is y else make.mul(x.operands[1], y.operands[1])
            return c.tracer.terms.apply(GRAM, x.operands[0], zero, scale)
        for gram, matrix in ((x, y), (y, x)):
            if gram.operation == GRAM and gram.operands[0] is matrix:
                of_matrix = shapes[1] if matrix is y else shapes[0]
                return c.tracer.terms.apply(_step(c, of_matrix), matrix, zero, *gram.operands[1:])
        found = self._of_lines(c, c.make.value(x), c.make.value(y), *shapes)
        if found is None:
            raise UnknownOperation
        return found

    def _of_lines(
        self, c: Call, x: Term, y: Term, first: tuple[int, ...], second: tuple[int, ...]
    ) -> Term | None:
        """Return a product with a matrix of one row or one column, ``None`` where both have more.

        One number for each row times one for each column is a value for each entry. A row times a matrix is
        a sum over one of the axes; sizes that differ say over which one.
        """
        if len(first) == 3 and first[2] == second[1] == 1:
            made = (*first[:2], second[2])
            own = c.tracer.reductions(made)
            outer = isinstance(own, DeepReductions) and own.step_of(made) == EACH
            return c.make.mul(x, y) if outer else None
        if len(first) != 2 or len(second) != 2:
            return None
        (rows, inner), (_, cols) = first, second
        if inner == 1:
            whole = c.tracer.reductions((rows, cols)).are_all(n for n in (rows, cols) if n > 1)
            return c.make.mul(x, y) if whole and (rows != cols or rows == 1) else None
        if 1 not in (rows, cols) or inner in (rows, cols):
            return None
        shape = (inner, max(rows, cols))
        return c.tracer.reductions(shape).reduced("sum", c.make.mul(x, y), shape, [0])

    def sum_of_product(self, c: Call) -> Term:
        """Return ``beta * input + alpha * (first @ second)``."""
        make = c.make
        beta, alpha = c.value(9, "beta", 1), c.value(9, "alpha", 1)
        product = self._scale(c, self._multiplied(c, 1, 2), alpha)
        first = c.tracer.of(c.given(0))
        first = self._scale(c, first, beta) if first.operation == GRAM else make.mul(beta, first)
        found = self._sum(c, first, product)
        if found is None:
            raise UnknownOperation
        return found

    def _scale(self, c: Call, x: Term, factor: Term) -> Term:
        make = c.make
        if x.operation == GRAM:
            p, q = (make.mul(factor, y) for y in x.operands[1:])
            return c.tracer.terms.apply(GRAM, x.operands[0], p, q)
        if x.operation in _STEPS:
            coefficients = [make.mul(factor, y) for y in x.operands[1:]]
            return c.tracer.terms.apply(x.operation, x.operands[0], *coefficients)
        return make.mul(factor, x)

    def scaled(self, c: Call) -> Term | None:
        """Return a multiple of a polynomial of matrices, ``None`` where a product is none."""
        x, y = c.term(0), c.term(1)
        for matrix, factor, other in ((x, y, 1), (y, x, 0)):
            if matrix.operation == GRAM and c.shape(other) == ():
                return self._scale(c, matrix, c.make.value(factor))
        return None

    def added(self, c: Call) -> Term | None:
        """Return a sum of polynomials of matrices, ``None`` where a sum is none."""
        x, y = c.term(0), c.term(1)
        if not any(z.operation in (GRAM, *_STEPS) for z in (x, y)):
            return None
        return self._sum(c, x, self._scale(c, y, c.scaled))

    def _sum(self, c: Call, x: Term, y: Term) -> Term | None:
        make = c.make
        if x.operation == GRAM and y.operation == GRAM and x.operands[0] is y.operands[0]:
            p, q = (make.add(a, b) for a, b in zip(x.operands[1:], y.operands[1:], strict=True))
            return c.tracer.terms.apply(GRAM, x.operands[0], p, q)
        for step, other in ((x, y), (y, x)):
            if step.operation in _STEPS and step.operands[1] is make.zero:
                matrix = step.operands[0]
                factor = _multiple(c, other, matrix)
                if factor is not None:
                    return c.tracer.terms.apply(step.operation, matrix, factor, *step.operands[2:])
        return None


def _step(c: Call, shape: tuple[int, ...]) -> str:
    """Return the Newton-Schulz step of the matrices in a tensor of a shape."""
    own = c.tracer.reductions(shape)
    return own.step_of(shape) if isinstance(own, DeepReductions) else STEP


def _multiple(c: Call, x: Term, matrix: Term) -> Term | None:
    """Return by what a matrix is multiplied to give a term."""
    if x is matrix:
        return c.make.one
    if x.operation == "mul" and matrix in x.operands:
        first, second = x.operands
        return second if first is matrix else first
    return None


def parts(c: Call) -> Term:
    """Return tensors or numbers one behind the other."""
    tensors = c.given(0)
    terms = [c.tracer.of(x) for x in tensors]
    if len(terms) == 1:
        return terms[0]
    sizes = [x.numel() for x in tensors]
    if len(set(map(id, terms))) == 1 and sizes[0] == 1:
        return terms[0]
    if any(n != 1 for n in sizes) and not all(isinstance(x, torch.Tensor) and x.dim() == 1 for x in tensors):
        raise UnknownOperation
    terms = [x if n == 1 else c.tracer.terms.apply("flat", x) for x, n in zip(terms, sizes, strict=True)]
    return c.tracer.terms.apply(PARTS, *terms)


def combined_parts(c: Call, kind: str, x: Term) -> Term:
    """Return sum, mean or maximum of several numbers in one tensor."""
    make = c.make
    if c.shape() != (len(x.operands),):
        raise UnknownReduction
    found = x.operands[0]
    for y in x.operands[1:]:
        found = make.apply("max", found, y) if kind == "max" else make.add(found, y)
    if kind != "mean":
        return found
    totals = totals_of(c.tracer.terms)
    each = len(x.operands) == 2 and totals.are_members(*x.operands)
    return make.div(found, count_of(c.tracer.terms) if each else make.number(Fraction(len(x.operands))))


def _of_masked(c: Call, handler: Callable[[Call], Term | list[Term]]) -> Term | None:
    """Return what an elementwise operation makes of the entries for which a mask holds."""
    terms = [c.tracer.of(x) if isinstance(x, torch.Tensor) else None for x in c.args]
    masks = {t.operands[0] for t in terms if t is not None and t.operation == MASKED}
    if not masks:
        return None
    if len(masks) > 1:
        raise UnknownOperation
    args = list(c.args)
    for i, term in enumerate(terms):
        if term is not None and term.operation == MASKED:
            args[i] = Alone(term.operands[1])
        elif term is not None and math.prod(c.shape(i)) != 1:
            # Entries that lie otherwise than those of the mask.
            raise UnknownOperation
    made = handler(Call(c.tracer, c.name, args, c.kwargs))
    return c.tracer.terms.apply(MASKED, *masks, made[0] if isinstance(made, list) else made)


def one_by_one(c: Call, handler: Callable[[Call], Term | list[Term]]) -> Term | None:
    """Return what an elementwise operation makes of several values in one tensor, ``None`` where none has."""
    masked = _of_masked(c, handler)
    if masked is not None:
        return masked
    found = [
        i for i, x in enumerate(c.args) if isinstance(x, torch.Tensor) and c.tracer.of(x).operation == PARTS
    ]
    if not found:
        return None
    count = len(c.tracer.of(c.args[found[0]]).operands)
    made: list[Term] = []
    for k in range(count):
        args = list(c.args)
        for i in found:
            operands = c.tracer.of(c.args[i]).operands
            if len(operands) != count:
                raise UnknownOperation
            args[i] = Alone(operands[k])
        term = handler(Call(c.tracer, c.name, args, c.kwargs))
        made.append(term[0] if isinstance(term, list) else term)
    return c.tracer.terms.apply(PARTS, *made)


MATRICES = Matrices()
