"""Transfer experiments: optimizers that were found are trained on other data and larger networks.

Source: Morgan and Hougen 2024, Appendices B and C.
"""
