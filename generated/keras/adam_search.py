"""AdamSearch, an optimizer for Keras 3 on TensorFlow, PyTorch or JAX.

Rule: AdamSearch = none ~ v_hat / sqrt(s_hat)
Source: Kingma and Ba 2015, in operands of Morgan and Hougen 2024, Table 2
Canonical: none ~ ema_hat(g, 0.9) / sqrt(ema_hat(g^2, 0.99))
Key: 2.1:294f24873897e00917016d52
"""

import math
from numbers import Integral, Rational, Real

import keras
from keras import ops

STATE = ("v", "s")


def scalars(step, beta1, beta2):
    """Return the scalars of one step, in the precision of `step`, which counts from 0."""
    co_beta1 = 1 - beta1
    v_correction = 1 - beta1 ** (step + 1)
    co_beta2 = 1 - beta2
    s_correction = 1 - beta2 ** (step + 1)
    return beta1, co_beta1, v_correction, beta2, co_beta2, s_correction


def limited(x, root):
    """Return x as far as x**root is finite, and NaN where x is not finite."""
    exponent = 1024 if keras.backend.standardize_dtype(x.dtype) == "float64" else 128
    bound = 2 ** (exponent / root) / 4
    if keras.backend.backend() == "torch":
        import torch

        return torch.add(torch.clamp(x, -bound, bound), x, alpha=0)
    return ops.clip(x, -bound, bound) + (x - x)


def saturate(x):
    """Return x within the numbers of its type: a quarter of the largest at most."""
    double = keras.backend.standardize_dtype(x.dtype) == "float64"
    bound = 2.0**1022 if double else 2.0**126
    return ops.clip(x, -bound, bound)


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
    root = ops.sqrt(s_hat)
    u = saturate(ops.where(root == 0, 0.0, v_hat / root))
    return -lr * u, v, s


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
        return tuple(ops.zeros_like(x) for x in update(*values))

    # By a number: XLA takes a branch by a condition for a choice of each element.
    number = ops.cast(count < 0, "int32")
    return ops.switch(number, [lambda: update(*values), never])


def one_loop(variable, count):
    """Return `update`, in a graph of TensorFlow compiled by XLA where it is there."""
    shape, device = tuple(variable.shape), getattr(variable, "device", "")
    short = len(shape) > 1 and shape[-1] < 16
    if keras.backend.backend() == "jax":
        import jax

        one = jax.default_backend() == "cpu" and jax.device_count() == 1
        if not (short and one and isinstance(count.value, jax.core.Tracer)):
            return update

        def line(*values):
            """Return what `update` does, computed along one axis."""
            values = [x.reshape(-1) if getattr(x, "ndim", 0) > 1 else x for x in values]
            found = branch(count.value, *values)
            return [x.reshape(shape) for x in found]

        return line
    if keras.backend.backend() != "tensorflow":
        return update
    import tensorflow as tf

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


def ordinary(gradient, variable):
    """Return whether PyTorch can join a variable to others: plain tensors on the CPU, of one type."""
    import torch

    weight, known = variable.value, {torch.float32: "float32", torch.float64: "float64"}
    for x in (gradient, weight):
        plain = type(x) in (torch.Tensor, torch.nn.Parameter) and x.is_cpu
        if not (plain and x.layout == torch.strided and x.is_contiguous()):
            return False
    same = gradient.shape == weight.shape and gradient.dtype == weight.dtype
    return same and known.get(weight.dtype) == variable.dtype and not gradient.is_neg()


def home(x):
    """Return where the memory of a tensor of PyTorch begins, 0 where it has none."""
    import torch

    if not torch.is_tensor(x) or x.layout != torch.strided:
        return 0
    return x.untyped_storage().data_ptr()


def parts(rows, most=2**16):
    """Yield tensors that are updated at once, small ones side by side and large ones cut."""
    part, size = [], 0
    for row in rows:
        if row[0].numel() > most // 2:
            for cut in zip(*(x.split(most) for x in row)):
                yield [[x] for x in cut]
            continue
        if size + row[0].numel() > most:
            yield list(zip(*part))
            part, size = [], 0
        part.append(row)
        size += row[0].numel()
    if part:
        yield list(zip(*part))


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
    shape = gradient.shape if ops.is_tensor(shape) else shape
    if getattr(shape, "rank", 0) is not None:  # else not known, in a graph
        known = [y if x is None else x for x, y in zip(shape, wanted)]
        if len(shape) != len(wanted) or tuple(known) != wanted:
            wrong = f"of shape {tuple(shape)}, and {variable.name} is of {wanted}"
            raise ValueError(f"Invalid gradient: {wrong}")
    if is_slices(gradient):
        gradient = type(gradient)(gradient.values, gradient.indices, wanted)
    elif getattr(gradient, "is_sparse", False):  # of PyTorch
        gradient = gradient.to_dense()
    elif hasattr(gradient, "todense"):  # of JAX
        gradient = gradient.todense()
    if hasattr(
        gradient, "set_shape"
    ):  # of TensorFlow, in whose graphs it may be unknown
        import tensorflow

        return tensorflow.ensure_shape(gradient, wanted)
    return ops.reshape(gradient, wanted)


