"""Evaluations that get another slot of their run, when one that comes before theirs has the same text."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from nos_sym.search.slots import Slot


class MovesEvaluations(ABC):
    """The part of a store that gives evaluations to other slots."""

    def move_evaluation(self, evaluation: int, slot: Slot, genome: Mapping[str, Any] | None) -> None:
        """Give an evaluation to another slot of its run, whose optimizer has the same text."""
        data = None if genome is None else json.dumps(genome)
        row = (str(slot), slot.stage.value, slot.particle, slot.time_step, slot.child, data, evaluation)
        self._write(
            "UPDATE evaluations SET place = ?, stage = ?, particle = ?, time_step = ?, child = ?, genome = ? "
            "WHERE id = ?",
            row,
        )

    @abstractmethod
    def _write(self, statement: str, row: tuple[Any, ...]) -> int:
        """Run a statement that writes."""
