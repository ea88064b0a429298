"""How TensorFlow spells the operations."""

from nos_sym.backends.spelling import spell

spell("tensorflow", "g", "gradient")
spell("tensorflow", "w", "weight")
spell("tensorflow", "p", "t / total_steps")
spell("tensorflow", "r", "(2 * t % total_steps) / total_steps")
# XLA multiplies by 1/T, and 1 - (t+1) * (1/T) is not 0 at the last step.
spell("tensorflow", "remaining", "(total_steps - 1 - t) / total_steps")
# Of the numbers of a step, which are of double precision, a product with pi is near enough.
spell(
    "tensorflow",
    "cospi",
    "tf.cos(math.pi * {0})",
    unbounded="tf.cos(math.pi * tf.math.floormod(tf.abs({0}), 2))",
    step="tf.cos(math.pi * {0})",
)
spell("tensorflow", "correction", "1 - {0} ** (step + 1)")
spell("tensorflow", "ln", "tf.math.log({0})", guarded="tf.math.log(tf.maximum({0}, 1e-30))")
spell("tensorflow", "sqrt", "tf.math.sqrt({0})")
spell("tensorflow", "exp", "tf.math.exp({0})")
spell("tensorflow", "abs", "tf.math.abs({0})")
# In float64 it squares its argument and gives NaN where that overflows; at 10 it is 1.
spell("tensorflow", "erf", "tf.math.erf({0})", unbounded="tf.math.erf(tf.clip_by_value({0}, -10, 10))")
# XLA's is 60 units off at 8.
spell("tensorflow", "erfc", "erfc_of({0})", step="tf.math.erfc({0})")
# TensorFlow or XLA compute their own one number at a time.
spell("tensorflow", "arcsinh", "asinh({0})", step="tf.math.asinh({0})")
spell("tensorflow", "tanh", "tf.math.tanh({0})")
spell("tensorflow", "arctan", "atan({0})", step="tf.math.atan({0})")
spell("tensorflow", "i1e", "i1e({0})", small="i1e_small({0})", step="tf.math.bessel_i1e({0})")
spell("tensorflow", "sign", "tf.sign({0})")
spell("tensorflow", "sigmoid", "tf.math.sigmoid({0})")
spell("tensorflow", "softplus", "tf.math.softplus({0})")
spell("tensorflow", "max", "tf.maximum({0}, {1})")
spell("tensorflow", "min", "tf.minimum({0}, {1})")
spell("tensorflow", "div", guarded="tf.where({1} == 0, tf.zeros_like({1}), {0} / {1})")
spell(
    "tensorflow",
    "abspow",
    guarded="tf.where(({0} == 0) & ({1} < 0), tf.zeros_like({0} ** {1}), {0} ** {1})",
)
spell("tensorflow", "wmean", "{2} * {0} + {3} * {1}")
spell("tensorflow", "drop", "tf.where({1} < {rate}, tf.zeros_like({0}), {0} / {co_rate})")
spell("tensorflow", "clip_norm", "clip_norm({0})")
# Within float32.
spell("tensorflow", "confine", step="tf.clip_by_value({0}, -8e37, 8e37)")
spell("tensorflow", "t", "step")
spell("tensorflow", "T", "total_steps")
spell("tensorflow", "less", "{0} < {1}")
spell("tensorflow", "less_equal", "{0} <= {1}")
spell("tensorflow", "equal", "tf.equal({0}, {1})")
spell("tensorflow", "logical_and", "{0} & {1}", scalar="tf.cast({0}, tf.bool) & tf.cast({1}, tf.bool)")
spell("tensorflow", "logical_or", "{0} | {1}", scalar="tf.cast({0}, tf.bool) | tf.cast({1}, tf.bool)")
spell("tensorflow", "logical_not", "~{0}")
spell(
    "tensorflow",
    "where",
    "tf.where({0}, {1}, {2})",
    scalar="tf.where(tf.cast({0}, tf.bool), {1}, {2})",
    step="tf.where({0}, {1}, {2})",
)
spell("tensorflow", "floor", "tf.floor({0})")
spell("tensorflow", "mod", "modulo({0}, {1})")
spell("tensorflow", "rows", "tf.cast(weight.shape[-2] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("tensorflow", "cols", "tf.cast(weight.shape[-1] if len(weight.shape) > 0 else 1, weight.dtype)")
spell("tensorflow", "first_axis", "tf.cast(weight.shape[0] if len(weight.shape) else 1, weight.dtype)")
spell("tensorflow", "second_axis", "tf.cast(weight.shape[1] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("tensorflow", "size", "tf.cast(math.prod(weight.shape), weight.dtype)")
spell("tensorflow", "rank", "tf.cast(len(weight.shape), weight.dtype)")
spell("tensorflow", "norm2", "norm2({0})")
spell("tensorflow", "norm1", "tf.reduce_sum(tf.abs({0}))")
spell("tensorflow", "norm_inf", "norm_inf({0})")
spell("tensorflow", "sum", "tf.reduce_sum({0})")
# Not tf.reduce_mean, which is NaN where there are no entries; a mean of none is 0.
spell("tensorflow", "mean", "tf.reduce_sum({0}) / max(math.prod(weight.shape), 1)")
spell("tensorflow", "rms", "norm2({0}) / max(math.prod(weight.shape), 1) ** 0.5")
spell(
    "tensorflow",
    "row_mean",
    "{0} if len(weight.shape) < 1 else tf.reduce_sum({0}, -1, keepdims=True) / max(weight.shape[-1], 1)",
)
spell("tensorflow", "row_sum", "{0} if len(weight.shape) < 1 else tf.reduce_sum({0}, -1, keepdims=True)")
spell("tensorflow", "row_max", "row_max({0})")
spell(
    "tensorflow",
    "col_mean",
    "{0} if len(weight.shape) < 2 else tf.reduce_sum({0}, -2, keepdims=True) / max(weight.shape[-2], 1)",
)
spell("tensorflow", "col_sum", "{0} if len(weight.shape) < 2 else tf.reduce_sum({0}, -2, keepdims=True)")
spell("tensorflow", "col_max", "column_max({0})")
spell("tensorflow", "mean_rest", "mean_rest({0})")
spell("tensorflow", "largest_rest", "largest_rest({0})")
spell("tensorflow", "mean_first", "mean_first({0})")
spell("tensorflow", "largest_first", "largest_first({0})")
spell("tensorflow", "orth", "orth({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("tensorflow", "newton_schulz", "newton_schulz({0}, {1}, {2}, {3})")
spell("tensorflow", "orth_flat", "orth_flat({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("tensorflow", "newton_schulz_flat", "newton_schulz_flat({0}, {1}, {2}, {3})")
spell("tensorflow", "orth_exact", "orth_exact({0})")
# Never zero, and not where it underflows.
spell("tensorflow", "apart", "tf.maximum({0}, {floor})")
