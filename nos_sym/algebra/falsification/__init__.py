"""What tells two rules apart: samples, counterexamples proved by intervals, float32 runs."""
