"""A5, an optimizer for TensorFlow (Keras 3).

Rule: A5 = none ~ clip_norm(clip(v_hat, sqrt(s_hat)))
Source: Morgan and Hougen 2024, Table 9
Canonical: none ~ clip_norm(clip(ema_hat(g, 0.9), sqrt(ema_hat(g^2, 0.99))))
Key: 2.1:b08232fb3e4ee19e357beddf
"""

from numbers import Integral, Rational, Real

import keras
import tensorflow as tf

STATE = ("v", "s")


def scalars(step, beta1, beta2):
    """Return the scalars of one step, in the precision of `step`, which counts from 0."""
    co_beta1 = 1 - beta1
    v_correction = 1 - beta1 ** (step + 1)
    co_beta2 = 1 - beta2
    s_correction = 1 - beta2 ** (step + 1)
    return beta1, co_beta1, v_correction, beta2, co_beta2, s_correction


def clip_norm(x):
    """Return x / max(1, L2 norm of x), without squares of large numbers."""
    scale = tf.maximum(tf.reduce_max(tf.abs(x)), 1)
    x = x / scale
    return x / tf.maximum(tf.norm(x), 1 / scale)


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(x.dtype.max) ** (1 / root) / 4
    return tf.clip_by_value(x, -bound, bound) + (x - x)


def update(
    gradient,
    weight,
    v,
    s,
    lr,
    beta1,
    co_beta1,
    v_correction,
    beta2,
    co_beta2,
    s_correction,
):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 2)
    v = beta1 * v + co_beta1 * gradient
    v_hat = v / v_correction
    s = beta2 * s + co_beta2 * gradient**2
    s_hat = s / s_correction
    root = tf.math.sqrt(s_hat)
    clipped = tf.minimum(tf.maximum(v_hat, -root), root)
    u = clip_norm(clipped)
    return -lr * u, v, s


def wider(dtype):
    """Return the type that a variable is computed in, and its state kept in: float32 at least."""
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def is_slices(gradient):
    """Return whether a gradient is TensorFlow's of an embedding, of the rows it used."""
    return hasattr(gradient, "dense_shape")


def numbers_only(**given):
    """Raise an error for a setting that is no number, or none that backends take."""
    for key, value in given.items():
        kind = f"of type {type(value).__name__}"
        if not isinstance(value, Real):
            wrong = f"{kind}, not a number that stays the same"
            raise TypeError(f"Invalid {key}: {wrong}")
        if isinstance(value, Rational) and not isinstance(value, Integral):
            raise TypeError(f"Invalid {key}: {kind}; give it as a float")
        try:
            float(value)
        except OverflowError:
            raise ValueError(f"Invalid {key}: beyond the range of floats") from None


def dense(gradient, variable):
    """Return a gradient, which of embeddings is sparse, in its variable's shape."""
    wanted = tuple(variable.shape)
    shape = gradient.dense_shape if is_slices(gradient) else gradient.shape
    shape = wanted if shape is None else shape
    shape = gradient.shape if tf.is_tensor(shape) else shape
    if getattr(shape, "rank", 0) is not None:  # else not known, in a graph
        known = [y if x is None else x for x, y in zip(shape, wanted)]
        if len(shape) != len(wanted) or tuple(known) != wanted:
            wrong = f"of shape {tuple(shape)}, and {variable.name} is of {wanted}"
            raise ValueError(f"Invalid gradient: {wrong}")
    if is_slices(gradient):
        gradient = type(gradient)(gradient.values, gradient.indices, wanted)
    return tf.ensure_shape(tf.convert_to_tensor(gradient), wanted)


class SavedKey(tf.train.experimental.PythonState):
    """The key of a class in a checkpoint, which one of another rule does not take."""

    def __init__(self, kind):
        self.kind = kind

    def serialize(self):
        """Return the key to save."""
        return self.kind.rule_key

    def deserialize(self, given):
        """Compare a saved key."""
        self.kind.refuse_another(bytes(given).decode(errors="replace"), "checkpoint")


