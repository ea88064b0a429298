"""Judges of equality that share nothing with the algebra, and pairs of rules that they are asked about."""
