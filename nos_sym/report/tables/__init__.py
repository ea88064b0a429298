"""The tables of the paper in LaTeX, from registry, catalog and files of results, and tables of a run."""
