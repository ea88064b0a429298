"""From a rule to a small program, and what the program means: lowering, ranges and the interpreter."""
