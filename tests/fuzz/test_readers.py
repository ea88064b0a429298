"""Readers of the library and commands meet damaged input: a value or an error of one line, and no hang."""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

import pytest
from support.fuzzed_blocks import READERS as BLOCKS
from support.fuzzed_commands import READERS as COMMANDS
from support.fuzzed_readers import READERS, Reader, check
from support.fuzzed_tables import READERS as TABLES

SECONDS = float(os.environ.get("NOS_SYM_FUZZ_SECONDS", "120"))
"""Of a long run, for each reader."""

SEED = int(os.environ.get("NOS_SYM_FUZZ_SEED", "0"))

_EVERY = pytest.mark.parametrize(
    "reader", [*READERS, *BLOCKS, *TABLES, *COMMANDS], ids=lambda reader: reader.name
)


def one(reader: Reader, seed: int, folder: Path) -> None:
    """Read one input; a failure says which seed makes it again."""
    given = reader.make(random.Random(seed))
    try:
        check(reader, given, folder)
    except BaseException as error:
        error.add_note(f"seed {seed} of reader '{reader.name}': {given!r:.2000}")
        raise


@_EVERY
def test_damaged_input(reader: Reader, tmp_path: Path) -> None:
    for seed in range(25):
        one(reader, seed, tmp_path)


@pytest.mark.heavy
@_EVERY
def test_damaged_input_for_long(reader: Reader, tmp_path: Path) -> None:
    end = time.monotonic() + SECONDS
    seed = (SEED + 1) << 32
    while time.monotonic() < end:
        one(reader, seed, tmp_path)
        seed += 1
