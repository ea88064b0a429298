"""The tasks besides images: their data and functions are what they say, and they train as images do."""

from __future__ import annotations

import hashlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.harness import backends
from support.trained_files import write_rendered

from nos_sym.search.results import Diverged, Evaluated, Rejected, Trained
from nos_sym.surrogate.tasks.budget import Budget
from nos_sym.surrogate.tasks.definition import Examples, Metric, TaskError
from nos_sym.surrogate.tasks.grammar import write
from nos_sym.surrogate.tasks.kinds import TASKS, load_task, settings_of
from nos_sym.surrogate.tasks.settings import CharLMSettings, QuadraticSettings, TabularSettings

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate.tasks.charlm import ALPHABET, _bits
from nos_sym.surrogate.tasks.quadratic import Bowl
from nos_sym.surrogate.tasks.training import draw_rows
from nos_sym.surrogate.trainer import TorchTrainer

SHORT = {"steps": 60, "warmup": 10, "epoch_steps": 20, "first_steps": 20, "second_after": 60, "batch": 8}
RATES = {"learning_rates": (0.1, 0.01), "first_score": 0.0, "second_score": 0.0}


def trained(folder: Path, rule: str, settings: Budget, seed: int = 3) -> Trained:
    source, name = write_rendered(folder, rule)
    return TorchTrainer().train(source, name, settings, seed)


def test_a_text_of_the_grammar_is_the_same_in_every_version_of_python() -> None:
    text, bits = write(20_000, 1)
    assert text.startswith("some dogs find the green cat. the dogs s")
    assert set(text) <= set(ALPHABET)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == "a22fca2e77e58921"
    assert bits / len(text) == pytest.approx(0.5652, abs=1e-4)


def test_the_bits_of_a_text_are_those_of_its_choices() -> None:
    """The chance of the shortest sentence is multiplied out by hand."""
    drawn = {(text, round(bits, 6)) for text, bits in (write(1, seed) for seed in range(3000))}
    found = dict(drawn)
    assert len(found) == len(drawn) > 1000, "a sentence has two derivations"
    # A singular without adjective or clause, an intransitive verb, no place.
    share = 0.6 * (1 / 1.5) * 0.6 * (1 / sum(1 / i for i in range(1, 11))) * 0.85 * 0.4
    share *= (1 / sum(1 / i for i in range(1, 5))) * 0.7
    assert found["the dog sleeps. "] == pytest.approx(-math.log2(share))
    assert 0.1 < sum(2.0**-bits for bits in found.values()) < 1


def test_a_model_that_knows_frequencies_alone_has_the_score_zero() -> None:
    for split in ("validation", "test"):
        chance, best = _bits(split)
        assert 3.5 < chance < math.log2(len(ALPHABET))
        assert 0.5 < best < 1.5


def test_the_quadratic_is_what_its_settings_say() -> None:
    settings = QuadraticSettings(dimensions=5, condition=100.0)
    bowl = Bowl(settings, 7)
    hessian = bowl.hessian.double().numpy()
    np.testing.assert_allclose(np.linalg.eigvalsh(hessian), 100.0 ** np.linspace(0, 1, 5), rtol=1e-4)
    noise = torch.randn(6, 5)
    outputs = bowl(noise)
    assert outputs[:, 1].tolist() == pytest.approx([1.0] * 6, rel=1e-5)
    outputs[:, 0].mean().backward()
    center = bowl.center.double().numpy()
    expected = -hessian @ center + bowl.unit * noise.mean(dim=0).numpy()
    np.testing.assert_allclose(bowl.weight.grad.numpy(), expected, rtol=1e-4, atol=1e-5)  # type: ignore[union-attr]
    flat = Bowl(QuadraticSettings(dimensions=1, rotated=False), 7)
    assert float(flat(torch.zeros(1, 1))[0, 1].detach()) == pytest.approx(1.0)


