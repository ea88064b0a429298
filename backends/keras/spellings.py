"""How ``keras.ops`` spells the operations, whichever backend computes them."""

from nos_sym.backends.spelling import spell

spell("keras", "g", "gradient")
spell("keras", "w", "weight")
spell("keras", "p", "t / total_steps")
spell("keras", "r", "(2 * t % total_steps) / total_steps")
# XLA multiplies by 1/T, and 1 - (t+1) * (1/T) is not 0 at the last step.
spell("keras", "remaining", "(total_steps - 1 - t) / total_steps")
# Of the numbers of a step, which are of double precision, a product with pi is near enough.
spell(
    "keras",
    "cospi",
    "ops.cos(math.pi * {0})",
    unbounded="ops.cos(math.pi * ops.mod(ops.abs({0}), 2))",
    step="ops.cos(math.pi * {0})",
)
spell("keras", "correction", "1 - {0} ** (step + 1)")
spell(
    "keras", "ln", "ops.log({0})", guarded="ops.log(ops.where({0} < 1e-30, 1e-30 + ops.zeros_like({0}), {0}))"
)
spell("keras", "sqrt", "ops.sqrt({0})")
spell("keras", "exp", "ops.exp({0})")
spell("keras", "abs", "ops.abs({0})")
# TensorFlow's squares a float64 argument and gives NaN where that overflows; at 10 it is 1.
spell("keras", "erf", "ops.erf({0})", unbounded="ops.erf(ops.clip({0}, -10, 10))")
# XLA's is 60 units off at 8.
spell("keras", "erfc", "erfc_of({0})", step="ops.erfc({0})")
spell("keras", "arcsinh", "asinh({0})", step="ops.arcsinh({0})")
spell("keras", "tanh", "ops.tanh({0})")
# XLA computes its own one number at a time.
spell("keras", "arctan", "atan({0})", step="ops.arctan({0})")
# Keras has none.
spell("keras", "i1e", "i1e({0})", small="i1e_small({0})", step="i1e({0})")
# That of PyTorch makes NaN 0, which would hide a broken gradient in one backend only.
spell("keras", "sign", "ops.where(ops.isnan({0}), {0}, ops.sign({0}))")
spell("keras", "sigmoid", "ops.sigmoid({0})")
# ops.logaddexp and ops.floor round doubles to float32, on JAX and PyTorch.
spell("keras", "softplus", "ops.relu({0}) + ops.log1p(ops.exp(-ops.abs({0})))")
spell("keras", "max", "ops.maximum({0}, {1})")
spell("keras", "min", "ops.minimum({0}, {1})")
spell("keras", "div", guarded="ops.where({1} == 0, 0.0, {0} / {1})")
spell("keras", "abspow", guarded="ops.where(({0} == 0) & ({1} < 0), 0.0, {0} ** {1})")
spell("keras", "wmean", "{2} * {0} + {3} * {1}")
spell("keras", "drop", "ops.where({1} < {rate}, 0.0, {0} / {co_rate})")
spell("keras", "clip_norm", "clip_norm({0})")
# Within float32.
spell("keras", "confine", step="ops.clip({0}, -8e37, 8e37)")
spell("keras", "t", "step")
spell("keras", "T", "total_steps")
spell("keras", "less", "{0} < {1}")
spell("keras", "less_equal", "{0} <= {1}")
spell("keras", "equal", "ops.equal({0}, {1})")
spell(
    "keras",
    "logical_and",
    "ops.logical_and({0}, {1})",
    scalar='ops.logical_and(ops.cast({0}, "bool"), ops.cast({1}, "bool"))',
)
spell(
    "keras",
    "logical_or",
    "ops.logical_or({0}, {1})",
    scalar='ops.logical_or(ops.cast({0}, "bool"), ops.cast({1}, "bool"))',
)
spell("keras", "logical_not", "ops.logical_not({0})")
spell(
    "keras",
    "where",
    "ops.where({0}, {1}, {2})",
    scalar='ops.where(ops.cast({0}, "bool"), {1}, {2})',
    step="ops.where({0}, {1}, {2})",
)
spell("keras", "floor", "{0} // 1")
spell("keras", "mod", "modulo({0}, {1})")
spell("keras", "rows", "ops.cast(weight.shape[-2] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("keras", "cols", "ops.cast(weight.shape[-1] if len(weight.shape) > 0 else 1, weight.dtype)")
spell("keras", "first_axis", "ops.cast(weight.shape[0] if len(weight.shape) else 1, weight.dtype)")
spell("keras", "second_axis", "ops.cast(weight.shape[1] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("keras", "size", "ops.cast(math.prod(weight.shape), weight.dtype)")
spell("keras", "rank", "ops.cast(len(weight.shape), weight.dtype)")
spell("keras", "norm2", "norm2({0})")
spell("keras", "norm1", "ops.sum(ops.abs({0}))")
spell("keras", "norm_inf", "norm_inf({0})")
spell("keras", "sum", "ops.sum({0})")
# Not ops.mean, which computes means of doubles in single precision where PyTorch is below; a mean of no
# entries is 0.
spell("keras", "mean", "ops.sum({0}) / max(math.prod(weight.shape), 1)")
spell("keras", "rms", "norm2({0}) / max(math.prod(weight.shape), 1) ** 0.5")
spell(
    "keras",
    "row_mean",
    "ops.copy({0}) if len(weight.shape) < 1 else ops.sum({0}, -1, keepdims=True) / max(weight.shape[-1], 1)",
)
spell("keras", "row_sum", "ops.copy({0}) if len(weight.shape) < 1 else ops.sum({0}, -1, keepdims=True)")
spell("keras", "row_max", "row_max({0})")
spell(
    "keras",
    "col_mean",
    "ops.copy({0}) if len(weight.shape) < 2 else ops.sum({0}, -2, keepdims=True) / max(weight.shape[-2], 1)",
)
spell("keras", "col_sum", "ops.copy({0}) if len(weight.shape) < 2 else ops.sum({0}, -2, keepdims=True)")
spell("keras", "col_max", "column_max({0})")
spell("keras", "mean_rest", "mean_rest({0})")
spell("keras", "largest_rest", "largest_rest({0})")
spell("keras", "mean_first", "mean_first({0})")
spell("keras", "largest_first", "largest_first({0})")
spell("keras", "orth", "orth({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("keras", "newton_schulz", "newton_schulz({0}, {1}, {2}, {3})")
spell("keras", "orth_flat", "orth_flat({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("keras", "newton_schulz_flat", "newton_schulz_flat({0}, {1}, {2}, {3})")
spell("keras", "orth_exact", "orth_exact({0})")
# Never zero, and not where it underflows.
spell("keras", "apart", "ops.maximum({0}, {floor})")
