"""How Python spells the operations over its own numbers: the scalars of a step, computed on the host."""

from nos_sym.backends.spelling import spell

spell("python", "p", "t / total_steps")
spell("python", "r", "(2 * t % total_steps) / total_steps")
spell("python", "remaining", "1 - (t + 1) / total_steps")
spell("python", "cospi", "math.cos(math.pi * {0})")
spell("python", "correction", "1 - {0} ** (step + 1)")
spell("python", "ln", "math.log({0})", guarded="math.log(max({0}, 1e-30))")
spell("python", "sqrt", "math.sqrt({0})")
spell("python", "exp", "math.exp({0})", unbounded="torch.exp(torch.tensor({0}, dtype=torch.float64)).item()")
spell("python", "abs", "abs({0})")
spell("python", "erf", "math.erf({0})")
spell("python", "erfc", "math.erfc({0})")
spell("python", "arcsinh", "math.asinh({0})")
spell("python", "tanh", "math.tanh({0})")
spell("python", "arctan", "math.atan({0})")
spell("python", "i1e", "torch.special.i1e(torch.tensor({0}, dtype=torch.float64)).item()")
# Not a difference of comparisons, which PyTorch has not where the learning rate is a tensor.
spell("python", "sign", "1 if {0} > 0 else -1 if {0} < 0 else 0")
spell(
    "python",
    "sigmoid",
    "1 / (1 + math.exp(-{0}))",
    unbounded="torch.sigmoid(torch.tensor({0}, dtype=torch.float64)).item()",
)
spell(
    "python",
    "softplus",
    "math.log1p(math.exp({0}))",
    unbounded="max({0}, 0) + math.log1p(math.exp(-abs({0})))",
)
spell("python", "max", "max({0}, {1})")
spell("python", "min", "min({0}, {1})")
spell("python", "div", guarded="0.0 if {1} == 0 else {0} / {1}")
spell(
    "python",
    "abspow",
    unbounded="torch.pow(torch.tensor({0}, dtype=torch.float64), {1}).item()",
    guarded="0.0 if {0} == 0 and {1} < 0 else {0} ** {1}",
)
# Within float32.
spell("python", "confine", "max(-8e37, min({0}, 8e37))")
spell("python", "t", "step")
spell("python", "T", "total_steps")
spell("python", "less", "{0} < {1}")
spell("python", "less_equal", "{0} <= {1}")
spell("python", "equal", "{0} == {1}")
spell("python", "logical_and", "{0} and {1}")
spell("python", "logical_or", "{0} or {1}")
spell("python", "logical_not", "not {0}")
spell("python", "where", "{1} if {0} else {2}")
spell("python", "floor", "math.floor({0})")
spell("python", "mod", "{0} if {1} == 0 else {0} - {1} * math.floor({0} / {1})")
# Never zero, and not where it underflows.
spell("python", "apart", "max({0}, {floor})")