@keras.saving.register_keras_serializable(package="nos_sym")
class AdamSearch(keras.optimizers.Optimizer):
    """AdamSearch; one step computes

        w <- w - lr * U
        U = v_hat / sqrt(s_hat)
        where
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

    rule_key = "2.1:294f24873897e00917016d52-4266a2 AdamSearch = none ~ v_hat / sqrt..."

    def __init__(self, learning_rate=1e-3, *, beta1=0.9, beta2=0.99, **kwargs):
        numbers_only(beta1=beta1, beta2=beta2)
        if not 0 <= beta1 < 1:
            raise ValueError(f"Invalid beta1: {beta1}, not in [0, 1)")
        if not 0 <= beta2 < 1:
            raise ValueError(f"Invalid beta2: {beta2}, not in [0, 1)")
        super().__init__(learning_rate, **kwargs)
        self.step_values = None
        self.stateless = False
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
        # In float64, which JAX has as an option only: where a variable is of it.
        kinds = [keras.config.floatx(), *(x.dtype for x in self._trainable_variables)]
        single = keras.backend.backend() == "jax" and "float64" not in kinds
        dtype = "float32" if single else "float64"
        step = ops.cast(self.iterations, dtype)
        numbers = self.settings
        numbers = {key: ops.convert_to_tensor(x, dtype) for key, x in numbers.items()}
        return scalars(step, **numbers)

    def apply(self, grads, trainable_variables=None):
        """Update the variables; the scalars of the step are computed once for all."""
        self.step_values = self.step_scalars()
        try:
            super().apply(grads, trainable_variables)
        finally:
            self.step_values = None

    def compiled(self):
        """Return whether steps are being compiled, where a number would be frozen."""
        try:
            ops.convert_to_numpy(self._iterations)
        except (NotImplementedError, TypeError):  # of TensorFlow and JAX
            return True
        return False

    def update_step(self, gradient, variable, learning_rate):
        """Update one variable."""
        changes = isinstance(learning_rate, keras.Variable)
        changes = changes or ops.is_tensor(learning_rate)
        if not changes and self.compiled():
            wrong = "not a number, where steps are compiled"
            raise TypeError(f"learning_rate() must return a variable, {wrong}")
        dtype = wider(variable.dtype)
        gradient = dense(gradient, variable)
        gradient, weight, lr = (
            ops.cast(x, dtype) for x in (gradient, variable, learning_rate)
        )
        values = self.step_values or self.step_scalars()
        values = [ops.cast(x, dtype) if ops.is_tensor(x) else x for x in values]
        slots = self.slots[self._get_variable_index(variable)]
        state = map(ops.convert_to_tensor, slots)
        change, *new = one_loop(variable, self._iterations)(
            gradient, weight, *state, lr, *values
        )
        bound = 2.0**1022 if dtype == "float64" else 2.0**126  # as values saturate
        moved = ops.cast(variable, dtype) + change
        self.assign(variable, ops.clip(moved, -bound, bound))
        for slot, value in zip(slots, new):
            self.assign(slot, value)

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        """Update all variables; on CPUs PyTorch takes small ones as one and large ones in parts."""
        known = isinstance(learning_rate, keras.Variable)
        known = known or ops.is_tensor(learning_rate)
        if known and keras.backend.backend() == "torch" and not self.stateless:
            pairs = self.joined(zip(grads, trainable_variables), learning_rate)
            grads, trainable_variables = zip(*pairs) if pairs else ([], [])
        super()._backend_update_step(grads, trainable_variables, learning_rate)

    def stateless_apply(self, *args, **kwargs):
        """Return new values of variables and states, which stay as they are."""
        self.stateless = True
        try:
            return super().stateless_apply(*args, **kwargs)
        finally:
            self.stateless = False

    def joined(self, pairs, learning_rate):
        """Update ordinary tensors of PyTorch; return the pairs that are left."""
        import torch

        pairs = list(pairs)
        homes = [home(variable.value) for _, variable in pairs]
        taken = {0: 2} | {home(gradient): 2 for gradient, _ in pairs}
        for own in homes:
            taken[own] = taken.get(own, 0) + 1
        groups, left = {}, []
        for (gradient, variable), own in zip(pairs, homes):
            shares = own and taken[own] > 1  # with another, or a gradient
            slots = self.slots[self._get_variable_index(variable)]
            if shares or not ordinary(gradient, variable):
                left.append((gradient, variable))
                continue
            row = [gradient, *(x.value for x in (variable, *slots))]
            key = variable.dtype
            groups.setdefault(key, []).append([x.detach().view(-1) for x in row])
        for dtype, rows in groups.items():
            lr = ops.cast(learning_rate, dtype)
            values = self.step_values or self.step_scalars()
            values = [ops.cast(x, dtype) if ops.is_tensor(x) else x for x in values]
            for part in parts(rows):
                with torch.no_grad():
                    one = [x[0] if len(x) == 1 else torch.cat(x) for x in part]
                    gradient, weight, *state = one
                    change, *new = update(gradient, weight, *state, lr, *values)
                    sizes = [len(x) for x in part[0]]
                    bound = 2.0**1022 if dtype == "float64" else 2.0**126
                    moved = torch.clamp(weight + change, -bound, bound)
                    torch._foreach_copy_(part[1], moved.split(sizes))
                    for old, value in zip(part[2:], new):
                        torch._foreach_copy_(old, value.split(sizes))
        return left

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
