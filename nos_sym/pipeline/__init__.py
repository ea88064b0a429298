"""The whole of the paper as one sequence: searches, eliminations, transfer experiments, tables and figures.

Source: Morgan and Hougen 2024, Sections 3.5 to 3.7 and Appendices B and C.
"""
