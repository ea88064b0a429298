"""How JAX spells the operations."""

from nos_sym.backends.spelling import spell

spell("optax", "g", "gradient")
spell("optax", "w", "weight")
spell("optax", "p", "t / total_steps")
spell("optax", "r", "(2 * t % total_steps) / total_steps")
# XLA multiplies by 1/T, and 1 - (t+1) * (1/T) is not 0 at the last step.
spell("optax", "remaining", "(total_steps - 1 - t) / total_steps")
# Of the numbers of a step, which are of double precision, a product with pi is near enough.
spell(
    "optax",
    "cospi",
    "jnp.cos(jnp.pi * {0})",
    unbounded="jnp.cos(jnp.pi * jnp.fmod({0}, 2))",
    step="jnp.cos(jnp.pi * {0})",
)
spell("optax", "correction", "1 - {0} ** (step + 1)")
spell("optax", "ln", "jnp.log({0})", guarded="jnp.log(jnp.maximum({0}, 1e-30))")
spell("optax", "sqrt", "jnp.sqrt({0})")
spell("optax", "exp", "jnp.exp({0})")
spell("optax", "abs", "jnp.abs({0})")
spell("optax", "erf", "jax.scipy.special.erf({0})")
# XLA's is 60 units off at 8.
spell("optax", "erfc", "erfc_of({0})", step="jax.scipy.special.erfc({0})")
# XLA computes its own one number at a time, or in several loops.
spell("optax", "arcsinh", "asinh({0})", step="jnp.arcsinh({0})")
# Derivatives of JAX's own cancel.
spell("optax", "tanh", "tanh_of({0})", step="jnp.tanh({0})")
spell("optax", "arctan", "atan({0})", step="jnp.arctan({0})")
spell("optax", "i1e", "i1e({0})", small="i1e_small({0})", step="jax.scipy.special.i1e({0})")
spell("optax", "sign", "jnp.sign({0})")
spell("optax", "sigmoid", "sigmoid_of({0})", step="jax.nn.sigmoid({0})")
spell("optax", "softplus", "softplus_of({0})", step="jax.nn.softplus({0})")
spell("optax", "max", "jnp.maximum({0}, {1})")
spell("optax", "min", "jnp.minimum({0}, {1})")
spell("optax", "div", guarded="jnp.where({1} == 0, 0.0, {0} / {1})")
spell("optax", "abspow", guarded="jnp.where(({0} == 0) & ({1} < 0), 0.0, {0} ** {1})")
spell("optax", "wmean", "{2} * {0} + {3} * {1}")
spell("optax", "drop", "jnp.where({1} < {rate}, 0.0, {0} / {co_rate})")
spell("optax", "clip_norm", "clip_norm({0})")
# Within float32.
spell("optax", "confine", step="jnp.clip({0}, -8e37, 8e37)")
spell("optax", "t", "step")
spell("optax", "T", "total_steps")
spell("optax", "less", "{0} < {1}")
spell("optax", "less_equal", "{0} <= {1}")
spell("optax", "equal", "{0} == {1}")
spell("optax", "logical_and", "{0} & {1}", scalar="({0} != 0) & ({1} != 0)")
spell("optax", "logical_or", "{0} | {1}", scalar="({0} != 0) | ({1} != 0)")
spell("optax", "logical_not", "jnp.logical_not({0})")
spell(
    "optax",
    "where",
    "jnp.where({0}, {1}, {2})",
    scalar="jnp.where(({0} != 0), {1}, {2})",
    step="jnp.where({0}, {1}, {2})",
)
spell("optax", "floor", "jnp.floor({0})")
spell("optax", "mod", "modulo({0}, {1})")
spell("optax", "rows", "jnp.asarray(weight.shape[-2] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("optax", "cols", "jnp.asarray(weight.shape[-1] if len(weight.shape) > 0 else 1, weight.dtype)")
spell("optax", "first_axis", "jnp.asarray(weight.shape[0] if len(weight.shape) else 1, weight.dtype)")
spell("optax", "second_axis", "jnp.asarray(weight.shape[1] if len(weight.shape) > 1 else 1, weight.dtype)")
spell("optax", "size", "jnp.asarray(weight.size, weight.dtype)")
spell("optax", "rank", "jnp.asarray(len(weight.shape), weight.dtype)")
spell("optax", "norm2", "norm2({0})")
spell("optax", "norm1", "jnp.sum(jnp.abs({0}))")
spell("optax", "norm_inf", "norm_inf({0})")
spell("optax", "sum", "jnp.sum({0})")
# Not jnp.mean, which is NaN where there are no entries; a mean of none is 0.
spell("optax", "mean", "jnp.sum({0}) / max(weight.size, 1)")
spell("optax", "rms", "norm2({0}) / max(weight.size, 1) ** 0.5")
spell(
    "optax",
    "row_mean",
    "{0} if len(weight.shape) < 1 else jnp.sum({0}, -1, keepdims=True) / max(weight.shape[-1], 1)",
)
spell("optax", "row_sum", "{0} if len(weight.shape) < 1 else jnp.sum({0}, -1, keepdims=True)")
spell("optax", "row_max", "row_max({0})")
spell(
    "optax",
    "col_mean",
    "{0} if len(weight.shape) < 2 else jnp.sum({0}, -2, keepdims=True) / max(weight.shape[-2], 1)",
)
spell("optax", "col_sum", "{0} if len(weight.shape) < 2 else jnp.sum({0}, -2, keepdims=True)")
spell("optax", "col_max", "column_max({0})")
spell("optax", "mean_rest", "mean_rest({0})")
spell("optax", "largest_rest", "largest_rest({0})")
spell("optax", "mean_first", "mean_first({0})")
spell("optax", "largest_first", "largest_first({0})")
spell("optax", "orth", "orth({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("optax", "newton_schulz", "newton_schulz({0}, {1}, {2}, {3})")
spell("optax", "orth_flat", "orth_flat({0}, {steps}, {1}, {2}, {3}, {4}, {5})")
spell("optax", "newton_schulz_flat", "newton_schulz_flat({0}, {1}, {2}, {3})")
spell("optax", "orth_exact", "orth_exact({0})")
# Never zero, and not where it underflows.
spell("optax", "apart", "jnp.maximum({0}, {floor})")
