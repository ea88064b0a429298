"""What a search draws genomes from: the search space of the paper, its Tables 2 to 7.

The language has more operations than these, and plug-ins add to it; none of them enters here by itself, so
that a seed samples the same genomes whatever the language has learned. The order within a table belongs to
that: a search draws an index. A genome that comes from a rule may hold other operations and constants, see
:mod:`nos_sym.genome.form` and :mod:`nos_sym.genome.operand`.

A decay function enters an update as a factor of a connection, ``[d] x``, and in no other way. The language
lets one stand anywhere (``g + a1``); :func:`nos_sym.genome.encode.encode` refuses such a rule.
"""

from __future__ import annotations

from nos_sym.genome.form import Form

IDENTITY = Form("id")

OPERANDS: tuple[str, ...] = (
    *("g", "g^2", "g^3"),
    *("v_hat", "s_hat", "lam_hat"),
    *("1", "2"),
    *("1e-6 * w", "1e-5 * w", "1e-4 * w", "0.001 * w"),
    *("sign(g)", "sign(v_hat)"),
    *("qhm(0.7)", "qhm2(0.95)", "qhm3(0.99)"),
    *("agg_v", "agg_s", "agg_lam"),
)
"""The 20 operands of Table 2, as the language prints them."""

UNARY: tuple[Form, ...] = (
    IDENTITY,
    Form("neg"),
    Form("ln"),
    Form("sqrt"),
    Form("exp"),
    Form("abs"),
    Form("erf"),
    Form("erfc"),
    Form("arcsinh"),
    Form("tanh"),
    Form("arctan"),
    Form("recip"),
    Form("i1e"),
    Form("sigmoid"),
    Form("dsoft"),
    Form("softplus"),
    Form("softsign"),
    Form("max", literal="0"),
    Form("min", literal="0"),
    Form("ema_hat", ("0.95",)),
    Form("delta"),
    Form("running_max"),
    Form("drop", ("0.5",)),
    Form("drop", ("0.3",)),
    Form("drop", ("0.1",)),
    Form("clip_norm"),
)
"""The 23 unary operations of Table 3 and, before dropout, the three of Table 5 that hold a state."""

BINARY: tuple[Form, ...] = (
    Form("add"),
    Form("sub"),
    Form("mul"),
    Form("max"),
    Form("min"),
    Form("div"),
    Form("rdiv"),
    Form("clip"),
    Form("wmean", ("0.95",)),
    Form("abspow"),
)
"""The 10 binary operations of Table 4."""

SCHEDULES: tuple[str, ...] = (
    *("a1", "a2", "a3", "a4", "a5", "a6", "a7"),
    *("a8", "a9", "a10", "a11", "a12", "a13", "a14"),
)
"""The 14 schedules of Table 7, the leaves of decay functions."""

DECAY_UNARY: tuple[Form, ...] = (
    IDENTITY,
    Form("sqrt"),
    Form("erf"),
    Form("erfc"),
    Form("tanh"),
    Form("arctan"),
    Form("i1e"),
    Form("sigmoid"),
    Form("dsoft"),
    Form("softsign"),
    Form("dtanh"),
    Form("dsig"),
    Form("pow", ("2",)),
)
"""The 13 unary operations of decay functions, Table 6."""

DECAY_BINARY: tuple[Form, ...] = (
    Form("add"),
    Form("sub"),
    Form("mul"),
    Form("max"),
    Form("min"),
    Form("div"),
    Form("rdiv"),
)
"""The 7 binary operations of decay functions that the authors' code has; the paper's text says all ten."""
