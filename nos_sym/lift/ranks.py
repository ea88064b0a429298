"""Rules of scalars, vectors and matrices joined into one, where they are one, else under ``if rank``."""

from __future__ import annotations

from collections.abc import Mapping

from nos_sym.language.kind import Kind
from nos_sym.lift.algebra_of_terms import Maker, mapped
from nos_sym.lift.deep_axes import as_matrix
from nos_sym.lift.term import NAME, Term
from nos_sym.lift.trees import Leaf, Node, Tree

_WHOLE = frozenset(
    ("sum", "mean", "row_mean", "col_mean", "row_sum", "col_sum", "row_max", "col_max", "mean_rest")
)
_NORMS = frozenset(("norm1", "norm2", "norm_inf", "rms"))


def of_ranks(trees: Mapping[int, Tree], make: Maker) -> Tree:
    """Return one tree for all numbers of axes that were tried.

    A rule of vectors is one of matrices where it is the same, or where that of matrices becomes it: a vector
    has one row, and a scalar one entry.
    """
    ranks = sorted(trees, reverse=True)
    found = trees[ranks[0]]
    groups: list[tuple[int, Tree]] = [(ranks[0], found)]
    for rank in ranks[1:]:
        last = groups[-1][1]
        if rank == 2:
            tensors = {"g", "w", *_tensors(last)}
            last = last.mapped(lambda x, names=tensors: as_matrix(make.terms, x, names))  # type: ignore[misc]
        if trees[rank].same(last) or trees[rank].same(_smaller(last, rank, make)):
            continue
        if _smaller(trees[rank], 0, make).same(last):
            groups[-1] = (groups[-1][0], trees[rank])
            continue
        groups.append((rank, trees[rank]))
    tree = groups[-1][1]
    for index in range(len(groups) - 2, -1, -1):
        above = groups[index + 1][0]
        condition = make.terms.apply("less_equal", make.number(above + 1), make.terms.leaf("rank"))
        tree = Node(condition, "", groups[index][1], tree)
    return tree


def _tensors(tree: Tree) -> set[str]:
    """Return the names of states that have another number in each column."""
    if isinstance(tree, Node):
        return _tensors(tree.yes) | _tensors(tree.no)
    return {n for n, s in tree.states.items() if s.kind in (Kind.TENSOR, Kind.COLUMN)}


def _smaller(tree: Tree, rank: int, make: Maker) -> Tree:
    """Return what a rule is for parameters of fewer axes."""

    def one(term: Term) -> Term | None:
        if rank > 1:
            return None
        if term.operation == NAME and term.name == "rows":
            return make.one
        if term.operation == NAME and term.name == "cols":
            return make.one if rank == 0 else make.terms.leaf("size")
        if rank == 0 and term.operation == NAME and term.name == "size":
            return make.one
        return None

    def scalar(term: Term) -> Term:
        found = mapped(make.terms, term, one)
        if rank == 1:
            return found
        return _scalar(found, make)

    if isinstance(tree, Leaf):
        return tree.mapped(scalar)
    return Node(tree.condition, tree.place, _smaller(tree.yes, rank, make), _smaller(tree.no, rank, make))


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
