"""The syntax of the authors' log: its forms, its parser and its printer."""

from nos_sym.language.authors import table  # noqa: F401 - what the log can say
