"""The language: what can be said of an optimizer, and how it is written and read."""

# The tables fill the registry in the order of the paper; every other module of the language needs it full.
from nos_sym.language import leaves, elementwise, squashing, binary, stateful, operands  # noqa: F401, I001
