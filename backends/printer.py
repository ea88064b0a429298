"""The base of every code printer: the registry's spellings of values.

A printer turns one value of a program into the text of one Python expression. Which values get a statement of
their own is decided in :mod:`nos_sym.codegen.statements`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from nos_sym.backends.precedence import Precedence, fill_template, power, wrap
from nos_sym.backends.spelling import Spelling, spelling_of
from nos_sym.errors import RenderError, quoted
from nos_sym.intervals.interval import UNIT
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Operation
from nos_sym.language.registry import REGISTRY
from nos_sym.program.blocks import StatesOf
from nos_sym.program.program import TOTAL, Value, reachable

_BOUNDED = 700.0
"""Below this magnitude neither math.exp nor a square overflows."""


_INFIX = {
    "add": ("+", Precedence.SUM),
    "sub": ("-", Precedence.SUM),
    "mul": ("*", Precedence.PRODUCT),
    "div": ("/", Precedence.PRODUCT),
}
WITHIN_THE_TYPE = {"limit": "limited({0}, {root})", "saturate": "saturate({0})", "positive": "positive({0})"}
"""What keeps values within the numbers of their type: functions that a rendered file defines."""

SPREAD = {Kind.ROW: "{0} + row_zeros(weight)", Kind.COLUMN: "{0} + column_zeros(weight)"}
"""What spreads a number over the rows or columns of a parameter."""

_WRITTEN = (*_INFIX, "neg", "pow", "abspow")
"""Operations that every backend writes with operators of Python."""


class CodePrinter:
    """Prints values with the spellings of one backend.

    Attributes:
        states: who makes the states of a block.
        changes: whether files return what is added to the weights, and no new weights.
        tensors: key of the registry's spellings for tensor values.
        scalars: the same for the scalars of a step.
        number_of_tensor: spelling of a scalar of the step as one of the tensor.
        count: key of the steps taken among the states; empty where they are counted elsewhere.
        narrow: spelling of a number that a state of the step is part of, beside tensors; empty where such a
            state has the type of the weight.
        fill: spelling of a scalar spread over a tensor.
        literal: spelling of a literal number ``{0}`` in the type of ``{1}``, which choices between scalars of
            the step need; empty where a literal takes the type of what it is combined with.
        copied: spelling of a copy of a tensor, the tensor itself where none ever changes.
        overwritten: operations whose tensors change before a new state is stored, or while it is kept, so
            that the state must be a copy.
        draw: spelling of uniform numbers in [0, 1) of the shape of the weights; empty where the update
            function takes them as arguments.
        sums: whether files may have sums over all parameters.
        kernels: whether files hold the step in C, too.
        buffers: whether files hold the update in place, too.
        locals: names of the template where it handles such sums, which they cannot have.
    """

    states: ClassVar[StatesOf] = StatesOf.STEPS
    changes: ClassVar[bool] = False
    tensors: ClassVar[str]
    scalars: ClassVar[str]
    number_of_tensor: ClassVar[str]
    count: ClassVar[str] = ""
    narrow: ClassVar[str] = ""
    fill: ClassVar[str]
    literal: ClassVar[str] = ""
    copied: ClassVar[str] = "{0}"
    overwritten: ClassVar[frozenset[str]] = frozenset({"w", "state"})
    draw: ClassVar[str]
    sums: ClassVar[bool] = False
    kernels: ClassVar[bool] = False
    buffers: ClassVar[bool] = False
    locals: ClassVar[frozenset[str]] = frozenset()

    @property
    def saturates(self) -> bool:
        """Whether rendered files keep values within their type; a backend says so by its scalars."""
        return spelling_of(self.scalars, "confine") is not None

    def table(self, kind: Kind) -> str:
        """Return the key of the spellings for values of a kind."""
        return self.scalars if kind.of_step else self.tensors

    def native(self, operation: Operation, kind: Kind) -> bool:
        """Return whether this backend writes an operation itself, so that no definition is needed."""
        return operation.name in _WRITTEN or spelling_of(self.table(kind), operation.name) is not None

    def template(self, value: Value) -> str | None:
        """Return the format string of a value, or ``None`` where it is an infix operator."""
        if value.operation == "fill" and value.kind is not Kind.TENSOR:
            return SPREAD.get(value.kind, self.number_of_tensor)
        if value.operation == TOTAL:
            return "{0}"  # where it is read, it has a name
        if value.operation == "copy":
            source = value.operands[0]
            kept = source.operation == "state" and source.slot == value.slot
            return self.copied if source.operation in self.overwritten and not kept else "{0}"
        if value.operation in ("fill", "draw"):
            return {"fill": self.fill, "draw": self.draw}[value.operation]
        if value.operation in WITHIN_THE_TYPE:
            return WITHIN_THE_TYPE[value.operation]
        backend, of_step = self.table(value.kind), value.kind.of_step
        spelling = spelling_of(backend, value.operation) or Spelling()
        if value.guarded:
            if not spelling.guarded:
                raise RenderError(f"operation '{value.operation}' has no guarded form in backend '{backend}'")
            return spelling.guarded
        if value.operation == "abspow" and _is_power_of_share(value):
            return None
        of_tensors = not (of_step and spelling.step)
        if spelling.small and of_tensors and all(_within(o, 1.0) for o in value.operands):
            return spelling.small
        if spelling.scalar and of_step and _takes_numbers(value):
            return spelling.scalar
        if spelling.step and of_step:
            return spelling.step
        if spelling.unbounded and not all(_within(o, _BOUNDED) for o in value.operands):
            return spelling.unbounded
        if spelling.scalar and not of_step:
            operands = value.operands[: REGISTRY[value.operation].arity]
            if any(o.kind.of_step for o in operands):
                return spelling.scalar
        if spelling.general:
            return spelling.general
        if value.operation in _WRITTEN:
            return None
        raise RenderError(
            f"operation '{value.operation}' has neither a spelling in backend '{backend}' nor a definition"
        )

    def in_place(self, value: Value) -> Any:
        """Return how a value is written into a tensor that is there, ``None`` where it is not."""
        del value
        return None

    def used(self, value: Value) -> tuple[Value, ...]:
        """Return the operands that occur in the text of a value."""
        template = self.template(value) if value.operands else None
        if template is None:
            return value.operands
        return tuple(o for i, o in enumerate(value.operands) if f"{{{i}}}" in template)

    def repeats(self, value: Value, index: int) -> bool:
        """Return whether an operand occurs more than once in the text, so that it needs a name."""
        template = self.template(value)
        return template is not None and template.count(f"{{{index}}}") > 1

    def number(self, value: float) -> str:
        """Return the text of a constant: the shortest that binary64 reads back."""
        if value != value:
            return "math.nan"
        if value in (float("inf"), float("-inf")):
            return "math.inf" if value > 0 else "-math.inf"
        if value == int(value) and abs(value) < 2.0**31:  # JAX takes no larger integer beside float32
            return str(int(value))
        return repr(value).replace("e-0", "e-").replace("e+", "e")

    def format(self, value: Value, operands: list[tuple[str, Precedence]]) -> tuple[str, Precedence]:
        """Return the text of a value and how strongly it binds, given those of its operands."""
        if value.operation == "constant":
            text = self.number(value.number)
            return text, Precedence.UNARY if text.startswith("-") else Precedence.ATOM
        template = self.template(value)
        if template is None:
            return self._infix(value, operands)
        if self._is_turned(value):
            operands = operands[::-1]
        if self.literal and value.operation == "where" and value.kind.of_step:
            operands = list(self._typed(value, operands))
        try:
            return fill_template(template, operands, self._parameters(value))
        except (LookupError, ValueError) as error:
            raise RenderError(
                f"the spelling {quoted(template)} of operation '{value.operation}' names an operand or a "
                "parameter that it does not have"
            ) from error

    def _is_turned(self, value: Value) -> bool:
        """Return whether the second operand is written first: TensorFlow takes the type of the first.

        So a bound stands second, whichever side it was written on, and so does a literal.
        """
        if value.operation not in ("max", "min", "equal"):
            return False
        first, second = value.operands
        if self.literal and first.is_constant:
            return True
        return value.operation != "equal" and first.kind.of_step and not second.kind.of_step

    def _typed(
        self, value: Value, operands: list[tuple[str, Precedence]]
    ) -> Iterator[tuple[str, Precedence]]:
        """Yield the texts of a choice of the step, literals in the type of the function that it stands in.

        An integer behind a value that has a type is exact in every other.
        """
        like = "weight.dtype" if _is_of_update(value) else "step.dtype"
        _, first, second = value.operands
        yield operands[0]
        for operand, text in zip((first, second), operands[1:], strict=True):
            exact = operand is second and not first.is_constant and operand.number.is_integer()
            if operand.is_constant and not exact:
                text = (self.literal.format(text[0], like), Precedence.ATOM)
            yield text

    def _parameters(self, value: Value) -> dict[str, str]:
        if value.operation == "apart":
            return {"floor": self.number(float(value.parameters[0]))}
        if value.operation == "limit":
            return {"root": self.number(float(value.parameters[0]))}
        if value.operation not in REGISTRY:
            return {}
        literal = [p for p in REGISTRY[value.operation].parameters if p.literal]
        fields = {}
        for parameter, exact in zip(literal, value.parameters, strict=True):
            fields[parameter.name] = self.number(float(exact))
            fields[f"co_{parameter.name}"] = self.number(float(1 - exact))
        return fields

    def _infix(self, value: Value, operands: list[tuple[str, Precedence]]) -> tuple[str, Precedence]:
        if value.operation == "neg":
            return f"-{wrap(operands[0], Precedence.UNARY)}", Precedence.UNARY
        if value.operation in ("pow", "abspow"):
            base = wrap(operands[0], Precedence.ATOM)
            exponent = str(value.parameters[0]) if value.operation == "pow" else ""
            second = (exponent, Precedence.ATOM) if exponent else operands[1]
            return power(base, wrap(second, Precedence.UNARY)), Precedence.POWER
        symbol, level = _INFIX[value.operation]
        left = wrap(operands[0], level)
        # The order of floating-point operations is that of the tree: a - (b + c), a * (b * c).
        right = wrap(operands[1], Precedence(level + 1))
        return f"{left} {symbol} {right}", level


def _is_power_of_share(value: Value) -> bool:
    """Return whether a power is that of a number from 0 to 1, with a positive exponent."""
    base, exponent = value.operands
    return base.range.within(UNIT) and exponent.range.low > 0


def _is_of_update(value: Value) -> bool:
    """Return whether a scalar of the step is computed with the tensors, in no function of its own."""
    return any(v.operation in ("lr", "mu") for v in reachable([value]))


def _takes_numbers(value: Value) -> bool:
    """Return whether a scalar of the step reads conditions as numbers: literals, or given from outside."""
    read = value.operands[:1] if value.operation == "where" else value.operands
    return any(o.is_constant or (_is_of_update(value) and not _is_of_update(o)) for o in read)


def _within(value: Value, bound: float) -> bool:
    return value.range.absolute().high <= bound
