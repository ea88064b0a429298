"""Figures of rules and runs: what is plotted as data, and one drawing of it.

- :mod:`~nos_sym.report.figures.model`: panels of lines, clouds of points, and surfaces;
- :mod:`~nos_sym.report.figures.schedules`, ``responses``, ``trajectories``: what is computed for them;
- :mod:`~nos_sym.report.figures.paper`: the figures of the paper;
- :mod:`~nos_sym.report.figures.runs`: those of a store, of which ``history`` has what happened when;
- :mod:`~nos_sym.report.figures.drawing`: PDF, SVG and PNG by Matplotlib.
"""