@keras.saving.register_keras_serializable(package="nos_sym")
class A5(keras.optimizers.Optimizer):
    """A5; one step computes

        w <- w - lr * U
        U = clip_norm(clip(v_hat, sqrt(s_hat)))
        where
            clip_norm(x) = x / max(1, L2 norm of the tensor x)
            clip(x, y) = x clipped to [-|y|, |y|]
            s_hat = s / (1 - 0.99^(t+1))
            s <- 0.99 * s + 0.01 * g^2, 0 at the start
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            t = 0, 1, ... counts the steps

    Args:
        learning_rate: a float, a schedule, or a function that returns a variable or,
            where steps are not compiled, a number.
        beta1: coefficient of average v.
        beta2: coefficient of average s.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    rule_key = "2.1:b08232fb3e4ee19e357beddf-57ad98 A5 = none ~ clip_norm(clip(v_hat..."

    def __init__(self, learning_rate=1e-3, *, beta1=0.9, beta2=0.99, **kwargs):
        numbers_only(beta1=beta1, beta2=beta2)
        if not 0 <= beta1 < 1:
            raise ValueError(f"Invalid beta1: {beta1}, not in [0, 1)")
        if not 0 <= beta2 < 1:
            raise ValueError(f"Invalid beta2: {beta2}, not in [0, 1)")
        super().__init__(learning_rate, **kwargs)
        self.saved_key = SavedKey(type(self))
        self.step_values = None
        self.settings = {"beta1": beta1, "beta2": beta2}

    def build(self, variables):
        """Create the state of every variable, zero at the start."""
        if self.built:
            return
        super().build(variables)
        self.slots = [[self.slot(x, key) for key in STATE] for x in variables]

    def slot(self, variable, key):
        """Return zeros like a variable, in float32 where its precision is lower."""
        if self._overwrite_variable_with_gradient(variable):  # it never has a step
            return None
        dtype, path = wider(variable.dtype), getattr(variable, "path", variable.name)
        name = f"{path.replace('/', '_').replace(':', '_')}_{key}"
        if dtype != variable.dtype:
            layout = getattr(variable, "_layout", None)  # on several devices
            return self.add_variable(
                variable.shape, dtype=dtype, layout=layout, name=name
            )
        return self.add_variable_from_reference(variable, key)

    def step_scalars(self):
        """Return the scalars of the current step."""
        step = tf.cast(self.iterations, tf.float64)
        numbers = self.settings
        numbers = {key: tf.constant(x, tf.float64) for key, x in numbers.items()}
        return scalars(step, **numbers)

    def apply(self, grads, trainable_variables=None):
        """Update the variables; the scalars of the step are computed once for all."""
        self.step_values = self.step_scalars()
        try:
            super().apply(grads, trainable_variables)
        finally:
            self.step_values = None

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        changes = isinstance(learning_rate, keras.Variable)
        changes = changes or tf.is_tensor(learning_rate)
        if not (changes or tf.executing_eagerly()):  # it would be frozen
            wrong = "not a number, where steps are compiled"
            raise TypeError(f"learning_rate() must return a variable, {wrong}")
        dtype = wider(variable.dtype)
        gradient = dense(gradient, variable)
        gradient, weight, lr = (
            tf.cast(x, dtype) for x in (gradient, variable, learning_rate)
        )
        values = self.step_values or self.step_scalars()
        values = [tf.cast(x, dtype) if tf.is_tensor(x) else x for x in values]
        slots = self.slots[self._get_variable_index(variable)]
        state = map(tf.convert_to_tensor, slots)
        change, *new = update(gradient, weight, *state, lr, *values)
        self.assign_add(variable, change)
        for slot, value in zip(slots, new):
            self.assign(slot, value)

    def get_config(self):
        """Return the settings from which `from_config` makes the same optimizer."""
        config = super().get_config()
        config.update(self.settings)
        config["rule_key"] = self.rule_key
        return config

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Make an optimizer from what `get_config` returned of this rule."""
        config = dict(config)
        config.pop("rule", None)  # of files that had no key
        cls.refuse_another(config.pop("rule_key", cls.rule_key), "config")
        return super().from_config(config, custom_objects)

    @classmethod
    def refuse_another(cls, given, what):
        """Raise ValueError for the key of another rule; keys of other versions say nothing."""
        own, given = cls.rule_key, str(given)
        versions = [x.split(":")[0] for x in (own, given)]
        if versions[0] == versions[1] and own.split()[0] != given.split()[0]:
            says = f"of the rule {given[:99]!r}, not {own!r}"
            raise ValueError(f"Invalid {what}: {says}; take a class of that rule")

    def save_own_variables(self, store):
        """Save the states, and of which rule they are."""
        super().save_own_variables(store)
        key = keras.ops.array(list(self.rule_key.encode()), "uint8")
        store["rule_key"] = keras.ops.convert_to_numpy(key)

    def load_own_variables(self, store):
        """Load the states, unless they are of another rule."""
        keys = list(store.keys())
        given = {key: store[key] for key in keys}
        try:
            key = bytes(map(int, given.pop("rule_key", ())))
        except (TypeError, ValueError):
            raise ValueError("Invalid variables: rule_key is no text") from None
        self.refuse_another(key.decode(errors="replace"), "variables")
        super().load_own_variables(given)
