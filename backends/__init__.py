"""Backends: one folder per target, each a thin printer and its templates."""
