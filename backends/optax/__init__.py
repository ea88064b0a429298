"""The optax backend: rendered files make gradient transformations and schedules for JAX."""

from nos_sym.backends.optax import spellings  # noqa: F401 - how it writes the operations
