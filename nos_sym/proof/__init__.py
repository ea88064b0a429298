"""Proofs of equality that something else can check: the text of a proof, a checker, and a search."""
