"""How long a page of a store takes: to be written, to be opened by Chromium, and how large it is.

    python benchmarks/report_page.py                      # 10,000 evaluations of random optimizers
    python benchmarks/report_page.py --evaluations 500

The store has a search of particles on a task without training: random genomes of the paper's search space,
fitness by chance, a quarter without any. The page is written twice, the second time as ``--watch`` does where
one more evaluation has ended; seconds are of the processor.

Opening is the time from the start of the navigation until the table is there, the median of five in a new tab
each.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from nos_sym.algebra.canonical import key_of
from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.report.page.collect import Memory, collect
from nos_sym.report.page.html import page_of
from nos_sym.search.results import Evaluated, Rejected
from nos_sym.search.settings import preset
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store

PARTICLES, STEPS = 50, 20
SETTINGS = preset("paper")


def fill(path: Path, evaluations: int) -> None:
    """Write a store of so many evaluations."""
    rng = np.random.default_rng(0)
    children = -(-evaluations // (PARTICLES * STEPS))
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", '{"dedup": "exact"}', 0).id
        with store.transaction():
            for number in range(evaluations):
                add(store, run, number, children, rng)
        store.finish_run(run, {})


def add(store: Store, run: int, number: int, children: int, rng: np.random.Generator) -> None:
    """Add one evaluation of a random optimizer, and the move of a particle where its time-step ends."""
    step, rest = divmod(number, PARTICLES * children)
    particle, child = divmod(rest, children)
    rule = decode(sample(rng, SETTINGS.genome, SETTINGS.operations.space()))
    key, fitness = key_of(rule), float(rng.beta(8, 2))
    failed = rng.random() < 0.25
    result = Rejected("no learning rate reached 25 %", 12.5) if failed else Evaluated(fitness, 0.1, 99.5)
    slot = Slot(Stage.CHILD, particle, step, child)
    values = {"text": str(rule), "rule": rule.to_json(), "key": key, "seed": 0}
    added = store.add(run, evaluation_at(slot, task="benchmark", result=result, **values))
    if child == 0:
        store.add_move(run, particle, step, str(rule), key, fitness, added)


def opened(file: Path, times: int = 5) -> list[float]:
    """Return how many milliseconds Chromium needs until the page is ready, each time in a new tab."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        found = []
        for _ in range(times):
            tab = browser.new_page()
            tab.goto(file.as_uri())
            found.append(float(tab.evaluate("document.documentElement.dataset.ready")))
            tab.close()
        browser.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--evaluations", type=int, default=10_000, help="evaluations of the store")
    parser.add_argument("--keep", type=Path, help="a folder for the store and the page")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        store, file = folder / "benchmark.db", folder / "benchmark.html"
        if not store.exists():
            fill(store, options.evaluations)
        memory = Memory()
        for name in ("first", "again"):
            began = time.process_time()
            made = collect(store, memory=memory)
            read = time.process_time()
            file.write_text(page_of(made), encoding="utf-8")
            ended = time.process_time()
            print(f"{name:8} {read - began:6.1f} s to collect, {ended - read:5.1f} s to write")
            if name == "first":
                with Store.open(store) as opened_store:
                    add(opened_store, 1, options.evaluations + 10**6, 10, np.random.default_rng(1))
        print(f"rows     {len(made.rows)}, {file.stat().st_size / 1e6:.1f} MB")
        if shutil.which("chromium"):
            times = opened(file)
            print(f"opened   {statistics.median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}")


if __name__ == "__main__":
    main()
