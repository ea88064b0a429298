"""Figures of rules: what is plotted as data, and one drawing of it.

- :mod:`~nos_sym.report.figures.model`: panels of lines, and surfaces;
- :mod:`~nos_sym.report.figures.schedules`, ``responses``, ``trajectories``: what is computed for them;
- :mod:`~nos_sym.report.figures.paper`: the figures of the paper;
- :mod:`~nos_sym.report.figures.drawing`: PDF, SVG and PNG by Matplotlib.
"""
