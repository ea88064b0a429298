"""Genomes: optimizers as graphs with active and inactive nodes, which a search samples and mutates."""
