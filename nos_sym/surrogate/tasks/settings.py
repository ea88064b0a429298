"""The settings of the tasks of the package, with defaults that train within seconds on one core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nos_sym.search.records import check_domains
from nos_sym.surrogate.protocol import expect
from nos_sym.surrogate.tasks.budget import Budget


@dataclass(frozen=True)
class TabularSettings(Budget):
    """A perceptron with hidden layers on rows of numbers.

    Attributes:
        data: ``friedman``, the first function of Friedman (1991) with noise, made here; ``diabetes``, the 442
            patients of Efron et al. (2004), which come with scikit-learn.
        hidden: neurons of a hidden layer.
        layers: hidden layers.
    """

    task: str = "tabular"
    data: Literal["friedman", "diabetes"] = "friedman"
    hidden: int = 32
    layers: int = 2

    def __post_init__(self) -> None:
        super().__post_init__()
        check_domains(self, {"hidden": (1, 65_536), "layers": (1, 100)})


@dataclass(frozen=True)
class CharLMSettings(Budget):
    """A small Transformer that predicts the next character of sentences of a grammar.

    Attributes:
        context: characters that it sees at most.
        width: of its vectors.
        heads: of attention; ``width`` is a multiple of them.
        blocks: attention and perceptron, one after the other.
    """

    task: str = "charlm"
    batch: int = 16
    first_score: float = 0.05
    probe_score: float = 0.05
    second_score: float = 0.1
    context: int = 32
    width: int = 32
    heads: int = 2
    blocks: int = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        check_domains(self, {"context": (2, 1024), "width": (1, 4096), "heads": (1, 256), "blocks": (1, 100)})
        expect(self, "heads", self.width % self.heads == 0, "a divisor of 'width'")


@dataclass(frozen=True)
class QuadraticSettings(Budget):
    """An ill-conditioned quadratic function with noise on its gradients.

    Attributes:
        dimensions: number of weights.
        condition: largest curvature, the smallest being 1; logarithms of the others lie evenly between.
        noise: standard deviation of the noise on a gradient of one example, relative to the root mean square
            of the gradient at the start.
        rotated: whether the axes of the function are not those of the weights.
        decades: powers of ten by which the function falls to the score 1.
    """

    task: str = "quadratic"
    first_score: float = 0.05
    probe_score: float = 0.05
    second_score: float = 0.08
    dimensions: int = 32
    condition: float = 1000.0
    noise: float = 0.1
    rotated: bool = True
    decades: float = 6.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_domains(
            self,
            {"dimensions": (1, 4096), "condition": (1.0, 1e12), "noise": (0.0, 1e6), "decades": (0.1, 30.0)},
        )
