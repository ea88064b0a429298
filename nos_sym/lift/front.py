"""What the front end of a framework gives: paths, and what is needed to write and to check the rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nos_sym.intervals.interval import Interval
from nos_sym.lift.arguments import Arguments
from nos_sym.lift.facts import Facts
from nos_sym.lift.lifted import Condition
from nos_sym.lift.path import Path
from nos_sym.lift.term import Term


@dataclass(frozen=True, slots=True)
class Front:
    """What was read off an original at one draw of its settings.

    Attributes:
        paths: of each number of axes that it takes.
        arguments: with the settings that are numbers of the rule; others are fixed.
        values: of the settings at this draw.
        facts: what is known of settings.
        domains: of settings, where the original refuses other values.
        states: names of the rule's states to those of the original.
        hints: what the original calls values.
        conditions: what the rule takes for granted.
    """

    paths: Sequence[Path]
    arguments: Arguments
    values: Mapping[str, float]
    facts: Facts
    domains: Mapping[str, Interval] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[Term, str] = field(default_factory=dict)
    conditions: tuple[Condition, ...] = ()
