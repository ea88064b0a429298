"""Stores for tests of pages: optimizers with and without a fitness, particles, duplicates, hostile text."""

from __future__ import annotations

import json
from pathlib import Path

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.language.rule import Rule
from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.rows import Evaluation, evaluation_at
from nos_sym.search.store.store import Store

FUNCTIONS = ("tanh", "arctan", "arcsinh", "erf", "softsign", "dtanh", "i1e", "sign")
OPERANDS = ("g", "v_hat", "s_hat", "lam_hat", "qhm(0.7)", "[a4] g", "[a9] v_hat")
HOSTILE = "</script><script>alert(1)</script><!-- \u2028 \u202e 'x\" &amp; {{ 7*7 }} ${1} `"
"""What ends an element, a text of JavaScript or a line, turns the direction, or is a template of somebody."""

TASK = "digits, 100 steps"


def evaluation(slot: Slot, text: str, result: Trained, task: str = TASK) -> Evaluation:
    rule = parse(text)
    assert isinstance(rule, Rule)
    values = {"text": str(rule), "rule": rule.to_json(), "key": key_of(rule), "seed": 0}
    return evaluation_at(slot, task=task, result=result, **values)


def page_store(path: Path, *, finished: bool = True, hostile: bool = True) -> Path:
    """Write a store with a search of two particles of three steps, 60 optimizers, and what failed."""
    settings = {
        "seed": 5,
        "dedup": "exact",
        "training": {"steps": 100, "note": HOSTILE if hostile else "plain"},
    }
    with Store.open(path) as store:
        run = store.begin_run("search", "particles", json.dumps(settings), 5).id
        with store.transaction():
            _fill(store, run, hostile)
        if finished:
            store.finish_run(run, {})
    return path


def _fill(store: Store, run: int, hostile: bool) -> None:
    texts = [f"momentum ~ {f}({x})" for f in FUNCTIONS for x in OPERANDS] + ["none ~ g", "none ~ [a4] g"]
    for number, text in enumerate(texts):
        step, rest = divmod(number, 20)
        slot = Slot(Stage.CHILD, rest % 2, step, rest // 2)
        added = store.add(run, evaluation(slot, text, Evaluated(0.9 - 0.005 * number, 0.1, 3.5 + number)))
        if rest in (0, 1):
            store.add_move(run, rest, step, text, key_of(parse(text)), 0.9 - 0.005 * number, added)
    again = Slot(Stage.CHILD, 0, 2, 15)
    for draw, other in enumerate(("momentum ~ tanh(g) * 1", "momentum ~ tanh(id(g))")):
        store.add_duplicate(run, again, draw, "redrawn", other, key_of(parse(texts[0])), 1)
    store.add_duplicate(run, Slot(Stage.CHILD, 1, 2, 15), 0, "answered", texts[1], key_of(parse(texts[1])), 2)
    stopped = HOSTILE if hostile else "no learning rate reached 25 %"
    store.add(run, evaluation(Slot(Stage.CHILD, 0, 2, 16), "none ~ exp(g)", Rejected(stopped, 1.0)))
    store.add(run, evaluation(Slot(Stage.CHILD, 0, 2, 17), "none ~ recip(g)", Diverged("not finite", 3, 1.0)))
    failed = Rejected("the training failed: ValueError: no", 1.0)
    store.add(run, evaluation(Slot(Stage.CHILD, 0, 2, 18), "none ~ abs(g)", failed))
    if hostile:
        result = Evaluated(0.95, 0.1, 2.0)
        slot = Slot(Stage.CHILD, 1, 2, 18)
        store.add(run, evaluation_at(slot, task=TASK, text=HOSTILE, result=result, seed=0))
