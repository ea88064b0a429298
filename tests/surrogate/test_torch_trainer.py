"""The trainer for PyTorch: the loop that it stands for, the same result twice, and what goes wrong in it."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import pytest
from support.harness import backends
from support.trained_files import TINY, write_plain, write_rendered

from nos_sym import onecycle
from nos_sym.search.records import SettingsError
from nos_sym.search.results import Diverged, Evaluated, Rejected
from nos_sym.search.trainers import Trainer, TrainingRequest
from nos_sym.surrogate.batches import Phase, draw_epochs, seeds_of
from nos_sym.surrogate.data import load_images

if "torch" not in backends():
    pytest.skip("torch is not installed", allow_module_level=True)

import torch

from nos_sym.surrogate.convnet import ConvNet
from nos_sym.surrogate.loading import Run, load_file
from nos_sym.surrogate.single import train_single
from nos_sym.surrogate.task import count_hits, prepare_task, reproducible
from nos_sym.surrogate.trainer import TorchTrainer, choose_mode

TRAINER = TorchTrainer()


def untimed(result: object) -> object:
    changed = copy.copy(result)
    object.__setattr__(changed, "seconds", 0.0)
    return changed


def test_it_is_a_trainer_of_the_search() -> None:
    assert isinstance(TRAINER, Trainer)


def test_a_training_is_the_loop_that_one_would_write(tmp_path: Path) -> None:
    """Nesterov's momentum by torch itself, on images cut by slicing, gives the same accuracies."""
    settings = TINY.replace(augment=False, dropout=0.0, second_accuracy=0.0, channels_last=False)
    source, name = write_rendered(tmp_path, "SGDMomentum")
    task = prepare_task(settings)
    with reproducible(task):
        curve = train_single(Run(load_file(source, name), 0.1, 3), task, Phase.WHOLE)

    images = load_images(settings)
    seeds = seeds_of(3, Phase.WHOLE)
    order = np.concatenate([e.index for e in draw_epochs(images, settings, settings.steps, seeds)])
    mean, divisor = (images.training.mean(), images.training.std())
    pixels = torch.tensor((images.training - mean) / divisor, dtype=torch.float32).permute(0, 3, 1, 2)
    held = torch.tensor((images.validation - mean) / divisor, dtype=torch.float32).permute(0, 3, 1, 2)
    labels, held_labels = (torch.tensor(x) for x in (images.training_labels, images.validation_labels))
    network = ConvNet(settings.base, 1, images.classes, seed=seeds["weights"])
    velocity = [torch.zeros_like(w) for w in network.parameters()]
    rates = onecycle.learning_rates(settings.steps, 0.1, settings.warmup)
    momenta = onecycle.momenta(settings.steps, settings.warmup)
    training, validation, hits = [], [], 0
    for step, index in enumerate(order):
        network.train()
        logits = network(pixels[index])
        hits += int((logits.argmax(1) == labels[index]).sum())
        gradients = torch.autograd.grad(
            torch.nn.functional.cross_entropy(logits, labels[index]), list(network.parameters())
        )
        with torch.no_grad():
            for w, m, g in zip(network.parameters(), velocity, gradients, strict=True):
                m.mul_(momenta[step]).sub_(rates[step] * g)
                w.add_(m)
        if (step + 1) % settings.epoch_steps == 0:
            network.eval()
            training.append(hits / (settings.epoch_steps * settings.batch))
            validation.append(float((network(held).argmax(1) == held_labels).float().mean()))
            hits = 0
    assert curve.training == pytest.approx(training, abs=0.007)  # one image of an epoch
    assert curve.validation == pytest.approx(validation, abs=0.016)
    assert max(training) > 0.5


@pytest.mark.parametrize("rule", ["SGD", "Opt9", "none ~ drop(v_hat, 0.3)"])
@pytest.mark.parametrize("mode", ["single", "batched"])
def test_the_same_file_settings_and_seed_give_the_same_result(tmp_path: Path, rule: str, mode: str) -> None:
    source, name = write_rendered(tmp_path, rule)
    settings = TINY.replace(mode=mode)
    first = TRAINER.train(source, name, settings, 5)
    assert isinstance(first, Evaluated)
    torch.manual_seed(99)
    torch.rand(7)
    state = torch.get_rng_state()
    assert untimed(TRAINER.train(source, name, settings, 5)) == untimed(first)
    assert torch.equal(torch.get_rng_state(), state), "the caller's random numbers are left alone"
    assert untimed(TRAINER.train(source, name, settings, 6)) != untimed(first)


NOTE = """
def note(path):
    with open(path, "a") as file:
        file.write(f"{torch.get_num_threads()} ")
"""


def test_threads_are_those_of_the_settings_and_given_back(tmp_path: Path) -> None:
    seen = tmp_path / "threads"
    source, name = write_plain(tmp_path, f"note({str(seen)!r})")
    source.write_text(source.read_text() + NOTE, encoding="utf-8")
    before = torch.get_num_threads()
    TRAINER.train(source, name, TINY.replace(threads=2, learning_rates=(0.1,), first_steps=0, steps=9), 0)
    assert set(seen.read_text().split()) == {"2"}
    assert torch.get_num_threads() == before


