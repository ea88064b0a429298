"""What autograd keeps of the inputs of an update: such a tensor is copied before the step writes over it."""

from __future__ import annotations

from nos_sym.program.program import Program, Value, reachable

_TENSORS = {"add": 2, "sub": 2, "neg": 1, "mul": 1, "div": 1, "wmean": 2}
"""How many tensors an operation may have whose derivatives read no operand; the others are plain numbers."""


def kept_inputs(program: Program) -> list[int]:
    """Return the indices of gradient, weight and states, in this order, of which a copy is taken.

    A gradient always is, since its owner may zero it; of the others those whose derivatives read them, and
    those that are a result as they are. Where a number of the step is recorded, too, all are.
    """
    results = {program.change, *(slot.new for slot in program.own_slots)}
    found = {value for value in program.values if value in results}
    for value in program.values:
        found.update(_read(value))
    states = {slot.old: index for index, slot in enumerate(program.own_slots, 2)}
    indices = {states.get(value, 1 if value.operation == "w" else 0) for value in found if _is_input(value)}
    return sorted(indices | {0})


def _read(value: Value) -> set[Value]:
    """Return the operands that the derivative of a value reads."""
    tensors = [operand for operand in value.operands if not _is_plain(operand)]
    linear = len(tensors) <= _TENSORS.get(value.operation, -1) and not value.guarded
    if value.operation == "div":
        linear = linear and _is_plain(value.operands[1])
    return set() if linear else set(tensors)


def _is_plain(value: Value) -> bool:
    """Return whether a value is a number that no state gives."""
    number = value.kind.of_step or value.is_constant
    return number and all(x.operation != "state" for x in reachable([value]))


def _is_input(value: Value) -> bool:
    return value.operation in ("g", "w", "state")
