"""QHMSearch, an optimizer for TensorFlow (Keras 3).

Rule: QHMSearch = none ~ qhm(0.7)
Source: Ma and Yarats 2018, as in Morgan and Hougen 2024, Table 2
Canonical: none ~ 0.3 * g + 0.7 * ema_hat(g, 0.9)
Key: 2.1:1462a7b786be3d098107fe86
"""

import math
from numbers import Integral, Rational, Real

import keras
import tensorflow as tf

STATE = ("v",)


def scalars(step, beta):
    """Return the scalars of one step, in the precision of `step`, which counts from 0."""
    co_beta = 1 - beta
    v_correction = 1 - beta ** (step + 1)
    return beta, co_beta, v_correction


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    bound = float(x.dtype.max) ** (1 / root) / 4
    return tf.clip_by_value(x, -bound, bound) + (x - x)


def update(gradient, weight, v, lr, beta, co_beta, v_correction):
    """Return the change of one tensor and its new state."""
    gradient = limited(gradient, 1.5)
    v = beta * v + co_beta * gradient
    v_hat = v / v_correction
    qhm = 0.3 * gradient + 0.7 * v_hat
    return -lr * qhm, v


def wider(dtype):
    """Return the type that a variable is computed in, and its state kept in: float32 at least."""
    return "float32" if dtype in ("float16", "bfloat16") else dtype


def is_slices(gradient):
    """Return whether a gradient is TensorFlow's of an embedding, of the rows it used."""
    return hasattr(gradient, "dense_shape")


LOOPS = {}


def branch(count, *values):
    """Return what `update` does in a branch that is always taken, as counts are not negative.

    XLA makes vectors of the last axis, for which that of a kernel of 3 x 3, say, is too short. It
    would move reshapes to one axis over all operations, but not over a branch.
    """

    def never():
        return tuple(tf.zeros_like(x) for x in update(*values))

    # By a number: XLA takes a branch by a condition for a choice of each element.
    number = tf.cast(count < 0, "int32")
    return tf.switch_case(number, [lambda: update(*values), never])


def one_loop(variable, count):
    """Return `update`, in a graph of TensorFlow compiled by XLA where it is there."""
    shape, device = tuple(variable.shape), getattr(variable, "device", "")
    short = len(shape) > 1 and shape[-1] < 16
    if tf.executing_eagerly():
        return update
    if device not in LOOPS:
        with tf.init_scope(), tf.device(device):
            one = tf.constant(1.0)
            tried = tf.function(tf.abs, jit_compile=True).get_concrete_function(one)
            try:
                LOOPS[device] = bool(tried(one) == 1)
            except tf.errors.OpError:  # no XLA for this device
                LOOPS[device] = False
    if not LOOPS[device]:
        return update
    short = short and "CPU" in device
    size = device, math.prod(shape), variable.dtype, short
    if size not in LOOPS:
        LOOPS[size] = tf.function(branch if short else update, jit_compile=True)

    def flat(*values):
        """Return what `update` does; XLA is fast where the last axis is long."""
        kind = values[0].dtype
        values = [tf.convert_to_tensor(x, dtype_hint=kind) for x in values]
        long = [tf.reshape(x, [-1]) if len(x.shape) > 1 else x for x in values]
        counts = [tf.convert_to_tensor(count)] if short else []
        found = LOOPS[size](*counts, *long)
        return [tf.reshape(x, shape) for x in found]

    return flat


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
class QHMSearch(keras.optimizers.Optimizer):
    """QHMSearch; one step computes

        w <- w - lr * U
        U = qhm(0.7)
        where
            qhm(0.7) = 0.3 * g + 0.7 * v_hat
            v_hat = v / (1 - 0.9^(t+1))
            v <- 0.9 * v + 0.1 * g, 0 at the start
            t = 0, 1, ... counts the steps

    Args:
        learning_rate: a float, a schedule, or a function that returns a variable or,
            where steps are not compiled, a number.
        beta: coefficient of average v.
        **kwargs: options of `keras.optimizers.Optimizer`.
    """

    rule_key = "2.1:1462a7b786be3d098107fe86-2af464 QHMSearch = none ~ qhm(0.7)"

    def __init__(self, learning_rate=1e-3, *, beta=0.9, **kwargs):
        numbers_only(beta=beta)
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta: {beta}, not in [0, 1)")
        super().__init__(learning_rate, **kwargs)
        self.saved_key = SavedKey(type(self))
        self.step_values = None
        self.settings = {"beta": beta}

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
        change, *new = one_loop(variable, self._iterations)(
            gradient, weight, *state, lr, *values
        )
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
