"""Emission: a program to the statements of two functions, the scalars of a step and the update of a tensor.

Which values are statements of their own is decided in :mod:`nos_sym.codegen.statements`. What all parameters
have in common takes further functions, see :mod:`nos_sym.codegen.common`.
"""

from __future__ import annotations

import builtins
import keyword
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.codegen.common import Common, CommonNames, has_common
from nos_sym.codegen.in_place import InPlace, InPlaceStatements
from nos_sym.codegen.statements import Statements
from nos_sym.errors import RenderError
from nos_sym.language.kind import Kind
from nos_sym.program.program import Program, Value, reachable

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter

_FIXED = ("t", "step", "total_steps", "group", "lr", "mu")
"""Names that the templates give to arguments of the emitted functions."""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements of one function.

    Attributes:
        inputs: names of the arguments, in the order of the values that they carry.
        lines: statements without indentation.
        outputs: the returned expressions, names but for the first.
    """

    inputs: tuple[str, ...]
    lines: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Code:
    """What a template needs of a program: its scalars, its update, its states and what they are at first.

    ``states`` are keys of the optimizer's state and ``arguments`` the names of their old values; ``start``
    returns a value for each state, empty where that is zero; it is ``None`` where all states are
    tensors that begin with zeros. ``common`` is what all parameters have in common, ``None`` where that is
    nothing; states are those of one parameter. ``in_place`` is the update once more, into buffers.
    """

    scalars: Block
    update: Block
    states: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    start: Block | None = None
    common: Common | None = None
    in_place: InPlace | None = None


def emit(program: Program, printer: CodePrinter, reserved: frozenset[str] = frozenset()) -> Code:
    """Return the statements of a program in one backend; ``reserved`` names are not given to values."""
    settings = {setting.value: setting.name for setting in program.settings}
    fixed = {*_FIXED, *settings.values()}
    for name in settings.values():
        if name in reserved or name in _FIXED or keyword.iskeyword(name) or hasattr(builtins, name):
            raise RenderError(f"the rendered file uses the name of setting '{name}' itself; choose another")
    of_all = has_common(program, printer)
    local = _local(program)
    is_schedule = program.update.kind.of_step
    outputs = [program.update] if is_schedule else _step_outputs(program, printer, local)
    scalars = Statements(printer, reserved | fixed, local, of_step=True)
    scalars.names |= settings
    scalars.count(outputs)
    if is_schedule:
        scalars.outputs.clear()  # a schedule returns an expression, an optimizer named scalars
        scalars.run(program.values)
        result = scalars.expression(program.update)
        return Code(Block((), tuple(scalars.lines), (result,)), Block((), (), ()), ())
    scalars.run(program.values)
    names = {value: scalars.names[value] for value in outputs}
    slots = program.own_slots
    states = tuple(slot.name for slot in slots)
    tensors = Statements(printer, reserved | {"lr", "mu"} | set(names.values()), local, of_step=False)
    late = program.read_late
    for slot in slots:
        tensors.names[slot.old] = tensors.fixed[slot.new] = tensors.fresh(slot.name)
        if slot in late:
            tensors.fixed[slot.new] = tensors.fresh(f"new_{slot.name}")
    arguments = tuple(tensors.names[slot.old] for slot in slots)
    tensors.names |= names
    for value in program.values:
        if value.operation == "limit":
            tensors.fixed[value] = "gradient"
    for value in program.values:
        if value.operation in ("lr", "mu"):
            tensors.names[value] = value.operation
    inputs = ["lr", *(["mu"] if program.cycles else [])]
    inputs += names.values()
    if not printer.draw:
        for value in program.values:
            if value.operation == "draw":
                tensors.names[value] = tensors.fresh("uniform")
                inputs.append(tensors.names[value])
    start = None
    if any(slot.kind is not Kind.TENSOR or slot.start is not None for slot in slots):
        statements = Statements(printer, tensors.taken, local, of_step=False)
        start = _start(program, statements, tensors.names, inputs)
    shared = None
    if of_all:
        shared = CommonNames(program, printer, tensors.names, tensors.taken | printer.locals, local)
        tensors.names = shared.of_update | tensors.names
        tensors.taken |= {*shared.of_update.values()}
    tensors.doubles = program.doubles
    over = None
    if printer.buffers and not of_all:
        over = InPlaceStatements(program, printer, dict(tensors.names), tensors.taken, local).result()
    tensors.count(list(dict.fromkeys((program.change, *(slot.new for slot in slots)))))
    tensors.run(program.values)
    change = tensors.expression(program.change)
    news = [tensors.fixed[slot.new] for slot in slots]
    return Code(
        Block((), tuple(scalars.lines), tuple(names.values())),
        Block(tuple(inputs), tuple(tensors.lines), (change, *news)),
        states,
        arguments,
        start,
        shared.common(tensors) if shared is not None else None,
        over,
    )


def step_scalars(program: Program, printer: CodePrinter) -> tuple[Value, ...]:
    """Return the scalars of a step that the update of a tensor takes, in the order of its arguments."""
    return tuple(_step_outputs(program, printer, _local(program)))


def step_names(program: Program, printer: CodePrinter, code: Code) -> tuple[dict[Value, str], set[Value]]:
    """Return the names of what functions of the step are given, and the scalars that they compute."""
    names = dict(zip(step_scalars(program, printer), code.scalars.outputs, strict=True))
    names |= {v: v.operation for v in program.values if v.operation in ("lr", "mu")}
    return names, _local(program)


def _start(program: Program, emitter: Statements, names: dict[Value, str], inputs: list[str]) -> Block:
    """Return the statements that make the states before the first step."""
    emitter.names |= names
    slots = program.own_slots
    emitter.count([slot.start for slot in slots if slot.start is not None])
    emitter.run(program.values)
    outputs = [emitter.expression(slot.start) if slot.start is not None else "" for slot in slots]
    return Block(tuple(inputs), tuple(emitter.lines), tuple(outputs))


def _local(program: Program) -> set[Value]:
    """Return the scalars that are computed with the tensors: what the learning rate is part of."""
    found: set[Value] = set()
    for value in program.values:
        if value.kind.of_step and (value.operation in ("lr", "mu") or not found.isdisjoint(value.operands)):
            found.add(value)
    return found


def _step_outputs(program: Program, printer: CodePrinter, local: set[Value]) -> list[Value]:
    """Return the scalars that the update of a tensor takes, in order."""
    found: set[Value] = set()
    for value in reachable([*program.roots, *program.starts]):
        if not value.kind.of_step or value in local:
            found.update(o for o in printer.used(value) if o.kind.of_step and not o.is_constant)
    return [value for value in program.values if value in found and value not in local]
