"""Paths of the settings of a search and of an elimination, for completion, which imports neither.

Their owners are the records of :mod:`nos_sym.search`; ``tests/cli/test_offers.py`` compares them.
"""

from __future__ import annotations

_SEARCH = (
    "seed", "algorithm", "particles", "initial_factor", "initial", "evaluate_particles", "time_steps",
    "mutations", "barriers", "failures", "move_to_failed", "redraws", "repeats", "candidates_per_program",
    "dedup", "almost",
    "evaluations", "counted", "population", "sample", "batch", "same_failures", "confirm", "references",
    "tune", "trainer", "template", "operations.add", "operations.remove",
)  # fmt: skip
_GENOME = (
    "hidden_nodes", "hidden_unary", "output_unary", "identity", "operand", "decay", "inverted_output_decay",
    "decay_hidden_nodes",
    "decay_unary", "decay_takes_hidden", "decay_steps", "check_mutated_decays", "mutate_operation",
    "mutate_connection", "mutate_arity", "mutate_momentum", "mutate_decay", "swap", "delete_decay",
    "decay_mutate_operation", "decay_mutate_connection", "decay_mutate_arity", "all_binary_in_decays",
    "ordered_output",
    "dormant_operations", "decays_of_pairs", "output_keeps_hidden", "uniform_sources", "either_side",
    "only_decays",
)  # fmt: skip
_INTEGRITY = ("steps", "warmup", "learning_rates", "threshold", "start", "target", "seed")
_TRAINING = (
    "data", "folder", "base", "steps", "batch", "warmup", "hold", "momentum_high", "momentum_low", "dropout",
    "norm_momentum", "epoch_steps", "augment", "scaling", "scaled_by", "shuffle",
    "learning_rates", "first_steps", "first_accuracy", "first_epoch_steps", "first_judged", "first_cut_after",
    "first_cut_accuracy",
    "probes", "probe_accuracy", "second_after", "second_accuracy", "precision", "device", "mode",
    "channels_last", "threads", "split", "halving", "curve_steps", "curve_accuracies", "capture",
    "check_every",
)  # fmt: skip


def _below(table: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{table}.{name}" for name in names)


SEARCH_SETTINGS = (
    *_SEARCH,
    *_below("genome", _GENOME),
    *_below("integrity", _INTEGRITY),
    *_below("training", ("task", *_TRAINING)),
    *_below("initial_training", ("task", *_TRAINING)),
)
"""Settings of a search with PyTorch; owner: :class:`nos_sym.search.settings.SearchSettings`.

The task of a training says of which class its settings are, and is read before them.
"""

ELIMINATION_SETTINGS = (
    *("candidates", "level", "seed", "trainer", *_below("training", _TRAINING)),
    *_below("pool", ("pick", "apart")),
    *_below("second", ("time_steps", "mutations", "repeats", "keep")),
    "final.report",
)
"""Those of an elimination; owner: :class:`nos_sym.search.protocols.elimination_settings.EliminationSettings`.

Those of several runs: :class:`nos_sym.search.protocols.pool_settings.PooledSettings`.

Its stages are tables of a file.
"""

_PROTOCOL = (
    "kind", "name", "rates", "share", "share_scheduled", "refine", "repeats", "seed",
)  # fmt: skip
_IMAGES = (
    "task", "model", "data", "pretrained", "width", "side", "resized", "interpolation", "dropout",
    "augmentation", "magnitude", "first_magnitude", "steps", "stop", "warmup", "hold", "batch",
    "learning_rate", "held_out", "scored", "reported", "epoch_steps", "weight_decay", "precision", "device",
    "threads", "check_archives",
)  # fmt: skip
_TEXT = (
    "task", "model", "data", "embedding", "hidden", "layers", "dropout_words", "dropout_inputs",
    "dropout_hidden", "dropout_outputs", "dropout_recurrent", "activation", "temporal", "clip",
    "weight_decay", "sequence", "steps", "stop", "warmup", "hold", "batch", "learning_rate", "scored",
    "reported", "epoch_steps", "precision", "device", "threads", "check_archives",
)  # fmt: skip

IMAGE_TRANSFER = (*_PROTOCOL, *_below("training", _IMAGES))
"""Settings of a transfer experiment on images; owner: :class:`nos_sym.transfer.experiment.Protocol`."""

TEXT_TRANSFER = (*_PROTOCOL, *_below("training", _TEXT))
"""Those of one on text."""
