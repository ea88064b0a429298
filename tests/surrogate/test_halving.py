"""Successive halving: which rates go on, and that what goes on is the training without it."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import ModuleType

import pytest
from support.harness import backends
from support.trained_files import TINY, heavy, write_plain, write_rendered

from nos_sym.search.results import Diverged, Evaluated
from nos_sym.search.trainers import TrainingRequest
from nos_sym.surrogate.early_stop import Curve, choose_rate, judged
from nos_sym.surrogate.halving import Halving, finished, train_halving
from nos_sym.surrogate.loading import RenderedFile, Run
from nos_sym.surrogate.settings import TrainingSettings

PAPER = TrainingSettings(halving=(200, 400, 600))
FINAL = TrainingSettings(first_judged="final")
FILES = [RenderedFile(ModuleType(name), object) for name in ("one", "other")]


def sweep(accuracies: list[float], settings: TrainingSettings = PAPER, ends: int = 800) -> list[int]:
    """Return how many steps rates make whose accuracies stay the same."""
    runs = [Run(FILES[0], rate, 0) for rate in settings.learning_rates[: len(accuracies)]]

    def training(accuracy: float) -> Generator[Curve, None, Curve]:
        if accuracy < 0:
            return Curve((), (), 7, 7)
        curve = Curve()
        for steps in range(200, ends + 1, 200):
            curve = Curve((*curve.training, accuracy), steps=steps)
            yield curve
        return curve

    return [curve.steps for curve in train_halving(settings, runs, [training(a) for a in accuracies])]


def test_the_better_half_goes_on() -> None:
    assert sweep([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]) == [200, 200, 200, 400, 400, 600, 800]
    assert sweep([0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1]) == [800, 600, 400, 400, 200, 200, 200]
    assert sweep([0.5]) == [800]
    assert sweep([0.5, 0.6]) == [200, 800]
    assert sweep([0.1] * 7, PAPER.replace(halving=())) == [800] * 7


def test_of_equal_ones_the_first_stays() -> None:
    assert sweep([0.5] * 7) == [800, 600, 400, 400, 200, 200, 200]


def test_what_diverged_takes_no_place() -> None:
    assert sweep([-1, -1, -1, 0.1, 0.2, 0.3, 0.4]) == [7, 7, 7, 400, 400, 600, 800]
    assert sweep([-1] * 7) == [7] * 7
    assert sweep([-1, 0.1, -1, -1, -1, -1, -1]) == [7, 800, 7, 7, 7, 7, 7]


def final_sweep(curves: list[list[float]], ends: dict[int, int] | None = None) -> dict[float, Curve]:
    """Return the curves of rates that have these accuracies; some end by themselves after so many epochs."""
    settings = FINAL.replace(halving=tuple(200 * n for n in range(1, len(curves[0]))))
    rates = settings.learning_rates[: len(curves)]

    def training(number: int) -> Generator[Curve, None, Curve]:
        for epoch in range(1, len(curves[number]) + 1):
            curve = Curve(tuple(curves[number][:epoch]), steps=200 * epoch)
            if (ends or {}).get(number) == epoch:
                return curve
            yield curve
        return curve

    halved = train_halving(
        settings, [Run(FILES[0], r, 0) for r in rates], list(map(training, range(len(rates))))
    )
    return dict(zip(rates, halved, strict=True))


def test_where_the_final_epoch_counts_rates_are_compared_by_the_last_one() -> None:
    found = final_sweep([[0.9, 0.3, 0.8], [0.8, 0.4, 0.7], [0.7, 0.5, 0.6], [0.6, 0.9, 0.9]])
    assert [curve.steps for curve in found.values()] == [400, 600, 200, 200]


def test_what_was_dropped_is_not_chosen_where_it_was_better_than_the_end_of_what_stayed() -> None:
    found = final_sweep([[0.8, 0.9], [0.9, 0.3]])
    assert found[10.0].dropped and not found[1.0].dropped
    assert choose_rate(FINAL, {rate: judged(FINAL, curve) for rate, curve in found.items()}) == 1.0
    found = final_sweep([[0.8, 0.9], [0.9, 0.2]])
    assert choose_rate(FINAL, {rate: judged(FINAL, curve) for rate, curve in found.items()}) is None


def test_what_the_first_early_stop_cuts_at_a_rung_takes_no_place() -> None:
    """The first two would be the better half, if they were not ended by then."""
    found = final_sweep([[0.9, 0.9, 0.9], [0.8, 0.8, 0.8], [0.7, 0.7, 0.7], [0.6, 0.6, 0.6]], {0: 1, 1: 1})
    assert [curve.steps for curve in found.values()] == [200, 200, 600, 400]
    assert [curve.dropped for curve in found.values()] == [False, False, False, True]


def test_each_evaluation_is_halved_for_itself() -> None:
    """What stands beside it, another file, another seed or the same training again, changes nothing."""
    rates = (1.0, 0.1, 0.01)
    runs = [Run(file, rate, seed) for file in FILES for seed in (0, 1) for rate in rates]
    runs += runs[:3]
    score = {1.0: 0.3, 0.1: 0.2, 0.01: 0.9}
    curves = [Curve((score[run.rate] * (1 + number // 3),)) for number, run in enumerate(runs)]
    ended = Halving(PAPER, runs).ended(200, curves, set(range(len(runs))))
    assert [runs[number].rate for number in sorted(ended)] == [0.1] * 5
    assert Halving(PAPER, runs).ended(300, curves, set(range(len(runs)))) == set()


if "torch" in backends():
    from nos_sym.surrogate.batches import Phase
    from nos_sym.surrogate.loading import load_file
    from nos_sym.surrogate.single import train_by_epochs
    from nos_sym.surrogate.task import prepare_task, reproducible
    from nos_sym.surrogate.trainer import TorchTrainer

    @pytest.mark.parametrize("rule", ["Opt9", "none ~ drop(v_hat, 0.3)"])
    def test_what_goes_on_is_to_the_bit_the_sweep_without_it(tmp_path: Path, rule: str) -> None:
        settings = TINY.replace(first_steps=30, halving=(10, 20))
        task = prepare_task(settings)
        file = load_file(*write_rendered(tmp_path, rule))
        runs = [Run(file, rate, 2) for rate in settings.learning_rates]
        with reproducible(task):
            whole = [finished(train_by_epochs(run, task, Phase.FIRST)) for run in runs]
            halved = train_halving(settings, runs, [train_by_epochs(run, task, Phase.FIRST) for run in runs])
        assert sorted(curve.steps for curve in halved) == [10, 10, 20, 30]
        for mine, other in zip(halved, whole, strict=True):
            assert mine.training == other.training[: len(mine.training)]
        best = max(whole, key=lambda curve: curve.training[0])
        assert halved[whole.index(best)].steps > 10

    @pytest.mark.parametrize(
        "asked", [[("SGD", 0), ("SGD", 0)], *heavy(([("SGD", 0), ("Opt9", 0), ("SGD", 0), ("SGD", 1)],))]
    )
    def test_batched_and_one_by_one_are_halved_alike(tmp_path: Path, asked: list[tuple[str, int]]) -> None:
        settings = TINY.replace(first_steps=30, halving=(10, 20))
        requests = [TrainingRequest(*write_rendered(tmp_path, rule), seed) for rule, seed in asked]
        single = TorchTrainer().train_all(requests, settings)
        batched = TorchTrainer().train_all(requests, settings.replace(mode="batched"))
        for mine, other in zip(batched, single, strict=True):
            assert isinstance(mine, Evaluated) and isinstance(other, Evaluated)
            assert mine.learning_rate == other.learning_rate
            assert mine.details["first_stop_steps"] == other.details["first_stop_steps"]
            assert sorted(mine.details["first_stop_steps"].values()) == [10, 10, 20, 30]
        # The same request twice is the same twice.
        assert batched[0].details == batched[len(asked) // 2].details
        plain = TorchTrainer().train_all(requests[:1], settings.replace(halving=()))
        assert "first_stop_steps" not in plain[0].details

    @pytest.mark.heavy
    def test_short_batches_and_the_cut_are_halved_alike_batched_and_one_by_one(tmp_path: Path) -> None:
        settings = TINY.replace(
            shuffle=False, batch=48, first_epoch_steps=6, first_steps=20, halving=(6, 12, 18),
            first_judged="final", first_cut_after=6, first_cut_accuracy=0.27,
            learning_rates=(1.0, 1e-9, 0.1, 10.0, 0.01),
        )  # fmt: skip
        files = write_rendered(tmp_path, "SGD")
        both = [
            TorchTrainer().train(*files, settings.replace(mode=mode), 0) for mode in ("single", "batched")
        ]
        single, batched = both
        assert isinstance(single, Evaluated) and isinstance(batched, Evaluated)
        assert single.learning_rate == batched.learning_rate
        steps = single.details["first_stop_steps"]
        assert steps == batched.details["first_stop_steps"]
        assert steps["1e-09"] == 6 and max(steps.values()) == 20
        assert steps[repr(single.learning_rate)] == 20
        dropped = [rate for rate, made in steps.items() if made < 20]
        assert all(
            single.details["first_stop"][rate] < single.details["first_stop"][repr(single.learning_rate)]
            for rate in dropped
        )

    def test_probes_are_halved_apart(tmp_path: Path) -> None:
        settings = TINY.replace(first_steps=20, halving=(10,), probes=(1.0, 0.1), probe_accuracy=0.0)
        result = TorchTrainer().train(*write_rendered(tmp_path, "SGD"), settings, 0)
        assert isinstance(result, Evaluated)
        steps = result.details["first_stop_steps"]
        assert sorted((steps["1.0"], steps["0.1"])) == [10, 20]
        assert sorted((steps["10.0"], steps["0.01"])) == [10, 20]

    def test_everything_that_diverges_is_a_result(tmp_path: Path) -> None:
        source, name = write_plain(tmp_path, "1 / (self.count - 3)")
        result = TorchTrainer().train(source, name, TINY.replace(halving=(10,)), 0)
        assert isinstance(result, Diverged) and result.step == 3
