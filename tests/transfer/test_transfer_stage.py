"""EfficientNetV2-Small as a stage of eliminations: its trainings, its trainer, and a rehearsal."""

from __future__ import annotations

import dataclasses
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.store_fakes import SizedTask

from nos_sym.search.executors.worker import Training, evaluate_all
from nos_sym.search.protocols.elimination_settings import EliminationStage, training_of
from nos_sym.search.records import SettingsError
from nos_sym.search.results import Diverged, Evaluated, Trained, fitness_of
from nos_sym.surrogate.settings import TrainingSettings
from nos_sym.transfer import trainers
from nos_sym.transfer.settings import ImageTraining
from nos_sym.transfer.stage import StageTorchTrainer, StageTraining, stage_training

STAGE = EliminationStage(24, 60, repeats=2, keep=1, network="efficientnetv2-s")
SEARCH = TrainingSettings("cifar10", Path("there"), learning_rates=(1.0, 0.1, 0.01), device="cpu", threads=2)


class Inner:
    """Scores a training by its rate, without training it."""

    asked: ClassVar[list[tuple[ImageTraining, int]]] = []
    fails: ClassVar[set[float]] = set()

    def train(self, source: Path, class_name: str, settings: ImageTraining, seed: int) -> Trained:
        Inner.asked.append((settings, seed))
        if settings.learning_rate in Inner.fails:
            return Diverged("no number", 3, 1.0)
        return Evaluated(
            1 - abs(settings.learning_rate - 0.1), settings.learning_rate, 1.0, {"steps": settings.ends}
        )


@pytest.fixture(autouse=True)
def inner(monkeypatch: pytest.MonkeyPatch) -> None:
    Inner.asked, Inner.fails = [], set()
    monkeypatch.setattr(trainers, "TransferTorchTrainer", Inner)


def trained(settings: StageTraining) -> Trained:
    return StageTorchTrainer().train(Path("x.py"), "Opt", settings, 7)


def test_a_stage_takes_what_the_search_has() -> None:
    found = training_of(SEARCH, STAGE)
    assert isinstance(found, StageTraining)
    assert found.learning_rates == SEARCH.learning_rates
    image = found.image
    assert (image.task, image.data, image.device, image.threads) == ("cifar10", Path("there"), "cpu", 2)
    assert (image.steps, image.warmup, image.hold, found.first_steps) == (60, 4, 8, 3)
    assert pickle.loads(pickle.dumps(found)) == found
    # A stage on the test part is another task, and where it runs is none.
    with_test = dataclasses.replace(SEARCH, split="test")
    keys = {
        training_of(each, STAGE).task_key()
        for each in (SEARCH, with_test, dataclasses.replace(SEARCH, threads=1))
    }
    assert len(keys) == 2
    one = dataclasses.replace(SEARCH, learning_rates=(1.0,))
    assert training_of(one, STAGE).task_key() not in keys


@pytest.mark.parametrize("steps", [1, 2, 3, 15, 64_000])
def test_any_number_of_steps_has_a_schedule(steps: int) -> None:
    assert stage_training(SEARCH, 24, steps).image.steps == steps


def test_the_best_rate_trains_the_whole_run() -> None:
    found = trained(training_of(SEARCH, STAGE))  # type: ignore[arg-type]
    assert [(s.learning_rate, s.ends) for s, _ in Inner.asked] == [(1.0, 3), (0.1, 3), (0.01, 3), (0.1, 60)]
    assert {seed for _, seed in Inner.asked} == {7}
    assert isinstance(found, Evaluated)
    assert (found.fitness, found.learning_rate, found.seconds) == (1.0, 0.1, 4.0)
    assert found.details["first"] == {"1.0": pytest.approx(0.1), "0.1": 1.0, "0.01": pytest.approx(0.91)}


def test_rates_that_diverge_are_left_out() -> None:
    Inner.fails = {0.1}
    assert trained(training_of(SEARCH, STAGE)).learning_rate == 0.01  # type: ignore[arg-type,union-attr]
    Inner.fails = set(SEARCH.learning_rates)
    Inner.asked.clear()
    failed = trained(training_of(SEARCH, STAGE))  # type: ignore[arg-type]
    assert fitness_of(failed) is None and len(Inner.asked) == 3


def test_one_rate_is_not_tried_first() -> None:
    trained(training_of(dataclasses.replace(SEARCH, learning_rates=(0.01,)), STAGE))  # type: ignore[arg-type]
    assert [(s.learning_rate, s.ends) for s, _ in Inner.asked] == [(0.01, 60)]


def test_settings_say_who_trains_them(tmp_path: Path) -> None:
    class Other:
        name, backend = "torch", "torch"

        def train(self, source: Path, class_name: str, settings: Any, seed: int) -> Trained:
            raise AssertionError("the trainer of the run knows no such settings")

    training = Training(tmp_path / "x.py", "", "Opt", training_of(SEARCH, STAGE), (1, 2))
    (found,) = evaluate_all(Other(), (training,))
    assert fitness_of(found) == 1.0
    assert [seed for _, seed in Inner.asked] == [1] * 4 + [2] * 4


