"""All checks, in the order of the report."""

from __future__ import annotations

from nos_sym.conform import arguments, checkpoints, kinds, modes, parameters, steps
from nos_sym.conform.check import Check

CHECKS: tuple[Check, ...] = (
    *arguments.CHECKS,
    *steps.CHECKS,
    *parameters.CHECKS,
    *checkpoints.CHECKS,
    *kinds.CHECKS,
    *modes.CHECKS,
)
