"""Rules of scalars, vectors and matrices joined into one, where they are one, else under ``if rank``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, leaves_of, mapped
from nos_sym.lift.deep_axes import as_matrix
from nos_sym.lift.merging import Choose
from nos_sym.lift.term import NAME, Term
from nos_sym.lift.totals_of_ranks import SHAPE, leaves_in, with_one_total
from nos_sym.lift.trees import Leaf, Node, Tree, choice, joined

_WHOLE = frozenset(
    ("sum", "mean", "row_mean", "col_mean", "row_sum", "col_sum", "row_max", "col_max", "mean_rest")
)
_NORMS = frozenset(("norm1", "norm2", "norm_inf", "rms"))


def of_ranks(
    trees: Mapping[int, Tree], make: Maker, choose: Choose | None = None, summed: Choose | None = None
) -> Tree:
    """Return one tree for all numbers of axes that were tried.

    A rule of vectors is one of matrices where it is the same, or where that of matrices becomes it: a vector
    has one row, and a scalar one entry.

    Args:
        trees: by the number of axes.
        make: the maker of terms.
        choose: makes one term of both sides of a branch, see :func:`.joined`.
        summed: does so for what is added up over all parameters.
    """
    ranks = sorted(trees, reverse=True)
    found = trees[ranks[0]]
    groups: list[tuple[int, Tree]] = [(ranks[0], found)]
    for rank in ranks[1:]:
        last = groups[-1][1]
        if rank == 2:
            tensors = {"g", "w", *_tensors(last)}
            last = last.mapped(lambda x, names=tensors: as_matrix(make.terms, x, names))  # type: ignore[misc]
        here = _smaller(last, rank, make)
        if any(own.same(here) for own in (trees[rank], _smaller(trees[rank], rank, make))):
            continue
        if trees[rank].same(last):
            continue
        if _smaller(trees[rank], groups[-1][0], make).same(last):
            groups[-1] = (groups[-1][0], trees[rank])
            continue
        groups.append((rank, trees[rank]))
    groups = with_one_total(groups, make, partial(_of_fewer, make), summed or choice)
    # What told two of them apart may have been the sum alone.
    groups = [x for i, x in enumerate(groups) if not i or not x[1].same(groups[i - 1][1])]
    tree = groups[-1][1]
    for index in range(len(groups) - 2, -1, -1):
        above = groups[index + 1][0]
        condition = make.terms.apply("less_equal", make.number(above + 1), make.terms.leaf("rank"))
        tree = Node(condition, "", groups[index][1], tree)
    if any(s.kind is Kind.GLOBAL for leaf in leaves_in(tree) for s in leaf.states.values()):
        # No branch on the shape moves what is one number for all parameters.
        tree = joined(tree, make, lambda condition: leaves_of(condition).isdisjoint(SHAPE), choose)
    return tree


def _of_fewer(make: Maker, term: Term, tree: Tree, above: int, rank: int) -> Term:
    """Return what a term of a rule is for parameters of fewer axes."""
    if rank <= 2 < above:
        term = as_matrix(make.terms, term, {"g", "w", *_tensors(tree)})
    return _less(term, rank, make)


def _tensors(tree: Tree) -> set[str]:
    """Return the names of states that have another number in each column."""
    if isinstance(tree, Node):
        return _tensors(tree.yes) | _tensors(tree.no)
    return {n for n, s in tree.states.items() if s.kind in (Kind.TENSOR, Kind.COLUMN)}


def _smaller(tree: Tree, rank: int, make: Maker) -> Tree:
    """Return what a rule is for parameters of fewer axes."""
    if isinstance(tree, Leaf):
        return tree.mapped(lambda x: _less(x, rank, make))
    return Node(tree.condition, tree.place, _smaller(tree.yes, rank, make), _smaller(tree.no, rank, make))


def _less(term: Term, rank: int, make: Maker) -> Term:
    """Return what a term is for parameters of fewer axes."""

    def one(x: Term) -> Term | None:
        if rank > 1:
            return None
        if x.operation == NAME and x.name == "rows":
            return make.one
        if x.operation == NAME and x.name == "cols":
            return make.one if rank == 0 else make.terms.leaf("size")
        if rank == 0 and x.operation == NAME and x.name == "size":
            return make.one
        return None

    found = mapped(make.terms, term, one)
    return found if rank == 1 else _scalar(found, make)


def _scalar(term: Term, make: Maker) -> Term:
    """Return a term for a parameter of one entry, whose sums and norms are of that entry."""
    done: dict[Term, Term] = {}

    def visit(x: Term) -> Term:
        if x not in done:
            operands = tuple(visit(y) for y in x.operands)
            if x.operation in _WHOLE:
                done[x] = operands[0]
            elif x.operation in _NORMS:
                done[x] = make.apply("abs", operands[0])
            elif operands:
                done[x] = mapped(make.terms, x, dict(zip(x.operands, operands, strict=True)).get)
            else:
                done[x] = x
        return done[x]

    return visit(term)
