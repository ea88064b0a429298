"""The part of the parser that reads expressions and conditions: text to nodes of the registry."""

from __future__ import annotations

from typing import Any

from lark import Token, v_args
from sympy.core.basic import Basic
from sympy.core.numbers import Rational

from nos_sym.errors import quoted
from nos_sym.language.arguments import bind
from nos_sym.language.hints import hint_for
from nos_sym.language.kind import Kind
from nos_sym.language.node import Node, kind_of
from nos_sym.language.operands import BY_NAME, QUASI_HYPERBOLIC, quasi_hyperbolic
from nos_sym.language.operation import Operation
from nos_sym.language.power_text import Powers
from nos_sym.language.reading import Located, Problem, guarded, place_of, read_number
from nos_sym.language.registry import ALIASES, REGISTRY, apply, lookup, number
from nos_sym.language.reserved import UNSAID, unsaid
from nos_sym.language.rule import STEP_COUNTS
from nos_sym.language.setting_text import Domains
from nos_sym.language.slips import no_axes

_OPERATORS = {
    *("add", "sub", "mul", "div", "neg", "scale", "pow", "where"),
    *(name for name, operation in REGISTRY.items() if operation.logical),
}
_AXES = ("axes", "axis", "dim", "dims", "keepdim", "keepdims")
_COMPARISONS = {
    "<": "less",
    "<=": "less_equal",
    "==": "equal",
    ">": "less",
    ">=": "less_equal",
    "!=": "equal",
}


