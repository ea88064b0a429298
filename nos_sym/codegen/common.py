"""What all parameters of a step have in common: sums over them, and states that are one number for all.

A program with sums over all parameters becomes several functions: one of each parameter's part in the sums
(another one for sums that need the first ones), one of the new states, and the update, which is given them.
Each computes anew what it needs of the others, so that nothing of the size of the weights is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nos_sym.codegen.statements import Statements
from nos_sym.errors import RenderError
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Role
from nos_sym.language.registry import REGISTRY
from nos_sym.program.program import TOTAL, Program, Slot, Value, reachable

if TYPE_CHECKING:
    from nos_sym.backends.printer import CodePrinter


@dataclass(frozen=True, slots=True)
class Part:
    """A function of the common values.

    Attributes:
        reads: names of the common values that it takes, after its other arguments.
        lines: statements without indentation.
        outputs: the returned expressions.
        results: names of what it returns.
    """

    reads: tuple[str, ...]
    lines: tuple[str, ...]
    outputs: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Common:
    """The sums and common states of a step.

    Attributes:
        states: keys of the common states.
        old: names of their values before the step.
        sums: the parts of one parameter in the sums, those first that others need.
        advance: the new values of the states; without lines or outputs where there is no state.
        read: names of the common values that the update takes.
        first_sums: the sums of the starts.
        first: the starts, ``0.0`` where a state begins with zero.
        settings: names of the rate and of settings that the states read, which all parameters must share.
    """

    states: tuple[str, ...]
    old: tuple[str, ...]
    sums: tuple[Part, ...]
    advance: Part
    read: tuple[str, ...]
    first_sums: tuple[Part, ...]
    first: Part
    settings: tuple[str, ...]


class CommonNames:
    """Names of the common values, and the functions that compute them.

    Args:
        program: with sums over all parameters.
        printer: of the backend.
        names: what every function is given: scalars of the step, and the tensors of one parameter.
        taken: names that stand for something else.
        local: scalars of the step that are computed with the tensors.
    """

    def __init__(
        self,
        program: Program,
        printer: CodePrinter,
        names: dict[Value, str],
        taken: Iterable[str],
        local: set[Value],
    ) -> None:
        self.program, self.printer, self.names, self.local = program, printer, names, local
        self.taken = set(taken)
        self.slots = program.common_slots
        self.totals = [value for value in program.needed if value.operation == TOTAL]
        self.old: dict[Value, str] = {}
        self.new: dict[Value, str] = {}
        self.sums: dict[Value, str] = {}
        fresh = self._statements({}).fresh
        for slot in self.slots:
            self.old[slot.old] = fresh(slot.name)
        for slot in self.slots:
            self.new[slot.new] = fresh(f"new_{slot.name}")
        starts = [s.start for s in self.slots if s.start is not None]
        before = reachable(starts)
        for value in program.values:
            if value.operation == TOTAL and (value in self.totals or value in before):
                self.sums[value] = fresh(TOTAL)
        self.taken |= {*self.old.values(), *self.new.values(), *self.sums.values()}

    @property
    def of_update(self) -> dict[Value, str]:
        """The common values that the update may take."""
        return {**self.old, **self.new, **self.sums}

    def common(self, update: Statements) -> Common:
        """Return the functions, given the statements of the update."""
        starts = [slot.start for slot in self.slots if slot.start is not None]
        news = [slot.new for slot in self.slots]
        return Common(
            tuple(slot.name for slot in self.slots),
            tuple(self.old.values()),
            tuple(self._stages(self.totals, self.old)),
            self._part(news, {**self.old, **self.sums}, self.new),
            self._read(update, self.of_update),
            tuple(self._stages([v for v in self.sums if v in reachable(starts)], {})),
            self._begun(),
            tuple(sorted({name for slot in self.slots for name in self._settings(slot)})),
        )

    def _statements(self, names: dict[Value, str]) -> Statements:
        made = Statements(self.printer, self.taken, self.local, of_step=False)
        made.names |= self.names | names
        made.doubles = self.program.doubles
        return made

    @staticmethod
    def _read(statements: Statements, known: dict[Value, str]) -> tuple[str, ...]:
        """Return the names of the common values that statements have used."""
        return tuple(dict.fromkeys(name for value, name in known.items() if value in statements.read))

    def _stages(self, totals: Sequence[Value], old: dict[Value, str]) -> Iterable[Part]:
        """Yield the functions of sums, those of one depth together."""
        depth: dict[Value, int] = {}
        for value in self.program.values:
            inner = max((depth[o] for o in value.operands), default=0)
            depth[value] = inner + (value.operation == TOTAL)
        known = dict(old)
        for level in sorted({depth[total] for total in totals}):
            here = [total for total in totals if depth[total] == level]
            results = {total.operands[0]: self.sums[total] for total in here}
            yield self._part(list(results), known, results)
            known |= {total: self.sums[total] for total in here}

    def _part(self, roots: list[Value], known: dict[Value, str], results: dict[Value, str]) -> Part:
        statements = self._statements(known)
        statements.count(list(dict.fromkeys(roots)))
        statements.run(self.program.values)
        outputs = tuple(statements.expression(root) for root in roots)
        names = tuple(results[root] for root in roots)
        return Part(self._read(statements, known), tuple(statements.lines), outputs, names)

    def _begun(self) -> Part:
        """Return the function of the starts."""
        starts = {slot.start: self.old[slot.old] for slot in self.slots if slot.start is not None}
        part = self._part(list(starts), self.sums, starts)
        made = dict(zip(starts, part.outputs, strict=True))
        outputs = tuple("0.0" if s.start is None else made[s.start] for s in self.slots)
        return Part(part.reads, part.lines, outputs, tuple(self.old.values()))

    def _settings(self, slot: Slot) -> Iterable[str]:
        """Yield what a common state reads of a group of parameters."""
        settings = {setting.value: setting.name for setting in self.program.settings}
        stack = [slot.new, *([slot.start] if slot.start is not None else [])]
        seen = set(stack)
        while stack:
            value = stack.pop()
            if value.operation in ("lr", "mu"):
                yield {"lr": "lr", "mu": "momentum"}[value.operation]
            elif value in settings:
                yield settings[value]
            elif value.operation in REGISTRY:
                operation = REGISTRY[value.operation]
                if operation.role is Role.LEAF and operation.kind is Kind.STEP and not operation.any_total:
                    yield "total_steps"
            if value.operation != TOTAL:
                stack += [o for o in value.operands if o not in seen]
                seen.update(value.operands)


def has_common(program: Program, printer: CodePrinter) -> bool:
    """Return whether parameters have a sum or a state in common.

    Raises:
        RenderError: they have, and the backend has no such files, or the rule has dropout.
    """
    if not program.common_slots and all(value.operation != TOTAL for value in program.needed):
        return False
    if not printer.sums:
        raise RenderError(
            "a minimal file cannot have total(...) or global states; leave out --minimal (minimal=True)"
        )
    if program.draws:
        # Each function would draw masks of its own.
        raise RenderError("dropout beside total(...) or global states has no rendered form")
    return True
