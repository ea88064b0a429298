"""CMA-ES: a population that moves where the best of it are, and restarts where it stands still.

Source: Hansen and Ostermeier 2001, *Completely derandomized self-adaptation in evolution strategies*;
restarts with twice the population Auger and Hansen 2005. The implementation is the package ``cma``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from nos_sym.search.errors import SearchError
from nos_sym.search.tuning.constants import REACH


def expect_cma() -> Any:
    """Import the package ``cma``.

    Raises:
        SearchError: it is not installed.
    """
    try:
        return import_module("cma")
    except ImportError:
        raise SearchError(
            "tuning needs the package cma, which is not installed; pip install 'nos-sym[tune]'"
        ) from None


class Strategy:
    """An evolution strategy on coordinates, which begins where all of them are 0.

    Its random numbers are those of its generator alone: no state of NumPy is read or changed, and no file.

    Args:
        dimension: number of coordinates.
        spread: standard deviation of the first population.
        population: its size; 0 for ``4 + 3 log(dimension)``.
        rng: generator of all random numbers.
    """

    def __init__(self, dimension: int, spread: float, population: int, rng: np.random.Generator) -> None:
        self._cma = expect_cma()
        self._dimension = dimension
        self._spread = spread
        self._rng = rng
        self.population = population or 4 + int(3 * math.log(dimension))
        self._made = self._begin()

    def ask(self, count: int) -> list[tuple[float, ...]]:
        """Return the next points, of a whole population or of fewer."""
        return [tuple(map(float, point)) for point in self._made.ask(number=count)]

    def tell(self, points: Sequence[tuple[float, ...]], fitness: Sequence[float | None]) -> None:
        """Learn from the fitness of a whole population; what has none is worse than all that have one."""
        known = [value for value in fitness if value is not None and math.isfinite(value)]
        worst = min(known, default=0.0) - 1
        # The strategy goes by ranks, and looks for the smallest.
        losses = [-(worst if f is None or not math.isfinite(f) else f) for f in fitness]
        self._made.tell([np.array(point) for point in points], losses)
        if self._made.stop():
            self.population *= 2
            self._made = self._begin()

    def _begin(self) -> Any:
        options = {
            # No seed: random numbers come from the generator, and the state of NumPy stays as it is.
            "seed": math.nan,
            "randn": lambda *size: self._rng.standard_normal(size),
            "popsize": self.population,
            "bounds": [-REACH, REACH],
            # Else a file of this name in the working directory would change the options.
            "signals_filename": "",
            "verbose": -9,
        }
        return self._cma.CMAEvolutionStrategy(np.zeros(self._dimension), self._spread, options)
