"""AMSGradKeras, an optimizer for JAX (optax).

Rule: AMSGradKeras = none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
Source: Reddi et al. 2018, as keras.optimizers.Adam with amsgrad
Canonical: none ~ [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
Key: 2.1:777d8286ac8f15c604ef4541
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:777d8286ac8f15c604ef4541-48e66a AMSGradKeras = none ~ [sqrt(corr..."
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class AMSGradKerasState(NamedTuple):
    """State of AMSGradKeras: steps taken, and trees like that of the parameters."""

    count: jax.Array
    v: Any
    s: Any
    peak: Any
    rule_key: Any = OWN


def scalars(step, beta1, beta2):
    """Return the scalars of one step; steps count from 0."""
    step = jnp.asarray(step, float)
    correction = 1 - beta2 ** (step + 1)
    correction_2 = 1 - beta1 ** (step + 1)
    decay = jnp.sqrt(correction) / correction_2
    co_beta1 = 1 - beta1
    co_beta2 = 1 - beta2
    return beta2, beta1, decay, co_beta1, co_beta2


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, v, s, peak, lr, beta2, beta1, decay, co_beta1, co_beta2):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 2)
    v = beta1 * v + co_beta1 * gradient
    s = beta2 * s + co_beta2 * gradient**2
    peak = jnp.maximum(s, peak)
    u = decay * v / (jnp.sqrt(peak) + 1e-7)
    return -lr * u, v, s, peak


def in_line(count, *values):
    """Return what `update` does; on CPUs a kernel of 3 x 3, say, is taken along one axis.

    XLA makes vectors of the last axis, which is too short there. It would move reshapes over all
    operations, but not over a branch, so there is one: counts are never negative.
    """
    shape = values[0].shape
    short = len(shape) > 1 and shape[-1] < 16 and isinstance(count, jax.core.Tracer)
    if not short or jax.default_backend() != "cpu" or jax.device_count() > 1:
        return update(*values)
    for x in jax.tree.leaves(values):  # a rate for each column, or explicit sharding
        if jnp.shape(x) not in ((), shape) or any(jax.typeof(x).sharding.spec):
            return update(*values)

    def never(*lines):
        return jax.tree.map(jnp.zeros_like, update(*lines))

    lines = [x.reshape(-1) if getattr(x, "shape", ()) == shape else x for x in values]
    found = jax.lax.cond(count >= 0, update, never, *lines)
    return jax.tree.map(lambda x: x.reshape(shape), found)


def refuse_another(state):
    """Raise ValueError for the state of another rule; keys of other versions say nothing."""
    version = RULE_KEY.split(":")[0]
    for given in map(str, state.rule_key or ()):
        if given not in OWN and given.split(":")[0] == version:
            says = f"of the rule {given[:99]!r}, not {RULE_KEY!r}"
            raise ValueError(f"Invalid state: {says}; take one that init returned")


def AMSGradKeras(learning_rate, *, beta1=0.9, beta2=0.999):
    """Return AMSGradKeras as an `optax.GradientTransformation`; one step computes

        w <- w - lr * U
        U = [sqrt(correction(0.999)) / correction(0.9)] ema(g, 0.9) / (sqrt(running_max(ema(g^2, 0.999))) + 1e-7)
        where
            running_max(ema(g^2, 0.999)) = peak
            peak <- max(ema(g^2, 0.999), peak), 0 at the start
            ema(g^2, 0.999) = s
            s <- 0.999 * s + 0.001 * g^2, 0 at the start
            ema(g, 0.9) = v
            v <- 0.9 * v + 0.1 * g, 0 at the start
            correction(beta) = 1 - beta^(t+1)
            t = 0, 1, ... counts the steps

    Args:
        learning_rate: a number or an optax schedule, as all settings may be.
        beta1: coefficient of average v.
        beta2: coefficient of average s.
    """
    if not (callable(beta1) or isinstance(beta1, jax.Array) or 0 <= beta1 < 1):
        raise ValueError(f"Invalid beta1: {beta1}, not in [0, 1)")
    if not (callable(beta2) or isinstance(beta2, jax.Array) or 0 <= beta2 < 1):
        raise ValueError(f"Invalid beta2: {beta2}, not in [0, 1)")
    settings = [beta1, beta2]

    def init_fn(params):
        def zeros():
            """Return zeros like the parameters, in float32 or wider."""
            return jax.tree.map(
                lambda w: jnp.zeros_like(w, jnp.result_type(w, jnp.float32)), params
            )

        return AMSGradKerasState(jnp.zeros([], jnp.int32), zeros(), zeros(), zeros())

    def update_fn(gradients, state, params=None, **_):
        refuse_another(state)
        count = state.count
        numbers = [learning_rate(count) if callable(learning_rate) else learning_rate]
        fixed = [x(count) if callable(x) else x for x in settings]
        # Scalars of a step are float64, but by arrays one may differentiate, in their own type.
        wide = not any(isinstance(x, jax.Array) for x in fixed)
        with jax.enable_x64(wide or jax.config.jax_enable_x64):
            fixed = [jnp.asarray(x, float) for x in fixed]
            numbers += scalars(count, *fixed)

        def change(gradient, *slots):
            """Return what is added to one tensor, and its new state."""
            if jnp.iscomplexobj(gradient):
                raise TypeError("complex gradients are not supported")
            dtype = slots[0].dtype
            values = [jnp.asarray(x, dtype) for x in numbers]
            added, *slots = in_line(
                count, jnp.asarray(gradient, dtype), None, *slots, *values
            )
            if jnp.issubdtype(jnp.result_type(gradient), jnp.floating):
                added = added.astype(jnp.result_type(gradient))
            return added, *slots

        changed = jax.tree.map(change, gradients, *state[1:-1])
        changes, *trees = (
            jax.tree.map(lambda _, x, i=i: x[i], gradients, changed) for i in range(4)
        )
        count = optax.safe_increment(count)
        return changes, AMSGradKerasState(count, *trees, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
