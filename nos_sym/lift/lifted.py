"""What lifting gives: a rule, how well it follows the original, and under which conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nos_sym.errors import NosSymError
from nos_sym.language.block import Block


class LiftError(NosSymError):
    """An original that cannot be lifted: the operation or branch that stopped it, and its place."""


@dataclass(frozen=True, slots=True)
class Condition:
    """What was true of the runs that a rule was read from, and is no part of the rule.

    Attributes:
        text: the condition in the language where it can be written, else in words.
        place: file and line of the original.
        special: whether the code has other ways that the rule leaves out, so that it is a special case of it.
    """

    text: str
    place: str
    special: bool = False


@dataclass(frozen=True, slots=True)
class Verification:
    """A rule run beside its original in float64.

    Attributes:
        steps: how many.
        shapes: of the weights.
        error: largest relative difference of the weights over all steps and shapes.
        bound: what is allowed.
        because: why that is more than 1e-9, empty where it is not.
        plain: steps of one parameter that were run one by one besides, as far as what counts them was looked
            for; 0 where none were.
    """

    steps: int
    shapes: tuple[tuple[int, ...], ...]
    error: float
    bound: float = 1e-9
    because: str = ""
    plain: int = 0

    @property
    def verified(self) -> bool:
        """Whether the rule follows the original; an error that is no number does not."""
        return self.error <= self.bound


@dataclass(frozen=True, slots=True)
class Lifted:
    """A rule that was read off an original.

    Attributes:
        rule: in the language, with settings under the original's names.
        original: qualified name, ``torch.optim.AdamW``.
        library: distribution that has it, or the file.
        version: of the library; empty for a file.
        arguments: the values that it was made with, by name; settings of the rule have them as defaults.
        states: each state of the rule with the original's own name of it.
        conditions: what the rule takes for granted.
        verification: how well it follows the original.
        rate: the learning rate that the original has where none is given; ``None`` where it has to be given.
    """

    rule: Block
    original: str
    library: str
    version: str
    arguments: Mapping[str, object]
    states: Mapping[str, str]
    verification: Verification
    conditions: tuple[Condition, ...] = field(default=())
    rate: float | None = None
