"""What templates see of the sums over all parameters and the common states: laid out functions and names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from nos_sym.backends.layout import fit, returned, statement
from nos_sym.codegen.common import Common, Part
from nos_sym.codegen.emit import Code

_SAYS = {
    "tensor_sums": "what one tensor adds to the sums over all",
    "next_common": "the new common states",
    "first_tensor_sums": "what one tensor adds to the sums of the first common states",
    "first_common": "the common states before the first step",
}


@dataclass(frozen=True, slots=True)
class Function:
    """A function of a rendered file.

    Attributes:
        name: by which it is called.
        says: what it returns, in words.
        head: its first line.
        body: its statements, without the documentation.
        reads: names of the common values that it takes last.
        results: names of what it returns.
    """

    name: str
    says: str
    head: str
    body: tuple[str, ...]
    reads: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommonContext:
    """The functions of a rendered file, and the names that stand between them.

    Attributes:
        states: keys of the common states.
        old: names of their values before the step.
        sums: functions of the parts of one parameter in sums.
        advance: function of the new states; ``None`` where there is no state.
        read: names that the update takes last.
        first_sums: the same as ``sums`` for the starts.
        first: function of the starts; ``None`` where all are zero.
        settings: what all parameters must share.
    """

    states: tuple[str, ...]
    old: tuple[str, ...]
    sums: tuple[Function, ...]
    advance: Function | None
    read: tuple[str, ...]
    first_sums: tuple[Function, ...]
    first: Function | None
    settings: tuple[str, ...]

    @property
    def functions(self) -> tuple[Function, ...]:
        """All functions, in the order in which they are called."""
        own = (*self.first_sums, self.first, *self.sums, self.advance)
        return tuple(function for function in own if function is not None)


def common_context(common: Common, code: Code) -> CommonContext:
    """Return the functions of the common values of a program, laid out."""
    scalars = code.update.inputs
    of_tensor = ("gradient", "weight", *code.arguments, *scalars)
    first = [part for part in (common.first,) if any(text != "0.0" for text in part.outputs)]
    advance = [part for part in (common.advance,) if part.outputs]
    return CommonContext(
        common.states,
        common.old,
        tuple(_numbered("tensor_sums", common.sums, of_tensor)),
        next(_numbered("next_common", advance, ("weight", *scalars)), None),
        common.read,
        tuple(_numbered("first_tensor_sums", common.first_sums, of_tensor)),
        next(_numbered("first_common", first, ("weight", *scalars)), None),
        common.settings,
    )


def _numbered(name: str, parts: Iterable[Part], arguments: tuple[str, ...]) -> Iterator[Function]:
    for number, part in enumerate(parts, 1):
        own = name if number == 1 else f"{name}_{number}"
        head = "\n".join(fit(f"def {own}(", [*arguments, *part.reads], "):", 0))
        body = [line for text in part.lines for line in statement(text, 4)]
        yield Function(own, _SAYS[name], head, (*body, *returned(part.outputs, 4)), part.reads, part.results)
