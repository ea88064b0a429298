"""What a step costs: states and their bytes, operations and bytes that are moved, under stated models."""

from __future__ import annotations

from collections.abc import Mapping

from nos_sym.language.block import Block
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.printer import print_condition
from nos_sym.language.registry import REGISTRY
from nos_sym.language.state import kind_word
from nos_sym.program.lower import lower
from nos_sym.program.program import Program, Value
from nos_sym.report.sheet.line import Line, proved
from nos_sym.report.sheet.subject import Subject

BYTES = 4
"""Of a number in float32."""

_ROUNDS = frozenset(
    ("exp", "ln", "tanh", "sigmoid", "erf", "erfc", "arctan", "arcsinh", "abspow", "cospi", "i1e", "softplus")
)
_OF_MATRICES = ("orth", "newton_schulz", "orth_exact", "orth_flat", "newton_schulz_flat")
_FREE = frozenset(
    (
        "constant",
        "setting",
        "state",
        "draw",
        "lr",
        "mu",
        "fill",
        "copy",
        "limit",
        "saturate",
        "confine",
        "positive",
        "apart",
        "given",
    )
)


def costs(subject: Subject) -> list[Line]:
    """Return the lines about states and about the work of a step."""
    program = lower(subject.plain, saturating=False)
    texts = {slot.name: slot.description for slot in lower(subject.rule, saturating=False).slots}
    return [_states(subject, program, texts), *_work(subject, program)]


def _states(subject: Subject, program: Program, texts: Mapping[str, str]) -> Line:
    when = {s.name: s.when for s in subject.plain.states} if isinstance(subject.plain, Block) else {}
    rows = []
    for slot in program.slots:
        condition = when.get(slot.name)
        rows.append(
            {
                "name": slot.name,
                "kind": kind_word(slot.kind),
                "recursion": texts.get(slot.name, slot.description),
                "when": "" if condition is None else print_condition(condition),
            }
        )
    always = [row for row in rows if row["kind"] == "tensor" and not row["when"]]
    some = [row for row in rows if row["kind"] == "tensor" and row["when"]]
    small = [row for row in rows if row["kind"] != "tensor"]
    parts = [f"{len(always) * BYTES} bytes for each weight in float32"]
    parts.append(f"{len(always)} tensor{'' if len(always) == 1 else 's'}" if always else "no tensor")
    says = [f"{parts[0]}: {parts[1]} of the shape of the weights."]
    if some:
        listed = ", ".join(f"{row['name']} where {row['when']}" for row in some)
        says.append(f"On some shapes and settings also: {listed}.")
    if small:
        listed = ", ".join(f"{row['name']} ({row['kind']})" for row in small)
        says.append(f"Smaller ones: {listed}.")
    says += [row["recursion"] for row in rows]
    by = f"the states of the lowered program, {BYTES} bytes a number; step counts are not counted"
    return proved("states", "States", *says, by=by, bytes_per_weight=len(always) * BYTES, states=rows)


def _work(subject: Subject, program: Program) -> list[Line]:
    if isinstance(subject.plain, Block) and any(s.when is not None for s in subject.plain.states):
        return []  # which branch runs is decided by the shape
    work = [v for v in program.needed if _is_work(v)]
    if any(v.operation in _OF_MATRICES for v in work):
        return []  # products of matrices: their cost is none of one entry
    functions = [v for v in work if v.operation in _ROUNDS]
    plain = len(work) - len(functions) + (not program.replaces)
    tensors = [s for s in program.slots if s.kind is Kind.TENSOR]
    needed = set(program.needed)
    states_read = sum(s.old in needed for s in tensors)
    read = 2 + states_read
    written = 1 + len(tensors)
    moved = BYTES * (read + written)
    says = [
        f"{_count(plain, 'arithmetic operation')} and {_count(len(functions), 'function')} for each weight.",
        f"{moved} bytes moved for each weight in one pass: {read} numbers read, {written} written.",
    ]
    passes = _passes(work)
    if passes:
        says[1] = (
            f"{moved} bytes moved for each weight, {read} numbers read and {written} written, and besides "
            f"what {_count(passes, 'reduction')} of whole tensors read again."
        )
    by = (
        "the lowered program: each operation on tensors counts one, a function such as exp one, numbers of "
        "a step nothing, guards nothing; weight and gradient are read, each state is read and written once, "
        "in float32"
    )
    return [
        proved(
            "work",
            "Work of a step",
            *says,
            by=by,
            operations=plain,
            functions=len(functions),
            bytes=moved,
            reductions=passes,
        )
    ]


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _passes(work: list[Value]) -> int:
    return sum(v.operation in REGISTRY and REGISTRY[v.operation].role is Role.REDUCTION for v in work)


def _is_work(value: Value) -> bool:
    """Return whether a value is computed for each entry."""
    if value.operation in _FREE or not value.operands:
        return False
    return value.kind is Kind.TENSOR or any(o.kind is Kind.TENSOR for o in value.operands)
