"""What tests of stores share: a log in the authors' layout, and a run on a task without training."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from nos_sym.algebra.canonical import key_of
from nos_sym.language.parser import parse
from nos_sym.search.results import Evaluated, Rejected, Trained
from nos_sym.search.slots import Slot, Stage
from nos_sym.search.store.connection import StoreError
from nos_sym.search.store.rows import evaluation_at
from nos_sym.search.store.store import Store
from nos_sym.search.trainer_kinds import TRAINERS, TrainerKind
from support.fake_trainer import body_of, number_of

LOG = """\
INFO:root:MODEL 0/3 -> Val Acc: 0.61, Val Loss: 1.2, Time: 40.5, Fun: None ~ tanh(g)
INFO:root:MODEL 1/3 -> Val Acc: 0.95, Val Loss: 0.4, Time: 41.5, Fun: Mom ~ sign(g)
INFO:root:MODEL 2/3 -> Val Acc: 0.5, Val Lo
WARNING:tensorflow:something else
INFO:root:INIT PARTICLE 1/2 : None ~ tanh(g) : val: 0.7 - Time: 100.0
INFO:root:Depth: 1/2
INFO:root:None ~ tanh(tanh(g)) val: 0.72 - Time: 101.0
INFO:root:None ~ frobnicate(g) val: 0.9 - Time: 102.0
INFO:root:None ~ tanh(v hat) : FAILED
INFO:root:None ~ exp(g) val: nan - Time: 3.0
INFO:root:Chosen None ~ tanh(tanh(g)) : 0.72 - ACCUMULATIVE TIME: 400.0
INFO:root:INIT PARTICLE 2/2 : Mom ~ sign(g) : FAILED
INFO:root:Depth: 1/2
INFO:root:Mom ~ max(sign(g), sign(g)) val: 0.71 - Time: 104.0
"""


@dataclass(frozen=True, slots=True)
class SizedTask:
    """A task of a size whose trainings are arithmetic."""

    base: int = 1
    steps: int = 1
    warmup: int = 0

    def task_key(self) -> str:
        return f"sized-{self.base}-{self.steps}"


@dataclass(frozen=True, slots=True)
class SizedTrainer:
    """Answers by a digest of what the file computes, the size and the seed; some fail on base 2."""

    name: str = "sized"
    backend: str = "torch"
    calls: ClassVar[list[tuple[int, int, int]]] = []
    stop_after: ClassVar[list[int]] = []

    def train(self, source: Path, class_name: str, settings: SizedTask, seed: int) -> Trained:
        if self.stop_after and len(self.calls) >= self.stop_after[0]:
            raise KeyboardInterrupt
        self.calls.append((settings.base, settings.steps, seed))
        body = body_of(source.read_text(encoding="utf-8"))
        if settings.base == 2 and number_of(f"{seed} {body}") < 0.1:
            return Rejected("no learning rate reached 25 %")
        fitness = 0.5 + 0.4 * number_of(f"{settings.base} {body}") + 0.05 * number_of(f"{seed} {body}")
        return Evaluated(fitness, 0.1)


RULES = [f"none ~ {f}({x})" for f in ("tanh", "arctan", "arcsinh", "erf") for x in ("g", "v_hat", "s_hat")]

TRAINERS["sized"] = TrainerKind("support.store_fakes:SizedTrainer", "support.store_fakes:SizedTask")


def filled(path: Path) -> Store:
    """Return a store with a finished run of twelve optimizers, the first the best, each twice."""
    store = Store.open(path)
    run = store.begin_run("search", "particles", '{"trainer": "sized", "training": {"warmup": 7}}', 1).id
    for number, text in enumerate(RULES):
        rule = parse(text)
        for child in range(2):
            result = Evaluated(0.9 - 0.01 * number - 0.001 * child)
            slot = Slot(Stage.CHILD, number, 0, child)
            values = {"text": str(rule), "rule": rule.to_json(), "key": key_of(rule)}
            store.add(run, evaluation_at(slot, task="sized small", seed=0, result=result, **values))
    return store


def evaluations_of(path: Path) -> int:
    """Return how many evaluations a store has, 0 while it cannot be read."""
    try:
        with Store.read(path) as store:
            return len(list(store.evaluations()))
    except StoreError:
        return 0
