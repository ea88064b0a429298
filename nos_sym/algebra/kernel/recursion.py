"""The constructors and facts that the kernel's modules need before they are defined.

The normal form is recursive. Whether a product may drop the sign of a factor depends on the sign of that
factor; the sign of a sum depends on the factors that its terms share; and taking these out makes products.
A module imports the modules below it by name. What stands above it is reached through :data:`recursive`,
which :mod:`nos_sym.algebra.kernel` fills when all modules are there: no import stands inside a function.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from nos_sym.algebra.kernel.kinds import Bounds
from nos_sym.algebra.kernel.term import Atom, Factor, Mono, Poly


class Recursion:
    """The functions that close the circle, each under its own name.

    Attributes:
        product: the polynomial of a coefficient times factors (:mod:`.products`).
        extremum: the maximum or minimum of polynomials (:mod:`.extrema`).
        power_absolute: ``|p|^q`` (:mod:`.rational_powers`).
        logarithm: ``ln|p|`` (:mod:`.functions`).
        odd: an odd function of a polynomial (:mod:`.functions`).
        nonzero: whether an atom is never zero (:mod:`.zeros`).
        nonzero_poly: whether a polynomial is never zero (:mod:`.zeros`).
        base: a sum as coefficient, common factors, and remaining sum (:mod:`.common_factors`).
        perfect_power: a sum as ``c x^k`` (:mod:`.powers`).
        scalar_bounds: bounds of a function of the step over all steps (:mod:`.scalars`).
        sign_of_sum: the sign of a sum that its bounds do not show (:mod:`.signs`).
        one_sided: whether a sum has one sign, and a part that is never zero (:mod:`.signs`).
        varies: whether an analytic polynomial is proved to vary with the step (:mod:`.witness`).
        witnessed: whether an analytic polynomial is proved not to vanish identically (:mod:`.witness`).
    """

    __slots__ = (
        "base",
        "extremum",
        "logarithm",
        "nonzero",
        "nonzero_poly",
        "odd",
        "one_sided",
        "perfect_power",
        "power_absolute",
        "product",
        "scalar_bounds",
        "sign_of_sum",
        "varies",
        "witnessed",
    )

    product: Callable[[Fraction, list[Factor]], Poly]
    extremum: Callable[[str, list[Poly]], Poly]
    power_absolute: Callable[[Poly, Fraction], Poly]
    logarithm: Callable[[Poly], Poly]
    odd: Callable[[str, Poly], Poly]
    nonzero: Callable[[Atom], bool]
    nonzero_poly: Callable[[Poly], bool]
    base: Callable[[Poly], tuple[Fraction, Mono, Atom | None]]
    perfect_power: Callable[[Poly], tuple[Fraction, Poly, int] | None]
    scalar_bounds: Callable[[Poly], Bounds]
    sign_of_sum: Callable[[Poly], int]
    one_sided: Callable[[Poly], bool]
    varies: Callable[[Poly], bool]
    witnessed: Callable[[Poly], bool]


recursive = Recursion()
"""The functions above the module that calls them."""
