"""The hyperbolic sine for nos-sym: what an elementwise operation needs is one file."""

import math

from nos_sym.algebra.forms import form
from nos_sym.algebra.identities import Identity, identity
from nos_sym.algebra.kernel import Poly, mul, note, opaque, single, state_facts
from nos_sym.backends.latex.form import write
from nos_sym.backends.spelling import spell
from nos_sym.intervals.interval import increasing
from nos_sym.language.operation import Meaning, Monotone, Operation, Parity, Role
from nos_sym.language.plain_form import plain
from nos_sym.language.registry import register

SINH = register(
    Operation(
        name="sinh",
        title="hyperbolic sine",
        computes="sinh(x)",
        source="nos-sym-sinh",
        arity=1,
        role=Role.ELEMENTWISE,
        standard=True,
        meaning=Meaning(
            parity=Parity.ODD,
            monotone=Monotone.INCREASING,
            range=increasing(lambda x: math.copysign(math.inf, x) if abs(x) > 700 else math.sinh(x)),
            reference=lambda xp, x: xp.sinh(x),
        ),
        noun="sinh",
    )
)

spell("torch", "sinh", "torch.sinh({0})")
spell("tensorflow", "sinh", "tf.math.sinh({0})")
spell("keras", "sinh", "ops.sinh({0})")
spell("optax", "sinh", "jnp.sinh({0})")
spell("python", "sinh", "math.sinh({0})")
write("sinh", r"\sinh({0})")
plain("sinh", lambda s, x: s.sinh(x))

# Where the algebra may know more than parity and range: it is analytic, and undoes arcsinh.
state_facts("sinh", analytic=True)
identity(Identity("sinh-arcsinh", "sinh(arcsinh(x))", "x", because="arcsinh is the inverse function"))


def sinh(x: Poly) -> Poly:
    """Return ``sinh(x)``, and y for ``sinh(arcsinh(y))``."""
    if len(x.terms) == 1:
        monomial, coefficient = x.terms[0]
        inverses = [a for a, q, s in monomial.factors if a.op == "arcsinh" and (q, s) in ((1, 0), (1, 1))]
        signs = [f for f in monomial.factors if f[1:] == (0, 1)]
        if abs(coefficient) == 1 and len(inverses) == 1 and len(monomial.factors) == 1 + len(signs):
            note("sinh-arcsinh")
            return mul(single(signs, coefficient), inverses[0].args[0])
    return opaque(SINH, [x])


form("sinh", sinh)
