"""Stages of a loop over entries: where it is cut, so that the chains of several entries overlap.

A processor looks ahead over about a hundred vector instructions. Functions such as tanh take some forty,
each of which waits for the one before it: where an entry needs two of them in a row, it waits most of the
time. Loops that are cut behind a function have several entries under way at once. What a later stage reads
of an earlier one stands in arrays that fit the first cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field

from nos_sym.backends.c.kernels import LONG
from nos_sym.codegen.kernel_parts import Pass
from nos_sym.language.kind import Kind
from nos_sym.program.program import Value

PART = 512
"""Entries of which one stage after the other is computed."""

_COSTS = {"div": 4, "limit": 4, "max": 2, "min": 2, "positive": 2, "saturate": 4, "sqrt": 4}
_TAIL = 12
"""How much, in sums and products, follows the last function at least where a loop is cut behind it."""
_KEPT = 7
"""How much follows it at least for each value that is kept for it."""

_LEAVES = ("g", "w")

_WORD = re.compile(r"\w+")
_DECLARED = re.compile(r"const (\w+) (\w+) = ")


def staged(values: Iterable[Value], here: Container[Value]) -> dict[Value, int]:
    """Return the stage of each value of an entry: how many long functions it waits for, one after the other.

    Args:
        values: values in an order in which operands come first.
        here: those that are computed of an entry.
    """
    stages: dict[Value, int] = {}
    for value in values:
        if value in here:
            operands = [(o, stages[o]) for o in value.operands if o in stages]
            stages[value] = max((at + (o.operation in LONG) for o, at in operands), default=0)
    _sink(stages)
    last = max(stages.values(), default=0)
    end = [value for value, at in stages.items() if at == last and value.operation not in _LEAVES]
    if last and not any(value.operation in LONG for value in end):
        read = {o for value in end for o in value.operands if o.operation not in _LEAVES}
        crossing = [o for o in read if stages.get(o, last) < last]
        cost = sum(_COSTS.get(value.operation, 1) for value in end)
        last -= cost < max(_TAIL, _KEPT * len(crossing))
    return {value: min(stage, last) for value, stage in stages.items()}


def _sink(stages: dict[Value, int]) -> None:
    """Move what is made of gradient, weight and numbers to the first stage that reads it."""
    sinking: set[Value] = set()
    for value in stages:
        loose = (o in sinking or (o not in stages and o.kind is not Kind.TENSOR) for o in value.operands)
        if value.operation not in LONG and all(loose):
            sinking.add(value)
    first: dict[Value, int] = {}
    for value in reversed(list(stages)):
        if value in sinking:
            stages[value] = max(stages[value], first.get(value, 0))
        for operand in value.operands:
            first[operand] = min(first.get(operand, stages[value]), stages[value])


@dataclass(slots=True)
class Stage:
    """A part of a loop: its statements, and what it writes."""

    entries: list[str] = field(default_factory=list)
    writes: list[str] = field(default_factory=list)

    @property
    def words(self) -> set[str]:
        """The words of its text."""
        return set(_WORD.findall("\n".join([*self.entries, *self.writes])))


def in_stages(part: Pass, stores: dict[str, str], last: list[str]) -> list[Stage]:
    """Return the stages of a loop that writes.

    Args:
        part: the loop.
        stores: of each state that it writes, in the order of its stores, the statement.
        last: the statements that write the weight, at the end of the last stage.
    """
    stages = [Stage() for _ in range(max([0, *part.stages, *part.stored]) + 1)]
    for at, line in zip(part.stages, part.entries, strict=True):
        stages[at].entries.append(line)
    places = dict(zip(stores, part.stored, strict=True))
    while True:
        for at, stage in enumerate(stages):
            stage.writes = [line for name, line in stores.items() if places[name] == at]
        stages[-1].writes += last
        words = [stage.words for stage in stages]
        # Behind all that read the old value.
        behind = {
            name: max([place, *(at for at, read in enumerate(words) if name in read)])
            for name, place in places.items()
        }
        if behind == places:
            return stages
        places = behind


def cut_loop(stages: list[Stage], loads: Callable[[Stage], list[str]]) -> Iterator[str]:
    """Yield the loop over parts of the entries, and in each the loops of the stages.

    Args:
        stages: what is computed, in its order.
        loads: returns the statements that read the arrays a stage needs.
    """
    words = [stage.words for stage in stages]
    crossing: dict[str, str] = {}
    bodies = []
    for index, stage in enumerate(stages):
        own = [match.groups() for line in stage.entries if (match := _DECLARED.match(line))]
        read = [
            f"const {crossing[name]} {name} = {name}_all[i - at];"
            for name in crossing
            if name in words[index]
        ]
        later = set().union(*words[index + 1 :])
        kept = {name: type_ for type_, name in own if name in later}
        crossing |= kept
        kept_lines = [f"{name}_all[i - at] = {name};" for name in kept]
        bodies.append([*loads(stage), *read, *stage.entries, *kept_lines, *stage.writes])
    for name, type_ in crossing.items():
        yield f"_Alignas(64) {type_} {name}_all[PART];"
    yield "for (int64_t at = start; at < stop; at += PART) {"
    yield "    const int64_t end = stop - at < PART ? stop : at + PART;"
    for body in bodies:
        yield "#pragma omp simd"
        yield "    for (int64_t i = at; i < end; i++) {"
        yield from (f"        {line}" for line in body)
        yield "    }"
    yield "}"
