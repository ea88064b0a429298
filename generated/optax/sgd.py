"""SGD, an optimizer for JAX (optax).

Rule: SGD = none ~ g
Source: Robbins and Monro 1951
Canonical: none ~ g
Key: 2.1:675f0d4e8f26110e516b390d
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

RULE_KEY = "2.1:675f0d4e8f26110e516b390d-c124bc SGD = none ~ g"
OWN = {RULE_KEY.split()[0]: ()}  # of states: a tree without leaves


class SGDState(NamedTuple):
    """State of SGD: steps taken."""

    count: jax.Array
    rule_key: Any = OWN


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(jnp.finfo(x.dtype).max) ** (1 / root) / 4
    return jnp.clip(x, -bound, bound) + (x - x)


def update(gradient, weight, lr):
    """Return the change of one tensor."""
    gradient = limited(gradient, 1.5)
    return -lr * gradient


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


def SGD(learning_rate):
    """Return SGD as an `optax.GradientTransformation`; one step computes

        w <- w - lr * U
        U = g

    Args:
        learning_rate: a number or an optax schedule.
    """

    def init_fn(params):
        return SGDState(jnp.zeros([], jnp.int32))

    def update_fn(gradients, state, params=None, **_):
        refuse_another(state)
        count = state.count
        numbers = [learning_rate(count) if callable(learning_rate) else learning_rate]

        def change(gradient):
            """Return what is added to one tensor."""
            if jnp.iscomplexobj(gradient):
                raise TypeError("complex gradients are not supported")
            dtype = jnp.result_type(gradient, jnp.float32)
            values = [jnp.asarray(x, dtype) for x in numbers]
            added = in_line(count, jnp.asarray(gradient, dtype), None, *values)
            if jnp.issubdtype(jnp.result_type(gradient), jnp.floating):
                added = added.astype(jnp.result_type(gradient))
            return added

        changes = jax.tree.map(change, gradients)
        count = optax.safe_increment(count)
        return changes, SGDState(count, rule_key=state.rule_key)

    return optax.GradientTransformationExtraArgs(init_fn, update_fn)
