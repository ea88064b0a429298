"""Opt8, an optimizer for JAX (optax).

Rule: Opt8 = none ~ arcsinh([max(a6, a10)] arcsinh(qhm(0.7)))
Source: Morgan and Hougen 2024, Table 8
Canonical: none ~ arcsinh([max(a6, a10)] arcsinh(0.3 * g + 0.7 * ema_hat(g, 0.9)))
Key: 2.1:0a3f2989e391967026a17e2a
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:0a3f2989e391967026a17e2a-8e72ca Opt8 = none ~ arcsinh([max(a6, a..."
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class Opt8State(NamedTuple):
    """State of Opt8: steps taken, and trees like that of the parameters."""

    count: jax.Array
    v: Any
    rule_key: Any = OWN


def scalars(step, total_steps, beta):
    """Return the scalars of one step; steps count from 0."""
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a6 = (1 - jnp.cos(jnp.pi * (2 * p))) / 2
    r = (2 * t % total_steps) / total_steps
    decay = jnp.maximum(a6, r)
    co_beta = 1 - beta
    v_correction = 1 - beta ** (step + 1)
    return decay, beta, co_beta, v_correction


@jax.custom_jvp
def asinh(x):
    """Return arcsinh(x), by a polynomial up to 0.6, within 4 units; of float64 JAX's own."""
    if x.dtype != jnp.float32:
        return jnp.arcsinh(x)
    size = jnp.abs(x)
    # A scan that is differentiated twice drops the rule below and comes here: no overflow.
    low, size = jnp.where(size < 0.6, x, 0.0), jnp.where(size < 0.6, 0.6, size)
    square, near = low * low, -0.0107739745
    for coefficient in (0.0265398435, -0.0440139845, 0.0749535263, -0.166665539):
        near = near * square + coefficient
    near = low + low * square * near
    high = jnp.where(size < 1e18, size, 0.6)
    square = high * high
    # Half of |x| + sqrt(x^2 + 1) is 2^k (1 + f), with f within a third of 0. Its logarithm by a
    # polynomial in pairs is the shorter chain: a library's has cases for what never comes here.
    half = 0.5 * high + jnp.sqrt(0.25 * square + 0.25)
    half = jnp.where(size < 1e18, half, size)
    bits = jax.lax.bitcast_convert_type(half, jnp.int32)
    k = (bits - 0x3F2AAAAB) >> 23
    scale = jax.lax.bitcast_convert_type((129 - k) * 2**23, jnp.float32)
    f = 0.25 * half * scale - 1
    even, series = f * f, -0.159186199
    for constant, linear in (
        (-0.163074508, 0.171943009),
        (-0.250143409, 0.197843462),
        (-0.499998331, 0.333380431),
    ):
        series = series * even + (constant + linear * f)
    far = 0.693147181 * (k + 1).astype(jnp.float32) + (f + even * series)
    far = jnp.where(size < float("inf"), jnp.where(x < 0, -far, far), x)
    return jnp.where(jnp.abs(x) < 0.6, near, far)


asinh.defjvp(lambda x, dx: (asinh(*x), asinh_slope(*x) * dx[0]))


@jax.custom_jvp
def asinh_slope(x):
    """Return 1 / sqrt(1 + x^2), the derivative of arcsinh, where x^2 is beyond the type too."""
    return 1 / jnp.hypot(x, 1.0)


asinh_slope.defjvp(
    lambda x, dx: (
        asinh_slope(*x),
        -(x[0] * asinh_slope(*x)) * asinh_slope(*x) ** 2 * dx[0],
    )
)


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, v, lr, decay, beta, co_beta, v_correction):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 1.5)
    v = beta * v + co_beta * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    u = asinh(decay * asinh(qhm))
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


def Opt8(learning_rate, *, total_steps, beta=0.9):
    """Return Opt8 as an `optax.GradientTransformation`; one step computes

        w <- w - lr * U
        U = arcsinh([max(a6, a10)] arcsinh(qhm(0.7)))
        where
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            a10 = r
            a6 = (1 - cos(2 pi p))/2
            p = t/T
            r = mod(2t, T)/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        learning_rate: a number or an optax schedule, as all settings may be.
        total_steps: number of steps T of the decay functions, counted by the state's `count`.
        beta: coefficient of average v.
    """
    if not (isinstance(total_steps, jax.Array) or 1 <= total_steps < float("inf")):
        raise ValueError(f"Invalid total_steps: {total_steps}")
    if not (callable(beta) or isinstance(beta, jax.Array) or 0 <= beta < 1):
        raise ValueError(f"Invalid beta: {beta}, not in [0, 1)")
    settings = [total_steps, beta]

    def init_fn(params):
        def zeros():
            """Return zeros like the parameters, in float32 or wider."""
            return jax.tree.map(
                lambda w: jnp.zeros_like(w, jnp.result_type(w, jnp.float32)), params
            )

        return Opt8State(jnp.zeros([], jnp.int32), zeros())

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
        return changes, Opt8State(count, *trees, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
