"""The example of a search of one's own runs, and the page shows it as it is."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from textwrap import indent

import pytest
from support.plugins import install, python

import nos_sym
from nos_sym.language.node import Node
from nos_sym.language.traversal import walk
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.results import Evaluated

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "own_search.py"
DRAWN = """
import numpy as np
from nos_sym.genome.decode import decode
from nos_sym.genome.sample import sample
from nos_sym.genome.settings import GenomeSettings
from nos_sym.search.settings import preset, settings_from_json

settings = preset("demo", operations={"add": ["sinh", "running_sum", "warm"]})
assert settings_from_json(settings.to_json()) == settings
rng = np.random.default_rng(0)
for _ in range(150):
    print(decode(sample(rng, GenomeSettings(decay=0.6), settings.operations.space())))
"""


@pytest.mark.timeout(120)
def test_the_example_searches_with_its_trainer_and_its_operations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the example trains with torch")
    monkeypatch.syspath_prepend(EXAMPLE.parent)
    settings = nos_sym.preset(
        "demo",
        trainer="own_search:Regression",
        operations={"add": ["sign", "ema(0.99)"], "remove": ["i1e"]},
        training={"steps": 20},
        particles=2,
        initial_factor=3,
        time_steps=1,
        mutations=2,
    )
    with nos_sym.Store.open(tmp_path / "own.db") as store:
        run, report = nos_sym.evolve(settings, store, executor=InProcess())
        evaluations = list(store.evaluations(run.id))
        best = nos_sym.hall_of_fame(store)
    assert best.task == "regression (own_search:Regression) regression, 20 steps" and best.failed == 0
    assert report.endings["fitness"] == sum(isinstance(e.result, Evaluated) for e in evaluations) >= 3
    rules = [e.read_rule() for e in evaluations]
    names = {n.operation.name for rule in rules for n in walk(rule.update) if isinstance(n, Node)}
    assert "i1e" not in names


@pytest.mark.heavy
@pytest.mark.timeout(300)
def test_the_example_is_a_program(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the example trains with torch")
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=280
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"(0\.\d{4}  \S.*\n){3}", done.stdout)
    assert (tmp_path / "own.db").exists() and "time-step 2/2: 16 slots" in done.stderr


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (ROOT / "docs" / "search.md").read_text(encoding="utf-8")
    source = EXAMPLE.read_text(encoding="utf-8").replace("  # noqa: D102", "")
    section = page.split("## A search of one's own", 1)[1].split("\n## ", 1)[0]
    blocks = re.findall(r"```python[^\n]*\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 2 and blocks[0] in source and indent(blocks[1], "    ") in source
    lines = source.split('"""', 2)[2].strip().splitlines()
    assert len([line for line in lines if line.strip()]) <= 40


def test_operations_of_other_packages_are_drawn(tmp_path: Path) -> None:
    packages = install(tmp_path, "sinh", "total", "warm")
    done = python(["-c", DRAWN], packages)
    assert done.returncode == 0, done.stderr
    for name in ("sinh(", "running_sum(", "warm"):
        assert name in done.stdout
    without = python(["-c", DRAWN], tmp_path / "nowhere")
    assert without.returncode == 1
    assert "SettingsError: 'operations.add' has 'sinh': it is neither an operation" in without.stderr
