"""What an audit finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sympy.core.numbers import Rational

from nos_sym.algebra.levels import Level
from nos_sym.algebra.verdicts import Equal
from nos_sym.auditing.distance import Distance
from nos_sym.auditing.families import Agreement, Families, Variable
from nos_sym.auditing.matching import Matching
from nos_sym.auditing.parting import Parting
from nos_sym.auditing.side import Side
from nos_sym.auditing.state_parting import StateParting
from nos_sym.auditing.states import States

if TYPE_CHECKING:
    from nos_sym.proof.format import Proof

EQUAL, DIFFERENT, UNKNOWN = "equal", "different", "unknown"


@dataclass(frozen=True, slots=True)
class Audit:
    """Two optimizers compared.

    The question is whether they are one at equal settings: what both have is given the default of the first,
    then that of the second; what one alone has is at its own. Different defaults are no difference of the
    rules, and are said.

    Attributes:
        first, second: the two sides.
        matching: their settings.
        families: their rules over all settings.
        rules: ``equal``, ``different`` or ``unknown``, of the rules and the question, or with ``for_all`` of
            all settings.
        for_all: whether the question was about all values of the settings.
        at_own_defaults: the same verdict about the rules with each side at its own defaults.
        equal: what proves equality at the defaults of the first; ``None`` where they are not proved equal
            there.
        proof: a proof of it that the checker has replayed; ``None`` where none was found or searched.
        agreement: settings at which the two are proved equal, as few of them fixed as was found.
        parting: where they part: at equal settings, or if they are equal there at another value of a setting.
        up_to: the level at which they are proved equal where they are not at level exact.
        distance: how far they are apart, a measurement; ``None`` where the verdict is ``equal`` or an
            operation does not say what it computes.
        close_at: special values of settings at which no history of the measurement tells them apart, where no
            agreement is proved.
        states: what the states of the one are of those of the other.
        first_apart: the first state that parts where the weights do, or the weights where no state does; of
            two that are equal, a state that parts all the same.
        code: whether the code of either side that was lifted goes where its rule does on the history of the
            parting; ``None`` where it was not run along it.
    """

    first: Side
    second: Side
    matching: Matching
    families: Families
    rules: str
    for_all: bool
    at_own_defaults: str
    equal: Equal | None = None
    proof: Proof | None = None
    agreement: Agreement | None = None
    parting: Parting | None = None
    up_to: Level | None = None
    distance: Distance | None = None
    close_at: tuple[tuple[Variable, Rational], ...] = ()
    states: States = field(default_factory=States)
    first_apart: StateParting | None = None
    code: tuple[bool | None, bool | None] = (None, None)

    @property
    def verdict(self) -> str:
        """The verdict of the two: ``equal``, ``different`` or ``unknown``.

        It is that of the rules, save where a rule says too little of the code that it was lifted from: of a
        special case nothing is proved equal, and no code differs by what it does not do.
        """
        if (self.rules == EQUAL and self.special) or (self.rules == DIFFERENT and False in self.code):
            return UNKNOWN
        return self.rules

    @property
    def special(self) -> bool:
        """Whether a rule leaves out ways of the code that it was lifted from."""
        return self.first.special or self.second.special

    @property
    def conditional(self) -> str:
        """The sides whose rules take something for granted of their code: ``A``, ``A and B``, or none."""
        named = (("A", self.first), ("B", self.second))
        return " and ".join(letter for letter, side in named if side.conditions)

    def __bool__(self) -> bool:
        """Whether equality is proved."""
        return self.verdict == EQUAL

    def __str__(self) -> str:
        from nos_sym.auditing.text import lines_of

        return "\n".join(lines_of(self))

    def markdown(self) -> str:
        """Return the audit as Markdown that can be pasted into an issue of a library."""
        from nos_sym.auditing.markdown import markdown_of

        return markdown_of(self)

    def to_json(self) -> dict[str, object]:
        """Return the audit as data for JSON."""
        from nos_sym.auditing.record import record_of

        return record_of(self)
