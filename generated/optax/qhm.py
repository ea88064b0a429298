"""QHM, an optimizer for JAX (optax).

Rule: QHM(nu=0.7 in [0, 1], beta=0.999) = none ~ (1 - nu) * g + nu * ema(g, beta)
Source: Ma and Yarats 2018
Canonical: none ~ (1 - 0.7) * g + 0.7 * ema(g, 0.999)
Key: 2.1:3c6f4811c632d061548ea717
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:3c6f4811c632d061548ea717-631f04 QHM(nu=0.7 in [0, 1], beta=0.999..."
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class QHMState(NamedTuple):
    """State of QHM: steps taken, and trees like that of the parameters."""

    count: jax.Array
    v: Any
    rule_key: Any = OWN


def scalars(step, nu, beta):
    """Return the scalars of one step; steps count from 0."""
    step = jnp.asarray(step, float)
    decay = 1 - nu
    co_beta = 1 - beta
    return nu, decay, beta, co_beta


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, v, lr, nu, decay, beta, co_beta):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 1.5)
    v = beta * v + co_beta * gradient
    u = decay * gradient + nu * v
    return -lr * u, v


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


def QHM(learning_rate, *, nu=0.7, beta=0.999):
    """Return QHM as an `optax.GradientTransformation`; one step computes

        w <- w - lr * U
        U = (1 - nu) * g + nu * ema(g, beta)
        where
            ema(g, beta) = v
            v <- beta * v + (1 - beta) * g, 0 at the start

    Args:
        learning_rate: a number or an optax schedule, as all settings may be.
        nu: setting of U, in [0, 1].
        beta: coefficient of average v.
    """
    if not (callable(nu) or isinstance(nu, jax.Array) or 0 <= nu <= 1):
        raise ValueError(f"Invalid nu: {nu}, not in [0, 1]")
    if not (callable(beta) or isinstance(beta, jax.Array) or 0 <= beta < 1):
        raise ValueError(f"Invalid beta: {beta}, not in [0, 1)")
    settings = [nu, beta]

    def init_fn(params):
        def zeros():
            """Return zeros like the parameters, in float32 or wider."""
            return jax.tree.map(
                lambda w: jnp.zeros_like(w, jnp.result_type(w, jnp.float32)), params
            )

        return QHMState(jnp.zeros([], jnp.int32), zeros())

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
            jax.tree.map(lambda _, x, i=i: x[i], gradients, changed) for i in range(2)
        )
        count = optax.safe_increment(count)
        return changes, QHMState(count, *trees, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
