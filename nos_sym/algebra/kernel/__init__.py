"""The recursive kernel of the canonical form: one room with a stated inside.

What the outside may call is listed in ``__all__``; the modules of this folder are the inside.

* *Terms*: :class:`Poly`, a sum of rational coefficients times :class:`Mono`, a product of powers and signs of
  :class:`Atom`. They are interned in a :class:`Workspace`: equal terms are one object.
* *Constructors* take normal forms and return one: :func:`add`, :func:`mul`, :func:`product` (of factors in
  any form), :func:`power_absolute`, :func:`quotient`, :func:`sign`, :func:`maximum`, the elementwise
  functions, averages, clipping by norm, and :func:`opaque` for an operation without a rule. Whoever builds a
  polynomial through them has a canonical form.
* *Facts*: :func:`sign_of`, :func:`nonzero`, :func:`as_number`, :func:`base` (coefficient, common factors,
  remaining sum), :func:`shared_factors` and :func:`divided`. What is known of each kind of atom stands in
  :mod:`nos_sym.algebra.kernel.kinds`; :func:`state_facts` adds to it for an operation of a plug-in.

The raw makers of terms (:func:`atom`, :func:`mono`, :func:`poly`, :func:`single`) intern what they are given;
the caller sees to it that the factors are normal.

Why it is recursive: a product drops ``sign(x)`` where the sign of x is known; the sign of a sum is looked for
in the factors that its terms share; taking factors out of a sum makes products. The order of the modules is
``kinds``, ``term``, ``bounds``, ``scalars``, ``reduction``, ``common_factors``, ``zeros``, ``vanishing``,
``witness``, ``products``, ``functions_of_signs``, ``rational_powers``, ``opaque``, ``powers``,
``comparisons``, ``dominance``, ``signs``, ``monotone``, ``extrema``, ``functions``, ``partial_fractions``,
``filters``; each imports those before it, and reaches the few functions after it through
:data:`nos_sym.algebra.kernel.recursion.recursive`, filled below. The recursion ends, because each step looks
at a part of its argument or lowers it in an order that products keep.
"""

from nos_sym.algebra.kernel.bounds import bounds, sign_of, sign_of_poly
from nos_sym.algebra.kernel.common_factors import base, divided, shared_factors
from nos_sym.algebra.kernel.dominance import as_extremum, dual
from nos_sym.algebra.kernel.extrema import clip, extremum, maximum, minimum
from nos_sym.algebra.kernel.filters import (
    delayed,
    filtered,
    geometric,
    is_step,
    power_of_step,
    step_number,
    symbol,
    transfer_of,
)
from nos_sym.algebra.kernel.functions import (
    alternating,
    average,
    even_cosine,
    exponential,
    general_power,
    logarithm,
    norm,
    odd,
    running_maximum,
)
from nos_sym.algebra.kernel.functions_of_signs import sign
from nos_sym.algebra.kernel.kinds import Bounds, state_facts
from nos_sym.algebra.kernel.opaque import opaque
from nos_sym.algebra.kernel.partial_fractions import Transfer, resolvent
from nos_sym.algebra.kernel.powers import perfect_power
from nos_sym.algebra.kernel.products import mul, product
from nos_sym.algebra.kernel.rational_powers import absolute, inverse, power, power_absolute, quotient
from nos_sym.algebra.kernel.recursion import recursive
from nos_sym.algebra.kernel.scalars import Subdomain, atom_on, scalar_bounds
from nos_sym.algebra.kernel.signs import one_sided, sign_of_sum
from nos_sym.algebra.kernel.term import (
    HALF,
    ONE,
    Atom,
    Exponent,
    Factor,
    Mono,
    Parameters,
    Poly,
    Workspace,
    add,
    as_number,
    atom,
    constant,
    fresh_workspace,
    given,
    mono,
    note,
    poly,
    scaled,
    single,
    tables_of,
    trim_workspace,
    workspace,
)
from nos_sym.algebra.kernel.witness import varies, witnessed
from nos_sym.algebra.kernel.zeros import nonzero, nonzero_poly

recursive.product = product
recursive.extremum = extremum
recursive.power_absolute = power_absolute
recursive.logarithm = logarithm
recursive.odd = odd
recursive.nonzero = nonzero
recursive.nonzero_poly = nonzero_poly
recursive.base = base
recursive.perfect_power = perfect_power
recursive.scalar_bounds = scalar_bounds
recursive.sign_of_sum = sign_of_sum
recursive.one_sided = one_sided
recursive.varies = varies
recursive.witnessed = witnessed

__all__ = [
    "HALF",
    "ONE",
    "Atom",
    "Bounds",
    "Subdomain",
    "Transfer",
    "Parameters",
    "Exponent",
    "Factor",
    "Mono",
    "Poly",
    "Workspace",
    "absolute",
    "add",
    "alternating",
    "as_extremum",
    "as_number",
    "atom",
    "atom_on",
    "average",
    "base",
    "bounds",
    "clip",
    "constant",
    "delayed",
    "divided",
    "dual",
    "even_cosine",
    "filtered",
    "exponential",
    "fresh_workspace",
    "given",
    "general_power",
    "geometric",
    "inverse",
    "is_step",
    "logarithm",
    "maximum",
    "minimum",
    "mono",
    "mul",
    "nonzero",
    "nonzero_poly",
    "norm",
    "note",
    "odd",
    "opaque",
    "poly",
    "power",
    "power_absolute",
    "power_of_step",
    "product",
    "quotient",
    "resolvent",
    "running_maximum",
    "scaled",
    "shared_factors",
    "sign",
    "sign_of",
    "sign_of_poly",
    "single",
    "state_facts",
    "step_number",
    "symbol",
    "tables_of",
    "transfer_of",
    "trim_workspace",
    "workspace",
]
