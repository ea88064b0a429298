"""The Keras backend: rendered files use ``keras.ops`` and run on every backend of Keras 3."""

from nos_sym.backends.keras import spellings  # noqa: F401 - how it writes the operations
