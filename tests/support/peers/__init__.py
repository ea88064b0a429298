"""Optimizers of libraries beside the rules of the catalog: what originals compute, and what rules do."""

from support.peers.draws import Draw, draws_of
from support.peers.originals import (
    OtherBackendError,
    casts_taken_out,
    original_of,
    run_original,
    run_original_deep,
)
from support.peers.problem import CHECKED, DEEP, RATE, SHAPES, STEPS, problem, shapes_of
from support.peers.recordings import Recording, deep_recording_of, recordings_of
from support.peers.rules import deep_shapes_at, run_rule, run_rule_deep

__all__ = [
    "CHECKED", "DEEP", "Draw", "OtherBackendError", "RATE", "Recording", "SHAPES", "STEPS", "casts_taken_out",
    "deep_recording_of", "deep_shapes_at", "draws_of", "original_of", "problem", "recordings_of",
    "run_original", "run_original_deep", "run_rule", "run_rule_deep", "shapes_of",
]  # fmt: skip
