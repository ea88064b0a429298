"""Expressions up to what is proved about them: canonical forms, keys, levels of equality, counterexamples."""
