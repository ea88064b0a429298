"""The exponentially scaled modified Bessel function ``i1e(x) = e^-|x| I_1(x)`` in binary64.

An odd function that rises up to ``x = 1.545...``, falls from there and vanishes at infinity. Chebyshev series
on [0, 8] and beyond (Clenshaw 1962; the same division as in Cephes, so that the values are SciPy's), without
SciPy, whose import takes most of a second.
"""

from __future__ import annotations

import math

PEAK = (1.5451272579925426, 1.5451272579925428)
"""The two numbers around the argument of the maximum."""

MOST = 0.21909197495053098
"""The number next above the maximum ``0.219091974950530969``."""

_SPLIT = 8.0

# e^-x I_1(x) / x for x in [0, 8], in x/2 - 2.
_NEAR = (
    2.7779141127610464e-18, -2.111421214358166e-17, 1.5536319577362005e-16, -1.1055969477353862e-15,
    7.600684294735408e-15, -5.042185504727912e-14, 3.223793365945575e-13, -1.9839743977649436e-12,
    1.1736186298890901e-11, -6.663489723502027e-11, 3.625590281552117e-10, -1.8872497517228294e-09,
    9.381537386495773e-09, -4.445059128796328e-08, 2.0032947535521353e-07, -8.568720264695455e-07,
    3.4702513081376785e-06, -1.3273163656039436e-05, 4.781565107550054e-05, -0.00016176081582589674,
    0.0005122859561685758, -0.0015135724506312532, 0.004156422944312888, -0.010564084894626197,
    0.024726449030626516, -0.05294598120809499, 0.1026436586898471, -0.17641651835783406,
    0.25258718644363365,
)  # fmt: skip
# e^-x I_1(x) sqrt(x) for x above 8, in 32/x - 2.
_FAR = (
    7.517296310842105e-18, 4.414348323071708e-18, -4.6503053684893586e-17, -3.209525921993424e-17,
    2.96262899764595e-16, 3.3082023109209285e-16, -1.8803547755107825e-15, -3.8144030724370075e-15,
    1.0420276984128802e-14, 4.272440016711951e-14, -2.1015418427726643e-14, -4.0835511110921974e-13,
    -7.198551776245908e-13, 2.0356285441470896e-12, 1.4125807436613782e-11, 3.2526035830154884e-11,
    -1.8974958123505413e-11, -5.589743462196584e-10, -3.835380385964237e-09, -2.6314688468895196e-08,
    -2.512236237870209e-07, -3.882564808877691e-06, -0.00011058893876262371, -0.009761097491361469,
    0.7785762350182801,
)  # fmt: skip


def i1e(x: float) -> float:
    """Return ``e^-|x| I_1(x)``, which is 0 at both infinities, right to a few units in the last place."""
    z = abs(x)
    if math.isinf(z):
        return 0.0
    value = _series(z / 2 - 2, _NEAR) * z if z <= _SPLIT else _series(32 / z - 2, _FAR) / math.sqrt(z)
    return math.copysign(value, x)


def _series(x: float, coefficients: tuple[float, ...]) -> float:
    """Return a Chebyshev series in ``x/2`` by Clenshaw's recurrence, the highest coefficient first."""
    first = second = third = 0.0
    for c in coefficients:
        first, second, third = x * first - second + c, first, second
    return (first - third) / 2
