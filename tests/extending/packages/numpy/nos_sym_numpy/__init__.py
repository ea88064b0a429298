"""A backend for nos-sym that writes plain NumPy functions: a folder of its own is all that it needs."""

from nos_sym_numpy import spellings  # noqa: F401 - how it writes the operations
