"""The optax backend: rendered files make gradient transformations and schedules for JAX."""
