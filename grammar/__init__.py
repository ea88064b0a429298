"""The Lark grammars, as data files: the project's own syntax and the syntax of the authors' log."""
