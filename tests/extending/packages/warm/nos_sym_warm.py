"""A schedule for nos-sym: a function of the step, defined by those that are there."""

from nos_sym.intervals.interval import Interval
from nos_sym.language.kind import Kind
from nos_sym.language.operation import Meaning, Operation, Role
from nos_sym.language.registry import apply, number, register

register(
    Operation(
        name="warm",
        title="linear warm-up",
        computes="min(1, 10 p)",
        source="nos-sym-warm",
        arity=0,
        role=Role.LEAF,
        kind=Kind.STEP,
        meaning=Meaning(
            range=lambda: Interval(0, 1),
            definition=lambda: apply("min", number(1), apply("mul", number(10), apply("p"))),
        ),
        noun="warm",
    )
)
