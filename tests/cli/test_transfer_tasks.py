"""``nos-sym transfer`` on every task: official formats, real networks, killed in the middle, with workers."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support import archives

pytestmark = [pytest.mark.heavy, pytest.mark.timeout(3600)]

IMAGES = [
    "--set", "training.steps=4", "--set", "training.warmup=1", "--set", "training.hold=1",
    "--set", "training.epoch_steps=2", "--set", "training.batch=4", "--set", "training.side=32",
]  # fmt: skip
SMALLER = {
    "tinyimagenet": [*IMAGES, "--set", "training.resized=36", "--set", "training.width=4"],
    "ptb": [
        "--scale", "0.0001", "--set", "training.hidden=8", "--set", "training.embedding=4",
        "--set", "training.sequence=8", "--set", "training.batch=4",
    ],
}  # fmt: skip
BLOCK = "Mine(b=0.5) = { state m; m <- b * m + g; w <- w - lr * m - 0.001 * w }"
FINE = ("flowers102", "cars196", "caltech101")
PRETRAINED = """
import sys, h5py, keras
from keras.src.legacy.saving import legacy_h5_format
base = keras.applications.EfficientNetV2S(
    include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg"
)
with h5py.File(sys.argv[1], "w") as file:
    legacy_h5_format.save_weights_to_hdf5_group(file, base)
"""


def environment(**more: str) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name != "KERAS_BACKEND"}
    return own | {"CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "2"} | more


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    """Return a file of random weights in the format of Keras' own."""
    pytest.importorskip("keras")
    path: Path = tmp_path_factory.mktemp("weights") / "efficientnetv2-s_notop.h5"
    subprocess.run([sys.executable, "-c", PRETRAINED, str(path)], env=environment(), check=True)
    return path


def command(task: str, folder: Path, store: Path, *more: str) -> list[str]:
    return [
        sys.executable, "-c", "from nos_sym.cli.main import main; main()", "transfer", task,
        "--optimizers", "Muon,LR5", "--optimizers", BLOCK, "--data", str(folder), "--store", str(store),
        "--json",
        "--set", "training.check_archives=false", "--set", "rates=[0.01]", "--repeats", "1",
        *SMALLER.get(task, IMAGES), *more,
    ]  # fmt: skip


def count(store: Path) -> int:
    """Return the number of trainings that a store has; 0 where it has no table yet."""
    if not store.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM evaluations").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def finished(call: list[str]) -> dict[str, object]:
    done = subprocess.run(call, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    read: dict[str, object] = json.loads(done.stdout)
    return read


@pytest.mark.parametrize("task", ["ptb", "tinyimagenet", "cifar10", "cifar100", *FINE])
def test_an_experiment_that_is_killed_goes_on_the_same(task, tmp_path, request):
    pytest.importorskip("torch")
    archives.WRITERS[task](tmp_path)
    if task in FINE:
        (tmp_path / "efficientnetv2-s_notop.h5").symlink_to(request.getfixturevalue("weights"))
    whole = finished(command(task, tmp_path, tmp_path / "whole.db"))
    rows = whole["rows"]
    assert [row["name"] for row in rows] == ["Muon", "LR5", "Mine"]
    assert all(len(row["scores"]) == 1 and row["mean"] is not None for row in rows)
    store = tmp_path / "killed.db"
    parts = command(task, tmp_path, store, "--executor", "processes", "--workers", "2")
    with subprocess.Popen(parts, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as begun:
        while count(store) < 1 and begun.poll() is None:
            time.sleep(0.05)
        begun.send_signal(signal.SIGKILL)
    before = count(store)
    assert before >= 1
    refused = subprocess.run(parts, env=environment(), capture_output=True, text=True, check=False)
    assert refused.returncode == 2 and "--resume" in refused.stderr, refused.stderr[-3000:]
    again = finished([*parts, "--resume"])
    assert again["rows"] == rows
    assert count(store) == count(tmp_path / "whole.db")


def test_a_worker_has_keras_on_the_framework_that_trains(tmp_path):
    pytest.importorskip("tensorflow")
    archives.cifar10(tmp_path)
    for backend in ("tensorflow", "torch"):
        store = tmp_path / f"{backend}.db"
        call = command("cifar10", tmp_path, store, "--backend", backend, "--executor", "processes")
        # One optimizer is enough here.
        call[call.index("Muon,LR5") - 1 : call.index(BLOCK) + 1] = ["--optimizers", "SGD"]
        # What the environment says is for programs of one's own; a worker trains on what was asked for.
        done = subprocess.run(
            call, env=environment(KERAS_BACKEND="jax"), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-3000:]
        assert all(row["mean"] is not None for row in json.loads(done.stdout)["rows"])
