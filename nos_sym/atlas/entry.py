"""What the atlas has of an optimizer, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from nos_sym.atlas.census import AtlasError
from nos_sym.errors import quoted
from nos_sym.language.block import Block
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule, Schedule

LIFTED, UNVERIFIED, FAILED, BEYOND = "lifted", "not verified", "failed", "beyond the language"
"""What became of an optimizer: a rule that follows it, one that does not, or none."""


@dataclass(frozen=True, slots=True)
class StateOf:
    """A state: its name in the rule, the original's, and its kind in words."""

    name: str
    original: str
    kind: str


@dataclass(frozen=True, slots=True)
class Relative:
    """Another optimizer, measured beside this one at equal settings.

    Attributes:
        name: its qualified name.
        distance: largest difference of the weights, as a part of how far they move.
        step: after which the weights are apart for the first time, from 0.
        agree: settings at which both are proved to be one, as text; empty where none was found.
    """

    name: str
    distance: float
    step: int | None
    agree: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """An optimizer of the atlas.

    Attributes:
        name: qualified name, ``torch.optim.Adam``.
        library, version: the distribution that has it.
        arguments: what it was made with beside its defaults.
        status: one of :data:`LIFTED`, :data:`UNVERIFIED`, :data:`FAILED` and :data:`BEYOND`.
        reason: why there is no rule that follows it, one line; empty where there is one.
        rule: its text, on one line; empty where there is none.
        settings: names to defaults.
        states: in the order of the rule.
        bytes: of states for each parameter in float32, those as large as the weights.
        error: largest relative error of the rule beside its original; ``None`` where it was not run.
        bound: what is allowed, with the reason in ``because`` where that is more than rounding.
        steps: of that comparison.
        conditions: what the rule takes for granted of the code.
        special: whether the code has other ways, which the rule leaves out.
        key: of the rule at its defaults.
        family: number of its equivalence class, from 0 in the order of the atlas; ``None`` without a rule.
        same: others that are proved to be the same at equal settings.
        relatives: the nearest others, the nearest first.
        properties: what is proved of it, by short names.
    """

    name: str
    library: str
    version: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    status: str = LIFTED
    reason: str = ""
    rule: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)
    states: tuple[StateOf, ...] = ()
    bytes: float | None = None
    error: float | None = None
    bound: float | None = None
    because: str = ""
    steps: int | None = None
    conditions: tuple[str, ...] = ()
    special: bool = False
    key: str = ""
    family: int | None = None
    same: tuple[str, ...] = ()
    relatives: tuple[Relative, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Whether it is lifted as a whole: verified, and no special case of what the code does."""
        return self.status == LIFTED and not self.special

    def parsed(self) -> Rule | Block:
        """Return the rule.

        Raises:
            AtlasError: there is none.
        """
        rule = parse(self.rule) if self.rule else None
        if rule is None or isinstance(rule, Schedule):
            raise AtlasError(f"{self.name} has no rule in the atlas")
        return rule

    def to_json(self) -> dict[str, Any]:
        """Return the entry as data for JSON."""
        return asdict(self)


def entry_from_json(data: Mapping[str, Any]) -> Entry:
    """Return the entry of data.

    Raises:
        AtlasError: it is none.
    """
    try:
        return Entry(
            **{
                **data,
                "states": tuple(StateOf(**state) for state in data.get("states", ())),
                "conditions": tuple(data.get("conditions", ())),
                "same": tuple(data.get("same", ())),
                "relatives": tuple(Relative(**relative) for relative in data.get("relatives", ())),
            }
        )
    except (TypeError, AttributeError) as error:
        raise AtlasError(f"this is no entry of an atlas: {quoted(str(error), 80)}") from None
