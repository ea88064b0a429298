"""Audits: whether two implementations are one optimizer, and where they part."""
