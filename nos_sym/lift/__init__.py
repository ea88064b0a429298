"""Rules from code: an optimizer is run for a few steps, and what it computes is read off as a rule.

An original's operations are mirrored in :class:`~nos_sym.lift.term.Term` while they run, by a front end for
each framework. One run is a :class:`~nos_sym.lift.path.Path`: the decisions that the code took, and what
the weight and the states became. Paths are joined into one rule of the language, and the rule is run
against the original.
"""

from __future__ import annotations

from nos_sym.lift.lifted import Condition, Lifted, LiftError, Verification

__all__ = ["Condition", "LiftError", "Lifted", "Verification"]
