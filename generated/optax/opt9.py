"""Opt9, an optimizer for JAX (optax).

Rule: Opt9 = nesterov ~ [erfc(a11)] g * exp(arctan(qhm2(0.95)))
Source: Morgan and Hougen 2024, Table 8
Canonical: nesterov ~ [erfc(a11)] g * exp(arctan(0.05 * g^2 + 0.95 * ema_hat(g^2, 0.99)))
Key: 2.1:ecb27a68bcf818b3143939a0
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:ecb27a68bcf818b3143939a0-c92df0 Opt9 = nesterov ~ [erfc(a11)] g..."
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class Opt9State(NamedTuple):
    """State of Opt9: steps taken, and trees like that of the parameters."""

    count: jax.Array
    s: Any
    momentum: Any
    rule_key: Any = OWN


def scalars(step, total_steps, beta):
    """Return the scalars of one step; steps count from 0."""
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    p = t / total_steps
    a11 = 0.01**p
    decay = jax.scipy.special.erfc(a11)
    co_beta = 1 - beta
    s_correction = 1 - beta ** (step + 1)
    return decay, beta, co_beta, s_correction


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


@jax.custom_jvp
def atan(x):
    """Return arctan(x); Abramowitz and Stegun 4.4.49, within 3 units of float32."""
    if x.dtype != jnp.float32:
        return jnp.arctan(x)  # XLA has no vector form of it
    large = jnp.abs(x) > 1
    small = jnp.where(large, 1 / jnp.where(large, x, 1.0), x)
    square, series = small * small, 0.0
    for coefficient in (
        0.0028662257,
        -0.0161657367,
        0.0429096138,
        -0.0752896400,
        0.1065626393,
        -0.1420889944,
        0.1999355085,
        -0.3333314528,
    ):
        series = series * square + coefficient
    small = small + small * square * series
    turn = jnp.sign(x) * (jnp.pi / 2)
    return jnp.where(large, turn - small, small)


atan.defjvp(lambda x, dx: (atan(*x), asinh_slope(*x) ** 2 * dx[0]))


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, s, momentum, lr, mu, decay, beta, co_beta, s_correction):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 2)
    square = gradient**2
    s = beta * s + co_beta * square
    s_hat = s / s_correction
    qhm2 = 0.05 * square + 0.95 * s_hat
    u = decay * gradient * jnp.exp(atan(qhm2))
    descent = lr * u
    momentum = mu * momentum - descent
    return mu * momentum - descent, s, momentum


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


def Opt9(learning_rate, momentum=0.9, *, total_steps, beta=0.99):
    """Return Opt9 as an `optax.GradientTransformation`; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = [erfc(a11)] g * exp(arctan(qhm2(0.95)))
        where
            qhm2(0.95) = 0.05 * g^2 + 0.95 * s_hat
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
            a11 = 0.01^p
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        learning_rate: a number or an optax schedule, as all settings may be.
        momentum: coefficient mu, a number or an optax schedule.
        total_steps: number of steps T of the decay functions, counted by the state's `count`.
        beta: coefficient of average s.
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

        return Opt9State(jnp.zeros([], jnp.int32), zeros(), zeros())

    def update_fn(gradients, state, params=None, **_):
        refuse_another(state)
        count = state.count
        numbers = [learning_rate(count) if callable(learning_rate) else learning_rate]
        numbers += [momentum(count) if callable(momentum) else momentum]
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
            jax.tree.map(lambda _, x, i=i: x[i], gradients, changed) for i in range(3)
        )
        count = optax.safe_increment(count)
        return changes, Opt9State(count, *trees, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
