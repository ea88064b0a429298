"""The operations of the language, a module for each family; a plug-in package adds its own the same way."""

from nos_sym.errors import loaded_once

with loaded_once("the import of the operations"):
    # The tables fill the registry in the order of the paper, then comes what blocks add.
    from nos_sym.operations import leaves, schedules, elementwise, squashing, binary, stateful, operands  # noqa: F401, I001
    from nos_sym.operations import conditions, counts, reductions, matrices  # noqa: F401
