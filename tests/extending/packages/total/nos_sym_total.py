"""A running sum for nos-sym: a state-holding operation is its recursion."""

from nos_sym.language.operation import Operation, Recursion, Role
from nos_sym.language.registry import apply, register

register(
    Operation(
        name="running_sum",
        title="running sum",
        computes="n <- n + x, n_0 = 0",
        source="Duchi et al. 2011",
        arity=1,
        role=Role.STATE,
        state=Recursion(step=lambda previous, x: apply("add", previous, x), letter="total"),
        noun="total",
    )
)
