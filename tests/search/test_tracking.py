"""What goes to TensorBoard and MLflow: every training once, also of a run that was interrupted, and no search
ends because of them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from support.event_points import events_below, points_below
from support.fake_trainer import FakeTrainer
from support.search_fakes import Shuffled, fake_settings, register

from nos_sym.search.errors import SearchError
from nos_sym.search.evolve import evolve
from nos_sym.search.executors.in_process import InProcess
from nos_sym.search.listener import Listener, Listeners
from nos_sym.search.results import Trained
from nos_sym.search.store.store import Store
from nos_sym.search.tracking import Tracking, mlflow, tensorboard
from nos_sym.search.tracking import open as places
from nos_sym.search.tracking import tracking as tracking_module
from nos_sym.search.tracking.writer import Best, TrackedRun, tracked

register()

TINY = {"particles": 2, "initial_factor": 3, "time_steps": 2, "mutations": 3}


class Kept:
    """A place that keeps what it was given, as one that knows what it has."""

    place = "a list"

    def __init__(self) -> None:
        self.runs: list[TrackedRun] = []
        self.points: dict[tuple[str, str, int], float] = {}
        self.texts: dict[str, str] = {}
        self.found: Best | None = None
        self.closed: list[bool] = []

    def open(self, run: TrackedRun) -> None:
        self.runs.append(run)

    def scalars(self, series: str, values: Mapping[str, float], step: int, seconds: float) -> None:
        for name, value in values.items():
            self.points.setdefault((series, name, step), value)

    def text(self, name: str, text: str, step: int, seconds: float) -> None:
        self.texts[name] = text

    def best(self, best: Best) -> None:
        self.found = best

    def flush(self) -> None:
        pass

    def close(self, *, complete: bool) -> None:
        self.closed.append(complete)


class Stopping(FakeTrainer):
    """Trains a number of times and then is interrupted."""

    left: ClassVar[list[int]] = [5]

    def train(self, *arguments: Any) -> Trained:
        if not self.left[0]:
            raise KeyboardInterrupt
        self.left[0] -= 1
        return super().train(*arguments)


Open = Callable[[], Tracking]


def whole(path: Path, opened: Open, executor: Any = None) -> int:
    with Store.open(path) as store, opened() as place:
        run, _ = evolve(fake_settings(3, **TINY), store, executor=executor or InProcess(), listener=place)
        return run.id


def interrupted(path: Path, opened: Open, *, after: int = 5) -> None:
    """Search with an interruption, and go on."""
    Stopping.left = [after]
    with Store.open(path) as store, pytest.raises(KeyboardInterrupt), opened() as place:
        evolve(fake_settings(3, **TINY), store, executor=InProcess(), trainer=Stopping(), listener=place)
    with Store.open(path) as store, opened() as place:
        settings = fake_settings(3, **TINY)
        evolve(settings, store, executor=InProcess(), trainer=FakeTrainer(), resume=True, listener=place)


def trained_in(path: Path) -> dict[int, float | None]:
    with Store.open(path) as store:
        return {e.id: e.fitness for e in store.evaluations(1)}


def test_every_training_is_a_point(tmp_path: Path) -> None:
    place = Kept()
    whole(tmp_path / "run.db", lambda: Tracking(place), Shuffled(3, seed=1))
    trained = trained_in(tmp_path / "run.db")
    counted = {step for _, name, step in place.points if name == "counts/trained"}
    assert counted == set(trained)
    fitness = {
        step: v for (_, name, step), v in place.points.items() if name.endswith("/fitness") and name[0] != "p"
    }
    assert fitness == {step: value for step, value in trained.items() if value is not None}
    with Store.open(tmp_path / "run.db") as store:
        moves = {(f"particle-{row[0]:02d}", "particles/fitness", row[1]): row[4] for row in store.moves(1)}
    particles = {key: v for key, v in place.points.items() if key[0]}
    assert particles == {key: v for key, v in moves.items() if v is not None}
    best = max(v for (_, name, _), v in place.points.items() if name == "search/fitness")
    assert place.found is not None and place.found.fitness == best
    last = max(step for _, name, step in place.points if name == "search/best_fitness")
    assert place.points["", "search/best_fitness", last] == best
    assert place.texts["hall_of_fame"].splitlines()[2].startswith(f"| 1 | {best:.6g} |")
    assert place.closed == [True]
    assert place.runs[0].settings["training.name"] == "evolution" and place.runs[0].settings["seed"] == 3


@pytest.mark.parametrize("after", [1, 5, 9])
def test_a_run_that_goes_on_is_the_same(tmp_path: Path, after: int) -> None:
    one, other = Kept(), Kept()
    whole(tmp_path / "one.db", lambda: Tracking(one))
    interrupted(tmp_path / "other.db", lambda: Tracking(other), after=after)
    assert other.points.keys() == one.points.keys()
    same = [key for key in one.points if not key[1].startswith("seconds/")]
    assert [other.points[key] for key in same] == [one.points[key] for key in same]
    assert other.runs[0] == other.runs[1] and other.closed == [False, True]


def test_the_second_run_of_a_store_begins_at_1(tmp_path: Path) -> None:
    first, second = Kept(), Kept()
    whole(tmp_path / "run.db", lambda: Tracking(first))
    with Store.open(tmp_path / "run.db") as store, Tracking(second) as place:
        evolve(fake_settings(4, **TINY), store, executor=InProcess(), listener=place)
    assert min(step for _, name, step in second.points if name == "counts/trained") == 1
    assert second.runs[0].name != first.runs[0].name


class Failing(Kept):
    """A place that fails at its third call."""

    def scalars(self, series: str, values: Mapping[str, float], step: int, seconds: float) -> None:
        if step > 2:
            raise OSError(28, "No space left\non device")
        super().scalars(series, values, step, seconds)


def test_a_place_that_fails_ends_no_search_and_is_told_once(tmp_path: Path) -> None:
    said: list[str] = []
    place, other = Failing(), Kept()
    with (
        Store.open(tmp_path / "run.db") as store,
        Tracking(place, said.append) as failing,
        Tracking(other) as fine,
    ):
        run, report = evolve(
            fake_settings(3, **TINY), store, executor=InProcess(), listener=Listeners(failing, fine)
        )
    assert run.finished is not None and sum(report.trained.values()) == len(trained_in(tmp_path / "run.db"))
    (text,) = said
    assert text.startswith("a list takes no more metrics, and the search goes on: OSError")
    assert "\n" not in text and other.closed == [True]
    with pytest.warns(RuntimeWarning, match="takes no more metrics"):
        whole(tmp_path / "again.db", lambda: Tracking(Failing()))


def test_a_place_that_never_answers_does_not_hold_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tracking_module, "PATIENCE", 0.2)
    said: list[str] = []
    never = threading.Event()

    class Silent(Kept):
        def open(self, run: TrackedRun) -> None:
            never.wait()

    try:
        whole(tmp_path / "run.db", lambda: Tracking(Silent(), said.append))
    finally:
        never.set()
    assert said == ["a list has not taken the last metrics in 0 s"]


def test_several_listeners_hear_everything(tmp_path: Path) -> None:
    class Counting(Listener):
        def __init__(self) -> None:
            self.heard: Counter[str] = Counter()

        def __getattribute__(self, name: str) -> Any:
            if name in ("began", "stage", "result", "redrawn", "closed", "moved", "ended", "note"):
                return lambda *arguments: self.heard.update([name])
            return super().__getattribute__(name)

    one, two = Counting(), Counting()
    with Store.open(tmp_path / "run.db") as store:
        evolve(fake_settings(3, **TINY), store, executor=InProcess(), listener=Listeners(one, two))
    assert one.heard == two.heard
    assert one.heard["began"] == one.heard["ended"] == 1 and one.heard["result"] and one.heard["moved"]


@pytest.mark.parametrize(("opened", "package"), [(tensorboard, "tensorboard"), (mlflow, "mlflow")])
def test_a_missing_package_is_told_with_what_installs_it(
    opened: Any, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "find_spec", lambda name: None)
    with pytest.raises(SearchError, match=rf"pip install 'nos-sym\[{package}\]'$"):
        opened("somewhere")


def test_tensorboard_has_each_point_once(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")
    interrupted(tmp_path / "run.db", lambda: tensorboard(tmp_path / "logs"))
    found = events_below(tmp_path / "logs")
    assert max(Counter(f[:3] for f in found if f[1] not in ("hall_of_fame", "best")).values()) == 1
    points = {
        step: v.simple_value for s, tag, step, v in found if tag.endswith("/fitness") and "particle" not in s
    }
    trained = {step: v for step, v in trained_in(tmp_path / "run.db").items() if v is not None}
    assert points == pytest.approx(trained, rel=1e-6)
    with Store.open(tmp_path / "run.db") as store:
        name = tracked(store.run(1)).name
    assert {s for s, *_ in found} == {name, f"{name}/particle-00", f"{name}/particle-01"}
    texts = {
        tag: v.tensor.string_val[0].decode()
        for _, tag, _, v in found
        if v.metadata.plugin_data.plugin_name == "text"
    }
    assert texts.keys() == {"settings", "hall_of_fame", "best"} and "| training.name |" in texts["settings"]


def test_a_file_that_was_cut_off_is_read_up_to_there(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")
    whole(tmp_path / "run.db", lambda: tensorboard(tmp_path / "logs"))
    before = points_below(tmp_path / "logs")
    for path in (tmp_path / "logs").rglob("*tfevents*"):
        path.write_bytes(path.read_bytes()[:-25])
    assert points_below(tmp_path / "logs") < before
    with Store.open(tmp_path / "run.db") as store, tensorboard(tmp_path / "logs") as board:
        evolve(fake_settings(3, **TINY), store, executor=InProcess(), resume=True, listener=board)
    assert points_below(tmp_path / "logs") == before


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="the package tensorboard is not installed")
    (tmp_path / "file").write_text("")
    said: list[str] = []
    whole(tmp_path / "run.db", lambda: tensorboard(tmp_path / "file" / "logs", said.append))
    (text,) = said
    assert "takes no more metrics" in text and "NotADirectoryError" in text


def test_mlflow_has_each_point_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="the package mlflow-skinny is not installed")
    from mlflow import MlflowClient

    # Its other places need a server or SQLAlchemy; the interface is the same.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    uri = (tmp_path / "runs").as_uri()
    interrupted(tmp_path / "run.db", lambda: mlflow(uri))
    client = MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("nos-sym")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.status == "FINISHED"
    trained = {step: v for step, v in trained_in(tmp_path / "run.db").items() if v is not None}
    names = [n for n in run.data.metrics if n.endswith("/fitness")]
    points = [(p.step, p.value) for n in names for p in client.get_metric_history(run.info.run_id, n)]
    assert sorted(points) == sorted(trained.items())
    counts = client.get_metric_history(run.info.run_id, "counts/trained")
    assert [p.step for p in counts] == sorted(trained_in(tmp_path / "run.db"))
    assert {"particles/fitness/particle-00", "particles/fitness/particle-01"} <= run.data.metrics.keys()
    assert run.data.params["training.name"] == "evolution" and run.data.params["seed"] == "3"
    assert float(run.data.tags["best.fitness"]) == run.data.metrics["search/best_fitness"]
    assert ":" in run.data.tags["best.key"] and "~" in run.data.tags["best.equation"]
    assert [f.path for f in client.list_artifacts(run.info.run_id)] == ["hall_of_fame.md"]


def test_mlflow_that_refuses_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("mlflow", reason="the package mlflow-skinny is not installed")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    said: list[str] = []
    whole(tmp_path / "run.db", lambda: mlflow("http://user:secret@127.0.0.1:9", said.append))
    (text,) = said
    assert text.startswith("MLflow at 'http://127.0.0.1:9' takes no more metrics") and "secret" not in text


def test_several_listeners_are_told_all_that_one_is() -> None:
    told = [name for name, value in vars(Listener).items() if callable(value)]
    missing = [name for name in told if name not in vars(Listeners)]
    assert "added" in told and missing == []