def test_first_stop_is_what_train_decides_by(tmp_path: Path) -> None:
    source, name = write_rendered(tmp_path, "SGD")
    accuracies = TRAINER.first_stop(source, name, TINY, 1)
    assert list(accuracies) == list(TINY.learning_rates)
    result = TRAINER.train(source, name, TINY, 1)
    assert isinstance(result, Evaluated)
    assert result.details["first_stop"] == {repr(rate): best for rate, best in accuracies.items()}
    assert accuracies[result.learning_rate or 0.0] == max(accuracies.values())
    assert result.fitness == max(result.details["validation"])


def test_a_good_optimizer_learns_and_a_bad_one_is_rejected(tmp_path: Path) -> None:
    settings = TINY.replace(steps=120, warmup=20)
    result = TRAINER.train(*write_rendered(tmp_path, "Opt7"), settings, 0)
    assert isinstance(result, Evaluated)
    assert result.fitness > 0.7
    # Weights that only decay, in steps that are too small to matter.
    settings = settings.replace(learning_rates=(1e-3, 1e-5), first_accuracy=0.5)
    result = TRAINER.train(*write_rendered(tmp_path, "none ~ 1e-6 * w"), settings, 0)
    assert isinstance(result, Rejected)
    assert result.details.keys() == {"first_stop"}


def test_the_second_stop_ends_a_run(tmp_path: Path) -> None:
    settings = TINY.replace(learning_rates=(1e-5,), first_accuracy=0.0, second_accuracy=0.9)
    result = TRAINER.train(*write_rendered(tmp_path, "SGD"), settings, 0)
    assert isinstance(result, Evaluated)
    assert result.details["steps"] == settings.second_after
    assert len(result.details["validation"]) == 2


@pytest.mark.parametrize(
    "failure",
    [
        "self.param_groups[0]['params'][0].mul_(float('nan') if self.count == 12 else 1.0)",
        "import math; math.exp(1000.0 if self.count == 13 else 0.0)",
        "1 / (self.count - 13)",
        "import math; math.sqrt(0.0 if self.count != 13 else -1.0)",
    ],
)
def test_what_is_not_finite_is_a_result_with_its_step(tmp_path: Path, failure: str) -> None:
    source, name = write_plain(tmp_path, failure)
    settings = TINY.replace(learning_rates=(0.1,), first_steps=0, epoch_steps=20)
    result = TRAINER.train(source, name, settings, 0)
    assert isinstance(result, Diverged)
    assert result.step == 13
    # After an epoch there is an accuracy, and so a fitness.
    result = TRAINER.train(source, name, settings.replace(epoch_steps=10), 0)
    assert isinstance(result, Evaluated)
    assert result.details["diverged"] == 13
    assert len(result.details["validation"]) == 1
    everywhere = TRAINER.train(source, name, TINY.replace(epoch_steps=20), 0)
    assert isinstance(everywhere, Diverged)
    assert everywhere.step == 13


def test_a_logit_that_is_not_finite_is_never_right() -> None:
    logits = torch.tensor([[float("nan"), 1.0], [2.0, 1.0], [float("inf"), 0.0], [0.0, 1.0]])
    assert count_hits(logits, torch.tensor([0, 0, 0, 0])) == 1


def test_mixed_precision_trains_and_differs(tmp_path: Path) -> None:
    source, name = write_rendered(tmp_path, "SGD")
    settings = TINY.replace(learning_rates=(1.0,), first_steps=0)
    full = TRAINER.train(source, name, settings, 0)
    mixed = TRAINER.train(source, name, settings.replace(precision="bfloat16"), 0)
    assert isinstance(full, Evaluated)
    assert isinstance(mixed, Evaluated)
    assert mixed.details["training"] != full.details["training"]
    assert mixed.details["training"] == pytest.approx(full.details["training"], abs=0.1)


def test_an_unknown_device_is_one_line(tmp_path: Path) -> None:
    source, name = write_rendered(tmp_path, "SGD")
    for device in ("nowhere", "cuda:77"):
        with pytest.raises(SettingsError) as caught:
            TRAINER.train(source, name, TINY.replace(device=device), 0)
        assert f"'device' is '{device}', which is not here" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_the_mode_is_what_settings_ask_for_or_what_suits_the_size() -> None:
    for mode in ("single", "batched"):
        for networks in (1, 7):
            assert choose_mode(prepare_task(TINY.replace(mode=mode)), networks) == mode
    auto = TINY.replace(mode="auto")
    assert choose_mode(prepare_task(auto), 7) == "batched"
    assert choose_mode(prepare_task(auto), 1) == "single"
    assert choose_mode(prepare_task(auto.replace(base=48)), 7) == "single"


def test_several_evaluations_are_those_that_train_alone(tmp_path: Path) -> None:
    requests = [
        TrainingRequest(*write_rendered(tmp_path, rule), seed)
        for rule in ("SGD", "none ~ drop(g, 0.1)", "Opt9")
        for seed in (0, 1)
    ]
    alone = [untimed(TRAINER.train(r.source, r.class_name, TINY, r.seed)) for r in requests]
    assert [untimed(result) for result in TRAINER.train_all(requests, TINY)] == alone
    batched = TRAINER.train_all(requests, TINY.replace(mode="batched"))
    for mine, theirs in zip(batched, alone, strict=True):
        assert type(mine) is type(theirs)
        assert isinstance(mine, Evaluated)
        assert isinstance(theirs, Evaluated)
        assert mine.learning_rate == theirs.learning_rate
        assert mine.details["training"] == pytest.approx(theirs.details["training"], abs=0.02)
