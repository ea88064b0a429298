"""Tuning: the constants of optimizers that a search found, by CMA-ES, as new optimizers of the store."""
