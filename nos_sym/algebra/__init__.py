"""What can be proved about expressions: ranges, and where a guard is needed."""