@v_args(inline=True)
class Expressions(Domains, Powers):
    """Builds nodes while the parser reduces, so that deep text needs no deep stack."""

    _settings: dict[str, Node]
    _in_schedule: bool
    _implicit: int
    _explicit: int

    def local(self, token: Token) -> Basic | None:
        """Return what a name means in the block around it; ``None`` outside of blocks."""
        raise NotImplementedError

    def in_block(self) -> bool:
        """Return whether a block is being read."""
        raise NotImplementedError

    def meant(self, token: Token) -> str:
        """Return what an unknown name means in the block around it, as the end of a message, or nothing."""
        raise NotImplementedError

    def applied(self, token: Token, arguments: tuple[tuple[Token | None, Located], ...]) -> Located | None:
        """Return the update of a rule that is applied; ``None`` where no rule has the name."""
        raise NotImplementedError

    def rule_hint(self, token: Token, *, is_call: bool) -> str:
        """Return what an unknown name means as that of a rule, as the end of a message, or nothing."""
        raise NotImplementedError

    def compare(self, x: Located, sign: Token, y: Located) -> Located:
        """Return a comparison; those that are no operation are another's opposite, or turned around."""
        first, second = (y, x) if str(sign) in (">", ">=") else (x, y)
        node = guarded(lambda: apply(_COMPARISONS[str(sign)], first.node, second.node), place_of(sign))
        found = Located(node, x.position)
        return self._node("logical_not", found) if str(sign) == "!=" else found

    def both(self, x: Located, y: Located) -> Located:
        """Return ``x and y``."""
        return self._node("logical_and", x, y)

    def either(self, x: Located, y: Located) -> Located:
        """Return ``x or y``."""
        return self._node("logical_or", x, y)

    def opposite(self, x: Located) -> Located:
        """Return ``not x``."""
        return self._node("logical_not", x)

    def where(self, condition: Located, x: Located, y: Located) -> Located:
        """Return ``where(condition, x, y)``."""
        node = guarded(lambda: apply("where", condition.node, x.node, y.node), condition.position)
        return Located(node, condition.position)

    def add(self, *operands: Located) -> Located:
        """Return ``x + y``."""
        return self._node("add", *operands)

    def sub(self, *operands: Located) -> Located:
        """Return ``x - y``."""
        return self._node("sub", *operands)

    def mul(self, x: Located, y: Located) -> Located:
        """Return ``x * y``; a function of the step times a tensor is a decay of it."""
        kinds = kind_of(x.node), kind_of(y.node)
        if kinds == (Kind.STEP, Kind.TENSOR):
            return self._node("scale", x, y)
        if kinds == (Kind.TENSOR, Kind.STEP):
            return Located(self._node("scale", y, x).node, x.position)
        return self._node("mul", x, y)

    def div(self, x: Located, y: Located) -> Located:
        """Return ``x / y``; a tensor by a function of the step is a decay of it."""
        if (kind_of(x.node), kind_of(y.node)) == (Kind.TENSOR, Kind.STEP):
            factor = self._node("div", Located(number(1), y.position), y)
            return Located(self._node("scale", factor, x).node, x.position)
        return self._node("div", x, y)

    def neg(self, x: Located) -> Located:
        """Return ``-x``."""
        return self._node("neg", x)

    def scale(self, *operands: Located) -> Located:
        """Return ``[decay] x``."""
        return self._node("scale", *operands)

    def number(self, token: Token) -> Located:
        """Return a numeral."""
        return Located(read_number(token), place_of(token))

    def abs(self, x: Located) -> Located:
        """Return ``|x|``."""
        return self._node("abs", x)

    def grouped(self, x: Located) -> Located:
        """Return what stands in parentheses."""
        return x

    def name(self, token: Token) -> Located:
        """Return what a name means here."""
        name = str(token)
        local = self.local(token)
        if local is not None:
            return Located(local, place_of(token))
        if name in self._settings:
            return Located(self._settings[name], place_of(token))
        if name in BY_NAME:
            return Located(BY_NAME[name].expression, place_of(token))
        counted = self._in_schedule and name in STEP_COUNTS
        if _is_of_blocks(name) and not self.in_block() and not counted:
            raise self._unknown(token, "name")
        if is_atom(name):
            return Located(apply(name), place_of(token))
        if is_function(name):
            raise Problem(f"'{name}' is a function; expected '(' after it", place_of(token))
        raise self._unknown(token, "name")

    def _unknown(self, token: Token, what: str) -> Problem:
        names = (*REGISTRY, *ALIASES, *BY_NAME, *QUASI_HYPERBOLIC)
        known = {name for name in names if name not in _OPERATORS and not _is_of_blocks(name)}
        near = hint_for(str(token), known, in_block=self.in_block())
        if "'w'" not in near:  # the weight is assigned too, under whatever name
            near = self.meant(token) or near
        if not near and token in UNSAID:
            return Problem(unsaid(str(token)), place_of(token))
        hint = (
            near
            or self.rule_hint(token, is_call=what == "function")
            or "; 'nos-sym list --language' shows what there is"
        )
        return Problem(f"unknown {what} {quoted(token)}{hint}", place_of(token))

    def positional(self, x: Located) -> tuple[None, Located]:
        """Return an argument."""
        return None, x

    def keyword(self, name: Token, value: Located) -> tuple[Token, Located]:
        """Return an argument with its name."""
        return name, value

    def arguments(self, *items: tuple[Token | None, Located]) -> Any:
        """Return the arguments of a call."""
        return items

    def call(self, token: Token, items: tuple[tuple[Token | None, Located], ...] | None) -> Located:
        """Return a call of an operation."""
        arguments = items or ()
        name = ALIASES.get(str(token), str(token))
        if not is_function(name):
            if is_atom(name):
                problem = f"{quoted(token)} is no function; remove '(...)' after it, or write '*' before"
                raise Problem(problem, place_of(token))
            update = self.applied(token, arguments)
            if update is None:
                raise self._unknown(token, "function")
            return update
        if name in ("max", "min") and len(arguments) > 2:
            raise Problem(f"'{name}' takes 2 arguments; write '{name}({name}(x, y), z)'", place_of(token))
        for keyword in (keyword for keyword, _ in arguments if str(keyword) in _AXES):
            raise Problem(no_axes(name), place_of(keyword or token))
        if name == "clip" and any(keyword is not None for keyword, _ in arguments):
            raise Problem(
                "the ends of 'clip' have no names; write 'clip(x, low, high)', or 'max(x, low)' and "
                "'min(x, high)' for one of them",
                place_of(token),
            )
        if name == "clip" and len(arguments) == 3:
            return self._clipped(token, arguments)
        if name in QUASI_HYPERBOLIC:
            beta = bind(token, 0, ("beta",), ("beta",), arguments)[1]["beta"]
            if not isinstance(beta, Rational):
                raise Problem(f"parameter 'beta' of '{name}' must be a plain number", place_of(token))
            return Located(guarded(lambda: quasi_hyperbolic(name, beta), place_of(token)), place_of(token))
        operation = lookup(name)
        assert operation is not None
        parameters = tuple(p.name for p in operation.parameters)
        said = parameters[:-1] if operation.optional else parameters
        required = tuple(p.name for p in operation.parameters if p.name in said and not p.default)
        operands, values = bind(token, operation.arity, parameters, required, arguments)
        if name == "drop":
            values = self._with_draw(values)
        place = place_of(token)
        return Located(guarded(lambda: apply(name, *(o.node for o in operands), **values), place), place)

    def _clipped(self, token: Token, arguments: tuple[tuple[Token | None, Located], ...]) -> Located:
        """Return ``clip(x, low, high)``, the high end where the low one is above it."""
        (x, low, high), _ = bind(token, 3, (), (), arguments)
        return Located(self._node("min", self._node("max", x, low), high).node, place_of(token))

    def _with_draw(self, values: dict[str, Basic]) -> dict[str, Basic]:
        if "draw" in values:
            self._explicit += 1
            return values
        self._implicit += 1
        return values | {"draw": Rational(self._implicit)}

    def _node(self, name: str, *operands: Located) -> Located:
        position = operands[0].position
        return Located(guarded(lambda: apply(name, *(o.node for o in operands)), position), position)


def is_function(name: str) -> bool:
    """Return whether a name, or an alias, is followed by arguments in parentheses."""
    if name in QUASI_HYPERBOLIC:
        return True
    operation = lookup(name)
    return operation is not None and operation.name not in _OPERATORS and _takes_arguments(operation)


def is_atom(name: str) -> bool:
    """Return whether a name stands alone."""
    if name in BY_NAME:
        return True
    operation = lookup(name)
    return operation is not None and not _takes_arguments(operation)


def _takes_arguments(operation: Operation) -> bool:
    return bool(operation.arity or operation.parameters)


def _is_of_blocks(name: str) -> bool:
    """Return whether a name is a leaf that stands in blocks alone: counts, the shape, the learning rate."""
    return name in REGISTRY and REGISTRY[name].of_blocks and not REGISTRY[name].arity
