"""The part of the parser that reads blocks: statements, branches, conditions and what names mean in them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lark import Token, v_args
from sympy.core.basic import Basic
from sympy.core.numbers import Integer

from nos_sym.errors import quoted
from nos_sym.language.block import Assign, If, Let, State, Statement, check_kept
from nos_sym.language.expression_builder import Expressions
from nos_sym.language.kind import Kind
from nos_sym.language.reading import Located, Problem, guarded, place_of
from nos_sym.language.registry import apply, suggestion
from nos_sym.language.reserved import UNSAID, unsaid
from nos_sym.language.scope import WEIGHT, Scope, check_start, check_static
from nos_sym.language.state import STATE_KINDS

_ASSIGNED = re.compile(r"\b([A-Za-z_]\w*)\s*<-")


class Scoped(NamedTuple):
    """The statements between two braces, and what they made of the names."""

    statements: tuple[Statement, ...]
    scope: Scope
    brace: Token


@v_args(inline=True)
class Blocks(Expressions):
    """Builds statements while the parser reduces, from top to bottom."""

    _scopes: list[Scope]
    _assigned: frozenset[str]
    _reads: list[Token]  # names of this statement that the block gives a meaning
    _inserted: list[Statement]  # what rules that this statement applies need above it
    _in_start: bool  # where the weight is that before the first line

    def begin_blocks(self, text: str) -> None:
        """Forget the block of another text."""
        self._assigned = frozenset(_ASSIGNED.findall(text))
        self._scopes = []
        self._reads = []
        self._inserted = []
        self._in_start = False

    def begin_block(self, brace: Token) -> Token:
        """Begin a scope: that of a rule, or a branch of the one around it."""
        self._scopes.append(self._scopes[-1].branch() if self._scopes else Scope())
        return brace

    def block(self, brace: Token, *lines: Any) -> Scoped:
        """Return the statements of a block, and end its scope."""
        statements = tuple(s for line in lines if line is not None for s in line)
        return Scoped(statements, self._scopes.pop(), brace)

    def states(self, *declarations: State) -> tuple[Statement, ...]:
        """Return declarations."""
        return declarations

    def begin_start(self, sign: Token) -> Token:
        """Begin what a state is before the first step."""
        self._in_start = True
        return sign

    def declaration(
        self, name: Token, kind: Token | None, _sign: Token | None, start: Located | None
    ) -> State:
        """Declare a state in the scope."""
        place = place_of(name)
        self._in_start = False
        if kind is not None and str(kind) not in STATE_KINDS:
            known = ", ".join(STATE_KINDS)
            hint = suggestion(str(kind), STATE_KINDS) or f"; expected one of {known}"
            raise Problem(f"unknown kind {quoted(kind)}{hint}", place_of(kind))
        if self._reads:
            read = self._reads[0]
            raise Problem(
                f"{quoted(read)} stands in a start; a start is there before the first line, and reads g, "
                "w, lr, the shape and settings alone",
                place_of(read),
            )
        self._check_kept(name)
        self._check_none_applied("the start of a state", place)
        state = State(
            str(name),
            Kind.TENSOR if kind is None else STATE_KINDS[str(kind)],
            start.node if start else Integer(0),
        )
        guarded(lambda: check_start(state.name, state.kind, state.start), start.position if start else place)
        guarded(lambda: self._scopes[-1].declare(state.name, state.kind, state.start), place)
        return state

    def assign(self, name: Token, value: Located) -> tuple[Statement, ...]:
        """Return ``name <- value``."""
        self._reads.clear()
        self._check_kept(name)
        guarded(lambda: self._scopes[-1].assign(str(name), value.node), place_of(name))
        return (*self.taken(), Assign(str(name), value.node))

    def let(self, name: Token, value: Located) -> tuple[Statement, ...]:
        """Return ``name = value``."""
        self._reads.clear()
        self._check_kept(name)
        guarded(lambda: self._scopes[-1].let(str(name), value.node), place_of(name))
        return (*self.taken(), Let(str(name), value.node))

    def _check_kept(self, name: Token) -> None:
        guarded(lambda: check_kept(self._settings, (Let(str(name), Integer(0)),)), place_of(name))

    def if_head(self, condition: Located) -> Located:
        """Return the condition of a branch."""
        self._reads.clear()
        self._check_none_applied("the condition of 'if'", condition.position)
        guarded(lambda: check_static(condition.node), condition.position)
        return condition

    def taken(self) -> tuple[Statement, ...]:
        """Return the statements that applied rules need above this one, and forget them."""
        inserted, self._inserted = tuple(self._inserted), []
        return inserted

    def _check_none_applied(self, where: str, place: int) -> None:
        if self.taken():
            raise Problem(
                f"a rule with states is applied in {where}; name its update above, 'u = ...'", place
            )

    def branch(self, condition: Located, then: Scoped, otherwise: Scoped | None) -> tuple[Statement, ...]:
        """Return a branch, whose scopes end in the one around it."""
        around = self._scopes[-1]
        second = otherwise or Scoped((), around.branch(), then.brace)
        guarded(lambda: around.merge(condition.node, then.scope, second.scope), condition.position)
        return (If(condition.node, then.statements, second.statements),)

    def otherwise(self, block: Scoped) -> Scoped:
        """Return the block of ``else``."""
        return block

    def else_if(self, word: Token) -> Token:
        """Begin the scope that ``else if`` has without braces of its own."""
        self._scopes.append(self._scopes[-1].branch())
        return word

    def otherwise_if(self, word: Token, statements: tuple[Statement, ...]) -> Scoped:
        """Return ``else if`` as a block of one statement."""
        return Scoped(statements, self._scopes.pop(), word)

    def in_block(self) -> bool:
        """Return whether a block is being read."""
        return bool(self._scopes)

    def meant(self, token: Token) -> str:
        """Return what to do about an unknown name that the block assigns, or about a reserved one."""
        name = str(token)
        if not self._scopes:
            return ""
        if name in UNSAID:
            return f"; {UNSAID[name]} cannot be said"
        return f"; declare 'state {name}' above" if name in self._assigned else ""

    def local(self, token: Token) -> Basic | None:
        """Return what a name means in the block around it; ``None`` where the block does not give it one."""
        name = str(token)
        if not self._scopes or (self._in_start and name == WEIGHT):
            return None
        if name in UNSAID and name not in self._scopes[-1].visible:
            raise Problem(unsaid(name), place_of(token))
        found = self._scopes[-1].visible.get(name)
        if found is not None and (name != WEIGHT or found != apply(WEIGHT)):
            self._reads.append(token)
        return found
