"""Whether an optimizer of PyTorch keeps what PyTorch's own optimizers keep, check by check.

The checks are those that the tests of rendered files run, over the cases of PyTorch's own records of
optimizers. Each runs in a process of its own, with a limit of time, so that one that crashes or hangs is one
line of the report.
"""