@pytest.mark.parametrize(
    ("stage", "training", "message"),
    [
        ({"base": 48}, SEARCH, "'base' is 48 in a stage of 'efficientnetv2-s'; expected 24"),
        (
            {"network": "resnet50"},
            SEARCH,
            "'resnet50', which the trainer has not; expected convnet or efficientnetv2-s",
        ),
        ({}, dataclasses.replace(SEARCH, data="synthetic"), "expected one of these as 'training.data'"),
        ({}, SizedTask(), r"or other stages: 'stages = \[\]' in \[pool\]"),
    ],
)
def test_what_no_stage_can_be_is_one_line(stage: dict[str, Any], training: Any, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        training_of(training, dataclasses.replace(STAGE, **stage))


def test_other_backends_are_refused() -> None:
    found = training_of(SEARCH, STAGE)
    with pytest.raises(SettingsError, match="is trained on torch or tensorflow, not on 'jax'"):
        found.trained_by("jax")  # type: ignore[attr-defined]


REHEARSAL = """
import dataclasses, sys
from pathlib import Path
from support.schedule_stores import add_run
from nos_sym.search.executors.processes import Processes
from nos_sym.search.protocols.elimination_settings import EliminationSettings, EliminationStage
from nos_sym.search.protocols.pool import Source, eliminate_pooled
from nos_sym.search.protocols.pool_settings import FinalSettings, PooledSettings, PoolSettings, SecondSettings
from nos_sym.search.store.store import Store
from nos_sym.surrogate.settings import TrainingSettings

data = dict(data="digits", base=2, steps=24, batch=32, warmup=6, epoch_steps=8, augment=False,
            learning_rates=[0.01], first_steps=8, first_accuracy=0.0, second_after=24, device="cpu")
training = TrainingSettings(**{**data, "learning_rates": (0.01,)})
network = EliminationStage(24, 4, repeats=1, keep=2, network="efficientnetv2-s")
settings = PooledSettings(
    EliminationSettings((EliminationStage(2, 24, 1, 1),), training, candidates=2),
    FinalSettings((network,), report=3), PoolSettings((network,), pick=1), SecondSettings(1, 1, 1, 2),
)
if __name__ == "__main__":
    import json
    with Store.open(Path(sys.argv[1])) as store, Processes(1) as executor:
        if not store.runs():
            of = json.dumps({"trainer": "torch", "training": data, "particles": 1, "confirm": [0, 0]})
            for rules in (["none ~ v_hat", "none ~ g"], ["none ~ sign(g)", "none ~ v_hat"]):
                add_run(store, [(rule, 0.5) for rule in rules], "torch digits", of)
        done = eliminate_pooled(
            settings, store, [Source(1), Source(2)], executor=executor, resume=True, pick=("proposed",)
        )[1]
        print(json.dumps(done.to_json()))
"""


@pytest.mark.heavy
@pytest.mark.timeout(2400)
def test_the_protocol_with_its_network(tmp_path: Path, repository: Path) -> None:
    """Two runs, the pool and the last trainings on EfficientNetV2-Small; killed in the middle, it goes on."""
    import json
    import os
    import signal
    import sqlite3
    import time

    pytest.importorskip("keras")
    pytest.importorskip("sklearn")
    script = tmp_path / "rehearsal.py"
    script.write_text(REHEARSAL, encoding="utf-8")
    own = os.environ | {"PYTHONPATH": f"{repository / 'tests'}:{repository}", "CUDA_VISIBLE_DEVICES": ""}

    def call(name: str) -> list[str]:
        return [sys.executable, str(script), str(tmp_path / name)]

    def finished(name: str) -> Any:
        done = subprocess.run(call(name), env=own, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return json.loads(done.stdout)

    def on_network(name: str) -> int:
        try:
            with sqlite3.connect(f"file:{tmp_path / name}?mode=ro", uri=True) as database:
                text = "SELECT count(*) FROM evaluations WHERE task LIKE '%efficientnetv2-s%'"
                return int(database.execute(text).fetchone()[0])
        except sqlite3.OperationalError:
            return 0

    whole = finished("whole.db")
    # What the pool and the searches after it left was trained on the network, and the best of both are told.
    assert on_network("whole.db") >= 3
    assert 2 <= len(whole["best"]) <= 3
    with subprocess.Popen(
        call("killed.db"), env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as begun:
        while on_network("killed.db") < 1 and begun.poll() is None:
            time.sleep(0.05)
        begun.send_signal(signal.SIGKILL)
    assert on_network("killed.db") >= 1
    again = finished("killed.db")
    assert again == whole
    assert on_network("killed.db") == on_network("whole.db")
