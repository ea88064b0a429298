"""Reading rules that may apply those of the catalog: what ``nos_sym.parse`` and the commands read by."""

from __future__ import annotations

from nos_sym.catalog import LIBRARY
from nos_sym.language import parser
from nos_sym.language.block import Block
from nos_sym.language.rule import Rule, Schedule


def parse(text: str) -> Rule | Block:
    """Read one rule, for example ``"none ~ tanh(g)"`` or ``"Opt = nesterov ~ v_hat / sqrt(s_hat)"``.

    A rule of the catalog is applied as a function of what stands in place of its gradient, with settings by
    name: ``"none ~ Adam(clip_norm(g))"`` is Adam of clipped gradients.

    Raises:
        SourceError: what was wrong, where, what was expected and what to do, in one line.
    """
    return parser.parse(text, LIBRARY)


def parse_file(text: str) -> list[Rule | Block | Schedule]:
    """Read every rule and schedule of a text, in order; names must differ.

    A rule may apply those above it in the text, and those of the catalog.

    Raises:
        SourceError: also for a text without any rule.
    """
    return parser.parse_file(text, LIBRARY)
