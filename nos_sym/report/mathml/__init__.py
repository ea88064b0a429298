"""Equations for pages: MathML, made from the LaTeX of :mod:`nos_sym.backends.latex` by ``latex2mathml``."""
