"""How C spells the operations, over ``real``: the type that a step is computed in, float or double.

A name that begins with ``nos_`` is that of a function of ``backends/c/functions`` or of the prelude of the
kernel's template, which choose by the type of their first argument.
"""

from nos_sym.backends.spelling import spell

spell("c", "g", "gradient")
spell("c", "w", "weight")
spell("c", "cospi", "nos_cospi({0})")
spell("c", "ln", "nos_log({0})", guarded="nos_log(nos_above({0}, R(1e-30)))")
spell("c", "sqrt", "nos_sqrt({0})")
spell("c", "exp", "nos_exp({0})")
spell("c", "abs", "nos_fabs({0})")
spell("c", "erf", "nos_erf({0})")
spell("c", "erfc", "nos_erfc({0})")
spell("c", "arcsinh", "nos_asinh({0})")
spell("c", "tanh", "nos_tanh({0})")
spell("c", "arctan", "nos_atan({0})")
spell("c", "i1e", "nos_i1e({0})")
spell("c", "sign", "nos_sign({0})")
spell("c", "sigmoid", "nos_sigmoid({0})")
spell("c", "softplus", "nos_softplus({0})")
spell("c", "max", "nos_max({0}, {1})", scalar="nos_above({0}, {1})")
spell("c", "min", "nos_min({0}, {1})", scalar="nos_below({0}, {1})")
spell("c", "div", guarded="nos_ratio({0}, {1})")
# Total as it is: 0 to a negative power is 0.
spell("c", "abspow", "nos_pow({0}, {1})", guarded="nos_pow({0}, {1})")
spell("c", "wmean", "nos_lerp({0}, {1}, {3})")
spell("c", "drop", "nos_drop({0}, {1}, R({rate}), R({co_rate}))")
spell("c", "less", "{0} < {1}")
spell("c", "less_equal", "{0} <= {1}")
spell("c", "equal", "{0} == {1}")
spell("c", "logical_and", "nos_and({0}, {1})")
spell("c", "logical_or", "nos_or({0}, {1})")
spell("c", "logical_not", "nos_not({0})")
spell("c", "where", "nos_where({0}, {1}, {2})")
spell("c", "floor", "nos_floor({0})")
spell("c", "mod", "nos_mod({0}, {1})")
spell("c", "size", "R(size)")
