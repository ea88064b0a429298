"""PyTorch: a ``torch.optim.Optimizer`` subclass, or a ``LambdaLR`` factory for a schedule."""
