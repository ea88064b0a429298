"""PyTorch: a ``torch.optim.Optimizer`` subclass, or a ``LambdaLR`` factory for a schedule."""

from nos_sym.backends.torch import spellings  # noqa: F401 - how it writes the operations
