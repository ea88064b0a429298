"""TensorFlow: a Keras 3 ``Optimizer`` subclass, or a ``LearningRateSchedule``."""
