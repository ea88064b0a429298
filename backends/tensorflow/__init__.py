"""TensorFlow: a Keras 3 ``Optimizer`` subclass, or a ``LearningRateSchedule``."""

from nos_sym.backends.tensorflow import spellings  # noqa: F401 - how it writes the operations
