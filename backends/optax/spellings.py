"""How JAX spells the operations."""

from nos_sym.backends.spelling import spell

spell("optax", "g", "gradient")
spell("optax", "w", "weight")
spell("optax", "p", "t / total_steps")
spell("optax", "r", "(2 * t % total_steps) / total_steps")
# XLA multiplies by 1/T, and 1 - (t+1) * (1/T) is not 0 at the last step.
spell("optax", "remaining", "(total_steps - 1 - t) / total_steps")
spell("optax", "cospi", "jnp.cos(jnp.pi * {0})")
spell("optax", "correction", "1 - {0} ** (step + 1)")
spell("optax", "ln", "jnp.log({0})", guarded="jnp.log(jnp.maximum({0}, 1e-30))")
spell("optax", "sqrt", "jnp.sqrt({0})")
spell("optax", "exp", "jnp.exp({0})")
spell("optax", "abs", "jnp.abs({0})")
spell("optax", "erf", "jax.scipy.special.erf({0})")
spell("optax", "erfc", "jax.scipy.special.erfc({0})")
spell("optax", "arcsinh", "jnp.arcsinh({0})")
spell("optax", "tanh", "jnp.tanh({0})")
# XLA computes its own one number at a time.
spell("optax", "arctan", "atan({0})", step="jnp.arctan({0})")
spell("optax", "i1e", "jax.scipy.special.i1e({0})")
spell("optax", "sign", "jnp.sign({0})")
spell("optax", "sigmoid", "jax.nn.sigmoid({0})")
spell("optax", "softplus", "jax.nn.softplus({0})")
spell("optax", "max", "jnp.maximum({0}, {1})")
spell("optax", "min", "jnp.minimum({0}, {1})")
spell("optax", "div", guarded="jnp.where({1} == 0, 0.0, {0} / {1})")
spell("optax", "abspow", guarded="jnp.where(({0} == 0) & ({1} < 0), 0.0, {0} ** {1})")
spell("optax", "wmean", "{2} * {0} + {3} * {1}")
spell("optax", "drop", "jnp.where({1} < {rate}, 0.0, {0} / {co_rate})")
spell("optax", "clip_norm", "clip_norm({0})")
# Within float32.
spell("optax", "confine", step="jnp.clip({0}, -8e37, 8e37)")
# Never zero, and not where it underflows.
spell("optax", "apart", "jnp.maximum({0}, {floor})")
