"""What a search chooses among: algorithms, what counts as the same optimizer, and what is counted."""

from __future__ import annotations

from enum import Enum

from nos_sym.algebra.levels import Level


class Algorithm(Enum):
    """How candidates are proposed.

    particles: the particle algorithm of the paper. random: every candidate is sampled anew. regularized:
    regularized evolution (Real et al. 2019), a population from which the oldest member is removed.
    """

    PARTICLES = "particles"
    RANDOM = "random"
    REGULARIZED = "regularized"


class Dedup(Enum):
    """Which optimizers count as the same: those that are equal at a level, or ``off``.

    With ``off`` only texts are compared, and only within one particle, as in the authors' script.
    """

    EXACT = "exact"
    SIGN = "sign"
    SCALE = "scale"
    SCHEDULE = "schedule"
    FLOAT32 = "float32"
    OFF = "off"

    @property
    def level(self) -> Level | None:
        """Level of equality; ``None`` for ``off``."""
        return None if self is Dedup.OFF else Level(self.value)


class Counted(Enum):
    """What ``evaluations`` counts.

    trainings: candidates that are trained. slots: slots of random search and regularized evolution that are
    filled, by trainings or by the archive; runs of before have this meaning, and go on with it.
    """

    TRAININGS = "trainings"
    SLOTS = "slots"


ALGORITHM_NAMES = tuple(algorithm.value for algorithm in Algorithm)
"""Names of the algorithms of nos-sym."""
