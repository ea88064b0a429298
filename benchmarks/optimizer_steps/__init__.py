"""What takes part in the benchmark of optimizer steps, how it is timed, and what is reported."""
