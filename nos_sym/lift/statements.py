"""One way through a step as statements of a block, in an order in which they can be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nos_sym.language.kind import Kind
from nos_sym.language.state import kind_word
from nos_sym.lift.algebra_of_terms import CONDITIONS
from nos_sym.lift.names import Names
from nos_sym.lift.printing import Printer
from nos_sym.lift.term import NAME, Term, walk
from nos_sym.lift.tidy import Tidy
from nos_sym.lift.trees import Leaf

_LONG = 14
"""Operations of a value that is named though it is read once, where the original has a name for it."""


@dataclass(slots=True)
class _Piece:
    """A statement to be: a state's or the weight's new value, a named value, or a saved old value.

    Attributes:
        name: what it gives a value to.
        term: the value.
        arrow: ``<-`` for states and the weight.
    """

    name: str
    term: Term
    arrow: bool
    after: set[int] = field(default_factory=set)


class Statements:
    """Statements of what a way makes.

    Args:
        tidy: rewrites terms.
        hints: what the original calls values, by tidy terms.
        names: makes names that nothing else has.
        absolute: how powers are written, see :class:`.Printer`.
    """

    def __init__(
        self, tidy: Tidy, hints: Mapping[Term, str], names: Names, *, absolute: bool = False
    ) -> None:
        self.absolute = absolute
        self.saved: set[str] = set()
        self.tidy = tidy
        self.hints = hints
        self.names = names

    def declarations(self, leaf: Leaf) -> list[str]:
        """Return the lines that declare states, those without a word of their own together."""
        found: list[str] = []
        for state in leaf.states.values():
            start = self.tidy(state.start)
            word = "" if state.kind is Kind.TENSOR else f": {kind_word(state.kind)}"
            value = (
                ""
                if start.is_number and start.value == 0
                else f" = {Printer({}, absolute=self.absolute).text(start)}"
            )
            found.append(f"{state.name}{word}{value}")
        return [f"state {', '.join(found)}"] if found else []

    def lines(self, leaf: Leaf) -> list[str]:
        """Return the lines that move states and the weight."""
        new = {name: self.tidy(s.new) for name, s in leaf.states.items()}
        moved = {name: term for name, term in new.items() if not _is_leaf(term, name)}
        moved["w"] = self.tidy(leaf.weight)
        pieces = self._pieces(moved)
        return self._written(pieces, self._ordered(pieces))

    def _pieces(self, moved: dict[str, Term]) -> list[_Piece]:
        """Return a piece for each new value and each value that is worth a name, in the order of need."""
        uses: dict[Term, int] = {}
        for root in moved.values():
            uses[root] = uses.get(root, 0) + 1
        sizes: dict[Term, int] = {}
        for term in walk(*moved.values()):
            sizes[term] = 1 + sum(sizes[x] for x in term.operands)
            for x in term.operands:
                uses[x] = uses.get(x, 0) + 1
        roots = {term: name for name, term in reversed(moved.items()) if term.operands}
        pieces: list[_Piece] = []
        for term in walk(*moved.values()):
            if term in roots:
                pieces.append(_Piece(roots[term], term, True))
            elif self._worth(term, uses[term], sizes[term]):
                pieces.append(_Piece(self.names.value(self.hints.get(term, "")), term, False))
        done = {p.name for p in pieces}
        pieces += [_Piece(name, term, True) for name, term in moved.items() if name not in done]
        return pieces

    def _worth(self, term: Term, uses: int, size: int) -> bool:
        if not term.operands or term.operation in CONDITIONS:
            return False
        if uses > 1:
            plain = not self.tidy.data(term)
            return size > (5 if plain else 2) and not (term.operation == "pow" and size == 3)
        return size > _LONG and term in self.hints and size < 400

    def _ordered(self, pieces: list[_Piece]) -> list[int]:
        """Return an order in which old values are read above their assignment; save those that cannot be."""
        place = {p.term: i for i, p in reversed(list(enumerate(pieces))) if p.term.operands}
        reads: list[tuple[set[int], set[str]]] = [self._reads(p, i, place) for i, p in enumerate(pieces)]
        assigned = {p.name: i for i, p in enumerate(pieces) if p.arrow}
        for i, (others, leaves) in enumerate(reads):
            pieces[i].after |= others
            for name in leaves:
                if name in assigned and assigned[name] != i:
                    pieces[assigned[name]].after.add(i)
        order: list[int] = []
        waiting = list(range(len(pieces)))
        while waiting:
            ready = next((i for i in waiting if pieces[i].after <= set(order)), None)
            if ready is None:
                ready = self._save(pieces, waiting, order, reads, assigned)
            waiting.remove(ready)
            order.append(ready)
        return order

    def _save(
        self,
        pieces: list[_Piece],
        waiting: list[int],
        order: list[int],
        reads: list[tuple[set[int], set[str]]],
        assigned: Mapping[str, int],
    ) -> int:
        """Let a state move though its old value is read below: that one is saved above all."""
        for i in waiting:
            missing = pieces[i].after - set(order)
            if pieces[i].arrow and not (reads[i][0] & missing):
                self.saved.add(pieces[i].name)
                return i
        raise AssertionError("values that need each other")  # terms have no cycles

    def _reads(self, piece: _Piece, own: int, place: Mapping[Term, int]) -> tuple[set[int], set[str]]:
        others: set[int] = set()
        leaves: set[str] = set()
        seen: set[Term] = set()
        root = piece.term
        if place.get(root, own) != own:
            return {place[root]}, leaves
        stack = [root]
        while stack:
            term = stack.pop()
            if term in seen:
                continue
            seen.add(term)
            if term is not root and term in place:
                others.add(place[term])
            elif term.operation == NAME:
                leaves.add(term.name)
            else:
                stack.extend(term.operands)
        return others, leaves

    def _written(self, pieces: list[_Piece], order: Iterable[int]) -> list[str]:
        order = list(order)
        shown = {p.term: p.name for p in reversed(pieces) if p.term.operands}
        old = {name: self.names.value(f"{name}_old") for name in sorted(self.saved)}
        lines = [f"{new} = {name}" for name, new in old.items()]
        names = dict(shown)
        below: set[str] = set()
        for i in order:
            piece = pieces[i]
            for name in below & old.keys():
                names[self.tidy.make.terms.leaf(name)] = old[name]
            # A state that becomes the old value of one that has moved already is given the saved value.
            saved = piece.term in names and piece.term not in shown
            root = shown.get(piece.term) == piece.name or not (piece.term.operands or saved)
            text = Printer(names, absolute=self.absolute).text(piece.term, root=root)
            lines.append(f"{piece.name} {'<-' if piece.arrow else '='} {text}")
            if piece.arrow:
                below.add(piece.name)
        return lines

    def reset(self) -> None:
        """Begin another way: its values may have the names of those of the one before."""
        self.saved = set()


def _is_leaf(term: Term, name: str) -> bool:
    return term.operation == NAME and term.name == name
