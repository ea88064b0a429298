"""The language: what can be said of an optimizer, and how it is written and read."""

import nos_sym.operations  # noqa: F401 - every module of the language needs the registry full
