"""Opt10, an optimizer for JAX (optax).

Rule: Opt10 = nesterov ~ i1e(i1e([a13 * a2] g))
Source: Morgan and Hougen 2024, Table 8
Canonical: nesterov ~ i1e(i1e([a13 * a2] g))
Key: 2.1:c41ce5930791954f0456591b
"""

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:c41ce5930791954f0456591b-af40ca Opt10 = nesterov ~ i1e(i1e([a13..."
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class Opt10State(NamedTuple):
    """State of Opt10: steps taken, and trees like that of the parameters."""

    count: jax.Array
    momentum: Any
    rule_key: Any = OWN


def scalars(step, total_steps):
    """Return the scalars of one step; steps count from 0."""
    step = jnp.asarray(step, float)
    t = jnp.minimum(step, total_steps - 1)  # decays hold their last value
    remaining = (total_steps - 1 - t) / total_steps
    product = 0.95 * remaining
    a13 = product / (0.05 + product)
    p = t / total_steps
    decay = a13 * p
    return (decay,)


@jax.custom_jvp
def i1e(x):
    """Return e^-|x| I_1(x), up to 6 by a polynomial in x^2 and beyond by one in 1/|x|.

    Both are minimax, within 5 units in the last place; XLA computes them in one loop.
    """
    if x.dtype != jnp.float32:
        return jax.scipy.special.i1e(x)
    size = jnp.abs(x)
    # A scan that is differentiated twice drops the rule below and comes here: no overflow.
    small = size <= 6
    low, large = jnp.where(small, x, 0.0), jnp.where(small, 1.0, size)
    square, near = low * low, 7.73333087e-16
    for coefficient in (
        1.34661095e-13,
        3.41216638e-11,
        5.64319080e-9,
        6.78243907e-7,
        5.42531343e-5,
        2.60416721e-3,
        0.0625,
        0.5,
    ):
        near = near * square + coefficient
    inverse, far = 1 / large, -0.661840022
    for coefficient in (
        -0.347703755,
        0.0201499369,
        -0.0488841645,
        -0.0464193039,
        -0.149608195,
        0.398942292,
    ):
        far = far * inverse + coefficient
    near = x * (near * jnp.exp(-size))
    far = jnp.sign(x) * far
    # A division comes last, which XLA computes once even where several loops read it.
    # It is chosen, though it is 1 there: else XLA computes all of it for each loop.
    root = jnp.where(small, 1.0, jnp.sqrt(large))
    return jnp.where(small, near, far) / root


i1e.defjvp(lambda x, dx: (i1e(*x), i1e_slope(*x) * dx[0]))


def i1e_slope(x):
    """Return the derivative of i1e, whose terms cancel nowhere, nor in derivatives of it.

    Up to 24 by Gauss and Chebyshev's quadrature of DLMF 10.32.3, beyond by DLMF 10.40.1.
    """
    size = x * jnp.sign(x)  # of which the derivative at 0 is 0
    angles = [math.pi * (2 * k + 1) / 112 for k in range(28)]
    gaps = jnp.array([2 * math.sin(angle) ** 2 for angle in angles], x.dtype)
    near = jnp.where(size < 24, size, 1.0)[..., None]
    near = jnp.mean(gaps * (gaps - 1) * jnp.exp(-gaps * near), -1)
    inverse, far = 1 / jnp.where(size < 24, 24.0, size), 0.0
    for k in reversed(range(26)):
        # Of x^(-k - 1/2) the factor -k - 1/2 is in the coefficient.
        product = math.prod([4 - j * j for j in range(1, 2 * k, 2)])
        far = far * inverse - (k + 0.5) * product / ((-8) ** k * math.factorial(k))
    far = far * inverse * jnp.sqrt(inverse) / math.sqrt(2 * math.pi)
    return jnp.where(size < 24, near, far)


@jax.custom_jvp
def i1e_small(x):
    """Return e^-|x| I_1(x) for |x| <= 1; by a minimax polynomial, within 4 units."""
    if x.dtype != jnp.float32:
        return jax.scipy.special.i1e(x)
    size, series = jnp.abs(x), -1.89568418e-5
    for coefficient in (
        1.87163183e-4,
        -1.05471211e-3,
        4.61766915e-3,
        -0.0171711110,
        0.0546830483,
        -0.145832628,
        0.312499940,
        -0.5,
        0.5,
    ):
        series = series * size + coefficient
    return x * series


i1e_small.defjvp(lambda x, dx: (i1e_small(*x), i1e_slope(*x) * dx[0]))


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, momentum, lr, mu, decay):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 1.5)
    u = i1e_small(i1e(decay * gradient))
    descent = lr * u
    momentum = mu * momentum - descent
    return mu * momentum - descent, momentum


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


def Opt10(learning_rate, momentum=0.9, *, total_steps):
    """Return Opt10 as an `optax.GradientTransformation`; one step computes

        m <- mu * m - lr * U
        w <- w + mu * m - lr * U
        U = i1e(i1e([a13 * a2] g))
        where
            i1e(x) = e^-|x| I_1(x)
            a2 = p
            a13 = b/(0.05 + b), b = 0.95 (1 - (t+1)/T)
            p = t/T
            t = 0, 1, ..., T - 1 for T total steps

    Args:
        learning_rate: a number or an optax schedule.
        momentum: coefficient mu, a number or an optax schedule.
        total_steps: number of steps T of the decay functions, counted by the state's `count`.
    """
    if not (isinstance(total_steps, jax.Array) or 1 <= total_steps < float("inf")):
        raise ValueError(f"Invalid total_steps: {total_steps}")
    settings = [total_steps]

    def init_fn(params):
        def zeros():
            """Return zeros like the parameters, in float32 or wider."""
            return jax.tree.map(
                lambda w: jnp.zeros_like(w, jnp.result_type(w, jnp.float32)), params
            )

        return Opt10State(jnp.zeros([], jnp.int32), zeros())

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
            jax.tree.map(lambda _, x, i=i: x[i], gradients, changed) for i in range(2)
        )
        count = optax.safe_increment(count)
        return changes, Opt10State(count, *trees, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