@pytest.mark.parametrize("data", ["friedman", "diabetes"])
def test_rows_are_scaled_by_their_training_part(data: Any) -> None:
    parts = load_task("tabular").load(TabularSettings(data=data))
    assert (
        sum(map(len, (parts.train, parts.validation, parts.test)))
        == {"friedman": 2000, "diabetes": 442}[data]
    )
    np.testing.assert_allclose(parts.train.inputs.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(parts.train.targets.var(), 1, rtol=1e-4)
    rows = {row.tobytes() for row in parts.train.inputs}
    assert not rows & {row.tobytes() for row in (*parts.validation.inputs, *parts.test.inputs)}


def test_a_score_is_zero_at_chance_and_one_at_best() -> None:
    error = Metric("error", 2.0, 0.5, lambda outputs, targets: outputs)
    assert [error.score(v) for v in (3.0, 2.0, 1.25, 0.5, 0.0)] == [0, 0, 0.5, 1, 1]
    hits = Metric("hits", 0.5, 1.0, lambda outputs, targets: outputs)
    assert (hits.larger_is_better, error.larger_is_better) == (True, False)
    assert [hits.score(v) for v in (0.4, 0.75, 1.0, math.nan, math.inf)] == [0, 0.5, 1, 0, 0]
    with pytest.raises(TaskError, match="two different numbers"):
        Metric("none", 1.0, 1.0, lambda outputs, targets: outputs)


@pytest.mark.parametrize("shapes", [((0, 2), (0,)), ((3, 2), (2,)), ((), ())])
def test_examples_have_as_many_targets_as_inputs(shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    with pytest.raises(TaskError, match="as many rows, one or more"):
        Examples(np.zeros(shapes[0]), np.zeros(shapes[1]))


def test_rows_are_all_seen_before_one_is_seen_again() -> None:
    settings = TabularSettings(**SHORT)  # type: ignore[arg-type]
    rows = np.concatenate([epoch.ravel() for epoch in draw_rows(30, settings, 60, 1)])
    assert len(rows) == 480
    assert all(sorted(rows[i : i + 30]) == list(range(30)) for i in range(0, 480, 30))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_a_training_is_a_function_of_settings_and_seed(name: str, tmp_path: Path) -> None:
    settings = settings_of(name)(**SHORT | RATES)
    first, again, other = (trained(tmp_path, "Adam", settings, seed) for seed in (3, 3, 4))
    assert isinstance(first, Evaluated) and isinstance(again, Evaluated) and isinstance(other, Evaluated)
    assert (first.fitness, first.details) == (again.fitness, again.details)
    assert first.fitness != other.fitness
    assert 0.02 < first.fitness <= 1
    assert first.fitness == max(first.details["validation"])
    assert len(first.details["training"]) == 3
    assert set(first.details["first_stop"]) == {"0.1", "0.01"}


def test_the_best_epoch_is_chosen_on_validation_and_the_fitness_is_that_of_the_split(tmp_path: Path) -> None:
    settings = TabularSettings(**SHORT | RATES)  # type: ignore[arg-type]
    on_validation, on_test = (
        trained(tmp_path, "SGD", settings.replace(split=split)) for split in ("validation", "test")
    )
    assert isinstance(on_validation, Evaluated) and isinstance(on_test, Evaluated)
    assert on_test.details["validation"] == on_validation.details["validation"]
    assert "test" not in on_validation.details
    assert on_test.fitness == on_test.details["test"] != on_validation.fitness
    assert settings.task_key() != settings.replace(split="test").task_key()


def test_early_stops_reject_what_learns_nothing(tmp_path: Path) -> None:
    settings = TabularSettings(**SHORT | RATES | {"first_score": 0.1})  # type: ignore[arg-type]
    result = trained(tmp_path, "none ~ 0 * g", settings)
    assert isinstance(result, Rejected)
    assert result.reason == (
        "first early stop: the best training score was 0.0% at learning rate 0.1, below 10%"
    )
    never = settings.replace(first_score=0.0, second_score=1.0, second_after=20)
    stopped = trained(tmp_path, "none ~ 0 * g", never)
    assert isinstance(stopped, Evaluated)
    assert (stopped.fitness, stopped.details["steps"]) == (0.0, 20)
    assert isinstance(trained(tmp_path, "none ~ exp(exp(exp(1e9 * g)))", settings), Diverged)


def test_an_optimizer_of_whole_tensors_gets_them_as_they_are(tmp_path: Path) -> None:
    result = trained(tmp_path, "none ~ clip_norm(g)", TabularSettings(**SHORT | RATES))  # type: ignore[arg-type]
    assert isinstance(result, Evaluated)


def test_a_context_longer_than_the_text_is_one_line() -> None:
    with pytest.raises(Exception, match="expected 2 to 1024"):
        CharLMSettings(context=1025)
    with pytest.raises(Exception, match="a divisor of 'width'"):
        CharLMSettings(heads=3)


@pytest.mark.heavy
@pytest.mark.timeout(240)
@pytest.mark.parametrize("name", sorted(TASKS))
def test_at_its_defaults_a_task_tells_optimizers_apart(name: str, tmp_path: Path) -> None:
    settings = settings_of(name)()
    adam, descent, weights = (trained(tmp_path, rule, settings) for rule in ("Adam", "SGD", "none ~ w"))
    assert isinstance(adam, Evaluated) and isinstance(descent, Evaluated) and isinstance(weights, Rejected)
    assert adam.fitness > max(0.6, descent.fitness - 0.02)
    assert adam.seconds < 60
