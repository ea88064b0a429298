"""Terms as a reader writes them, and what they become for a parameter with fewer axes; all of it exact."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nos_sym.lift.jax_algebra import Making
from nos_sym.lift.jax_sizes import remade
from nos_sym.lift.term import NAME, NUMBER, OPAQUE, Term, walk


def tidied(making: Making, term: Term) -> Term:
    """Return a term with norms, root mean squares and orthogonalizations under their names."""
    return rewritten(making, term, _tidy)


def of_rank(making: Making, term: Term, rank: int) -> Term:
    """Return what a term of a matrix is of a vector, or of a number.

    A vector is a matrix of one row, and a number one of one row and column.
    """
    return rewritten(making, term, _ONE_ROW if rank == 1 else _ONE_ENTRY)


Rewrite = Callable[[Making, Term], Term]


def rewritten(making: Making, term: Term, rewrite: Rewrite) -> Term:
    """Return a term with each part rewritten, operands first."""
    done: dict[int, Term] = {}
    for x in walk(term):
        operands = [done[id(y)] for y in x.operands]
        if x.operation in (NAME, NUMBER) or all(a is b for a, b in zip(operands, x.operands, strict=True)):
            rebuilt = x
        elif x.operation == OPAQUE:
            rebuilt = making.terms.opaque(x.name, *operands)
        else:
            rebuilt = remade(making, x.operation, operands)
        done[id(x)] = rewrite(making, rebuilt)
    return done[id(term)]


def _one_row(making: Making, x: Term) -> Term:
    if x.operation == NAME and x.name in ("rows", "cols"):
        return making.number(1) if x.name == "rows" else making.terms.leaf("size")
    if x.operation in ("row_mean", "row_sum"):
        return making.terms.apply(x.operation[4:], x.operands[0])
    if x.operation in ("col_mean", "col_sum", "col_max"):
        return x.operands[0]
    return _folded(making, x)


def _one_entry(making: Making, x: Term) -> Term:
    if x.operation == NAME and x.name in ("rows", "cols", "size"):
        return making.number(1)
    if x.operation in ("sum", "mean", "row_mean", "row_sum", "row_max", "col_mean", "col_sum", "col_max"):
        return x.operands[0]
    if x.operation == "norm_inf":
        return making.terms.apply("abs", x.operands[0])
    return _folded(making, x)


def _folded(making: Making, x: Term) -> Term:
    if x.operation in ("sqrt", "abs") and x.operands[0].is_number and x.operands[0].value in (0, 1):
        return x.operands[0]
    return x


_ONE_ROW: Rewrite = _one_row
_ONE_ENTRY: Rewrite = _one_entry


def _tidy(making: Making, x: Term) -> Term:
    apply = making.terms.apply
    if x.operation == "sqrt":
        inner = x.operands[0]
        if inner.is_number and inner.value in (0, 1):
            return inner
        if _is_square(inner):
            return apply("abs", inner.operands[0])
        if inner.operation in ("sum", "mean") and _is_square(inner.operands[0]):
            return apply("norm2" if inner.operation == "sum" else "rms", inner.operands[0].operands[0])
    if x.operation == "sum" and x.operands[0].operation == "abs":
        return apply("norm1", x.operands[0].operands[0])
    if x.operation == "newton_schulz":
        return _orthogonalization(making, x)
    if x.operation == "where":
        return _known_inside(making, x)
    return _mean(making, x) if x.operation == "add" else x


def _mean(making: Making, x: Term) -> Term:
    """Return ``m + (y - m) (1 - b)`` as ``b m + (1 - b) y``."""
    old, step = x.operands
    if step.operation != "mul":
        return x
    for change, weight in (step.operands, step.operands[::-1]):
        is_change = change.operation == "sub" and change.operands[1] is old
        if is_change and weight.operation == "sub" and weight.operands[0] is making.number(1):
            kept = making.mul(weight.operands[1], old)
            return making.add(kept, making.mul(weight, change.operands[0]))
    return x


def _known_inside(making: Making, x: Term) -> Term:
    """Return a choice whose sides do not ask its condition again."""
    condition, yes, no = x.operands
    told = making.where(
        condition, assumed(making, yes, condition, True), assumed(making, no, condition, False)
    )
    return told if told is x else tidied(making, told)


def _is_square(x: Term) -> bool:
    return x.operation == "pow" and x.operands[1].is_number and x.operands[1].value == 2


def _orthogonalization(making: Making, x: Term) -> Term:
    """Return steps of Newton and Schulz over a norm as one ``orth`` of matrix, steps, eps, plus, a, b, c."""
    inner, *coefficients = x.operands
    apply, number = making.terms.apply, making.number
    if inner.operation == "orth" and _same(inner.operands[4:], coefficients):
        matrix, steps, *rest = inner.operands
        return apply("orth", matrix, number(steps.value + 1), *rest)
    if inner.operation != "div":
        return x
    matrix, divisor = inner.operands
    norm = apply("norm2", matrix)
    if divisor is norm:
        return apply("orth", matrix, number(1), number(0), number(0), *coefficients)
    if divisor.operation == "add" and norm in divisor.operands:
        other = divisor.operands[1 if divisor.operands[0] is norm else 0]
        if _constant(other):
            return apply("orth", matrix, number(1), number(0), other, *coefficients)
    if divisor.operation == "max" and norm in divisor.operands:
        other = divisor.operands[1 if divisor.operands[0] is norm else 0]
        if _constant(other):
            return apply("orth", matrix, number(1), other, number(0), *coefficients)
    return x


def _constant(x: Term) -> bool:
    return x.is_number or x.operation == NAME


def _same(x: Sequence[Term], y: Sequence[Term]) -> bool:
    return len(x) == len(y) and all(a is b for a, b in zip(x, y, strict=True))


def assumed(making: Making, term: Term, condition: Term, holds: bool) -> Term:
    """Return a term where a condition is known, in choices that ask it again.

    Below a reduction a condition on each entry is another one for each entry, so that only one that is a
    number of the tensor is put in there.
    """
    single = is_number_of_tensor(making, condition)
    truth = making.truth(holds)

    done: dict[int, Term] = {}

    def visit(x: Term) -> Term:
        if x is condition:
            return truth
        if not x.operands or (x.operation in REDUCTIONS and not single):
            return x
        if id(x) not in done:
            operands = [visit(y) for y in x.operands]
            same = all(a is b for a, b in zip(operands, x.operands, strict=True))
            done[id(x)] = x if same or x.operation == OPAQUE else remade(making, x.operation, operands)
        return done[id(x)]

    return visit(term)


REDUCTIONS = {
    "sum", "mean", "norm1", "norm2", "norm_inf", "rms", "total", "row_sum", "row_mean", "row_max", "col_sum",
    "col_mean", "col_max", "mean_rest", "orth", "newton_schulz", "orth_exact",
}  # fmt: skip
_TO_A_NUMBER = {"sum", "mean", "norm1", "norm2", "norm_inf", "rms", "total"}
_NUMBERS = {"t", "lr", "size", "rows", "cols", "rank"}


def is_number_of_tensor(making: Making, term: Term) -> bool:
    """Return whether a term is surely one number for all entries of a parameter."""
    waiting = [term]
    while waiting:
        x = waiting.pop()
        if x.operation in _TO_A_NUMBER:
            continue
        if x.operation == OPAQUE or x.operation in REDUCTIONS:
            return False
        if x.operation == NAME and x.name not in _NUMBERS | making.settings:
            return False
        waiting += x.operands
    return True
