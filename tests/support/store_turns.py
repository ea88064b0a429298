"""Processes that write and read one store side by side; a module that they import in no time."""

from __future__ import annotations

import time
from pathlib import Path

from nos_sym.search.results import Evaluated
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store


def add(store: Store, run: int, child: int) -> None:
    slot = Slot(Stage.CHILD, child=child)
    store.add(run, evaluation_at(slot, task="t", text="none ~ g", result=Evaluated(0.5)))


def write_in_turn(path: Path, first: int, rounds: int) -> None:
    """Open, add one evaluation and close, again and again; wait while another one writes."""
    for number in range(first, first + rounds):
        while True:
            try:
                with Store.open(path) as store:
                    add(store, 1, number)
                break
            except StoreError as error:
                assert "is in use by another process" in str(error), error
                time.sleep(0.001)


def read_again_and_again(path: Path, until: int) -> None:
    """Read all evaluations until there are so many; none that was seen may go."""
    seen: set[int] = set()
    while len(seen) < until:
        with Store.read(path) as store:
            found = {e.id for e in store.evaluations()}
        assert seen <= found, (seen, found)
        seen = found
