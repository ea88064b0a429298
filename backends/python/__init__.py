"""Python's own operators and functions: how a host computes the scalars of a step."""

from nos_sym.backends.python import spellings  # noqa: F401 - how it writes the operations
