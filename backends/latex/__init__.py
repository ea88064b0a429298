"""LaTeX: rules as displays of equations."""

from nos_sym.backends.latex import forms  # noqa: F401 - how it writes the operations
