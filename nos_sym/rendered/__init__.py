"""Modules that hold rendered optimizers, printed when they are imported; see :func:`nos_sym.optimizer`.

The name of a module says which rule it holds, for which backend, and which version of nos-sym prints it. So
what comes from it is pickled as from any other module, by its name, and is there in every process that has
this package, also in one that has no cache.
"""

from nos_sym.rendered.importing import install

install()
