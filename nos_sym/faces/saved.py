"""How a library's state dict differs from a file's, as data of a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from nos_sym.errors import CatalogError

if TYPE_CHECKING:
    from nos_sym.faces.face import Default


@dataclass(frozen=True, slots=True)
class Saved:
    """What a library saves otherwise than a file, which has every state of the entry for each parameter.

    States have the library's names.

    Attributes:
        group: states that are numbers of the parameter group, each with its value before the first step: a
            number, the option that has it, or ``None`` for a tensor that is not there before.
        count: key, beside the states of the parameters, under which the steps of all of them are counted.
        begins: the count before the first step.
        steps: states that are no more than that count from 0.
        keyed: dictionaries in the place of some states: the option whose values are the keys, and the states.
        made: states that are in no state dict: the value of an option when its group was made.
        matrices: states of parameters of two axes and more alone.
        others: states of the other parameters alone, and the name under which they have them.
        without: states that parameters of a number of axes do not have, and that number.
        late: states that the original makes later or not at all, and that are zero until then; ``step`` is
            one there, for what has a state has made a step.
        written: options that the original keeps resolved, with the items of the list that it has then.
        extra: states that the original keeps to look at, or that do nothing here.
        axes: the most axes of a parameter, where the original has other states for those of more.
        largest: the setting with the least side from which on the original pairs the two largest axes of a
            parameter, where the entry pairs the last two; parameters for which these are others are refused.
        averaged: the state from which, and the option by whose first element, ``eval`` and ``train`` move
            the weights to their averages and back; empty where the original has no such methods.
    """

    group: Mapping[str, Default] = field(default_factory=dict)
    count: str = ""
    begins: int = 0
    steps: tuple[str, ...] = ()
    keyed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    made: Mapping[str, str] = field(default_factory=dict)
    matrices: tuple[str, ...] = ()
    others: Mapping[str, str] = field(default_factory=dict)
    without: Mapping[str, int] = field(default_factory=dict)
    late: tuple[str, ...] = ()
    written: Mapping[str, tuple[Default, ...]] = field(default_factory=dict)
    averaged: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()
    axes: int = 0
    largest: str = ""

    @property
    def names(self) -> frozenset[str]:
        """The states that it speaks of."""
        keyed = [name for _, *names in self.keyed.values() for name in names]
        found = {
            *self.group,
            *self.steps,
            *self.made,
            *self.matrices,
            *self.others,
            *self.averaged[:1],
            *self.late,
            *keyed,
        }
        return frozenset(found - {"step"})


def saved_of(table: Mapping[str, Any], where: str) -> Saved:
    """Return what a table ``saved`` of a face says; texts that stand for values have been read already.

    Raises:
        CatalogError: it says something else.
    """
    if rest := set(table) - {f.name for f in fields(Saved)}:
        raise CatalogError(f"{where}: what is {sorted(rest)} in saved?")
    found = dict(table)
    for key in {"steps", "matrices", "late", "averaged", "extra"} & set(found):
        found[key] = tuple(found[key])
    if "keyed" in found:
        found["keyed"] = {name: tuple(x) for name, x in found["keyed"].items()}
    return Saved(**found)
