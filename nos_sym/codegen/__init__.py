"""From a rule to a small program, and from the program to source."""
