"""Published optimizers as blocks, each with the class or function of a library that computes the same.

The texts are those that readers would write: the states first, the statements in the order of the papers.
"""

from support.published.of_all_parameters import OF_ALL
from support.published.of_optax import OPTAX
from support.published.of_pytorch_optimizer import PYTORCH_OPTIMIZER
from support.published.of_torch import TORCH
from support.published.record import Published

__all__ = ["OF_ALL", "OPTAX", "PUBLISHED", "PYTORCH_OPTIMIZER", "TORCH", "Published"]

PUBLISHED = (*TORCH, *OPTAX, *PYTORCH_OPTIMIZER, *OF_ALL)
