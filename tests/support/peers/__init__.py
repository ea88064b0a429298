"""Optimizers of libraries beside the rules of the catalog: what originals compute, and what rules do."""

from support.peers.draws import Draw, draws_of
from support.peers.originals import OtherBackendError, casts_taken_out, original_of, run_original
from support.peers.problem import CHECKED, RATE, SHAPES, STEPS, problem, shapes_of
from support.peers.recordings import Recording, recordings_of
from support.peers.rules import run_rule

__all__ = [
    "CHECKED", "Draw", "OtherBackendError", "RATE", "Recording", "SHAPES", "STEPS", "casts_taken_out",
    "draws_of", "original_of", "problem", "recordings_of", "run_original", "run_rule", "shapes_of",
]  # fmt: skip
